//! Endpoints with a price: cached answers are free; a fresh one is paid for from a hold that exists before any provider is asked.

use lambda_http::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use strum::IntoEnumIterator;
use tokio::time::Instant;

use super::call::{Call, scope};
use super::short_link::resolve;
use super::{App, body, store};
use crate::account::{Account, ApiKey, Held, Mode, NotHeld};
use crate::cache::{CacheKey, Entered, Lease};
use crate::contract::{ApiError, Asked, Endpoint, ErrorCode, Reply, Success};
use crate::creator::{Fetched, Outcome};
use crate::dynamodb::{StorageError, counting_calls};
use crate::platform::{Link, Platform};
use crate::provider::{Attempt, Failure, Operation, Question};
use crate::sandbox::{self, Sandbox};

/// What an endpoint with a price adds to the pipeline.
pub trait Priced {
    /// What it asks providers.
    type Question: Question<Answer: Serialize + DeserializeOwned>;
    /// What its answer shows.
    type Data: Serialize;
    /// Which one it is.
    const ENDPOINT: Endpoint;

    /// Reads the body.
    ///
    /// # Errors
    /// What is wrong with it and what to send instead.
    fn read(body: &[u8]) -> Result<Asked<Self::Question>, ApiError>;

    /// Takes what a short link led to.
    ///
    /// # Errors
    /// When the endpoint wants something else.
    fn behind(link: Link) -> Result<Asked<Self::Question>, ApiError>;

    /// The answer's data.
    fn data(question: Self::Question, fetched: Fetched<<Self::Question as Question>::Answer>) -> Self::Data;
}

type Answer<E> = <<E as Priced>::Question as Question>::Answer;

/// Answers a request to the endpoint `E`.
pub async fn priced<E: Priced>(app: &App, request: &Request) -> Reply {
    counting_calls(async {
        let mut call = Call::new(app, E::ENDPOINT);
        let outcome = answer::<E>(&mut call, request).await;
        call.finish(&outcome)
    })
    .await
}

async fn answer<E: Priced>(call: &mut Call<'_>, request: &Request) -> Result<Success<E::Data>, ApiError> {
    let app = call.app;
    let key = call.open(request)?;
    let asked = E::read(body(request));

    let (admission, looked) = tokio::join!(app.accounts.admit(&key), look::<E>(app, key.mode(), &asked));
    let account = call.admitted(admission)?;
    let asked = asked?;
    call.about(platform_of(&asked));
    // What is cached needs no provider.
    if !matches!(looked, Ok(Some(_))) {
        if key.mode() == Mode::Live {
            app.ready().await.map_err(ApiError::internal)?;
        }
        refuse_unsupported::<E::Question>(call, key.mode(), platform_of(&asked))?;
    }
    if key.mode() == Mode::Live && call.price().is_some_and(|price| account.balance < price) {
        return Err(ErrorCode::InsufficientBalance.into());
    }

    let (question, looked) = match asked {
        Asked::For(question) => (question, looked?),
        Asked::Behind(short) => {
            let question = resolve::<E>(call, key.mode(), &short).await?;
            let looked = app.cache.look(&cache_key(key.mode(), &question)).await?;
            (question, looked)
        }
    };
    if let (Mode::Test, Some(code)) = (key.mode(), sandbox::provoked(&question.id())) {
        return Err(call.provoked(code));
    }
    let (outcome, cached) = match looked {
        Some(outcome) => (outcome, true),
        None => fetch(call, &key, &question).await?,
    };
    let platform = Some(question.platform());
    match outcome {
        Outcome::Answered(fetched) => {
            call.answered_by(&fetched.provider);
            Ok(Success { data: E::data(question, fetched), cached, platform })
        }
        Outcome::Missing => Err(ErrorCode::NotFound.into()),
        Outcome::Failed if key.mode() == Mode::Test => Err(call.provoked(ErrorCode::UpstreamFailed)),
        Outcome::Failed => Err(ErrorCode::UpstreamFailed.into()),
    }
}

/// The cached outcome, where the request already says what it is about.
async fn look<E: Priced>(
    app: &App,
    mode: Mode,
    asked: &Result<Asked<E::Question>, ApiError>,
) -> Result<Option<Outcome<Answer<E>>>, StorageError> {
    match asked {
        Ok(Asked::For(question)) => app.cache.look(&cache_key(mode, question)).await,
        _ => Ok(None),
    }
}

fn cache_key<Q: Question>(mode: Mode, question: &Q) -> CacheKey {
    CacheKey::new(&[scope(mode), Q::OPERATION.into(), question.platform().into(), &question.id()])
}

fn platform_of<Q: Question>(asked: &Asked<Q>) -> Platform {
    match asked {
        Asked::For(question) => question.platform(),
        Asked::Behind(short) => short.platform,
    }
}

fn refuse_unsupported<Q: Question>(call: &Call<'_>, mode: Mode, platform: Platform) -> Result<(), ApiError> {
    if call.app.can(mode, platform, Q::OPERATION) {
        return Ok(());
    }
    let works = Platform::iter().filter(|platform| call.app.can(mode, *platform, Q::OPERATION)).map(Platform::title);
    let works = works.collect::<Vec<_>>().join(", ");
    let works = if works.is_empty() { "nothing: no provider is on here" } else { &works };
    Err(ApiError::new(
        ErrorCode::UnsupportedPlatform,
        format!("Bad request — {} does not work for {}; it works for {works}", call.endpoint, platform.title()),
    ))
}

