//! `ct` as a user runs it: the binary, its output, its data.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use ct::engine::{Data, Engine, Found, Missing};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const POST: &str = "https://www.tiktok.com/@charlidamelio/video/7123456789";

fn ct(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ct"));
    command
        .env_remove("AWS_ENDPOINT_URL_DYNAMODB")
        .env_remove("AWS_ENDPOINT_URL")
        .env_remove("RUST_LOG")
        .env("RUST_BACKTRACE", "1")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_PROFILE")
        .env_remove("RAPIDAPI_KEY")
        .env_remove("KEYLESS_PROVIDERS");
    command.current_dir(folder).kill_on_drop(true);
    command
}

async fn run(folder: &Path, arguments: &[&str]) -> Output {
    ct(folder).args(arguments).output().await.unwrap()
}

/// What a command that succeeds prints.
async fn print(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that fails says.
async fn complaint(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments).await;
    assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// The word behind this one.
fn after<'a>(text: &'a str, label: &str) -> &'a str {
    let mut words = text.split_whitespace().skip_while(|word| *word != label);
    words.nth(1).unwrap_or_else(|| panic!("no {label} in {text}"))
}

struct Server {
    process: Child,
    greeting: String,
    base: String,
    _rest: Lines<BufReader<ChildStdout>>,
}

impl Server {
    async fn start(folder: &Path, more: &[&str]) -> Self {
        Self::start_with(folder, more, &[]).await
    }

    /// Its log goes to the file `log`.
    async fn start_with(folder: &Path, more: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = ct(folder);
        let log = std::fs::File::create(folder.join("log")).unwrap();
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(more).stdout(Stdio::piped()).stderr(log);
        command.envs(env.iter().copied());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut greeting = String::new();
        while !greeting.contains("  -d '") {
            greeting += &lines.next_line().await.unwrap().expect("the greeting");
            greeting += "\n";
        }
        let base = after(&greeting, "on").to_owned();
        Self { process, greeting, base, _rest: lines }
    }

    fn live_key(&self) -> &str {
        self.greeting.lines().find_map(|line| line.strip_prefix("live key  ")).unwrap()
    }

    fn test_key(&self) -> &str {
        self.greeting.lines().find_map(|line| line.strip_prefix("test key  ")).unwrap()
    }

    async fn post_stats(&self, key: &str) -> (u16, Value) {
        let request = shared::http_client::builder().build().unwrap().post(format!("{}/v1/post/stats", self.base));
        let answer = request.bearer_auth(key).body(json!({ "url": POST }).to_string()).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    async fn signal(&self, signal: &str) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    }

    /// Asks it to stop, as service managers do; whether it ended in order.
    async fn stop(mut self) -> bool {
        self.signal("-TERM").await;
        self.process.wait().await.unwrap().success()
    }
}

#[tokio::test]
async fn the_server_greets_with_all_that_the_first_call_needs() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    assert!(server.greeting.contains("providers on: tikwm, youtube-rss, fxtwitter\n"), "{}", server.greeting);
    assert!(server.greeting.contains("set RAPIDAPI_KEY to turn on tiktok-api23, tiktok-scraper7, "));
    assert!(server.greeting.contains("set HIKERAPI_KEY to turn on hikerapi\n"));
    let curl = server.greeting.split("\ncurl ").nth(1).unwrap();
    assert!(curl.contains(server.test_key()) && curl.contains(&server.base));

    let (status, body) = server.post_stats(server.test_key()).await;
    assert_eq!((status, &body["data"]["provider"]), (200, &json!("sandbox")));
    assert!(server.stop().await);
}

fn tikwm_post() -> ResponseTemplate {
    let counts = json!({"play_count": 7, "digg_count": 1, "comment_count": 0, "share_count": 0});
    ResponseTemplate::new(200).set_body_json(json!({"code": 0, "data": counts}))
}

#[rstest::rstest]
#[case::service_managers("-TERM")]
#[case::ctrl_c("-INT")]
#[tokio::test]
async fn a_signal_lets_requests_in_flight_finish(#[case] signal: &str) {
    let upstream = MockServer::start().await;
    let slow = tikwm_post().set_delay(Duration::from_secs(1));
    Mock::given(any()).respond_with(slow).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    let mut server = Server::start_with(folder.path(), &[], &[("TIKWM_BASE_URL", &upstream.uri())]).await;
    let stop = async {
        while upstream.received_requests().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.signal(signal).await;
    };
    let ((status, body), ()) = tokio::join!(server.post_stats(server.live_key()), stop);
    assert_eq!((status, &body["data"]["views"]), (200, &json!(7)));
    assert!(server.process.wait().await.unwrap().success());
    let demo = print(folder.path(), &["accounts", "show", "0000000000"]).await;
    assert_eq!((after(&demo, "spent"), after(&demo, "held")), ("0.001", "0"));
}

