//! The whole system for tests: the real handlers behind the real local server, on the real embedded
//! DynamoDB. An HTTP stand-in replaces the providers, and another one is between the SDK and the
//! engine. Time passes only when a test moves the clock.

#![allow(clippy::missing_panics_doc, reason = "a test fails by panicking")]

pub mod door;
pub mod dynamodb;
pub mod fixtures;
pub mod hostile;
pub mod lambda;
pub mod openapi;
pub mod secrets;
pub mod store;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Once};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::account::{Account, AccountId, Accounts, ApiKey, Mode};
use shared::clock::Clock;
use shared::config::Config;
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::dynamodb::{Access, aws_endpoint, client, create_tables};
use shared::metrics::Metrics;
use shared::money::MicroDollars;
use shared::pipeline::{App, DemoKeys};
use shared::platform::Platform;
use shared::provider::{ENTRIES, Entry, HttpClient, Key, order};
use shared::provider_keys::KeySource;
use shared::telemetry::{self, default_levels, json_lines_to};
use strum::IntoEnumIterator;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::matchers::path_regex;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use dynamodb::StandIn;
use fixtures::{Fixture, Upstream};
use secrets::MARK;
use store::Store;

/// 2026-11-23T12:00:00Z, the beginning of a minute.
const START: i64 = 1_795_435_200;
/// A post that the fixtures have.
pub const POST: &str = "https://www.tiktok.com/@some.one/video/7106594312292453675";

/// A clock that only tests move.
#[derive(Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let seconds = Arc::clone(&self.0);
        Clock::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).expect("a moment"))
    }
}

/// The running system.
pub struct Stack {
    /// The address of the local server.
    pub base: String,
    /// The application, for tests that call a handler directly.
    pub app: Arc<App>,
    /// The stand-in for the providers.
    pub upstream: MockServer,
    /// The metrics.
    pub metrics: Log,
    /// The stand-in between the application and DynamoDB.
    pub dynamodb: StandIn,
    /// The clock of the application.
    pub clock: ManualClock,
    /// The accounts, without the stand-in between.
    pub accounts: Accounts,
    /// DynamoDB, without the stand-in between.
    pub direct: Client,
    /// The engine behind DynamoDB.
    pub store: Store,
    config: Config,
    http: reqwest::Client,
}

/// An HTTP client like a customer's.
#[must_use]
pub fn http_client() -> reqwest::Client {
    shared::http_client::builder().no_proxy().build().expect("a client")
}

/// Starts a local server for this application, and returns its address.
pub async fn serve(app: &Arc<App>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(ct::server::serve(listener, Arc::clone(app), None, CancellationToken::new()));
    base
}

fn address_at(upstream: &MockServer, entry: &Entry) -> (String, String) {
    (entry.base_url_variable(), format!("{}/{}", upstream.uri(), entry.name))
}

/// A customer with a live and a test key.
pub struct Customer {
    /// The account.
    pub account: AccountId,
    /// The live key.
    pub live: ApiKey,
    /// The test key.
    pub test: ApiKey,
}

/// A response of the API.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body; null if it is empty.
    pub body: Value,
}

impl Answer {
    /// A header's value; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The error code.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// Made-up values for every key of the providers.
pub static ALL_KEYS: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| Key::iter().map(|key| (key.variable(), MARK)).collect());

/// The providers that a [`Stack::start`] asks for TikTok posts. Tests of properties of all
/// providers use these, so that a new provider doesn't change the tests.
pub const TIKTOK: [&str; 3] = ["tiktok-api23", "tiktok-scraper7", "tikwm"];

/// Long timeouts, because one debug engine answers hundreds of callers on a busy machine.
pub const FOR_A_CROWD: [(&str, &str); 4] = [
    ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "20000"),
    ("DYNAMODB_TIMEOUT_MS", "60000"),
    ("LEASE_MS", "20000"),
    ("HOLD_SECONDS", "120"),
];

