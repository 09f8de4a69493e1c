//! Instances share the providers' health: a failure at one instance counts for all others.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use futures_util::future::join_all;
use serde_json::{Value, json};
use system_tests::dynamodb::Fate;
use system_tests::store::{self, Store};
use system_tests::{Customer, FOR_A_CROWD, Stack, api23_post, json_answer, serve, tikwm_post};
use wiremock::matchers::path_regex;
use wiremock::{Mock, Request, Respond, ResponseTemplate};

/// In seconds: how long an instance waits until it writes its counts again.
const NEXT_WRITE: i64 = 41;
const SLOT: i64 = 300;

fn link(id: usize) -> String {
    format!("https://www.tiktok.com/@a/video/{id}")
}

async fn ask(stack: &Stack, base: &str, customer: &Customer, id: usize) -> u16 {
    let body = json!({ "url": link(id) }).to_string();
    stack.send_to(base, "POST", "/v1/post/stats", &[("x-api-key", customer.live.reveal())], body).await.status
}

/// Asks this instance for so many posts that it has written the counts of the first ones.
async fn ask_often(stack: &Stack, base: &str, customer: &Customer, first: usize, status: u16) {
    for id in first..first + 12 {
        if id == first + 11 {
            stack.clock.advance(NEXT_WRITE);
        }
        assert_eq!(ask(stack, base, customer, id).await, status);
    }
}

/// The status of TikTok's posts at `base`.
async fn told(stack: &Stack, base: &str) -> Value {
    // An instance reuses its last read of the status for this long.
    stack.clock.advance(15);
    let answer = stack.send_to(base, "GET", "/v1/status", &[], "").await;
    assert_eq!(answer.status, 200);
    let tiktok = &answer.body["data"]["platforms"][0];
    assert_eq!((&tiktok["platform"], &tiktok["endpoints"][0]["endpoint"]), (&json!("tiktok"), &json!("post/stats")));
    tiktok["endpoints"][0].clone()
}

async fn answers(stack: &Stack, name: &str, respond: impl Respond + 'static) {
    Mock::given(path_regex(format!("^/{name}/"))).respond_with(respond).mount(&stack.upstream).await;
}

