//! `POST /v1/post/stats/batch`, one part per status, and the limits that a batch's posts share:
//! money, the rate limit and the providers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use shared::account::{ApiKey, Mode};
use shared::contract::Endpoint;
use shared::platform::Platform;
use system_tests::dynamodb::Fate;
use system_tests::fixtures::Fixture;
use system_tests::{ALL_KEYS, Answer, Customer, POST, Stack, api23_post, json_answer, silence};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use wiremock::{Request, ResponseTemplate};

/// Links to different TikTok posts.
fn posts(count: usize) -> Vec<String> {
    (0..count).map(|place| format!("https://www.tiktok.com/@some.one/video/71065943122924{place:05}")).collect()
}

async fn batch(stack: &Stack, key: &ApiKey, body: &Value) -> Answer {
    stack.ask(Endpoint::PostStatsBatch, key, body.to_string()).await
}

async fn start() -> (Stack, Customer) {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    (stack, customer)
}

fn results(answer: &Answer) -> &Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["data"]["results"].as_array().unwrap()
}

fn codes(answer: &Answer) -> Vec<&str> {
    results(answer).iter().map(|result| result["code"].as_str().unwrap_or("answered")).collect()
}

fn summary(answer: &Answer) -> &Value {
    &answer.body["data"]["summary"]
}

async fn adds_up(stack: &Stack, customer: &Customer) {
    let account = stack.account(customer).await;
    assert!(account.holds.is_empty(), "{account:?}");
    assert_eq!(account.balance.0 + account.spent.0, account.funds.0);
    assert!(stack.accounts.audit().await.unwrap().faults.is_empty());
}

// 200

#[tokio::test]
async fn status_200_has_each_post_in_order_with_the_answer_of_a_single_request() {
    let (stack, customer) = start().await;
    let missing = "https://www.tiktok.com/@some.one/video/7106594312292400404";
    stack.upstream.reset().await;
    stack
        .provider("tiktok-api23", move |request: &Request| {
            if request.url.query().unwrap_or_default().contains("00404") {
                json_answer(200, json!({"statusCode": 10204}))
            } else {
                api23_post(request)
            }
        })
        .await;
    let sent = json!([
        POST,
        {"url": "7106594312292453676", "platform": "tiktok"},
        "https://example.com/a",
        {"url": POST, "platform": "youtube"},
        {"url": POST, "platform": "myspace"},
        missing,
        42,
        {},
        {"url": POST, "max_age": 0},
        "https://m.tiktok.com/v/7106594312292453675.html",
        "https://www.tiktok.com/@some.one"
    ]);
    let answer = batch(&stack, &customer.live, &json!({ "posts": sent })).await;
    let results = results(&answer);
    assert_eq!(results.iter().map(|result| result["input"].clone()).collect::<Vec<_>>(), *sent.as_array().unwrap());
    for result in results {
        let alone = match &result["input"] {
            Value::String(url) => json!({ "url": url }),
            Value::Object(fields) if !fields.contains_key("max_age") => result["input"].clone(),
            _ => continue,
        };
        let alone = stack.post_stats_body(&customer.live, alone.to_string()).await;
        for field in ["data", "error", "code"] {
            assert_eq!(result.get(field), alone.body.get(field), "{result}");
        }
        let waits = result.get("retry_after").map(ToString::to_string).unwrap_or_default();
        assert_eq!(waits, alone.header("retry-after"));
    }
    assert_eq!(results[6]["code"], "invalid_request");
    assert_eq!(results[8]["code"], "invalid_request");
    assert_eq!((&results[0]["meta"]["cached"], &results[9]["meta"]["cached"]), (&json!(false), &json!(true)));
    assert_eq!(*summary(&answer), json!({"fresh": 2, "cached": 1, "failed": 1, "refused": 7, "charge": 0.002}));
    assert_eq!((answer.header("x-charge"), answer.header("x-balance")), ("0.002", "0.998"));
    adds_up(&stack, &customer).await;
}

