//! What a request was, kept for 30 days for whoever doubts its charge: written beside the answer in the cache, of fresh answers and
//! failures alone.

use std::time::Duration;

use jiff::Timestamp;
use lambda_http::Request;
use serde::{Deserialize, Serialize};

use super::App;
use super::call::Call;
use super::own::own;
use crate::account::{Account, AccountId, ApiKey};
use crate::cache::{CacheKey, Kept};
use crate::contract::{ApiError, Dollars, Endpoint, ErrorCode, Reply, RequestData};
use crate::creator::{Answer, Outcome};
use crate::money::MicroDollars;
use crate::platform::{Platform, Subject};

/// How long it is kept.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// A request, as stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    endpoint: String,
    platform: Platform,
    asked: String,
    status: u16,
    provider: Option<String>,
    /// What it costs once its hold is settled.
    price: u64,
    /// The hold's name; none where nothing is held any more.
    hold: Option<String>,
    at: Timestamp,
}

impl Record {
    /// The request of this call about this subject, which came to this.
    pub(super) fn new<A: Answer>(call: &Call<'_>, subject: &A::Subject, outcome: &Outcome<A>) -> Self {
        let (status, provider) = match outcome {
            Outcome::Answered(fetched) => (200, Some(fetched.provider.clone())),
            Outcome::NotFound => (ErrorCode::NotFound.status().as_u16(), None),
            Outcome::Failed => (ErrorCode::UpstreamFailed.status().as_u16(), None),
        };
        Self {
            endpoint: call.endpoint.name().to_owned(),
            platform: subject.platform(),
            asked: subject.url().to_owned(),
            status,
            provider,
            price: 0,
            hold: None,
            at: call.app.clock.now(),
        }
    }

    /// The same, with a price that is held under this name.
    pub(super) fn costing(self, price: MicroDollars, hold: &str) -> Self {
        Self { price: price.0, hold: Some(hold.to_owned()), ..self }
    }

    /// The same, with nothing to pay.
    pub(super) fn free(self) -> Self {
        Self { price: 0, hold: None, ..self }
    }

    /// Stores it. It is told to who asks for it, and decides nothing: if it can't be stored, the answer is given all the same.
    pub(super) async fn keep(&self, app: &App, account: &AccountId, request_id: &str) {
        if let Err(error) = app.cache.put(&key(account, request_id), self, KEPT).await {
            tracing::warn!(%error, request_id, "what the request was is not kept");
        }
    }

    /// What was charged: nothing where the hold came back, and None as long as it is held.
    fn charged(&self, account: &Account) -> Option<MicroDollars> {
        match &self.hold {
            Some(hold) if account.holds.contains_key(hold) => None,
            Some(hold) if account.gave_back(hold) => Some(MicroDollars::ZERO),
            _ => Some(MicroDollars(self.price)),
        }
    }
}

fn key(account: &AccountId, request_id: &str) -> CacheKey {
    CacheKey::new(&["request", account.as_str(), request_id])
}

/// Answers a request for what a request of the caller's account was.
pub async fn request(app: &App, request: &Request) -> Reply {
    own(app, Endpoint::Request, request, async |key, account| show(app, request, key, &account).await).await
}

async fn show(app: &App, request: &Request, key: &ApiKey, account: &Account) -> Result<RequestData, ApiError> {
    let path = request.uri().path();
    let request_id = Endpoint::Request.parameter(path.strip_suffix('/').unwrap_or(path)).unwrap_or_default();
    let entry = self::key(key.account(), request_id);
    let may_be_kept = is_id(request_id) && !key.is_public();
    let kept = if may_be_kept { app.cache.look::<Record>(&entry).await? } else { None };
    let Kept { value: record, .. } = kept.ok_or_else(|| {
        let nothing = "no request of this account has this id, or it is older than 30 days, or its answer came from the \
                       cache or was refused: those are free and aren't kept";
        ApiError::new(ErrorCode::NotFound, nothing)
    })?;
    Ok(RequestData {
        request_id: request_id.to_owned(),
        charged: record.charged(account).map(Dollars),
        endpoint: record.endpoint,
        platform: record.platform,
        asked: record.asked,
        status: record.status,
        cached: false,
        provider: record.provider,
        at: record.at,
    })
}

fn is_id(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
