//! HikerAPI: Instagram's app shape; the one source of shares.
//!
//! Rests on its documentation and recorded answers of `/v2/media/info/by/code`. 404 `MediaNotFound` is a deleted or a private post
//! (15 of 15 calls); a 404 without it says nothing. 403 is about the target, not the key; an empty balance is
//! `InsufficientFunds`, whatever the status.

use async_trait::async_trait;

use super::http::{Api, HttpReply};
use super::json::Json;
use super::shape::instagram_app;
use super::{Failure, Provider};
use crate::creator::PostStats;
use crate::platform::Post;

pub const NAME: &str = "hikerapi";

pub struct HikerApi(pub Api);

impl HikerApi {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<HttpReply, Failure> {
        let reply = self.0.get(path, query).await?;
        if reply.status == 200 { Ok(reply) } else { Err(refusal(&reply)) }
    }
}

#[async_trait]
impl Provider for HikerApi {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.get("/v2/media/info/by/code", &[("code", &post.id)]).await?.json()?;
        instagram_app::post_stats(Json::from(&reply).at("media_or_ad"), &post.id)
    }
}

fn refusal(reply: &HttpReply) -> Failure {
    let body = reply.json().unwrap_or_default();
    match (&*Json::from(&body).text("exc_type"), reply.status) {
        ("InsufficientFunds", _) | (_, 402) => Failure::OutOfQuota,
        ("MediaNotFound", 404) => Failure::NotFound,
        (_, 401) => Failure::KeyRefused,
        _ => reply.failure(),
    }
}
