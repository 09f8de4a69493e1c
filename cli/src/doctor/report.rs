//! The doctor's findings, in the order of its checks.

use std::io::{self, Write};

use anyhow::ensure;
use serde::Serialize;

use crate::output::{Shown, lines};
use crate::table::{self, table};

/// The subject of a check.
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
    /// That each platform has a provider.
    Providers,
    /// That the database can be reached.
    Database,
    /// The two tables.
    Tables,
    /// That DynamoDB deletes what has expired from the cache.
    Ttl,
    /// This machine's clock.
    Clock,
    /// Whether accounts add up.
    Accounts,
}

/// One thing that was seen.
#[derive(Serialize)]
struct Finding {
    check: Check,
    ok: bool,
    seen: String,
    /// Null where all is well.
    to_do: Option<String>,
}

/// All that was seen.
#[derive(Default)]
pub struct Report(Vec<Finding>);

impl Report {
    /// All is well there.
    pub fn fine(&mut self, check: Check, seen: impl Into<String>) {
        self.0.push(Finding { check, ok: true, seen: seen.into(), to_do: None });
    }

    /// Something is wrong, and this helps.
    pub fn wrong(&mut self, check: Check, seen: impl Into<String>, to_do: impl Into<String>) {
        self.0.push(Finding { check, ok: false, seen: seen.into(), to_do: Some(to_do.into()) });
    }

    /// An error if anything is wrong.
    pub fn verdict(&self) -> anyhow::Result<()> {
        let wrong = self.0.iter().filter(|finding| !finding.ok).count();
        ensure!(wrong == 0, "{wrong} of {} findings say that something is wrong", self.0.len());
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
