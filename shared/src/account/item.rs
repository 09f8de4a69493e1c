//! The account item: all data about one customer's money and keys, so that one read shows that the
//! sums are right.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::Deserialize;
use serde_bytes::ByteBuf;

use super::admit::SECONDS_PER_WINDOW;
use super::key::AccountId;
use super::limits::KeyLimits;
use super::usage::{DAY_LENGTH, base36};
use crate::dynamodb::{Item, StorageError, text};
use crate::money::MicroDollars;

/// One customer's item, as read. `balance` + all `holds` + `spent` = `funds`, at every moment.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The customer's name, for the operator.
    pub name: String,
    /// All payments, less refunds and adjustments.
    pub funds: MicroDollars,
    /// The money that can be spent now.
    pub balance: MicroDollars,
    /// The cost of all answers so far.
    pub spent: MicroDollars,
    /// API keys, by key id.
    pub keys: BTreeMap<String, Key>,
    /// Money set aside for requests in flight, by the hold's name.
    pub holds: BTreeMap<String, Hold>,
    /// Usage by name; `None` if an older version wrote the item and no request has changed it since
    /// then.
    pub usage: Option<BTreeMap<String, i64>>,
    /// The last day with a separate usage item, in days since 1970.
    pub archived: Option<i64>,
    /// The names of the last holds that were released because their requests had died.
    pub given_back: Option<Vec<String>>,
    /// The time when all free failures until now will have expired, in milliseconds since 1970: a
    /// leaky bucket.
    #[serde(rename = "ff")]
    pub free_failures: Option<i64>,
    /// The time at which it was opened, in seconds since 1970.
    pub created_at: Option<i64>,
    /// The time at which it was closed, in seconds since 1970; `None` while it is open.
    pub closed_at: Option<i64>,
    /// The money spent before usage was counted; `None` if it is unknown, on an account of an older
    /// version.
    pub charged_before: Option<MicroDollars>,
}

/// The stored form of a key.
#[derive(Clone, Debug, Deserialize)]
pub struct Key {
    /// The SHA-256 of the whole key.
    pub hash: ByteBuf,
    /// `live` or `test`, for the operator.
    pub mode: String,
    /// Requests per minute.
    pub rate_limit: u64,
    /// The minute since 1970 that `used` counts.
    pub window: i64,
    /// Requests in that minute.
    pub used: u64,
    /// The time at which it was revoked, in seconds since 1970.
    pub revoked_at: Option<i64>,
    /// The time at which it stops working because another key replaces it, in seconds since 1970.
    #[serde(rename = "end")]
    pub ends_at: Option<i64>,
    /// The key's limits.
    #[serde(flatten)]
    pub limits: KeyLimits,
}

impl Key {
    /// The time at which it stops working, in seconds since 1970; `None` if it isn't known.
    #[must_use]
    pub fn until(&self) -> Option<i64> {
        self.limits.expires_at.into_iter().chain(self.ends_at).min()
    }

    /// The UTC day of its last use; `None` if it was never used.
    #[must_use]
    pub fn last_used(&self) -> Option<Date> {
        let second = Some(self.window).filter(|window| *window > 0)?.checked_mul(SECONDS_PER_WINDOW)?;
        Timestamp::from_second(second).ok().map(|moment| Offset::UTC.to_datetime(moment).date())
    }

    /// Whether it has stopped working, so that its name and its place are free.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.revoked_at.is_some() || self.until().is_some_and(|until| until <= now.as_second())
    }

    /// Whether it can manage keys, and doesn't end.
    #[must_use]
    pub fn goes_on_managing(&self) -> bool {
        self.limits.is_none() && self.ends_at.is_none() && self.revoked_at.is_none()
    }
}

/// Money set aside for one request.
#[derive(Clone, Debug, Deserialize)]
pub struct Hold {
    /// The amount.
    pub price: MicroDollars,
    /// Its deadline, in seconds since 1970. After it, the next request of the account releases the
    /// hold.
    pub deadline: i64,
    /// The place where its usage is counted; `None` for a hold of an older version.
    #[serde(rename = "for")]
    pub purpose: Option<Purpose>,
}

