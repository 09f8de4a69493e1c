//! The links of X, on x.com and twitter.com.

use std::borrow::Cow;

use super::address::Address;
use super::grammar::{CreatorId, Grammar, SIMPLE_CLIENT};
use super::text::{is_number, is_word};
use super::{Creator, CreatorKind, Link, LinkError, Page, Platform, Post, ShortLink, ViewsKind};

const TWITTER: Platform = Platform::Twitter;

pub(super) const GRAMMAR: Grammar = Grammar {
    title: "X",
    article: "an",
    domains: &["x.com", "twitter.com", "t.co"],
    read,
    is_unmistakable,
    creator_prefixes: &[],
    bare_id,
    post_key: |post| Cow::Borrowed(&post.id),
    // X redirects from an address without its author.
    asked_url: |post| new_post("i", &post.id).url,
    creator,
    creator_id: CreatorId::number("https://x.com/i/user/"),
    made_up_post: |_, number| bare_id(&number.to_string()),
    short_link_user_agent: Some(SIMPLE_CLIENT),
    views: ViewsKind::Impressions,
    shows_shares: true,
    shows_following: true,
};

fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.domain, address.subdomain, address.path) {
        ("t.co", "", [token]) if is_word(token, 1..=32, b"") => {
            Ok(ShortLink::link(TWITTER, token, ["https://t.co/", token].concat()))
        }
        ("x.com" | "twitter.com", "pic", [token]) if is_word(token, 1..=32, b"") => {
            Ok(ShortLink::link(TWITTER, token, ["https://pic.x.com/", token].concat()))
        }
        ("x.com" | "twitter.com", "" | "mobile" | "m", path) => read_path(address, path),
        ("x.com" | "twitter.com", "platform", ["embed", "Tweet.html"]) => {
            post("i", &address.query("id").unwrap_or_default())
        }
        _ => other("page of another kind"),
    }
}

fn read_path(address: &Address<'_>, path: &[&str]) -> Result<Link, LinkError> {
    match path {
        [] => other(Page::Start),

        ["i", "web", "status", id, ..] => post("i", id),
        ["i", "topics", "tweet", id] | ["i", "cards", "tfw", "v1", id] => post("i", id),
        ["i", "videos", id] | ["i", "videos", "tweet", id] | ["statuses", id] => post("i", id),
        ["i", "bookmarks"] => post("i", &address.query("post_id").unwrap_or_default()),
        [author, "status" | "statuses", id, ..] => post(author, id),

        ["i", "user", id] if is_number(id) => creator_id(id),
        ["intent", "user" | "follow"] => match (address.query("screen_name"), address.query("user_id")) {
            (Some(name), _) => creator(&name),
            (None, Some(id)) if is_number(&id) => creator_id(&id),
            _ => other("page of another kind"),
        },

        ["hashtag", ..] => other("hashtag page"),
        ["search" | "explore", ..] => other("search page"),
        ["i", "lists", ..] | [_, "lists" | "timelines", ..] => other("list"),
        ["i", "spaces" | "broadcasts", ..] => other("live room"),
        ["i", "communities", ..] => other("community"),
        ["i", "events" | "moments", ..] => other("event"),
        ["i", "article", ..] | [_, "article", ..] => other("article"),
        ["i", "flow", ..] | ["login", ..] | ["account", "access", ..] => other(Page::Login),

        [name] => creator(name),
        [
            name,
            "with_replies" | "media" | "likes" | "tweets" | "info" | "header_photo" | "photo" | "followers"
            | "following" | "highlights" | "articles" | "superfollows" | "affiliates" | "verified_followers",
        ] => creator(name),
        _ => other("page of another kind"),
    }
}

fn bare_id(text: &str) -> Option<Post> {
    is_number(text).then(|| new_post("i", text))
}

fn post(author: &str, id: &str) -> Result<Link, LinkError> {
    if is_number(id) {
        Ok(Link::Post(new_post(author, id)))
    } else {
        other(Page::Broken("link whose post id is not a number"))
    }
}

/// X redirects from `/i/` to the author's own address.
fn new_post(author: &str, id: &str) -> Post {
    let author = author.trim_start_matches('@');
    let author = if is_handle(author) && !TWITTER.reserves(author) { author } else { "i" };
    Post::new(TWITTER, id, ["https://x.com/", author, "/status/", id].concat())
}

fn creator(name: &str) -> Result<Link, LinkError> {
    let name = name.trim_start_matches('@').to_lowercase();
    if !is_handle(&name) || TWITTER.reserves(&name) {
        return other("page of another kind");
    }
    let url = ["https://x.com/", &name].concat();
    Ok(Creator::link(TWITTER, CreatorKind::Handle, name, url))
}

/// Whether a post is older than 15 December 2022, when X began to count views. Ids contain the time
/// since November 2010; shorter ids are older.
#[must_use]
pub fn is_before_view_counts(id: &str) -> bool {
    /// That time in milliseconds since 1970, and the start of the ids' clock.
    const VIEWS_SINCE: u64 = 1_671_062_400_000;
    const IDS_SINCE: u64 = 1_288_834_974_657;
    id.parse::<u64>().is_ok_and(|id| (id >> 22) + IDS_SINCE < VIEWS_SINCE)
}

fn creator_id(id: &str) -> Result<Link, LinkError> {
    Ok(GRAMMAR.creator_id.link(TWITTER, id))
}

fn other(page: impl Into<Page>) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: TWITTER, page: page.into() })
}

/// Mastodon and similar sites also have `/@name/statuses/`. X's ids have had at least 18 digits
/// since 2012.
fn is_unmistakable(post: &Post, path: &str, _: &str) -> bool {
    !path.starts_with("/@") && path.contains("/status/") && post.id.len() >= 18
}

/// Handles have at most 15 characters today; some old ones are longer.
fn is_handle(text: &str) -> bool {
    is_word(text, 1..=20, b"_")
}
