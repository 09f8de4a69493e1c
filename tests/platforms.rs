//! `GET /v1/platforms`.

use serde_json::{Value, json};
use system_tests::{Answer, Stack};

/// The endpoints that a body lists, by platform.
fn listed(answer: &Answer) -> Vec<(&str, Value)> {
    let platforms = answer.body["data"]["platforms"].as_array().unwrap();
    platforms.iter().map(|item| (item["platform"].as_str().unwrap(), item["endpoints"].clone())).collect()
}

/// Whether the body lists all published endpoints and platforms.
fn has_all(answer: &Answer) -> bool {
    let listed = listed(answer);
    published().iter().all(|row| listed.contains(row))
}

fn published() -> Vec<(&'static str, Value)> {
    let of_creators = json!(["post/stats", "profile", "channel/videos", "median-views", "email", "post/stats/batch"]);
    let of_posts = json!(["post/stats", "post/stats/batch"]);
    let platforms = ["tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin"];
    let endpoints = [&of_creators, &of_creators, &of_creators, &of_posts, &of_posts, &of_posts];
    platforms.into_iter().zip(endpoints.into_iter().cloned()).collect()
}

#[tokio::test]
async fn status_200_lists_the_endpoints_and_platforms_that_configured_providers_support() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let answer = stack.get(&customer.live, "/v1/platforms").await;
    assert_eq!(answer.status, 200);
    assert!(has_all(&answer), "{answer:?}");
}

#[tokio::test]
async fn status_200_lists_nothing_without_providers_but_the_sandbox_for_test_keys() {
    let stack = Stack::with(&[("RAPIDAPI_KEY", ""), ("KEYLESS_PROVIDERS", "off")]).await;
    let customer = stack.customer("0", 60).await;
    let live = stack.get(&customer.live, "/v1/platforms").await;
    assert!(listed(&live).iter().all(|(_, endpoints)| *endpoints == json!([])), "{live:?}");
    let test = stack.get(&customer.test, "/v1/platforms").await;
    assert!(has_all(&test), "{test:?}");
}

#[tokio::test]
async fn status_401_without_a_key() {
    let stack = Stack::start().await;
    let answer = stack.send("GET", "/v1/platforms", &[], "").await;
    assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
}
