//! The endpoints about keys, with a test for each status, and the limits of keys.

use std::sync::Arc;

use futures_util::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};
use shared::account::{ApiKey, Mode, Wanted};
use shared::contract::Endpoint;
use system_tests::dynamodb::Fate;
use system_tests::{Answer, Customer, FOR_A_CROWD, Log, POST, Stack, api23_post, silence, until};
use tokio::sync::Barrier;

const DAY: i64 = 86_400;
/// In seconds: from the tests' start until midnight.
const UNTIL_MIDNIGHT: i64 = 12 * 3600;
const SHORT: &str = "https://vm.tiktok.com/ZMabcdefg/";

fn link(id: usize) -> String {
    format!("https://www.tiktok.com/@a/video/{id}")
}

async fn create(stack: &Stack, by: &ApiKey, body: Value) -> Answer {
    stack.ask(Endpoint::CreateKey, by, body.to_string()).await
}

async fn delete(stack: &Stack, by: &ApiKey, id: &str) -> Answer {
    stack.send("DELETE", &format!("/v1/keys/{id}"), &[("x-api-key", by.reveal())], "").await
}

async fn rotate(stack: &Stack, by: &ApiKey, id: &str, body: &Value) -> Answer {
    let path = format!("/v1/keys/{id}/rotate");
    stack.send("POST", &path, &[("x-api-key", by.reveal())], body.to_string()).await
}

/// The key whose secret an answer shows.
fn secret(answer: &Answer) -> ApiKey {
    assert_eq!(answer.status, 200, "{answer:?}");
    ApiKey::parse(answer.body["data"]["secret"].as_str().unwrap_or_else(|| panic!("{answer:?}"))).unwrap()
}

/// Creates a key with the customer's live key.
async fn made(stack: &Stack, customer: &Customer, body: Value) -> ApiKey {
    secret(&create(stack, &customer.live, body).await)
}

/// A stack with a provider, and a customer with a dollar.
async fn start() -> (Stack, Customer) {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    (stack, customer)
}

