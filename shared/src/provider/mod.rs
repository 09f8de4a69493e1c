//! Upstream data providers: one file each, and the chain that asks them in turn.
//!
//! A provider turns a question into its own requests, and the responses into the domain's types or
//! a [`Failure`]. It knows nothing about DynamoDB, Lambda or our HTTP status codes.

mod breaker;
mod chain;
mod crowd;
mod entry;
mod facebook_scraper3;
mod failure;
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

pub use chain::{LAST_MOMENT, Times};
pub use crowd::Crowd;
pub use entry::{Entry, Key};
pub use failure::Failure;
pub use http::{HttpClient, HttpReply};
pub use registry::{Alone, Providers, Settings};
pub use verdict::{Attempt, Bearing, Report};

use async_trait::async_trait;
use strum::IntoEnumIterator;

use crate::creator::{Answer, Operation, PostStats, Profile, Unchecked, VideoList};
use crate::platform::{Creator, IdKind, Platform, Post};

/// All providers.
pub const ENTRIES: &[Entry] = &[
    tiktok_api23::ENTRY,
    tikwm::ON_RAPIDAPI,
    instagram_scraper_stable_api::ENTRY,
    instagram_looter2::ENTRY,
    youtube138::ENTRY,
    twitter_api45::ENTRY,
    twitter241::ENTRY,
    facebook_scraper3::ENTRY,
    fresh_linkedin_profile_data::ENTRY,
    linkedin_data_api::ENTRY,
    scrapecreators::ENTRY,
    hikerapi::ENTRY,
    youtube_data_api::ENTRY,
    x_api::ENTRY,
    tikwm::DIRECT,
    youtube_rss::ENTRY,
    fxtwitter::ENTRY,
];

/// The names of the possible providers, in the default order: cheap and reliable ones first,
/// keyless ones last.
#[must_use]
// One name per line, so that a diff shows only the changed names.
#[rustfmt::skip]
pub const fn order(platform: Platform, operation: Operation) -> &'static [&'static str] {
    match (operation, platform) {
        (Operation::PostStats, Platform::TikTok) => &[
            tiktok_api23::ENTRY.name,
            tikwm::ON_RAPIDAPI.name,
            scrapecreators::ENTRY.name,
            tikwm::DIRECT.name,
        ],
        (Operation::PostStats, Platform::Instagram) => &[
            hikerapi::ENTRY.name,
            scrapecreators::ENTRY.name,
            instagram_scraper_stable_api::ENTRY.name,
            instagram_looter2::ENTRY.name,
        ],
        (Operation::PostStats, Platform::YouTube) => &[
            youtube_data_api::ENTRY.name,
            scrapecreators::ENTRY.name,
            youtube138::ENTRY.name,
        ],
        (Operation::PostStats, Platform::Twitter) => &[
            twitter_api45::ENTRY.name,
            twitter241::ENTRY.name,
            scrapecreators::ENTRY.name,
            x_api::ENTRY.name,
            fxtwitter::ENTRY.name,
        ],
        (Operation::PostStats, Platform::Facebook) => &[
            facebook_scraper3::ENTRY.name,
            scrapecreators::ENTRY.name,
        ],
        (Operation::PostStats, Platform::LinkedIn) => &[
            fresh_linkedin_profile_data::ENTRY.name,
            linkedin_data_api::ENTRY.name,
            scrapecreators::ENTRY.name,
        ],
        (Operation::Profile | Operation::ChannelVideos, Platform::TikTok) => &[
            tiktok_api23::ENTRY.name,
            tikwm::ON_RAPIDAPI.name,
            scrapecreators::ENTRY.name,
            tikwm::DIRECT.name,
        ],
        (Operation::Profile, Platform::Instagram) => &[
            hikerapi::ENTRY.name,
            scrapecreators::ENTRY.name,
            instagram_scraper_stable_api::ENTRY.name,
            instagram_looter2::ENTRY.name,
        ],
        // ScrapeCreators is first, because it needs one call and HikerAPI two.
        (Operation::ChannelVideos, Platform::Instagram) => &[
            scrapecreators::ENTRY.name,
            hikerapi::ENTRY.name,
            instagram_scraper_stable_api::ENTRY.name,
            instagram_looter2::ENTRY.name,
        ],
        (Operation::Profile, Platform::YouTube) => &[
            youtube_data_api::ENTRY.name,
            scrapecreators::ENTRY.name,
            youtube138::ENTRY.name,
        ],
        (Operation::ChannelVideos, Platform::YouTube) => &[
            youtube_data_api::ENTRY.name,
            youtube_rss::ENTRY.name,
            scrapecreators::ENTRY.name,
        ],
        // The contract has creators only on the three platforms above.
        (
            Operation::Profile | Operation::ChannelVideos,
            Platform::Twitter | Platform::Facebook | Platform::LinkedIn,
        ) => &[],
    }
}

/// All operations on all platforms that providers answer.
pub fn questions() -> impl Iterator<Item = (Platform, Operation)> {
    let all = Operation::iter().flat_map(|operation| Platform::iter().map(move |platform| (platform, operation)));
    all.filter(|(platform, operation)| !order(*platform, *operation).is_empty())
}

/// An upstream data provider. It is never asked for an operation that it doesn't offer: see
/// [`order`].
#[async_trait]
pub trait Provider: Send + Sync {
    /// A post's counts.
    async fn post_stats(&self, _post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        Err(Failure::Unable("it has no posts"))
    }

    /// The counts of several posts in one request, at most as many as its entry allows; returns as
    /// many answers, in the posts' order.
    async fn posts_stats(&self, posts: &[Post]) -> Vec<Result<Unchecked<PostStats>, Failure>> {
        posts.iter().map(|_| Err(Failure::Unable("it tells of one post at a time"))).collect()
    }

    /// A creator's profile.
    async fn profile(&self, _creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        Err(Failure::Unable("it has no profiles"))
    }

    /// A creator's most recent videos.
    async fn channel_videos(&self, _creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        Err(Failure::Unable("it has no lists of videos"))
    }
}

/// The ids of creators that some requests need instead of a name. Ids don't change, unlike names,
/// so they are remembered for a day.
#[async_trait]
pub trait UserIds: Send + Sync {
    /// The creator's id of this kind, if it is remembered.
    async fn recall(&self, creator: &Creator, kind: IdKind) -> Option<String>;

    /// Remembers it.
    async fn remember(&self, creator: &Creator, kind: IdKind, id: &str);
}

/// A type of answer that providers return.
#[async_trait]
pub trait Question: Answer {
    /// Asks one provider.
    async fn ask(provider: &dyn Provider, subject: &Self::Subject) -> Result<Unchecked<Self>, Failure>;
}

#[async_trait]
impl Question for PostStats {
    async fn ask(provider: &dyn Provider, post: &Post) -> Result<Unchecked<Self>, Failure> {
        // The caller's own form of the link is never sent, because the cache returns the answer to
        // other callers too.
        provider.post_stats(&post.asked()).await
    }
}

#[async_trait]
impl Question for Profile {
    async fn ask(provider: &dyn Provider, creator: &Creator) -> Result<Unchecked<Self>, Failure> {
        provider.profile(creator).await
    }
}

#[async_trait]
impl Question for VideoList {
    async fn ask(provider: &dyn Provider, creator: &Creator) -> Result<Unchecked<Self>, Failure> {
        provider.channel_videos(creator).await
    }
}

/// Asks one provider, and checks its answer.
async fn ask<Q: Question>(provider: &dyn Provider, subject: &Q::Subject) -> Result<Q, Failure> {
    Ok(Q::ask(provider, subject).await?.checked(subject)?)
}
