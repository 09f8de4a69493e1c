//! The HTTP client that all providers share.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use super::Failure;

/// The largest body that is read, in bytes, after decompression. Real ones stay below 2 MiB.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// Some providers refuse clients that don't look like a browser.
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// The HTTP client. One per process: each would load the certificates and open its connections again.
#[derive(Clone, Debug)]
pub struct HttpClient(Client);

/// An answer, read whole.
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
    /// When the compiled-in certificates can't be read.
    #[must_use]
    pub fn new(https_only: bool) -> Self {
        // Fails only when it is set already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Mozilla's, compiled in: reading the system's takes 5 ms of every cold start.
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
        let roots = roots.iter().filter_map(|root| Certificate::from_der(root).ok());
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .https_only(https_only)
            .tls_certs_only(roots)
            .build();
        Self(client.expect("a client without any setting that can fail"))
    }

    /// Asks for `url` and reads the answer, whatever its status.
    ///
    /// # Errors
    /// Transient when the connection fails, unavailable when the body is too large. Time is the caller's to limit.
    pub async fn get(&self, url: Url, headers: HeaderMap) -> Result<HttpReply, Failure> {
        let mut response = self.0.get(url).headers(headers).send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Failure::unavailable("the body is larger than 8 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpReply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: body.into(),
        })
    }

    /// Asks for `url`, as this client if one is named, and reads no more than the answer's status and headers.
    ///
    /// # Errors
    /// Transient when the connection fails.
    pub async fn get_without_body(&self, url: Url, user_agent: Option<&'static str>) -> Result<HttpReply, Failure> {
        let mut request = self.0.get(url);
        if let Some(user_agent) = user_agent {
            request = request.header(reqwest::header::USER_AGENT, user_agent);
        }
        let mut response = request.send().await.map_err(failed)?;
        Ok(HttpReply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Bytes::new(),
        })
    }
}

/// reqwest's errors show the address, which may hold a key.
fn failed(error: reqwest::Error) -> Failure {
    let kind = if error.is_connect() { "no connection" } else { "broken connection" };
    let error = error.without_url();
    let cause = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    Failure::transient(cause.map_or_else(|| kind.to_owned(), |cause| format!("{kind}: {cause}")))
}

impl HttpReply {
    /// The body as JSON of this form.
    ///
    /// # Errors
    /// Unavailable when it isn't.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = match self.body.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => "an empty body".to_owned(),
                Some(b'<') => "HTML".to_owned(),
                // The category alone: serde's text quotes the body.
                Some(_) => format!("JSON of another form ({:?} at column {})", error.classify(), error.column()),
            };
            Failure::unavailable(format!("{what}, status {}", self.status))
        })
    }

    /// The body's beginning as text, to look for known messages in.
    #[must_use]
    pub fn text(&self) -> String {
        const ENOUGH: usize = 2048;
        String::from_utf8_lossy(&self.body[..self.body.len().min(ENOUGH)]).into_owned()
    }

    /// What "too many requests" says about when to come back, in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// `path` and `query` added to a base address.
pub(super) fn address(base: &Url, path: &str, query: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.query_pairs_mut().extend_pairs(query);
    url
}

/// A header that carries a key; its value shows in no log.
#[must_use]
pub fn secret_header(name: &'static str, key: &SecretString) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_str(key.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_static(name), value))
}