#[tokio::test]
async fn status_200_has_the_documented_shape() {
    let (stack, customer) = start().await;
    let answer = batch(&stack, &customer.test, &json!({"posts": [POST, "nothing"]})).await;
    let mut body = answer.body;
    body["data"]["results"][0]["data"] = json!("as of post/stats");
    insta::assert_json_snapshot!(body, {
        ".meta.request_id" => "[request id]",
        ".data.results[].meta.request_id" => "[request id]",
        ".data.results[].request_id" => "[request id]",
    }, @r#"
    {
      "data": {
        "results": [
          {
            "data": "as of post/stats",
            "input": "https://www.tiktok.com/@some.one/video/7106594312292453675",
            "meta": {
              "cached": false,
              "expires_at": "2026-11-23T12:05:00.000Z",
              "platform": "tiktok",
              "request_id": "[request id]"
            }
          },
          {
            "code": "invalid_link",
            "doc_url": "/docs/errors#invalid_link",
            "error": "Bad request — this is not a link; send the full link of one post, starting with https://",
            "input": "nothing",
            "request_id": "[request id]"
          }
        ],
        "summary": {
          "cached": 0,
          "charge": 0,
          "failed": 0,
          "fresh": 1,
          "refused": 1
        }
      },
      "meta": {
        "cached": false,
        "expires_at": null,
        "platform": null,
        "request_id": "[request id]"
      },
      "ok": true
    }
    "#);
}

#[tokio::test]
async fn status_200_a_repeated_batch_is_cached_and_free() {
    let (stack, customer) = start().await;
    let body = json!({ "posts": posts(100) });
    let first = batch(&stack, &customer.live, &body).await;
    assert_eq!(*summary(&first), json!({"fresh": 100, "cached": 0, "failed": 0, "refused": 0, "charge": 0.1}));
    let second = batch(&stack, &customer.live, &body).await;
    assert_eq!(*summary(&second), json!({"fresh": 0, "cached": 100, "failed": 0, "refused": 0, "charge": 0}));
    assert_eq!((second.header("x-charge"), second.header("x-balance")), ("0", "0.9"));
    assert_eq!(stack.asked("tiktok-api23").await, 100);
    adds_up(&stack, &customer).await;
}

#[tokio::test]
async fn status_200_a_post_that_occurs_several_times_is_asked_for_and_charged_once() {
    let (stack, customer) = start().await;
    let forms = [POST, "https://m.tiktok.com/v/7106594312292453675.html", POST];
    for max_age in [Value::Null, json!(0)] {
        let answer = batch(&stack, &customer.live, &json!({"posts": forms, "max_age": max_age})).await;
        stack.clock.advance(1);
        assert_eq!(summary(&answer)["charge"], 0.001);
        let cached: Vec<_> = results(&answer).iter().map(|result| result["meta"]["cached"].clone()).collect();
        assert_eq!(cached, [json!(false), json!(true), json!(true)]);
        let ids: BTreeSet<_> = results(&answer).iter().map(|result| result["meta"]["request_id"].as_str()).collect();
        assert_eq!(ids.len(), 3);
    }
    assert_eq!(stack.asked("tiktok-api23").await, 2);
    adds_up(&stack, &customer).await;
}

#[tokio::test]
async fn status_200_a_dry_run_predicts_the_charge_and_asks_no_provider() {
    let (stack, customer) = start().await;
    let poor = stack.customer("0", 60).await;
    stack.post_stats(&customer.live, POST).await;
    let mut sent = vec![POST.to_owned(), "nothing".to_owned()];
    sent.extend(posts(3));
    sent.extend(posts(2));
    let body = json!({"posts": sent, "dry_run": true});
    for key in [&customer.live, &poor.live] {
        let answer = batch(&stack, key, &body).await;
        assert_eq!(*summary(&answer), json!({"fresh": 3, "cached": 3, "failed": 0, "refused": 1, "charge": 0.003}));
        assert_eq!(results(&answer)[2]["data"]["dry_run"], true);
    }
    assert_eq!(stack.asked("tiktok-api23").await, 1);
    let answer = batch(&stack, &customer.live, &json!({ "posts": sent })).await;
    assert_eq!(*summary(&answer), json!({"fresh": 3, "cached": 3, "failed": 0, "refused": 1, "charge": 0.003}));
}

#[tokio::test]
async fn status_200_short_links_are_followed_and_their_posts_are_cached() {
    let (stack, customer) = start().await;
    let leads = |request: &Request| {
        let place = request.url.path().rsplit('-').next().unwrap_or_default().trim_end_matches('/').to_owned();
        let to = format!("https://www.tiktok.com/@some.one/video/710659431229245{place:0>4}");
        ResponseTemplate::new(301).insert_header("location", to.as_str())
    };
    stack.provider("short", leads).await;
    let shorts: Vec<_> = (0..5).map(|place| format!("https://vm.tiktok.com/ZM123456-{place}/")).collect();
    let body = json!({ "posts": shorts });
    let dry = batch(&stack, &customer.live, &json!({"posts": shorts, "dry_run": true})).await;
    assert_eq!((&summary(&dry)["charge"], &results(&dry)[0]["data"]["kind"]), (&json!(0.005), &json!("short_link")));
    let first = batch(&stack, &customer.live, &body).await;
    assert_eq!(summary(&first)["fresh"], 5, "{first:?}");
    let second = batch(&stack, &customer.live, &body).await;
    assert_eq!(summary(&second)["cached"], 5);
    assert_eq!((stack.asked("short").await, stack.asked("tiktok-api23").await), (5, 5));
    adds_up(&stack, &customer).await;
}

#[tokio::test]
async fn status_200_a_test_key_gets_made_up_answers_and_reserved_errors_for_free() {
    let (stack, customer) = start().await;
    let reserved = |end: &str| format!("https://www.tiktok.com/@a/video/900000000000000{end}");
    for key in [&customer.test, &ApiKey::public(Mode::Test)] {
        let sent = [reserved("0402"), reserved("0404"), reserved("0429"), reserved("0502"), POST.to_owned()];
        let answer = batch(&stack, key, &json!({ "posts": sent })).await;
        let expected = ["insufficient_balance", "not_found", "rate_limited", "upstream_failed", "answered"];
        assert_eq!(codes(&answer), expected);
        assert_eq!(*summary(&answer), json!({"fresh": 1, "cached": 0, "failed": 2, "refused": 2, "charge": 0}));
    }
    assert!(stack.upstream.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn status_200_each_fresh_answer_and_failure_can_be_looked_up_by_its_request_id() {
    let (stack, customer) = start().await;
    let sent = [POST, "https://www.youtube.com/watch?v=dQw4w9WgXcQ"];
    let answer = batch(&stack, &customer.live, &json!({ "posts": sent })).await;
    let [fresh, failed] = &results(&answer)[..] else { panic!("{answer:?}") };
    let ids = [&fresh["meta"]["request_id"], &failed["request_id"]].map(|id| id.as_str().unwrap().to_owned());
    let fresh = stack.get(&customer.live, &format!("/v1/requests/{}", ids[0])).await;
    let told = &fresh.body["data"];
    assert_eq!(
        (&told["endpoint"], &told["charged"], &told["status"]),
        (&json!("post/stats/batch"), &json!(0.001), &json!(200))
    );
    let failed = stack.get(&customer.live, &format!("/v1/requests/{}", failed["request_id"].as_str().unwrap())).await;
    assert_eq!((&failed.body["data"]["charged"], &failed.body["data"]["status"]), (&json!(0), &json!(502)));
}

// Some errors aren't the status of the whole batch: missing money, used-up budgets and failures are
// results of single posts.

#[tokio::test]
async fn funds_pay_for_the_first_posts_and_the_others_are_402() {
    let (stack, _) = start().await;
    let customer = stack.customer("0.003", 60).await;
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(5) })).await;
    assert_eq!(codes(&answer), ["answered", "answered", "answered", "insufficient_balance", "insufficient_balance"]);
    assert_eq!((answer.header("x-charge"), answer.header("x-balance")), ("0.003", "0"));
    assert_eq!(stack.asked("tiktok-api23").await, 3);
    adds_up(&stack, &customer).await;
    // A cached answer needs money in a batch, too, as in a single request.
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(5) })).await;
    assert_eq!(codes(&answer), ["insufficient_balance"; 5]);
}

