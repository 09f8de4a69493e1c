//! What callers send: the key's header and the body. Reading is pure.

use std::str::FromStr;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::error::{ApiError, ErrorCode};
use crate::platform::{self, Link, LinkError, Platform, Post, ShortLink};

/// The largest body, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const EXAMPLE: &str = r#"send a JSON object like {"url": "https://www.tiktok.com/@user/video/7123456789"}"#;

/// The key's text, from `Authorization: Bearer` or `X-API-Key`; None when it is in neither, or they differ.
#[must_use]
pub fn api_key(headers: &HeaderMap) -> Option<String> {
    let text =
        |name| headers.get(name).map(|value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
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
    let fields = object(body)?;
    let platform = optional_platform(&fields)?;
    let url = required_text(&fields, "url")?;
    post_behind(platform::parse(url, platform)?)
}

/// The post that a link leads to.
///
/// # Errors
/// When it leads to a creator.
pub fn post_behind(link: Link) -> Result<Asked<Post>, ApiError> {
    match link {
        Link::Post(post) => Ok(Asked::For(post)),
        Link::Short(short) => Ok(Asked::Behind(short)),
        Link::Creator(creator) => Err(ApiError::new(
            ErrorCode::InvalidLink,
            format!(
                "Bad request — this is the page of the {} creator {}; send the link of one post",
                creator.platform.title(),
                creator.id
            ),
        )),
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        Self::new(ErrorCode::InvalidLink, format!("Bad request — {error}"))
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(invalid(format!("the body is empty; {EXAMPLE}")));
    }
    let text = std::str::from_utf8(body).map_err(|_| invalid(format!("the body is not UTF-8; {EXAMPLE}")))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(invalid(format!("the body is JSON, but not an object; {EXAMPLE}"))),
        Err(_) => Err(invalid(format!("the body is not valid JSON; {EXAMPLE}"))),
    }
}

fn required_text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    match fields.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        Some(Value::String(_)) => Err(invalid(format!("`{name}` is empty; {EXAMPLE}"))),
        None | Some(Value::Null) => Err(invalid(format!("`{name}` is missing; {EXAMPLE}"))),
        Some(_) => Err(invalid(format!("`{name}` must be a text; {EXAMPLE}"))),
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
