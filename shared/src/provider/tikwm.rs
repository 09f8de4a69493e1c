//! tikwm, free of charge by itself and as tiktok-scraper7 on RapidAPI: one body, TikTok's app counts, which are exact.
//!
//! Rests on tikwm's own documentation and recorded answers. Errors are HTTP 200 with `code` -1 and differ by `msg` alone:
//! "Free Api Limit: 1 request/second.", "Url parsing is failed! Please check url." (deleted, private or malformed: it doesn't
//! say which). To servers it may answer with Cloudflare's HTML or status 531.

use std::time::Duration;

use async_trait::async_trait;

use super::http::{Api, HttpReply};
use super::json::Json;
use super::rapidapi::Product;
use super::{Failure, Provider, trustworthy};
use crate::creator::PostStats;
use crate::platform::{Post, tiktok};

/// tikwm itself, which needs no key.
pub const TIKWM: &str = "tikwm";
/// Its RapidAPI product.
pub const SCRAPER7: &str = "tiktok-scraper7";

/// Whoever asks more than once a second is blocked for 30 to 60 s.
const BLOCKED_FOR: Duration = Duration::from_secs(30);

pub struct Tikwm(pub Api);

#[async_trait]
impl Provider for Tikwm {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/", &[("url", &post.id)]).await?;
        if reply.status == 200 { post_stats(&reply, &post.id) } else { Err(reply.failure()) }
    }
}

pub struct Scraper7(pub Product);

#[async_trait]
impl Provider for Scraper7 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        post_stats(&self.0.get("/", &[("url", &post.id)]).await?, &post.id)
    }
}

fn post_stats(reply: &HttpReply, id: &str) -> Result<PostStats, Failure> {
    let body = reply.json()?;
    let envelope = Json::from(&body);
    let video = envelope.at("data");
    if envelope.code("code") != Some(0) || !video.is_object() {
        return Err(without_data(envelope));
    }
    // Old answers have no id.
    if !["", id].contains(&&*video.text("id")) {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    trustworthy(PostStats {
        url: tiktok::post_url(&video.text("author/unique_id"), !video.at("images").is_empty(), id),
        views: video.count("play_count"),
        likes: video.count("digg_count"),
        comments: video.count("comment_count"),
        shares: video.count("share_count"),
        ..PostStats::default()
    })
}

fn without_data(envelope: Json<'_>) -> Failure {
    let message = envelope.text("msg").to_lowercase();
    if message.contains("limit") {
        Failure::RateLimited { retry_after: Some(BLOCKED_FOR) }
    } else if message.contains("url parsing is failed") {
        Failure::PerhapsNotFound("url parsing failed")
    } else {
        Failure::unavailable(envelope.code("code").map_or_else(|| "no code".to_owned(), |code| format!("code {code}")))
    }
}
