//! Reads many values at once.

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
    /// The cached value of this key, if it was fresh at the time of the read. A value that can't be
    /// read counts as missing.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, key: &CacheKey) -> Option<Kept<T>> {
        entry::fresh(self.items.get(key)?, self.at)
    }

    /// Whether this key has an item.
    #[must_use]
    pub fn has(&self, key: &CacheKey) -> bool {
        self.items.contains_key(key)
    }

    /// Adds the values of another read.
    pub fn extend(&mut self, more: Self) {
        self.items.extend(more.items);
    }
}

impl Cache {
    /// The cached values of these keys, in one read of up to 100.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer, or repeatedly leaves some keys out.
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
