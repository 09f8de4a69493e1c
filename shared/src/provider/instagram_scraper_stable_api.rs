//! instagram-scraper-stable-api on RapidAPI (by RockSolid): Instagram's web shape.
//!
//! Rests on typed clients of others; no whole answer was recorded, so the mapping tolerates a wrapper. Failures come with HTTP 200:
//! `error` "post/reel data not found…" (recorded), or `message` about rates ("Please try again later", "Received 429").

use async_trait::async_trait;

use super::json::Json;
use super::rapidapi::Product;
use super::shape::instagram_web;
use super::{Failure, Provider};
use crate::creator::PostStats;
use crate::platform::Post;

pub const NAME: &str = "instagram-scraper-stable-api";

pub struct InstagramScraperStableApi(pub Product);

#[async_trait]
impl Provider for InstagramScraperStableApi {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/get_media_data_v2.php", &[("media_code", &post.id)]).await?.json()?;
        let body = Json::from(&reply);
        match refusal(body) {
            Some(failure) => Err(failure),
            None => instagram_web::post_stats(body, &post.id),
        }
    }
}

fn refusal(body: Json<'_>) -> Option<Failure> {
    let text = [body.text("error"), body.text("message")].join(" ").to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    if says(&["data not found"]) {
        Some(Failure::NotFound)
    } else if says(&["rate limit", "try again later", "received 429"]) {
        Some(Failure::RateLimited { retry_after: None })
    } else if !text.trim().is_empty() {
        Some(Failure::unavailable("an error inside"))
    } else {
        None
    }
}
