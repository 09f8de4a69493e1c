//! The request pipeline: the one order in which every request is checked, admitted, answered and
//! logged.
//!
//! The order of refusals is 404, 405, 413, 401, 429, 403, 400, 402; docs/architecture.md says where
//! each is checked. The key's endpoints are checked before the body, its platforms and its budget
//! after it. An invalid request is admitted too, so that an unknown key gets 401 and not 400.

mod admission;
mod batch;
mod buy;
mod call;
mod free;
mod freshness;
mod keys;
mod live_providers;
mod own;
mod priced;
mod record;
mod route;
mod short_link;
mod source;
mod status;
mod usage;
mod user_ids;

pub use batch::post_stats_batch;
pub use free::free;
pub use keys::keys;
pub use priced::priced;
pub use record::{kept_request, request};
pub(crate) use route::empty;
pub use route::{answer, of_another_function, refusal};
pub use source::Source;
pub use status::status;
pub use usage::usage;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use lambda_http::Request;
use serde::Serialize;
use strum::IntoEnumIterator;

use crate::account::Accounts;
use crate::cache::{Cache, Lease};
use crate::clock::Clock;
use crate::config::Config;
use crate::contract::{Endpoint, PlatformEndpoints};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::platform::Platform;
use crate::provider::{HttpClient, Providers};
use crate::provider_keys::{KeySource, SecretError};
use crate::short_link::ShortLinks;
use admission::PublicRequests;
use live_providers::LiveProviders;

/// The data and connections for answering requests. There is one per process.
pub struct App {
    config: Config,
    clock: Clock,
    accounts: Accounts,
    cache: Cache,
    health: Health,
    live_providers: LiveProviders,
    short_links: ShortLinks,
    demo_keys: DemoKeys,
    public_requests: PublicRequests,
    metrics: Metrics,
}

/// Whether the demo account's keys are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoKeys {
    /// Only in the local server, on loopback, with its embedded engine.
    Accepted,
    /// Everywhere else.
    Refused,
}

impl App {
    /// The application with this DynamoDB. It asks providers through `http`, with the
    /// configuration's keys and those of `keys`, if there are any.
    #[must_use]
    pub fn new(
        config: Config,
        dynamodb: Client,
        clock: Clock,
        demo_keys: DemoKeys,
        more_keys: Option<KeySource>,
        http: HttpClient,
        metrics: Metrics,
    ) -> Self {
        let cache = Cache::new(dynamodb.clone(), config.tables.cache.clone(), clock.clone(), config.cache.lease);
        let health = Health::new(dynamodb.clone(), config.tables.cache.clone(), clock.clone());
        Self {
            health,
            accounts: Accounts::new(dynamodb, config.tables.accounts.clone(), clock.clone(), config.accounts),
            live_providers: LiveProviders::new(config.clone(), clock.clone(), http.clone(), cache.clone(), more_keys),
            cache,
            short_links: ShortLinks::new(http, config.short_links.clone()),
            demo_keys,
            public_requests: PublicRequests::default(),
            metrics,
            clock,
            config,
        }
    }

    /// Reads the providers' keys, unless they were read before.
    ///
    /// # Errors
    /// If the keys can't be read.
    pub async fn ready(&self) -> Result<(), SecretError> {
        self.live_providers.ready().await
    }

    /// For each platform, the endpoints that this source answers.
    #[must_use]
    pub fn working_endpoints(&self, source: Source) -> Vec<PlatformEndpoints> {
        let works = |endpoint: Endpoint, platform| {
            endpoint.operation().is_some_and(|operation| source.supports(self, platform, operation))
        };
        let endpoints = |platform| Endpoint::iter().filter(|endpoint| works(*endpoint, platform)).collect();
        Platform::iter().map(|platform| PlatformEndpoints { platform, endpoints: endpoints(platform) }).collect()
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The operator's sentence about adding funds.
    #[must_use]
    pub fn billing_contact(&self) -> Option<&str> {
        self.config.billing_contact.as_deref()
    }

    /// The accounts.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The health of the providers.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// The providers; none is on until the keys are read.
    #[must_use]
    pub fn providers(&self) -> Arc<Providers> {
        self.live_providers.providers()
    }
}

/// The body's bytes, in text or base64 form.
fn body(request: &Request) -> &[u8] {
    request.body().as_ref()
}

/// Stores a result for other requests, and ends the lease; returns whether it is stored.
async fn store<T: Serialize>(lease: &Lease, value: &T, lifetime: Duration) -> bool {
    match lease.fill(value, lifetime).await {
        Ok(is_stored) => is_stored,
        Err(error) => {
            tracing::warn!(%error, "an answer was not cached");
            buy::end(lease).await;
            false
        }
    }
}
