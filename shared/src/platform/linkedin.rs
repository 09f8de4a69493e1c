//! LinkedIn's links. A post has up to three ids, and a link has one of them: activity, share or ugcPost.

use std::str::FromStr;

use super::{
    Address, Creator, CreatorKind, LOGIN_PAGE, Link, LinkError, Platform, Post, ShortLink, Urn, escaped, is_number,
    is_word,
};

const LINKEDIN: Platform = Platform::LinkedIn;

pub(super) fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.domain, address.path) {
        ("lnkd.in", [token]) if is_word(token, 1..=32, b"-_") => {
            Ok(ShortLink::link(LINKEDIN, token, ["https://lnkd.in/", token].concat()))
        }
        ("lnkd.in", ["p", token]) if is_word(token, 1..=32, b"-_") => {
            Ok(ShortLink::link(LINKEDIN, token, ["https://lnkd.in/p/", token].concat()))
        }
        ("lnkd.in", _) => other("page"),
        // Any subdomain of two letters is a country's.
        (_, path) if address.subdomain.len() == 2 || matches!(address.subdomain, "" | "m") => read_path(path),
        _ => other("page"),
    }
}

fn read_path(path: &[&str]) -> Result<Link, LinkError> {
    match path {
        [] => other("start page"),

        ["feed", "update", urn, ..]
        | ["embed" | "comm", "feed", "update", urn, ..]
        | ["video", "event" | "live", urn, ..] => match by_urn(urn) {
            Some(post) => Ok(Link::Post(post)),
            None => other("link whose post id is not one"),
        },
        ["posts", slug, ..] => match by_slug(slug) {
            Some(post) => Ok(Link::Post(post)),
            None => other("link without a post's id"),
        },

        ["in", name, ..] | ["mwlite", "in", name, ..] | ["mwlite", "profile", "in", name, ..] | ["pub", name, ..] => {
            creator(CreatorKind::Handle, "in", name)
        }
        ["company", name, ..] => creator(CreatorKind::Company, "company", name),
        ["school", name, ..] => creator(CreatorKind::School, "school", name),
        ["showcase", name, ..] => creator(CreatorKind::Showcase, "showcase", name),

        ["feed", "hashtag", ..] => other("hashtag page"),
        ["feed", ..] => other("feed"),
        ["pulse" | "newsletters", ..] => other("article"),
        ["search", ..] => other("search page"),
        ["jobs", ..] => other("job"),
        ["events", ..] => other("event"),
        ["groups", ..] => other("group"),
        ["authwall" | "login" | "uas" | "checkpoint", ..] => other(LOGIN_PAGE),
        _ => other("page"),
    }
}

/// A whole URN. The number alone doesn't say of which kind it is.
pub(super) fn bare_id(text: &str) -> Option<Post> {
    by_urn(text)
}

/// `urn:li:activity:7294184927465283584`; mail programs escape it twice.
fn by_urn(text: &str) -> Option<Post> {
    let plain = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    let (kind, id) = plain.strip_prefix("urn:li:")?.split_once(':')?;
    post(Urn::from_str(kind).ok()?, id)
}

/// `someone_some-words-activity-7294184927465283584-Ab1c`: the id is behind the last kind's name.
fn by_slug(slug: &str) -> Option<Post> {
    [(Urn::Activity, "activity-"), (Urn::Share, "share-"), (Urn::UgcPost, "ugcPost-")].into_iter().find_map(
        |(urn, name)| {
            let start = slug.rfind(name)?;
            let is_word = slug[..start].is_empty() || slug[..start].ends_with(['-', '_']);
            let id = slug[start + name.len()..].split('-').next().filter(|_| is_word)?;
            post(urn, id)
        },
    )
}

fn post(urn: Urn, id: &str) -> Option<Post> {
    let url = ["https://www.linkedin.com/feed/update/urn:li:", urn.into(), ":", id, "/"].concat();
    is_number(id).then(|| Post { urn: Some(urn), ..Post::new(LINKEDIN, id, url) })
}

/// Names may be of any script and have any signs but those that take an address apart.
fn creator(kind: CreatorKind, prefix: &str, name: &str) -> Result<Link, LinkError> {
    let is_allowed = |letter: char| !letter.is_control() && !letter.is_whitespace() && !"%/?#\\".contains(letter);
    if name.is_empty() || !name.chars().all(is_allowed) {
        return other("page with a name that can't exist");
    }
    let name = name.to_lowercase();
    if (prefix, name.as_str()) == ("in", "me") {
        return other("page that is another one for everybody");
    }
    let url = ["https://www.linkedin.com/", prefix, "/", &escaped(&name), "/"].concat();
    Ok(Creator::link(LINKEDIN, kind, name, url))
}

fn other(page: &'static str) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: LINKEDIN, page })
}
