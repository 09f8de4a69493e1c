//! One request while it is handled: its caller, its facts for the answer's headers, and its log
//! line.

use std::time::Duration;

use jiff::Timestamp;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use tracing::Level;

use super::batch::{Batch, POSTS_PER_REQUEST};
use super::record::Record;
use super::{App, body};
use crate::account::{
    Account, AccountId, Admission, AdmitError, ApiKey, Cause, Held, HoldError, HoldRefusal, KeyLimits, Mode, Settled,
    Wanted, left_of_day,
};
use crate::cache::EnterError;
use crate::contract::{ApiError, Endpoint, ErrorCode, Receipt, Reply, Success, reply};
use crate::dynamodb::{StorageError, calls};
use crate::metrics::RequestMetrics;
use crate::money::MicroDollars;
use crate::platform::Platform;
use crate::provider::{Attempt, Crowd, LAST_MOMENT};

/// The longest accepted time between the gateway and this function. A longer one is an effect of
/// different clocks.
const LONGEST_WAY: Duration = Duration::from_secs(15);

/// The caller in the log, without the key's secret.
pub(super) struct KeyName {
    pub(super) id: String,
    pub(super) account: AccountId,
    pub(super) mode: Mode,
}

impl From<&ApiKey> for KeyName {
    fn from(key: &ApiKey) -> Self {
        Self { id: key.id(), account: key.account().clone(), mode: key.mode() }
    }
}

/// One request while it is handled.
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    pub(super) endpoint: Endpoint,
    pub(super) receipt: Receipt,
    pub(super) platform: Option<Platform>,
    key: Option<KeyName>,
    limits: KeyLimits,
    provider: Option<String>,
    attempts: Vec<Attempt>,
    is_provoked: bool,
    is_upstream_failure: bool,
    /// The batch that it belongs to.
    batch: Option<&'a Batch>,
    arrived: Timestamp,
    started: Instant,
}

impl<'a> Call<'a> {
    pub(super) fn new(app: &'a App, endpoint: Endpoint, request: &Request) -> Self {
        let now = app.clock.now();
        let age = age_at(request, now);
        Self {
            app,
            endpoint,
            receipt: Receipt::new(),
            key: None,
            limits: KeyLimits::default(),
            platform: None,
            provider: None,
            attempts: Vec::new(),
            is_provoked: false,
            is_upstream_failure: false,
            batch: None,
            arrived: now.checked_sub(age).unwrap_or(now),
            started: Instant::now().checked_sub(age).unwrap_or_else(Instant::now),
        }
    }

    /// The call of one post of a batch.
    pub(super) fn of_batch<'b>(&'b self, batch: &'b Batch, platform: Platform) -> Call<'b> {
        Call {
            app: self.app,
            endpoint: self.endpoint,
            receipt: Receipt::new(),
            platform: Some(platform),
            key: None,
            limits: KeyLimits::default(),
            provider: None,
            attempts: Vec::new(),
            is_provoked: false,
            is_upstream_failure: false,
            batch: Some(batch),
            arrived: self.arrived,
            started: self.started,
        }
    }

    /// A new request id.
    pub(super) fn new_id() -> String {
        Receipt::new().request_id
    }

    /// Reads the API key and checks the body's size. A caller whose body is too large still gets
    /// the headers about the rate limit.
    pub(super) async fn open(&mut self, request: &Request) -> Result<ApiKey, ApiError> {
        let key = self.app.recognise(request.headers());
        self.key = key.as_ref().ok().map(KeyName::from);
        let max_body = self.endpoint.spec().max_body;
        if body(request).len() > max_body {
            if let Ok(key) = key {
                // The body is too large even if admission fails.
                let _ = self.admit(&key).await;
            }
            return Err(ApiError::body_too_large(max_body));
        }
        Ok(key?)
    }

    /// Counts the request against its key's rate limit.
    pub(super) async fn admit(&mut self, key: &ApiKey) -> Result<Account, ApiError> {
        let admission = self.app.admit(key, Some(self.endpoint)).await;
        self.admitted(admission)
    }

