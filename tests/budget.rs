//! The DynamoDB calls, round trips and capacity units of each kind of request must be exactly as
//! docs/operating.md lists them.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use bytes::Bytes;
use http::{Response, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use shared::account::{ApiKey, Cause, Mode};
use shared::contract::{Endpoint, Reply};
use shared::creator::Operation;
use shared::money::MicroDollars;
use shared::pipeline::App;
use shared::platform::Platform;
use shared::provider::ENTRIES;
use strum::IntoEnumIterator;
use system_tests::dynamodb::Fate;
use system_tests::fixtures::Fixture;
use system_tests::store::{self, Store};
use system_tests::{Customer, FOR_A_CROWD, POST, Stack, api23_post, json_answer, until};
use tokio::sync::{Barrier, mpsc, oneshot};
use wiremock::matchers::path_regex;
use wiremock::{Mock, ResponseTemplate};

const PAGE: &str = include_str!("../docs/operating.md");
const HEADING: &str = "| request | calls | round trips | write units | read units |\n";
const MIDNIGHT: i64 = 12 * 3600;
const CREATOR: &str = r#"{"username": "some.one", "platform": "tiktok"}"#;

/// The rows of the page's table: the kind of request, and its cost.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let table = PAGE.split(HEADING).nth(1).expect("the table");
    let rows = table.lines().skip(1).map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split_once(" | ").expect("cells"))
}

#[test]
fn every_listed_kind_is_measured() {
    let here = include_str!("budget.rs");
    for (kind, _) in rows() {
        assert!(here.contains(&format!("\"{kind}\"")), "{kind}");
    }
}

/// At $0.30 a metric beyond the free 10, with those of `shared/src/metrics.rs`.
#[test]
fn the_page_has_the_cost_of_all_metrics() {
    let metrics = 8 * (Endpoint::iter().count() + 1) + 4 * (ENTRIES.len() + 1);
    let dollars = ((metrics - 10) * 3).div_ceil(10);
    let words = format!("${dollars} with everything");
    assert!(PAGE.contains(&words), "docs/operating.md, row \"Metrics of the app\": write {words:?}");
}

/// A call of the SDK that waits for its answer.
struct Call {
    target: String,
    body: Value,
    answer: oneshot::Sender<Response<Bytes>>,
}

/// Passes the SDK's calls to the test.
#[derive(Clone, Debug)]
struct Connector(mpsc::UnboundedSender<Call>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, answered) = oneshot::channel();
        let (target, body) = store::opened(&request);
        let body = serde_json::from_slice(&body).expect("JSON");
        self.0.send(Call { target, body, answer }).expect("the test listens");
        HttpConnectorFuture::new(async move { store::closed(answered.await.expect("the test answers")) })
    }
}

/// The DynamoDB use of a request.
#[derive(Default)]
struct Measured {
    calls: usize,
    round_trips: usize,
    written: f64,
    read: f64,
    /// The use for the shared health, which only some requests have.
    health: Option<Box<Self>>,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let halves = |units: f64| match (units.trunc(), units.fract() > 0.0) {
            (0.0, true) => "½".to_owned(),
            (whole, true) => format!("{whole}½"),
            (whole, false) => whole.to_string(),
        };
        write!(f, "{} | {} | {} | {}", self.calls, self.round_trips, halves(self.written), halves(self.read))
    }
}

impl Measured {
    /// Asks the engine, and counts the capacity that the call takes.
    async fn answer(&mut self, store: &Store, target: &str, mut body: Value) -> Response<Bytes> {
        body["ReturnConsumedCapacity"] = "TOTAL".into();
        let answer = store.answer(target.to_owned(), body.to_string().into()).await;
        let said: Value = serde_json::from_slice(answer.body()).expect("JSON");
        if is_of_health(&body) {
            // Calls for the shared health run beside the request's calls, so they add no round
            // trip.
            self.health.get_or_insert_default().count(target, &answer, &said);
        } else {
            self.count(target, &answer, &said);
        }
        answer
    }

