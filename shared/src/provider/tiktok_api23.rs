//! tiktok-api23 on RapidAPI (by Tikfly): TikTok's web shape.
//!
//! Rests on its published client and recorded answers (tikfly/tikfly-api-py, `examples/`): HTTP 200 is no success, `statusCode` 0
//! with the thing itself is. The error codes are TikTok's web shape as recorded from its pages. Lists want the creator's `secUid`
//! and are at `data/itemList`, or at the root.

use async_trait::async_trait;
use serde_json::Value;

use super::json::Json;
use super::rapidapi::Product;
use super::shape::tiktok_web;
use super::{Failure, Page, Paged, Provider, UserIds};
use crate::creator::{PostStats, Profile, VideoList};
use crate::platform::{Creator, CreatorKind, Post};

pub const NAME: &str = "tiktok-api23";

const SEC_UID: &str = "sec_uid";
/// The most that a page has.
const PAGE: &str = "35";

pub struct TikTokApi23(pub Product);

#[async_trait]
impl Provider for TikTokApi23 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/api/post/detail", &[("videoId", &post.id)]).await?;
        let body = Json::from(&reply);
        let item = body.at("itemInfo/itemStruct");
        if is_success(body) && item.is_object() { tiktok_web::post_stats(item, &post.id) } else { Err(refusal(body)) }
    }

    async fn profile(&self, creator: &Creator, ids: &dyn UserIds) -> Result<Profile, Failure> {
        let reply = self.user(creator, ids).await?;
        tiktok_web::profile(Json::from(&reply).at("userInfo"))
    }

    async fn channel_videos(&self, creator: &Creator, ids: &dyn UserIds) -> Result<VideoList, Failure> {
        let sec_uid = self.sec_uid(creator, ids).await?;
        self.recent(creator, &sec_uid, ids).await
    }
}

#[async_trait]
impl Paged for TikTokApi23 {
    async fn page(&self, _creator: &Creator, sec_uid: &str, next: Option<&str>) -> Result<Page, Failure> {
        let query = [("secUid", sec_uid), ("count", PAGE), ("cursor", next.unwrap_or("0"))];
        let reply = self.0.get("/api/user/posts", &query).await?;
        let body = Json::from(&reply);
        let data = if body.at("data").is_object() { body.at("data") } else { body };
        if !is_success(body) || !data.is_list("itemList") {
            return Err(refusal(body));
        }
        Ok(Page {
            username: data.said("itemList/0/author/uniqueId"),
            videos: data.items("itemList").filter_map(tiktok_web::video).collect(),
            next: (data.flag("hasMore") == Some(true)).then(|| data.text("cursor").into_owned()),
            is_empty: false,
        })
    }
}

impl TikTokApi23 {
    /// The answer that holds the creator; a private one's has a code that says so beside it.
    async fn user(&self, creator: &Creator, ids: &dyn UserIds) -> Result<Value, Failure> {
        if creator.kind != CreatorKind::Handle {
            return Err(Failure::NotAsked("it takes handles alone"));
        }
        let reply = self.0.get("/api/user/info", &[("uniqueId", &creator.id)]).await?;
        let body = Json::from(&reply);
        if body.at("userInfo/user").is_empty() {
            return Err(refusal(body));
        }
        if let Some(id) = body.said("userInfo/user/secUid") {
            ids.remember(creator, SEC_UID, &id).await;
        }
        Ok(reply)
    }

    async fn sec_uid(&self, creator: &Creator, ids: &dyn UserIds) -> Result<String, Failure> {
        if let Some(id) = ids.recall(creator, SEC_UID).await {
            return Ok(id);
        }
        let reply = self.user(creator, ids).await?;
        Json::from(&reply).said("userInfo/user/secUid").ok_or_else(|| Failure::unavailable("no secUid"))
    }
}

fn is_success(body: Json<'_>) -> bool {
    matches!(body.code("statusCode"), None | Some(0))
}

/// 10204 is also what TikTok answers to addresses that it blocks: only its "deleted" says something about the post, and that wants
/// confirming, as do 10217 (a post) and 10221 (a creator).
fn refusal(body: Json<'_>) -> Failure {
    match body.code("statusCode") {
        Some(10204) if body.text("statusMsg").contains("status_deleted") => Failure::PerhapsNotFound("10204 deleted"),
        Some(10217) => Failure::PerhapsNotFound("10217"),
        Some(10221) => Failure::PerhapsNotFound("10221"),
        Some(10216 | 10222) => Failure::Private,
        Some(code) => Failure::unavailable(format!("statusCode {code}")),
        None => Failure::unavailable("another form than expected"),
    }
}