fn ids(list: &Answer) -> Vec<&str> {
    list.body["data"]["keys"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn status_200_a_key_is_listed_with_its_properties_and_its_secret_is_shown_once() {
    let (stack, customer) = start().await;
    let (log, _guard) = Log::of_this_thread();
    let body = json!({
        "name": " reports ", "rate_limit": 7, "expires_at": "2026-12-24", "endpoints": ["profile", "/v1/post/stats"],
        "platforms": ["x", "tiktok"], "budget_per_day": 0.05,
    });
    let answer = create(&stack, &customer.live, body).await;
    let new = secret(&answer);
    let expected = json!({
        "id": new.id(), "name": "reports", "mode": "live", "last_four": new.last4(),
        "created_at": "2026-11-23T12:00:00.000Z", "last_used": null, "rate_limit": 7,
        "expires_at": "2026-12-24T00:00:00.000Z", "endpoints": ["post/stats", "profile"],
        "platforms": ["tiktok", "twitter"], "budget_per_day": 0.05, "rotated_to": null, "ends_at": null,
    });
    assert_eq!((&answer.body["data"]["key"], &answer.body["data"]["created"]), (&expected, &json!(true)));
    assert_eq!((answer.header("x-balance"), answer.header("x-ratelimit-remaining")), ("1", "59"));
    assert_eq!(stack.post_stats(&new, POST).await.status, 200);

    let list = stack.get(&customer.live, "/v1/keys").await;
    assert_eq!(ids(&list).len(), 3);
    let shown = list.body["data"]["keys"].as_array().unwrap().iter().find(|key| key["id"] == new.id()).unwrap();
    let mut used = expected.clone();
    used["last_used"] = "2026-11-23".into();
    assert_eq!(shown, &used);
    for text in [list.body.to_string(), log.text()] {
        assert!(!text.contains(new.reveal()), "{text}");
    }
}

#[tokio::test]
async fn status_200_a_repeated_request_finds_the_key_without_its_secret() {
    let (stack, customer) = start().await;
    let body = json!({"name": "reports", "budget_per_day": "0.5"});
    let new = made(&stack, &customer, body).await;
    let again = create(&stack, &customer.live, json!({"name": "reports", "budget_per_day": 0.5})).await;
    let data = &again.body["data"];
    assert_eq!((again.status, &data["created"], &data["secret"]), (200, &json!(false), &Value::Null));
    assert_eq!(data["key"]["id"], new.id());
}

#[tokio::test]
async fn status_200_one_of_many_simultaneous_requests_for_a_name_creates_the_key() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    let customer = stack.customer("0", 60).await;
    let answers = join_all((0..8).map(|_| create(&stack, &customer.live, json!({"name": "ci"})))).await;
    let created = answers.iter().filter(|answer| answer.body["data"]["created"] == true).count();
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!((created, stack.account(&customer).await.keys.len()), (1, 3));
}

#[tokio::test]
async fn status_200_a_repeated_change_after_a_lost_database_answer_gives_the_same_result() {
    let (stack, customer) = start().await;
    let mut is_first = true;
    stack.dynamodb.script(move |call| {
        let is_hit = call.operation == "TransactWriteItems" && std::mem::take(&mut is_first);
        if is_hit { Fate::LoseAnswer } else { Fate::Pass }
    });
    let mut new = made(&stack, &customer, json!({"name": "ci"})).await;
    assert_eq!(stack.get(&new, "/v1/ping").await.status, 200);
    for operation in ["rotate", "rotate at once", "delete"] {
        let mut is_first = true;
        stack.dynamodb.script(move |call| {
            let is_hit = call.operation == "TransactWriteItems" && std::mem::take(&mut is_first);
            if is_hit { Fate::LoseAnswer } else { Fate::Pass }
        });
        let id = new.id();
        match operation {
            "rotate" => new = secret(&rotate(&stack, &customer.live, &id, &json!({})).await),
            "rotate at once" => {
                let answer = rotate(&stack, &customer.live, &id, &json!({"grace_seconds": 0})).await;
                assert_eq!(answer.body["data"]["old"]["ends_at"], "2026-11-23T12:00:00.000Z");
                new = secret(&answer);
            }
            _ => assert_eq!(delete(&stack, &customer.live, &id).await.status, 200),
        }
    }
    assert_eq!(stack.get(&new, "/v1/ping").await.status, 401);
}

#[tokio::test]
async fn status_200_a_test_key_lists_and_creates_only_test_keys() {
    let (stack, customer) = start().await;
    assert_eq!(ids(&stack.get(&customer.test, "/v1/keys").await), [customer.test.id()]);
    let new = secret(&create(&stack, &customer.test, json!({"name": "sandbox"})).await);
    assert_eq!(new.mode(), Mode::Test);
    let live = create(&stack, &customer.test, json!({"name": "live", "mode": "live"})).await;
    assert_eq!((live.status, live.code()), (403, "key_not_allowed"));
    assert_eq!(delete(&stack, &customer.test, &customer.live.id()).await.status, 404);
    assert_eq!(rotate(&stack, &customer.test, &customer.live.id(), &json!({})).await.status, 404);
    assert_eq!(delete(&stack, &customer.test, &new.id()).await.status, 200);
    // A live key manages both.
    assert_eq!(ids(&stack.get(&customer.live, "/v1/keys").await).len(), 2);
    let body = json!({"name": "sandbox", "mode": "test"});
    assert_eq!(made(&stack, &customer, body).await.mode(), Mode::Test);
    assert_eq!(delete(&stack, &customer.live, &customer.test.id()).await.status, 200);
}

#[tokio::test]
async fn status_200_the_public_test_key_gets_an_empty_list_and_403_for_all_else() {
    let stack = Stack::start().await;
    let public = ApiKey::public(Mode::Test);
    assert!(ids(&stack.get(&public, "/v1/keys").await).is_empty());
    let id = public.id();
    for answer in [
        create(&stack, &public, json!({"name": "a"})).await,
        delete(&stack, &public, &id).await,
        rotate(&stack, &public, &id, &json!({})).await,
    ] {
        assert_eq!((answer.status, answer.code()), (403, "key_not_allowed"), "{answer:?}");
    }
    assert!(stack.dynamodb.calls().is_empty());
}

#[rstest]
#[case::nothing("", "the body is empty")]
#[case::no_name(r#"{"mode": "live"}"#, "`name` is missing")]
#[case::an_empty_name(r#"{"name": "  "}"#, "1 to 60 characters")]
#[case::a_long_name(&format!(r#"{{"name": "{}"}}"#, "a".repeat(61)), "1 to 60 characters")]
#[case::an_invisible_sign(r#"{"name": "a\u200bb"}"#, "invisible")]
#[case::another_mode(r#"{"name": "a", "mode": "sandbox"}"#, "`mode` must be \"live\" or \"test\"")]
#[case::a_misspelt_limit(r#"{"name": "a", "budget": 1}"#, "the field \"budget\" doesn't exist")]
#[case::more_than_the_senders_rate(r#"{"name": "a", "rate_limit": 61}"#, "from 1 to 60")]
#[case::no_rate(r#"{"name": "a", "rate_limit": 0}"#, "from 1 to 60")]
#[case::the_past(r#"{"name": "a", "expires_at": "2026-11-23T12:00:00Z"}"#, "such as \"2026-11-24T12:00:00Z\"")]
#[case::no_moment(r#"{"name": "a", "expires_at": "soon"}"#, "a time or a date in the future")]
#[case::no_list(r#"{"name": "a", "endpoints": "profile"}"#, "must be a list with some of post/stats, profile")]
#[case::an_empty_list(r#"{"name": "a", "platforms": []}"#, "leave it out to allow all")]
#[case::no_endpoint(r#"{"name": "a", "endpoints": ["profiles"]}"#, "`endpoints` has \"profiles\", which isn't known")]
#[case::keys(r#"{"name": "a", "endpoints": ["keys"]}"#, "`endpoints` has \"keys\", which isn't known")]
#[case::no_platform(r#"{"name": "a", "platforms": ["myspace"]}"#, "send some of tiktok, instagram")]
#[case::no_text(r#"{"name": "a", "platforms": [1]}"#, "`platforms` has 1, which isn't known")]
#[case::a_negative_budget(r#"{"name": "a", "budget_per_day": -1}"#, "write dollars as digits")]
#[case::too_precise(r#"{"name": "a", "budget_per_day": 0.0000001}"#, "at most six decimals")]
#[case::too_much(r#"{"name": "a", "budget_per_day": 1000001}"#, "at most 1000000")]
#[case::an_invalid_budget(r#"{"name": "a", "budget_per_day": true}"#, "write dollars as digits")]
#[tokio::test]
async fn status_400_names_the_mistake_and_says_what_to_send(#[case] body: &str, #[case] said: &str) {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let answer = stack.ask(Endpoint::CreateKey, &customer.live, body.to_owned()).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_request"));
    let error = answer.body["error"].as_str().unwrap();
    assert!(error.contains(said), "{error}");
    assert_eq!(stack.account(&customer).await.keys.len(), 2);
}

#[tokio::test]
async fn status_400_for_a_grace_period_longer_than_a_week() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let answer = rotate(&stack, &customer.live, &customer.live.id(), &json!({"grace_seconds": 604_801})).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_request"));
    assert!(answer.body["error"].as_str().unwrap().contains("from 0 to 604800"), "{answer:?}");
}

