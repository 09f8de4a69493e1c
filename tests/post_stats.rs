//! `POST /v1/post/stats`, one part per status.

use rstest::rstest;
use serde_json::{Value, json};
use shared::account::{AccountId, ApiKey, Mode};
use system_tests::dynamodb::Fate;
use system_tests::{POST, Stack, api23_post, http_client, json_answer, silence, until};

// 200

#[tokio::test]
async fn status_200_has_the_published_shape() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    insta::assert_json_snapshot!(answer.body, {".meta.request_id" => "[request id]"}, @r#"
    {
      "data": {
        "comments": 3210,
        "completed_by": [],
        "details": {
          "author": {
            "id": "6800000000000000001",
            "name": "Some One",
            "username": "some.one"
          },
          "caption": "a made-up video",
          "co_authors": null,
          "duration_seconds": 39,
          "is_paid_partnership": null,
          "kind": "video",
          "published_at": "2022-06-07T16:00:00.000Z",
          "saves": 4321,
          "thumbnail_url": "https://cdn.example/cover.jpg"
        },
        "engagement_rate": 0.0871,
        "fetched_at": "2026-11-23T12:00:00.000Z",
        "likes": 85000,
        "platform": "tiktok",
        "post_id": "7106594312292453675",
        "post_url": "https://www.tiktok.com/@some.one/video/7106594312292453675",
        "precision": "rounded",
        "provider": "tiktok-api23",
        "shares": 12000,
        "views": 1200000,
        "views_kind": "plays"
      },
      "meta": {
        "cached": false,
        "expires_at": "2026-11-23T12:05:00.000Z",
        "platform": "tiktok",
        "request_id": "[request id]"
      },
      "ok": true
    }
    "#);
}

#[tokio::test]
async fn status_200_a_fresh_answer_costs_its_price_and_a_cached_one_is_free() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;

    let fresh = stack.post_stats(&customer.live, POST).await;
    assert_eq!(fresh.body["meta"]["cached"], false);
    assert_eq!((fresh.header("x-charge"), fresh.header("x-balance")), ("0.001", "0.999"));

    // Another form of the same post.
    let cached = stack.post_stats(&customer.live, "https://m.tiktok.com/v/7106594312292453675.html").await;
    assert_eq!(cached.body["meta"]["cached"], true);
    assert_eq!((cached.header("x-charge"), cached.header("x-balance")), ("0", "0.999"));
    assert_eq!(cached.body["data"], fresh.body["data"]);
    assert_eq!(stack.asked("tiktok-api23").await, 1);
}

#[tokio::test]
async fn status_200_takes_the_key_in_either_header_or_in_both() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let key = customer.test.reveal();
    let bearer = format!("Bearer {key}");
    let body = json!({ "url": POST }).to_string();
    let ways: [&[(&str, &str)]; 4] = [
        &[("authorization", &bearer)],
        &[("x-api-key", key)],
        &[("authorization", &bearer), ("x-api-key", key)],
        &[("authorization", "Basic dXNlcjpwYXNz"), ("x-api-key", key)],
    ];
    for headers in ways {
        assert_eq!(stack.send("POST", "/v1/post/stats", headers, body.clone()).await.status, 200, "{headers:?}");
    }
}

#[rstest]
#[case(json!({"url": POST, "platform": "TikTok"}))]
#[case(json!({"url": POST, "platform": null, "unknown": [1]}))]
#[case(json!({"url": "7106594312292453675", "platform": "tiktok"}))]
#[case(json!({"url": "https://mirror.example/@some.one/video/7106594312292453675", "platform": "tiktok"}))]
#[case(json!({"url": "https://vxtiktok.com/@some.one/video/7106594312292453675", "platform": "tiktok"}))]
#[tokio::test]
async fn status_200_a_given_platform_helps_to_read_the_url(#[case] body: Value) {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats_body(&customer.test, body.to_string()).await;
    assert_eq!((answer.status, answer.body["data"]["post_id"].as_str()), (200, Some("7106594312292453675")));
}

