//! The operator's commands: accounts, keys, funds, usage, requests, prices.

mod account_rows;
pub mod accounts;
mod arguments;
pub mod funds;
mod key_changes;
mod key_limits;
mod key_rows;
pub mod keys;
pub mod prices;
pub mod requests;
pub mod usage;
mod usage_table;

use ct::engine::IfMissing;
use jiff::Timestamp;
use jiff::tz::Offset;
use shared::account::{Accounts as Table, Limits};
use shared::clock::Clock;

use crate::database::{Database, Options, configuration};

/// The accounts and the database that a command works on.
struct Desk {
    table: Table,
    database: Database,
    limits: Limits,
}

async fn open(options: &Options, missing: IfMissing) -> anyhow::Result<Desk> {
    anyhow::ensure!(
        !options.keeps_nothing()?,
        ":memory: keeps no data after this command; choose a --data-dir, a --stack or a --dynamodb-endpoint"
    );
    let config = configuration()?;
    let database = options.open(&config, missing).await?;
    let table = Table::new(database.client.clone(), database.tables.accounts.clone(), Clock::system(), config.accounts);
    Ok(Desk { table, database, limits: config.accounts })
}

/// Converts stored Unix seconds.
fn moment(seconds: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_second(seconds?).ok()
}

/// The day of stored Unix seconds; empty if unknown.
fn day(seconds: Option<i64>) -> String {
    moment(seconds).map(|moment| Offset::UTC.to_datetime(moment).date().to_string()).unwrap_or_default()
}

/// A number with its noun: "1 key", "2 keys".
pub fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}
