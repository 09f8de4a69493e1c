//! How providers perform, shared by all instances through the cache table. It decides which
//! provider is asked last, and the status shows it.
//!
//! An instance counts results and adds them to the hour's item, at the same time as the writes of
//! an answer and at most every half minute. It reads the item while it takes the lease, so that a
//! new instance doesn't first ask a provider that fails for all others. No failure here makes a
//! request fail: counts that couldn't be added are lost, and none is added twice.

mod counts;
mod day;
mod item;
mod memory;
mod report;
mod rules;
mod slot;

pub use report::{Bar, ProviderRow, Report, Row};
pub use rules::State;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use enum_map::EnumMap;
use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::clock::Clock;
use crate::creator::Operation;
use crate::dynamodb::{Item, StorageError, text, update_once};
use crate::platform::Platform;
use crate::provider::{Attempt, order};
use counts::Code;
use day::LastRead;
use item::Unwritten;
use memory::Memory;
use rules::is_failing;
use slot::{Hour, Slot};

/// An operation on a platform.
pub type Pair = (Platform, Operation);

/// The least time between two writes of an instance about one pair.
const BETWEEN_WRITES: SignedDuration = SignedDuration::from_secs(30);
/// The least time between two reads; a write also returns the item.
const BETWEEN_READS: SignedDuration = SignedDuration::from_secs(60);
/// The most seconds that are added to both times. Each instance adds another number, so that
/// instances that started together don't always write together.
const JITTER_SECONDS: u16 = 10;

/// The shared health.
pub struct Health {
    client: Client,
    table: String,
    clock: Clock,
    jitter: SignedDuration,
    pairs: EnumMap<Platform, EnumMap<Operation, Mutex<Memory>>>,
    last_read: tokio::sync::Mutex<Option<LastRead>>,
}

/// The result of asking providers once.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// The operation and the platform.
    pub pair: Pair,
    /// A unique name of the subject.
    pub subject: &'a str,
    /// The result of each provider.
    pub attempts: &'a [Attempt],
    /// Whether the caller got an answer, or a proved "not found".
    pub is_answered: bool,
    /// The time that asking took.
    pub took: Duration,
}

impl Health {
    /// The health in this table.
    #[must_use]
    pub fn new(client: Client, table: String, clock: Clock) -> Self {
        let mut random = [0; 2];
        // Without random bytes, all instances have the same intervals.
        let _ = getrandom::fill(&mut random);
        let jitter = SignedDuration::from_secs((u16::from_le_bytes(random) % (JITTER_SECONDS + 1)).into());
        Self { client, table, clock, jitter, pairs: EnumMap::default(), last_read: tokio::sync::Mutex::default() }
    }

    /// Counts the result of asking providers.
    pub fn note(&self, heard: Heard<'_>) {
        let slot = Slot::at(self.clock.now());
        self.memory(heard.pair).note(slot, &heard);
    }

    /// Counts a request for which no provider was asked, because all of them rest.
    pub fn note_refused(&self, pair: Pair, subject: &str) {
        self.note(Heard { pair, subject, attempts: &[], is_answered: false, took: Duration::ZERO });
    }

    /// The providers that fail for all callers at present: they are asked last.
    #[must_use]
    pub fn failing(&self, pair: Pair) -> Vec<&'static str> {
        let now = Slot::at(self.clock.now());
        let memory = self.memory(pair);
        let names = order(pair.0, pair.1).iter();
        names.filter(|name| is_failing(&memory.known, &Code::of(name), now)).copied().collect()
    }

    /// Reads the counts of all instances, unless they were read recently.
    pub async fn refresh(&self, pair: Pair) {
        let now = self.clock.now();
        {
            let mut memory = self.memory(pair);
            if memory.known_at.is_some_and(|known| now.duration_since(known) < BETWEEN_READS + self.jitter) {
                return;
            }
            // Requests during this read don't read too.
            memory.known_at = Some(now);
        }
        let slot = Slot::at(now);
        let mut hours = vec![slot.hour(), slot.earlier(1).hour()];
        hours.dedup();
        let read = join_all(hours.into_iter().map(|hour| self.read(pair, hour)));
        for (hour, item) in Box::pin(read).await {
            match item {
                Ok(item) => self.memory(pair).learn(hour, &item.unwrap_or_default(), slot),
                Err(error) => tracing::warn!(%error, "the providers' health was not read"),
            }
        }
    }

    async fn read(&self, pair: Pair, hour: Hour) -> (Hour, Result<Option<Item>, StorageError>) {
        let get = self.client.get_item().table_name(&self.table).key("pk", text(item::key(pair, hour)));
        let got = get.send().await.map_err(StorageError::of("GetItem"));
        (hour, got.map(|output| output.item))
    }

    /// Writes the counts for all instances, unless they were written recently.
    pub async fn share(&self, pair: Pair) {
        let now = self.clock.now();
        let Some(unwritten) = self.memory(pair).take_unwritten(now, BETWEEN_WRITES + self.jitter) else { return };
        let mut hours: BTreeMap<Hour, BTreeMap<Slot, Unwritten>> = BTreeMap::new();
        for (slot, counted) in unwritten {
            hours.entry(slot.hour()).or_default().insert(slot, counted);
        }
        let written = join_all(hours.iter().map(async |(hour, slots)| {
            let update = self.client.update_item().table_name(&self.table).key("pk", text(item::key(pair, *hour)));
            (*hour, update_once(item::add(update, *hour, slots)).await)
        }));
        for (hour, item) in Box::pin(written).await {
            match item {
                Ok(item) => {
                    let mut memory = self.memory(pair);
                    memory.learn(hour, &item, Slot::at(now));
                    memory.known_at = Some(now);
                }
                Err(error) => tracing::warn!(%error, "the providers' health was not written"),
            }
        }
    }

    fn memory(&self, (platform, operation): Pair) -> MutexGuard<'_, Memory> {
        self.pairs[platform][operation].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
