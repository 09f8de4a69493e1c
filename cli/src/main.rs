//! `ct`: the local server and the operator's commands.

mod database;
mod link;
mod operator;
mod serve;
mod stack;

use clap::{Parser, Subcommand};

/// The Creator Tracking API: local server and operator's commands.
#[derive(Parser)]
#[command(name = "ct", version)]
struct Arguments {
    #[command(flatten)]
    database: database::Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve all endpoints on this machine (the default).
    Serve(serve::Options),
    /// Open and show customers' accounts.
    #[command(subcommand)]
    Accounts(operator::Accounts),
    /// Give and revoke API keys.
    #[command(subcommand)]
    Keys(operator::Keys),
    /// Add to balances.
    #[command(subcommand)]
    Funds(operator::Funds),
    /// Show how links are read.
    Link(link::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { database, command } = Arguments::parse();
    shared::telemetry::readable_lines();
    match command {
        None => serve::run(&database, serve::Options::default()).await,
        Some(Command::Serve(options)) => serve::run(&database, options).await,
        Some(Command::Accounts(command)) => command.run(&database).await,
        Some(Command::Keys(command)) => command.run(&database).await,
        Some(Command::Funds(command)) => command.run(&database).await,
        Some(Command::Link(options)) => link::run(options),
    }
}
