//! instagram-looter2 on RapidAPI (by irrors): Instagram's web shape.
//!
//! Rests on its own document and the code of others. The document wraps answers in `{"status": 200, "body": …}`, callers read them
//! at the root: both are read. `status: false` and 404 are failures that don't say of what kind. Plays of reels are often missing.

use async_trait::async_trait;

use super::json::Json;
use super::rapidapi::Product;
use super::shape::instagram_web;
use super::{Failure, Provider};
use crate::creator::PostStats;
use crate::platform::Post;

pub const NAME: &str = "instagram-looter2";

pub struct InstagramLooter2(pub Product);

#[async_trait]
impl Provider for InstagramLooter2 {
    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/post", &[("url", &post.url)]).await?;
        if reply.status == 404 {
            return Err(Failure::PerhapsNotFound("status 404"));
        }
        let body = reply.json()?;
        instagram_web::post_stats(unwrapped(Json::from(&body))?, &post.id)
    }
}

fn unwrapped(body: Json<'_>) -> Result<Json<'_>, Failure> {
    let inner = if body.at("body").is_object() { body.at("body") } else { body };
    if inner.flag("status") == Some(false) { Err(Failure::PerhapsNotFound("status false")) } else { Ok(inner) }
}
