//! `GET /v1/requests/{request_id}`, one part per status.

use serde_json::{Value, json};
use shared::account::{ApiKey, Mode};
use system_tests::dynamodb::Fate;
use system_tests::{Answer, Customer, POST, Stack, api23_post, json_answer};

async fn request(stack: &Stack, customer: &Customer, answer: &Answer) -> Answer {
    let id = answer.body["meta"]["request_id"].as_str().or(answer.body["request_id"].as_str()).unwrap();
    stack.get(&customer.live, &format!("/v1/requests/{id}")).await
}

// 200

#[tokio::test]
async fn status_200_shows_a_fresh_answers_request_and_cost() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    let fresh = stack.post_stats(&customer.live, POST).await;
    stack.clock.advance(29 * 86_400);
    let told = request(&stack, &customer, &fresh).await;
    assert_eq!((told.status, told.header("x-charge"), told.header("x-balance")), (200, "", "0.999"));
    insta::assert_json_snapshot!(told.body["data"], {".request_id" => "[request id]"}, @r#"
    {
      "asked": "https://www.tiktok.com/@some.one/video/7106594312292453675",
      "at": "2026-11-23T12:00:00.000Z",
      "cached": false,
      "charged": 0.001,
      "endpoint": "post/stats",
      "platform": "tiktok",
      "provider": "tiktok-api23",
      "request_id": "[request id]",
      "status": 200
    }
    "#);
    assert_eq!(told.body["data"]["request_id"], fresh.body["meta"]["request_id"]);
}

#[tokio::test]
async fn status_200_a_failure_has_no_cost() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10222}))).await;
    let missing = stack.post_stats(&customer.live, POST).await;
    stack.upstream.reset().await;
    let failed = stack.post_stats(&customer.live, "https://www.tiktok.com/@a/video/1").await;
    assert_eq!((missing.status, failed.status), (404, 502));
    for answer in [missing, failed] {
        let told = request(&stack, &customer, &answer).await.body;
        let data = &told["data"];
        assert_eq!(data["status"], answer.status);
        assert_eq!((&data["charged"], &data["provider"]), (&json!(0), &Value::Null), "{told}");
    }
}

#[tokio::test]
async fn status_200_for_a_request_to_the_sandbox() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let fresh = stack.post_stats(&customer.test, POST).await;
    let data = request(&stack, &customer, &fresh).await.body["data"].clone();
    assert_eq!((&data["charged"], &data["provider"]), (&json!(0), &json!("sandbox")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_200_a_released_price_of_a_request_that_died_is_not_charged() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    // The settling write is lost, as if the function died after the fill.
    stack.dynamodb.script(|call| if call.updates("#spent") { Fate::Break } else { Fate::Pass });
    let answer = stack.post_stats(&customer.live, POST).await;
    stack.dynamodb.script(|_| Fate::Pass);
    let told = request(&stack, &customer, &answer).await;
    assert_eq!(told.body["data"]["charged"], Value::Null, "the price is held: {told:?}");
    stack.clock.advance(120);
    let told = request(&stack, &customer, &answer).await;
    assert_eq!((&told.body["data"]["charged"], told.header("x-balance")), (&json!(0), "1"), "{told:?}");
}

// 401, 404

#[tokio::test]
async fn status_401_without_a_key() {
    let stack = Stack::start().await;
    assert_eq!(stack.send("GET", "/v1/requests/abc", &[], "").await.status, 401);
}

#[tokio::test]
async fn status_404_for_a_cached_answer_a_refusal_another_account_an_old_request_and_no_id() {
    let stack = Stack::start().await;
    let (customer, other) = (stack.customer("1", 60).await, stack.customer("1", 60).await);
    stack.provider("tiktok-api23", api23_post).await;
    let fresh = stack.post_stats(&customer.live, POST).await;
    let cached = stack.post_stats(&customer.live, POST).await;
    let refused = stack.post_stats(&customer.live, "nothing").await;
    for answer in [&cached, &refused] {
        let told = request(&stack, &customer, answer).await;
        assert_eq!((told.status, told.code()), (404, "not_found"), "{told:?}");
        assert!(told.body["error"].as_str().unwrap().contains("from the cache or was refused"), "{told:?}");
    }
    assert_eq!(request(&stack, &other, &fresh).await.status, 404, "other accounts can't see the request");
    for id in ["a", "..", "%2e", "{request_id}", &"a".repeat(300), "a%23b"] {
        let told = stack.get(&customer.live, &format!("/v1/requests/{id}")).await;
        assert_eq!(told.status, 404, "{id}: {told:?}");
    }
    stack.clock.advance(31 * 86_400);
    assert_eq!(request(&stack, &customer, &fresh).await.status, 404, "requests are stored for 30 days");
}

#[tokio::test]
async fn status_404_for_the_public_key_without_the_database() {
    let stack = Stack::start().await;
    assert_eq!(stack.get(&ApiKey::public(Mode::Test), "/v1/requests/abc").await.status, 404);
    assert!(stack.dynamodb.calls().is_empty());
}
