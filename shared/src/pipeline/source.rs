//! The source of answers for a key: the sandbox or the providers. It is chosen once per request.

use std::time::Duration;

use jiff::Timestamp;

use super::App;
use super::buy::{self, fill, lifetime};
use super::call::Call;
use super::freshness::age;
use super::record::Record;
use super::short_link;
use crate::account::{Account, ApiKey, Mode};
use crate::cache::{CacheKey, Entered, Kept};
use crate::contract::{ApiError, ErrorCode, RequestError};
use crate::creator::{Operation, Outcome};
use crate::dynamodb::StorageError;
use crate::money::MicroDollars;
use crate::platform::{Platform, ShortLink, Subject, Target};
use crate::provider::{Question, order};
use crate::sandbox;

/// The source of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Made-up answers for the public key, without a cache and without an account.
    PublicSandbox,
    /// Made-up answers for other test keys.
    Sandbox,
    /// The configured providers, for live keys.
    Live,
}

/// A result about a subject.
pub(super) struct Got<Q> {
    pub(super) outcome: Outcome<Q>,
    /// The age in seconds, if it is another request's result.
    pub(super) cached: Option<u64>,
    /// The time until which it is cached; `None` if it isn't cached.
    pub(super) fresh_until: Option<Timestamp>,
}

impl<Q: Question> Got<Q> {
    /// A cached result.
    pub(super) fn cached(app: &App, kept: Kept<Outcome<Q>>) -> Self {
        let age = age(app, &kept).as_secs();
        Self { outcome: kept.value, cached: Some(age), fresh_until: Some(kept.fresh_until) }
    }
}

impl From<&ApiKey> for Source {
    fn from(key: &ApiKey) -> Self {
        match key.mode() {
            Mode::Test if key.is_public() => Self::PublicSandbox,
            Mode::Test => Self::Sandbox,
            Mode::Live => Self::Live,
        }
    }
}

impl Source {
    /// The cached outcome about this subject.
    pub(super) async fn look<Q: Question>(
        self,
        app: &App,
        subject: &Q::Subject,
    ) -> Result<Option<Kept<Outcome<Q>>>, StorageError> {
        match self.cache_key::<Q>(subject) {
            Some(key) => app.cache.look(&key).await,
            None => Ok(None),
        }
    }

    /// The cache key of an answer about this subject; `None` if answers aren't cached. The sandbox
    /// has its own entries.
    pub(super) fn cache_key<Q: Question>(self, subject: &Q::Subject) -> Option<CacheKey> {
        let scope: &str = match self {
            Self::PublicSandbox => return None,
            Self::Sandbox => Mode::Test,
            Self::Live => Mode::Live,
        }
        .into();
        Some(CacheKey::new(&[scope, Q::OPERATION.into(), subject.platform().into(), &subject.key()]))
    }

    /// Waits until the source can answer.
    pub(super) async fn ready(self, app: &App) -> Result<(), ApiError> {
        match self {
            Self::PublicSandbox | Self::Sandbox => Ok(()),
            Self::Live => app.ready().await.map_err(ApiError::internal),
        }
    }

    /// Whether the source answers this operation on this platform.
    pub(super) fn supports(self, app: &App, platform: Platform, operation: Operation) -> bool {
        match self {
            // The sandbox supports every operation that any provider supports.
            Self::PublicSandbox | Self::Sandbox => !order(platform, operation).is_empty(),
            Self::Live => app.providers().can(platform, operation),
        }
    }

    /// Checks that the account has the money for an answer. For a cached answer, held money counts
    /// too.
    pub(super) fn affords(self, account: &Account, price: MicroDollars, is_cached: bool) -> bool {
        match self {
            Self::PublicSandbox | Self::Sandbox => true,
            Self::Live if is_cached => account.balance.0 + account.held().0 >= price.0,
            Self::Live => account.balance >= price,
        }
    }

    /// The subject of a short link.
    pub(super) async fn resolve<S: Subject>(
        self,
        call: &mut Call<'_>,
        key: &ApiKey,
        short: &ShortLink,
    ) -> Result<S, ApiError> {
        let link = match self {
            Self::PublicSandbox | Self::Sandbox => {
                sandbox::resolve(short, S::WANTED).ok_or_else(|| ApiError::internal("no made-up link"))?
            }
            Self::Live => short_link::follow(call, key, short, S::WANTED).await?,
        };
        match S::of_link(link).map_err(|error| RequestError::Link { error, wanted: S::WANTED })? {
            Target::Subject(subject) => Ok(subject),
            Target::ShortLink(_) => Err(ApiError::internal("a short link was resolved to a short link")),
        }
    }

    /// Gets an answer if none is cached, or if the cached one, fresh until `too_old`, isn't
    /// accepted. It waits for another request about the same subject, or asks the providers itself.
    pub(super) async fn fetch<Q: Question>(
        self,
        call: &mut Call<'_>,
        key: &ApiKey,
        subject: &Q::Subject,
        too_old: Option<Timestamp>,
    ) -> Result<Got<Q>, ApiError> {
        if self == Self::Live {
            call.app.live_providers.refresh().await;
            self.refuse_resting::<Q>(call, subject).await?;
        } else if let Some(code) = sandbox::provoked(subject.id()) {
            return Err(call.provoked(code));
        }
        let Some(entry) = self.cache_key::<Q>(subject) else {
            let outcome = sandbox::answer(subject, call.app.clock.now()).await;
            return Ok(Got { outcome, cached: None, fresh_until: None });
        };
        let app = call.app;
        let health = async {
            if self == Self::Live {
                app.health.refresh((subject.platform(), Q::OPERATION)).await;
            }
        };
        let (entered, ()) = tokio::join!(app.cache.enter(&entry, call.deadline(), too_old), health);
        let lease = match entered? {
            Entered::Hit(kept) => return Ok(Got::cached(call.app, kept)),
            Entered::Leased(lease) => lease,
        };
        let outcome = match self {
            Self::PublicSandbox | Self::Sandbox => {
                let outcome = sandbox::answer::<Q>(subject, call.app.clock.now()).await;
                let record = Record::new(call, key.account(), subject, &outcome);
                let kept = record.keep(call.app, &call.receipt.request_id);
                tokio::join!(fill(call.app, &lease, &outcome), kept);
                outcome
            }
            Self::Live => buy::buy(call, key, subject, lease).await?,
        };
        let fresh_until = call.app.clock.now().checked_add(lifetime(call.app, &outcome)).ok();
        Ok(Got { outcome, cached: None, fresh_until })
    }

    /// The time for which all possible providers will refuse requests.
    pub(super) fn rest<Q: Question>(self, app: &App, platform: Platform) -> Option<Duration> {
        match self {
            Self::PublicSandbox | Self::Sandbox => None,
            Self::Live => app.providers().all_rest_for(platform, Q::OPERATION, app.clock.now()),
        }
    }

    /// The error while all providers rest. Then no money is held and no request waits.
    async fn refuse_resting<Q: Question>(self, call: &Call<'_>, subject: &Q::Subject) -> Result<(), ApiError> {
        let rest = self.rest::<Q>(call.app, subject.platform());
        match rest {
            None => Ok(()),
            Some(_) if call.waits_out(rest).await => Ok(()),
            Some(rest) => {
                let pair = (subject.platform(), Q::OPERATION);
                call.app.health.note_refused(pair, &subject.key());
                call.app.health.share(pair).await;
                let error = ApiError::retry_after(ErrorCode::UpstreamFailed, rest.as_secs().max(1));
                Err(ApiError { internal: Some("all providers rest".to_owned()), ..error })
            }
        }
    }
}
