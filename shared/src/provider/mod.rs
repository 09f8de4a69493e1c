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
mod listing;
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
mod youtube_rss;

pub use chain::{Attempt, Report, Times};
pub use http::HttpClient;
pub use registry::{ENTRIES, Entry, Key, Operation, Providers, Settings, order};

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;

use crate::creator::{PostStats, Profile, VideoList};
use crate::platform::{Creator, Platform, Post};

/// An upstream data provider. What it doesn't offer, it isn't asked for: see [`order`].
#[async_trait]
pub trait Provider: Send + Sync {
    /// A post's counts.
    async fn post_stats(&self, _post: &Post) -> Result<PostStats, Failure> {
        Err(Failure::Unable("it has no posts"))
    }

    /// A creator's profile.
    async fn profile(&self, _creator: &Creator, _ids: &dyn UserIds) -> Result<Profile, Failure> {
        Err(Failure::Unable("it has no profiles"))
    }

    /// A creator's most recent videos.
    async fn channel_videos(&self, _creator: &Creator, _ids: &dyn UserIds) -> Result<VideoList, Failure> {
        Err(Failure::Unable("it has no lists of videos"))
    }
}

/// The ids of creators that some requests need in place of a name. Names change, ids don't; they are remembered for a day.
#[async_trait]
pub trait UserIds: Send + Sync {
    /// The creator's id of this kind, if it is remembered.
    async fn recall(&self, creator: &Creator, kind: &'static str) -> Option<String>;

    /// Remembers it.
    async fn remember(&self, creator: &Creator, kind: &'static str, id: &str);
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
    async fn ask(&self, provider: &dyn Provider, ids: &dyn UserIds) -> Result<Self::Answer, Failure>;

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

    async fn ask(&self, provider: &dyn Provider, _ids: &dyn UserIds) -> Result<PostStats, Failure> {
        provider.post_stats(&self.0).await
    }

    fn is_complete(&self, answer: &PostStats) -> bool {
        answer.is_complete(self.0.platform)
    }

    fn known(answer: &PostStats) -> usize {
        answer.known()
    }
}

/// The question for a creator's profile.
#[derive(Clone, Debug)]
pub struct ProfileOf(pub Creator);

#[async_trait]
impl Question for ProfileOf {
    type Answer = Profile;

    const OPERATION: Operation = Operation::Profile;

    fn platform(&self) -> Platform {
        self.0.platform
    }

    fn id(&self) -> Cow<'_, str> {
        self.0.key().into()
    }

    async fn ask(&self, provider: &dyn Provider, ids: &dyn UserIds) -> Result<Profile, Failure> {
        provider.profile(&self.0, ids).await
    }

    fn is_complete(&self, answer: &Profile) -> bool {
        answer.is_complete()
    }

    fn known(answer: &Profile) -> usize {
        answer.known()
    }
}

/// The question for a creator's most recent videos.
#[derive(Clone, Debug)]
pub struct ChannelVideosOf(pub Creator);

#[async_trait]
impl Question for ChannelVideosOf {
    type Answer = VideoList;

    const OPERATION: Operation = Operation::ChannelVideos;

    fn platform(&self) -> Platform {
        self.0.platform
    }

    fn id(&self) -> Cow<'_, str> {
        self.0.key().into()
    }

    async fn ask(&self, provider: &dyn Provider, ids: &dyn UserIds) -> Result<VideoList, Failure> {
        provider.channel_videos(&self.0, ids).await
    }

    fn is_complete(&self, answer: &VideoList) -> bool {
        answer.is_complete()
    }

    fn known(answer: &VideoList) -> usize {
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

/// What a provider may pass on: something is known, and no zero stands for "unknown".
fn told(stats: PostStats) -> Result<PostStats, Failure> {
    let stats = stats.plausible();
    if stats.known() == 0 { Err(Failure::unavailable("no counts")) } else { Ok(stats) }
}

/// The same of a profile.
fn described(profile: Profile) -> Result<Profile, Failure> {
    if profile.known() == 0 { Err(Failure::unavailable("nothing is told of the creator")) } else { Ok(profile) }
}
