//! facebook-scraper3 on RapidAPI (by krasnoludkolo).
//!
//! Rests on recorded lists and on what callers read of `/post`: `results` is an object there, `play_count` is present for videos and
//! reels alone, `reactions_count` is the sum of all reactions. HTTP 200 without `results` is a post that it can't find. One reel has
//! three different ids, so the one in the answer proves nothing.

use async_trait::async_trait;

use super::json::Json;
use super::rapidapi::Product;
use super::{Failure, Provider, told};
use crate::creator::PostStats;
use crate::platform::{Post, facebook};

pub const NAME: &str = "facebook-scraper3";

pub struct FacebookScraper3(pub Product);

#[async_trait]
impl Provider for FacebookScraper3 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/post", &[("post_url", &post.url)]).await?;
        let body = Json::from(&reply);
        let results = body.at("results");
        if body.is_object() && results.is_empty() {
            return Err(without_results(&body.text("message").to_lowercase()));
        }
        let is_video = || [&*results.text("url"), &post.url].into_iter().any(facebook::is_video);
        told(PostStats {
            views: results.count("play_count"),
            likes: results.count("reactions_count"),
            comments: results.count("comments_count"),
            shares: results.count("reshare_count"),
            viewless: results.at("play_count").is_empty() && results.at("video").is_empty() && !is_video(),
            ..PostStats::default()
        })
    }
}

/// Its messages aren't documented: only what sounds like "not found", or nothing at all, may be that, and wants confirming.
fn without_results(message: &str) -> Failure {
    if message.is_empty() || message.contains("not found") {
        Failure::PerhapsNotFound("no results")
    } else {
        Failure::unavailable("no results")
    }
}
