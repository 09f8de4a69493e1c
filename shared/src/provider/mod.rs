//! Upstream data providers: one file each, and the chain that asks them in turn.
//!
//! A provider turns a question into its own requests, and what it gets into the domain's types or a [`Failure`]. It knows
//! nothing of DynamoDB, Lambda or our HTTP status codes.

mod breaker;
mod chain;
mod entry;
mod facebook_scraper3;
mod fresh_linkedin_profile_data;
mod fxtwitter;
mod hikerapi;
mod http;
mod instagram_looter2;
mod instagram_scraper_stable_api;
mod json;
mod linkedin_data_api;
mod listing;
mod rapidapi;
mod registry;
mod scrapecreators;
mod shape;
mod tiktok_api23;
mod tikwm;
mod twitter241;
mod twitter_api45;
mod verdict;
mod x_api;
mod youtube138;
mod youtube_data_api;
mod youtube_rss;

pub use chain::Times;
pub use entry::{Entry, Key};
pub use http::HttpClient;
pub use registry::{ENTRIES, Providers, Settings, order};
pub use verdict::{Attempt, Report};

use std::time::Duration;

use async_trait::async_trait;

use crate::creator::{Answer, CheckError, PostStats, Profile, VideoList};
use crate::platform::{Creator, IdKind, Post};

/// An upstream data provider. What it doesn't offer, it isn't asked for: see [`order`].
#[async_trait]
pub trait Provider: Send + Sync {
    /// A post's counts.
    async fn post_stats(&self, _post: &Post) -> Result<PostStats, Failure> {
        Err(Failure::Unable("it has no posts"))
    }

    /// A creator's profile.
    async fn profile(&self, _creator: &Creator) -> Result<Profile, Failure> {
        Err(Failure::Unable("it has no profiles"))
    }

    /// A creator's most recent videos.
    async fn channel_videos(&self, _creator: &Creator) -> Result<VideoList, Failure> {
        Err(Failure::Unable("it has no lists of videos"))
    }
}

/// The ids of creators that some requests need in place of a name. Names change, ids don't; they are remembered for a day.
#[async_trait]
pub trait UserIds: Send + Sync {
    /// The creator's id of this kind, if it is remembered.
    async fn recall(&self, creator: &Creator, kind: IdKind) -> Option<String>;

    /// Remembers it.
    async fn remember(&self, creator: &Creator, kind: IdKind, id: &str);
}

/// An answer that can be asked of any provider.
#[async_trait]
pub trait Question: Answer {
    /// Asks one provider.
    async fn ask(provider: &dyn Provider, subject: &Self::Subject) -> Result<Self, Failure>;
}

#[async_trait]
impl Question for PostStats {
    async fn ask(provider: &dyn Provider, post: &Post) -> Result<Self, Failure> {
        provider.post_stats(post).await
    }
}

#[async_trait]
impl Question for Profile {
    async fn ask(provider: &dyn Provider, creator: &Creator) -> Result<Self, Failure> {
        provider.profile(creator).await
    }
}

#[async_trait]
impl Question for VideoList {
    async fn ask(provider: &dyn Provider, creator: &Creator) -> Result<Self, Failure> {
        provider.channel_videos(creator).await
    }
}

/// Asks one provider, and checks what it answers.
async fn ask<Q: Question>(provider: &dyn Provider, subject: &Q::Subject) -> Result<Q, Failure> {
    Ok(Q::ask(provider, subject).await?.checked(subject)?)
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
    #[error("unable: {0}")]
    Unable(&'static str),
    /// It would have been asked at another time.
    #[error("not asked: {0}")]
    NotAsked(&'static str),
    /// The deadline for all providers came before its answer.
    #[error("cut off by the deadline")]
    CutOff,
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

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        Self::unavailable(error.to_string())
    }
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

/// Whether these words, in small letters, say that something of a creator's is missing, and not a route or a key.
fn is_missing(words: &str) -> bool {
    const THINGS: [&str; 8] = ["user", "profile", "channel", "post", "video", "tweet", "reel", "media"];
    THINGS.iter().any(|thing| words.contains(&format!("{thing} not found")))
}
