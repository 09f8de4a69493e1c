//! The chain: providers are asked in order until one answers, within a deadline. If one is silent,
//! the next one is asked as well.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::breaker::{Breaker, Rest};
use super::crowd::Crowd;
use super::entry::Entry;
use super::verdict::{Attempt, Report, Verdict};
use super::{Failure, Provider, Question};
use crate::clock::Clock;
use crate::creator::{Operation, Outcome};
use crate::platform::Subject;

/// With less time left than this, no provider is asked.
pub const LAST_MOMENT: Duration = Duration::from_secs(1);

/// The times for asking providers.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The most time for all providers together, from the request's arrival.
    pub deadline: Duration,
    /// The most time for one attempt.
    pub attempt_timeout: Duration,
    /// If a provider is silent for this long, the next one is asked as well.
    pub hedge_after: Duration,
    /// The number of different subjects in a row whose failures make a provider rest.
    pub failures_to_rest: u32,
    /// The length of the rest after these failures.
    pub rest: Duration,
    /// The length of the rest after "too many requests", if the answer names none.
    pub burst_rest: Duration,
    /// The length of the rest if its quota is used up or its key is refused.
    pub quota_rest: Duration,
}

/// A provider that is on, with its breakers.
pub(super) struct Guarded {
    entry: &'static Entry,
    provider: Box<dyn Provider>,
    breaker: Breaker,
    /// The breaker of the operation with a separate quota.
    own_breaker: Breaker,
}

impl Guarded {
    pub(super) fn new(entry: &'static Entry, provider: Box<dyn Provider>) -> Self {
        Self { entry, provider, breaker: Breaker::default(), own_breaker: Breaker::default() }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.entry.name
    }

    pub(super) const fn entry(&self) -> &'static Entry {
        self.entry
    }

    pub(super) fn provider(&self) -> &dyn Provider {
        self.provider.as_ref()
    }

    fn breaker(&self, operation: Operation) -> &Breaker {
        if self.entry.own_quota == Some(operation) { &self.own_breaker } else { &self.breaker }
    }

    /// The time for which it refuses requests for this operation; `None` if it doesn't refuse.
    pub(super) fn refuses_for(&self, operation: Operation, now: Timestamp) -> Option<Duration> {
        match self.breaker(operation).rest(now)? {
            Rest::Refusing(until) => Some(Duration::try_from(until.duration_since(now)).unwrap_or_default()),
            Rest::Failing => None,
        }
    }

    /// Whether it rests because the operator must pay or put in another key.
    pub(super) fn lacks_key(&self, now: Timestamp) -> bool {
        self.breaker.lacks_key(now) || self.own_breaker.lacks_key(now)
    }
}

/// The subject, and the times for asking.
pub(super) struct Asking<'a, S> {
    pub(super) subject: &'a S,
    pub(super) times: &'a Times,
    pub(super) clock: &'a Clock,
    pub(super) deadline: Instant,
    /// The crowd in which it is asked.
    pub(super) crowd: Option<&'a Crowd>,
    /// Providers that fail for all callers, and so are asked last. Their answers still have the
    /// priority of their usual place.
    pub(super) last: &'a [&'static str],
    /// The time at which the first provider was asked.
    pub(super) began: OnceLock<Instant>,
}

/// Asks `providers` in turn.
pub(super) async fn ask<Q: Question>(providers: &[&Guarded], asking: Asking<'_, Q::Subject>) -> Report<Q> {
    let (outcome, attempts) = race(providers, &asking).await;
    Report { outcome, attempts, took: asking.began.get().map_or(Duration::ZERO, Instant::elapsed) }
}

async fn race<Q: Question>(providers: &[&Guarded], asking: &Asking<'_, Q::Subject>) -> (Outcome<Q>, Vec<Attempt>) {
    let mut race = Race::<Q>::new(providers, asking);
    loop {
        race.start_next_if_due();
        match race.event().await {
            Event::Finished(finished) => {
                if let Some(outcome) = race.finish(finished) {
                    return race.end_with(outcome);
                }
            }
            Event::HedgeDue => {}
            Event::NobodyLeft => return race.end_without_outcome(),
        }
    }
}

/// The providers for one subject: some aren't asked yet, some are running, some have finished.
struct Race<'a, Q: Question> {
    asking: &'a Asking<'a, Q::Subject>,
    /// The providers that aren't asked yet, in order.
    waiting: Vec<&'a Guarded>,
    running: FuturesUnordered<BoxFuture<'a, Finished<'a, Q>>>,
    /// The running attempts, in the order in which they started.
    started: Vec<(&'a Guarded, Began)>,
    /// The time at which the next one starts although others are running.
    hedge_at: Instant,
    /// Whether a provider finished with anything but `Unable`.
    was_asked: bool,
    verdict: Verdict<'a, Q>,
}

/// The time at which an attempt was sent; empty while it waits for its turn in a crowd.
type Began = Arc<OnceLock<Instant>>;

/// A finished attempt.
struct Finished<'a, Q> {
    guarded: &'a Guarded,
    result: Result<Q, Failure>,
}

enum Event<'a, Q> {
    Finished(Finished<'a, Q>),
    HedgeDue,
    NobodyLeft,
}

