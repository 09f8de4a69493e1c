//! The data that each endpoint shows.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::details::{DetailsData, Rate};
use super::endpoint::Endpoint;
use super::options::Options;
use crate::creator::{
    Answer, Email, EmailSource, Fetched, MediaKind, PostStats, Precision, Profile, Video, VideoList, Window, email_of,
    median,
};
use crate::platform::{Creator, Platform, Post, ViewsKind};

/// What a priced endpoint shows of a provider's answer.
pub trait Data: Serialize {
    /// What providers are asked for.
    type Answer: Answer;

    /// What else a caller may ask for.
    type Options: Options;

    /// The endpoint.
    const ENDPOINT: Endpoint;

    /// The data of this subject.
    fn new(subject: SubjectOf<Self>, fetched: Fetched<Self::Answer>, options: Self::Options) -> Self;
}

/// What requests to an endpoint with this data are about.
pub type SubjectOf<D> = <<D as Data>::Answer as Answer>::Subject;

/// `post/stats`.
#[derive(Clone, Debug, Serialize)]
pub struct PostStatsData {
    platform: Platform,
    post_url: String,
    post_id: String,
    views: Option<u64>,
    /// What stands for the views, where it isn't views.
    #[serde(skip_serializing_if = "Option::is_none")]
    views_source: Option<&'static str>,
    likes: Option<u64>,
    comments: Option<u64>,
    shares: Option<u64>,
    precision: Precision,
    provider: String,
    #[serde(serialize_with = "milliseconds")]
    fetched_at: Timestamp,
    /// What `views` counts; null where they are.
    views_kind: Option<ViewsKind>,
    details: DetailsData,
    engagement_rate: Option<Rate>,
    /// The other providers whose counts are among these.
    completed_by: Vec<String>,
}

impl Data for PostStatsData {
    type Answer = PostStats;
    type Options = ();

    const ENDPOINT: Endpoint = Endpoint::PostStats;

    fn new(post: Post, fetched: Fetched<PostStats>, (): ()) -> Self {
        let stats = fetched.value;
        let (views, views_source) = match stats.views {
            None if !post.platform.shows_views() => (stats.likes, stats.likes.map(|_| "reactions")),
            views => (views, None),
        };
        let views_kind = views.map(|_| views_kind(post.platform, &stats));
        let engagement_rate = Rate::of_engagement(&stats);
        Self {
            platform: post.platform,
            post_url: stats.url.unwrap_or(post.url),
            post_id: post.id,
            views,
            views_source,
            likes: stats.likes,
            comments: stats.comments,
            shares: stats.shares,
            precision: stats.precision,
            provider: fetched.provider,
            fetched_at: fetched.fetched_at,
            views_kind,
            details: stats.details.into(),
            engagement_rate,
            completed_by: fetched.completed_by,
        }
    }
}

/// `profile`.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileData {
    platform: Platform,
    username: String,
    full_name: Option<String>,
    bio: Option<String>,
    profile_pic_url: Option<String>,
    followers: Option<u64>,
    following: Option<u64>,
    posts_count: Option<u64>,
    is_verified: Option<bool>,
    external_url: Option<String>,
    precision: Precision,
    provider: String,
    #[serde(serialize_with = "milliseconds")]
    fetched_at: Timestamp,
    /// The platform's id for them, which stays when they change their name.
    id: Option<String>,
    /// When they joined the platform.
    #[serde(serialize_with = "optional_milliseconds")]
    created_at: Option<Timestamp>,
    /// The other providers whose word is in it.
    completed_by: Vec<String>,
}

impl Data for ProfileData {
    type Answer = Profile;
    type Options = ();

    const ENDPOINT: Endpoint = Endpoint::Profile;

    fn new(creator: Creator, fetched: Fetched<Profile>, (): ()) -> Self {
        let profile = fetched.value;
        Self {
            platform: creator.platform,
            username: profile.username,
            full_name: profile.full_name,
            bio: profile.bio.filter(|bio| !bio.is_empty()),
            profile_pic_url: profile.profile_pic_url,
            followers: profile.followers,
            following: profile.following,
            posts_count: profile.posts_count,
            is_verified: profile.is_verified,
            external_url: profile.external_url,
            precision: profile.precision,
            provider: fetched.provider,
            fetched_at: fetched.fetched_at,
            id: profile.id,
            created_at: profile.created_at,
            completed_by: fetched.completed_by,
        }
    }
}

/// `channel/videos`.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelVideosData {
    platform: Platform,
    username: String,
    videos: Vec<VideoData>,
    count: usize,
    precision: Precision,
    provider: String,
    #[serde(serialize_with = "milliseconds")]
    fetched_at: Timestamp,
    /// What the videos' `views` count; null where none has any.
    views_kind: Option<ViewsKind>,
}

/// One video of a list.
#[derive(Clone, Debug, Serialize)]
struct VideoData {
    id: String,
    url: String,
    description: Option<String>,
    views: Option<u64>,
    likes: Option<u64>,
    comments: Option<u64>,
    shares: Option<u64>,
    #[serde(serialize_with = "optional_milliseconds")]
    created_at: Option<Timestamp>,
    kind: Option<MediaKind>,
    duration_seconds: Option<u64>,
    thumbnail_url: Option<String>,
    /// Whether the creator put it before all others.
    is_pinned: bool,
}

