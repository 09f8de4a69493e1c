//! Movements of an account's funds: payments, refunds and adjustments. Each is an immutable item
//! whose primary key is its id, written in one transaction with the account's item: a repeated one
//! changes nothing.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::closing::IS_OPEN;
use super::item::{account_pk, entry_pk, payment_pk};
use super::{Account, AccountId, Accounts, OperatorError};
use crate::base62;
use crate::dynamodb::{Item, StorageError, cancellation_reasons, number, text};
use crate::money::{Change, MicroDollars};

/// The length of random ids: long enough that none occurs twice.
const ENTRY_ID_LENGTH: usize = 12;
/// DynamoDB's code for a failed condition in a transaction.
pub(super) const CONDITION_FAILED: Option<&str> = Some("ConditionalCheckFailed");

/// The result of a request to move funds.
#[derive(Debug, PartialEq, Eq)]
pub enum Funded {
    /// The funds are moved.
    Now,
    /// This movement was recorded before; nothing was changed.
    Before,
}

/// The kind of a movement of funds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MovementKind {
    /// A customer paid.
    Payment,
    /// A customer got a refund.
    Refund,
    /// An operator corrected a fault.
    Adjustment,
}

/// A movement of funds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Its id. Payments and other entries have separate ids.
    pub id: String,
    /// The account's id.
    pub account: String,
    /// Its kind.
    pub kind: MovementKind,
    /// The added or removed amount.
    pub change: Change,
    /// The operator's reason; `None` for payments, and for entries of a deleted account.
    pub reason: Option<String>,
    /// Its time, in seconds since 1970.
    pub at: i64,
}

/// The stored form of a payment.
#[derive(Deserialize)]
struct Payment {
    account: String,
    amount: MicroDollars,
    credited_at: i64,
}

/// The stored form of a refund or an adjustment.
#[derive(Deserialize)]
struct Entry {
    account: String,
    kind: MovementKind,
    change: Change,
    reason: Option<String>,
    made_at: i64,
}

impl Movement {
    /// Reads a payment's item, or an entry's; `None` for other items.
    pub(super) fn read(item: Item) -> Result<Option<Self>, StorageError> {
        let pk = item.get("pk").and_then(|pk| pk.as_s().ok()).cloned().unwrap_or_default();
        let malformed = |error| StorageError::malformed("read funds", error);
        if let Some(id) = pk.strip_prefix("payment#") {
            let Payment { account, amount, credited_at } = serde_dynamo::from_item(item).map_err(malformed)?;
            let (kind, change) = (MovementKind::Payment, Change::plus(amount));
            return Ok(Some(Self { id: id.to_owned(), account, kind, change, reason: None, at: credited_at }));
        }
        let Some(id) = pk.strip_prefix("entry#") else { return Ok(None) };
        let Entry { account, kind, change, reason, made_at } = serde_dynamo::from_item(item).map_err(malformed)?;
        Ok(Some(Self { id: id.to_owned(), account, kind, change, reason, at: made_at }))
    }
}

/// The result of a transaction that moves funds.
enum Moved {
    Now,
    /// An item with this id existed already.
    Before(Item),
}

impl Accounts {
    /// Credits a payment to an account once, even if it is called again.
    ///
    /// # Errors
    /// If the account doesn't exist or is closed, if the payment was credited differently before,
    /// or if DynamoDB doesn't answer.
    pub async fn fund(
        &self,
        account: &AccountId,
        amount: MicroDollars,
        payment_id: &str,
    ) -> Result<Funded, OperatorError> {
        let mut payment = payment_pk(payment_id);
        payment.extend([
            ("account".to_owned(), text(account.as_str())),
            ("amount".to_owned(), number(amount.0)),
            ("credited_at".to_owned(), number(self.clock.now().as_second())),
        ]);
        match self.move_funds(account, Change::plus(amount), payment.clone()).await? {
            Moved::Now => Ok(Funded::Now),
            Moved::Before(before) if same(&payment, &before, &["account", "amount"]) => Ok(Funded::Before),
            Moved::Before(_) => Err(OperatorError::PaymentDiffers(payment_id.to_owned())),
        }
    }

    /// Records a refund once, even if it is called again. It never takes more than the balance.
    ///
    /// # Errors
    /// If the account doesn't exist, if its balance is too low, if the id belongs to another entry,
    /// or if DynamoDB doesn't answer.
    pub async fn refund(
        &self,
        account: &AccountId,
        amount: MicroDollars,
        id: &str,
        reason: &str,
    ) -> Result<Funded, OperatorError> {
        self.enter(account, MovementKind::Refund, Change::minus(amount), id, reason).await
    }

