//! Looking for many values at once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio::time::sleep;

use super::{Cache, CacheKey, Kept, entry};
use crate::dynamodb::{Item, StorageError, text};

/// The most keys that DynamoDB takes in one read.
const KEYS_AT_ONCE: usize = 100;
/// How often what DynamoDB left out is asked for again.
const ROUNDS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// What was found of many keys.
#[derive(Debug)]
pub struct Found {
    items: HashMap<CacheKey, Item>,
    at: Timestamp,
}

impl Found {
    /// What is cached under this key and was fresh when it was looked for. What can't be read counts as a miss.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, key: &CacheKey) -> Option<Kept<T>> {
        entry::fresh(self.items.get(key)?, self.at)
    }
}

impl Found {
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
    /// What is cached under these keys, in one read of up to 100 of them. DynamoDB may leave some out when it has much to do; those are
    /// asked for again, for what wasn't read isn't missing.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer, or leaves some out again and again.
    pub async fn look_many(&self, keys: impl IntoIterator<Item = CacheKey>) -> Result<Found, StorageError> {
        let unique: HashSet<CacheKey> = keys.into_iter().collect();
        if unique.is_empty() {
            return Ok(Found { items: HashMap::new(), at: self.now() });
        }
        let mut left: Vec<Item> = unique.iter().map(|key| Item::from([("pk".to_owned(), text(&key.0))])).collect();
        let mut items = HashMap::new();
        let mut pause = FIRST_PAUSE;
        for _ in 0..ROUNDS {
            let mut left_out = Vec::new();
            for keys in left.chunks(KEYS_AT_ONCE) {
                let (read, unprocessed) = self.read_many(keys).await?;
                items.extend(read.into_iter().filter_map(|item| {
                    let key = item.get("pk")?.as_s().ok()?.clone();
                    Some((CacheKey(key), item))
                }));
                left_out.extend(unprocessed);
            }
            if left_out.is_empty() {
                return Ok(Found { items, at: self.now() });
            }
            left = left_out;
            sleep(pause).await;
            pause *= 2;
        }
        Err(StorageError::left_out("BatchGetItem"))
    }

    /// The items of these keys, and the keys that were left out.
    async fn read_many(&self, keys: &[Item]) -> Result<(Vec<Item>, Vec<Item>), StorageError> {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys.to_vec())).build();
        let wanted = wanted.map_err(|error| StorageError::malformed("BatchGetItem", error))?;
        let get = self.client.batch_get_item().request_items(&self.table, wanted);
        let output = Box::pin(get.send()).await.map_err(StorageError::of("BatchGetItem"))?;
        let read = output.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
        let left_out = output.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
        Ok((read, left_out.map(|keys| keys.keys).unwrap_or_default()))
    }
}
