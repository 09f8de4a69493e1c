//! All stored data of a customer, as JSON: the copy to which data protection laws entitle them.
//!
//! Attributes that this version knows get readable names, and amounts in dollars. All others are
//! exported unchanged, so that nothing from a later version is missing. Secrets aren't stored. The
//! keys' hashes are bytes, and are left out.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};
use strum::IntoEnumIterator;

use super::directory::string;
use super::funds::{Movement, MovementKind};
use super::item::account_pk;
use super::usage::{Measure, date_of};
use super::{Account, AccountId, Accounts, OperatorError};
use crate::contract::Endpoint;
use crate::dynamodb::{Item, StorageError};
use crate::money::MicroDollars;

/// Attributes of the account's item that the export shows in other fields, and one that only older
/// versions read.
const SHOWN_OTHERWISE: [&str; 13] = [
    "pk",
    "sk",
    "name",
    "funds",
    "balance",
    "spent",
    "keys",
    "holds",
    "usage",
    "created_at",
    "closed_at",
    "archived",
    "misses",
];

/// All data of one customer.
#[derive(Debug, Serialize)]
pub struct Export {
    exported_at: Timestamp,
    account: AccountCopy,
    keys: Vec<Value>,
    requests_in_flight: Vec<Value>,
    usage: Vec<UsageCopy>,
    funds: Vec<MovementCopy>,
    /// The items beside the account that aren't in the fields above.
    other: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct AccountCopy {
    id: String,
    name: String,
    created_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    funds: String,
    balance: String,
    held: String,
    spent: String,
    /// The other attributes of the item.
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct UsageCopy {
    day: Option<Date>,
    endpoint: Endpoint,
    requests: i64,
    fresh: i64,
    failed: i64,
    charged: String,
}

#[derive(Debug, Serialize)]
struct MovementCopy {
    id: String,
    kind: MovementKind,
    change: String,
    reason: Option<String>,
    at: Option<Timestamp>,
}

impl Accounts {
    /// Exports all stored data of a customer.
    ///
    /// # Errors
    /// If the account doesn't exist, or if DynamoDB doesn't answer.
    pub async fn export(&self, id: &AccountId) -> Result<Export, OperatorError> {
        let usage = self.usage(id).await?;
        let usage = usage.iter().flat_map(|(day, used)| {
            Endpoint::iter().filter(|endpoint| Measure::iter().any(|measure| used.of(*endpoint, measure) != 0)).map(
                |endpoint| UsageCopy {
                    day: date_of(*day),
                    endpoint,
                    requests: used.of(endpoint, Measure::Requests),
                    fresh: used.of(endpoint, Measure::Fresh),
                    failed: used.of(endpoint, Measure::Failed),
                    charged: MicroDollars(used.of(endpoint, Measure::Charge).unsigned_abs()).to_string(),
                },
            )
        });
        let usage = usage.collect();
        let item = self.get(account_pk(id)).await?.ok_or_else(|| OperatorError::NoAccount(id.clone()))?;
        let (mut details, mut other) = (BTreeMap::new(), Vec::new());
        for item in self.items_beside(id, "").await? {
            let sk = string(&item, "sk").to_owned();
            match sk.strip_prefix("key#") {
                Some(key_id) => drop(details.insert(key_id.to_owned(), plain(item, &["pk", "sk"])?)),
                None if sk == "account" || sk.starts_with("usage#") => {}
                None => other.push(Value::Object(plain(item, &["pk"])?)),
            }
        }
        for item in self.items_of(id).await? {
            if !matches!(string(&item, "pk").split_once('#'), Some(("key" | "payment" | "entry", _))) {
                other.push(Value::Object(plain(item, &[])?));
            }
        }
        let account = Account::read(item.clone())?;
        Ok(Export {
            exported_at: self.clock.now(),
            keys: keys(&item, details)?,
            requests_in_flight: maps_in(&item, "holds")?.into_values().map(Value::Object).collect(),
            account: account_copy(id, account, item)?,
            usage,
            funds: self.movements(id).await?.into_iter().map(movement_copy).collect(),
            other,
        })
    }
}

fn account_copy(id: &AccountId, account: Account, item: Item) -> Result<AccountCopy, StorageError> {
    Ok(AccountCopy {
        id: id.to_string(),
        created_at: account.created_at.and_then(moment),
        closed_at: account.closed_at.and_then(moment),
        funds: account.funds.to_string(),
        balance: account.balance.to_string(),
        held: account.held().to_string(),
        spent: account.spent.to_string(),
        name: account.name,
        more: plain(item, &SHOWN_OTHERWISE)?,
    })
}

fn movement_copy(movement: Movement) -> MovementCopy {
    let Movement { id, account: _, kind, change, reason, at } = movement;
    MovementCopy { id, kind, change: change.to_string(), reason, at: moment(at) }
}

/// The account's keys: from its item, and from each key's own item.
fn keys(account: &Item, mut details: BTreeMap<String, Map<String, Value>>) -> Result<Vec<Value>, StorageError> {
    for (id, key) in maps_in(account, "keys")? {
        let all = details.entry(id.clone()).or_default();
        all.insert("id".to_owned(), id.into());
        all.extend(key);
    }
    Ok(details.into_values().map(Value::Object).collect())
}

/// The maps inside a map attribute.
fn maps_in(item: &Item, name: &str) -> Result<BTreeMap<String, Map<String, Value>>, StorageError> {
    let maps = item.get(name).and_then(|value| value.as_m().ok()).into_iter().flatten();
    let maps = maps.filter_map(|(name, value)| Some((name.clone(), value.as_m().ok()?.clone())));
    maps.map(|(name, map)| Ok((name, plain(map, &[])?))).collect()
}

/// An item's attributes as JSON, without bytes and without the named ones.
fn plain(item: Item, without: &[&str]) -> Result<Map<String, Value>, StorageError> {
    let shown = item.into_iter().filter(|(name, _)| !without.contains(&name.as_str()));
    serde_dynamo::from_item(without_bytes(shown.collect())).map_err(|error| StorageError::malformed("export", error))
}

fn without_bytes(item: Item) -> Item {
    let readable = item.into_iter().filter(|(_, value)| !value.is_b() && !value.is_bs());
    let within = |value| match value {
        AttributeValue::M(map) => AttributeValue::M(without_bytes(map)),
        value => value,
    };
    readable.map(|(name, value)| (name, within(value))).collect()
}

fn moment(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok()
}
