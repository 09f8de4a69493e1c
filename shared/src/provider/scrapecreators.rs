//! ScrapeCreators: all six platforms with one key.
//!
//! Rests on its published samples and recorded errors. Not found is 404 with `success: false`, for some endpoints 400 with the same
//! text; 402 is out of credits. 403 with a message about the content ("This video is age restricted") says nothing about the key.

use async_trait::async_trait;
use serde_json::Value;

use super::http::{Api, HttpReply};
use super::json::{Json, digits};
use super::shape::{instagram_app, instagram_profile, instagram_web, tiktok_app, tiktok_web, tweet};
use super::youtube_data_api::CHANNEL;
use super::{Failure, Page, Paged, Provider, UserIds, empty_list, told};
use crate::creator::{Contact, EmailSource, PostStats, Precision, Profile, Video, VideoList, link};
use crate::platform::{Creator, CreatorKind, Platform, Post, facebook, youtube};

pub const NAME: &str = "scrapecreators";

/// What a 403 names when it is about the key, and not about what was asked for.
const ABOUT_THE_KEY: [&str; 4] = ["key", "credit", "subscri", "your account"];
/// What a provider says that it has not found.
const THINGS: [&str; 9] = ["user", "account", "profile", "channel", "post", "video", "tweet", "reel", "media"];

pub struct ScrapeCreators(pub Api);

#[async_trait]
impl Provider for ScrapeCreators {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let path = match post.platform {
            Platform::TikTok => "/v2/tiktok/video",
            Platform::Instagram => "/v1/instagram/post",
            Platform::YouTube => "/v1/youtube/video",
            Platform::Twitter => "/v1/twitter/tweet",
            Platform::Facebook => "/v1/facebook/post",
            Platform::LinkedIn => "/v1/linkedin/post",
        };
        let reply = self.get(path, &[("url", &post.url)]).await?;
        let body = Json::from(&reply);
        match post.platform {
            Platform::TikTok => tiktok_app::post_stats(body.at("aweme_detail"), &post.id),
            Platform::Instagram => instagram_web::post_stats(body.at("data/xdt_shortcode_media"), &post.id),
            Platform::YouTube => youtube_stats(body, &post.id),
            Platform::Twitter => tweet::post_stats(body, &post.id),
            Platform::Facebook => facebook_stats(body, &post.url),
            Platform::LinkedIn => linkedin_stats(body),
        }
    }

    async fn profile(&self, creator: &Creator, ids: &dyn UserIds) -> Result<Profile, Failure> {
        let path = match creator.platform {
            Platform::TikTok => "/v1/tiktok/profile",
            Platform::Instagram => "/v1/instagram/profile",
            Platform::YouTube => "/v1/youtube/channel",
            _ => return Err(Failure::NotAsked("it has profiles of three platforms")),
        };
        let reply = self.get(path, &[by(creator)]).await?;
        let body = Json::from(&reply);
        match creator.platform {
            Platform::TikTok => tiktok_web::profile(body),
            Platform::Instagram => instagram_profile::profile(body.at("data/user"), &creator.id),
            _ => {
                if let Some(id) = body.said("channelId") {
                    ids.remember(creator, CHANNEL, &id).await;
                }
                channel(body, creator)
            }
        }
    }

    async fn channel_videos(&self, creator: &Creator, ids: &dyn UserIds) -> Result<VideoList, Failure> {
        match creator.platform {
            Platform::YouTube => self.videos_and_shorts(creator, ids).await,
            _ => self.recent(creator, &creator.id, ids).await,
        }
    }
}

#[async_trait]
impl Paged for ScrapeCreators {
    async fn page(&self, creator: &Creator, _id: &str, next: Option<&str>) -> Result<Page, Failure> {
        let is_tiktok = creator.platform == Platform::TikTok;
        let (path, list, cursor, next_cursor, has_more) = if is_tiktok {
            ("/v3/tiktok/profile/videos", "aweme_list", "max_cursor", "max_cursor", "has_more")
        } else {
            ("/v2/instagram/user/posts", "items", "next_max_id", "next_max_id", "more_available")
        };
        let mut query = vec![by(creator)];
        query.extend(is_tiktok.then_some(("sort_by", "latest")));
        query.extend(next.map(|next| (cursor, next)));
        let reply = self.get(path, &query).await?;
        let body = Json::from(&reply);
        if !body.is_list(list) {
            return Err(Failure::unavailable("no list"));
        }
        let has_more = body.flag(has_more) == Some(true) || body.code(has_more) == Some(1);
        let video = if is_tiktok { tiktok_app::video } else { instagram_app::video };
        Ok(Page {
            username: body.said("aweme_list/0/author/unique_id"),
            videos: body.items(list).filter_map(video).collect(),
            next: has_more.then(|| body.text(next_cursor).into_owned()),
            ..Page::default()
        })
    }
}

