//! TikTok as its website sees it: `itemStruct`, `userInfo`, `statsV2`.
//!
//! `stats` are numbers that are rounded as on screen from 10,000 up and overflow 32 bits (recorded: -977433948). `statsV2` are texts that
//! never overflow: exact for creators (33,300,000 beside "33265139"), rounded all the same for posts (recorded on 53).

use crate::creator::{Contact, EmailSource, PostStats, Precision, Profile, Video, link};
use crate::platform::{Creator, CreatorKind, tiktok};
use crate::provider::Failure;
use crate::provider::json::Json;

/// The post's counts, if `item` is the post of this id.
pub fn post_stats(item: Json<'_>, id: &str) -> Result<PostStats, Failure> {
    if item.text("id") != id {
        return Err(Failure::unavailable("the answer is about another post"));
    }
    Ok(stats(item))
}

/// An item of a list.
pub fn video(item: Json<'_>) -> Option<Video> {
    let id = item.said("id")?;
    let published = item.seconds("createTime");
    Some(Video {
        url: stats(item).url.or_else(|| tiktok::bare_url(&id))?,
        description: item.said("desc"),
        stats: stats(item),
        created_at: published.or_else(|| tiktok::created_at(&id)),
        is_dated_roughly: published.is_none(),
        is_pinned: item.says_yes("isPinnedItem"),
        id,
        ..Video::default()
    })
}

fn stats(item: Json<'_>) -> PostStats {
    let count = |name| item.at("statsV2").count(name).or_else(|| item.at("stats").count(name));
    PostStats {
        url: tiktok::post_url(&item.text("author/uniqueId"), !item.at("imagePost").is_empty(), &item.text("id")),
        views: count("playCount"),
        likes: count("diggCount"),
        comments: count("commentCount"),
        shares: count("shareCount"),
        precision: Precision::Rounded,
        ..PostStats::default()
    }
}

/// The profile in `info`, which has `user` and `stats`, if it is this creator's.
pub fn profile(info: Json<'_>, creator: &Creator) -> Result<Profile, Failure> {
    let user = info.at("user");
    let username = user.text("uniqueId").into_owned();
    let is_theirs = match creator.kind {
        CreatorKind::Id => user.text("id") == creator.id,
        _ => username.to_lowercase() == creator.id,
    };
    if !is_theirs || username.is_empty() {
        return Err(Failure::unavailable("the answer is about another creator"));
    }
    let count = |name| info.at("statsV2").count(name).or_else(|| info.at("stats").count(name));
    let bio_link = user.said("bioLink/link");
    let is_exact = info.at("statsV2").count("followerCount").is_some();
    Ok(Profile {
        username,
        full_name: user.said("nickname"),
        bio: user.words("signature"),
        profile_pic_url: user.said("avatarLarger").or_else(|| user.said("avatarMedium")),
        followers: count("followerCount"),
        following: count("followingCount"),
        posts_count: count("videoCount"),
        is_verified: user.flag("verified"),
        is_private: user.flag("privateAccount") == Some(true),
        external_url: bio_link.as_deref().and_then(link),
        contacts: bio_link.into_iter().map(|text| Contact { source: EmailSource::Link, text }).collect(),
        precision: if is_exact { Precision::Exact } else { Precision::Rounded },
        ..Profile::default()
    })
}
