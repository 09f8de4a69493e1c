//! TikTok as its app sees it: `aweme_id`, `statistics`. Counts are exact, and exceed 32 bits (recorded: 2363296787).

use crate::creator::{PostStats, Video};
use crate::platform::tiktok;
use crate::provider::Failure;
use crate::provider::json::Json;

/// The post's counts, if `aweme` is the post of this id.
pub fn post_stats(aweme: Json<'_>, id: &str) -> Result<PostStats, Failure> {
    if aweme.text("aweme_id") != id {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    Ok(stats(aweme))
}

/// An item of a list.
pub fn video(aweme: Json<'_>) -> Option<Video> {
    let id = aweme.said("aweme_id")?;
    let published = aweme.seconds("create_time");
    let stats = stats(aweme);
    Some(Video {
        url: stats.url.clone().or_else(|| tiktok::bare_url(&id))?,
        description: aweme.said("desc"),
        stats,
        created_at: published.or_else(|| tiktok::created_at(&id)),
        is_dated_roughly: published.is_none(),
        is_pinned: aweme.says_yes("is_top"),
        id,
        ..Video::default()
    })
}

fn stats(aweme: Json<'_>) -> PostStats {
    let is_photo = !aweme.at("image_post_info").is_empty();
    PostStats {
        url: tiktok::post_url(&aweme.text("author/unique_id"), is_photo, &aweme.text("aweme_id")),
        views: aweme.count("statistics/play_count"),
        likes: aweme.count("statistics/digg_count"),
        comments: aweme.count("statistics/comment_count"),
        shares: aweme.count("statistics/share_count"),
        ..PostStats::default()
    }
}