impl Stack {
    /// Starts the system with RapidAPI's products and the keyless providers on.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Like [`Self::start`], with more variables in the environment.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        watch_the_log();
        let upstream = MockServer::start().await;
        let mut env: HashMap<String, String> = ENTRIES.iter().map(|entry| address_at(&upstream, entry)).collect();
        let defaults = [
            // As in the local server, one engine answers all requests.
            ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "4000"),
            ("DYNAMODB_TIMEOUT_MS", "12000"),
            ("RAPIDAPI_KEY", "rapidapi-s3cret"),
            ("KEYLESS_PROVIDERS", "on"),
            ("PROVIDER_ORDER_TIKTOK_POST_STATS", "tiktok-api23,tiktok-scraper7,scrapecreators,tikwm"),
            ("SHORT_LINK_BASE_URL", &format!("{}/short", upstream.uri())),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &format!("{}/secrets", upstream.uri())),
        ];
        env.extend(defaults.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        for key in Key::iter().filter_map(|key| env.get(key.variable())) {
            assert!(key.is_empty() || key.contains(MARK), "secrets_in would not recognise {key} in a log");
        }
        let config = Config::read(|name| env.get(name).cloned()).expect("a configuration that makes sense");

        let store = Store::new().await;
        let direct = client(Access::embedded(store.http_client()), config.dynamodb);
        create_tables(&direct, &config.tables).await.expect("tables");
        let dynamodb = StandIn::start(store.clone()).await;

        let clock = ManualClock::new();
        let accounts = Accounts::new(direct.clone(), config.tables.accounts.clone(), clock.clock(), config.accounts);
        let through = client(Access::local(dynamodb.endpoint()), config.dynamodb);
        let metrics = Log::default();
        let secret = config.provider_keys_secret.clone().map(|id| {
            let endpoint = aws_endpoint(|name| env.get(name).cloned(), "AWS_ENDPOINT_URL_SECRETS_MANAGER");
            KeySource::secret(&Access::local(""), endpoint, config.dynamodb, id)
        });
        let sink = Metrics::to(&config.metrics_namespace, metrics.clone());
        let http = HttpClient::new(config.https_only());
        let app = App::new(config.clone(), through, clock.clock(), DemoKeys::Refused, secret, http, sink);
        let app = Arc::new(app);
        let base = serve(&app).await;
        Self { base, app, upstream, metrics, dynamodb, clock, accounts, direct, store, config, http: http_client() }
    }

    /// Starts another instance on the same tables, with a clock that is this many seconds ahead.
    /// Returns its address.
    pub async fn another_instance(&self, seconds_ahead: i64) -> String {
        let through = client(Access::local(self.dynamodb.endpoint()), self.config.dynamodb);
        serve(&self.instance_on(through, seconds_ahead)).await
    }

    /// Starts another instance, which uses this client for DynamoDB.
    #[must_use]
    pub fn instance_on(&self, dynamodb: Client, seconds_ahead: i64) -> Arc<App> {
        let here = self.clock.clock();
        let ahead = SignedDuration::from_secs(seconds_ahead);
        let clock = Clock::new(move || here.now().checked_add(ahead).expect("a moment"));
        let http = HttpClient::new(self.config.https_only());
        Arc::new(App::new(self.config.clone(), dynamodb, clock, DemoKeys::Refused, None, http, Metrics::off()))
    }

    /// Starts another instance on the same tables, with all providers at their real addresses. Its
    /// client `world` simulates the internet. Returns the instance's address.
    pub async fn instance_in(&self, world: HttpClient) -> String {
        let env = |name: &str| ALL_KEYS.iter().find(|(key, _)| *key == name).map(|(_, key)| (*key).to_owned());
        let providers = Config::read(env).expect("the defaults make sense");
        let config =
            Config { providers: providers.providers, short_links: providers.short_links, ..self.config.clone() };
        let through = client(Access::local(self.dynamodb.endpoint()), config.dynamodb);
        let app = App::new(config, through, self.clock.clock(), DemoKeys::Refused, None, world, Metrics::off());
        serve(&Arc::new(app)).await
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.clock().now()
    }

    /// Creates a customer with this much money and a rate limit for both keys.
    pub async fn customer(&self, usd: &str, rate_limit: u64) -> Customer {
        let account = AccountId::random();
        self.accounts.create(&account, "Customer").await.expect("an account");
        let [live, test] = [Mode::Live, Mode::Test].map(|mode| ApiKey::generate(mode, &account));
        for key in [&live, &test] {
            self.accounts.add_key(key, rate_limit).await.expect("a key");
        }
        let amount: MicroDollars = usd.parse().expect("dollars");
        if amount > MicroDollars::ZERO {
            self.accounts.fund(&account, amount, account.as_str()).await.expect("funds");
        }
        Customer { account, live, test }
    }

    /// The account's item as it is stored: overdue holds aren't released.
    pub async fn account(&self, customer: &Customer) -> Account {
        self.accounts.show(&customer.account).await.expect("the account")
    }

    /// Sends any request.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        self.send_to(&self.base, method, path, headers, body).await
    }

    /// Sends any request to the instance at `base`.
    pub async fn send_to(
        &self,
        base: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method.clone(), format!("{base}{path}")).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let asked = response.url().path().to_owned();
        let text = response.text().await.expect("a body");
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") };
        let answer = Answer { status, headers, body };
        openapi::refuse_undocumented(&method, &asked, &answer);
        answer
    }

    /// Sends a GET request.
    pub async fn get(&self, key: &ApiKey, path: &str) -> Answer {
        self.send("GET", path, &[("x-api-key", key.reveal())], "").await
    }

    /// Sends a request for a post's counts.
    pub async fn post_stats(&self, key: &ApiKey, url: &str) -> Answer {
        self.post_stats_body(key, json!({ "url": url }).to_string()).await
    }

    /// Sends a request for a post's counts with any body.
    pub async fn post_stats_body(&self, key: &ApiKey, body: impl Into<reqwest::Body>) -> Answer {
        self.ask(Endpoint::PostStats, key, body).await
    }

    /// Sends a request to an endpoint.
    pub async fn ask(&self, endpoint: Endpoint, key: &ApiKey, body: impl Into<reqwest::Body>) -> Answer {
        let spec = endpoint.spec();
        self.send(spec.method(), spec.path, &[("x-api-key", key.reveal())], body).await
    }

    /// Makes a provider answer every request with this response.
    pub async fn provider(&self, name: &str, answer: impl wiremock::Respond + 'static) {
        Mock::given(path_regex(format!("^/{name}(/|$)"))).respond_with(answer).mount(&self.upstream).await;
    }

    /// Makes all of [`TIKTOK`] answer every request with this response.
    pub async fn all_of_tiktok(&self, answer: impl wiremock::Respond + Clone + 'static) {
        for name in TIKTOK {
            self.provider(name, answer.clone()).await;
        }
    }

    /// A provider whose answers the test can change.
    pub async fn upstream(&self, name: &str) -> Upstream {
        let upstream = Upstream::below(format!("/{name}"));
        self.provider(name, upstream.clone()).await;
        upstream
    }

    /// The variable for a provider's address, and the stand-in's address as its value.
    #[must_use]
    pub fn address_of(&self, entry: &Entry) -> (String, String) {
        address_at(&self.upstream, entry)
    }

    /// How often a provider was asked.
    pub async fn asked(&self, name: &str) -> usize {
        let requests = self.upstream.received_requests().await.unwrap_or_default();
        requests.iter().filter(|request| request.url.path().starts_with(&format!("/{name}/"))).count()
    }
}