#[tokio::test]
async fn status_401_from_the_second_of_a_keys_expiry_even_for_cached_answers() {
    let (stack, customer) = start().await;
    let new = made(&stack, &customer, json!({"name": "a", "expires_at": "2026-11-23T12:01:30Z"})).await;
    stack.clock.advance(89);
    assert_eq!(stack.post_stats(&new, POST).await.status, 200);
    stack.clock.advance(1);
    let answer = stack.post_stats(&new, POST).await;
    assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
    assert!(answer.body["error"].as_str().unwrap().contains("worked until 2026-11-23T12:01:30Z"), "{answer:?}");
    assert_eq!(answer.header("x-balance"), "", "the answer shows nothing about the account");
    let _ = stack.dynamodb.calls();
    assert_eq!(stack.get(&new, "/v1/ping").await.body["error"], answer.body["error"]);
    assert!(stack.dynamodb.calls().is_empty(), "the instance remembers the expiry");
    // In a later minute, at an instance that hasn't seen the key.
    stack.clock.advance(600);
    let other = stack.another_instance(0).await;
    let answer = stack.send_to(&other, "GET", "/v1/ping", &[("x-api-key", new.reveal())], "").await;
    assert_eq!(answer.status, 401);
    // The expired key is listed until another key needs its place or its name.
    assert!(ids(&stack.get(&customer.live, "/v1/keys").await).contains(&&*new.id()));
    assert_eq!(rotate(&stack, &customer.live, &new.id(), &json!({})).await.status, 404);
    assert_ne!(made(&stack, &customer, json!({"name": "a"})).await.id(), new.id());
}