/// A customer, and a stack whose first provider fails and whose second one answers.
async fn with_one_down(failure: ResponseTemplate) -> (Stack, Customer) {
    let stack = Stack::start().await;
    answers(&stack, "tiktok-api23", failure).await;
    answers(&stack, "tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 1_000).await;
    (stack, customer)
}

fn server_error() -> ResponseTemplate {
    json_answer(500, json!({}))
}

#[tokio::test]
async fn a_provider_that_is_down_for_one_instance_is_asked_last_by_a_new_instance() {
    let (stack, customer) = with_one_down(server_error()).await;
    ask_often(&stack, &stack.base, &customer, 1, 200).await;
    let asked = stack.asked("tiktok-api23").await;
    assert!(asked >= 5);
    let another = stack.another_instance(0).await;
    assert_eq!(ask(&stack, &another, &customer, 100).await, 200);
    assert_eq!(stack.asked("tiktok-api23").await, asked, "the others answer");
}

#[tokio::test]
async fn a_provider_that_is_asked_last_is_still_asked_if_the_others_fail() {
    let stack = Stack::start().await;
    answers(&stack, "tiktok-api23", server_error()).await;
    let customer = stack.customer("1", 1_000).await;
    ask_often(&stack, &stack.base, &customer, 1, 502).await;
    stack.upstream.reset().await;
    answers(&stack, "tiktok-api23", api23_post).await;
    let another = stack.another_instance(0).await;
    assert_eq!(ask(&stack, &another, &customer, 100).await, 200);
}

#[tokio::test]
async fn a_provider_that_was_down_is_tried_in_its_place_again_after_ten_minutes() {
    let (stack, customer) = with_one_down(server_error()).await;
    ask_often(&stack, &stack.base, &customer, 1, 200).await;
    let asked = stack.asked("tiktok-api23").await;
    stack.clock.advance(2 * SLOT);
    let another = stack.another_instance(0).await;
    assert_eq!(ask(&stack, &another, &customer, 100).await, 200);
    assert_eq!(stack.asked("tiktok-api23").await, asked + 1);
}

#[tokio::test]
async fn a_provider_that_answers_one_instance_again_is_back_in_its_place_for_all() {
    let (stack, customer) = with_one_down(server_error()).await;
    ask_often(&stack, &stack.base, &customer, 1, 200).await;
    // Now only the provider that was down answers, so it is asked after all others.
    stack.upstream.reset().await;
    answers(&stack, "tiktok-api23", api23_post).await;
    let second = stack.another_instance(0).await;
    assert_eq!(ask(&stack, &second, &customer, 100).await, 200);
    answers(&stack, "tiktok-scraper7", tikwm_post).await;
    let third = stack.another_instance(0).await;
    let asked = stack.asked("tiktok-api23").await;
    assert_eq!(ask(&stack, &third, &customer, 101).await, 200);
    assert_eq!(stack.asked("tiktok-api23").await, asked + 1);
}

#[tokio::test]
async fn all_instances_know_a_refused_key_at_once() {
    let (stack, customer) =
        with_one_down(json_answer(403, json!({"message": "You are not subscribed to this API."}))).await;
    assert_eq!(ask(&stack, &stack.base, &customer, 1).await, 200);
    assert_eq!(stack.asked("tiktok-api23").await, 1);
    let another = stack.another_instance(0).await;
    assert_eq!(ask(&stack, &another, &customer, 2).await, 200);
    assert_eq!(stack.asked("tiktok-api23").await, 1);
}

#[tokio::test]
async fn failures_of_one_post_do_not_change_the_status() {
    const BAD: usize = 13;
    let stack = Stack::start().await;
    answers(&stack, "tiktok-api23", |request: &Request| {
        let is_bad = request.url.query_pairs().any(|(_, value)| value == BAD.to_string());
        if is_bad { server_error() } else { api23_post(request) }
    })
    .await;
    let customer = stack.customer("1", 1_000).await;
    ask_often(&stack, &stack.base, &customer, 100, 200).await;
    let before = told(&stack, &stack.base).await;
    assert_eq!((&before["state"], &before["share_answered"]), (&json!("operational"), &json!(1.0)));
    let instances = [stack.base.clone(), stack.another_instance(0).await];
    for _ in 0..10 {
        for base in &instances {
            // The failure is cached for five seconds.
            stack.clock.advance(6);
            assert_eq!(ask(&stack, base, &customer, BAD).await, 502);
        }
    }
    let after = told(&stack, &stack.base).await;
    assert_eq!((&after["state"], &after["share_answered"]), (&json!("operational"), &json!(1.0)));
    let asked = stack.asked("tiktok-api23").await;
    let another = stack.another_instance(0).await;
    assert_eq!(ask(&stack, &another, &customer, 200).await, 200);
    assert_eq!(stack.asked("tiktok-api23").await, asked + 1, "only the first provider is asked");
}

#[tokio::test]
async fn the_status_changes_for_all_instances_and_changes_back() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1_000).await;
    let another = stack.another_instance(0).await;
    let both = [stack.base.clone(), another];
    let expect = async |word: &str, stack: &Stack| {
        for base in &both {
            let told = told(stack, base).await;
            assert_eq!(told["state"], word, "{told}");
        }
    };
    expect("unknown", &stack).await;
    answers(&stack, "tiktok-api23", api23_post).await;
    ask_often(&stack, &both[0], &customer, 100, 200).await;
    expect("operational", &stack).await;

    stack.upstream.reset().await;
    answers(&stack, "tiktok-api23", server_error()).await;
    stack.clock.advance(SLOT);
    let turned_at = stack.now();
    ask_often(&stack, &both[1], &customer, 200, 502).await;
    expect("down", &stack).await;
    let told_down = told(&stack, &both[0]).await;
    let since: jiff::Timestamp = told_down["since"].as_str().unwrap().parse().unwrap();
    assert!(since <= turned_at && turned_at.duration_since(since).as_secs() < SLOT, "{since} {turned_at}");
    assert_eq!(told_down["hours"].as_array().unwrap().len(), 24);
    assert_eq!(told_down["hours"][23]["state"], "degraded", "half of the hour's requests were answered");
    let platforms = stack.send("GET", "/v1/status", &[], "").await.body["data"]["state"].clone();
    assert_eq!(platforms, "down", "no other counts exist");

    stack.upstream.reset().await;
    answers(&stack, "tiktok-api23", api23_post).await;
    stack.clock.advance(SLOT);
    ask_often(&stack, &both[0], &customer, 300, 200).await;
    expect("operational", &stack).await;
}

