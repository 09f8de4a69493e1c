//! `ct requests` shows a past request, to answer a customer's question about a charge.

use std::io::{self, Write};

use anyhow::Context;
use clap::Subcommand;
use ct::engine::IfMissing;
use serde::Serialize;
use shared::cache::Cache;
use shared::clock::Clock;
use shared::contract::RequestData;
use shared::pipeline::kept_request;

use super::open;
use crate::database::{Options, configuration};
use crate::output::{Output, Shown, lines};

/// `ct requests`.
#[derive(Subcommand)]
pub enum Requests {
    /// Show a request of the last 30 days and its cost.
    #[command(after_help = "Cached answers and refused requests are free, so they aren't stored.

Examples:
  ct requests show SswFG3BXNNYYtDzZiB7u
  ct --stack prod requests show SswFG3BXNNYYtDzZiB7u --json")]
    Show {
        /// The `request_id` in the response.
        request_id: String,
    },
}

/// One request and its account.
#[derive(Serialize)]
struct ShownRequest {
    account: String,
    #[serde(flatten)]
    request: RequestData,
}

impl Requests {
    pub async fn run(self, options: &Options, output: &mut Output<'_>) -> anyhow::Result<()> {
        let Self::Show { request_id } = self;
        let desk = open(options, IfMissing::Refuse).await?;
        let (client, table) = (desk.database.client.clone(), desk.database.tables.cache.clone());
        let cache = Cache::new(client, table, Clock::system(), configuration()?.cache.lease);
        let kept = kept_request(&cache, &desk.table, request_id.trim()).await?;
        let (account, request) = kept.context(
            "no request of the last 30 days has this id; cached answers and refused requests are free, so they \
             aren't stored",
        )?;
        output.show(&ShownRequest { account, request })?;
        desk.database.close().await;
        Ok(())
    }
}

impl Shown for ShownRequest {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { account, request } = self;
        let charged = match request.charged {
            Some(charged) => charged.0.to_string(),
            None => "nothing yet; the price is held".to_owned(),
        };
        writeln!(out, "request   {}", request.request_id)?;
        writeln!(out, "account   {account}")?;
        writeln!(out, "at        {:.0}", request.at)?;
        writeln!(out, "endpoint  {} on {}", request.endpoint, request.platform.title())?;
        writeln!(out, "asked     {}", request.asked)?;
        writeln!(out, "status    {}", request.status)?;
        writeln!(out, "provider  {}", request.provider.as_deref().unwrap_or("none"))?;
        writeln!(out, "charged   {charged}")
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines([self])
    }
}
