//! Changes that operators make to an existing key: its name and its limits.

use super::keys::{another_manager, never_settled};
use super::limits::{BUDGET, ENDPOINTS, ENDS_AT, EXPIRES_AT, LIMITS, PLATFORMS};
use super::{Account, AccountId, Accounts, Allowed, Key, KeyError, KeyLimits, KeyView, ROUNDS};
use crate::contract::Endpoint;
use crate::dynamodb::number;
use crate::money::MicroDollars;
use crate::platform::Platform;

/// A change of one limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// The limit stays unchanged.
    #[default]
    Keep,
    /// The limit is removed.
    Lift,
    /// The limit is set to this value.
    Set(T),
}

/// Changes of a key's limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitEdits {
    /// Requests per minute.
    pub rate_limit: Option<u64>,
    /// The expiry, in seconds since 1970.
    pub expires_at: Edit<i64>,
    /// The allowed endpoints.
    pub endpoints: Edit<Allowed<Endpoint>>,
    /// The allowed platforms.
    pub platforms: Edit<Allowed<Platform>>,
    /// The highest cost of its fresh answers in one day.
    pub budget_per_day: Edit<MicroDollars>,
}

/// Whether the last key that can manage keys may lose this right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastManager {
    /// No: at least one such key must be left.
    Stays,
    /// Yes, because operators can manage keys themselves.
    MayGo,
}

impl<T> Edit<T> {
    fn of(&self, before: Option<T>) -> Option<T>
    where
        T: Clone,
    {
        match self {
            Self::Keep => before,
            Self::Lift => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

impl LimitEdits {
    /// The limits after these changes.
    fn of(&self, before: KeyLimits) -> KeyLimits {
        let Self { rate_limit: _, expires_at, endpoints, platforms, budget_per_day } = self;
        KeyLimits {
            expires_at: expires_at.of(before.expires_at),
            endpoints: endpoints.of(before.endpoints),
            platforms: platforms.of(before.platforms),
            budget_per_day: budget_per_day.of(before.budget_per_day),
        }
    }

    /// The changes of the stored limits.
    fn changed(&self) -> impl Iterator<Item = &'static str> {
        let Self { rate_limit: _, expires_at, endpoints, platforms, budget_per_day } = self;
        let changes = [
            (EXPIRES_AT, *expires_at != Edit::Keep),
            (ENDPOINTS, *endpoints != Edit::Keep),
            (PLATFORMS, *platforms != Edit::Keep),
            (BUDGET, *budget_per_day != Edit::Keep),
        ];
        changes.into_iter().filter(|(_, changes)| *changes).map(|(name, _)| name)
    }
}

impl Accounts {
    /// Changes a key's limits in one write, which changes neither its window nor money. It can't
    /// reactivate a key that ended.
    ///
    /// # Errors
    /// If the key doesn't exist, if it is the last one that manages keys and must stay so, or if
    /// DynamoDB doesn't answer.
    pub async fn limit_key(
        &self,
        id: &AccountId,
        key_id: &str,
        edits: &LimitEdits,
        last: LastManager,
    ) -> Result<KeyView, KeyError> {
        for _ in 0..ROUNDS {
            let account = self.show(id).await?;
            let key = self.working(&account, key_id)?;
            if *edits == LimitEdits::default() || self.is_limited(id, &account, key_id, key, edits, last).await? {
                return self.view(id, key_id).await;
            }
        }
        Err(never_settled("limit key"))
    }

    async fn is_limited(
        &self,
        id: &AccountId,
        account: &Account,
        key_id: &str,
        key: &Key,
        edits: &LimitEdits,
        last: LastManager,
    ) -> Result<bool, KeyError> {
        let limits = edits.of(key.limits.clone());
        let (before, after) = (key.limits.attributes(), limits.attributes());
        let mut change = self.change(id).naming("#key", key_id);
        change = change
            .requiring("attribute_exists(#keys.#key) AND attribute_not_exists(#keys.#key.#revoked_at)")
            .naming("#revoked_at", "revoked_at")
            .requiring("(attribute_not_exists(#keys.#key.#ends_at) OR #keys.#key.#ends_at > :now)")
            .naming("#ends_at", ENDS_AT)
            .requiring("(attribute_not_exists(#keys.#key.#expires_at) OR #keys.#key.#expires_at > :now)")
            .naming("#expires_at", EXPIRES_AT)
            .valuing(":now", number(self.clock.now().as_second()));
        // The write requires that its right to manage keys is unchanged since the read.
        for (place, limit) in LIMITS.into_iter().enumerate() {
            let exists = if before.contains_key(limit) { "attribute_exists" } else { "attribute_not_exists" };
            change =
                change.requiring(format!("{exists}(#keys.#key.#own{place})")).naming(format!("#own{place}"), limit);
        }
        for (place, limit) in edits.changed().enumerate() {
            let path = format!("#keys.#key.#new{place}");
            change = change.naming(format!("#new{place}"), limit);
            change = match after.get(limit) {
                Some(value) => {
                    change.setting(format!("{path} = :new{place}")).valuing(format!(":new{place}"), value.clone())
                }
                None => change.clearing(path),
            };
        }
        if let Some(rate_limit) = edits.rate_limit {
            change = change.setting("#keys.#key.#rate_limit = :rate_limit").naming("#rate_limit", "rate_limit");
            change = change.valuing(":rate_limit", number(rate_limit));
        }
        if last == LastManager::Stays && key.goes_on_managing() && !limits.is_none() {
            change = change.requiring_manager(another_manager(account, key_id, key)?);
        }
        self.is_written(vec![change.build()?]).await
    }

    /// Gives a key another name, and frees the old one.
    ///
    /// # Errors
    /// If the key doesn't exist, if another key has the name, or if DynamoDB doesn't answer.
    pub async fn rename_key(&self, id: &AccountId, key_id: &str, name: &str) -> Result<KeyView, KeyError> {
        for _ in 0..ROUNDS {
            // The name is read before the account: if its key isn't in the account then, the key
            // was removed permanently.
            let holder = self.key_of_name(id, name).await?;
            let details = self.details_of(id, key_id).await?;
            let account = self.show(id).await?;
            self.working(&account, key_id)?;
            let old = details.and_then(|details| details.name);
            if old.as_deref() == Some(name) && holder.as_deref() == Some(key_id) {
                return self.view(id, key_id).await;
            }
            let holder_record = holder.as_ref().filter(|holder| *holder != key_id).and_then(|id| account.keys.get(id));
            if holder_record.is_some_and(|record| !record.is_over(self.clock.now())) {
                return Err(KeyError::NameTaken);
            }
            let is_here = self.change(id).requiring("attribute_exists(#keys.#key)").naming("#key", key_id);
            let mut actions = vec![is_here.build()?, self.named(id, key_id, name)?];
            actions.push(self.name_taken(id, name, key_id, holder.as_deref())?);
            // A successor has taken its predecessor's name.
            if let Some(old) = old.filter(|old| old != name)
                && self.key_of_name(id, &old).await?.as_deref() == Some(key_id)
            {
                actions.push(self.name_freed(id, &old, key_id)?);
            }
            if self.is_written(actions).await? {
                return self.view(id, key_id).await;
            }
        }
        Err(never_settled("rename key"))
    }

    /// The key, if it is valid.
    fn working<'a>(&self, account: &'a Account, key_id: &str) -> Result<&'a Key, KeyError> {
        account.keys.get(key_id).filter(|key| !key.is_over(self.clock.now())).ok_or(KeyError::NoKey)
    }
}
