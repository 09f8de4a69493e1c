//! The schemas of requests. `contract` parses bodies by hand, so that errors can be precise. The
//! schemas describe the accepted bodies, and the tests send such bodies. No field has a default
//! here, because some generators of clients make such a field required.

use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::schema::{read, tidied};
use crate::contract::{Endpoint, MAX_POSTS};
use crate::creator::{DEFAULT_VIDEOS, MAX_VIDEOS, Operation};
use crate::platform::Platform;
use crate::provider::order;

/// An example of a body, with its name.
pub(super) type Example = (&'static str, fn() -> Value);

/// The body of an operation.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) is_required: bool,
    pub(super) examples: &'static [Example],
    schema: fn() -> Schema,
}

impl Body {
    /// The schema for this endpoint, with the endpoint's platforms and highest age of answers.
    pub(super) fn schema(&self, endpoint: Endpoint) -> Schema {
        let mut schema = (self.schema)();
        let Some(operation) = endpoint.operation() else { return tidied(schema) };
        if let Some(properties) = schema.get_mut("properties") {
            properties["max_age"]["maximum"] = operation.default_lifetime().as_secs().into();
            if let Some(platform) = properties.get_mut("platform") {
                platform["enum"] = platforms_of(operation);
            }
        }
        tidied(schema)
    }
}

/// All names of the platforms with this operation, and null.
fn platforms_of(operation: Operation) -> Value {
    let platforms = Platform::iter().filter(|platform| !order(*platform, operation).is_empty());
    platforms.flat_map(names).map(Value::from).chain([Value::Null]).collect()
}

/// The names that a platform has in requests.
fn names(platform: Platform) -> Vec<String> {
    let alias = (platform == Platform::Twitter).then(|| "x".to_owned());
    [platform.to_string()].into_iter().chain(alias).collect()
}

/// A link to a post.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct PostLink {
    /// A full link, an embed, a mobile link or a share link to the post; or a string of up to 500
    /// characters that contains one such link. With `platform`, the post's id is enough.
    #[schemars(example = &"https://www.tiktok.com/@user/video/7123456789")]
    url: String,
    /// The platform, which a bare id or a mirror's link needs. A platform that contradicts the link
    /// is refused.
    #[schemars(with = "Option<String>", example = &"tiktok")]
    platform: Option<()>,
    #[schemars(flatten)]
    freshness: Freshness,
}

/// Links to posts.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct PostLinks {
    /// The posts: each a link, or an object with a link and its platform. A repeated post is
    /// requested and paid once.
    #[schemars(
        length(min = 1, max = MAX_POSTS),
        extend("items" = one_of_many()),
        example = ["https://www.tiktok.com/@user/video/7123456789"]
    )]
    posts: Vec<String>,
    #[schemars(flatten)]
    freshness: Freshness,
}

/// One post of a batch. An invalid post gets an error as its result.
fn one_of_many() -> Value {
    let link = "The post's link, or a string of up to 500 characters that contains one such link.";
    json!({"anyOf": [
        {"type": "string", "description": link, "examples": ["https://youtu.be/dQw4w9WgXcQ"]},
        {
            "type": "object",
            "description": "A link or the post's id, with its platform.",
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "description": link, "examples": ["7123456789"]},
                "platform": {
                    "description": "The platform, if the link doesn't determine it.",
                    "enum": platforms_of(Operation::PostStats),
                    "examples": ["tiktok"],
                },
            },
        },
    ]})
}

/// The creator: `url`; or `username` and `platform`; or `id` and `platform`.
#[derive(JsonSchema)]
#[schemars(extend("minProperties" = 1))]
#[expect(dead_code, reason = "only its schema is used")]
struct CreatorName {
    /// A link to the creator; or a string of up to 500 characters that contains one such link.
    #[schemars(example = &"https://www.tiktok.com/@charlidamelio")]
    url: Option<String>,
    /// The creator's username on the platform, with or without `@`. It needs `platform`, unless it
    /// is sent with `url`, with which it must agree.
    #[schemars(example = &"charlidamelio")]
    username: Option<String>,
    /// The platform's own id of the creator, which `profile` returns. It needs `platform`, and may
    /// not be sent with `url` or `username`.
    #[schemars(example = &"5831967")]
    id: Option<String>,
    /// The platform, if the link doesn't determine it.
    #[schemars(with = "Option<String>", example = &"tiktok")]
    platform: Option<()>,
    #[schemars(flatten)]
    freshness: Freshness,
}

/// The creator: `url`; or `username` and `platform`; or `id` and `platform`. Optionally the wanted
/// videos.
#[derive(JsonSchema)]
#[schemars(extend("minProperties" = 1))]
#[expect(dead_code, reason = "only its schema is used")]
struct CreatorWindow {
    #[schemars(flatten)]
    creator: CreatorName,
    /// The highest number of videos, the newest first; by default 20. There can be fewer.
    #[schemars(range(min = 1, max = MAX_VIDEOS), example = DEFAULT_VIDEOS)]
    limit: Option<u64>,
    /// Only videos that were published on this UTC day or later; a time is accepted too.
    #[schemars(example = &"2026-09-01")]
    since: Option<String>,
}

/// The highest accepted age of an answer, and whether this is a dry run.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Freshness {
    /// The highest accepted age of a cached answer, in seconds. A younger answer is free; if it is
    /// older, the providers are asked again and you pay. By default every cached answer is
    /// accepted.
    #[schemars(range(min = 0), example = 60)]
    max_age: Option<u64>,
    /// If true, no provider is asked and nothing is charged: the answer has the effect and the cost
    /// that the request would have.
    #[schemars(example = false)]
    dry_run: Option<bool>,
}

