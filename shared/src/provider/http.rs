//! The HTTP client that all providers share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Request, RequestBuilder, Response};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::json::{self, Body};
use super::{Failure, UserIds};
use crate::http_client;

/// The largest accepted body, in bytes, after decompression. Real ones are below 2 MiB.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// Some providers refuse clients that don't look like a browser.
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// Answers requests instead of the network.
type StandIn = dyn Fn(Request) -> BoxFuture<'static, reqwest::Result<Response>> + Send + Sync;
/// Receives each request to a provider, and its response.
type Observer = dyn Fn(&str, &HttpReply) + Send + Sync;

/// The HTTP client. Each process has only one, because each client loads the certificates and opens
/// its own connections.
#[derive(Clone)]
pub struct HttpClient {
    client: Client,
    stand_in: Option<Arc<StandIn>>,
    observer: Option<Arc<Observer>>,
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct HttpReply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

impl HttpClient {
    /// A client that follows no redirects and, with `https_only`, refuses plain HTTP.
    ///
    /// # Panics
    /// If reqwest and this crate don't use the same rustls.
    #[must_use]
    pub fn new(https_only: bool) -> Self {
        let client = http_client::builder().user_agent(USER_AGENT).https_only(https_only).build();
        Self { client: client.expect("reqwest takes this rustls"), stand_in: None, observer: None }
    }

    /// A client that also sends `observer` each provider's response and its request: the path after
    /// the provider's base address with the query, and after a space the form, without escapes.
    /// Headers aren't sent, because they contain keys. It is for operators who want to see the
    /// unchanged responses.
    #[must_use]
    pub fn observed_by(&self, observer: impl Fn(&str, &HttpReply) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self.clone() }
    }

    /// A client whose requests are answered by `answer` instead of the network: for simulations
    /// with virtual time, and for fuzzing.
    ///
    /// # Panics
    /// See [`Self::new`].
    pub fn answered_by(
        answer: impl Fn(Request) -> BoxFuture<'static, reqwest::Result<Response>> + Send + Sync + 'static,
    ) -> Self {
        Self { stand_in: Some(Arc::new(answer)), ..Self::new(false) }
    }

    async fn execute(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        let request = request.build()?;
        match &self.stand_in {
            None => self.client.execute(request).await,
            Some(answer) => answer(request).await,
        }
    }

    /// Sends `request` and reads the response, with any status.
    ///
    /// # Errors
    /// Transient if the connection fails, unavailable if the body is too large. The caller must
    /// limit the time.
    async fn send(&self, request: RequestBuilder) -> Result<HttpReply, Failure> {
        let mut response = self.execute(request).await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Failure::unavailable("the body is larger than 4 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpReply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: body.into(),
        })
    }

    /// Requests `url`, with this user agent if there is one, and reads only the response's status
    /// and headers.
    ///
    /// # Errors
    /// Transient if the connection fails.
    pub async fn get_without_body(&self, url: Url, user_agent: Option<&'static str>) -> Result<HttpReply, Failure> {
        let mut request = self.client.get(url);
        if let Some(user_agent) = user_agent {
            request = request.header(reqwest::header::USER_AGENT, user_agent);
        }
        let mut response = self.execute(request).await.map_err(failed)?;
        Ok(HttpReply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Bytes::new(),
        })
    }
}

/// Removes the URL from reqwest's errors, because it may contain a key.
fn failed(error: reqwest::Error) -> Failure {
    let kind = if error.is_connect() { "no connection" } else { "broken connection" };
    let error = error.without_url();
    let cause = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    Failure::transient(cause.map_or_else(|| kind.to_owned(), |cause| format!("{kind}: {cause}")))
}

impl HttpReply {
    /// The body as JSON.
    ///
    /// # Errors
    /// Unavailable if it isn't JSON.
    pub fn json(&self) -> Result<Body, Failure> {
        // A value needs at least one byte, so most bodies are too short to be counted.
        if self.body.len() >= json::MAX_NODES && json::nodes(&self.body) > json::MAX_NODES {
            return Err(Failure::unavailable(format!("more than {} values, status {}", json::MAX_NODES, self.status)));
        }
        json::parse(&self.body).map_err(|error| {
            let what = match self.body.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => "an empty body".to_owned(),
                Some(b'<') => "HTML".to_owned(),
                // Only the category, because serde's message quotes the body.
                Some(_) => format!("not JSON ({:?} at column {})", error.classify(), error.column()),
            };
            Failure::unavailable(format!("{what}, status {}", self.status))
        })
    }

    /// The meaning of a status for which the provider has no meaning of its own.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self.status {
            429 => Failure::RateLimited { retry_after: self.retry_after() },
            status @ 500.. => Failure::transient(format!("status {status}")),
            status => Failure::unavailable(format!("status {status}")),
        }
    }

    /// The body's beginning as a string, for a search for known messages.
    #[must_use]
    pub fn text(&self) -> String {
        const ENOUGH: usize = 2048;
        String::from_utf8_lossy(&self.body[..self.body.len().min(ENOUGH)]).into_owned()
    }

    /// The pause that "too many requests" asks for, in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// The parts that providers share: the API's address, the headers with the operator's key, and the
/// memory for ids.
#[derive(Clone)]
pub struct Api {
    http: HttpClient,
    base: Url,
    headers: HeaderMap,
    ids: Arc<dyn UserIds>,
}

impl Api {
    /// The API at `base`; each request has these headers.
    #[must_use]
    pub fn new(http: HttpClient, base: Url, headers: HeaderMap, ids: Arc<dyn UserIds>) -> Self {
        Self { http, base, headers, ids }
    }

    /// The memory for creators' ids.
    #[must_use]
    pub fn ids(&self) -> &dyn UserIds {
        self.ids.as_ref()
    }

    /// Requests `path`, added to the base address, and reads the response, with any status.
    ///
    /// # Errors
    /// Transient if the connection fails, unavailable if the body is too large. The caller must
    /// limit the time.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<HttpReply, Failure> {
        let mut url = self.address(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let reply = self.http.send(self.http.client.get(url).headers(self.headers.clone())).await?;
        self.observe(&reply, path, "?", query);
        Ok(reply)
    }

    /// Sends a form to `path` and reads the response.
    ///
    /// # Errors
    /// See [`Self::get`].
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<HttpReply, Failure> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let reply = self.post(path, "application/x-www-form-urlencoded", form).await?;
        self.observe(&reply, path, " ", fields);
        Ok(reply)
    }

    /// Sends JSON to `path` and reads the response.
    ///
    /// # Errors
    /// See [`Self::get`].
    pub async fn post_json(&self, path: &str, body: &Value) -> Result<HttpReply, Failure> {
        let reply = self.post(path, "application/json", body.to_string()).await?;
        self.observe(&reply, path, "", &[]);
        Ok(reply)
    }

    async fn post(&self, path: &str, content_type: &'static str, body: String) -> Result<HttpReply, Failure> {
        let request = self.http.client.post(self.address(path)).headers(self.headers.clone());
        self.http.send(request.header(CONTENT_TYPE, content_type).body(body)).await
    }

    /// Sends the observer, if there is one, the request with these pairs after `sign`, and the
    /// response.
    fn observe(&self, reply: &HttpReply, path: &str, sign: &str, pairs: &[(&str, &str)]) {
        if let Some(observer) = &self.http.observer {
            let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let sign = if pairs.is_empty() { "" } else { sign };
            observer(&[path, sign, &pairs.join("&")].concat(), reply);
        }
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }
}

/// The value of a header that contains a key; logs don't show it.
#[must_use]
pub fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
