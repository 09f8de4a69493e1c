//! tikwm, free of charge by itself and as tiktok-scraper7 on RapidAPI: one body, TikTok's app counts, which are exact.
//!
//! Rests on tikwm's own documentation and recorded answers. Errors are HTTP 200 with `code` -1 and differ by `msg` alone:
//! "Free Api Limit: 1 request/second.", "Url parsing is failed! Please check url." (deleted, private or malformed: it doesn't
//! say which). To servers it may answer with Cloudflare's HTML or status 531.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::http::{HttpClient, HttpReply, address};
use super::json::{Count, Text, lenient};
use super::rapidapi::Product;
use super::{Failure, Provider, trustworthy};
use crate::creator::PostStats;
use crate::platform::{Post, tiktok};

/// The name of tikwm itself.
pub const TIKWM: &str = "tikwm";
/// The name of its RapidAPI product.
pub const SCRAPER7: &str = "tiktok-scraper7";
const SCRAPER7_HOST: &str = "tiktok-scraper7.p.rapidapi.com";

/// Whoever asks more than once a second is blocked for 30 to 60 s.
const BLOCKED_FOR: Duration = Duration::from_secs(30);

/// The provider that needs no key.
#[derive(Clone, Debug)]
pub struct Tikwm {
    http: HttpClient,
    base: Url,
}

impl Tikwm {
    /// The provider at `base`.
    #[must_use]
    pub const fn new(http: HttpClient, base: Url) -> Self {
        Self { http, base }
    }
}

#[async_trait]
impl Provider for Tikwm {
    fn name(&self) -> &'static str {
        TIKWM
    }

    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let url = address(&self.base, "/", &[("url", &post.id)]);
        let reply = self.http.get(url, HeaderMap::new()).await?;
        match reply.status {
            429 => Err(Failure::RateLimited { retry_after: reply.retry_after() }),
            403 => Err(Failure::unavailable("status 403")),
            status @ 500.. => Err(Failure::transient(format!("status {status}"))),
            _ => stats(&reply, &post.id),
        }
    }
}

/// The same, sold on RapidAPI.
#[derive(Clone, Debug)]
pub struct Scraper7(Product);

impl Scraper7 {
    /// The provider at `base`, with the operator's RapidAPI key.
    #[must_use]
    pub fn new(http: HttpClient, base: &Url, key: &SecretString) -> Self {
        Self(Product::new(http, base, SCRAPER7_HOST, key))
    }
}

#[async_trait]
impl Provider for Scraper7 {
    fn name(&self) -> &'static str {
        SCRAPER7
    }

    fn source(&self) -> &'static str {
        TIKWM
    }

    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/", &[("url", &post.id)]).await?;
        stats(&reply, &post.id)
    }
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "lenient")]
    code: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    msg: String,
    #[serde(default, deserialize_with = "lenient")]
    data: Option<Video>,
}

#[derive(Deserialize)]
struct Video {
    #[serde(default)]
    id: Text,
    #[serde(default, deserialize_with = "lenient")]
    author: Author,
    #[serde(default)]
    play_count: Count,
    #[serde(default)]
    digg_count: Count,
    #[serde(default)]
    comment_count: Count,
    #[serde(default)]
    share_count: Count,
    #[serde(default, deserialize_with = "lenient")]
    images: Vec<serde_json::Value>,
}

#[derive(Default, Deserialize)]
struct Author {
    #[serde(default)]
    unique_id: Text,
}

fn stats(reply: &HttpReply, id: &str) -> Result<PostStats, Failure> {
    let envelope: Envelope = reply.json()?;
    let Some(video) = envelope.data.filter(|_| envelope.code == Some(0)) else {
        return Err(without_video(envelope.code, &envelope.msg));
    };
    // Old answers have no id.
    if !video.id.0.is_empty() && video.id.0 != id {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    trustworthy(PostStats {
        url: tiktok::post_url(&video.author.unique_id.0, !video.images.is_empty(), id),
        views: video.play_count.0,
        likes: video.digg_count.0,
        comments: video.comment_count.0,
        shares: video.share_count.0,
    })
}

fn without_video(code: Option<i64>, message: &str) -> Failure {
    let message = message.to_lowercase();
    if message.contains("limit") {
        Failure::RateLimited { retry_after: Some(BLOCKED_FOR) }
    } else if message.contains("url parsing is failed") {
        Failure::PerhapsNotFound("url parsing failed")
    } else {
        Failure::unavailable(code.map_or_else(|| "no code".to_owned(), |code| format!("code {code}")))
    }
}
