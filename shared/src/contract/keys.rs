//! The endpoints about keys: their bodies, and the form of a key in answers.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::data::optional_milliseconds;
use super::endpoint::Endpoint;
use super::error::{ApiError, ErrorCode};
use super::key_text::{key_budget, key_end, key_endpoint, key_endpoints, key_name, key_platform, key_platforms};
use super::request::{object, whole};
use super::schema::{Day, Moment};
use super::usage::Dollars;
use crate::account::{Allowed, Coded, KeyLimits, KeyView, Mode, NewKey};
use crate::money::MicroDollars;
use crate::platform::Platform;

/// The default time for which a rotated key still works: a day.
pub const USUAL_GRACE: u64 = 86_400;
/// The longest time for which a rotated key still works: a week.
pub const MAX_GRACE: u64 = 7 * USUAL_GRACE;

/// The fields of a body for a new key. Others are refused, because a misspelt limit would limit
/// nothing.
const FIELDS: [&str; 7] = ["name", "mode", "rate_limit", "expires_at", "endpoints", "platforms", "budget_per_day"];
const EXAMPLE: &str = r#"send a JSON object like {"name": "reports", "platforms": ["tiktok"], "budget_per_day": 0.5}"#;
/// The fields of a body for a rotation.
const GRACE_FIELDS: [&str; 1] = ["grace_seconds"];
const GRACE_EXAMPLE: &str = r#"send a JSON object like {"grace_seconds": 3600}, or nothing"#;

/// Reads the requested key from a body. By default it has the mode and the rate limit of the
/// requesting key, which are also the highest possible ones.
///
/// # Errors
/// If the body is wrong: the error says what to send instead.
pub fn key_of(body: &[u8], mode: Mode, rate_limit: u64, now: Timestamp) -> Result<NewKey, ApiError> {
    let body = Body::read(body, &FIELDS, EXAMPLE)?;
    let limits = KeyLimits {
        expires_at: body.expires_at(now)?,
        endpoints: body.allowed("endpoints", key_endpoint, key_endpoints)?,
        platforms: body.allowed("platforms", key_platform, key_platforms)?,
        budget_per_day: body.budget()?,
    };
    Ok(NewKey {
        name: body.name()?,
        mode: body.mode()?.unwrap_or(mode),
        rate_limit: body
            .number("rate_limit", 1..=rate_limit, ", the rate limit of the key that you send")?
            .unwrap_or(rate_limit),
        limits,
    })
}

/// Reads from a body the seconds for which a key still works after its rotation.
///
/// # Errors
/// If the body is wrong: the error says what to send instead.
pub fn grace_of(body: &[u8]) -> Result<i64, ApiError> {
    let seconds = if body.iter().all(u8::is_ascii_whitespace) {
        None
    } else {
        Body::read(body, &GRACE_FIELDS, GRACE_EXAMPLE)?.number("grace_seconds", 0..=MAX_GRACE, "")?
    };
    Ok(i64::try_from(seconds.unwrap_or(USUAL_GRACE)).unwrap_or_default())
}

/// A body's fields.
struct Body {
    fields: Map<String, Value>,
    example: &'static str,
}

