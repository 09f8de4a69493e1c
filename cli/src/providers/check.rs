//! The check asks each provider each question that it can answer. Providers are asked in parallel.
//! The questions to one provider are asked one after the other, because some allow one request per
//! second.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use clap::builder::PossibleValuesParser;
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::{ENTRIES, Entry, Failure, HttpClient, order};
use strum::IntoEnumIterator;
use tokio::time::sleep;

use super::advice;
use super::ask::{Forgetful, Word, ask};
use super::redact::Redactor;
use super::report::Report;
use super::save::{Folder, Responses};
use super::setup::Setup;
use super::subjects::{Question, Subjects};

/// The time between two steps of the spinner.
const TICK: Duration = Duration::from_millis(120);

/// Options of `ct providers check`.
#[derive(Args)]
pub struct Options {
    /// The providers to check; without NAME, all that are on.
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(ENTRIES.iter().map(|entry| entry.name)),
          hide_possible_values = true)]
    names: Vec<String>,
    /// Save the responses in this folder, without keys and cookies.
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// A file with other subjects: lines of PLATFORM OPERATION LINK.
    #[arg(long, value_name = "FILE")]
    subjects: Option<PathBuf>,
    /// Milliseconds between two questions to one provider.
    #[arg(long, value_name = "MS", default_value_t = 1_200, value_parser = clap::value_parser!(u64).range(..=600_000))]
    pause: u64,
}

/// One question to one provider, and the result.
pub struct Check<'a> {
    pub entry: &'static Entry,
    pub platform: Platform,
    pub operation: Operation,
    pub question: &'a Question,
    pub word: Word,
}

/// A provider and its questions.
struct Plan<'a> {
    entry: &'static Entry,
    questions: Vec<(Platform, Operation, &'a Question)>,
}

struct Checker<'a> {
    setup: &'a Setup,
    http: HttpClient,
    folder: Option<Folder>,
    redactor: Redactor,
    pause: Duration,
    progress: ProgressBar,
}

/// Checks the providers in parallel, and prints the results in the providers' order as soon as
/// possible.
pub async fn run(options: Options, setup: &Setup, is_json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let subjects = Subjects::read(options.subjects.as_deref())?;
    let entries = chosen(&options.names, setup)?;
    let plans = entries.into_iter().map(|entry| plan(entry, &subjects)).collect::<anyhow::Result<Vec<_>>>()?;
    let checker = Checker {
        setup,
        http: HttpClient::new(setup.config.https_only()),
        folder: options.save.map(Folder::make).transpose()?,
        redactor: Redactor::new(&setup.config.providers),
        pause: Duration::from_millis(options.pause),
        progress: progress(plans.iter().map(|plan| plan.questions.len()).sum())?,
    };
    let mut report = Report::new(is_json, &checker.redactor);
    let side_by_side = plans.len();
    let mut finished = stream::iter(&plans).map(|plan| Box::pin(checker.run(plan))).buffered(side_by_side);
    while let Some(checks) = finished.try_next().await? {
        checker.progress.suspend(|| report.print(&checks, out))?;
    }
    checker.progress.finish_and_clear();
    report.end(out)
}

/// The providers with these names; without names, all that are on.
fn chosen(names: &[String], setup: &Setup) -> anyhow::Result<Vec<&'static Entry>> {
    if names.is_empty() {
        let on: Vec<_> = ENTRIES.iter().filter(|entry| setup.is_on(entry)).collect();
        ensure!(!on.is_empty(), "no provider is configured; `ct providers` shows how to turn each on");
        return Ok(on);
    }
    let wanted: Vec<_> = ENTRIES.iter().filter(|entry| names.iter().any(|name| name == entry.name)).collect();
    if let Some(off) = wanted.iter().find(|entry| !setup.is_on(entry)) {
        bail!("{} is off; {} to turn it on", off.name, advice::to_turn_on(off));
    }
    Ok(wanted)
}

fn plan<'a>(entry: &'static Entry, subjects: &'a Subjects) -> anyhow::Result<Plan<'a>> {
    let all = Platform::iter().flat_map(|platform| Operation::iter().map(move |operation| (platform, operation)));
    let given = all.filter(|(platform, operation)| order(*platform, *operation).contains(&entry.name));
    let questions = given.map(|(platform, operation)| {
        let question = subjects.get(platform, operation);
        Ok((platform, operation, question.with_context(|| format!("no subject for {platform} {operation:?}"))?))
    });
    Ok(Plan { entry, questions: questions.collect::<anyhow::Result<_>>()? })
}

/// A spinner, which only a terminal shows.
fn progress(length: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {pos} of {len} checks, {elapsed}: {wide_msg}")?;
    let bar = ProgressBar::new(u64::try_from(length)?).with_style(style);
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    Ok(bar)
}

impl Checker<'_> {
    async fn run<'a>(&self, plan: &Plan<'a>) -> anyhow::Result<Vec<Check<'a>>> {
        let entry = plan.entry;
        let mut checks: Vec<Check<'a>> = Vec::new();
        for (platform, operation, question) in &plan.questions {
            let (platform, operation) = (*platform, *operation);
            self.progress.set_message(format!("{} {platform} {}", entry.name, <&str>::from(operation)));
            let word = match checks.last() {
                Some(last) if refuses(&last.word) => not_asked(),
                before => {
                    sleep(if before.is_some() { self.pause } else { Duration::ZERO }).await;
                    self.ask(entry, platform, operation, question).await?
                }
            };
            checks.push(Check { entry, platform, operation, question, word });
            self.progress.inc(1);
        }
        Ok(checks)
    }

    async fn ask(
        &self,
        entry: &'static Entry,
        platform: Platform,
        operation: Operation,
        question: &Question,
    ) -> anyhow::Result<Word> {
        let responses = Responses::default();
        let http = if self.folder.is_some() { responses.of(&self.http) } else { self.http.clone() };
        let config = &self.setup.config;
        let provider = config.providers.alone(entry, &http, Arc::new(Forgetful));
        let provider = provider.with_context(|| format!("{} is off", entry.name))?;
        let word = ask(&provider, question, config.chain.attempt_timeout).await?;
        if let Some(folder) = &self.folder {
            let name = format!("{}.{platform}.{}", entry.name, <&str>::from(operation));
            folder.save(&name, question.url(), &responses, &self.redactor)?;
        }
        Ok(word)
    }
}

/// Whether the provider would refuse every other question too. More requests could prolong that.
fn refuses(word: &Word) -> bool {
    matches!(
        word.result,
        Err(Failure::KeyRefused | Failure::OutOfQuota | Failure::RateLimited { .. } | Failure::NotAsked(_))
    )
}

const fn not_asked() -> Word {
    Word { latency: Duration::ZERO, result: Err(Failure::NotAsked("the provider refused the question before")) }
}
