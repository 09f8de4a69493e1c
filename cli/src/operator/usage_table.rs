//! Usage as a table with bars.

use std::io::{self, Write};

use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;
use shared::account::AccountId;
use shared::contract::Endpoint;
use shared::money::MicroDollars;

use super::usage::{By, Counts};
use crate::output::{Shown, lines};
use crate::table::{self, BETWEEN_COLUMNS, figure, table, width};

/// In columns.
const LONGEST_BAR: usize = 24;
/// In columns. If there is less room, the table has no bars.
const SHORTEST_BAR: usize = 4;
/// Bars of 0 to 7 eighths of a column.
const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// In characters; longer names are shortened.
const NAME_LENGTH: usize = 14;

#[derive(Serialize)]
pub struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<Endpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    pub counts: Counts,
}

/// All rows and their total.
pub struct Sheet {
    pub by: By,
    pub days: i64,
    pub rows: Vec<Row>,
    pub total: Counts,
    /// The money that these accounts have spent in all their time.
    pub spent: MicroDollars,
}

impl Row {
    const EMPTY: Self = Self {
        day: None,
        endpoint: None,
        account: None,
        name: None,
        counts: Counts { requests: 0, fresh: 0, failed: 0, cached_or_refused: 0, charged: MicroDollars::ZERO },
    };

    pub fn day(day: Option<Date>) -> Self {
        Self { day, ..Self::EMPTY }
    }

    pub fn endpoint(endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), ..Self::EMPTY }
    }

    pub fn customer(id: &AccountId, name: &str) -> Self {
        Self { account: Some(id.to_string()), name: Some(name.to_owned()), ..Self::EMPTY }
    }

    fn label(&self) -> String {
        let named = [self.account.clone(), self.name.as_deref().map(shortened)];
        let day = self.day.map(|day| day.to_string());
        let endpoint = self.endpoint.map(|endpoint| endpoint.to_string());
        let parts: Vec<String> = named.into_iter().chain([day, endpoint]).flatten().collect();
        parts.join(" ")
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_LENGTH {
        return name.to_owned();
    }
    name.chars().take(NAME_LENGTH - 1).chain(['…']).collect()
}

impl Sheet {
    /// The value that a bar shows: the charge, or the requests if nothing was charged.
    fn weight(&self, counts: &Counts) -> u64 {
        if self.total.charged > MicroDollars::ZERO { counts.charged.0 } else { counts.requests.unsigned_abs() }
    }

    /// The charges before these days, or before usage was counted.
    fn before(&self) -> MicroDollars {
        MicroDollars(self.spent.0.saturating_sub(self.total.charged.0))
    }

    fn heading(&self) -> [&'static str; 6] {
        let label = match self.by {
            By::Day => "DAY",
            By::Endpoint => "ENDPOINT",
            By::Customer => "CUSTOMER",
        };
        [label, "REQUESTS", "FRESH", "FAILED", "CACHED OR\nREFUSED", "USD"]
    }

    fn cells(label: String, counts: &Counts) -> [String; 6] {
        let Counts { requests, fresh, failed, cached_or_refused, charged } = counts;
        let numbers = [requests, fresh, failed, cached_or_refused].map(ToString::to_string);
        let [requests, fresh, failed, rest] = numbers;
        [label, requests, fresh, failed, rest, charged.to_string()]
    }

    /// The length of the longest bar that fits beside these columns; 0 if there is no room.
    fn bar_length(&self, rows: &[[String; 6]]) -> usize {
        let heading = self.heading().map(|cell| cell.lines().map(str::len).max().unwrap_or_default());
        let columns = (0..heading.len()).map(|place| {
            let widest = rows.iter().map(|row| row[place].chars().count()).max().unwrap_or_default();
            widest.max(heading[place]) + usize::from(BETWEEN_COLUMNS)
        });
        let left = usize::from(width()).saturating_sub(columns.sum());
        if left < SHORTEST_BAR { 0 } else { left.min(LONGEST_BAR) }
    }
}

/// A bar for this share of the longest one, rounded to eighths of a column.
fn bar(weight: u64, most: u64, longest: usize) -> String {
    let longest = u64::try_from(longest).unwrap_or_default() * 8;
    let eighths = u128::from(weight) * u128::from(longest) / u128::from(most.max(1));
    // Every value above zero gets a visible bar.
    let eighths = if weight > 0 && longest > 0 { eighths.max(1) } else { eighths };
    let eighths = usize::try_from(eighths).unwrap_or_default();
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

impl Shown for Sheet {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.is_empty() {
            writeln!(out, "no requests in the last {} days", self.days)?;
            return writeln!(out, "spent before: {}", self.before());
        }
        let mut rows: Vec<_> = self.rows.iter().map(|row| Self::cells(row.label(), &row.counts)).collect();
        rows.push(Self::cells("total".to_owned(), &self.total));
        let longest = self.bar_length(&rows);
        let most = self.rows.iter().map(|row| self.weight(&row.counts)).max().unwrap_or_default();
        let bars = self.rows.iter().map(|row| bar(self.weight(&row.counts), most, longest)).chain([String::new()]);
        let mut table = table(0);
        table.set_header(self.heading());
        for ([label, numbers @ ..], bar) in rows.into_iter().zip(bars) {
            let bar = (longest > 0).then(|| bar.into());
            table.add_row([label.into()].into_iter().chain(numbers.map(figure)).chain(bar));
        }
        table::print(&mut table, 0, out)?;
        let total = self.total.charged;
        writeln!(out, "charged {total} in {} days, {} before; spent {}", self.days, self.before(), self.spent)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        let priced = |counts: &Counts, mut row: serde_json::Value| {
            row["charged"] = counts.charged.to_string().into();
            row
        };
        let rows: Result<Vec<_>, _> =
            self.rows.iter().map(|row| Ok(priced(&row.counts, serde_json::to_value(row)?))).collect();
        let total = priced(&self.total, serde_json::to_value(self.total)?);
        let before = self.before().to_string();
        let sums = json!({ "total": total, "charged_before": before, "spent": self.spent.to_string() });
        lines(rows?.into_iter().chain([sums]))
    }
}
