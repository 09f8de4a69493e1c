//! A caller's request: the key's header and the body. Reading has no side effects.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use strum::IntoEnumIterator;

use super::error::{ApiError, ErrorCode};
use super::options::Options;
use crate::platform::{Link, LinkError, Platform, Subject, Target, Wanted, by_id, by_name};

/// The byte order mark, which some editors and spreadsheets write at a file's beginning.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The key from `Authorization: Bearer` or `X-API-Key`. `None` if both are missing, or if they
/// differ.
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

/// The reason why a body names no subject: the fault, and what to send instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body isn't what the endpoint takes.
    #[error("{0}")]
    Body(String),
    /// The platform in `platform` isn't one of the supported ones.
    #[error("the platform {0:?} isn't supported; send one of {known}, or leave `platform` out", known = known_platforms())]
    UnknownPlatform(String),
    /// The link, or the name, doesn't lead to the subject of the endpoint.
    #[error("{}", error.message(*wanted))]
    Link {
        /// The fault of the link.
        error: LinkError,
        /// The kind of subject that the endpoint takes.
        wanted: Wanted,
    },
}

impl RequestError {
    /// The platform of the link, if it leads to a post instead of a creator, or to a creator
    /// instead of a post.
    #[must_use]
    pub fn platform_of_other_subject(&self) -> Option<Platform> {
        match self {
            Self::Link { error: LinkError::OtherPost(platform) | LinkError::OtherCreator { platform, .. }, .. } => {
                Some(*platform)
            }
            _ => None,
        }
    }
}

impl From<RequestError> for ApiError {
    fn from(error: RequestError) -> Self {
        let code = match error {
            RequestError::Body(_) => ErrorCode::InvalidRequest,
            RequestError::UnknownPlatform(_) => ErrorCode::UnsupportedPlatform,
            RequestError::Link { .. } => ErrorCode::InvalidLink,
        };
        Self::new(code, error.to_string())
    }
}

/// The content of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<S, O> {
    /// The subject, or the short link to it.
    pub target: Target<S>,
    /// The further options.
    pub options: O,
    /// The highest accepted age of an answer, and whether this is a dry run.
    pub freshness: Freshness,
}

/// The highest accepted age of an answer, and whether this is a dry run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// The highest accepted age of a cached answer. `None` accepts every cached answer.
    pub max_age: Option<Duration>,
    /// Whether this is a dry run, which returns the effect and the cost instead of the data.
    pub dry_run: bool,
}

impl Freshness {
    pub(super) fn read(fields: &Fields, lifetime: Duration) -> Result<Self, RequestError> {
        let most = usize::try_from(lifetime.as_secs()).unwrap_or(usize::MAX);
        let seconds = fields.number("max_age", 0..=most)?.and_then(|seconds| u64::try_from(seconds).ok());
        Ok(Self { max_age: seconds.map(Duration::from_secs), dry_run: fields.flag("dry_run")? })
    }
}

/// Reads a body: `{"url": …}`, with or without `platform`. For creators, it can also be
/// `{"username": …, "platform": …}`, or all three fields if they agree, or `{"id": …, "platform":
/// …}`. The body also has the endpoint's options. `lifetime` is the time for which its answers are
/// kept.
///
/// # Errors
/// If the body is wrong: the error says what to send instead.
pub fn read<S: Subject, O: Options>(body: &[u8], lifetime: Duration) -> Result<Asked<S, O>, RequestError> {
    let fields = Fields::read(body, S::WANTED, example(S::WANTED))?;
    let options = O::read(&fields)?;
    let freshness = Freshness::read(&fields, lifetime)?;
    Ok(Asked { target: fields.target()?, options, freshness })
}

/// A body's fields.
pub struct Fields {
    values: Map<String, Value>,
    wanted: Wanted,
    /// An example of a right body, for the error message.
    example: &'static str,
}

impl Fields {
    /// The fields of a body that names a subject, as `example` does.
    pub(super) fn read(body: &[u8], wanted: Wanted, example: &'static str) -> Result<Self, RequestError> {
        let empty = Self::of(Map::new(), wanted, example);
        match object(body) {
            Ok(Some(fields)) => Ok(Self { values: fields, ..empty }),
            Ok(None) => Err(empty.invalid("the body is empty")),
            Err(problem) => Err(empty.invalid(&problem)),
        }
    }

    pub(super) const fn of(values: Map<String, Value>, wanted: Wanted, example: &'static str) -> Self {
        Self { values, wanted, example }
    }

