//! tiktok-api23 on RapidAPI (by Tikfly): TikTok's web shape.
//!
//! Source: its published client and recorded answers (tikfly/tikfly-api-py, `examples/`). HTTP 200
//! isn't a success; `statusCode` 0 with the item in the body is. The error codes are those of
//! TikTok's web shape, recorded from its pages. Lists need the creator's `secUid` and are at
//! `data/itemList`, or at the root.

use async_trait::async_trait;

use super::entry::Entry;
use super::json::{Body, Json};
use super::listing::{Listing, Page};
use super::rapidapi::Product;
use super::shape::tiktok_web;
use super::{Failure, Provider, UserIds};
use crate::creator::{PostStats, Profile, Unchecked, VideoList};
use crate::platform::{Creator, CreatorKind, IdKind, Post};

pub(super) const ENTRY: Entry = Entry::on_rapidapi("tiktok-api23", "https://tiktok-api23.p.rapidapi.com", |api| {
    Box::new(TikTokApi23 { api: Product::new(api) })
});

/// The highest number of items on a page.
const PAGE: &str = "35";

struct TikTokApi23 {
    api: Product,
}

#[async_trait]
impl Provider for TikTokApi23 {
    async fn post_stats(&self, post: &Post) -> Result<Unchecked<PostStats>, Failure> {
        let reply = self.api.get("/api/post/detail", &[("videoId", &post.id)]).await?;
        let body = Json::from(&reply);
        let item = body.at("itemInfo/itemStruct");
        if is_success(body) && item.is_object() { Ok(tiktok_web::post_stats(item)) } else { Err(refusal(body)) }
    }

    async fn profile(&self, creator: &Creator) -> Result<Unchecked<Profile>, Failure> {
        let reply = self.user(creator).await?;
        let info = Json::from(&reply).at("userInfo");
        let told = tiktok_web::profile(info)?;
        if let Some(id) = info.non_blank("user/secUid").filter(|_| told.is_about(creator)) {
            self.api.ids().remember(creator, IdKind::SecUid, &id).await;
        }
        Ok(told)
    }

    async fn channel_videos(&self, creator: &Creator) -> Result<Unchecked<VideoList>, Failure> {
        self.recent(creator).await
    }
}

#[async_trait]
impl Listing for TikTokApi23 {
    fn ids(&self) -> &dyn UserIds {
        self.api.ids()
    }

    fn id_kind(&self, _creator: &Creator) -> Option<IdKind> {
        Some(IdKind::SecUid)
    }

    async fn find_id(&self, creator: &Creator) -> Result<String, Failure> {
        let reply = self.user(creator).await?;
        let info = Json::from(&reply).at("userInfo");
        tiktok_web::profile(info)?.checked(creator)?;
        info.non_blank("user/secUid").ok_or_else(|| Failure::unavailable("no secUid"))
    }

    async fn page(&self, creator: &Creator, sec_uid: &str, next: Option<&str>) -> Result<Page, Failure> {
        let query = [("secUid", sec_uid), ("count", PAGE), ("cursor", next.unwrap_or("0"))];
        let reply = self.api.get("/api/user/posts", &query).await?;
        let body = Json::from(&reply);
        let data = if body.at("data").is_object() { body.at("data") } else { body };
        let has_list = data.is_list("itemList") || (data.lacks("itemList") && !data.lacks("hasMore"));
        if !is_success(body) || !has_list {
            return Err(refusal(body));
        }
        Ok(Page {
            authors: data.items("itemList").map(tiktok_web::author).collect(),
            videos: data.items("itemList").filter_map(|item| tiktok_web::video(item, creator)).collect(),
            next: data.is_true("hasMore").then(|| data.string("cursor").into_owned()),
        })
    }
}

impl TikTokApi23 {
    /// The response that contains the creator. For a private creator, it also has a code.
    async fn user(&self, creator: &Creator) -> Result<Body, Failure> {
        if creator.kind != CreatorKind::Handle {
            return Err(Failure::Unable("it takes handles alone"));
        }
        let reply = self.api.get("/api/user/info", &[("uniqueId", &creator.id)]).await?;
        let body = Json::from(&reply);
        if body.at("userInfo/user").is_empty() { Err(refusal(body)) } else { Ok(reply) }
    }
}

fn is_success(body: Json<'_>) -> bool {
    matches!(status_code(body), None | Some(0))
}

/// The status code: at the root or beside the data, in either spelling.
fn status_code(body: Json<'_>) -> Option<i64> {
    let places = ["statusCode", "status_code", "data/statusCode", "data/status_code"];
    places.iter().find_map(|place| body.code(place))
}

/// 10204 is also TikTok's response to addresses that it blocks: only its "deleted" is about the
/// post. It needs confirmation, like 10217 (a post) and 10221 (a creator).
fn refusal(body: Json<'_>) -> Failure {
    let messages = ["statusMsg", "status_msg", "data/statusMsg", "data/status_msg"];
    let is_deleted = || messages.iter().any(|place| body.string(place).contains("status_deleted"));
    match status_code(body) {
        Some(10204) if is_deleted() => Failure::PerhapsNotFound("10204 deleted"),
        Some(10217) => Failure::PerhapsNotFound("10217"),
        Some(10221) => Failure::PerhapsNotFound("10221"),
        Some(10216 | 10222) => Failure::Private,
        Some(code) => Failure::unavailable(format!("statusCode {code}")),
        None => Failure::unavailable("another form than expected"),
    }
}
