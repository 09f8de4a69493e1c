//! Answers in a few lines for people. Some clients show a model nothing else, so they contain every
//! number, and name unknown ones.

mod creators;
mod posts;
mod service;

use serde_json::Value;
use strum::IntoEnumIterator;

use super::call::CallReceipt;
use crate::account::{ApiKey, Mode};
use crate::contract::{Endpoint, ErrorCode};
use crate::platform::Platform;

const MADE_UP: &str = "MADE-UP NUMBERS: they are from the sandbox, for a test key. Never present them as real.";
const UNKNOWN: &str = "Unknown (null) means that no source returns the number; it isn't 0.";

/// The text of an endpoint's answer.
pub(super) fn of(endpoint: Endpoint, data: &Value, meta: &Value, receipt: &CallReceipt) -> String {
    let told = match endpoint {
        _ if data["dry_run"] == true => dry_run(data),
        Endpoint::PostStats => posts::one(data),
        Endpoint::PostStatsBatch => posts::many(data),
        Endpoint::Profile => creators::profile(data),
        Endpoint::ChannelVideos => creators::videos(data),
        Endpoint::MedianViews => creators::median(data),
        Endpoint::Email => creators::email(data),
        Endpoint::Usage => service::usage(data),
        Endpoint::Platforms => service::platforms(data),
        Endpoint::Status => service::status(data),
        Endpoint::Ping
        | Endpoint::Request
        | Endpoint::Keys
        | Endpoint::CreateKey
        | Endpoint::DeleteKey
        | Endpoint::RotateKey => data.to_string(),
    };
    let is_unknown = told.contains("unknown");
    let lines = [
        receipt.is_made_up.then(|| MADE_UP.to_owned()),
        Some(told),
        is_unknown.then(|| UNKNOWN.to_owned()),
        endpoint.is_priced().then(|| paid(endpoint, data, meta, receipt)),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// The source and the cost of the answer.
fn paid(endpoint: Endpoint, data: &Value, meta: &Value, receipt: &CallReceipt) -> String {
    let money = |amount: &Option<serde_json::Number>| amount.as_ref().map_or("0".to_owned(), ToString::to_string);
    let from = match (endpoint, &data["provider"]) {
        _ if data["dry_run"] == true => "No source was asked and nothing was charged.".to_owned(),
        (Endpoint::PostStatsBatch, _) => format!("Charged ${} for all.", money(&receipt.charge)),
        (_, provider) if meta["cached"] == true => {
            let age = receipt.age.unwrap_or_default();
            format!("From the cache, {age} seconds old, free. Source: {}.", word(provider))
        }
        (_, provider) => format!("Fresh, charged ${}. Source: {}.", money(&receipt.charge), word(provider)),
    };
    format!("{from} Balance: ${}.", money(&receipt.balance))
}

fn dry_run(data: &Value) -> String {
    let cached = match data["cached"].as_bool() {
        Some(true) => "is cached",
        Some(false) => "isn't cached",
        None => "may be cached (a dry run doesn't resolve short links)",
    };
    let (kind, title, url, charge) = (word(&data["kind"]), title(data), word(&data["url"]), &data["charge"]);
    let kind = kind.replace('_', " ");
    format!("Dry run of {title} {kind} {url}: the answer {cached}, and would cost at most ${charge}.")
}

/// The text of an endpoint's error: the fault, and the remedy.
pub(super) fn error(body: &str, retry_after: Option<u64>, has_key: bool, has_sandbox: bool) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let code = body["code"].as_str().unwrap_or_default();
    let code = ErrorCode::iter().find(|known| known.to_string() == code).unwrap_or(ErrorCode::Internal);
    if code == ErrorCode::Unauthorized && !has_key {
        return no_key(has_sandbox);
    }
    let mut lines = vec![body["error"].as_str().map_or_else(|| code.text(), str::to_owned)];
    lines.push(format!("What to do: {}", code.advice()));
    if let Some(seconds) = retry_after {
        lines.push(format!("Retry-After: {seconds} seconds."));
    }
    let request_id = word(&body["request_id"]);
    lines.push(format!(
        "Nothing was charged. code: {code}; explained at {} on this server; request_id: {request_id}.",
        code.doc_url()
    ));
    lines.join("\n")
}

/// A call without a key gets advice about sending one, and never made-up numbers by accident.
fn no_key(has_sandbox: bool) -> String {
    let mut lines = vec![
        "This call had no API key, so no source was asked and nothing was charged.".to_owned(),
        "What to do: in the client's configuration of this MCP server, set the HTTP header `Authorization: Bearer \
         YOUR_KEY` (or `X-API-Key: YOUR_KEY`) to the key that the operator of this server gave you."
            .to_owned(),
    ];
    if has_sandbox {
        lines.push(format!(
            "To try the tools first, set the public sandbox key {} there: it is free, and all its numbers are made up. \
             Never present them as real.",
            ApiKey::public(Mode::Test).reveal()
        ));
    }
    let code = ErrorCode::Unauthorized;
    lines.push(format!("code: {code}; explained at {} on this server.", code.doc_url()));
    lines.join("\n")
}

/// The platform's display name.
fn title(data: &Value) -> &'static str {
    let platform = data["platform"].as_str().and_then(|platform| platform.parse::<Platform>().ok());
    platform.map_or("", Platform::title)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("unknown")
}

/// A count and its name.
fn count(value: &Value, what: &str) -> String {
    match value.as_u64() {
        Some(number) => format!("{} {what}", grouped(number)),
        None => format!("{what} unknown"),
    }
}

/// Views and their kind.
fn views(value: &Value, kind: &Value) -> String {
    match (value.as_u64(), kind.as_str()) {
        (Some(number), Some("reactions")) => {
            format!("{} reactions (instead of views, which only the author sees)", grouped(number))
        }
        (Some(number), Some(kind)) => format!("{} views ({})", grouped(number), kind.replace('_', " ")),
        _ => count(value, "views"),
    }
}

/// "1,250,000".
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let places = digits.char_indices().map(|(place, digit)| {
        let is_first_of_three = place > 0 && (digits.len() - place).is_multiple_of(3);
        if is_first_of_three { format!(",{digit}") } else { digit.to_string() }
    });
    places.collect()
}

/// "2026-03-28" of a moment.
fn day(moment: &Value) -> &str {
    moment.as_str().and_then(|moment| moment.get(..10)).unwrap_or("date unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_250_000, "1,250,000"), (12_345, "12,345")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn null_is_shown_as_unknown_and_never_as_0() {
        assert_eq!(count(&Value::Null, "likes"), "likes unknown");
        assert_eq!(count(&0.into(), "likes"), "0 likes");
        assert_eq!(views(&Value::Null, &Value::Null), "views unknown");
        assert_eq!(views(&5_200.into(), &"plays_with_facebook".into()), "5,200 views (plays with facebook)");
    }
}
