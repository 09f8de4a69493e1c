//! Endpoints with a price: cached answers are free; a fresh one is paid for from a hold that exists before any provider is asked.

use lambda_http::Request;
use strum::IntoEnumIterator;

use super::call::Call;
use super::source::Source;
use super::{App, body};
use crate::contract::{self, ApiError, Asked, Data, ErrorCode, Reply, RequestError, SubjectOf, Success};
use crate::creator::{Answer, Outcome};
use crate::dynamodb::{StorageError, counting_calls};
use crate::platform::{Platform, Subject, Target};
use crate::provider::{Question, order};

/// Answers a request to the endpoint whose data is `D`.
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

async fn answer<D: Data<Answer: Question>>(call: &mut Call<'_>, request: &Request) -> Result<Success<D>, ApiError> {
    let app = call.app;
    let key = call.open(request).await?;
    let source = Source::from(&key);
    let asked = contract::read::<SubjectOf<D>, D::Options>(body(request));

    let (admission, looked) = tokio::join!(app.admit(&key, Some(D::ENDPOINT)), look::<D>(app, source, &asked));
    let account = call.admitted(admission)?;
    let Asked { target, options } = asked.map_err(|error| refused::<D>(call, source, error))?;
    call.about(target.platform())?;
    let is_cached = matches!(looked, Ok(Some(_)));
    // What is cached needs no provider.
    if !is_cached {
        source.ready(app).await?;
        if !source.supports(app, target.platform(), D::Answer::OPERATION) {
            return Err(unsupported::<D>(call, source, target.platform()));
        }
    }
    // A short link may lead to what is cached; what isn't is held for in any case.
    let may_be_cached = is_cached || matches!(target, Target::ShortLink(_));
    if !source.affords(&account, app.config.prices[D::ENDPOINT], may_be_cached) {
        return Err(ErrorCode::InsufficientBalance.into());
    }

    // What a cached answer never comes to is boxed, so that its own future stays small.
    let (subject, looked) = match target {
        Target::Subject(subject) => (subject, looked?),
        Target::ShortLink(short) => {
            let subject = Box::pin(source.resolve(call, &key, &short)).await?;
            let looked = source.look::<D::Answer>(app, &subject).await?;
            (subject, looked)
        }
    };
    let (outcome, cached) = match looked {
        Some(outcome) => (outcome, true),
        None => Box::pin(source.fetch::<D::Answer>(call, &key, &subject)).await?,
    };
    match outcome {
        Outcome::Answered(fetched) => {
            call.answered_by(&fetched.provider);
            let platform = call.platform;
            Ok(Success { data: D::new(subject, fetched, options), cached, platform })
        }
        Outcome::NotFound => Err(ErrorCode::NotFound.into()),
        Outcome::Failed => Err(call.upstream_failed(source.rest::<D::Answer>(app, subject.platform()))),
    }
}

/// The cached outcome, where the request already says what it is about.
async fn look<D: Data<Answer: Question>>(
    app: &App,
    source: Source,
    asked: &Result<Asked<SubjectOf<D>, D::Options>, RequestError>,
) -> Result<Option<Outcome<D::Answer>>, StorageError> {
    match asked {
        Ok(Asked { target: Target::Subject(subject), .. }) => source.look::<D::Answer>(app, subject).await,
        _ => Ok(None),
    }
}

/// A post or a creator of a platform on which the endpoint never works is refused for that, whichever of the two it wants.
fn refused<D: Data>(call: &Call<'_>, source: Source, error: RequestError) -> ApiError {
    match error.platform_of_other_subject() {
        Some(platform) if order(platform, D::Answer::OPERATION).is_empty() => unsupported::<D>(call, source, platform),
        _ => error.into(),
    }
}

fn unsupported<D: Data>(call: &Call<'_>, source: Source, platform: Platform) -> ApiError {
    let works = Platform::iter().filter(|platform| source.supports(call.app, *platform, D::Answer::OPERATION));
    let works = works.map(Platform::title).collect::<Vec<_>>().join(", ");
    let works = if works.is_empty() { "nothing: no provider is on here" } else { &works };
    ApiError::new(
        ErrorCode::UnsupportedPlatform,
        format!("{} does not work for {}; it works for {works}", call.endpoint, platform.title()),
    )
}
