//! Instagram's web shape: `shortcode`, `edge_media_preview_like`, `video_play_count`.
//!
//! `video_view_count` is a different count, up to a hundred times smaller and often 0 (recorded:
//! 1,639 for 4,651 plays, 0 for 425,901), so it never replaces the plays. Hidden likes are -1. No
//! provider with this shape has shares.

use crate::creator::{Author, Details, Media, MediaKind, PostStats, Unchecked};
use crate::platform::Claim;
use crate::provider::json::Json;

/// The places of the count of comments, best first.
const COMMENTS: [&str; 4] = [
    "edge_media_to_parent_comment/count",
    "edge_media_to_comment/count",
    "edge_media_preview_comment/count",
    "comment_count",
];

/// The post in `media`.
pub fn post_stats(media: Json<'_>) -> Unchecked<PostStats> {
    let viewless = media.flag("is_video") == Some(false);
    let hides_likes = media.flag("like_and_view_counts_disabled") == Some(true);
    let likes_path = if media.at("edge_media_preview_like").is_empty() {
        "edge_liked_by/count"
    } else {
        "edge_media_preview_like/count"
    };
    let stats = PostStats {
        views: media.count("video_play_count").filter(|plays| *plays > 0 && !viewless),
        likes: media.count(likes_path).filter(|_| !hides_likes),
        comments: COMMENTS.iter().find_map(|path| media.count(path)),
        viewless,
        details: details(media),
        ..PostStats::default()
    };
    Unchecked::new(stats, [Claim::id(media.string("shortcode"))])
}

fn details(media: Json<'_>) -> Details {
    let owner = media.at("owner");
    let sharing = || media.items("coauthor_producers").map(|creator| creator.non_blank("username")).collect();
    Details {
        author: Author {
            username: owner.non_blank("username"),
            name: owner.non_blank("full_name"),
            id: owner.non_blank("id"),
        },
        caption: media.non_blank("edge_media_to_caption/edges/0/node/text"),
        published_at: media.seconds("taken_at_timestamp"),
        media: Media {
            kind: kind(&media.string("__typename")),
            duration_seconds: media.duration("video_duration"),
            thumbnail_url: media.address("display_url"),
        },
        is_paid_partnership: media.flag("is_paid_partnership"),
        // All of them; otherwise the sharing creators are unknown.
        co_authors: media.is_list("coauthor_producers").then(sharing).flatten(),
        ..Details::default()
    }
}

/// The kind by the type's name, which has two spellings.
fn kind(name: &str) -> Option<MediaKind> {
    match name.trim_start_matches("XDT") {
        "GraphImage" => Some(MediaKind::Photo),
        "GraphVideo" => Some(MediaKind::Video),
        "GraphSidecar" => Some(MediaKind::Carousel),
        _ => None,
    }
}
