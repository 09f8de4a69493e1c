//! ScrapeCreators: all six platforms with one key.
//!
//! Rests on its published samples and recorded errors. Not found is 404 with `success: false`, for some endpoints 400 with the same
//! text; 402 is out of credits. 403 with a message about the content ("This video is age restricted") says nothing about the key.

use async_trait::async_trait;

use super::http::{Api, HttpReply};
use super::json::Json;
use super::shape::{instagram_web, tiktok_app, tweet};
use super::{Failure, Provider, trustworthy};
use crate::creator::PostStats;
use crate::platform::{Platform, Post, facebook};

pub const NAME: &str = "scrapecreators";

/// What a 403 names when it is about what was asked for.
const CONTENT: [&str; 8] = ["restricted", "private", "video", "post", "tweet", "reel", "profile", "account"];

pub struct ScrapeCreators(pub Api);

impl ScrapeCreators {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<HttpReply, Failure> {
        let reply = self.0.get(path, query).await?;
        if reply.status == 200 { Ok(reply) } else { Err(refusal(&reply)) }
    }
}

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
        let reply = self.get(path, &[("url", &post.url)]).await?.json()?;
        let body = Json::from(&reply);
        if body.is_empty() || body.flag("success") == Some(false) {
            return Err(Failure::unavailable("no success"));
        }
        match post.platform {
            Platform::TikTok => tiktok_app::post_stats(body.at("aweme_detail"), &post.id),
            Platform::Instagram => instagram_web::post_stats(body.at("data/xdt_shortcode_media"), &post.id),
            Platform::YouTube => youtube(body, &post.id),
            Platform::Twitter => tweet::post_stats(body, &post.id),
            Platform::Facebook => facebook(body, &post.url),
            Platform::LinkedIn => linkedin(body),
        }
    }
}

/// The videos that come with it, in `watchNextVideos`, have rounded counts; its own are exact.
fn youtube(video: Json<'_>, id: &str) -> Result<PostStats, Failure> {
    if video.text("id") != id {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    trustworthy(PostStats {
        views: video.count("viewCountInt"),
        likes: video.count("likeCountInt"),
        comments: video.count("commentCountInt"),
        ..PostStats::default()
    })
}

/// One reel has three different ids, so the one in the answer proves nothing.
fn facebook(post: Json<'_>, url: &str) -> Result<PostStats, Failure> {
    trustworthy(PostStats {
        views: post.count("view_count"),
        likes: post.count("like_count"),
        comments: post.count("comment_count"),
        shares: post.count("share_count"),
        viewless: post.at("view_count").is_empty() && post.at("video").is_empty() && !facebook::is_video(url),
        ..PostStats::default()
    })
}

fn linkedin(post: Json<'_>) -> Result<PostStats, Failure> {
    trustworthy(PostStats {
        likes: post.count("likeCount"),
        comments: post.count("commentCount"),
        ..PostStats::default()
    })
}

fn refusal(reply: &HttpReply) -> Failure {
    let body = reply.json().unwrap_or_default();
    let body = Json::from(&body);
    let text = [body.text("error"), body.text("message")].join(" ").to_lowercase().replace('_', " ");
    match reply.status {
        401 => Failure::KeyRefused,
        402 => Failure::OutOfQuota,
        403 if CONTENT.iter().any(|word| text.contains(word)) => Failure::unavailable("status 403 about the content"),
        403 => Failure::KeyRefused,
        400 | 404 if text.contains("not found") => Failure::NotFound,
        _ => reply.failure(),
    }
}
