//! The list of providers.

use std::io::Write;

use anyhow::Context;

use comfy_table::ColumnConstraint::LowerBoundary;
use comfy_table::Width::Fixed;
use serde::Serialize;
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::{ENTRIES, Entry, order};
use strum::IntoEnumIterator;
use url::Url;

use super::advice;
use super::setup::{Setup, Source};
use crate::table::{self, BETWEEN_COLUMNS, NO_BREAK, table};

/// One provider.
#[derive(Serialize)]
struct Row {
    provider: &'static str,
    on: bool,
    /// The variable that turns the provider on.
    variable: &'static str,
    /// The source of the provider's key; null if it needs no key, or has none.
    key_from: Option<Source>,
    /// How to turn the provider on; null if it is on.
    to_turn_on: Option<String>,
    /// The address that replaces the provider's own; null if none is set.
    base_url: Option<String>,
    gives: Vec<Gift>,
}

/// An operation that a provider answers.
#[derive(Serialize)]
struct Gift {
    platform: Platform,
    operation: &'static str,
    /// The provider's place in the order; null if the operator took it out.
    place: Option<usize>,
}

pub fn print(setup: &Setup, is_json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let rows: Vec<Row> = ENTRIES.iter().map(|entry| row(setup, entry)).collect();
    if is_json {
        for row in &rows {
            writeln!(out, "{}", serde_json::to_string(row).context("a provider as JSON")?)?;
        }
        return Ok(());
    }
    let mut table = table(0);
    table.set_header(["PROVIDER", "", "OPERATIONS, AND PLACE IN THE ORDER"]);
    table.add_rows(rows.iter().map(|row| [about(row), state(row).to_owned(), gives(row)]));
    table.set_constraints([LowerBoundary(Fixed(names_column()))]);
    table::print(&mut table, 0, out)?;
    Ok(())
}

fn row(setup: &Setup, entry: &'static Entry) -> Row {
    let on = setup.is_on(entry);
    let base_url = &setup.config.providers.base_urls[entry.name];
    let is_changed = Url::parse(entry.base_url).ok().as_ref() != Some(base_url);
    Row {
        provider: entry.name,
        on,
        variable: entry.key.map_or("KEYLESS_PROVIDERS", shared::provider::Key::variable),
        key_from: setup.source(entry),
        to_turn_on: (!on).then(|| advice::to_turn_on(entry)),
        base_url: is_changed.then(|| shown(base_url)),
        gives: gifts(setup, entry),
    }
}

fn gifts(setup: &Setup, entry: &Entry) -> Vec<Gift> {
    let all = Platform::iter().flat_map(|platform| Operation::iter().map(move |operation| (platform, operation)));
    let given = all.filter(|(platform, operation)| order(*platform, *operation).contains(&entry.name));
    given
        .map(|(platform, operation)| {
            let asked = setup.config.providers.orders.get(&(platform, operation));
            let place = asked.and_then(|names| names.iter().position(|name| *name == entry.name));
            Gift { platform, operation: operation.into(), place: place.map(|place| place + 1) }
        })
        .collect()
}

/// The width of the first column, in which names are never broken.
fn names_column() -> u16 {
    let longest = ENTRIES.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    u16::try_from(longest).unwrap_or_default().saturating_add(BETWEEN_COLUMNS)
}

/// An address without its user, password and path, which may contain a key.
fn shown(base_url: &Url) -> String {
    let rest = if base_url.path().len() > 1 { "/…" } else { "" };
    [&base_url.origin().ascii_serialization(), rest].concat()
}

fn about(row: &Row) -> String {
    let mut lines = vec![row.provider.to_owned()];
    match (&row.to_turn_on, row.key_from) {
        (Some(advice), _) => lines.push(format!("  {advice}")),
        (None, Some(source)) => lines.extend([format!("  {}", row.variable), format!("  {source}")]),
        (None, None) => lines.push("  needs no key".to_owned()),
    }
    lines.join("\n")
}

const fn state(row: &Row) -> &'static str {
    if row.on { "on" } else { "off" }
}

fn gives(row: &Row) -> String {
    let of_platform = |platform| {
        let gifts: Vec<String> = row.gives.iter().filter(|gift| gift.platform == platform).map(placed).collect();
        (!gifts.is_empty()).then(|| format!("{platform}: {}", gifts.join(", ")))
    };
    let address = row.base_url.iter().map(|base_url| format!("at {base_url}"));
    address.chain(Platform::iter().filter_map(of_platform)).collect::<Vec<_>>().join("\n")
}

fn placed(gift: &Gift) -> String {
    // A line must not break between an operation and its place.
    let place = gift.place.map_or_else(|| "taken out".to_owned(), |place| place.to_string());
    [gift.operation, &place].join(NO_BREAK)
}
