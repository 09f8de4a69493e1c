//! An instance's counts of a pair: its own unwritten counts, and the written counts of all
//! instances.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::Heard;
use super::counts::{Code, Counts, Subjects, bucket};
use super::item::{Unwritten, hour_slots};
use super::slot::{Hour, Slot};
use crate::dynamodb::Item;
use crate::provider::Bearing;

/// The number of slots whose written counts are remembered.
const REMEMBERED: i64 = 2;

#[derive(Debug, Default)]
pub(super) struct Memory {
    unwritten: BTreeMap<Slot, Unwritten>,
    written_at: Option<Timestamp>,
    /// The failures of the newest slot, by provider and subject: each is counted once. `None` means
    /// the request itself.
    failed: (Option<Slot>, HashSet<(Option<&'static str>, String)>),
    /// The written counts of the newest slots.
    pub(super) known: BTreeMap<Slot, Counts>,
    pub(super) known_at: Option<Timestamp>,
}

impl Memory {
    pub(super) fn note(&mut self, slot: Slot, heard: &Heard<'_>) {
        for attempt in heard.attempts {
            let bearing = attempt.bearing();
            let is_new = bearing.is_failure() && self.is_first_failure(slot, Some(attempt.provider), heard.subject);
            let unwritten = self.unwritten.entry(slot).or_default();
            let provider = unwritten.providers.entry(Code::of(attempt.provider)).or_default();
            match bearing {
                Bearing::Works => {
                    provider.said.answered += 1;
                    provider.said.subjects = Subjects::default();
                    provider.is_cleared = true;
                }
                Bearing::FailsAboutSubject => provider.said.subjects |= Subjects::of(heard.subject),
                Bearing::FailsAboutAll => provider.said.subjects |= Subjects::ALL,
                Bearing::Neither => {}
            }
            provider.said.failed += u64::from(is_new);
        }
        let is_new = !heard.is_answered && self.is_first_failure(slot, None, heard.subject);
        let outcomes = &mut self.unwritten.entry(slot).or_default().outcomes;
        if heard.is_answered {
            outcomes.answered[bucket(heard.took)] += 1;
        } else {
            outcomes.failed += u64::from(is_new);
            outcomes.subjects |= Subjects::of(heard.subject);
        }
    }

    fn is_first_failure(&mut self, slot: Slot, provider: Option<&'static str>, subject: &str) -> bool {
        let (of, failed) = &mut self.failed;
        if *of != Some(slot) {
            failed.clear();
            *of = Some(slot);
        }
        failed.insert((provider, subject.to_owned()))
    }

    /// The counts to write, if there are any and the last write is long enough ago.
    pub(super) fn take_unwritten(
        &mut self,
        now: Timestamp,
        between: SignedDuration,
    ) -> Option<BTreeMap<Slot, Unwritten>> {
        let is_due = self.written_at.is_none_or(|written| now.duration_since(written) >= between);
        if !is_due || self.unwritten.is_empty() {
            return None;
        }
        self.written_at = Some(now);
        Some(std::mem::take(&mut self.unwritten))
    }

    /// Adds counts to write.
    pub(super) fn add_unwritten(&self, slots: &mut BTreeMap<Slot, Counts>) {
        for (slot, unwritten) in &self.unwritten {
            let counts = slots.entry(*slot).or_default();
            counts.outcomes += &unwritten.outcomes;
            for (code, unsaid) in &unwritten.providers {
                let said = counts.providers.entry(code.clone()).or_default();
                if unsaid.is_cleared {
                    said.subjects = Subjects::default();
                }
                *said += &unsaid.said;
            }
        }
    }

    /// Remembers the counts of an hour's item.
    pub(super) fn learn(&mut self, hour: Hour, item: &Item, now: Slot) {
        self.known.extend(hour_slots(item, hour));
        self.known.retain(|slot, _| *slot > now.earlier(REMEMBERED));
    }
}
