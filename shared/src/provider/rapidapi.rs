//! RapidAPI's gateway: one key and one set of refusals for all of its products.
//!
//! Recorded: 401 "Invalid API key", 403 "You are not subscribed to this API.", 429 "You have exceeded the MONTHLY quota",
//! 429 "Too many requests", 404 "Endpoint '/x' does not exist", 5xx and HTML when a product is down.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use url::Url;

use super::Failure;
use super::http::{HttpClient, HttpReply, address, secret_header};

/// One product behind the gateway.
#[derive(Clone, Debug)]
pub struct Product {
    http: HttpClient,
    base: Url,
    headers: HeaderMap,
}

impl Product {
    /// The product at `base`, with the operator's key; `host` is the gateway's name for it.
    #[must_use]
    pub fn new(http: HttpClient, base: &Url, host: &'static str, key: &SecretString) -> Self {
        let mut headers = HeaderMap::new();
        headers.extend(secret_header("x-rapidapi-key", key));
        headers.insert(HeaderName::from_static("x-rapidapi-host"), HeaderValue::from_static(host));
        Self { http, base: base.clone(), headers }
    }

    /// Asks the product and returns what it says, its own errors included.
    ///
    /// # Errors
    /// What the gateway says instead.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<HttpReply, Failure> {
        let url = address(&self.base, path, query);
        let reply = self.http.get(url, self.headers.clone()).await?;
        match refusal(&reply) {
            Some(failure) => Err(failure),
            None => Ok(reply),
        }
    }
}

fn refusal(reply: &HttpReply) -> Option<Failure> {
    let text = || reply.text().to_lowercase();
    match reply.status {
        401 => Some(Failure::KeyRefused),
        403 if text().contains("subscribed") => Some(Failure::KeyRefused),
        403 => Some(Failure::unavailable("status 403")),
        429 if text().contains("quota") => Some(Failure::OutOfQuota),
        429 => Some(Failure::RateLimited { retry_after: reply.retry_after() }),
        404 if text().contains("endpoint") => Some(Failure::unavailable("the product has no such endpoint any more")),
        status @ 500.. => Some(Failure::transient(format!("status {status}"))),
        _ => None,
    }
}