    fn count(&mut self, target: &str, answer: &Response<Bytes>, said: &Value) {
        let units = match &said["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
            _ if answer.status() == StatusCode::OK => said["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap(),
            _ => units_of_refusal(said),
        };
        self.calls += 1;
        let is_read = [".GetItem", ".BatchGetItem", ".Query"].iter().any(|read| target.ends_with(read));
        *(if is_read { &mut self.read } else { &mut self.written }) += units;
    }
}

fn is_of_health(body: &Value) -> bool {
    body["Key"]["pk"]["S"].as_str().is_some_and(|key| key.starts_with("health#"))
}

/// A write whose condition fails costs the units of the existing item, at least one. DynamoDB's
/// answer doesn't contain these units.
fn units_of_refusal(said: &Value) -> f64 {
    assert!(said["__type"].as_str().unwrap().ends_with("#ConditionalCheckFailedException"), "{said}");
    let kilobytes = said["Item"].as_object().map_or(0, size).div_ceil(1024).max(1);
    f64::from(u32::try_from(kilobytes).unwrap())
}

/// An item's or a map's size in bytes, by DynamoDB's rules: for a map 3, and 1 for each member; for
/// a number 1 for two digits.
fn size(item: &serde_json::Map<String, Value>) -> usize {
    item.iter().map(|(name, value)| name.len() + size_of(value)).sum()
}

fn size_of(value: &Value) -> usize {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        ("B", Value::String(base64)) => base64.len() / 4 * 3,
        ("N", Value::String(number)) => number.trim_matches(['0', '-']).len().div_ceil(2) + 1,
        ("M", Value::Object(map)) => 3 + map.len() + size(map),
        (kind, value) => panic!("{kind}: {value}"),
    }
}

/// A stack with one measured instance, and a customer whose keys have made a request in this
/// minute.
struct Bench {
    stack: Stack,
    customer: Customer,
    app: Arc<App>,
    calls: mpsc::UnboundedReceiver<Call>,
}

impl Bench {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts with long leases, so that a busy machine doesn't renew any.
    async fn with(variables: &[(&str, &str)]) -> Self {
        let stack = Stack::with(&[&FOR_A_CROWD, variables].concat()).await;
        let (sender, calls) = mpsc::unbounded_channel();
        let through = stack.direct.config().to_builder().http_client(store::http_client(Connector(sender)));
        let app = stack.instance_on(Client::from_conf(through.build()), 0);
        let customer = stack.customer("1", 60).await;
        let bench = Self { stack, customer, app, calls };
        bench.open_windows().await;
        bench
    }

    async fn open_windows(&self) {
        for key in [&self.customer.live, &self.customer.test] {
            assert_eq!(self.stack.get(key, "/v1/ping").await.status, 200);
        }
    }

    /// Asserts that a request gets this status and has the cost in the page.
    async fn costs(&mut self, kind: &str, status: u16, event: Value) {
        let (reply, measured) = self.measure(event, async |_| {}).await;
        assert_cost(kind, status, &reply, &measured);
    }

    /// Measures the DynamoDB use of a request. Parallel calls are answered together, so that they
    /// are one round trip. `before` is called with a round trip's number before it is answered.
    async fn measure(&mut self, event: Value, mut before: impl AsyncFnMut(usize)) -> (Reply, Measured) {
        let mut asking = tokio::spawn(ct::server::handle(Arc::clone(&self.app), event));
        let mut measured = Measured::default();
        loop {
            let first = tokio::select! {
                reply = &mut asking => return (reply.unwrap(), measured),
                first = self.calls.recv() => first.expect("a call"),
            };
            let calls = self.with_all_beside(first).await;
            measured.round_trips += 1;
            before(measured.round_trips).await;
            let mut answers = Vec::new();
            for Call { target, body, answer } in calls {
                answers.push((answer, measured.answer(&self.stack.store, &target, body).await));
            }
            for (answer, said) in answers {
                let _ = answer.send(said);
            }
        }
    }

    /// The call, and the calls that start before its answer. After this many turns, all tasks of
    /// the request wait.
    async fn with_all_beside(&mut self, first: Call) -> Vec<Call> {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let mut calls = vec![first];
        while let Ok(call) = self.calls.try_recv() {
            calls.push(call);
        }
        calls
    }

    fn event(&self, method: &str, path: &str, key: &str, body: &str) -> Value {
        json!({
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"x-api-key": key},
            "requestContext": {"http": {"method": method}, "timeEpoch": self.stack.now().as_millisecond()},
            "body": body,
            "isBase64Encoded": false,
        })
    }

    /// A request with the live key.
    fn live(&self, endpoint: Endpoint, body: &str) -> Value {
        let spec = endpoint.spec();
        self.event(spec.method(), spec.path, self.customer.live.reveal(), body)
    }

    /// A request for a post's counts with this key.
    fn post(&self, key: &ApiKey, url: &str) -> Value {
        self.event("POST", "/v1/post/stats", key.reveal(), &json!({ "url": url }).to_string())
    }

    fn live_post(&self, url: &str) -> Value {
        self.post(&self.customer.live, url)
    }

    async fn provider_answers(&self) {
        self.stack.provider("tiktok-api23", api23_post).await;
    }

    async fn creators_provider_answers(&self, operation: Operation, answer: &str) {
        let fixture = Fixture::of(operation, Platform::TikTok, "tiktok-api23");
        self.stack.upstream("tiktok-api23").await.answers(fixture.answers[answer].routes(&fixture));
    }

    /// Holds a post's price this many times.
    async fn hold(&self, times: usize) {
        for place in 0..times {
            let (name, price) = (format!("{place:08}"), MicroDollars(1_000));
            self.stack.accounts.hold(&self.customer.live, Endpoint::PostStats, &name, price).await.unwrap();
        }
    }
}

