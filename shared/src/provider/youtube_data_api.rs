//! YouTube's own Data API v3: exact, free, 10,000 units a day; one unit a call.
//!
//! Rests on its documentation and recorded answers. A video that is deleted, private or never was is simply not in `items`, with HTTP
//! 200. A missing key of `statistics` is a count that is hidden or off. The reason of a refusal is in `errors`, in newer answers in
//! `details`.

use async_trait::async_trait;

use super::http::{Api, HttpReply};
use super::json::Json;
use super::{Failure, Provider, trustworthy};
use crate::creator::PostStats;
use crate::platform::Post;

pub const NAME: &str = "youtube-data-api";

pub struct YouTubeDataApi(pub Api);

impl YouTubeDataApi {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<HttpReply, Failure> {
        let reply = self.0.get(path, query).await?;
        if reply.status == 200 { Ok(reply) } else { Err(refusal(&reply)) }
    }
}

#[async_trait]
impl Provider for YouTubeDataApi {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.get("/videos", &[("part", "statistics"), ("id", &post.id)]).await?.json()?;
        let body = Json::from(&reply);
        if body.at("items").is_empty() && body.count("pageInfo/totalResults") == Some(0) {
            return Err(Failure::NotFound);
        }
        let video = body.items("items").find(|video| video.text("id") == post.id);
        let statistics =
            video.ok_or_else(|| Failure::unavailable("the answer is about another post"))?.at("statistics");
        trustworthy(PostStats {
            views: statistics.count("viewCount"),
            likes: statistics.count("likeCount"),
            comments: statistics.count("commentCount"),
            ..PostStats::default()
        })
    }
}

fn refusal(reply: &HttpReply) -> Failure {
    let body = reply.json().unwrap_or_default();
    let error = Json::from(&body).at("error");
    let reasons = || error.items("errors").chain(error.items("details")).map(|item| item.text("reason"));
    let is = |known: &[&str]| reasons().any(|reason| known.contains(&&*reason));
    if is(&["quotaExceeded", "dailyLimitExceeded"]) {
        Failure::OutOfQuota
    } else if is(&["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"]) {
        Failure::RateLimited { retry_after: reply.retry_after() }
    } else if is(&[
        "keyInvalid",
        "API_KEY_INVALID",
        "accessNotConfigured",
        "SERVICE_DISABLED",
        "API_KEY_SERVICE_BLOCKED",
    ]) || error.text("message").contains("API key not valid")
    {
        Failure::KeyRefused
    } else {
        reply.failure()
    }
}
