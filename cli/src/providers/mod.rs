//! `ct providers` lists the providers, and checks whether they still return complete data.

pub mod advice;
mod ask;
mod check;
mod fields;
mod list;
mod redact;
mod report;
mod save;
pub mod setup;
mod subjects;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::database;
use crate::output::Output;

/// Options of `ct providers`.
#[derive(Args)]
#[command(after_help = "Examples:
  ct providers
  ct providers --settings settings.json
  ct --stack prod providers --json
  ct providers check tikwm hikerapi")]
pub struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "A file with the providers' keys, as for `ct serve`; keys in the environment take precedence"
    )]
    settings: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Ask each provider that is on for one well-known post and creator.
    #[command(after_help = "Examples:
  ct providers check
  ct providers check tikwm --save responses
  ct providers check --subjects mine.txt --json")]
    Check(check::Options),
}

pub async fn run(options: Options, database: &database::Options, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Options { command, settings } = options;
    let setup = setup::read(settings, database).await?;
    let (is_json, out) = output.parts();
    match command {
        None => list::print(&setup, is_json, out),
        Some(Command::Check(options)) => Box::pin(check::run(options, &setup, is_json, out)).await,
    }
}