fn assert_cost(kind: &str, status: u16, reply: &Reply, measured: &Measured) {
    assert_eq!(reply.status().as_u16(), status, "{reply:?}");
    assert_listed(kind, measured);
}

fn assert_listed(kind: &str, measured: &Measured) {
    let listed = rows().find(|(listed, _)| *listed == kind).unwrap_or_else(|| panic!("the page doesn't list {kind}"));
    assert_eq!(measured.to_string(), listed.1, "{kind}");
}

#[tokio::test]
async fn fresh_and_cached_answers_cost_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.provider_answers().await;
    let event = bench.live_post(POST);
    bench.costs("fresh", 200, event.clone()).await;
    bench.costs("cached", 200, event).await;
}

#[tokio::test]
async fn batches_cost_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.provider_answers().await;
    let post = |place: usize| format!("https://www.tiktok.com/@some.one/video/71065943122924{place:05}");
    let batch = |posts: std::ops::Range<usize>| json!({"posts": posts.map(post).collect::<Vec<_>>()}).to_string();
    let event = |body: &str| bench.live(Endpoint::PostStatsBatch, body);
    let [fresh, all] = [event(&batch(0..10)), event(&batch(0..100))];
    let (_, measured) = bench.measure(fresh, async |_| {}).await;
    assert!(PAGE.contains("the batch takes 4 calls, and 3 more per post"));
    // The number of round trips depends on the providers' delays, so it isn't checked.
    assert_eq!((measured.calls, measured.written), (4 + 3 * 10, 33.0));
    bench.measure(all.clone(), async |_| {}).await;
    bench.costs("batch, 100 posts, all cached", 200, all).await;
}

#[tokio::test]
async fn the_shared_health_is_read_and_written_beside_some_answers_only() {
    let mut bench = Bench::start().await;
    // An hour's first slot also needs the counts of the hour before.
    bench.stack.clock.advance(300);
    bench.open_windows().await;
    bench.provider_answers().await;
    let link = |id: usize| format!("https://www.tiktok.com/@a/video/{id}");
    let asked = async |bench: &mut Bench, id: usize| {
        let event = bench.live_post(&link(id));
        let (reply, measured) = bench.measure(event, async |_| {}).await;
        assert_eq!((reply.status().as_u16(), measured.calls, measured.round_trips), (200, 7, 5));
        measured.health
    };
    let first = asked(&mut bench, 1).await.unwrap();
    assert_listed("health, beside a fresh answer or a failure, at most each 30 s", &first);
    for id in 2..=29 {
        assert!(asked(&mut bench, id).await.is_none(), "no call so soon after the first");
    }
    bench.stack.clock.advance(41);
    bench.open_windows().await;
    let second = asked(&mut bench, 30).await.unwrap();
    assert_eq!((second.calls, second.read), (1, 0.0), "the write returns the counts, so no read is needed");
}

#[tokio::test]
async fn the_status_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    // At an hour's beginning, the hour before is read, too.
    bench.stack.clock.advance(300);
    let event = bench.event("GET", "/v1/status", "", "");
    bench.costs("status, the first of an instance", 200, event.clone()).await;
    bench.costs("status, within 15 s", 200, event.clone()).await;
    bench.stack.clock.advance(15);
    bench.costs("status, later", 200, event).await;
}

#[rstest]
#[case::failed("all providers failed", 502, 500, json!({}))]
#[case::not_found("proved not found", 404, 200, json!({"statusCode": 10222}))]
#[tokio::test]
async fn unanswered_requests_cost_the_listed_calls(
    #[case] kind: &str,
    #[case] status: u16,
    #[case] said: u16,
    #[case] body: Value,
) {
    let mut bench = Bench::start().await;
    Mock::given(path_regex(".*")).respond_with(json_answer(said, body)).mount(&bench.stack.upstream).await;
    let event = bench.live_post(POST);
    bench.costs(kind, status, event).await;
}

