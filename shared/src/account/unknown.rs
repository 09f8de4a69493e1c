//! This instance remembers unknown keys for some time, so that a flood of one forged key costs no
//! writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{AdmitError, ApiKey};

/// In seconds. This is safe, because a guessed key is never created later, and an ended key never
/// works again.
const REMEMBERED: i64 = 60;
/// Bounds the memory: 64 bytes each.
const MAX_KEYS: usize = 10_000;

/// Hashes of refused keys, the time of the refusal, and, for keys that worked once, their end.
#[derive(Clone, Debug, Default)]
pub(super) struct UnknownKeys(Arc<Mutex<HashMap<[u8; 32], Seen>>>);

type Seen = (i64, Option<Timestamp>);

impl UnknownKeys {
    /// The reason why this key is refused, if it was refused recently.
    pub(super) fn refusal(&self, key: &ApiKey, now: Timestamp) -> Option<AdmitError> {
        let (since, ended) = self.keys().get(key.hash()).copied()?;
        let is_recent = (0..REMEMBERED).contains(&(now.as_second() - since));
        is_recent.then_some(ended.map_or(AdmitError::Unknown, AdmitError::Ended))
    }

    /// Remembers a refusal of a key.
    pub(super) fn remember(&self, key: &ApiKey, refusal: &AdmitError, now: Timestamp) {
        let ended = match refusal {
            AdmitError::Unknown => None,
            AdmitError::Ended(moment) => Some(*moment),
            AdmitError::RateLimited { .. } | AdmitError::Never { .. } | AdmitError::Storage { .. } => return,
        };
        let mut keys = self.keys();
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(*key.hash(), (now.as_second(), ended));
    }

    /// The map, also after a panic in another thread, which leaves it valid.
    fn keys(&self) -> MutexGuard<'_, HashMap<[u8; 32], Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
