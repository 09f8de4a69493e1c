//! Usage by day is counted without extra writes, archived by day, and adds up to the spent money.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use lambda_http::Body;
use rstest::rstest;
use serde_json::json;
use shared::account::{ApiKey, KeyLimits, Measure, Mode, NewKey};
use shared::contract::Endpoint;
use shared::platform::Platform;
use system_tests::dynamodb::Fate;
use system_tests::{Customer, Stack, api23_post, json_answer, silence, until};

fn link(id: usize) -> String {
    format!("https://www.tiktok.com/@a/video/{id}")
}

/// In seconds: from the tests' start until midnight.
const UNTIL_MIDNIGHT: i64 = 12 * 3600;

async fn item(stack: &Stack, customer: &Customer) -> HashMap<String, AttributeValue> {
    let get = stack.direct.get_item().table_name("Accounts");
    let get = get.key("pk", AttributeValue::S(format!("account#{}", customer.account)));
    get.key("sk", AttributeValue::S("account".to_owned())).send().await.unwrap().item.unwrap()
}

/// An item's size in bytes, by DynamoDB's rules: the names and values; for a map 3, and 1 for each
/// member; for a number 1 for two digits.
fn size(item: &HashMap<String, AttributeValue>) -> usize {
    item.iter().map(|(name, value)| name.len() + size_of(value)).sum()
}

fn size_of(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::N(number) => number.trim_matches(['0', '-']).len().div_ceil(2) + 1,
        AttributeValue::M(map) => 3 + map.len() + size(map),
        other => panic!("{other:?}"),
    }
}

async fn assert_usage_is_spent(stack: &Stack, customer: &Customer) {
    let account = stack.account(customer).await;
    let days = stack.accounts.usage(&customer.account).await.unwrap();
    let charged: u64 = days.values().map(|day| day.charge().0).sum();
    assert_eq!(charged, account.spent.0, "{days:?}");
    let by_key: i64 = days.values().flat_map(|day| day.keys.values()).sum();
    assert_eq!(by_key.unsigned_abs(), account.spent.0 + account.held().0, "{days:?}");
}

#[tokio::test]
async fn each_endpoints_requests_fresh_answers_failures_and_charges_are_counted() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    for _ in 0..2 {
        assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 200);
    }
    stack.get(&customer.live, "/v1/ping").await;
    stack.upstream.reset().await;
    assert_eq!(stack.post_stats(&customer.live, &link(2)).await.status, 502);
    assert_usage_is_spent(&stack, &customer).await;
    let days = stack.accounts.usage(&customer.account).await.unwrap();
    let day = days.values().next().unwrap();
    let of = |endpoint, measure| day.endpoints.get(&(endpoint, measure)).copied().unwrap_or_default();
    let counts = [Measure::Requests, Measure::Fresh, Measure::Failed, Measure::Charge];
    assert_eq!(counts.map(|measure| of(Endpoint::PostStats, measure)), [3, 1, 1, 1_000]);
    assert_eq!(counts.map(|measure| of(Endpoint::Ping, measure)), [1, 0, 0, 0]);
    assert_eq!(day.keys, [(customer.live.id()[..6].to_owned(), 1_000)].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn charges_by_day_of_a_busy_account_add_up_over_midnight_and_are_archived_once() {
    let stack = Stack::with(&system_tests::FOR_A_CROWD).await;
    let customer = stack.customer("1", 100_000).await;
    stack.provider("tiktok-api23", api23_post).await;
    let mut id = 0;
    let mut crowd = async |count: usize| {
        let links: Vec<_> = (id..id + count).map(|id| link(id + 1)).collect();
        id += count;
        let answers = join_all(links.iter().map(|link| stack.post_stats(&customer.live, link))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    };
    stack.clock.advance(UNTIL_MIDNIGHT - 2);
    crowd(10).await;
    stack.clock.advance(2);
    crowd(10).await;
    assert_usage_is_spent(&stack, &customer).await;
    assert_eq!(stack.account(&customer).await.archived, None, "it is too early to archive");
    // The first requests of each minute try; only one of them moves the numbers.
    stack.clock.advance(3600);
    crowd(20).await;
    assert_usage_is_spent(&stack, &customer).await;
    let account = stack.account(&customer).await;
    assert!(account.archived.is_some());
    let days = stack.accounts.usage(&customer.account).await.unwrap();
    let charges: Vec<u64> = days.values().map(|day| day.charge().0).collect();
    assert_eq!(charges, [10_000, 30_000]);
    stack.clock.advance(86_400);
    crowd(1).await;
    assert_usage_is_spent(&stack, &customer).await;
    assert_eq!(stack.accounts.usage(&customer.account).await.unwrap().len(), 3);
}

/// A fresh request makes eight calls: look, admit, open the minute, lease, hold, fill, store the
/// request, and settle. Calls for the shared health aren't counted. The request dies at each call,
/// before or after the engine sees it.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn charges_by_day_add_up_if_a_request_dies_at_any_call_before_midnight(
    #[values(0, 1, 2, 3, 4, 5, 6, 7)] dies_at: usize,
    #[values(false, true)] is_applied: bool,
) {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1_000).await;
    stack.provider("tiktok-api23", api23_post).await;
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 200);
    stack.clock.advance(UNTIL_MIDNIGHT - 1);
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    stack.dynamodb.script(move |call| match counter.fetch_add(usize::from(!call.is_of_health()), Ordering::SeqCst) {
        _ if call.is_of_health() => Fate::Pass,
        call if call < dies_at => Fate::Pass,
        call if call == dies_at && is_applied => Fate::LoseAnswer,
        _ => Fate::Silence,
    });
    let request = http::Request::post("/v1/post/stats").header("x-api-key", customer.live.reveal());
    let request = request.body(Body::Text(json!({ "url": link(2) }).to_string())).unwrap();
    let killed = tokio::spawn(post_stats::handle(Arc::clone(&stack.app), request));
    // With a lost answer, the engine has applied this call before the next one.
    until(async || calls.load(Ordering::SeqCst) > dies_at + usize::from(is_applied)).await;
    killed.abort();
    stack.dynamodb.script(|_| Fate::Pass);
    assert_usage_is_spent(&stack, &customer).await;

    stack.clock.advance(7_200);
    stack.get(&customer.live, "/v1/ping").await;
    stack.clock.advance(60);
    stack.get(&customer.live, "/v1/ping").await;
    let account = stack.account(&customer).await;
    assert!(account.holds.is_empty() && account.archived.is_some(), "{account:?}");
    assert_eq!(account.balance.0 + account.spent.0, account.funds.0);
    let settled_and_died = dies_at == 7 && is_applied;
    assert_eq!(account.spent.0, if settled_and_died { 2_000 } else { 1_000 });
    assert_usage_is_spent(&stack, &customer).await;
}

