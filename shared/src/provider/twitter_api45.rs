//! twitter-api45 on RapidAPI (by alexanderxbx): one flat object per post.
//!
//! Rests on a recorded answer (views as a text) and the listing's example, which has no views at all. A post that can't be seen is
//! HTTP 200 without `id`; `error` and `status: "error"` may be anything (from the code of others). An edited post lists its earlier ids in
//! `initial_tweets`.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::Json;
use super::rapidapi::{Product, without_the_thing};
use super::{Failure, Provider};
use crate::creator::PostStats;
use crate::platform::Post;

pub(super) const ENTRY: Entry = Entry::on_rapidapi("twitter-api45", "https://twitter-api45.p.rapidapi.com", |api| {
    Box::new(TwitterApi45 { api: Product::new(api) })
});

struct TwitterApi45 {
    api: Product,
}

#[async_trait]
impl Provider for TwitterApi45 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.api.get("/tweet.php", &[("id", &post.id)]).await?;
        let tweet = Json::from(&reply);
        if tweet.is_object() && tweet.lacks("id") && tweet.lacks("likes") {
            let is_error = tweet.text("status") == "error" || tweet.flag("error") == Some(true);
            let silent = if is_error { Failure::unavailable("an error inside") } else { Failure::NotSeen("no post") };
            return Err(without_the_thing(tweet, silent));
        }
        // An edited post has a new id and keeps the old ones.
        if tweet.text("id") != post.id && !tweet.items("initial_tweets").any(|old| old.text("") == post.id) {
            return Err(Failure::unavailable("the answer is about another post"));
        }
        if tweet.text("status") == "error" || tweet.said("error").is_some() || tweet.at("error").is_object() {
            return Err(Failure::unavailable("an error inside"));
        }
        if tweet.text("text").starts_with("RT @") && tweet.lacks("views") && tweet.count("likes") == Some(0) {
            return Err(Failure::unavailable("a repost without its original"));
        }
        Ok(PostStats {
            views: tweet.count("views"),
            likes: tweet.count("likes"),
            comments: tweet.count("replies"),
            shares: tweet.sum(["retweets", "quotes"]),
            ..PostStats::default()
        })
    }
}
