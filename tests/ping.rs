//! `GET /v1/ping`.

use serde_json::json;
use system_tests::Stack;
use system_tests::dynamodb::Fate;

#[tokio::test]
async fn status_200_a_key_gets_pong_for_free() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    for key in [&customer.live, &customer.test] {
        let answer = stack.get(key, "/v1/ping").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["data"], json!({"message": "pong"}));
        assert_eq!(answer.body["meta"]["platform"], json!(null));
        assert_eq!((answer.header("x-charge"), answer.header("x-balance")), ("", "0"), "ping has no price");
    }
}

#[tokio::test]
async fn status_200_counts_against_the_rate_limit() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    stack.get(&customer.live, "/v1/ping").await;
    let answer = stack.get(&customer.live, "/v1/ping").await;
    assert_eq!(answer.header("x-ratelimit-limit"), "60");
    assert_eq!(answer.header("x-ratelimit-remaining"), "58");
    assert_eq!(answer.header("x-ratelimit-reset"), "60");
    assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=60;w=60");
    assert_eq!(answer.header("ratelimit"), "\"default\";r=58;t=60");
}

#[tokio::test]
async fn status_200_head_is_answered_as_get_without_the_body() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let key = [("x-api-key", customer.live.reveal())];
    for path in ["/v1/ping", "/v1/platforms"] {
        let mut get = stack.send("GET", path, &key, "").await;
        let mut head = stack.send("HEAD", path, &key, "").await;
        assert_eq!((head.status, &head.body), (200, &json!(null)));
        for answer in [&mut get, &mut head] {
            for changing in ["date", "x-ratelimit-remaining", "ratelimit"] {
                answer.headers.remove(changing);
            }
        }
        assert_eq!(head.headers, get.headers);
    }
    assert_eq!(stack.send("HEAD", "/v1/ping", &[], "").await.status, 401);
}

#[tokio::test]
async fn status_200_with_a_slash_at_the_paths_end() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    assert_eq!(stack.get(&customer.live, "/v1/ping/").await.status, 200);
    assert_eq!(stack.get(&customer.live, "/v1/ping//").await.status, 404);
}

#[tokio::test]
async fn status_401_without_a_key() {
    let stack = Stack::start().await;
    let answer = stack.send("GET", "/v1/ping", &[], "").await;
    assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
    assert!(stack.dynamodb.calls().is_empty());
}

#[tokio::test]
async fn status_405_for_another_method_names_the_allowed_one() {
    let stack = Stack::start().await;
    let answer = stack.send("POST", "/v1/ping", &[], "").await;
    assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"));
    assert_eq!(answer.header("allow"), "GET, HEAD");
}

#[tokio::test]
async fn status_500_while_dynamodb_is_down() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    stack.dynamodb.script(|_| Fate::Break);
    let answer = stack.get(&customer.live, "/v1/ping").await;
    assert_eq!((answer.status, answer.code()), (500, "internal"));
    assert_eq!(answer.body["error"], "Internal server error");
}
