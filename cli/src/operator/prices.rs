//! `ct prices` shows the prices of fresh answers.

use std::collections::HashMap;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use shared::config::price_variable;
use shared::contract::{Endpoint, Kind};
use strum::IntoEnumIterator;

use crate::database::{Options as Place, configuration, configuration_behind, own_access};
use crate::output::{Output, Shown, lines};
use crate::stack;
use crate::table::{self, figure, table};

/// Options of `ct prices`.
#[derive(Args)]
#[command(after_help = "The prices are from this machine's environment or, with --stack, from the stack's parameters.

Examples:
  ct prices
  ct --stack prod prices --json")]
pub struct Options;

#[derive(Serialize)]
struct Row {
    endpoint: Endpoint,
    price: String,
    /// The variable that sets the price; null if the endpoint is free.
    variable: Option<String>,
    /// The price if the variable isn't set.
    default: Option<String>,
}

struct Rows(Vec<Row>);

pub async fn run(place: &Place, output: &mut Output<'_>) -> anyhow::Result<()> {
    let config = match &place.stack {
        Some(name) => {
            let parameters = stack::parameters(&own_access().await?, name).await?;
            configuration_behind(|variable| of_stack(&parameters, variable))?
        }
        None => configuration()?,
    };
    let rows = Endpoint::iter().map(|endpoint| {
        let priced = if let Kind::Batch(single) = endpoint.spec().kind { single } else { endpoint };
        let (variable, default) = match priced.spec().kind {
            Kind::Priced { default_price, .. } => (Some(price_variable(priced)), Some(default_price.to_string())),
            Kind::Free | Kind::Batch(_) => (None, None),
        };
        Row { endpoint, price: config.prices[endpoint].to_string(), variable, default }
    });
    output.show(&Rows(rows.collect()))
}

/// The stack's parameter for a price: `PricePostStats` for `PRICE_POST_STATS`.
fn of_stack(parameters: &HashMap<String, String>, variable: &str) -> Option<String> {
    let is_price = Endpoint::iter().any(|endpoint| price_variable(endpoint) == variable);
    let capitalized = |word: &str| {
        let (first, rest) = word.split_at_checked(1)?;
        Some(first.to_owned() + &rest.to_lowercase())
    };
    let name: String = variable.split('_').filter_map(capitalized).collect();
    parameters.get(&name).filter(|_| is_price).cloned()
}

impl Shown for Rows {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = table(0);
        table.set_header(["ENDPOINT", "USD", "SET BY", "DEFAULT"]);
        for row in &self.0 {
            let price = if row.variable.is_none() { "free" } else { &row.price };
            table.add_row([
                row.endpoint.to_string().into(),
                figure(price),
                row.variable.clone().unwrap_or_default().into(),
                figure(row.default.as_deref().unwrap_or_default()),
            ]);
        }
        table::print(&mut table, 0, out)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines(&self.0)
    }
}
