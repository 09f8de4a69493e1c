//! Accounts: API keys, the rate limit and the balance, all in one item per customer, so that each request admits
//! itself with one write and the money always adds up in one read.
//!
//! A price is first held, then settled or released, each conditional on the hold: a write that is repeated after a lost
//! response moves nothing twice. A hold whose request died is released by whoever touches the account
//! after the hold's deadline.

mod item;
mod key;
mod operator;

pub use item::{Account, Hold, Key};
pub use key::{AccountId, ApiKey, MalformedKey, Mode, NotAnAccountId};
pub use operator::{Funded, OperatorError};

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use crate::clock::Clock;
use crate::contract::Quota;
use crate::dynamodb::{Item, StorageError, Written, number, text, update_if, update_once_if};
use crate::money::MicroDollars;
use item::account_pk;

const SECONDS_PER_WINDOW: i64 = 60;
const SECONDS_PER_DAY: i64 = 86_400;
/// Bounds the item, whose size is what a write costs: 50 holds are about 2 KB.
const MAX_HOLDS: usize = 50;
/// Each round needs another request to have won a race against this one in between.
const ROUNDS: usize = 5;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(50);

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
    /// How long to try to hold a price while DynamoDB doesn't answer.
    pub patience: Duration,
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
    /// Whether it is admitted can't be told, or what its account holds can't be released.
    #[error("{error}")]
    Storage {
        /// What DynamoDB said.
        error: StorageError,
        /// The key's standing, if it was counted.
        quota: Option<Quota>,
    },
}

/// Money that is set aside.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its name in the account, to settle or release it by.
    pub name: String,
    /// The account as it is now.
    pub account: Account,
}

impl Held {
    fn under(name: Option<String>, account: Account) -> Result<Self, NotHeld> {
        let name = name.ok_or_else(|| StorageError::malformed("hold", "no name"))?;
        Ok(Self { name, account })
    }
}

/// Why a price isn't held.
#[derive(Debug, thiserror::Error)]
pub enum NotHeld {
    /// The account doesn't allow it.
    #[error("{reason}")]
    Refused {
        /// What stands against it.
        reason: NotHeldBecause,
        /// The account as it is now.
        account: Box<Account>,
    },
    /// Whether it is held can't be told.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What stands against holding a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHeldBecause {
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
}

