//! `max_age` and `dry_run`, the options of every endpoint with a price.

use rstest::rstest;
use serde_json::{Value, json};
use shared::contract::Endpoint;
use strum::IntoEnumIterator;
use system_tests::{ALL_KEYS, Answer, Customer, POST, Stack, api23_post, asking, json_answer, link_for};

async fn ask(stack: &Stack, customer: &Customer, more: Value) -> Answer {
    let mut body = json!({ "url": POST });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stack.post_stats_body(&customer.live, body.to_string()).await
}

fn charged(answer: &Answer) -> (u16, bool, &str) {
    (answer.status, answer.body["meta"]["cached"].as_bool().unwrap_or_default(), answer.header("x-charge"))
}

#[tokio::test]
async fn an_answer_shows_its_age_and_the_end_of_its_cache_lifetime() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    let fresh = ask(&stack, &customer, json!({})).await;
    assert_eq!((fresh.header("age"), &fresh.body["meta"]["expires_at"]), ("", &json!("2026-11-23T12:05:00.000Z")));
    stack.clock.advance(70);
    let cached = ask(&stack, &customer, json!({})).await;
    assert_eq!((cached.header("age"), &cached.body["meta"]["expires_at"]), ("70", &json!("2026-11-23T12:05:00.000Z")));
}

#[tokio::test]
async fn an_answer_younger_than_max_age_is_free_and_an_older_one_is_replaced_and_charged() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    ask(&stack, &customer, json!({})).await;
    stack.clock.advance(60);
    assert_eq!(charged(&ask(&stack, &customer, json!({"max_age": 60})).await), (200, true, "0"));
    assert_eq!(charged(&ask(&stack, &customer, json!({"max_age": 59})).await), (200, false, "0.001"));
    // Every later caller gets the new answer.
    let cached = ask(&stack, &customer, json!({})).await;
    assert_eq!((charged(&cached), cached.header("age")), ((200, true, "0"), "0"));
    assert_eq!(charged(&ask(&stack, &customer, json!({"max_age": 0})).await), (200, true, "0"), "no second has passed");
    stack.clock.advance(1);
    assert_eq!(charged(&ask(&stack, &customer, json!({"max_age": 0})).await), (200, false, "0.001"));
    assert_eq!(stack.asked("tiktok-api23").await, 3);
}

#[tokio::test]
async fn simultaneous_requests_for_a_fresh_answer_wait_for_the_one_that_asks() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    ask(&stack, &customer, json!({})).await;
    stack.clock.advance(60);
    let fresh = || ask(&stack, &customer, json!({"max_age": 10}));
    let all = futures_util::future::join_all((0..10).map(|_| fresh())).await;
    assert!(all.iter().all(|answer| answer.status == 200), "{all:?}");
    assert_eq!(stack.asked("tiktok-api23").await, 2, "each provider is asked once");
    let paid = all.iter().filter(|answer| answer.header("x-charge") == "0.001").count();
    assert_eq!(paid, 1);
}

#[tokio::test]
async fn a_failure_does_not_take_the_cached_answer_from_others() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    ask(&stack, &customer, json!({})).await;
    stack.clock.advance(60);
    stack.upstream.reset().await;
    assert_eq!(charged(&ask(&stack, &customer, json!({"max_age": 5})).await), (502, false, "0"));
    assert_eq!(charged(&ask(&stack, &customer, json!({})).await), (200, true, "0"));
    // "Not found" replaces the cached answer for all callers.
    stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10222}))).await;
    assert_eq!(charged(&ask(&stack, &customer, json!({"max_age": 5})).await), (404, false, "0"));
    assert_eq!(ask(&stack, &customer, json!({})).await.status, 404);
}

#[tokio::test]
async fn a_dry_run_shows_the_subject_whether_it_is_cached_and_its_cost() {
    let stack = Stack::start().await;
    let customer = stack.customer("0.001", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    let dry = ask(&stack, &customer, json!({"dry_run": true})).await;
    let expected = json!({
        "dry_run": true, "platform": "tiktok", "kind": "post", "url": POST, "id": "7106594312292453675",
        "cached": false, "age": null, "charge": 0.001,
    });
    assert_eq!((charged(&dry), &dry.body["data"]), ((200, false, "0"), &expected));
    assert_eq!(stack.asked("tiktok-api23").await, 0);
    ask(&stack, &customer, json!({})).await;
    stack.clock.advance(30);
    // A dry run without money is never 402.
    let dry = ask(&stack, &customer, json!({"dry_run": true})).await;
    let cached = json!({"cached": true, "age": 30, "charge": 0});
    assert_eq!(dry.header("x-balance"), "0");
    for (name, value) in cached.as_object().unwrap() {
        assert_eq!(&dry.body["data"][name], value, "{name}");
    }
    let dry = ask(&stack, &customer, json!({"dry_run": true, "max_age": 29})).await;
    assert_eq!((&dry.body["data"]["cached"], &dry.body["data"]["charge"]), (&json!(false), &json!(0.001)));
    let short = json!({"url": "https://vm.tiktok.com/ZM1234567/", "dry_run": true}).to_string();
    let short = stack.post_stats_body(&customer.live, short).await;
    let data = &short.body["data"];
    assert_eq!((&data["kind"], &data["cached"], &data["id"]), (&json!("short_link"), &Value::Null, &Value::Null));
    assert_eq!(stack.upstream.received_requests().await.unwrap().len(), 1, "a dry run follows no short link");
}

#[tokio::test]
async fn a_dry_run_is_refused_like_the_real_request_except_for_missing_money() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 2).await;
    let bad = stack.post_stats_body(&customer.live, json!({"url": "nothing", "dry_run": true}).to_string()).await;
    assert_eq!((bad.status, bad.code()), (400, "invalid_link"));
    let elsewhere = json!({"url": "https://x.com/jack", "dry_run": true}).to_string();
    let unsupported = stack.ask(Endpoint::Profile, &customer.live, elsewhere).await;
    assert_eq!((unsupported.status, unsupported.code()), (400, "unsupported_platform"), "{unsupported:?}");
    assert_eq!(
        ask(&stack, &customer, json!({"dry_run": true})).await.status,
        429,
        "a dry run counts against the rate limit"
    );
}

#[rstest]
#[case(json!({"max_age": -1}), "`max_age` must be a whole number from 0 to ")]
#[case(json!({"max_age": 100_000}), "`max_age` must be")]
#[case(json!({"max_age": 1.5}), "`max_age` must be")]
#[case(json!({"max_age": "60"}), "`max_age` must be")]
#[case(json!({"max_age": true}), "`max_age` must be")]
#[case(json!({"dry_run": 1}), "`dry_run` must be true or false")]
#[case(json!({"dry_run": "true"}), "`dry_run` must be true or false")]
#[tokio::test]
async fn status_400_for_an_invalid_max_age_or_dry_run_on_every_priced_endpoint(
    #[case] more: Value,
    #[case] says: &str,
) {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    for endpoint in Endpoint::iter().filter(|endpoint| endpoint.is_priced()) {
        let mut body = asking(endpoint, link_for(endpoint));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = stack.ask(endpoint, &customer.live, body.to_string()).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_request"), "{answer:?}");
        assert!(answer.body["error"].as_str().unwrap().contains(says), "{answer:?}");
    }
}
