//! The routes of the public pages, which need no key, and the sandbox's answer on one of them. The
//! crate `pages` has their content.

mod sample;

use http::{HeaderMap, Method};
use serde_json::Value;
use strum::IntoEnumIterator;

use crate::contract::{ApiError, Endpoint, ErrorCode, prefers_page};

pub use sample::sample;

/// The name of the function that answers all pages.
pub const FUNCTION: &str = "site";
/// The methods of all pages.
pub const METHODS: [Method; 2] = [Method::GET, Method::HEAD];

/// A route of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub enum Page {
    /// The first page, with the link box.
    Home,
    /// The first page of the documentation.
    Docs,
    /// One of its pages, or its Markdown.
    Doc,
    /// Balance, usage and keys.
    Billing,
    /// A style sheet or a script, by the name that has its hash.
    Asset,
    /// An overview for assistants.
    Llms,
    /// The whole documentation as one text.
    LlmsFull,
    /// The rules for search engines.
    Robots,
    /// The icon in a browser's tab.
    Favicon,
    /// The contact for a security problem.
    Security,
    /// The OpenAPI document.
    OpenApi,
}

impl Page {
    /// Its path on the host. A segment in braces matches any segment.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Docs => "/docs",
            Self::Doc => "/docs/{page}",
            Self::Billing => "/billing",
            Self::Asset => "/assets/{file}",
            Self::Llms => "/llms.txt",
            Self::LlmsFull => "/llms-full.txt",
            Self::Robots => "/robots.txt",
            Self::Favicon => "/favicon.svg",
            Self::Security => "/.well-known/security.txt",
            Self::OpenApi => "/openapi.json",
        }
    }

    /// The route of this path, and the segment at the place of the braces.
    #[must_use]
    pub fn at(path: &str) -> Option<(Self, &str)> {
        Self::iter().find_map(|page| Some((page, page.parameter(path)?)))
    }

    fn parameter(self, path: &str) -> Option<&str> {
        match self.path().split_once('{') {
            None => (self.path() == path).then_some(""),
            Some((beginning, _)) => path.strip_prefix(beginning).filter(|rest| !rest.is_empty() && !rest.contains('/')),
        }
    }
}

/// Whether an event is for the site: its path is a route of the site, or it is from a browser and
/// its path is unknown.
#[must_use]
pub fn is_for(event: &Value) -> bool {
    let method = event["requestContext"]["http"]["method"].as_str().unwrap_or_default();
    let Some(method) = METHODS.into_iter().find(|other| other == method) else { return false };
    let path = event["rawPath"].as_str().unwrap_or_default();
    let is_nowhere = || Endpoint::routed(&method, path).is_err_and(|error| error.code == ErrorCode::UnknownRoute);
    Page::at(path).is_some() || (wants_page(event) && is_nowhere())
}

fn wants_page(event: &Value) -> bool {
    let accept = event["headers"]["accept"].as_str().and_then(|accept| accept.try_into().ok());
    prefers_page(&accept.map(|accept| (http::header::ACCEPT, accept)).into_iter().collect::<HeaderMap>())
}

/// The error for a request with a page's path and another method.
#[must_use]
pub fn other_method(method: &Method, path: &str) -> Option<ApiError> {
    Page::at(path).filter(|_| !METHODS.contains(method))?;
    let error = ApiError::new(ErrorCode::MethodNotAllowed, format!("send GET {path}"));
    Some(ApiError { allow: vec!["GET", "HEAD"], ..error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_found_by_its_path_and_no_path_has_two() {
        for page in Page::iter() {
            let path = page.path().replace("{page}", "errors.md").replace("{file}", "site-00.css");
            let (found, parameter) = Page::at(&path).unwrap();
            assert_eq!((found, parameter.is_empty()), (page, !page.path().contains('{')), "{path}");
        }
        for path in ["", "/docs/", "/docs/a/b", "/assets", "/docsa", "/openapi.json/"] {
            assert_eq!(Page::at(path), None, "{path}");
        }
    }
}
