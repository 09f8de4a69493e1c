//! `ct serve`.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::*;

#[tokio::test]
async fn the_greeting_has_everything_for_the_first_request() {
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

/// A server and its only provider, which answers after this delay.
async fn with_slow_provider(folder: &TempDir, delay: Duration) -> (Server, MockServer) {
    let upstream = MockServer::start().await;
    Mock::given(any()).respond_with(tikwm_post().set_delay(delay)).mount(&upstream).await;
    let server = Server::start_with(folder.path(), &[], &[("TIKWM_BASE_URL", &upstream.uri())]).await;
    (server, upstream)
}

async fn is_asked(upstream: &MockServer) {
    while upstream.received_requests().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Sends a request with the live key, without waiting for the answer.
async fn send(server: &Server) -> TcpStream {
    let body = json!({ "url": POST }).to_string();
    let (key, length) = (server.live_key(), body.len());
    let head =
        format!("POST /v1/post/stats HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: {length}\r\n\r\n");
    let mut connection = connect(&server.base).await;
    connection.write_all((head + &body).as_bytes()).await.unwrap();
    connection
}

#[tokio::test]
async fn a_request_whose_caller_has_disconnected_is_finished_before_the_server_stops() {
    let folder = TempDir::new().unwrap();
    let (server, upstream) = with_slow_provider(&folder, Duration::from_secs(1)).await;
    let connection = send(&server).await;
    is_asked(&upstream).await;
    // Reset the connection, because a normal close could also mean that the caller still reads.
    connection.set_zero_linger().unwrap();
    drop(connection);
    assert!(server.stop().await);
    let demo = print(folder.path(), &["accounts", "show", "0000000000"]).await;
    assert_eq!((after(&demo, "spent"), after(&demo, "held")), ("0.001", "0"));
}

#[tokio::test]
async fn a_second_signal_stops_a_server_that_waits_for_a_provider() {
    let folder = TempDir::new().unwrap();
    let (mut server, upstream) = with_slow_provider(&folder, Duration::from_mins(1)).await;
    let _connection = send(&server).await;
    is_asked(&upstream).await;
    let id = server.process.id().unwrap().to_string();
    // The kernel merges signals that aren't delivered yet, so send the second one repeatedly.
    while server.process.try_wait().unwrap().is_none() {
        let _ = Command::new("kill").args(["-TERM", &id]).output().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!server.process.wait().await.unwrap().success());
}

#[tokio::test]
async fn the_log_has_a_line_per_request_and_no_key() {
    let upstream = MockServer::start().await;
    Mock::given(any()).respond_with(tikwm_post()).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    let tikwm = upstream.uri();
    // Nothing listens at this address, so that errors of requests with the key are logged.
    let nowhere = "http://127.0.0.1:9/api";
    let env = [
        ("RAPIDAPI_KEY", "rapidapi-s3cret"),
        ("TIKTOK_API23_BASE_URL", nowhere),
        ("TIKTOK_SCRAPER7_BASE_URL", nowhere),
        ("TIKWM_BASE_URL", &tikwm),
        ("PROVIDER_ORDER_TIKTOK_POST_STATS", "tiktok-api23,tiktok-scraper7,tikwm"),
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
    for secret in [&live, &test, "rapidapi-s3cret", "ct_live_mistyped"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn data_stays_between_runs_and_the_demo_account_is_created_once() {
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
async fn expired_items_are_deleted() {
    let folder = TempDir::new().unwrap();
    assert!(Server::start(folder.path(), &[]).await.stop().await);
    let (stopped, engine) = reach(folder.path()).await;
    for (name, expires_at) in [("old", "1"), ("s3cret-newer", "9999999999")] {
        let put = stopped.put_item().table_name("Cache").item("pk", AttributeValue::S(name.to_owned()));
        put.item("expires_at", AttributeValue::N(expires_at.to_owned())).send().await.unwrap();
    }
    engine.expect("ours").stop().await;
    let server = Server::start(folder.path(), &[]).await;
    let (running, _) = reach(folder.path()).await;
    let is_there = async |name: &str| {
        let get = running.get_item().table_name("Cache").key("pk", AttributeValue::S(name.to_owned()));
        get.send().await.unwrap().item.is_some()
    };
    while is_there("old").await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_there("s3cret-newer").await);
    assert!(server.stop().await);
}

#[tokio::test]
async fn two_servers_do_not_share_a_folder() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let second = complaint(folder.path(), &["serve", "--listen", "127.0.0.1:0"]).await;
    assert!(second.contains("a server already uses .ct"), "{second}");
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_server_killed_with_a_request_in_flight_leaves_a_usable_folder() {
    let folder = TempDir::new().unwrap();
    let (mut server, upstream) = with_slow_provider(&folder, Duration::from_mins(1)).await;
    let _connection = send(&server).await;
    is_asked(&upstream).await;
    server.process.kill().await.unwrap();
    let demo = print(folder.path(), &["accounts", "show", "0000000000"]).await;
    assert_eq!((after(&demo, "balance"), after(&demo, "held"), after(&demo, "spent")), ("99.999", "0.001", "0"));
    let server = Server::start(folder.path(), &[]).await;
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    assert!(server.stop().await);
}

#[tokio::test]
async fn memory_keeps_nothing_and_another_dynamodb_has_no_demo_account() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--data-dir", ":memory:"]).await;
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    assert!(!folder.path().join(".ct").exists() && !folder.path().join(":memory:").exists());
    assert!(
        complaint(folder.path(), &["--data-dir", ":memory:", "accounts", "create", "A"])
            .await
            .contains(":memory: keeps no data")
    );
    assert!(server.stop().await);

    let endpoint = dynamodb().await;
    let other = Server::start(folder.path(), &["--dynamodb-endpoint", &endpoint]).await;
    assert!(other.greeting.contains("this data has no demo account"), "{}", other.greeting);
    assert!(!other.greeting.contains("live key"), "{}", other.greeting);
    assert_eq!(other.post_stats(other.test_key()).await.0, 200);
    assert!(other.stop().await);
}

/// Sends these bytes and reads until the server closes the connection.
async fn exchange(base: &str, bytes: &[u8]) -> String {
    let mut connection = connect(base).await;
    connection.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn connect(base: &str) -> TcpStream {
    TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_body_is_read_only_up_to_the_limit_before_it_is_refused() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let mut connection = connect(&server.base).await;
    let head = "POST /v1/post/stats HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n";
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&vec![b'x'; 16 * 1024 + 1]).await.unwrap();
    // The rest of the body is never sent.
    let mut answer = [0; 16];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413 Pay");
    assert!(server.stop().await);
}

#[tokio::test]
async fn the_server_does_not_wait_for_a_body_that_it_does_not_need() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    for (request, status) in [
        ("POST /v1/nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n", "404"),
        ("PUT /v1/ping HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n", "405"),
        ("POST /v1/email HTTP/1.1\r\nhost: x\r\ncontent-length: 99999\r\nexpect: 100-continue\r\n\r\n", "413"),
    ] {
        let mut connection = connect(&server.base).await;
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        // Less than the ten seconds that a body may take.
        timeout(Duration::from_secs(8), connection.read_exact(&mut answer)).await.expect("at once").unwrap();
        assert_eq!(&answer[9..], status.as_bytes(), "{request}");
    }
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_path_is_matched_exactly_as_it_was_sent() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    for path in ["/v1/./ping", "/v1/nowhere/../ping", "/v1/%2e/ping", "/v1\\ping", "/v1/ping%3Fa", "//v1/ping"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = exchange(&server.base, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_caller_who_closes_the_sending_half_of_a_connection_gets_the_answer() {
    let folder = TempDir::new().unwrap();
    let (server, _upstream) = with_slow_provider(&folder, Duration::from_millis(300)).await;
    let mut connection = send(&server).await;
    connection.shutdown().await.unwrap();
    let mut answer = [0; 15];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_header_beyond_64_kib_is_refused() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let request = format!("GET /v1/ping HTTP/1.1\r\nhost: x\r\nx: {}", "a".repeat(64 * 1024));
    assert!(exchange(&server.base, request.as_bytes()).await.starts_with("HTTP/1.1 431"));
    assert!(server.stop().await);
}

#[tokio::test]
async fn the_answer_reaches_a_caller_that_sends_megabytes() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    for path in ["/v1/post/stats", "/v1/nowhere"] {
        let http = shared::http_client::builder().build().unwrap();
        let answer = http.post(format!("{}{path}", server.base)).body(vec![b'x'; 8_000_000]).send().await.unwrap();
        assert!([404, 413].contains(&answer.status().as_u16()));
    }
    assert!(server.stop().await);
}

#[tokio::test]
async fn idle_connections_and_incomplete_requests_do_not_delay_the_stop() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let mut idle = connect(&server.base).await;
    idle.write_all(b"GET /v1/ping HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    idle.read_exact(&mut [0; 16]).await.unwrap();
    let _silent = connect(&server.base).await;
    let mut half = connect(&server.base).await;
    half.write_all(b"GET /v1/ping HTTP/1.1\r\nho").await.unwrap();
    let mut half_a_body = connect(&server.base).await;
    half_a_body.write_all(b"POST /v1/email HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
    assert_eq!(
        server.post_stats(server.test_key()).await.0,
        200,
        "the incomplete requests have arrived before this one"
    );
    // Without an early end, the connections would stay open for the header's ten seconds.
    assert!(timeout(Duration::from_secs(8), server.stop()).await.expect("at once"));
}

#[tokio::test]
async fn only_pages_of_the_configured_origin_can_read_answers() {
    let folder = TempDir::new().unwrap();
    let preflight = "OPTIONS /v1/post/stats HTTP/1.1\r\nhost: x\r\norigin: https://app.example\r\n\
        access-control-request-method: POST\r\naccess-control-request-headers: x-api-key\r\nconnection: close\r\n\r\n";
    let request = "GET /v1/ping HTTP/1.1\r\nhost: x\r\norigin: https://app.example\r\nconnection: close\r\n\r\n";
    let server = Server::start(folder.path(), &["--cors", "https://app.example"]).await;
    let allowed = exchange(&server.base, preflight.as_bytes()).await;
    for header in [
        "access-control-allow-origin: https://app.example\r\n",
        "access-control-allow-methods: GET,POST,DELETE\r\n",
        "access-control-allow-headers: authorization,content-type,mcp-method,mcp-name,mcp-protocol-version,x-api-key\r\n",
        "access-control-max-age: 3600\r\n",
    ] {
        assert!(allowed.contains(header), "{allowed}");
    }
    let answer = exchange(&server.base, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("access-control-expose-headers: age,ratelimit,"));
    assert!(server.stop().await);

    let server = Server::start(folder.path(), &[]).await;
    for request in [preflight, request] {
        assert!(!exchange(&server.base, request.as_bytes()).await.contains("access-control"));
    }
    assert!(server.stop().await);
}

#[tokio::test]
async fn the_settings_file_is_read_again_when_a_provider_refuses_its_key() {
    let upstream = MockServer::start().await;
    let provider = |request: &wiremock::Request| match request.headers.get("x-rapidapi-key").map(|key| key.to_str()) {
        Some(Ok("s3cret-newer")) => ResponseTemplate::new(500),
        _ => ResponseTemplate::new(401).set_body_json(json!({"message": "Invalid API key."})),
    };
    Mock::given(any()).respond_with(provider).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    let settings = folder.path().join("settings.json");
    std::fs::write(&settings, r#"{"RAPIDAPI_KEY": "s3cret-old"}"#).unwrap();
    let api = upstream.uri();
    let env = [("TIKTOK_API23_BASE_URL", &*api), ("TIKTOK_SCRAPER7_BASE_URL", &api), ("KEYLESS_PROVIDERS", "off")];
    let server = Server::start_with(folder.path(), &["--settings", "settings.json"], &env).await;
    assert!(server.greeting.contains("providers on: tiktok-api23, tiktok-scraper7, "), "{}", server.greeting);
    let asked_with = async || {
        let requests = upstream.received_requests().await.unwrap();
        requests.last().unwrap().headers["x-rapidapi-key"].to_str().unwrap().to_owned()
    };
    std::fs::write(&settings, r#"{"RAPIDAPI_KEY": "s3cret-newer"}"#).unwrap();
    for key in ["s3cret-old", "s3cret-newer"] {
        let url = format!("https://www.tiktok.com/@a/video/71234567{}", key.len());
        assert_eq!(server.ask(server.live_key(), &url).await.0, 502);
        assert_eq!(asked_with().await, key);
    }
    assert!(server.stop().await);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("RAPIDAPI_KEY") && !log.contains("s3cret"), "{log}");
}

#[tokio::test]
async fn a_key_in_the_environment_takes_precedence_over_the_settings_file() {
    let upstream = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("settings.json"), "\u{feff}{\"RAPIDAPI_KEY\": \"s3cret-of-the-file\"}").unwrap();
    let env = [("TIKTOK_API23_BASE_URL", &*upstream.uri()), ("RAPIDAPI_KEY", "s3cret-of-the-environment")];
    let server = Server::start_with(folder.path(), &["--settings", "settings.json"], &env).await;
    server.post_stats(server.live_key()).await;
    assert!(server.stop().await);
    let requests = upstream.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["x-rapidapi-key"], "s3cret-of-the-environment");
}

#[tokio::test]
async fn serve_and_its_options_are_the_default() {
    let folder = TempDir::new().unwrap();
    let mut command = ct(folder.path());
    command.args(["--listen", "127.0.0.1:0", "--no-demo"]);
    assert!(Server::greeted(folder.path(), command).await.stop().await);
}

#[tokio::test]
async fn a_healthy_start_and_stop_log_no_warning() {
    let folder = TempDir::new().unwrap();
    let server = Server::start_with(folder.path(), &[], &[("RUST_LOG", "warn")]).await;
    assert_eq!(server.post_stats(server.test_key()).await.0, 200);
    assert!(server.stop().await);
    assert_eq!(std::fs::read_to_string(folder.path().join("log")).unwrap(), "");
}

#[rstest::rstest]
#[case::a_port("0", "http://127.0.0.1:")]
#[case::a_name("localhost:0", "http://127.0.0.1:")]
#[case::an_address("[::1]:0", "http://[::1]:")]
#[tokio::test]
async fn the_server_listens_on_the_chosen_address(#[case] listen: &str, #[case] says: &str) {
    let folder = TempDir::new().unwrap();
    let server = Server::start_at(folder.path(), listen).await;
    assert!(server.base.starts_with(says), "{}", server.base);
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_server_without_a_demo_account_shows_how_to_create_an_account() {
    let folder = TempDir::new().unwrap();
    let data = "my $HOME's data";
    let server = Server::start(folder.path(), &["--no-demo", "--data-dir", data]).await;
    let hints: Vec<&str> = server.greeting.lines().filter_map(|line| line.strip_prefix("  ")).take(3).collect();
    let mut account = String::new();
    for hint in hints {
        let mut hinted = Command::new("sh");
        hinted.arg("-c").arg(hint.replace("ACCOUNT", &account)).current_dir(folder.path());
        let output = hinted.output().await.unwrap();
        assert!(output.status.success(), "{hint}: {output:?}");
        let output = String::from_utf8(output.stdout).unwrap();
        if account.is_empty() {
            after(&output, "account").clone_into(&mut account);
        }
    }
    assert!(print(folder.path(), &["--data-dir", data, "accounts", "show", &account]).await.contains("active"));
    assert!(server.stop().await);
    let server = Server::start(folder.path(), &["--no-demo", "--data-dir", ":memory:"]).await;
    assert!(!server.greeting.contains("accounts create"), "{}", server.greeting);
    assert!(server.stop().await);
}