/// The key to create. Only the name is required.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct NewKey {
    /// The key's name, unique among the account's keys in use; without line breaks and invisible
    /// characters.
    #[schemars(length(min = 1, max = 60), example = &"reports")]
    name: String,
    /// `live`: real numbers, at a price. `test`: made-up numbers, for free. By default the mode of
    /// the sent key. A test key can create only test keys.
    #[schemars(extend("enum" = ["live", "test", null]), example = &"live")]
    mode: Option<String>,
    /// The number of requests that it can make in a minute; the default and the maximum is the rate
    /// limit of the sent key.
    #[schemars(range(min = 1), example = 60)]
    rate_limit: Option<u64>,
    /// The expiry: a future time; a UTC day is accepted too. By default it doesn't expire.
    #[schemars(extend("format" = "date-time"), example = &"2127-01-01T00:00:00Z")]
    expires_at: Option<String>,
    /// The names of the endpoints that it may call: their paths after `/v1/`. By default all.
    #[schemars(length(min = 1), extend("items" = {"type": "string", "enum": limitable()}), example = ["post/stats"])]
    endpoints: Option<Vec<String>>,
    /// The platforms for which it may be used. By default all.
    #[schemars(length(min = 1), extend("items" = {"type": "string", "enum": all_names()}), example = ["tiktok"])]
    platforms: Option<Vec<String>>,
    /// The highest cost of its fresh answers in one UTC day, in dollars, with at most six decimals.
    /// With 0 it gets only cached answers. By default there is no such limit.
    #[schemars(range(min = 0, max = 1_000_000), example = 0.5)]
    budget_per_day: Option<f64>,
}

/// How a key is rotated.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Grace {
    /// The seconds for which the old key keeps working; 0 ends it at once. By default a day.
    #[schemars(range(min = 0, max = 604_800), example = 3_600)]
    grace_seconds: Option<u64>,
}

fn limitable() -> Vec<&'static str> {
    Endpoint::iter().filter(|endpoint| endpoint.is_limitable()).map(Endpoint::name).collect()
}

fn all_names() -> Vec<String> {
    Platform::iter().flat_map(names).collect()
}

pub(super) fn post() -> Body {
    Body {
        is_required: true,
        examples: &[
            ("link", || json!({"url": "https://www.tiktok.com/@user/video/7123456789"})),
            ("id", || json!({"url": "7123456789", "platform": "tiktok"})),
            ("dry_run", || json!({"url": "https://youtu.be/dQw4w9WgXcQ", "dry_run": true})),
        ],
        schema: read::<PostLink>,
    }
}

pub(super) fn posts() -> Body {
    Body {
        is_required: true,
        examples: &[
            (
                "links",
                || json!({"posts": ["https://www.tiktok.com/@user/video/7123456789", "https://youtu.be/dQw4w9WgXcQ"]}),
            ),
            ("ids", || json!({"posts": [{"url": "7123456789", "platform": "tiktok"}]})),
            ("dry_run", || json!({"posts": ["https://youtu.be/dQw4w9WgXcQ"], "dry_run": true})),
        ],
        schema: read::<PostLinks>,
    }
}

pub(super) fn creator() -> Body {
    Body {
        is_required: true,
        examples: &[
            ("username", || json!({"username": "charlidamelio", "platform": "tiktok"})),
            ("link", || json!({"url": "https://www.tiktok.com/@charlidamelio"})),
            ("id", || json!({"id": "5831967", "platform": "tiktok"})),
        ],
        schema: read::<CreatorName>,
    }
}

pub(super) fn creator_within() -> Body {
    Body {
        is_required: true,
        examples: &[
            ("username", || json!({"username": "charlidamelio", "platform": "tiktok"})),
            ("window", || json!({"url": "https://www.tiktok.com/@charlidamelio", "limit": 10, "since": "2026-03-01"})),
        ],
        schema: read::<CreatorWindow>,
    }
}

pub(super) fn new_key() -> Body {
    Body {
        is_required: true,
        examples: &[
            (
                "limited",
                || json!({"name": "reports", "endpoints": ["post/stats"], "platforms": ["tiktok"], "budget_per_day": 0.5}),
            ),
            ("unlimited", || json!({"name": "website"})),
        ],
        schema: read::<NewKey>,
    }
}

pub(super) fn grace() -> Body {
    Body { is_required: false, examples: &[("an_hour", || json!({"grace_seconds": 3600}))], schema: read::<Grace> }
}

/// `days` of usage.
pub(super) fn days() -> Value {
    parameter(
        "query",
        "days",
        "The number of days, including today; by default 31.",
        json!({
            "type": "integer", "minimum": 1, "maximum": 366, "examples": [31],
        }),
    )
}

/// `key` of usage.
pub(super) fn key() -> Value {
    parameter(
        "query",
        "key",
        "The id of a key of the account: the answer then has its charges.",
        json!({
            "type": "string", "examples": ["0123456789abcdef"],
        }),
    )
}

/// The id of a request.
pub(super) fn request_id() -> Value {
    parameter(
        "path",
        "request_id",
        "The request's id, from its answer.",
        json!({
            "type": "string", "examples": ["SswFG3BXNNYYtDzZiB7u"],
        }),
    )
}

/// The id of a key.
pub(super) fn id() -> Value {
    parameter(
        "path",
        "id",
        "The key's id, from `GET /v1/keys`.",
        json!({
            "type": "string", "examples": ["0123456789abcdef"],
        }),
    )
}

fn parameter(place: &str, name: &str, description: &str, schema: Value) -> Value {
    let is_in_path = place == "path";
    let mut parameter =
        json!({"name": name, "in": place, "description": description, "required": is_in_path, "schema": schema});
    if !is_in_path {
        // An empty parameter counts as missing.
        parameter["allowEmptyValue"] = true.into();
    }
    parameter
}