    /// Corrects an account's funds once, even if it is called again. It never takes more than the
    /// balance.
    ///
    /// # Errors
    /// If the account doesn't exist, if its balance is too low, if it is closed and would get more,
    /// if the id belongs to another entry, or if DynamoDB doesn't answer.
    pub async fn adjust(
        &self,
        account: &AccountId,
        change: Change,
        id: &str,
        reason: &str,
    ) -> Result<Funded, OperatorError> {
        self.enter(account, MovementKind::Adjustment, change, id, reason).await
    }

    async fn enter(
        &self,
        account: &AccountId,
        kind: MovementKind,
        change: Change,
        id: &str,
        reason: &str,
    ) -> Result<Funded, OperatorError> {
        let mut entry = entry_pk(id);
        entry.extend([
            ("account".to_owned(), text(account.as_str())),
            ("kind".to_owned(), text(kind.to_string())),
            ("change".to_owned(), number(change.0)),
            ("reason".to_owned(), text(reason)),
            ("made_at".to_owned(), number(self.clock.now().as_second())),
        ]);
        match self.move_funds(account, change, entry.clone()).await? {
            Moved::Now => Ok(Funded::Now),
            Moved::Before(before) if same(&entry, &before, &["account", "kind", "change"]) => Ok(Funded::Before),
            Moved::Before(_) => Err(OperatorError::EntryDiffers(id.to_owned())),
        }
    }

    /// Stores the record and changes balance and funds, in one transaction.
    async fn move_funds(&self, account: &AccountId, change: Change, record: Item) -> Result<Moved, OperatorError> {
        let malformed = |error| StorageError::malformed("fund", error);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(record))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (sign, condition) = if change.lowers() { ("-", "#balance >= :amount") } else { ("+", IS_OPEN) };
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(account_pk(account)))
            .update_expression(format!("SET #balance = #balance {sign} :amount, #funds = #funds {sign} :amount"))
            .condition_expression(format!("attribute_exists(pk) AND {condition}"))
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_names("#funds", "funds")
            .expression_attribute_values(":amount", number(change.amount().0))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let actions = vec![
            TransactWriteItem::builder().put(put.build().map_err(malformed)?).build(),
            TransactWriteItem::builder().update(update.build().map_err(malformed)?).build(),
        ];
        match self.transact(actions).await? {
            Transacted::Done => Ok(Moved::Now),
            Transacted::Refused(mut refusals) => match (refusals.remove(0), refusals.pop().flatten()) {
                (Some(before), _) => Ok(Moved::Before(before)),
                (None, account_now) => Err(why_not_moved(account, change, account_now)?),
            },
        }
    }

    /// Sends a transaction whose conditions can fail.
    pub(super) async fn transact(&self, actions: Vec<TransactWriteItem>) -> Result<Transacted, StorageError> {
        let sent = Box::pin(self.client.transact_write_items().set_transact_items(Some(actions)).send()).await;
        let error = match sent {
            Ok(TransactWriteItemsOutput { .. }) => return Ok(Transacted::Done),
            Err(error) => error,
        };
        let reasons = error.as_service_error().map(cancellation_reasons).unwrap_or_default();
        if !reasons.iter().any(|reason| reason.code() == CONDITION_FAILED) {
            return Err(StorageError::of("TransactWriteItems")(error));
        }
        let refusal = |reason: &aws_sdk_dynamodb::types::CancellationReason| {
            (reason.code() == CONDITION_FAILED).then(|| reason.item().cloned().unwrap_or_default())
        };
        Ok(Transacted::Refused(reasons.iter().map(refusal).collect()))
    }
}

/// The result of a transaction with conditions.
pub(super) enum Transacted {
    /// Everything is written.
    Done,
    /// Nothing is written. It has the current item for each write whose condition failed; empty if
    /// none exists.
    Refused(Vec<Option<Item>>),
}

/// The reason why the condition on the account's item failed.
fn why_not_moved(id: &AccountId, change: Change, item: Option<Item>) -> Result<OperatorError, StorageError> {
    let Some(item) = item.filter(|item| !item.is_empty()) else { return Ok(OperatorError::NoAccount(id.clone())) };
    let account = Account::read(item)?;
    if change.lowers() {
        return Ok(OperatorError::BalanceTooLow { balance: account.balance, held: account.held() });
    }
    Ok(OperatorError::Closed(id.clone()))
}

fn same(one: &Item, other: &Item, attributes: &[&str]) -> bool {
    attributes.iter().all(|name| one.get(*name) == other.get(*name))
}

/// A new id for a refund or an adjustment without an operator's id.
#[must_use]
pub fn new_entry_id() -> String {
    base62::random(ENTRY_ID_LENGTH)
}
