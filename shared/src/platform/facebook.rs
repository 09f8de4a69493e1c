//! Facebook's links. Ids of posts, videos, reels and photos are numbers or `pfbid…` tokens; some
//! items are found only with their owner.

use std::borrow::Cow;

use super::address::Address;
use super::grammar::{CreatorId, Grammar};
use super::text::{escaped, is_name, is_number, is_word};
use super::{Creator, CreatorKind, Link, LinkError, Page, Platform, Post, ShortLink, ViewsKind};

const FACEBOOK: Platform = Platform::Facebook;
const SITE: &str = "https://www.facebook.com/";

pub(super) const GRAMMAR: Grammar = Grammar {
    title: "Facebook",
    article: "a",
    domains: &["facebook.com", "fb.com", "fb.watch", "fb.me"],
    read,
    is_unmistakable,
    creator_prefixes: &["pg"],
    // An id alone says neither its owner nor its kind.
    bare_id: |_| None,
    // Providers find some posts only with their owner, or only under their own kind of link.
    post_key: |post| Cow::Borrowed(post.url.strip_prefix(SITE).unwrap_or(&post.url)),
    asked_url: |post| post.url.clone(),
    creator,
    creator_id: CreatorId::number("https://www.facebook.com/profile.php?id="),
    made_up_post: |_, number| Some(reel(&number.to_string())),
    short_link_user_agent: None,
    views: ViewsKind::Plays,
    shows_shares: true,
    shows_following: true,
};

fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.domain, address.path) {
        ("fb.watch", [token]) if is_token(token) => {
            Ok(ShortLink::link(FACEBOOK, token, ["https://fb.watch/", token, "/"].concat()))
        }
        ("fb.watch", [kind @ ("v" | "r"), token]) if is_token(token) => {
            Ok(ShortLink::link(FACEBOOK, token, ["https://fb.watch/", kind, "/", token, "/"].concat()))
        }
        ("fb.me", [token]) if is_token(token) => {
            Ok(ShortLink::link(FACEBOOK, token, ["https://fb.me/", token].concat()))
        }
        ("fb.watch" | "fb.me", _) => other("page of another kind"),
        (_, path) if is_site(address.subdomain) => read_path(address, path),
        _ => other("page of another kind"),
    }
}

fn read_path(address: &Address<'_>, path: &[&str]) -> Result<Link, LinkError> {
    let query = |name| address.query(name).unwrap_or_default();
    let number = |name| address.query(name).filter(|id| is_number(id));
    match path {
        [] => other(Page::Start),

        ["share", "p" | "r" | "v"] => other(Page::Broken("share link without its token")),
        ["share", "g", ..] => other("group"),
        ["share", token] | ["share", "p" | "r" | "v", token] if is_token(token) => {
            let [kind, slash] = if path.len() > 2 { [path[1], "/"] } else { ["", ""] };
            Ok(ShortLink::link(FACEBOOK, token, ["https://www.facebook.com/share/", kind, slash, token, "/"].concat()))
        }

        ["watch" | "video.php"] | ["watch", "live"] | ["video", "video.php"] => match number("v") {
            Some(id) => watch(&id),
            None => other("watch page without a video"),
        },
        ["video", "embed"] if let Some(id) = number("video_id") => watch(&id),
        ["reel" | "reels", id, ..] if is_number(id) => Ok(Link::Post(reel(id))),
        ["reel" | "reels", _, ..] => other(Page::Broken("link with an invalid post id")),
        ["photo" | "photo.php"] => match number("fbid") {
            Some(id) => post(&id, ["https://www.facebook.com/photo/?fbid=", &id].concat()),
            // Old links of videos.
            None => number("v").map_or_else(|| other("photo page without a photo"), |id| watch(&id)),
        },
        ["story.php" | "permalink.php"] => story(&query("story_fbid"), &query("id")),
        ["pages", _, owner] if is_number(owner) && is_id(&query("story_fbid")) => story(&query("story_fbid"), owner),
        // The number after the dot is the post that the photos belong to.
        ["media", "set"] if let Some(id) = query("set").strip_prefix("pcb.").filter(|id| is_number(id)) => {
            story(id, "")
        }
        ["events", event] if let Some(id) = address.query("post_id").filter(|id| is_id(id)) => {
            in_group("events", event, &id)
        }
        ["groups", group] if let Some(id) = in_query_of_group(address) => in_group("groups", group, &id),
        [place @ ("groups" | "events"), group, "posts" | "permalink", rest @ ..] if let Some(id) = post_id(rest) => {
            in_group(place, group, id)
        }

        ["profile.php"] if let Some(id) = number("id") => creator_id(&id),
        ["people" | "pages", _, owner, kind @ ("posts" | "videos" | "photos"), rest @ ..]
            if is_number(owner)
                && let Some(id) = post_id(rest) =>
        {
            of_owner(owner, kind, id)
        }
        ["people" | "pages", _, id, ..] | ["profile", id] if is_number(id) => creator_id(id),
        ["p", slug] if let Some(id) = slug.rsplit('-').next().filter(|id| is_number(id)) => creator_id(id),
        ["pg", rest @ ..] if !rest.is_empty() => read_path(address, rest),

        ["groups", ..] => other("group"),
        ["events", ..] => other("event"),
        ["media", ..] => other("album of photos"),
        ["marketplace", ..] => other("page of the marketplace"),
        ["hashtag", ..] => other("hashtag page"),
        ["search", ..] => other("search page"),
        ["stories", ..] => other("story"),
        ["login" | "login.php" | "checkpoint" | "recover" | "unsupportedbrowser", ..] => other(Page::Login),
        ["sharer" | "sharer.php" | "share.php" | "share_channel" | "dialog", ..] => other("share dialog"),
        [name, ..] if is_own_page(name) || !is_owner(name) => other("page of another kind"),

        [owner, kind @ ("posts" | "videos" | "photos"), rest @ ..] if let Some(id) = post_id(rest) => {
            of_owner(owner, kind, id)
        }
        [_, "posts" | "videos", _, ..] => other(Page::Broken("link with an invalid post id")),

        [
            name,
            "about" | "avatar" | "community" | "events" | "followers" | "friends" | "info" | "live" | "mentions"
            | "photos" | "photos_by" | "posts" | "reels" | "reviews" | "videos",
        ]
        | [name] => creator(name),
        _ => other("page of another kind"),
    }
}

