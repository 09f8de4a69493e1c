//! A deployed function reads the providers' keys from a secret.

use std::sync::atomic::{AtomicBool, Ordering};

use rstest::rstest;
use serde_json::json;
use system_tests::{Log, POST, Stack, api23_post, json_answer};
use wiremock::matchers::{header, path_regex};
use wiremock::{Mock, ResponseTemplate};

const SECRET: [(&str, &str); 3] =
    [("PROVIDER_KEYS_SECRET", "arn:keys"), ("RAPIDAPI_KEY", ""), ("KEYLESS_PROVIDERS", "off")];

/// Secrets Manager's response with this secret string.
fn secret(text: &str) -> ResponseTemplate {
    json_answer(200, json!({"ARN": "arn:keys", "Name": "keys", "SecretString": text, "VersionId": "1"}))
}

fn link(id: u32) -> String {
    format!("https://www.tiktok.com/@a/video/{id}")
}

async fn reads(stack: &Stack) -> usize {
    stack.asked("secrets").await
}

#[tokio::test]
async fn the_secret_is_read_once_and_its_keys_turn_providers_on() {
    let stack = Stack::with(&SECRET).await;
    Mock::given(path_regex("^/secrets/"))
        .and(header("x-amz-target", "secretsmanager.GetSecretValue"))
        .respond_with(secret(r#"{"RAPIDAPI_KEY": "s3cret-of-the-secret", "HIKERAPI_KEY": "", "note": "mine"}"#))
        .mount(&stack.upstream)
        .await;
    Mock::given(path_regex("^/tiktok-api23/"))
        .and(header("x-rapidapi-key", "s3cret-of-the-secret"))
        .respond_with(api23_post)
        .mount(&stack.upstream)
        .await;
    let customer = stack.customer("1", 60).await;
    for id in 1..=3 {
        assert_eq!(stack.post_stats(&customer.live, &link(id)).await.status, 200);
    }
    assert_eq!(reads(&stack).await, 1);
    let answer = stack.get(&customer.live, "/v1/platforms").await;
    let works = |place: usize| answer.body["data"]["platforms"][place]["endpoints"].as_array().unwrap().len();
    assert_eq!([works(0), works(5)], [6, 2], "RapidAPI's providers are on: {answer:?}");
}

#[tokio::test]
async fn a_key_in_the_environment_takes_precedence_over_the_secrets() {
    let stack =
        Stack::with(&[("PROVIDER_KEYS_SECRET", "arn:keys"), ("RAPIDAPI_KEY", "s3cret-of-the-environment")]).await;
    stack.provider("secrets", secret(r#"{"RAPIDAPI_KEY": "s3cret-of-the-secret"}"#)).await;
    Mock::given(path_regex("^/tiktok-api23/"))
        .and(header("x-rapidapi-key", "s3cret-of-the-environment"))
        .respond_with(api23_post)
        .mount(&stack.upstream)
        .await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.body["data"]["provider"], "tiktok-api23");
}

#[rstest]
#[case::refused(401, "Invalid API key.")]
#[case::used_up(429, "You have exceeded the MONTHLY quota")]
#[tokio::test]
async fn a_key_that_no_longer_works_is_read_again_and_the_new_one_is_used_at_once(
    #[case] status: u16,
    #[case] message: &'static str,
) {
    let stack = Stack::with(&SECRET).await;
    let is_renewed = AtomicBool::new(false);
    let keys = move |_: &wiremock::Request| {
        let key = if is_renewed.swap(true, Ordering::SeqCst) { "new-s3cret" } else { "old-s3cret" };
        secret(&json!({"RAPIDAPI_KEY": key}).to_string())
    };
    Mock::given(path_regex("^/secrets/")).respond_with(keys).mount(&stack.upstream).await;
    let provider = move |request: &wiremock::Request| match request.headers["x-rapidapi-key"].to_str() {
        Ok("new-s3cret") => api23_post(request),
        _ => json_answer(status, json!({ "message": message })),
    };
    stack.provider("tiktok-api23", provider).await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 502);
    assert_eq!(
        stack.post_stats(&customer.live, &link(2)).await.status,
        200,
        "the new key is used, and the provider doesn't rest"
    );
    assert_eq!(reads(&stack).await, 2);
}

#[tokio::test]
async fn a_key_that_stays_refused_is_not_read_again_at_each_request() {
    let stack = Stack::with(&SECRET).await;
    stack.provider("secrets", secret(r#"{"RAPIDAPI_KEY": "old-s3cret"}"#)).await;
    stack.provider("tiktok-api23", json_answer(401, json!({"message": "Invalid API key."}))).await;
    let customer = stack.customer("1", 60).await;
    for id in 1..=5 {
        assert_eq!(stack.post_stats(&customer.live, &link(id)).await.status, 502);
    }
    assert_eq!(reads(&stack).await, 2);
}

#[tokio::test]
async fn a_secret_that_can_not_be_read_shows_no_key() {
    let stack = Stack::with(&SECRET).await;
    let drifted = json!({"SecretString": "{\"RAPIDAPI_KEY\": \"s3cret\"}", "CreatedDate": "drifted"});
    stack.provider("secrets", json_answer(200, drifted)).await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 500);
    assert!(log.text().contains("Secrets Manager"), "{}", log.text());
    assert!(!log.text().contains("s3cret"), "{}", log.text());
}

#[tokio::test]
async fn an_empty_secret_turns_no_provider_on() {
    let stack = Stack::with(&SECRET).await;
    stack.provider("secrets", secret("{}")).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.code()), (400, "unsupported_platform"), "{answer:?}");
}

#[tokio::test]
async fn the_keys_are_read_each_minute_while_a_provider_rests_and_a_new_one_is_used_at_once() {
    let stack = Stack::with(&SECRET).await;
    let keys = |_: &wiremock::Request| secret(r#"{"RAPIDAPI_KEY": "old-s3cret"}"#);
    Mock::given(path_regex("^/secrets/")).respond_with(keys).up_to_n_times(4).mount(&stack.upstream).await;
    stack.provider("secrets", secret(r#"{"RAPIDAPI_KEY": "new-s3cret"}"#)).await;
    let provider = |request: &wiremock::Request| match request.headers["x-rapidapi-key"].to_str() {
        Ok("new-s3cret") => api23_post(request),
        _ => json_answer(401, json!({"message": "Invalid API key."})),
    };
    for name in ["tiktok-api23", "tiktok-scraper7"] {
        stack.provider(name, provider).await;
    }
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 502);
    assert_eq!(reads(&stack).await, 2, "at the start, and after the refusal");
    for (minute, expected) in [(1, 502), (2, 502), (3, 200)] {
        stack.clock.advance(60);
        for id in 0..3 {
            let answer = stack.post_stats(&customer.live, &link(10 * minute + id)).await;
            assert_eq!(answer.status, expected, "minute {minute}: {answer:?}");
        }
        assert_eq!(reads(&stack).await, 2 + usize::try_from(minute).unwrap());
    }
}