    /// Records the result of the admission for the answer's headers.
    pub(super) fn admitted(&mut self, admission: Result<Admission, AdmitError>) -> Result<Account, ApiError> {
        self.receipt.quota = match &admission {
            Ok(admission) => Some(admission.quota),
            Err(refusal) => refusal.quota(),
        };
        match admission {
            Ok(Admission { account, .. }) => {
                self.note(&account);
                let record = self.key.as_ref().and_then(|key| account.keys.get(&key.id));
                self.limits = record.map(|record| record.limits.clone()).unwrap_or_default();
                self.refuse_endpoint()?;
                Ok(account)
            }
            Err(AdmitError::RateLimited { account, .. }) => {
                self.note(&account);
                Err(self.rate_limited())
            }
            Err(AdmitError::Never { account, quota }) => {
                self.note(&account);
                let most = quota.limit * POSTS_PER_REQUEST;
                let problem =
                    format!("this key's rate limit allows batches of up to {most} posts; send smaller batches");
                Err(ApiError::new(ErrorCode::InvalidRequest, problem))
            }
            Err(AdmitError::Ended(moment)) => Err(ApiError::new(
                ErrorCode::Unauthorized,
                format!("this API key worked until {moment}; use another one"),
            )),
            Err(AdmitError::Unknown) => Err(ErrorCode::Unauthorized.into()),
            Err(AdmitError::Storage { error, .. }) => Err(error.into()),
        }
    }

    /// Checks that the key may call this endpoint. A key with limits may not manage keys, because
    /// it could remove its limits.
    fn refuse_endpoint(&self) -> Result<(), ApiError> {
        if self.endpoint.manages_keys() && !self.limits.is_none() {
            return Err(not_allowed("a key with limits can't manage keys; use one without limits"));
        }
        match &self.limits.endpoints {
            Some(allowed) if !allowed.has(self.endpoint) => {
                let names: Vec<_> = allowed.iter().map(Endpoint::name).collect();
                Err(not_allowed(format!("this key is only for {}; use another key", names.join(", "))))
            }
            _ => Ok(()),
        }
    }

    /// Records the balance for the headers.
    pub(super) fn note(&mut self, account: &Account) {
        self.receipt.balance = Some(account.balance);
        if self.endpoint.is_priced() {
            self.receipt.charge = Some(self.charged());
        }
    }

    /// Records the answer's cost for the headers.
    pub(super) fn charge(&mut self, price: MicroDollars) {
        self.receipt.charge = Some(price);
    }

    fn charged(&self) -> MicroDollars {
        self.receipt.charge.unwrap_or(MicroDollars::ZERO)
    }

    /// Turns the reason why the price isn't held into an error.
    pub(super) fn not_held(&mut self, refusal: HoldError) -> ApiError {
        match refusal {
            HoldError::Refused { reason, account } => {
                self.note(&account);
                reason.into()
            }
            HoldError::Storage(error) => error.into(),
        }
    }

    /// Records the platform, if the key may be used for it.
    pub(super) fn about(&mut self, platform: Platform) -> Result<(), ApiError> {
        self.platform = Some(platform);
        self.refuse_platform(platform)
    }

    /// Checks that the key may be used for this platform.
    pub(super) fn refuse_platform(&self, platform: Platform) -> Result<(), ApiError> {
        match &self.limits.platforms {
            Some(allowed) if !allowed.has(platform) => {
                let names: Vec<_> = allowed.iter().map(Platform::title).collect();
                let (names, title) = (names.join(", "), platform.title());
                Err(not_allowed(format!("this key is only for {names}, and not for {title}; use another key")))
            }
            _ => Ok(()),
        }
    }

    /// Holds a price, within the key's budget. A batch has already held the price of all its posts.
    pub(super) async fn hold(&self, key: &ApiKey, name: &str, price: MicroDollars) -> Result<Held, HoldError> {
        match self.batch {
            Some(batch) => batch.held(),
            None => self.hold_some(key, name, price, 1, None).await,
        }
    }

