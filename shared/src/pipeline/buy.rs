//! Buying an answer: the price is held, the providers are asked, the answer is cached, and the hold
//! is settled or released.

use std::time::Duration;

use super::App;
use super::call::Call;
use super::record::Record;
use crate::account::{AccountId, ApiKey, Cause, Held, HoldError, Settled};
use crate::cache::Lease;
use crate::contract::{ApiError, ErrorCode};
use crate::creator::{Answer, Outcome};
use crate::health::Heard;
use crate::platform::Subject;
use crate::provider::{Attempt, LAST_MOMENT, Question, Report};

/// Holds the price, asks the providers, and settles or releases the hold. It always ends the lease.
pub(super) async fn buy<Q: Question>(
    call: &mut Call<'_>,
    key: &ApiKey,
    subject: &Q::Subject,
    lease: Lease,
) -> Result<Outcome<Q>, ApiError> {
    let app = call.app;
    if call.time_left() < LAST_MOMENT {
        end(&lease).await;
        let error = ErrorCode::UpstreamFailed.into();
        return Err(ApiError {
            internal: Some("the wait for another request left no time to ask".to_owned()),
            ..error
        });
    }
    let asked_in_time = call.time_left() >= app.config.chain.attempt_timeout;
    let (held, report) = match lease.keep(hold_and_ask::<Q>(call, key, subject)).await {
        Ok(bought) => bought,
        Err(refusal) => {
            // Another account that waits for this lease may have the money.
            end(&lease).await;
            return Err(call.not_held(refusal));
        }
    };
    call.note(&held.account);
    let is_answered = matches!(report.outcome, Outcome::Answered(_));
    let cause = if report.blames_subject() && !is_answered { Cause::Subject } else { Cause::Service };
    let wants_other_keys = report.attempts.iter().any(Attempt::must_act);
    let pair = (subject.platform(), Q::OPERATION);
    // A post of a batch for which no provider was asked says nothing about the providers.
    if report.was_asked() {
        app.health.note(Heard {
            pair,
            subject: &subject.key(),
            attempts: &report.attempts,
            is_answered: !matches!(report.outcome, Outcome::Failed),
            took: report.took,
        });
    }
    call.heard(report.attempts);
    let outcome = report.outcome;
    let record = Record::new(call, key.account(), subject, &outcome);
    let keys = async {
        if wants_other_keys {
            // The operator may have replaced the key. The provider rests after a refusal, so this
            // isn't done for each request.
            app.live_providers.read_again().await;
        }
    };
    if is_answered && !call.is_late() {
        tokio::join!(fill_and_pay(call, key, &held, &lease, &outcome, record), app.health.share(pair), keys);
    } else {
        // If the lease wait used up the deadline, a failure isn't the providers' fault: don't cache
        // it. Don't replace a cached answer either that is too old only for this caller.
        let is_telling = !matches!(outcome, Outcome::Failed) || (asked_in_time && !lease.has_older_value());
        let stored = async {
            if is_telling {
                fill(app, &lease, &outcome).await;
            } else {
                end(&lease).await;
            }
        };
        let request_id = call.receipt.request_id.clone();
        let kept = record.keep(app, &request_id);
        tokio::join!(give_back(call, key.account(), &held, cause), stored, kept, app.health.share(pair), keys);
    }
    Ok(outcome)
}

async fn hold_and_ask<Q: Question>(
    call: &Call<'_>,
    key: &ApiKey,
    subject: &Q::Subject,
) -> Result<(Held, Report<Q>), HoldError> {
    let price = call.app.config.prices[call.endpoint];
    let held = call.hold(key, &call.receipt.request_id, price).await?;
    Ok((held, ask(call, subject).await))
}

/// Asks the providers, and again after a short rest if all of them asked for one.
async fn ask<Q: Question>(call: &Call<'_>, subject: &Q::Subject) -> Report<Q> {
    let (mut before, mut time) = (Vec::new(), Duration::ZERO);
    let last = call.app.health.failing((subject.platform(), Q::OPERATION));
    loop {
        let providers = call.app.providers();
        let asked = providers.ask::<Q>(subject, call.deadline(), &last, call.crowd());
        let Report { outcome, attempts, took } = asked.await;
        before.extend(attempts);
        time += took;
        let rest = providers.all_rest_for(subject.platform(), Q::OPERATION, call.app.clock.now());
        let may_try_again = matches!(outcome, Outcome::Failed) && call.waits_out(rest).await;
        if !may_try_again {
            return Report { outcome, attempts: before, took: time };
        }
    }
}

/// Caches the answer, then spends the price. After a crash between the two, the answer is cached
/// and free. An answer that can't be cached is free too.
async fn fill_and_pay<A: Answer>(
    call: &mut Call<'_>,
    key: &ApiKey,
    held: &Held,
    lease: &Lease,
    outcome: &Outcome<A>,
    record: Record,
) {
    let (account, request_id) = (key.account(), call.receipt.request_id.clone());
    let record = record.costing(call.app.config.prices[call.endpoint], &held.name);
    let kept = record.keep(call.app, &request_id);
    let (is_cached, ()) = tokio::join!(fill(call.app, lease, outcome), kept);
    if !is_cached || call.is_late() {
        let app = call.app;
        let free = record.free();
        tokio::join!(give_back(call, account, held, Cause::Service), free.keep(app, &request_id));
        return;
    }
    match call.settle(key, held, &record).await {
        Ok(Settled::Spent(account)) => {
            call.note(&account);
            call.charge(call.app.config.prices[call.endpoint]);
        }
        Ok(Settled::Gone) => {
            tracing::warn!(hold = held.name, "the hold was released before it was settled");
            record.free().keep(call.app, &request_id).await;
        }
        Err(error) => {
            // The money is spent, or the next write to the account after the deadline releases it.
            tracing::error!(%error, hold = held.name, "whether the hold is settled is unknown");
            call.charge(call.app.config.prices[call.endpoint]);
        }
    }
}

/// Releases the hold. If DynamoDB doesn't confirm it, the next write to the account after the
/// hold's deadline releases it.
pub(super) async fn give_back(call: &mut Call<'_>, account: &AccountId, held: &Held, cause: Cause) {
    match call.release(account, held, cause).await {
        Ok(Some(account)) => call.note(&account),
        Ok(None) => {}
        Err(error) => tracing::error!(%error, hold = held.name, "the hold was not released; its deadline releases it"),
    }
}

pub(super) async fn end(lease: &Lease) {
    if let Err(error) = lease.end().await {
        tracing::warn!(%error, "the lease was not ended; it runs out");
    }
}

/// Stores an outcome with the lifetime of its kind, and ends the lease; returns whether it is
/// stored.
pub(super) async fn fill<A: Answer>(app: &App, lease: &Lease, outcome: &Outcome<A>) -> bool {
    super::store(lease, outcome, lifetime(app, outcome)).await
}

/// The lifetime of an outcome of this kind.
pub(super) fn lifetime<A: Answer>(app: &App, outcome: &Outcome<A>) -> Duration {
    let lifetimes = &app.config.cache;
    match outcome {
        Outcome::Answered(_) => lifetimes.answers[A::OPERATION],
        Outcome::NotFound => lifetimes.not_found,
        Outcome::Failed => lifetimes.failure,
    }
}
