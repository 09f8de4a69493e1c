//! The errors: every code, and an error on its way to the caller.

use http::StatusCode;
use serde::{Serialize, Serializer};

/// The errors that a caller can get. The `snake_case` form is part of the contract: it never
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ErrorCode {
    /// The body isn't what the endpoint takes.
    InvalidRequest,
    /// The link doesn't lead to the subject of the endpoint.
    InvalidLink,
    /// The endpoint doesn't work for the platform here.
    UnsupportedPlatform,
    /// No valid key.
    Unauthorized,
    /// The balance is below the price.
    InsufficientBalance,
    /// The key isn't for this endpoint or platform, or may not manage keys.
    KeyNotAllowed,
    /// With this request, the key would spend more in a day than it may.
    KeyBudgetExceeded,
    /// The subject is proved not to exist, or to be private.
    NotFound,
    /// The route doesn't exist.
    UnknownRoute,
    /// The route has another method.
    MethodNotAllowed,
    /// After this request, no key could manage keys.
    LastKey,
    /// Another kind of key has the name.
    NameTaken,
    /// The account has as many keys as it may.
    TooManyKeys,
    /// The key has a successor that is in use.
    AlreadyRotated,
    /// The body is too large.
    BodyTooLarge,
    /// The key's requests of this minute are used up.
    RateLimited,
    /// The account has as many requests in flight as it may.
    TooManyInFlight,
    /// The account's free failures are used up.
    TooManyFailures,
    /// Our fault.
    Internal,
    /// All providers failed.
    UpstreamFailed,
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.into())
    }
}

impl ErrorCode {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().status
    }

    /// The level of the log line for the operator: errors are our fault, warnings the providers'.
    #[must_use]
    pub const fn level(self) -> tracing::Level {
        match self {
            Self::Internal => tracing::Level::ERROR,
            Self::UpstreamFailed => tracing::Level::WARN,
            _ => tracing::Level::INFO,
        }
    }

    /// Whether an attempt to answer failed, so that the request itself may be right.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::NotFound | Self::Internal | Self::UpstreamFailed)
    }

    /// Its message, with this detail.
    fn text_with(self, detail: &str) -> String {
        let beginning = self.row().beginning;
        if detail.is_empty() { beginning.to_owned() } else { [beginning, " — ", detail].concat() }
    }

    /// The message if nothing more precise is known.
    #[must_use]
    pub fn text(self) -> String {
        self.text_with(self.row().detail)
    }

    /// The cases in which it is returned.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// The advice to the caller.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        self.row().advice
    }

    /// The path of its explanation. The host isn't known here, nor for the path of billing.
    #[must_use]
    pub fn doc_url(self) -> String {
        format!("/docs/errors#{self}")
    }

    /// The address where the caller can add funds.
    #[must_use]
    pub fn billing_url(self) -> Option<&'static str> {
        (self == Self::InsufficientBalance).then_some("/billing")
    }
}

/// An error as the caller sees it, and the reason that only the log sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// The code.
    pub code: ErrorCode,
    /// For the caller: the fault, and the remedy.
    pub message: String,
    /// For the log.
    pub internal: Option<String>,
    /// Seconds after which a retry can succeed.
    pub retry_after: Option<u64>,
    /// The allowed methods of the path; empty if the error isn't about methods.
    pub allow: Vec<&'static str>,
}

impl ApiError {
    /// The error with a specific detail: the problem, and what to send.
    pub fn new(code: ErrorCode, detail: impl AsRef<str>) -> Self {
        Self { message: code.text_with(detail.as_ref()), ..code.into() }
    }

    /// A body that is larger than this many bytes.
    #[must_use]
    pub fn body_too_large(max_body: usize) -> Self {
        Self::new(ErrorCode::BodyTooLarge, format!("send at most {} KiB", max_body / 1024))
    }

    /// Our fault, for this reason.
    pub fn internal(reason: impl ToString) -> Self {
        Self { internal: Some(reason.to_string()), ..ErrorCode::Internal.into() }
    }

    /// The error, with the time until a retry can succeed.
    #[must_use]
    pub fn retry_after(code: ErrorCode, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..code.into() }
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        // An unknown time becomes a short one.
        let may_pass = [StatusCode::TOO_MANY_REQUESTS, StatusCode::BAD_GATEWAY].contains(&code.status());
        let retry_after = may_pass.then_some(1);
        Self { code, message: code.text(), internal: None, retry_after, allow: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn every_published_status_has_its_published_text() {
        let published = [
            (400, "Bad request — missing or invalid parameters"),
            (401, "Unauthorized — missing or invalid API key"),
            (402, "Insufficient balance — add funds at /billing"),
            (429, "Rate limit exceeded — wait and retry"),
            (500, "Internal server error"),
            (502, "Upstream provider error — all data sources failed"),
        ];
        for row in published {
            assert!(ErrorCode::iter().any(|code| (code.status().as_u16(), &*code.text()) == row), "{row:?}");
        }
    }

    #[test]
    fn the_codes_never_change() {
        let codes: Vec<String> = ErrorCode::iter().map(|code| format!("{} {code}", code.status().as_u16())).collect();
        insta::assert_snapshot!(codes.join("\n"), @"
        400 invalid_request
        400 invalid_link
        400 unsupported_platform
        401 unauthorized
        402 insufficient_balance
        403 key_not_allowed
        403 key_budget_exceeded
        404 not_found
        404 unknown_route
        405 method_not_allowed
        409 last_key
        409 name_taken
        409 too_many_keys
        409 already_rotated
        413 body_too_large
        429 rate_limited
        429 too_many_in_flight
        429 too_many_failures
        500 internal
        502 upstream_failed
        ");
    }
}
