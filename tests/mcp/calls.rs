//! Calls of tools: answers, limits and charges are the same as at the endpoints.

use rstest::rstest;
use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::mcp::endpoints;
use shared::money::MicroDollars;
use shared::platform::Platform;
use system_tests::{ALL_KEYS, POST, Stack, answering, api23_post, json_answer};

use super::{Answered, ask, call, post, public_key, sound, tiktok_post};

fn refuse_error(answer: &Answered) {
    assert_eq!((answer.status, &answer.body["result"]["isError"]), (200, &json!(false)), "{answer:?}");
}

#[tokio::test]
async fn every_tool_answers_the_public_sandbox_key_and_marks_numbers_as_made_up() {
    let stack = Stack::start().await;
    for endpoint in endpoints() {
        let answer = call(&stack, Some(&public_key()), endpoint, sound(endpoint)).await;
        refuse_error(&answer);
        let is_public = endpoint.spec().is_public;
        assert_eq!(answer.text().starts_with("MADE-UP NUMBERS"), !is_public, "{endpoint}: {}", answer.text());
        assert_eq!(answer.structured()["receipt"]["is_made_up"], !is_public);
        assert_eq!(answer.structured()["ok"], true);
    }
    // Only the status reads the database.
    assert_eq!(stack.dynamodb.calls(), ["BatchGetItem"; 3]);
}

#[tokio::test]
async fn an_answer_has_the_endpoints_data_and_a_receipt() {
    let stack = Stack::start().await;
    for endpoint in endpoints().filter(|endpoint| !endpoint.spec().is_public) {
        let called = call(&stack, Some(&public_key()), endpoint, sound(endpoint)).await;
        let mut sent = stack.ask(endpoint, &public_key(), sound(endpoint).to_string()).await.body;
        let mut called = called.structured().clone();
        called.as_object_mut().unwrap().remove("receipt").unwrap();
        for body in [&mut sent, &mut called] {
            without_moments(body);
        }
        assert_eq!(called, sent, "{endpoint}");
    }
}

/// Removes values that differ between any two requests.
fn without_moments(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !["request_id", "fetched_at", "expires_at"].contains(&name.as_str()));
            members.values_mut().for_each(without_moments);
        }
        Value::Array(items) => items.iter_mut().for_each(without_moments),
        _ => {}
    }
}

#[tokio::test]
async fn a_live_call_is_charged_once_then_cached_and_the_money_adds_up() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    let fresh = call(&stack, Some(&customer.live), Endpoint::PostStats, tiktok_post()).await;
    refuse_error(&fresh);
    let receipt = &fresh.structured()["receipt"];
    assert_eq!((&receipt["charge"], &receipt["balance"]), (&json!(0.001), &json!(0.999)));
    assert_eq!((&receipt["age"], &receipt["is_made_up"]), (&Value::Null, &json!(false)));
    assert!(fresh.text().contains("Fresh, charged $0.001. Source: tiktok-api23. Balance: $0.999."), "{}", fresh.text());
    assert!(!fresh.text().contains("MADE-UP"));

    stack.clock.advance(20);
    let cached = call(&stack, Some(&customer.live), Endpoint::PostStats, tiktok_post()).await;
    let receipt = &cached.structured()["receipt"];
    assert_eq!((&receipt["charge"], &receipt["balance"], &receipt["age"]), (&json!(0), &json!(0.999), &json!(20)));
    assert!(cached.text().contains("From the cache, 20 seconds old, free."), "{}", cached.text());
    assert_eq!(stack.asked("tiktok-api23").await, 1);

    let account = stack.account(&customer).await;
    assert_eq!((account.spent, account.held()), (MicroDollars(1_000), MicroDollars::ZERO));
    assert_eq!(account.balance.0 + account.held().0 + account.spent.0, account.funds.0);
    // The endpoint returns the same answer over HTTP.
    let sent = stack.post_stats(&customer.live, POST).await;
    assert_eq!((&sent.body["meta"]["cached"], &sent.body["data"]), (&json!(true), &cached.structured()["data"]));
}

#[rstest]
#[case(Endpoint::Profile, Operation::Profile, 1_000)]
#[case(Endpoint::Email, Operation::Profile, 1_000)]
#[case(Endpoint::ChannelVideos, Operation::ChannelVideos, 2_000)]
#[case(Endpoint::MedianViews, Operation::ChannelVideos, 2_000)]
#[tokio::test]
async fn tools_about_creators_answer_a_live_key_from_the_provider(
    #[case] endpoint: Endpoint,
    #[case] operation: Operation,
    #[case] price: u64,
) {
    let told = if operation == Operation::Profile { "a creator" } else { "a list" };
    let (stack, customer, _upstream) = answering(operation, Platform::Instagram, told).await;
    let arguments = json!({"username": "some.one", "platform": "instagram"});
    let answer = call(&stack, Some(&customer.live), endpoint, arguments).await;
    refuse_error(&answer);
    assert_eq!(stack.account(&customer).await.spent, MicroDollars(price));
}

