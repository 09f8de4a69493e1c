//! `ct`: the local server and the operator's commands.

mod confirm;
mod database;
mod demo;
mod doctor;
mod link;
mod operator;
mod output;
mod providers;
mod serve;
mod stack;
mod stats;
mod table;

use std::io::{self, Write, stdout};
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use shared::telemetry;

use database::GLOBAL;
use output::Output;

/// The Creator Tracking API: local server and operator's commands.
#[derive(Parser)]
#[command(
    name = "ct",
    version,
    after_help = "Examples:
  ct
  ct accounts list
  ct --stack prod doctor"
)]
struct Arguments {
    #[command(flatten)]
    database: database::Options,
    /// Print JSON: one object per line
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve all endpoints on this machine (the default).
    Serve(serve::Options),
    /// Create, find, show, close, export and delete customers' accounts.
    #[command(
        subcommand,
        after_help = "Examples:
  ct accounts create \"Some One\"
  ct accounts list
  ct accounts show Acc0unt123"
    )]
    Accounts(operator::accounts::Accounts),
    /// Create, list, rename, limit, rotate and revoke API keys.
    #[command(
        subcommand,
        after_help = "Examples:
  ct keys create Acc0unt123 --rate-limit 120
  ct keys list Acc0unt123"
    )]
    Keys(operator::keys::Keys),
    /// Credit payments, enter refunds, correct mistakes.
    #[command(
        subcommand,
        after_help = "Examples:
  ct funds add Acc0unt123 25 --payment-id invoice-1001
  ct funds list Acc0unt123"
    )]
    Funds(operator::funds::Funds),
    /// Show usage by day, endpoint or customer.
    Usage(operator::usage::Options),
    /// Show a past request and its cost.
    #[command(
        subcommand,
        after_help = "Examples:
  ct requests show SswFG3BXNNYYtDzZiB7u"
    )]
    Requests(operator::requests::Requests),
    /// Show the prices of fresh answers.
    Prices(operator::prices::Options),
    /// Find problems, from the configuration to the last account.
    Doctor(doctor::Options),
    /// List the providers, and check that they still return complete data.
    Providers(providers::Options),
    /// Add numbers to a CSV file of links: the same rows, with each post's numbers after them.
    Stats(stats::Options),
    /// Show how links are read.
    Link(link::Options),
    /// Print completions for a shell.
    #[command(after_help = "Examples:
  ct completions bash > ~/.local/share/bash-completion/completions/ct
  ct completions zsh > ~/.zfunc/_ct
  ct completions fish > ~/.config/fish/completions/ct.fish")]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

impl Arguments {
    /// Whether losing the command's output loses nothing else.
    const fn only_reads(&self) -> bool {
        match &self.command {
            None | Some(Command::Serve(_) | Command::Stats(_)) => false,
            Some(Command::Accounts(command)) => command.only_reads(),
            Some(Command::Keys(command)) => command.only_reads(),
            Some(Command::Funds(command)) => command.only_reads(),
            Some(
                Command::Usage(_)
                | Command::Requests(_)
                | Command::Prices(_)
                | Command::Doctor(_)
                | Command::Providers(_)
                | Command::Link(_)
                | Command::Completions { .. },
            ) => true,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse().or_else(as_serve) {
        Ok(arguments) => arguments,
        Err(mut error) => {
            // clap's hint to use "--" helps with no command of ct.
            error.remove(ContextKind::TrailingArg);
            error.remove(ContextKind::Suggested);
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let only_reads = arguments.only_reads();
    match Box::pin(run(arguments)).await {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the output has closed the pipe, as `head` does; that isn't an error.
        Err(error) if only_reads && is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `serve` is the default command, so its options work without its name: `ct --listen 3001`.
fn as_serve(error: clap::Error) -> Result<Arguments, clap::Error> {
    let mut given = std::env::args_os();
    let program = given.next().unwrap_or_else(|| "ct".into());
    let parsed = Arguments::try_parse_from([program, "serve".into()].into_iter().chain(given));
    // If `serve` doesn't know the argument either, show the original error.
    let is_known = parsed.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::UnknownArgument);
    if error.kind() == ErrorKind::UnknownArgument && is_known { parsed } else { Err(error) }
}

async fn run(Arguments { database, json, command }: Arguments) -> anyhow::Result<()> {
    telemetry::readable_lines(telemetry::levels()?);
    let out = &mut stdout();
    let output = &mut Output::new(out, json);
    match command {
        None => Box::pin(serve::run(&database, serve::Options::default(), json)).await,
        Some(Command::Serve(options)) => Box::pin(serve::run(&database, options, json)).await,
        Some(Command::Accounts(command)) => command.run(&database, output).await,
        Some(Command::Keys(command)) => command.run(&database, output).await,
        Some(Command::Funds(command)) => command.run(&database, output).await,
        Some(Command::Usage(options)) => operator::usage::run(options, &database, output).await,
        Some(Command::Requests(command)) => command.run(&database, output).await,
        Some(Command::Prices(_)) => operator::prices::run(&database, output).await,
        Some(Command::Doctor(options)) => doctor::run(options, &database, output).await,
        Some(Command::Providers(options)) => providers::run(options, &database, output).await,
        Some(Command::Stats(options)) => Box::pin(stats::run(options, &database, output)).await,
        // `ct link` prints JSON with and without `--json`.
        Some(Command::Link(options)) => link::run(options, out),
        Some(Command::Completions { shell }) => Ok(out.write_all(&completions(shell))?),
    }
}

fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "ct", &mut script);
    script
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command and all its subcommands, with their full names and helps.
    fn all(command: &clap::Command, name: &str) -> Vec<(String, String)> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        let below = below.flat_map(|below| all(below, &format!("{name} {}", below.get_name())));
        [(name.to_owned(), help)].into_iter().chain(below).collect()
    }

    /// Splits an example as a shell does, up to a redirection.
    fn words(line: &str) -> Vec<String> {
        let line = line.split(" > ").next().unwrap_or(line);
        let parts = line.split('"').enumerate();
        let words = parts.flat_map(|(place, part)| {
            let is_quoted = place % 2 == 1;
            if is_quoted { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
        });
        words.collect()
    }

    #[test]
    fn the_help_of_every_command_has_valid_examples() {
        for (name, help) in all(&Arguments::command(), "ct") {
            let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{name} has no examples"));
            for line in examples.lines().map(str::trim) {
                let words = words(line);
                let mut rest = words.iter();
                assert!(name.split(' ').all(|part| rest.any(|word| word == part)), "{line} isn't an example of {name}");
                let read = Arguments::try_parse_from(&words);
                assert!(read.is_ok(), "{line}: {}", read.err().unwrap());
            }
            assert!(help.lines().all(|line| line.chars().count() <= 80 || !line.starts_with("  ")), "{name}: {help}");
        }
    }

    #[test]
    fn global_options_have_their_own_help_heading() {
        let command = Arguments::command();
        for argument in command.get_arguments().filter(|argument| argument.is_global_set()) {
            assert_eq!(argument.get_help_heading(), Some(GLOBAL), "{argument}");
        }
    }
}
