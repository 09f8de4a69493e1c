//! Accounts: API keys, the rate limit and the balance, all in one item per customer, so that each request admits
//! itself with one write and the money always adds up in one read.
//!
//! A price is first held, then settled or released; each of these is conditional on the hold, so a write that is
//! repeated after a lost response moves nothing twice. A hold whose request died is released by whoever touches the account
//! after the hold's deadline.

mod item;
mod key;
mod operator;

pub use item::{Account, Hold, Key};
pub use key::{AccountId, ApiKey, MalformedKey, Mode, NotAnAccountId};
pub use operator::{Funded, OperatorError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::contract::Quota;
use crate::dynamodb::{Item, StorageError, Written, number, text, update_if};
use crate::money::MicroDollars;
use item::account_pk;

const SECONDS_PER_WINDOW: i64 = 60;
const SECONDS_PER_DAY: i64 = 86_400;
/// Keeps the item near 1 KB, which is what one write costs.
const MAX_HOLDS: usize = 50;
/// Each round needs another request to have won a race against this one in between.
const ROUNDS: usize = 5;

/// The accounts' table.
#[derive(Clone, Debug)]
pub struct Accounts {
    client: Client,
    table: String,
    clock: Clock,
    limits: Limits,
}

/// A request that may go on.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The account as it is now.
    pub account: Account,
    /// What is left of the key's rate limit.
    pub quota: Quota,
}

/// Limits that all accounts share.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long money may be held, in seconds: longer than any request can live.
    pub hold_seconds: i64,
    /// Failed requests, which are free, that an account has a day.
    pub free_misses_per_day: u64,
}

/// Why a request isn't admitted.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// No such key, or it was revoked.
    #[error("unknown or revoked key")]
    Unknown,
    /// The window is used up.
    #[error("rate limit exceeded")]
    RateLimited {
        /// The key's standing.
        quota: Quota,
        /// The account as it is now.
        account: Box<Account>,
    },
    /// Whether it is admitted can't be told.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a price isn't held.
#[derive(Debug, thiserror::Error)]
pub enum NotHeld {
    /// The balance is below the price.
    #[error("insufficient balance")]
    InsufficientBalance,
    /// As many requests in flight as an account may have.
    #[error("too many requests in flight")]
    TooManyInFlight,
    /// Today's allowance of free misses is used up.
    #[error("too many failed requests today")]
    TooManyMisses {
        /// Seconds until the next day, in UTC.
        resets_in: u64,
    },
    /// Whether it is held can't be told.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Accounts {
    /// Accounts in this table.
    #[must_use]
    pub fn new(client: Client, table: String, clock: Clock, limits: Limits) -> Self {
        Self { client, table, clock, limits }
    }

