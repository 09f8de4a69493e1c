//! A provider's entry, which its own file declares, and the operator's keys.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Provider;
use super::http::{Api, secret};
use crate::creator::Operation;

/// A key of the operator's, which turns providers on. Its name is that of its fixtures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Key {
    /// For all of RapidAPI's products.
    RapidApi,
    /// For ScrapeCreators.
    ScrapeCreators,
    /// For HikerAPI.
    HikerApi,
    /// For YouTube's Data API.
    YouTube,
    /// For X's API: the app's bearer token.
    X,
}

impl Key {
    /// The variable that holds it.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::RapidApi => "RAPIDAPI_KEY",
            Self::ScrapeCreators => "SCRAPECREATORS_API_KEY",
            Self::HikerApi => "HIKERAPI_KEY",
            Self::YouTube => "YOUTUBE_API_KEY",
            Self::X => "X_BEARER_TOKEN",
        }
    }

    /// The headers that carry it. Never the query: addresses end up in logs.
    pub(super) fn headers(self, key: &SecretString, entry: &Entry, base_url: &Url) -> HeaderMap {
        let key = key.expose_secret();
        let (name, value) = match self {
            Self::RapidApi => ("x-rapidapi-key", secret(key)),
            Self::ScrapeCreators => ("x-api-key", secret(key)),
            Self::HikerApi => ("x-access-key", secret(key)),
            Self::YouTube => ("x-goog-api-key", secret(key)),
            Self::X => ("authorization", secret(&format!("Bearer {key}"))),
        };
        let mut headers: HeaderMap =
            value.map(|value| (name.try_into().expect("a header's name"), value)).into_iter().collect();
        if self == Self::RapidApi {
            // The gateway's name for the product; where a stand-in is asked, the product's own.
            let named = base_url.host_str().filter(|host| host.ends_with(".rapidapi.com"));
            let host = named.unwrap_or_else(|| entry.base_url.trim_start_matches("https://"));
            headers.extend(HeaderValue::from_str(host).map(|host| (HeaderName::from_static("x-rapidapi-host"), host)));
        }
        headers
    }
}

/// Requests that a provider is sent at the same time on behalf of one caller, unless less is
/// documented.
const AT_ONCE: usize = 8;

/// A provider, on or not.
#[derive(Debug)]
pub struct Entry {
    /// Its name, as answers show it.
    pub name: &'static str,
    /// The key that turns it on; None where it needs none.
    pub key: Option<Key>,
    /// The address that paths are added to, unless the operator names another.
    pub base_url: &'static str,
    /// The source of its data. Two providers of one source can't confirm each other.
    pub source: &'static str,
    /// The operation that has a quota of its own, beside that of the others.
    pub own_quota: Option<Operation>,
    /// How many requests of one caller's it is sent at the same time, at most.
    pub at_once: usize,
    /// The number of posts that it can answer in one request.
    pub posts_at_once: usize,
    pub(super) make: fn(Api) -> Box<dyn Provider>,
}

impl Entry {
    pub(super) const fn new(
        name: &'static str,
        key: Option<Key>,
        base_url: &'static str,
        make: fn(Api) -> Box<dyn Provider>,
    ) -> Self {
        Self { name, key, base_url, source: name, own_quota: None, at_once: AT_ONCE, posts_at_once: 1, make }
    }

    pub(super) const fn on_rapidapi(
        name: &'static str,
        base_url: &'static str,
        make: fn(Api) -> Box<dyn Provider>,
    ) -> Self {
        Self::new(name, Some(Key::RapidApi), base_url, make)
    }

    /// The variable that names another base address.
    #[must_use]
    pub fn base_url_variable(&self) -> String {
        format!("{}_BASE_URL", self.name.replace('-', "_").to_uppercase())
    }
}
