//! The doctor's findings, in the order of its checks.

use std::io::{self, Write};

use anyhow::ensure;
use serde::Serialize;

use crate::output::{Shown, lines};
use crate::table::{self, table};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Check {
    /// The environment's variables.
    Configuration,
    /// The operator's own AWS credentials.
    Credentials,
    /// The providers' keys: the stack's secret, or a file.
    Secret,
    /// Whether each platform has a provider.
    Providers,
    /// Whether the database can be reached.
    Database,
    /// The two tables.
    Tables,
    /// Whether DynamoDB deletes expired items from the cache.
    Ttl,
    /// This machine's clock.
    Clock,
    /// Whether accounts add up.
    Accounts,
}

#[derive(Serialize)]
struct Finding {
    check: Check,
    ok: bool,
    seen: String,
    /// Null if nothing is wrong.
    to_do: Option<String>,
}

#[derive(Default)]
pub struct Report(Vec<Finding>);

impl Report {
    /// Adds a finding that nothing is wrong.
    pub fn fine(&mut self, check: Check, seen: impl Into<String>) {
        self.0.push(Finding { check, ok: true, seen: seen.into(), to_do: None });
    }

    /// Adds a finding that something is wrong, with its remedy.
    pub fn wrong(&mut self, check: Check, seen: impl Into<String>, to_do: impl Into<String>) {
        self.0.push(Finding { check, ok: false, seen: seen.into(), to_do: Some(to_do.into()) });
    }

    pub fn verdict(&self) -> anyhow::Result<()> {
        let wrong = self.0.iter().filter(|finding| !finding.ok).count();
        ensure!(wrong == 0, "{wrong} of {} findings are problems", self.0.len());
        Ok(())
    }
}

impl Shown for Report {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = table(0);
        table.set_header(["CHECK", "", "SEEN, AND WHAT TO DO"]);
        for Finding { check, ok, seen, to_do } in &self.0 {
            let to_do = to_do.iter().map(|to_do| format!("\nto do: {to_do}"));
            let seen: String = [seen.clone()].into_iter().chain(to_do).collect();
            table.add_row([check.to_string(), if *ok { "ok" } else { "WRONG" }.to_owned(), seen]);
        }
        table::print(&mut table, 0, out)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines(&self.0)
    }
}
