//! `ct`: the local server and the operator's commands.

mod database;
mod demo;
mod link;
mod operator;
mod serve;
mod stack;

use std::io::{ErrorKind, Write, stdout};
use std::process::ExitCode;

use clap::error::ContextKind;
use clap::{Parser, Subcommand};
use shared::telemetry;

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
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(mut error) => {
            // "Use -- to pass it as a value" helps no command here.
            error.remove(ContextKind::TrailingArg);
            error.remove(ContextKind::Suggested);
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(Arguments { database, command }: Arguments) -> anyhow::Result<()> {
    telemetry::readable_lines(telemetry::levels()?);
    let out = &mut stdout();
    match command {
        None => serve::run(&database, serve::Options::default()).await,
        Some(Command::Serve(options)) => serve::run(&database, options).await,
        Some(Command::Accounts(command)) => command.run(&database, out).await,
        Some(Command::Keys(command)) => command.run(&database, out).await,
        Some(Command::Funds(command)) => command.run(&database, out).await,
        Some(Command::Link(options)) => link::run(options, out),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
