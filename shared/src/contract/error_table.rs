//! The error table: for each code the HTTP status, the message, its cases and the remedy.

use http::StatusCode;

use super::error::ErrorCode;

/// The description of an error.
pub(super) struct Row {
    pub(super) status: StatusCode,
    /// The beginning of every message.
    pub(super) beginning: &'static str,
    /// The rest of the message, if nothing more precise is known.
    pub(super) detail: &'static str,
    /// The cases in which it is returned.
    pub(super) meaning: &'static str,
    /// The advice to the caller.
    pub(super) advice: &'static str,
}

impl ErrorCode {
    /// The error's description.
    #[expect(clippy::too_many_lines, reason = "a table: a row for each code")]
    pub(super) const fn row(self) -> Row {
        match self {
            Self::InvalidRequest => Row {
                status: StatusCode::BAD_REQUEST,
                beginning: "Bad request",
                detail: "missing or invalid parameters",
                meaning: "The body or a parameter isn't what the endpoint takes.",
                advice: "Send what `error` says. The same request fails again.",
            },
            Self::InvalidLink => Row {
                status: StatusCode::BAD_REQUEST,
                beginning: "Bad request",
                detail: "this link can't be read",
                meaning: "The link doesn't lead to a post, or to a creator, as the endpoint requires.",
                advice: "`error` says what the link is; send a link to one post, or to one creator.",
            },
            Self::UnsupportedPlatform => Row {
                status: StatusCode::BAD_REQUEST,
                beginning: "Bad request",
                detail: "this platform is not supported on this server",
                meaning: "The platform isn't supported, or the endpoint doesn't work for it on this server.",
                advice: "`GET /v1/platforms` lists what works.",
            },
            Self::Unauthorized => Row {
                status: StatusCode::UNAUTHORIZED,
                beginning: "Unauthorized",
                detail: "missing or invalid API key",
                meaning: "The key is missing, invalid, expired or deleted.",
                advice: "Send a valid key in `Authorization: Bearer KEY` or `X-API-Key: KEY`; in both only if they are the same.",
            },
            Self::InsufficientBalance => Row {
                status: StatusCode::PAYMENT_REQUIRED,
                beginning: "Insufficient balance",
                detail: "add funds at /billing",
                meaning: "The balance is below the price. For a cached answer, which is free: the balance plus the \
                          held money is below the price.",
                advice: "Add funds at `billing_url`.",
            },
            Self::KeyNotAllowed => Row {
                status: StatusCode::FORBIDDEN,
                beginning: "Key not allowed",
                detail: "this key may not do this; use another one",
                meaning: "The key isn't for this endpoint or platform, or it has limits, so it can't manage keys.",
                advice: "Use another key.",
            },
            Self::KeyBudgetExceeded => Row {
                status: StatusCode::FORBIDDEN,
                beginning: "Key's budget exceeded",
                detail: "the key's budget of today is spent or held; wait until midnight UTC, or use another key",
                meaning: "The key's budget of today is spent or held. Cached answers still work.",
                advice: "Wait for the seconds in `Retry-After`, which end at midnight UTC, or use another key.",
            },
            Self::NotFound => Row {
                status: StatusCode::NOT_FOUND,
                beginning: "Not found",
                detail: "it does not exist or is private",
                meaning: "The post or creator is proved not to exist, or to be private; or the account has no key or \
                          request with this id.",
                advice: "Don't repeat the request: the proof is remembered. Many such requests end in `too_many_failures`.",
            },
            Self::UnknownRoute => Row {
                status: StatusCode::NOT_FOUND,
                beginning: "Unknown route",
                detail: "GET /v1/platforms lists the endpoints",
                meaning: "This path doesn't exist.",
                advice: "Compare the path with the ones here.",
            },
            Self::MethodNotAllowed => Row {
                status: StatusCode::METHOD_NOT_ALLOWED,
                beginning: "Method not allowed",
                detail: "",
                meaning: "The path doesn't accept this method.",
                advice: "Send a method that `Allow` names.",
            },
            Self::LastKey => Row {
                status: StatusCode::CONFLICT,
                beginning: "Last key",
                detail: "after this, no key could manage keys; create another one without limits first",
                meaning: "After this request, no key could manage keys.",
                advice: "Create another key without limits first.",
            },
            Self::NameTaken => Row {
                status: StatusCode::CONFLICT,
                beginning: "Name taken",
                detail: "a key with other limits has this name; send another name, or delete that key first",
                meaning: "A key with other limits, another mode or another rate limit has this name.",
                advice: "Send another name, or delete that key first.",
            },
            Self::TooManyKeys => Row {
                status: StatusCode::CONFLICT,
                beginning: "Too many keys",
                detail: "the account has 10 keys in use; delete one first",
                meaning: "The account has 10 keys in use, which is the limit.",
                advice: "Delete a key first.",
            },
            Self::AlreadyRotated => Row {
                status: StatusCode::CONFLICT,
                beginning: "Already rotated",
                detail: "the key has a successor in use; rotate the successor",
                meaning: "The key has a successor that is in use.",
                advice: "Rotate the successor.",
            },
            Self::BodyTooLarge => Row {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                beginning: "Body too large",
                detail: "",
                meaning: "The body is larger than the endpoint's limit.",
                advice: "`error` has the limit.",
            },
            Self::RateLimited => Row {
                status: StatusCode::TOO_MANY_REQUESTS,
                beginning: "Rate limit exceeded",
                detail: "wait and retry",
                meaning: "The key's requests of this minute are used up.",
                advice: "Wait as many seconds as `Retry-After` says, then send it again.",
            },
            Self::TooManyInFlight => Row {
                status: StatusCode::TOO_MANY_REQUESTS,
                beginning: "Too many requests in flight",
                detail: "wait for some to end and retry",
                meaning: "50 requests of the account are already waiting for upstream sources.",
                advice: "Wait until some of them have ended, then send the request again.",
            },
            Self::TooManyFailures => Row {
                status: StatusCode::TOO_MANY_REQUESTS,
                beginning: "Too many failed requests",
                detail: "failed requests are free up to a daily limit; wait and retry",
                meaning: "The account has asked too often today for posts or creators that don't exist. Such requests \
                          are free up to a daily limit.",
                advice: "Wait for the seconds in `Retry-After`, and leave out the posts and creators that weren't found.",
            },
            Self::Internal => Row {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                beginning: "Internal server error",
                detail: "",
                meaning: "The error is our fault.",
                advice: "Send the request again later. If the error stays, send us the `request_id`.",
            },
            Self::UpstreamFailed => Row {
                status: StatusCode::BAD_GATEWAY,
                beginning: "Upstream provider error",
                detail: "all data sources failed",
                meaning: "All upstream sources failed. That says nothing about whether the post or creator exists.",
                advice: "Wait as many seconds as `Retry-After` says, then send it again.",
            },
        }
    }
}
