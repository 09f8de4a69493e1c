//! Records of requests, kept for 30 days, so that a customer can check a charge. A record is
//! written together with the cached answer, only for fresh answers and failures.

use std::time::Duration;

use jiff::Timestamp;
use lambda_http::Request;
use serde::{Deserialize, Serialize};

use super::App;
use super::call::Call;
use super::own::own;
use crate::account::{Account, AccountId, Accounts, ApiKey, OperatorError};
use crate::cache::{Cache, CacheKey};
use crate::contract::{ApiError, Dollars, Endpoint, ErrorCode, Reply, RequestData};
use crate::creator::{Answer, Outcome};
use crate::dynamodb::StorageError;
use crate::money::MicroDollars;
use crate::platform::{Platform, Subject};

/// How long a record is kept.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// The stored form of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    account: String,
    endpoint: String,
    platform: Platform,
    asked: String,
    status: u16,
    provider: Option<String>,
    /// The price once its hold is settled.
    price: u64,
    /// The hold's name; `None` if nothing is held any more.
    hold: Option<String>,
    at: Timestamp,
}

impl Record {
    /// The record of this call, with its subject and result.
    pub(super) fn new<A: Answer>(
        call: &Call<'_>,
        account: &AccountId,
        subject: &A::Subject,
        outcome: &Outcome<A>,
    ) -> Self {
        let (status, provider) = match outcome {
            Outcome::Answered(fetched) => (200, Some(fetched.provider.clone())),
            Outcome::NotFound => (ErrorCode::NotFound.status().as_u16(), None),
            Outcome::Failed => (ErrorCode::UpstreamFailed.status().as_u16(), None),
        };
        Self {
            account: account.to_string(),
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

    /// This record with a price, whose hold has this name.
    pub(super) fn costing(self, price: MicroDollars, hold: &str) -> Self {
        Self { price: price.0, hold: Some(hold.to_owned()), ..self }
    }

    /// This record without a price.
    pub(super) fn free(self) -> Self {
        Self { price: 0, hold: None, ..self }
    }

    /// Stores the record. No decision depends on it: if it can't be stored, the answer is returned
    /// anyway.
    pub(super) async fn keep(&self, app: &App, request_id: &str) {
        if let Err(error) = app.cache.put(&key(request_id), self, KEPT).await {
            tracing::warn!(%error, request_id, "the record of the request is not stored");
        }
    }

    /// The record in the form that its account sees.
    fn data(self, request_id: &str, account: &Account) -> RequestData {
        RequestData {
            request_id: request_id.to_owned(),
            charged: self.charged(account).map(Dollars),
            endpoint: self.endpoint,
            platform: self.platform,
            asked: self.asked,
            status: self.status,
            cached: false,
            provider: self.provider,
            at: self.at,
        }
    }

    /// The charge: zero if the hold was released, None while it is held.
    fn charged(&self, account: &Account) -> Option<MicroDollars> {
        match &self.hold {
            Some(hold) if account.holds.contains_key(hold) => None,
            Some(hold) if account.gave_back(hold) => Some(MicroDollars::ZERO),
            _ => Some(MicroDollars(self.price)),
        }
    }
}

fn key(request_id: &str) -> CacheKey {
    CacheKey::new(&["request", request_id])
}

/// The record of this request and its account, for operators; `None` if it isn't kept.
///
/// # Errors
/// If DynamoDB doesn't answer.
pub async fn kept_request(
    cache: &Cache,
    accounts: &Accounts,
    request_id: &str,
) -> Result<Option<(String, RequestData)>, OperatorError> {
    let Some(record) = look(cache, request_id).await? else { return Ok(None) };
    let account = match record.account.parse::<AccountId>() {
        Ok(id) => accounts.show(&id).await,
        Err(_) => Ok(Account::without_money("")),
    };
    let account = match account {
        // A deleted account has no holds any more.
        Err(OperatorError::NoAccount(_)) => Account::without_money(""),
        account => account?,
    };
    Ok(Some((record.account.clone(), record.data(request_id, &account))))
}

async fn look(cache: &Cache, request_id: &str) -> Result<Option<Record>, StorageError> {
    let is_id = (1..=40).contains(&request_id.len()) && request_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Ok(if is_id { cache.look::<Record>(&key(request_id)).await?.map(|kept| kept.value) } else { None })
}

/// Answers a request about a past request of the caller's account.
pub async fn request(app: &App, request: &Request) -> Reply {
    own(app, Endpoint::Request, request, async |key, account| show(app, request, key, &account).await).await
}

async fn show(app: &App, request: &Request, key: &ApiKey, account: &Account) -> Result<RequestData, ApiError> {
    let path = request.uri().path();
    let request_id = Endpoint::Request.parameter(path.strip_suffix('/').unwrap_or(path)).unwrap_or_default();
    let kept = if key.is_public() { None } else { look(&app.cache, request_id).await? };
    let own = kept.filter(|record| record.account == key.account().as_str());
    let record = own.ok_or_else(|| {
        let nothing = "no request of this account has this id, or it is older than 30 days, or its answer came from the \
                       cache or was refused: those are free and aren't kept";
        ApiError::new(ErrorCode::NotFound, nothing)
    })?;
    Ok(record.data(request_id, account))
}
