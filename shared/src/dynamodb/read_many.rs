//! Reading many items at once.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::future::try_join_all;
use tokio::time::sleep;

use super::{Item, StorageError, text};

/// The most keys that DynamoDB takes in one read.
const KEYS_AT_ONCE: usize = 100;
/// How often items are asked for in all.
const ROUNDS: u32 = 5;
/// The pause before the second request; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The items with these keys (`pk`, no key twice) that exist, in any order. Under load, DynamoDB
/// may leave some out. They are requested again, because an unread item isn't a missing one.
///
/// # Errors
/// If DynamoDB doesn't answer, or leaves some out each time.
pub async fn read_many(
    client: &Client,
    table: &str,
    keys: impl IntoIterator<Item = String>,
) -> Result<Vec<Item>, StorageError> {
    let mut left: Vec<Item> = keys.into_iter().map(|key| Item::from([("pk".to_owned(), text(key))])).collect();
    let mut items = Vec::new();
    let mut pause = FIRST_PAUSE;
    for round in 1..=ROUNDS {
        let chunks = left.chunks(KEYS_AT_ONCE).map(|keys| Box::pin(read_chunk(client, table, keys)));
        let mut left_out = Vec::new();
        for (read, unread) in try_join_all(chunks).await? {
            items.extend(read);
            left_out.extend(unread);
        }
        if left_out.is_empty() {
            return Ok(items);
        }
        left = left_out;
        if round < ROUNDS {
            sleep(pause).await;
            pause *= 2;
        }
    }
    Err(StorageError::incomplete("BatchGetItem"))
}

/// The items, and the keys that were left out.
async fn read_chunk(client: &Client, table: &str, keys: &[Item]) -> Result<(Vec<Item>, Vec<Item>), StorageError> {
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys.to_vec())).build();
    let wanted = wanted.map_err(|error| StorageError::malformed("BatchGetItem", error))?;
    let get = client.batch_get_item().request_items(table, wanted);
    let output = get.send().await.map_err(StorageError::of("BatchGetItem"))?;
    let read = output.responses.and_then(|mut tables| tables.remove(table)).unwrap_or_default();
    let left_out = output.unprocessed_keys.and_then(|mut tables| tables.remove(table));
    Ok((read, left_out.map(|keys| keys.keys).unwrap_or_default()))
}
