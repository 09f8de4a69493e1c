//! The parts that all answers have in common: their headers and the rate limit.

use rstest::rstest;
use serde_json::json;
use shared::account::{ApiKey, Mode};
use system_tests::dynamodb::Fate;
use system_tests::{Answer, Log, POST, Stack, api23_post, json_answer, silence};

/// The status, and the headers with the remaining rate limit, which every answer to a recognised
/// key has.
fn left(answer: &Answer) -> (u16, &str, &str) {
    (answer.status, answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining"))
}

#[tokio::test]
async fn a_request_to_no_endpoint_counts_for_a_recognised_key_and_shows_the_remaining_requests() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 4).await;
    let key = [("x-api-key", customer.live.reveal())];
    let unknown = stack.send("GET", "/v1/nowhere", &key, "").await;
    assert_eq!(left(&unknown), (404, "4", "3"));
    let other_method = stack.send("DELETE", "/v1/ping", &key, "").await;
    assert_eq!(left(&other_method), (405, "4", "2"));
    let too_large = stack.send("POST", "/v1/post/stats", &key, "x".repeat(20_000)).await;
    assert_eq!(left(&too_large), (413, "4", "1"));
    assert_eq!(left(&stack.get(&customer.live, "/v1/ping").await), (200, "4", "0"));
    for (method, path, status) in [("GET", "/v1/nowhere", 404), ("DELETE", "/v1/ping", 405), ("GET", "/v1/ping", 429)] {
        assert_eq!(left(&stack.send(method, path, &key, "").await), (status, "4", "0"), "{method} {path}");
    }
}

#[tokio::test]
async fn a_request_to_no_endpoint_without_a_valid_key_has_no_rate_limit_headers() {
    let stack = Stack::start().await;
    let nobodys = ApiKey::generate(Mode::Live, &"Acc0unt123".parse().unwrap());
    for key in ["", "mistyped", nobodys.reveal(), ApiKey::public(Mode::Live).reveal()] {
        for (path, status) in [("/v1/nowhere", 404), ("/v1/post/stats", 405)] {
            let answer = stack.send("GET", path, &[("x-api-key", key)], "").await;
            assert_eq!(left(&answer), (status, "", ""), "{key}");
        }
    }
    assert_eq!(stack.dynamodb.calls(), ["UpdateItem"], "one call for the well-formed key");
    stack.dynamodb.script(|_| Fate::Break);
    let customer = stack.customer("1", 60).await;
    let answer = stack.get(&customer.live, "/v1/nowhere").await;
    assert_eq!(left(&answer), (404, "", ""), "no rate limit headers while DynamoDB is down");
}

#[tokio::test]
async fn status_401_says_how_to_send_the_key() {
    let stack = Stack::start().await;
    for (method, path) in [("GET", "/v1/ping"), ("HEAD", "/v1/ping"), ("POST", "/v1/email")] {
        let answer = stack.send(method, path, &[], "").await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer realm=\"Creator Tracking API\""));
    }
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.get(&customer.live, "/v1/nowhere").await.header("www-authenticate"), "");
}

#[tokio::test]
async fn no_answer_may_be_stored_by_an_intermediary() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    let key = [("x-api-key", customer.live.reveal())];
    let asks = [("access-control-request-method", "POST")];
    let body = json!({ "url": POST }).to_string();
    for (method, path, headers, body, status) in [
        ("GET", "/v1/ping", &key, "", 200),
        ("HEAD", "/v1/ping", &key, "", 200),
        ("POST", "/v1/post/stats", &key, &*body, 200),
        ("POST", "/v1/post/stats", &key, "{}", 400),
        ("GET", "/v1/ping", &[("x-api-key", "")], "", 401),
        ("GET", "/v1/nowhere", &key, "", 404),
        ("PUT", "/v1/ping", &key, "", 405),
        ("OPTIONS", "/v1/post/stats", &asks, "", 204),
    ] {
        let answer = stack.send(method, path, headers, body.to_owned()).await;
        assert_eq!((answer.status, answer.header("cache-control")), (status, "no-store"), "{method} {path}");
    }
}

#[rstest]
#[case::until_the_cached_failure_expires(json_answer(500, json!({})), "5")]
#[case::until_a_provider_can_be_asked_again(
    json_answer(429, json!({"message": "You have exceeded the MONTHLY quota"})),
    "600"
)]
#[tokio::test]
async fn status_502_says_when_to_try_again(#[case] answer: wiremock::ResponseTemplate, #[case] retry_after: &str) {
    let stack = Stack::with(&[("KEYLESS_PROVIDERS", "off")]).await;
    for provider in ["tiktok-api23", "tiktok-scraper7"] {
        stack.provider(provider, answer.clone()).await;
    }
    let customer = stack.customer("1", 60).await;
    for what in ["asked", "cached, or at rest"] {
        let answer = stack.post_stats(&customer.live, POST).await;
        assert_eq!((answer.status, answer.header("retry-after")), (502, retry_after), "{what}");
    }
}

#[tokio::test]
async fn status_502_for_an_unresolved_short_link_says_when_to_try_again_too() {
    let stack = Stack::with(&[("SHORT_LINK_TIMEOUT_MS", "50")]).await;
    stack.provider("short", silence()).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, "https://vm.tiktok.com/ZM1234567/").await;
    assert_eq!((answer.status, answer.header("retry-after")), (502, "5"));
}

#[tokio::test]
async fn a_request_to_no_endpoint_is_logged_with_its_key_and_changes_no_usage() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let before = stack.account(&customer).await.usage;
    let (log, _guard) = Log::of_this_thread();
    let path = format!("/v1/ping/{}", customer.live.reveal());
    let answer = stack.send("GET", &path, &[("x-api-key", customer.live.reveal())], "").await;
    assert_eq!(answer.status, 404);
    let line = log.lines().pop().unwrap();
    assert_eq!((&line["account"], &line["key"]), (&json!(customer.account.as_str()), &json!(customer.live.id())));
    assert_eq!((&line["path"], &line["request_id"]), (&json!("/v1/ping/"), &answer.body["request_id"]));
    assert!(!log.text().contains(customer.live.reveal()));
    assert_eq!(stack.account(&customer).await.usage, before);
}

#[tokio::test]
async fn a_log_line_about_an_unknown_caller_is_limited_in_length() {
    let stack = Stack::start().await;
    let (log, _guard) = Log::of_this_thread();
    stack.send(&"G".repeat(5_000), &format!("/{}", "a".repeat(5_000)), &[], "").await;
    assert!(log.text().len() < 1_000, "{}", log.text());
}
