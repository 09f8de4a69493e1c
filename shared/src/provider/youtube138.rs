//! youtube138 on RapidAPI.
//!
//! Rests on recorded answers: counts are numbers, comments were null in all of them; failures come as `error` with HTTP 200.

use async_trait::async_trait;

use super::json::Json;
use super::rapidapi::Product;
use super::{Failure, Provider, trustworthy};
use crate::creator::PostStats;
use crate::platform::Post;

pub const NAME: &str = "youtube138";

pub struct YouTube138(pub Product);

#[async_trait]
impl Provider for YouTube138 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        // In other languages counts come as texts of that language.
        let query = [("id", post.id.as_str()), ("hl", "en"), ("gl", "US")];
        let reply = self.0.get("/video/details/", &query).await?.json()?;
        let body = Json::from(&reply);
        if !body.at("error").is_empty() {
            return Err(Failure::unavailable("an error inside"));
        }
        if body.text("videoId") != post.id {
            return Err(Failure::unavailable("the answer is about another post"));
        }
        trustworthy(PostStats {
            views: body.count("stats/views"),
            likes: body.count("stats/likes"),
            comments: body.count("stats/comments"),
            ..PostStats::default()
        })
    }
}