#[tokio::test]
async fn status_401_for_a_deleted_key_at_once() {
    let (stack, customer) = start().await;
    let new = made(&stack, &customer, json!({"name": "a"})).await;
    assert_eq!(stack.get(&new, "/v1/ping").await.status, 200);
    let answer = delete(&stack, &customer.live, &new.id().to_uppercase()).await;
    assert_eq!(answer.body["data"], json!({"id": new.id(), "deleted": true}));
    assert_eq!(stack.get(&new, "/v1/ping").await.status, 401);
    let details = stack.accounts.key_details(&customer.account).await.unwrap();
    let details = details.iter().find(|details| details.id == new.id()).unwrap();
    assert_eq!((details.name.as_deref(), details.revoked_at.is_some()), (Some("a"), true));
    assert_ne!(made(&stack, &customer, json!({"name": "a"})).await.id(), new.id(), "the name is free");
}

#[tokio::test]
async fn status_403_for_an_endpoint_that_the_key_can_not_use_counts_and_asks_no_provider() {
    let (stack, customer) = start().await;
    let new = made(&stack, &customer, json!({"name": "a", "endpoints": ["profile", "ping"]})).await;
    for (endpoint, body) in [(Endpoint::PostStats, json!({"url": POST}).to_string()), (Endpoint::Usage, String::new())]
    {
        let answer = stack.ask(endpoint, &new, body).await;
        assert_eq!((answer.status, answer.code()), (403, "key_not_allowed"));
        assert!(answer.body["error"].as_str().unwrap().contains("only for profile, ping"), "{answer:?}");
    }
    let ping = stack.get(&new, "/v1/ping").await;
    assert_eq!((ping.status, ping.header("x-ratelimit-remaining")), (200, "57"));
    assert_eq!(stack.post_stats(&new, "nonsense").await.status, 403, "before the body is read");
    assert_eq!(stack.get(&new, "/v1/nowhere").await.status, 404);
    assert_eq!(stack.asked("tiktok-api23").await, 0);
    assert_eq!(stack.account(&customer).await.spent.0, 0);
}

#[tokio::test]
async fn status_403_for_a_platform_that_the_key_can_not_use_even_behind_a_short_link() {
    let (stack, customer) = start().await;
    let new = made(&stack, &customer, json!({"name": "a", "platforms": ["youtube"]})).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 200);
    let _ = stack.dynamodb.calls();
    for url in [POST, SHORT] {
        let answer = stack.post_stats(&new, url).await;
        assert_eq!((answer.status, answer.code(), answer.header("x-charge")), (403, "key_not_allowed", "0"));
        assert!(answer.body["error"].as_str().unwrap().contains("only for YouTube, and not for TikTok"), "{answer:?}");
    }
    assert_eq!(stack.post_stats(&new, "nonsense").await.status, 400);
    assert_eq!(stack.asked("short").await, 0);
    assert!(!stack.dynamodb.calls().contains(&"PutItem".to_owned()), "no money was held and no lease taken");
    assert_eq!(stack.get(&new, "/v1/usage").await.status, 200);
}

