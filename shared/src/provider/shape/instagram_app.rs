//! Instagram as its app sees it: `pk`, `code`, `play_count`.
//!
//! `play_count` may hold Facebook's plays too, depending on the provider's session (recorded: 221, then 305, then 222 for one reel);
//! `ig_play_count` never does. Photos and albums have neither. Where likes are hidden, `like_count` is a residue of 3 and a flag says
//! so; comments and plays stay real. `reshare_count` comes with some calls and not with others.

use crate::creator::PostStats;
use crate::provider::json::Json;
use crate::provider::{Failure, trustworthy};

/// `media_type` of photos and albums.
const WITHOUT_PLAYS: [i64; 2] = [1, 8];

/// The post's counts, if `media` is the post of this shortcode.
pub fn post_stats(media: Json<'_>, code: &str) -> Result<PostStats, Failure> {
    if media.text("code") != code {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    let viewless = media.code("media_type").is_some_and(|kind| WITHOUT_PLAYS.contains(&kind));
    let plays = || media.count("ig_play_count").or_else(|| media.count("play_count"));
    let hides_likes = media.flag("like_and_view_counts_disabled") == Some(true);
    trustworthy(PostStats {
        views: if viewless { None } else { plays() },
        likes: media.count("like_count").filter(|_| !hides_likes),
        comments: media.count("comment_count"),
        shares: media.count("reshare_count"),
        viewless,
        ..PostStats::default()
    })
}