impl ScrapeCreators {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let reply = self.0.get(path, query).await?;
        if reply.status != 200 {
            return Err(refusal(&reply));
        }
        let body = reply.json()?;
        let is_success = !Json::from(&body).is_empty() && Json::from(&body).flag("success") != Some(false);
        if is_success { Ok(body) } else { Err(Failure::unavailable("no success")) }
    }

    /// The list of videos has neither shorts nor broadcasts.
    async fn videos_and_shorts(&self, creator: &Creator, ids: &dyn UserIds) -> Result<VideoList, Failure> {
        let channel;
        let by = match creator.kind {
            CreatorKind::Handle | CreatorKind::Id => by(creator),
            _ => {
                channel = self.channel_id(creator, ids).await?;
                ("channelId", channel.as_str())
            }
        };
        let latest = [by, ("sort", "latest")];
        let (videos, shorts) = tokio::join!(
            self.get("/v1/youtube/channel-videos", &latest),
            self.get("/v1/youtube/channel/shorts", &latest)
        );
        let videos = videos?;
        let shorts = match shorts {
            // A channel without any.
            Err(Failure::NotFound) => Value::Null,
            shorts => shorts?,
        };
        let (videos, shorts) = (Json::from(&videos), Json::from(&shorts));
        if !videos.is_list("videos") {
            return Err(Failure::unavailable("no list"));
        }
        let all: Vec<_> = videos.items("videos").chain(shorts.items("shorts")).filter_map(youtube_video).collect();
        if all.is_empty() { empty_list(self, creator, ids).await } else { Ok(VideoList::recent(None, all)) }
    }

    async fn channel_id(&self, creator: &Creator, ids: &dyn UserIds) -> Result<String, Failure> {
        if let Some(id) = ids.recall(creator, CHANNEL).await {
            return Ok(id);
        }
        let reply = self.get("/v1/youtube/channel", &[by(creator)]).await?;
        let id = Json::from(&reply).said("channelId").ok_or_else(|| Failure::unavailable("no channel id"))?;
        ids.remember(creator, CHANNEL, &id).await;
        Ok(id)
    }
}

/// The parameter that names the creator.
fn by(creator: &Creator) -> (&'static str, &str) {
    match (creator.platform, creator.kind) {
        (_, CreatorKind::Handle) => ("handle", &creator.id),
        (Platform::YouTube, CreatorKind::Id) => ("channelId", &creator.id),
        (_, CreatorKind::Id) => ("user_id", &creator.id),
        _ => ("url", &creator.url),
    }
}

fn channel(channel: Json<'_>, creator: &Creator) -> Result<Profile, Failure> {
    let id = channel.text("channelId");
    if id.is_empty() || (creator.kind == CreatorKind::Id && id != creator.id) {
        return Err(Failure::unavailable("the answer is about another creator"));
    }
    // "9,221 videos"
    let videos = channel.text("videoCountText");
    let address = channel.text("channel");
    let links = || channel.items("links").filter_map(|item| item.said(""));
    let email = channel.said("email").map(|text| Contact { source: EmailSource::PublicEmail, text });
    Ok(Profile {
        username: address.rsplit_once('@').map_or_else(|| id.into_owned(), |(_, handle)| handle.to_owned()),
        full_name: channel.said("name"),
        bio: channel.said("description"),
        profile_pic_url: channel.items("avatar/image/sources").filter_map(|size| size.said("url")).last(),
        followers: channel.count("subscriberCount"),
        posts_count: videos.split(' ').next().and_then(digits),
        external_url: links().next().as_deref().and_then(link),
        contacts: email.into_iter().chain(links().map(|text| Contact { source: EmailSource::Link, text })).collect(),
        ..Profile::default()
    })
}

/// Of a video that isn't a short the moment is made up from "9 days ago".
fn youtube_video(video: Json<'_>) -> Option<Video> {
    let id = video.said("id")?;
    let published = video.moment("publishDate");
    Some(Video {
        url: youtube::video_url(&id)?,
        description: video.said("title"),
        stats: counts(video).plausible(),
        created_at: published.or_else(|| video.moment("publishedTime")),
        is_dated_roughly: published.is_none(),
        id,
        ..Video::default()
    })
}

/// The videos that come with it, in `watchNextVideos`, have rounded counts; its own are exact.
fn youtube_stats(video: Json<'_>, id: &str) -> Result<PostStats, Failure> {
    if video.text("id") != id {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    told(counts(video))
}

fn counts(video: Json<'_>) -> PostStats {
    PostStats {
        views: video.count("viewCountInt"),
        likes: video.count("likeCountInt"),
        comments: video.count("commentCountInt"),
        ..PostStats::default()
    }
}

/// One reel has three different ids, so the one in the answer proves nothing.
fn facebook_stats(post: Json<'_>, url: &str) -> Result<PostStats, Failure> {
    told(PostStats {
        views: post.count("view_count"),
        likes: post.count("like_count"),
        comments: post.count("comment_count"),
        shares: post.count("share_count"),
        // As on the page's badge: the published sample has 133,000.
        precision: if post.lacks("view_count") { Precision::Exact } else { Precision::Rounded },
        viewless: post.at("view_count").is_empty() && post.at("video").is_empty() && !facebook::is_video(url),
        ..PostStats::default()
    })
}

fn linkedin_stats(post: Json<'_>) -> Result<PostStats, Failure> {
    told(PostStats { likes: post.count("likeCount"), comments: post.count("commentCount"), ..PostStats::default() })
}

fn refusal(reply: &HttpReply) -> Failure {
    let body = reply.json().unwrap_or_default();
    let body = Json::from(&body);
    let message = body.text("message").to_lowercase();
    match reply.status {
        401 => Failure::KeyRefused,
        402 => Failure::OutOfQuota,
        403 if message.is_empty() || ABOUT_THE_KEY.iter().any(|words| message.contains(words)) => Failure::KeyRefused,
        403 => Failure::unavailable("status 403 about the content"),
        400 | 404 if is_missing(body, &message) => Failure::NotFound,
        _ => reply.failure(),
    }
}

/// Whether it says so of a thing, and not of a route or a key.
fn is_missing(body: Json<'_>, message: &str) -> bool {
    let names_a_thing = || THINGS.iter().any(|thing| message.contains(&format!("{thing} not found")));
    body.flag("success") == Some(false) && (body.text("error") == "not_found" || names_a_thing())
}
