//! A breaker per provider: one that fails is left alone for a while.
//!
//! Its state belongs to the process, so it reacts at once. `health` shares failures between
//! instances; that takes up to half a minute, and never rests a provider.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::Failure;
use super::chain::Times;
use super::entry::{Entry, Key};

/// The longest that a provider's own "retry after" is heeded.
const LONGEST_BURST_REST: Duration = Duration::from_mins(1);

/// Whether a provider may be asked.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The subjects about which it failed since it last answered: one post that fails again and
    /// again counts once.
    failed: HashSet<String>,
    /// Until when it rests after failures that may pass.
    fails_until: Option<Timestamp>,
    /// Until when it rests because it said so: too many requests, a used-up quota or a refused key.
    refuses_until: Option<Timestamp>,
    /// Until when it rests for the quota or the key.
    lacks_key_until: Option<Timestamp>,
}

/// Why a provider rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It failed, and may work by now: it is asked if no other provider is awake.
    Failing,
    /// It refuses, until this moment.
    Refusing(Timestamp),
}

impl Breaker {
    /// Why it is left alone at this moment, if it is.
    pub(super) fn rest(&self, now: Timestamp) -> Option<Rest> {
        let state = self.state();
        let refuses = state.refuses_until.filter(|until| *until > now).map(Rest::Refusing);
        refuses.or_else(|| state.fails_until.filter(|until| *until > now).map(|_| Rest::Failing))
    }

    /// Whether it rests because the operator must pay or put in another key.
    pub(super) fn lacks_key(&self, now: Timestamp) -> bool {
        self.state().lacks_key_until.is_some_and(|until| until > now)
    }

    /// Learns from what an attempt about this subject came to.
    pub(super) fn record(
        &self,
        entry: &Entry,
        subject: &str,
        failure: Option<&Failure>,
        times: &Times,
        now: Timestamp,
    ) {
        let mut state = self.state();
        let after = |rest: Duration| now.checked_add(rest).unwrap_or(Timestamp::MAX);
        match failure {
            Some(Failure::Transient(_)) => {
                state.failed.insert(subject.to_owned());
                if u32::try_from(state.failed.len()).unwrap_or(u32::MAX) >= times.failures_to_rest {
                    state.failed.clear();
                    state.fails_until = state.fails_until.max(Some(after(times.rest)));
                }
            }
            Some(Failure::RateLimited { retry_after }) => {
                let rest = retry_after.unwrap_or(times.burst_rest).min(LONGEST_BURST_REST);
                // A request that was under way must not cut a longer rest short.
                state.refuses_until = state.refuses_until.max(Some(after(rest)));
            }
            Some(failure @ (Failure::OutOfQuota | Failure::KeyRefused)) => {
                let until = after(times.quota_rest);
                if state.lacks_key_until.is_none_or(|known| known <= now) {
                    let (provider, variable) = (entry.name, entry.key.map(Key::variable));
                    tracing::error!(provider, variable, %failure, rest_seconds = times.quota_rest.as_secs(), "the operator must act");
                }
                state.refuses_until = state.refuses_until.max(Some(until));
                state.lacks_key_until = Some(until);
            }
            // These say nothing about the provider.
            Some(Failure::Unable(_) | Failure::NotAsked(_) | Failure::CutOff) => {}
            // It works; what it said concerns one subject.
            _ => state.failed.clear(),
        }
    }

    /// A panic elsewhere leaves nothing half-written here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
