//! Instagram's links. `/p/`, `/reel/`, `/reels/` and `/tv/` are aliases of one post.

use std::borrow::Cow;

use jiff::Timestamp;

use super::address::Address;
use super::grammar::{CreatorId, Grammar, SIMPLE_CLIENT};
use super::text::is_word;
use super::{Creator, CreatorKind, Link, LinkError, Page, Platform, Post, ShortLink, ViewsKind};

const INSTAGRAM: Platform = Platform::Instagram;

pub(super) const GRAMMAR: Grammar = Grammar {
    title: "Instagram",
    article: "an",
    domains: &["instagram.com", "instagr.am"],
    read,
    is_unmistakable,
    creator_prefixes: &[],
    bare_id,
    // The key includes the secret of a private post, because providers can't see the post without
    // it.
    post_key: |post| Cow::Borrowed(code_in(&post.url)),
    asked_url: |post| post.url.clone(),
    // Other platforms' addresses have the @.
    creator: |name| creator(name.strip_prefix('@').unwrap_or(name)),
    creator_id: CreatorId::number("https://www.instagram.com/?id="),
    made_up_post: |_, number| shortcode(&number.to_string()).as_deref().map(new_post),
    short_link_user_agent: Some(SIMPLE_CLIENT),
    views: ViewsKind::Plays,
    shows_shares: true,
    shows_following: true,
};

/// The digits of a shortcode, from 0 to 63.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The length of the secret after the shortcode of a private post, which opens the post.
const SECRET_LENGTH: usize = 28;

fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.subdomain, address.path) {
        ("" | "m", path) => read_path(path),
        _ => other("page of another kind"),
    }
}

fn read_path(path: &[&str]) -> Result<Link, LinkError> {
    match path {
        [] => other(Page::Start),

        ["reels" | "reel", "audio", ..] => other("sound page"),
        ["explore", "tags", ..] => other("hashtag page"),
        ["reels", "videos", code] if is_code(code) => post(code),
        ["reels", "videos", ..] | ["reels" | "reel"] => other("feed"),
        ["p", code, ..] if is_any_code(code) => post(code),
        ["reel" | "reels" | "tv", code, ..] if is_code(code) => post(code),

        ["share", "p" | "reel" | "reels" | "tv"] => other(Page::Broken("share link without its token")),
        ["share", token] | ["share", "p" | "reel" | "reels" | "tv", token] if is_word(token, 1..=64, b"-_") => {
            let [kind, slash] = if path.len() > 2 { [path[1], "/"] } else { ["", ""] };
            Ok(ShortLink::link(INSTAGRAM, token, ["https://www.instagram.com/share/", kind, slash, token].concat()))
        }
        ["s", ..] | ["stories", "highlights", ..] => other("highlight"),
        ["stories", ..] => other("story"),
        ["explore", ..] => other("search page"),
        ["accounts", "login", ..] | ["challenge" | "consent", ..] => other(Page::Login),
        ["p" | "reel" | "reels" | "tv", text, ..] if !is_any_code(text) => {
            other(Page::Broken("link with an invalid post id"))
        }
        ["_u", name] if is_handle(name) => creator(name),
        // Other platforms' addresses have the @.
        [name]
            if let Some(name) = Some(name.trim_start_matches('@'))
                .filter(|bare| bare.len() < name.len())
                .filter(|name| is_handle(name)) =>
        {
            creator(name)
        }

        [name, ..] if INSTAGRAM.reserves(name) => other("page of another kind"),
        [name, "p", code, ..] if is_handle(name) && is_any_code(code) => post(code),
        [name, "reel" | "reels" | "tv", code, ..] if is_handle(name) && is_code(code) => post(code),
        [name] if is_handle(name) => creator(name),
        [
            name,
            "avatar" | "channel" | "embed" | "followers" | "following" | "guides" | "photos" | "posts" | "profilecard"
            | "reels" | "reposts" | "tagged" | "videos",
        ] if is_handle(name) => creator(name),
        _ => other("page of another kind"),
    }
}

