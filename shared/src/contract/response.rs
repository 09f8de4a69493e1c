//! What callers get: the envelope, and the headers about rate and money.

use std::time::Duration;

use http::header::{AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use jiff::Timestamp;
use serde::Serialize;

use super::data::optional_milliseconds;
use super::error::{ApiError, ErrorCode};
use crate::base62;
use crate::money::MicroDollars;
use crate::platform::Platform;

const REQUEST_ID_LENGTH: usize = 20;
/// How keys are sent (RFC 6750).
const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"Creator Tracking API\"");
/// Answers are for their caller alone, and what they say changes.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What pages of other websites may do.
pub const CORS_METHODS: [Method; 3] = [Method::GET, Method::POST, Method::DELETE];
/// How long a browser may remember it.
pub const CORS_MAX_AGE: Duration = Duration::from_hours(1);
/// The headers that they may send.
pub const CORS_ALLOWED_HEADERS: &[&str] = &["authorization", "content-type", "x-api-key"];
/// The headers that they may read.
pub const CORS_EXPOSED_HEADERS: &[&str] = &[
    "age",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-balance",
    "x-charge",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// A whole answer; its body is JSON.
pub type Reply = Response<String>;

/// A key's standing in the current window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests per window.
    pub limit: u64,
    /// Requests left in this one.
    pub remaining: u64,
    /// Seconds until the next one.
    pub resets_in: u64,
    /// A window's length, in seconds.
    pub window: u64,
}

/// What an answer's headers tell of the caller's account, filled in while the request goes on.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// Our name for the request.
    pub request_id: String,
    /// What is left of the rate limit, once the key is recognised.
    pub quota: Option<Quota>,
    /// What the answer cost; None where the endpoint has no price, or the account isn't known.
    pub charge: Option<MicroDollars>,
    /// What the account can spend now; None where it isn't known.
    pub balance: Option<MicroDollars>,
    /// How old a cached answer is, in seconds.
    pub age: Option<u64>,
}

impl Receipt {
    /// A receipt for a new request, whose id is made here: never a caller's.
    #[must_use]
    pub fn new() -> Self {
        Self { request_id: base62::random(REQUEST_ID_LENGTH), ..Self::default() }
    }
}

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Success<D> {
    /// What was asked for.
    pub data: D,
    /// Whether it came from the cache.
    pub cached: bool,
    /// The platform that it is about.
    pub platform: Option<Platform>,
    /// Until when it comes from the cache; None where nothing is cached.
    pub expires_at: Option<Timestamp>,
}

impl<D> Success<D> {
    /// An answer that isn't cached, and about no platform.
    pub const fn new(data: D) -> Self {
        Self { data, cached: false, platform: None, expires_at: None }
    }
}

#[derive(Serialize)]
struct Envelope<D> {
    ok: bool,
    data: D,
    meta: Meta,
}

/// What an answer says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct Meta {
    cached: bool,
    platform: Option<Platform>,
    request_id: String,
    #[serde(serialize_with = "optional_milliseconds")]
    expires_at: Option<Timestamp>,
}

impl Meta {
    pub(super) fn new<D>(success: &Success<D>, request_id: &str) -> Self {
        Self {
            cached: success.cached,
            platform: success.platform,
            request_id: request_id.to_owned(),
            expires_at: success.expires_at,
        }
    }
}

#[derive(Serialize)]
struct ErrorEnvelope<'a> {
    ok: bool,
    error: &'a str,
    code: &'static str,
    request_id: &'a str,
}

/// The answer in the published envelope.
#[must_use]
pub fn reply<D: Serialize>(outcome: &Result<Success<D>, ApiError>, receipt: &Receipt) -> Reply {
    let (status, body) = match outcome {
        Ok(success) => (StatusCode::OK, success_body(success, receipt)),
        Err(error) => (error.code.status(), error_body(error, receipt)),
    };
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, NO_STORE);
    if let Some(quota) = &receipt.quota {
        quota_headers(headers, quota);
    }
    if let Some(charge) = receipt.charge {
        set(headers, "x-charge", charge);
    }
    if let Some(balance) = receipt.balance {
        set(headers, "x-balance", balance);
    }
    if let Some(age) = receipt.age {
        set(headers, AGE, age);
    }
    if let Err(error) = outcome {
        error_headers(headers, error);
    }
    reply
}

fn success_body<D: Serialize>(success: &Success<D>, receipt: &Receipt) -> String {
    json(&Envelope { ok: true, data: &success.data, meta: Meta::new(success, &receipt.request_id) })
}

fn error_body(error: &ApiError, receipt: &Receipt) -> String {
    json(&ErrorEnvelope { ok: false, error: &error.message, code: error.code.into(), request_id: &receipt.request_id })
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("our own types, with text keys only, are always JSON")
}

/// The names that peers use, and the IETF's (draft-ietf-httpapi-ratelimit-headers).
fn quota_headers(headers: &mut HeaderMap, quota: &Quota) {
    let Quota { limit, remaining, resets_in, window } = quota;
    set(headers, "x-ratelimit-limit", limit);
    set(headers, "x-ratelimit-remaining", remaining);
    set(headers, "x-ratelimit-reset", resets_in);
    set(headers, "ratelimit-policy", format_args!("\"default\";q={limit};w={window}"));
    set(headers, "ratelimit", format_args!("\"default\";r={remaining};t={resets_in}"));
}

fn error_headers(headers: &mut HeaderMap, error: &ApiError) {
    if let Some(seconds) = error.retry_after {
        set(headers, RETRY_AFTER, seconds);
    }
    if !error.allow.is_empty() {
        set(headers, ALLOW, error.allow.join(", "));
    }
    if error.code == ErrorCode::Unauthorized {
        headers.insert(WWW_AUTHENTICATE, BEARER);
    }
}

fn set(headers: &mut HeaderMap, name: impl TryInto<HeaderName>, value: impl std::fmt::Display) {
    let value = HeaderValue::try_from(value.to_string());
    if let (Ok(name), Ok(value)) = (name.try_into(), value) {
        headers.insert(name, value);
    }
}
