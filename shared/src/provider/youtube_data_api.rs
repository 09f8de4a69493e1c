//! YouTube's own Data API v3: exact, free, 10,000 units per day, one unit per call.
//! `videos:batchGetStats` has 10,000 units of its own (revision history of 3 June 2026), so it is
//! asked for a post when the others are used up.
//!
//! Source: its documentation and recorded answers. A video that is deleted, private or never
//! existed is missing from `items`, with HTTP 200; for an unknown channel, `items` is empty or
//! missing. A key missing from `statistics` is a count that is hidden or turned off; with
//! `publicStatsViewable: false`, all may be missing (recorded). The reason for a refusal is in
//! `errors`, in newer responses in `details`. A channel with the id `UC…` has its uploads in the
//! playlist `UU…`, which is 404 if there are none.

use std::collections::HashMap;

use async_trait::async_trait;

use super::entry::{Entry, Key};
use super::http::{Api, HttpReply};
use super::json::{Body, Json};
use super::listing::{Listing, Page};
use super::{Failure, Provider, UserIds, shape};
use crate::creator::{Author, Details, Media, Operation, PostStats, Profile, Unchecked, Video, VideoList};
use crate::platform::{Claim, Creator, CreatorKind, IdKind, Post, youtube};

pub(super) const ENTRY: Entry = Entry {
    own_quota: Some(Operation::PostStats),
    // The most ids that `videos` and `videos:batchGetStats` take.
    posts_at_once: 50,
    ..Entry::new("youtube-data-api", Some(Key::YouTube), "https://www.googleapis.com/youtube/v3", |api| {
        Box::new(YouTubeDataApi { api })
    })
};

/// The lists in which an item would be; older responses don't name their list.
const LISTS: [&str; 3] = ["", "youtube#videoListResponse", "youtube#channelListResponse"];

struct YouTubeDataApi {
    api: Api,
}

#[async_trait]
impl Provider for YouTubeDataApi {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let answers = self.posts_stats(std::slice::from_ref(post)).await;
        answers.into_iter().next().unwrap_or_else(|| Err(Failure::unavailable("no answer")))
    }

    async fn posts_stats(&self, posts: &[Post]) -> Vec<Result<Unchecked<PostStats>, Failure>> {
        let answers = match self.videos(posts).await {
            Err(Failure::OutOfQuota) => self.batch_stats(posts).await,
            answers => answers,
        };
        answers.unwrap_or_else(|failure| posts.iter().map(|_| Err(failure.clone())).collect())
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        let reply = self.channel(creator).await?;
        let channel = Json::from(&reply).at("items/0");
        let told = profile(channel, creator)?;
        if creator.kind != CreatorKind::Id && told.is_about(creator) {
            self.api.ids().remember(creator, IdKind::Channel, &channel.string("id")).await;
        }
        Ok(told)
    }

    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        self.recent(creator).await
    }
}

#[async_trait]
impl Listing for YouTubeDataApi {
    fn ids(&self) -> &dyn UserIds {
        self.api.ids()
    }

    fn id_kind(&self, creator: &Creator) -> Option<IdKind> {
        (creator.kind != CreatorKind::Id).then_some(IdKind::Channel)
    }

    async fn find_id(&self, creator: &Creator) -> Result<String, Failure> {
        let reply = self.channel(creator).await?;
        let channel = Json::from(&reply).at("items/0");
        profile(channel, creator)?.checked(creator)?;
        Ok(channel.string("id").into_owned())
    }

    async fn page(&self, _creator: &Creator, channel: &str, _next: Option<&str>) -> Result<Page, Failure> {
        let uploads = channel.replacen("UC", "UU", 1);
        let query = [("part", "contentDetails"), ("playlistId", &uploads), ("maxResults", "50")];
        let reply = self.api.get("/playlistItems", &query).await?;
        if reply.status == 404 && reasons(&reply).contains(&"playlistNotFound".to_owned()) {
            return Ok(Page::default());
        }
        let listed = read(&reply)?;
        let listed = Json::from(&listed);
        if !listed.is_list("items") {
            return Err(Failure::unavailable("no list"));
        }
        let public: Vec<_> = listed.items("items").filter(|item| !is_hidden(*item)).collect();
        if public.is_empty() {
            return Ok(Page::default());
        }
        let places = ["contentDetails/videoId", "snippet/resourceId/videoId"];
        let videos = public.iter().filter_map(|item| places.iter().find_map(|place| item.non_blank(place)));
        let videos: Vec<_> = videos.collect();
        if videos.is_empty() {
            return Err(Failure::unavailable("a list without ids"));
        }
        let query = [("part", "snippet,contentDetails,statistics"), ("id", &*videos.join(","))];
        let reply = self.get("/videos", &query).await?;
        // Older responses don't name a video's channel.
        let is_theirs = |item: &Json<'_>| ["", channel].contains(&&*item.string("snippet/channelId"));
        let videos: Vec<_> = Json::from(&reply).items("items").filter(is_theirs).filter_map(video).collect();
        if videos.is_empty() {
            return Err(Failure::unavailable("none of the listed videos, or another channel's"));
        }
        Ok(Page { videos, ..Page::default() })
    }
}

