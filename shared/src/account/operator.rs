//! Operations on accounts for operators: open accounts, create and revoke keys, show both.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use serde::Deserialize;

use super::closing::IS_OPEN;
use super::funds::CONDITION_FAILED;
use super::item::{account_pk, empty_map, key_details_pk, key_owner_pk};
use super::{Account, AccountId, Accounts, ApiKey, KeyLimits};
use crate::dynamodb::{Item, StorageError, Written, cancellation_reasons, number, put_if, text, update_if};
use crate::money::MicroDollars;

/// With more, the account's item would grow past 1 KB, and every request would cost twice.
pub(super) const MAX_KEYS: usize = 10;
/// The positions of two of the writes that add a key: the refused write is the reason.
const FULL: usize = 0;
const REVOKED: usize = 2;

/// The reason why an operator's change is refused.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// No account has this id.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// No key has this id.
    #[error("there is no key {0}")]
    NoKey(String),
    /// All keys that an account may have are in use.
    #[error("the account has {MAX_KEYS} keys in use; revoke one first")]
    TooManyKeys,
    /// The payment was credited before, with other data.
    #[error("payment {0} was credited before, with another amount or to another account; nothing was changed")]
    PaymentDiffers(String),
    /// An entry with this id exists and has other data.
    #[error("entry {0} exists already, with another kind, another amount or another account; nothing was changed")]
    EntryDiffers(String),
    /// More would be taken than the balance.
    #[error("the balance is {balance}, and no more can be taken; {held} is held for requests in flight")]
    BalanceTooLow {
        /// The money that can be spent.
        balance: MicroDollars,
        /// The money on hold.
        held: MicroDollars,
    },
    /// The account was closed.
    #[error("the account {0} is closed: it accepts no keys and no money; `ct accounts reopen {0}` opens it again")]
    Closed(AccountId),
    /// The account is open.
    #[error("the account {0} is not closed{advice}", advice = .1)]
    NotClosed(AccountId, &'static str),
    /// Requests of the account are in flight.
    #[error(
        "{held} is held for {requests} requests in flight; wait until they have ended. The money of an aborted request returns with \
         the account's next request: reopen the account, make a request with a new key, and close it again"
    )]
    HasHolds {
        /// The money on hold.
        held: MicroDollars,
        /// For how many requests.
        requests: usize,
    },
    /// There is money in the account.
    #[error(
        "the balance is {0}; pay it back and record it with `ct funds refund`, or remove it with `ct funds adjust`"
    )]
    HasBalance(MicroDollars),
    /// The demo account can't be deleted.
    #[error("each start of the server creates the demo account again; start without it with `ct serve --no-demo`")]
    IsDemo,
    /// DynamoDB doesn't answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Details of a key that requests don't need.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeyDetails {
    /// Its id.
    pub id: String,
    /// The key's last four characters, which identify it for people; `None` for a key of an older
    /// version.
    pub last4: Option<String>,
    /// `live` or `test`.
    pub mode: Option<String>,
    /// The time of its creation, in seconds since 1970.
    pub created_at: Option<i64>,
    /// The time of its revocation, in seconds since 1970.
    pub revoked_at: Option<i64>,
    /// The name that its owner gave it.
    pub name: Option<String>,
    /// The id of the key that replaced it, or will.
    pub rotated_to: Option<String>,
}

