//! Admission: one write counts a request against its key's rate limit and shows the whole account.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::limits::{ENDS_AT, EXPIRES_AT};
use super::usage::{Additions, Measure, of_endpoint};
use super::{Account, Accounts, ApiKey, DEFAULT_RATE_LIMIT, Key, ROUNDS, day_of, left_of};
use crate::contract::{Endpoint, Quota};
use crate::dynamodb::{Item, StorageError, Written, number, update_if};

pub(super) const SECONDS_PER_WINDOW: i64 = 60;
/// The condition that the record belongs to this key, that the key works at this time, and that
/// usage can be counted.
const OPENS: &str = "attribute_exists(#usage) AND #keys.#key.#hash = :hash \
     AND attribute_not_exists(#keys.#key.#revoked_at) \
     AND (attribute_not_exists(#keys.#key.#expires_at) OR #keys.#key.#expires_at > :now) \
     AND (attribute_not_exists(#keys.#key.#ends_at) OR #keys.#key.#ends_at > :now)";

/// How much a request counts against the key's rate limit and in the account's usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Requests of the rate limit.
    pub requests: u64,
    /// Requested posts or creators.
    pub subjects: u64,
}

impl Load {
    /// One request about one post or creator.
    pub const ONE: Self = Self { requests: 1, subjects: 1 };
}

/// An admitted request.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The account as it is now.
    pub account: Account,
    /// The rest of the key's rate limit.
    pub quota: Quota,
}

/// Why a request isn't admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// No such key, or it was revoked.
    #[error("unknown or revoked key")]
    Unknown,
    /// The key worked until this time: then it expired or was replaced.
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
    /// The request's load is larger than the key's rate limit.
    #[error("more than the rate limit ever allows")]
    Never {
        /// The key's standing. The request isn't counted.
        quota: Quota,
        /// The account as it is now.
        account: Box<Account>,
    },
    /// DynamoDB didn't confirm the admission, or didn't release the holds of dead requests.
    #[error("{error}")]
    Storage {
        /// The error of DynamoDB.
        error: StorageError,
        /// The key's standing, if it was counted.
        quota: Option<Quota>,
    },
}

impl AdmitError {
    /// The key's standing, if it was counted.
    #[must_use]
    pub const fn quota(&self) -> Option<Quota> {
        match self {
            Self::Unknown | Self::Ended(_) => None,
            Self::RateLimited { quota, .. } | Self::Never { quota, .. } => Some(*quota),
            Self::Storage { quota, .. } => *quota,
        }
    }
}

impl From<StorageError> for AdmitError {
    fn from(error: StorageError) -> Self {
        Self::Storage { error, quota: None }
    }
}

impl Accounts {
    /// Counts a request against its key's rate limit, in one write, or in two at the start of a new
    /// window. Requests without an endpoint don't count in the usage. It releases holds past their
    /// deadline before it returns.
    ///
    /// # Errors
    /// If the key isn't valid, its window is used up, or DynamoDB doesn't answer.
    pub async fn admit(&self, key: &ApiKey, endpoint: Option<Endpoint>) -> Result<Admission, AdmitError> {
        self.admit_many(key, endpoint, Load::ONE).await
    }

    /// Like [`Self::admit`], for a request that counts as this `load`. A key whose rate limit isn't
    /// the default one takes one more write.
    ///
    /// # Errors
    /// Like [`Self::admit`], and when the load is larger than the key's rate limit.
    pub async fn admit_many(
        &self,
        key: &ApiKey,
        endpoint: Option<Endpoint>,
        load: Load,
    ) -> Result<Admission, AdmitError> {
        if let Some(refusal) = self.unknown.refusal(key, self.clock.now()) {
            return Err(refusal);
        }
        let admitted = self.admit_unless_known(key, endpoint, load).await;
        if let Err(refusal) = &admitted {
            self.unknown.remember(key, refusal, self.clock.now());
        }
        admitted
    }

