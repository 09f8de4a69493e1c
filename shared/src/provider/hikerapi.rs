//! HikerAPI: Instagram's app shape; the one source of shares and of creators' e-mail addresses.
//!
//! Rests on its documentation and recorded answers. 404 `MediaNotFound` is a deleted or a private post (15 of 15 calls), `UserNotFound` an
//! unknown creator, "Entries not found" an empty list; any other 404 says nothing. 403 is about the target, not the key; an empty
//! balance is `InsufficientFunds`, whatever the status. Lists want the creator's `pk`; only the one of reels has plays.

use async_trait::async_trait;
use serde_json::Value;

use super::http::{Api, HttpReply};
use super::json::Json;
use super::shape::{instagram_app, instagram_profile};
use super::{Failure, Page, Paged, Provider, UserIds};
use crate::creator::{PostStats, Profile, VideoList};
use crate::platform::{Creator, Post};

pub const NAME: &str = "hikerapi";

const PK: &str = "pk";

pub struct HikerApi(pub Api);

#[async_trait]
impl Provider for HikerApi {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.get("/v2/media/info/by/code", &[("code", &post.id)]).await?;
        instagram_app::post_stats(Json::from(&reply).at("media_or_ad"), &post.id)
    }

    async fn profile(&self, creator: &Creator, ids: &dyn UserIds) -> Result<Profile, Failure> {
        let reply = self.user(creator, ids).await?;
        instagram_profile::profile(Json::from(&reply).at("user"), &creator.id)
    }

    async fn channel_videos(&self, creator: &Creator, ids: &dyn UserIds) -> Result<VideoList, Failure> {
        let pk = self.pk(creator, ids).await?;
        self.recent(creator, &pk, ids).await
    }
}

#[async_trait]
impl Paged for HikerApi {
    async fn page(&self, _creator: &Creator, pk: &str, next: Option<&str>) -> Result<Page, Failure> {
        let mut query = vec![("user_id", pk)];
        query.extend(next.map(|next| ("page_id", next)));
        let reply = self.0.get("/v2/user/clips", &query).await?;
        if is_empty_list(&reply) {
            return Ok(Page { is_empty: true, ..Page::default() });
        }
        let body = read(&reply)?;
        let body = Json::from(&body);
        if !body.is_list("response/items") {
            return Err(Failure::unavailable("no list"));
        }
        let media = body.items("response/items").map(|item| item.at("media"));
        Ok(Page {
            videos: media.filter_map(instagram_app::video).collect(),
            next: body.said("next_page_id"),
            ..Page::default()
        })
    }
}

impl HikerApi {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let reply = self.0.get(path, query).await?;
        read(&reply)
    }

    async fn user(&self, creator: &Creator, ids: &dyn UserIds) -> Result<Value, Failure> {
        let reply = self.get("/v2/user/by/username", &[("username", &creator.id)]).await?;
        if let Some(pk) = Json::from(&reply).said("user/pk") {
            ids.remember(creator, PK, &pk).await;
        }
        Ok(reply)
    }

    async fn pk(&self, creator: &Creator, ids: &dyn UserIds) -> Result<String, Failure> {
        if let Some(pk) = ids.recall(creator, PK).await {
            return Ok(pk);
        }
        let reply = self.user(creator, ids).await?;
        Json::from(&reply).said("user/pk").ok_or_else(|| Failure::unavailable("no pk"))
    }
}

fn read(reply: &HttpReply) -> Result<Value, Failure> {
    let body = reply.json();
    let is_refusal = body.as_ref().is_ok_and(|body| !Json::from(body).lacks("exc_type"));
    if reply.status == 200 && !is_refusal { body } else { Err(refusal(reply)) }
}

fn is_empty_list(reply: &HttpReply) -> bool {
    reply.status == 404 && reply.json().is_ok_and(|body| Json::from(&body).text("detail") == "Entries not found")
}

fn refusal(reply: &HttpReply) -> Failure {
    let body = reply.json().unwrap_or_default();
    match (&*Json::from(&body).text("exc_type"), reply.status) {
        ("InsufficientFunds", _) | (_, 402) => Failure::OutOfQuota,
        ("MediaNotFound" | "UserNotFound", 404) => Failure::NotFound,
        (_, 401) => Failure::KeyRefused,
        _ => reply.failure(),
    }
}
