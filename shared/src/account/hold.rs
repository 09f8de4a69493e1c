//! Holds: a price is set aside before any provider is asked, then spent or given back, once.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::{Account, AccountId, Accounts, ROUNDS, SECONDS_PER_DAY, day_of, left_of};
use crate::dynamodb::{Item, StorageError, Written, number, update_if, update_once_if};
use crate::money::MicroDollars;

/// Bounds the item, whose size is what a write costs: 50 holds are about 2 KB.
const MAX_HOLDS: usize = 50;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(50);

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

impl Accounts {
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
    pub(super) async fn release_overdue(&self, id: &AccountId, seen: Account) -> Result<Account, StorageError> {
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

    fn update_hold(&self, account: &AccountId, hold: &str) -> UpdateItemFluentBuilder {
        self.update(account).expression_attribute_names("#holds", "holds").expression_attribute_names("#hold", hold)
    }
}

fn applied(written: Written) -> Result<Option<Account>, StorageError> {
    match written {
        Written::Applied(item) => Account::read(item).map(Some),
        Written::Refused(_) => Ok(None),
    }
}