#[tokio::test]
async fn a_batch_has_one_line_per_post() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    let posts = json!({"posts": [POST, "https://www.tiktok.com/tag/dance", POST]});
    let answer = call(&stack, Some(&customer.live), Endpoint::PostStatsBatch, posts).await;
    refuse_error(&answer);
    let lines: Vec<_> = answer.text().lines().collect();
    assert_eq!(lines[0], "3 posts: 1 fresh, 1 cached, 0 failed, 1 refused.");
    assert!(lines[1].starts_with("1. https://www.tiktok.com/@") && lines[1].contains(" views (plays), "), "{lines:?}");
    assert!(lines[2].contains("hashtag") && lines[2].ends_with("(invalid_link)"), "{lines:?}");
    assert!(answer.text().contains("Charged $0.001 for all."), "{}", answer.text());
}

#[tokio::test]
async fn a_call_without_a_key_gets_no_answer_but_the_name_of_the_sandbox_key() {
    let stack = Stack::start().await;
    for endpoint in endpoints().filter(|endpoint| !endpoint.spec().is_public) {
        let answer = call(&stack, None, endpoint, sound(endpoint)).await;
        assert_eq!((answer.status, &answer.body["result"]["isError"]), (200, &json!(true)), "{answer:?}");
        assert_eq!(answer.structured(), &Value::Null);
        for part in
            ["This call had no API key", "Authorization: Bearer", public_key().reveal(), "made up", "unauthorized"]
        {
            assert!(answer.text().contains(part), "{}", answer.text());
        }
    }
    assert!(stack.dynamodb.calls().is_empty());
}

