//! The forecast: the cost of a run, before anything is paid.

use std::io::{Write, stderr};

use shared::money::MicroDollars;

use super::api::{Batch, DryRun, Item};
use super::work::Work;
use crate::confirm::Confirmation;
use crate::operator::counted;

/// The cost of a run.
#[derive(Default)]
pub struct Forecast {
    cached: usize,
    to_ask: usize,
    refused: usize,
    charge: MicroDollars,
    balance: Option<String>,
}

impl Forecast {
    /// Adds the forecast of one batch.
    pub fn add(&mut self, batch: &Batch<DryRun>) -> anyhow::Result<()> {
        for item in &batch.results {
            let kind = match item {
                Item::Answered { data: DryRun { cached: Some(true) } } => &mut self.cached,
                Item::Answered { .. } => &mut self.to_ask,
                Item::Failed(_) => &mut self.refused,
            };
            *kind += 1;
        }
        self.charge.0 += batch.summary.charge()?.0;
        self.balance.clone_from(&batch.balance);
        Ok(())
    }

    /// Prints the forecast, and asks for confirmation if the run costs money.
    pub fn confirm(&self, work: &Work, confirmation: &Confirmation) -> anyhow::Result<()> {
        let posts = counted(self.cached + self.to_ask + self.refused, "post");
        let balance = self.balance.as_ref().map(|balance| format!("; the balance is {balance}")).unwrap_or_default();
        writeln!(
            stderr(),
            "{} with {posts} to ask for: {} cached, {} new, {} refused; the cost is at most ${}{balance}",
            counted(work.told.len(), "row"),
            self.cached,
            self.to_ask,
            self.refused,
            self.charge
        )?;
        if self.charge == MicroDollars::ZERO {
            return Ok(());
        }
        confirmation.ask(&format!("Pay at most ${} for {}?", self.charge, counted(self.to_ask, "post")))
    }
}
