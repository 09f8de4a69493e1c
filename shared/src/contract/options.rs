//! The options in a body, beside its subject.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::request::{Fields, RequestError};
use crate::creator::{MAX_VIDEOS, Window};

/// The options in a body, beside its subject.
pub trait Options: Copy + Default + fmt::Debug + PartialEq + Send {
    /// Reads it.
    ///
    /// # Errors
    /// If an option is wrong: the error says what to send instead.
    fn read(fields: &Fields) -> Result<Self, RequestError>;
}

/// Nothing.
impl Options for () {
    fn read(_fields: &Fields) -> Result<Self, RequestError> {
        Ok(())
    }
}

/// `limit` and `since`.
impl Options for Window {
    fn read(fields: &Fields) -> Result<Self, RequestError> {
        let unless_told = Self::default();
        let limit = fields.number("limit", 1..=MAX_VIDEOS)?.unwrap_or(unless_told.limit);
        let since = fields
            .non_blank("since")?
            .map(|text| moment(text).ok_or_else(|| fields.invalid("`since` must be a date, such as \"2026-09-01\"")));
        Ok(Self { limit, since: since.transpose()? })
    }
}

/// The time itself, or the beginning of its day in UTC. The day 9999-12-31 begins after jiff's last
/// time, so it becomes that last time.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let day = || {
        let day: Date = text.parse().ok()?;
        let begins = Offset::UTC.to_timestamp(day.to_datetime(Time::midnight())).ok();
        begins.or_else(|| (day == Date::MAX).then_some(Timestamp::MAX))
    };
    // Otherwise a time after a space would be ignored silently.
    let is_day = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_day { day() } else { text.parse().ok().filter(|_| text.contains(['T', 't'])) }
}
