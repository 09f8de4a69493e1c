//! YouTube's links: one video, or one channel with any of YouTube's four kinds of names.

use std::borrow::Cow;

use super::address::{self, Address, Parts};
use super::grammar::{CreatorId, Grammar};
use super::text::{escaped, is_name, is_word};
use super::{Creator, CreatorKind, Link, LinkError, Page, Platform, Post, ViewsKind, instagram};

const YOUTUBE: Platform = Platform::YouTube;

pub(super) const GRAMMAR: Grammar = Grammar {
    title: "YouTube",
    article: "a",
    domains: &["youtube.com", "youtu.be", "youtube-nocookie.com", "youtubekids.com", "yt.be"],
    read,
    is_unmistakable: |_, path, _| path == "/watch" || path == "/watch/",
    creator_prefixes: &["channel", "c", "user"],
    bare_id,
    post_key: |post| Cow::Borrowed(&post.id),
    asked_url: |post| post.url.clone(),
    creator: |name| if is_channel_id(name) { channel(name) } else { named(CreatorKind::Handle, "@", name) },
    // Instagram's codes have the same letters and the same length.
    creator_id: CreatorId {
        is: is_channel_id,
        form: "UC and 22 more letters, digits, - or _",
        page: "https://www.youtube.com/channel/",
    },
    made_up_post: |_, number| instagram::shortcode(&number.to_string()).as_deref().and_then(bare_id),
    short_link_user_agent: None,
    views: ViewsKind::Starts,
    shows_shares: false,
    shows_following: false,
};

fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.domain, address.subdomain, address.path) {
        ("youtu.be", "", ["watch"]) => video(&address.query("v").unwrap_or_default()),
        ("youtu.be", "", [id, ..]) => video(id),
        ("youtu.be" | "yt.be", ..) => other("page of another kind"),
        (_, "" | "m" | "music" | "gaming" | "kids", path) => read_path(address, path),
        // Countries once had their own domains.
        (_, country, path) if country.len() == 2 && country != "tv" => read_path(address, path),
        _ => other("page of another kind"),
    }
}

fn read_path(address: &Address<'_>, path: &[&str]) -> Result<Link, LinkError> {
    match path {
        ["watch" | "watch_popup"] => match address.query("v") {
            Some(id) => video(&id),
            None => other("watch page without a video"),
        },
        [.., "watch"] | ["attribution_link"] if let Some(id) = address.query("v") => video(&id),
        ["attribution_link"] => match address.query("u") {
            Some(target)
                if target.starts_with('/') && !["//", "/attribution_link"].iter().any(|it| target.starts_with(it)) =>
            {
                let (path, query) = target.split_once('?').unwrap_or((&target, ""));
                let parts = Parts::of_path(path, query);
                address::read_path(YOUTUBE, YOUTUBE.domain(), "", &parts, |inner| read_path(inner, inner.path))
            }
            _ => other("redirect"),
        },
        // These characters were escaped, or confused with each other.
        [page] if let Some(query) = page.strip_prefix("watch").and_then(|rest| rest.strip_prefix(['?', '&'])) => {
            video(&address::value_in(query, "v").unwrap_or_default())
        }
        ["shared"] => video(&address.query("ci").unwrap_or_default()),
        // These names have the length of an id, but aren't ids.
        ["embed", "videoseries"] => other("playlist"),
        ["embed", "live_stream"] => other("live stream of a channel"),
        ["shorts" | "live" | "embed" | "v" | "vi" | "e" | "watch", id, ..] => video(id),

        ["channel", id] | ["channel", id, _] if !matches!(path, [_, _, "live"]) && is_channel_id(id) => channel(id),
        ["browse", id] | [id] if is_channel_id(id) => channel(id),
        ["channel", _] => other(Page::Broken("link with an invalid channel id")),
        ["channel" | "c" | "user", _, "live"] => other("live stream of a channel"),
        [name, "live"] if !matches!(*name, "c" | "user") => other("live stream of a channel"),
        ["c", name] | ["c", name, _] => named(CreatorKind::Custom, "c/", name.trim_start_matches('@')),
        ["user", name] | ["user", name, _] => named(CreatorKind::User, "user/", name),
        // The @ is a mistake: the segment after the slash is meant, but its kind is unknown.
        ["@channel" | "@c" | "@user", _] => other(Page::Broken("link with an @ before one of YouTube's own words")),
        [name] | [name, _] if name.starts_with('@') => named(CreatorKind::Handle, "@", name.trim_start_matches('@')),

        [] => match address.query("v").filter(|id| is_video_id(id)) {
            Some(id) => video(&id),
            None => other(Page::Start),
        },
        ["playlist", ..] => other("playlist"),
        ["feed", ..] => other("feed"),
        ["results" | "search", ..] => other("search page"),
        ["hashtag", ..] => other("hashtag page"),
        ["post", ..] => other("community post"),
        ["clip", ..] => other("clip"),
        ["signin" | "login", ..] => other(Page::Login),
        ["redirect", ..] => other("redirect"),
        [name] | [name, "videos" | "shorts" | "streams" | "playlists" | "about" | "featured"]
            if address.subdomain != "music" =>
        {
            named(CreatorKind::Unprefixed, "", name)
        }
        _ => other("page of another kind"),
    }
}