#[tokio::test]
async fn status_403_for_a_key_with_any_limit_that_tries_to_manage_keys() {
    let (stack, customer) = start().await;
    for (place, limit) in [
        json!({"expires_at": "2027-01-01"}),
        json!({"endpoints": ["profile"]}),
        json!({"platforms": ["tiktok"]}),
        json!({"budget_per_day": 1}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = limit.clone();
        body["name"] = place.to_string().into();
        let new = made(&stack, &customer, body).await;
        for answer in [
            stack.get(&new, "/v1/keys").await,
            create(&stack, &new, json!({"name": "b"})).await,
            delete(&stack, &new, &new.id()).await,
            rotate(&stack, &new, &new.id(), &json!({})).await,
        ] {
            assert_eq!((answer.status, answer.code()), (403, "key_not_allowed"), "{limit}");
        }
    }
    // A lower rate limit doesn't count as a limit here.
    let slower = made(&stack, &customer, json!({"name": "slower", "rate_limit": 5})).await;
    assert_eq!(stack.get(&slower, "/v1/keys").await.status, 200);
    assert_eq!(create(&stack, &slower, json!({"name": "faster", "rate_limit": 6})).await.status, 400);
}

#[tokio::test]
async fn status_403_for_a_used_up_budget_names_its_end_and_cached_answers_still_work() {
    let (stack, customer) = start().await;
    let new = made(&stack, &customer, json!({"name": "a", "budget_per_day": 0.0025})).await;
    for id in 1..=2 {
        assert_eq!(stack.post_stats(&new, &link(id)).await.status, 200);
    }
    let answer = stack.post_stats(&new, &link(3)).await;
    assert_eq!((answer.status, answer.code(), answer.header("x-charge")), (403, "key_budget_exceeded", "0"));
    assert_eq!((answer.header("retry-after"), answer.header("x-balance")), ("43200", "0.998"));
    let cached = stack.post_stats(&new, &link(2)).await;
    assert_eq!((cached.status, &cached.body["meta"]["cached"]), (200, &json!(true)));
    let short = stack.post_stats(&new, SHORT).await;
    assert_eq!((short.status, short.code(), stack.asked("short").await), (403, "key_budget_exceeded", 0));
    assert_eq!(stack.asked("tiktok-api23").await, 2);
    assert_eq!(stack.post_stats(&customer.live, &link(3)).await.status, 200, "another key has its own budget");
    // A budget below the price still allows cached answers.
    let nothing = made(&stack, &customer, json!({"name": "b", "budget_per_day": 0})).await;
    assert_eq!(stack.post_stats(&nothing, &link(3)).await.status, 200);
    assert_eq!(stack.post_stats(&nothing, &link(4)).await.code(), "key_budget_exceeded");
    stack.clock.advance(UNTIL_MIDNIGHT);
    assert_eq!(stack.post_stats(&new, &link(4)).await.status, 200, "another day");
}

#[tokio::test]
async fn a_failure_gives_the_budget_back() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let new = made(&stack, &customer, json!({"name": "a", "budget_per_day": 0.001})).await;
    assert_eq!(stack.post_stats(&new, &link(1)).await.status, 502);
    stack.provider("tiktok-api23", api23_post).await;
    assert_eq!(stack.post_stats(&new, &link(2)).await.status, 200);
    assert_eq!(stack.post_stats(&new, &link(3)).await.status, 403);
}

