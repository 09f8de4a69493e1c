//! The writes of which changes of keys consist.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use jiff::Timestamp;

use super::closing::IS_OPEN;
use super::item::{account_pk, key_details_pk, key_name_pk, key_owner_pk};
use super::limits::{ENDS_AT, LIMITS};
use super::operator::MAX_KEYS;
use super::{Account, AccountId, Accounts, ApiKey, KeyError};
use crate::dynamodb::{Item, StorageError, cancellation_reasons, number, text};

/// Reasons why a transaction on a busy account is cancelled and may be tried again: an item has
/// changed since it was read, or another write was under way.
const REFUSALS: [&str; 2] = ["ConditionalCheckFailed", "TransactionConflict"];

/// The condition for putting an item.
#[derive(Clone, Copy)]
enum Before<'a> {
    Whatever,
    Nothing,
    /// The stored item has this `id`.
    Of(&'a str),
}

/// An update of the account's item, built from changes; without changes, it only checks conditions.
pub(super) struct Change {
    table: String,
    key: Item,
    names: HashMap<String, String>,
    values: Item,
    conditions: Vec<String>,
    assignments: Vec<String>,
    removals: Vec<String>,
}

impl Change {
    pub(super) fn naming(mut self, alias: impl Into<String>, name: &str) -> Self {
        self.names.insert(alias.into(), name.to_owned());
        self
    }

    pub(super) fn valuing(mut self, alias: impl Into<String>, value: AttributeValue) -> Self {
        self.values.insert(alias.into(), value);
        self
    }

    pub(super) fn requiring(mut self, condition: impl Into<String>) -> Self {
        self.conditions.push(condition.into());
        self
    }

    pub(super) fn setting(mut self, assignment: impl Into<String>) -> Self {
        self.assignments.push(assignment.into());
        self
    }

    /// Removes what is at this path.
    pub(super) fn clearing(mut self, path: impl Into<String>) -> Self {
        self.removals.push(path.into());
        self
    }

    /// Removes this key, which must exist.
    pub(super) fn removing(mut self, key_id: &str) -> Self {
        let alias = format!("#gone{}", self.removals.len());
        self.removals.push(format!("#keys.{alias}"));
        self.requiring(format!("attribute_exists(#keys.{alias})")).naming(alias, key_id)
    }

    /// Requires that this key can still manage keys.
    pub(super) fn requiring_manager(self, key_id: &str) -> Self {
        let mut change = self.requiring("attribute_exists(#keys.#manager)").naming("#manager", key_id);
        for (place, limit) in LIMITS.into_iter().chain([ENDS_AT]).enumerate() {
            let alias = format!("#limit{place}");
            change = change.requiring(format!("attribute_not_exists(#keys.#manager.{alias})")).naming(alias, limit);
        }
        change
    }

    /// Adds a key with this record.
    pub(super) fn adding(self, key: &ApiKey, record: AttributeValue) -> Self {
        self.setting("#keys.#key = :key").naming("#key", &key.id()).valuing(":key", record)
    }

    /// Builds the write.
    pub(super) fn build(self) -> Result<TransactWriteItem, KeyError> {
        let clause = |word: &str, parts: &[String]| match parts {
            [] => String::new(),
            parts => format!("{word} {} ", parts.join(", ")),
        };
        let expression = clause("SET", &self.assignments) + &clause("REMOVE", &self.removals);
        let values = Some(self.values).filter(|values| !values.is_empty());
        let condition = self.conditions.join(" AND ");
        if expression.is_empty() {
            let check = ConditionCheck::builder().table_name(self.table).set_key(Some(self.key));
            let check = check.set_expression_attribute_names(Some(self.names)).set_expression_attribute_values(values);
            let check = check.condition_expression(condition).build().map_err(malformed)?;
            return Ok(TransactWriteItem::builder().condition_check(check).build());
        }
        let update = Update::builder().table_name(self.table).set_key(Some(self.key));
        let update = update.set_expression_attribute_names(Some(self.names)).set_expression_attribute_values(values);
        built(update.update_expression(expression.trim_end()).condition_expression(condition))
    }
}

fn built(update: UpdateBuilder) -> Result<TransactWriteItem, KeyError> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(malformed)?).build())
}

fn malformed(error: BuildError) -> KeyError {
    StorageError::malformed("keys", error).into()
}

