//! Many posts in one request, and the result of each.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::data::PostStatsData;
use super::dry_run::Shown;
use super::error::{ApiError, ErrorCode};
use super::request::{Fields, Freshness, RequestError, example};
use super::response::{ErrorBody, Meta, Success};
use super::usage::Dollars;
use crate::money::MicroDollars;
use crate::platform::{Post, Target, Wanted};

/// The most posts in one request.
pub const MAX_POSTS: usize = 100;
const EXAMPLE: &str = r#"send a JSON object like {"posts": ["https://www.tiktok.com/@user/video/7123456789"]}"#;

/// The content of a batch's body.
#[derive(Clone, Debug)]
pub struct BatchAsked {
    /// Each post, in the order sent.
    pub posts: Vec<PostAsked>,
    /// The highest accepted age of answers, and whether this is a dry run.
    pub freshness: Freshness,
}

/// One post of a batch.
#[derive(Clone, Debug)]
pub struct PostAsked {
    /// The post as it was sent.
    pub input: Value,
    /// The post, parsed as in a single call.
    pub target: Result<Target<Post>, RequestError>,
}

/// Reads a batch's body: `{"posts": [LINK, {"url": LINK, "platform": …}, …]}`, with `max_age` and
/// `dry_run` for all. An invalid post doesn't affect the others. `lifetime` is the time for which
/// answers are kept.
///
/// # Errors
/// If the whole batch is invalid: the error says what to send instead.
pub fn read_batch(body: &[u8], lifetime: Duration) -> Result<BatchAsked, RequestError> {
    let mut fields = Fields::read(body, Wanted::Post, EXAMPLE)?;
    let freshness = Freshness::read(&fields, lifetime)?;
    let posts = match fields.take("posts") {
        None | Some(Value::Null) => return Err(fields.invalid("`posts` is missing")),
        Some(Value::Array(posts)) => posts,
        Some(_) => return Err(fields.invalid("`posts` must be a list")),
    };
    if !(1..=MAX_POSTS).contains(&posts.len()) {
        let problem = format!("`posts` has {} posts and must have 1 to {MAX_POSTS}", posts.len());
        return Err(fields.invalid(&problem));
    }
    let posts = posts.into_iter().map(|input| PostAsked { target: target(&input), input });
    Ok(BatchAsked { posts: posts.collect(), freshness })
}

fn target(input: &Value) -> Result<Target<Post>, RequestError> {
    let fields = match input {
        Value::String(_) => Map::from_iter([("url".to_owned(), input.clone())]),
        Value::Object(fields) => fields.clone(),
        _ => Map::new(),
    };
    let fields = Fields::of(fields, Wanted::Post, example(Wanted::Post));
    if !matches!(input, Value::String(_) | Value::Object(_)) {
        return Err(fields.invalid("a post must be a string or an object"));
    }
    for name in ["max_age", "dry_run"] {
        if fields.has(name) {
            return Err(fields.invalid(&format!("`{name}` must be beside `posts`, because it applies to all posts")));
        }
    }
    fields.target()
}

/// The results of a batch.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PostStatsBatch")]
pub struct BatchData {
    /// The result of each post, in the order sent.
    results: Vec<BatchResult>,
    /// The totals of all posts.
    summary: Summary,
}

/// The numbers of posts by result, which add up to all posts, and the cost.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "BatchSummary")]
struct Summary {
    /// The number of posts that got a fresh answer, which costs its price; in a dry run, the number
    /// of posts for which providers would be asked.
    #[schemars(example = 1)]
    fresh: u64,
    /// The number of posts that are from the cache, or that repeat another post of the batch: these
    /// are free.
    #[schemars(example = 0)]
    cached: u64,
    /// The number of posts that weren't found or not answered: these are free.
    #[schemars(example = 0)]
    failed: u64,
    /// The number of posts that were refused, because of the link, the key or the funds: these are
    /// free.
    #[schemars(example = 0)]
    refused: u64,
    /// The cost of the batch, in dollars; in a dry run, its highest possible cost.
    #[schemars(example = 0.001)]
    charge: Dollars,
}

impl BatchData {
    /// These results, for which this was charged.
    #[must_use]
    pub fn new(results: Vec<BatchResult>, charge: MicroDollars) -> Self {
        let would_be = results.iter().map(|result| result.would_be_charged().0).sum::<u64>();
        let charge = MicroDollars(charge.0.saturating_add(would_be));
        let mut summary = Summary { charge: Dollars(charge), ..Summary::default() };
        for result in &results {
            *match &result.ended {
                Ended::Answered(answered) if answered.is_cached => &mut summary.cached,
                Ended::Answered(_) => &mut summary.fresh,
                Ended::Refused(refused) if refused.told.code.is_failure() => &mut summary.failed,
                Ended::Refused(_) => &mut summary.refused,
            } += 1;
        }
        Self { results, summary }
    }

    /// Whether providers were asked and all failed.
    #[must_use]
    pub fn is_upstream_failure(&self) -> bool {
        let failed = |result: &BatchResult| match &result.ended {
            Ended::Answered(_) => false,
            Ended::Refused(refused) => refused.told.code == ErrorCode::UpstreamFailed,
        };
        self.summary.fresh == 0 && self.results.iter().any(failed)
    }
}

/// The result of one post, in the form of a single call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BatchResult {
    /// The post as it was sent.
    #[schemars(example = &"https://www.tiktok.com/@user/video/7123456789")]
    input: Value,
    #[serde(flatten)]
    ended: Ended,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Ended {
    Answered(Box<Answered>),
    Refused(Box<Refused>),
}

/// An answered post.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "BatchAnswer")]
struct Answered {
    /// The post's counts; in a dry run, their cost.
    data: Shown<PostStatsData>,
    /// Facts about the answer itself.
    meta: Meta,
    #[serde(skip)]
    is_cached: bool,
}

/// A post without an answer: the error of the single call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "BatchError")]
struct Refused {
    #[serde(flatten)]
    told: ErrorBody<'static>,
    /// The seconds after which a retry can succeed. The field is missing if a retry can't help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", example = 31)]
    retry_after: Option<u64>,
}

impl BatchResult {
    /// The result for this input, under this request id.
    #[must_use]
    pub fn new(input: Value, outcome: Result<Success<Shown<PostStatsData>>, ApiError>, request_id: String) -> Self {
        let ended = match outcome {
            Ok(success) => Ended::Answered(Box::new(Answered {
                meta: Meta::new(&success, &request_id),
                is_cached: success.cached || success.data.would_be_cached(),
                data: success.data,
            })),
            Err(ApiError { code, message, retry_after, .. }) => {
                Ended::Refused(Box::new(Refused { told: ErrorBody::new(code, message, request_id), retry_after }))
            }
        };
        Self { input, ended }
    }

    /// The cost that a dry run shows.
    fn would_be_charged(&self) -> MicroDollars {
        match &self.ended {
            Ended::Answered(answered) => answered.data.would_be_charged(),
            Ended::Refused(_) => MicroDollars::ZERO,
        }
    }
}
