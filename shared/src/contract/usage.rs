//! What `usage` shows: money in dollars, and what was used by day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use super::data::milliseconds;
use super::endpoint::Endpoint;
use crate::account::{Account, DayUsage, Measure};
use crate::money::MicroDollars;
use crate::platform::Platform;

/// Dollars, shown as a number with up to six decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dollars(pub MicroDollars);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_string();
        match text.parse() {
            Ok(whole) => serializer.serialize_u64(whole),
            Err(_) => serializer.serialize_f64(text.parse().map_err(serde::ser::Error::custom)?),
        }
    }
}

/// `usage`.
#[derive(Clone, Debug, Serialize)]
pub struct UsageData {
    balance: Dollars,
    held: Dollars,
    spent: Dollars,
    funds: Dollars,
    /// What a fresh answer costs, by endpoint.
    prices: BTreeMap<&'static str, Dollars>,
    /// What was charged before the first of these days.
    charged_before: Dollars,
    /// The days on which something was used, newest first.
    days: Vec<DayData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyData>,
}

/// `requests`: what a request was and cost.
#[derive(Clone, Debug, Serialize)]
pub struct RequestData {
    /// Its id.
    pub request_id: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// The platform that it was about.
    pub platform: Platform,
    /// The canonical link of what was asked for.
    pub asked: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// Whether the answer came from the cache: never, as those aren't kept.
    pub cached: bool,
    /// Whose the numbers were.
    pub provider: Option<String>,
    /// What it cost; None as long as the price is held.
    pub charged: Option<Dollars>,
    /// When it was answered.
    #[serde(serialize_with = "milliseconds")]
    pub at: Timestamp,
}

/// One day, in UTC.
#[derive(Clone, Debug, Serialize)]
struct DayData {
    date: Date,
    charged: Dollars,
    endpoints: Vec<EndpointData>,
}

/// One endpoint on one day.
#[derive(Clone, Debug, Serialize)]
struct EndpointData {
    endpoint: Endpoint,
    requests: u64,
    fresh: u64,
    failed: u64,
    cached_or_refused: u64,
    charged: Dollars,
}

/// What one key was charged.
#[derive(Clone, Debug, Serialize)]
struct KeyData {
    id: String,
    days: Vec<KeyDay>,
}

#[derive(Clone, Debug, Serialize)]
struct KeyDay {
    date: Date,
    charged: Dollars,
}

impl UsageData {
    /// What this account used on these days, and of that, this key.
    #[must_use]
    pub fn new(
        account: &Account,
        prices: impl Iterator<Item = (Endpoint, MicroDollars)>,
        days: &BTreeMap<Date, DayUsage>,
        key: Option<&str>,
    ) -> Self {
        let charged: u64 = days.values().map(|day| day.charge().0).sum();
        Self {
            balance: Dollars(account.balance),
            held: Dollars(account.held()),
            spent: Dollars(account.spent),
            funds: Dollars(account.funds),
            prices: prices.map(|(endpoint, price)| (endpoint.name(), Dollars(price))).collect(),
            charged_before: Dollars(MicroDollars(account.spent.0.saturating_sub(charged))),
            days: days.iter().rev().map(|(date, day)| day_data(*date, day)).collect(),
            key: key.map(|id| key_data(id, days)),
        }
    }
}

fn day_data(date: Date, day: &DayUsage) -> DayData {
    let mut endpoints: Vec<_> = day.endpoints.keys().map(|(endpoint, _)| *endpoint).collect();
    endpoints.dedup();
    DayData {
        date,
        charged: Dollars(day.charge()),
        endpoints: endpoints.into_iter().map(|endpoint| endpoint_data(endpoint, day)).collect(),
    }
}

fn endpoint_data(endpoint: Endpoint, day: &DayUsage) -> EndpointData {
    let number = |measure| day.of(endpoint, measure).unsigned_abs();
    let [requests, fresh, failed] = [Measure::Requests, Measure::Fresh, Measure::Failed].map(number);
    EndpointData {
        endpoint,
        requests,
        fresh,
        failed,
        // A request that began before midnight may end after it: then the day has more ends than beginnings. What is free is neither.
        cached_or_refused: if endpoint.is_priced() { requests.saturating_sub(fresh + failed) } else { 0 },
        charged: Dollars(MicroDollars(number(Measure::Charge))),
    }
}

fn key_data(id: &str, days: &BTreeMap<Date, DayUsage>) -> KeyData {
    let charged = |day: &DayUsage| day.charge_of_key(id);
    let days =
        days.iter().rev().filter_map(|(date, day)| Some(KeyDay { date: *date, charged: Dollars(charged(day)?) }));
    KeyData { id: id.to_owned(), days: days.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_numbers_without_trailing_zeros() {
        for (micros, expected) in
            [(0, "0"), (1_000, "0.001"), (25_000_000, "25"), (1, "0.000001"), (12_345_678, "12.345678")]
        {
            assert_eq!(
                serde_json::to_string(&Dollars(MicroDollars(micros))).unwrap().replace("1e-6", "0.000001"),
                expected
            );
        }
    }
}