impl Accounts {
    /// A change of the account's item that removes these keys. If the account would still be full,
    /// it also removes the key that ended first.
    pub(super) fn with_room<'a>(
        &self,
        id: &AccountId,
        account: &'a Account,
        mut gone: Vec<&'a str>,
        now: Timestamp,
    ) -> Result<Change, KeyError> {
        if gone.is_empty() && account.keys.len() >= MAX_KEYS {
            let over = account.keys.iter().filter(|(_, key)| key.is_over(now));
            let first = over.min_by_key(|(_, key)| key.until());
            gone.push(first.ok_or(KeyError::TooManyKeys)?.0);
        }
        let most = if gone.is_empty() { MAX_KEYS - 1 } else { MAX_KEYS };
        let change = self.change(id).requiring("size(#keys) <= :most").valuing(":most", number(most));
        Ok(gone.into_iter().fold(change, Change::removing))
    }

    /// A change of the account's item, as long as the account isn't closed.
    pub(super) fn change(&self, id: &AccountId) -> Change {
        Change {
            table: self.table.clone(),
            key: account_pk(id),
            names: HashMap::from([("#keys".to_owned(), "keys".to_owned())]),
            values: Item::new(),
            conditions: vec![IS_OPEN.to_owned()],
            assignments: Vec::new(),
            removals: Vec::new(),
        }
    }

    /// The items of a new key: its owner, and its details.
    pub(super) fn new_items(&self, key: &ApiKey, name: Option<&str>) -> Result<Vec<TransactWriteItem>, KeyError> {
        let mut owner = key_owner_pk(&key.id());
        owner.insert("account".to_owned(), text(key.account().as_str()));
        let mut details = self.new_details(key);
        details.extend(name.map(|name| ("name".to_owned(), text(name))));
        Ok(vec![self.put(owner, Before::Whatever)?, self.put(details, Before::Whatever)?])
    }

    /// The write that gives a name to a key, unless another key took the name meanwhile.
    pub(super) fn name_taken(
        &self,
        id: &AccountId,
        name: &str,
        key_id: &str,
        holder: Option<&str>,
    ) -> Result<TransactWriteItem, KeyError> {
        self.put(key_name_item(id, name, key_id), holder.map_or(Before::Nothing, Before::Of))
    }

    /// The write that moves a key's name to the key's successor.
    pub(super) fn name_kept(&self, id: &AccountId, name: &str, key: &ApiKey) -> Result<TransactWriteItem, KeyError> {
        self.put(key_name_item(id, name, &key.id()), Before::Whatever)
    }

    /// The write that frees this key's name.
    pub(super) fn name_freed(&self, id: &AccountId, name: &str, key_id: &str) -> Result<TransactWriteItem, KeyError> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key_name_pk(id, name)));
        let delete = delete
            .condition_expression("#id = :id")
            .expression_attribute_names("#id", "id")
            .expression_attribute_values(":id", text(key_id));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(malformed)?).build())
    }

    /// The write that stores a key's name in its details.
    pub(super) fn named(&self, id: &AccountId, key_id: &str, name: &str) -> Result<TransactWriteItem, KeyError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_details_pk(id, key_id)))
            .update_expression("SET #name = :name, id = :id")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", text(name))
            .expression_attribute_values(":id", text(key_id));
        built(update)
    }

    /// A put of an item, under this condition.
    fn put(&self, item: Item, before: Before<'_>) -> Result<TransactWriteItem, KeyError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match before {
            Before::Whatever => put,
            Before::Nothing => put.condition_expression("attribute_not_exists(pk)"),
            Before::Of(id) => put
                .condition_expression("#id = :id")
                .expression_attribute_names("#id", "id")
                .expression_attribute_values(":id", text(id)),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(malformed)?).build())
    }

    /// The write that stores a key's revocation in its details.
    pub(super) fn revoked(&self, id: &AccountId, key_id: &str) -> Result<TransactWriteItem, KeyError> {
        self.noted(id, key_id, "SET revoked_at = if_not_exists(revoked_at, :now), id = :id", None)
    }

    /// The write that stores a key's successor in its details.
    pub(super) fn has_successor(
        &self,
        id: &AccountId,
        key_id: &str,
        successor: &ApiKey,
        ends_now: bool,
    ) -> Result<TransactWriteItem, KeyError> {
        let set = if ends_now {
            "SET rotated_to = :successor, id = :id, revoked_at = :now"
        } else {
            "SET rotated_to = :successor, id = :id"
        };
        self.noted(id, key_id, set, Some(successor))
    }

    fn noted(
        &self,
        id: &AccountId,
        key_id: &str,
        set: &str,
        successor: Option<&ApiKey>,
    ) -> Result<TransactWriteItem, KeyError> {
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_details_pk(id, key_id)))
            .update_expression(set)
            .expression_attribute_values(":id", text(key_id));
        if set.contains(":now") {
            update = update.expression_attribute_values(":now", number(self.clock.now().as_second()));
        }
        if let Some(successor) = successor {
            update = update.expression_attribute_values(":successor", text(successor.id()));
        }
        built(update)
    }

    /// Sends a transaction; returns whether it was applied. It isn't if a condition fails, or
    /// another write is under way.
    pub(super) async fn is_written(&self, actions: Vec<TransactWriteItem>) -> Result<bool, KeyError> {
        let sent = Box::pin(self.client.transact_write_items().set_transact_items(Some(actions)).send()).await;
        let Err(error) = sent else { return Ok(true) };
        let reasons = error.as_service_error().map(cancellation_reasons).unwrap_or_default();
        if reasons.iter().any(|reason| reason.code().is_some_and(|code| REFUSALS.contains(&code))) {
            return Ok(false);
        }
        Err(StorageError::of("TransactWriteItems")(error).into())
    }
}

fn key_name_item(id: &AccountId, name: &str, key_id: &str) -> Item {
    let mut item = key_name_pk(id, name);
    item.insert("id".to_owned(), text(key_id));
    item
}
