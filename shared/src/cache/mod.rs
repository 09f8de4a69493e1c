//! Cached values, and the lease by which, of all who miss the same thing at once, one asks for it.
//!
//! Whoever misses takes the lease by a conditional write, renews it while it works, and ends it by storing the value.
//! Whoever doesn't get it waits for that value. If the owner dies, the lease runs out and a waiter takes over.
//! Expiry is checked on read: DynamoDB deletes late.

mod entry;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::base62;
use crate::clock::Clock;
use crate::dynamodb::{CACHE_TTL_ATTRIBUTE, Item, StorageError, Written, number, put_if, text, update_if};
use entry::{read_fresh, write};

/// Entries of other versions are never read. Raise it when what is cached changes its shape.
const VERSION: u32 = 2;
const OWNER_LENGTH: usize = 16;
/// A lease is renewed this many times in its life, so that neither a slow write ends it nor a clock that is ahead by less than the
/// rest of it.
const RENEWALS_PER_LEASE: u32 = 3;
/// How long waiters sleep between looks: at first, and at most.
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

/// What an entry is about. Equal for every way of asking for the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheKey(String);

impl CacheKey {
    /// A key of these parts, the last of which may hold anything.
    #[must_use]
    pub fn new(parts: &[&str]) -> Self {
        Self(format!("{VERSION}#{}", parts.join("#")))
    }
}

/// What became of entering the cache for something.
#[derive(Debug)]
pub enum Entered<T> {
    /// It is there.
    Hit(T),
    /// It isn't, and the caller is the one to get it.
    Leased(Lease),
}

/// Why the cache wasn't entered.
#[derive(Debug, thiserror::Error)]
pub enum NotEntered {
    /// Whoever holds the lease didn't come to an end in time.
    #[error("waited in vain for another request for the same thing")]
    TimedOut,
    /// DynamoDB doesn't answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

enum Taken<T> {
    Ours,
    Theirs,
    Fresh(T),
}

impl Cache {
    /// The cache in this table, with leases of this length.
    #[must_use]
    pub fn new(client: Client, table: String, clock: Clock, lease: Duration) -> Self {
        Self { client, table, clock, lease }
    }

    /// What is cached and fresh.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer.
    pub async fn look<T: DeserializeOwned>(&self, key: &CacheKey) -> Result<Option<T>, StorageError> {
        let item = self.get(key).await?;
        item.map_or(Ok(None), |item| read_fresh(&item, self.now()))
    }

