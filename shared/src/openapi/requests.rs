//! The schemas of requests. The readers in `contract` take bodies apart by hand, so that errors can
//! say what was seen. The schemas describe the accepted bodies, and the tests send them. No field
//! has a default here: some generators of clients make such a field required.

use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::schema::{read, tidied};
use crate::contract::{Endpoint, MAX_POSTS};
use crate::creator::{DEFAULT_VIDEOS, MAX_VIDEOS, Operation};
use crate::platform::Platform;
use crate::provider::order;

/// A body under its name.
pub(super) type Example = (&'static str, fn() -> Value);

/// The body of an operation.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) is_required: bool,
    pub(super) examples: &'static [Example],
    schema: fn() -> Schema,
}

impl Body {
    /// Its schema for this endpoint: which platforms it takes, and how old an answer can be, are
    /// the endpoint's.
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

/// The platforms where this can be asked for, by all their names; or null.
fn platforms_of(operation: Operation) -> Value {
    let platforms = Platform::iter().filter(|platform| !order(*platform, operation).is_empty());
    platforms.flat_map(names).map(Value::from).chain([Value::Null]).collect()
}

/// The names that a platform has in requests.
fn names(platform: Platform) -> Vec<String> {
    let alias = (platform == Platform::Twitter).then(|| "x".to_owned());
    [platform.to_string()].into_iter().chain(alias).collect()
}

/// A link of a post.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct PostLink {
    /// The post's link: a full one, an embed, a mobile one or a share link; or a text of up to 500
    /// characters with one such link in it. With `platform`, the post's id alone will do.
    #[schemars(example = &"https://www.tiktok.com/@user/video/7123456789")]
    url: String,
    /// The platform, where the link doesn't say it: of a bare id, or of a mirror's link. One that
    /// contradicts the link is refused.
    #[schemars(with = "Option<String>", example = &"tiktok")]
    platform: Option<()>,
    #[schemars(flatten)]
    freshness: Freshness,
}

/// Links of posts.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct PostLinks {
    /// The posts: each a link, or an object with a link and its platform. Posts that are the same
    /// are asked and paid for once.
    #[schemars(
        length(min = 1, max = MAX_POSTS),
        extend("items" = one_of_many()),
        example = ["https://www.tiktok.com/@user/video/7123456789"]
    )]
    posts: Vec<String>,
    #[schemars(flatten)]
    freshness: Freshness,
}

/// One post of a batch. A post that can't be read gets its error in its place.
fn one_of_many() -> Value {
    let link = "The post's link, or a text of up to 500 characters with one such link in it.";
    json!({"anyOf": [
        {"type": "string", "description": link, "examples": ["https://youtu.be/dQw4w9WgXcQ"]},
        {
            "type": "object",
            "description": "A link, or the post's id, and its platform.",
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "description": link, "examples": ["7123456789"]},
                "platform": {
                    "description": "The platform, where the link doesn't say it.",
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
    /// The creator's link; or a text of up to 500 characters with one such link in it.
    #[schemars(example = &"https://www.tiktok.com/@charlidamelio")]
    url: Option<String>,
    /// The name by which the platform knows them, with or without `@`. It needs `platform`, unless
    /// it stands beside `url`, with which it must agree.
    #[schemars(example = &"charlidamelio")]
    username: Option<String>,
    /// The platform's own id for them, which `profile` tells. It needs `platform`, and nothing
    /// else may stand beside it.
    #[schemars(example = &"5831967")]
    id: Option<String>,
    /// The platform, where the link doesn't say it.
    #[schemars(with = "Option<String>", example = &"tiktok")]
    platform: Option<()>,
    #[schemars(flatten)]
    freshness: Freshness,
}

/// The creator: `url`; or `username` and `platform`; or `id` and `platform`. And which
/// videos.
#[derive(JsonSchema)]
#[schemars(extend("minProperties" = 1))]
#[expect(dead_code, reason = "only its schema is used")]
struct CreatorWindow {
    #[schemars(flatten)]
    creator: CreatorName,
    /// How many videos at most, the newest ones; left out, 20. There may be fewer.
    #[schemars(range(min = 1, max = MAX_VIDEOS), example = DEFAULT_VIDEOS)]
    limit: Option<u64>,
    /// Only videos that were published on this day in UTC or later; a moment will do too.
    #[schemars(example = &"2026-09-01")]
    since: Option<String>,
}

/// How old an answer may be, and whether one is wanted at all.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Freshness {
    /// How old a cached answer may be, in seconds. A younger one is free; an older one is asked
    /// anew and paid. Left out: as old as answers are kept.
    #[schemars(range(min = 0), example = 60)]
    max_age: Option<u64>,
    /// True asks for nothing and costs nothing: the answer is what the request would come to.
    #[schemars(example = false)]
    dry_run: Option<bool>,
}

/// A key to make. All but the name may be left out.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct NewKey {
    /// Its name, of one key at a time in the account; without line breaks and invisible characters.
    #[schemars(length(min = 1, max = 60), example = &"reports")]
    name: String,
    /// Whether it gets real numbers, at a price, or made-up ones, for free. Left out: as the key
    /// that is sent. A test key makes test keys alone.
    #[schemars(extend("enum" = ["live", "test", null]), example = &"live")]
    mode: Option<String>,
    /// How many requests it can make in a minute: at most as many as the key that is sent, which is
    /// what it has if this is left out.
    #[schemars(range(min = 1), example = 60)]
    rate_limit: Option<u64>,
    /// From when on it opens nothing: a moment to come; a day in UTC will do too. Left out: it
    /// doesn't expire.
    #[schemars(extend("format" = "date-time"), example = &"2127-01-01T00:00:00Z")]
    expires_at: Option<String>,
    /// The names of the endpoints that it is for, as behind `/v1/`. Left out: all.
    #[schemars(length(min = 1), extend("items" = {"type": "string", "enum": limitable()}), example = ["post/stats"])]
    endpoints: Option<Vec<String>>,
    /// The platforms that it is for. Left out: all.
    #[schemars(length(min = 1), extend("items" = {"type": "string", "enum": all_names()}), example = ["tiktok"])]
    platforms: Option<Vec<String>>,
    /// The most that its fresh answers of a day in UTC may cost, in dollars, with at most six
    /// decimals. 0 is for cached answers alone. Left out: no such limit.
    #[schemars(range(min = 0, max = 1_000_000), example = 0.5)]
    budget_per_day: Option<f64>,
}

/// How a key is rotated.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Grace {
    /// For how many seconds the old key goes on; 0 ends it at once. Left out: for a day.
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
        "How many days back, today included; left out, 31.",
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
        "The id of a key of the account: adds what it was charged.",
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
        "The request's id, as its answer had it.",
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
        "The key's id, as `GET /v1/keys` shows it.",
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
        // An empty one counts as left out.
        parameter["allowEmptyValue"] = true.into();
    }
    parameter
}
