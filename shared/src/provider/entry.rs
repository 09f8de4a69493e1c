//! A provider's entry, which its own file declares, and the operator's keys.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Provider;
use super::http::{Api, secret};
use crate::creator::Operation;

/// A kind of key of the operator, which turns providers on. Its name is also the name of its
/// fixtures.
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
    /// The key's variable.
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

    /// The headers with the key. It is never in the query, because URLs are written into logs.
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
            // The host names the product to the gateway. For another host, the product's default
            // host is used.
            let named = base_url.host_str().filter(|host| host.ends_with(".rapidapi.com"));
            let host = named.unwrap_or_else(|| entry.base_url.trim_start_matches("https://"));
            headers.extend(HeaderValue::from_str(host).map(|host| (HeaderName::from_static("x-rapidapi-host"), host)));
        }
        headers
    }
}

/// The number of simultaneous requests to a provider for one caller, unless it documents a smaller
/// number.
const AT_ONCE: usize = 8;

/// A provider, which may be off.
#[derive(Debug)]
pub struct Entry {
    /// Its name in answers.
    pub name: &'static str,
    /// The key that turns it on; `None` if it needs none.
    pub key: Option<Key>,
    /// The default base address of its requests.
    pub base_url: &'static str,
    /// The source of its data. Two providers of one source can't confirm each other.
    pub source: &'static str,
    /// The operation with a separate quota.
    pub own_quota: Option<Operation>,
    /// The highest number of simultaneous requests for one caller.
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

    /// The variable for another base address.
    #[must_use]
    pub fn base_url_variable(&self) -> String {
        format!("{}_BASE_URL", self.name.replace('-', "_").to_uppercase())
    }
}
