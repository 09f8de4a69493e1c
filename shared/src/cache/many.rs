//! Looking for many values at once.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{Cache, CacheKey, Kept, entry};
use crate::dynamodb::{Item, StorageError, read_many};

/// The values found for many keys.
#[derive(Debug)]
pub struct Found {
    items: HashMap<CacheKey, Item>,
    at: Timestamp,
}

impl Found {
    /// The cached value of this key, if it was fresh when it was looked for. A value that can't be
    /// read counts as a miss.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, key: &CacheKey) -> Option<Kept<T>> {
        entry::fresh(self.items.get(key)?, self.at)
    }

    /// Whether there is anything under this key.
    #[must_use]
    pub fn has(&self, key: &CacheKey) -> bool {
        self.items.contains_key(key)
    }

    /// Adds what else was found.
    pub fn extend(&mut self, more: Self) {
        self.items.extend(more.items);
    }
}

impl Cache {
    /// The cached values of these keys, in one read of up to 100.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer, or leaves some out again and again.
    pub async fn look_many(&self, keys: impl IntoIterator<Item = CacheKey>) -> Result<Found, StorageError> {
        let unique: HashSet<String> = keys.into_iter().map(|key| key.0).collect();
        let read = read_many(&self.client, &self.table, unique).await?;
        let keyed = read.into_iter().filter_map(|item| {
            let key = item.get("pk")?.as_s().ok()?.clone();
            Some((CacheKey(key), item))
        });
        Ok(Found { items: keyed.collect(), at: self.now() })
    }
}