#[tokio::test]
async fn the_status_includes_counts_that_the_instance_has_not_written_yet() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1_000).await;
    let another = stack.another_instance(0).await;
    answers(&stack, "tiktok-api23", server_error()).await;
    for id in 1..=12 {
        assert_eq!(ask(&stack, &stack.base, &customer, id).await, 502);
    }
    assert_eq!(told(&stack, &stack.base).await["state"], "down");
    assert_eq!(told(&stack, &another).await["state"], "unknown", "only the first failure is written");
}

#[tokio::test]
async fn the_status_counts_a_request_for_which_no_provider_can_be_asked_as_failed() {
    let stack = Stack::with(&[("KEYLESS_PROVIDERS", "off")]).await;
    let refusal = json!({"message": "You are not subscribed to this API."});
    Mock::given(path_regex("^/tik")).respond_with(json_answer(403, refusal)).mount(&stack.upstream).await;
    let customer = stack.customer("1", 1_000).await;
    ask_often(&stack, &stack.base, &customer, 1, 502).await;
    assert_eq!(stack.asked("tiktok-api23").await, 1, "the provider rests");
    assert_eq!(told(&stack, &stack.base).await["state"], "down");
}

/// The stored counts of TikTok's posts in the present hour.
async fn item(stack: &Stack) -> HashMap<String, AttributeValue> {
    let key = format!("health#tiktok#post_stats#{}", stack.now().strftime("%Y-%m-%dT%H"));
    let got = stack.direct.get_item().table_name("Cache").key("pk", AttributeValue::S(key)).send().await.unwrap();
    got.item.unwrap()
}