#[tokio::test]
async fn status_200_a_test_key_gets_the_sandbox_for_free_and_a_live_key_never_does() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("0", 60).await;
    let first = stack.post_stats(&customer.test, POST).await;
    assert_eq!((first.status, first.body["data"]["provider"].as_str()), (200, Some("sandbox")));
    assert_eq!(first.header("x-charge"), "0");
    let again = stack.post_stats(&customer.test, POST).await;
    assert_eq!(again.body["meta"]["cached"], true);
    assert_eq!(again.body["data"], first.body["data"]);
    assert_eq!(stack.asked("tiktok-api23").await, 0);

    let rich = stack.customer("1", 60).await;
    let live = stack.post_stats(&rich.live, POST).await;
    assert_eq!(live.body["data"]["provider"], "tiktok-api23");
    assert_eq!(live.body["meta"]["cached"], false, "the sandbox has a separate cache entry");
}

#[tokio::test]
async fn status_200_for_a_body_with_a_byte_order_mark_and_an_empty_platform() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let body = format!("\u{feff}{{\"url\": \"{POST}\", \"platform\": \"\"}}");
    assert_eq!(stack.post_stats_body(&customer.test, body).await.status, 200);
}

#[tokio::test]
async fn status_200_with_a_slash_at_the_paths_end() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let headers = [("x-api-key", customer.test.reveal())];
    let body = json!({ "url": POST }).to_string();
    assert_eq!(stack.send("POST", "/v1/post/stats/", &headers, body).await.status, 200);
}

#[tokio::test]
async fn status_200_an_unknown_count_is_null() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let answer = stack.post_stats(&customer.test, "https://www.tiktok.com/@a/video/9000000000000000200").await;
    let data = &answer.body["data"];
    assert_eq!(answer.status, 200);
    assert_eq!([&data["views"], &data["likes"], &data["comments"], &data["shares"]], [&Value::Null; 4]);
}

// 400

#[rstest]
#[case("", "invalid_request", "the body is empty")]
#[case("  \n ", "invalid_request", "the body is empty")]
#[case("{", "invalid_request", "not valid JSON: EOF while parsing an object at line 1 column 1")]
#[case("{\n  \"url\": hello\n}", "invalid_request", "not valid JSON: expected value at line 2 column 10")]
#[case("url=https://www.tiktok.com", "invalid_request", "not valid JSON: expected value at line 1 column 1")]
#[case("[]", "invalid_request", "not an object")]
#[case("\"text\"", "invalid_request", "not an object")]
#[case("{}", "invalid_request", "`url` is missing")]
#[case(r#"{"url": null}"#, "invalid_request", "`url` is missing")]
#[case(r#"{"url": ""}"#, "invalid_request", "`url` is missing")]
#[case(r#"{"url": 7106594312292453675}"#, "invalid_request", "`url` must be a string")]
#[case(r#"{"url": "hello"}"#, "invalid_link", "not a link")]
#[case(r#"{"url": "7106594312292453675"}"#, "invalid_link", "not a link")]
#[case(r#"{"url": "https://example.com/@a/video/1"}"#, "invalid_link", "example.com")]
#[case(r#"{"url": "https://linktr.ee/jane"}"#, "invalid_link", "a Linktree page")]
#[case(
    r#"{"url": "https://kwai.com/@a/video/7106594312292453675", "platform": "tiktok"}"#,
    "invalid_link",
    "a Kwai page"
)]
#[case(r#"{"url": "https://x.com/a/status/1;https://x.com/a/status/2"}"#, "invalid_link", "two links")]
#[case(r#"{"url": "https://www.tiktok.com/tag/dance"}"#, "invalid_link", "hashtag page")]
#[case(r#"{"url": "https://www.tiktok.com/@some.one"}"#, "invalid_link", "creator some.one")]
#[case(r#"{"url": "https://www.tiktok.com/@a/video/1", "platform": "myspace"}"#, "unsupported_platform", "myspace")]
#[case(r#"{"url": "https://www.tiktok.com/@a/video/1", "platform": 5}"#, "invalid_request", "`platform` must be")]
#[case(r#"{"url": "https://www.tiktok.com/@a/video/1", "platform": "youtube"}"#, "invalid_link", "TikTok link")]
#[tokio::test]
async fn status_400_says_what_to_send(#[case] body: &'static str, #[case] code: &str, #[case] says: &str) {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats_body(&customer.live, body).await;
    assert_eq!((answer.status, answer.code()), (400, code));
    let message = answer.body["error"].as_str().unwrap();
    assert!(message.starts_with("Bad request — ") && message.contains(says), "{message}");
    let (_, advice) = message.rsplit_once("; ").unwrap();
    assert!(advice.starts_with("send "), "{message}");
    assert_eq!(answer.header("x-ratelimit-remaining"), "59", "the request is admitted and counted");
    assert_eq!(answer.header("x-charge"), "0");
}