#[rstest]
#[case::ping("ping, platforms", "GET", "/v1/ping", 200, "")]
#[case::platforms("ping, platforms", "GET", "/v1/platforms", 200, "")]
#[case::usage("usage", "GET", "/v1/usage", 200, "")]
#[case::requests("requests", "GET", "/v1/requests/abc", 404, "")]
#[case::invalid("refused: 400, 404, 405, 413", "POST", "/v1/post/stats", 400, "{}")]
#[case::unknown_route("refused: 400, 404, 405, 413", "GET", "/v1/nowhere", 404, "")]
#[case::another_method("refused: 400, 404, 405, 413", "PUT", "/v1/ping", 405, "")]
#[case::too_large("refused: 400, 404, 405, 413", "POST", "/v1/post/stats", 413, &"x".repeat(20_000))]
#[tokio::test]
async fn requests_without_a_provider_cost_the_listed_calls(
    #[case] kind: &str,
    #[case] method: &str,
    #[case] path: &str,
    #[case] status: u16,
    #[case] body: &str,
) {
    let mut bench = Bench::start().await;
    let event = bench.event(method, path, bench.customer.live.reveal(), body);
    bench.costs(kind, status, event).await;
}

#[tokio::test]
async fn refused_keys_cost_the_listed_calls() {
    let mut bench = Bench::start().await;
    let forged = ApiKey::generate(Mode::Live, &bench.customer.account);
    let event = bench.post(&forged, POST);
    bench.costs("unknown key", 401, event.clone()).await;
    bench.costs("unknown key, again within a minute", 401, event).await;
    let malformed = bench.event("POST", "/v1/post/stats", "ct_live_mistyped", "{}");
    bench.costs("malformed key, or none", 401, malformed).await;
    let none = bench.event("POST", "/v1/post/stats", "", "{}");
    bench.costs("malformed key, or none", 401, none).await;
}

#[tokio::test]
async fn messages_of_mcp_cost_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.provider_answers().await;
    bench.stack.post_stats(&bench.customer.live, POST).await;
    let message = |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let key = bench.customer.live.reveal().to_owned();
    let listed = message("tools/list", json!({})).to_string();
    bench.costs("MCP, all but calls of tools", 200, bench.event("POST", "/mcp", &key, &listed)).await;
    let called = message("tools/call", json!({"name": "post_stats", "arguments": {"url": POST}})).to_string();
    bench.costs("MCP, a call of a tool: cached", 200, bench.event("POST", "/mcp", &key, &called)).await;
}

#[tokio::test]
async fn the_public_test_key_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    let event = bench.post(&ApiKey::public(Mode::Test), POST);
    bench.costs("public test key", 200, event).await;
}

#[tokio::test]
async fn a_test_key_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    let event = bench.post(&bench.customer.test, POST);
    bench.costs("test key, fresh", 200, event.clone()).await;
    bench.costs("cached", 200, event).await;
}

#[tokio::test]
async fn a_used_up_rate_limit_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    for _ in 1..60 {
        bench.stack.get(&bench.customer.live, "/v1/ping").await;
    }
    let event = bench.live_post(POST);
    bench.costs("refused: 429 rate_limited, 402", 429, event).await;
}

#[tokio::test]
async fn a_request_without_money_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.customer = bench.stack.customer("0", 60).await;
    bench.open_windows().await;
    let event = bench.live_post(POST);
    bench.costs("refused: 429 rate_limited, 402", 402, event).await;
}

#[tokio::test]
async fn used_up_free_failures_cost_the_listed_calls() {
    let mut bench = Bench::with(&[("FREE_MISSES_PER_DAY", "1")]).await;
    let held = bench.stack.accounts.hold(&bench.customer.live, Endpoint::PostStats, "12345678", MicroDollars(1_000));
    let held = held.await.unwrap();
    bench.stack.accounts.release(&bench.customer.account, &held, Cause::Subject).await.unwrap();
    let event = bench.live_post(POST);
    bench.costs("refused: 429 too_many_failures", 429, event).await;
}

#[tokio::test]
async fn a_key_with_limits_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.provider_answers().await;
    let mut body = json!({
        "name": "a", "expires_at": "2027-01-01", "endpoints": ["post/stats", "ping"], "platforms": ["tiktok"],
        "budget_per_day": 0.001,
    });
    let answer = bench.stack.ask(Endpoint::CreateKey, &bench.customer.live, body.to_string()).await;
    bench.customer.live = ApiKey::parse(answer.body["data"]["secret"].as_str().unwrap()).unwrap();
    bench.open_windows().await;
    let event = bench.live_post(POST);
    bench.costs("fresh, key with all limits", 200, event.clone()).await;
    bench.costs("cached", 200, event).await;
    let event = bench.live_post("https://www.tiktok.com/@a/video/2");
    bench.costs("refused: 403 key_budget_exceeded", 403, event).await;
    body = json!({ "url": "https://youtu.be/dQw4w9WgXcQ" });
    let event = bench.live(Endpoint::PostStats, &body.to_string());
    bench.costs("refused: 403 key_not_allowed", 403, event).await;
}

