//! Cached values, and the lease: if many requests need the same missing value, only one fetches it.
//!
//! A request without a cached value takes the lease with a conditional write, renews it while it
//! fetches the value, and ends it by storing the value. The others wait for that value. If the
//! holder dies, nothing renews the lease. A waiter that has seen it unchanged for a lease's length,
//! by its own monotonic clock, then takes over, so clocks may differ between instances. Reads check
//! the expiry: DynamoDB deletes late.

mod entry;
mod many;

use std::convert::Infallible;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::base62;
use crate::clock::Clock;
use crate::dynamodb::{CACHE_TTL_ATTRIBUTE, Item, StorageError, Written, number, put_if, text, update_if};
pub use entry::Kept;
use entry::{Holder, Value, filled_by, holder, read_fresh, write};
pub use many::Found;

/// Entries of other versions are never read. Raise it when a cached type changes.
const VERSION: u32 = 2;
const OWNER_LENGTH: usize = 16;
/// The number of renewals per length of a lease, so that a slow write doesn't end the lease.
const RENEWALS_PER_LEASE: u32 = 3;
/// If a lease ended so long ago that different clocks can't be the reason, it is taken over at
/// once.
const LONG_AGO: Duration = Duration::from_mins(1);
/// The first and the longest pause between two reads of a waiting request.
const WAIT: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(400));
/// How long after its last use DynamoDB may delete an entry, in seconds.
const KEPT: i64 = 60;

/// The cache's table.
#[derive(Clone, Debug)]
pub struct Cache {
    client: Client,
    table: String,
    clock: Clock,
    lease: Duration,
}

/// The subject of an entry. It is equal for all links to one subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey(String);

impl CacheKey {
    /// A key of these parts. Only the last one may contain any characters.
    #[must_use]
    pub fn new(parts: &[&str]) -> Self {
        Self(format!("{VERSION}#{}", parts.join("#")))
    }
}

/// The result of entering the cache.
#[derive(Debug)]
pub enum Entered<T> {
    /// The value is cached.
    Hit(Kept<T>),
    /// The value is missing, and the caller must fetch it.
    Leased(Lease),
}

/// The reason why a request gets neither a value nor a lease.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// The holder of the lease didn't finish in time.
    #[error("waited in vain for another request's result about the same subject")]
    TimedOut,
    /// DynamoDB doesn't answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The result of trying to take the lease.
enum Taken<T> {
    Ours,
    /// Unknown, because DynamoDB throttled the write: another request certainly has the lease.
    Theirs(Option<Holder>),
    Fresh(Kept<T>),
}

/// The required state of the item when the lease is taken.
#[derive(Default)]
struct Expected {
    /// The lease of an owner that died.
    dead: Option<Holder>,
    /// The expiry of a fresh value that can't be read, or is too old for the caller. It is
    /// overwritten.
    written_over: Option<i64>,
}

enum Waited<T> {
    /// A value was stored.
    Value(Kept<T>),
    /// The lease ended without a value.
    Ended,
    /// The owner died.
    Dead(Holder),
}

impl Cache {
    /// The cache in this table, with leases of this length.
    #[must_use]
    pub fn new(client: Client, table: String, clock: Clock, lease: Duration) -> Self {
        Self { client, table, clock, lease }
    }

