//! Compares this machine's clock with DynamoDB's, which sends the time with each answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use shared::config::CLOCK_SKEW;

use super::report::{Check, Report};

/// Records how far this machine's clock was ahead when an answer arrived.
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
    /// Checks whether the clocks agree as closely as the deadlines of holds require.
    pub fn look(&self, report: &mut Report) {
        let Some(ahead) = *self.0.lock().unwrap_or_else(PoisonError::into_inner) else {
            return report.fine(Check::Clock, "the database is in this process and uses the same clock");
        };
        // The header has whole seconds, and the answer took time to arrive.
        let seconds = ahead.as_secs();
        if seconds.unsigned_abs() <= CLOCK_SKEW.as_secs() {
            return report
                .fine(Check::Clock, format!("this clock agrees with DynamoDB's within {} s", CLOCK_SKEW.as_secs()));
        }
        let way = if seconds > 0 { "ahead of" } else { "behind" };
        let seen = format!("this clock is {} s {way} DynamoDB's", seconds.unsigned_abs());
        report.wrong(Check::Clock, seen, "set the clock by NTP, for example with `timedatectl set-ntp true`");
    }
}