    /// Stores a value that nobody waits for, fresh for `lifetime`.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer.
    pub async fn put<T: Serialize>(&self, key: &CacheKey, value: &T, lifetime: Duration) -> Result<(), StorageError> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(self.item(key, value, lifetime)?));
        put.send().await.map(|_| ()).map_err(StorageError::of("PutItem"))
    }

    fn item<T: Serialize>(&self, key: &CacheKey, value: &T, lifetime: Duration) -> Result<Item, StorageError> {
        let fresh_until = later(self.now(), lifetime);
        let mut item = write(value, fresh_until)?;
        item.insert("pk".to_owned(), text(&key.0));
        item.insert(CACHE_TTL_ATTRIBUTE.to_owned(), number(fresh_until.as_second() + KEPT));
        Ok(item)
    }

    /// What is cached, or the lease to get it, or what another caller who has the lease comes to, waiting no longer than
    /// until `deadline`.
    ///
    /// # Errors
    /// When the wait was in vain, or DynamoDB doesn't answer.
    pub async fn enter<T: DeserializeOwned>(
        &self,
        key: &CacheKey,
        deadline: Instant,
    ) -> Result<Entered<T>, NotEntered> {
        let lease = Lease { cache: self.clone(), key: key.clone(), owner: base62::random(OWNER_LENGTH) };
        loop {
            match lease.take().await? {
                Taken::Ours => return Ok(Entered::Leased(lease)),
                Taken::Fresh(value) => return Ok(Entered::Hit(value)),
                Taken::Theirs => {}
            }
            if let Some(value) = self.wait(key, deadline).await? {
                return Ok(Entered::Hit(value));
            }
        }
    }

    /// Waits while another's lease lives; None when it ended without a value.
    async fn wait<T: DeserializeOwned>(&self, key: &CacheKey, deadline: Instant) -> Result<Option<T>, NotEntered> {
        let (mut pause, longest) = WAIT;
        loop {
            sleep_until(deadline.min(Instant::now() + pause)).await;
            pause = (pause * 2).min(longest);
            let Some(item) = self.get(key).await? else {
                return Ok(None);
            };
            let now = self.now();
            if let Some(value) = read_fresh(&item, now)? {
                return Ok(Some(value));
            }
            if Instant::now() >= deadline {
                return Err(NotEntered::TimedOut);
            }
            if !entry::is_leased(&item, now) {
                return Ok(None);
            }
        }
    }

    async fn get(&self, key: &CacheKey) -> Result<Option<Item>, StorageError> {
        let get = self.client.get_item().table_name(&self.table).key("pk", text(&key.0));
        Ok(get.send().await.map_err(StorageError::of("GetItem"))?.item)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The right to get one thing and store it. Dropped without an end, it runs out by itself.
#[derive(Debug)]
pub struct Lease {
    cache: Cache,
    key: CacheKey,
    owner: String,
}

impl Lease {
    async fn take<T: DeserializeOwned>(&self) -> Result<Taken<T>, StorageError> {
        let now = self.cache.now();
        let update = self
            .write_lease()
            .condition_expression(
                "(attribute_not_exists(lease_until) OR lease_until <= :now) \
                 AND (attribute_not_exists(fresh_until) OR fresh_until <= :now)",
            )
            .expression_attribute_values(":now", number(now.as_millisecond()));
        let item = match update_if(update).await? {
            Written::Applied(_) => return Ok(Taken::Ours),
            Written::Refused(item) => item.unwrap_or_default(),
        };
        if let Some(value) = read_fresh(&item, now)? {
            return Ok(Taken::Fresh(value));
        }
        // Ours already: an attempt of this write was applied and its answer lost.
        let ours = item.get("lease_owner") == Some(&self.owner());
        Ok(if ours { Taken::Ours } else { Taken::Theirs })
    }

    /// Runs `work` and renews the lease until it is done.
    pub async fn keep<F: Future>(&self, work: F) -> F::Output {
        let mut renewals = interval(self.cache.lease / RENEWALS_PER_LEASE);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        renewals.tick().await;
        let renew = async {
            loop {
                renewals.tick().await;
                // Whoever lost the lease still finishes its own request; what it stores is refused.
                let update = self.write_lease().condition_expression("lease_owner = :owner");
                if let Err(error) = update_if(update).await {
                    tracing::warn!(%error, "the lease was not renewed");
                }
            }
        };
        tokio::select! {
            biased;
            output = work => output,
            () = renew => unreachable!("renewing has no end"),
        }
    }

    /// Stores the value, fresh for `lifetime`, and ends the lease. Does nothing when the lease was lost.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer; the lease then runs out.
    pub async fn fill<T: Serialize>(self, value: &T, lifetime: Duration) -> Result<(), StorageError> {
        let put = self.cache.client.put_item().table_name(&self.cache.table);
        let put = put
            .set_item(Some(self.cache.item(&self.key, value, lifetime)?))
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", self.owner());
        put_if(put).await.map(|_| ())
    }

    /// Ends the lease without a value: the next who wants the thing takes over.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer; the lease then runs out.
    pub async fn end(self) -> Result<(), StorageError> {
        let update = self.cache.client.update_item().table_name(&self.cache.table);
        let update = update
            .key("pk", text(&self.key.0))
            .update_expression("REMOVE lease_owner, lease_until")
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", self.owner());
        update_if(update).await.map(|_| ())
    }

    fn write_lease(&self) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        let until = later(self.cache.now(), self.cache.lease);
        let update = self.cache.client.update_item().table_name(&self.cache.table);
        update
            .key("pk", text(&self.key.0))
            .update_expression("SET lease_owner = :owner, lease_until = :until, #ttl = :ttl")
            .expression_attribute_names("#ttl", CACHE_TTL_ATTRIBUTE)
            .expression_attribute_values(":owner", self.owner())
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":ttl", number(until.as_second() + KEPT))
    }

    fn owner(&self) -> AttributeValue {
        text(&self.owner)
    }
}

/// `now` and `duration` after it; a moment beyond the calendar's end is its end.
fn later(now: Timestamp, duration: Duration) -> Timestamp {
    now.checked_add(duration).unwrap_or(Timestamp::MAX)
}
