//! Admission: recognises keys and counts their requests.

use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use jiff::Timestamp;

use super::{App, DemoKeys};
use crate::account::{Account, Admission, AdmitError, ApiKey, Load, Mode, quota, window_of};
use crate::contract::{self, Endpoint, ErrorCode};

/// The rate limit of the public sandbox key per instance, for all its users together: enough for
/// the site's visitors.
const PUBLIC_RATE_LIMIT: u64 = 600;

/// The requests of the public sandbox key in a window.
#[derive(Debug, Default)]
pub(super) struct PublicRequests(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    window: i64,
    used: u64,
}

impl App {
    /// The key of a request. A malformed key is refused without a database call.
    pub(super) fn recognise(&self, headers: &HeaderMap) -> Result<ApiKey, ErrorCode> {
        let text = contract::api_key(headers).ok_or(ErrorCode::Unauthorized)?;
        let key = ApiKey::parse(&text).map_err(|_| ErrorCode::Unauthorized)?;
        let opens = if key.is_public() {
            // The public live key was the demo account's key in earlier versions.
            key.mode() == Mode::Test && self.config.public_sandbox
        } else {
            !key.account().is_demo() || self.demo_keys == DemoKeys::Accepted
        };
        if opens { Ok(key) } else { Err(ErrorCode::Unauthorized) }
    }

    /// Counts a request against its key's rate limit. For the public sandbox key, this needs no
    /// database.
    pub(super) async fn admit(&self, key: &ApiKey, endpoint: Option<Endpoint>) -> Result<Admission, AdmitError> {
        self.admit_many(key, endpoint, Load::ONE).await
    }

    /// Like [`Self::admit`], for a request that counts as this load.
    pub(super) async fn admit_many(
        &self,
        key: &ApiKey,
        endpoint: Option<Endpoint>,
        load: Load,
    ) -> Result<Admission, AdmitError> {
        if key.is_public() {
            self.public_requests.admit(self.clock.now(), load.requests)
        } else {
            self.accounts.admit_many(key, endpoint, load).await
        }
    }
}

impl PublicRequests {
    fn admit(&self, now: Timestamp, requests: u64) -> Result<Admission, AdmitError> {
        let window = window_of(now);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.window != window {
            *counted = Counted { window, used: 0 };
        }
        let is_admitted = counted.used + requests <= PUBLIC_RATE_LIMIT;
        counted.used += if is_admitted { requests } else { 0 };
        let quota = quota(PUBLIC_RATE_LIMIT, counted.used, window, now);
        let account = Account::without_money("public sandbox");
        if is_admitted {
            Ok(Admission { account, quota })
        } else {
            Err(AdmitError::RateLimited { quota, account: Box::new(account) })
        }
    }
}
