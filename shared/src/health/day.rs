//! A day of all pairs for the status, read once in 15 seconds; a past hour is read only once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::counts::Counts;
use super::item::{hour_slots, key};
use super::report::Report;
use super::slot::{Hour, Slot};
use super::{Health, Pair};
use crate::dynamodb::{Item, StorageError, read_many};
use crate::provider::questions;

/// The greatest age of the data that the status shows.
const KEPT: SignedDuration = SignedDuration::from_secs(15);
/// The current hour, and the earlier hours that the last 24 hours include.
const HOURS: i64 = 25;
/// If an hour's item was read this long after its end, it isn't read again, because instances add
/// little later.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// The counts of each pair.
pub(super) type Day = HashMap<Pair, BTreeMap<Slot, Counts>>;

/// The data of the last read.
pub(super) struct LastRead {
    at: Timestamp,
    day: Day,
    report: Arc<Report>,
}

impl Health {
    /// The state of all platforms and operations, at most 15 seconds old. While one request reads
    /// it, the others wait.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
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
        let report = Arc::new(Report::new(&self.with_unwritten(day.clone()), now));
        *last = Some(LastRead { at: now, day, report: Arc::clone(&report) });
        Ok(report)
    }

    /// The day with this instance's unwritten counts. If one process answers all requests, the
    /// status shows them at once.
    fn with_unwritten(&self, mut day: Day) -> Day {
        for pair in questions() {
            self.memory(pair).add_unwritten(day.entry(pair).or_default());
        }
        day
    }

    async fn read_hours(&self, first: Hour, last: Hour) -> Result<Vec<((Pair, Hour), Item)>, StorageError> {
        let hours = || (first.0..=last.0).map(Hour);
        let asked: HashMap<String, (Pair, Hour)> =
            questions().flat_map(|pair| hours().map(move |hour| (key(pair, hour), (pair, hour)))).collect();
        let read = read_many(&self.client, &self.table, asked.keys().cloned()).await?;
        let of = |item: Item| {
            let key = item.get("pk")?.as_s().ok()?;
            Some((*asked.get(key)?, item))
        };
        Ok(read.into_iter().filter_map(of).collect())
    }
}
