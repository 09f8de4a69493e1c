//! The data that each endpoint returns.

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

/// The data that a priced endpoint returns from a provider's answer.
pub trait Data: Serialize {
    /// The type of the providers' answer.
    type Answer: Answer;

    /// The type of the request's further options.
    type Options: Options;

    /// The endpoint.
    const ENDPOINT: Endpoint;

    /// The data of this subject.
    fn new(subject: SubjectOf<Self>, fetched: Fetched<Self::Answer>, options: Self::Options) -> Self;
}

/// The subject of requests to an endpoint with this data.
pub type SubjectOf<D> = <<D as Data>::Answer as Answer>::Subject;

/// The public counts of one post, and its details. An unknown count is null, never 0.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PostStats")]
pub struct PostStatsData {
    /// The platform that the post is on.
    #[schemars(example = &"tiktok")]
    platform: Platform,
    /// The post's address, without trackers: the provider's, or else one made from the post's id.
    #[schemars(example = &"https://www.tiktok.com/@user/video/7123456789")]
    post_url: String,
    /// The platform's own id of the post. It is a string, because it can be too large for a number.
    #[schemars(example = &"7123456789")]
    post_id: String,
    /// The number of views, as the platform counts them: `views_kind` says how. Null if the post
    /// has no views (a photo), the platform or the creator hides them, or no provider returns them;
    /// never 0 in these cases.
    #[schemars(example = 1_250_000)]
    views: Option<u64>,
    /// Only if `views` isn't a number of views: `reactions` means that the number of all reactions
    /// is used, as on LinkedIn, which shows the views to a post's author alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("enum" = ["reactions"]), example = &"reactions")]
    views_source: Option<&'static str>,
    /// The number of likes; on Facebook and LinkedIn of all reactions. Null if they are hidden,
    /// or no provider returns them.
    #[schemars(example = 85_000)]
    likes: Option<u64>,
    /// The number of comments; on X of replies. Null if they are turned off, or no provider
    /// returns them, which happens on YouTube.
    #[schemars(example = 3_200)]
    comments: Option<u64>,
    /// The number of shares; on X of reposts and quotes, on LinkedIn of reposts. Null if no
    /// provider returns it: always on YouTube, and on most posts of Instagram.
    #[schemars(example = 12_000)]
    shares: Option<u64>,
    /// Whether the counts are the platform's own, or rounded.
    #[schemars(example = &"exact")]
    precision: Precision,
    /// The name of the upstream source of the views. `sandbox` means that all numbers are made up,
    /// for a test key.
    #[schemars(example = &"tiktok-api23")]
    provider: String,
    /// The time when the provider returned the counts, in UTC. A cached answer keeps it, so it
    /// shows the answer's age. If there are several providers, it is the oldest time.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// How `views` are counted. Compare views of one kind only. Null if `views` is null.
    #[schemars(example = &"plays")]
    views_kind: Option<ViewsKind>,
    /// Further details of the post.
    details: DetailsData,
    /// (likes + comments + shares + saves) / views, rounded to four decimals: 0.0523 is 5.23 %.
    /// Counts that are null are left out. Null without views, and on LinkedIn.
    #[schemars(example = 0.0802)]
    engagement_rate: Option<Rate>,
    /// The names of the other providers whose counts are among these; empty if all are from one.
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

/// The public profile of a creator. An unknown field is null.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Profile")]
pub struct ProfileData {
    /// The platform that the creator is on.
    #[schemars(example = &"tiktok")]
    platform: Platform,
    /// The creator's username on the platform, without `@`. Creators can change it.
    #[schemars(example = &"charlidamelio")]
    username: String,
    /// The name that the creator shows, cut off after 200 characters. Null if there is none.
    #[schemars(example = &"Charli D'Amelio")]
    full_name: Option<String>,
    /// The creator's text about themselves, cut off after 4,000 characters. Null if it is empty.
    #[schemars(example = &"don't you dare")]
    bio: Option<String>,
    /// The address of the creator's picture. On TikTok and Instagram it stops working after some
    /// days. Null if there is none.
    #[schemars(example = &"https://example.com/picture.jpg")]
    profile_pic_url: Option<String>,
    /// The number of followers; on YouTube of subscribers, which YouTube itself rounds to three
    /// digits. Null if they are hidden.
    #[schemars(example = 155_000_000)]
    followers: Option<u64>,
    /// The number of accounts that the creator follows. Null if the platform doesn't show it, as
    /// on YouTube.
    #[schemars(example = 1_200)]
    following: Option<u64>,
    /// The number of published posts or videos. Null if no provider returns it.
    #[schemars(example = 2_300)]
    posts_count: Option<u64>,
    /// Whether the platform confirms the creator's identity. Null if it is unknown, as on
    /// YouTube.
    #[schemars(example = true)]
    is_verified: Option<bool>,
    /// The website in the creator's profile. Null if there is none.
    #[schemars(example = &"https://example.com/shop")]
    external_url: Option<String>,
    /// Whether the counts are the platform's own, or rounded.
    #[schemars(example = &"exact")]
    precision: Precision,
    /// The name of the upstream source of the followers. `sandbox` means that the profile is made
    /// up, for a test key.
    #[schemars(example = &"tiktok-api23")]
    provider: String,
    /// The time when the provider returned the profile, in UTC. A cached answer keeps it.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// The platform's own id of the creator, which stays when the username changes. You can send it
    /// as `id`. Null if no provider returns it.
    #[schemars(example = &"5831967")]
    id: Option<String>,
    /// The time when the creator joined the platform, in UTC. Null if no provider returns it.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2019-05-30T00:00:00.000Z")]
    created_at: Option<Timestamp>,
    /// The names of the other providers whose fields are among these; empty if all are from one.
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
    /// The creator's username on the platform, without `@`; the id that was sent, where the
    /// provider doesn't return the username.
    #[schemars(example = &"charlidamelio")]
    username: String,
    /// The creator's videos or posts, newest first; pinned ones are sorted by date too. There are
    /// 20, or `limit`, if the provider has so many.
    videos: Vec<VideoData>,
    /// The number of items in `videos`.
    #[schemars(example = 20)]
    count: usize,
    /// Whether the counts are the platform's own, or rounded; `rounded` if any count is rounded.
    #[schemars(example = &"exact")]
    precision: Precision,
    /// The name of the upstream source of the list. `sandbox` means that the list is made up, for a
    /// test key.
    #[schemars(example = &"tiktok-api23")]
    provider: String,
    /// The time when the provider returned the list, in UTC. A cached answer keeps it.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// How the videos' `views` are counted. Null if no video has views.
    #[schemars(example = &"plays")]
    views_kind: Option<ViewsKind>,
}

/// One video or post of a list. An unknown count is null, never 0.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Video")]
struct VideoData {
    /// The platform's own id of it. It is a string, because it can be too large for a number.
    #[schemars(example = &"7123456789")]
    id: String,
    /// Its address, which `post/stats` accepts.
    #[schemars(example = &"https://www.tiktok.com/@charlidamelio/video/7123456789")]
    url: String,
    /// Its text, cut off after 4,000 characters; on YouTube its title. Null if it has none.
    #[schemars(example = &"new dance video")]
    description: Option<String>,
    /// The number of views; the list's `views_kind` says how they are counted. Null if it has no
    /// views, or no provider returns them.
    #[schemars(example = 5_200_000)]
    views: Option<u64>,
    /// The number of likes. Null if they are hidden, or no provider returns them.
    #[schemars(example = 420_000)]
    likes: Option<u64>,
    /// The number of comments. Null if no provider returns them.
    #[schemars(example = 8_500)]
    comments: Option<u64>,
    /// The number of shares. Null if no provider returns it: always on YouTube.
    #[schemars(example = 15_000)]
    shares: Option<u64>,
    /// The time of publication, in UTC. Null if it is unknown, or known only roughly ("9 days
    /// ago").
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2026-03-20T14:30:00.000Z")]
    created_at: Option<Timestamp>,
    /// The kind of post. Null if no provider returns it.
    #[schemars(example = &"video")]
    kind: Option<MediaKind>,
    /// The length in whole seconds. Null if it isn't a video, or no provider returns the length.
    #[schemars(example = 15)]
    duration_seconds: Option<u64>,
    /// The address of its picture; most addresses stop working after some days. Null if no
    /// provider returns it.
    #[schemars(example = &"https://example.com/thumbnail.jpg")]
    thumbnail_url: Option<String>,
    /// Whether the creator pinned it to the top of the profile.
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

/// The median of the views of a creator's recent videos.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "MedianViews")]
pub struct MedianViewsData {
    /// The platform that the creator is on.
    #[schemars(example = &"tiktok")]
    platform: Platform,
    /// The creator's username on the platform, without `@`; the id that was sent, where the
    /// provider doesn't return the username.
    #[schemars(example = &"charlidamelio")]
    username: String,
    /// The median of `raw_view_counts`; for an even number of counts, the rounded mean of the
    /// middle two. Null if no recent post has views.
    #[schemars(example = 3_500_000)]
    median_views: Option<u64>,
    /// The number of counts in `raw_view_counts`.
    #[schemars(example = 18)]
    videos_analyzed: usize,
    /// The views of the creator's recent posts, newest first. Pinned posts, which are often the
    /// best ones, broadcasts, and posts with unknown views are left out.
    #[schemars(example = [120_000, 450_000, 3_500_000])]
    raw_view_counts: Vec<u64>,
    /// Whether the counts are the platform's own, or rounded; `rounded` if any count is rounded.
    #[schemars(example = &"exact")]
    precision: Precision,
    /// The name of the upstream source of the counts. `sandbox` means that they are made up, for a
    /// test key.
    #[schemars(example = &"tiktok-api23")]
    provider: String,
    /// The time when the provider returned the list, in UTC. A cached answer keeps it.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// How the views are counted. Null if there are none.
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

/// How these videos' views are counted. If one includes Facebook's plays, all have that kind.
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
    /// The creator's username on the platform, without `@`.
    #[schemars(example = &"creator_username")]
    username: String,
    /// The e-mail address. Null if the creator shows none.
    #[schemars(example = &"contact@creator.com")]
    email: Option<String>,
    /// Whether an address was found.
    #[schemars(example = true)]
    found: bool,
    /// The place where the address was found. Null if there is none.
    #[schemars(example = &"bio")]
    source: Option<EmailSource>,
    /// The name of the upstream source of the profile that was searched. `sandbox` means that the
    /// address is made up, for a test key.
    #[schemars(example = &"hikerapi")]
    provider: String,
    /// The time when the provider returned the profile, in UTC. A cached answer keeps it.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    fetched_at: Timestamp,
    /// The names of the other providers whose profiles were searched too.
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

/// The answer of a running API.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Ping {
    /// Always `pong`.
    #[schemars(example = &"pong")]
    pub message: &'static str,
}

/// The endpoints that work on this server, by platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Platforms {
    /// Every platform, also if no endpoint works for it.
    pub platforms: Vec<PlatformEndpoints>,
}

/// The endpoints that work for one platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlatformEndpoints {
    /// The platform.
    #[schemars(example = &"tiktok")]
    pub platform: Platform,
    /// The names of the endpoints that have a provider for it: their paths after `/v1/`.
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
