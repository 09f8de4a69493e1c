//! Asks for all posts of a sheet in batches, and waits as long as the API asks.

use std::time::Duration;

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;
use tokio::time::sleep;

use super::api::{Api, Batch, DryRun, Failed, Item, NoBatch, Stats};
use super::forecast::Forecast;
use super::out::Target;
use super::row_result::RowResult;
use super::work::Work;
use crate::confirm::Confirmation;

/// The most posts that one request may have.
const MOST_POSTS: usize = 100;
/// The most bytes for the posts of one request; the API's limit is 128 KiB.
const MOST_BYTES: usize = 100 * 1024;
/// In bytes: the quotes, comma and escapes of one post.
const AROUND: usize = 8;
/// In seconds. For longer waits, the command stops and asks for another run.
const LONGEST_WAIT: u64 = 120;
/// How often one batch is sent before the command gives up.
const ATTEMPTS: u32 = 6;
/// How often posts are asked for again, if their failure may pass.
const ROUNDS: usize = 3;

/// An API that is asked for the posts of a sheet.
pub struct Asking<'a> {
    pub api: &'a Api,
    pub max_age: Option<u64>,
    pub target: &'a Target,
}

/// How many posts a batch may have; fewer if the API refuses that many.
struct Size(usize);

impl Asking<'_> {
    /// Shows the forecast, asks for confirmation, and asks for the posts.
    pub async fn run(&self, work: &mut Work, confirmation: &Confirmation) -> anyhow::Result<()> {
        let progress = progress(work.posts.len())?;
        let mut size = Size(MOST_POSTS);
        let all: Vec<usize> = (0..work.posts.len()).collect();
        let open = self.forecast(work, &all, &mut size, &progress, confirmation).await?;
        // If the sheet can't be written, the command must fail before it pays.
        self.target.write(work)?;
        progress.set_position(0);
        progress.set_length(u64::try_from(open.len())?);
        let done = self.ask(work, open, &mut size, &progress).await;
        progress.finish_and_clear();
        let hint = match self.target.path() {
            Some(path) => format!("the answers so far are in {}; run this again to ask for the rest", path.display()),
            None => "the answers so far are lost; with -o they are kept".to_owned(),
        };
        done.context(hint)
    }

    /// Shows the forecast, and after confirmation returns the posts that can have an answer.
    async fn forecast(
        &self,
        work: &mut Work,
        all: &[usize],
        size: &mut Size,
        progress: &ProgressBar,
        confirmation: &Confirmation,
    ) -> anyhow::Result<Vec<usize>> {
        let (mut forecast, mut open, mut rest) = (Forecast::default(), Vec::new(), all);
        progress.set_message("calculating the cost");
        while !rest.is_empty() {
            let (batch, count) = self.batch::<DryRun>(work, rest, size, progress, true).await?;
            forecast.add(&batch)?;
            for (post, item) in rest.iter().zip(batch.results) {
                match item {
                    Item::Failed(failed) if failed.retry_after.is_none() => {
                        work.set(*post, &RowResult::failed(&failed));
                    }
                    _ => open.push(*post),
                }
            }
            rest = &rest[count..];
            progress.inc(u64::try_from(count)?);
        }
        progress.suspend(|| forecast.confirm(work, confirmation))?;
        Ok(open)
    }

    async fn ask(
        &self,
        work: &mut Work,
        mut open: Vec<usize>,
        size: &mut Size,
        progress: &ProgressBar,
    ) -> anyhow::Result<()> {
        for round in 1..=ROUNDS {
            let (mut later, mut wait, mut rest) = (Vec::new(), 0, &open[..]);
            while !rest.is_empty() {
                let (batch, count) = self.batch::<Stats>(work, rest, size, progress, false).await?;
                work.charged.0 += batch.summary.charge()?.0;
                for (post, item) in rest.iter().zip(batch.results) {
                    match item {
                        Item::Answered { data } => work.set(*post, &RowResult::answered(data)),
                        Item::Failed(failed) => {
                            work.set(*post, &RowResult::failed(&failed));
                            if let Some(seconds) = failed.retry_after.filter(|seconds| *seconds <= LONGEST_WAIT) {
                                later.push(*post);
                                wait = wait.max(seconds);
                            }
                        }
                    }
                }
                // Write the answers before the next batch costs money.
                self.target.write(work)?;
                rest = &rest[count..];
                progress.inc(u64::try_from(count)?);
                progress.set_message(format!("${} charged", work.charged));
            }
            if later.is_empty() || round == ROUNDS {
                break;
            }
            progress.set_position(progress.position().saturating_sub(u64::try_from(later.len())?));
            pause(wait, "posts that failed temporarily", progress).await;
            open = later;
        }
        Ok(())
    }

    /// Asks for the first of these posts, as many as fit into one request. Returns the results and
    /// the number of posts.
    async fn batch<D: DeserializeOwned>(
        &self,
        work: &Work,
        posts: &[usize],
        size: &mut Size,
        progress: &ProgressBar,
        dry_run: bool,
    ) -> anyhow::Result<(Batch<D>, usize)> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let urls = size.first(work, posts);
            let error = match self.api.batch(&urls, self.max_age, dry_run).await {
                Ok(batch) => return Ok((batch, urls.len())),
                Err(error) => error,
            };
            match error {
                NoBatch::Refused { status: 400, failed } if urls.len() > 1 => size.shrink(urls.len(), &failed),
                error if attempt < ATTEMPTS && may_pass(&error) => {
                    let wait = wait_of(&error, attempt);
                    if wait > LONGEST_WAIT {
                        return Err(anyhow!("{error}; retry after {wait} seconds"));
                    }
                    pause(wait, &error.to_string(), progress).await;
                }
                NoBatch::Refused { status: 404, .. } => {
                    return Err(anyhow!("this API has no POST /v1/post/stats/batch: its version is too old"));
                }
                error => return Err(error.into()),
            }
        }
    }
}