#[tokio::test]
async fn a_hold_over_midnight_counts_for_the_day_before() {
    let (stack, customer) = start().await;
    let new = made(&stack, &customer, json!({"name": "a", "budget_per_day": 0.001})).await;
    stack.clock.advance(UNTIL_MIDNIGHT - 1);
    let price = "0.001".parse().unwrap();
    stack.accounts.hold(&new, Endpoint::PostStats, "dies", price).await.unwrap();
    assert!(stack.accounts.hold(&new, Endpoint::PostStats, "second", price).await.is_err());
    stack.clock.advance(1);
    stack.accounts.hold(&new, Endpoint::PostStats, "another-day", price).await.unwrap();
    // The released money counts for its own day, and doesn't raise this day's budget.
    stack.clock.advance(60);
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200);
    assert_eq!(stack.account(&customer).await.holds.len(), 1);
    assert!(stack.accounts.hold(&new, Endpoint::PostStats, "third", price).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_for_10_pays_exactly_10_of_50_simultaneous_requests() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 100).await;
    let new = made(&stack, &customer, json!({"name": "a", "budget_per_day": 0.01})).await;
    let links: Vec<_> = (1..=50).map(link).collect();
    let answers = join_all(links.iter().map(|link| stack.post_stats(&new, link))).await;
    let fresh = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.code() == "key_budget_exceeded"), "{answers:?}");
    assert_eq!((fresh, stack.asked("tiktok-api23").await), (10, 10));
    assert_eq!(stack.account(&customer).await.spent.0, 10_000);
    let usage = stack.get(&customer.live, &format!("/v1/usage?key={}", new.id())).await;
    assert_eq!(usage.body["data"]["key"]["days"], json!([{"date": "2026-11-23", "charged": 0.01}]));
}

#[tokio::test]
async fn status_404_for_an_unknown_id_or_another_accounts_id() {
    let (stack, customer) = start().await;
    let stranger = stack.customer("0", 60).await;
    for id in [stranger.live.id(), "0123456789abcdef".to_owned(), "x".to_owned(), customer.live.reveal().to_owned()] {
        for answer in [delete(&stack, &customer.live, &id).await, rotate(&stack, &customer.live, &id, &json!({})).await]
        {
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{id}");
        }
    }
    assert_eq!(stack.get(&stranger.live, "/v1/ping").await.status, 200);
    assert_eq!(delete(&stack, &customer.live, "").await.status, 405, "an empty id makes the path of the list");
}

#[tokio::test]
async fn status_405_names_all_methods_of_the_path() {
    let stack = Stack::start().await;
    let answer = stack.send("PUT", "/v1/keys", &[], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, POST"));
    let answer = stack.send("GET", "/v1/keys/0123456789abcdef", &[], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "DELETE"));
}

#[tokio::test]
async fn status_409_for_a_name_of_another_kind_of_key() {
    let (stack, customer) = start().await;
    made(&stack, &customer, json!({"name": "a", "budget_per_day": 1})).await;
    for body in [
        json!({"name": "a"}),
        json!({"name": "a", "budget_per_day": 2}),
        json!({"name": "a", "budget_per_day": 1, "mode": "test"}),
        json!({"name": "a", "budget_per_day": 1, "rate_limit": 59}),
    ] {
        let answer = create(&stack, &customer.live, body).await;
        assert_eq!((answer.status, answer.code()), (409, "name_taken"));
    }
    let stranger = stack.customer("0", 60).await;
    made(&stack, &stranger, json!({"name": "a"})).await;
}

#[tokio::test]
async fn status_409_for_an_eleventh_key_until_one_is_deleted_or_expired() {
    let (stack, customer) = start().await;
    for place in 0..7 {
        made(&stack, &customer, json!({"name": place.to_string()})).await;
    }
    let tenth = made(&stack, &customer, json!({"name": "10", "expires_at": "2026-11-24"})).await;
    let answer = create(&stack, &customer.live, json!({"name": "11"})).await;
    assert_eq!((answer.status, answer.code()), (409, "too_many_keys"));
    let answer = rotate(&stack, &customer.live, &tenth.id(), &json!({})).await;
    assert_eq!((answer.status, answer.code()), (409, "too_many_keys"), "both keys would exist for a day");
    let tenth = secret(&rotate(&stack, &customer.live, &tenth.id(), &json!({"grace_seconds": 0})).await);
    assert_eq!(stack.get(&tenth, "/v1/ping").await.status, 200);
    stack.clock.advance(DAY);
    made(&stack, &customer, json!({"name": "11"})).await;
    let account = stack.account(&customer).await;
    assert!(account.keys.len() == 10 && !account.keys.contains_key(&tenth.id()));
}