impl YouTubeDataApi {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Body, Failure> {
        read(&self.api.get(path, query).await?)
    }

    /// The answers about these videos. A video that isn't among the items doesn't exist, if
    /// YouTube's response says that the list is complete.
    async fn videos(&self, posts: &[Post]) -> Result<Vec<Result<Unchecked<PostStats>, Failure>>, Failure> {
        let ids = ids(posts);
        let query = [("part", "snippet,contentDetails,statistics,status"), ("id", &*ids)];
        let body = self.get("/videos", &query).await?;
        let body = Json::from(&body);
        let missing =
            if is_whole(body, posts) { Failure::NotFound } else { Failure::unavailable("a video that isn't listed") };
        let told = |video: Json<'_>| {
            Unchecked::new(PostStats { details: details(video), ..stats(video) }, [Claim::id(video.string("id"))])
        };
        Ok(of_each(posts, body, told, &missing))
    }

    /// The counts from the method with a separate quota. It returns less: no status and no author.
    /// For a video that isn't among the items there was no answer, which proves nothing.
    async fn batch_stats(&self, posts: &[Post]) -> Result<Vec<Result<Unchecked<PostStats>, Failure>>, Failure> {
        let ids = ids(posts);
        let query = [("part", "id,snippet,statistics,contentDetails"), ("id", &*ids)];
        let reply = self.api.get("/videos:batchGetStats", &query).await?;
        if reply.status != 200 {
            return Err(match refusal(&reply) {
                // It is certain that the other quota is used up.
                Failure::Unavailable(_) => Failure::OutOfQuota,
                failure => failure,
            });
        }
        let reply = reply.json()?;
        let missing = Failure::unavailable("a video that wasn't answered");
        Ok(of_each(posts, Json::from(&reply), told_by_batch, &missing))
    }

    /// The response that contains the channel.
    async fn channel(&self, creator: &Creator) -> Result<Body, Failure> {
        let handle = format!("@{}", creator.id);
        let by = match creator.kind {
            CreatorKind::Id => ("id", creator.id.as_str()),
            CreatorKind::Handle => ("forHandle", handle.as_str()),
            CreatorKind::User => ("forUsername", creator.id.as_str()),
            _ => return Err(Failure::Unable("it finds no channel by its old custom name")),
        };
        let reply = self.get("/channels", &[("part", "snippet,statistics"), by]).await?;
        if is_empty(Json::from(&reply)) { Err(Failure::NotFound) } else { Ok(reply) }
    }
}

/// The ids of these posts, in the API's form for several ids.
fn ids(posts: &[Post]) -> String {
    posts.iter().map(|post| post.id.as_str()).collect::<Vec<_>>().join(",")
}