impl Accounts {
    /// Opens an account without funds or keys; false if the id is taken.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
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
            ("charged_before".to_owned(), number(0)),
            // Versions before usage was counted need it, and run beside this one during a
            // deployment.
            ("misses".to_owned(), empty_map()),
        ]);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put_if(put.condition_expression("attribute_not_exists(pk)")).await
    }

    /// Reads the account without releasing holds: an operator's clock doesn't decide which requests
    /// are dead.
    ///
    /// # Errors
    /// If the account doesn't exist, or DynamoDB doesn't answer.
    pub async fn show(&self, id: &AccountId) -> Result<Account, OperatorError> {
        let read = self.get(account_pk(id)).await?;
        let item = read.ok_or_else(|| OperatorError::NoAccount(id.clone()))?;
        Ok(Account::read(item)?)
    }

    /// The details of the account's keys, revoked ones included. Keys of an older version have
    /// none.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn key_details(&self, id: &AccountId) -> Result<Vec<KeyDetails>, OperatorError> {
        let items = self.items_beside(id, "key#").await?;
        let read = |item| serde_dynamo::from_item(item).map_err(|error| StorageError::malformed("read key", error));
        Ok(items.into_iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Whether this account, as read, has or had this key.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn has_had_key(&self, id: &AccountId, account: &Account, key_id: &str) -> Result<bool, StorageError> {
        Ok(account.keys.contains_key(key_id) || self.get(key_details_pk(id, key_id)).await?.is_some())
    }

    /// Resets the account's free failures.
    ///
    /// # Errors
    /// If the account doesn't exist, or if DynamoDB doesn't answer.
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

    /// Stores a key's hash with its account. An existing key stays as it is, and so does a revoked
    /// one. When the account is full of keys, a revoked one makes room.
    ///
    /// # Errors
    /// If the account doesn't exist, if all its keys are in use, or if DynamoDB doesn't answer.
    pub async fn add_key(&self, key: &ApiKey, rate_limit: u64) -> Result<(), OperatorError> {
        let account = self.show(key.account()).await?;
        if account.closed_at.is_some() {
            return Err(OperatorError::Closed(key.account().clone()));
        }
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
            update
                .update_expression("SET #keys.#key = :key")
                .condition_expression(format!("{IS_OPEN} AND size(#keys) < :max"))
        } else {
            let mut keys = account.keys.iter();
            let (revoked, _) = keys.find(|(_, key)| key.is_over(self.clock.now())).ok_or(OperatorError::TooManyKeys)?;
            update
                .update_expression("SET #keys.#key = :key REMOVE #keys.#revoked")
                .condition_expression(format!("{IS_OPEN} AND size(#keys) <= :max AND attribute_exists(#keys.#revoked)"))
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
            // Another operator added a key in between, or closed the account.
            Err(SdkError::ServiceError(error)) if is_refused(error.err(), FULL) => {
                let is_closed = self.show(key.account()).await?.closed_at.is_some();
                Err(if is_closed { OperatorError::Closed(key.account().clone()) } else { OperatorError::TooManyKeys })
            }
            Err(error) => Err(StorageError::of("TransactWriteItems")(error).into()),
        }
    }

    /// The record that admission needs. It is in the account's item, so every request pays for its
    /// size.
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

    /// The other details of a key, in a separate item.
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

    /// Revokes a key permanently; returns its account.
    ///
    /// # Errors
    /// If the key doesn't exist, or if DynamoDB doesn't answer.
    pub async fn revoke_key(&self, key_id: &str) -> Result<AccountId, OperatorError> {
        let no_key = || OperatorError::NoKey(key_id.to_owned());
        let owner = self.get(key_owner_pk(key_id)).await?.ok_or_else(no_key)?;
        let account = owner.get("account").and_then(|id| id.as_s().ok()).and_then(|id| id.parse().ok());
        let account: AccountId = account.ok_or_else(no_key)?;
        self.revoke_key_of(&account, key_id).await?;
        Ok(account)
    }

    /// Revokes a key of this account permanently; works without the key's other items too.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn revoke_key_of(&self, account: &AccountId, key_id: &str) -> Result<(), OperatorError> {
        let update = self
            .update(account)
            .update_expression("REMOVE #keys.#key")
            .condition_expression("attribute_exists(#keys.#key)")
            .expression_attribute_names("#keys", "keys")
            .expression_attribute_names("#key", key_id);
        update_if(update).await?;
        // The key's other items keep an earlier revocation.
        let mut details = self.client.update_item().table_name(&self.table);
        details = details.set_key(Some(key_details_pk(account, key_id)));
        let details = details
            .update_expression("SET revoked_at = if_not_exists(revoked_at, :now), id = :id")
            .expression_attribute_values(":now", number(self.clock.now().as_second()))
            .expression_attribute_values(":id", text(key_id));
        details.send().await.map_err(StorageError::of("UpdateItem"))?;
        Ok(())
    }

    /// Revokes all keys of an account permanently; returns their ids.
    ///
    /// # Errors
    /// If the account doesn't exist, or if DynamoDB doesn't answer.
    pub async fn revoke_keys(&self, account: &AccountId) -> Result<Vec<String>, OperatorError> {
        let keys = self.show(account).await?.keys;
        let open = keys.into_iter().filter(|(_, key)| key.revoked_at.is_none());
        let ids: Vec<String> = open.map(|(id, _)| id).collect();
        for id in &ids {
            self.revoke_key_of(account, id).await?;
        }
        Ok(ids)
    }

    pub(super) async fn get(&self, key: Item) -> Result<Option<Item>, StorageError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        let output = get.consistent_read(true).send().await;
        Ok(output.map_err(StorageError::of("GetItem"))?.item)
    }
}
