//! A breaker per provider: a failing provider isn't asked for some time.
//!
//! Its state belongs to the process, so it reacts at once. `health` shares failures between
//! instances, which takes up to half a minute, but never makes a provider rest.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::Failure;
use super::chain::Times;
use super::entry::{Entry, Key};

/// The longest accepted "retry after" of a provider.
const LONGEST_BURST_REST: Duration = Duration::from_mins(1);

/// Whether a provider may be asked.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The subjects about which it failed since it last answered: one post that fails again and
    /// again counts once.
    failed: HashSet<String>,
    /// The time until which it rests after temporary failures.
    fails_until: Option<Timestamp>,
    /// The time until which it rests after its own refusal: too many requests, a used-up quota or a
    /// refused key.
    refuses_until: Option<Timestamp>,
    /// The time until which it rests because of the quota or the key.
    lacks_key_until: Option<Timestamp>,
}

/// Why a provider rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It failed, but may work again: it is asked if no other provider is awake.
    Failing,
    /// It refuses, until this moment.
    Refusing(Timestamp),
}

impl Breaker {
    /// The reason why it rests at this time, if it rests.
    pub(super) fn rest(&self, now: Timestamp) -> Option<Rest> {
        let state = self.state();
        let refuses = state.refuses_until.filter(|until| *until > now).map(Rest::Refusing);
        refuses.or_else(|| state.fails_until.filter(|until| *until > now).map(|_| Rest::Failing))
    }

    /// Whether it rests until the operator pays or replaces the key.
    pub(super) fn lacks_key(&self, now: Timestamp) -> bool {
        self.state().lacks_key_until.is_some_and(|until| until > now)
    }

    /// Learns from the result of an attempt about this subject.
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
                // A request that began earlier must not shorten a longer rest.
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
            // These failures say nothing about the provider.
            Some(Failure::Unable(_) | Failure::NotAsked(_) | Failure::CutOff) => {}
            // The provider works; its failure is about one subject.
            _ => state.failed.clear(),
        }
    }

    /// The state, also after a panic in another thread, which leaves it valid.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
