//! `ct`: the local server and the operator's commands.

mod database;
mod demo;
mod link;
mod operator;
mod providers;
mod serve;
mod stack;

use std::io::{self, Write, stdout};
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
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

impl Arguments {
    /// Whether nothing is lost when what it prints is.
    fn only_reads(&self) -> bool {
        matches!(
            self.command,
            Some(Command::Link(_) | Command::Providers(_) | Command::Accounts(operator::Accounts::Show { .. }))
        )
    }
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
    /// List the providers, and check that they still give what they should.
    Providers(providers::Options),
    /// Show how links are read.
    Link(link::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse().or_else(as_serve) {
        Ok(arguments) => arguments,
        Err(mut error) => {
            // "Use -- to pass it as a value" helps no command here.
            error.remove(ContextKind::TrailingArg);
            error.remove(ContextKind::Suggested);
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let only_reads = arguments.only_reads();
    match Box::pin(run(arguments)).await {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the output has closed the pipe, as `head` does.
        Err(error) if only_reads && is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Options of `serve`, which is the default, may stand without it: `ct --listen 3001`.
fn as_serve(error: clap::Error) -> Result<Arguments, clap::Error> {
    let mut given = std::env::args_os();
    let program = given.next().unwrap_or_else(|| "ct".into());
    let parsed = Arguments::try_parse_from([program, "serve".into()].into_iter().chain(given));
    // What `serve` doesn't know either was meant otherwise.
    let is_known = parsed.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::UnknownArgument);
    if error.kind() == ErrorKind::UnknownArgument && is_known { parsed } else { Err(error) }
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
        Some(Command::Providers(options)) => providers::run(options, &database, out).await,
        Some(Command::Link(options)) => link::run(options, out),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
