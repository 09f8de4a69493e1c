//! The chain: providers are asked in order until one answers, within a deadline; a silent one is overtaken.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::breaker::Breaker;
use super::{Entry, Failure, Provider, Question, UserIds};
use crate::clock::Clock;
use crate::creator::{Fetched, Outcome};

/// How many sources must agree that something doesn't exist when neither can prove it.
const SOURCES_TO_AGREE: usize = 2;

/// When providers are asked.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For all of them together, counted from the request's arrival.
    pub deadline: Duration,
    /// For one attempt.
    pub attempt_timeout: Duration,
    /// After this silence the next one is asked as well.
    pub hedge_after: Duration,
    /// Transient failures in a row after which a provider rests.
    pub failures_to_rest: u32,
    /// How long it rests then.
    pub rest: Duration,
    /// How long it rests after "too many requests", if it doesn't say.
    pub burst_rest: Duration,
    /// How long it rests when its quota is used up or its key refused.
    pub quota_rest: Duration,
}

/// What the chain came to, and how.
#[derive(Debug)]
pub struct Report<A> {
    /// What it came to.
    pub outcome: Outcome<A>,
    /// What each provider said, for the log.
    pub attempts: Vec<Attempt>,
}

/// What one provider said.
#[derive(Debug)]
pub struct Attempt {
    /// Its name.
    pub provider: &'static str,
    /// How long it took.
    pub duration: Duration,
    /// Why it didn't answer; None when it did.
    pub failure: Option<Failure>,
}

impl Attempt {
    /// Whether the provider was sent anything.
    #[must_use]
    pub const fn was_asked(&self) -> bool {
        !matches!(self.failure, Some(Failure::Unable(_) | Failure::NotAsked(_)))
    }

    /// Whether the operator must pay or put in another key.
    #[must_use]
    pub const fn must_act(&self) -> bool {
        matches!(self.failure, Some(Failure::OutOfQuota | Failure::KeyRefused))
    }

    /// Whether it agrees that there is nothing, or can't be asked for this at all.
    const fn saw_nothing(&self) -> bool {
        matches!(self.failure, Some(Failure::PerhapsNotFound(_) | Failure::NotSeen(_) | Failure::Unable(_)))
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

/// A provider that is on, with its breaker.
pub(super) struct Guarded {
    entry: &'static Entry,
    provider: Box<dyn Provider>,
    breaker: Breaker,
}

impl Guarded {
    pub(super) fn new(entry: &'static Entry, provider: Box<dyn Provider>) -> Self {
        Self { entry, provider, breaker: Breaker::default() }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.entry.name
    }
}

/// Asks `providers` in turn.
pub(super) async fn ask<Q: Question>(
    providers: &[&Guarded],
    question: &Q,
    ids: &dyn UserIds,
    times: &Times,
    clock: &Clock,
    deadline: Instant,
) -> Report<Q::Answer> {
    let mut verdict = Verdict::new(question);
    let (resting, awake): (Vec<&Guarded>, Vec<&Guarded>) =
        providers.iter().partition(|guarded| guarded.breaker.rests(clock.now()));
    for guarded in resting {
        verdict.note(guarded, Duration::ZERO, Some(Failure::NotAsked("resting after earlier failures")));
    }
    let mut waiting = awake.into_iter();
    let mut next = waiting.next();
    let mut running = FuturesUnordered::new();
    let mut asked: Vec<(&Guarded, Instant)> = Vec::new();
    // Those who could be asked, and answered in whatever way.
    let mut heard: Vec<&'static str> = Vec::new();
    let mut hedge_at = Instant::now();
    let outcome = loop {
        let now = Instant::now();
        if let Some(guarded) = next.filter(|_| now < deadline && (running.is_empty() || now >= hedge_at)) {
            running.push(attempt(guarded, question, ids, times, deadline));
            asked.push((guarded, now));
            hedge_at = now + times.hedge_after;
            next = waiting.next();
        }
        let (guarded, result) = tokio::select! {
            finished = running.next() => match finished {
                Some(finished) => finished,
                None => break None,
            },
            () = sleep_until(hedge_at), if next.is_some() && hedge_at < deadline => continue,
        };
        let is_newest = asked.last().is_some_and(|(newest, _)| newest.name() == guarded.name());
        if is_newest {
            // Those that still run are silent already.
            hedge_at = Instant::now();
        }
        let since = asked.iter().position(|(other, _)| other.name() == guarded.name());
        let started = since.map_or(now, |place| asked.remove(place).1);
        guarded.breaker.learn(guarded.name(), result.as_ref().err(), times, clock.now());
        if matches!(result, Err(Failure::Transient(_))) && heard.is_empty() && asked.is_empty() && next.is_none() {
            // Where nobody else can be asked, it is worth one more try.
            next = Some(guarded);
        }
        if !matches!(result, Err(Failure::Unable(_))) {
            heard.push(guarded.name());
        }
        let outcome = verdict.hear(guarded, started.elapsed(), result, clock);
        if outcome.is_some() {
            break outcome;
        }
    };
    for (silent, since) in asked.into_iter().filter(|(_, since)| since.elapsed() >= times.hedge_after) {
        let failure = Failure::transient("silent, and overtaken");
        silent.breaker.learn(silent.name(), Some(&failure), times, clock.now());
        verdict.note(silent, since.elapsed(), Some(failure));
    }
    if outcome.is_none() {
        for unasked in next.into_iter().chain(waiting) {
            verdict.note(unasked, Duration::ZERO, Some(Failure::NotAsked("no time left")));
        }
    }
    verdict.end(outcome)
}

async fn attempt<'a, Q: Question>(
    guarded: &'a Guarded,
    question: &Q,
    ids: &dyn UserIds,
    times: &Times,
    deadline: Instant,
) -> (&'a Guarded, Result<Q::Answer, Failure>) {
    let timeout = Instant::now() + times.attempt_timeout;
    let result = match timeout_at(timeout.min(deadline), question.ask(guarded.provider.as_ref(), ids)).await {
        Ok(result) => result,
        Err(_) if deadline < timeout => Err(Failure::CutOff),
        Err(_) => Err(Failure::transient("timeout")),
    };
    (guarded, result)
}

/// What the providers' words amount to.
struct Verdict<'a, Q: Question> {
    question: &'a Q,
    attempts: Vec<Attempt>,
    /// The answer that tells most, of those that lack what matters.
    partial: Option<Fetched<Q::Answer>>,
    /// Sources that say "perhaps not found".
    doubting: HashSet<&'static str>,
    /// Sources that say at least that they can't see it.
    blind: HashSet<&'static str>,
}

