//! What operators do to accounts: open them, give and revoke keys, add funds, look.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use serde::Deserialize;

use super::item::{account_pk, empty_map, key_details_pk, key_owner_pk, payment_pk};
use super::{Account, AccountId, Accounts, ApiKey, KeyLimits};
use crate::dynamodb::{Item, StorageError, Written, cancellation_reasons, number, put_if, text, update_if};
use crate::money::MicroDollars;

/// With more, the account's item would grow past 1 KB, and every request would cost twice.
pub(super) const MAX_KEYS: usize = 10;
/// The places of two of the writes that add a key: what refuses them says why.
const FULL: usize = 0;
const REVOKED: usize = 2;
const CONDITION_FAILED: Option<&str> = Some("ConditionalCheckFailed");

/// Why an operator's wish isn't fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Nobody has this account id.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// Nobody has this key id.
    #[error("there is no key {0}")]
    NoKey(String),
    /// All keys that an account may have are in use.
    #[error("the account has {MAX_KEYS} keys in use; revoke one first")]
    TooManyKeys,
    /// The payment was credited before, otherwise.
    #[error("payment {0} was credited before, with another amount or to another account; nothing was changed")]
    PaymentDiffers(String),
    /// DynamoDB doesn't answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is known of a key beside what requests need.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeyDetails {
    /// Its id.
    pub id: String,
    /// The key's last four characters, to tell keys apart by; None of a key that an older version made.
    pub last4: Option<String>,
    /// `live` or `test`.
    pub mode: Option<String>,
    /// When it was made, in seconds since 1970.
    pub created_at: Option<i64>,
    /// When it was revoked, in seconds since 1970.
    pub revoked_at: Option<i64>,
    /// The name that its owner gave it.
    pub name: Option<String>,
    /// The id of the key that took its place, or is about to.
    pub rotated_to: Option<String>,
}

/// What adding funds did.
#[derive(Debug, PartialEq, Eq)]
pub enum Funded {
    /// The payment is credited.
    Now,
    /// This very payment was credited before; nothing was changed.
    Before,
}

impl Accounts {
    /// Opens an account without funds or keys; false when that id is taken.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer.
    pub async fn create(&self, id: &AccountId, name: &str) -> Result<bool, StorageError> {
        let mut item = account_pk(id);
        item.extend([
            ("name".to_owned(), text(name)),
            ("created_at".to_owned(), number(self.clock.now().as_second())),
            ("funds".to_owned(), number(0)),
            ("balance".to_owned(), number(0)),
            ("spent".to_owned(), number(0)),
            ("keys".to_owned(), empty_map()),
            ("holds".to_owned(), empty_map()),
            ("usage".to_owned(), empty_map()),
            // Versions before usage was counted want it, and run beside this one during a deployment.
            ("misses".to_owned(), empty_map()),
        ]);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put_if(put.condition_expression("attribute_not_exists(pk)")).await
    }

    /// The account as it is, untouched: an operator's clock says nothing about which requests are dead.
    ///
    /// # Errors
    /// When there is none, or DynamoDB doesn't answer.
    pub async fn show(&self, id: &AccountId) -> Result<Account, OperatorError> {
        let read = self.get(account_pk(id)).await?;
        let item = read.ok_or_else(|| OperatorError::NoAccount(id.clone()))?;
        Ok(Account::read(item)?)
    }

