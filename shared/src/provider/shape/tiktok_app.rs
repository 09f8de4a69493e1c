//! TikTok as its app sees it: `aweme_id`, `statistics`. Counts are exact, and exceed 32 bits (recorded: 2363296787).

use crate::creator::PostStats;
use crate::platform::tiktok;
use crate::provider::json::Json;
use crate::provider::{Failure, trustworthy};

/// The post's counts, if `aweme` is the post of this id.
pub fn post_stats(aweme: Json<'_>, id: &str) -> Result<PostStats, Failure> {
    if aweme.text("aweme_id") != id {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    trustworthy(PostStats {
        url: tiktok::post_url(&aweme.text("author/unique_id"), !aweme.at("image_post_info").is_empty(), id),
        views: aweme.count("statistics/play_count"),
        likes: aweme.count("statistics/digg_count"),
        comments: aweme.count("statistics/comment_count"),
        shares: aweme.count("statistics/share_count"),
        ..PostStats::default()
    })
}
