//! Responses: the envelope, and the headers about the rate limit and the money.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{AGE, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::data::optional_milliseconds;
use super::error::{ApiError, ErrorCode};
use super::schema::Moment;
use crate::base62;
use crate::money::MicroDollars;
use crate::platform::Platform;

const REQUEST_ID_LENGTH: usize = 20;
/// How keys are sent (RFC 6750).
const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"Creator Tracking API\"");
/// Caches may not store answers, because they are only for their caller and their content changes.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The methods that pages of other websites may use.
pub const CORS_METHODS: [Method; 3] = [Method::GET, Method::POST, Method::DELETE];
/// The time for which a browser may remember the permission, in seconds.
pub const CORS_MAX_AGE: Duration = Duration::from_hours(1);
/// The headers that they may send.
pub const CORS_ALLOWED_HEADERS: &[&str] =
    &["authorization", "content-type", "mcp-method", "mcp-name", "mcp-protocol-version", "x-api-key"];
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

/// A complete response; its body is JSON.
pub type Reply = Response<String>;

/// A key's standing in the current window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests per window.
    pub limit: u64,
    /// Requests left in this window.
    pub remaining: u64,
    /// Seconds until the next window.
    pub resets_in: u64,
    /// A window's length, in seconds.
    pub window: u64,
}

/// The values for the response's headers, filled in while the request is handled.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// Our name for the request.
    pub request_id: String,
    /// The rest of the rate limit, once the key is recognised.
    pub quota: Option<Quota>,
    /// The cost of the answer; `None` if the endpoint has no price, or the account isn't known.
    pub charge: Option<MicroDollars>,
    /// The money that the account can spend now; `None` if it isn't known.
    pub balance: Option<MicroDollars>,
    /// The age of a cached answer, in seconds.
    pub age: Option<u64>,
}

impl Receipt {
    /// A receipt for a new request. Its id is generated here, and never taken from a caller.
    #[must_use]
    pub fn new() -> Self {
        Self { request_id: base62::random(REQUEST_ID_LENGTH), ..Self::default() }
    }
}

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Success<D> {
    /// The endpoint's data.
    pub data: D,
    /// Whether the answer is from the cache.
    pub cached: bool,
    /// The platform of the subject.
    pub platform: Option<Platform>,
    /// The time until which it is cached; `None` if it isn't cached.
    pub expires_at: Option<Timestamp>,
}

impl<D> Success<D> {
    /// An answer that isn't cached and has no platform.
    pub const fn new(data: D) -> Self {
        Self { data, cached: false, platform: None, expires_at: None }
    }
}

/// A successful answer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{D}Response")]
pub(crate) struct Envelope<D> {
    /// Always true.
    #[schemars(extend("const" = true), example = true)]
    ok: bool,
    /// The endpoint's data.
    data: D,
    /// Facts about the answer itself.
    meta: Meta,
}

/// Facts about an answer itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Meta {
    /// Whether the answer is from the cache. Cached answers are free.
    #[schemars(example = false)]
    cached: bool,
    /// The platform of the answer's subject. Null if the answer isn't about one platform.
    #[schemars(example = &"tiktok")]
    platform: Option<Platform>,
    /// The id of this request, for `GET /v1/requests/{request_id}` and for questions about it.
    #[schemars(example = &"SswFG3BXNNYYtDzZiB7u")]
    request_id: String,
    /// The time until which the same request gets this answer from the cache, in UTC. Null if it
    /// isn't cached.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2026-03-28T12:05:00.000Z")]
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

/// The form of every error. No error is charged.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorEnvelope<'a> {
    /// Always false.
    #[schemars(extend("const" = false), example = false)]
    ok: bool,
    #[serde(flatten)]
    told: ErrorBody<'a>,
}

/// The members of an error.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct ErrorBody<'a> {
    /// A message for people: the fault, and the remedy. Its wording may change.
    #[schemars(example = &"Rate limit exceeded — wait and retry")]
    error: Cow<'a, str>,
    /// The fault, for programs. Codes never change. There may be new ones, so use the HTTP status
    /// if you don't know a code.
    #[schemars(with = "String", example = &"rate_limited")]
    pub(super) code: ErrorCode,
    /// The id of this request, for questions about it.
    #[schemars(example = &"SswFG3BXNNYYtDzZiB7u")]
    request_id: Cow<'a, str>,
    /// The address of the error's explanation, on the host of the API.
    #[schemars(extend("format" = "uri-reference"), example = &"/docs/errors#rate_limited")]
    doc_url: String,
    /// The address where you can add funds, on the host of the API. Only with
    /// `insufficient_balance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "uri-reference"), example = &"/billing")]
    billing_url: Option<&'static str>,
}

impl<'a> ErrorBody<'a> {
    /// An error with this code and message.
    pub(super) fn new(code: ErrorCode, message: impl Into<Cow<'a, str>>, request_id: impl Into<Cow<'a, str>>) -> Self {
        Self {
            error: message.into(),
            code,
            request_id: request_id.into(),
            doc_url: code.doc_url(),
            billing_url: code.billing_url(),
        }
    }
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
    json(&ErrorEnvelope { ok: false, told: ErrorBody::new(error.code, &error.message, &receipt.request_id) })
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("our own types, with text keys only, are always JSON")
}

/// Turns a response to GET into the response to HEAD.
#[must_use]
pub fn without_body(mut reply: Reply) -> Reply {
    let length = reply.body().len().into();
    reply.headers_mut().insert(CONTENT_LENGTH, length);
    reply.body_mut().clear();
    reply
}

/// The usual names of such headers, and the IETF's (draft-ietf-httpapi-ratelimit-headers).
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
