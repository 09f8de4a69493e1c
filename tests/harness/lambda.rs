//! Runs a function's binary under AWS's emulator of the Lambda runtime, on the embedded DynamoDB.
//! `AWS_LAMBDA_RIE` is the path of the emulator, which is a part of the AWS SAM CLI.

use std::collections::BTreeMap;
use std::fs::{DirEntry, File};
use std::io::{Read, Seek, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use shared::account::{ApiKey, Mode};
use shared::contract::Endpoint;
use shared::provider::ENTRIES;
use strum::IntoEnumIterator;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::openapi::DOCUMENT;
use super::secrets::{self, MARK};
use super::{POST, Stack, http_client, json_answer};

/// The function's name in template.yaml: `PostStatsFunction` for "post-stats".
#[must_use]
pub fn logical_id(function: &str) -> String {
    let words = function.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
    words.chain(["Function".to_owned()]).collect()
}

/// The name of the function with this `src/main.rs`, which is its folder's name.
#[must_use]
pub fn function(main: &Path) -> String {
    let folder = main.ancestors().nth(2).and_then(Path::file_name);
    folder.expect("a folder with a name").to_string_lossy().into_owned()
}

/// Every binary of the workspace by name, built with this test's options. Only cargo knows whether
/// the binaries are up to date.
static BINARIES: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(|| {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["build", "--workspace", "--bins", "--message-format", "json"]).stderr(Stdio::inherit());
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    // Remove variables of this test's own package, which would make build scripts run again.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"].iter().any(|own| name.to_string_lossy().starts_with(own)) {
            cargo.env_remove(name);
        }
    }
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(built.status.success(), "cargo can't build the binaries");
    let messages = String::from_utf8(built.stdout).expect("JSON");
    let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let binaries = messages.filter_map(|message| {
        let path = message["executable"].as_str()?.into();
        Some((message["target"]["name"].as_str()?.to_owned(), path))
    });
    binaries.collect()
});

/// The binary with this name, built with this test's options.
#[must_use]
pub fn binary(name: &str) -> &'static Path {
    &BINARIES[name]
}

/// The binary to run. It is from `sam build` if a folder in `SAM_BUILD` has the function, otherwise
/// from the workspace.
fn built(function: &str) -> PathBuf {
    let by_sam = std::env::var_os("SAM_BUILD").unwrap_or_default();
    let mut by_sam = std::env::split_paths(&by_sam).map(|folder| folder.join(logical_id(function)).join("bootstrap"));
    by_sam.find(|path| path.exists()).unwrap_or_else(|| binary(function).to_owned())
}

/// Asserts that the built binary answers the function's event with 200, also when it is warm, and
/// for the public test key without the database. It answers every other event, too, in the
/// published envelope. Without an emulator, this only prints SKIPPED.
pub async fn answers_its_event(function: &str) {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let secrets = json_answer(200, json!({"Name": "keys", "SecretString": "{\"RAPIDAPI_KEY\": \"s3cret\"}"}));
    stack.provider("secrets", secrets).await;
    let Some(running) = Running::start(function, &stack) else { return };
    let mut sound = event(function, &customer.test);
    if function == "requests" {
        // The id of an existing request.
        let made = stack.post_stats(&customer.test, POST).await;
        let id = made.body["meta"]["request_id"].as_str().expect("an id");
        sound["rawPath"] = format!("/v1/requests/{id}").into();
    }
    let is_public = Endpoint::iter().any(|endpoint| endpoint.spec().function == function && endpoint.spec().is_public);
    for _ in 0..2 {
        let answer = running.invoke(&sound).await;
        assert_eq!(answer["statusCode"], 200, "{answer}");
        assert_eq!(answer["isBase64Encoded"], false);
        assert_eq!(answer["cookies"], json!([]));
        assert_eq!(answer["headers"]["content-type"], "application/json");
        let limit = if is_public { Value::Null } else { "60".into() };
        assert_eq!(answer["headers"]["x-ratelimit-limit"], limit);
        let body: Value = serde_json::from_str(answer["body"].as_str().expect("text")).expect("JSON");
        assert_eq!(body["ok"], true);
    }
    assert_eq!(stack.asked("secrets").await, 1, "the providers' keys are read once, at the start");
    let _ = stack.dynamodb.calls();
    // The public key has no stored requests.
    let status = if function == "requests" { 404 } else { 200 };
    assert_eq!(running.invoke(&event(function, &ApiKey::public(Mode::Test))).await["statusCode"], status);
    // A public endpoint ignores the key.
    let refusal = if is_public { 200 } else { 401 };
    assert_eq!(running.invoke(&event(function, &ApiKey::public(Mode::Live))).await["statusCode"], refusal);
    assert!(is_public || stack.dynamodb.calls().is_empty());
    answers_every_event(&running, &sound).await;
    for (path, method, status, code) in
        [("/v1/nowhere", "GET", 404, "unknown_route"), ("/v1/ping", "PUT", 405, "method_not_allowed")]
    {
        let mut event = event(function, &customer.test);
        event["rawPath"] = path.into();
        event["requestContext"]["http"]["path"] = path.into();
        event["requestContext"]["http"]["method"] = method.into();
        let unrouted = running.invoke(&event).await;
        let body: Value = serde_json::from_str(unrouted["body"].as_str().expect("text")).expect("JSON");
        assert_eq!((&unrouted["statusCode"], &body["code"]), (&json!(status), &json!(code)), "{unrouted}");
    }
}

