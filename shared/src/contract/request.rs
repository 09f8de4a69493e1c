//! What callers send: the key's header and the body. Reading is pure.

use std::str::FromStr;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::error::{ApiError, ErrorCode};
use crate::platform::{self, CREATOR, Creator, Link, LinkError, POST, Platform, Post, ShortLink, by_name};

/// The largest body, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Where the contract has creators.
const CREATOR_PLATFORMS: [Platform; 3] = [Platform::TikTok, Platform::Instagram, Platform::YouTube];
const POST_EXAMPLE: &str = r#"send a JSON object like {"url": "https://www.tiktok.com/@user/video/7123456789"}"#;
const CREATOR_EXAMPLE: &str =
    r#"send a JSON object like {"url": "https://www.tiktok.com/@user"} or {"username": "user", "platform": "tiktok"}"#;

/// The key's text, from `Authorization: Bearer` or `X-API-Key`; None when it is in neither, or they differ.
#[must_use]
pub fn api_key(headers: &HeaderMap) -> Option<String> {
    let read = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    let text = |name| headers.get(name).map(read).filter(|text| !text.is_empty());
    let bearer = text(AUTHORIZATION).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
    });
    match (bearer, text(X_API_KEY)) {
        (Some(one), Some(other)) if one != other => None,
        (bearer, x_api_key) => bearer.or(x_api_key),
    }
}

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<S> {
    /// This subject.
    For(S),
    /// The subject that this leads to.
    Behind(ShortLink),
}

impl<S> Asked<S> {
    /// The same, about something else.
    pub fn map<T>(self, change: impl FnOnce(S) -> T) -> Asked<T> {
        match self {
            Self::For(subject) => Asked::For(change(subject)),
            Self::Behind(short) => Asked::Behind(short),
        }
    }
}

/// Reads a body like `{"url": …, "platform": …}` that asks for a post.
///
/// # Errors
/// What is wrong with it and what to send instead.
pub fn post_request(body: &[u8]) -> Result<Asked<Post>, ApiError> {
    let fields = object(body, POST_EXAMPLE)?;
    let platform = optional_platform(&fields)?;
    let url = required_text(&fields, "url", POST_EXAMPLE)?;
    post_behind(platform::parse(url, platform).map_err(|error| invalid_link(&error, POST))?)
}

/// The post that a link leads to.
///
/// # Errors
/// When it leads to a creator.
pub fn post_behind(link: Link) -> Result<Asked<Post>, ApiError> {
    match link {
        Link::Post(post) => Ok(Asked::For(post)),
        Link::Short(short) => Ok(Asked::Behind(short)),
        Link::Creator(Creator { platform, id, .. }) => {
            let seen = format!("this is the page of the {} creator {id}", platform.title());
            Err(ApiError::new(ErrorCode::InvalidLink, format!("Bad request — {seen}; send the link of {POST}")))
        }
    }
}

/// Reads a body that asks for a creator: `{"url": …}`, or `{"username": …, "platform": …}`.
///
/// # Errors
/// What is wrong with it and what to send instead.
pub fn creator_request(body: &[u8]) -> Result<Asked<Creator>, ApiError> {
    let fields = object(body, CREATOR_EXAMPLE)?;
    let platform = optional_platform(&fields)?;
    let is_there = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
    let link = match (is_there("url"), is_there("username"), platform) {
        (true, true, _) => return Err(invalid(format!("`url` and `username` are both there; {CREATOR_EXAMPLE}"))),
        (false, true, None) => return Err(invalid(format!("`platform` is missing; {CREATOR_EXAMPLE}"))),
        (false, true, Some(platform)) => by_name(platform, required_text(&fields, "username", CREATOR_EXAMPLE)?),
        (_, false, _) => creator_link(required_text(&fields, "url", CREATOR_EXAMPLE)?, platform),
    };
    creator_behind(link.map_err(|error| invalid_link(&error, CREATOR))?)
}

/// With `platform` named, a bare name is read too; one with a dot may be a site's, so it needs an `@`.
fn creator_link(text: &str, platform: Option<Platform>) -> Result<Link, LinkError> {
    let text = text.trim();
    let is_name = text.starts_with('@') || !text.contains(['.', '/', ':']);
    match platform {
        Some(platform) if is_name => by_name(platform, text),
        _ => platform::parse(text, platform),
    }
}

/// The creator that a link leads to.
///
/// # Errors
/// When it leads to a post.
pub fn creator_behind(link: Link) -> Result<Asked<Creator>, ApiError> {
    match link {
        Link::Creator(creator) => Ok(Asked::For(creator)),
        Link::Short(short) => Ok(Asked::Behind(short)),
        Link::Post(Post { platform, .. }) if !CREATOR_PLATFORMS.contains(&platform) => Err(ApiError::new(
            ErrorCode::UnsupportedPlatform,
            format!(
                "Bad request — creators of {} are not supported; those of TikTok, Instagram, YouTube are",
                platform.title()
            ),
        )),
        Link::Post(Post { platform, .. }) => {
            let seen = format!("this is the link of one {} post", platform.title());
            let advice = format!("send the link of {CREATOR}, or `username` and `platform`");
            Err(ApiError::new(ErrorCode::InvalidLink, format!("Bad request — {seen}; {advice}")))
        }
    }
}

fn invalid_link(error: &LinkError, wanted: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidLink, format!("Bad request — {}", error.message(wanted)))
}

fn object(body: &[u8], example: &str) -> Result<Map<String, Value>, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(invalid(format!("the body is empty; {example}")));
    }
    let text = std::str::from_utf8(body).map_err(|_| invalid(format!("the body is not UTF-8; {example}")))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(invalid(format!("the body is JSON, but not an object; {example}"))),
        Err(_) => Err(invalid(format!("the body is not valid JSON; {example}"))),
    }
}

fn required_text<'a>(fields: &'a Map<String, Value>, name: &str, example: &str) -> Result<&'a str, ApiError> {
    match fields.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        Some(Value::String(_)) => Err(invalid(format!("`{name}` is empty; {example}"))),
        None | Some(Value::Null) => Err(invalid(format!("`{name}` is missing; {example}"))),
        Some(_) => Err(invalid(format!("`{name}` must be a text; {example}"))),
    }
}

fn optional_platform(fields: &Map<String, Value>) -> Result<Option<Platform>, ApiError> {
    const KNOWN: &str = "tiktok, instagram, youtube, twitter (or x), facebook, linkedin";
    match fields.get("platform") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Platform::from_str(name.trim()).map(Some).map_err(|_| {
            let name: String = name.chars().take(30).collect();
            ApiError::new(
                ErrorCode::UnsupportedPlatform,
                format!("Bad request — there is no platform {name:?}; send one of {KNOWN}, or leave `platform` out"),
            )
        }),
        Some(_) => Err(invalid(format!("`platform` must be a text; send one of {KNOWN}, or leave it out"))),
    }
}

fn invalid(problem: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, format!("Bad request — {problem}"))
}
