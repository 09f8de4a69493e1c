//! The public test key: everybody can use it, but its use harms no one.

use futures_util::future::join_all;
use shared::account::{ApiKey, Mode};
use shared::contract::Endpoint;
use strum::IntoEnumIterator;
use system_tests::{POST, Stack, asking, link_for};

fn key() -> ApiKey {
    ApiKey::public(Mode::Test)
}

#[tokio::test]
async fn the_public_key_works_at_every_endpoint_without_an_account_or_the_database() {
    let stack = Stack::start().await;
    // The public key has no stored requests, and public endpoints need no key.
    let is_open = |endpoint: &Endpoint| *endpoint != Endpoint::Request && endpoint.is_limitable();
    for endpoint in Endpoint::iter().filter(is_open) {
        for _ in 0..2 {
            let answer = stack.ask(endpoint, &key(), asking(endpoint, link_for(endpoint)).to_string()).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.body["meta"]["cached"], false);
            if endpoint.is_priced() {
                let is_batch = endpoint == Endpoint::PostStatsBatch;
                let data = if is_batch { &answer.body["data"]["results"][0]["data"] } else { &answer.body["data"] };
                assert_eq!(data["provider"], "sandbox");
                assert_eq!((answer.header("x-charge"), answer.header("x-balance")), ("0", "0"));
            }
        }
    }
    let short = stack.post_stats(&key(), "https://vm.tiktok.com/ZM1234567/").await;
    assert_eq!(short.status, 200);
    let failure = stack.post_stats(&key(), "https://www.tiktok.com/@a/video/9000000000000000404").await;
    assert_eq!(failure.status, 404);
    assert!(stack.dynamodb.calls().is_empty());
    assert!(stack.upstream.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_public_key_gets_the_same_answers_as_any_test_key() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let own = stack.post_stats(&customer.test, POST).await;
    let public = stack.post_stats(&key(), POST).await;
    assert_eq!(public.body["data"], own.body["data"]);
}

#[tokio::test]
async fn the_public_keys_requests_are_counted_by_the_instance() {
    let stack = Stack::start().await;
    let key = key();
    let answers = join_all((0..605).map(|_| stack.get(&key, "/v1/ping"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 600);
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!((refused.code(), refused.header("retry-after")), ("rate_limited", "60"));
    assert_eq!((refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")), ("600", "0"));
    assert_eq!(stack.get(&key, "/v1/nowhere").await.header("x-ratelimit-remaining"), "0");
    stack.clock.advance(60);
    assert_eq!(stack.get(&key, "/v1/ping").await.header("x-ratelimit-remaining"), "599");
}

#[tokio::test]
async fn the_operator_can_turn_the_public_key_off() {
    let stack = Stack::with(&[("PUBLIC_SANDBOX", "off")]).await;
    assert_eq!(stack.get(&key(), "/v1/ping").await.status, 401);
    assert!(stack.dynamodb.calls().is_empty());
}

#[tokio::test]
async fn the_matching_live_key_is_refused() {
    let stack = Stack::start().await;
    assert_eq!(stack.get(&ApiKey::public(Mode::Live), "/v1/ping").await.status, 401);
    assert!(stack.dynamodb.calls().is_empty());
}