impl From<Video> for VideoData {
    fn from(video: Video) -> Self {
        Self {
            id: video.id,
            url: video.url,
            description: video.description,
            views: video.stats.views,
            likes: video.stats.likes,
            comments: video.stats.comments,
            shares: video.stats.shares,
            created_at: video.created_at.filter(|_| !video.is_dated_roughly),
            kind: video.media.kind,
            duration_seconds: video.media.duration_seconds,
            thumbnail_url: video.media.thumbnail_url,
            is_pinned: video.is_pinned,
        }
    }
}

impl Data for ChannelVideosData {
    type Answer = VideoList;
    type Options = Window;

    const ENDPOINT: Endpoint = Endpoint::ChannelVideos;

    fn new(creator: Creator, fetched: Fetched<VideoList>, window: Window) -> Self {
        let list = fetched.value.within(window);
        let with_views = list.videos.iter().filter(|video| video.stats.views.is_some());
        Self {
            platform: creator.platform,
            precision: precision(&list),
            views_kind: views_kind_of(creator.platform, with_views),
            username: list.username.unwrap_or(creator.id),
            count: list.videos.len(),
            videos: list.videos.into_iter().map(VideoData::from).collect(),
            provider: fetched.provider,
            fetched_at: fetched.fetched_at,
        }
    }
}

/// `median-views`.
#[derive(Clone, Debug, Serialize)]
pub struct MedianViewsData {
    platform: Platform,
    username: String,
    median_views: Option<u64>,
    videos_analyzed: usize,
    raw_view_counts: Vec<u64>,
    precision: Precision,
    provider: String,
    #[serde(serialize_with = "milliseconds")]
    fetched_at: Timestamp,
    /// What the counts count; null where there are none.
    views_kind: Option<ViewsKind>,
}

impl Data for MedianViewsData {
    type Answer = VideoList;
    type Options = Window;

    const ENDPOINT: Endpoint = Endpoint::MedianViews;

    fn new(creator: Creator, fetched: Fetched<VideoList>, window: Window) -> Self {
        let list = fetched.value.within(window);
        let raw_view_counts = list.view_counts();
        let counted = list.usual().filter(|video| video.stats.views.is_some());
        Self {
            platform: creator.platform,
            precision: precision(&list),
            views_kind: views_kind_of(creator.platform, counted),
            username: list.username.unwrap_or(creator.id),
            median_views: median(raw_view_counts.clone()),
            videos_analyzed: raw_view_counts.len(),
            raw_view_counts,
            provider: fetched.provider,
            fetched_at: fetched.fetched_at,
        }
    }
}

fn views_kind(platform: Platform, stats: &PostStats) -> ViewsKind {
    stats.views_kind.unwrap_or(platform.views_kind())
}

/// What these videos' views count: one of them with Facebook's plays makes it so for all.
fn views_kind_of<'a>(platform: Platform, videos: impl Iterator<Item = &'a Video>) -> Option<ViewsKind> {
    videos.map(|video| views_kind(platform, &video.stats)).max()
}

/// A list is no more precise than its videos.
fn precision(list: &VideoList) -> Precision {
    let is_rounded = list.videos.iter().any(|video| video.stats.precision == Precision::Rounded);
    if is_rounded { Precision::Rounded } else { Precision::Exact }
}

/// `email`.
#[derive(Clone, Debug, Serialize)]
pub struct EmailData {
    platform: Platform,
    username: String,
    email: Option<String>,
    found: bool,
    source: Option<EmailSource>,
    provider: String,
    #[serde(serialize_with = "milliseconds")]
    fetched_at: Timestamp,
    /// The other providers whose word was searched too.
    completed_by: Vec<String>,
}

impl Data for EmailData {
    type Answer = Profile;
    type Options = ();

    const ENDPOINT: Endpoint = Endpoint::Email;

    fn new(creator: Creator, fetched: Fetched<Profile>, (): ()) -> Self {
        let found = email_of(&fetched.value);
        let (email, source) = found.map(|Email { address, source }| (address, source)).unzip();
        Self {
            platform: creator.platform,
            username: fetched.value.username,
            found: email.is_some(),
            email,
            source,
            provider: fetched.provider,
            fetched_at: fetched.fetched_at,
            completed_by: fetched.completed_by,
        }
    }
}

/// `ping`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ping {
    /// "pong".
    pub message: &'static str,
}

/// `platforms`.
#[derive(Clone, Debug, Serialize)]
pub struct Platforms {
    /// Each platform of the contract.
    pub platforms: Vec<PlatformEndpoints>,
}

/// What works for one platform.
#[derive(Clone, Debug, Serialize)]
pub struct PlatformEndpoints {
    /// The platform.
    pub platform: Platform,
    /// The endpoints that have a provider for it.
    pub endpoints: Vec<Endpoint>,
}

/// RFC 3339 in UTC, always with milliseconds.
pub(super) fn milliseconds<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{moment:.3}"))
}

#[expect(clippy::ref_option, reason = "serde gives the field like this")]
pub(super) fn optional_milliseconds<S: Serializer>(
    moment: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => milliseconds(moment, serializer),
        None => serializer.serialize_none(),
    }
}
