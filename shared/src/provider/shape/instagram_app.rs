//! Instagram's app shape: `pk`, `code`, `play_count`.
//!
//! `play_count` may include Facebook's plays, depending on the provider's session (recorded: 221,
//! then 305, then 222 for one reel). `ig_play_count` never includes them, and if `fb_play_count`
//! exists, `play_count` is the sum of both. Photos and albums have none of them. If likes are
//! hidden, `like_count` is 3, and a flag says so; comments and plays stay real. Only some responses
//! have `reshare_count`.

use crate::creator::{Author, Details, Media, MediaKind, PostStats, Unchecked, Video};
use crate::platform::{Claim, Creator, ViewsKind, instagram};
use crate::provider::json::Json;
use crate::provider::listing::may_be_by;

/// The value of `like_count` if likes are hidden.
const RESIDUE: u64 = 3;

/// The places of its picture. An album has only its parts' pictures.
const PICTURES: [&str; 2] = ["image_versions2/candidates/0/url", "carousel_media/0/image_versions2/candidates/0/url"];

/// The post in `media`.
pub fn post_stats(media: Json<'_>) -> Unchecked<PostStats> {
    Unchecked::new(PostStats { details: details(media), ..stats(media) }, [Claim::id(media.string("code"))])
}

/// An item of this creator's list. `pk` is the creator's id, empty if it is unknown. The item's
/// `user` may be another creator: two creators can share a post, and each can pin it. `None` for
/// another creator's post, which is only recognised if all sharing creators are listed.
pub fn video(media: Json<'_>, creator: &Creator, pk: &str) -> Option<Video> {
    let tells_all = media.is_list("coauthor_producers");
    if tells_all && !may_be_by(creator, &authors(media).collect::<Vec<_>>()) {
        return None;
    }
    let id = media.non_blank("code")?;
    let published = media.seconds("taken_at");
    let pins = ["timeline_pinned_user_ids", "clips_tab_pinned_user_ids"];
    let mut pinned_by = pins.iter().flat_map(|pins| media.items(pins)).map(|owner| owner.string(""));
    Some(Video {
        url: instagram::post_url(&id)?,
        description: media.non_blank("caption/text").or_else(|| media.non_blank("caption_text")),
        stats: stats(media),
        created_at: published.or_else(|| instagram::created_at(&id)),
        is_dated_roughly: published.is_none(),
        is_pinned: pinned_by.any(|owner| pk.is_empty() || owner == pk),
        media: shown(media),
        id,
        ..Video::default()
    })
}

/// The creators whose list may contain this post: its author, and the creators who share it.
pub fn authors(media: Json<'_>) -> impl Iterator<Item = Author> {
    [media.at("user")].into_iter().chain(media.items("coauthor_producers")).map(author)
}

fn author(user: Json<'_>) -> Author {
    let id = user.non_blank("pk").or_else(|| user.non_blank("id"));
    Author { username: user.non_blank("username"), name: user.non_blank("full_name"), id }
}

fn details(media: Json<'_>) -> Details {
    let sharing = || media.items("coauthor_producers").map(|creator| creator.non_blank("username")).collect();
    Details {
        author: author(media.at("user")),
        caption: media.non_blank("caption/text").or_else(|| media.non_blank("caption_text")),
        published_at: media.seconds("taken_at"),
        media: shown(media),
        saves: media.count("save_count"),
        is_paid_partnership: media.flag("is_paid_partnership"),
        // All of them; otherwise the sharing creators are unknown.
        co_authors: media.is_list("coauthor_producers").then(sharing).flatten(),
    }
}

fn shown(media: Json<'_>) -> Media {
    Media {
        kind: kind(media),
        duration_seconds: media.duration("video_duration"),
        thumbnail_url: PICTURES.iter().find_map(|path| media.address(path)),
    }
}

fn kind(media: Json<'_>) -> Option<MediaKind> {
    match media.code("media_type") {
        Some(1) => Some(MediaKind::Photo),
        Some(2) => Some(MediaKind::Video),
        Some(8) => Some(MediaKind::Carousel),
        _ => None,
    }
}

fn stats(media: Json<'_>) -> PostStats {
    let viewless = matches!(kind(media), Some(MediaKind::Photo | MediaKind::Carousel));
    let plays = |path| media.count(path).filter(|plays| *plays > 0);
    let on_facebook = media.count("fb_play_count");
    let alone =
        plays("ig_play_count").or_else(|| plays("play_count")?.checked_sub(on_facebook?).filter(|plays| *plays > 0));
    let views = alone.or_else(|| plays("play_count")).filter(|_| !viewless);
    let likes = media.count("like_count");
    let hides_likes = match media.flag("like_and_view_counts_disabled") {
        Some(flag) => flag,
        None => likes == Some(RESIDUE),
    };
    PostStats {
        views,
        views_kind: (views.is_some() && alone.is_none()).then_some(ViewsKind::PlaysWithFacebook),
        likes: likes.filter(|_| !hides_likes),
        comments: media.count("comment_count"),
        shares: media.count("reshare_count"),
        viewless,
        ..PostStats::default()
    }
}
