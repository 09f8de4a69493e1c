//! The list of tools, in the form that clients see.

use serde_json::value::RawValue;
use strum::IntoEnumIterator;

use super::about::about;
use crate::config::Config;
use crate::contract::{Endpoint, Kind};

/// The tools in the form that clients see, one per line. `openapi::tools` generates it from the
/// contract's types, so that no function makes schemas when it starts.
const LIST: &str = include_str!("tools.json");

/// The endpoints that are tools.
pub fn endpoints() -> impl Iterator<Item = Endpoint> {
    Endpoint::iter().filter(|endpoint| about(*endpoint).is_some())
}

/// A tool's name: the endpoint's name, in characters that all clients accept.
#[must_use]
pub fn name(endpoint: Endpoint) -> String {
    endpoint.name().replace(['/', '-'], "_")
}

/// The tool with this name.
pub(super) fn find(wanted: &str) -> Option<Endpoint> {
    endpoints().find(|endpoint| name(*endpoint) == wanted)
}

/// The placeholder for the price of this endpoint's fresh answers, which the operator sets.
#[must_use]
pub fn price_of(endpoint: Endpoint) -> String {
    format!("{{price of {endpoint}}}")
}

/// The list with this operator's prices.
pub(super) fn list(config: &Config) -> Box<RawValue> {
    let priced = Endpoint::iter().filter(|endpoint| matches!(endpoint.spec().kind, Kind::Priced { .. }));
    let with_price =
        |list: String, endpoint| list.replace(&price_of(endpoint), &format!("${}", config.prices[endpoint]));
    let list = priced.fold(LIST.trim_end().to_owned(), with_price);
    RawValue::from_string(list).expect("a test reads what is embedded, and prices are digits")
}
