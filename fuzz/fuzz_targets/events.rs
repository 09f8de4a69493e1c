//! Every event of the gateway is answered with a status, in the published envelope, without a
//! panic.
//!
//! A request has the public key or no key, so that no request needs a database.

#![no_main]

use std::sync::{Arc, LazyLock};
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use shared::account::{ApiKey, Mode};
use shared::clock::Clock;
use shared::config::Config;
use shared::contract::{ChannelVideosData, EmailData, Endpoint, MedianViewsData, Ping, PostStatsData, ProfileData, Reply, page};
use shared::dynamodb::{Access, client};
use shared::metrics::Metrics;
use shared::pipeline::{self, App, DemoKeys, free, priced};
use shared::provider::HttpClient;
use tokio::runtime::{Builder, Runtime};

/// The parts of an event that a fuzzer changes.
#[derive(Arbitrary, Debug)]
struct Event<'a> {
    method: Text<'a>,
    path: Text<'a>,
    query: Text<'a>,
    headers: Vec<(Text<'a>, &'a str)>,
    body: Option<Body<'a>>,
    is_base64: bool,
    has_key: bool,
    domain: &'a str,
    /// Replaces the whole event by this string.
    raw: Option<&'a str>,
}

/// A known value, or any string.
#[derive(Arbitrary, Debug)]
enum Text<'a> {
    Known(u8),
    Any(&'a str),
}

#[derive(Arbitrary, Debug)]
enum Body<'a> {
    Fields(Vec<(Text<'a>, &'a str)>),
    Any(&'a str),
}

const METHODS: &[&str] = &["GET", "POST", "HEAD", "OPTIONS"];
const QUERIES: &[&str] = &["", "days=31", "a=b c", "%"];
const HEADERS: &[&str] =
    &["host", "authorization", "x-api-key", "x-forwarded-proto", "content-type", "access-control-request-method"];
const FIELDS: &[&str] = &["url", "username", "platform"];

impl Text<'_> {
    fn of(&self, known: &[&str]) -> String {
        match self {
            Self::Known(place) => known[usize::from(*place) % known.len()].to_owned(),
            Self::Any(text) => (*text).to_owned(),
        }
    }
}

impl Event<'_> {
    fn value(&self) -> Option<Value> {
        if let Some(raw) = self.raw {
            return serde_json::from_str(raw).ok();
        }
        let paths: Vec<String> = [Endpoint::PostStats, Endpoint::Profile, Endpoint::ChannelVideos, Endpoint::MedianViews]
            .into_iter()
            .chain([Endpoint::Email, Endpoint::Platforms, Endpoint::Ping, Endpoint::Status])
            .map(|endpoint| endpoint.spec().path.to_owned())
            .collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mut headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.of(HEADERS), (*value).into())).collect();
        if self.has_key {
            headers.insert("x-api-key".to_owned(), ApiKey::public(Mode::Test).reveal().into());
        }
        let body = self.body.as_ref().map(|body| match body {
            Body::Any(text) => (*text).to_owned(),
            Body::Fields(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.of(FIELDS), (*value).into()));
                Value::Object(fields.collect()).to_string()
            }
        });
        Some(json!({
            "version": "2.0",
            "rawPath": self.path.of(&paths),
            "rawQueryString": self.query.of(QUERIES),
            "headers": headers,
            "requestContext": {
                "http": {"method": self.method.of(METHODS)},
                "domainName": self.domain,
                "stage": self.domain,
                "timeEpoch": 0,
            },
            "body": body,
            "isBase64Encoded": self.is_base64,
        }))
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap());

static APP: LazyLock<Arc<App>> = LazyLock::new(|| {
    let config = Config::read(|_| None).unwrap();
    let nowhere = client(Access::local("http://127.0.0.1:9"), config.dynamodb);
    // Each read advances the clock by a minute, so that the rate limit refuses nothing.
    let minutes = AtomicI64::new(30_000_000);
    let clock = Clock::new(move || Timestamp::from_second(minutes.fetch_add(1, Ordering::Relaxed) * 60).unwrap());
    Arc::new(App::new(config, nowhere, clock, DemoKeys::Refused, None, HttpClient::new(true), Metrics::off()))
});

async fn handle(endpoint: Endpoint, request: lambda_http::Request) -> Reply {
    let app = &*APP;
    match endpoint {
        Endpoint::PostStats => priced::<PostStatsData>(app, &request).await,
        Endpoint::PostStatsBatch => pipeline::post_stats_batch(app, &request).await,
        Endpoint::Profile => priced::<ProfileData>(app, &request).await,
        Endpoint::ChannelVideos => priced::<ChannelVideosData>(app, &request).await,
        Endpoint::MedianViews => priced::<MedianViewsData>(app, &request).await,
        Endpoint::Email => priced::<EmailData>(app, &request).await,
        Endpoint::Platforms | Endpoint::Ping => {
            free(app, endpoint, &request, |_, _| Ping { message: "pong" }).await
        }
        Endpoint::Status => pipeline::status(app, &request, |_, _| page(String::new(), "")).await,
        Endpoint::Usage => pipeline::usage(app, &request).await,
        Endpoint::Request => pipeline::request(app, &request).await,
        Endpoint::Keys | Endpoint::CreateKey | Endpoint::DeleteKey | Endpoint::RotateKey => {
            pipeline::keys(app, endpoint, &request).await
        }
    }
}

fuzz_target!(|event: Event<'_>| {
    let Some(event) = event.value() else { return };
    let reply = RUNTIME.block_on(pipeline::answer(&APP, event.clone(), handle));
    let status = reply.status().as_u16();
    // An id with this end may be a reserved id, which triggers an error.
    let is_provoked = ["0500", "0502"].iter().any(|end| event.to_string().contains(end));
    assert!(status < 500 || is_provoked, "{status} for {event}");
    if !reply.body().is_empty() {
        let body: Value = serde_json::from_str(reply.body()).expect("JSON");
        assert_eq!(body["ok"], status == 200, "{event}");
    }
});