#[tokio::test]
async fn too_many_requests_in_flight_cost_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.hold(50).await;
    let event = bench.live_post(POST);
    bench.costs("refused: 429 too_many_in_flight, with 50 holds", 429, event).await;
}

#[tokio::test]
async fn short_links_cost_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.provider_answers().await;
    let redirect = ResponseTemplate::new(301).insert_header("location", POST);
    bench.stack.provider("short", redirect).await;
    let event = bench.live_post("https://vm.tiktok.com/ZMabcdefg/");
    bench.costs("short link, first time in a day, fresh", 200, event.clone()).await;
    bench.costs("short link, cached", 200, event.clone()).await;
    // The post's entry has expired, but not the short link's.
    bench.stack.clock.advance(600);
    bench.open_windows().await;
    bench.costs("short link, known, fresh", 200, event).await;
}

#[tokio::test]
async fn the_first_request_of_a_minute_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.provider_answers().await;
    let event = bench.live_post(POST);
    bench.measure(event.clone(), async |_| {}).await;
    bench.stack.clock.advance(60);
    bench.costs("cached, first request of a key in a minute", 200, event).await;
}

#[tokio::test]
async fn overdue_holds_cost_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.stack.clock.advance(30);
    // The holds last 120 seconds, which end within a minute.
    bench.hold(10).await;
    bench.stack.clock.advance(90);
    bench.open_windows().await;
    bench.stack.clock.advance(31);
    let event = bench.live(Endpoint::Ping, "");
    bench.costs("ping that releases 10 overdue holds", 200, event).await;
    assert!(bench.stack.account(&bench.customer).await.holds.is_empty());
}

#[tokio::test]
async fn yesterdays_usage_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    for day in 0..2 {
        let until_one = if day == 0 { MIDNIGHT + 3_600 } else { 86_400 };
        bench.stack.clock.advance(until_one);
        let event = bench.live(Endpoint::Ping, "");
        bench.costs("ping, first request of an account after 01:00 UTC", 200, event).await;
        assert!(bench.stack.account(&bench.customer).await.archived.is_some());
        bench.open_windows().await;
    }
}

#[tokio::test]
async fn a_wait_for_another_requests_answer_costs_the_listed_calls() {
    let mut bench = Bench::start().await;
    bench.provider_answers().await;
    let stored = Arc::new(Barrier::new(2));
    let meeting = Arc::clone(&stored);
    let is_fill = |operation: &str| operation == "PutItem";
    bench.stack.dynamodb.script(move |call| if call.fills() { Fate::Meet(Arc::clone(&meeting)) } else { Fate::Pass });
    let event = bench.live_post(POST);
    let key = bench.customer.live.reveal().to_owned();
    let (base, http) = (bench.stack.base.clone(), system_tests::http_client());
    let body = json!({ "url": POST }).to_string();
    let another = http.post(format!("{base}/v1/post/stats")).header("x-api-key", key).body(body).send();
    let another = tokio::spawn(another);
    until(async || bench.stack.dynamodb.calls().iter().any(|operation| is_fill(operation))).await;
    let mut another = Some(another);
    let (reply, measured) = bench
        .measure(event, async |round_trip| {
            // The request is admitted and doesn't get the lease. Before its first look, the other
            // request stores the answer.
            if round_trip == 3
                && let Some(another) = another.take()
            {
                stored.wait().await;
                assert_eq!(another.await.unwrap().unwrap().status(), 200);
            }
        })
        .await;
    assert_cost("waits for another's answer, which is there at the first look", 200, &reply, &measured);
}

#[tokio::test]
async fn two_endpoints_of_one_entry_cost_the_listed_calls() {
    for (first, kind, second, operation, answer) in [
        (
            Endpoint::ChannelVideos,
            "fresh list, provider wants the creator's id first",
            Endpoint::MedianViews,
            Operation::ChannelVideos,
            "a list",
        ),
        (Endpoint::Profile, "fresh profile, the id remembered", Endpoint::Email, Operation::Profile, "a creator"),
    ] {
        let mut bench = Bench::start().await;
        bench.creators_provider_answers(operation, answer).await;
        let event = bench.live(first, CREATOR);
        bench.costs(kind, 200, event).await;
        let event = bench.live(second, CREATOR);
        bench.costs("cached", 200, event).await;
    }
}
