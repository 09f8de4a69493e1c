//! This machine's clock against DynamoDB's, which says the time in each answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use shared::config::CLOCK_SKEW;

use super::report::{Check, Report};

/// Notes how far this machine's clock was ahead when an answer came.
#[derive(Clone, Debug, Default)]
pub struct Difference(Arc<Mutex<Option<SignedDuration>>>);

impl Intercept for Difference {
    fn name(&self) -> &'static str {
        "difference of clocks"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        if let Some(theirs) = date {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *known = Some(Timestamp::now().duration_since(theirs));
        }
        Ok(())
    }
}

impl Difference {
    /// Whether the clocks agree as well as the times of holds want.
    pub fn look(&self, report: &mut Report) {
        let Some(ahead) = *self.0.lock().unwrap_or_else(PoisonError::into_inner) else {
            return report.fine(Check::Clock, "the database is in this process, and has the same clock");
        };
        // The header has whole seconds, and the answer was on its way.
        let seconds = ahead.as_secs();
        if seconds.unsigned_abs() <= CLOCK_SKEW.as_secs() {
            return report.fine(Check::Clock, format!("it agrees with DynamoDB's within {} s", CLOCK_SKEW.as_secs()));
        }
        let way = if seconds > 0 { "ahead of" } else { "behind" };
        let seen = format!("it is {} s {way} DynamoDB's", seconds.unsigned_abs());
        report.wrong(Check::Clock, seen, "set this machine's clock by NTP, as with `timedatectl set-ntp true`");
    }
}
