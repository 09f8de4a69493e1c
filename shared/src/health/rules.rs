//! The meaning of the counts: the state of a platform's endpoint, and the providers to ask last.
//! docs/status.md explains it to people.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::counts::{Code, Counts, Outcomes, Said};
use super::slot::Slot;

/// With fewer requests than this, the state is unknown.
const ENOUGH: u64 = 5;
/// The state is computed from the newest slots that together have this many requests.
const TELLING: u64 = 10;
/// The most slots for the state and its numbers: 15 minutes and the past part of the current slot.
pub(super) const WINDOW: i64 = 4;
/// In percent: the lower limits of operational and degraded.
const OPERATIONAL: u64 = 95;
const DOWN: u64 = 50;

/// The state of an endpoint or a provider.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    JsonSchema,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[schemars(example = &"operational")]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// It answers: at least 95 % of the requests. The whole API, if all of it does.
    Operational,
    /// It answers less than 95 %, but at least 50 %. The whole API, if a part isn't operational.
    Degraded,
    /// It answers less than 50 %, or a provider has stopped answering. The whole API, if all of it
    /// is down.
    Down,
    /// The traffic was too little to know.
    Unknown,
}

/// The state for these counts.
pub(super) fn judge(outcomes: &Outcomes) -> State {
    word(outcomes.answers(), outcomes.failures())
}

fn word(answered: u64, failed: u64) -> State {
    let all = answered + failed;
    match all {
        _ if all < ENOUGH => State::Unknown,
        _ if answered * 100 >= all * OPERATIONAL => State::Operational,
        _ if answered * 100 >= all * DOWN => State::Degraded,
        _ => State::Down,
    }
}

/// The answered share of the requests; `None` without requests.
pub(super) fn share(answered: u64, failed: u64) -> Option<f64> {
    let float = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let all = answered + failed;
    (all > 0).then(|| (float(answered) / float(all) * 10_000.0).floor() / 10_000.0)
}

/// The sum of the counts of these slots, the last of which is `last`.
pub(super) fn sum(slots: &BTreeMap<Slot, Counts>, last: Slot, count: i64) -> Outcomes {
    let mut sum = Outcomes::default();
    for (_, counts) in slots.range(last.earlier(count - 1)..=last) {
        sum += &counts.outcomes;
    }
    sum
}

/// The state at the end of this slot.
pub(super) fn state_at(slots: &BTreeMap<Slot, Counts>, last: Slot) -> State {
    let mut newest = Outcomes::default();
    for age in 0..WINDOW {
        if let Some(counts) = slots.get(&last.earlier(age)) {
            newest += &counts.outcomes;
        }
        if newest.answers() + newest.failures() >= TELLING {
            break;
        }
    }
    judge(&newest)
}

/// Whether a provider failed about different subjects and hasn't answered since then, in this slot,
/// or if this slot has too few attempts, in the previous one. After that it is asked in its usual
/// place again.
pub(super) fn is_failing(slots: &BTreeMap<Slot, Counts>, code: &Code, now: Slot) -> bool {
    let said = |slot: Slot| slots.get(&slot).and_then(|counts| counts.providers.get(code)).copied().unwrap_or_default();
    let mut newest: Said = said(now);
    if newest.answered == 0 {
        newest += &said(now.earlier(1));
    }
    newest.subjects.are_different()
}

/// The state of a provider.
pub(super) fn state_of(said: &Said, is_failing: bool) -> State {
    if is_failing { State::Down } else { word(said.answered, said.failed) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::health::counts::Subjects;

    fn outcomes(answered: u64, failed: u64, different: bool) -> Outcomes {
        let subjects = if different { Subjects::ALL } else { Subjects::of("one") };
        let subjects = if failed == 0 { Subjects::default() } else { subjects };
        Outcomes { answered: [0, answered, 0, 0, 0, 0, 0], failed, subjects }
    }

    #[rstest]
    #[case::nothing(0, 0, true, State::Unknown)]
    #[case::too_little(4, 0, true, State::Unknown)]
    #[case::too_little_though_it_failed(0, 4, true, State::Unknown)]
    #[case::all_answered(5, 0, true, State::Operational)]
    #[case::as_few_failures_as_may_be(95, 5, true, State::Operational)]
    #[case::one_more(94, 6, true, State::Degraded)]
    #[case::half(50, 50, true, State::Degraded)]
    #[case::more_than_half(49, 51, true, State::Down)]
    #[case::all_failed(0, 5, true, State::Down)]
    #[case::one_post_fails_on_and_on(5, 100, false, State::Operational)]
    #[case::one_post_alone_fails_on_and_on(0, 100, false, State::Unknown)]
    fn each_word_of_the_status_follows_from_its_counts(
        #[case] answered: u64,
        #[case] failed: u64,
        #[case] different: bool,
        #[case] expected: State,
    ) {
        assert_eq!(judge(&outcomes(answered, failed, different)), expected);
    }

    fn day(slots: &[(i64, Outcomes)]) -> BTreeMap<Slot, Counts> {
        let counts = |outcomes: &Outcomes| Counts { outcomes: outcomes.clone(), ..Counts::default() };
        slots.iter().map(|(slot, outcomes)| (Slot(*slot), counts(outcomes))).collect()
    }

    #[test]
    fn the_word_changes_within_a_slot_at_high_traffic_and_later_at_low_traffic() {
        let busy = day(&[(99, outcomes(1_000, 0, true)), (100, outcomes(0, 20, true))]);
        assert_eq!(state_at(&busy, Slot(100)), State::Down);
        let quiet = day(&[(97, outcomes(3, 0, true)), (98, outcomes(3, 0, true)), (100, outcomes(0, 1, true))]);
        assert_eq!(state_at(&quiet, Slot(100)), State::Degraded);
        assert_eq!(state_at(&quiet, Slot(103)), State::Unknown, "that was too long ago");
    }

    fn said(slot: i64, answered: u64, subjects: Subjects) -> (Slot, Counts) {
        let said = Said { answered, failed: 0, subjects };
        (Slot(slot), Counts { providers: [(Code::of("a"), said)].into(), ..Counts::default() })
    }

    #[rstest]
    #[case::it_fails(&[(100, 0, Subjects::ALL)], true)]
    #[case::it_answered_before_it_failed(&[(100, 7, Subjects::ALL)], true)]
    #[case::it_failed_in_the_slot_before(&[(99, 7, Subjects::ALL)], true)]
    #[case::it_answered_since(&[(99, 0, Subjects::ALL), (100, 1, Subjects(0))], false)]
    #[case::it_failed_longer_ago(&[(98, 0, Subjects::ALL)], false)]
    #[case::it_fails_about_one(&[(99, 0, Subjects(1)), (100, 0, Subjects(1))], false)]
    #[case::it_failed_about_different_ones_in_two_slots(&[(99, 0, Subjects(3)), (100, 0, Subjects(4))], true)]
    fn only_a_provider_that_keeps_failing_is_asked_last(
        #[case] slots: &[(i64, u64, Subjects)],
        #[case] expected: bool,
    ) {
        let slots = slots.iter().map(|(slot, answered, subjects)| said(*slot, *answered, *subjects)).collect();
        assert_eq!(is_failing(&slots, &Code::of("a"), Slot(100)), expected);
    }
}