    /// Holds the price of up to this many answers, as far as the account allows.
    pub(super) async fn hold_some(
        &self,
        key: &ApiKey,
        name: &str,
        price: MicroDollars,
        answers: u64,
        seen: Option<&Account>,
    ) -> Result<Held, HoldError> {
        let wanted = Wanted { price, answers, budget: self.limits.budget_per_day };
        self.app.accounts.hold_some(key, self.endpoint, name, wanted, seen).await
    }

    /// Settles the hold. A batch does this once for all its posts.
    pub(super) async fn settle(&self, key: &ApiKey, held: &Held, record: &Record) -> Result<Settled, StorageError> {
        match self.batch {
            Some(batch) => Ok(batch.answered(held, &self.receipt.request_id, record.clone())),
            None => self.app.accounts.settle(key, self.endpoint, &held.name).await,
        }
    }

    /// Releases the hold; returns the account after that, if it is known. A batch does this once
    /// for all its posts.
    pub(super) async fn release(
        &self,
        account: &AccountId,
        held: &Held,
        cause: Cause,
    ) -> Result<Option<Account>, StorageError> {
        match self.batch {
            Some(batch) => {
                batch.failed(cause);
                Ok(None)
            }
            None => self.app.accounts.release(account, held, cause).await,
        }
    }

    /// The other posts of the batch, whose requests to providers can be combined with this one's.
    pub(super) fn crowd(&self) -> Option<&Crowd> {
        self.batch.map(Batch::crowd)
    }

    /// Waits until the providers' rest ends, and returns true. Only a batch waits, if the rest ends
    /// before the deadline.
    pub(super) async fn waits_out(&self, rest: Option<Duration>) -> bool {
        match rest.filter(|rest| self.batch.is_some() && *rest + LAST_MOMENT < self.time_left()) {
            Some(rest) => {
                sleep(rest).await;
                true
            }
            None => false,
        }
    }

    pub(super) fn answered_by(&mut self, provider: &str) {
        self.provider = Some(provider.to_owned());
    }

    /// The caller requested this error from the sandbox, so it isn't our fault. It has the headers
    /// of a real error.
    pub(super) fn provoked(&mut self, code: ErrorCode) -> ApiError {
        self.is_provoked = true;
        match code {
            ErrorCode::RateLimited => self.rate_limited(),
            ErrorCode::TooManyFailures => {
                ApiError::retry_after(code, self.app.config.accounts.seconds_per_free_failure())
            }
            ErrorCode::KeyBudgetExceeded => ApiError::retry_after(code, left_of_day(self.app.clock.now())),
            ErrorCode::UpstreamFailed => self.upstream_failed(None),
            _ => code.into(),
        }
    }

    fn rate_limited(&self) -> ApiError {
        let resets_in = self.receipt.quota.map_or(1, |quota| quota.resets_in);
        ApiError::retry_after(ErrorCode::RateLimited, resets_in)
    }

    /// The error if all providers failed. The failure is cached for some seconds, and longer while
    /// all providers rest.
    pub(super) fn upstream_failed(&self, rest: Option<Duration>) -> ApiError {
        let remembered = self.app.config.cache.failure;
        let wait = rest.map_or(remembered, |rest| rest.max(remembered));
        ApiError::retry_after(ErrorCode::UpstreamFailed, wait.as_secs().max(1))
    }

    pub(super) fn heard(&mut self, attempts: impl IntoIterator<Item = Attempt>) {
        self.attempts.extend(attempts);
    }

