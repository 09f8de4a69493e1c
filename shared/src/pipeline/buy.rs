//! Buying an answer: the price is held, the providers are asked, and the price is spent on an answer or given back.

use tokio::time::Instant;

use super::call::Call;
use super::{App, store};
use crate::account::{Account, AccountId, Held};
use crate::cache::Lease;
use crate::contract::ApiError;
use crate::creator::{Answer, Outcome};
use crate::provider::{Attempt, Question};

/// Holds the price, asks the providers, and settles or releases the hold. The lease is ended in any case.
pub(super) async fn buy<Q: Question>(
    call: &mut Call<'_>,
    account: &AccountId,
    subject: &Q::Subject,
    lease: Lease,
) -> Result<Outcome<Q>, ApiError> {
    let app = call.app;
    let price = app.config.prices[call.endpoint];
    let hold = match lease.keep(app.accounts.hold(account, &call.receipt.request_id, price)).await {
        Ok(Held { name, account: held }) => {
            call.note(&held);
            name
        }
        Err(refusal) => {
            // Another request that waits for this lease may be able to pay.
            end(lease).await;
            return Err(call.not_held(refusal));
        }
    };
    let time_left = call.deadline().saturating_duration_since(Instant::now());
    let report = lease.keep(app.providers().ask::<Q>(subject, call.deadline())).await;
    let wants_other_keys = report.attempts.iter().any(Attempt::must_act);
    call.heard(report.attempts);
    let outcome = report.outcome;

    let is_bought = matches!(outcome, Outcome::Answered(_)) && !call.is_late();
    // If the lease wait used up the deadline, a failure isn't the providers' fault: don't cache it.
    let is_telling = !matches!(outcome, Outcome::Failed) || time_left >= app.config.chain.attempt_timeout;
    let stored = async { if is_telling { fill(app, lease, &outcome).await } else { end(lease).await } };
    let keys = async {
        if wants_other_keys {
            read_keys_again(app).await;
        }
    };
    let (paid, (), ()) = tokio::join!(pay(app, account, &hold, is_bought), stored, keys);
    if is_bought {
        call.charge(price);
    }
    if let Some(account) = paid {
        call.note(&account);
    }
    Ok(outcome)
}

/// The operator may have put in another key since; a provider that refused it rests, so this isn't done at each request.
async fn read_keys_again(app: &App) {
    if let Err(error) = app.supply.read().await {
        tracing::error!(%error, "the providers' keys were not read again");
    }
}

/// Settles or releases the hold. When DynamoDB doesn't say that it did, the answer goes out all the same: either it is
/// settled, or the next request that touches the account after the hold's deadline gives the money back.
async fn pay(app: &App, account: &AccountId, hold: &str, is_bought: bool) -> Option<Account> {
    let paid =
        if is_bought { app.accounts.settle(account, hold).await } else { app.accounts.release(account, hold).await };
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

/// Stores an outcome for as long as one of its kind is fresh, and ends the lease.
pub(super) async fn fill<A: Answer>(app: &App, lease: Lease, outcome: &Outcome<A>) {
    let lifetimes = &app.config.cache;
    let lifetime = match outcome {
        Outcome::Answered(_) => lifetimes.answers[A::OPERATION],
        Outcome::NotFound => lifetimes.not_found,
        Outcome::Failed => lifetimes.failure,
    };
    store(lease, outcome, lifetime).await;
}
