//! The counts of a slot: the results for customers, and the answers of each provider.

use std::collections::BTreeMap;
use std::ops::{AddAssign, BitOrAssign};
use std::time::Duration;

/// The upper ends of the buckets for response times, in milliseconds; the last bucket has no end.
/// Each end is twice the one before.
const BUCKET_ENDS: [u64; BUCKETS - 1] = [250, 500, 1_000, 2_000, 4_000, 8_000];
pub(super) const BUCKETS: usize = 7;

/// The number of groups of subjects.
const GROUPS: u32 = 6;
/// If the failed subjects are in this many groups, they are different subjects.
const DIFFERENT: u32 = 3;

/// The groups of subjects about which a provider failed. A subject is always in one group, so a
/// subject that fails again and again, on any instance, counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Subjects(pub(super) u8);

impl Subjects {
    /// All groups, for failures that don't depend on the subject.
    pub(super) const ALL: Self = Self((1 << GROUPS) - 1);

    pub(super) fn of(subject: &str) -> Self {
        Self(1 << (crc32fast::hash(subject.as_bytes()) % GROUPS))
    }

    pub(super) const fn are_different(self) -> bool {
        self.0.count_ones() >= DIFFERENT
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The numbers of the groups, as stored.
    pub(super) fn letters(self) -> Vec<String> {
        let is_in = |group: &u32| self.0 & (1 << group) != 0;
        (0..GROUPS).filter(is_in).map(|group| group.to_string()).collect()
    }

    pub(super) fn from_letters(letters: &[String]) -> Self {
        let groups = letters.iter().filter_map(|letter| letter.parse().ok()).filter(|group: &u32| *group < GROUPS);
        groups.fold(Self::default(), |subjects, group| Self(subjects.0 | (1 << group)))
    }
}

impl BitOrAssign for Subjects {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The results for the callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    /// Answers, by response time.
    pub(super) answered: [u64; BUCKETS],
    /// Failures; an instance counts those about one subject once in a slot.
    pub(super) failed: u64,
    pub(super) subjects: Subjects,
}

impl Outcomes {
    pub(super) fn answers(&self) -> u64 {
        self.answered.iter().sum()
    }

    /// The failures, if they are about different subjects; otherwise one subject may be the reason.
    pub(super) const fn failures(&self) -> u64 {
        if self.subjects.are_different() { self.failed } else { 0 }
    }

    /// The median of the times, estimated within its bucket.
    pub(super) fn median(&self) -> Option<Duration> {
        let half = self.answers().div_ceil(2);
        let mut before = 0;
        for (place, count) in self.answered.iter().enumerate() {
            if half > 0 && before + count >= half {
                return Some(within(place, half - before, *count));
            }
            before += count;
        }
        None
    }
}

/// The `rank`th time of a bucket with `count` times, if they are evenly distributed; the bucket's
/// end is twice its beginning.
fn within(bucket: usize, rank: u64, count: u64) -> Duration {
    let float = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    let end = BUCKET_ENDS.get(bucket).copied().unwrap_or(BUCKET_ENDS[BUCKETS - 2] * 2);
    let share = (float(rank) - 0.5) / float(count).max(1.0);
    Duration::from_millis(end).mul_f64((share - 1.0).exp2())
}

/// The bucket of this response time.
pub(super) fn bucket(took: Duration) -> usize {
    let is_longer = |end: &&u64| took >= Duration::from_millis(**end);
    BUCKET_ENDS.iter().take_while(is_longer).count()
}

impl AddAssign<&Self> for Outcomes {
    fn add_assign(&mut self, other: &Self) {
        for (sum, count) in self.answered.iter_mut().zip(other.answered) {
            *sum += count;
        }
        self.failed += other.failed;
        self.subjects |= other.subjects;
    }
}

/// The answers of a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) answered: u64,
    /// Failed attempts, counted as [`Outcomes::failed`] counts requests.
    pub(super) failed: u64,
    /// The groups of subjects about which it failed since it last answered.
    pub(super) subjects: Subjects,
}

impl AddAssign<&Self> for Said {
    fn add_assign(&mut self, other: &Self) {
        self.answered += other.answered;
        self.failed += other.failed;
        self.subjects |= other.subjects;
    }
}

/// A provider's two letters in the names of an item. They are made from its name, which never
/// changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Code(pub(super) String);

impl Code {
    pub(super) const LENGTH: usize = 2;

    pub(super) fn of(provider: &str) -> Self {
        let hash = crc32fast::hash(provider.as_bytes());
        let letter = |number: u32| char::from_digit(number % 36, 36).unwrap_or_default();
        Self([letter(hash), letter(hash / 36)].into_iter().collect())
    }
}

/// All counts of a slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) outcomes: Outcomes,
    pub(super) providers: BTreeMap<Code, Said>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::provider::ENTRIES;

    #[test]
    fn no_two_providers_have_the_same_letters() {
        let mut names = HashMap::new();
        for entry in ENTRIES {
            if let Some(other) = names.insert(Code::of(entry.name), entry.name) {
                panic!("{other} and {} have the same two letters: give the new provider another name", entry.name);
            }
        }
    }

    #[test]
    fn one_subject_never_counts_as_different_ones_and_many_do() {
        let mut subjects = Subjects::default();
        for _ in 0..100 {
            subjects |= Subjects::of("7106594312292453675");
        }
        assert!(!subjects.are_different());
        for subject in 0..20 {
            subjects |= Subjects::of(&subject.to_string());
        }
        assert!(subjects.are_different());
        assert_eq!(Subjects::from_letters(&subjects.letters()), subjects);
        assert_eq!(Subjects::ALL.letters().concat(), "012345");
        assert_eq!(Subjects::from_letters(&["9".to_owned(), "x".to_owned()]), Subjects::default());
    }

    #[test]
    fn the_median_is_never_off_by_more_than_half_or_double() {
        for millis in [130, 249, 250, 400, 999, 1_000, 3_100, 7_999, 8_000, 15_000] {
            let mut outcomes = Outcomes::default();
            for _ in 0..101 {
                outcomes.answered[bucket(Duration::from_millis(millis))] += 1;
            }
            let median = outcomes.median().unwrap().as_secs_f64() * 1_000.0 / f64::from(u32::try_from(millis).unwrap());
            assert!((0.5..=2.0).contains(&median), "{millis}: {median}");
        }
        assert_eq!(Outcomes::default().median(), None);
    }

    #[test]
    fn the_median_is_the_middle_of_all_and_not_of_the_fullest_bucket() {
        let outcomes = Outcomes { answered: [4, 0, 0, 3, 2, 0, 0], ..Outcomes::default() };
        let median = outcomes.median().unwrap();
        assert!((1_000..2_000).contains(&median.as_millis()), "{median:?}");
    }
}
