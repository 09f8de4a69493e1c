//! An hour's item in the cache table, `health#PLATFORM#OPERATION#HOUR`, with an attribute for each
//! count. DynamoDB can add to missing attributes too, so simultaneous writes of instances lose
//! nothing, and no instance has to read before it writes.
//!
//! Names begin with the slot's letter. `31` are the answers of the fourth slot in the second bucket
//! of times, `3f` its failures, and `3s` the groups of the failed subjects. With a provider's two
//! letters in between, `3xy`, `3xyf` and `3xys` are that provider's answers, its failures, and the
//! groups of the failed subjects since its last answer. The names are short, because a write to an
//! item of more than 1 KB costs a second unit.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::Pair;
use super::counts::{BUCKETS, Code, Counts, Outcomes, Said, Subjects};
use super::slot::{Hour, Slot};
use crate::dynamodb::{CACHE_TTL_ATTRIBUTE, Item, number};

/// The item's lifetime: until no bar of the status shows it any more.
const KEPT_SECONDS: i64 = 25 * 3_600;
const FAILED: char = 'f';
const SUBJECTS: char = 's';

/// The counts of an instance since its last write.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    pub(super) outcomes: Outcomes,
    pub(super) providers: BTreeMap<Code, Unsaid>,
}

/// The unwritten counts of a provider.
#[derive(Debug, Default)]
pub(super) struct Unsaid {
    pub(super) said: Said,
    /// Whether it answered, so that its earlier failures, on any instance, don't count any more.
    pub(super) is_cleared: bool,
}

/// The item's key.
pub(super) fn key(pair: Pair, hour: Hour) -> String {
    let (platform, operation): (&str, &str) = (pair.0.into(), pair.1.into());
    format!("health#{platform}#{operation}#{hour}")
}

/// The hour of an item's key.
pub(super) fn hour_slots(item: &Item, hour: Hour) -> BTreeMap<Slot, Counts> {
    let mut slots: BTreeMap<Slot, Counts> = BTreeMap::new();
    for (name, value) in item {
        let mut letters = name.chars();
        let Some(slot) = letters.next().and_then(|letter| hour.slot(letter)) else { continue };
        read(slots.entry(slot).or_default(), letters.as_str(), value);
    }
    slots
}

/// Unknown names are from another version, and aren't counted.
fn read(counts: &mut Counts, name: &str, value: &AttributeValue) {
    let (code, measure) = name.split_at_checked(Code::LENGTH).unwrap_or(("", name));
    let mut letters = measure.chars();
    let (measure, is_whole) = (letters.next(), letters.next().is_none());
    match (code, measure) {
        _ if !is_whole => {}
        ("", Some(FAILED)) => counts.outcomes.failed = count(value),
        ("", Some(SUBJECTS)) => counts.outcomes.subjects = subjects(value),
        ("", Some(bucket)) => {
            let place = bucket.to_digit(10).and_then(|place| usize::try_from(place).ok());
            if let Some(bucket) = place.and_then(|place| counts.outcomes.answered.get_mut(place)) {
                *bucket = count(value);
            }
        }
        (code, measure) => {
            let said = counts.providers.entry(Code(code.to_owned())).or_default();
            match measure {
                None => said.answered = count(value),
                Some(FAILED) => said.failed = count(value),
                Some(SUBJECTS) => said.subjects = subjects(value),
                Some(_) => {}
            }
        }
    }
}

