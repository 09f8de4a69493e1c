//! Weighs the providers' answers and failures.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::entry::Entry;
use super::{Failure, Question};
use crate::creator::{Fetched, Outcome, join};

/// The number of sources that must agree that something doesn't exist, if none can prove it.
const SOURCES_TO_AGREE: usize = 2;

/// The result of the chain, and its attempts.
#[derive(Debug)]
pub struct Report<A> {
    /// The result.
    pub outcome: Outcome<A>,
    /// Each provider's attempt, for the log.
    pub attempts: Vec<Attempt>,
    /// The time since the first provider was asked, without the wait for its turn in a crowd.
    pub took: Duration,
}

impl<A> Report<A> {
    /// Whether a provider was asked at all.
    #[must_use]
    pub fn was_asked(&self) -> bool {
        self.attempts.iter().any(|attempt| !matches!(attempt.failure, Some(Failure::NotAsked(_))))
    }

    /// Whether an asked provider said that the subject is the reason: it doesn't exist, or can't be
    /// seen.
    #[must_use]
    pub fn blames_subject(&self) -> bool {
        let blames = |attempt: &Attempt| {
            matches!(
                attempt.failure,
                Some(Failure::NotFound | Failure::PerhapsNotFound(_) | Failure::NotSeen(_) | Failure::Private)
            )
        };
        self.attempts.iter().any(blames)
    }
}

/// One provider's attempt.
#[derive(Debug)]
pub struct Attempt {
    /// Its name.
    pub provider: &'static str,
    /// Its duration.
    pub duration: Duration,
    /// The reason why it didn't answer; `None` if it answered.
    pub failure: Option<Failure>,
}

impl Attempt {
    /// Whether a request was sent to the provider.
    #[must_use]
    pub const fn was_asked(&self) -> bool {
        !matches!(self.failure, Some(Failure::Unable(_) | Failure::NotAsked(_)))
    }

    /// Whether the operator must pay or replace the key.
    #[must_use]
    pub const fn must_act(&self) -> bool {
        matches!(self.failure, Some(Failure::OutOfQuota | Failure::KeyRefused))
    }

    /// Its meaning for the provider.
    #[must_use]
    pub const fn bearing(&self) -> Bearing {
        match self.failure {
            None | Some(Failure::NotFound | Failure::PerhapsNotFound(_) | Failure::NotSeen(_) | Failure::Private) => {
                Bearing::Works
            }
            Some(Failure::Transient(_)) => Bearing::FailsAboutSubject,
            Some(Failure::OutOfQuota | Failure::KeyRefused) => Bearing::FailsAboutAll,
            // Too many requests at once are this instance's fault, and the subject may be the
            // reason for a strange answer.
            Some(
                Failure::RateLimited { .. }
                | Failure::Unavailable(_)
                | Failure::Unable(_)
                | Failure::NotAsked(_)
                | Failure::CutOff,
            ) => Bearing::Neither,
        }
    }
}

/// The meaning of an attempt for its provider's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    /// It works; its failure is about one subject.
    Works,
    /// It failed, perhaps because of the subject.
    FailsAboutSubject,
    /// It fails for every subject until the operator acts.
    FailsAboutAll,
    /// Unknown: it wasn't asked, or it may work for other requests at this time.
    Neither,
}

impl Bearing {
    /// Whether it failed.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::FailsAboutSubject | Self::FailsAboutAll)
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, duration, failure } = self;
        let millis = duration.as_millis();
        match failure {
            Some(failure) => write!(f, "{provider}: {failure} ({millis} ms)"),
            None => write!(f, "{provider}: answered ({millis} ms)"),
        }
    }
}

/// The answers and failures so far.
pub(super) struct Verdict<'a, Q: Question> {
    subject: &'a Q::Subject,
    /// The names of the providers, in the order of their priority.
    order: Vec<&'static str>,
    pub(super) attempts: Vec<Attempt>,
    /// The answers that lack essential fields; they complete each other.
    partial: Vec<Fetched<Q>>,
    /// Sources whose response was "perhaps not found".
    doubting: HashSet<&'static str>,
    /// Sources that can't see it, or say more than that.
    blind: HashSet<&'static str>,
}

impl<'a, Q: Question> Verdict<'a, Q> {
    pub(super) fn new(subject: &'a Q::Subject, order: Vec<&'static str>) -> Self {
        let (attempts, partial) = (Vec::new(), Vec::new());
        Self { subject, order, attempts, partial, doubting: HashSet::new(), blind: HashSet::new() }
    }

    /// Adds one provider's answer or failure; returns the outcome, if it ends the chain.
    pub(super) fn add(
        &mut self,
        entry: &'static Entry,
        duration: Duration,
        result: Result<Q, Failure>,
        now: Timestamp,
    ) -> Option<Outcome<Q>> {
        self.note(entry, duration, result.as_ref().err().cloned());
        let source = entry.source;
        match result {
            Ok(value) => self.weigh(Fetched::new(value, entry.name, now)),
            Err(Failure::NotFound | Failure::Private) if self.partial.is_empty() => Some(Outcome::NotFound),
            Err(Failure::PerhapsNotFound(_)) => {
                self.blind.insert(source);
                self.doubting.insert(source);
                let is_confirmed = self.doubting.len() >= SOURCES_TO_AGREE && self.partial.is_empty();
                is_confirmed.then_some(Outcome::NotFound)
            }
            Err(Failure::NotSeen(_)) => {
                self.blind.insert(source);
                None
            }
            Err(_) => None,
        }
    }

    /// A complete answer ends the chain; the others are kept, and complete it.
    fn weigh(&mut self, fetched: Fetched<Q>) -> Option<Outcome<Q>> {
        let is_complete = fetched.value.is_complete(self.subject);
        self.partial.push(fetched);
        if is_complete { self.joined().map(Outcome::Answered) } else { None }
    }

    /// Joins all answers until now.
    fn joined(&mut self) -> Option<Fetched<Q>> {
        let mut answers = std::mem::take(&mut self.partial);
        answers.sort_by_key(|fetched| self.order.iter().position(|name| *name == fetched.provider));
        join(answers)
    }

    /// Records an attempt for the log.
    pub(super) fn note(&mut self, entry: &'static Entry, duration: Duration, failure: Option<Failure>) {
        self.attempts.push(Attempt { provider: entry.name, duration, failure });
    }

    /// The result when no other provider can be asked.
    pub(super) fn end(mut self) -> (Outcome<Q>, Vec<Attempt>) {
        let is_unseen = self.blind.len() >= SOURCES_TO_AGREE && self.attempts.iter().all(saw_nothing);
        let outcome = match self.joined() {
            Some(fetched) => Outcome::Answered(fetched),
            None if is_unseen => Outcome::NotFound,
            None => Outcome::Failed,
        };
        (outcome, self.attempts)
    }
}

/// Whether the provider agrees that the subject doesn't exist, or can't be asked about it.
const fn saw_nothing(attempt: &Attempt) -> bool {
    matches!(attempt.failure, Some(Failure::PerhapsNotFound(_) | Failure::NotSeen(_) | Failure::Unable(_)))
}
