//! The cache and its lease: of any number of simultaneous requests about a subject, one asks the
//! providers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::{KeyType, TimeToLiveStatus};
use futures_util::future::join_all;
use lambda_http::Body;
use rstest::rstest;
use serde_json::json;
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use system_tests::dynamodb::Fate;
use system_tests::fixtures::Fixture;
use system_tests::{Customer, FOR_A_CROWD, POST, Stack, TIKTOK, answering, api23_post, json_answer, silence, until};
use tokio::sync::Barrier;

/// The request as Lambda passes it to the function, so that a test can end it in the middle.
fn request(customer: &Customer) -> lambda_http::Request {
    let request = http::Request::post("/v1/post/stats").header("x-api-key", customer.live.reveal());
    request.body(Body::Text(json!({ "url": POST }).to_string())).unwrap()
}

fn slow_post(request: &wiremock::Request) -> wiremock::ResponseTemplate {
    api23_post(request).set_delay(Duration::from_millis(300))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_200_simultaneous_requests_for_a_post_asks_and_pays() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    stack.provider("tiktok-api23", slow_post).await;
    let customer = stack.customer("1", 1000).await;
    let answers = join_all((0..200).map(|_| stack.post_stats(&customer.live, POST))).await;
    let others: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(others.is_empty(), "{others:?}");
    let fresh: Vec<_> = answers.iter().filter(|answer| answer.body["meta"]["cached"] == false).collect();
    assert_eq!((fresh.len(), fresh[0].header("x-charge")), (1, "0.001"));
    assert_eq!(stack.asked("tiktok-api23").await, 1);
    assert_eq!(stack.account(&customer).await.spent.0, 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_200_simultaneous_requests_for_a_failing_post_asks_and_none_pays() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    let failing = json_answer(200, json!({"message": "blocked"})).set_delay(Duration::from_millis(200));
    stack.all_of_tiktok(failing).await;
    let customer = stack.customer("1", 1000).await;
    let answers = join_all((0..200).map(|_| stack.post_stats(&customer.live, POST))).await;
    let others: Vec<_> = answers.iter().filter(|answer| answer.status != 502).collect();
    assert!(others.is_empty(), "{others:?}");
    for name in TIKTOK {
        assert_eq!(stack.asked(name).await, 1, "{name}");
    }
    let account = stack.account(&customer).await;
    assert_eq!((account.spent.0, account.balance), (0, account.funds));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cached_answer_makes_exactly_two_dynamodb_calls_started_together() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    stack.post_stats(&customer.live, POST).await;
    let _ = stack.dynamodb.calls();
    // Each call waits for the other one, so sequential calls would wait for ever.
    let both = Arc::new(Barrier::new(2));
    stack.dynamodb.script(move |_| Fate::Meet(Arc::clone(&both)));
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.body["meta"]["cached"].as_bool()), (200, Some(true)));
    let mut calls = stack.dynamodb.calls();
    calls.sort();
    assert_eq!(calls, ["GetItem", "UpdateItem"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_calls_that_open_connections_before_the_first_request_run_in_parallel() {
    // More calls than the attempts of one call, so that attempts can't pass for parallel calls.
    const CONNECTIONS: usize = 4;
    let stack = Stack::start().await;
    let all = Arc::new(Barrier::new(CONNECTIONS));
    stack.dynamodb.script(move |_| Fate::Meet(Arc::clone(&all)));
    stack.app.accounts().warm(CONNECTIONS).await;
    assert_eq!(stack.dynamodb.calls(), ["GetItem"; CONNECTIONS]);
}

#[tokio::test]
async fn an_answer_is_cached_for_its_lifetime_and_not_longer() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    stack.post_stats(&customer.live, POST).await;
    stack.clock.advance(299);
    assert_eq!(stack.post_stats(&customer.live, POST).await.body["meta"]["cached"], true);
    stack.clock.advance(1);
    let again = stack.post_stats(&customer.live, POST).await;
    assert_eq!((again.body["meta"]["cached"].as_bool(), again.header("x-charge")), (Some(false), "0.001"));
}

/// Short leases, for tests in which an owner dies: tests can't move the waiting requests' monotonic
/// clock.
const SHORT_LEASE: [(&str, &str); 2] = [("LEASE_MS", "1000"), ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_request_takes_over_after_the_lease_if_the_asking_one_dies() {
    let stack = Stack::with(&SHORT_LEASE).await;
    let asked = AtomicUsize::new(0);
    stack
        .provider("tiktok-api23", move |request: &wiremock::Request| {
            if asked.fetch_add(1, Ordering::SeqCst) == 0 { silence() } else { api23_post(request) }
        })
        .await;
    let [dying, waiting] = [stack.customer("1", 1000).await, stack.customer("1", 1000).await];
    let killed = tokio::spawn(post_stats::handle(Arc::clone(&stack.app), request(&dying)));
    until(async || stack.asked("tiktok-api23").await > 0).await;
    killed.abort();

    let _ = stack.dynamodb.calls();
    let answer = stack.post_stats(&waiting.live, POST).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"));
    assert_eq!(stack.asked("tiktok-api23").await, 2);
    // One look before the attempt to take the lease, and some while the dead request has it.
    let looks = stack.dynamodb.calls().iter().filter(|call| *call == "GetItem").count();
    assert!(looks >= 4, "{looks}: the lease lasted for its whole length");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_renewed_while_its_owner_works() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", silence()).await;
    let customer = stack.customer("1", 1000).await;
    let renewals = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&renewals);
    stack.dynamodb.script(move |call| {
        let is_renewal = call.body["ConditionExpression"] == "lease_owner = :owner";
        counter.fetch_add(usize::from(is_renewal), Ordering::SeqCst);
        Fate::Pass
    });
    let working = tokio::spawn(post_stats::handle(Arc::clone(&stack.app), request(&customer)));
    until(async || renewals.load(Ordering::SeqCst) > 0).await;
    working.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_request_takes_over_if_the_asking_one_can_not_pay() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let [poor, rich] = [stack.customer("0.001", 1000).await, stack.customer("1", 1000).await];
    // The poor customer's request has the lease and is about to hold the price. Then another post
    // takes the money.
    let both = Arc::new(Barrier::new(2));
    let meeting = Arc::clone(&both);
    let holds = AtomicUsize::new(0);
    stack.dynamodb.script(move |call| {
        let is_first = call.updates(":hold") && holds.fetch_add(1, Ordering::SeqCst) == 0;
        if is_first { Fate::Meet(Arc::clone(&meeting)) } else { Fate::Pass }
    });
    let spend_and_go_on = async {
        until(async || stack.dynamodb.calls().iter().any(|call| call == "UpdateItem")).await;
        let price = shared::money::MicroDollars(1_000);
        stack.accounts.hold(&poor.live, Endpoint::PostStats, "another", price).await.unwrap();
        tokio::join!(stack.post_stats(&rich.live, POST), both.wait()).0
    };
    let (poor_answer, rich_answer) = tokio::join!(stack.post_stats(&poor.live, POST), spend_and_go_on);
    assert_eq!((poor_answer.status, poor_answer.header("x-balance")), (402, "0"));
    assert_eq!((rich_answer.status, rich_answer.header("x-charge")), (200, "0.001"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_instances_with_different_clocks_asks() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", slow_post).await;
    let customer = stack.customer("1", 1000).await;
    let [there, ahead] = [stack.another_instance(-10).await, stack.another_instance(10).await];
    let bases = [&stack.base, &there, &ahead];
    let key = [("x-api-key", customer.live.reveal())];
    let body = json!({ "url": POST }).to_string();
    let calls = (0..30).map(|n| stack.send_to(bases[n % 3], "POST", "/v1/post/stats", &key, body.clone()));
    let answers = join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(stack.asked("tiktok-api23").await, 1);
    assert_eq!(stack.account(&customer).await.spent.0, 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_lost_the_lease_does_not_overwrite_the_new_owners_answer() {
    let stack = Stack::with(&SHORT_LEASE).await;
    let asked = AtomicUsize::new(0);
    // The provider answers the first request last.
    stack
        .provider("tiktok-api23", move |request: &wiremock::Request| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => json_answer(200, json!({"statusCode": 10216})).set_delay(Duration::from_secs(4)),
            _ => api23_post(request),
        })
        .await;
    // All renewals fail, so the first request seems dead to the others.
    let is_renewal = |call: &system_tests::dynamodb::Call| call.body["ConditionExpression"] == "lease_owner = :owner";
    stack.dynamodb.script(move |call| if is_renewal(call) { Fate::Break } else { Fate::Pass });
    let [first, second] = [stack.customer("1", 1000).await, stack.customer("1", 1000).await];
    let take_over = async {
        until(async || stack.asked("tiktok-api23").await == 1).await;
        stack.post_stats(&second.live, POST).await
    };
    let (lost, took_over) = tokio::join!(stack.post_stats(&first.live, POST), take_over);
    assert_eq!((lost.status, took_over.status), (404, 200));
    let cached = stack.post_stats(&first.live, POST).await;
    assert_eq!((cached.status, cached.body["meta"]["cached"].as_bool()), (200, Some(true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_of_dynamodb_do_not_make_two_requests_ask() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", slow_post).await;
    let customer = stack.customer("1", 1000).await;
    let lost = AtomicUsize::new(0);
    stack.dynamodb.script(move |call| {
        let takes_lease = call.updates("lease_owner");
        if takes_lease && lost.fetch_add(1, Ordering::SeqCst) == 0 { Fate::LoseAnswer } else { Fate::Pass }
    });
    let answers = join_all((0..10).map(|_| stack.post_stats(&customer.live, POST))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(stack.asked("tiktok-api23").await, 1);
    assert_eq!(stack.account(&customer).await.spent.0, 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_waits_until_the_deadline_gets_502() {
    let times = [
        ("PROVIDERS_DEADLINE_MS", "2000"),
        ("PROVIDER_TIMEOUT_MS", "2000"),
        ("PROVIDER_HEDGE_MS", "2000"),
        ("SHORT_LINK_TIMEOUT_MS", "2000"),
    ];
    let stack = Stack::with(&times).await;
    let customer = stack.customer("1", 1000).await;
    stack.provider("tiktok-api23", silence()).await;
    let killed = tokio::spawn(post_stats::handle(Arc::clone(&stack.app), request(&customer)));
    until(async || stack.asked("tiktok-api23").await > 0).await;
    killed.abort();
    // The dead request's lease ends after the deadline.
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.code()), (502, "upstream_failed"));
}

#[tokio::test]
async fn the_tables_have_their_keys_and_the_caches_ttl() {
    let stack = Stack::start().await;
    let keys = async |table: &str| -> Vec<(String, KeyType)> {
        let table = stack.direct.describe_table().table_name(table).send().await.unwrap().table.unwrap();
        table.key_schema.unwrap().into_iter().map(|key| (key.attribute_name, key.key_type)).collect()
    };
    assert_eq!(keys("Accounts").await, [("pk".to_owned(), KeyType::Hash), ("sk".to_owned(), KeyType::Range)]);
    assert_eq!(keys("Cache").await, [("pk".to_owned(), KeyType::Hash)]);
    let ttl = stack.direct.describe_time_to_live().table_name("Cache").send().await.unwrap();
    let ttl = ttl.time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name.as_deref(), Some("expires_at"));
    assert_eq!(ttl.time_to_live_status, Some(TimeToLiveStatus::Enabled));
}

#[tokio::test]
async fn a_throttled_attempt_to_take_a_lease_means_that_another_request_has_it() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    let throttled = AtomicUsize::new(0);
    stack.dynamodb.script(move |call| {
        // All attempts of the first call that takes the lease.
        let is_first = call.updates("lease_owner") && throttled.fetch_add(1, Ordering::SeqCst) < 3;
        if is_first { Fate::Refuse(400, "ProvisionedThroughputExceededException") } else { Fate::Pass }
    });
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 200);
}

#[tokio::test]
async fn an_entry_that_can_not_be_read_counts_as_missing_and_is_overwritten() {
    use aws_sdk_dynamodb::types::AttributeValue;
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    stack.post_stats(&customer.live, POST).await;
    let entries = stack.direct.scan().table_name("Cache").send().await.unwrap().items.unwrap();
    let is_answer = |entry: &&HashMap<String, AttributeValue>| entry["pk"].as_s().unwrap().contains("post_stats");
    let entry = entries.iter().find(is_answer).unwrap();
    let broken = AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new("{\"Answered\": 5}"));
    let mut entry = entry.clone();
    entry.insert("body".to_owned(), broken);
    stack.direct.put_item().table_name("Cache").set_item(Some(entry)).send().await.unwrap();
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"));
    assert_eq!(stack.post_stats(&customer.live, POST).await.body["meta"]["cached"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_posts_at_two_instances_whose_clocks_are_10_seconds_apart_are_asked_for_4_times() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    stack.provider("tiktok-api23", slow_post).await;
    let customer = stack.customer("1", 1000).await;
    let ahead = stack.another_instance(10).await;
    let key = [("x-api-key", customer.live.reveal())];
    let calls = (0..80).map(|n| {
        let body = json!({ "url": format!("https://www.tiktok.com/@a/video/{}", n % 4 + 1) }).to_string();
        stack.send_to(if n % 8 < 4 { &stack.base } else { &ahead }, "POST", "/v1/post/stats", &key, body)
    });
    let answers = join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(stack.asked("tiktok-api23").await, 4);
    assert_eq!(stack.account(&customer).await.spent.0, 4_000);
}

#[rstest]
#[case(Endpoint::Profile, Operation::Profile, "a creator")]
#[case(Endpoint::ChannelVideos, Operation::ChannelVideos, "a list")]
#[tokio::test]
async fn an_answer_with_the_longest_texts_is_cached(
    #[case] endpoint: Endpoint,
    #[case] operation: Operation,
    #[case] answer: &str,
) {
    let (stack, customer, upstream) = answering(operation, Platform::TikTok, answer).await;
    let fixture = Fixture::of(operation, Platform::TikTok, "tiktok-api23");
    // Characters of four bytes, in an order that compresses badly.
    let mut random = fastrand::Rng::with_seed(1);
    let text: String = (0..50_000).map(|_| random.char('\u{10000}'..'\u{3ffff}')).collect();
    let mut body = fixture.body(answer);
    let user = &mut body["userInfo"]["user"];
    if user.is_object() {
        for field in ["nickname", "signature", "avatarLarger", "avatarMedium"] {
            user[field] = text.clone().into();
        }
        user["bioLink"]["link"] = text.clone().into();
    }
    if let Some(videos) = body["data"]["itemList"].as_array_mut() {
        let video = videos[0].clone();
        *videos = (0_u64..20).map(|_| video.clone()).collect();
        for (place, video) in (0_u64..).zip(videos) {
            video["id"] = (7_572_198_435_487_502_598 + place).to_string().into();
            video["desc"] = text.clone().into();
        }
    }
    upstream.answers(fixture.answers[answer].routes_with(&fixture, &body));
    let body = json!({"username": "some.one", "platform": "tiktok"}).to_string();
    let fresh = stack.ask(endpoint, &customer.live, body.clone()).await;
    assert_eq!((fresh.status, fresh.header("x-charge") == "0"), (200, false), "{:?}", fresh.headers);
    let cached = stack.ask(endpoint, &customer.live, body).await;
    assert_eq!(cached.body["meta"]["cached"], true);
    let described = cached.body["data"]["videos"][19]["description"].as_str();
    let told = described.or(cached.body["data"]["bio"].as_str()).unwrap();
    assert_eq!(told, text.chars().take(4_000).collect::<String>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_an_older_version_renews_is_not_taken() {
    use aws_sdk_dynamodb::types::AttributeValue;
    // The old version's renewals change only one attribute. They continue for longer than a lease
    // lasts without renewals.
    const RENEWALS: usize = 8;
    let stack = Stack::with(&SHORT_LEASE).await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    let looks = Arc::new(AtomicUsize::new(0));
    let (counter, direct) = (Arc::clone(&looks), stack.direct.clone());
    let until = stack.now().as_millisecond();
    stack.dynamodb.script(move |call| {
        let is_take = call.updates("lease_owner");
        let renewal = if call.operation == "GetItem" { counter.fetch_add(1, Ordering::SeqCst) } else { RENEWALS };
        if is_take && counter.load(Ordering::SeqCst) > RENEWALS || !is_take && renewal >= RENEWALS {
            return Fate::Pass;
        }
        let key = call.body["Key"]["pk"]["S"].as_str().unwrap().to_owned();
        let renewed = direct.update_item().table_name("Cache").key("pk", AttributeValue::S(key));
        let renewed = renewed.update_expression("SET lease_owner = :owner, lease_until = :until");
        let renewed = renewed.expression_attribute_values(":owner", AttributeValue::S("older".to_owned()));
        let moment = until + i64::try_from(renewal).unwrap();
        let renewed = renewed.expression_attribute_values(":until", AttributeValue::N(moment.to_string()));
        let done = Arc::new(Barrier::new(2));
        let waiting = Arc::clone(&done);
        tokio::spawn(async move {
            renewed.send().await.unwrap();
            done.wait().await;
        });
        Fate::Meet(waiting)
    });
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 200);
    let looks = looks.load(Ordering::SeqCst);
    assert!(looks > RENEWALS + 2, "{looks}: the lease lasted for its whole length after the last renewal");
}

#[tokio::test]
async fn a_lease_that_is_throttled_until_the_deadline_gives_502() {
    let times = [
        ("PROVIDERS_DEADLINE_MS", "1500"),
        ("PROVIDER_TIMEOUT_MS", "1500"),
        ("PROVIDER_HEDGE_MS", "1500"),
        ("SHORT_LINK_TIMEOUT_MS", "1500"),
    ];
    let stack = Stack::with(&times).await;
    let customer = stack.customer("1", 1000).await;
    let takes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&takes);
    stack.dynamodb.script(move |call| {
        let is_take = call.updates("lease_owner");
        counter.fetch_add(usize::from(is_take), Ordering::SeqCst);
        if is_take { Fate::Refuse(400, "ProvisionedThroughputExceededException") } else { Fate::Pass }
    });
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.code()), (502, "upstream_failed"));
    assert!(takes.load(Ordering::SeqCst) <= 30, "{takes:?} calls to take the lease, with three attempts each");
}