#[tokio::test]
async fn a_keys_budget_pays_for_the_first_posts_and_the_others_are_403() {
    let (stack, customer) = start().await;
    let made = json!({"name": "limited", "budget_per_day": 0.002}).to_string();
    let made = stack.ask(Endpoint::CreateKey, &customer.live, made).await;
    let key = ApiKey::parse(made.body["data"]["secret"].as_str().unwrap()).unwrap();
    let answer = batch(&stack, &key, &json!({ "posts": posts(3) })).await;
    assert_eq!(codes(&answer), ["answered", "answered", "key_budget_exceeded"]);
    assert_eq!(results(&answer)[2]["retry_after"], 43_200);
    adds_up(&stack, &customer).await;
    // Cached answers still work.
    let answer = batch(&stack, &key, &json!({ "posts": posts(3) })).await;
    assert_eq!(codes(&answer), ["answered", "answered", "key_budget_exceeded"]);
    assert_eq!(summary(&answer)["charge"], 0);
}

#[tokio::test]
async fn free_failures_limit_the_posts_of_a_batch() {
    let stack = Stack::with(&[("FREE_MISSES_PER_DAY", "4")]).await;
    stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10222}))).await;
    let customer = stack.customer("1", 60).await;
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(6) })).await;
    let expected = ["not_found", "not_found", "not_found", "not_found", "too_many_failures", "too_many_failures"];
    assert_eq!(codes(&answer), expected);
    let answer =
        batch(&stack, &customer.live, &json!({ "posts": ["https://www.tiktok.com/@a/video/7106594312292453999"] }))
            .await;
    assert_eq!(codes(&answer), ["too_many_failures"]);
    assert_eq!(stack.asked("tiktok-api23").await, 4);
    adds_up(&stack, &customer).await;
}

