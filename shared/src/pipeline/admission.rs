//! Who makes a request: which keys open anything, and how their requests are counted.

use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use jiff::Timestamp;

use super::{App, DemoKeys};
use crate::account::{Account, Admission, ApiKey, Mode, NotAdmitted};
use crate::contract::{self, Endpoint, ErrorCode, Quota};

/// Requests a minute of the public sandbox key, from all its users together, at one instance: enough for a page's visitors.
const PUBLIC_RATE_LIMIT: u64 = 600;
/// The rate limit's window, in seconds.
const WINDOW: i64 = 60;

/// How often the public sandbox key was used in the present minute.
#[derive(Debug, Default)]
pub(super) struct PublicRequests(Mutex<(i64, u64)>);

impl App {
    /// The key of a request. What can't be one is refused without a database call.
    pub(super) fn recognise(&self, headers: &HeaderMap) -> Result<ApiKey, ErrorCode> {
        let text = contract::api_key(headers).ok_or(ErrorCode::Unauthorized)?;
        let key = ApiKey::parse(&text).map_err(|_| ErrorCode::Unauthorized)?;
        let opens = if key.is_public() {
            // The live one was the demo account's, the same everywhere.
            key.mode() == Mode::Test && self.config.public_sandbox
        } else {
            !key.account().is_demo() || self.demo_keys == DemoKeys::Accepted
        };
        if opens { Ok(key) } else { Err(ErrorCode::Unauthorized) }
    }

    /// Counts a request against its key's rate limit; the public sandbox key's without the database.
    pub(super) async fn admit(&self, key: &ApiKey, endpoint: Option<Endpoint>) -> Result<Admission, NotAdmitted> {
        if key.is_public() {
            self.public_requests.admit(self.clock.now())
        } else {
            self.accounts.admit(key, endpoint).await
        }
    }
}

impl PublicRequests {
    fn admit(&self, now: Timestamp) -> Result<Admission, NotAdmitted> {
        let window = now.as_second().div_euclid(WINDOW);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = if counted.0 == window { counted.1 } else { 0 };
        let is_admitted = used < PUBLIC_RATE_LIMIT;
        *counted = (window, used + u64::from(is_admitted));
        let quota = Quota {
            limit: PUBLIC_RATE_LIMIT,
            remaining: PUBLIC_RATE_LIMIT - counted.1,
            resets_in: (WINDOW - now.as_second().rem_euclid(WINDOW)).unsigned_abs(),
            window: WINDOW.unsigned_abs(),
        };
        let account = Account::without_money("public sandbox");
        if is_admitted {
            Ok(Admission { account, quota })
        } else {
            Err(NotAdmitted::RateLimited { quota, account: Box::new(account) })
        }
    }
}
