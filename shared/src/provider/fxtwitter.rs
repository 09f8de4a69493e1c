//! fxtwitter's API v2: X without a key; open source, so operators can run their own.
//!
//! Rests on its OpenAPI document and the code of others. A post that can't be seen is 404 with a tombstone and its reason; as v1
//! said it, 404 `NOT_FOUND` or 401 `PRIVATE_TWEET`. It wants a user agent, allows 1,000 requests a minute per address, and older
//! deployments answer errors with HTML.

use async_trait::async_trait;

use super::entry::Entry;
use super::http::Api;
use super::json::Json;
use super::{Failure, Provider};
use crate::creator::PostStats;
use crate::platform::Post;

pub(super) const ENTRY: Entry =
    Entry::new("fxtwitter", None, "https://api.fxtwitter.com", |api| Box::new(FxTwitter { api }));

struct FxTwitter {
    api: Api,
}

#[async_trait]
impl Provider for FxTwitter {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.api.get(&format!("/2/status/{}", post.id), &[]).await?;
        if !matches!(reply.status, 200 | 401 | 404) {
            return Err(reply.failure());
        }
        let body = reply.json()?;
        let status = Json::from(&body).at("status");
        match (reply.status, &*Json::from(&body).text("message")) {
            (404, "NOT_FOUND") => return Err(Failure::NotFound),
            (401, "PRIVATE_TWEET") => return Err(Failure::Private),
            (401, _) => return Err(reply.failure()),
            _ => {}
        }
        if status.text("type") == "tombstone" {
            return Err(tombstone(&status.text("reason")));
        }
        if status.text("id") != post.id {
            return Err(Failure::unavailable("the answer is about another post"));
        }
        Ok(PostStats {
            views: status.count("views"),
            likes: status.count("likes"),
            // Guests, as whom it reads, are told of no replies at times.
            comments: status.count("replies").filter(|replies| *replies > 0),
            shares: status.sum(["reposts", "quotes"]),
            ..PostStats::default()
        })
    }
}

fn tombstone(reason: &str) -> Failure {
    match reason {
        "deleted" => Failure::NotFound,
        "private" => Failure::Private,
        "suspended" => Failure::NotSeen("the account is suspended"),
        _ => Failure::NotSeen("a tombstone"),
    }
}
