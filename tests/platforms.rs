//! `GET /v1/platforms`.

use serde_json::{Value, json};
use system_tests::{Answer, Stack};

fn tiktok_and_all(answer: &Answer) -> (Value, Vec<&str>) {
    let platforms = answer.body["data"]["platforms"].as_array().unwrap();
    let names = platforms.iter().map(|platform| platform["platform"].as_str().unwrap()).collect();
    (platforms[0]["endpoints"].clone(), names)
}

#[tokio::test]
async fn status_200_lists_what_works_with_the_providers_that_are_on() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let answer = stack.get(&customer.live, "/v1/platforms").await;
    assert_eq!(answer.status, 200);
    let (tiktok, names) = tiktok_and_all(&answer);
    assert_eq!(names, ["tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin"]);
    assert_eq!(tiktok, json!(["post/stats"]));
}

#[tokio::test]
async fn status_200_lists_nothing_where_no_provider_is_on_but_the_sandbox_for_test_keys() {
    let stack = Stack::with(&[("RAPIDAPI_KEY", ""), ("KEYLESS_PROVIDERS", "off")]).await;
    let customer = stack.customer("0", 60).await;
    let live = stack.get(&customer.live, "/v1/platforms").await;
    assert_eq!(tiktok_and_all(&live).0, json!([]));
    let test = stack.get(&customer.test, "/v1/platforms").await;
    assert_eq!(tiktok_and_all(&test).0, json!(["post/stats"]));
}

#[tokio::test]
async fn status_401_without_a_key() {
    let stack = Stack::start().await;
    let answer = stack.send("GET", "/v1/platforms", &[], "").await;
    assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
}