    async fn admit_unless_known(
        &self,
        key: &ApiKey,
        endpoint: Option<Endpoint>,
        load: Load,
    ) -> Result<Admission, AdmitError> {
        let mut rate_limit = DEFAULT_RATE_LIMIT;
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let counted = match self.count(key, endpoint, load, rate_limit, now).await? {
                Written::Applied(item) => Some(item),
                Written::Refused(None) => return Err(AdmitError::Unknown),
                Written::Refused(Some(item)) => {
                    let account = Account::read(item)?;
                    let stored = stored_key(&account, key, now)?;
                    if account.usage.is_none() {
                        self.make_usage(key.account()).await?;
                        continue;
                    }
                    let quota = quota_of(stored, now);
                    if stored.rate_limit < load.requests {
                        return Err(AdmitError::Never { quota, account: Box::new(account) });
                    }
                    if stored.window >= window_of(now) {
                        let was_misjudged = load.requests > 1 && stored.rate_limit != rate_limit;
                        if was_misjudged && load.requests <= quota.remaining {
                            rate_limit = stored.rate_limit;
                            continue;
                        }
                        let account = self.released(key, account, quota).await?;
                        return Err(AdmitError::RateLimited { quota, account: Box::new(account) });
                    }
                    self.open_window(key, endpoint, load, now, &account).await?
                }
            };
            // None means that another request opened the window first, so this one is counted in
            // it.
            if let Some(item) = counted {
                let account = Account::read(item)?;
                let quota = quota_of(stored_key(&account, key, now)?, now);
                let account = self.released(key, account, quota).await?;
                return Ok(Admission { account, quota });
            }
        }
        Err(StorageError::malformed("admit", "the window never settled").into())
    }

    /// The account of a counted request, after the holds of dead requests are released.
    async fn released(&self, key: &ApiKey, account: Account, quota: Quota) -> Result<Account, AdmitError> {
        let released = self.release_overdue(key.account(), account).await;
        released.map_err(|error| AdmitError::Storage { error, quota: Some(quota) })
    }

    /// A DynamoDB condition can't subtract, so the write contains the difference: the assumed rate
    /// limit of the key, minus the request's load.
    async fn count(
        &self,
        key: &ApiKey,
        endpoint: Option<Endpoint>,
        load: Load,
        rate_limit: u64,
        now: Timestamp,
    ) -> Result<Written, StorageError> {
        let usage = request_of(endpoint, now);
        let update = self.update_key(key, load, endpoint, now);
        let (has_room, update) = match rate_limit.checked_sub(load.requests) {
            Some(most) if load.requests > 1 => (
                "#keys.#key.#rate_limit >= :limit AND #keys.#key.#used <= :most",
                update
                    .expression_attribute_values(":limit", number(rate_limit))
                    .expression_attribute_values(":most", number(most)),
            ),
            _ => ("#keys.#key.#used < #keys.#key.#rate_limit", update),
        };
        let update = usage
            .named(update)
            .update_expression(format!("SET #keys.#key.#used = #keys.#key.#used + :requests{}", usage.assignments()))
            .condition_expression(format!("{OPENS} AND #keys.#key.#window >= :window AND {has_room}"))
            .expression_attribute_names("#rate_limit", "rate_limit")
            .expression_attribute_values(":window", number(window_of(now)));
        update_if(update).await
    }

    /// Starts the key's window with this request, and tries to archive a day's usage. `None` if
    /// another request started it.
    async fn open_window(
        &self,
        key: &ApiKey,
        endpoint: Option<Endpoint>,
        load: Load,
        now: Timestamp,
        seen: &Account,
    ) -> Result<Option<Item>, StorageError> {
        let usage = request_of(endpoint, now);
        let assignments = usage.assignments();
        let update = usage
            .named(self.update_key(key, load, endpoint, now))
            .update_expression(format!("SET #keys.#key.#window = :window, #keys.#key.#used = :requests{assignments}"))
            .condition_expression(format!("{OPENS} AND #keys.#key.#window < :window"))
            .expression_attribute_values(":window", number(window_of(now)));
        match update_if(update).await? {
            Written::Applied(item) => {
                self.archive(key.account(), seen, now).await;
                Ok(Some(item))
            }
            Written::Refused(_) => Ok(None),
        }
    }

    fn update_key(
        &self,
        key: &ApiKey,
        load: Load,
        endpoint: Option<Endpoint>,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        let update = self.update(key.account());
        let update = match endpoint {
            Some(_) => update.expression_attribute_values(":subjects", number(load.subjects)),
            None => update,
        };
        update
            .expression_attribute_values(":requests", number(load.requests))
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

/// The number of this endpoint's requests today.
fn request_of(endpoint: Option<Endpoint>, now: Timestamp) -> Additions {
    let mut usage = Additions::default();
    if let Some(endpoint) = endpoint {
        usage.add(of_endpoint(day_of(now), endpoint.spec().usage_code, Measure::Requests), ":subjects");
    }
    usage
}

/// The account's record of this key, if the key is valid.
fn stored_key<'a>(account: &'a Account, key: &ApiKey, now: Timestamp) -> Result<&'a Key, AdmitError> {
    let stored = account.keys.get(&key.id());
    let is_own = |stored: &&Key| stored.revoked_at.is_none() && stored.hash.as_slice() == key.hash();
    let stored = stored.filter(is_own).ok_or(AdmitError::Unknown)?;
    match stored.until().filter(|until| *until <= now.as_second()) {
        Some(until) => Err(AdmitError::Ended(Timestamp::from_second(until).unwrap_or(now))),
        None => Ok(stored),
    }
}

fn quota_of(key: &Key, now: Timestamp) -> Quota {
    quota(key.rate_limit, key.used, key.window, now)
}

/// The remaining part of a window after this many requests.
pub(crate) fn quota(limit: u64, used: u64, window: i64, now: Timestamp) -> Quota {
    // If a faster clock opened the window, it ends later than this clock's minute.
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