#[tokio::test]
async fn status_400_for_a_body_that_is_not_utf_8() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats_body(&customer.live, b"{\"url\": \"\xff\xfe\"}".to_vec()).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_request"));
    assert!(answer.body["error"].as_str().unwrap().contains("UTF-8"));
}

#[tokio::test]
async fn status_400_for_a_url_of_10000_characters() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let url = format!("https://www.tiktok.com/@a/video/{}", "1".repeat(10_000));
    let answer = stack.post_stats(&customer.live, &url).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_link"));
    assert!(answer.body["error"].as_str().unwrap().len() < 300);
}

#[tokio::test]
async fn status_400_when_no_provider_is_configured() {
    let stack = Stack::with(&[("RAPIDAPI_KEY", ""), ("KEYLESS_PROVIDERS", "off")]).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.code()), (400, "unsupported_platform"));
    assert_eq!(answer.header("x-balance"), "1");
}

// 401

#[tokio::test]
async fn status_401_for_headers_that_a_gateway_would_not_pass_on() {
    let stack = Stack::start().await;
    for header in [("x-forwarded-proto", "x y"), ("x-forwarded-host", "a b"), ("x-api-key", "\u{fc}\u{df}")] {
        let answer = stack.send("POST", "/v1/post/stats", &[header], "{}").await;
        assert_eq!((answer.status, answer.code()), (401, "unauthorized"), "{header:?}");
    }
}

#[rstest]
#[case::no_key(None)]
#[case::empty(Some(""))]
#[case::malformed(Some("sk_live_123"))]
#[case::wrong_checksum(Some("ct_live_00000000000000000000000000000000000000000AAAAAA"))]
#[tokio::test]
async fn status_401_for_a_malformed_key_without_a_database_call(#[case] key: Option<&'static str>) {
    let stack = Stack::start().await;
    let headers: Vec<_> = key.map(|key| ("x-api-key", key)).into_iter().collect();
    let answer = stack.send("POST", "/v1/post/stats", &headers, json!({ "url": POST }).to_string()).await;
    assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
    assert_eq!(answer.body["error"], "Unauthorized — missing or invalid API key");
    assert_eq!(answer.header("x-ratelimit-limit"), "", "no key exists whose requests could be counted");
    assert_eq!(stack.dynamodb.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn status_401_for_an_unknown_key_even_when_the_request_is_invalid_too() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let another_of_the_account = shared::account::ApiKey::generate(shared::account::Mode::Live, &customer.account);
    let nobodys = shared::account::ApiKey::generate(shared::account::Mode::Live, &shared::account::AccountId::random());
    for key in [another_of_the_account, nobodys] {
        let answer = stack.post_stats_body(&key, "not JSON").await;
        assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
    }
}

#[tokio::test]
async fn status_401_for_a_revoked_key_at_once() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.test, POST).await.status, 200);
    stack.accounts.revoke_key(&customer.test.id()).await.unwrap();
    assert_eq!(stack.post_stats(&customer.test, POST).await.status, 401);
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200, "the other key still works");
}