#[tokio::test]
async fn a_failed_archive_is_repeated_in_another_minute() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    stack.post_stats(&customer.live, &link(1)).await;
    stack.clock.advance(UNTIL_MIDNIGHT + 3_600);
    stack.dynamodb.script(
        |call| {
            if call.operation == "TransactWriteItems" { Fate::CancelTransaction } else { Fate::Pass }
        },
    );
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200);
    assert_eq!(stack.account(&customer).await.archived, None);
    // The write is applied and its answer lost, so the second attempt finds nothing to move.
    stack.dynamodb.script(|call| if call.operation == "TransactWriteItems" { Fate::LoseAnswer } else { Fate::Pass });
    stack.clock.advance(60);
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200);
    assert!(stack.account(&customer).await.archived.is_some());
    assert_usage_is_spent(&stack, &customer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_with_10_keys_and_16_holds_stays_under_2_kb_and_one_with_one_key_under_1_kb() {
    let stack = Stack::start().await;
    let customer = stack.customer("100", 1_000).await;
    stack.accounts.revoke_key(&customer.test.id()).await.unwrap();
    stack.provider("tiktok-api23", api23_post).await;
    stack.post_stats(&customer.live, &link(1)).await;
    let small = size(&item(&stack, &customer).await);
    for _ in 0..9 {
        stack.accounts.add_key(&ApiKey::generate(Mode::Live, &customer.account), 1_000).await.unwrap();
    }
    stack.upstream.reset().await;
    stack.all_of_tiktok(silence()).await;
    for id in 2..18 {
        let (base, key) = (stack.base.clone(), customer.live.reveal().to_owned());
        tokio::spawn(async move {
            let request = system_tests::http_client().post(format!("{base}/v1/post/stats"));
            request.header("x-api-key", key).body(json!({ "url": link(id) }).to_string()).send().await
        });
    }
    until(async || stack.account(&customer).await.holds.len() == 16).await;
    let large = size(&item(&stack, &customer).await);
    // Limits take few bytes, and only keys with limits store them.
    let limits = KeyLimits {
        expires_at: Some(1_795_435_200),
        endpoints: Some([Endpoint::PostStats, Endpoint::Profile].into_iter().collect()),
        platforms: Some([Platform::TikTok, Platform::YouTube].into_iter().collect()),
        budget_per_day: Some("0.5".parse().unwrap()),
    };
    let limited = stack.customer("0", 60).await;
    let before = size(&item(&stack, &limited).await);
    let [wish, free] = [limits, KeyLimits::default()].map(|limits| NewKey {
        name: if limits.is_none() { "free" } else { "limited" }.to_owned(),
        mode: Mode::Live,
        rate_limit: 60,
        limits,
    });
    stack.accounts.create_key(&limited.account, &free).await.unwrap();
    let with_free = size(&item(&stack, &limited).await);
    stack.accounts.create_key(&limited.account, &wish).await.unwrap();
    let limits = size(&item(&stack, &limited).await) - with_free - (with_free - before);
    assert!(limits <= 32, "{limits} bytes for all limits of a key");
    println!("{limits} bytes for all limits of a key");
    println!("{small} bytes with one key and none in flight, {large} with 10 keys and 16 holds");
    assert!(small < 1024, "{small}");
    assert!(large < 2048, "{large}");
    let account = stack.account(&customer).await;
    assert_eq!(account.keys.len(), 10, "a revoked key has left the item");
    let details = stack.accounts.key_details(&customer.account).await.unwrap();
    assert_eq!((details.len(), details.iter().filter(|key| key.revoked_at.is_some()).count()), (11, 1));
}

#[tokio::test]
async fn a_request_for_a_private_post_counts_as_failed() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10216}))).await;
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 404);
    let days = stack.accounts.usage(&customer.account).await.unwrap();
    let failed = days.values().next().unwrap().endpoints[&(Endpoint::PostStats, Measure::Failed)];
    assert_eq!(failed, 1);
    assert_usage_is_spent(&stack, &customer).await;
}
