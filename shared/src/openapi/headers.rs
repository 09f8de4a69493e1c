//! The headers of answers.

use http::StatusCode;
use serde_json::{Value, json};

use super::operation::Operation;
use crate::contract::{Endpoint, ErrorCode, Kind};

/// One header of answers.
#[derive(Debug)]
pub struct Header {
    /// Its name.
    pub name: &'static str,
    description: &'static str,
    kind: &'static str,
    example: &'static str,
    on: On,
}

/// The answers that have a header.
#[derive(Clone, Copy, Debug)]
enum On {
    /// All.
    All,
    /// Answers to a recognised key: all successes, and errors after the admission.
    Recognised,
    /// Answers of endpoints with a price.
    Priced,
    /// Successes from the cache.
    Cached,
    /// Errors that a retry can avoid.
    Passing,
    /// 401.
    Unauthorized,
    /// 405, which belongs to no endpoint.
    OtherMethod,
}

const fn header(
    name: &'static str,
    on: On,
    kind: &'static str,
    example: &'static str,
    description: &'static str,
) -> Header {
    Header { name, description, kind, example, on }
}

/// The documented headers of all answers.
pub const HEADERS: &[Header] = &[
    header(
        "Cache-Control",
        On::All,
        "string",
        "no-store",
        "`no-store`: an answer is only for its caller. The status is public: `public, max-age=15`.",
    ),
    header(
        "X-RateLimit-Limit",
        On::Recognised,
        "integer",
        "60",
        "The number of requests that the key can make in a minute.",
    ),
    header(
        "X-RateLimit-Remaining",
        On::Recognised,
        "integer",
        "57",
        "The number of requests that are left in this minute.",
    ),
    header("X-RateLimit-Reset", On::Recognised, "integer", "31", "The seconds until the next minute begins."),
    header(
        "RateLimit-Policy",
        On::Recognised,
        "string",
        "\"default\";q=60;w=60",
        "The rate limit in the format of the IETF: `q` requests in `w` seconds.",
    ),
    header(
        "RateLimit",
        On::Recognised,
        "string",
        "\"default\";r=57;t=31",
        "The remaining requests in the format of the IETF: `r` requests, and `t` seconds until all are available again.",
    ),
    header(
        "X-Balance",
        On::Recognised,
        "number",
        "24.9",
        "The balance: the money that the account can spend now, in dollars.",
    ),
    header(
        "X-Charge",
        On::Priced,
        "number",
        "0.001",
        "The cost of this answer, in dollars; 0 for cached answers and errors.",
    ),
    header("Age", On::Cached, "integer", "42", "The age of a cached answer, in seconds. Fresh answers don't have it."),
    header("Retry-After", On::Passing, "integer", "31", "The seconds after which a retry can succeed."),
    header(
        "WWW-Authenticate",
        On::Unauthorized,
        "string",
        "Bearer realm=\"Creator Tracking API\"",
        "How to send the key.",
    ),
    header("Allow", On::OtherMethod, "string", "GET, HEAD", "The methods of the path. Only with 405."),
];

impl Header {
    /// The header among the document's components.
    pub(super) fn declaration(&self) -> Value {
        let example = match self.kind {
            "string" => self.example.into(),
            _ => serde_json::from_str(self.example).unwrap_or(Value::Null),
        };
        let mut schema = json!({"type": self.kind, "examples": [example]});
        if self.kind != "string" {
            schema["minimum"] = 0.into();
        }
        json!({"description": self.description, "schema": schema, "required": matches!(self.on, On::All | On::Unauthorized)})
    }

    /// Whether successes of this endpoint always have it; `None` if they never have it.
    pub(super) const fn on_success(&self, endpoint: Endpoint) -> Option<bool> {
        let spec = endpoint.spec();
        match self.on {
            On::All => Some(true),
            On::Recognised if !spec.is_public => Some(true),
            On::Priced if endpoint.is_priced() => Some(true),
            // Each post of a batch has its own age.
            On::Cached if matches!(spec.kind, Kind::Priced { .. }) => Some(false),
            On::Recognised | On::Priced | On::Cached | On::Passing | On::Unauthorized | On::OtherMethod => None,
        }
    }

    /// Whether errors of this operation with one of these codes may have it.
    pub(super) fn on_error(&self, operation: &Operation, codes: &[ErrorCode]) -> bool {
        let has = |status| codes.iter().any(|code| code.status() == status);
        match self.on {
            On::All => true,
            On::Recognised => !operation.is_public,
            On::Priced => operation.is_priced,
            // A "not found" or a failure can be from the cache.
            On::Cached => operation.is_priced && (has(StatusCode::NOT_FOUND) || has(StatusCode::BAD_GATEWAY)),
            On::Passing => {
                has(StatusCode::TOO_MANY_REQUESTS)
                    || has(StatusCode::BAD_GATEWAY)
                    || codes.contains(&ErrorCode::KeyBudgetExceeded)
            }
            On::Unauthorized => has(StatusCode::UNAUTHORIZED),
            On::OtherMethod => false,
        }
    }
}
