//! twitter241 on RapidAPI: X's GraphQL shape.
//!
//! Source: recorded GraphQL answers in the wrapper that callers read, `result.tweetResult.result`.
//! An empty `tweetResult` is a post that was deleted or never existed.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::Json;
use super::rapidapi::Product;
use super::shape::tweet;
use super::{Failure, Provider};
use crate::creator::{PostStats, Unchecked};
use crate::platform::Post;

pub(super) const ENTRY: Entry = Entry::on_rapidapi("twitter241", "https://twitter241.p.rapidapi.com", |api| {
    Box::new(Twitter241 { api: Product::new(api) })
});

struct Twitter241 {
    api: Product,
}

#[async_trait]
impl Provider for Twitter241 {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.api.get("/tweet-v2", &[("pid", &post.id)]).await?;
        let wrapper = Json::from(&reply).at("result/tweetResult");
        if !wrapper.is_object() {
            return Err(Failure::unavailable("no tweetResult"));
        }
        tweet::post_stats(wrapper.at("result"))
    }
}
