//! The forecast: the cost of asking, before anything is paid for.

use std::io::{Write, stderr};

use shared::money::MicroDollars;

use super::api::{Batch, DryRun, Item};
use super::work::Work;
use crate::confirm::Confirmation;
use crate::operator::counted;

/// The cost of asking.
#[derive(Default)]
pub struct Forecast {
    cached: usize,
    to_ask: usize,
    refused: usize,
    charge: MicroDollars,
    balance: Option<String>,
}

impl Forecast {
    /// Adds what was said of a batch.
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

    /// Says it, and asks whether it is meant if it costs something.
    pub fn confirm(&self, work: &Work, confirmation: &Confirmation) -> anyhow::Result<()> {
        let posts = counted(self.cached + self.to_ask + self.refused, "post");
        let balance = self.balance.as_ref().map(|balance| format!("; the balance is {balance}")).unwrap_or_default();
        writeln!(
            stderr(),
            "{} with {posts} to ask for: {} cached, {} new, {} refused; at most ${}{balance}",
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
