//! Endpoints with a price: cached answers are free; a fresh answer is paid from a hold that exists
//! before any provider is asked.

use std::time::Duration;

use lambda_http::Request;
use strum::IntoEnumIterator;

use super::call::Call;
use super::freshness::{Looked, age};
use super::source::{Got, Source};
use super::{App, body};
use crate::account::ApiKey;
use crate::cache::Kept;
use crate::contract::{
    self, ApiError, Asked, Data, Dollars, DryRun, DryRunKind as Kind, ErrorCode, Reply, RequestError, Shown, SubjectOf,
    Success,
};
use crate::creator::{Answer, Outcome};
use crate::dynamodb::{StorageError, counting_calls};
use crate::money::MicroDollars;
use crate::platform::{Platform, Subject, Target, Wanted};
use crate::provider::{Question, order};

/// Answers a request to the endpoint with the data `D`.
pub async fn priced<D: Data<Answer: Question>>(app: &App, request: &Request) -> Reply {
    const {
        assert!(
            D::ENDPOINT.asks_for(D::Answer::OPERATION),
            "the endpoint's spec names another operation than its data"
        );
    }
    counting_calls(async {
        let mut call = Call::new(app, D::ENDPOINT, request);
        let outcome = answer::<D>(&mut call, request).await;
        call.finish(&outcome)
    })
    .await
}

async fn answer<D: Data<Answer: Question>>(
    call: &mut Call<'_>,
    request: &Request,
) -> Result<Success<Shown<D>>, ApiError> {
    let app = call.app;
    let key = call.open(request).await?;
    let source = Source::from(&key);
    let lifetime = app.config.cache.answers[D::Answer::OPERATION];
    let asked = contract::read::<SubjectOf<D>, D::Options>(body(request), lifetime);

    let (admission, found) = tokio::join!(app.admit(&key, Some(D::ENDPOINT)), look::<D>(app, source, &asked));
    let account = call.admitted(admission)?;
    let Asked { target, options, freshness } = asked.map_err(|error| refused::<D>(call, source, error))?;
    call.about(target.platform())?;
    let looked = found.map(|found| Looked::new(app, found, freshness.max_age));
    let is_cached = looked.as_ref().is_ok_and(Looked::is_young);
    // A cached answer needs no provider.
    if !is_cached {
        source.ready(app).await?;
        if !source.supports(app, target.platform(), D::Answer::OPERATION) {
            return Err(unsupported::<D>(call, source, target.platform()));
        }
    }
    if freshness.dry_run {
        return Ok(Success { platform: call.platform, ..Success::new(dry_run(call, source, &target, &looked?)) });
    }
    // The target of a short link may be cached, so held money counts here. A fresh answer needs a
    // hold later anyway.
    let may_be_cached = is_cached || matches!(target, Target::ShortLink(_));
    if !source.affords(&account, app.config.prices[D::ENDPOINT], may_be_cached) {
        return Err(ErrorCode::InsufficientBalance.into());
    }

    get::<D>(call, &key, source, target, looked, options, freshness.max_age).await
}

/// The answer about a target: the cached one, if the caller accepts it; otherwise a fetched one.
pub(super) async fn get<D: Data<Answer: Question>>(
    call: &mut Call<'_>,
    key: &ApiKey,
    source: Source,
    target: Target<SubjectOf<D>>,
    looked: Result<Looked<D::Answer>, StorageError>,
    options: D::Options,
    max_age: Option<Duration>,
) -> Result<Success<Shown<D>>, ApiError> {
    let app = call.app;
    // A cached answer never uses this part, so it is boxed, and the future of a cached answer stays
    // small.
    let (subject, looked) = match target {
        Target::Subject(subject) => (subject, looked?),
        Target::ShortLink(short) => {
            let subject = Box::pin(source.resolve(call, key, &short)).await?;
            let found = source.look::<D::Answer>(app, &subject).await?;
            (subject, Looked::new(app, found, max_age))
        }
    };
    let got = match looked {
        Looked::Young(kept) => Got::cached(app, kept),
        Looked::TooOld(until) => Box::pin(source.fetch::<D::Answer>(call, key, &subject, Some(until))).await?,
        Looked::Nothing => Box::pin(source.fetch::<D::Answer>(call, key, &subject, None)).await?,
    };
    call.receipt.age = got.cached;
    if let Outcome::Answered(fetched) = &got.outcome {
        call.answered_by(&fetched.provider);
    }
    shown(call, source, subject, got, options)
}

