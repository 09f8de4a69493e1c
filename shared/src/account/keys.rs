//! Changes that customers make to their own keys, and operators for them: list, make and delete.
//! Rotation is in `rotate.rs`; changes by operators alone are in `edit.rs`.
//!
//! Each change is one transaction on the account's item, the key's own item, and the item that says
//! which key has a name. It is conditional on the items that were read; if they have changed, they
//! are read again. A name belongs to a key as long as that key opens the account: nothing must be
//! given back when the key ends.

use std::collections::BTreeMap;

use super::item::{key_details_pk, key_name_pk};
use super::operator::{KeyDetails, MAX_KEYS, OperatorError};
use super::{Account, AccountId, Accounts, ApiKey, Key, KeyLimits, Mode, ROUNDS};
use crate::dynamodb::StorageError;

/// The name and settings of a key to create.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its name in its account.
    pub name: String,
    /// Live or test.
    pub mode: Mode,
    /// Requests per minute.
    pub rate_limit: u64,
    /// The key's limits.
    pub limits: KeyLimits,
}

/// A key of an account, with the details beside its record.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// Its id.
    pub id: String,
    /// Its record.
    pub key: Key,
    /// Further details; None for a key of an older version.
    pub details: Option<KeyDetails>,
}

/// The result of a request for a new key.
#[derive(Clone, Debug)]
pub enum Made {
    /// The key was created. Its secret is known only now.
    Now(ApiKey, Box<KeyView>),
    /// The key existed, with the same settings.
    Before(Box<KeyView>),
}

/// The reason why a customer's change of keys is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The account doesn't have this key, or the key has ended.
    #[error("the account has no key that works with this id")]
    NoKey,
    /// Another kind of key has this name.
    #[error("another key has this name")]
    NameTaken,
    /// All keys that an account may have are in use.
    #[error("the account has {MAX_KEYS} keys in use")]
    TooManyKeys,
    /// After this change, no key could manage keys.
    #[error("it is the last key that can manage keys")]
    LastKey,
    /// Its successor is in use.
    #[error("the key was rotated before, and its successor {successor} is in use")]
    AlreadyRotated {
        /// The successor's id.
        successor: String,
    },
    /// DynamoDB doesn't answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<OperatorError> for KeyError {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Storage(error) => error.into(),
            other => StorageError::malformed("keys", other).into(),
        }
    }
}

impl Accounts {
    /// The keys of an account, as read, without revoked and replaced ones; the oldest first.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
    pub async fn keys(&self, id: &AccountId, account: Account) -> Result<Vec<KeyView>, KeyError> {
        let details = self.key_details(id).await?;
        let mut details: BTreeMap<_, _> = details.into_iter().map(|details| (details.id.clone(), details)).collect();
        let now = self.clock.now().as_second();
        let is_shown = |key: &Key| key.revoked_at.is_none() && key.ends_at.is_none_or(|ends| ends > now);
        let shown = account.keys.into_iter().filter(|(_, key)| is_shown(key));
        let mut views: Vec<_> = shown.map(|(id, key)| KeyView { details: details.remove(&id), id, key }).collect();
        views.sort_by_key(|view| view.details.as_ref().and_then(|details| details.created_at));
        Ok(views)
    }

    /// Creates a key. If a key with this name and exactly these settings exists, returns it without
    /// its secret.
    ///
    /// # Errors
    /// If another kind of key has the name, all keys of the account are in use, or DynamoDB doesn't
    /// answer.
    pub async fn create_key(&self, id: &AccountId, wish: &NewKey) -> Result<Made, KeyError> {
        let key = ApiKey::generate(wish.mode, id);
        for _ in 0..ROUNDS {
            // The name is read before the account: if its key isn't in the account then, the key
            // was removed permanently.
            let holder = self.key_of_name(id, &wish.name).await?;
            let account = self.show(id).await?;
            if let Some(record) = holder.as_ref().and_then(|holder| account.keys.get(holder))
                && !record.is_over(self.clock.now())
            {
                return self.found(id, wish, key, holder.as_deref().unwrap_or_default(), record).await;
            }
            let now = self.clock.now();
            let update = self.with_room(id, &account, Vec::new(), now)?;
            let record = Self::record(&key, wish.rate_limit, &wish.limits);
            let mut actions = self.new_items(&key, Some(&wish.name))?;
            actions.push(update.adding(&key, record).build()?);
            actions.push(self.name_taken(id, &wish.name, &key.id(), holder.as_deref())?);
            if self.is_written(actions).await? {
                let view = self.view(id, &key.id()).await?;
                return Ok(Made::Now(key, Box::new(view)));
            }
        }
        Err(never_settled("create key"))
    }

