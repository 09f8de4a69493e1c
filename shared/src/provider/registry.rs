//! The active providers for each operation, and their order.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use tokio::time::{Instant, timeout};
use url::Url;

use super::chain::{self, Asking, Guarded, Times};
use super::crowd::Crowd;
use super::entry::{Entry, Key};
use super::http::{Api, HttpClient};
use super::verdict::Report;
use super::{ENTRIES, Failure, Provider, Question, UserIds};
use crate::clock::Clock;
use crate::creator::{Fetched, Operation};
use crate::platform::{Platform, Subject};

/// The active providers for each operation, and their order.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The operator's keys.
    pub keys: HashMap<Key, SecretString>,
    /// Turns on the providers that need no key.
    pub keyless: bool,
    /// The base addresses, by provider.
    pub base_urls: HashMap<&'static str, Url>,
    /// The names of the providers in their order.
    pub orders: HashMap<(Platform, Operation), Vec<&'static str>>,
}

impl Settings {
    /// The headers of this provider's requests; `None` if it is off.
    #[must_use]
    pub fn headers(&self, entry: &Entry) -> Option<HeaderMap> {
        match entry.key {
            None => self.keyless.then(HeaderMap::new),
            Some(key) => self.keys.get(&key).map(|secret| key.headers(secret, entry, &self.base_urls[entry.name])),
        }
    }

    /// One provider that is asked alone; `None` if it is off.
    #[must_use]
    pub fn alone(&self, entry: &'static Entry, http: &HttpClient, ids: Arc<dyn UserIds>) -> Option<Alone> {
        self.make(entry, http, ids).map(|provider| Alone { entry, provider })
    }

    fn make(&self, entry: &Entry, http: &HttpClient, ids: Arc<dyn UserIds>) -> Option<Box<dyn Provider>> {
        let base_url = self.base_urls[entry.name].clone();
        Some((entry.make)(Api::new(http.clone(), base_url, self.headers(entry)?, ids)))
    }
}

/// One provider that is asked alone: once, without a breaker and without other providers.
pub struct Alone {
    entry: &'static Entry,
    provider: Box<dyn Provider>,
}

impl Alone {
    /// Asks it once, for at most the time `longest`.
    ///
    /// # Errors
    /// The failure, if there is no answer.
    pub async fn ask<Q: Question>(
        &self,
        subject: &Q::Subject,
        longest: Duration,
        clock: &Clock,
    ) -> Result<Fetched<Q>, Failure> {
        let answer = timeout(longest, super::ask(self.provider.as_ref(), subject)).await;
        let value = answer.map_err(|_| Failure::transient("timeout"))??;
        Ok(Fetched::new(value, self.entry.name, clock.now()))
    }
}

/// The active providers.
pub struct Providers {
    on: Vec<Guarded>,
    orders: HashMap<(Platform, Operation), Vec<&'static str>>,
    times: Times,
    clock: Clock,
}

impl Providers {
    /// The providers that `settings` turn on. They remember creators' ids in `ids`.
    #[must_use]
    pub fn new(settings: &Settings, times: Times, clock: Clock, http: &HttpClient, ids: Arc<dyn UserIds>) -> Self {
        let on = ENTRIES.iter().filter_map(|entry| {
            let provider = settings.make(entry, http, Arc::clone(&ids))?;
            Some(Guarded::new(entry, provider))
        });
        Self { on: on.collect(), orders: settings.orders.clone(), times, clock }
    }

    /// The names of the active providers.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.on.iter().map(Guarded::name)
    }

    /// Whether an active provider offers this operation.
    #[must_use]
    pub fn can(&self, platform: Platform, operation: Operation) -> bool {
        self.asked(platform, operation).next().is_some()
    }

    /// The time for which all providers of this operation refuse requests, because of the quota,
    /// the key, or too many requests; `None` if one of them doesn't refuse.
    #[must_use]
    pub fn all_rest_for(&self, platform: Platform, operation: Operation, now: Timestamp) -> Option<Duration> {
        let rests: Option<Vec<_>> =
            self.asked(platform, operation).map(|guarded| guarded.refuses_for(operation, now)).collect();
        rests?.into_iter().min()
    }

    /// Whether one of them rests until the operator pays or replaces the key.
    #[must_use]
    pub fn lack_keys(&self, now: Timestamp) -> bool {
        self.on.iter().any(|guarded| guarded.lacks_key(now))
    }

    /// Asks one after the other until one answers, the providers in `last` at the end. In a crowd,
    /// each attempt waits for its turn.
    pub async fn ask<Q: Question>(
        &self,
        subject: &Q::Subject,
        deadline: Instant,
        last: &[&'static str],
        crowd: Option<&Crowd>,
    ) -> Report<Q> {
        let providers: Vec<&Guarded> = self.asked(subject.platform(), Q::OPERATION).collect();
        let began = OnceLock::new();
        let asking = Asking { subject, times: &self.times, clock: &self.clock, deadline, crowd, last, began };
        chain::ask(&providers, asking).await
    }

    /// Runs `work`, whose requests to providers are in a crowd.
    pub async fn in_crowd<F: Future>(&self, work: impl FnOnce(Crowd) -> F) -> F::Output {
        Crowd::run(&self.on, work).await
    }

    /// The number of posts of this platform that an active provider can answer in one request.
    #[must_use]
    pub fn posts_at_once(&self, platform: Platform) -> usize {
        self.asked(platform, Operation::PostStats).map(|guarded| guarded.entry().posts_at_once).max().unwrap_or(1)
    }

    /// The active providers for this operation, in the order in which they are asked.
    fn asked(&self, platform: Platform, operation: Operation) -> impl Iterator<Item = &Guarded> {
        let order = self.orders.get(&(platform, operation)).into_iter().flatten();
        order.filter_map(|name| self.on.iter().find(|guarded| guarded.name() == *name))
    }
}
