//! The data of `usage`: money in dollars, and usage by day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::data::milliseconds;
use super::endpoint::Endpoint;
use super::schema::{Day, Moment};
use crate::account::{Account, DayUsage, Measure};
use crate::money::MicroDollars;
use crate::platform::Platform;

/// Dollars, shown as a number with up to six decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Dollars(#[schemars(with = "f64", range(min = 0.0))] pub MicroDollars);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_string();
        match text.parse() {
            Ok(whole) => serializer.serialize_u64(whole),
            Err(_) => serializer.serialize_f64(text.parse().map_err(serde::ser::Error::custom)?),
        }
    }
}

/// An account's money, and its usage by day. All money is in dollars.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
pub struct UsageData {
    /// The money that can be spent now. At every moment `balance` + `held` + `spent` = `funds`.
    #[schemars(example = 24.9)]
    balance: Dollars,
    /// The money held for requests in flight. It is spent when they are answered; otherwise it is
    /// released.
    #[schemars(example = 0.001)]
    held: Dollars,
    /// The sum of all charges since the account was opened.
    #[schemars(example = 0.099)]
    spent: Dollars,
    /// All payments, less refunds and adjustments.
    #[schemars(example = 25)]
    funds: Dollars,
    /// The price of a fresh answer, by the endpoint's name. Cached answers and failures are free.
    #[schemars(example = prices())]
    prices: BTreeMap<&'static str, Dollars>,
    /// The charges before the first of these days, so that all charges add up to `spent`.
    #[schemars(example = 0)]
    charged_before: Dollars,
    /// The days with usage, newest first. Days without usage are left out.
    days: Vec<DayData>,
    /// The charges of one key; only if `key` was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "KeyData")]
    key: Option<KeyData>,
}

/// A past request and its cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PastRequest")]
pub struct RequestData {
    /// The id of the past request, from its answer.
    #[schemars(example = &"SswFG3BXNNYYtDzZiB7u")]
    pub request_id: String,
    /// The name of the requested endpoint: its path after `/v1/`.
    #[schemars(example = &"post/stats")]
    pub endpoint: String,
    /// The platform of the post or creator.
    #[schemars(example = &"tiktok")]
    pub platform: Platform,
    /// The address of the requested post or creator, without trackers.
    #[schemars(example = &"https://www.tiktok.com/@user/video/7123456789")]
    pub asked: String,
    /// The HTTP status of the answer.
    #[schemars(range(min = 100, max = 599), example = 200)]
    pub status: u16,
    /// Whether the answer was from the cache: always false, because cached answers are free and
    /// aren't kept.
    #[schemars(example = false)]
    pub cached: bool,
    /// The name of the upstream source of the numbers. Null if none answered.
    #[schemars(example = &"tiktok-api23")]
    pub provider: Option<String>,
    /// The cost, in dollars. Null while the price is held.
    #[schemars(example = 0.001)]
    pub charged: Option<Dollars>,
    /// The time of the answer, in UTC.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    pub at: Timestamp,
}

/// The usage of one day, in UTC.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "UsageDay")]
struct DayData {
    /// The day.
    #[schemars(with = "Day", example = &"2026-03-28")]
    date: Date,
    /// The cost of the day's answers, in dollars.
    #[schemars(example = 0.099)]
    charged: Dollars,
    /// The usage by endpoint; endpoints without any are left out.
    endpoints: Vec<EndpointData>,
}

/// The usage of one endpoint on one day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "EndpointUsage")]
struct EndpointData {
    /// The endpoint's name: its path after `/v1/`.
    #[schemars(example = &"post/stats")]
    endpoint: Endpoint,
    /// The number of requests.
    #[schemars(example = 140)]
    requests: u64,
    /// The number of requests with a fresh answer, which costs its price.
    #[schemars(example = 99)]
    fresh: u64,
    /// The number of requests that failed after a provider was asked; these are free.
    #[schemars(example = 1)]
    failed: u64,
    /// The number of requests that were answered from the cache or refused; these are free.
    #[schemars(example = 40)]
    cached_or_refused: u64,
    /// The cost of the fresh answers, in dollars.
    #[schemars(example = 0.099)]
    charged: Dollars,
}

/// The charges of one key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "KeyUsage")]
struct KeyData {
    /// The key's id.
    #[schemars(example = &"0123456789abcdef")]
    id: String,
    /// The days with charges of the key, newest first.
    days: Vec<KeyDay>,
}

/// The charge of one key on one day, in UTC.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "KeyUsageDay")]
struct KeyDay {
    /// The day.
    #[schemars(with = "Day", example = &"2026-03-28")]
    date: Date,
    /// The charge in dollars, including the money held for requests in flight.
    #[schemars(example = 0.099)]
    charged: Dollars,
}

/// Prices, for the description of the field.
fn prices() -> BTreeMap<&'static str, f64> {
    BTreeMap::from([(Endpoint::PostStats.name(), 0.001), (Endpoint::ChannelVideos.name(), 0.002)])
}

impl UsageData {
    /// The usage of this account on these days, and the part of this key.
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
        // A request that begins before midnight can end after it, so a day can have more ends than
        // beginnings. Requests to free endpoints are counted in neither.
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
