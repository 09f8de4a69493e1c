//! `POST /v1/post/stats/batch`: up to a hundred posts, each answered as in a single call. One write
//! holds the money for all posts, and one settles it. Each post has its own cache entry, lease and
//! requests to providers.

mod plan;
mod purse;

pub(super) use purse::Batch;

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use lambda_http::Request;

use super::call::Call;
use super::freshness::Looked;
use super::priced::get;
use super::source::Source;
use super::{App, body};
use crate::account::{Account, ApiKey, Load};
use crate::contract::{
    self, ApiError, BatchAsked, BatchData, BatchResult, Endpoint, ErrorCode, PostStatsData, Reply, Shown, Success,
};
use crate::creator::{Operation, PostStats};
use crate::dynamodb::counting_calls;
use crate::money::MicroDollars;
use crate::platform::{Post, Target};
use crate::provider::{Attempt, LAST_MOMENT};
use plan::{Plan, look, plan};
use purse::{hold, settle};

/// The number of posts of a batch that count as one request of the rate limit.
pub(super) const POSTS_PER_REQUEST: u64 = 10;
/// The number of units that are fetched at the same time. Posts that a provider answers in one
/// request are one unit.
const AT_ONCE: usize = 16;

type Answer = Result<Success<Shown<PostStatsData>>, ApiError>;

/// A post that must be fetched.
struct Ask {
    place: usize,
    target: Target<Post>,
    looked: Looked<PostStats>,
}

/// The result of a post.
struct Done {
    place: usize,
    answer: Answer,
    request_id: String,
    attempts: Vec<Attempt>,
}

/// Answers a request for the counts of many posts.
pub async fn post_stats_batch(app: &App, request: &Request) -> Reply {
    counting_calls(async {
        let mut call = Call::new(app, Endpoint::PostStatsBatch, request);
        let outcome = Box::pin(answer(&mut call, request)).await;
        call.finish(&outcome)
    })
    .await
}

async fn answer(call: &mut Call<'_>, request: &Request) -> Result<Success<BatchData>, ApiError> {
    let app = call.app;
    let key = call.open(request).await?;
    let source = Source::from(&key);
    let asked = contract::read_batch(body(request), app.config.cache.answers[Operation::PostStats]);
    let targets = asked.iter().flat_map(|asked| &asked.posts).filter_map(|post| post.target.as_ref().ok());
    let (admission, found) = tokio::join!(
        app.admit_many(&key, Some(call.endpoint), asked.as_ref().map_or(Load::ONE, load_of)),
        look(app, source, targets),
    );
    let account = call.admitted(admission)?;
    let BatchAsked { posts, freshness } = asked?;
    let (inputs, targets): (Vec<_>, Vec<_>) = posts.into_iter().map(|post| (post.input, post.target)).unzip();
    let plans = plan(call, source, &account, freshness, found?, targets).await?;
    let (results, charge) = carry_out(call, &key, source, &account, plans, freshness.max_age).await;
    let results = inputs.into_iter().zip(results);
    let results = results.map(|(input, (answer, request_id))| BatchResult::new(input, answer, request_id));
    let data = BatchData::new(results.collect(), charge);
    if source == Source::Live && data.is_upstream_failure() {
        call.note_upstream_failure();
    }
    Ok(Success::new(data))
}

fn load_of(asked: &BatchAsked) -> Load {
    let subjects = u64::try_from(asked.posts.len()).unwrap_or(u64::MAX);
    Load { requests: subjects.div_ceil(POSTS_PER_REQUEST), subjects }
}

/// Fetches the planned posts; returns each post's answer and request id, and the total cost.
async fn carry_out(
    call: &mut Call<'_>,
    key: &ApiKey,
    source: Source,
    account: &Account,
    plans: Vec<Plan>,
    max_age: Option<Duration>,
) -> (Vec<(Answer, String)>, MicroDollars) {
    let mut results: Vec<Option<(Answer, String)>> = Vec::new();
    let (mut asks, mut repeated) = (Vec::new(), Vec::new());
    for (place, plan) in plans.into_iter().enumerate() {
        results.push(None);
        match plan {
            Plan::Ended(answer) => results[place] = Some((answer, Call::new_id())),
            Plan::Repeats(first) => repeated.push((place, first)),
            Plan::Asks(target, looked) => asks.push(Ask { place, target, looked }),
        }
    }
    let charge = if asks.is_empty() {
        MicroDollars::ZERO
    } else {
        let (held, refused) = hold(call, key, source, account, &mut asks).await;
        for (place, error) in refused {
            results[place] = Some((Err(error), Call::new_id()));
        }
        let providers = call.app.providers();
        let asked = providers.in_crowd(|crowd| ask_for_all(call, key, source, Batch::new(crowd, held), asks, max_age));
        let (done, batch) = asked.await;
        for Done { place, answer, request_id, attempts } in done {
            results[place] = Some((answer, request_id));
            call.heard(attempts);
        }
        settle(call, key, batch).await
    };
    for (place, first) in repeated {
        results[place] = results[first].as_ref().map(|(answer, _)| (repeat(answer), Call::new_id()));
    }
    let unanswered = || (Err(ApiError::internal("a post without an answer")), Call::new_id());
    (results.into_iter().map(|result| result.unwrap_or_else(unanswered)).collect(), charge)
}

/// A copy of the answer for a repeated post of the batch.
fn repeat(answer: &Answer) -> Answer {
    answer.clone().map(|success| Success { cached: true, ..success })
}

/// Fetches the posts, a limited number of units at a time.
async fn ask_for_all(
    call: &Call<'_>,
    key: &ApiKey,
    source: Source,
    batch: Batch,
    asks: Vec<Ask>,
    max_age: Option<Duration>,
) -> (Vec<Done>, Batch) {
    let units = units(call, asks).into_iter();
    let answers =
        units.map(|unit| join_all(unit.into_iter().map(|ask| Box::pin(one(call, key, source, &batch, ask, max_age)))));
    let done = stream::iter(answers).buffer_unordered(AT_ONCE).concat().await;
    (done, batch)
}

/// The units: single posts, and groups of posts that a provider answers in one request.
fn units(call: &Call<'_>, asks: Vec<Ask>) -> Vec<Vec<Ask>> {
    let providers = call.app.providers();
    let mut units: Vec<Vec<Ask>> = Vec::new();
    for ask in asks {
        let platform = ask.target.platform();
        let most = providers.posts_at_once(platform);
        let has_room = |unit: &&mut Vec<Ask>| unit.len() < most && unit[0].target.platform() == platform;
        match units.iter_mut().find(has_room) {
            Some(unit) => unit.push(ask),
            None => units.push(vec![ask]),
        }
    }
    units
}

async fn one(
    call: &Call<'_>,
    key: &ApiKey,
    source: Source,
    batch: &Batch,
    ask: Ask,
    max_age: Option<Duration>,
) -> Done {
    let Ask { place, target, looked } = ask;
    let mut own = call.of_batch(batch, target.platform());
    let answer = if own.time_left() < LAST_MOMENT {
        let error = ErrorCode::UpstreamFailed.into();
        Err(ApiError { internal: Some("its turn came too late".to_owned()), ..error })
    } else {
        get::<PostStatsData>(&mut own, key, source, target, Ok(looked), (), max_age).await
    };
    let request_id = std::mem::take(&mut own.receipt.request_id);
    if let Err(ApiError { code, internal: Some(reason), .. }) = &answer {
        tracing::warn!(%code, reason, request_id, "a post of a batch");
    }
    Done { place, answer, request_id, attempts: own.take_attempts() }
}