fn bare_id(text: &str) -> Option<Post> {
    is_video_id(text).then(|| post(text))
}

/// The video with this id, which sometimes has more of the query attached.
fn video(text: &str) -> Result<Link, LinkError> {
    let id = text.split(['&', '?', '/']).next().unwrap_or_default();
    if is_video_id(id) { Ok(Link::Post(post(id))) } else { other(Page::Broken("link with an invalid video id")) }
}

/// The address of the video with this id; `None` if the id is invalid.
#[must_use]
pub fn video_url(id: &str) -> Option<String> {
    bare_id(id).map(|post| post.url)
}

fn post(id: &str) -> Post {
    Post::new(YOUTUBE, id, ["https://www.youtube.com/watch?v=", id].concat())
}

/// Channel ids are the only kind of name in which case matters.
fn channel(id: &str) -> Result<Link, LinkError> {
    Ok(GRAMMAR.creator_id.link(YOUTUBE, id))
}

/// Handles and names may have any script.
fn named(kind: CreatorKind, prefix: &str, name: &str) -> Result<Link, LinkError> {
    let is_id_with_a_slip = matches!(kind, CreatorKind::Handle | CreatorKind::Unprefixed) && is_nearly_channel_id(name);
    if is_id_with_a_slip {
        return other(Page::Broken("link with an invalid channel id"));
    }
    let name = name.to_lowercase();
    // In a sentence, a dot at the end belongs to the sentence.
    if !is_name(&name, 1..=100, "_-.·")
        || !name.contains(char::is_alphanumeric)
        || name.ends_with('.')
        || (prefix.is_empty() && (YOUTUBE.reserves(&name) || name.contains('.')))
    {
        return other("page of another kind");
    }
    let url = ["https://www.youtube.com/", prefix, &escaped(&name)].concat();
    Ok(Creator::link(YOUTUBE, kind, name, url))
}

fn other(page: impl Into<Page>) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: YOUTUBE, page: page.into() })
}

fn is_video_id(text: &str) -> bool {
    is_word(text, 11..=11, b"-_")
}

/// Whether this is a channel's id with too few or too many letters, or in lower case. A handle with
/// this length, beginning and digits would be a coincidence.
fn is_nearly_channel_id(text: &str) -> bool {
    text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("uc"))
        && is_word(text, 20..=28, b"-_")
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether this is the form of a channel's id.
#[must_use]
pub fn is_channel_id(text: &str) -> bool {
    text.starts_with("UC") && is_word(text, 24..=24, b"-_")
}
