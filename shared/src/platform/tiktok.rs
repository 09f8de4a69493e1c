//! TikTok's links.

use std::borrow::Cow;

use jiff::Timestamp;

use super::address::{self, Address};
use super::grammar::{CreatorId, Grammar};
use super::text::{is_name, is_number, is_word};
use super::{Creator, CreatorKind, Link, LinkError, Page, Platform, Post, ShortLink, ViewsKind};

const TIKTOK: Platform = Platform::TikTok;

pub(super) const GRAMMAR: Grammar = Grammar {
    title: "TikTok",
    article: "a",
    domains: &["tiktok.com", "tiktokv.com"],
    read,
    is_unmistakable: |post, path, _| path.starts_with("/@") && (18..=19).contains(&post.id.len()),
    creator_prefixes: &[],
    bare_id,
    post_key: |post| Cow::Borrowed(&post.id),
    // TikTok redirects from an address without its author.
    asked_url: |post| self::post("", "video", &post.id).url,
    creator,
    creator_id: CreatorId::number("https://www.tiktok.com/share/user/"),
    made_up_post: |creator, number| Some(post(handle(creator).unwrap_or_default(), "video", &number.to_string())),
    short_link_user_agent: None,
    views: ViewsKind::Plays,
    shows_shares: true,
    shows_following: true,
};

fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.subdomain, address.path) {
        (host @ ("vm" | "vt"), [token]) if is_token(token) => {
            Ok(ShortLink::link(TIKTOK, token, ["https://", host, ".tiktok.com/", token, "/"].concat()))
        }
        ("" | "m" | "t" | "us" | "lite", path) => read_path(address, path),
        _ => other("page of another kind"),
    }
}

fn read_path(address: &Address<'_>, path: &[&str]) -> Result<Link, LinkError> {
    match path {
        ["t", token] if is_token(token) => {
            Ok(ShortLink::link(TIKTOK, token, ["https://www.tiktok.com/t/", token, "/"].concat()))
        }

        // TikTok's own links of 2022 have this mistake.
        [_, "video", slip] if let Some(id) = address::value_in(slip, "item_id").filter(|id| is_number(id)) => bare(&id),
        [author, kind @ ("video" | "photo"), id, ..] if author.starts_with('@') && is_number(id) => {
            Ok(Link::Post(post(handle(&author[1..]).unwrap_or_default(), kind, id)))
        }
        ["video", id] | ["embed", id] | ["embed", "v2" | "v3", id] | ["player", "v1", id] if is_number(id) => bare(id),
        ["share", "video", id] | ["i18n", "share", "video", id] if is_number(id) => bare(id),
        ["v", page] if is_number(page.trim_end_matches(".html")) => bare(page.trim_end_matches(".html")),
        [] | ["foryou" | "trending" | "explore" | "following" | "en" | "discover"]
            if let Some(id) = in_query(address) =>
        {
            bare(&id)
        }
        [] => other(Page::Start),

        ["discover" | "search", ..] => other("search page"),
        [author, "live", ..] if let Ok(Link::Creator(creator)) = creator(author.trim_start_matches('@')) => {
            Err(LinkError::PageOf { page: "live room", creator: creator.into() })
        }
        [_, "live", ..] => other("live room"),
        [_, "playlist" | "collection", ..] => other("collection"),
        [_, "video" | "photo", id, ..] if is_number(id) => other(Page::Broken("link without the @ before its author")),
        [_, "video" | "photo", ..] => other(Page::Broken("link whose post id is not a number")),
        [author] | [author, "likes" | "reposts" | "saved"] | ["embed", author] if author.starts_with('@') => {
            creator(author.trim_start_matches('@'))
        }
        ["share", "user", id] if is_number(id) => creator_id(id),
        ["h5", "share", "usr", page] if is_number(page.trim_end_matches(".html")) => {
            creator_id(page.trim_end_matches(".html"))
        }

        ["tag", ..] => other("hashtag page"),
        ["music", ..] => other("sound page"),
        ["login", ..] => other(Page::Login),
        ["foryou" | "explore" | "following", ..] => other("feed"),
        ["shop", ..] => other("shop page"),
        ["tiktoklite" | "download" | "lite", ..] => other("page about its app"),
        // TikTok's own pages don't have such names.
        [name] if is_clearly_a_handle(name) => creator(name),
        [name] if !TIKTOK.reserves(&name.to_lowercase()) && handle(name).is_some() => {
            other("page without an @ before its name, which may be a creator's or TikTok's own")
        }
        _ => other("page of another kind"),
    }
}

/// The id in a feed's query, which is that of the feed's first post.
fn in_query<'a>(address: &'a Address<'_>) -> Option<Cow<'a, str>> {
    let names = ["item_id", "share_item_id", "shareId", "aweme_id"];
    names.into_iter().filter_map(|name| address.query(name)).find(|id| is_number(id))
}

fn bare_id(text: &str) -> Option<Post> {
    is_number(text).then(|| post("", "video", text))
}

/// The address of a post by this author; `None` if the author is unknown or the id is invalid.
#[must_use]
pub fn post_url(author: &str, is_photo: bool, id: &str) -> Option<String> {
    let kind = if is_photo { "photo" } else { "video" };
    handle(author).filter(|_| is_number(id)).map(|author| post(author, kind, id).url)
}

/// The address of a post with an unknown author; `None` if the id is invalid.
#[must_use]
pub fn bare_url(id: &str) -> Option<String> {
    bare_id(id).map(|post| post.url)
}

/// The time of a post, to the second. It is the upper half of the id.
#[must_use]
pub fn created_at(id: &str) -> Option<Timestamp> {
    let seconds = id.parse::<u64>().ok()? >> 32;
    Timestamp::from_second(seconds.try_into().ok()?).ok().filter(|_| seconds > 0)
}

/// A post; the handle may be empty, because TikTok redirects from an address without a handle.
fn post(handle: &str, kind: &str, id: &str) -> Post {
    Post::new(TIKTOK, id, ["https://www.tiktok.com/@", handle, "/", kind, "/", id].concat())
}

fn bare(id: &str) -> Result<Link, LinkError> {
    Ok(Link::Post(post("", "video", id)))
}

fn creator(name: &str) -> Result<Link, LinkError> {
    let name = name.to_lowercase();
    if handle(&name).is_none() {
        return other("page with a handle that can't exist");
    }
    let url = ["https://www.tiktok.com/@", &name].concat();
    Ok(Creator::link(TIKTOK, CreatorKind::Handle, name, url))
}

fn creator_id(id: &str) -> Result<Link, LinkError> {
    Ok(GRAMMAR.creator_id.link(TIKTOK, id))
}

fn other(page: impl Into<Page>) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: TIKTOK, page: page.into() })
}

fn is_token(text: &str) -> bool {
    is_word(text, 1..=32, b"-_")
}

/// Handles have at most 24 characters today; some old ones are longer. No handle ends with a dot.
fn handle(text: &str) -> Option<&str> {
    (is_name(text, 1..=64, "_.") && !text.ends_with('.')).then_some(text)
}

/// Whether a first segment without @ is a handle: it contains a dot, but not a file extension.
fn is_clearly_a_handle(name: &str) -> bool {
    const ENDINGS: [&str; 9] = ["html", "htm", "php", "js", "json", "txt", "xml", "ico", "png"];
    let is_file = |ending: &str| ENDINGS.contains(&ending.to_ascii_lowercase().as_str());
    name.rsplit_once('.').is_some_and(|(start, ending)| !start.is_empty() && !is_file(ending))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
}
