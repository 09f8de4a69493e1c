//! The end of an account: it is closed, which can be undone, and then deleted, which can't.

use aws_sdk_dynamodb::types::{Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use super::directory::string;
use super::funds::Transacted;
use super::item::{account_pk, deleted_pk};
use super::{Account, AccountId, Accounts, OperatorError};
use crate::dynamodb::{Item, StorageError, Written, number, text, update_if};

/// The condition of every write that adds a key or money to an account.
pub(super) const IS_OPEN: &str = "attribute_not_exists(closed_at)";

/// The result of deleting an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Whether the account still existed; false if an earlier deletion was interrupted.
    pub was_there: bool,
    /// The number of deleted items beside the account's own: keys, days of usage and others.
    pub items: usize,
}

impl Accounts {
    /// Closes an account: its keys are revoked permanently, and it accepts no new keys and no
    /// money. Requests in flight end as usual. A repetition finishes an interrupted closing.
    /// Returns the ids of the revoked keys.
    ///
    /// # Errors
    /// If the account doesn't exist, or if DynamoDB doesn't answer.
    pub async fn close(&self, id: &AccountId) -> Result<Vec<String>, OperatorError> {
        if id.is_demo() {
            return Err(OperatorError::IsDemo);
        }
        let update = self
            .update(id)
            .update_expression("SET closed_at = if_not_exists(closed_at, :now)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", number(self.clock.now().as_second()));
        match update_if(update).await? {
            // From here on, no key can be added.
            Written::Applied(_) => self.revoke_keys(id).await,
            Written::Refused(_) => Err(OperatorError::NoAccount(id.clone())),
        }
    }

    /// Opens a closed account again, without keys.
    ///
    /// # Errors
    /// If the account doesn't exist, if it isn't closed, or if DynamoDB doesn't answer.
    pub async fn reopen(&self, id: &AccountId) -> Result<(), OperatorError> {
        let update =
            self.update(id).update_expression("REMOVE closed_at").condition_expression("attribute_exists(closed_at)");
        match update_if(update).await? {
            Written::Applied(_) => Ok(()),
            Written::Refused(Some(_)) => Err(OperatorError::NotClosed(id.clone(), "")),
            Written::Refused(None) => Err(OperatorError::NoAccount(id.clone())),
        }
    }

    /// Deletes a closed account without money and holds, with all data of the customer. Payments,
    /// refunds and adjustments stay, without reasons, so that none is entered again. The account's
    /// time of deletion, funds and spent money stay too.
    ///
    /// The account is deleted first, in one write. A repetition finishes an interrupted deletion.
    ///
    /// # Errors
    /// If the account doesn't exist, if it is open or has money or holds, or if DynamoDB doesn't
    /// answer.
    pub async fn delete(&self, id: &AccountId) -> Result<Deleted, OperatorError> {
        if id.is_demo() {
            return Err(OperatorError::IsDemo);
        }
        let account = self.get(account_pk(id)).await?.map(Account::read).transpose()?;
        let was_there = account.is_some();
        match account {
            Some(account) => self.delete_item(id, &account).await?,
            None if self.get(deleted_pk(id)).await?.is_none() => return Err(OperatorError::NoAccount(id.clone())),
            None => {}
        }
        Ok(Deleted { was_there, items: self.sweep(id).await? })
    }

    /// Replaces the account's item by the remaining facts.
    async fn delete_item(&self, id: &AccountId, account: &Account) -> Result<(), OperatorError> {
        if let Some(why_not) = why_not_deleted(id, account) {
            return Err(why_not);
        }
        let malformed = |error| StorageError::malformed("delete account", error);
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(account_pk(id)))
            .condition_expression(
                "attribute_exists(closed_at) AND #balance = :none AND size(#holds) = :none \
                 AND #funds = :funds AND #spent = :spent",
            )
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_names("#holds", "holds")
            .expression_attribute_names("#funds", "funds")
            .expression_attribute_names("#spent", "spent")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":funds", number(account.funds.0))
            .expression_attribute_values(":spent", number(account.spent.0))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut kept = deleted_pk(id);
        kept.extend([
            ("deleted_at".to_owned(), number(self.clock.now().as_second())),
            ("funds".to_owned(), number(account.funds.0)),
            ("spent".to_owned(), number(account.spent.0)),
        ]);
        let kept = Put::builder().table_name(&self.table).set_item(Some(kept)).build().map_err(malformed)?;
        let actions = vec![
            TransactWriteItem::builder().delete(delete.build().map_err(malformed)?).build(),
            TransactWriteItem::builder().put(kept).build(),
        ];
        let refused = match self.transact(actions).await? {
            Transacted::Done => return Ok(()),
            Transacted::Refused(mut refusals) => refusals.remove(0).filter(|item| !item.is_empty()),
        };
        // None means that an attempt with a lost answer, or another operator, deleted it.
        let Some(item) = refused else { return Ok(()) };
        let changed = || StorageError::malformed("delete account", "it changed meanwhile; repeat the command").into();
        Err(why_not_deleted(id, &Account::read(item)?).unwrap_or_else(changed))
    }

    /// Removes the remaining items of a deleted account; returns their number.
    async fn sweep(&self, id: &AccountId) -> Result<usize, StorageError> {
        let mut swept = 0;
        for mut item in self.items_of(id).await? {
            let kind = string(&item, "pk").split_once('#').map_or("", |(kind, _)| kind).to_owned();
            let has_reason = item.contains_key("reason");
            item.retain(|name, _| matches!(&**name, "pk" | "sk"));
            match &*kind {
                "payment" => continue,
                "entry" if has_reason => self.forget_reason(item).await?,
                "entry" => continue,
                // Owner items of keys, and items of later versions.
                _ => self.remove(item).await?,
            }
            swept += 1;
        }
        for mut item in self.items_beside(id, "").await? {
            if item.get("sk") == Some(&text("deleted")) {
                continue;
            }
            item.retain(|name, _| matches!(&**name, "pk" | "sk"));
            self.remove(item).await?;
            swept += 1;
        }
        Ok(swept)
    }

    /// Reasons are free text of operators, and may contain the customer's name.
    async fn forget_reason(&self, key: Item) -> Result<(), StorageError> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key));
        let update = update
            .update_expression("REMOVE #reason")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#reason", "reason");
        update_if(update).await.map(|_| ())
    }

    async fn remove(&self, key: Item) -> Result<(), StorageError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        delete.send().await.map(|_| ()).map_err(StorageError::of("DeleteItem"))
    }
}

/// The reason why the account can't be deleted.
fn why_not_deleted(id: &AccountId, account: &Account) -> Option<OperatorError> {
    if account.closed_at.is_none() {
        return Some(OperatorError::NotClosed(id.clone(), "; close it first with `ct accounts close`"));
    }
    if !account.holds.is_empty() {
        return Some(OperatorError::HasHolds { held: account.held(), requests: account.holds.len() });
    }
    (account.balance.0 > 0).then_some(OperatorError::HasBalance(account.balance))
}
