//! A client for `POST /v1/post/stats/batch`.

use std::time::Duration;

use anyhow::{Context, ensure};
use http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Number, json};
use shared::http_client;
use shared::money::MicroDollars;
use url::{Host, Url};

use super::place::Local;

const PATH: &str = "/v1/post/stats/batch";
/// Longer than the API and the network take for a batch.
const PATIENCE: Duration = Duration::from_secs(90);
const TO_CONNECT: Duration = Duration::from_secs(10);

/// An API's address and a key for it.
pub struct Api {
    base: Url,
    key: SecretString,
    http: reqwest::Client,
    local: Option<Local>,
}

/// The result of a batch: each post in the order of the request, and the sums.
#[derive(Debug, Deserialize)]
#[serde(bound = "D: DeserializeOwned")]
pub struct Batch<D> {
    pub results: Vec<Item<D>>,
    pub summary: Summary,
    /// The money that the account can spend after the batch.
    #[serde(skip)]
    pub balance: Option<String>,
}

/// The result of one post.
#[derive(Debug, Deserialize)]
#[serde(untagged, bound = "D: DeserializeOwned")]
pub enum Item<D> {
    Answered { data: D },
    Failed(Failed),
}

/// Why one post, or the whole batch, has no answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Failed {
    pub error: String,
    pub code: String,
    /// The number of seconds after which a retry may succeed.
    pub retry_after: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub struct Summary {
    charge: Number,
}

/// A post's numbers.
#[derive(Debug, Deserialize)]
pub struct Stats {
    pub platform: String,
    pub post_id: String,
    pub views: Option<Number>,
    pub views_kind: Option<String>,
    pub likes: Option<Number>,
    pub comments: Option<Number>,
    pub shares: Option<Number>,
    pub engagement_rate: Option<Number>,
    pub details: Option<Details>,
}

#[derive(Debug, Deserialize)]
pub struct Details {
    pub published_at: Option<String>,
}

/// The forecast for a post.
#[derive(Debug, Deserialize)]
pub struct DryRun {
    pub cached: Option<bool>,
}

/// Why a batch has no result.
#[derive(Debug, thiserror::Error)]
pub enum NoBatch {
    /// The API refused the batch with this status.
    #[error("{status} {}: {}", failed.code, failed.error)]
    Refused { status: u16, failed: Failed },
    /// The API sent no valid response.
    #[error("{0}")]
    Unreachable(String),
}

impl Summary {
    /// The cost of the batch, or of the forecast.
    pub fn charge(&self) -> anyhow::Result<MicroDollars> {
        // The number's own string could have an exponent.
        let text = self.charge.as_f64().map(|charge| charge.to_string()).unwrap_or_default();
        text.parse().with_context(|| format!("the API's charge is {}", self.charge))
    }
}

impl Api {
    /// Checks the address: the key is never sent unencrypted to another machine.
    pub fn new(address: &str, key: SecretString, local: Option<Local>) -> anyhow::Result<Self> {
        let base = Url::parse(address).ok().filter(Url::has_host);
        let base =
            base.with_context(|| format!("{address:?} isn't the address of an API, such as https://api.example.com"))?;
        let is_here = match base.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        ensure!(
            base.scheme() == "https" || (base.scheme() == "http" && is_here),
            "the key would be sent to {base} without encryption; write the address with https://"
        );
        let http = http_client::builder().timeout(PATIENCE).connect_timeout(TO_CONNECT).build()?;
        Ok(Self { base, key, http, local })
    }

    pub async fn batch<D: DeserializeOwned>(
        &self,
        posts: &[&str],
        max_age: Option<u64>,
        dry_run: bool,
    ) -> Result<Batch<D>, NoBatch> {
        let mut body = json!({ "posts": posts });
        if let Some(max_age) = max_age {
            body["max_age"] = max_age.into();
        }
        if dry_run {
            body["dry_run"] = true.into();
        }
        let mut address = self.base.clone();
        address.set_path(&format!("{}{PATH}", self.base.path().trim_end_matches('/')));
        let request = self.http.post(address).bearer_auth(self.key.expose_secret());
        let request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        let unreachable = |error: reqwest::Error| NoBatch::Unreachable(with_causes(&error));
        let response = request.send().await.map_err(unreachable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.map_err(unreachable)?;
        if !status.is_success() {
            return Err(NoBatch::Refused { status: status.as_u16(), failed: refusal(&bytes, &headers) });
        }
        let batch = read::<D>(&bytes, &headers).map_err(|error| NoBatch::Unreachable(error.to_string()))?;
        if batch.results.len() != posts.len() {
            let problem = format!("the API was asked for {} posts and answered {}", posts.len(), batch.results.len());
            return Err(NoBatch::Unreachable(problem));
        }
        Ok(batch)
    }

    /// Stops the API that this process runs for it, if any.
    pub async fn close(self) {
        if let Some(local) = self.local {
            local.stop().await;
        }
    }
}

#[derive(Deserialize)]
#[serde(bound = "D: DeserializeOwned")]
struct Envelope<D> {
    data: Batch<D>,
}

fn read<D: DeserializeOwned>(bytes: &[u8], headers: &HeaderMap) -> serde_json::Result<Batch<D>> {
    let Envelope { mut data } = serde_json::from_slice::<Envelope<D>>(bytes)?;
    data.balance = header(headers, "x-balance");
    Ok(data)
}

/// The error in a response's body. A body without one gets the code `unknown`.
fn refusal(bytes: &[u8], headers: &HeaderMap) -> Failed {
    let failed = serde_json::from_slice::<Failed>(bytes).unwrap_or_else(|_| Failed {
        error: "the response isn't from this API".to_owned(),
        code: "unknown".to_owned(),
        retry_after: None,
    });
    let retry_after = header(headers, RETRY_AFTER.as_str()).and_then(|seconds| seconds.trim().parse().ok());
    Failed { retry_after: retry_after.or(failed.retry_after), ..failed }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The error with its causes, but without the address, which the caller of this function adds.
fn with_causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "no answer in time" } else { "can't be reached" }.to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
