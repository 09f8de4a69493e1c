//! LinkedIn's links. A post has up to three ids, and a link has one of them: activity, share or
//! ugcPost.

use std::borrow::Cow;
use std::str::FromStr;

use super::address::Address;
use super::grammar::{CreatorId, Grammar};
use super::text::{escaped, is_number, is_of_font, is_word};
use super::{Creator, CreatorKind, Link, LinkError, Page, Platform, Post, ShortLink, Urn, ViewsKind};

const LINKEDIN: Platform = Platform::LinkedIn;

pub(super) const GRAMMAR: Grammar = Grammar {
    title: "LinkedIn",
    article: "a",
    domains: &["linkedin.com", "lnkd.in"],
    read,
    is_unmistakable: |post, path, _| {
        (path.starts_with("/feed/update/") || path.starts_with("/posts/")) && post.id.len() == 19
    },
    creator_prefixes: &["in", "company", "school", "showcase"],
    bare_id,
    post_key: |post| match post.urn {
        Some(urn) => format!("{urn}:{}", post.id).into(),
        None => Cow::Borrowed(&post.id),
    },
    asked_url: |post| post.url.clone(),
    creator: |name| creator(CreatorKind::Handle, "in", name),
    creator_id: CreatorId {
        is: |id| id.starts_with("ACo") && is_word(id, 4..=100, b"-_"),
        form: "ACo and more letters, digits, - or _",
        page: "https://www.linkedin.com/in/",
    },
    made_up_post: |_, number| post(Urn::Activity, &number.to_string()),
    short_link_user_agent: None,
    views: ViewsKind::Reactions,
    shows_shares: true,
    shows_following: true,
};

/// The subdomains of the site itself; some were made for older telephones.
const SUBDOMAINS: [&str; 7] = ["", "m", "touch", "touch.www", "mobile", "lite", "www2"];

/// The shortest id in a post's slug; ids have had 19 digits for many years.
const SHORTEST_ID: usize = 15;

fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.domain, address.path) {
        ("lnkd.in", [token]) if *token != "p" && is_word(token, 1..=32, b"-_") => {
            Ok(ShortLink::link(LINKEDIN, token, ["https://lnkd.in/", token].concat()))
        }
        ("lnkd.in", ["p", token]) if is_word(token, 1..=32, b"-_") => {
            Ok(ShortLink::link(LINKEDIN, token, ["https://lnkd.in/p/", token].concat()))
        }
        ("lnkd.in", _) => other("page of another kind"),
        // A subdomain of two letters is always a country's.
        (_, path) if address.subdomain.len() == 2 || SUBDOMAINS.contains(&address.subdomain) => {
            read_path(address, path)
        }
        _ => other("page of another kind"),
    }
}

fn read_path(address: &Address<'_>, path: &[&str]) -> Result<Link, LinkError> {
    match path {
        [] => other(Page::Start),

        ["analytics", "post-summary", urn, ..]
        | ["feed", "update", urn, ..]
        | ["embed", "feed", "update", urn, ..]
        | ["video", "event" | "live", urn, ..] => {
            // Links in LinkedIn's own mails lack the beginning of the URN.
            match by_urn(urn).or_else(|| by_urn(&["urn:li:", urn].concat())) {
                Some(post) => Ok(Link::Post(post)),
                None if urn.contains("groupPost") => other("post in a group"),
                None => other(Page::Broken("link with an invalid post id")),
            }
        }
        ["posts", slug, ..] => match by_slug(slug) {
            Some(post) => Ok(Link::Post(post)),
            None => other(Page::Broken("link without a post's id")),
        },

        // Mails and old telephones add these segments before a path.
        ["comm" | "mwlite", rest @ ..] => read_path(address, rest),
        ["profile", "in", name, ..] | ["in", name, ..] => creator(CreatorKind::Handle, "in", name),
        // In today's form, the name includes the numbers after the old name. `/in/` without them is
        // another person.
        ["pub", ..] => other("profile in an old form"),
        ["company", name, ..] => creator(CreatorKind::Company, "company", name),
        ["school", name, ..] => creator(CreatorKind::School, "school", name),
        ["showcase", name, ..] => creator(CreatorKind::Showcase, "showcase", name),

        ["feed", "hashtag", ..] => other("hashtag page"),
        // Links in mails show the feed with this post on top.
        ["feed"] if let Some(post) = address.query("highlightedUpdateUrn").and_then(|urn| by_urn(&urn)) => {
            Ok(Link::Post(post))
        }
        ["feed", ..] => other("feed"),
        ["pulse" | "newsletters", ..] => other("article"),
        ["search", ..] => other("search page"),
        ["jobs", ..] => other("job"),
        ["events", ..] => other("event"),
        ["groups", ..] => other("group"),
        ["authwall" | "login" | "uas" | "checkpoint" | "signup", ..] => other(Page::Login),
        _ => other("page of another kind"),
    }
}

