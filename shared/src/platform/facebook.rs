//! Facebook's links. Ids of posts, videos, reels and photos are numbers or `pfbid…` tokens; some are found only with their owner.

use super::address;
use super::{
    Address, Creator, CreatorKind, LOGIN_PAGE, Link, LinkError, Platform, Post, ShortLink, escaped, is_name, is_number,
    is_word,
};

const FACEBOOK: Platform = Platform::Facebook;

pub(super) fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match wrapped(address) {
        Some(target) => {
            let link = address::read(&target, None, |platform, inner| match platform {
                FACEBOOK => read_unwrapped(inner),
                _ => other("link to another site"),
            });
            // What else it leads to is none of Facebook's.
            link.or_else(|error| match error {
                LinkError::UnknownSite(_) => other("link to another site"),
                error => Err(error),
            })
        }
        None => read_unwrapped(address),
    }
}

/// The address inside an embedding or a way out.
fn wrapped<'a>(address: &'a Address<'_>) -> Option<std::borrow::Cow<'a, str>> {
    match address.path {
        ["plugins", "post.php" | "video.php", ..] => address.query("href"),
        ["l.php"] => address.query("u"),
        _ => None,
    }
}

fn read_unwrapped(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.domain, address.path) {
        ("fb.watch", [token, ..]) if is_token(token) => {
            Ok(ShortLink::link(FACEBOOK, token, ["https://fb.watch/", token, "/"].concat()))
        }
        ("fb.me", [token]) if is_token(token) => {
            Ok(ShortLink::link(FACEBOOK, token, ["https://fb.me/", token].concat()))
        }
        ("fb.watch" | "fb.me", _) => other("page"),
        (_, path) if is_site(address.subdomain) => read_path(address, path),
        _ => other("page"),
    }
}

fn read_path(address: &Address<'_>, path: &[&str]) -> Result<Link, LinkError> {
    let query = |name| address.query(name).unwrap_or_default();
    match path {
        [] => other("start page"),

        ["share", token] | ["share", "p" | "r" | "v", token] if is_token(token) => {
            let kind = if path.len() > 2 { format!("{}/", path[1]) } else { String::new() };
            Ok(ShortLink::link(FACEBOOK, token, ["https://www.facebook.com/share/", &kind, token, "/"].concat()))
        }

        ["watch" | "video.php"] | ["watch", "live"] | ["video", "video.php"] => match query("v") {
            id if is_number(&id) => post(&id, None, ["https://www.facebook.com/watch/?v=", &id].concat()),
            _ => other("watch page without a video"),
        },
        ["reel" | "reels", id, ..] if is_number(id) => post(id, None, ["https://www.facebook.com/reel/", id].concat()),
        ["photo" | "photo.php"] => match query("fbid") {
            id if is_number(&id) => post(&id, None, ["https://www.facebook.com/photo/?fbid=", &id].concat()),
            _ => other("photo page without a photo"),
        },
        ["story.php" | "permalink.php"] => story(&query("story_fbid"), &query("id")),
        ["groups", group] if is_id(&query("multi_permalinks")) => in_group("groups", group, &query("multi_permalinks")),
        [place @ ("groups" | "events"), group, "posts" | "permalink", .., id] if is_id(id) => {
            in_group(place, group, id)
        }

        ["profile.php"] if is_number(&query("id")) => creator_id(&query("id")),
        ["people", _, id, ..] | ["profile", id] if is_number(id) => creator_id(id),

        ["groups", ..] => other("group"),
        ["events", ..] => other("event"),
        ["hashtag", ..] => other("hashtag page"),
        ["search", ..] => other("search page"),
        ["stories", ..] => other("story"),
        ["login" | "login.php" | "checkpoint" | "recover", ..] => other(LOGIN_PAGE),
        ["sharer" | "sharer.php" | "share.php" | "dialog", ..] => other("share dialog"),
        [name, ..] if is_reserved(name) || !is_owner(name) => other("page"),

        [owner, "posts", .., id] if is_id(first_of(id)) => of_owner(owner, "posts", first_of(id)),
        [owner, kind @ ("videos" | "photos"), .., id] if is_number(id) => of_owner(owner, kind, id),

        [
            name,
            "" | "about" | "avatar" | "community" | "events" | "followers" | "friends" | "info" | "live" | "mentions"
            | "photos" | "photos_by" | "posts" | "reels" | "reviews" | "videos",
        ]
        | [name] => creator(name),
        _ => other("page"),
    }
}