/// The place where a request's usage is counted: the endpoint, the key and the day. It is one short
/// string, because an account can have 50 holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Purpose {
    /// The endpoint's code.
    pub endpoint: char,
    /// The beginning of the key's id.
    pub key: String,
    /// The day since 1970.
    pub day: i64,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.endpoint, base36(self.day), self.key)
    }
}

impl TryFrom<String> for Purpose {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = || {
            let endpoint = text.chars().next().filter(char::is_ascii)?;
            let (day, key) = text.get(1..)?.split_at_checked(DAY_LENGTH)?;
            Some(Self { endpoint, key: key.to_owned(), day: i64::from_str_radix(day, 36).ok()? })
        };
        read().ok_or_else(|| format!("{text:?} is no purpose of a hold"))
    }
}

impl Account {
    /// An account that isn't stored.
    #[must_use]
    pub fn without_money(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            funds: MicroDollars::ZERO,
            balance: MicroDollars::ZERO,
            spent: MicroDollars::ZERO,
            keys: BTreeMap::new(),
            holds: BTreeMap::new(),
            usage: None,
            archived: None,
            given_back: None,
            free_failures: None,
            created_at: None,
            closed_at: None,
            charged_before: None,
        }
    }

    /// The money held for requests in flight.
    #[must_use]
    pub fn held(&self) -> MicroDollars {
        MicroDollars(self.holds.values().map(|hold| hold.price.0).sum())
    }

    /// Whether the hold with this name was released after its deadline, because its request had
    /// died.
    #[must_use]
    pub fn gave_back(&self, hold: &str) -> bool {
        self.given_back.iter().flatten().any(|name| name == hold)
    }

    /// The holds past their deadline, by name.
    pub fn overdue(&self, now: Timestamp) -> impl Iterator<Item = (&String, &Hold)> {
        let now = now.as_second();
        self.holds.iter().filter(move |(_, hold)| hold.deadline < now)
    }

    /// Reads the item.
    pub(super) fn read(item: Item) -> Result<Self, StorageError> {
        serde_dynamo::from_item(item).map_err(|error| StorageError::malformed("read account", error))
    }
}

/// The primary key of an account's item.
pub(super) fn account_pk(account: &AccountId) -> Item {
    primary_key("account", account.as_str())
}

/// The primary key of the item with the details of an account's key.
pub(super) fn key_details_pk(account: &AccountId, key_id: &str) -> Item {
    within(account, format!("key#{key_id}"))
}

/// The primary key of the item of a key's name.
pub(super) fn key_name_pk(account: &AccountId, name: &str) -> Item {
    within(account, format!("name#{name}"))
}

/// The primary key of the item with an account's usage of one day.
pub(super) fn usage_key(account: &AccountId, date: Date) -> Item {
    within(account, format!("usage#{date}"))
}

/// The partition of all items of an account.
pub(super) fn partition(account: &AccountId) -> AttributeValue {
    text(format!("account#{account}"))
}

fn within(account: &AccountId, sk: String) -> Item {
    Item::from([("pk".to_owned(), partition(account)), ("sk".to_owned(), text(sk))])
}

/// The primary key of a key's owner item.
pub(super) fn key_owner_pk(key_id: &str) -> Item {
    primary_key("key", key_id)
}

/// The primary key of a payment's item: one payment credits one account, once.
pub(super) fn payment_pk(payment_id: &str) -> Item {
    primary_key("payment", payment_id)
}

/// The primary key of the item of a refund or an adjustment.
pub(super) fn entry_pk(entry_id: &str) -> Item {
    primary_key("entry", entry_id)
}

/// The primary key of the item with the remaining facts of a deleted account.
pub(super) fn deleted_pk(account: &AccountId) -> Item {
    within(account, "deleted".to_owned())
}

fn primary_key(kind: &str, id: &str) -> Item {
    Item::from([("pk".to_owned(), text(format!("{kind}#{id}"))), ("sk".to_owned(), text(kind))])
}

/// An empty map attribute.
pub(super) fn empty_map() -> AttributeValue {
    AttributeValue::M(Item::new())
}
