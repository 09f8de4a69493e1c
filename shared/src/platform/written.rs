//! Reads a link in the form in which people write it in a text: with characters around it, in
//! capitals, or broken by a space or line break.

use std::borrow::Cow;

use super::address::{self, Manner, whose};
use super::torn::{is_end_of, looks_like_id, names_another, torn_by};
use super::{Link, LinkError, Page};

/// Reads a link in a text, with the text after it.
pub(super) fn read_written(written: &str, behind: &str, manner: Manner) -> Result<Link, LinkError> {
    let link = read_with_slips(written, manner).map_err(|refusal| with_id_named(refusal, written))?;
    let cut = |page: &'static str| Err(LinkError::OtherPage { platform: link.platform(), page: Page::Broken(page) });
    if behind.starts_with("..") || behind.starts_with('…') {
        return cut("link that was cut off");
    }
    if names_another(&link, behind) {
        return cut("link with another id or name behind it");
    }
    match torn_by(&link, written, behind, manner) {
        None => Ok(link),
        Some("\t" | "\n" | "\r\n") => cut("link with a tab or a line break in it"),
        Some(_) => cut("link with a space in it"),
    }
}

/// A page's address with a post's id is more likely a mistyped link than a page of another kind.
pub(super) fn with_id_named(refusal: LinkError, written: &str) -> LinkError {
    match refusal {
        LinkError::OtherPage { platform, page: Page::Other("page of another kind") }
            if written.split(['/', '?']).any(|segment| looks_like_id(platform, segment)) =>
        {
            LinkError::OtherPage { platform, page: Page::Broken("link with an id in a place where no post's is") }
        }
        refusal => refusal,
    }
}

/// Reads a link unchanged. If that fails, reads it without the characters at its end, and with the
/// platform's words in lower case.
fn read_with_slips(written: &str, manner: Manner) -> Result<Link, LinkError> {
    let read = |text: &str| address::read(text, manner);
    let refusal = match read(written) {
        Ok(link) if is_spoiled(&link, written) => Err(capitals(&link)),
        Err(refusal) if refusal.platform().is_some() => Err(refusal),
        link => return link,
    };
    let without = shortened(written).and_then(|(shorter, behind)| {
        let link = read(shorter).ok()?;
        is_end_of(&link, shorter, behind, manner).then_some(link)
    });
    if let Some(link) = without {
        return Ok(link);
    }
    match small(written).map(|small| (read(&small), small)) {
        Some((Ok(link), _)) if is_spoiled(&link, written) => Err(capitals(&link)),
        Some((Ok(link), _)) => Ok(link),
        _ => refusal,
    }
}

/// Reads the beginning of a broken link.
pub(super) fn rest_of(written: &str, manner: Manner) -> Option<Link> {
    let beginning = || address::read(shortened(written)?.0, manner).ok();
    address::read(written, manner).ok().or_else(beginning)
}

fn capitals(link: &Link) -> LinkError {
    LinkError::OtherPage { platform: link.platform(), page: Page::Broken("link in capitals, which lost its id") }
}

/// Whether a link in capitals has an id whose lower-case letters are lost.
fn is_spoiled(link: &Link, written: &str) -> bool {
    let id = match link {
        Link::Post(post) => &post.id,
        Link::Short(short) => &short.token,
        Link::Creator(_) => return false,
    };
    let rest = written.split_once("//").map_or(written, |(_, rest)| rest);
    id.bytes().any(|byte| byte.is_ascii_alphabetic()) && !rest.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// The link before the first character that is unusual in links, and the text after that character.
fn shortened(written: &str) -> Option<(&str, &str)> {
    let host = written.find("://").map_or(0, |scheme| scheme + 3);
    let path = host + written[host..].find('/')?;
    let mut has_query = false;
    for (at, sign) in written[path..].char_indices() {
        let is_cut = match sign {
            '?' => {
                has_query = true;
                false
            }
            '&' => !has_query,
            '(' | ')' | '[' | ']' | '{' | '}' | '*' | '^' | '\'' | '!' | ',' | ';' => true,
            // The text after it doesn't count.
            '#' => return None,
            '\0'..='\x7f' => false,
            // The link was cut off, so the rest of it is unknown.
            '…' | '‥' => return None,
            // Letters that look like Latin ones, and other digits, may replace a character of an
            // id.
            _ if sign.is_numeric() || ('\u{FF00}'..='\u{FFEF}').contains(&sign) => return None,
            _ if sign.is_alphanumeric() => {
                if sign < '\u{0E00}' {
                    return None;
                }
                true
            }
            _ => true,
        };
        if is_cut {
            return Some(written.split_at(path + at));
        }
    }
    None
}

/// Words in the platforms' addresses, written like in the grammars. Autocorrection capitalises
/// them, and some spreadsheets write them in capitals.
const WORDS: [&str; 30] = [
    "channel",
    "company",
    "embed",
    "events",
    "feed",
    "groups",
    "i",
    "in",
    "live",
    "p",
    "permalink",
    "permalink.php",
    "photo",
    "photos",
    "posts",
    "profile.php",
    "reel",
    "reels",
    "school",
    "shorts",
    "showcase",
    "status",
    "statuses",
    "story.php",
    "tv",
    "update",
    "user",
    "video",
    "videos",
    "watch",
];

/// Names of parameters with numbers, in capitals. If the value has letters, their original case is
/// lost.
const NAMES: [&str; 6] = ["AWEME_ID", "FBID", "ID", "ITEM_ID", "STORY_FBID", "V"];

/// The link with the platform's words in lower case; `None` if they already are.
fn small(written: &str) -> Option<Cow<'_, str>> {
    let host = written.find("//").map_or(0, |slashes| slashes + 2);
    let (start, rest) = written.split_at(host + written[host..].find('/')?);
    let is_ours = {
        let host = start[host..].to_ascii_lowercase();
        whose(&host).is_some()
    };
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let segments: Vec<Cow<'_, str>> = path.split('/').map(small_word).collect();
    let query = query.map(|query| {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if NAMES.contains(&name) && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                [&name.to_ascii_lowercase(), "=", value].concat().into()
            }
            _ => Cow::Borrowed(pair),
        });
        ["?", &pairs.collect::<Vec<_>>().join("&")].concat()
    });
    let small = [start, &segments.join("/"), query.as_deref().unwrap_or_default()].concat();
    (is_ours && small != written).then_some(small.into())
}

/// Whether a path has one of the platforms' words with capitals.
pub(super) fn has_word_in_capitals(path: &str) -> bool {
    let has_capital = |segment: &str| segment.bytes().any(|byte| byte.is_ascii_uppercase());
    path.split('/').any(|segment| has_capital(segment) && small_word(segment) != segment)
}

fn small_word(segment: &str) -> Cow<'_, str> {
    let small = segment.to_ascii_lowercase();
    if WORDS.contains(&small.as_str()) { small.into() } else { segment.into() }
}