/// Whether this canonical link is a video's, so that its post has views.
#[must_use]
pub fn is_video(url: &str) -> bool {
    ["/reel/", "/watch/", "/videos/"].iter().any(|kind| url.contains(kind))
}

fn watch(id: &str) -> Result<Link, LinkError> {
    post(id, ["https://www.facebook.com/watch/?v=", id].concat())
}

/// The post in the query of a group's link.
fn in_query_of_group<'a>(address: &'a Address<'_>) -> Option<Cow<'a, str>> {
    let is_permalink = address.query("view").is_some_and(|view| view == "permalink");
    let names = ["multi_permalinks", "post_id", "id"].into_iter().filter(|name| *name != "id" || is_permalink);
    names.filter_map(|name| address.query(name)).find(|id| is_id(id))
}

/// A post whose link names its owner by number.
fn story(id: &str, owner: &str) -> Result<Link, LinkError> {
    if !is_id(id) {
        return other(Page::Broken("post link without a post's id"));
    }
    if !owner.is_empty() && !is_number(owner) {
        return other(Page::Broken("post link whose owner is not a number"));
    }
    if owner.is_empty() {
        return post(id, ["https://www.facebook.com/permalink.php?story_fbid=", id].concat());
    }
    post(id, ["https://www.facebook.com/permalink.php?story_fbid=", id, "&id=", owner].concat())
}

fn in_group(place: &str, group: &str, id: &str) -> Result<Link, LinkError> {
    if !is_owner(group) {
        return other("group");
    }
    post(id, ["https://www.facebook.com/", place, "/", &escaped(group), "/posts/", id].concat())
}

fn of_owner(owner: &str, kind: &str, id: &str) -> Result<Link, LinkError> {
    post(id, ["https://www.facebook.com/", &escaped(owner), "/", kind, "/", id].concat())
}

fn reel(id: &str) -> Post {
    Post::new(FACEBOOK, id, ["https://www.facebook.com/reel/", id].concat())
}

fn post(id: &str, url: String) -> Result<Link, LinkError> {
    Ok(Link::Post(Post::new(FACEBOOK, id, url)))
}

fn creator(name: &str) -> Result<Link, LinkError> {
    let name = name.to_lowercase();
    // In a sentence, a dot at the end belongs to the sentence.
    if is_own_page(&name)
        || !is_owner(&name)
        || !name.contains(char::is_alphanumeric)
        || name.starts_with("pfbid")
        || name.ends_with('.')
    {
        return other("page of another kind");
    }
    let url = ["https://www.facebook.com/", &escaped(&name)].concat();
    Ok(Creator::link(FACEBOOK, CreatorKind::Handle, name, url))
}

fn creator_id(id: &str) -> Result<Link, LinkError> {
    Ok(GRAMMAR.creator_id.link(FACEBOOK, id))
}

fn other(page: impl Into<Page>) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: FACEBOOK, page: page.into() })
}

/// Whether this is the site itself, in its versions for devices and languages (`fr-fr`).
fn is_site(subdomain: &str) -> bool {
    matches!(subdomain, "" | "m" | "web" | "business" | "touch" | "mbasic" | "mobile" | "free" | "l" | "lm")
        || (subdomain.len() == 5 && subdomain.as_bytes()[2] == b'-')
}

/// Whether the form has both the post and its owner, which no other network's links have.
fn is_unmistakable(post: &Post, path: &str, query: &str) -> bool {
    let is_story =
        ["/story.php", "/permalink.php"].contains(&path) && query.contains("story_fbid=") && query.contains("id=");
    is_story || (path.trim_end_matches('/') == "/watch" && post.id.len() >= 15)
}

fn is_token(text: &str) -> bool {
    is_word(text, 1..=40, b"-_")
}

fn is_id(text: &str) -> bool {
    is_number(text) || (text.starts_with("pfbid") && is_word(text, 10..=120, b""))
}

/// The id in the segments after a kind. It is the second segment after a post's text (which may be
/// digits too), a photo's album or a hash; otherwise it is the first. Later segments belong to
/// comments. Old links have the id twice, with a colon.
fn post_id<'a>(rest: &[&'a str]) -> Option<&'a str> {
    let id = |segment: &'a str| segment.split(':').next().filter(|id| is_id(id));
    match rest {
        ["albums", ..] | [] => None,
        // Digits that aren't an id are the rest of an incomplete id.
        [_, second] if second.starts_with(|digit: char| digit.is_ascii_digit()) => id(second),
        [first, second] => id(second).or_else(|| id(first)),
        [first, ..] => id(first),
    }
}

fn is_owner(text: &str) -> bool {
    is_name(text, 1..=80, ".-_")
}

/// Whether a first segment is one of Facebook's own pages.
fn is_own_page(name: &str) -> bool {
    name.as_bytes().ends_with(b".php") || FACEBOOK.reserves(name)
}