/// A complete URN, because a number alone doesn't show its kind.
fn bare_id(text: &str) -> Option<Post> {
    by_urn(text)
}

/// `urn:li:activity:7294184927465283584`; mail programs escape it twice.
fn by_urn(text: &str) -> Option<Post> {
    let plain =
        if text.contains('%') { percent_encoding::percent_decode_str(text).decode_utf8().ok()? } else { text.into() };
    let plain = plain
        .strip_prefix("urn:li:fsd_update:(")
        .map_or(&*plain, |inner| inner.split([',', ')']).next().unwrap_or(inner));
    let (kind, id) = plain.strip_prefix("urn:li:")?.split_once(':')?;
    post(Urn::from_str(kind).ok()?, id)
}

/// `someone_some-words-activity-7294184927465283584-Ab1c`. The words may contain a kind's name and
/// a number themselves. The id is after the last such name, and longer than any number that people
/// write.
fn by_slug(slug: &str) -> Option<Post> {
    let kinds = [(Urn::Activity, "activity"), (Urn::Share, "share"), (Urn::UgcPost, "ugcPost")];
    let mut words = slug.rsplit('-');
    let mut id = words.next()?;
    for word in words {
        if let Some((urn, _)) = kinds.iter().find(|(_, name)| word.ends_with(name)) {
            return (id.len() >= SHORTEST_ID).then(|| post(*urn, id))?;
        }
        id = word;
    }
    None
}

fn post(urn: Urn, id: &str) -> Option<Post> {
    let url = ["https://www.linkedin.com/feed/update/urn:li:", urn.into(), ":", id, "/"].concat();
    is_number(id).then(|| Post { urn: Some(urn), ..Post::new(LINKEDIN, id, url) })
}

/// Names may have any script and any signs, except signs that separate the parts of an address.
fn creator(kind: CreatorKind, prefix: &str, name: &str) -> Result<Link, LinkError> {
    let is_allowed = |letter: char| {
        !is_of_font(letter)
            && !letter.is_control()
            && !letter.is_whitespace()
            && !matches!(letter, '%' | '/' | '?' | '#' | '@' | ':' | '\\' | '…')
    };
    // The lower case of a capital can be a letter of a font: "Ᵽ" becomes "ᵽ".
    let small = name.to_lowercase();
    // A name of dots only would change the path.
    let has_letter = small.chars().any(char::is_alphanumeric);
    if !has_letter || small.chars().count() > 100 || !small.chars().all(is_allowed) {
        return other("page with a name that can't exist");
    }
    if name.starts_with("ACo") {
        // A member's id is the only kind of name in which case matters.
        let url = ["https://www.linkedin.com/", prefix, "/", &escaped(name), "/"].concat();
        return Ok(Creator::link(LINKEDIN, CreatorKind::Id, name, url));
    }
    if prefix == "in" && LINKEDIN.reserves(&small) {
        return other("page that differs for every visitor");
    }
    let url = ["https://www.linkedin.com/", prefix, "/", &escaped(&small), "/"].concat();
    Ok(Creator::link(LINKEDIN, kind, small, url))
}

fn other(page: impl Into<Page>) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: LINKEDIN, page: page.into() })
}