#[tokio::test]
async fn a_second_signal_ends_a_server_that_waits_for_the_rest_of_a_request() {
    use tokio::io::AsyncWriteExt;
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &[]).await;
    let address = server.base.strip_prefix("http://").unwrap();
    let mut half = tokio::net::TcpStream::connect(address).await.unwrap();
    half.write_all(b"POST /v1/post/stats HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
    assert_eq!(server.post_stats(server.test_key()).await.0, 200, "the half one has arrived before this one");
    let id = server.process.id().unwrap().to_string();
    // Signals that meet on their way are one, so the second one is sent until it has come.
    while server.process.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let _ = Command::new("kill").args(["-TERM", &id]).output().await;
    }
    assert!(!server.process.wait().await.unwrap().success());
}

#[tokio::test]
async fn the_log_has_a_line_per_request_and_no_key() {
    let upstream = MockServer::start().await;
    Mock::given(any()).respond_with(tikwm_post()).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    let tikwm = upstream.uri();
    // Nothing listens there, so that the errors of requests that carry the key are logged.
    let nowhere = "http://127.0.0.1:9/api";
    let env = [
        ("RAPIDAPI_KEY", "rapidapi-secret"),
        ("TIKTOK_API23_BASE_URL", nowhere),
        ("TIKTOK_SCRAPER7_BASE_URL", nowhere),
        ("TIKWM_BASE_URL", &tikwm),
    ];
    let server = Server::start_with(folder.path(), &[], &env).await;
    let (live, test) = (server.live_key().to_owned(), server.test_key().to_owned());
    let (status, body) = server.post_stats(&live).await;
    assert_eq!((status, &body["data"]["provider"]), (200, &json!("tikwm")));
    server.post_stats("ct_live_mistyped").await;
    assert!(server.stop().await);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let request_id = body["meta"]["request_id"].as_str().unwrap();
    let request = log.lines().find(|line| line.contains(request_id)).unwrap();
    for part in
        ["status=200", "tiktok-api23: transient", "tiktok-scraper7: transient", "tikwm: answered", "charge=\"0.001\""]
    {
        assert!(request.contains(part), "{part}: {request}");
    }
    for secret in [&live, &test, "rapidapi-secret", "ct_live_mistyped"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn data_stays_between_runs_and_the_demo_account_is_made_once() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let live = server.live_key().to_owned();
    assert!(server.stop().await);
    let account = print(folder.path(), &["accounts", "create", "Some One"]).await;
    let server = Server::start(folder.path(), &[]).await;
    assert_eq!(server.live_key(), live);
    let demo = print(folder.path(), &["accounts", "show", "0000000000"]).await;
    assert_eq!((after(&demo, "funds"), after(&demo, "balance")), ("100", "100"));
    let shown = print(folder.path(), &["accounts", "show", after(&account, "account")]).await;
    assert!(shown.contains("Some One"));
    assert!(server.stop().await);
}

#[tokio::test]
async fn an_operator_opens_an_account_funds_it_and_gives_and_revokes_a_key_while_the_server_runs() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let created = print(folder.path(), &["accounts", "create", "Some One"]).await;
    let account = after(&created, "account");
    let key = print(folder.path(), &["keys", "create", account, "--test", "--rate-limit", "5"]).await;
    assert!(after(&key, "key").starts_with("ct_test_"));
    assert_eq!(server.post_stats(after(&key, "key")).await.0, 200);

    let payment = ["funds", "add", account, "12.5", "--payment-id", "invoice 1"];
    assert_eq!(after(&print(folder.path(), &payment).await, "balance"), "12.5");
    let again = print(folder.path(), &payment).await;
    assert!(again.contains("credited before") && after(&again, "balance") == "12.5");
    let other = ["funds", "add", account, "13", "--payment-id", "invoice 1"];
    assert!(complaint(folder.path(), &other).await.contains("credited before, with another amount"));

    let id = after(&key, "id");
    assert!(print(folder.path(), &["accounts", "show", account]).await.contains(&format!("{id}  test  5/min  active")));
    print(folder.path(), &["keys", "revoke", id]).await;
    assert_eq!(server.post_stats(after(&key, "key")).await.0, 401);
    assert!(print(folder.path(), &["accounts", "show", account]).await.contains("revoked"));
    assert!(server.stop().await);
}

