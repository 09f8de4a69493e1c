//! Rotation: a new key replaces another one, with its name and its limits, and both work for some
//! time.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::change::Change;
use super::keys::{is_of, never_settled};
use super::limits::ENDS_AT;
use super::operator::KeyDetails;
use super::{Account, AccountId, Accounts, ApiKey, Key, KeyError, KeyView, Mode, ROUNDS};
use crate::dynamodb::number;

/// A key that replaced another one.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// The new key. It is shown only here.
    pub key: ApiKey,
    /// The new key's properties.
    pub new: KeyView,
    /// The old key's properties.
    pub old: KeyView,
}

/// The key to rotate, as read.
struct Old<'a> {
    id: &'a str,
    key: &'a Key,
    details: Option<&'a KeyDetails>,
}

impl Old<'_> {
    fn name(&self) -> Option<&str> {
        self.details?.name.as_deref()
    }

    /// The id of its existing successor, which was never used.
    fn unused_successor<'a>(&'a self, account: &Account) -> Result<Option<&'a str>, KeyError> {
        let Some(successor) = self.details.and_then(|details| details.rotated_to.as_deref()) else { return Ok(None) };
        match account.keys.get(successor) {
            Some(key) if key.window > 0 || key.ends_at.is_some() => {
                Err(KeyError::AlreadyRotated { successor: successor.to_owned() })
            }
            Some(_) => Ok(Some(successor)),
            // The successor was deleted.
            None => Ok(None),
        }
    }
}

impl Accounts {
    /// Replaces a key by a new one with the same name and limits. The old key works for this many
    /// more seconds. An existing successor that was never used is replaced.
    ///
    /// # Errors
    /// If the key doesn't exist, if its successor is in use, if the account has the most keys that
    /// it can have, or if DynamoDB doesn't answer.
    pub async fn rotate_key(
        &self,
        id: &AccountId,
        key_id: &str,
        modes: &[Mode],
        grace_seconds: i64,
    ) -> Result<Rotated, KeyError> {
        let mut made: Option<(ApiKey, Key)> = None;
        for _ in 0..ROUNDS {
            // The successor is read before the account: if it isn't in the account then, it was
            // removed permanently.
            let details = self.details_of(id, key_id).await?;
            let account = self.show(id).await?;
            if let Some((key, old)) = made.take_if(|(key, _)| account.keys.contains_key(&key.id())) {
                // An earlier attempt succeeded, and its answer was lost.
                return self.rotated(id, key, key_id, old).await;
            }
            let old = account.keys.get(key_id).filter(|key| is_of(key, modes) && !key.is_over(self.clock.now()));
            let old = old.ok_or(KeyError::NoKey)?;
            let (key, seen) = made.get_or_insert_with(|| (ApiKey::generate(mode_of(old), id), old.clone()));
            let (key, seen) = (key.clone(), seen.clone());
            let old = Old { id: key_id, key: old, details: details.as_ref() };
            if self.is_written(self.rotation(id, &account, &old, &key, grace_seconds)?).await? {
                return self.rotated(id, key, key_id, seen).await;
            }
        }
        Err(never_settled("rotate key"))
    }

    /// The writes that replace `old` by `key`.
    fn rotation(
        &self,
        id: &AccountId,
        account: &Account,
        old: &Old<'_>,
        key: &ApiKey,
        grace_seconds: i64,
    ) -> Result<Vec<TransactWriteItem>, KeyError> {
        let now = self.clock.now();
        let successor = old.unused_successor(account)?;
        // Without grace, the old key is removed for the new one.
        let ends_now = (grace_seconds == 0).then_some(old.id);
        let gone = successor.into_iter().chain(ends_now).collect();
        let mut change = as_seen(self.with_room(id, account, gone, now)?, old, successor);
        if ends_now.is_none() {
            let ends_at = now.as_second().saturating_add(grace_seconds);
            change = change.setting("#keys.#old.#ends_at = :then").valuing(":then", number(ends_at));
        }
        let change = change.adding(key, Self::record(key, old.key.rate_limit, &old.key.limits));

        let mut actions = self.new_items(key, old.name())?;
        actions.push(change.build()?);
        actions.push(self.has_successor(id, old.id, key, ends_now.is_some())?);
        if let Some(successor) = successor {
            actions.push(self.revoked(id, successor)?);
        }
        if let Some(name) = old.name() {
            actions.push(self.name_kept(id, name, key)?);
        }
        Ok(actions)
    }

    /// Both keys in their current form; without grace, the old key in its last form.
    async fn rotated(&self, id: &AccountId, key: ApiKey, old_id: &str, seen: Key) -> Result<Rotated, KeyError> {
        let new = self.view(id, &key.id()).await?;
        let old = match self.view(id, old_id).await {
            Err(KeyError::NoKey) => {
                let ended = Key { ends_at: Some(self.clock.now().as_second()), ..seen };
                KeyView { id: old_id.to_owned(), key: ended, details: self.details_of(id, old_id).await? }
            }
            view => view?,
        };
        Ok(Rotated { key, new, old })
    }
}

/// Adds the conditions that the key wasn't rotated meanwhile, and that its successor is still
/// unused.
fn as_seen(change: Change, old: &Old<'_>, successor: Option<&str>) -> Change {
    let change = change.requiring("attribute_exists(#keys.#old)").naming("#old", old.id).naming("#ends_at", ENDS_AT);
    match (successor, old.key.ends_at) {
        (Some(successor), _) => change
            .requiring("#keys.#successor.#window = :unused AND attribute_not_exists(#keys.#successor.#ends_at)")
            .naming("#successor", successor)
            .naming("#window", "window")
            .valuing(":unused", number(0)),
        (None, Some(ends_at)) => change.requiring("#keys.#old.#ends_at = :seen").valuing(":seen", number(ends_at)),
        (None, None) => change.requiring("attribute_not_exists(#keys.#old.#ends_at)"),
    }
}

fn mode_of(key: &Key) -> Mode {
    if key.mode == <&str>::from(Mode::Test) { Mode::Test } else { Mode::Live }
}
