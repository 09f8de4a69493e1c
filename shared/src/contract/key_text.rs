//! Names and limits of keys as strings: customers write them in bodies, operators on the command
//! line. An error is a sentence without its subject, which the caller knows.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use strum::IntoEnumIterator;

use super::endpoint::Endpoint;
use super::invisible::is_invisible;
use super::options::moment;
use crate::money::MicroDollars;
use crate::platform::Platform;

/// The greatest length of a name, in characters.
const NAME_LENGTH: usize = 60;
/// A budget beyond $1,000,000 is a typing error.
const MAX_BUDGET: MicroDollars = MicroDollars(1_000_000_000_000);

/// A key's name.
///
/// # Errors
/// The rule that the name breaks.
pub fn key_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if (1..=NAME_LENGTH).contains(&name.chars().count()) && !name.chars().any(is_invisible) {
        return Ok(name.to_owned());
    }
    let advice = "without line breaks, control characters and invisible characters";
    Err(format!("must be a string of 1 to {NAME_LENGTH} characters, {advice}"))
}

/// The expiry of a key, in seconds since 1970: a time in the future.
///
/// # Errors
/// The rule that the expiry breaks.
pub fn key_end(text: &str, now: Timestamp) -> Result<i64, String> {
    let second = moment(text).map(Timestamp::as_second);
    second.filter(|second| *second > now.as_second()).ok_or_else(|| {
        let tomorrow = now.checked_add(SignedDuration::from_hours(24)).unwrap_or(now);
        format!("must be a time or a date in the future, such as \"{tomorrow:.0}\"")
    })
}

/// The most that a key may spend in a day.
///
/// # Errors
/// The rule that the amount breaks.
pub fn key_budget(text: &str) -> Result<MicroDollars, String> {
    let problem = |problem: &str| format!("must be dollars, such as 0.5: {problem}");
    match text.trim().parse::<MicroDollars>() {
        Ok(budget) if budget > MAX_BUDGET => Err(problem(&format!("at most {MAX_BUDGET}"))),
        Ok(budget) => Ok(budget),
        Err(error) => Err(problem(&error.to_string())),
    }
}

/// An endpoint that a key may be for.
///
/// # Errors
/// The names of the endpoints.
pub fn key_endpoint(text: &str) -> Result<Endpoint, String> {
    let name = text.trim().trim_start_matches("/v1/");
    limitable().find(|endpoint| endpoint.name() == name).ok_or_else(|| none_of(&key_endpoints()))
}

/// A platform that a key may be for.
///
/// # Errors
/// The names of the platforms.
pub fn key_platform(text: &str) -> Result<Platform, String> {
    Platform::from_str(text.trim()).map_err(|_| none_of(&key_platforms()))
}

/// The names of all endpoints to which a key can be limited.
#[must_use]
pub fn key_endpoints() -> String {
    limitable().map(Endpoint::name).collect::<Vec<_>>().join(", ")
}

/// The names of all platforms to which a key can be limited.
#[must_use]
pub fn key_platforms() -> String {
    Platform::iter().map(<&str>::from).collect::<Vec<_>>().join(", ")
}

fn limitable() -> impl Iterator<Item = Endpoint> {
    Endpoint::iter().filter(|endpoint| endpoint.is_limitable())
}

fn none_of(known: &str) -> String {
    format!("isn't known; send some of {known}")
}