    /// What is known of the account's keys beside what requests need, revoked ones included; none of keys that an older version made.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer.
    pub async fn key_details(&self, id: &AccountId) -> Result<Vec<KeyDetails>, OperatorError> {
        let items = self.items_beside(id, "key#").await?;
        let read = |item| serde_dynamo::from_item(item).map_err(|error| StorageError::malformed("read key", error));
        Ok(items.into_iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Whether this account, as read, has this key or had it.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer.
    pub async fn has_had_key(&self, id: &AccountId, account: &Account, key_id: &str) -> Result<bool, StorageError> {
        Ok(account.keys.contains_key(key_id) || self.get(key_details_pk(id, key_id)).await?.is_some())
    }

    /// Forgets the account's free failures.
    ///
    /// # Errors
    /// When there is no such account, or DynamoDB doesn't answer.
    pub async fn reset_failures(&self, id: &AccountId) -> Result<(), OperatorError> {
        let update = self
            .update(id)
            .update_expression("REMOVE #ff")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#ff", "ff");
        match update_if(update).await? {
            Written::Applied(_) => Ok(()),
            Written::Refused(_) => Err(OperatorError::NoAccount(id.clone())),
        }
    }

    /// Stores a key's hash with its account. A key that is there already stays as it is, and so does one that was revoked. When the
    /// account is full of keys, a revoked one makes room.
    ///
    /// # Errors
    /// When there is no such account, all its keys are in use, or DynamoDB doesn't answer.
    pub async fn add_key(&self, key: &ApiKey, rate_limit: u64) -> Result<(), OperatorError> {
        let account = self.show(key.account()).await?;
        if account.keys.contains_key(&key.id()) {
            return Ok(());
        }
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(account_pk(key.account())))
            .expression_attribute_names("#keys", "keys")
            .expression_attribute_names("#key", key.id())
            .expression_attribute_values(":key", Self::record(key, rate_limit, &KeyLimits::default()))
            .expression_attribute_values(":max", number(MAX_KEYS));
        update = if account.keys.len() < MAX_KEYS {
            update.update_expression("SET #keys.#key = :key").condition_expression("size(#keys) < :max")
        } else {
            let mut keys = account.keys.iter();
            let (revoked, _) = keys.find(|(_, key)| key.is_over(self.clock.now())).ok_or(OperatorError::TooManyKeys)?;
            update
                .update_expression("SET #keys.#key = :key REMOVE #keys.#revoked")
                .condition_expression("size(#keys) <= :max AND attribute_exists(#keys.#revoked)")
                .expression_attribute_names("#revoked", revoked)
        };
        let mut owner = key_owner_pk(&key.id());
        owner.insert("account".to_owned(), text(key.account().as_str()));
        let owner = Put::builder().table_name(&self.table).set_item(Some(owner));
        let details = Put::builder().table_name(&self.table).set_item(Some(self.new_details(key)));
        let details = details.condition_expression("attribute_not_exists(revoked_at)");

        let malformed = |error| StorageError::malformed("add key", error);
        let actions = [
            TransactWriteItem::builder().update(update.build().map_err(malformed)?).build(),
            TransactWriteItem::builder().put(owner.build().map_err(malformed)?).build(),
            TransactWriteItem::builder().put(details.build().map_err(malformed)?).build(),
        ];
        let sent = self.client.transact_write_items().set_transact_items(Some(actions.into())).send().await;
        let is_refused = |error: &TransactWriteItemsError, place: usize| {
            cancellation_reasons(error).get(place).is_some_and(|reason| reason.code() == CONDITION_FAILED)
        };
        match sent {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if is_refused(error.err(), REVOKED) => Ok(()),
            // Another operator added a key in between.
            Err(SdkError::ServiceError(error)) if is_refused(error.err(), FULL) => Err(OperatorError::TooManyKeys),
            Err(error) => Err(StorageError::of("TransactWriteItems")(error).into()),
        }
    }

    /// What admission needs: it is in the account's item, whose size each request pays for.
    pub(super) fn record(key: &ApiKey, rate_limit: u64, limits: &KeyLimits) -> AttributeValue {
        let mut record = Item::from([
            ("hash".to_owned(), AttributeValue::B(Blob::new(key.hash()))),
            ("mode".to_owned(), text(key.mode().to_string())),
            ("rate_limit".to_owned(), number(rate_limit)),
            ("window".to_owned(), number(0)),
            ("used".to_owned(), number(0)),
        ]);
        record.extend(limits.attributes());
        AttributeValue::M(record)
    }

    /// What else is known of a key, in an item of its own.
    pub(super) fn new_details(&self, key: &ApiKey) -> Item {
        let mut item = key_details_pk(key.account(), &key.id());
        item.extend([
            ("id".to_owned(), text(key.id())),
            ("last4".to_owned(), text(key.last4())),
            ("mode".to_owned(), text(key.mode().to_string())),
            ("created_at".to_owned(), number(self.clock.now().as_second())),
        ]);
        item
    }

    /// Revokes a key, for good; the account whose key it was.
    ///
    /// # Errors
    /// When there is no such key, or DynamoDB doesn't answer.
    pub async fn revoke_key(&self, key_id: &str) -> Result<AccountId, OperatorError> {
        let no_key = || OperatorError::NoKey(key_id.to_owned());
        let owner = self.get(key_owner_pk(key_id)).await?.ok_or_else(no_key)?;
        let account = owner.get("account").and_then(|id| id.as_s().ok()).and_then(|id| id.parse().ok());
        let account: AccountId = account.ok_or_else(no_key)?;
        let update = self
            .update(&account)
            .update_expression("REMOVE #keys.#key")
            .condition_expression("attribute_exists(#keys.#key)")
            .expression_attribute_names("#keys", "keys")
            .expression_attribute_names("#key", key_id);
        update_if(update).await?;
        // Beside the account's item, what was revoked before stays so.
        let mut details = self.client.update_item().table_name(&self.table);
        details = details.set_key(Some(key_details_pk(&account, key_id)));
        let details = details
            .update_expression("SET revoked_at = if_not_exists(revoked_at, :now), id = :id")
            .expression_attribute_values(":now", number(self.clock.now().as_second()))
            .expression_attribute_values(":id", text(key_id));
        details.send().await.map_err(StorageError::of("UpdateItem"))?;
        Ok(account)
    }

    /// Credits a payment to an account, once, however often it is asked for.
    ///
    /// # Errors
    /// When there is no such account, the payment was credited otherwise before, or DynamoDB doesn't answer.
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
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(payment.clone()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let credit = Update::builder()
            .table_name(&self.table)
            .set_key(Some(account_pk(account)))
            .update_expression("SET #balance = #balance + :amount, #funds = #funds + :amount")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_names("#funds", "funds")
            .expression_attribute_values(":amount", number(amount.0));

        let malformed = |error| StorageError::malformed("fund", error);
        let actions = [
            TransactWriteItem::builder().put(put.build().map_err(malformed)?).build(),
            TransactWriteItem::builder().update(credit.build().map_err(malformed)?).build(),
        ];
        let sent = self.client.transact_write_items().set_transact_items(Some(actions.into())).send().await;
        let Err(error) = sent else { return Ok(Funded::Now) };
        let reasons = error.as_service_error().map(cancellation_reasons).unwrap_or_default();
        match reasons {
            [before, _] if before.code() == CONDITION_FAILED => {
                let same = |name: &str| before.item().is_some_and(|item| item.get(name) == payment.get(name));
                if same("account") && same("amount") {
                    Ok(Funded::Before)
                } else {
                    Err(OperatorError::PaymentDiffers(payment_id.to_owned()))
                }
            }
            [_, credit] if credit.code() == CONDITION_FAILED => Err(OperatorError::NoAccount(account.clone())),
            _ => Err(StorageError::of("TransactWriteItems")(error).into()),
        }
    }

    pub(super) async fn get(&self, key: Item) -> Result<Option<Item>, StorageError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        let output = get.consistent_read(true).send().await;
        Ok(output.map_err(StorageError::of("GetItem"))?.item)
    }
}