impl Body {
    fn read(body: &[u8], known: &[&str], example: &'static str) -> Result<Self, ApiError> {
        let fields = object(body).and_then(|fields| fields.ok_or_else(|| "the body is empty".to_owned()));
        let fields = fields.map_err(|problem| invalid(format!("{problem}; {example}")))?;
        if let Some(other) = fields.keys().find(|name| !known.contains(&name.as_str())) {
            let seen: String = other.chars().take(30).collect();
            let known = known.join("`, `");
            return Err(invalid(format!("the field {seen:?} doesn't exist; send only `{known}`")));
        }
        Ok(Self { fields, example })
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn name(&self) -> Result<String, ApiError> {
        let name = self.get("name").ok_or_else(|| invalid(format!("`name` is missing; {}", self.example)))?;
        key_name(name.as_str().unwrap_or_default()).map_err(|problem| invalid(format!("`name` {problem}")))
    }

    fn mode(&self) -> Result<Option<Mode>, ApiError> {
        match self.get("mode").map(|mode| mode.as_str().unwrap_or_default()) {
            None => Ok(None),
            Some("live") => Ok(Some(Mode::Live)),
            Some("test") => Ok(Some(Mode::Test)),
            Some(_) => Err(invalid("`mode` must be \"live\" or \"test\"")),
        }
    }

    fn number(&self, name: &str, range: RangeInclusive<u64>, why: &str) -> Result<Option<u64>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        whole(value).filter(|number| range.contains(number)).map(Some).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            invalid(format!("`{name}` must be a whole number from {least} to {most}{why}"))
        })
    }

    fn expires_at(&self, now: Timestamp) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.get("expires_at") else { return Ok(None) };
        let second = key_end(value.as_str().unwrap_or_default(), now);
        second.map(Some).map_err(|problem| invalid(format!("`expires_at` {problem}")))
    }

    /// Dollars, as a number or as a string.
    fn budget(&self) -> Result<Option<MicroDollars>, ApiError> {
        let text = match self.get("budget_per_day") {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            // A JSON number may have an exponent.
            Some(value) => match (value.as_u64(), value.as_f64()) {
                (Some(whole), _) => whole.to_string(),
                (None, Some(number)) => number.to_string(),
                (None, None) => String::new(),
            },
        };
        key_budget(&text).map(Some).map_err(|problem| invalid(format!("`budget_per_day` {problem}")))
    }

    /// A list of names, at least one.
    fn allowed<T: Coded>(
        &self,
        field: &str,
        read: impl Fn(&str) -> Result<T, String>,
        known: impl Fn() -> String,
    ) -> Result<Option<Allowed<T>>, ApiError> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let list = value.as_array().filter(|list| !list.is_empty());
        let list = list.ok_or_else(|| {
            invalid(format!("`{field}` must be a list with some of {}; leave it out to allow all", known()))
        })?;
        let one = |value: &Value| {
            read(value.as_str().unwrap_or_default()).map_err(|problem| {
                let seen: String = value.to_string().chars().take(30).collect();
                invalid(format!("`{field}` has {seen}, which {problem}"))
            })
        };
        list.iter().map(one).collect::<Result<_, _>>().map(Some)
    }
}

fn invalid(problem: impl AsRef<str>) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, problem)
}

/// A key, as its owner sees it. The secret isn't here, because it isn't stored.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub struct KeyData {
    /// Its id, for `DELETE /v1/keys/{id}`, `POST /v1/keys/{id}/rotate` and `GET /v1/usage?key=`.
    #[schemars(example = &"0123456789abcdef")]
    id: String,
    /// The key's name. Null for a key of an older version of the API.
    #[schemars(example = &"reports")]
    name: Option<String>,
    /// `live`: real numbers, at a price. `test`: made-up numbers, for free.
    #[schemars(extend("enum" = ["live", "test"]), example = &"live")]
    mode: String,
    /// The last four characters of its secret. Null for a key of an older version of the API.
    #[schemars(example = &"8Fz0")]
    last_four: Option<String>,
    /// The time of its creation, in UTC. Null for a key of an older version of the API.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2026-03-28T12:00:00.000Z")]
    created_at: Option<Timestamp>,
    /// The day on which it was last used, in UTC. Null if it never was.
    #[schemars(with = "Option<Day>", example = &"2026-03-28")]
    last_used: Option<Date>,
    /// The number of requests that it can make in a minute.
    #[schemars(example = 60)]
    rate_limit: u64,
    /// The time at which it expires. Null if it doesn't expire.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2027-01-01T00:00:00.000Z")]
    expires_at: Option<Timestamp>,
    /// The names of the endpoints that it may call. Null if it may call all.
    #[schemars(example = ["post/stats"])]
    endpoints: Option<Vec<&'static str>>,
    /// The platforms for which it may be used. Null if it may be used for all.
    #[schemars(example = ["tiktok"])]
    platforms: Option<Vec<Platform>>,
    /// The highest cost of its fresh answers in one UTC day, in dollars. Null if there is no such
    /// limit.
    #[schemars(example = 0.5)]
    budget_per_day: Option<Dollars>,
    /// The id of the key that replaces it. Null if it wasn't rotated.
    #[schemars(example = &"fedcba9876543210")]
    rotated_to: Option<String>,
    /// The time at which it stops working, because it was rotated. Null if it wasn't rotated.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2026-03-29T12:00:00.000Z")]
    ends_at: Option<Timestamp>,
}