#[tokio::test]
async fn status_401_when_both_headers_are_sent_and_differ() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let bearer = format!("Bearer {}", customer.live.reveal());
    let headers = [("authorization", bearer.as_str()), ("x-api-key", customer.test.reveal())];
    assert_eq!(stack.send("POST", "/v1/post/stats", &headers, "").await.status, 401);
}

#[tokio::test]
async fn status_401_for_the_demo_accounts_keys_when_they_are_not_accepted() {
    let stack = Stack::start().await;
    let demo = AccountId::demo();
    stack.accounts.create(&demo, "Demo").await.unwrap();
    for key in [ApiKey::public(Mode::Live), ApiKey::generate(Mode::Live, &demo)] {
        stack.accounts.add_key(&key, 60).await.unwrap();
        assert_eq!(stack.get(&key, "/v1/ping").await.status, 401);
    }
}

// 402

#[tokio::test]
async fn status_402_below_the_price_even_when_the_answer_is_cached() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let rich = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&rich.live, POST).await.status, 200);
    let poor = stack.customer("0.000999", 60).await;
    let answer = stack.post_stats(&poor.live, POST).await;
    assert_eq!((answer.status, answer.code()), (402, "insufficient_balance"));
    assert_eq!(answer.body["error"], "Insufficient balance — add funds at /billing");
    assert_eq!((answer.header("x-charge"), answer.header("x-balance")), ("0", "0.000999"));
    assert_eq!(answer.header("x-ratelimit-remaining"), "59", "the request counts against the rate limit");
}

#[tokio::test]
async fn status_400_takes_precedence_over_402() {
    let stack = Stack::start().await;
    let poor = stack.customer("0", 60).await;
    assert_eq!(stack.post_stats_body(&poor.live, "{}").await.status, 400);
}

// 404

#[tokio::test]
async fn status_404_for_a_post_that_is_proved_private_is_free_and_cached_for_a_minute() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10216, "statusMsg": ""}))).await;
    let customer = stack.customer("1", 60).await;
    for _ in 0..2 {
        let answer = stack.post_stats(&customer.live, POST).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"));
        assert_eq!((answer.header("x-charge"), answer.header("x-balance")), ("0", "1"));
    }
    assert_eq!(stack.asked("tiktok-api23").await, 1);
    stack.clock.advance(61);
    stack.post_stats(&customer.live, POST).await;
    assert_eq!(stack.asked("tiktok-api23").await, 2);
}

#[tokio::test]
async fn status_404_for_an_unknown_route() {
    let stack = Stack::start().await;
    for path in ["/v1", "/v1/post", "/v1/post/stats//", "/v2/post/stats"] {
        let answer = stack.send("POST", path, &[], "").await;
        assert_eq!((answer.status, answer.code()), (404, "unknown_route"), "{path}");
        assert_eq!(answer.body["ok"], false);
    }
}

// 405

#[tokio::test]
async fn status_405_for_another_method() {
    let stack = Stack::start().await;
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let answer = stack.send(method, "/v1/post/stats", &[], "").await;
        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"), "{method}");
        assert_eq!(answer.header("allow"), "POST");
    }
}

#[tokio::test]
async fn a_browsers_preflight_request_is_answered_without_a_key() {
    let stack = Stack::start().await;
    let asks = [("origin", "https://a.example"), ("access-control-request-method", "POST")];
    let answer = stack.send("OPTIONS", "/v1/post/stats", &asks, "").await;
    assert_eq!((answer.status, &answer.body), (204, &serde_json::Value::Null));
    assert_eq!(stack.send("OPTIONS", "/v1/nowhere", &asks, "").await.status, 404);
}

// 413

