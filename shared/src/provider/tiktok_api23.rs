//! tiktok-api23 on RapidAPI (by Tikfly): TikTok's web shape.
//!
//! Rests on its published client and recorded answers (tikfly/tikfly-api-py, `examples/post-detail.json`): HTTP 200 is no
//! success, `statusCode` 0 with an `itemStruct` is. The error codes are TikTok's web shape as recorded from its pages.

use async_trait::async_trait;

use super::json::Json;
use super::rapidapi::Product;
use super::shape::tiktok_web;
use super::{Failure, Provider};
use crate::creator::PostStats;
use crate::platform::Post;

pub const NAME: &str = "tiktok-api23";

pub struct TikTokApi23(pub Product);

#[async_trait]
impl Provider for TikTokApi23 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/api/post/detail", &[("videoId", &post.id)]).await?.json()?;
        let body = Json::from(&reply);
        let item = body.at("itemInfo/itemStruct");
        let is_success = matches!(body.code("statusCode"), None | Some(0));
        if is_success && item.is_object() { tiktok_web::post_stats(item, &post.id) } else { Err(without_item(body)) }
    }
}

/// 10204 is also what TikTok answers to addresses that it blocks: only its "deleted" says something about the post, and that wants
/// confirming, as does 10217.
fn without_item(body: Json<'_>) -> Failure {
    match body.code("statusCode") {
        Some(10204) if body.text("statusMsg").contains("status_deleted") => Failure::PerhapsNotFound("10204 deleted"),
        Some(10217) => Failure::PerhapsNotFound("10217"),
        Some(10216 | 10222) => Failure::Private,
        Some(code) => Failure::unavailable(format!("statusCode {code}")),
        None => Failure::unavailable("no item"),
    }
}
