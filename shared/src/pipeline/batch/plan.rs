//! The plan for each post of a batch, before any provider is asked or any money held.

use std::collections::HashMap;

use super::Answer;
use crate::account::Account;
use crate::cache::Found;
use crate::contract::{ApiError, ErrorCode, Freshness, PostStatsData, RequestError, Shown, Success};
use crate::creator::{Operation, PostStats};
use crate::dynamodb::StorageError;
use crate::pipeline::call::Call;
use crate::pipeline::freshness::Looked;
use crate::pipeline::priced::{dry_run, refused, shown, unsupported};
use crate::pipeline::source::{Got, Source};
use crate::pipeline::{App, short_link};
use crate::platform::{Post, Subject, Target};

/// The plan for one post.
pub(super) enum Plan {
    /// The post has its answer or its error already.
    Ended(Answer),
    /// The post repeats the post at this index, which is fetched.
    Repeats(usize),
    /// The post must be fetched.
    Asks(Target<Post>, Looked<PostStats>),
}

/// Reads the cached values of these posts and short links at once.
pub(super) async fn look(
    app: &App,
    source: Source,
    targets: impl Iterator<Item = &Target<Post>>,
) -> Result<Found, StorageError> {
    let key = |target: &Target<Post>| match target {
        Target::Subject(post) => source.cache_key::<PostStats>(post),
        Target::ShortLink(short) => (source == Source::Live).then(|| short_link::entry(short)),
    };
    app.cache.look_many(targets.filter_map(key)).await
}

/// Plans all posts. The refusals and their order are those of the single call.
pub(super) async fn plan(
    call: &Call<'_>,
    source: Source,
    account: &Account,
    freshness: Freshness,
    mut found: Found,
    targets: Vec<Result<Target<Post>, RequestError>>,
) -> Result<Vec<Plan>, ApiError> {
    let app = call.app;
    let refuse = |error| refused::<PostStatsData>(call, source, error);
    let targets: Vec<_> = targets.into_iter().map(|target| target.map_err(refuse)).collect();
    let targets = if freshness.dry_run { targets } else { follow(call, source, &mut found, targets).await? };
    let lookup = |target: &Target<Post>| {
        let cached = match target {
            Target::Subject(post) => source.cache_key::<PostStats>(post).and_then(|key| found.get(&key)),
            Target::ShortLink(_) => None,
        };
        Looked::new(app, cached, freshness.max_age)
    };
    let looked: Vec<_> = targets.into_iter().map(|target| target.map(|target| (lookup(&target), target))).collect();
    let are_cached = looked.iter().flatten().all(|(looked, _)| looked.is_young());
    let ready = if are_cached { Ok(()) } else { source.ready(app).await };
    let planner = Planner { call, source, account, freshness, ready };
    let mut seen = HashMap::new();
    let plans = looked.into_iter().enumerate().map(|(place, looked)| {
        let plan = looked.and_then(|(looked, target)| planner.plan(&mut seen, place, target, looked));
        plan.unwrap_or_else(|error| Plan::Ended(Err(error)))
    });
    Ok(plans.collect())
}

/// The targets, with known short links resolved, and their cached values.
async fn follow(
    call: &Call<'_>,
    source: Source,
    found: &mut Found,
    targets: Vec<Result<Target<Post>, ApiError>>,
) -> Result<Vec<Result<Target<Post>, ApiError>>, StorageError> {
    let mut led_to = Vec::new();
    let followed = targets.into_iter().map(|target| {
        let target = target?;
        let Target::ShortLink(short) = &target else { return Ok(target) };
        let Some(link) = short_link::known(call, found, short, Post::WANTED) else { return Ok(target) };
        let wanted = Post::WANTED;
        let target = Post::of_link(link?).map_err(|error| RequestError::Link { error, wanted })?;
        led_to.push(target.clone());
        Ok(target)
    });
    let followed = followed.collect();
    found.extend(look(call.app, source, led_to.iter()).await?);
    Ok(followed)
}

struct Planner<'a> {
    call: &'a Call<'a>,
    source: Source,
    account: &'a Account,
    freshness: Freshness,
    /// Whether the providers' keys were read, if they are needed.
    ready: Result<(), ApiError>,
}

impl Planner<'_> {
    fn plan(
        &self,
        seen: &mut HashMap<String, usize>,
        place: usize,
        target: Target<Post>,
        looked: Looked<PostStats>,
    ) -> Result<Plan, ApiError> {
        let Self { call, source, account, freshness, ready } = self;
        let platform = target.platform();
        call.refuse_platform(platform)?;
        if !looked.is_young() {
            ready.clone()?;
            if !source.supports(call.app, platform, Operation::PostStats) {
                return Err(unsupported::<PostStatsData>(call, *source, platform));
            }
        }
        let first = *seen.entry(name_of(&target)).or_insert(place);
        if freshness.dry_run {
            let shown = dry_run::<PostStatsData>(call, *source, &target, &looked);
            let shown = if first == place { shown } else { repeated(shown) };
            return Ok(Plan::Ended(Ok(Success { platform: Some(platform), ..Success::new(shown) })));
        }
        match (looked, target) {
            (Looked::Young(kept), Target::Subject(post)) => {
                if !source.affords(account, call.app.config.prices[call.endpoint], true) {
                    return Err(ErrorCode::InsufficientBalance.into());
                }
                Ok(Plan::Ended(shown::<PostStatsData>(call, *source, post, Got::cached(call.app, kept), ())))
            }
            _ if first != place => Ok(Plan::Repeats(first)),
            (looked, target) => Ok(Plan::Asks(target, looked)),
        }
    }
}

/// A unique name of a post or a short link.
fn name_of(target: &Target<Post>) -> String {
    match target {
        Target::Subject(post) => format!("{} {}", post.platform, post.key()),
        Target::ShortLink(short) => short.url.clone(),
    }
}

/// The result of a repeated post, which is fetched and paid once.
fn repeated(shown: Shown<PostStatsData>) -> Shown<PostStatsData> {
    match shown {
        Shown::DryRun(dry_run) => Shown::DryRun(dry_run.repeated()),
        data @ Shown::Data(_) => data,
    }
}
