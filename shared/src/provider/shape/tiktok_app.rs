//! TikTok's app shape: `aweme_id`, `statistics`. Counts are exact, and exceed 32 bits (recorded:
//! 2363296787).

use crate::creator::{Author, Details, Media, MediaKind, PostStats, Unchecked, Video};
use crate::platform::{Claim, Creator, tiktok};
use crate::provider::json::Json;
use crate::provider::listing::may_be_by;

/// The post in `aweme`.
pub fn post_stats(aweme: Json<'_>) -> Unchecked<PostStats> {
    Unchecked::new(PostStats { details: details(aweme), ..stats(aweme) }, [Claim::id(aweme.string("aweme_id"))])
}

/// An item of this creator's list; `None` for another creator's post.
pub fn video(aweme: Json<'_>, creator: &Creator) -> Option<Video> {
    if !may_be_by(creator, &[author(aweme)]) {
        return None;
    }
    let id = aweme.non_blank("aweme_id")?;
    let published = aweme.seconds("create_time");
    let stats = stats(aweme);
    Some(Video {
        url: stats.url.clone().or_else(|| tiktok::bare_url(&id))?,
        description: aweme.non_blank("desc"),
        stats,
        created_at: published.or_else(|| tiktok::created_at(&id)),
        is_dated_roughly: published.is_none(),
        is_pinned: aweme.is_true("is_top"),
        media: media(aweme),
        id,
        ..Video::default()
    })
}

fn stats(aweme: Json<'_>) -> PostStats {
    let is_photo = !aweme.at("image_post_info").is_empty();
    PostStats {
        url: tiktok::post_url(&aweme.string("author/unique_id"), is_photo, &aweme.string("aweme_id")),
        views: aweme.count("statistics/play_count"),
        likes: aweme.count("statistics/digg_count"),
        comments: aweme.count("statistics/comment_count"),
        shares: aweme.count("statistics/share_count"),
        ..PostStats::default()
    }
}

/// The creator who published it.
pub fn author(aweme: Json<'_>) -> Author {
    let author = aweme.at("author");
    Author { username: author.non_blank("unique_id"), name: author.non_blank("nickname"), id: author.non_blank("uid") }
}

fn details(aweme: Json<'_>) -> Details {
    Details {
        author: author(aweme),
        caption: aweme.non_blank("desc"),
        published_at: aweme.seconds("create_time"),
        media: media(aweme),
        saves: aweme.count("statistics/collect_count"),
        is_paid_partnership: aweme.flag("is_paid_partnership"),
        ..Details::default()
    }
}

/// For photos, `video` is the music that is played with them.
fn media(aweme: Json<'_>) -> Media {
    let thumbnail_url = aweme.address("video/cover/url_list/0");
    let photos = aweme.at("image_post_info");
    if !photos.is_empty() {
        let kind = MediaKind::of_pictures(photos.items("images").count());
        let first = photos.address("images/0/display_image/url_list/0");
        return Media { kind, thumbnail_url: first.or(thumbnail_url), ..Media::default() };
    }
    let duration_seconds = aweme.duration_of_millis("video/duration");
    Media { kind: duration_seconds.map(|_| MediaKind::Video), duration_seconds, thumbnail_url }
}
