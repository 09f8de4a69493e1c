//! YouTube's own Data API v3: exact, free, 10,000 units a day; one unit a call.
//!
//! Rests on its documentation and recorded answers. A video that is deleted, private or never was is simply not in `items`, with HTTP
//! 200; for an unknown channel `items` is empty or missing. A missing key of `statistics` is a count that is hidden or off. The reason
//! of a refusal is in `errors`, in newer answers in `details`. A channel's uploads are the playlist `UU…` beside its id `UC…`;
//! it is 404 where there are none.

use async_trait::async_trait;
use serde_json::Value;

use super::http::{Api, HttpReply};
use super::json::Json;
use super::{Failure, Provider, UserIds, empty_list, told};
use crate::creator::{PostStats, Profile, Video, VideoList};
use crate::platform::{Creator, CreatorKind, Post, youtube};

pub const NAME: &str = "youtube-data-api";

/// The kind of id that other providers of YouTube remember too.
pub const CHANNEL: &str = "channel";

pub struct YouTubeDataApi(pub Api);

#[async_trait]
impl Provider for YouTubeDataApi {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.get("/videos", &[("part", "statistics"), ("id", &post.id)]).await?;
        let body = Json::from(&reply);
        if is_empty(body) {
            return Err(Failure::NotFound);
        }
        let video = body.items("items").find(|video| video.text("id") == post.id);
        told(stats(video.ok_or_else(|| Failure::unavailable("the answer is about another post"))?))
    }

    async fn profile(&self, creator: &Creator, ids: &dyn UserIds) -> Result<Profile, Failure> {
        let reply = self.channel(creator, ids).await?;
        profile(Json::from(&reply).at("items/0"), creator)
    }

    async fn channel_videos(&self, creator: &Creator, ids: &dyn UserIds) -> Result<VideoList, Failure> {
        let channel = self.channel_id(creator, ids).await?;
        let uploads = channel.replacen("UC", "UU", 1);
        let query = [("part", "contentDetails"), ("playlistId", &uploads), ("maxResults", "50")];
        let reply = self.0.get("/playlistItems", &query).await?;
        if reply.status == 404 && reasons(&reply).contains(&"playlistNotFound".to_owned()) {
            return empty_list(self, creator, ids).await;
        }
        let listed = read(&reply)?;
        let listed = Json::from(&listed);
        if !listed.is_list("items") {
            return Err(Failure::unavailable("no list"));
        }
        // Private and deleted videos have no such moment.
        let public = listed.items("items").filter(|item| !item.at("contentDetails/videoPublishedAt").is_empty());
        let videos: Vec<_> = public.filter_map(|item| item.said("contentDetails/videoId")).collect();
        if videos.is_empty() {
            return empty_list(self, creator, ids).await;
        }
        let reply = self.get("/videos", &[("part", "snippet,statistics"), ("id", &videos.join(","))]).await?;
        let videos: Vec<_> = Json::from(&reply).items("items").filter_map(video).collect();
        if videos.is_empty() {
            return Err(Failure::unavailable("none of the listed videos"));
        }
        Ok(VideoList::recent(None, videos))
    }
}

impl YouTubeDataApi {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        read(&self.0.get(path, query).await?)
    }

    /// The answer that holds the channel.
    async fn channel(&self, creator: &Creator, ids: &dyn UserIds) -> Result<Value, Failure> {
        let handle = format!("@{}", creator.id);
        let by = match creator.kind {
            CreatorKind::Id => ("id", creator.id.as_str()),
            CreatorKind::Handle => ("forHandle", handle.as_str()),
            CreatorKind::User => ("forUsername", creator.id.as_str()),
            _ => return Err(Failure::NotAsked("it finds no channel by its old custom name")),
        };
        let reply = self.get("/channels", &[("part", "snippet,statistics"), by]).await?;
        let body = Json::from(&reply);
        if is_empty(body) {
            return Err(Failure::NotFound);
        }
        if let Some(id) = body.said("items/0/id") {
            ids.remember(creator, CHANNEL, &id).await;
        }
        Ok(reply)
    }

    async fn channel_id(&self, creator: &Creator, ids: &dyn UserIds) -> Result<String, Failure> {
        if creator.kind == CreatorKind::Id {
            return Ok(creator.id.clone());
        }
        if let Some(id) = ids.recall(creator, CHANNEL).await {
            return Ok(id);
        }
        let reply = self.channel(creator, ids).await?;
        Json::from(&reply).said("items/0/id").ok_or_else(|| Failure::unavailable("no channel id"))
    }
}

/// Whether YouTube says that there is no such thing.
fn is_empty(body: Json<'_>) -> bool {
    body.at("items").is_empty() && body.count("pageInfo/totalResults") == Some(0)
}

fn stats(video: Json<'_>) -> PostStats {
    let statistics = video.at("statistics");
    PostStats {
        views: statistics.count("viewCount"),
        likes: statistics.count("likeCount"),
        comments: statistics.count("commentCount"),
        ..PostStats::default()
    }
}

fn video(video: Json<'_>) -> Option<Video> {
    let id = video.said("id")?;
    Some(Video {
        url: youtube::video_url(&id)?,
        description: video.said("snippet/title"),
        stats: stats(video).plausible(),
        created_at: video.moment("snippet/publishedAt"),
        is_live: !["", "none"].contains(&&*video.text("snippet/liveBroadcastContent")),
        id,
        ..Video::default()
    })
}

fn profile(channel: Json<'_>, creator: &Creator) -> Result<Profile, Failure> {
    let id = channel.text("id");
    if id.is_empty() || (creator.kind == CreatorKind::Id && id != creator.id) {
        return Err(Failure::unavailable("the answer is about another creator"));
    }
    let handle = channel.said("snippet/customUrl");
    Ok(Profile {
        // Older answers have no @ before it.
        username: handle.map_or_else(|| id.into_owned(), |handle| handle.trim_start_matches('@').to_owned()),
        full_name: channel.said("snippet/title"),
        bio: channel.said("snippet/description"),
        profile_pic_url: ["high", "medium", "default"]
            .iter()
            .find_map(|size| channel.said(&format!("snippet/thumbnails/{size}/url"))),
        followers: channel.count("statistics/subscriberCount"),
        hides_followers: channel.flag("statistics/hiddenSubscriberCount") == Some(true),
        posts_count: channel.count("statistics/videoCount"),
        ..Profile::default()
    })
}

fn read(reply: &HttpReply) -> Result<Value, Failure> {
    if reply.status == 200 { reply.json() } else { Err(refusal(reply)) }
}

/// The machine's words for why it refuses.
fn reasons(reply: &HttpReply) -> Vec<String> {
    let body = reply.json().unwrap_or_default();
    let error = Json::from(&body).at("error");
    error.items("errors").chain(error.items("details")).map(|item| item.text("reason").into_owned()).collect()
}

fn refusal(reply: &HttpReply) -> Failure {
    let reasons = reasons(reply);
    let is = |known: &[&str]| reasons.iter().any(|reason| known.contains(&reason.as_str()));
    if is(&["quotaExceeded", "dailyLimitExceeded"]) {
        Failure::OutOfQuota
    } else if is(&["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"]) {
        Failure::RateLimited { retry_after: reply.retry_after() }
    } else if is(&[
        "keyInvalid",
        "API_KEY_INVALID",
        "accessNotConfigured",
        "SERVICE_DISABLED",
        "API_KEY_SERVICE_BLOCKED",
    ]) || reply.text().contains("API key not valid")
    {
        Failure::KeyRefused
    } else {
        reply.failure()
    }
}
