//! `ct stats` reads a sheet with links, and writes it with the posts' numbers.

mod api;
mod ask;
mod encoding;
mod forecast;
mod links;
mod out;
mod place;
mod row_result;
mod sheet;
mod work;

use std::io::{self, Read, Write, stderr};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::{Args, value_parser};
use serde_json::json;

use crate::confirm::Confirmation;
use crate::database;
use crate::operator::counted;
use crate::output::{Done, Output};
use ask::Asking;
use out::Target;
use sheet::Sheet;
use work::Work;

/// The argument that means standard input or output.
const STANDARD: &str = "-";

/// Options of `ct stats`.
#[derive(Args)]
#[command(after_help = "The output has the rows of the sheet, followed by platform, post_id, views and so on.
Each post is asked for once. A second run with the same -o asks only for missing answers.

Without --api, ct asks the server that runs on the data of this machine. If none runs,
ct asks the providers, with the keys in the environment.

Examples:
  ct stats campaign.csv -o numbers.csv
  ct stats campaign.csv -o numbers.json --api https://api.example.com
  ct stats - --column Link --yes")]
pub struct Options {
    /// The sheet: a CSV file as spreadsheets write it, or - for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The output file: CSV, or JSON if its name ends in .json; without it, standard output.
    #[arg(long, short, value_name = "OUT")]
    out: Option<PathBuf>,
    /// The name or number of the column with the links; without it, the likeliest column.
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// The greatest age of a cached answer, in seconds; cached answers are free.
    #[arg(long, value_name = "SECONDS", value_parser = value_parser!(u64))]
    max_age: Option<u64>,
    #[command(flatten)]
    place: place::Which,
    #[command(flatten)]
    confirmation: Confirmation,
}

pub async fn run(options: Options, database: &database::Options, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Options { file, out, column, max_age, place, confirmation } = options;
    let sheet = Sheet::read(&bytes(&file)?).with_context(|| file.display().to_string())?;
    let target = Target::new(out.filter(|out| out.as_os_str() != STANDARD), output.is_json());
    let before = target.before(&sheet)?;
    let mut work = Work::new(sheet, column.as_deref(), before)?;
    if !work.is_done() {
        let api = Box::pin(place.open(database)).await?;
        let asking = Asking { api: &api, max_age, target: &target };
        let asked = Box::pin(asking.run(&mut work, &confirmation)).await;
        api.close().await;
        asked?;
    }
    target.write(&work)?;
    end(&work, &target, output)
}

fn bytes(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file.as_os_str() == STANDARD {
        io::stdin().lock().read_to_end(&mut bytes).context("can't read standard input")?;
        return Ok(bytes);
    }
    std::fs::read(file).with_context(|| format!("can't read {}", file.display()))
}

/// Prints the sheet if it has no output file, and the number of rows with each result. An error if
/// any row failed.
fn end(work: &Work, target: &Target, output: &mut Output<'_>) -> anyhow::Result<()> {
    let count = work.count();
    let sentence = format!(
        "{} of {} answered, {} failed, {} without a link; charged {}",
        count.answered,
        counted(count.rows, "row"),
        count.failed,
        count.no_link,
        work.charged
    );
    if let Some(path) = target.path() {
        let row = json!({
            "out": path.display().to_string(), "rows": count.rows, "answered": count.answered,
            "failed": count.failed, "no_link": count.no_link, "charged": work.charged.to_string(),
        });
        output.show(&Done::new(format!("{}: {sentence}", path.display()), row))?;
    } else {
        output.parts().1.write_all(&target.whole(work)?)?;
        writeln!(stderr(), "{sentence}")?;
    }
    ensure!(count.failed == 0, "{} failed; the columns status and message say why", counted(count.failed, "row"));
    Ok(())
}
