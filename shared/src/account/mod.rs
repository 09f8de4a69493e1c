//! Accounts: API keys, the rate limit and the balance. All are in one item per customer, so that
//! one write admits a request, and one read always shows right sums.
//!
//! A price is first held, then settled or released, each conditional on the hold: a write that is
//! repeated after a lost response moves no money twice. If a request died, the next write to the
//! account after the hold's deadline releases its hold.

mod admit;
mod audit;
mod change;
mod closing;
mod directory;
mod edit;
mod export;
mod fault;
mod funds;
mod hold;
mod item;
mod key;
mod keys;
mod limits;
mod operator;
mod rotate;
mod settle_some;
mod unknown;
mod usage;

pub use admit::{Admission, AdmitError, Load};
pub(crate) use admit::{quota, window_of};
pub use audit::Audit;
pub use closing::Deleted;
pub use directory::{Found, Match};
pub use edit::{Edit, LastManager, LimitEdits};
pub use export::Export;
pub use fault::Fault;
pub use funds::{Funded, Movement, MovementKind, new_entry_id};
pub use hold::{Cause, Held, HoldError, HoldRefusal, Settled, Wanted};
pub use item::{Account, Hold, Key, Purpose};
pub use key::{AccountId, ApiKey, Mode, ParseAccountIdError, ParseKeyError};
pub use keys::{KeyError, KeyView, Made, NewKey};
pub use limits::{Allowed, Coded, KeyLimits};
pub use operator::{KeyDetails, OperatorError};
pub use rotate::Rotated;
pub use settle_some::Ended;
pub use usage::{DayUsage, Measure, date_of};

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use futures_util::future::join_all;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::dynamodb::{Item, StorageError, text};
use item::{account_pk, partition};
use unknown::UnknownKeys;

/// The default number of requests a minute for a key.
pub const DEFAULT_RATE_LIMIT: u64 = 60;

const SECONDS_PER_DAY: i64 = 86_400;
const MILLISECONDS_PER_DAY: i64 = 86_400_000;
/// The highest number of rounds. A round is repeated only if another request won a race against
/// this one.
const ROUNDS: usize = 5;

/// The accounts' table.
#[derive(Clone, Debug)]
pub struct Accounts {
    client: Client,
    table: String,
    clock: Clock,
    limits: Limits,
    unknown: UnknownKeys,
}

/// Limits that all accounts share.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time for which money may be held, in seconds. It is longer than any request can take.
    pub hold_seconds: i64,
    /// The number of free failures per account and day.
    pub free_failures_per_day: u64,
    /// The time for attempts to hold a price while DynamoDB doesn't answer.
    pub patience: Duration,
}

impl Accounts {
    /// Accounts in this table.
    #[must_use]
    pub fn new(client: Client, table: String, clock: Clock, limits: Limits) -> Self {
        Self { client, table, clock, limits, unknown: UnknownKeys::default() }
    }

    fn update(&self, account: &AccountId) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.table);
        update.set_key(Some(account_pk(account)))
    }

    /// The account's other items whose sort key has this beginning.
    async fn items_beside(&self, id: &AccountId, prefix: &str) -> Result<Vec<Item>, StorageError> {
        self.items_between(id, prefix, &format!("{prefix}~")).await
    }

    /// The account's other items with sort keys from `first` to `last`.
    async fn items_between(&self, id: &AccountId, first: &str, last: &str) -> Result<Vec<Item>, StorageError> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", partition(id))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last));
        let items: Result<Vec<Item>, _> = query.into_paginator().items().send().collect().await;
        items.map_err(StorageError::of("Query"))
    }

    /// Opens this many connections, so that the first request needn't wait for them; the answers
    /// don't matter.
    pub async fn warm(&self, connections: usize) {
        let nobody = Item::from([("pk".to_owned(), text("warm")), ("sk".to_owned(), text("warm"))]);
        let read = self.client.get_item().table_name(&self.table).set_key(Some(nobody));
        join_all((0..connections).map(|_| read.clone().send())).await;
    }
}

fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SECONDS_PER_DAY)
}

/// Seconds until the day ends in UTC; at least 1.
pub(crate) fn left_of_day(now: Timestamp) -> u64 {
    left_of(now, SECONDS_PER_DAY)
}

/// Seconds until the current period ends; at least 1.
fn left_of(now: Timestamp, period: i64) -> u64 {
    (period - now.as_second().rem_euclid(period)).unsigned_abs()
}
