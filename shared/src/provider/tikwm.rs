//! tikwm, free of charge directly, and as tiktok-scraper7 on RapidAPI. Both have the same bodies.
//! Posts have TikTok's app counts, which are exact; creators have TikTok's web counts, which are
//! rounded.
//!
//! Source: tikwm's own documentation and recorded answers. Errors are HTTP 200 with `code` -1, and
//! differ only by `msg`: "Free Api Limit: 1 request/second.", "Url parsing is failed! Please check
//! url." (deleted, private or malformed: it doesn't say which), `unique_id is invalid`. Servers may
//! get Cloudflare's HTML or status 531. In lists, `video_id` is the id, and `aweme_id` is something
//! else.

use std::time::Duration;

use async_trait::async_trait;

use super::entry::Entry;
use super::failure::without_echo;
use super::http::Api;
use super::json::{Body, Json};
use super::listing::{Listing, Page, may_be_by};
use super::rapidapi::Product;
use super::shape::tiktok_web;
use super::{Failure, Provider, UserIds};
use crate::creator::{Author, Details, Media, MediaKind, PostStats, Profile, Unchecked, Video, VideoList};
use crate::platform::{Claim, Creator, CreatorKind, Post, tiktok};

/// tikwm itself, which needs no key.
pub(super) const DIRECT: Entry = Entry {
    // One request per second.
    at_once: 1,
    ..Entry::new("tikwm", None, "https://www.tikwm.com/api", |api| Box::new(Tikwm::Direct(api)))
};
/// Its RapidAPI product.
pub(super) const ON_RAPIDAPI: Entry = Entry {
    source: DIRECT.name,
    ..Entry::on_rapidapi("tiktok-scraper7", "https://tiktok-scraper7.p.rapidapi.com", |api| {
        Box::new(Tikwm::OnRapidApi(Product::new(api)))
    })
};

/// A caller that asks more than once a second is blocked for 30 to 60 s.
const BLOCKED_FOR: Duration = Duration::from_secs(30);
/// The highest number of items on a page.
const PAGE: &str = "35";

/// One of the two ways to the same data.
enum Tikwm {
    Direct(Api),
    OnRapidApi(Product),
}

#[async_trait]
impl Provider for Tikwm {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.get("/", &[("url", &post.id)]).await?;
        let video = Json::from(&reply).at("data");
        let stats = PostStats { details: details(video), ..stats(video, &post.id) };
        // Old answers have no id.
        Ok(Unchecked::new(stats, video.non_blank("id").map(Claim::id)))
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        let reply = self.get("/user/info", &[(parameter(creator), &creator.id)]).await?;
        tiktok_web::profile(Json::from(&reply).at("data"))
    }

    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        self.recent(creator).await
    }
}

#[async_trait]
impl Listing for Tikwm {
    fn ids(&self) -> &dyn UserIds {
        match self {
            Self::Direct(api) => api.ids(),
            Self::OnRapidApi(product) => product.ids(),
        }
    }

    async fn page(&self, creator: &Creator, id: &str, next: Option<&str>) -> Result<Page, Failure> {
        let query = [(parameter(creator), id), ("count", PAGE), ("cursor", next.unwrap_or("0"))];
        let reply = self.get("/user/posts", &query).await?;
        let data = Json::from(&reply).at("data");
        if !data.is_list("videos") && (!data.lacks("videos") || data.lacks("hasMore")) {
            return Err(Failure::unavailable("no list"));
        }
        let all: Vec<_> = data.items("videos").filter_map(listed).collect();
        if all.is_empty() && !data.at("videos").is_empty() {
            return Err(Failure::unavailable("a list without ids"));
        }
        let theirs = all.into_iter().filter(|(author, _)| may_be_by(creator, std::slice::from_ref(author)));
        let videos = theirs.map(|(_, video)| video).collect();
        Ok(Page {
            authors: data.items("videos").map(author).collect(),
            videos,
            next: data.is_true("hasMore").then(|| data.string("cursor").into_owned()),
        })
    }
}

impl Tikwm {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Body, Failure> {
        let reply = self.ask(path, query).await?;
        let envelope = Json::from(&reply);
        let is_success = envelope.code("code") == Some(0) && envelope.at("data").is_object();
        if is_success { Ok(reply) } else { Err(refusal(envelope, query)) }
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Result<Body, Failure> {
        match self {
            Self::Direct(api) => {
                let reply = api.get(path, query).await?;
                if reply.status == 200 { reply.json() } else { Err(reply.failure()) }
            }
            Self::OnRapidApi(product) => product.get(path, query).await,
        }
    }
}

fn parameter(creator: &Creator) -> &'static str {
    if creator.kind == CreatorKind::Id { "user_id" } else { "unique_id" }
}

/// An item of a list, and its author.
fn listed(video: Json<'_>) -> Option<(Author, Video)> {
    let id = video.non_blank("video_id")?;
    let published = video.seconds("create_time");
    let listed = Video {
        url: stats(video, &id).url.or_else(|| tiktok::bare_url(&id))?,
        description: video.non_blank("title"),
        stats: stats(video, &id),
        created_at: published.or_else(|| tiktok::created_at(&id)),
        is_dated_roughly: published.is_none(),
        is_pinned: video.is_true("is_top"),
        media: media(video),
        id,
        ..Video::default()
    };
    Some((author(video), listed))
}

fn author(video: Json<'_>) -> Author {
    let author = video.at("author");
    Author { username: author.non_blank("unique_id"), name: author.non_blank("nickname"), id: author.non_blank("id") }
}

fn details(video: Json<'_>) -> Details {
    Details {
        author: author(video),
        caption: video.non_blank("title"),
        published_at: video.seconds("create_time"),
        media: media(video),
        saves: video.count("collect_count"),
        ..Details::default()
    }
}

fn media(video: Json<'_>) -> Media {
    let thumbnail_url = video.address("cover");
    if !video.at("images").is_empty() {
        let kind = MediaKind::of_pictures(video.items("images").count());
        return Media { kind, thumbnail_url, ..Media::default() };
    }
    let duration_seconds = video.duration("duration");
    Media { kind: duration_seconds.map(|_| MediaKind::Video), duration_seconds, thumbnail_url }
}

fn stats(video: Json<'_>, id: &str) -> PostStats {
    PostStats {
        url: tiktok::post_url(&video.string("author/unique_id"), !video.at("images").is_empty(), id),
        views: video.count("play_count"),
        likes: video.count("digg_count"),
        comments: video.count("comment_count"),
        shares: video.count("share_count"),
        ..PostStats::default()
    }
}

fn refusal(envelope: Json<'_>, asked: &[(&str, &str)]) -> Failure {
    let message = envelope.string("msg").to_lowercase();
    if without_echo(&message, asked).contains("limit") {
        Failure::RateLimited { retry_after: Some(BLOCKED_FOR) }
    } else if message.contains("url parsing is failed") {
        Failure::PerhapsNotFound("url parsing failed")
    } else if message.contains("unique_id is invalid") {
        Failure::PerhapsNotFound("unique_id is invalid")
    } else {
        Failure::unavailable(envelope.code("code").map_or_else(|| "no code".to_owned(), |code| format!("code {code}")))
    }
}
