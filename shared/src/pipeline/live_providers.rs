//! The providers with the operator's keys, which are from the environment, and from a secret or a
//! file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::user_ids::CachedUserIds;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::provider::{HttpClient, Key, Providers, Settings};
use crate::provider_keys::{KeySource, SecretError};

/// How often the keys are read again while a provider rests because of its key: the operator may
/// replace it at any time.
const BETWEEN_READS: SignedDuration = SignedDuration::from_mins(1);

type Keys = HashMap<Key, SecretString>;

pub(super) struct LiveProviders {
    config: Config,
    clock: Clock,
    http: HttpClient,
    cache: Cache,
    /// `None` if all keys are from the configuration.
    more_keys: Option<KeySource>,
    /// `None` until the keys are read.
    current: RwLock<Option<(Keys, Arc<Providers>)>>,
    /// The last time at which the keys were read.
    read_at: Mutex<Option<Timestamp>>,
}

impl LiveProviders {
    pub(super) fn new(
        config: Config,
        clock: Clock,
        http: HttpClient,
        cache: Cache,
        more_keys: Option<KeySource>,
    ) -> Self {
        let live_providers =
            Self { config, clock, http, cache, more_keys, current: RwLock::default(), read_at: Mutex::default() };
        if live_providers.more_keys.is_none() {
            live_providers.take(Keys::new());
        }
        live_providers
    }

    /// The providers; none is on until the keys are read.
    pub(super) fn providers(&self) -> Arc<Providers> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().map_or_else(|| Arc::new(self.make(Keys::new())), |(_, providers)| Arc::clone(providers))
    }

    /// Reads the keys, unless they were read before.
    pub(super) async fn ready(&self) -> Result<(), SecretError> {
        let is_ready = self.current.read().unwrap_or_else(PoisonError::into_inner).is_some();
        if is_ready { Ok(()) } else { self.read().await }
    }

    /// Reads the keys again if a provider rests because of its key, at most once a minute.
    pub(super) async fn refresh(&self) {
        let now = self.clock.now();
        let read_at = *self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = read_at.is_none_or(|read| now.duration_since(read) >= BETWEEN_READS);
        if is_due && self.providers().lack_keys(now) {
            self.read_again().await;
        }
    }

    /// Reads the keys again. If they changed, all providers are created anew, and providers with a
    /// refused key are asked again. If the keys can't be read, the old ones stay.
    pub(super) async fn read_again(&self) {
        if let Err(error) = self.read().await {
            tracing::error!(%error, "the providers' keys were not read again");
        }
    }

    async fn read(&self) -> Result<(), SecretError> {
        if let Some(more_keys) = &self.more_keys {
            *self.read_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now());
            self.take(more_keys.read().await?);
        }
        Ok(())
    }

    /// Uses these keys; keys in the environment have priority.
    fn take(&self, mut keys: Keys) {
        keys.extend(self.config.providers.keys.clone());
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if !current.as_ref().is_some_and(|(known, _)| are_same(known, &keys)) {
            let providers = Arc::new(self.make(keys.clone()));
            *current = Some((keys, providers));
        }
    }

    fn make(&self, keys: Keys) -> Providers {
        let settings = Settings { keys, ..self.config.providers.clone() };
        let ids = Arc::new(CachedUserIds { cache: self.cache.clone(), lifetime: self.config.cache.user_id });
        Providers::new(&settings, self.config.chain, self.clock.clone(), &self.http, ids)
    }
}

fn are_same(some: &Keys, others: &Keys) -> bool {
    let is_in = |(key, secret): (&Key, &SecretString)| {
        others.get(key).is_some_and(|other| other.expose_secret() == secret.expose_secret())
    };
    some.len() == others.len() && some.iter().all(is_in)
}