/// Gets the outcome from whoever can give it: another request that is getting it, the sandbox, or the providers.
/// Says whether it was another's.
async fn fetch<Q>(call: &mut Call<'_>, key: &ApiKey, question: &Q) -> Result<(Outcome<Q::Answer>, bool), ApiError>
where
    Q: Question<Answer: Serialize + DeserializeOwned>,
{
    let entered = call.app.cache.enter(&cache_key(key.mode(), question), call.deadline()).await?;
    match (entered, key.mode()) {
        (Entered::Hit(outcome), _) => Ok((outcome, true)),
        (Entered::Leased(lease), Mode::Test) => {
            let outcome = ask_sandbox(call, question).await;
            fill(call, Q::OPERATION, lease, &outcome).await;
            Ok((outcome, false))
        }
        (Entered::Leased(lease), Mode::Live) => {
            let outcome = buy(call, key, question, lease).await?;
            Ok((outcome, false))
        }
    }
}

async fn ask_sandbox<Q: Question>(call: &Call<'_>, question: &Q) -> Outcome<Q::Answer> {
    match question.ask(&Sandbox, &Sandbox).await {
        Ok(value) => {
            Outcome::Answered(Fetched { value, provider: sandbox::NAME.to_owned(), fetched_at: call.app.clock.now() })
        }
        Err(Failure::NotFound) => Outcome::Missing,
        Err(_) => Outcome::Failed,
    }
}

/// Holds the price, asks the providers, and spends the price on an answer or gives it back.
async fn buy<Q>(call: &mut Call<'_>, key: &ApiKey, question: &Q, lease: Lease) -> Result<Outcome<Q::Answer>, ApiError>
where
    Q: Question<Answer: Serialize>,
{
    let app = call.app;
    let price = call.price().unwrap_or_default();
    let hold = match lease.keep(app.accounts.hold(key.account(), &call.receipt.request_id, price)).await {
        Ok(Held { name, account }) => {
            call.note(&account);
            name
        }
        Err(refusal) => {
            // Whoever waits for this lease may be able to pay.
            end(lease).await;
            return Err(match refusal {
                NotHeld::Refused { reason, account } => {
                    call.note(&account);
                    reason.into()
                }
                NotHeld::Storage(error) => error.into(),
            });
        }
    };
    let time_left = call.deadline().saturating_duration_since(Instant::now());
    let report = lease.keep(app.providers().ask(question, call.deadline())).await;
    let wants_other_keys = report.attempts.iter().any(Attempt::must_act);
    call.heard(report.attempts);
    let outcome = report.outcome;

    let is_bought = matches!(outcome, Outcome::Answered(_)) && !call.is_late();
    // Who waited long for the lease had no time left to ask; that says nothing about the providers.
    let is_telling = !matches!(outcome, Outcome::Failed) || time_left >= app.config.chain.attempt_timeout;
    let stored = async { if is_telling { fill(call, Q::OPERATION, lease, &outcome).await } else { end(lease).await } };
    let keys = async {
        if wants_other_keys {
            read_keys_again(app).await;
        }
    };
    let (paid, (), ()) = tokio::join!(pay(call, key, &hold, is_bought), stored, keys);
    if is_bought {
        call.receipt.charge = Some(price);
    }
    if let Some(account) = paid {
        call.note(&account);
    }
    Ok(outcome)
}

/// The operator may have put in another key since; who was refused rests, so this isn't done at each request.
async fn read_keys_again(app: &App) {
    if let Err(error) = app.supply.read().await {
        tracing::error!(%error, "the providers' keys were not read again");
    }
}

/// Settles or releases the hold. When DynamoDB doesn't say that it did, the answer goes out all the same: either it is
/// settled, or whoever touches the account after the hold's deadline gives the money back.
async fn pay(call: &Call<'_>, key: &ApiKey, hold: &str, is_bought: bool) -> Option<Account> {
    let accounts = &call.app.accounts;
    let paid = if is_bought {
        accounts.settle(key.account(), hold).await
    } else {
        accounts.release(key.account(), hold).await
    };
    paid.unwrap_or_else(|error| {
        tracing::error!(%error, hold, is_bought, "the hold was neither settled nor released; its deadline releases it");
        None
    })
}

async fn end(lease: Lease) {
    if let Err(error) = lease.end().await {
        tracing::warn!(%error, "the lease was not ended; it runs out");
    }
}

async fn fill<A: Serialize>(call: &Call<'_>, operation: Operation, lease: Lease, outcome: &Outcome<A>) {
    let lifetimes = &call.app.config.cache;
    let lifetime = match outcome {
        Outcome::Answered(_) => lifetimes.answers.get(&operation).copied().unwrap_or_default(),
        Outcome::Missing => lifetimes.not_found,
        Outcome::Failed => lifetimes.failure,
    };
    store(lease, outcome, lifetime).await;
}