#[tokio::test]
async fn status_413_for_a_body_over_16_kib_before_anything_else() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let fitting = format!("{{\"url\": \"{POST}\", \"x\": \"{}\"}}", "x".repeat(16_000));
    assert_eq!(stack.post_stats_body(&customer.test, fitting).await.status, 200);
    let _ = stack.dynamodb.calls();
    let answer = stack.send("POST", "/v1/post/stats", &[], "x".repeat(16 * 1024 + 1)).await;
    assert_eq!((answer.status, answer.code()), (413, "body_too_large"));
    assert_eq!(stack.dynamodb.calls(), Vec::<String>::new());
    let large = stack.post_stats_body(&customer.test, "x".repeat(1024 * 1024)).await;
    assert_eq!((large.status, large.code(), large.header("x-balance")), (413, "body_too_large", "1"));
}

// 429

#[tokio::test]
async fn status_429_takes_precedence_over_400() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1).await;
    assert_eq!(stack.post_stats_body(&customer.live, "{}").await.status, 400);
    let answer = stack.post_stats_body(&customer.live, "{}").await;
    assert_eq!((answer.status, answer.code()), (429, "rate_limited"));
    assert_eq!((answer.header("retry-after"), answer.header("x-balance")), ("60", "1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_429_for_more_than_50_requests_in_flight() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", silence()).await;
    let customer = stack.customer("1", 1000).await;
    for id in 1..=50 {
        let (base, key) = (stack.base.clone(), customer.live.reveal().to_owned());
        tokio::spawn(async move {
            let body = json!({"url": format!("https://www.tiktok.com/@a/video/{id}")}).to_string();
            let request = http_client().post(format!("{base}/v1/post/stats"));
            request.header("x-api-key", key).body(body).send().await
        });
    }
    until(async || stack.account(&customer).await.holds.len() == 50).await;
    let answer = stack.post_stats(&customer.live, "https://www.tiktok.com/@a/video/51").await;
    assert_eq!((answer.status, answer.code()), (429, "too_many_in_flight"));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn status_429_when_the_free_failures_are_used_up_until_one_expires() {
    let stack = Stack::with(&[("FREE_MISSES_PER_DAY", "2")]).await;
    let customer = stack.customer("1", 60).await;
    let link = |id: u32| format!("https://www.tiktok.com/@a/video/{id}");
    stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10216}))).await;
    for id in 1..=2 {
        assert_eq!(stack.post_stats(&customer.live, &link(id)).await.status, 404);
    }
    let answer = stack.post_stats(&customer.live, &link(3)).await;
    assert_eq!((answer.status, answer.code()), (429, "too_many_failures"));
    assert_eq!(answer.header("retry-after"), (12 * 3600).to_string(), "each failure counts for half a day");
    stack.clock.advance(12 * 3600);
    assert_eq!(stack.post_stats(&customer.live, &link(4)).await.status, 404);
    assert_eq!(stack.post_stats(&customer.live, &link(5)).await.status, 429);
    stack.accounts.reset_failures(&customer.account).await.unwrap();
    assert_eq!(stack.post_stats(&customer.live, &link(6)).await.status, 404);
}

#[tokio::test]
async fn a_fresh_answer_cancels_a_free_failure() {
    let stack = Stack::with(&[("FREE_MISSES_PER_DAY", "2")]).await;
    let customer = stack.customer("1", 60).await;
    let answers = |request: &wiremock::Request| {
        let is_odd = request.url.query().unwrap().ends_with(['1', '3', '5', '7', '9']);
        if is_odd { json_answer(200, json!({"statusCode": 10216})) } else { api23_post(request) }
    };
    stack.provider("tiktok-api23", answers).await;
    for id in 1..=9 {
        let answer = stack.post_stats(&customer.live, &format!("https://www.tiktok.com/@a/video/{id}")).await;
        assert_eq!(answer.status, if id % 2 == 1 { 404 } else { 200 }, "{id}");
    }
}

