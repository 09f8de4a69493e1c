//! TikTok's links.

use std::borrow::Cow;

use jiff::Timestamp;

use super::address::Address;
use super::grammar::Grammar;
use super::text::{is_name, is_number, is_word};
use super::{Creator, CreatorKind, Link, LinkError, Page, Platform, Post, ShortLink, ViewsKind};

const TIKTOK: Platform = Platform::TikTok;

pub(super) const GRAMMAR: Grammar = Grammar {
    title: "TikTok",
    article: "a",
    domains: &["tiktok.com", "tiktokv.com"],
    read,
    bare_id,
    post_key: |post| Cow::Borrowed(&post.id),
    // TikTok redirects from an address without its author.
    asked_url: |post| self::post("", "video", &post.id).url,
    creator,
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

        [author, kind @ ("video" | "photo"), id, ..] if author.starts_with('@') && is_number(id) => {
            Ok(Link::Post(post(handle(&author[1..]).unwrap_or_default(), kind, id)))
        }
        ["video", id] | ["embed", id] | ["embed", "v2" | "v3", id] | ["player", "v1", id] if is_number(id) => bare(id),
        ["share", "video", id] | ["i18n", "share", "video", id] if is_number(id) => bare(id),
        ["v", page] if is_number(page.trim_end_matches(".html")) => bare(page.trim_end_matches(".html")),
        [] => match address.query("aweme_id") {
            Some(id) if is_number(&id) => bare(&id),
            _ => other(Page::Start),
        },

        ["discover" | "search", ..] => other("search page"),
        [_, "live", ..] => other("live room"),
        [_, "playlist" | "collection", ..] => other("collection"),
        [_, "video" | "photo", id, ..] if is_number(id) => other("link without the @ before its author"),
        [_, "video" | "photo", ..] => other("link whose post id is not a number"),
        [author] | [author, "likes" | "reposts" | "saved"] | ["embed", author] if author.starts_with('@') => {
            creator(&author[1..])
        }
        ["share", "user", id] if is_number(id) => {
            Ok(Creator::link(TIKTOK, CreatorKind::Id, *id, ["https://www.tiktok.com/share/user/", id].concat()))
        }

        ["tag", ..] => other("hashtag page"),
        ["music", ..] => other("sound page"),
        ["login", ..] => other(Page::Login),
        ["foryou" | "explore" | "following", ..] => other("feed"),
        ["shop", ..] => other("shop page"),
        _ => other("page of another kind"),
    }
}

fn bare_id(text: &str) -> Option<Post> {
    is_number(text).then(|| post("", "video", text))
}

/// The address of a post by this author; None when the author is unknown, or this is no id.
#[must_use]
pub fn post_url(author: &str, is_photo: bool, id: &str) -> Option<String> {
    let kind = if is_photo { "photo" } else { "video" };
    handle(author).filter(|_| is_number(id)).map(|author| post(author, kind, id).url)
}

/// The address of a post whose author is unknown; None where this is no id.
#[must_use]
pub fn bare_url(id: &str) -> Option<String> {
    bare_id(id).map(|post| post.url)
}

/// When a post was made, in seconds: the upper half of its id.
#[must_use]
pub fn created_at(id: &str) -> Option<Timestamp> {
    let seconds = id.parse::<u64>().ok()? >> 32;
    Timestamp::from_second(seconds.try_into().ok()?).ok().filter(|_| seconds > 0)
}

/// TikTok redirects from an address without a handle.
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

fn other(page: impl Into<Page>) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: TIKTOK, page: page.into() })
}

fn is_token(text: &str) -> bool {
    is_word(text, 1..=32, b"-_")
}

/// 24 characters at most today; some old ones are longer. None ends with a dot.
fn handle(text: &str) -> Option<&str> {
    (is_name(text, 1..=64, "_.") && !text.ends_with('.')).then_some(text)
}
