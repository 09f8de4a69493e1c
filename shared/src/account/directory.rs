//! Searches for accounts, only for operators, because a search reads the whole table.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use serde::Serialize;

use super::funds::Movement;
use super::item::account_pk;
use super::{Account, AccountId, Accounts, ApiKey};
use crate::dynamodb::{Item, StorageError, text};

/// A found account.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its id.
    pub id: AccountId,
    /// The account; `None` if it is deleted.
    pub account: Option<Account>,
    /// The matches that found it.
    pub by: Vec<Match>,
}

/// A way in which a search finds an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// Its name.
    Name,
    /// Its id.
    Account,
    /// A key, by its id.
    Key(String),
    /// A payment, by its id.
    Payment(String),
    /// A refund or an adjustment, by its id.
    Entry(String),
}

impl Accounts {
    /// All accounts, by name.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn list(&self) -> Result<Vec<(AccountId, Account)>, StorageError> {
        let mut accounts = Vec::new();
        let scan =
            self.scan().filter_expression("sk = :account").expression_attribute_values(":account", text("account"));
        each_item(scan, |item| {
            accounts.extend(account_in(item)?);
            Ok(())
        })
        .await?;
        accounts.sort_by_cached_key(|(id, account)| (account.name.to_lowercase(), id.as_str().to_owned()));
        Ok(accounts)
    }

    /// The accounts with this string in their name or id, or in the id of a key, a payment or an
    /// entry; upper and lower case are equal. Also takes a whole key.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn find(&self, wanted: &str) -> Result<Vec<Found>, StorageError> {
        let wanted = ApiKey::parse(wanted).map_or_else(|_| wanted.to_lowercase(), |key| key.id());
        let mut found: BTreeMap<String, Found> = BTreeMap::new();
        each_item(self.scan(), |item| {
            for (id, by) in matches(&item, &wanted) {
                let entry = found.entry(id.as_str().to_owned());
                entry.or_insert_with(|| Found { id, account: None, by: Vec::new() }).by.push(by);
            }
            Ok(())
        })
        .await?;
        let mut all: Vec<Found> = found.into_values().collect();
        for one in &mut all {
            one.account = self.get(account_pk(&one.id)).await?.map(Account::read).transpose()?;
            one.by.sort();
        }
        Ok(all)
    }

    /// The payments, refunds and adjustments of an account, the oldest first.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn movements(&self, id: &AccountId) -> Result<Vec<Movement>, StorageError> {
        let mut movements = Vec::new();
        for item in self.items_of(id).await? {
            movements.extend(Movement::read(item)?);
        }
        movements.sort_by_cached_key(|movement| (movement.at, movement.kind, movement.id.clone()));
        Ok(movements)
    }

    /// The account whose item has this key. Use it when the key's owner item is lost.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn holder_of(&self, key_id: &str) -> Result<Option<AccountId>, StorageError> {
        let mut holder = None;
        let scan = self
            .scan()
            .filter_expression("attribute_exists(#keys.#key)")
            .expression_attribute_names("#keys", "keys")
            .expression_attribute_names("#key", key_id);
        each_item(scan, |item| {
            holder = account_in(item)?.map(|(id, _)| id).or(holder.take());
            Ok(())
        })
        .await?;
        Ok(holder)
    }

    /// The items outside an account's partition that name it: owners of keys, payments and entries.
    pub(super) async fn items_of(&self, id: &AccountId) -> Result<Vec<Item>, StorageError> {
        let mut items = Vec::new();
        let scan = self
            .scan()
            .filter_expression("#account = :id")
            .expression_attribute_names("#account", "account")
            .expression_attribute_values(":id", text(id.as_str()));
        each_item(scan, |item| {
            items.push(item);
            Ok(())
        })
        .await?;
        Ok(items)
    }

    /// Reads all items of the table.
    pub(super) fn scan(&self) -> ScanFluentBuilder {
        self.client.scan().table_name(&self.table).consistent_read(true)
    }
}

/// Passes each item to `take`, page by page.
pub(super) async fn each_item(
    scan: ScanFluentBuilder,
    mut take: impl FnMut(Item) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let mut items = scan.into_paginator().items().send();
    while let Some(item) = items.next().await {
        take(item.map_err(StorageError::of("Scan"))?)?;
    }
    Ok(())
}

/// A string attribute.
pub(super) fn string<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// The account in this item, if it is an account's.
fn account_in(item: Item) -> Result<Option<(AccountId, Account)>, StorageError> {
    let id = string(&item, "pk").strip_prefix("account#").and_then(|id| id.parse().ok());
    let Some(id) = id.filter(|_| string(&item, "sk") == "account") else { return Ok(None) };
    Ok(Some((id, Account::read(item)?)))
}

/// The account that this item belongs to and the matches in it, if it contains the string.
fn matches(item: &Item, wanted: &str) -> Vec<(AccountId, Match)> {
    let contains = |text: &str| text.to_lowercase().contains(wanted);
    let Some((kind, id)) = string(item, "pk").split_once('#') else { return Vec::new() };
    let account = if kind == "account" { id } else { string(item, "account") };
    let Ok(account) = account.parse::<AccountId>() else { return Vec::new() };
    let by = match kind {
        "account" if string(item, "sk") == "account" => {
            let name = contains(string(item, "name")).then_some(Match::Name);
            return name
                .into_iter()
                .chain(contains(id).then_some(Match::Account))
                .map(|by| (account.clone(), by))
                .collect();
        }
        "account" if string(item, "sk") == "deleted" => Match::Account,
        "key" => Match::Key(id.to_owned()),
        "payment" => Match::Payment(id.to_owned()),
        "entry" => Match::Entry(id.to_owned()),
        _ => return Vec::new(),
    };
    if contains(id) { vec![(account, by)] } else { Vec::new() }
}