    /// If a key with the requested name exists, the answer: that key, if its settings are equal. If
    /// its id is the new key's, an earlier attempt created it and the response was lost.
    async fn found(
        &self,
        id: &AccountId,
        wish: &NewKey,
        key: ApiKey,
        holder: &str,
        record: &Key,
    ) -> Result<Made, KeyError> {
        let mode: &str = wish.mode.into();
        if record.mode != mode || record.rate_limit != wish.rate_limit || record.limits != wish.limits {
            return Err(KeyError::NameTaken);
        }
        let view = Box::new(self.view(id, holder).await?);
        Ok(if holder == key.id() { Made::Now(key, view) } else { Made::Before(view) })
    }

    /// Deletes a key of one of these modes permanently, unless it is the last one that can manage
    /// keys of its mode.
    ///
    /// # Errors
    /// If the key doesn't exist, if it is the last one that manages keys, or if DynamoDB doesn't
    /// answer.
    pub async fn delete_key(&self, id: &AccountId, key_id: &str, modes: &[Mode]) -> Result<(), KeyError> {
        for round in 0..ROUNDS {
            let account = self.show(id).await?;
            let Some(key) = account.keys.get(key_id).filter(|key| is_of(key, modes)) else {
                // An earlier attempt succeeded, and its response was lost.
                return if round > 0 { Ok(()) } else { Err(KeyError::NoKey) };
            };
            let mut update = self.change(id).removing(key_id);
            if key.goes_on_managing() {
                update = update.requiring_manager(another_manager(&account, key_id, key)?);
            }
            let actions = vec![update.build()?, self.revoked(id, key_id)?];
            if self.is_written(actions).await? {
                return Ok(());
            }
        }
        Err(never_settled("delete key"))
    }

    /// The id of the key that has this name, or was the last to have it.
    pub(super) async fn key_of_name(&self, id: &AccountId, name: &str) -> Result<Option<String>, StorageError> {
        let item = self.get(key_name_pk(id, name)).await?;
        Ok(item.and_then(|item| item.get("id")?.as_s().ok().cloned()))
    }

    pub(super) async fn details_of(&self, id: &AccountId, key_id: &str) -> Result<Option<KeyDetails>, StorageError> {
        let item = self.get(key_details_pk(id, key_id)).await?;
        let read = |item| serde_dynamo::from_item(item).map_err(|error| StorageError::malformed("read key", error));
        item.map(read).transpose()
    }

    /// The stored form of a key.
    pub(super) async fn view(&self, id: &AccountId, key_id: &str) -> Result<KeyView, KeyError> {
        let mut account = self.show(id).await?;
        let key = account.keys.remove(key_id).ok_or(KeyError::NoKey)?;
        Ok(KeyView { id: key_id.to_owned(), key, details: self.details_of(id, key_id).await? })
    }
}

pub(super) fn is_of(key: &Key, modes: &[Mode]) -> bool {
    key.revoked_at.is_none() && modes.iter().any(|mode| key.mode == <&str>::from(*mode))
}

/// Another key that can still manage keys of this key's mode: live keys manage all, test keys only
/// test keys.
pub(super) fn another_manager<'a>(account: &'a Account, key_id: &str, key: &Key) -> Result<&'a str, KeyError> {
    let live: &str = Mode::Live.into();
    let manages = |other: &Key| other.goes_on_managing() && (other.mode == live || key.mode != live);
    let mut others = account.keys.iter().filter(|(id, other)| *id != key_id && manages(other));
    others.next().map(|(id, _)| id.as_str()).ok_or(KeyError::LastKey)
}

pub(super) fn never_settled(what: &'static str) -> KeyError {
    StorageError::malformed(what, "the account's keys never settled").into()
}
