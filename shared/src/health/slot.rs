//! The periods of counting: slots of five minutes; twelve slots share an item.

use std::fmt;

use jiff::Timestamp;

const SLOT_SECONDS: i64 = 300;
pub(super) const SLOTS_PER_HOUR: i64 = 12;

/// Five minutes, by their number since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot(pub(super) i64);

impl Slot {
    pub(super) fn at(now: Timestamp) -> Self {
        Self(now.as_second().div_euclid(SLOT_SECONDS))
    }

    /// Its beginning.
    pub(super) fn start(self) -> Timestamp {
        Timestamp::from_second(self.0.saturating_mul(SLOT_SECONDS)).unwrap_or(Timestamp::MIN)
    }

    pub(super) const fn earlier(self, slots: i64) -> Self {
        Self(self.0 - slots)
    }

    pub(super) const fn hour(self) -> Hour {
        Hour(self.0.div_euclid(SLOTS_PER_HOUR))
    }

    /// Its letter in the names of its hour's item.
    pub(super) fn letter(self) -> char {
        let place = u32::try_from(self.0.rem_euclid(SLOTS_PER_HOUR)).unwrap_or_default();
        char::from_digit(place, 36).unwrap_or_default()
    }
}

/// An hour, by its number since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Hour(pub(super) i64);

impl Hour {
    pub(super) fn at(now: Timestamp) -> Self {
        Slot::at(now).hour()
    }

    pub(super) const fn first_slot(self) -> Slot {
        Slot(self.0 * SLOTS_PER_HOUR)
    }

    /// The slot with this letter.
    pub(super) fn slot(self, letter: char) -> Option<Slot> {
        let place = letter.to_digit(36).map(i64::from).filter(|place| *place < SLOTS_PER_HOUR)?;
        Some(Slot(self.first_slot().0 + place))
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first_slot().start().strftime("%Y-%m-%dT%H").to_string())
    }
}
