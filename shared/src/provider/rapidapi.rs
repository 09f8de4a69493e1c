//! RapidAPI's gateway: one key and one set of refusals for all of its products.
//!
//! Source: recorded responses: 401 "Invalid API key", 403 "You are not subscribed to this API." or
//! "Blocked User. Please contact your API provider.", 429 "You have exceeded the MONTHLY quota" or
//! `x-ratelimit-requests-remaining: 0`, 429 "Too many requests", 404 "Endpoint '/x' does not exist"
//! and "API doesn't exists" for renamed or withdrawn products, 5xx and HTML if a product is down.
//! Some products return such messages with HTTP 200, and the gateway returns "The API is
//! unreachable, please contact the API provider" as `messages`.

use super::failure::{is_missing, without_echo};
use super::http::{Api, HttpReply};
use super::json::{Body, Json};
use super::{Failure, UserIds};

/// One product behind the gateway.
#[derive(Clone)]
pub struct Product {
    api: Api,
}

impl Product {
    /// The product with this API.
    #[must_use]
    pub const fn new(api: Api) -> Self {
        Self { api }
    }

    /// The memory for creators' ids.
    #[must_use]
    pub fn ids(&self) -> &dyn UserIds {
        self.api.ids()
    }

    /// Sends a request to the product and returns its response, including its own errors.
    ///
    /// # Errors
    /// If the gateway refuses, or the product refuses in the gateway's words.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Body, Failure> {
        read(&self.api.get(path, query).await?, query)
    }

    /// Like [`Self::get`], for a product that returns 404 if the item doesn't exist: then returns
    /// `None`.
    ///
    /// # Errors
    /// See [`Self::get`].
    pub async fn find(&self, path: &str, query: &[(&str, &str)]) -> Result<Option<Body>, Failure> {
        let reply = self.api.get(path, query).await?;
        if is_the_products_404(&reply) { Ok(None) } else { read(&reply, query).map(Some) }
    }

    /// Sends a form to the product and returns its response, including its own errors.
    ///
    /// # Errors
    /// See [`Self::get`].
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Body, Failure> {
        read(&self.api.post_form(path, fields).await?, fields)
    }
}

fn read(reply: &HttpReply, asked: &[(&str, &str)]) -> Result<Body, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(refusal(reply, asked));
    }
    let body = reply.json()?;
    match refusal_inside(Json::from(&body), asked) {
        Some(failure) => Err(failure),
        None => Ok(body),
    }
}

/// Recognises a 404 that isn't about a post: the gateway's own, which is about the product, or one
/// of the product's framework, which is about a route.
fn is_the_products_404(reply: &HttpReply) -> bool {
    let text = reply.text().to_lowercase();
    let is_about_a_route = || reply.json().is_ok_and(|body| Json::from(&body).string("detail") == "Not Found");
    reply.status == 404
        && reply.json().is_ok()
        && !["endpoint", "api doesn't", "api does not"].iter().any(|words| text.contains(words))
        && !is_about_a_route()
}

fn refusal(reply: &HttpReply, asked: &[(&str, &str)]) -> Failure {
    let body = reply.text().to_lowercase();
    let text = without_echo(&body, asked);
    let is_used_up = reply.headers.get("x-ratelimit-requests-remaining").is_some_and(|left| left == "0");
    match reply.status {
        401 => Failure::KeyRefused,
        402 => Failure::OutOfQuota,
        403 if ["not subscribed", "subscription", "blocked user"].iter().any(|words| text.contains(words)) => {
            Failure::KeyRefused
        }
        429 if text.contains("quota") || is_used_up => Failure::OutOfQuota,
        404 if is_the_products_404(reply) && is_missing(&body) => Failure::PerhapsNotFound("status 404"),
        _ => reply.failure(),
    }
}

/// Classifies a 200 response that lacks the requested item. The products' messages aren't
/// documented: a message like "not found" may be true, and needs confirmation; other messages are
/// often blocks. `silent` is returned if there is no message.
pub fn missing_item(body: Json<'_>, silent: Failure) -> Failure {
    let places = ["error", "message", "messages", "detail"];
    let message = places.map(|path| body.string(path)).join(" ").to_lowercase();
    if ["not found", "not exist"].iter().any(|known| message.contains(known)) {
        Failure::PerhapsNotFound("it says so")
    } else if message.trim().is_empty() && places.iter().all(|path| !body.at(path).is_object()) {
        silent
    } else {
        Failure::unavailable("an error inside")
    }
}

/// The failure in a response with HTTP 200, whose message must never count as "not found".
pub fn refusal_inside(body: Json<'_>, asked: &[(&str, &str)]) -> Option<Failure> {
    let messages = ["error", "message", "messages"].map(|path| body.string(path));
    let text = without_echo(&messages.join(" "), asked);
    let says = |known: &[&str]| known.iter().any(|words| text.contains(words));
    let has_word = |text: &str, word| text.split(|c: char| !c.is_alphanumeric()).any(|one| one == word);
    if says(&["quota"]) {
        Some(Failure::OutOfQuota)
    } else if says(&["not subscribed", "api key"]) {
        Some(Failure::KeyRefused)
    } else if says(&["rate limit", "too many requests", "try again"]) || has_word(&text, "429") {
        Some(Failure::RateLimited { retry_after: None })
    } else if says(&["unreachable"]) {
        Some(Failure::unavailable("the product is down"))
    } else if says(&["timeout", "timed out"]) {
        Some(Failure::transient("a timeout behind it"))
    } else {
        None
    }
}
