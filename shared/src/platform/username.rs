//! Reads the strings that callers send as a creator's name.

use percent_encoding::percent_decode_str;
use psl::Psl;

use super::address::{MAX_LENGTH, is_invisible, trimmed, whose};
use super::text::{has_look_alikes, is_of_font};
use super::{Link, LinkError, Page, Platform, foreign, parse};

/// Reads a creator's name, or a link of that platform instead.
pub(super) fn read(platform: Platform, name: &str) -> Result<Link, LinkError> {
    let name = trimmed(name);
    if name.len() > MAX_LENGTH {
        return Err(LinkError::TooLong);
    }
    let refused = |seen| Err(LinkError::NoUsername { platform, seen });
    if is_link(name) {
        let link = parse(name, Some(platform))?;
        return if has_another_name(name, &link) { refused("it has another name beside the link") } else { Ok(link) };
    }
    let Some(name) = decoded(without_link_around(name)) else {
        return refused("it contains invalid escapes");
    };
    let name = without_link_around(&name);
    if let Some((prefix, rest)) = name.split_once('/') {
        if platform.grammar().creator_prefixes.contains(&prefix) && is_one_name(rest) {
            return parse(&["https://www.", platform.domain(), "/", name].concat(), Some(platform));
        }
        return refused("it contains a slash");
    }
    match (platform.grammar().creator)(name) {
        Ok(link) => Ok(link),
        Err(LinkError::OtherPage { page: Page::Broken(_), .. }) => {
            refused("it looks like a channel's id with a typing error")
        }
        Err(_) => refused(wrong_with(platform, name)),
    }
}

/// Reads a name that was sent instead of a link, together with the platform, if it can only be a
/// name.
pub(super) fn in_place_of_link(platform: Platform, text: &str) -> Option<Result<Link, LinkError>> {
    let text = trimmed(text);
    if text.starts_with(['@', '＠']) {
        return Some(read(platform, text));
    }
    let name = text.strip_suffix('/').unwrap_or(text);
    if name.contains(['/', ':', '@', '?', '#', ' ']) {
        return None;
    }
    match name.rsplit_once('.') {
        None => Some(read(platform, text)),
        // IP addresses, and names of websites.
        Some((_, end)) if end.bytes().all(|byte| byte.is_ascii_digit()) => None,
        Some(_) if whose(name).is_some() || foreign::is_known(name) => None,
        Some(_) if is_public_suffix(name) => Some(Err(LinkError::NameOrSite(platform))),
        Some(_) => Some(read(platform, text)),
    }
}

/// Whether a name ends like a website's name.
pub(super) fn is_public_suffix(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    psl::List.suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// Whether this string names a website: with a scheme, or with a host before a slash.
fn is_link(name: &str) -> bool {
    let host = name.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_host = host.len() < name.len() && host.contains('.') && !host.contains('@');
    name.contains(":/")
        || name.starts_with("//")
        || (is_host && (whose(&host).is_some() || foreign::is_known(&host) || host.starts_with("www.")))
        || name.to_ascii_lowercase().contains("%3a%2f%2f")
        || name.split_whitespace().skip(1).any(|word| word.contains('/') && is_link(word))
}

/// Whether the text has a name that differs from the name in the link.
fn has_another_name(text: &str, link: &Link) -> bool {
    let is_name_of = |word: &str| matches!(link, Link::Creator(creator) if creator.id.eq_ignore_ascii_case(word));
    text.split_whitespace().filter(|word| !is_link(word)).any(|word| {
        let name = word.trim_matches(|sign: char| !sign.is_alphanumeric() && sign != '@');
        let looks_like_one = name.starts_with('@') || name.contains(['_', '.']);
        looks_like_one && !is_name_of(name.trim_start_matches('@'))
    })
}

/// The percent-decoded name; `None` if the encoding is invalid.
fn decoded(name: &str) -> Option<String> {
    if !name.contains('%') {
        return Some(name.to_owned());
    }
    let decoded = percent_decode_str(name).decode_utf8().ok()?;
    (!decoded.contains(['%', '/', '\\', '?', '#'])).then(|| decoded.into_owned())
}

/// The name without the remains of a link, and without characters before it.
fn without_link_around(name: &str) -> &str {
    let name = trimmed(name)
        .trim_start_matches(|sign: char| matches!(sign, '@' | '＠') || sign.is_whitespace() || is_invisible(sign));
    let name = match name.split_once('?') {
        Some((before, query)) if query.is_empty() || query.contains('=') => before,
        _ => name,
    };
    trimmed(name.trim_end_matches('/'))
}

fn is_one_name(rest: &str) -> bool {
    let is_sign = |letter: char| letter.is_control() || letter.is_whitespace() || "/?#\\%".contains(letter);
    !rest.is_empty() && !rest.contains(is_sign)
}

/// The fault of a name.
fn wrong_with(platform: Platform, name: &str) -> &'static str {
    let small = name.to_lowercase();
    if name.is_empty() {
        return "it is empty";
    }
    if platform.reserves(&small) {
        return "it is one of the platform's own words";
    }
    if name.contains(is_of_font) {
        return "it has letters of a fancy font; type it, or copy it from the creator's link";
    }
    if has_look_alikes(name) {
        return "it mixes Latin letters with similar letters of another alphabet";
    }
    if !name.contains(char::is_alphanumeric) {
        return "it has no letter";
    }
    match name.chars().find(|letter| !letter.is_alphanumeric() && !"._-".contains(*letter)) {
        Some('@') => "it looks like an e-mail address",
        Some('#') => "it looks like a hashtag",
        Some(',' | ';' | '|') => "it looks like more than one name",
        Some(letter) if letter.is_whitespace() => "it contains a space",
        Some(_) => "it contains a character that usernames can't have",
        None => "its letters, dots or length aren't possible in a username",
    }
}
