//! A day of all pairs, as the status reads it: once in 15 seconds, and of past hours nothing twice.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::counts::Counts;
use super::item::{hour_slots, key};
use super::report::Report;
use super::slot::{Hour, Slot};
use super::{Health, Pair};
use crate::dynamodb::{Item, StorageError, text};
use crate::provider::questions;

/// What is shown is at most this old.
const KEPT: SignedDuration = SignedDuration::from_secs(15);
/// The present hour, and those before it that the last 24 hours reach into.
const HOURS: i64 = 25;
/// An hour's item that was read this long after its end isn't read again: what instances add later is
/// little.
const LATE: SignedDuration = SignedDuration::from_mins(2);
/// What DynamoDB takes in one request.
const KEYS_PER_READ: usize = 100;
/// How often what DynamoDB left out is asked for again, and how long before the first time.
const MORE_READS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// What was counted of each pair.
pub(super) type Day = HashMap<Pair, BTreeMap<Slot, Counts>>;

/// What was read last.
pub(super) struct LastRead {
    at: Timestamp,
    day: Day,
    report: Arc<Report>,
}

impl Health {
    /// How everything fares that can be asked for, at most 15 seconds ago. While one reads, the others
    /// wait.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer.
    pub async fn report(&self) -> Result<Arc<Report>, StorageError> {
        let now = self.clock.now();
        let mut last = self.last_read.lock().await;
        if let Some(LastRead { at, report, .. }) = &*last
            && now.duration_since(*at) < KEPT
        {
            return Ok(Arc::clone(report));
        }
        let present = Hour::at(now);
        let oldest = Hour(present.0 - HOURS + 1);
        let first = last.as_ref().map_or(oldest, |last| Hour::at(last.at - LATE).max(oldest));
        let read = self.read_hours(first, present).await?;
        let mut day = last.take().map(|last| last.day).unwrap_or_default();
        for ((pair, hour), item) in read {
            day.entry(pair).or_default().extend(hour_slots(&item, hour));
        }
        for slots in day.values_mut() {
            slots.retain(|slot, _| slot.hour() >= oldest);
        }
        let report = Arc::new(Report::new(&day, now));
        *last = Some(LastRead { at: now, day, report: Arc::clone(&report) });
        Ok(report)
    }

    async fn read_hours(&self, first: Hour, last: Hour) -> Result<Vec<((Pair, Hour), Item)>, StorageError> {
        let hours = || (first.0..=last.0).map(Hour);
        let asked: HashMap<String, (Pair, Hour)> =
            questions().flat_map(|pair| hours().map(move |hour| (key(pair, hour), (pair, hour)))).collect();
        let keys: Vec<_> = asked.keys().cloned().collect();
        let read = try_join_all(keys.chunks(KEYS_PER_READ).map(|keys| Box::pin(self.read_items(keys)))).await?;
        let of = |item: Item| {
            let key = item.get("pk")?.as_s().ok()?;
            Some((*asked.get(key)?, item))
        };
        Ok(read.into_iter().flatten().filter_map(of).collect())
    }

    async fn read_items(&self, keys: &[String]) -> Result<Vec<Item>, StorageError> {
        let keys = keys.iter().map(|key| Item::from([("pk".to_owned(), text(key))])).collect();
        let malformed = |error| StorageError::malformed("BatchGetItem", error);
        let all = KeysAndAttributes::builder().set_keys(Some(keys)).build().map_err(malformed)?;
        let mut left = HashMap::from([(self.table.clone(), all)]);
        let mut items = Vec::new();
        let mut pause = FIRST_PAUSE;
        for _ in 0..=MORE_READS {
            let read = self.client.batch_get_item().set_request_items(Some(left)).send().await;
            let read = read.map_err(StorageError::of("BatchGetItem"))?;
            items.extend(read.responses.unwrap_or_default().into_values().flatten());
            left = read.unprocessed_keys.unwrap_or_default();
            if left.is_empty() {
                return Ok(items);
            }
            sleep(pause).await;
            pause *= 2;
        }
        Err(StorageError::incomplete("BatchGetItem"))
    }
}
