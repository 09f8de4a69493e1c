//! Admission: one write counts a request against its key's rate limit and shows the whole account.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::limits::{ENDS_AT, EXPIRES_AT};
use super::usage::{Additions, Measure, of_endpoint};
use super::{Account, Accounts, ApiKey, Key, ROUNDS, day_of, left_of};
use crate::contract::{Endpoint, Quota};
use crate::dynamodb::{Item, StorageError, Written, number, update_if};

pub(super) const SECONDS_PER_WINDOW: i64 = 60;
/// The key's record is this key's, and opens the account at this moment; and usage can be counted.
const OPENS: &str = "attribute_exists(#usage) AND #keys.#key.#hash = :hash \
     AND attribute_not_exists(#keys.#key.#revoked_at) \
     AND (attribute_not_exists(#keys.#key.#expires_at) OR #keys.#key.#expires_at > :now) \
     AND (attribute_not_exists(#keys.#key.#ends_at) OR #keys.#key.#ends_at > :now)";

/// A request that may go on.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The account as it is now.
    pub account: Account,
    /// What is left of the key's rate limit.
    pub quota: Quota,
}

/// Why a request isn't admitted.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// No such key, or it was revoked.
    #[error("unknown or revoked key")]
    Unknown,
    /// It was a key until this moment: it expired, or another one took its place.
    #[error("the key ended at {0}")]
    Ended(Timestamp),
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

impl NotAdmitted {
    /// The key's standing, if it was counted.
    #[must_use]
    pub const fn quota(&self) -> Option<Quota> {
        match self {
            Self::Unknown | Self::Ended(_) => None,
            Self::RateLimited { quota, .. } => Some(*quota),
            Self::Storage { quota, .. } => *quota,
        }
    }
}

impl From<StorageError> for NotAdmitted {
    fn from(error: StorageError) -> Self {
        Self::Storage { error, quota: None }
    }
}

impl Accounts {
    /// Counts a request against its key's rate limit, in one write; two where a new window begins. Usage has no place for requests
    /// that are for no endpoint. Holds past their deadline are released before this returns.
    ///
    /// # Errors
    /// When the key isn't one, its window is used up, or DynamoDB doesn't answer.
    pub async fn admit(&self, key: &ApiKey, endpoint: Option<Endpoint>) -> Result<Admission, NotAdmitted> {
        if let Some(refusal) = self.unknown.refusal(key, self.clock.now()) {
            return Err(refusal);
        }
        let admitted = self.admit_unless_known(key, endpoint).await;
        if let Err(refusal) = &admitted {
            self.unknown.remember(key, refusal, self.clock.now());
        }
        admitted
    }

    async fn admit_unless_known(&self, key: &ApiKey, endpoint: Option<Endpoint>) -> Result<Admission, NotAdmitted> {
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let counted = match self.count(key, endpoint, now).await? {
                Written::Applied(item) => Some(item),
                Written::Refused(None) => return Err(NotAdmitted::Unknown),
                Written::Refused(Some(item)) => {
                    let account = Account::read(item)?;
                    let stored = stored_key(&account, key, now)?;
                    if account.usage.is_none() {
                        self.make_usage(key.account()).await?;
                        continue;
                    }
                    if stored.window >= window_of(now) {
                        let quota = quota_of(stored, now);
                        let account = self.released(key, account, quota).await?;
                        return Err(NotAdmitted::RateLimited { quota, account: Box::new(account) });
                    }
                    self.open_window(key, endpoint, now, &account).await?
                }
            };
            // None: another request opened the window first, so this one counts itself in it.
            if let Some(item) = counted {
                let account = Account::read(item)?;
                let quota = quota_of(stored_key(&account, key, now)?, now);
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

    async fn count(&self, key: &ApiKey, endpoint: Option<Endpoint>, now: Timestamp) -> Result<Written, StorageError> {
        let usage = request_of(endpoint, now);
        let update = usage
            .named(self.update_key(key, now))
            .update_expression(format!("SET #keys.#key.#used = #keys.#key.#used + :one{}", usage.assignments()))
            .condition_expression(format!(
                "{OPENS} AND #keys.#key.#window >= :window AND #keys.#key.#used < #keys.#key.#rate_limit"
            ))
            .expression_attribute_names("#rate_limit", "rate_limit")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":window", number(window_of(now)));
        update_if(update).await
    }

    /// Starts the key's window with this request in it, and tries to archive a day's usage; None when another request did.
    async fn open_window(
        &self,
        key: &ApiKey,
        endpoint: Option<Endpoint>,
        now: Timestamp,
        seen: &Account,
    ) -> Result<Option<Item>, StorageError> {
        let usage = request_of(endpoint, now);
        let assignments = usage.assignments();
        let update = usage
            .named(self.update_key(key, now))
            .update_expression(format!("SET #keys.#key.#window = :window, #keys.#key.#used = :one{assignments}"))
            .condition_expression(format!("{OPENS} AND #keys.#key.#window < :window"))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":window", number(window_of(now)));
        match update_if(update).await? {
            Written::Applied(item) => {
                self.archive(key.account(), seen, now).await;
                Ok(Some(item))
            }
            Written::Refused(_) => Ok(None),
        }
    }

    fn update_key(&self, key: &ApiKey, now: Timestamp) -> UpdateItemFluentBuilder {
        self.update(key.account())
            .expression_attribute_names("#usage", "usage")
            .expression_attribute_names("#keys", "keys")
            .expression_attribute_names("#key", key.id())
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_names("#revoked_at", "revoked_at")
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_names("#ends_at", ENDS_AT)
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_names("#window", "window")
            .expression_attribute_names("#used", "used")
            .expression_attribute_values(":hash", AttributeValue::B(Blob::new(key.hash())))
    }
}

/// One more request of this endpoint's, today.
fn request_of(endpoint: Option<Endpoint>, now: Timestamp) -> Additions {
    let mut usage = Additions::default();
    if let Some(endpoint) = endpoint {
        usage.add(of_endpoint(day_of(now), endpoint.spec().usage_code, Measure::Requests), ":one");
    }
    usage
}

/// The account's record of this key, if it is one that opens it.
fn stored_key<'a>(account: &'a Account, key: &ApiKey, now: Timestamp) -> Result<&'a Key, NotAdmitted> {
    let stored = account.keys.get(&key.id());
    let is_own = |stored: &&Key| stored.revoked_at.is_none() && stored.hash.as_slice() == key.hash();
    let stored = stored.filter(is_own).ok_or(NotAdmitted::Unknown)?;
    match stored.until().filter(|until| *until <= now.as_second()) {
        Some(until) => Err(NotAdmitted::Ended(Timestamp::from_second(until).unwrap_or(now))),
        None => Ok(stored),
    }
}

fn quota_of(key: &Key, now: Timestamp) -> Quota {
    quota(key.rate_limit, key.used, key.window, now)
}

/// What is left in a window after so many requests.
pub(crate) fn quota(limit: u64, used: u64, window: i64, now: Timestamp) -> Quota {
    // A window that a faster clock opened ends later than this clock's minute.
    let ahead = u64::try_from(window - window_of(now)).unwrap_or_default();
    let length = SECONDS_PER_WINDOW.unsigned_abs();
    Quota {
        limit,
        remaining: limit.saturating_sub(used),
        resets_in: left_of(now, SECONDS_PER_WINDOW) + ahead * length,
        window: length,
    }
}

/// The rate limit's window at this moment: the minute since 1970.
pub(crate) fn window_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SECONDS_PER_WINDOW)
}
