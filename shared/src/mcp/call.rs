//! A tool's call: makes the endpoint's request, and a tool's answer from the endpoint's answer.

use std::str::FromStr;

use http::header::{AGE, AUTHORIZATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, Method, Uri};
use lambda_http::{Body, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use url::form_urlencoded::Serializer;

use super::text;
use crate::account::{ApiKey, Mode};
use crate::contract::{Endpoint, Reply, api_key};
use crate::pipeline::App;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A tool's answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Called {
    content: [Text; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_content: Option<Structured>,
    is_error: bool,
}

#[derive(Debug, Serialize)]
struct Text {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}

/// The endpoint's unchanged answer, and the values of its headers.
#[derive(Debug, Serialize)]
struct Structured {
    ok: bool,
    data: Box<RawValue>,
    meta: Box<RawValue>,
    receipt: CallReceipt,
}

/// The parts of an endpoint's answer that are returned unchanged.
#[derive(Deserialize)]
struct Answered {
    data: Box<RawValue>,
    meta: Box<RawValue>,
}

/// The cost and the limits after a call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Receipt")]
pub(crate) struct CallReceipt {
    /// The cost of this call, in dollars: 0 for cached answers, and with a test key. Null if the
    /// tool has no price.
    #[schemars(with = "Option<f64>", range(min = 0.0), example = 0.001)]
    pub(super) charge: Option<Number>,
    /// The money that the account can spend now, in dollars. Null if no key is needed.
    #[schemars(with = "Option<f64>", range(min = 0.0), example = 24.9)]
    pub(super) balance: Option<Number>,
    /// The age of a cached answer, in seconds. Null for a fresh answer.
    #[schemars(example = 42)]
    pub(super) age: Option<u64>,
    /// The number of requests that the key has left in this minute. Null if no key is needed.
    #[schemars(example = 57)]
    pub(super) requests_left: Option<u64>,
    /// Whether the numbers are made up, for a test key. Never present them as real.
    #[schemars(example = false)]
    pub(super) is_made_up: bool,
}

impl CallReceipt {
    fn of(headers: &HeaderMap, is_made_up: bool) -> Self {
        Self {
            charge: header(headers, "x-charge"),
            balance: header(headers, "x-balance"),
            age: header(headers, AGE.as_str()),
            requests_left: header(headers, "x-ratelimit-remaining"),
            is_made_up,
        }
    }
}

fn header<T: FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// Calls the tool of this endpoint.
pub(super) async fn called<F: Future<Output = Reply>>(
    app: &App,
    endpoint: Endpoint,
    arguments: Map<String, Value>,
    message: Request,
    handle: impl FnOnce(Endpoint, Request) -> F,
) -> Called {
    let has_key = has_key(message.headers());
    let is_made_up = !endpoint.spec().is_public && is_test_key(message.headers());
    let reply = handle(endpoint, request(endpoint, &arguments, message)).await;
    if !reply.status().is_success() {
        let retry_after = header(reply.headers(), RETRY_AFTER.as_str());
        return failed(text::error(reply.body(), retry_after, has_key, app.config().public_sandbox));
    }
    let receipt = CallReceipt::of(reply.headers(), is_made_up);
    match serde_json::from_str(reply.body()) {
        Ok(answered) => Called::new(endpoint, answered, receipt),
        Err(_) => failed(text::error("", None, has_key, false)),
    }
}

impl Called {
    fn new(endpoint: Endpoint, Answered { data, meta }: Answered, receipt: CallReceipt) -> Self {
        let read = |part: &RawValue| serde_json::from_str::<Value>(part.get()).unwrap_or_default();
        let text = text::of(endpoint, &read(&data), &read(&meta), &receipt);
        let structured = Structured { ok: true, data, meta, receipt };
        Self { content: [Text::new(text)], structured_content: Some(structured), is_error: false }
    }
}

fn failed(text: String) -> Called {
    Called { content: [Text::new(text)], structured_content: None, is_error: true }
}

impl Text {
    const fn new(text: String) -> Self {
        Self { kind: "text", text }
    }
}

/// Whether any key was sent. A client whose configuration has an empty variable sends only
/// `Bearer`.
fn has_key(headers: &HeaderMap) -> bool {
    let is_blank = |text: &str| text.is_empty() || text.eq_ignore_ascii_case("bearer");
    let sent = [AUTHORIZATION, X_API_KEY].into_iter().filter_map(|name| headers.get(name));
    sent.into_iter().any(|value| !is_blank(String::from_utf8_lossy(value.as_bytes()).trim()))
}

fn is_test_key(headers: &HeaderMap) -> bool {
    let key = api_key(headers).and_then(|text| ApiKey::parse(&text).ok());
    key.is_some_and(|key| key.mode() == Mode::Test)
}

/// The endpoint's request, with the message's key and time of arrival.
fn request(endpoint: Endpoint, arguments: &Map<String, Value>, message: Request) -> Request {
    let spec = endpoint.spec();
    let (mut parts, _) = message.into_parts();
    let is_key = |name: &HeaderName| *name == AUTHORIZATION || *name == X_API_KEY;
    let keys = parts.headers.iter().filter(|(name, _)| is_key(name));
    parts.headers = keys.map(|(name, value)| (name.clone(), value.clone())).collect();
    let body = if spec.method() == Method::POST.as_str() {
        parts.method = Method::POST;
        parts.uri = Uri::from_static(spec.path);
        Body::Text(Value::from(arguments.clone()).to_string())
    } else {
        parts.method = Method::GET;
        parts.uri = query(spec.path, arguments);
        Body::Empty
    };
    Request::from_parts(parts, body)
}

/// The path with the arguments as its query. Null arguments are left out, and arguments that aren't
/// strings are written as JSON, because the endpoint explains their faults.
fn query(path: &'static str, arguments: &Map<String, Value>) -> Uri {
    let mut pairs = Serializer::new(String::new());
    for (name, value) in arguments.iter().filter(|(_, value)| !value.is_null()) {
        match value {
            Value::String(text) => pairs.append_pair(name, text),
            other => pairs.append_pair(name, &other.to_string()),
        };
    }
    // A query that is too long here would be too long over HTTP too.
    format!("{path}?{}", pairs.finish()).parse().unwrap_or_else(|_| Uri::from_static(path))
}
