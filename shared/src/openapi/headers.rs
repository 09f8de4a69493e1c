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
    /// Those to a key that is recognised: all successes, and errors behind that.
    Recognised,
    /// On answers of endpoints that have a price.
    Priced,
    /// Successes from the cache.
    Cached,
    /// Errors that may pass.
    Passing,
    /// 401.
    Unauthorized,
    /// On 405, which belongs to no endpoint.
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

/// The headers of all answers that a caller may want to read.
pub const HEADERS: &[Header] = &[
    header(
        "Cache-Control",
        On::All,
        "string",
        "no-store",
        "`no-store`: an answer is only for its caller. The status is public: `public, max-age=15`.",
    ),
    header("X-RateLimit-Limit", On::Recognised, "integer", "60", "How many requests the key can make in a minute."),
    header("X-RateLimit-Remaining", On::Recognised, "integer", "57", "How many of them are left."),
    header("X-RateLimit-Reset", On::Recognised, "integer", "31", "In how many seconds the next minute begins."),
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
        "The rest in the format of the IETF: `r` requests, and `t` seconds until all are available again.",
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
    header("Age", On::Cached, "integer", "42", "How old a cached answer is, in seconds. Fresh answers don't have it."),
    header("Retry-After", On::Passing, "integer", "31", "After how many seconds another request may do better."),
    header(
        "WWW-Authenticate",
        On::Unauthorized,
        "string",
        "Bearer realm=\"Creator Tracking API\"",
        "How to send the key.",
    ),
    header("Allow", On::OtherMethod, "string", "GET, HEAD", "The methods that the path takes. On 405 alone."),
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

    /// Whether successes of this endpoint always have it; None where they never do.
    pub(super) const fn on_success(&self, endpoint: Endpoint) -> Option<bool> {
        let spec = endpoint.spec();
        match self.on {
            On::All => Some(true),
            On::Recognised if !spec.is_public => Some(true),
            On::Priced if endpoint.is_priced() => Some(true),
            // Each post of a batch has an age of its own.
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
            // A post that is known not to exist is known from the cache.
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