impl Size {
    /// The links of the first posts, as many as one request may have.
    fn first<'a>(&self, work: &'a Work, posts: &[usize]) -> Vec<&'a str> {
        let mut bytes = 0;
        let urls = posts.iter().map(|post| work.posts[*post].url.as_str()).take(self.0);
        let fits = |url: &&str| {
            bytes += url.len() + AROUND;
            bytes <= MOST_BYTES
        };
        let urls: Vec<&str> = urls.take_while(fits).collect();
        // A link that is too large is sent alone, so that the API refuses only that one.
        if urls.is_empty() { posts.iter().take(1).map(|post| work.posts[*post].url.as_str()).collect() } else { urls }
    }

    /// Makes batches smaller, because a key with a low rate limit can't ask for so many posts: as
    /// many as the API's message allows, or half.
    fn shrink(&mut self, sent: usize, failed: &Failed) {
        let words = failed.error.split(|letter: char| !letter.is_ascii_digit());
        let named = words.filter_map(|word| word.parse::<usize>().ok()).filter(|most| (1..sent).contains(most)).max();
        self.0 = named.unwrap_or(sent / 2).max(1);
    }
}

fn may_pass(error: &NoBatch) -> bool {
    match error {
        NoBatch::Refused { status, .. } => *status == 429 || *status >= 500,
        NoBatch::Unreachable(_) => true,
    }
}

/// Seconds to wait after an attempt: as the API says, or 1, 2, 4 and so on.
fn wait_of(error: &NoBatch, attempt: u32) -> u64 {
    let longer = 1_u64 << (attempt - 1);
    match error {
        NoBatch::Refused { failed: Failed { retry_after: Some(seconds), .. }, .. } => *seconds,
        _ => longer,
    }
}

async fn pause(seconds: u64, why: &str, progress: &ProgressBar) {
    progress.set_message(format!("waiting {seconds} s: {why}"));
    sleep(Duration::from_secs(seconds)).await;
    progress.set_message("");
}

/// A progress bar, which only a terminal shows.
fn progress(length: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} posts, {elapsed} {msg}")?;
    Ok(ProgressBar::new(u64::try_from(length)?).with_style(style))
}