/// A post whose link names its owner by number.
fn story(id: &str, owner: &str) -> Result<Link, LinkError> {
    if !is_id(id) {
        return other("post link without a post's id");
    }
    if !is_number(owner) {
        return post(id, None, ["https://www.facebook.com/permalink.php?story_fbid=", id].concat());
    }
    post(id, Some(owner), ["https://www.facebook.com/permalink.php?story_fbid=", id, "&id=", owner].concat())
}

fn in_group(place: &str, group: &str, id: &str) -> Result<Link, LinkError> {
    if !is_owner(group) {
        return other("group");
    }
    post(id, Some(group), ["https://www.facebook.com/", place, "/", &escaped(group), "/posts/", id].concat())
}

fn of_owner(owner: &str, kind: &str, id: &str) -> Result<Link, LinkError> {
    post(id, Some(owner), ["https://www.facebook.com/", &escaped(owner), "/", kind, "/", id].concat())
}

fn post(id: &str, owner: Option<&str>, url: String) -> Result<Link, LinkError> {
    Ok(Link::Post(Post { owner: owner.map(str::to_owned), ..Post::new(FACEBOOK, id, url) }))
}

fn creator(name: &str) -> Result<Link, LinkError> {
    let name = name.to_lowercase();
    if is_reserved(&name) || !is_owner(&name) {
        return other("page");
    }
    let url = ["https://www.facebook.com/", &escaped(&name)].concat();
    Ok(Creator::link(FACEBOOK, CreatorKind::Handle, name, url))
}

fn creator_id(id: &str) -> Result<Link, LinkError> {
    Ok(Creator::link(FACEBOOK, CreatorKind::Id, id, ["https://www.facebook.com/profile.php?id=", id].concat()))
}

fn other(page: &'static str) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: FACEBOOK, page })
}

/// The site itself, in its versions for devices and languages (`fr-fr`).
fn is_site(subdomain: &str) -> bool {
    matches!(subdomain, "" | "m" | "web" | "business" | "touch" | "mbasic" | "l" | "lm")
        || (subdomain.len() == 5 && subdomain.as_bytes()[2] == b'-')
}

fn is_token(text: &str) -> bool {
    is_word(text, 1..=40, b"-_")
}

fn is_id(text: &str) -> bool {
    is_number(text) || (text.starts_with("pfbid") && is_word(text, 10..=120, b""))
}

/// Old links of posts have the id twice.
fn first_of(id: &str) -> &str {
    id.split(':').next().unwrap_or(id)
}

fn is_owner(text: &str) -> bool {
    is_name(text, 1..=80, ".-_")
}

/// First segments that are Facebook's own and so nobody's name.
fn is_reserved(name: &str) -> bool {
    name.contains(".php")
        || matches!(
            name,
            "about"
                | "ads"
                | "business"
                | "careers"
                | "directory"
                | "donate"
                | "friends"
                | "fundraisers"
                | "gaming"
                | "help"
                | "home"
                | "jobs"
                | "latest"
                | "legal"
                | "live"
                | "marketplace"
                | "media"
                | "messages"
                | "notes"
                | "notifications"
                | "page_content_list_view"
                | "pages"
                | "people"
                | "photo"
                | "photos"
                | "plugins"
                | "policies"
                | "privacy"
                | "profile"
                | "public"
                | "reel"
                | "reels"
                | "saved"
                | "settings"
                | "share"
                | "terms"
                | "tr"
                | "video"
                | "videos"
                | "watch"
                | "watchparty"
        )
}
