//! The data that each endpoint shows.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::details::{DetailsData, Rate};
use super::endpoint::Endpoint;
use super::options::Options;
use super::schema::Moment;
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

/// The public counts of one post, and what it is. A count that nobody tells is null, never 0.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PostStats")]
pub struct PostStatsData {
    /// The platform that the post is on.
    #[schemars(example = &"tiktok")]
    platform: Platform,
    /// The post's address, without trackers: the provider's, or else the one made from its id.
    #[schemars(example = &"https://www.tiktok.com/@user/video/7123456789")]
    post_url: String,
    /// The platform's own id of the post. A string, as it may be larger than a number can be.
    #[schemars(example = &"7123456789")]
    post_id: String,
    /// How often the post was seen, as the platform counts it: `views_kind` says what that is. Null
    /// where the post has no views (as a photo), the platform or the creator hides them, or no
    /// provider tells them; never 0 for that.
    #[schemars(example = 1_250_000)]
    views: Option<u64>,
    /// Only there where `views` isn't a number of views: `reactions` says that all reactions stand
    /// for them, as on LinkedIn, which shows the views to a post's author alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("enum" = ["reactions"]), example = &"reactions")]
    views_source: Option<&'static str>,
    /// How many likes the post has; on Facebook and LinkedIn all reactions. Null where they are
    /// hidden, or no provider tells them.
    #[schemars(example = 85_000)]
    likes: Option<u64>,
    /// How many comments the post has; on X replies. Null where they are off, or no provider tells
    /// them, as at times on YouTube.
    #[schemars(example = 3_200)]
    comments: Option<u64>,
    /// How often the post was shared; on X reposts and quotes, on LinkedIn reposts. Null where no
    /// provider tells it: always on YouTube, and on most posts of Instagram.
    #[schemars(example = 12_000)]
    shares: Option<u64>,
    /// Whether the counts are the platform's own, or rounded.
    #[schemars(example = &"exact")]
    precision: Precision,
    /// The name of the upstream source whose views these are. `sandbox` means that all numbers are
    /// made up, as a test key gets them.
    #[schemars(example = &"tiktok-api23")]
    provider: String,
    /// When the provider told it, in UTC. Of a cached answer this is its age; of counts that
    /// several providers told, it is the oldest one's.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// What `views` counts. Compare views of one kind only. Null where `views` is.
    #[schemars(example = &"plays")]
    views_kind: Option<ViewsKind>,
    /// What the post is, beside its counts.
    details: DetailsData,
    /// (likes + comments + shares + saves) / views, rounded to four decimals: 0.0523 is 5.23 %.
    /// Counts that are null are left out. Null without views, and on LinkedIn.
    #[schemars(example = 0.0802)]
    engagement_rate: Option<Rate>,
    /// The names of the other providers whose counts are among these; empty if one told them all.
    #[schemars(example = ["tiktok-scraper7"])]
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

/// What a creator shows of themselves. What nobody tells is null.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Profile")]
pub struct ProfileData {
    /// The platform that the creator is on.
    #[schemars(example = &"tiktok")]
    platform: Platform,
    /// The name by which the platform knows them, without `@`. Creators can change it.
    #[schemars(example = &"charlidamelio")]
    username: String,
    /// The name that they show, cut off behind 200 characters. Null where they show none.
    #[schemars(example = &"Charli D'Amelio")]
    full_name: Option<String>,
    /// What they say of themselves, cut off behind 4,000 characters. Null where they say nothing.
    #[schemars(example = &"don't you dare")]
    bio: Option<String>,
    /// The address of their picture. On TikTok and Instagram it stops working after some days. Null
    /// where they have none.
    #[schemars(example = &"https://example.com/picture.jpg")]
    profile_pic_url: Option<String>,
    /// How many accounts follow them; on YouTube subscribers, which YouTube itself rounds to three
    /// digits. Null where they hide them.
    #[schemars(example = 155_000_000)]
    followers: Option<u64>,
    /// How many accounts they follow. Null where the platform doesn't show it, as YouTube.
    #[schemars(example = 1_200)]
    following: Option<u64>,
    /// How many posts or videos they have published. Null where no provider tells it.
    #[schemars(example = 2_300)]
    posts_count: Option<u64>,
    /// Whether the platform says that they are who they say. Null where it isn't told, as on
    /// YouTube.
    #[schemars(example = true)]
    is_verified: Option<bool>,
    /// The website that they show. Null where they show none.
    #[schemars(example = &"https://example.com/shop")]
    external_url: Option<String>,
    /// Whether the counts are the platform's own, or rounded.
    #[schemars(example = &"exact")]
    precision: Precision,
    /// The name of the upstream source whose followers these are. `sandbox` means that all of it
    /// is made up, as a test key gets it.
    #[schemars(example = &"tiktok-api23")]
    provider: String,
    /// When the provider told it, in UTC; of a cached answer this is its age.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// The platform's own id for them, which stays when they change their name. It can be sent as
    /// `id`. Null where no provider tells it.
    #[schemars(example = &"5831967")]
    id: Option<String>,
    /// When they joined the platform, in UTC. Null where no provider tells it.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2019-05-30T00:00:00.000Z")]
    created_at: Option<Timestamp>,
    /// The names of the other providers whose word is in it; empty if one told all of it.
    #[schemars(example = ["tiktok-scraper7"])]
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

/// A creator's most recent videos or posts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChannelVideos")]
pub struct ChannelVideosData {
    /// The platform that the creator is on.
    #[schemars(example = &"tiktok")]
    platform: Platform,
    /// The name by which the platform knows them, without `@`; the id that was sent where the
    /// provider doesn't tell the name.
    #[schemars(example = &"charlidamelio")]
    username: String,
    /// Their videos or posts, newest first, pinned ones in their place: 20, or `limit`, if the
    /// provider has as many.
    videos: Vec<VideoData>,
    /// How many there are in `videos`.
    #[schemars(example = 20)]
    count: usize,
    /// Whether the counts are the platform's own, or rounded; `rounded` if any of them is.
    #[schemars(example = &"exact")]
    precision: Precision,
    /// The name of the upstream source whose list it is. `sandbox` means that all of it is made up,
    /// as a test key gets it.
    #[schemars(example = &"tiktok-api23")]
    provider: String,
    /// When the provider told it, in UTC; of a cached answer this is its age.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// What the videos' `views` count. Null where none has any.
    #[schemars(example = &"plays")]
    views_kind: Option<ViewsKind>,
}

/// One video or post of a list. A count that nobody tells is null, never 0.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Video")]
struct VideoData {
    /// The platform's own id of it. A string, as it may be larger than a number can be.
    #[schemars(example = &"7123456789")]
    id: String,
    /// Its address, which `post/stats` takes.
    #[schemars(example = &"https://www.tiktok.com/@charlidamelio/video/7123456789")]
    url: String,
    /// Its text, cut off behind 4,000 characters; on YouTube its title. Null where it has none.
    #[schemars(example = &"new dance video")]
    description: Option<String>,
    /// How often it was seen; the list's `views_kind` says what that counts. Null where it has no
    /// views, or no provider tells them.
    #[schemars(example = 5_200_000)]
    views: Option<u64>,
    /// How many likes it has. Null where they are hidden, or no provider tells them.
    #[schemars(example = 420_000)]
    likes: Option<u64>,
    /// How many comments it has. Null where no provider tells them.
    #[schemars(example = 8_500)]
    comments: Option<u64>,
    /// How often it was shared. Null where no provider tells it: always on YouTube.
    #[schemars(example = 15_000)]
    shares: Option<u64>,
    /// When it was published, in UTC. Null where it is told only roughly ("9 days ago"), or not at
    /// all.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2026-03-20T14:30:00.000Z")]
    created_at: Option<Timestamp>,
    /// What kind of thing it is. Null where no provider tells it.
    #[schemars(example = &"video")]
    kind: Option<MediaKind>,
    /// How long it is, in whole seconds. Null where it isn't a video, or no provider tells it.
    #[schemars(example = 15)]
    duration_seconds: Option<u64>,
    /// The address of its picture; most stop working after some days. Null where no provider tells
    /// it.
    #[schemars(example = &"https://example.com/thumbnail.jpg")]
    thumbnail_url: Option<String>,
    /// Whether the creator put it before all others.
    #[schemars(example = false)]
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

/// How often a creator's recent videos are usually seen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "MedianViews")]
pub struct MedianViewsData {
    /// The platform that the creator is on.
    #[schemars(example = &"tiktok")]
    platform: Platform,
    /// The name by which the platform knows them, without `@`; the id that was sent where the
    /// provider doesn't tell the name.
    #[schemars(example = &"charlidamelio")]
    username: String,
    /// The median of `raw_view_counts`; of an even number of counts the mean of the middle two,
    /// rounded. Null where no recent post has views.
    #[schemars(example = 3_500_000)]
    median_views: Option<u64>,
    /// How many counts there are in `raw_view_counts`.
    #[schemars(example = 18)]
    videos_analyzed: usize,
    /// The views of the creator's recent posts, newest first; without pinned posts, which are their
    /// best ones, broadcasts, and posts whose views nobody tells.
    #[schemars(example = [120_000, 450_000, 3_500_000])]
    raw_view_counts: Vec<u64>,
    /// Whether the counts are the platform's own, or rounded; `rounded` if any of them is.
    #[schemars(example = &"exact")]
    precision: Precision,
    /// The name of the upstream source whose counts these are. `sandbox` means that all of them are
    /// made up, as a test key gets them.
    #[schemars(example = &"tiktok-api23")]
    provider: String,
    /// When the provider told it, in UTC; of a cached answer this is its age.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// What the counts count. Null where there are none.
    #[schemars(example = &"plays")]
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

/// The e-mail address that a creator shows in public.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Email")]
pub struct EmailData {
    /// The platform that the creator is on.
    #[schemars(example = &"instagram")]
    platform: Platform,
    /// The name by which the platform knows them, without `@`.
    #[schemars(example = &"creator_username")]
    username: String,
    /// The address to write to. Null where they show none.
    #[schemars(example = &"contact@creator.com")]
    email: Option<String>,
    /// Whether there is one.
    #[schemars(example = true)]
    found: bool,
    /// Where it was found. Null where there is none.
    #[schemars(example = &"bio")]
    source: Option<EmailSource>,
    /// The name of the upstream source whose profile was searched. `sandbox` means that the address
    /// is made up, as a test key gets it.
    #[schemars(example = &"hikerapi")]
    provider: String,
    /// When the provider told the profile, in UTC; of a cached answer this is its age.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// The names of the other providers whose word was searched too.
    #[schemars(example = ["scrapecreators"])]
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

/// That the API runs.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Ping {
    /// Always `pong`.
    #[schemars(example = &"pong")]
    pub message: &'static str,
}

/// What works here.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Platforms {
    /// Each platform, whether anything works for it or not.
    pub platforms: Vec<PlatformEndpoints>,
}

/// What works for one platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlatformEndpoints {
    /// The platform.
    #[schemars(example = &"tiktok")]
    pub platform: Platform,
    /// The names of the endpoints that have a provider for it, as behind `/v1/`.
    #[schemars(example = ["post/stats", "profile"])]
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