fn count(value: &AttributeValue) -> u64 {
    value.as_n().ok().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn subjects(value: &AttributeValue) -> Subjects {
    value.as_ss().map(|letters| Subjects::from_letters(letters)).unwrap_or_default()
}

/// The update that adds these counts to an hour's item.
pub(super) fn add(
    update: UpdateItemFluentBuilder,
    hour: Hour,
    slots: &BTreeMap<Slot, Unwritten>,
) -> UpdateItemFluentBuilder {
    let mut writing = Writing::default();
    for (slot, unwritten) in slots {
        writing.add_slot(slot.letter(), unwritten);
    }
    let expires_at = hour.first_slot().start().as_second() + KEPT_SECONDS;
    writing.finish(update, expires_at)
}

/// The parts of an update expression, under construction.
#[derive(Default)]
struct Writing {
    names: Vec<String>,
    adds: Vec<(usize, AttributeValue)>,
    sets: Vec<(usize, AttributeValue)>,
    removes: Vec<usize>,
}

impl Writing {
    fn add_slot(&mut self, slot: char, unwritten: &Unwritten) {
        let Outcomes { answered, failed, subjects } = &unwritten.outcomes;
        for (bucket, count) in answered.iter().enumerate().take(BUCKETS) {
            self.add(format!("{slot}{bucket}"), *count);
        }
        self.add(format!("{slot}{FAILED}"), *failed);
        self.add_subjects(format!("{slot}{SUBJECTS}"), *subjects);
        for (Code(code), Unsaid { said, is_cleared }) in &unwritten.providers {
            self.add(format!("{slot}{code}"), said.answered);
            self.add(format!("{slot}{code}{FAILED}"), said.failed);
            let name = format!("{slot}{code}{SUBJECTS}");
            match (is_cleared, said.subjects.is_empty()) {
                (false, _) => self.add_subjects(name, said.subjects),
                (true, true) => {
                    let place = self.place(name);
                    self.removes.push(place);
                }
                (true, false) => {
                    let place = self.place(name);
                    self.sets.push((place, AttributeValue::Ss(said.subjects.letters())));
                }
            }
        }
    }

    fn add(&mut self, name: String, count: u64) {
        if count > 0 {
            let place = self.place(name);
            self.adds.push((place, number(count)));
        }
    }

    fn add_subjects(&mut self, name: String, subjects: Subjects) {
        if !subjects.is_empty() {
            let place = self.place(name);
            self.adds.push((place, AttributeValue::Ss(subjects.letters())));
        }
    }

    fn place(&mut self, name: String) -> usize {
        self.names.push(name);
        self.names.len() - 1
    }

    fn finish(self, update: UpdateItemFluentBuilder, expires_at: i64) -> UpdateItemFluentBuilder {
        let pairs = |pairs: &[(usize, AttributeValue)], sign: &str| -> Vec<String> {
            pairs.iter().map(|(place, _)| format!("#{place}{sign}:{place}")).collect()
        };
        let sets = [vec!["#ttl = :ttl".to_owned()], pairs(&self.sets, " = ")].concat();
        let removes = self.removes.iter().map(|place| format!("#{place}")).collect();
        let clauses = [("SET", sets), ("ADD", pairs(&self.adds, " ")), ("REMOVE", removes)];
        let clauses = clauses.iter().filter(|(_, parts)| !parts.is_empty());
        let clauses: Vec<_> = clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect();
        let expression = clauses.join(" ");
        let mut update = update
            .update_expression(expression)
            .expression_attribute_names("#ttl", CACHE_TTL_ATTRIBUTE)
            .expression_attribute_values(":ttl", number(expires_at));
        for (place, name) in self.names.into_iter().enumerate() {
            update = update.expression_attribute_names(format!("#{place}"), name);
        }
        for (place, value) in self.adds.into_iter().chain(self.sets) {
            update = update.expression_attribute_values(format!(":{place}"), value);
        }
        update
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::slot::SLOTS_PER_HOUR;
    use crate::provider::{order, questions};

    const HOUR: Hour = Hour(498_732);

    /// A slot with this number in every count.
    fn unwritten(pair: Pair, count: u64) -> Unwritten {
        let outcomes = Outcomes { answered: [count; BUCKETS], failed: count, subjects: Subjects::ALL };
        let said = Said { answered: count, failed: count, subjects: Subjects::ALL };
        let unsaid = |name: &&str| (Code::of(name), Unsaid { said, is_cleared: false });
        Unwritten { outcomes, providers: order(pair.0, pair.1).iter().map(unsaid).collect() }
    }

    /// The item of an hour of such slots.
    fn item(pair: Pair, count: u64) -> Item {
        let mut writing = Writing::default();
        for letter in (0..SLOTS_PER_HOUR).map(|place| Slot(place).letter()) {
            writing.add_slot(letter, &unwritten(pair, count));
        }
        let mut item: Item =
            writing.adds.into_iter().map(|(place, value)| (writing.names[place].clone(), value)).collect();
        item.insert("pk".to_owned(), crate::dynamodb::text(key(pair, HOUR)));
        item.insert(CACHE_TTL_ATTRIBUTE.to_owned(), number(HOUR.first_slot().start().as_second()));
        item
    }

    /// By DynamoDB's rules: a number takes a byte for two digits and one more.
    fn size(item: &Item) -> usize {
        let size_of = |value: &AttributeValue| match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
            other => panic!("{other:?}"),
        };
        item.iter().map(|(name, value)| name.len() + size_of(value)).sum()
    }

    #[test]
    fn a_busy_hour_takes_less_than_two_kilobytes_with_any_failures() {
        for pair in questions() {
            let size = size(&item(pair, 9_999));
            assert!(size < 2_048, "{pair:?}: {size}");
        }
    }

    #[test]
    fn stored_counts_are_read_back_unchanged() {
        for pair in questions() {
            let slots = hour_slots(&item(pair, 7), HOUR);
            assert_eq!(slots.len(), 12);
            let expected = unwritten(pair, 7);
            let providers = expected.providers.into_iter().map(|(code, unsaid)| (code, unsaid.said)).collect();
            let expected = Counts { outcomes: expected.outcomes, providers };
            assert!(slots.values().all(|counts| *counts == expected), "{slots:?}");
            assert_eq!(slots.keys().next(), Some(&HOUR.first_slot()));
        }
    }
}
