//! TikTok's web shape: `itemStruct`, `userInfo`, `statsV2`.
//!
//! The numbers in `stats` are rounded like on the page from 10,000 up, and overflow 32 bits
//! (recorded: -977433948). The strings in `statsV2` never overflow. They are exact for creators
//! ("33265139", where `stats` has 33,300,000), but rounded for posts (recorded for 53).

use crate::creator::{
    Author, Contact, Details, EmailSource, Media, MediaKind, PostStats, Precision, Profile, Unchecked, Video,
    with_scheme,
};
use crate::platform::{Claim, Creator, tiktok};
use crate::provider::Failure;
use crate::provider::json::Json;
use crate::provider::listing::may_be_by;

/// The post in `item`.
pub fn post_stats(item: Json<'_>) -> Unchecked<PostStats> {
    Unchecked::new(PostStats { details: details(item), ..stats(item) }, [Claim::id(item.string("id"))])
}

/// An item of this creator's list; `None` for another creator's post.
pub fn video(item: Json<'_>, creator: &Creator) -> Option<Video> {
    if !may_be_by(creator, &[author(item)]) {
        return None;
    }
    let id = item.non_blank("id")?;
    let published = item.seconds("createTime");
    Some(Video {
        url: stats(item).url.or_else(|| tiktok::bare_url(&id))?,
        description: item.non_blank("desc"),
        stats: stats(item),
        created_at: published.or_else(|| tiktok::created_at(&id)),
        is_dated_roughly: published.is_none(),
        is_pinned: item.is_true("isPinnedItem"),
        media: media(item),
        id,
        ..Video::default()
    })
}

fn stats(item: Json<'_>) -> PostStats {
    let count = |name| item.at("statsV2").count(name).or_else(|| item.at("stats").count(name));
    PostStats {
        url: tiktok::post_url(&item.string("author/uniqueId"), !item.at("imagePost").is_empty(), &item.string("id")),
        views: count("playCount"),
        likes: count("diggCount"),
        comments: count("commentCount"),
        shares: count("shareCount"),
        precision: Precision::Rounded,
        ..PostStats::default()
    }
}

/// The creator who published it.
pub fn author(item: Json<'_>) -> Author {
    let author = item.at("author");
    Author { username: author.non_blank("uniqueId"), name: author.non_blank("nickname"), id: author.non_blank("id") }
}

fn details(item: Json<'_>) -> Details {
    let saves = item.count("statsV2/collectCount").or_else(|| item.count("stats/collectCount"));
    Details {
        author: author(item),
        caption: item.non_blank("desc"),
        published_at: item.seconds("createTime"),
        media: media(item),
        saves,
        ..Details::default()
    }
}

/// For photos, `video` is the music that is played with them.
fn media(item: Json<'_>) -> Media {
    let thumbnail_url = item.address("video/cover");
    let photos = item.at("imagePost");
    if !photos.is_empty() {
        let first = photos.address("images/0/imageURL/urlList/0");
        let kind = MediaKind::of_pictures(photos.items("images").count());
        return Media { kind, thumbnail_url: first.or(thumbnail_url), ..Media::default() };
    }
    let duration_seconds = item.duration("video/duration");
    Media { kind: duration_seconds.map(|_| MediaKind::Video), duration_seconds, thumbnail_url }
}

/// The profile in `info`, which has `user` and `stats`.
///
/// # Errors
/// If the body has no creator.
pub fn profile(info: Json<'_>) -> Result<Unchecked<Profile>, Failure> {
    let user = info.at("user");
    let username = user.non_blank("uniqueId").ok_or_else(|| Failure::unavailable("no name"))?;
    let claims = [Claim::name(&*username), Claim::id(user.string("id"))];
    let count = |name| info.at("statsV2").count(name).or_else(|| info.at("stats").count(name));
    let bio_link = user.non_blank("bioLink/link");
    let is_exact = info.at("statsV2").count("followerCount").is_some();
    let profile = Profile {
        username,
        full_name: user.non_blank("nickname"),
        bio: user.trimmed("signature"),
        profile_pic_url: user.non_blank("avatarLarger").or_else(|| user.non_blank("avatarMedium")),
        followers: count("followerCount"),
        following: count("followingCount"),
        posts_count: count("videoCount"),
        is_verified: user.flag("verified"),
        is_private: user.flag("privateAccount") == Some(true),
        external_url: bio_link.as_deref().and_then(with_scheme),
        contacts: bio_link.into_iter().map(|text| Contact { source: EmailSource::Link, text }).collect(),
        precision: if is_exact { Precision::Exact } else { Precision::Rounded },
        id: user.non_blank("id"),
        created_at: user.seconds("createTime"),
        ..Profile::default()
    };
    Ok(Unchecked::new(profile, claims))
}
