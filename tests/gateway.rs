//! Every event of the gateway gets an answer in the published envelope.

use std::sync::Arc;

use rstest::rstest;
use serde_json::{Value, json};
use shared::account::{ApiKey, Mode};
use shared::contract::Endpoint;
use shared::gateway;
use shared::pipeline::of_another_function;
use strum::IntoEnumIterator;
use system_tests::{Log, POST, Stack};

fn event(method: &str, path: &str, body: &str) -> Value {
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example.com", "x-api-key": ApiKey::public(Mode::Test).reveal()},
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default", "timeEpoch": 0},
        "body": body,
        "isBase64Encoded": false,
    })
}

/// The status and body of the answer to an event.
async fn answer(event: Value) -> (u16, Value) {
    let stack = Stack::start().await;
    let reply = ct::server::handle(Arc::clone(&stack.app), event).await;
    (reply.status().as_u16(), serde_json::from_str(reply.body()).unwrap_or_default())
}

#[rstest]
#[case::a_blank_in_the_query("rawQueryString", json!("a=b c"))]
#[case::angle_brackets("rawQueryString", json!("a=<b>"))]
#[case::quotes("rawQueryString", json!("a=\"b\"'"))]
#[case::nul("rawQueryString", json!("a=\0"))]
#[case::an_umlaut("rawQueryString", json!("a=ü"))]
#[case::a_fragment("rawQueryString", json!("a=#b"))]
#[case::braces("rawQueryString", json!("a={b}|c^`\\"))]
#[case::a_broken_escape("rawQueryString", json!("%"))]
#[case::no_query("rawQueryString", json!(null))]
#[case::a_query_that_is_not_a_string("rawQueryString", json!(5))]
#[case::invalid_parameters("queryStringParameters", json!([5]))]
#[case::cookies("cookies", json!(["a\nb", 5]))]
#[case::no_version("version", json!(null))]
#[tokio::test]
async fn odd_fields_of_an_event_beside_the_path_change_nothing(#[case] name: &str, #[case] value: Value) {
    let mut event = event("GET", "/v1/ping", "");
    event[name] = value;
    assert_eq!(answer(event).await.0, 200);
}

#[rstest]
#[case::an_invalid_port("host", json!("a:99999"))]
#[case::an_invalid_host("host", json!("[::"))]
#[case::no_host("host", json!(""))]
#[case::two_schemes("x-forwarded-proto", json!("https,http"))]
#[case::an_invalid_scheme("x-forwarded-proto", json!("://"))]
#[case::an_umlaut("user-agent", json!("Jörg"))]
#[case::a_line_break("user-agent", json!("a\r\nb: c"))]
#[case::nul("user-agent", json!("\0"))]
#[case::no_text("user-agent", json!(5))]
#[case::a_list("accept", json!(["a", "b"]))]
#[case::an_invalid_name("a b", json!("c"))]
#[tokio::test]
async fn an_odd_header_changes_nothing(#[case] name: &str, #[case] value: Value) {
    let mut event = event("GET", "/v1/ping", "");
    event["headers"][name] = value.clone();
    event["requestContext"]["domainName"] = value;
    assert_eq!(answer(event).await.0, 200);
}

#[rstest]
#[case::no_path("/rawPath", json!(null))]
#[case::a_path_without_a_slash("/rawPath", json!(":99999/v1/ping"))]
#[case::a_very_long_path("/rawPath", json!(format!("/{}", "a".repeat(70_000))))]
#[case::a_very_long_query("/rawQueryString", json!("a".repeat(70_000)))]
#[case::no_method("/requestContext/http/method", json!(null))]
#[case::an_invalid_method("/requestContext/http/method", json!("G T"))]
#[case::no_context("/requestContext", json!(null))]
#[case::broken_base64("/isBase64Encoded", json!(true))]
#[case::a_body_that_is_not_a_string("/body", json!({"url": POST}))]
#[tokio::test]
async fn status_400_for_an_event_that_can_not_become_a_request(#[case] place: &str, #[case] value: Value) {
    let mut event = event("POST", "/v1/post/stats", "{\"url\": \"…\"}");
    *event.pointer_mut(place).unwrap() = value;
    let (status, body) = answer(event).await;
    assert_eq!((status, &body["ok"], &body["code"]), (400, &json!(false), &json!("invalid_request")), "{body}");
    assert!(body["request_id"].is_string());
}

#[rstest]
#[case::a_warm_up(json!({}))]
#[case::a_schedule(json!({"version": "0", "source": "aws.events", "detail": {}}))]
#[case::a_list(json!([]))]
#[case::nothing(json!(null))]
#[case::a_text(json!("warm up"))]
#[tokio::test]
async fn status_204_for_an_event_without_a_request(#[case] event: Value) {
    assert_eq!(answer(event).await, (204, Value::Null));
}

#[tokio::test]
async fn a_body_in_base64_is_decoded() {
    use base64::Engine;
    let body = base64::prelude::BASE64_STANDARD.encode(json!({ "url": POST }).to_string());
    let mut event = event("POST", "/v1/post/stats", &body);
    event["isBase64Encoded"] = true.into();
    assert_eq!(answer(event).await.0, 200);
}

#[tokio::test]
async fn an_event_that_can_not_be_read_has_a_log_line() {
    let stack = Stack::start().await;
    let (log, _guard) = Log::of_this_thread();
    let mut event = event("GET", "/v1/ping", "");
    event["rawPath"] = Value::Null;
    let reply = ct::server::handle(Arc::clone(&stack.app), event).await;
    let body: Value = serde_json::from_str(reply.body()).unwrap();
    assert_eq!(log.lines().pop().unwrap()["request_id"], body["request_id"]);
}

#[tokio::test]
async fn a_request_that_reached_another_function_because_of_a_slash_is_redirected() {
    let stack = Stack::start().await;
    for (path, query, location) in
        [("/v1/post/stats/", "", "../stats"), ("/v1/platforms/", "a=b", "../platforms?a=b"), ("/v1/ping", "", "")]
    {
        let mut event = event("GET", path, "");
        event["rawQueryString"] = query.into();
        let request = gateway::read(event).unwrap().unwrap();
        let endpoint = Endpoint::iter().find(|endpoint| endpoint.spec().path == path.trim_end_matches('/')).unwrap();
        let reply = of_another_function(&stack.app, endpoint, &request).await;
        let led = reply.headers().get("location").map_or("", |location| location.to_str().unwrap());
        assert_eq!((reply.status().as_u16(), led), (if location.is_empty() { 404 } else { 308 }, location), "{path}");
    }
}
