//! The report that the status shows, made from the counts.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use strum::IntoEnumIterator;

use super::Pair;
use super::counts::{Code, Counts, Said};
use super::day::Day;
use super::rules::{State, WINDOW, is_failing, judge, share, state_at, state_of, sum};
use super::slot::{SLOTS_PER_HOUR, Slot};
use crate::creator::Operation;
use crate::platform::Platform;
use crate::provider::order;

const SLOTS_PER_DAY: i64 = 24 * SLOTS_PER_HOUR;
const SLOTS_PER_QUARTER: i64 = SLOTS_PER_HOUR / 4;

/// The state of all platforms and operations.
#[derive(Clone, Debug)]
pub struct Report {
    /// The time at which it was read.
    pub at: Timestamp,
    /// A row for each platform and operation.
    pub rows: Vec<Row>,
}

/// The state of an operation on a platform.
#[derive(Clone, Debug)]
pub struct Row {
    /// The platform.
    pub platform: Platform,
    /// The operation.
    pub operation: Operation,
    /// The word for it.
    pub state: State,
    /// The time of the last change of the state; `None` if it was more than a day ago.
    pub since: Option<Timestamp>,
    /// The answered share of recent requests.
    pub share: Option<f64>,
    /// The median of the times to those answers.
    pub median: Option<Duration>,
    /// The last 24 hours, oldest first.
    pub hours: Vec<Bar>,
    /// The shares by quarters of an hour.
    pub quarters: Vec<Bar>,
    /// Its providers, in their order.
    pub providers: Vec<ProviderRow>,
}

/// The state in a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The beginning of the period.
    pub from: Timestamp,
    /// The word for it.
    pub state: State,
    /// The answered share of the requests.
    pub share: Option<f64>,
}

/// The state of a provider.
#[derive(Clone, Debug)]
pub struct ProviderRow {
    /// Its name.
    pub provider: &'static str,
    /// The word for it.
    pub state: State,
    /// The answered share of its recent attempts.
    pub share: Option<f64>,
}

impl Report {
    /// The report of these counts.
    pub(super) fn new(day: &Day, at: Timestamp) -> Self {
        let nothing = BTreeMap::new();
        let pairs = Platform::iter().flat_map(|platform| Operation::iter().map(move |operation| (platform, operation)));
        let offered = pairs.filter(|(platform, operation)| !order(*platform, *operation).is_empty());
        let row = |pair| Row::new(pair, day.get(&pair).unwrap_or(&nothing), Slot::at(at));
        Self { at, rows: offered.map(row).collect() }
    }

    /// The overall state: down if all known ones are down, degraded if any known one isn't
    /// operational.
    #[must_use]
    pub fn state(&self) -> State {
        let known: Vec<_> = self.rows.iter().map(|row| row.state).filter(|state| *state != State::Unknown).collect();
        let all = |word: State| known.iter().all(|state| *state == word);
        match () {
            () if known.is_empty() => State::Unknown,
            () if all(State::Operational) => State::Operational,
            () if all(State::Down) => State::Down,
            () => State::Degraded,
        }
    }
}

impl Row {
    fn new((platform, operation): Pair, slots: &BTreeMap<Slot, Counts>, now: Slot) -> Self {
        let lately = sum(slots, now, WINDOW);
        let state = state_at(slots, now);
        let provider = |name: &&'static str| ProviderRow::new(name, slots, now);
        Self {
            platform,
            operation,
            state,
            since: since(slots, state, now),
            share: share(lately.answers(), lately.failures()),
            median: lately.median(),
            hours: bars(slots, now, SLOTS_PER_HOUR),
            quarters: bars(slots, now, SLOTS_PER_QUARTER),
            providers: order(platform, operation).iter().map(provider).collect(),
        }
    }
}

impl ProviderRow {
    fn new(provider: &'static str, slots: &BTreeMap<Slot, Counts>, now: Slot) -> Self {
        let code = Code::of(provider);
        let mut lately = Said::default();
        for (_, counts) in slots.range(now.earlier(WINDOW - 1)..=now) {
            lately += &counts.providers.get(&code).copied().unwrap_or_default();
        }
        let state = state_of(&lately, is_failing(slots, &code, now));
        Self { provider, state, share: share(lately.answered, lately.failed) }
    }
}

/// The start of the current state. If the current state is known, slots with too little traffic
/// don't end it.
fn since(slots: &BTreeMap<Slot, Counts>, state: State, now: Slot) -> Option<Timestamp> {
    let is_passed_over = |other: State| state != State::Unknown && other == State::Unknown;
    let mut since = now;
    for age in 1..SLOTS_PER_DAY {
        let slot = now.earlier(age);
        match state_at(slots, slot) {
            other if other == state => since = slot,
            other if is_passed_over(other) => {}
            _ => return Some(since.start()),
        }
    }
    (since > now.earlier(SLOTS_PER_DAY - 1)).then(|| since.start())
}

/// A day in bars of this many slots; the last bar includes the current slot.
fn bars(slots: &BTreeMap<Slot, Counts>, now: Slot, slots_per_bar: i64) -> Vec<Bar> {
    let last = now.0.div_euclid(slots_per_bar);
    let bar = |number: i64| {
        let first = Slot(number * slots_per_bar);
        let outcomes = sum(slots, first.earlier(1 - slots_per_bar), slots_per_bar);
        let share = share(outcomes.answers(), outcomes.failures());
        Bar { from: first.start(), state: judge(&outcomes), share }
    };
    (last - SLOTS_PER_DAY / slots_per_bar + 1..=last).map(bar).collect()
}
