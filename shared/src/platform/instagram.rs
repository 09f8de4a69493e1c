//! Instagram's links. `/p/`, `/reel/`, `/reels/` and `/tv/` are aliases of one post.

use super::{Address, Creator, CreatorKind, LOGIN_PAGE, Link, LinkError, Platform, Post, ShortLink, is_word};

const INSTAGRAM: Platform = Platform::Instagram;

/// The digits of a shortcode, from 0 to 63.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// What a shortcode of a private post has behind its own: a secret that opens it.
const SECRET_LENGTH: usize = 28;

pub(super) fn read(address: &Address<'_>) -> Result<Link, LinkError> {
    match (address.subdomain, address.path) {
        ("" | "m", path) => read_path(path),
        _ => other("page"),
    }
}

fn read_path(path: &[&str]) -> Result<Link, LinkError> {
    match path {
        [] => other("start page"),

        ["reels", "audio", ..] => other("sound page"),
        ["reels", "videos", code] if is_code(code) && *code != "videos" => post(code),
        ["reels", "videos", ..] | ["reels" | "reel"] => other("feed"),
        ["p" | "reel" | "reels" | "tv", code, ..] if is_code(code) => post(code),

        ["share", token] | ["share", "p" | "reel" | "reels" | "tv", token, ..] if is_code(token) => {
            let kind = if path.len() > 2 { format!("{}/", path[1]) } else { String::new() };
            Ok(ShortLink::link(INSTAGRAM, token, ["https://www.instagram.com/share/", &kind, token].concat()))
        }
        ["s", ..] | ["stories", "highlights", ..] => other("highlight"),
        ["stories", ..] => other("story"),
        ["explore", ..] => other("search page"),
        ["accounts", "login", ..] | ["challenge", ..] => other(LOGIN_PAGE),

        [name, ..] if is_reserved(name) => other("page"),
        [name, "p" | "reel" | "reels" | "tv", code, ..] if is_handle(name) && is_code(code) => post(code),
        [name] if is_handle(name) => creator(name),
        [
            name,
            "avatar" | "channel" | "followers" | "following" | "guides" | "photos" | "posts" | "reels" | "tagged"
            | "videos",
        ] if is_handle(name) => creator(name),
        _ => other("page"),
    }
}

/// A shortcode, or the number that it stands for.
pub(super) fn bare_id(text: &str) -> Option<Post> {
    let code = if text.len() > 15 { shortcode(text) } else { None };
    let code = code.as_deref().unwrap_or(text);
    is_word(code, 5..=64, b"-_").then(|| new_post(code))
}

/// The number behind a shortcode; None when it isn't one, or exceeds what Instagram gives.
#[must_use]
pub fn media_id(code: &str) -> Option<String> {
    let own = if code.len() > SECRET_LENGTH { code.get(..code.len() - SECRET_LENGTH)? } else { code };
    let digit =
        |letter: u8| DIGITS.iter().position(|digit| *digit == letter).and_then(|place| u64::try_from(place).ok());
    let id = own.bytes().try_fold(0_u64, |id, letter| id.checked_mul(64)?.checked_add(digit(letter)?))?;
    (id > 0 && i64::try_from(id).is_ok()).then(|| id.to_string())
}

/// The shortcode of a number, which some providers write with the author's behind it: `123_456`.
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

fn post(code: &str) -> Result<Link, LinkError> {
    Ok(Link::Post(new_post(code)))
}

fn new_post(code: &str) -> Post {
    Post::new(INSTAGRAM, code, ["https://www.instagram.com/p/", code, "/"].concat())
}

fn creator(name: &str) -> Result<Link, LinkError> {
    let name = name.to_lowercase();
    if is_reserved(&name) {
        return other("page");
    }
    let url = ["https://www.instagram.com/", &name, "/"].concat();
    Ok(Creator::link(INSTAGRAM, CreatorKind::Handle, name, url))
}

fn other(page: &'static str) -> Result<Link, LinkError> {
    Err(LinkError::OtherPage { platform: INSTAGRAM, page })
}

fn is_code(text: &str) -> bool {
    is_word(text, 1..=64, b"-_")
}

fn is_handle(text: &str) -> bool {
    is_word(text, 1..=30, b"._")
}

/// First segments that are Instagram's own and so nobody's handle.
fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "about"
            | "accounts"
            | "api"
            | "ar"
            | "archive"
            | "blog"
            | "challenge"
            | "create"
            | "data"
            | "developer"
            | "developers"
            | "direct"
            | "directory"
            | "emails"
            | "explore"
            | "graphql"
            | "legal"
            | "login"
            | "nametag"
            | "oauth"
            | "p"
            | "press"
            | "privacy"
            | "reel"
            | "reels"
            | "rupload_igphoto"
            | "rupload_igvideo"
            | "s"
            | "session"
            | "settings"
            | "share"
            | "static"
            | "stories"
            | "terms"
            | "tv"
            | "web"
            | "your_activity"
    )
}
