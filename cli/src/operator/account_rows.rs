//! Lists of accounts.

use std::io::{self, Write};

use serde_json::{Value, json};
use shared::account::{Account, AccountId, Found, Match};

use super::arguments::printable;
use super::counted;
use crate::output::{Shown, lines};
use crate::table::{self, figure, table};

pub struct Rows(pub Vec<(AccountId, Account)>);

pub struct FoundRows(pub Vec<Found>);

/// An account as JSON.
pub fn about(id: &AccountId, account: &Account) -> Value {
    json!({
        "account": id.as_str(),
        "name": account.name,
        "is_closed": account.closed_at.is_some(),
        "funds": account.funds.to_string(),
        "balance": account.balance.to_string(),
        "held": account.held().to_string(),
        "spent": account.spent.to_string(),
        "keys_in_use": keys_in_use(account),
    })
}

fn keys_in_use(account: &Account) -> usize {
    account.keys.values().filter(|key| key.revoked_at.is_none()).count()
}

const fn state(account: &Account) -> &'static str {
    if account.closed_at.is_some() { "closed" } else { "" }
}

impl Shown for Rows {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.0.is_empty() {
            return writeln!(out, "no accounts; `ct accounts create NAME` creates one");
        }
        let mut table = table(0);
        table.set_header(["ACCOUNT", "NAME", "BALANCE", "HELD", "SPENT", "KEYS", ""]);
        for (id, account) in &self.0 {
            table.add_row([
                id.as_str().into(),
                printable(&account.name).into(),
                figure(account.balance),
                figure(account.held()),
                figure(account.spent),
                figure(keys_in_use(account)),
                state(account).into(),
            ]);
        }
        table::print(&mut table, 0, out)?;
        writeln!(out, "{}", counted(self.0.len(), "account"))
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines(self.0.iter().map(|(id, account)| about(id, account)))
    }
}

impl Shown for FoundRows {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.0.is_empty() {
            return writeln!(out, "nothing found; `ct accounts list` shows all accounts");
        }
        let mut table = table(0);
        table.set_header(["ACCOUNT", "NAME", "BALANCE", "", "FOUND BY"]);
        for found in &self.0 {
            let by: Vec<String> = found.by.iter().map(match_text).collect();
            let (name, balance, state) = match &found.account {
                Some(account) => (printable(&account.name), account.balance.to_string(), state(account)),
                None => (String::new(), String::new(), "deleted"),
            };
            table.add_row([found.id.as_str().into(), name.into(), figure(balance), state.into(), by.join("\n").into()]);
        }
        table::print(&mut table, 0, out)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines(self.0.iter().map(|found| {
            let deleted = || json!({ "account": found.id.as_str() });
            let mut row = found.account.as_ref().map_or_else(deleted, |account| about(&found.id, account));
            row["is_deleted"] = found.account.is_none().into();
            row["found_by"] = json!(found.by);
            row
        }))
    }
}

fn match_text(by: &Match) -> String {
    match by {
        Match::Name => "its name".to_owned(),
        Match::Account => "its id".to_owned(),
        Match::Key(id) => format!("key {id}"),
        Match::Payment(id) => format!("payment {}", printable(id)),
        Match::Entry(id) => format!("entry {}", printable(id)),
    }
}