/// The number of answers in the stored counts.
async fn counted(stack: &Stack) -> u64 {
    let item = item(stack).await;
    let is_bucket = |name: &str| name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_digit());
    let counts = item.iter().filter(|(name, _)| is_bucket(name));
    counts.map(|(_, count)| count.as_n().unwrap().parse::<u64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_write_at_the_same_time_lose_no_counts() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    answers(&stack, "tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1_000).await;
    let instances = join_all((0..10).map(|_| stack.another_instance(0))).await;
    let asked = instances.iter().enumerate().map(|(id, base)| ask(&stack, base, &customer, id + 1));
    assert!(join_all(asked).await.iter().all(|status| *status == 200));
    assert_eq!(counted(&stack).await, 10);
    let expires_at: i64 = item(&stack).await["expires_at"].as_n().unwrap().parse().unwrap();
    assert_eq!(expires_at - stack.now().as_second(), 25 * 3_600, "from the hour's beginning");
}

#[tokio::test]
async fn attributes_of_another_version_are_kept_and_not_counted() {
    let stack = Stack::start().await;
    answers(&stack, "tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1_000).await;
    let key = format!("health#tiktok#post_stats#{}", stack.now().strftime("%Y-%m-%dT%H"));
    let put = stack.direct.put_item().table_name("Cache").item("pk", AttributeValue::S(key));
    let put = put.item("slots", AttributeValue::M(HashMap::new())).item("0ä", AttributeValue::N("7".to_owned()));
    let put = put.item("0f", AttributeValue::S("many".to_owned())).item("0xys", AttributeValue::Bool(true));
    put.item("0s", AttributeValue::Ss(vec!["99".to_owned()]))
        .item("zz", AttributeValue::Null(true))
        .send()
        .await
        .unwrap();
    assert_eq!(ask(&stack, &stack.base, &customer, 1).await, 200);
    assert_eq!(told(&stack, &stack.base).await["share_answered"], 1.0);
    assert!(item(&stack).await.contains_key("slots"));
}

#[tokio::test]
async fn a_failure_to_share_health_fails_no_request_and_counts_nothing_twice() {
    let stack = Stack::start().await;
    answers(&stack, "tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1_000).await;
    stack.dynamodb.script(|call| if call.is_of_health() { Fate::Break } else { Fate::Pass });
    let answer = stack.post_stats(&customer.live, &link(1)).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"));
    stack.clock.advance(NEXT_WRITE);
    stack.dynamodb.script(|call| if call.is_of_health() { Fate::LoseAnswer } else { Fate::Pass });
    assert_eq!(ask(&stack, &stack.base, &customer, 2).await, 200);
    stack.clock.advance(NEXT_WRITE);
    assert_eq!(ask(&stack, &stack.base, &customer, 3).await, 200);
    assert_eq!(counted(&stack).await, 2, "only the first write is lost; of the others, only the answers were");
}

#[tokio::test]
async fn the_sandbox_and_the_cache_do_not_count_for_providers_health() {
    let stack = Stack::start().await;
    // An hour's first slot also needs the hour before.
    stack.clock.advance(SLOT);
    answers(&stack, "tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1_000).await;
    let written = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&written);
    stack.dynamodb.script(move |call| {
        seen.fetch_add(usize::from(call.is_of_health()), Ordering::SeqCst);
        Fate::Pass
    });
    for _ in 0..2 {
        assert_eq!(stack.post_stats(&customer.test, &link(1)).await.status, 200);
    }
    assert_eq!(written.load(Ordering::SeqCst), 0);
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 200);
    assert_eq!(written.load(Ordering::SeqCst), 2);
    stack.clock.advance(NEXT_WRITE);
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.header("age"), "41");
    assert_eq!(written.load(Ordering::SeqCst), 2);
}

/// DynamoDB under load: it reads one item of each batch and leaves out the others, this many times.
#[derive(Clone, Debug)]
struct Stingy {
    engine: Store,
    times: Arc<AtomicUsize>,
}

impl HttpConnector for Stingy {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { engine, times } = self.clone();
        let (target, body) = store::opened(&request);
        HttpConnectorFuture::new(async move {
            let mut asked: Value = serde_json::from_slice(&body).unwrap();
            let is_left_out = target.ends_with(".BatchGetItem")
                && times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1)).is_ok();
            let mut left = json!({});
            if is_left_out {
                let keys = asked["RequestItems"]["Cache"]["Keys"].as_array_mut().unwrap();
                left["Cache"]["Keys"] = keys.split_off(1).into();
            }
            let mut answer = engine.answer(target, asked.to_string().into()).await;
            if is_left_out {
                let mut said: Value = serde_json::from_slice(answer.body()).unwrap();
                said["UnprocessedKeys"] = left;
                *answer.body_mut() = said.to_string().into();
            }
            store::closed(answer)
        })
    }
}

#[tokio::test]
async fn items_that_dynamodb_leaves_out_are_read_again_and_never_taken_for_missing() {
    let stack = Stack::start().await;
    answers(&stack, "tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1_000).await;
    ask_often(&stack, &stack.base, &customer, 1, 200).await;
    for (times, status) in [(3, 200), (100, 500)] {
        let stingy = Stingy { engine: stack.store.clone(), times: Arc::new(AtomicUsize::new(times)) };
        let client = stack.direct.config().to_builder().http_client(store::http_client(stingy));
        let base = serve(&stack.instance_on(Client::from_conf(client.build()), 0)).await;
        let answer = stack.send_to(&base, "GET", "/v1/status", &[], "").await;
        assert_eq!(answer.status, status);
        if status == 200 {
            assert_eq!(answer.body["data"]["platforms"][0]["endpoints"][0]["state"], "operational");
        }
    }
}
