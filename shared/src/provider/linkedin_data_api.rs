//! linkedin-data-api on RapidAPI (by RockAPIs).
//!
//! Rests on recorded posts in the envelope that callers read: failures are HTTP 200 with `success: false` and a message.
//! `urn` is a bare activity id, and `postUrl` holds one of the three ids. `totalReactionCount` counts all reactions by itself; the counts per kind add up to more.

use async_trait::async_trait;

use super::entry::Entry;
use super::identity::not_another;
use super::json::Json;
use super::rapidapi::{Product, without_the_thing};
use super::{Failure, Provider};
use crate::creator::PostStats;
use crate::platform::Post;

pub(super) const ENTRY: Entry =
    Entry::on_rapidapi("linkedin-data-api", "https://linkedin-data-api.p.rapidapi.com", |api| {
        Box::new(LinkedInDataApi { api: Product::new(api) })
    });

struct LinkedInDataApi {
    api: Product,
}

#[async_trait]
impl Provider for LinkedInDataApi {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.api.get("/get-post", &[("url", &post.url)]).await?;
        let body = Json::from(&reply);
        if body.flag("success") == Some(false) {
            return Err(without_the_thing(body, Failure::unavailable("success false")));
        }
        let data = body.at("data");
        not_another(post, data, &["urn", "postUrl"])?;
        Ok(PostStats {
            likes: data.count("totalReactionCount"),
            comments: data.count("commentsCount"),
            shares: data.count("repostsCount"),
            ..PostStats::default()
        })
    }
}
