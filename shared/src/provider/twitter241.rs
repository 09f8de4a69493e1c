//! twitter241 on RapidAPI: X's GraphQL shape.
//!
//! Rests on recorded GraphQL answers in the wrapper that callers read, `result.tweetResult.result`. A post that is gone or never
//! was is an empty `tweetResult`.

use async_trait::async_trait;

use super::json::Json;
use super::rapidapi::Product;
use super::shape::tweet;
use super::{Failure, Provider};
use crate::creator::PostStats;
use crate::platform::Post;

pub const NAME: &str = "twitter241";

pub struct Twitter241(pub Product);

#[async_trait]
impl Provider for Twitter241 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/tweet-v2", &[("pid", &post.id)]).await?;
        let wrapper = Json::from(&reply).at("result/tweetResult");
        if !wrapper.is_object() {
            return Err(Failure::unavailable("no tweetResult"));
        }
        tweet::post_stats(wrapper.at("result"), &post.id)
    }
}