#[tokio::test]
async fn status_409_for_the_last_key_that_manages_keys() {
    let (stack, customer) = start().await;
    made(&stack, &customer, json!({"name": "limited", "budget_per_day": 1})).await;
    let answer = delete(&stack, &customer.live, &customer.live.id()).await;
    assert_eq!((answer.status, answer.code()), (409, "last_key"));
    let second = made(&stack, &customer, json!({"name": "second"})).await;
    assert_eq!(delete(&stack, &customer.live, &customer.live.id()).await.status, 200, "a key can delete itself");
    assert_eq!(delete(&stack, &second, &second.id()).await.code(), "last_key");
    // A key that will end isn't counted.
    let third = secret(&rotate(&stack, &second, &second.id(), &json!({"grace_seconds": 600})).await);
    assert_eq!(delete(&stack, &second, &third.id()).await.code(), "last_key");
    assert_eq!(delete(&stack, &third, &second.id()).await.status, 200);
}

#[tokio::test]
async fn status_409_for_one_of_two_requests_that_delete_the_last_two_keys_at_once() {
    let (stack, customer) = start().await;
    let second = made(&stack, &customer, json!({"name": "second"})).await;
    // Both requests have read both keys before they delete each other's key.
    let barrier = Arc::new(Barrier::new(2));
    let mut waiting = 2;
    stack.dynamodb.script(move |call| {
        if call.operation == "TransactWriteItems" && waiting > 0 {
            waiting -= 1;
            return Fate::Meet(Arc::clone(&barrier));
        }
        Fate::Pass
    });
    let (first_id, second_id) = (customer.live.id(), second.id());
    let answers = tokio::join!(delete(&stack, &customer.live, &second_id), delete(&stack, &second, &first_id));
    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{answers:?}");
    let account = stack.account(&customer).await;
    assert_eq!(account.keys.values().filter(|key| key.mode == "live").count(), 1);
}

#[tokio::test]
async fn status_200_a_rotated_key_works_until_its_end_and_its_successor_at_once() {
    let (stack, customer) = start().await;
    let body = json!({"name": "a", "rate_limit": 9, "platforms": ["tiktok"], "budget_per_day": 1});
    let old = made(&stack, &customer, body.clone()).await;
    let answer = rotate(&stack, &customer.live, &old.id(), &json!({"grace_seconds": 90})).await;
    let new = secret(&answer);
    let (shown, before) = (&answer.body["data"]["key"], &answer.body["data"]["old"]);
    for field in ["name", "rate_limit", "platforms", "budget_per_day", "mode"] {
        assert_eq!(shown[field], before[field], "{field}");
    }
    assert_eq!((&shown["id"], &shown["last_four"]), (&json!(new.id()), &json!(new.last4())));
    assert_eq!((&before["rotated_to"], &before["ends_at"]), (&json!(new.id()), &json!("2026-11-23T12:01:30.000Z")));
    assert_eq!(create(&stack, &customer.live, body).await.body["data"]["key"]["id"], new.id());
    stack.clock.advance(89);
    for key in [&old, &new] {
        assert_eq!(stack.post_stats(key, POST).await.status, 200);
    }
    stack.clock.advance(1);
    let answer = stack.post_stats(&old, POST).await;
    assert!(answer.status == 401 && answer.body["error"].as_str().unwrap().contains("12:01:30Z"), "{answer:?}");
    assert_eq!(stack.post_stats(&new, POST).await.status, 200);
    let list = stack.get(&customer.live, "/v1/keys").await;
    assert!(ids(&list).contains(&&*new.id()) && !ids(&list).contains(&&*old.id()));
}