#[tokio::test]
async fn an_empty_variable_in_a_clients_configuration_counts_as_no_key() {
    let stack = Stack::start().await;
    for (name, value) in [("x-api-key", ""), ("authorization", "Bearer "), ("authorization", "")] {
        let message = super::request("tools/call", json!({"name": "post_stats", "arguments": tiktok_post()}));
        let mut headers = super::headers(&message);
        headers.push((name, value));
        let answer = post(&stack, &headers, message.to_string()).await;
        assert!(answer.text().starts_with("This call had no API key"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_call_without_a_key_does_not_get_the_sandbox_key_if_the_sandbox_is_off() {
    let stack = Stack::with(&[("PUBLIC_SANDBOX", "off")]).await;
    let answer = call(&stack, None, Endpoint::PostStats, tiktok_post()).await;
    assert!(
        answer.text().contains("This call had no API key") && !answer.text().contains("ct_test_"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_wrong_key_gets_the_endpoints_error_message() {
    let stack = Stack::start().await;
    let deleted = stack.customer("1", 60).await.live.reveal().replace("ct_live", "ct_test");
    for key in ["ct_live_mistyped", &deleted] {
        let message = super::request("tools/call", json!({"name": "post_stats", "arguments": tiktok_post()}));
        let mut headers = super::headers(&message);
        headers.push(("x-api-key", key));
        let answer = post(&stack, &headers, message.to_string()).await;
        assert_eq!(answer.body["result"]["isError"], true);
        assert!(answer.text().starts_with("Unauthorized — missing or invalid API key\nWhat to do: "), "{answer:?}");
        assert!(answer.text().contains("code: unauthorized; explained at /docs/errors#unauthorized"), "{answer:?}");
    }
}

#[rstest]
#[case::nothing(Endpoint::PostStats, json!({}), "invalid_request", "`url` is missing")]
#[case::no_text(Endpoint::PostStats, json!({"url": 5}), "invalid_request", "`url` must be a string")]
#[case::a_hashtag(Endpoint::PostStats, json!({"url": "https://www.tiktok.com/tag/dance"}), "invalid_link", "hashtag")]
#[case::no_platform(Endpoint::Profile, json!({"username": "charlidamelio"}), "invalid_request", "platform")]
#[case::invalid_days(Endpoint::Usage, json!({"days": "all"}), "invalid_request", "`days` must be a whole number")]
#[case::another_key(Endpoint::Usage, json!({"key": "0123456789abcdef"}), "not_found", "no key with this id")]
#[tokio::test]
async fn a_mistake_that_a_model_can_correct_is_a_tools_error_with_advice(
    #[case] endpoint: Endpoint,
    #[case] arguments: Value,
    #[case] code: &str,
    #[case] says: &str,
) {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let answer = call(&stack, Some(&customer.live), endpoint, arguments).await;
    assert_eq!(answer.body["result"]["isError"], true, "{answer:?}");
    let text = answer.text();
    assert!(text.contains(says) && text.contains("What to do: "), "{text}");
    assert!(text.contains(&format!("code: {code}; explained at /docs/errors#{code}")), "{text}");
    assert!(text.contains("Nothing was charged."), "{text}");
}

#[tokio::test]
async fn the_usage_tool_has_parameters_as_arguments() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    call(&stack, Some(&customer.live), Endpoint::PostStats, tiktok_post()).await;
    let arguments = json!({"days": 7, "key": customer.live.id()});
    let answer = call(&stack, Some(&customer.live), Endpoint::Usage, arguments).await;
    let data = &answer.structured()["data"];
    assert_eq!(data["key"]["days"][0]["charged"], json!(0.001), "{answer:?}");
    assert!(
        answer.text().contains("Balance $0.999; $0 is held for requests in flight, $0.001 is spent, $1 was paid in.")
    );
    // Both calls were counted as requests of their endpoints.
    let listed = data["days"][0]["endpoints"].as_array().unwrap();
    let requests: Vec<_> = listed.iter().map(|one| (one["endpoint"].as_str().unwrap(), &one["requests"])).collect();
    assert_eq!(requests, [("post/stats", &json!(1)), ("usage", &json!(1))]);
}

#[tokio::test]
async fn only_calls_of_tools_count_against_the_rate_limit() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 2).await;
    for _ in 0..3 {
        ask(&stack, Some(&customer.test), "tools/list", json!({})).await;
        ask(&stack, Some(&customer.test), "server/discover", json!({})).await;
    }
    for left in [1, 0] {
        let answer = call(&stack, Some(&customer.test), Endpoint::PostStats, tiktok_post()).await;
        assert_eq!(answer.structured()["receipt"]["requests_left"], left);
    }
    let answer = call(&stack, Some(&customer.test), Endpoint::PostStats, tiktok_post()).await;
    assert_eq!(answer.body["result"]["isError"], true);
    let text = answer.text();
    assert!(text.starts_with("Rate limit exceeded — wait and retry\nWhat to do: Wait"), "{text}");
    assert!(text.contains("Retry-After: 60 seconds.") && text.contains("code: rate_limited"), "{text}");
}

#[tokio::test]
async fn missing_money_and_failing_providers_are_tools_errors_and_free() {
    let stack = Stack::with(&ALL_KEYS).await;
    let poor = stack.customer("0", 60).await;
    let answer = call(&stack, Some(&poor.live), Endpoint::PostStats, tiktok_post()).await;
    assert!(answer.text().contains("code: insufficient_balance"), "{}", answer.text());
    let customer = stack.customer("1", 60).await;
    for provider in shared::provider::order(Platform::TikTok, Operation::PostStats) {
        stack.provider(provider, json_answer(503, json!({}))).await;
    }
    let answer = call(&stack, Some(&customer.live), Endpoint::PostStats, tiktok_post()).await;
    assert!(answer.text().contains("code: upstream_failed") && answer.text().contains("Retry-After: "), "{answer:?}");
    let account = stack.account(&customer).await;
    assert_eq!((account.spent, account.balance, account.funds), (MicroDollars::ZERO, account.funds, account.funds));
}

#[tokio::test]
async fn a_dry_run_shows_the_price_and_asks_no_provider() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let arguments = json!({"url": POST, "dry_run": true});
    let answer = call(&stack, Some(&customer.live), Endpoint::PostStats, arguments).await;
    refuse_error(&answer);
    assert!(answer.text().contains("isn't cached, and would cost at most $0.001."), "{}", answer.text());
    assert!(answer.text().contains("No source was asked and nothing was charged."), "{}", answer.text());
    assert_eq!(stack.asked("tiktok-api23").await, 0);
}

#[tokio::test]
async fn unknown_numbers_are_unknown_in_the_text_and_null_in_the_answer() {
    let stack = Stack::start().await;
    let nothing = json!({"url": "https://www.tiktok.com/@a/video/9000000000000000200"});
    let answer = call(&stack, Some(&public_key()), Endpoint::PostStats, nothing).await;
    assert_eq!(answer.structured()["data"]["views"], Value::Null);
    assert!(answer.text().contains("views unknown, likes unknown"), "{}", answer.text());
    assert!(answer.text().contains("it isn't 0"), "{}", answer.text());
}

#[tokio::test]
async fn a_creators_text_is_only_in_the_structured_answer() {
    let stack = Stack::start().await;
    let post = call(&stack, Some(&public_key()), Endpoint::PostStats, tiktok_post()).await;
    let caption = post.structured()["data"]["details"]["caption"].as_str().unwrap();
    assert!(!caption.is_empty() && !post.text().contains(caption), "{}", post.text());
    let creator = json!({"username": "some.one", "platform": "tiktok"});
    let profile = call(&stack, Some(&public_key()), Endpoint::Profile, creator).await;
    let bio = profile.structured()["data"]["bio"].as_str().unwrap();
    assert!(!bio.is_empty() && !profile.text().contains(bio), "{}", profile.text());
}

#[tokio::test]
async fn a_call_is_logged_and_counted_like_a_request_to_its_endpoint() {
    let stack = Stack::start().await;
    let answer = call(&stack, Some(&public_key()), Endpoint::PostStats, tiktok_post()).await;
    assert!(answer.structured()["meta"]["request_id"].is_string());
    let counted = stack.metrics.lines().into_iter().filter(|line| line["Endpoint"] == "post/stats").count();
    assert_eq!(counted, 1);
}
