//! What is to be done about each post of a batch, before anything is asked or held.

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

/// What is to be done about a post.
pub(super) enum Plan {
    /// Nothing any more.
    Ended(Answer),
    /// It is the same as the one at this place, which is asked for.
    Repeats(usize),
    /// It is asked for.
    Asks(Target<Post>, Looked<PostStats>),
}

/// What is cached about these posts and short links, in one read.
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

/// Plans all posts. What is refused is refused as in the single call, and in its order.
pub(super) async fn plan(
    call: &Call<'_>,
    source: Source,
    account: &Account,
    freshness: Freshness,
    mut found: Found,
    targets: Vec<Result<Target<Post>, RequestError>>,
) -> Result<Vec<Plan>, ApiError> {
    let app = call.app;
    let follow = |target: Target<Post>| if freshness.dry_run { Ok(target) } else { followed(call, &found, target) };
    let refuse = |error| refused::<PostStatsData>(call, source, error);
    let targets: Vec<Result<Target<Post>, ApiError>> =
        targets.into_iter().map(|target| target.map_err(refuse).and_then(follow)).collect();
    let led_to = targets.iter().flatten().filter(|target| match target {
        Target::Subject(post) => source.cache_key::<PostStats>(post).is_some_and(|key| !found.has(&key)),
        Target::ShortLink(_) => false,
    });
    let led_to: Vec<_> = led_to.cloned().collect();
    found.extend(look(app, source, led_to.iter()).await?);

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

/// Where a short link is known to lead, what it leads to.
fn followed(call: &Call<'_>, found: &Found, target: Target<Post>) -> Result<Target<Post>, ApiError> {
    let Target::ShortLink(short) = &target else { return Ok(target) };
    match short_link::known(call, found, short, Post::WANTED) {
        None => Ok(target),
        Some(link) => {
            let wanted = Post::WANTED;
            Post::of_link(link?).map_err(|error| RequestError::Link { error, wanted }.into())
        }
    }
}

struct Planner<'a> {
    call: &'a Call<'a>,
    source: Source,
    account: &'a Account,
    freshness: Freshness,
    /// Whether the providers' keys were read, where they are needed.
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

/// What tells a post or a short link from all others.
fn name_of(target: &Target<Post>) -> String {
    match target {
        Target::Subject(post) => format!("{} {}", post.platform, post.key()),
        Target::ShortLink(short) => short.url.clone(),
    }
}

/// What a post that is there twice comes to: it is asked for and paid for once.
fn repeated(shown: Shown<PostStatsData>) -> Shown<PostStatsData> {
    match shown {
        Shown::DryRun(dry_run) => Shown::DryRun(dry_run.repeated()),
        data @ Shown::Data(_) => data,
    }
}