#[tokio::test]
async fn status_200_a_second_rotation_replaces_an_unused_successor_and_is_409_for_a_used_one() {
    let (stack, customer) = start().await;
    let id = customer.live.id();
    let lost = secret(&rotate(&stack, &customer.live, &id, &json!({"grace_seconds": 60})).await);
    let new = secret(&rotate(&stack, &customer.live, &id, &json!({"grace_seconds": 600})).await);
    assert_eq!(stack.get(&lost, "/v1/ping").await.status, 401);
    assert_eq!(stack.account(&customer).await.keys.len(), 3);
    stack.clock.advance(61);
    assert_eq!(
        stack.get(&customer.live, "/v1/keys").await.status,
        200,
        "a key that will end can manage keys until then"
    );
    assert_eq!(stack.get(&new, "/v1/ping").await.status, 200);
    let answer = rotate(&stack, &customer.live, &id, &json!({})).await;
    assert_eq!((answer.status, answer.code()), (409, "already_rotated"));
    assert!(answer.body["error"].as_str().unwrap().contains(&new.id()), "{answer:?}");
    // A deleted successor doesn't count.
    made(&stack, &customer, json!({"name": "manager"})).await;
    assert_eq!(delete(&stack, &customer.live, &new.id()).await.status, 200);
    let shown = stack.get(&customer.live, "/v1/keys").await;
    assert!(ids(&shown).contains(&&*id), "{shown:?}");
    secret(&rotate(&stack, &customer.live, &id, &json!({})).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_under_load_without_a_failed_request() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1_000).await;
    let mut key = customer.live.clone();
    for round in 0..4 {
        let links: Vec<_> = (0..20).map(|id| link(1 + round * 20 + id)).collect();
        let requests = join_all(links.iter().map(|link| stack.post_stats(&key, link)));
        let id = key.id();
        let grace = json!({"grace_seconds": 60});
        let (answers, rotated) = tokio::join!(requests, rotate(&stack, &key, &id, &grace));
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        let new = secret(&rotated);
        let both = join_all([&key, &new].map(|key| stack.post_stats(key, POST))).await;
        assert!(both.iter().all(|answer| answer.status == 200), "{both:?}");
        key = new;
    }
    assert_eq!(stack.account(&customer).await.spent.0, 81_000);
}

#[tokio::test]
async fn a_transaction_that_conflicts_with_other_writes_is_tried_again() {
    let (stack, customer) = start().await;
    let mut conflicts = 8;
    stack.dynamodb.script(move |call| {
        if call.operation == "TransactWriteItems" && conflicts > 0 {
            conflicts -= 1;
            return Fate::CancelTransaction;
        }
        Fate::Pass
    });
    made(&stack, &customer, json!({"name": "a"})).await;
}

#[tokio::test]
async fn a_request_in_flight_continues_if_its_key_is_deleted_or_gets_another_budget() {
    let (stack, customer) = start().await;
    let new = made(&stack, &customer, json!({"name": "a", "budget_per_day": 1})).await;
    let budget = Some("1".parse().unwrap());
    let wanted = Wanted { price: "0.001".parse().unwrap(), answers: 1, budget };
    assert_eq!(delete(&stack, &customer.live, &new.id()).await.status, 200);
    stack.accounts.hold_some(&new, Endpoint::PostStats, "seen", wanted, None).await.unwrap();
    let other = made(&stack, &customer, json!({"name": "b", "budget_per_day": 0.001})).await;
    // The stored item decides, not the item that the request has read.
    stack.accounts.hold_some(&other, Endpoint::PostStats, "first", wanted, None).await.unwrap();
    assert!(stack.accounts.hold_some(&other, Endpoint::PostStats, "second", wanted, None).await.is_err());
    let wanted = Wanted { budget: None, ..wanted };
    assert!(stack.accounts.hold_some(&other, Endpoint::PostStats, "third", wanted, None).await.is_err());
}

#[tokio::test]
async fn money_held_for_a_key_counts_in_its_budget() {
    let stack = Stack::start().await;
    stack.all_of_tiktok(silence()).await;
    let customer = stack.customer("1", 60).await;
    let new = made(&stack, &customer, json!({"name": "a", "budget_per_day": 0.001})).await;
    let (base, key) = (stack.base.clone(), new.reveal().to_owned());
    tokio::spawn(async move {
        let request = system_tests::http_client().post(format!("{base}/v1/post/stats")).header("x-api-key", key);
        request.body(json!({ "url": link(1) }).to_string()).send().await
    });
    until(async || stack.account(&customer).await.holds.len() == 1).await;
    assert_eq!(stack.post_stats(&new, &link(2)).await.code(), "key_budget_exceeded");
}
