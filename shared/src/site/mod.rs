//! The public pages and documents, without a key, embedded when this is built. This module doesn't
//! use accounts, the database or providers.

use std::sync::LazyLock;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use enum_map::EnumMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use strum::IntoEnumIterator;

use crate::contract::{ApiError, ErrorCode, Reply, without_body};
use crate::gateway;
use crate::pipeline::refusal;

/// The function that answers for all pages.
pub const FUNCTION: &str = "site";
/// The methods that each of them takes.
pub const METHODS: [Method; 2] = [Method::GET, Method::HEAD];
/// For how long a copy is good without asking: a deployment shows within minutes.
const FRESH: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, enum_map::Enum, strum::EnumIter)]
pub enum Page {
    /// The OpenAPI document.
    OpenApi,
}

impl Page {
    /// Its path, below the host.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::OpenApi => "/openapi.json",
        }
    }

    const fn content(self) -> &'static str {
        match self {
            Self::OpenApi => include_str!("../../../openapi.json"),
        }
    }

    const fn content_type(self) -> HeaderValue {
        match self {
            Self::OpenApi => HeaderValue::from_static("application/json"),
        }
    }

    fn at(path: &str) -> Option<Self> {
        Self::iter().find(|page| page.path() == path)
    }
}

/// The version of a page: the beginning of its hash.
static TAGS: LazyLock<EnumMap<Page, HeaderValue>> = LazyLock::new(|| {
    EnumMap::from_fn(|page: Page| {
        let hash = BASE64_STANDARD.encode(Sha256::digest(page.content()));
        HeaderValue::try_from(format!("\"{}\"", &hash[..12])).unwrap_or(HeaderValue::from_static("\"\""))
    })
});

/// Whether the gateway gives this event to the function of the pages.
#[must_use]
pub fn is_for(event: &Value) -> bool {
    let method = event["requestContext"]["http"]["method"].as_str().unwrap_or_default();
    METHODS.iter().any(|other| other == method) && event["rawPath"].as_str().and_then(Page::at).is_some()
}

/// The error for a request that no endpoint takes, where a page has its path.
#[must_use]
pub fn other_method(method: &Method, path: &str) -> Option<ApiError> {
    let page = Page::at(path).filter(|_| !METHODS.contains(method))?;
    let error = ApiError::new(ErrorCode::MethodNotAllowed, format!("send GET {}", page.path()));
    Some(ApiError { allow: vec!["GET", "HEAD"], ..error })
}

/// Answers the gateway's event.
#[must_use]
pub fn answer(event: Value) -> Reply {
    let request = match gateway::read(event) {
        Ok(Some(request)) => request,
        Ok(None) => return empty(StatusCode::NO_CONTENT),
        Err(error) => return refusal(error),
    };
    let (method, path) = (request.method(), request.uri().path());
    let Some(page) = Page::at(path).filter(|_| METHODS.contains(method)) else {
        return refusal(other_method(method, path).unwrap_or(ErrorCode::UnknownRoute.into()));
    };
    let reply = shown(page, request.headers());
    tracing::info!(status = reply.status().as_u16(), path = page.path(), "request");
    if method == Method::HEAD { without_body(reply) } else { reply }
}

fn shown(page: Page, headers: &HeaderMap) -> Reply {
    let mut reply = if is_known(page, headers) {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        let mut reply = Response::new(page.content().to_owned());
        reply.headers_mut().insert(CONTENT_TYPE, page.content_type());
        reply.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        reply
    };
    reply.headers_mut().insert(CACHE_CONTROL, FRESH);
    reply.headers_mut().insert(ETAG, TAGS[page].clone());
    reply
}

/// Whether the caller has this version already.
fn is_known(page: Page, headers: &HeaderMap) -> bool {
    let tag = TAGS[page].as_bytes();
    let named = headers.get(IF_NONE_MATCH).map_or(&[][..], HeaderValue::as_bytes).split(|byte| *byte == b',');
    // A proxy that compressed the page has made its tag a weak one.
    named.map(<[u8]>::trim_ascii).any(|name| name == b"*" || name.strip_prefix(b"W/").unwrap_or(name) == tag)
}

fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(String::new());
    *reply.status_mut() = status;
    reply
}