#[tokio::test]
async fn two_servers_do_not_share_a_folder() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let second = complaint(folder.path(), &["serve", "--listen", "127.0.0.1:0"]).await;
    assert!(second.contains("a server runs on .ct already"), "{second}");
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_killed_server_leaves_a_folder_that_works() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &[]).await;
    server.post_stats(server.test_key()).await;
    server.process.kill().await.unwrap();
    let demo = print(folder.path(), &["accounts", "show", "0000000000"]).await;
    assert_eq!(after(&demo, "balance"), "100");
    assert!(Server::start(folder.path(), &[]).await.stop().await);
}

#[tokio::test]
async fn commands_at_the_same_time_wait_for_each_other() {
    let folder = TempDir::new().unwrap();
    let (one, two, three) =
        tokio::join!(create(folder.path(), "A"), create(folder.path(), "B"), create(folder.path(), "C"));
    assert!(one != two && two != three);
}

async fn create(folder: &Path, name: &str) -> String {
    print(folder, &["accounts", "create", name]).await
}

#[tokio::test]
async fn memory_keeps_nothing_and_another_dynamodb_has_no_demo_account() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--data-dir", ":memory:"]).await;
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    assert!(!folder.path().join(".ct").exists() && !folder.path().join(":memory:").exists());
    assert!(
        complaint(folder.path(), &["--data-dir", ":memory:", "accounts", "create", "A"]).await.contains("outlives")
    );
    assert!(server.stop().await);

    let endpoint = dynamodb().await;
    let other = Server::start(folder.path(), &["--dynamodb-endpoint", &endpoint]).await;
    assert!(other.greeting.contains("no demo account here"), "{}", other.greeting);
    assert!(!other.greeting.contains("live key"), "{}", other.greeting);
    assert_eq!(other.post_stats(other.test_key()).await.0, 200);
    assert!(other.stop().await);
}

/// The address of a DynamoDB for everybody on this machine, as others have one.
async fn dynamodb() -> String {
    let Ok(Found::Ours(engine)) = Engine::find(&Data::Memory, Missing::Make).await else {
        panic!("memory is nobody else's")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, ct::engine::router(engine.protocol().clone())).await });
    endpoint
}

/// What CloudFormation says of a stack with these outputs.
fn stack(outputs: &[(&str, &str)]) -> ResponseTemplate {
    let output = |(key, value): &(&str, &str)| {
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    };
    let outputs: String = outputs.iter().map(output).collect();
    ResponseTemplate::new(200).insert_header("content-type", "text/xml").set_body_string(format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks><member>\
         <StackName>prod</StackName><CreationTime>2026-11-23T12:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
         <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    ))
}

#[tokio::test]
async fn the_operators_commands_work_on_a_deployed_stacks_tables() {
    let folder = TempDir::new().unwrap();
    let tables = [("ACCOUNTS_TABLE", "prod-Accounts-1"), ("CACHE_TABLE", "prod-Cache-1")];
    let endpoint = dynamodb().await;
    let deployed = Server::start_with(folder.path(), &["--dynamodb-endpoint", &endpoint], &tables).await;
    let cloudformation = MockServer::start().await;
    let elsewhere = TempDir::new().unwrap();
    let on_stack = async |arguments: &[&str]| {
        let command = &mut ct(elsewhere.path());
        command.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", "own").env("AWS_SECRET_ACCESS_KEY", "own");
        command
            .env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.uri())
            .env("AWS_ENDPOINT_URL_DYNAMODB", &endpoint);
        command.args(["--stack", "prod"]).args(arguments).output().await.unwrap()
    };
    let outputs = [("AccountsTable", "prod-Accounts-1"), ("CacheTable", "prod-Cache-1"), ("ApiAddress", "https://x")];
    Mock::given(any()).respond_with(stack(&outputs)).mount(&cloudformation).await;
    let opened = on_stack(&["accounts", "create", "Some One"]).await;
    let opened = String::from_utf8(opened.stdout).unwrap();
    let account = after(&opened, "account");
    let key = String::from_utf8(on_stack(&["keys", "create", account, "--test"]).await.stdout).unwrap();
    assert!(on_stack(&["funds", "add", account, "5", "--payment-id", "1"]).await.status.success());
    assert_eq!(deployed.post_stats(after(&key, "key")).await.0, 200, "the API knows the key");
    assert!(!elsewhere.path().join(".ct").exists(), "nothing of it is here");

    cloudformation.reset().await;
    Mock::given(any()).respond_with(stack(&outputs[2..])).mount(&cloudformation).await;
    let other = on_stack(&["accounts", "show", account]).await;
    assert!(String::from_utf8_lossy(&other.stderr).contains("has no output AccountsTable"), "{other:?}");
    assert!(deployed.stop().await);
}

