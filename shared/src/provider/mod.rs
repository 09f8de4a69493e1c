//! Upstream data providers: one file each, and the chain that asks them in turn.
//!
//! A provider turns a question into its own requests, and what it gets into the domain's types or a [`Failure`]. It knows
//! nothing of DynamoDB, Lambda or our HTTP status codes.

mod breaker;
mod chain;
mod facebook_scraper3;
mod fresh_linkedin_profile_data;
mod fxtwitter;
mod hikerapi;
mod http;
mod instagram_looter2;
mod instagram_scraper_stable_api;
mod json;
mod linkedin_data_api;
mod rapidapi;
mod registry;
mod scrapecreators;
mod shape;
mod tiktok_api23;
mod tikwm;
mod twitter241;
mod twitter_api45;
mod x_api;
mod youtube138;
mod youtube_data_api;

pub use chain::{Attempt, Report, Times};
pub use http::HttpClient;
pub use registry::{ENTRIES, Entry, Key, Operation, Providers, Settings, order};

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;

use crate::creator::PostStats;
use crate::platform::{Platform, Post};

/// An upstream data provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// A post's counts.
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure>;
}

/// Something that can be asked of any provider.
#[async_trait]
pub trait Question: Send + Sync {
    /// What the answer holds.
    type Answer: Send;

    /// What is asked for.
    const OPERATION: Operation;

    /// The platform that it is about.
    fn platform(&self) -> Platform;

    /// What it is about, on that platform; the same for every way of asking.
    fn id(&self) -> Cow<'_, str>;

    /// Asks one provider.
    async fn ask(&self, provider: &dyn Provider) -> Result<Self::Answer, Failure>;

    /// Whether the answer has what matters, so that no other provider need be asked.
    fn is_complete(&self, answer: &Self::Answer) -> bool;

    /// How much the answer tells; of incomplete ones, the one that tells most wins.
    fn known(answer: &Self::Answer) -> usize;
}

/// The question for a post's counts.
#[derive(Clone, Debug)]
pub struct PostStatsOf(pub Post);

#[async_trait]
impl Question for PostStatsOf {
    type Answer = PostStats;

    const OPERATION: Operation = Operation::PostStats;

    fn platform(&self) -> Platform {
        self.0.platform
    }

    fn id(&self) -> Cow<'_, str> {
        match self.0.urn {
            Some(urn) => format!("{urn}:{}", self.0.id).into(),
            None => Cow::Borrowed(&self.0.id),
        }
    }

    async fn ask(&self, provider: &dyn Provider) -> Result<PostStats, Failure> {
        provider.post_stats(&self.0).await
    }

    fn is_complete(&self, answer: &PostStats) -> bool {
        answer.is_complete(self.0.platform)
    }

    fn known(answer: &PostStats) -> usize {
        answer.known()
    }
}

/// Why a provider didn't answer, and so what the chain does. For the log alone: nothing in it comes from a body.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[strum(serialize_all = "snake_case")]
pub enum Failure {
    /// It says, in its own terms, that the thing doesn't exist.
    #[error("not found")]
    NotFound,
    /// It says so in terms that can also mean a block; one more source must agree.
    #[error("perhaps not found: {0}")]
    PerhapsNotFound(&'static str),
    /// It can't see the thing, which may have many reasons; only if nobody can, is it taken for gone.
    #[error("not seen: {0}")]
    NotSeen(&'static str),
    /// It says that the thing exists but is private.
    #[error("private")]
    Private,
    /// Blocked, ambiguous, empty, another form than expected: nothing is known, another provider may do better.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It can't be asked for this at all, and wasn't.
    #[error("not asked: {0}")]
    NotAsked(&'static str),
    /// A timeout, a broken connection, a server error: the next attempt may succeed.
    #[error("transient: {0}")]
    Transient(String),
    /// Too many requests at once.
    #[error("rate limited")]
    RateLimited {
        /// How long to wait, if it says.
        retry_after: Option<Duration>,
    },
    /// The plan's quota is used up: the operator must act.
    #[error("out of quota")]
    OutOfQuota,
    /// The key is wrong, or not subscribed: the operator must act.
    #[error("key refused")]
    KeyRefused,
}

impl Failure {
    /// Nothing is known, for this reason.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(reason.into())
    }

    /// It may work next time; this happened.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient(reason.into())
    }
}

/// What a provider may pass on: something is known, and no zero stands for "unknown".
fn trustworthy(mut stats: PostStats) -> Result<PostStats, Failure> {
    let others = [stats.likes, stats.comments, stats.shares];
    if stats.views == Some(0) && others.iter().flatten().any(|count| *count > 0) {
        // Nobody likes what nobody has seen.
        stats.views = None;
    }
    if stats.known() == 0 { Err(Failure::unavailable("no counts")) } else { Ok(stats) }
}
