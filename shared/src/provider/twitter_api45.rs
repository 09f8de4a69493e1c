//! twitter-api45 on RapidAPI (by alexanderxbx): one flat object per post.
//!
//! Rests on a recorded answer (views as a text) and the listing's example, which has no views at all. A post that can't be seen is
//! HTTP 200 without `id`; `error` and `status: "error"` may be anything (from the code of others).

use async_trait::async_trait;

use super::json::Json;
use super::rapidapi::Product;
use super::{Failure, Provider, told};
use crate::creator::PostStats;
use crate::platform::Post;

pub const NAME: &str = "twitter-api45";

pub struct TwitterApi45(pub Product);

#[async_trait]
impl Provider for TwitterApi45 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/tweet.php", &[("id", &post.id)]).await?;
        let tweet = Json::from(&reply);
        if !tweet.lacks("error") || tweet.text("status") == "error" {
            return Err(Failure::unavailable("an error inside"));
        }
        if tweet.is_object() && tweet.lacks("id") && tweet.lacks("likes") {
            return Err(Failure::NotSeen("no post in the answer"));
        }
        if tweet.text("id") != post.id {
            return Err(Failure::unavailable("the answer is about another post"));
        }
        told(PostStats {
            views: tweet.count("views"),
            likes: tweet.count("likes"),
            comments: tweet.count("replies"),
            shares: tweet.sum(["retweets", "quotes"]),
            ..PostStats::default()
        })
    }
}
