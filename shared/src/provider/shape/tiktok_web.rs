//! TikTok as its website sees it: `itemStruct`, `statsV2`.
//!
//! Counts of posts are rounded as on screen from 10,000 up (recorded on 53 posts), in `statsV2` too, where they are texts; those of
//! `stats` are numbers that overflow 32 bits (recorded: -977433948).

use crate::creator::{PostStats, Precision};
use crate::platform::tiktok;
use crate::provider::json::Json;
use crate::provider::{Failure, trustworthy};

/// The post's counts, if `item` is the post of this id.
pub fn post_stats(item: Json<'_>, id: &str) -> Result<PostStats, Failure> {
    if item.text("id") != id {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    let count = |name| item.at("statsV2").count(name).or_else(|| item.at("stats").count(name));
    trustworthy(PostStats {
        url: tiktok::post_url(&item.text("author/uniqueId"), !item.at("imagePost").is_empty(), id),
        views: count("playCount"),
        likes: count("diggCount"),
        comments: count("commentCount"),
        shares: count("shareCount"),
        precision: Precision::Rounded,
        ..PostStats::default()
    })
}