impl From<StorageError> for NotAdmitted {
    fn from(error: StorageError) -> Self {
        Self::Storage { error, quota: None }
    }
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
                        let account = self.released(key, account, quota).await?;
                        return Err(NotAdmitted::RateLimited { quota, account: Box::new(account) });
                    }
                    self.open_window(key, now, &account).await?
                }
            };
            // None: another request opened the window first, so this one counts itself in it.
            if let Some(item) = counted {
                let account = Account::read(item)?;
                let quota = quota_of(stored_key(&account, key).ok_or(NotAdmitted::Unknown)?, now);
                let account = self.released(key, account, quota).await?;
                return Ok(Admission { account, quota });
            }
        }
        Err(StorageError::malformed("admit", "the window never settled").into())
    }

    /// The account of a counted request, after releasing what dead requests hold.
    async fn released(&self, key: &ApiKey, account: Account, quota: Quota) -> Result<Account, NotAdmitted> {
        let released = self.release_overdue(key.account(), account).await;
        released.map_err(|error| NotAdmitted::Storage { error, quota: Some(quota) })
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
        let today = day_of(now);
        let mut update = self.update_key(key);
        let mut forgotten = Vec::new();
        let is_past = |day: &&String| day.parse::<i64>().is_ok_and(|day| day < today);
        for day in seen.misses.keys().filter(is_past) {
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
    /// Each attempt has a name of its own and is sent once: an attempt that arrives late, after a later one was settled, then
    /// stands under a name that nobody settles, and is released at its deadline.
    ///
    /// # Errors
    /// When the balance, the holds in flight or today's misses don't allow it, or DynamoDB doesn't answer; the money of an
    /// attempt whose answer was lost comes back at the hold's deadline.
    pub async fn hold(&self, account: &AccountId, request: &str, price: MicroDollars) -> Result<Held, NotHeld> {
        let started = Instant::now();
        let mut names: Vec<String> = Vec::new();
        loop {
            let now = self.clock.now();
            names.push(format!("{request}-{}", names.len() + 1));
            let refused = match self.try_hold(account, &names, price, now).await {
                Ok(Written::Applied(item)) => return Held::under(names.pop(), Account::read(item)?),
                Ok(Written::Refused(item)) => item,
                Err(_) if names.len() < ROUNDS && started.elapsed() < self.limits.patience => {
                    sleep(BETWEEN_ATTEMPTS).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let item = refused.ok_or_else(|| StorageError::malformed("hold", "the account is gone"))?;
            let seen = Account::read(item)?;
            if let Some(applied) = names.iter().find(|name| seen.holds.contains_key(*name)).cloned() {
                // An earlier attempt was applied and its answer lost.
                return Held::under(Some(applied), seen);
            }
            if seen.overdue(now).next().is_none() || names.len() >= ROUNDS {
                return Err(self.why_not_held(seen, price, now));
            }
            self.release_overdue(account, seen).await?;
        }
    }

    /// One attempt under the last of `names`, unless one under another name was applied.
    async fn try_hold(
        &self,
        account: &AccountId,
        names: &[String],
        price: MicroDollars,
        now: Timestamp,
    ) -> Result<Written, StorageError> {
        let hold = AttributeValue::M(Item::from([
            ("price".to_owned(), number(price.0)),
            ("deadline".to_owned(), number(now.as_second() + self.limits.hold_seconds)),
        ]));
        let mut update = self.update(account);
        let mut condition = "#balance >= :price AND size(#holds) < :max_holds \
             AND (attribute_not_exists(#misses.#today) OR #misses.#today < :allowance)"
            .to_owned();
        for (place, name) in names.iter().enumerate() {
            condition = format!("{condition} AND attribute_not_exists(#holds.#name{place})");
            update = update.expression_attribute_names(format!("#name{place}"), name);
        }
        let last = names.len() - 1;
        let update = update
            .update_expression(format!("SET #balance = #balance - :price, #holds.#name{last} = :hold"))
            .condition_expression(condition)
            .expression_attribute_names("#holds", "holds")
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_names("#misses", "misses")
            .expression_attribute_names("#today", day_of(now).to_string())
            .expression_attribute_values(":price", number(price.0))
            .expression_attribute_values(":hold", hold)
            .expression_attribute_values(":max_holds", number(MAX_HOLDS))
            .expression_attribute_values(":allowance", number(self.limits.free_misses_per_day));
        update_once_if(update).await
    }

    /// The order is the contract's: 429 before 402.
    fn why_not_held(&self, account: Account, price: MicroDollars, now: Timestamp) -> NotHeld {
        let reason = if account.holds.len() >= MAX_HOLDS {
            NotHeldBecause::TooManyInFlight
        } else if account.misses_on(day_of(now)) >= self.limits.free_misses_per_day {
            NotHeldBecause::TooManyMisses { resets_in: left_of(now, SECONDS_PER_DAY) }
        } else if account.balance < price {
            NotHeldBecause::InsufficientBalance
        } else {
            return StorageError::malformed("hold", "refused for no reason that shows").into();
        };
        NotHeld::Refused { reason, account: Box::new(account) }
    }

    /// Spends what was held for a request, once; None when the hold is gone: settled before, or released at its deadline.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer; the hold is then spent, or released at its deadline.
    pub async fn settle(&self, account: &AccountId, hold: &str) -> Result<Option<Account>, StorageError> {
        let update = self
            .update_hold(account, hold)
            .update_expression("SET #spent = #spent + #holds.#hold.#price REMOVE #holds.#hold")
            .condition_expression("attribute_exists(#holds.#hold)")
            .expression_attribute_names("#spent", "spent")
            .expression_attribute_names("#price", "price");
        applied(update_if(update).await?)
    }

    /// Gives back what was held for a request, once, and counts a free miss; None when the hold is gone.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer; the hold is released at its deadline then.
    pub async fn release(&self, account: &AccountId, hold: &str) -> Result<Option<Account>, StorageError> {
        let update = self
            .update_hold(account, hold)
            .update_expression(
                "SET #balance = #balance + #holds.#hold.#price, \
                 #misses.#today = if_not_exists(#misses.#today, :zero) + :one REMOVE #holds.#hold",
            )
            .condition_expression("attribute_exists(#holds.#hold)")
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
        for hold in overdue {
            match self.release(id, &hold).await? {
                Some(account) => latest = account,
                // Another request that saw it too was first.
                None => latest.holds.remove(&hold).map_or((), |hold| latest.balance.0 += hold.price.0),
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

    fn update_hold(&self, account: &AccountId, hold: &str) -> UpdateItemFluentBuilder {
        self.update(account).expression_attribute_names("#holds", "holds").expression_attribute_names("#hold", hold)
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