impl<'a, Q: Question> Race<'a, Q> {
    /// A race of all providers that don't rest.
    fn new(providers: &[&'a Guarded], asking: &'a Asking<'a, Q::Subject>) -> Self {
        let now = asking.clock.now();
        let (awake, resting): (Vec<_>, Vec<_>) =
            providers.iter().copied().partition(|guarded| guarded.breaker(Q::OPERATION).rest(now).is_none());
        // If no other provider is awake, providers that rest only because of failures are asked
        // anyway.
        let (mut waiting, resting) = if awake.is_empty() {
            resting.into_iter().partition(|guarded| guarded.breaker(Q::OPERATION).rest(now) == Some(Rest::Failing))
        } else {
            (awake, resting)
        };
        waiting.sort_by_key(|guarded| asking.last.contains(&guarded.name()));
        let order = providers.iter().map(|guarded| guarded.name()).collect();
        let mut verdict = Verdict::new(asking.subject, order);
        for guarded in resting {
            verdict.note(guarded.entry, Duration::ZERO, Some(Failure::NotAsked("resting after earlier failures")));
        }
        Self {
            asking,
            waiting,
            running: FuturesUnordered::new(),
            started: Vec::new(),
            hedge_at: Instant::now(),
            was_asked: false,
            verdict,
        }
    }

    /// Starts the next one if none is running, or if the running ones have been silent for too
    /// long.
    fn start_next_if_due(&mut self) {
        let now = Instant::now();
        let is_due = now + LAST_MOMENT <= self.asking.deadline && (self.running.is_empty() || now >= self.hedge_at);
        if !is_due || self.waiting.is_empty() {
            return;
        }
        // A provider that still waits for its turn isn't silent.
        let waits = self.started.iter().any(|(_, began)| began.get().is_none());
        if !waits {
            let guarded = self.waiting.remove(0);
            let began = Began::default();
            self.running.push(attempt(guarded, self.asking, Arc::clone(&began)).boxed());
            self.started.push((guarded, began));
        }
        self.hedge_at = now + self.asking.times.hedge_after;
    }

    async fn event(&mut self) -> Event<'a, Q> {
        let has_hedge = !self.waiting.is_empty() && self.hedge_at + LAST_MOMENT <= self.asking.deadline;
        tokio::select! {
            // If a provider finishes at the time of the hedge, its result is used first, so that no
            // other one is asked.
            biased;
            finished = self.running.next() => finished.map_or(Event::NobodyLeft, Event::Finished),
            () = sleep_until(self.hedge_at), if has_hedge => Event::HedgeDue,
        }
    }

    /// Adds a provider's result; returns the outcome, if it ends the race.
    fn finish(&mut self, Finished { guarded, result }: Finished<'a, Q>) -> Option<Outcome<Q>> {
        let place = self.started.iter().position(|(other, _)| other.name() == guarded.name());
        if place.is_some_and(|place| place + 1 == self.started.len()) {
            // The others have been silent for longer than the hedge delay: the next one starts at
            // once.
            self.hedge_at = Instant::now();
        }
        let duration = place.map_or(Duration::ZERO, |place| time_since(&self.started.remove(place).1));
        let Asking { subject, times, clock, .. } = self.asking;
        guarded.breaker(Q::OPERATION).record(guarded.entry, &subject.key(), result.as_ref().err(), times, clock.now());
        let is_alone = !self.was_asked && self.started.is_empty() && self.waiting.is_empty();
        if is_alone && matches!(result, Err(Failure::Transient(_))) {
            // If no other provider can be asked, this one is asked once more.
            self.waiting.push(guarded);
        }
        self.was_asked |= !matches!(result, Err(Failure::Unable(_)));
        self.verdict.add(guarded.entry, duration, result, clock.now())
    }

    fn end_with(mut self, outcome: Outcome<Q>) -> (Outcome<Q>, Vec<Attempt>) {
        self.overtake_silent();
        (outcome, self.verdict.attempts)
    }

    fn end_without_outcome(mut self) -> (Outcome<Q>, Vec<Attempt>) {
        self.overtake_silent();
        for unasked in std::mem::take(&mut self.waiting) {
            self.verdict.note(unasked.entry, Duration::ZERO, Some(Failure::NotAsked("no time left")));
        }
        self.verdict.end()
    }

    /// Counts attempts that exceed the hedge delay as failures too.
    fn overtake_silent(&mut self) {
        let Asking { subject, times, clock, .. } = self.asking;
        for (silent, began) in std::mem::take(&mut self.started) {
            let silence = time_since(&began);
            if silence >= times.hedge_after {
                let failure = Failure::transient("silent, and overtaken");
                silent.breaker(Q::OPERATION).record(silent.entry, &subject.key(), Some(&failure), times, clock.now());
                self.verdict.note(silent.entry, silence, Some(failure));
            }
        }
    }
}

fn time_since(began: &Began) -> Duration {
    began.get().map_or(Duration::ZERO, Instant::elapsed)
}

async fn attempt<'a, Q: Question>(
    guarded: &'a Guarded,
    asking: &Asking<'_, Q::Subject>,
    began: Began,
) -> Finished<'a, Q> {
    let _turn = match asking.crowd.map(|crowd| timeout_at(asking.deadline, crowd.turn(guarded.name()))) {
        None => None,
        Some(turn) => match turn.await {
            Ok(turn) => turn,
            Err(_) => return Finished { guarded, result: Err(Failure::NotAsked("its turn never came")) },
        },
    };
    let began = *began.get_or_init(Instant::now);
    asking.began.get_or_init(|| began);
    let timeout = began + asking.times.attempt_timeout;
    let gathered = asking.crowd.and_then(|crowd| crowd.gathered(guarded.name()));
    let answer = super::ask(gathered.unwrap_or(guarded.provider()), asking.subject);
    let result = match timeout_at(timeout.min(asking.deadline), answer).await {
        Ok(result) => result,
        Err(_) if asking.deadline < timeout => Err(Failure::CutOff),
        Err(_) => Err(Failure::transient("timeout")),
    };
    Finished { guarded, result }
}