/// Sends events that `lambda_http` panics on or refuses.
async fn answers_every_event(running: &Running, sound: &Value) {
    let mut odd = sound.clone();
    odd["rawQueryString"] = "a=b <\"\0\"> ü".into();
    odd["headers"]["host"] = "a:99999".into();
    odd["headers"]["x-forwarded-proto"] = "https,http".into();
    odd["headers"]["user-agent"] = "Jörg".into();
    assert_eq!(running.invoke(&odd).await["statusCode"], 200);
    let mut broken = sound.clone();
    broken["body"] = "no base64".into();
    broken["isBase64Encoded"] = true.into();
    assert_eq!(running.invoke(&broken).await["statusCode"], 400);
    assert_eq!(running.invoke(&json!({})).await["statusCode"], 204);
    let half_a_letter = sound.to_string().replace("/v1/", "/v1/\\ud800");
    assert_eq!(running.invoke_text(half_a_letter).await["statusCode"], 400);
    // For some gateways, a slash at the end makes another path, and their default route leads to
    // ping.
    let mut elsewhere = sound.clone();
    let path = if sound["rawPath"] == "/v1/ping" { "/v1/platforms/" } else { "/v1/ping/" };
    elsewhere["rawPath"] = path.into();
    elsewhere["rawQueryString"] = "".into();
    elsewhere["requestContext"]["http"]["method"] = "GET".into();
    let moved = running.invoke(&elsewhere).await;
    let expected = format!("..{}", path.trim_start_matches("/v1").trim_end_matches('/'));
    assert_eq!((&moved["statusCode"], &moved["headers"]["location"]), (&json!(308), &json!(expected)));
}

/// Asserts that an invalid configuration ends the binary, with a log line that names the variable.
pub async fn refuses_nonsense(function: &str) {
    for (variable, value) in [("PRICE_POST_STATS", "cheap"), ("RUST_LOG", "inof")] {
        refuses(function, variable, value).await;
    }
}

/// Asserts that this value ends the binary, with a log line that names the variable.
pub async fn refuses(function: &str, variable: &str, value: &str) {
    let output = Command::new(built(function)).env(variable, value).output().await.expect("a run");
    assert!(!output.status.success());
    let line = output.stdout.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line: Value = serde_json::from_slice(line).expect("a line of JSON");
    assert_eq!(line["level"], "ERROR");
    assert!(line["error"].as_str().expect("text").starts_with(&format!("{variable}: ")), "{line}");
}

/// Asserts that the site's function returns its page, answers a client that already has it with
/// 304, and answers every other event.
pub async fn answers_as_the_site(running: &Running) {
    let event = file("site");
    let shown = running.invoke(&event).await;
    assert_eq!((&shown["statusCode"], &shown["headers"]["content-type"]), (&json!(200), &json!("application/json")));
    let page: Value = serde_json::from_str(shown["body"].as_str().expect("text")).expect("JSON");
    assert_eq!(page, *DOCUMENT);
    let mut again = event.clone();
    again["headers"]["if-none-match"] = shown["headers"]["etag"].clone();
    assert_eq!(running.invoke(&again).await["statusCode"], 304);
    let mut page = event.clone();
    page["rawPath"] = "/docs/authentication".into();
    page["headers"]["accept-encoding"] = "gzip".into();
    let shown = running.invoke(&page).await;
    assert_eq!((&shown["statusCode"], &shown["isBase64Encoded"]), (&json!(200), &json!(true)));
    let body = BASE64_STANDARD.decode(shown["body"].as_str().expect("text")).expect("base64");
    let mut text = String::new();
    GzDecoder::new(&*body).read_to_string(&mut text).expect("a page");
    assert!(text.contains("https://abc123.execute-api.us-east-1.amazonaws.com/"), "the address that it is read under");
    let mut elsewhere = event.clone();
    elsewhere["rawPath"] = "/nowhere".into();
    assert_eq!(running.invoke(&elsewhere).await["statusCode"], 404);
    assert_eq!(running.invoke(&json!({})).await["statusCode"], 204);
    assert_eq!(running.invoke_text(event.to_string().replace("/openapi", "/\\ud800")).await["statusCode"], 400);
}

