//! The money of a batch: one write holds it for all fetched posts, and one settles it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;

use super::Ask;
use crate::account::{Account, ApiKey, Cause, Ended, Held, HoldError, Settled};
use crate::contract::ApiError;
use crate::dynamodb::StorageError;
use crate::money::MicroDollars;
use crate::pipeline::call::Call;
use crate::pipeline::record::Record;
use crate::pipeline::source::Source;
use crate::provider::Crowd;

/// The state that the posts of a batch share while they are fetched.
pub(in crate::pipeline) struct Batch {
    crowd: Crowd,
    /// The money for all posts; `None` if answers cost nothing.
    held: Option<Held>,
    tally: Mutex<Tally>,
}

/// The results until now.
#[derive(Default)]
struct Tally {
    ended: Ended,
    /// The requests that must be paid, with the records to store if they become free.
    paid: Vec<(String, Record)>,
}

impl Batch {
    pub(super) fn new(crowd: Crowd, held: Option<Held>) -> Self {
        Self { crowd, held, tally: Mutex::default() }
    }

    pub(in crate::pipeline) const fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    /// The money held for each post.
    pub(in crate::pipeline) fn held(&self) -> Result<Held, HoldError> {
        let held = self.held.clone();
        held.ok_or_else(|| HoldError::Storage(StorageError::malformed("hold", "a batch that holds nothing")))
    }

    /// Records an answered post; it is settled with the others.
    pub(in crate::pipeline) fn answered(&self, held: &Held, request_id: &str, record: Record) -> Settled {
        let mut tally = self.tally();
        tally.ended.answered += 1;
        tally.paid.push((request_id.to_owned(), record.free()));
        Settled::Spent(Box::new(held.account.clone()))
    }

    /// Records a post without an answer.
    pub(in crate::pipeline) fn failed(&self, cause: Cause) {
        let mut tally = self.tally();
        match cause {
            Cause::Subject => tally.ended.blamed += 1,
            Cause::Service => tally.ended.failed += 1,
            Cause::GoesOn => {}
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds the price of the first posts, as many as the account allows. The others are removed from
/// `asks`; returns their indexes and the reason.
pub(super) async fn hold(
    call: &mut Call<'_>,
    key: &ApiKey,
    source: Source,
    account: &Account,
    asks: &mut Vec<Ask>,
) -> (Option<Held>, Vec<(usize, ApiError)>) {
    if source != Source::Live {
        return (None, Vec::new());
    }
    let price = call.app.config.prices[call.endpoint];
    let wanted = u64::try_from(asks.len()).unwrap_or(u64::MAX);
    let (held, error, count) = match call.hold_some(key, &call.receipt.request_id, price, wanted, Some(account)).await {
        Ok(held) => {
            call.note(&held.account);
            let (_, reason) = call.app.accounts.allowance(&held.account, key, price);
            let count = usize::try_from(held.answers).unwrap_or(usize::MAX);
            (Some(held), reason.into(), count)
        }
        Err(refusal) => (None, call.not_held(refusal), 0),
    };
    let refused = asks.split_off(count.min(asks.len()));
    (held, refused.into_iter().map(|ask| (ask.place, error.clone())).collect())
}

/// Spends the price of each answered post and releases the rest; returns the spent amount.
pub(super) async fn settle(call: &mut Call<'_>, key: &ApiKey, batch: Batch) -> MicroDollars {
    let Some(held) = batch.held else { return MicroDollars::ZERO };
    let Tally { mut ended, paid } = batch.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    if call.is_late() {
        ended.failed += std::mem::take(&mut ended.answered);
    }
    let price = call.app.config.prices[call.endpoint];
    let settled = call.app.accounts.settle_some(key.account(), call.endpoint, &held, price, ended).await;
    let is_spent = match settled {
        Ok(Settled::Spent(account)) => {
            call.note(&account);
            ended.answered > 0
        }
        Ok(Settled::Gone) => {
            tracing::warn!(hold = held.name, "the hold was released before it was settled");
            false
        }
        Err(error) => {
            // The money is spent, or the next write to the account after the deadline releases it.
            tracing::error!(%error, hold = held.name, "whether the hold is settled is unknown");
            true
        }
    };
    if !is_spent {
        join_all(paid.iter().map(|(request_id, record)| record.keep(call.app, request_id))).await;
        return MicroDollars::ZERO;
    }
    let charge = MicroDollars(price.0.saturating_mul(ended.answered));
    call.charge(charge);
    charge
}