    /// Adds the attempts for a post of a batch to the batch's log line.
    pub(super) fn take_attempts(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.attempts)
    }

    /// Records that providers failed, although the whole request is answered.
    pub(super) fn note_upstream_failure(&mut self) {
        self.is_upstream_failure = true;
    }

    /// The time until which providers may be asked.
    pub(super) fn deadline(&self) -> Instant {
        self.started + self.app.config.chain.deadline
    }

    /// The time that is left for asking providers.
    pub(super) fn time_left(&self) -> Duration {
        self.deadline().saturating_duration_since(Instant::now())
    }

    /// Whether the request is so old that its caller may have disconnected. Then no money may be
    /// spent.
    pub(super) fn is_late(&self) -> bool {
        let age = self.app.clock.now().duration_since(self.arrived);
        Duration::try_from(age).is_ok_and(|age| age > self.app.config.settle_within)
    }

    /// Makes the answer, and writes the request's log line and its metrics.
    pub(super) fn finish<D: Serialize>(self, outcome: &Result<Success<D>, ApiError>) -> Reply {
        let reply = reply(outcome, &self.receipt);
        let status = reply.status().as_u16();
        self.log(outcome, status);
        let request = RequestMetrics {
            endpoint: self.endpoint.name(),
            status,
            is_provoked: self.is_provoked,
            is_upstream_failure: self.is_upstream_failure
                || outcome.as_ref().is_err_and(|error| error.code == ErrorCode::UpstreamFailed),
            is_cached: outcome.as_ref().is_ok_and(|success| success.cached),
            charge: self.charged(),
            duration: self.started.elapsed(),
        };
        self.app.metrics.count(&request, &self.attempts);
        reply
    }

    fn log<D>(&self, outcome: &Result<Success<D>, ApiError>, status: u16) {
        let error = outcome.as_ref().err();
        let attempts: Vec<String> = self.attempts.iter().map(ToString::to_string).collect();
        // tracing needs constant levels.
        macro_rules! line {
            ($level:ident) => {
                // Fields that people compare between lines are first; ids are last.
                tracing::$level!(
                    status,
                    endpoint = %self.endpoint,
                    provider = self.provider.as_deref(),
                    duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
                    platform = self.platform.map(<&str>::from),
                    cached = outcome.as_ref().ok().map(|success| success.cached),
                    charge = self.receipt.charge.map(|charge| charge.to_string()),
                    code = error.map(|error| error.code.to_string()),
                    reason = error.and_then(|error| error.internal.as_deref()),
                    attempts = (!attempts.is_empty()).then(|| attempts.join("; ")),
                    dynamodb_calls = calls(),
                    mode = self.key.as_ref().map(|key| <&str>::from(key.mode)),
                    account = self.key.as_ref().map(|key| key.account.as_str()),
                    key = self.key.as_ref().map(|key| &*key.id),
                    request_id = self.receipt.request_id,
                    "request"
                )
            };
        }
        match error.filter(|_| !self.is_provoked).map_or(Level::INFO, |error| error.code.level()) {
            Level::ERROR => line!(error),
            Level::WARN => line!(warn),
            _ => line!(info),
        }
    }
}

fn not_allowed(detail: impl AsRef<str>) -> ApiError {
    ApiError::new(ErrorCode::KeyNotAllowed, detail)
}

/// The time between the gateway and this function, including the start of a function's instance. An
/// impossible time, from different clocks or a sleeping laptop, is ignored.
fn age_at(request: &Request, now: Timestamp) -> Duration {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return Duration::ZERO };
    let age = now.as_millisecond().checked_sub(context.time_epoch).and_then(|age| u64::try_from(age).ok());
    age.map(Duration::from_millis).filter(|age| *age <= LONGEST_WAY).unwrap_or_default()
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        Self::internal(error)
    }
}

impl From<HoldRefusal> for ApiError {
    fn from(reason: HoldRefusal) -> Self {
        match reason {
            HoldRefusal::InsufficientBalance => ErrorCode::InsufficientBalance.into(),
            HoldRefusal::TooManyInFlight => ErrorCode::TooManyInFlight.into(),
            HoldRefusal::TooManyFailures { retry_after } => Self::retry_after(ErrorCode::TooManyFailures, retry_after),
            HoldRefusal::KeyBudgetExceeded { retry_after } => {
                Self::retry_after(ErrorCode::KeyBudgetExceeded, retry_after)
            }
        }
    }
}

impl From<EnterError> for ApiError {
    fn from(error: EnterError) -> Self {
        match error {
            EnterError::TimedOut => Self { internal: Some(error.to_string()), ..ErrorCode::UpstreamFailed.into() },
            EnterError::Storage(error) => error.into(),
        }
    }
}