    /// The cached value, if it is fresh. A value that can't be read counts as a miss.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn look<T: DeserializeOwned>(&self, key: &CacheKey) -> Result<Option<Kept<T>>, StorageError> {
        let item = self.get(key).await?;
        Ok(item.and_then(|item| entry::fresh(&item, self.now())))
    }

    /// Stores a value with this `lifetime`, without a lease.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn put<T: Serialize>(&self, key: &CacheKey, value: &T, lifetime: Duration) -> Result<(), StorageError> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(self.item(key, value, lifetime)?));
        Box::pin(put.send()).await.map(|_| ()).map_err(StorageError::of("PutItem"))
    }

    fn item<T: Serialize>(&self, key: &CacheKey, value: &T, lifetime: Duration) -> Result<Item, StorageError> {
        let fresh_until = later(self.now(), lifetime);
        let mut item = write(value, fresh_until)?;
        item.insert("pk".to_owned(), text(&key.0));
        item.insert(CACHE_TTL_ATTRIBUTE.to_owned(), number(fresh_until.as_second() + KEPT));
        Ok(item)
    }

    /// Returns the cached value, or the lease to fetch it, or the result of another request that
    /// has the lease. It waits until `deadline` at most. A value with the expiry `too_old` counts
    /// as missing.
    ///
    /// # Errors
    /// If the other request has no result until the deadline, or DynamoDB doesn't answer.
    pub async fn enter<T: DeserializeOwned>(
        &self,
        key: &CacheKey,
        deadline: Instant,
        too_old: Option<Timestamp>,
    ) -> Result<Entered<T>, EnterError> {
        let lease = Lease { cache: self.clone(), key: key.clone(), owner: base62::random(OWNER_LENGTH), too_old };
        let mut dead = None;
        let mut pause = WAIT.0;
        loop {
            let holder = match lease.take(dead.take()).await? {
                Taken::Ours => return Ok(Entered::Leased(lease)),
                Taken::Fresh(value) => return Ok(Entered::Hit(value)),
                Taken::Theirs(holder) => holder,
            };
            match self.wait(key, holder, &mut pause, deadline, too_old).await? {
                Waited::Value(value) => return Ok(Entered::Hit(value)),
                Waited::Ended => {}
                Waited::Dead(holder) => dead = Some(holder),
            }
        }
    }

    /// Waits while another request's lease is alive. It accepts that request's result even if it
    /// looks stale because of different clocks.
    async fn wait<T: DeserializeOwned>(
        &self,
        key: &CacheKey,
        mut seen: Option<Holder>,
        pause: &mut Duration,
        deadline: Instant,
        too_old: Option<Timestamp>,
    ) -> Result<Waited<T>, EnterError> {
        let mut since = Instant::now();
        loop {
            sleep_until(deadline.min(Instant::now() + *pause)).await;
            *pause = (*pause * 2).min(WAIT.1);
            let is_over = Instant::now() >= deadline;
            let item = match self.get(key).await? {
                Some(item) => item,
                None if is_over => return Err(EnterError::TimedOut),
                None => return Ok(Waited::Ended),
            };
            if let Value::Fresh(kept) = read_fresh(&item, self.now())
                && too_old != Some(kept.fresh_until)
            {
                return Ok(Waited::Value(kept));
            }
            let awaited = seen.as_ref().map(|holder| holder.owner.as_str());
            if let Some(value) =
                awaited.filter(|owner| filled_by(&item) == Some(owner)).and_then(|_| entry::read(&item))
            {
                return Ok(Waited::Value(Kept { value, fresh_until: self.now() }));
            }
            if is_over {
                return Err(EnterError::TimedOut);
            }
            match holder(&item) {
                None => return Ok(Waited::Ended),
                Some(holder) if seen.as_ref() != Some(&holder) => {
                    seen = Some(holder);
                    since = Instant::now();
                }
                Some(holder) if since.elapsed() >= self.lease => return Ok(Waited::Dead(holder)),
                Some(_) => {}
            }
        }
    }

    async fn get(&self, key: &CacheKey) -> Result<Option<Item>, StorageError> {
        let get = self.client.get_item().table_name(&self.table).key("pk", text(&key.0));
        Ok(Box::pin(get.send()).await.map_err(StorageError::of("GetItem"))?.item)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The right to fetch one value and store it. If it is dropped without being ended, it expires.
#[derive(Debug)]
pub struct Lease {
    cache: Cache,
    key: CacheKey,
    owner: String,
    /// The expiry of the cached value that is too old for the owner.
    too_old: Option<Timestamp>,
}

impl Lease {
    /// Takes the lease if it is free, ended long ago, or if this holder is dead.
    async fn take<T: DeserializeOwned>(&self, dead: Option<Holder>) -> Result<Taken<T>, StorageError> {
        let written_over = self.too_old.map(Timestamp::as_millisecond);
        let mut expected = Expected { dead, written_over };
        loop {
            let now = self.cache.now();
            let item = match update_if(self.take_if(&expected, now)).await {
                Ok(Written::Applied(_)) => return Ok(Taken::Ours),
                Ok(Written::Refused(item)) => item.unwrap_or_default(),
                Err(error) if error.is_throttled() => return Ok(Taken::Theirs(None)),
                Err(error) => return Err(error),
            };
            let holder = holder(&item);
            match read_fresh(&item, now) {
                Value::Fresh(kept) if self.too_old != Some(kept.fresh_until) => return Ok(Taken::Fresh(kept)),
                Value::Unreadable(until) if expected.written_over != Some(until) => expected.written_over = Some(until),
                _ => match holder {
                    // The lease is ours already: an attempt of this write was applied, and its
                    // answer was lost.
                    Some(holder) if holder.owner == self.owner => return Ok(Taken::Ours),
                    Some(holder) => return Ok(Taken::Theirs(Some(holder))),
                    None => return Ok(Taken::Theirs(None)),
                },
            }
        }
    }

    fn take_if(&self, expected: &Expected, now: Timestamp) -> UpdateItemFluentBuilder {
        let update =
            self.write_lease("SET lease_owner = :owner, lease_beat = :first, lease_until = :until, #ttl = :ttl");
        let update = update.expression_attribute_values(":first", number(0));
        let update = update.expression_attribute_values(":now", number(now.as_millisecond()));
        let (lease, update) = match &expected.dead {
            None => (
                "(attribute_not_exists(lease_owner) OR lease_until < :long_ago)",
                update.expression_attribute_values(":long_ago", number(earlier(now, LONG_AGO).as_millisecond())),
            ),
            Some(Holder { owner, beat: None, .. }) => (
                "(lease_owner = :dead AND attribute_not_exists(lease_beat))",
                update.expression_attribute_values(":dead", text(owner)),
            ),
            Some(Holder { owner, beat: Some(beat), .. }) => (
                "(lease_owner = :dead AND lease_beat = :beat)",
                update
                    .expression_attribute_values(":dead", text(owner))
                    .expression_attribute_values(":beat", number(beat)),
            ),
        };
        let (value, update) = match expected.written_over {
            None => ("", update),
            Some(until) => (" OR fresh_until = :over", update.expression_attribute_values(":over", number(until))),
        };
        let fresh = format!("(attribute_not_exists(fresh_until) OR fresh_until <= :now{value})");
        update.condition_expression(format!("{lease} AND {fresh}"))
    }

    /// Runs `work` and renews the lease until it is done.
    pub async fn keep<F: Future>(&self, work: F) -> F::Output {
        let mut renewals = interval(self.cache.lease / RENEWALS_PER_LEASE);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        renewals.tick().await;
        let mut renew = async move || -> Infallible {
            loop {
                renewals.tick().await;
                // A request that lost the lease still finishes, but its value is refused.
                let update = self
                    .write_lease(
                        "SET lease_until = :until, #ttl = :ttl, lease_beat = if_not_exists(lease_beat, :one) + :one",
                    )
                    .expression_attribute_values(":one", number(1))
                    .condition_expression("lease_owner = :owner");
                if let Err(error) = update_if(update).await {
                    tracing::warn!(%error, "the lease was not renewed");
                }
            }
        };
        tokio::select! {
            biased;
            output = work => output,
            never = renew() => match never {},
        }
    }

    /// Stores the value with this `lifetime`, and ends the lease; returns false if the lease was
    /// lost and nothing is stored.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer; then it is unknown whether the value is stored.
    pub async fn fill<T: Serialize>(&self, value: &T, lifetime: Duration) -> Result<bool, StorageError> {
        let mut item = self.cache.item(&self.key, value, lifetime)?;
        item.insert("filled_by".to_owned(), self.owner());
        let put = self.cache.client.put_item().table_name(&self.cache.table);
        let put = put
            .set_item(Some(item))
            // If an earlier attempt of this write was applied and its response lost, that is a
            // success.
            .condition_expression("lease_owner = :owner OR (filled_by = :owner AND attribute_not_exists(lease_owner))")
            .expression_attribute_values(":owner", self.owner());
        put_if(put).await
    }

    /// Whether a fresh value exists that is too old for the owner of the lease.
    #[must_use]
    pub const fn has_older_value(&self) -> bool {
        self.too_old.is_some()
    }

    /// Ends the lease without a value: the next request for the value takes over.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer; then the lease expires.
    pub async fn end(&self) -> Result<(), StorageError> {
        let update = self.cache.client.update_item().table_name(&self.cache.table);
        let update = update
            .key("pk", text(&self.key.0))
            .update_expression("REMOVE lease_owner, lease_until, lease_beat")
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", self.owner());
        update_if(update).await.map(|_| ())
    }

    fn write_lease(&self, expression: &str) -> UpdateItemFluentBuilder {
        let until = later(self.cache.now(), self.cache.lease);
        let update = self.cache.client.update_item().table_name(&self.cache.table);
        update
            .key("pk", text(&self.key.0))
            .update_expression(expression)
            .expression_attribute_names("#ttl", CACHE_TTL_ATTRIBUTE)
            .expression_attribute_values(":owner", self.owner())
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":ttl", number(until.as_second() + KEPT))
    }

    fn owner(&self) -> AttributeValue {
        text(&self.owner)
    }
}

/// `now` plus `duration`, limited to the end of the calendar.
fn later(now: Timestamp, duration: Duration) -> Timestamp {
    now.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// `now` minus `duration`, limited to the beginning of the calendar.
fn earlier(now: Timestamp, duration: Duration) -> Timestamp {
    now.checked_sub(duration).unwrap_or(Timestamp::MIN)
}
