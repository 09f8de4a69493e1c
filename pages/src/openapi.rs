//! The OpenAPI document, and the parts of it that pages show.

use std::sync::LazyLock;

use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::asset::hash;
use crate::reply::{self, Answer};

const TEXT: &str = include_str!("../../openapi.json");
/// How long a copy may be used without asking, so that a deployment is visible within minutes.
const FRESH: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The document.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(TEXT).unwrap_or_default());

/// The `ETag` of this version. It is weak, because a compressed copy has the same one.
static TAG: LazyLock<String> = LazyLock::new(|| format!("W/\"{}\"", hash(TEXT)));

/// The document, or 304 for a caller who has this version.
pub fn document(headers: &HeaderMap) -> Answer {
    let answer =
        if is_known(headers) { reply::empty(StatusCode::NOT_MODIFIED) } else { reply::of("application/json", TEXT) };
    let answer = reply::with(answer, CACHE_CONTROL, FRESH);
    match HeaderValue::try_from(TAG.as_str()) {
        Ok(tag) => reply::with(answer, ETAG, tag),
        Err(_) => answer,
    }
}

fn is_known(headers: &HeaderMap) -> bool {
    let named = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    named.split(',').any(|tag| tag.trim() == "*" || bare(tag) == bare(&TAG))
}

/// The operation with this id: its method, its path, and its description.
pub fn operation(id: &str) -> Option<(String, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object()?;
    paths.iter().find_map(|(path, methods)| {
        let (method, operation) = methods.as_object()?.iter().find(|(_, operation)| operation["operationId"] == id)?;
        Some((method.to_uppercase(), path.as_str(), operation))
    })
}

/// The part itself, or the part that its `$ref` names.
pub fn resolved(part: &'static Value) -> &'static Value {
    match part["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap_or(part),
        None => part,
    }
}