/// The account's keys.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyList {
    /// The keys that the key of this request manages, the oldest first.
    pub keys: Vec<KeyData>,
}

/// A created key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyCreated {
    /// Whether this request created it. If false, it existed before.
    #[schemars(example = true)]
    pub created: bool,
    /// The key itself, to send with requests. It is shown only once. Null if it existed before.
    #[schemars(example = &"ct_live_YOUR_KEY")]
    pub secret: Option<String>,
    /// The key's properties.
    pub key: KeyData,
}

/// A deleted key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyDeleted {
    /// Its id.
    #[schemars(example = &"0123456789abcdef")]
    pub id: String,
    /// Always true.
    #[schemars(example = true)]
    pub deleted: bool,
}

/// A key that replaces another one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyRotated {
    /// The new key itself, to send with requests. It is shown only once.
    #[schemars(example = &"ct_live_YOUR_KEY")]
    pub secret: String,
    /// The new key's properties.
    pub key: KeyData,
    /// The old key's properties; it works until `ends_at`.
    pub old: KeyData,
}

impl From<KeyView> for KeyData {
    fn from(KeyView { id, key, details }: KeyView) -> Self {
        let moment = |second| Timestamp::from_second(second).ok();
        let last_used = key.last_used();
        let details = details.as_ref();
        let limits = key.limits;
        Self {
            id,
            name: details.and_then(|details| details.name.clone()),
            mode: key.mode,
            last_four: details.and_then(|details| details.last4.clone()),
            created_at: details.and_then(|details| details.created_at).and_then(moment),
            last_used,
            rate_limit: key.rate_limit,
            expires_at: limits.expires_at.and_then(moment),
            endpoints: limits.endpoints.map(|allowed| allowed.iter().map(Endpoint::name).collect()),
            platforms: limits.platforms.map(|allowed| allowed.iter().collect()),
            budget_per_day: limits.budget_per_day.map(Dollars),
            // A deleted successor isn't shown.
            rotated_to: key.ends_at.and_then(|_| details?.rotated_to.clone()),
            ends_at: key.ends_at.and_then(moment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<NewKey, String> {
        key_of(body.as_bytes(), Mode::Live, 60, Timestamp::UNIX_EPOCH).map_err(|error| error.message)
    }

    #[test]
    fn a_body_with_only_a_name_asks_for_a_key_like_the_senders() {
        let key = read(r#"{"name": " reports ", "mode": null}"#).unwrap();
        assert_eq!((key.name.as_str(), key.mode, key.rate_limit), ("reports", Mode::Live, 60));
        assert!(key.limits.is_none());
    }

    #[test]
    fn budgets_are_exact_dollars() {
        for (text, micros) in
            [("0", 0), ("0.000001", 1), ("1e-6", 1), ("0.1", 100_000), ("\"25\"", 25_000_000), ("3.5e2", 350_000_000)]
        {
            let key = read(&format!(r#"{{"name": "a", "budget_per_day": {text}}}"#)).unwrap();
            assert_eq!(key.limits.budget_per_day, Some(MicroDollars(micros)), "{text}");
        }
    }

    #[test]
    fn the_grace_period_is_a_day_unless_the_body_has_one() {
        for (body, seconds) in [("", 86_400), ("{}", 86_400), (r#"{"grace_seconds": 0}"#, 0)] {
            assert_eq!(grace_of(body.as_bytes()), Ok(seconds), "{body}");
        }
        for body in [r#"{"grace_seconds": 604801}"#, r#"{"grace_seconds": -1}"#, r#"{"grace": 1}"#, "[]"] {
            assert!(grace_of(body.as_bytes()).is_err(), "{body}");
        }
    }
}