#[tokio::test]
async fn a_failure_of_the_providers_is_not_a_free_failure() {
    let stack = Stack::with(&[("FREE_MISSES_PER_DAY", "1")]).await;
    let customer = stack.customer("1", 600).await;
    for failure in [
        json_answer(500, json!({})),
        json_answer(200, json!({"message": "blocked"})),
        json_answer(429, json!({"message": "You have exceeded the MONTHLY quota"})),
        json_answer(401, json!({"message": "Invalid API key."})),
    ] {
        stack.upstream.reset().await;
        stack.all_of_tiktok(failure.clone()).await;
        for id in 1..=3 {
            stack.clock.advance(601);
            let answer = stack.post_stats(&customer.live, &format!("https://www.tiktok.com/@a/video/{id}")).await;
            assert_eq!((answer.status, answer.code()), (502, "upstream_failed"), "{answer:?}");
        }
    }
    assert!(stack.account(&customer).await.free_failures.is_none_or(|free| free <= stack.now().as_millisecond()));
}

// 500

#[tokio::test]
async fn status_500_while_dynamodb_is_down_and_recovers_by_itself() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    stack.dynamodb.script(|_| Fate::Break);
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.code()), (500, "internal"));
    assert_eq!(answer.body["error"], "Internal server error", "nothing internal is shown");
    assert_eq!(stack.asked("tiktok-api23").await, 0, "no request is answered without admission");
    stack.dynamodb.script(|_| Fate::Pass);
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 200);
}

#[tokio::test]
async fn status_500_has_rate_limit_headers_if_the_request_was_counted() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.dynamodb.script(|call| if call.updates("lease_owner") { Fate::Break } else { Fate::Pass });
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.header("x-ratelimit-remaining"), answer.header("x-balance")), (500, "59", "1"));
}

#[tokio::test]
async fn status_500_while_dynamodb_throttles() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.dynamodb.script(|_| Fate::Refuse(400, "ProvisionedThroughputExceededException"));
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.code()), (500, "internal"));
    stack.dynamodb.script(|_| Fate::Pass);
    assert_eq!(stack.post_stats(&customer.test, POST).await.status, 200);
}

// 502

#[tokio::test]
async fn status_502_when_all_providers_fail_is_free_and_cached_for_5_seconds() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    for _ in 0..2 {
        let answer = stack.post_stats(&customer.live, POST).await;
        assert_eq!((answer.status, answer.code()), (502, "upstream_failed"));
        assert_eq!(answer.body["error"], "Upstream provider error — all data sources failed");
        assert_eq!((answer.header("x-charge"), answer.header("x-balance")), ("0", "1"));
    }
    assert_eq!(stack.asked("tiktok-api23").await, 1);
    stack.provider("tiktok-api23", api23_post).await;
    stack.clock.advance(6);
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 200);
}

// The sandbox's reserved ids

#[rstest]
#[case("9000000000000000402", 402, "insufficient_balance", "")]
#[case("9000000000000000404", 404, "not_found", "")]
// The time until the minute ends, a request in flight ends, one of 500 failures a day expires, and
// the cached failure expires.
#[case("9000000000000000429", 429, "rate_limited", "45")]
#[case("9000000000000001429", 429, "too_many_in_flight", "1")]
#[case("9000000000000002429", 429, "too_many_failures", "173")]
#[case("9000000000000000500", 500, "internal", "")]
#[case("9000000000000000502", 502, "upstream_failed", "5")]
#[tokio::test]
async fn a_reserved_id_returns_its_error_with_real_headers_only_for_test_keys(
    #[case] id: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] retry_after: &str,
) {
    let stack = Stack::start().await;
    stack.clock.advance(15);
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    let url = format!("https://www.tiktok.com/@a/video/{id}");
    let answer = stack.post_stats(&customer.test, &url).await;
    assert_eq!((answer.status, answer.code()), (status, code));
    assert_eq!(answer.header("retry-after"), retry_after);
    assert_eq!(stack.post_stats(&customer.live, &url).await.status, 200);
}
