//! Lists of an account's keys.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::ColumnConstraint;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use shared::account::{Account, Key, KeyDetails, KeyView};
use shared::contract::Endpoint;
use shared::platform::Platform;

use super::arguments::printable;
use super::{day, moment};
use crate::output::{Shown, lines};
use crate::table::{self, table};

/// One key as JSON. Unknown values are null.
#[derive(Serialize)]
pub struct KeyRow {
    key_id: String,
    mode: Option<String>,
    is_revoked: bool,
    /// Requests per minute; null for a revoked key.
    rate_limit: Option<u64>,
    last_four: Option<String>,
    created_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    name: Option<String>,
    state: State,
    /// A day in UTC.
    last_used: Option<Date>,
    expires_at: Option<Timestamp>,
    endpoints: Option<Vec<Endpoint>>,
    platforms: Option<Vec<Platform>>,
    budget_per_day: Option<String>,
    /// The id of the key that replaces this one.
    rotated_to: Option<String>,
    /// The time at which a replaced key stops working.
    ends_at: Option<Timestamp>,
}

/// Whether a key works.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Active,
    /// Another key replaces it, and both work for now.
    Ending,
    /// Another key has replaced it.
    Rotated,
    Expired,
    Revoked,
}

/// An account's keys; the working ones come first.
#[derive(Serialize)]
#[serde(transparent)]
pub struct KeyRows(pub Vec<KeyRow>);

impl KeyRow {
    /// A key that the account's item has.
    pub fn new(KeyView { id, key, details }: KeyView, now: Timestamp) -> Self {
        let state = State::of(&key, now);
        let last_used = key.last_used();
        let limits = key.limits;
        let details = details.as_ref();
        Self {
            key_id: id,
            mode: Some(key.mode),
            is_revoked: state == State::Revoked,
            rate_limit: Some(key.rate_limit),
            last_four: details.and_then(|details| details.last4.clone()),
            created_at: moment(details.and_then(|details| details.created_at)),
            revoked_at: moment(key.revoked_at),
            name: details.and_then(|details| details.name.clone()),
            state,
            last_used,
            expires_at: moment(limits.expires_at),
            endpoints: limits.endpoints.map(|allowed| allowed.iter().collect()),
            platforms: limits.platforms.map(|allowed| allowed.iter().collect()),
            budget_per_day: limits.budget_per_day.map(|budget| budget.to_string()),
            rotated_to: key.ends_at.and_then(|_| details?.rotated_to.clone()),
            ends_at: moment(key.ends_at),
        }
    }

    /// A revoked key that the account's item no longer has.
    fn gone(details: &KeyDetails) -> Self {
        Self {
            key_id: details.id.clone(),
            mode: details.mode.clone(),
            is_revoked: true,
            rate_limit: None,
            last_four: details.last4.clone(),
            created_at: moment(details.created_at),
            revoked_at: moment(details.revoked_at),
            name: details.name.clone(),
            state: State::Revoked,
            last_used: None,
            expires_at: None,
            endpoints: None,
            platforms: None,
            budget_per_day: None,
            rotated_to: details.rotated_to.clone(),
            ends_at: None,
        }
    }

    /// The key's id, mode, last characters and name.
    fn key(&self) -> String {
        let mode = self.mode.as_deref().unwrap_or("unknown");
        let last = self.last_four.as_ref().map(|last| format!(" …{last}")).unwrap_or_default();
        let name = self.name.as_ref().map(|name| format!("  {}", printable(name))).unwrap_or_default();
        format!("{}\n{mode}{last}{name}", self.key_id)
    }

    /// The key's limits, as the end of a sentence.
    pub fn may(&self) -> String {
        self.limits().replace('\n', "; ")
    }

    /// The key's limits, one per line.
    fn limits(&self) -> String {
        let lines = [
            self.rate_limit.map(|limit| format!("{limit}/min")),
            self.budget_per_day.as_ref().map(|budget| format!("${budget}/day")),
            self.expires_at.filter(|_| self.state != State::Expired).map(|at| format!("until {}", date(at))),
            self.endpoints.as_ref().map(|endpoints| listed(endpoints)),
            self.platforms.as_ref().map(|platforms| listed(platforms)),
        ];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    /// The key's state with its date, its successor, and when it was created and last used, one per
    /// line.
    fn state(&self) -> String {
        let (state, at) = match self.state {
            State::Active => ("active", None),
            State::Ending => ("ends", self.ends_at),
            State::Rotated => ("rotated", self.ends_at),
            State::Expired => ("expired", self.expires_at),
            State::Revoked => ("revoked", self.revoked_at),
        };
        let lines = [
            Some(format!("{state} {}", at.map(date).unwrap_or_default()).trim_end().to_owned()),
            self.rotated_to.as_ref().map(|successor| format!("now {successor}")),
            self.created_at.map(|at| format!("created {}", date(at))),
            self.last_used.map(|day| format!("used {day}")),
        ];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}

impl State {
    fn of(key: &Key, now: Timestamp) -> Self {
        let is_past = |second: Option<i64>| second.is_some_and(|second| second <= now.as_second());
        if key.revoked_at.is_some() {
            Self::Revoked
        } else if is_past(key.limits.expires_at) {
            Self::Expired
        } else if is_past(key.ends_at) {
            Self::Rotated
        } else if key.ends_at.is_some() {
            Self::Ending
        } else {
            Self::Active
        }
    }
}

impl KeyRows {
    /// Joins the account's item, which has each key's state, with the keys' own items, which have
    /// details.
    pub fn new(account: &Account, details: &[KeyDetails], now: Timestamp) -> Self {
        let mut details: BTreeMap<&str, &KeyDetails> = details.iter().map(|key| (&*key.id, key)).collect();
        let stored = account.keys.iter().map(|(id, key)| {
            let details = details.remove(&**id).cloned();
            KeyRow::new(KeyView { id: id.clone(), key: key.clone(), details }, now)
        });
        let mut rows: Vec<KeyRow> = stored.collect();
        rows.extend(details.into_values().map(KeyRow::gone));
        rows.sort_by_key(|row| (row.state, row.created_at));
        Self(rows)
    }

    /// The number of keys that aren't revoked.
    pub fn in_use(&self) -> usize {
        self.0.iter().filter(|row| !row.is_revoked).count()
    }
}

impl Shown for KeyRows {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.0.is_empty() {
            return writeln!(out, "no keys");
        }
        let mut table = table(0);
        table.set_header(["KEY", "LIMITS", "STATE"]);
        for row in &self.0 {
            table.add_row([row.key(), row.limits(), row.state()]);
        }
        // Ids must not be broken, so that they can be copied.
        if let Some(states) = table.column_mut(2) {
            states.set_constraint(ColumnConstraint::ContentWidth);
        }
        table::print(&mut table, 0, out)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines(&self.0)
    }
}

fn date(at: Timestamp) -> String {
    day(Some(at.as_second()))
}

fn listed(names: &[impl ToString]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
