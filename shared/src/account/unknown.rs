//! Keys that were not found, remembered for a while by this instance: a flood of one forged key costs no writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::ApiKey;

/// How long, in seconds. A key is never made after somebody guessed it, and a revoked one stays revoked.
const REMEMBERED: i64 = 60;
/// Bounds the memory: 40 bytes each.
const MAX_KEYS: usize = 10_000;

/// Hashes of unknown keys, and when they were not found.
#[derive(Clone, Debug, Default)]
pub(super) struct UnknownKeys(Arc<Mutex<HashMap<[u8; 32], i64>>>);

impl UnknownKeys {
    /// Whether this key was not found lately.
    pub(super) fn has(&self, key: &ApiKey, now: Timestamp) -> bool {
        self.keys().get(key.hash()).is_some_and(|since| (0..REMEMBERED).contains(&(now.as_second() - since)))
    }

    pub(super) fn remember(&self, key: &ApiKey, now: Timestamp) {
        let mut keys = self.keys();
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(*key.hash(), now.as_second());
    }

    /// A panic elsewhere leaves nothing half-written here.
    fn keys(&self) -> MutexGuard<'_, HashMap<[u8; 32], i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
