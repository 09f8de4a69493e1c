//! A key's limits, as operators write them.

use clap::{Args, value_parser};
use shared::account::{Allowed, Edit, KeyLimits, LimitEdits};
use shared::clock::Clock;
use shared::contract::{Endpoint, key_budget, key_end, key_endpoint, key_platform};
use shared::money::MicroDollars;
use shared::platform::Platform;

#[derive(Args)]
pub struct Limits {
    /// The end of the key: a date or a time in UTC.
    #[arg(long, value_name = "WHEN", value_parser = end)]
    expires_at: Option<i64>,
    /// The only endpoints that the key can use, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = key_endpoint)]
    endpoints: Vec<Endpoint>,
    /// The only platforms that the key can use, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = key_platform)]
    platforms: Vec<Platform>,
    /// The most that the key can spend per day (UTC), in dollars.
    #[arg(long, value_name = "USD", value_parser = key_budget)]
    budget_per_day: Option<MicroDollars>,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Edits {
    /// Requests per minute.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000_000))]
    rate_limit: Option<u64>,
    #[command(flatten)]
    limits: Limits,
    /// Remove the end.
    #[arg(long, conflicts_with = "expires_at")]
    no_expiry: bool,
    /// Allow all endpoints.
    #[arg(long, conflicts_with = "endpoints")]
    all_endpoints: bool,
    /// Allow all platforms.
    #[arg(long, conflicts_with = "platforms")]
    all_platforms: bool,
    /// Remove the budget: the key can spend the account's whole balance.
    #[arg(long, conflicts_with = "budget_per_day")]
    no_budget: bool,
}

impl From<Limits> for KeyLimits {
    fn from(Limits { expires_at, endpoints, platforms, budget_per_day }: Limits) -> Self {
        Self { expires_at, endpoints: allowed(endpoints), platforms: allowed(platforms), budget_per_day }
    }
}

impl From<Edits> for LimitEdits {
    fn from(edits: Edits) -> Self {
        let Edits { rate_limit, limits, no_expiry, all_endpoints, all_platforms, no_budget } = edits;
        let KeyLimits { expires_at, endpoints, platforms, budget_per_day } = limits.into();
        Self {
            rate_limit,
            expires_at: edit(expires_at, no_expiry),
            endpoints: edit(endpoints, all_endpoints),
            platforms: edit(platforms, all_platforms),
            budget_per_day: edit(budget_per_day, no_budget),
        }
    }
}

fn edit<T>(value: Option<T>, is_lifted: bool) -> Edit<T> {
    match value {
        Some(value) => Edit::Set(value),
        None if is_lifted => Edit::Lift,
        None => Edit::Keep,
    }
}

fn allowed<T: shared::account::Coded>(names: Vec<T>) -> Option<Allowed<T>> {
    (!names.is_empty()).then(|| names.into_iter().collect())
}

fn end(text: &str) -> Result<i64, String> {
    key_end(text, Clock::system().now())
}
