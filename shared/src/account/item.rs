//! The account item: everything about one customer's money and keys, so that one read shows that it adds up.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Deserialize;
use serde_bytes::ByteBuf;

use super::key::AccountId;
use crate::dynamodb::{Item, StorageError, text};
use crate::money::MicroDollars;

/// One customer's item, as read. `balance` + all `holds` + `spent` = `funds`, at every moment.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The customer's name, for the operator.
    pub name: String,
    /// All that was ever paid in.
    pub funds: MicroDollars,
    /// What can be spent now.
    pub balance: MicroDollars,
    /// What answers have cost so far.
    pub spent: MicroDollars,
    /// API keys, by key id.
    pub keys: BTreeMap<String, Key>,
    /// Money set aside for requests in flight, by the hold's name.
    pub holds: BTreeMap<String, Hold>,
    /// Failed, hence free, requests that asked a provider, by day since 1970.
    pub misses: BTreeMap<String, u64>,
}

/// A key, as stored.
#[derive(Clone, Debug, Deserialize)]
pub struct Key {
    /// SHA-256 of the key's text.
    pub hash: ByteBuf,
    /// `live` or `test`, for the operator.
    pub mode: String,
    /// Requests per minute.
    pub rate_limit: u64,
    /// The minute since 1970 that `used` counts.
    pub window: i64,
    /// Requests in that minute.
    pub used: u64,
    /// When it was revoked, in seconds since 1970.
    pub revoked_at: Option<i64>,
}

/// Money set aside for one request.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Hold {
    /// How much.
    pub price: MicroDollars,
    /// From when on whoever sees it gives it back, in seconds since 1970.
    pub deadline: i64,
}

impl Account {
    /// What is set aside for requests in flight.
    #[must_use]
    pub fn held(&self) -> MicroDollars {
        MicroDollars(self.holds.values().map(|hold| hold.price.0).sum())
    }

    /// The holds past their deadline, by name.
    pub fn overdue(&self, now: Timestamp) -> impl Iterator<Item = &String> {
        let now = now.as_second();
        let overdue = self.holds.iter().filter(move |(_, hold)| hold.deadline < now);
        overdue.map(|(name, _)| name)
    }

    /// Free misses of that day.
    #[must_use]
    pub fn misses_on(&self, day: i64) -> u64 {
        self.misses.get(&day.to_string()).copied().unwrap_or_default()
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

/// The primary key of the item that says whose key this is.
pub(super) fn key_owner_pk(key_id: &str) -> Item {
    primary_key("key", key_id)
}

/// The primary key of a payment's item: one payment credits one account, once.
pub(super) fn payment_pk(payment_id: &str) -> Item {
    primary_key("payment", payment_id)
}

fn primary_key(kind: &str, id: &str) -> Item {
    Item::from([("pk".to_owned(), text(format!("{kind}#{id}"))), ("sk".to_owned(), text(kind))])
}

/// An empty map attribute.
pub(super) fn empty_map() -> AttributeValue {
    AttributeValue::M(Item::new())
}