    /// Counts a request against its key's rate limit, in one write; two where a new window begins.
    /// Holds past their deadline are released before this returns.
    ///
    /// # Errors
    /// When the key isn't one, its window is used up, or DynamoDB doesn't answer.
    pub async fn admit(&self, key: &ApiKey) -> Result<Admission, NotAdmitted> {
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let counted = match self.count(key, now).await? {
                Written::Applied(item) => Some(item),
                Written::Refused(None) => return Err(NotAdmitted::Unknown),
                Written::Refused(Some(item)) => {
                    let account = Account::read(item)?;
                    let stored = stored_key(&account, key).ok_or(NotAdmitted::Unknown)?;
                    if stored.window >= window_of(now) {
                        let quota = quota_of(stored, now);
                        let account = Box::new(self.release_overdue(key.account(), account).await?);
                        return Err(NotAdmitted::RateLimited { quota, account });
                    }
                    self.open_window(key, now, &account).await?
                }
            };
            // None: another request opened the window first, so this one counts itself in it.
            if let Some(item) = counted {
                let account = Account::read(item)?;
                let quota = quota_of(stored_key(&account, key).ok_or(NotAdmitted::Unknown)?, now);
                let account = self.release_overdue(key.account(), account).await?;
                return Ok(Admission { account, quota });
            }
        }
        Err(StorageError::malformed("admit", "the window never settled").into())
    }

    async fn count(&self, key: &ApiKey, now: Timestamp) -> Result<Written, StorageError> {
        let update = self
            .update_key(key)
            .update_expression("SET #keys.#key.#used = #keys.#key.#used + :one")
            .condition_expression(
                "#keys.#key.#hash = :hash AND attribute_not_exists(#keys.#key.#revoked_at) \
                 AND #keys.#key.#window >= :window AND #keys.#key.#used < #keys.#key.#rate_limit",
            )
            .expression_attribute_names("#rate_limit", "rate_limit")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":window", number(window_of(now)));
        update_if(update).await
    }

    /// Starts the key's window with this request in it, and drops the counts of past days; None when another request did.
    async fn open_window(&self, key: &ApiKey, now: Timestamp, seen: &Account) -> Result<Option<Item>, StorageError> {
        let today = day_of(now).to_string();
        let mut update = self.update_key(key);
        let mut forgotten = Vec::new();
        for day in seen.misses.keys().filter(|day| **day != today) {
            let alias = format!("#day{day}");
            forgotten.push(format!("#misses.{alias}"));
            update = update.expression_attribute_names("#misses", "misses").expression_attribute_names(alias, day);
        }
        let remove = if forgotten.is_empty() { String::new() } else { format!(" REMOVE {}", forgotten.join(", ")) };
        let expression = format!("SET #keys.#key.#window = :window, #keys.#key.#used = :one{remove}");
        let update = update
            .update_expression(expression)
            .condition_expression(
                "#keys.#key.#hash = :hash AND attribute_not_exists(#keys.#key.#revoked_at) \
                 AND #keys.#key.#window < :window",
            )
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":window", number(window_of(now)));
        match update_if(update).await? {
            Written::Applied(item) => Ok(Some(item)),
            Written::Refused(_) => Ok(None),
        }
    }

    /// Sets `price` aside for a request. No provider may be asked for a live key before.
    ///
    /// # Errors
    /// When the balance, the holds in flight or today's misses don't allow it, or DynamoDB doesn't answer; the money of an
    /// attempt whose answer was lost comes back at the hold's deadline.
    pub async fn hold(&self, account: &AccountId, request: &str, price: MicroDollars) -> Result<Account, NotHeld> {
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let item = match self.try_hold(account, request, price, now).await? {
                Written::Applied(item) => return Ok(Account::read(item)?),
                Written::Refused(item) => item.ok_or_else(|| StorageError::malformed("hold", "the account is gone"))?,
            };
            let seen = Account::read(item)?;
            if seen.holds.contains_key(request) {
                // An attempt of ours was applied and its answer lost.
                return Ok(seen);
            }
            if seen.overdue(now).next().is_none() {
                return Err(self.why_not_held(&seen, price, now));
            }
            self.release_overdue(account, seen).await?;
        }
        Err(StorageError::malformed("hold", "the balance never settled").into())
    }

    async fn try_hold(
        &self,
        account: &AccountId,
        request: &str,
        price: MicroDollars,
        now: Timestamp,
    ) -> Result<Written, StorageError> {
        let hold = AttributeValue::M(Item::from([
            ("price".to_owned(), number(price.0)),
            ("deadline".to_owned(), number(now.as_second() + self.limits.hold_seconds)),
        ]));
        let update = self
            .update_hold(account, request)
            .update_expression("SET #balance = #balance - :price, #holds.#request = :hold")
            .condition_expression(
                "#balance >= :price AND attribute_not_exists(#holds.#request) AND size(#holds) < :max_holds \
                 AND (attribute_not_exists(#misses.#today) OR #misses.#today < :allowance)",
            )
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_names("#misses", "misses")
            .expression_attribute_names("#today", day_of(now).to_string())
            .expression_attribute_values(":price", number(price.0))
            .expression_attribute_values(":hold", hold)
            .expression_attribute_values(":max_holds", number(MAX_HOLDS))
            .expression_attribute_values(":allowance", number(self.limits.free_misses_per_day));
        update_if(update).await
    }

    /// The order is the contract's: 429 before 402.
    fn why_not_held(&self, account: &Account, price: MicroDollars, now: Timestamp) -> NotHeld {
        if account.holds.len() >= MAX_HOLDS {
            NotHeld::TooManyInFlight
        } else if account.misses_on(day_of(now)) >= self.limits.free_misses_per_day {
            NotHeld::TooManyMisses { resets_in: left_of(now, SECONDS_PER_DAY) }
        } else if account.balance < price {
            NotHeld::InsufficientBalance
        } else {
            NotHeld::Storage(StorageError::malformed("hold", "refused for no reason that shows"))
        }
    }

    /// Spends what was held for a request, once; None when the hold is gone: settled before, or released at its deadline.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer; the hold is then spent, or released at its deadline.
    pub async fn settle(&self, account: &AccountId, request: &str) -> Result<Option<Account>, StorageError> {
        let update = self
            .update_hold(account, request)
            .update_expression("SET #spent = #spent + #holds.#request.#price REMOVE #holds.#request")
            .condition_expression("attribute_exists(#holds.#request)")
            .expression_attribute_names("#spent", "spent")
            .expression_attribute_names("#price", "price");
        applied(update_if(update).await?)
    }

    /// Gives back what was held for a request, once, and counts a free miss; None when the hold is gone.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer; the hold is released at its deadline then.
    pub async fn release(&self, account: &AccountId, request: &str) -> Result<Option<Account>, StorageError> {
        let update = self
            .update_hold(account, request)
            .update_expression(
                "SET #balance = #balance + #holds.#request.#price, \
                 #misses.#today = if_not_exists(#misses.#today, :zero) + :one REMOVE #holds.#request",
            )
            .condition_expression("attribute_exists(#holds.#request)")
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_names("#price", "price")
            .expression_attribute_names("#misses", "misses")
            .expression_attribute_names("#today", day_of(self.clock.now()).to_string())
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1));
        applied(update_if(update).await?)
    }

    /// Releases the holds whose requests died; the account as it is afterwards.
    async fn release_overdue(&self, id: &AccountId, seen: Account) -> Result<Account, StorageError> {
        let overdue: Vec<String> = seen.overdue(self.clock.now()).cloned().collect();
        let mut latest = seen;
        for request in overdue {
            match self.release(id, &request).await? {
                Some(account) => latest = account,
                // Another request that saw it too was first.
                None => latest.holds.remove(&request).map_or((), |hold| latest.balance.0 += hold.price.0),
            }
        }
        Ok(latest)
    }

    fn update(&self, account: &AccountId) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.table);
        update.set_key(Some(account_pk(account)))
    }

    fn update_key(&self, key: &ApiKey) -> UpdateItemFluentBuilder {
        self.update(key.account())
            .expression_attribute_names("#keys", "keys")
            .expression_attribute_names("#key", key.id())
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_names("#revoked_at", "revoked_at")
            .expression_attribute_names("#window", "window")
            .expression_attribute_names("#used", "used")
            .expression_attribute_values(":hash", AttributeValue::B(Blob::new(key.hash())))
    }

    fn update_hold(&self, account: &AccountId, request: &str) -> UpdateItemFluentBuilder {
        self.update(account)
            .expression_attribute_names("#holds", "holds")
            .expression_attribute_names("#request", request)
    }

    /// Opens the connection that the first request would otherwise wait for; what it answers doesn't matter.
    pub async fn warm(&self) {
        let read = self.client.get_item().table_name(&self.table);
        let nobody = Item::from([("pk".to_owned(), text("warm")), ("sk".to_owned(), text("warm"))]);
        let _ = read.set_key(Some(nobody)).send().await;
    }
}

