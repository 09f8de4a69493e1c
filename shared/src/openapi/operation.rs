//! The document's description of each endpoint, beside its [`Spec`](crate::contract::Spec).

use schemars::Schema;
use serde::Serialize;
use serde_json::Value;

use super::requests::{self, Body};
use super::schema::Schemas;
use crate::contract::{
    BatchData, ChannelVideosData, Data, EmailData, Endpoint, Envelope, ErrorCode, KeyCreated, KeyDeleted, KeyList,
    KeyRotated, Kind, MedianViewsData, Ping, Platforms, PostStatsData, ProfileData, RequestData, Shown, StatusData,
    UsageData,
};

/// Errors of every endpoint.
const ALWAYS: &[ErrorCode] = &[
    ErrorCode::Unauthorized,
    ErrorCode::KeyNotAllowed,
    ErrorCode::BodyTooLarge,
    ErrorCode::RateLimited,
    ErrorCode::Internal,
];
/// Further errors of every endpoint with a price.
const PRICED: &[ErrorCode] = &[
    ErrorCode::InvalidRequest,
    ErrorCode::InvalidLink,
    ErrorCode::UnsupportedPlatform,
    ErrorCode::InsufficientBalance,
    ErrorCode::KeyBudgetExceeded,
    ErrorCode::NotFound,
    ErrorCode::TooManyInFlight,
    ErrorCode::TooManyFailures,
    ErrorCode::UpstreamFailed,
];

/// The description of an endpoint, in words and types.
#[derive(Debug)]
pub struct Operation {
    /// Its name in programs. It never changes, because clients have functions with this name.
    pub id: &'static str,
    /// A short title.
    pub summary: &'static str,
    /// The effect of a request.
    pub description: &'static str,
    /// The errors that it can return.
    pub errors: Vec<ErrorCode>,
    pub(super) tag: Tag,
    pub(super) answer: &'static str,
    pub(super) is_priced: bool,
    pub(super) is_public: bool,
    pub(super) parameters: &'static [fn() -> Value],
    pub(super) body: Option<Body>,
    pub(super) response: fn(&mut Schemas) -> Schema,
}

/// The subjects by which endpoints are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::EnumIter)]
pub(super) enum Tag {
    Posts,
    Creators,
    Account,
    Keys,
    Service,
}

impl Tag {
    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::Posts => "One post, video or reel.",
            Self::Creators => "One creator: by link, by name or by id.",
            Self::Account => "The money and the usage of the account.",
            Self::Keys => "The account's API keys, which keys without limits can manage.",
            Self::Service => "The available endpoints and platforms, and whether they work.",
        }
    }
}

