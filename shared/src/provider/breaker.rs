//! A breaker per provider: who fails is left alone for a while.
//!
//! Its state belongs to the process. On Lambda each instance learns by itself, which costs one failed attempt per instance and
//! saves every request a read.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::{Failure, Times};

/// The longest that a provider's own "retry after" is heeded.
const LONGEST_BURST_REST: Duration = Duration::from_mins(1);

/// Whether a provider may be asked.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    rests_until: Option<Timestamp>,
}

impl Breaker {
    /// Whether it is left alone at this moment.
    pub(super) fn rests(&self, now: Timestamp) -> bool {
        self.state().rests_until.is_some_and(|until| until > now)
    }

    /// Learns from what an attempt came to.
    pub(super) fn learn(&self, provider: &str, failure: Option<&Failure>, times: &Times, now: Timestamp) {
        let mut state = self.state();
        let rest = match failure {
            Some(Failure::Transient(_)) => {
                state.failures = state.failures.saturating_add(1);
                (state.failures >= times.failures_to_rest).then_some(times.rest)
            }
            Some(Failure::RateLimited { retry_after }) => {
                Some(retry_after.unwrap_or(times.burst_rest).min(LONGEST_BURST_REST))
            }
            Some(Failure::OutOfQuota | Failure::KeyRefused) => Some(times.quota_rest),
            // Says nothing about the provider.
            Some(Failure::Unable(_) | Failure::NotAsked(_) | Failure::CutOff) => None,
            // It works; what it said concerns one post.
            _ => {
                state.failures = 0;
                None
            }
        };
        let Some(rest) = rest else { return };
        let until = now.checked_add(rest).unwrap_or(Timestamp::MAX);
        let rested = state.rests_until.is_some_and(|until| until > now);
        // A request that was under way must not cut a longer rest short.
        state.rests_until = state.rests_until.max(Some(until));
        if let (false, Some(failure @ (Failure::OutOfQuota | Failure::KeyRefused))) = (rested, failure) {
            tracing::error!(provider, %failure, rest_seconds = rest.as_secs(), "the operator must act");
        }
    }

    /// A panic elsewhere leaves nothing half-written here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
