//! tiktok-api23 on RapidAPI (by Tikfly): TikTok's web shape.
//!
//! Rests on its published client and recorded answers (tikfly/tikfly-api-py, `examples/post-detail.json`): HTTP 200 is no
//! success, `statusCode` 0 with an `itemStruct` is. Counts of posts are rounded as on screen from 10,000 up, in
//! `statsV2` too, where they are texts and never overflow. The error codes are TikTok's web shape as recorded from its pages.

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::http::HttpClient;
use super::json::{Count, Text, lenient};
use super::rapidapi::Product;
use super::{Failure, Provider, trustworthy};
use crate::creator::PostStats;
use crate::platform::{Post, tiktok};

/// The provider's name.
pub const NAME: &str = "tiktok-api23";
const HOST: &str = "tiktok-api23.p.rapidapi.com";

/// The provider.
#[derive(Clone, Debug)]
pub struct TikTokApi23(Product);

impl TikTokApi23 {
    /// The provider at `base`, with the operator's RapidAPI key.
    #[must_use]
    pub fn new(http: HttpClient, base: &Url, key: &SecretString) -> Self {
        Self(Product::new(http, base, HOST, key))
    }
}

#[async_trait]
impl Provider for TikTokApi23 {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn post_stats(&self, post: &Post) -> Result<PostStats, Failure> {
        let reply = self.0.get("/api/post/detail", &[("videoId", &post.id)]).await?;
        stats(reply.json()?, &post.id)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    #[serde(default, deserialize_with = "lenient")]
    status_code: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    status_msg: String,
    #[serde(default, deserialize_with = "lenient")]
    item_info: Option<ItemInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemInfo {
    item_struct: Item,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default)]
    id: Text,
    #[serde(default, deserialize_with = "lenient")]
    author: Author,
    #[serde(default, deserialize_with = "lenient")]
    stats: Stats,
    #[serde(default, rename = "statsV2", deserialize_with = "lenient")]
    stats_v2: Stats,
    image_post: Option<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Author {
    #[serde(default)]
    unique_id: Text,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_field_names, reason = "they are TikTok's")]
struct Stats {
    play_count: Count,
    digg_count: Count,
    comment_count: Count,
    share_count: Count,
}

fn stats(detail: Detail, id: &str) -> Result<PostStats, Failure> {
    let is_success = matches!(detail.status_code, None | Some(0));
    let Some(ItemInfo { item_struct: item }) = detail.item_info.filter(|_| is_success) else {
        return Err(without_item(detail.status_code, &detail.status_msg));
    };
    if item.id.0 != id {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    let count = |read: fn(&Stats) -> Count| read(&item.stats_v2).0.or(read(&item.stats).0);
    trustworthy(PostStats {
        url: tiktok::post_url(&item.author.unique_id.0, item.image_post.is_some(), id),
        views: count(|stats| stats.play_count),
        likes: count(|stats| stats.digg_count),
        comments: count(|stats| stats.comment_count),
        shares: count(|stats| stats.share_count),
    })
}

/// 10204 is also what TikTok answers to addresses that it blocks: only its "deleted" says something about the post, and that wants
/// confirming, as does 10217.
fn without_item(code: Option<i64>, message: &str) -> Failure {
    match code {
        Some(10204) if message.contains("status_deleted") => Failure::PerhapsNotFound("10204 deleted"),
        Some(10217) => Failure::PerhapsNotFound("10217"),
        Some(10216 | 10222) => Failure::Private,
        Some(code) => Failure::unavailable(format!("statusCode {code}")),
        None => Failure::unavailable("no item"),
    }
}
