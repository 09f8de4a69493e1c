//! The age of a cached outcome, and whether the caller accepts it.

use std::time::Duration;

use jiff::Timestamp;

use super::App;
use super::buy::lifetime;
use crate::cache::Kept;
use crate::creator::{Answer, Outcome};

/// The cached state of a subject.
pub(super) enum Looked<A> {
    /// An outcome that the caller accepts.
    Young(Kept<Outcome<A>>),
    /// An outcome that is too old for this caller, but fresh for others until this time.
    TooOld(Timestamp),
    /// Nothing is cached.
    Nothing,
}

impl<A: Answer> Looked<A> {
    /// The state for a caller who accepts results of up to this age.
    pub(super) fn new(app: &App, found: Option<Kept<Outcome<A>>>, max_age: Option<Duration>) -> Self {
        match found {
            None => Self::Nothing,
            Some(kept) if max_age.is_none_or(|most| age(app, &kept) <= most) => Self::Young(kept),
            Some(kept) => Self::TooOld(kept.fresh_until),
        }
    }

    pub(super) const fn is_young(&self) -> bool {
        matches!(self, Self::Young(_))
    }
}

/// The time since the providers answered.
pub(super) fn age<A: Answer>(app: &App, Kept { value, fresh_until }: &Kept<Outcome<A>>) -> Duration {
    let told = match value {
        Outcome::Answered(fetched) => fetched.fetched_at,
        outcome => fresh_until.checked_sub(lifetime(app, outcome)).unwrap_or(*fresh_until),
    };
    Duration::try_from(app.clock.now().duration_since(told)).unwrap_or_default()
}
