//! What callers get: the envelope, the data of each endpoint, and the headers about rate and money.

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::endpoint::Endpoint;
use super::error::ApiError;
use crate::base62;
use crate::creator::{Fetched, PostStats, Precision};
use crate::money::MicroDollars;
use crate::platform::{Platform, Post};

const REQUEST_ID_LENGTH: usize = 20;

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
    /// What the answer cost; None for what has no price.
    pub charge: Option<MicroDollars>,
    /// What is left on the account.
    pub balance: Option<MicroDollars>,
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
}

#[derive(Serialize)]
struct Envelope<'a, D> {
    ok: bool,
    data: D,
    meta: Meta<'a>,
}

#[derive(Serialize)]
struct Meta<'a> {
    cached: bool,
    platform: Option<Platform>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct ErrorEnvelope<'a> {
    ok: bool,
    error: &'a str,
    code: &'static str,
    request_id: &'a str,
}

/// `post/stats`.
#[derive(Clone, Debug, Serialize)]
pub struct PostStatsData {
    platform: Platform,
    post_url: String,
    post_id: String,
    views: Option<u64>,
    /// What stands for the views, where it isn't views.
    #[serde(skip_serializing_if = "Option::is_none")]
    views_source: Option<&'static str>,
    likes: Option<u64>,
    comments: Option<u64>,
    shares: Option<u64>,
    precision: Precision,
    provider: String,
    #[serde(serialize_with = "milliseconds")]
    fetched_at: Timestamp,
}

impl PostStatsData {
    /// What a provider answered about this post.
    #[must_use]
    pub fn new(post: Post, fetched: Fetched<PostStats>) -> Self {
        let stats = fetched.value;
        // LinkedIn shows impressions to a post's author alone.
        let (views, views_source) = match (stats.views, post.platform) {
            (None, Platform::LinkedIn) => (stats.likes, stats.likes.map(|_| "reactions")),
            (views, _) => (views, None),
        };
        Self {
            platform: post.platform,
            post_url: stats.url.unwrap_or(post.url),
            post_id: post.id,
            views,
            views_source,
            likes: stats.likes,
            comments: stats.comments,
            shares: stats.shares,
            precision: stats.precision,
            provider: fetched.provider,
            fetched_at: fetched.fetched_at,
        }
    }
}

/// `ping`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ping {
    /// "pong".
    pub message: &'static str,
}

/// `platforms`.
#[derive(Clone, Debug, Serialize)]
pub struct Platforms {
    /// Each platform of the contract.
    pub platforms: Vec<PlatformEndpoints>,
}

/// What works for one platform.
#[derive(Clone, Debug, Serialize)]
pub struct PlatformEndpoints {
    /// The platform.
    pub platform: Platform,
    /// The endpoints that have a provider for it.
    pub endpoints: Vec<Endpoint>,
}

/// RFC 3339 in UTC, always with milliseconds.
fn milliseconds<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{moment:.3}"))
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
    if let Some(quota) = &receipt.quota {
        quota_headers(headers, quota);
    }
    if let Some(charge) = receipt.charge {
        set(headers, "x-charge", charge);
    }
    if let Some(balance) = receipt.balance {
        set(headers, "x-balance", balance);
    }
    if let Err(ApiError { retry_after: Some(seconds), .. }) = outcome {
        set(headers, RETRY_AFTER, seconds);
    }
    if let Err(ApiError { allow: Some(method), .. }) = outcome {
        set(headers, ALLOW, method);
    }
    reply
}

fn success_body<D: Serialize>(success: &Success<D>, receipt: &Receipt) -> String {
    json(&Envelope {
        ok: true,
        data: &success.data,
        meta: Meta { cached: success.cached, platform: success.platform, request_id: &receipt.request_id },
    })
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

fn set(headers: &mut HeaderMap, name: impl TryInto<HeaderName>, value: impl std::fmt::Display) {
    let value = HeaderValue::try_from(value.to_string());
    if let (Ok(name), Ok(value)) = (name.try_into(), value) {
        headers.insert(name, value);
    }
}
