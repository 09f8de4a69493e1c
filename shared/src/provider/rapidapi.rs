//! RapidAPI's gateway: one key and one set of refusals for all of its products.
//!
//! Recorded: 401 "Invalid API key", 403 "You are not subscribed to this API.", 429 "You have exceeded the MONTHLY quota" or
//! `x-ratelimit-requests-remaining: 0`, 429 "Too many requests", 404 "Endpoint '/x' does not exist", 5xx and HTML when a product
//! is down.

use super::Failure;
use super::http::{Api, HttpReply};

/// One product behind the gateway.
#[derive(Clone, Debug)]
pub struct Product(pub Api);

impl Product {
    /// Asks the product and returns what it says, its own errors included.
    ///
    /// # Errors
    /// What the gateway says instead.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<HttpReply, Failure> {
        let reply = self.0.get(path, query).await?;
        let is_endpoint_gone = || reply.text().to_lowercase().contains("endpoint");
        match reply.status {
            200..300 => Ok(reply),
            // By any other 404 a product says that it has no such post.
            404 if !is_endpoint_gone() => Ok(reply),
            _ => Err(refusal(&reply)),
        }
    }
}

fn refusal(reply: &HttpReply) -> Failure {
    let text = reply.text().to_lowercase();
    let is_used_up = reply.headers.get("x-ratelimit-requests-remaining").is_some_and(|left| left == "0");
    match reply.status {
        401 => Failure::KeyRefused,
        403 if text.contains("subscribed") => Failure::KeyRefused,
        429 if text.contains("quota") || is_used_up => Failure::OutOfQuota,
        _ => reply.failure(),
    }
}