/// The endpoint's data of an answer.
pub(super) fn shown<D: Data<Answer: Question>>(
    call: &Call<'_>,
    source: Source,
    subject: SubjectOf<D>,
    got: Got<D::Answer>,
    options: D::Options,
) -> Result<Success<Shown<D>>, ApiError> {
    let Got { outcome, cached, fresh_until } = got;
    match outcome {
        Outcome::Answered(fetched) => Ok(Success {
            platform: Some(subject.platform()),
            data: Shown::Data(D::new(subject, fetched, options)),
            cached: cached.is_some(),
            expires_at: fresh_until,
        }),
        Outcome::NotFound => Err(ErrorCode::NotFound.into()),
        Outcome::Failed => Err(call.upstream_failed(source.rest::<D::Answer>(call.app, subject.platform()))),
    }
}

/// The effect that this request would have.
pub(super) fn dry_run<D: Data<Answer: Question>>(
    call: &Call<'_>,
    source: Source,
    target: &Target<SubjectOf<D>>,
    looked: &Looked<D::Answer>,
) -> Shown<D> {
    let price = match (source, looked) {
        (Source::PublicSandbox | Source::Sandbox, _) | (Source::Live, Looked::Young(_)) => MicroDollars::ZERO,
        (Source::Live, _) => call.app.config.prices[call.endpoint],
    };
    let age = match looked {
        Looked::Young(kept) => Some(age(call.app, kept).as_secs()),
        Looked::TooOld(_) | Looked::Nothing => None,
    };
    let (kind, url, id, cached) = match target {
        Target::ShortLink(short) => (Kind::ShortLink, &*short.url, None, None),
        Target::Subject(subject) => {
            let kind = if SubjectOf::<D>::WANTED == Wanted::Post { Kind::Post } else { Kind::Creator };
            (kind, subject.url(), Some(subject.id().to_owned()), Some(looked.is_young()))
        }
    };
    let (platform, url) = (target.platform(), url.to_owned());
    Shown::DryRun(DryRun { dry_run: true, platform, kind, url, id, cached, age, charge: Dollars(price) })
}

/// The cached outcome, if the subject is known without resolving a short link.
async fn look<D: Data<Answer: Question>>(
    app: &App,
    source: Source,
    asked: &Result<Asked<SubjectOf<D>, D::Options>, RequestError>,
) -> Result<Option<Kept<Outcome<D::Answer>>>, StorageError> {
    match asked {
        Ok(Asked { target: Target::Subject(subject), .. }) => source.look::<D::Answer>(app, subject).await,
        _ => Ok(None),
    }
}

/// If the endpoint never works on the link's platform, the error says so, even if the link also
/// leads to the wrong kind of subject.
pub(super) fn refused<D: Data>(call: &Call<'_>, source: Source, error: RequestError) -> ApiError {
    match error.platform_of_other_subject() {
        Some(platform) if order(platform, D::Answer::OPERATION).is_empty() => unsupported::<D>(call, source, platform),
        _ => error.into(),
    }
}

pub(super) fn unsupported<D: Data>(call: &Call<'_>, source: Source, platform: Platform) -> ApiError {
    let works = Platform::iter().filter(|platform| source.supports(call.app, *platform, D::Answer::OPERATION));
    let works = works.map(Platform::title).collect::<Vec<_>>().join(", ");
    let works = if works.is_empty() { "nothing: no provider is configured on this server" } else { &works };
    ApiError::new(
        ErrorCode::UnsupportedPlatform,
        format!("{} does not work for {}; it works for {works}", call.endpoint, platform.title()),
    )
}
