//! The functions and the local server log no secret at any level that operators can choose. The
//! harness checks the log of every test. This file checks the logs of the binaries.

use std::process::Stdio;

use rstest::rstest;
use serde_json::{Map, Value, json};
use shared::account::{AccountId, ApiKey, Mode};
use shared::contract::Endpoint;
use strum::IntoEnumIterator;
use system_tests::secrets::{MARK, secret_in};
use system_tests::{Customer, POST, Stack, json_answer, lambda, silence, until};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

#[test]
fn only_secrets_are_found_in_a_line() {
    let key = ApiKey::generate(Mode::Live, &AccountId::random());
    for secret in [key.reveal(), &key.reveal()[..30], "key=s3cret-1", "authorization: AWS4-HMAC-SHA256 Credential=x"] {
        assert!(secret_in(&format!("{{\"a\":\"{secret}\"}}")).is_some(), "{secret}");
    }
    for harmless in [ApiKey::public(Mode::Test).reveal(), "/v1/ct_live_", "ct_test_mistyped", &key.id()] {
        assert_eq!(secret_in(&format!("{{\"a\":\"{harmless}\"}}")), None);
    }
}

/// One request.
struct Sent {
    method: &'static str,
    /// Path and query.
    target: String,
    header: Option<(&'static str, String)>,
    body: String,
}

impl Sent {
    /// The gateway's event for the request.
    fn event(&self) -> Value {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let headers: Map<_, _> = self.header.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({
            "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": headers, "body": self.body,
            "requestContext": {"http": {"method": self.method, "path": path}, "stage": "$default", "timeEpoch": 0},
            "isBase64Encoded": false,
        })
    }
}

/// Requests of every kind, each with the key somewhere.
fn requests(key: &str) -> Vec<Sent> {
    let bearer = || Some(("authorization", format!("Bearer {key}")));
    let mistyped = format!("{}x", &key[..key.len() - 1]);
    let creator = r#"{"url": "https://www.tiktok.com/@some.one"}"#;
    let mut all = Vec::new();
    for spec in Endpoint::iter().map(Endpoint::spec) {
        for header in [bearer(), Some(("x-api-key", key.to_owned())), Some(("x-api-key", mistyped.clone()))] {
            let body = if spec.method() == "GET" { "" } else { creator };
            all.push(Sent { method: spec.method(), target: spec.path.to_owned(), header, body: body.to_owned() });
        }
    }
    for body in [
        json!({"url": POST}).to_string(),
        json!({"url": "https://vm.tiktok.com/ZMabcdefg/"}).to_string(),
        json!({"url": key}).to_string(),
        json!({"url": format!("https://www.tiktok.com/@a/{key}"), "platform": key}).to_string(),
        json!({"url": format!("https://user:{key}@127.0.0.1/{key}?{key}#{key}")}).to_string(),
        key.to_owned(),
        key.repeat(1_000),
    ] {
        all.push(Sent { method: "POST", target: "/v1/post/stats".to_owned(), header: bearer(), body });
    }
    for (method, target, header) in [
        ("GET", format!("/v1/{key}?key={key}"), bearer()),
        ("DELETE", "/v1/post/stats".to_owned(), bearer()),
        ("GET", format!("/{key}"), None),
    ] {
        all.push(Sent { method, target, header, body: String::new() });
    }
    all
}

/// An upstream that refuses, breaks, and repeats each request in its response.
fn echo(request: &Request) -> ResponseTemplate {
    let told = format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
    let status = [401, 403, 429, 500, 200][told.len() % 5];
    ResponseTemplate::new(status).insert_header("x-echo", MARK).set_body_json(json!({"message": told, "error": told}))
}

/// Every variable with a secret, and providers' addresses with secrets.
fn variables(upstream: &MockServer) -> Vec<(String, String)> {
    let with_password = upstream.uri().replace("http://", &format!("http://{MARK}:{MARK}@"));
    let addresses = shared::provider::ENTRIES.iter().enumerate().map(|(place, entry)| {
        // Nothing listens at some addresses, so errors with the address are logged.
        let address = if place % 3 == 0 { format!("http://{MARK}:{MARK}@127.0.0.1:9") } else { with_password.clone() };
        (entry.base_url_variable(), address)
    });
    let keys = shared::provider::Key::iter().map(|key| (key.variable().to_owned(), format!("{MARK}-{key:?}")));
    let others = [("RUST_LOG", "trace"), ("KEYLESS_PROVIDERS", "on"), ("SHORT_LINK_BASE_URL", &*with_password)];
    let others = others.map(|(name, value)| (name.to_owned(), value.to_owned()));
    addresses.chain(keys).chain(others).collect()
}

/// Fails if the log contains a secret, or lacks one of these parts: an empty log would always pass.
fn has_no_secret(log: &str, parts: &[&str]) {
    for line in log.lines() {
        assert_eq!(secret_in(line), None, "{line}");
    }
    for part in parts {
        assert!(log.contains(part), "{part} is missing in\n{log}");
    }
}

#[tokio::test]
async fn the_local_server_logs_no_secret_at_any_level() {
    let upstream = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(echo).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log");
    let mut server = Command::new(lambda::binary("ct"))
        .args(["--data-dir", ":memory:", "serve", "--listen", "127.0.0.1:0"])
        .envs(variables(&upstream))
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut greeting = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut after = async |label: &str| loop {
        let line = greeting.next_line().await.unwrap().expect("the greeting");
        if let Some(found) = line.strip_prefix(label) {
            return found.trim().to_owned();
        }
    };
    let base = after("Creator Tracking API on ").await;
    let key = after("live key").await;
    let http = system_tests::http_client();
    let mut statuses = std::collections::BTreeSet::new();
    for Sent { method, target, header, body } in requests(&key) {
        let mut request = http.request(method.parse().unwrap(), format!("{base}{target}")).body(body);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        statuses.insert(request.send().await.unwrap().status().as_u16());
    }
    assert!([200, 400, 401, 404, 405, 413, 502].iter().all(|status| statuses.contains(status)), "{statuses:?}");
    let stopped = Command::new("kill").args(["-TERM", &server.id().unwrap().to_string()]).status().await.unwrap();
    assert!(stopped.success() && server.wait().await.unwrap().success());
    let log = std::fs::read_to_string(log).unwrap();
    has_no_secret(&log, &["DEBUG", "request status=200", "attempts="]);
}

/// A stand-in for Lambda's runtime interface, which returns these events one after the other.
async fn runtime(events: Vec<Value>) -> MockServer {
    let runtime = MockServer::start().await;
    for (place, event) in events.into_iter().enumerate() {
        let next = json_answer(200, event)
            .insert_header("lambda-runtime-aws-request-id", format!("id-{place}"))
            .insert_header("lambda-runtime-deadline-ms", "9999999999999")
            .insert_header("lambda-runtime-invoked-function-arn", "arn");
        Mock::given(method("GET")).respond_with(next).up_to_n_times(1).mount(&runtime).await;
    }
    Mock::given(method("GET")).respond_with(silence()).mount(&runtime).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(202)).mount(&runtime).await;
    runtime
}