/// Asserts that MCP's function calls the tool of its event with this key, lists its tools, and
/// answers every other event.
pub async fn answers_as_mcp(running: &Running, key: &ApiKey) {
    let event = event("mcp", key);
    let called = running.invoke(&event).await;
    assert_eq!((&called["statusCode"], &called["headers"]["content-type"]), (&json!(200), &json!("application/json")));
    let body: Value = serde_json::from_str(called["body"].as_str().expect("text")).expect("JSON");
    assert_eq!(body["result"]["structuredContent"]["data"]["provider"], "sandbox", "{called}");
    let mut listing = event.clone();
    listing["body"] = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string().into();
    listing["headers"]["mcp-protocol-version"] = "2025-11-25".into();
    let listed = running.invoke(&listing).await;
    assert!(listed["body"].as_str().expect("text").contains("\"post_stats_batch\""), "{listed}");
    let mut elsewhere = event.clone();
    elsewhere["rawPath"] = "/v1/ping".into();
    assert_eq!(running.invoke(&elsewhere).await["statusCode"], 404);
    let mut read = event.clone();
    read["requestContext"]["http"]["method"] = "GET".into();
    assert_eq!(running.invoke(&read).await["statusCode"], 405);
    assert_eq!(running.invoke(&json!({})).await["statusCode"], 204);
    assert_eq!(running.invoke_text(event.to_string().replace("/mcp", "/\\ud800")).await["statusCode"], 400);
}

/// The function's event with this key in place of the demo account's.
#[must_use]
pub fn event(function: &str, key: &ApiKey) -> Value {
    let mut event = file(function);
    event["headers"]["authorization"] = format!("Bearer {}", key.reveal()).into();
    event
}

fn file(function: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../events/{function}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).expect("an event")).expect("JSON")
}

/// A function under the emulator.
pub struct Running {
    process: Child,
    address: String,
    output: File,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut output = Vec::new();
        self.output.rewind().and_then(|()| self.output.read_to_end(&mut output)).expect("a readable file");
        secrets::refuse(&output);
    }
}

impl Running {
    /// Starts the function; None without an emulator.
    #[must_use]
    pub fn start(function: &str, stack: &Stack) -> Option<Self> {
        let Some(emulator) = std::env::var_os("AWS_LAMBDA_RIE").filter(|path| !path.is_empty()) else {
            // Not `eprintln!`, whose output cargo hides if the test passes.
            let _ =
                writeln!(std::io::stderr(), "SKIPPED {function} under Lambda's emulator: AWS_LAMBDA_RIE is not set");
            return None;
        };
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let [front, back] = ports.map(|listener| listener.local_addr().expect("an address").to_string());
        let output = tempfile::tempfile().expect("a file");
        let process = Command::new(emulator)
            // Without these options, the emulator listens on all interfaces.
            .args(["--runtime-interface-emulator-address", &front, "--runtime-api-address", &back])
            .arg(built(function))
            .envs(ENTRIES.iter().map(|entry| stack.address_of(entry)))
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", format!("{MARK}-aws"))
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "30")
            .env("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.endpoint())
            .env("PROVIDER_KEYS_SECRET", "keys")
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", format!("{}/secrets", stack.upstream.uri()))
            .env("KEYLESS_PROVIDERS", "on")
            .stdout(output.try_clone().expect("a file"))
            .stderr(output.try_clone().expect("a file"))
            .kill_on_drop(true)
            .spawn()
            .expect("the emulator starts");
        let address = format!("http://{front}/2015-03-31/functions/function/invocations");
        Some(Self { process, address, output })
    }

    /// The function's process id: the child of one of the emulator's threads.
    #[must_use]
    pub fn function(&self) -> u32 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id().expect("it runs"))).expect("Linux");
        let children = |thread: std::io::Result<DirEntry>| {
            std::fs::read_to_string(thread.expect("a thread").path().join("children")).unwrap_or_default()
        };
        let children: String = threads.map(children).collect();
        children.trim().parse().expect("one child")
    }

    /// The function's answer to this event.
    pub async fn invoke(&self, event: &Value) -> Value {
        self.invoke_text(event.to_string()).await
    }

    async fn invoke_text(&self, event: String) -> Value {
        let http = http_client();
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            match http.post(&self.address).body(event.clone()).send().await {
                Ok(answer) => return serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON"),
                // The emulator doesn't listen yet.
                Err(error) if error.is_connect() && Instant::now() < patience => sleep(Duration::from_millis(50)).await,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