impl Operation {
    /// The description of this endpoint.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table: a row for each endpoint")]
    pub fn of(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::PostStats => Self {
                id: "post_stats",
                tag: Tag::Posts,
                summary: "The counts of one post",
                description: "Views, likes, comments and shares of a post on TikTok, Instagram, YouTube, X, Facebook \
                     or LinkedIn, and its details. Share links are resolved.",
                answer: "The post's counts, or their possible cost.",
                body: Some(requests::post()),
                ..Self::priced::<PostStatsData>()
            },
            Endpoint::PostStatsBatch => Self {
                id: "post_stats_batch",
                tag: Tag::Posts,
                summary: "The counts of up to 100 posts",
                description: "Up to 100 posts in one request, each answered as by `post/stats`: with `data` and \
                     `meta`, or with `error` and `code`. A post that is invalid, not found or not paid doesn't affect \
                     the others. Every ten posts, or part of ten, count as one request of the rate limit. A post \
                     without an answer in time fails with `upstream_failed`, for free: send it again.",
                answer: "The result of each post, in the order sent.",
                body: Some(requests::posts()),
                is_priced: true,
                ..Self::free::<BatchData>(&[ErrorCode::InvalidRequest])
            },
            Endpoint::Profile => Self {
                id: "profile",
                summary: "A creator's profile",
                description: "Followers, bio, links and more of a creator on TikTok, Instagram or YouTube. It shares \
                     one cached answer with `email`: after a call to one, a call to the other is free.",
                answer: "The profile, or its possible cost.",
                body: Some(requests::creator()),
                ..Self::priced::<ProfileData>()
            },
            Endpoint::ChannelVideos => Self {
                id: "channel_videos",
                summary: "A creator's recent videos",
                description: "The most recent videos or posts of a creator on TikTok, Instagram or YouTube, with their \
                     counts. It shares one cached answer with `median-views`.",
                answer: "The videos, or their possible cost.",
                body: Some(requests::creator_within()),
                ..Self::priced::<ChannelVideosData>()
            },
            Endpoint::MedianViews => Self {
                id: "median_views",
                summary: "The usual number of views of a creator's videos",
                description: "The median of the views of a creator's recent posts on TikTok, Instagram or YouTube. It \
                     shares one cached answer with `channel/videos`.",
                answer: "The median, or its possible cost.",
                body: Some(requests::creator_within()),
                ..Self::priced::<MedianViewsData>()
            },
            Endpoint::Email => Self {
                id: "email",
                summary: "A creator's e-mail address",
                description: "The e-mail address that a creator on TikTok, Instagram or YouTube shows in public. If \
                     there is none, the answer has `found: false`. It shares one cached answer with `profile`.",
                answer: "The address, or its possible cost.",
                body: Some(requests::creator()),
                ..Self::priced::<EmailData>()
            },
            Endpoint::Platforms => Self {
                id: "platforms",
                tag: Tag::Service,
                summary: "The available endpoints and platforms",
                description: "The endpoints that work for each platform with the configured upstream sources.",
                answer: "The endpoints of each platform.",
                ..Self::free::<Platforms>(&[])
            },
            Endpoint::Ping => Self {
                id: "ping",
                tag: Tag::Service,
                summary: "Whether the API runs",
                description: "Answers `pong` if the API runs and the key is valid.",
                answer: "The API runs.",
                ..Self::free::<Ping>(&[])
            },
            Endpoint::Status => Self {
                id: "status",
                tag: Tag::Service,
                summary: "The status of all endpoints",
                description: "Shows for each platform and endpoint whether it answers, since when, and its state in \
                     each of the last 24 hours. It needs no key. With `Accept: text/html`, which browsers send, the answer is \
                     a page.",
                answer: "The status, at most 15 seconds old.",
                errors: vec![ErrorCode::Internal],
                is_public: true,
                ..Self::free::<StatusData>(&[])
            },
            Endpoint::Usage => Self {
                id: "usage",
                summary: "The money and the usage of the account",
                description: "The balance, the prices, and the usage of each endpoint by day, in UTC.",
                answer: "The money and the usage of the account.",
                parameters: &[requests::days, requests::key],
                ..Self::free::<UsageData>(&[ErrorCode::InvalidRequest, ErrorCode::NotFound])
            },
            Endpoint::Request => Self {
                id: "past_request",
                summary: "A past request and its cost",
                description: "Shows a request of the last 30 days and its cost, to explain a charge. Fresh answers and \
                     failures are kept; cached answers and refusals are free and aren't kept.",
                answer: "The request and its result.",
                parameters: &[requests::request_id],
                ..Self::free::<RequestData>(&[ErrorCode::NotFound])
            },
            Endpoint::Keys => Self {
                id: "list_keys",
                tag: Tag::Keys,
                summary: "The account's keys",
                description: "The keys that the sent key can manage: a live key manages all, a test key only test keys.",
                answer: "The keys.",
                ..Self::free::<KeyList>(&[])
            },
            Endpoint::CreateKey => Self {
                id: "create_key",
                tag: Tag::Keys,
                summary: "Creates a key",
                description: "Creates a key, with or without limits. If you aren't sure whether it was created, send \
                     the same request again: if the key exists, `created` is false.",
                answer: "The key, if it was created now; otherwise only its properties.",
                body: Some(requests::new_key()),
                ..Self::free::<KeyCreated>(&[ErrorCode::InvalidRequest, ErrorCode::NameTaken, ErrorCode::TooManyKeys])
            },
            Endpoint::DeleteKey => Self {
                id: "delete_key",
                tag: Tag::Keys,
                summary: "Deletes a key",
                description: "Deletes a key permanently. The next request with it is refused.",
                answer: "The key is deleted.",
                parameters: &[requests::id],
                ..Self::free::<KeyDeleted>(&[ErrorCode::NotFound, ErrorCode::LastKey])
            },
            Endpoint::RotateKey => Self {
                id: "rotate_key",
                tag: Tag::Keys,
                summary: "Replaces a key by a new one",
                description: "Creates a key with the same name and limits, which works at once. The old key keeps \
                     working for some time, so that no request has to fail.",
                answer: "The new key.",
                parameters: &[requests::id],
                body: Some(requests::grace()),
                ..Self::free::<KeyRotated>(&[
                    ErrorCode::InvalidRequest,
                    ErrorCode::NotFound,
                    ErrorCode::AlreadyRotated,
                    ErrorCode::TooManyKeys,
                ])
            },
        }
    }

    fn priced<D: Data + schemars::JsonSchema>() -> Self {
        let blank = Self::blank(Schemas::add::<Envelope<Shown<D>>>);
        Self { tag: Tag::Creators, is_priced: true, errors: [ALWAYS, PRICED].concat(), ..blank }
    }

    fn free<D: schemars::JsonSchema>(errors: &[ErrorCode]) -> Self {
        let blank = Self::blank(Schemas::add::<Envelope<D>>);
        Self { errors: [ALWAYS, errors].concat(), ..blank }
    }

    fn blank(response: fn(&mut Schemas) -> Schema) -> Self {
        Self {
            id: "",
            summary: "",
            description: "",
            errors: Vec::new(),
            tag: Tag::Account,
            answer: "",
            is_priced: false,
            is_public: false,
            parameters: &[],
            body: None,
            response,
        }
    }

    /// The price, as a sentence.
    #[must_use]
    pub fn price(&self, endpoint: Endpoint) -> String {
        match endpoint.spec().kind {
            Kind::Free => "Free.".to_owned(),
            Kind::Batch(single) => format!(
                "Each fresh answer has the price of `{single}`; cached answers and errors are free. `dry_run` returns \
                 the possible cost of the batch."
            ),
            Kind::Priced { default_price, .. } => format!(
                "A fresh answer costs ${default_price}, unless the operator set another price (`GET /v1/usage` has \
                 it); cached answers and errors are free."
            ),
        }
    }

    /// The beginning of the names of its types.
    pub(super) fn type_name(&self) -> String {
        pascal_case(self.id)
    }
}

/// "`post_stats`" is "`PostStats`".
pub(super) fn pascal_case(name: &str) -> String {
    let upper = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(upper).collect()
}