#[rstest]
#[case("post-stats")]
#[case("email")]
#[tokio::test]
async fn a_function_logs_no_secret_at_any_level(#[case] function: &str) {
    let stack = Stack::start().await;
    let Customer { live, .. } = stack.customer("1", 600).await;
    let secret =
        json!({"Name": "keys", "SecretString": json!({"RAPIDAPI_KEY": format!("{MARK}-rapidapi")}).to_string()});
    Mock::given(path("/secrets/")).respond_with(json_answer(200, secret)).mount(&stack.upstream).await;
    Mock::given(path_regex("^/")).respond_with(echo).mount(&stack.upstream).await;
    let events: Vec<Value> = requests(live.reveal()).iter().map(Sent::event).collect();
    let count = events.len();
    let runtime = runtime(events).await;
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log");
    let file = std::fs::File::create(&log).unwrap();
    let mut variables = variables(&stack.upstream);
    variables.retain(|(name, _)| name != "RAPIDAPI_KEY");
    let mut running = Command::new(lambda::binary(function))
        .envs(variables)
        .env("AWS_LAMBDA_RUNTIME_API", runtime.address().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", function)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "group")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", format!("{MARK}-aws"))
        .env("AWS_SESSION_TOKEN", format!("{MARK}-session"))
        .env("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.endpoint())
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", format!("{}/secrets", stack.upstream.uri()))
        .env("PROVIDER_KEYS_SECRET", "keys")
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    until(async || {
        assert!(running.try_wait().unwrap().is_none(), "{}", std::fs::read_to_string(&log).unwrap());
        let requests = runtime.received_requests().await.unwrap();
        requests.iter().filter(|request| request.method == "POST").count() == count
    })
    .await;
    running.kill().await.unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    has_no_secret(&log, &["DEBUG", "\"message\":\"request\"", "\"code\":\"unauthorized\"", "attempts"]);
    assert!(stack.asked("secrets").await > 0, "the secret was read");
}