#[tokio::test]
async fn usage_counts_posts_and_its_charges_add_up_to_the_spent_money() {
    let (stack, customer) = start().await;
    let mut sent = posts(12);
    sent.push("https://www.youtube.com/watch?v=dQw4w9WgXcQ".to_owned());
    sent.push("nothing".to_owned());
    batch(&stack, &customer.live, &json!({ "posts": sent })).await;
    let usage = stack.get(&customer.live, "/v1/usage").await;
    let day = &usage.body["data"]["days"][0];
    let of_batch =
        day["endpoints"].as_array().unwrap().iter().find(|row| row["endpoint"] == "post/stats/batch").unwrap();
    let expected = json!({"endpoint": "post/stats/batch", "requests": 14, "fresh": 12, "failed": 1, "cached_or_refused": 1, "charged": 0.012});
    assert_eq!(*of_batch, expected);
    assert_eq!(usage.body["data"]["spent"], 0.012);
    let of_key = stack.get(&customer.live, &format!("/v1/usage?key={}", customer.live.id())).await;
    assert_eq!(of_key.body["data"]["key"]["days"][0]["charged"], 0.012, "{of_key:?}");
    adds_up(&stack, &customer).await;
}

// 400

#[tokio::test]
async fn status_400_for_a_body_that_is_not_a_batch() {
    let (stack, customer) = start().await;
    let too_many = posts(101);
    let bodies = [
        (json!({}), "`posts` is missing"),
        (json!({"posts": null}), "`posts` is missing"),
        (json!({"posts": POST}), "`posts` must be a list"),
        (json!({"posts": []}), "`posts` has 0 posts and must have 1 to 100"),
        (json!({ "posts": too_many }), "`posts` has 101 posts and must have 1 to 100"),
        (json!({"posts": [POST], "max_age": -1}), "`max_age` must be a whole number"),
        (json!({"posts": [POST], "dry_run": "yes"}), "`dry_run` must be true or false"),
        (json!([POST]), "the body is JSON, but not an object"),
    ];
    for (body, says) in bodies {
        let answer = batch(&stack, &customer.live, &body).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_request"), "{answer:?}");
        let message = answer.body["error"].as_str().unwrap();
        assert!(message.contains(says) && message.contains(r#"{"posts": ["#), "{message}");
    }
}

#[tokio::test]
async fn status_400_for_more_posts_than_the_keys_rate_limit_ever_allows() {
    let (stack, _) = start().await;
    let customer = stack.customer("1", 2).await;
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(21) })).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_request"));
    assert!(answer.body["error"].as_str().unwrap().contains("up to 20 posts"), "{answer:?}");
    assert_eq!(answer.header("x-ratelimit-remaining"), "2", "the batch isn't counted");
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(20) })).await;
    assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, "0"));
}