    /// Whether the body has a value with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    /// Removes the value with this name.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name)
    }

    /// The subject of the body.
    pub(super) fn target<S: Subject>(&self) -> Result<Target<S>, RequestError> {
        S::of_link(self.link::<S>()?).map_err(|error| RequestError::Link { error, wanted: S::WANTED })
    }

    fn link<S: Subject>(&self) -> Result<Link, RequestError> {
        let platform = self.platform()?;
        let of_creator = |name| if self.wanted == Wanted::Creator { self.non_blank(name) } else { Ok(None) };
        let name = of_creator("username")?;
        if let Some(id) = of_creator("id")? {
            return self.creator_by_id(id, platform, name);
        }
        let refused = |error| RequestError::Link { error, wanted: self.wanted };
        match (self.non_blank("url")?, name, platform) {
            (None, None, _) => Err(self.invalid("`url` is missing or empty")),
            (None, Some(_), None) => Err(self.invalid("`platform` is missing or empty")),
            (None, Some(name), Some(platform)) => by_name(platform, name).map_err(refused),
            (Some(url), None, platform) => S::read(url, platform).map_err(refused),
            (Some(url), Some(name), platform) => {
                let link = S::read(url, platform).map_err(refused)?;
                let named = by_name(link.platform(), name).map_err(refused)?;
                self.agree(&link, &named).map(|()| link)
            }
        }
    }

    /// The creator with this id. The id isn't resolved to a username here, so neither `url` nor
    /// `username` may be sent with it.
    fn creator_by_id(&self, id: &str, platform: Option<Platform>, name: Option<&str>) -> Result<Link, RequestError> {
        if name.is_some() || self.non_blank("url")?.is_some() {
            return Err(self.invalid("`id` can't be compared with `url` or `username`; send only one of the three"));
        }
        let platform = platform.ok_or_else(|| self.invalid("`platform` is missing or empty"))?;
        by_id(platform, id.trim()).ok_or_else(|| {
            let (title, form) = (platform.title(), platform.creator_id_form());
            self.invalid(&format!("`id` is not the id of a creator on {title}: such an id has {form}"))
        })
    }

    /// Checks that a link and a username name the same creator.
    fn agree(&self, link: &Link, named: &Link) -> Result<(), RequestError> {
        match (link, named) {
            (Link::Creator(one), Link::Creator(other)) if one.key() == other.key() => Ok(()),
            (Link::Creator(_), _) => {
                Err(self
                    .invalid("it can't be seen that `url` and `username` are the same creator; send only one of them"))
            }
            (Link::Short(_), _) => {
                Err(self.invalid("`username` can't be compared with a short link; send only one of them"))
            }
            // If the link leads to a post, the error is about the link.
            (Link::Post(_), _) => Ok(()),
        }
    }

    /// The whole number with this name, in this range.
    ///
    /// # Errors
    /// If it is anything else.
    pub(super) fn number(&self, name: &str, range: RangeInclusive<usize>) -> Result<Option<usize>, RequestError> {
        let number = match self.values.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => whole(value).and_then(|number| usize::try_from(number).ok()),
        };
        number.filter(|number| range.contains(number)).map(Some).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            self.invalid(&format!("`{name}` must be a whole number from {least} to {most}"))
        })
    }

    /// The boolean with this name; false if it is missing.
    fn flag(&self, name: &str) -> Result<bool, RequestError> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.invalid(&format!("`{name}` must be true or false"))),
        }
    }

    /// The string with this name; a blank one counts as missing.
    ///
    /// # Errors
    /// If it isn't a string.
    pub(super) fn non_blank(&self, name: &str) -> Result<Option<&str>, RequestError> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
            Some(_) => Err(self.invalid(&format!("`{name}` must be a string"))),
        }
    }

    fn platform(&self) -> Result<Option<Platform>, RequestError> {
        match self.values.get("platform") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(name)) if name.trim().is_empty() => Ok(None),
            Some(Value::String(name)) => Platform::from_str(name.trim())
                .map(Some)
                .map_err(|_| RequestError::UnknownPlatform(name.chars().take(30).collect())),
            Some(_) => {
                let advice = format!("send one of {}, or leave it out", known_platforms());
                Err(RequestError::Body(format!("`platform` must be a string; {advice}")))
            }
        }
    }

    /// The error with this problem and the example.
    pub(super) fn invalid(&self, problem: &str) -> RequestError {
        RequestError::Body(format!("{problem}; {}", self.example))
    }
}

/// A body's fields; `None` if the body is empty.
///
/// # Errors
/// If the body isn't a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Option<Map<String, Value>>, String> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(Some(fields)),
        Ok(_) => Err("the body is JSON, but not an object".to_owned()),
        // The error has the line and the column, but no content of the body.
        Err(error) => Err(format!("the body is not valid JSON: {error}")),
    }
}

pub(super) const fn example(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Post => r#"send a JSON object like {"url": "https://www.tiktok.com/@user/video/7123456789"}"#,
        Wanted::Creator => {
            r#"send a JSON object like {"url": "https://www.tiktok.com/@user"} or {"username": "user", "platform": "tiktok"}"#
        }
    }
}

/// A whole number, also with zeros after the decimal point: 20.0 is JSON Schema's integer 20.
pub(super) fn whole(value: &Value) -> Option<u64> {
    let written_out = || value.as_f64().filter(|number| number.fract() == 0.0).map(|number| format!("{number:.0}"));
    value.as_u64().or_else(|| written_out()?.parse().ok())
}

/// All accepted values of `platform`.
fn known_platforms() -> String {
    let name = |platform| match platform {
        Platform::Twitter => "twitter (or x)".to_owned(),
        other => other.to_string(),
    };
    Platform::iter().map(name).collect::<Vec<_>>().join(", ")
}