/// A customer, and a stack whose first provider for this question answers with its fixture.
pub async fn answering(operation: Operation, platform: Platform, answer: &str) -> (Stack, Customer, Upstream) {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    let first = order(platform, operation)[0];
    let upstream = stack.upstream(first).await;
    let fixture = Fixture::of(operation, platform, first);
    upstream.answers(fixture.answers[answer].routes(&fixture));
    (stack, customer, upstream)
}

/// tiktok-api23's answer about the post in the request. Its counts differ from every other
/// provider's.
#[must_use]
pub fn api23_post(request: &Request) -> ResponseTemplate {
    let mut body = Fixture::post_stats(Platform::TikTok, "tiktok-api23").body("a video");
    body["itemInfo"]["itemStruct"]["id"] = asked_id(request, "videoId").into();
    ResponseTemplate::new(200).set_body_json(body)
}

/// tikwm's answer about the post in the request.
#[must_use]
pub fn tikwm_post(request: &Request) -> ResponseTemplate {
    let mut body = Fixture::post_stats(Platform::TikTok, "tikwm").body("a video");
    body["data"]["id"] = asked_id(request, "url").into();
    ResponseTemplate::new(200).set_body_json(body)
}

fn asked_id(request: &Request, parameter: &str) -> String {
    let mut pairs = request.url.query_pairs();
    pairs.find(|(name, _)| name == parameter).expect("the id is asked for").1.into_owned()
}

/// Checks everything that this process logs from now on, at the most detailed levels that operators
/// can choose.
pub fn watch_the_log() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        let levels = telemetry::read("trace").expect("a level");
        tracing::subscriber::set_global_default(json_lines_to(|| Watched, levels)).expect("nothing else watches");
    });
}

/// A log destination that only checks for secrets.
struct Watched;

impl std::io::Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        secrets::refuse(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of a test.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures this thread's log in the deployed form until the guard is dropped.
    #[must_use]
    pub fn of_this_thread() -> (Self, DefaultGuard) {
        // With only one subscriber, an event that another test's thread logs first would be
        // disabled for this thread, too.
        watch_the_log();
        let log = Self::default();
        let guard = tracing::subscriber::set_default(json_lines_to(log.clone(), default_levels()));
        (log, guard)
    }

    /// The captured log.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no test panics in between").clone()).expect("text")
    }

    /// The lines of the captured log, as JSON.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        secrets::refuse(bytes);
        self.0.lock().expect("no test panics in between").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A body with which an endpoint asks about one link.
#[must_use]
pub fn asking(endpoint: Endpoint, url: &str) -> Value {
    if endpoint == Endpoint::PostStatsBatch { json!({ "posts": [url] }) } else { json!({ "url": url }) }
}

/// A link to a post or a creator, as the endpoint requires.
#[must_use]
pub fn link_for(endpoint: Endpoint) -> &'static str {
    if endpoint.operation() == Some(Operation::PostStats) { POST } else { "https://www.tiktok.com/@some.one" }
}

/// A response with a JSON body.
#[must_use]
pub fn json_answer(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// A response with a delay longer than any test waits.
#[must_use]
pub fn silence() -> ResponseTemplate {
    ResponseTemplate::new(200).set_delay(Duration::from_hours(1))
}

/// Waits until the condition holds. The test fails after half a minute, which is longer than a busy
/// machine needs.
pub async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let patience = tokio::time::Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(tokio::time::Instant::now() < patience, "the condition doesn't hold after half a minute");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