// 401, 403, 405, 413

#[tokio::test]
async fn status_401_without_a_key() {
    let (stack, _) = start().await;
    let answer = stack.send("POST", "/v1/post/stats/batch", &[], json!({"posts": [POST]}).to_string()).await;
    assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
}

#[tokio::test]
async fn status_403_for_a_key_of_other_endpoints_but_only_for_posts_of_other_platforms() {
    let (stack, customer) = start().await;
    let made = |fields: Value| {
        let (stack, key) = (&stack, &customer.live);
        async move {
            let made = stack.ask(Endpoint::CreateKey, key, fields.to_string()).await;
            ApiKey::parse(made.body["data"]["secret"].as_str().unwrap()).unwrap()
        }
    };
    let single = made(json!({"name": "a", "endpoints": ["post/stats"]})).await;
    let answer = batch(&stack, &single, &json!({"posts": [POST]})).await;
    assert_eq!((answer.status, answer.code()), (403, "key_not_allowed"));
    let tiktok = made(json!({"name": "b", "platforms": ["tiktok"], "endpoints": ["post/stats/batch"]})).await;
    let sent = json!({"posts": ["https://www.youtube.com/watch?v=dQw4w9WgXcQ", POST]});
    assert_eq!(codes(&batch(&stack, &tiktok, &sent).await), ["key_not_allowed", "answered"]);
}

#[tokio::test]
async fn status_405_for_another_method() {
    let (stack, customer) = start().await;
    assert_eq!(stack.get(&customer.live, "/v1/post/stats/batch").await.status, 405);
}

#[tokio::test]
async fn status_413_beyond_128_kib() {
    let (stack, customer) = start().await;
    let body = |length: usize| format!("{{\"posts\": [\"{}\"]}}", "x".repeat(length));
    let answer = stack.ask(Endpoint::PostStatsBatch, &customer.live, body(128 * 1024)).await;
    assert_eq!((answer.status, answer.code()), (413, "body_too_large"));
    let answer = stack.ask(Endpoint::PostStatsBatch, &customer.live, body(100 * 1024)).await;
    assert_eq!(codes(&answer), ["invalid_link"]);
}

// 429

#[tokio::test]
async fn status_429_counts_every_ten_posts_or_fewer_as_one_request() {
    let (stack, customer) = start().await;
    for (count, remaining) in [(1, "59"), (10, "58"), (11, "56"), (100, "46")] {
        let answer = batch(&stack, &customer.test, &json!({ "posts": posts(count) })).await;
        assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, remaining), "{count}");
    }
    // Keys with another rate limit than the default.
    for (rate_limit, remaining) in [(100, "90"), (15, "5")] {
        let other = stack.customer("1", rate_limit).await;
        let body = json!({ "posts": posts(100) });
        let answer = batch(&stack, &other.test, &body).await;
        assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, remaining), "{rate_limit}");
        if rate_limit < 20 {
            let answer = batch(&stack, &other.test, &body).await;
            assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (429, "rate_limited", "60"));
            assert_eq!(answer.header("x-ratelimit-remaining"), "5", "the batch isn't counted");
        }
    }
}