/// A post's shortcode, or the number that is the same id.
fn bare_id(text: &str) -> Option<Post> {
    let code = if text.len() > 15 { shortcode(text) } else { None };
    let code = code.as_deref().unwrap_or(text);
    // Codes of other lengths can also be names.
    (matches!(code.len(), 10 | 11) || code.len() == 11 + SECRET_LENGTH)
        .then_some(code)
        .filter(|code| is_code(code))
        .map(new_post)
}

/// The number of a shortcode; `None` if it isn't a shortcode, or exceeds Instagram's numbers.
#[must_use]
pub fn media_id(code: &str) -> Option<String> {
    let own = if code.is_ascii() { own_code(code) } else { return None };
    let digit =
        |letter: u8| DIGITS.iter().position(|digit| *digit == letter).and_then(|place| u64::try_from(place).ok());
    let id = own.bytes().try_fold(0_u64, |id, letter| id.checked_mul(64)?.checked_add(digit(letter)?))?;
    (id > 0 && i64::try_from(id).is_ok()).then(|| id.to_string())
}

/// The shortcode of a number. Some providers add the author's number: `123_456`.
#[must_use]
pub fn shortcode(media_id: &str) -> Option<String> {
    let mut id: u64 = media_id.split('_').next()?.parse().ok()?;
    let mut letters = Vec::new();
    while id > 0 {
        letters.push(DIGITS[usize::try_from(id % 64).ok()?]);
        id /= 64;
    }
    letters.reverse();
    (!letters.is_empty()).then(|| String::from_utf8(letters).ok())?
}

/// The approximate time of a post: its id was created some seconds before, at most minutes.
#[must_use]
pub fn created_at(code: &str) -> Option<Timestamp> {
    /// The start of the ids' clock, in milliseconds since 1970.
    const IDS_SINCE: i64 = 1_314_220_021_721;
    let id: i64 = media_id(code)?.parse().ok()?;
    Timestamp::from_millisecond((id >> 23) + IDS_SINCE).ok()
}

/// The address of the post with this shortcode; `None` if the shortcode is invalid.
#[must_use]
pub fn post_url(code: &str) -> Option<String> {
    is_any_code(code).then(|| new_post(code).url)
}

fn post(code: &str) -> Result<Link, LinkError> {
    Ok(Link::Post(new_post(code)))
}

/// The post with this code. The secret in a private post's code opens the post, but isn't part of
/// its id.
fn new_post(code: &str) -> Post {
    Post::new(INSTAGRAM, own_code(code), ["https://www.instagram.com/p/", code, "/"].concat())
}

/// The code in a post's canonical address, with its secret if it has one.
fn code_in(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn own_code(code: &str) -> &str {
    if code.len() > SECRET_LENGTH { &code[..code.len() - SECRET_LENGTH] } else { code }
}

fn creator(name: &str) -> Result<Link, LinkError> {
    let name = name.to_lowercase();
    if !is_handle(&name) || INSTAGRAM.reserves(&name) {
        return other("page of another kind");
    }
    let url = ["https://www.instagram.com/", &name, "/"].concat();
    Ok(Creator::link(INSTAGRAM, CreatorKind::Handle, name, url))
}

fn other(page: impl Into<Page>) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: INSTAGRAM, page: page.into() })
}

/// Whether it is a code in paths other than `/p/`. Words with only lower-case letters are
/// Instagram's own there: "audio", "saved", "trending".
fn is_code(text: &str) -> bool {
    is_any_code(text) && !text.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_any_code(text: &str) -> bool {
    is_word(text, 1..=64, b"-_")
}

/// Codes have had 11 characters of all kinds for ten years, while other sites have words after
/// `/p/` and `/reel/`.
fn is_unmistakable(post: &Post, path: &str, _: &str) -> bool {
    let code = post.id.as_bytes();
    let is_mixed = code.iter().any(u8::is_ascii_digit)
        && code.iter().any(u8::is_ascii_lowercase)
        && code.iter().filter(|letter| letter.is_ascii_uppercase()).count() > 1;
    let is_form = ["/p/", "/reel/", "/reels/"]
        .iter()
        .any(|kind| path.strip_prefix(kind).is_some_and(|rest| rest.trim_end_matches('/') == post.id));
    is_form && code.len() == 11 && is_mixed
}

fn is_handle(text: &str) -> bool {
    is_word(text, 1..=30, b"._") && !text.starts_with('.') && !text.ends_with('.') && !text.contains("..")
}
