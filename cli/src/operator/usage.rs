//! `ct usage` shows usage by day, endpoint or customer.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum, value_parser};
use ct::engine::IfMissing;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::account::{Account, AccountId, Accounts as Table, DayUsage, Measure, OperatorError, date_of};
use shared::clock::Clock;
use shared::contract::Endpoint;
use shared::money::MicroDollars;
use strum::IntoEnumIterator;

use super::arguments::{account_id, printable};
use super::open;
use super::usage_table::{Row, Sheet};
use crate::database::Options as Place;
use crate::output::Output;

const SECONDS_PER_DAY: i64 = 86_400;
/// How many accounts are read in parallel.
const SIDE_BY_SIDE: usize = 8;

/// Options of `ct usage`.
#[derive(Args)]
#[command(after_help = "Days are in UTC. `cached or refused` counts requests that were neither fresh nor failed.

Examples:
  ct usage
  ct usage Acc0unt123 --by endpoint --days 7
  ct usage --by customer --json")]
pub struct Options {
    /// The account; without it, all accounts.
    #[arg(value_parser = account_id)]
    account: Option<AccountId>,
    /// The content of the rows.
    #[arg(long, value_enum, default_value_t = By::Day)]
    by: By,
    /// The number of days, including today.
    #[arg(long, value_name = "N", default_value_t = 31, value_parser = value_parser!(i64).range(1..=3_660))]
    days: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// One day per row, the newest first.
    Day,
    /// One endpoint per row.
    Endpoint,
    /// One customer per row, the highest charge first.
    Customer,
}

/// The numbers of a row.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    pub requests: i64,
    pub fresh: i64,
    pub failed: i64,
    pub cached_or_refused: i64,
    #[serde(skip)]
    pub charged: MicroDollars,
}

impl Counts {
    fn add(&mut self, used: &DayUsage, endpoint: Endpoint) {
        let of = |measure| used.of(endpoint, measure);
        self.requests += of(Measure::Requests);
        self.fresh += of(Measure::Fresh);
        self.failed += of(Measure::Failed);
        self.charged.0 += of(Measure::Charge).unsigned_abs();
        // Failures after midnight may belong to requests of the day before.
        self.cached_or_refused = (self.requests - self.fresh - self.failed).max(0);
    }
}

/// An account with its usage by day, in days since 1970.
type Used = (AccountId, Account, BTreeMap<i64, DayUsage>);

pub async fn run(options: Options, place: &Place, output: &mut Output<'_>) -> anyhow::Result<()> {
    let desk = open(place, IfMissing::Refuse).await?;
    let used = read(options.account.as_ref(), &desk.table).await?;
    let today = Clock::system().now();
    output.show(&sheet(&options, &used, today))?;
    desk.database.close().await;
    Ok(())
}

async fn read(account: Option<&AccountId>, table: &Table) -> Result<Vec<Used>, OperatorError> {
    let accounts = match account {
        Some(id) => vec![(id.clone(), table.show(id).await?)],
        None => table.list().await?,
    };
    let reading = stream::iter(accounts).map(|(id, _)| async move {
        let days = Box::pin(table.usage(&id)).await?;
        // Read the accounts after the days: money spent in between is then in both.
        let account = table.show(&id).await?;
        Ok((id, account, days))
    });
    reading.buffered(SIDE_BY_SIDE).try_collect().await
}

fn sheet(options: &Options, used: &[Used], now: Timestamp) -> Sheet {
    let today = now.as_second().div_euclid(SECONDS_PER_DAY);
    let first = today - options.days + 1;
    let (mut rows, mut total) = (BTreeMap::<Line, Row>::new(), Counts::default());
    for (number, (id, account, days)) in used.iter().enumerate() {
        for (day, of_day) in days.iter().filter(|(day, _)| **day >= first) {
            for endpoint in Endpoint::iter().filter(|endpoint| is_used(of_day, *endpoint)) {
                let (place, row) = match options.by {
                    By::Day => (Line::Day(-day), Row::day(date_of(*day))),
                    By::Endpoint => (Line::Endpoint(endpoint), Row::endpoint(endpoint)),
                    By::Customer => (Line::Customer(number), Row::customer(id, &printable(&account.name))),
                };
                rows.entry(place).or_insert(row).counts.add(of_day, endpoint);
                total.add(of_day, endpoint);
            }
        }
    }
    if options.by == By::Day {
        fill(&mut rows);
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    if options.by == By::Customer {
        rows.sort_by_key(|row| std::cmp::Reverse(row.counts.charged));
    }
    let spent = MicroDollars(used.iter().map(|(_, account, _)| account.spent.0).sum());
    Sheet { by: options.by, days: options.days, rows, total, spent }
}

/// The key of a row, which also orders the rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    /// Days since 1970, negated so that the newest comes first.
    Day(i64),
    Endpoint(Endpoint),
    Customer(usize),
}

/// Adds empty rows for days without requests, so that the table shows gaps.
fn fill(rows: &mut BTreeMap<Line, Row>) {
    let (Some((Line::Day(newest), _)), Some((Line::Day(oldest), _))) = (rows.first_key_value(), rows.last_key_value())
    else {
        return;
    };
    for day in *newest..=*oldest {
        rows.entry(Line::Day(day)).or_insert_with(|| Row::day(date_of(-day)));
    }
}

fn is_used(used: &DayUsage, endpoint: Endpoint) -> bool {
    Measure::iter().any(|measure| used.of(endpoint, measure) != 0)
}