#[tokio::test]
async fn nonsense_is_refused_with_a_sentence() {
    let folder = TempDir::new().unwrap();
    print(folder.path(), &["accounts", "create", "Some One"]).await;
    let no_account = complaint(folder.path(), &["accounts", "show", "AAAAAAAAAA"]).await;
    assert_eq!(no_account, "error: there is no account AAAAAAAAAA\n");
    for (arguments, says) in [
        (&["accounts", "show", "x"][..], "10 letters and digits"),
        (&["accounts", "create", " "], "1 to 200 characters"),
        (&["keys", "create", "AAAAAAAAAA"], "there is no account"),
        (&["keys", "create", "AAAAAAAAAA", "--rate-limit", "0"], "1..=1000000"),
        (&["keys", "revoke", "x"], "there is no key x"),
        (&["funds", "add", "AAAAAAAAAA", "5", "--payment-id", "1"], "there is no account"),
        (&["funds", "add", "AAAAAAAAAA", "0", "--payment-id", "1"], "more than nothing"),
        (&["funds", "add", "AAAAAAAAAA", "1e9", "--payment-id", "1"], "write dollars as digits"),
        (&["funds", "add", "AAAAAAAAAA", "5"], "--payment-id"),
        (&["serve", "--listen", "everywhere"], "write it like 3000"),
    ] {
        let said = complaint(folder.path(), arguments).await;
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn a_configuration_that_makes_no_sense_is_refused_by_the_variables_name() {
    let folder = TempDir::new().unwrap();
    let output = ct(folder.path()).env("PRICE_POST_STATS", "free").output().await.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("PRICE_POST_STATS: \"free\""));
}

#[tokio::test]
async fn link_prints_one_object_per_link_from_the_command_line_or_standard_input() {
    use tokio::io::AsyncWriteExt;
    let folder = TempDir::new().unwrap();
    let links = [
        "https://m.tiktok.com/v/7106594312292453675.html",
        "https://www.instagram.com/Some.One/",
        "https://youtu.be/nothing",
        "https://fb.watch/abc123/",
        "https://example.com/",
    ];
    let expected = [
        json!({"url": links[0], "platform": "tiktok", "kind": "post", "id": "7106594312292453675",
            "canonical_url": "https://www.tiktok.com/@/video/7106594312292453675"}),
        json!({"url": links[1], "platform": "instagram", "kind": "creator", "id": "some.one",
            "canonical_url": "https://www.instagram.com/some.one/"}),
        json!({"url": links[2], "platform": "youtube", "kind": "other", "id": null, "canonical_url": null,
            "error": "this is a YouTube link whose video id is not one; send the link of one post"}),
        json!({"url": links[3], "platform": "facebook", "kind": "short", "id": "abc123",
            "canonical_url": "https://fb.watch/abc123/"}),
        json!({"url": links[4], "platform": null, "kind": "other", "id": null, "canonical_url": null,
            "error": "links of example.com are not supported; \
                      send a link of TikTok, Instagram, YouTube, X, Facebook or LinkedIn"}),
    ];
    let read = |text: &str| text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
    let arguments: Vec<&str> = std::iter::once("link").chain(links).collect();
    assert_eq!(read(&print(folder.path(), &arguments).await), expected);

    let mut command = ct(folder.path());
    let mut process = command.arg("link").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(links.join("\r\n").as_bytes()).await.unwrap();
    let output = process.wait_with_output().await.unwrap();
    assert_eq!(read(&String::from_utf8(output.stdout).unwrap()), expected);
    assert!(!folder.path().join(".ct").exists(), "it needs no data");
}