/// Each video's answer in the items; `missing` for a video that isn't among them.
fn of_each(
    posts: &[Post],
    body: Json<'_>,
    told: impl Fn(Json<'_>) -> Unchecked<PostStats>,
    missing: &Failure,
) -> Vec<Result<Unchecked<PostStats>, Failure>> {
    let videos: HashMap<_, _> = body.items("items").map(|video| (video.string("id"), video)).collect();
    let answer = |post: &Post| videos.get(post.id.as_str()).copied().map(&told).ok_or_else(|| missing.clone());
    posts.iter().map(answer).collect()
}

/// Whether the items are all existing ones of these videos, and nothing else.
fn is_whole(body: Json<'_>, posts: &[Post]) -> bool {
    let videos: Vec<_> = body.items("items").collect();
    let count = u64::try_from(videos.len()).unwrap_or(u64::MAX);
    let are_asked = || videos.iter().all(|video| posts.iter().any(|post| post.id == video.string("id")));
    if videos.is_empty() { is_empty(body) } else { body.count("pageInfo/totalResults") == Some(count) && are_asked() }
}

fn told_by_batch(video: Json<'_>) -> Unchecked<PostStats> {
    let duration_seconds = video
        .duration_of_millis("contentDetails/durationMillis")
        .or_else(|| video.iso_duration("contentDetails/duration"));
    let details = Details {
        published_at: video.moment("snippet/publishTime"),
        media: Media { duration_seconds, ..Media::default() },
        ..Details::default()
    };
    Unchecked::new(PostStats { details, ..stats(video) }, [Claim::id(video.string("id"))])
}

/// Whether YouTube's response says that no such item exists.
fn is_empty(body: Json<'_>) -> bool {
    let says_none = match body.count("pageInfo/totalResults") {
        Some(total) => total == 0,
        None => body.is_list("items") && body.lacks("pageInfo") && LISTS.contains(&&*body.string("kind")),
    };
    says_none && body.at("items").is_empty()
}

/// Private and deleted videos are listed without their time of publication.
fn is_hidden(item: Json<'_>) -> bool {
    item.at("contentDetails").is_object() && item.at("contentDetails/videoPublishedAt").is_empty()
}

fn stats(video: Json<'_>) -> PostStats {
    let statistics = video.at("statistics");
    PostStats {
        views: statistics.count("viewCount"),
        likes: statistics.count("likeCount"),
        comments: statistics.count("commentCount"),
        hides_counts: video.flag("status/publicStatsViewable") == Some(false),
        ..PostStats::default()
    }
}

fn video(video: Json<'_>) -> Option<Video> {
    let id = video.non_blank("id")?;
    Some(Video {
        url: youtube::video_url(&id)?,
        description: video.non_blank("snippet/title"),
        stats: stats(video),
        created_at: video.moment("snippet/publishedAt"),
        is_live: !["", "none"].contains(&&*video.string("snippet/liveBroadcastContent")),
        media: media(video),
        id,
        ..Video::default()
    })
}

fn details(video: Json<'_>) -> Details {
    let snippet = video.at("snippet");
    Details {
        author: Author { name: snippet.non_blank("channelTitle"), id: snippet.non_blank("channelId"), username: None },
        caption: snippet.non_blank("title"),
        published_at: snippet.moment("publishedAt"),
        media: media(video),
        ..Details::default()
    }
}

fn media(video: Json<'_>) -> Media {
    let duration_seconds = video.iso_duration("contentDetails/duration");
    Media {
        kind: shape::youtube::kind(video.string("snippet/liveBroadcastContent") == "live", duration_seconds),
        duration_seconds,
        thumbnail_url: thumbnail(video.at("snippet/thumbnails")),
    }
}

fn thumbnail(sizes: Json<'_>) -> Option<String> {
    ["high", "medium", "default"].iter().find_map(|size| sizes.address(&format!("{size}/url")))
}

fn profile(channel: Json<'_>, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
    let id = channel.string("id");
    // Older responses have no @ before it.
    let handle = channel.non_blank("snippet/customUrl").map(|handle| handle.trim_start_matches('@').to_owned());
    if !youtube::is_channel_id(&id) {
        return Err(Failure::unavailable("no channel id"));
    }
    let claims = [Some(Claim::id(&*id)), handle.as_deref().map(Claim::name)];
    let hides = channel.flag("statistics/hiddenSubscriberCount");
    // Hidden counts are returned as 0.
    let is_told = |count: &u64| hides == Some(false) || (*count > 0 && hides.is_none());
    let profile = Profile {
        username: handle.unwrap_or_else(|| creator.name_or(&id)),
        full_name: channel.non_blank("snippet/title"),
        bio: channel.trimmed("snippet/description"),
        profile_pic_url: thumbnail(channel.at("snippet/thumbnails")),
        followers: channel.count("statistics/subscriberCount").filter(is_told),
        hides_followers: hides == Some(true),
        posts_count: channel.count("statistics/videoCount"),
        id: Some(id.into_owned()),
        created_at: channel.moment("snippet/publishedAt"),
        ..Profile::default()
    };
    Ok(Unchecked::new(profile, claims.into_iter().flatten()))
}

fn read(reply: &HttpReply) -> Result<Body, Failure> {
    if reply.status == 200 { reply.json() } else { Err(refusal(reply)) }
}

/// The API's own codes for the reason of a refusal.
fn reasons(reply: &HttpReply) -> Vec<String> {
    let body = reply.json().unwrap_or_default();
    let error = Json::from(&body).at("error");
    error.items("errors").chain(error.items("details")).map(|item| item.string("reason").into_owned()).collect()
}

fn refusal(reply: &HttpReply) -> Failure {
    let reasons = reasons(reply);
    let is = |known: &[&str]| reasons.iter().any(|reason| known.contains(&reason.as_str()));
    let is_about_the_key =
        || reasons.iter().any(|reason| reason.starts_with("API_KEY_") || reason.starts_with("CONSUMER_"));
    if is(&["quotaExceeded", "dailyLimitExceeded"]) {
        Failure::OutOfQuota
    } else if is(&["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"]) {
        Failure::RateLimited { retry_after: reply.retry_after() }
    } else if is(&["keyInvalid", "keyExpired", "ipRefererBlocked", "accessNotConfigured", "SERVICE_DISABLED"])
        || is_about_the_key()
        || (reply.status == 401 && is(&["authError"]))
        || reply.text().contains("API key not valid")
    {
        Failure::KeyRefused
    } else {
        reply.failure()
    }
}