// 500

#[tokio::test]
async fn status_500_when_dynamodb_can_not_read_the_cache() {
    let (stack, customer) = start().await;
    stack.dynamodb.script(|call| {
        if call.operation == "BatchGetItem" { Fate::Refuse(500, "InternalServerError") } else { Fate::Pass }
    });
    let answer = batch(&stack, &customer.live, &json!({"posts": [POST]})).await;
    assert_eq!((answer.status, answer.code()), (500, "internal"));
    assert_eq!(stack.asked("tiktok-api23").await, 0);
    adds_up(&stack, &customer).await;
}

#[tokio::test]
async fn entries_that_dynamodb_left_out_are_read_again_and_never_taken_for_missing() {
    let (stack, customer) = start().await;
    let body = json!({ "posts": posts(10) });
    batch(&stack, &customer.live, &body).await;
    let mut times = 2;
    stack.dynamodb.script(move |call| {
        if call.operation == "BatchGetItem" && times > 0 {
            times -= 1;
            return Fate::LeaveOut;
        }
        Fate::Pass
    });
    let answer = batch(&stack, &customer.live, &body).await;
    assert_eq!(summary(&answer)["cached"], 10);
    assert_eq!(stack.asked("tiktok-api23").await, 10);
}

// 502

#[tokio::test]
async fn status_502_for_a_post_without_an_answer_in_time_is_free() {
    let times = [
        ("PROVIDERS_DEADLINE_MS", "2500"),
        ("PROVIDER_TIMEOUT_MS", "1200"),
        ("PROVIDER_HEDGE_MS", "1000"),
        ("SHORT_LINK_TIMEOUT_MS", "1000"),
    ];
    let stack = Stack::with(&times).await;
    stack
        .provider("tiktok-api23", |request: &Request| {
            if request.url.query().unwrap_or_default().contains("00001") { silence() } else { api23_post(request) }
        })
        .await;
    stack.provider("tiktok-scraper7", silence()).await;
    let customer = stack.customer("1", 60).await;
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(3) })).await;
    assert_eq!(codes(&answer), ["answered", "upstream_failed", "answered"]);
    assert_eq!(summary(&answer)["charge"], 0.002);
    adds_up(&stack, &customer).await;
}

#[tokio::test]
async fn a_settlement_whose_hold_was_released_shows_no_charge() {
    let (stack, customer) = start().await;
    let clock = stack.clock.clone();
    // The machine was suspended while the providers were asked.
    stack.upstream.reset().await;
    stack
        .provider("tiktok-api23", move |request: &Request| {
            clock.advance(20);
            api23_post(request)
        })
        .await;
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(2) })).await;
    assert_eq!(codes(&answer), ["answered", "answered"]);
    assert_eq!((answer.header("x-charge"), &summary(&answer)["charge"]), ("0", &json!(0)));
    adds_up(&stack, &customer).await;
    let id = results(&answer)[0]["meta"]["request_id"].as_str().unwrap();
    let told = stack.get(&customer.live, &format!("/v1/requests/{id}")).await;
    assert_eq!(told.body["data"]["charged"], 0);
}

// Providers

