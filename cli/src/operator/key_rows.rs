//! An account's keys, as they are listed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;
use shared::account::{Account, KeyDetails};

use super::{day, moment};
use crate::output::{Shown, lines};
use crate::table::{self, figure, table};

/// One key.
#[derive(Serialize)]
pub struct KeyRow {
    key_id: String,
    mode: Option<String>,
    is_revoked: bool,
    /// Requests per minute; null of a key that was revoked.
    rate_limit: Option<u64>,
    last_four: Option<String>,
    created_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

/// An account's keys: those in use first.
#[derive(Serialize)]
#[serde(transparent)]
pub struct KeyRows(pub Vec<KeyRow>);

impl KeyRows {
    /// Of this account: what its item knows of each key, and what the key's own item does.
    pub fn new(account: &Account, details: &[KeyDetails]) -> Self {
        let mut details: BTreeMap<&str, &KeyDetails> = details.iter().map(|key| (&*key.id, key)).collect();
        let stored = account.keys.iter().map(|(id, key)| {
            let more = details.remove(&**id);
            KeyRow {
                key_id: id.clone(),
                mode: Some(key.mode.clone()),
                is_revoked: key.revoked_at.is_some(),
                rate_limit: Some(key.rate_limit),
                last_four: more.and_then(|more| more.last4.clone()),
                created_at: moment(more.and_then(|more| more.created_at)),
                revoked_at: moment(key.revoked_at),
            }
        });
        let mut rows: Vec<KeyRow> = stored.collect();
        rows.extend(details.into_values().map(|key| KeyRow {
            key_id: key.id.clone(),
            mode: key.mode.clone(),
            is_revoked: true,
            rate_limit: None,
            last_four: key.last4.clone(),
            created_at: moment(key.created_at),
            revoked_at: moment(key.revoked_at),
        }));
        rows.sort_by_key(|row| (row.is_revoked, row.created_at));
        Self(rows)
    }

    /// How many open the account.
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
        table.set_header(["KEY", "MODE", "LIMIT", "STATE", "ENDS IN", "MADE"]);
        for row in &self.0 {
            table.add_row([
                row.key_id.clone().into(),
                row.mode.as_deref().unwrap_or("unknown").into(),
                figure(row.rate_limit.map(|limit| format!("{limit}/min")).unwrap_or_default()),
                state(row).into(),
                row.last_four.as_ref().map(|last| format!("…{last}")).unwrap_or_default().into(),
                day(row.created_at.map(Timestamp::as_second)).into(),
            ]);
        }
        table::print(&mut table, 0, out)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines(&self.0)
    }
}

fn state(row: &KeyRow) -> String {
    match row.revoked_at {
        Some(at) => format!("revoked {}", day(Some(at.as_second()))),
        None if row.is_revoked => "revoked".to_owned(),
        None => "active".to_owned(),
    }
}