fn applied(written: Written) -> Result<Option<Account>, StorageError> {
    match written {
        Written::Applied(item) => Account::read(item).map(Some),
        Written::Refused(_) => Ok(None),
    }
}

/// The account's record of this key, if it is one that opens it.
fn stored_key<'a>(account: &'a Account, key: &ApiKey) -> Option<&'a Key> {
    let stored = account.keys.get(&key.id())?;
    (stored.revoked_at.is_none() && stored.hash.as_slice() == key.hash()).then_some(stored)
}

fn quota_of(key: &Key, now: Timestamp) -> Quota {
    // A window that a faster clock opened ends later than this clock's minute.
    let ahead = u64::try_from(key.window - window_of(now)).unwrap_or_default();
    let window = SECONDS_PER_WINDOW.unsigned_abs();
    Quota {
        limit: key.rate_limit,
        remaining: key.rate_limit.saturating_sub(key.used),
        resets_in: left_of(now, SECONDS_PER_WINDOW) + ahead * window,
        window,
    }
}

fn window_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SECONDS_PER_WINDOW)
}

fn day_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SECONDS_PER_DAY)
}

/// Seconds until the present period ends; at least 1.
fn left_of(now: Timestamp, period: i64) -> u64 {
    (period - now.as_second().rem_euclid(period)).unsigned_abs()
}