/// A provider that answers when eight requests have arrived, or no more arrive. Returns its
/// address, and the highest number of simultaneous requests.
async fn crowded_provider() -> (String, Arc<AtomicUsize>) {
    let (most, here, opened) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let counted = Arc::clone(&most);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (most, here, opened) = (Arc::clone(&counted), Arc::clone(&here), Arc::clone(&opened));
            let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let (most, here, opened) = (Arc::clone(&most), Arc::clone(&here), Arc::clone(&opened));
                async move {
                    let count = here.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(count, Ordering::SeqCst);
                    if count >= 8 {
                        opened.notify_waiters();
                    } else {
                        let _ = tokio::time::timeout(Duration::from_millis(300), opened.notified()).await;
                    }
                    here.fetch_sub(1, Ordering::SeqCst);
                    let mut body = Fixture::post_stats(Platform::TikTok, "tiktok-api23").body("a video");
                    let id = request.uri().query().unwrap_or_default().trim_start_matches("videoId=").to_owned();
                    body["itemInfo"]["itemStruct"]["id"] = id.into();
                    Ok::<_, std::convert::Infallible>(hyper::Response::new(Full::new(Bytes::from(body.to_string()))))
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    (base, most)
}

#[tokio::test]
async fn a_provider_is_asked_for_at_most_eight_posts_at_once() {
    let (base, most) = crowded_provider().await;
    let stack = Stack::with(&[("TIKTOK_API23_BASE_URL", &base)]).await;
    let customer = stack.customer("1", 60).await;
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(24) })).await;
    assert_eq!(summary(&answer)["fresh"], 24, "{answer:?}");
    assert_eq!(most.load(Ordering::SeqCst), 8);
}

#[tokio::test]
async fn youtubes_posts_are_asked_for_fifty_at_a_time() {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    let fixture = Fixture::post_stats(Platform::YouTube, "youtube-data-api");
    let known = fixture.complete().body(&fixture);
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    stack
        .provider("youtube-data-api", move |request: &Request| {
            let ids = request.url.query_pairs().find(|(name, _)| name == "id").unwrap().1.into_owned();
            seen.lock().unwrap().push(ids.split(',').count());
            let items: Vec<Value> = ids
                .split(',')
                .filter(|id| !id.ends_with("404"))
                .map(|id| {
                    let mut item = known["items"][0].clone();
                    item["id"] = id.into();
                    item
                })
                .collect();
            let mut body = known.clone();
            body["pageInfo"]["totalResults"] = items.len().into();
            body["items"] = items.into();
            json_answer(200, body)
        })
        .await;
    let mut sent: Vec<_> = (0..60).map(|place| format!("https://www.youtube.com/watch?v=abcdefgh{place:03}")).collect();
    sent.push("https://youtu.be/abcdefgh404".to_owned());
    sent.push(POST.to_owned());
    let answer = batch(&stack, &customer.live, &json!({ "posts": sent })).await;
    assert_eq!(summary(&answer)["fresh"], 60, "{answer:?}");
    assert_eq!(results(&answer)[60]["code"], "not_found");
    assert_eq!(results(&answer)[7]["data"]["post_id"], "abcdefgh007");
    let sizes = sizes.lock().unwrap().clone();
    // A slow machine writes the leases later, and needs more requests.
    assert!(sizes.iter().sum::<usize>() == 61 && sizes.iter().all(|size| *size <= 50) && sizes.len() <= 6, "{sizes:?}");
    adds_up(&stack, &customer).await;
}

#[tokio::test]
async fn a_batch_waits_until_a_burst_limit_ends() {
    let stack = Stack::with(&[("PROVIDER_BURST_REST_SECONDS", "1"), ("KEYLESS_PROVIDERS", "off")]).await;
    let customer = stack.customer("1", 60).await;
    let asked = AtomicUsize::new(0);
    stack
        .provider("tiktok-api23", move |request: &Request| {
            let is_burst = asked.fetch_add(1, Ordering::SeqCst) < 2;
            if is_burst { json_answer(429, json!({"message": "Too many requests"})) } else { api23_post(request) }
        })
        .await;
    stack.provider("tiktok-scraper7", json_answer(429, json!({"message": "Too many requests"}))).await;
    // Rests end by the clock, so the test must move it.
    let clock = stack.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            clock.advance(1);
        }
    });
    let answer = batch(&stack, &customer.live, &json!({ "posts": posts(3) })).await;
    ticking.abort();
    assert_eq!(codes(&answer), ["answered"; 3], "{answer:?}");
    adds_up(&stack, &customer).await;
}