impl<'a, Q: Question> Verdict<'a, Q> {
    fn new(question: &'a Q) -> Self {
        Self { question, attempts: Vec::new(), partial: None, doubting: HashSet::new(), blind: HashSet::new() }
    }

    /// Takes one provider's word; what it came to, if that ends the chain.
    fn hear(
        &mut self,
        guarded: &Guarded,
        duration: Duration,
        result: Result<Q::Answer, Failure>,
        clock: &Clock,
    ) -> Option<Outcome<Q::Answer>> {
        self.note(guarded, duration, result.as_ref().err().cloned());
        let source = guarded.entry.source;
        match result {
            Ok(value) => {
                let is_complete = self.question.is_complete(&value);
                let known = Q::known(&value);
                let fetched = Fetched { value, provider: guarded.name().to_owned(), fetched_at: clock.now() };
                if is_complete {
                    return Some(Outcome::Answered(fetched));
                }
                if self.partial.as_ref().is_none_or(|best| known > Q::known(&best.value)) {
                    self.partial = Some(fetched);
                }
                None
            }
            Err(Failure::NotFound | Failure::Private) if self.partial.is_none() => Some(Outcome::Missing),
            Err(Failure::PerhapsNotFound(_)) => {
                self.blind.insert(source);
                self.doubting.insert(source);
                let is_confirmed = self.doubting.len() >= SOURCES_TO_AGREE && self.partial.is_none();
                is_confirmed.then_some(Outcome::Missing)
            }
            Err(Failure::NotSeen(_)) => {
                self.blind.insert(source);
                None
            }
            Err(_) => None,
        }
    }

    fn note(&mut self, guarded: &Guarded, duration: Duration, failure: Option<Failure>) {
        self.attempts.push(Attempt { provider: guarded.name(), duration, failure });
    }

    /// The outcome that ended the chain, or what is left when nobody can be asked any more.
    fn end(self, outcome: Option<Outcome<Q::Answer>>) -> Report<Q::Answer> {
        let is_unseen = self.blind.len() >= SOURCES_TO_AGREE && self.attempts.iter().all(Attempt::saw_nothing);
        let otherwise = || match self.partial {
            Some(fetched) => Outcome::Answered(fetched),
            None if is_unseen => Outcome::Missing,
            None => Outcome::Failed,
        };
        Report { outcome: outcome.unwrap_or_else(otherwise), attempts: self.attempts }
    }
}
