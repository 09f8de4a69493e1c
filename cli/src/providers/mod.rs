//! `ct providers`: which providers are on, what each gives, and whether it still does.

mod advice;
mod ask;
mod check;
mod fields;
mod list;
mod redact;
mod report;
mod save;
mod setup;
mod subjects;
mod table;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::database;

/// Options of `ct providers`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "A file with the providers' keys, as for `ct serve`; keys in the environment win"
    )]
    settings: Option<PathBuf>,
    /// Print JSON: one object per line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Ask each provider that is on for one well-known post and creator.
    Check(check::Options),
}

/// Lists the providers, or checks them.
pub async fn run(options: Options, database: &database::Options, out: &mut impl Write) -> anyhow::Result<()> {
    let Options { command, settings, json } = options;
    let setup = setup::read(settings, database).await?;
    match command {
        None => list::print(&setup, json, out),
        Some(Command::Check(options)) => Box::pin(check::run(options, &setup, json, out)).await,
    }
}
