//! `GET /v1/usage`, one part per status.

use rstest::rstest;
use serde_json::{Value, json};
use shared::account::{ApiKey, Mode};
use shared::contract::Endpoint;
use system_tests::{Customer, POST, Stack, api23_post, json_answer};

/// In seconds: from the tests' start until midnight.
const UNTIL_MIDNIGHT: i64 = 12 * 3600;

fn link(id: usize) -> String {
    format!("https://www.tiktok.com/@a/video/{id}")
}

async fn usage(stack: &Stack, customer: &Customer, query: &str) -> Value {
    let answer = stack.get(&customer.live, &format!("/v1/usage{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["data"].clone()
}

/// The sum of all `charged` on the days and before them, in thousandths of a dollar.
fn thousandths(data: &Value) -> u64 {
    let of = |value: &Value| (value.as_f64().unwrap() * 1_000.0).round().to_string().parse::<u64>().unwrap();
    data["days"].as_array().unwrap().iter().map(|day| of(&day["charged"])).sum::<u64>() + of(&data["charged_before"])
}

// 200

#[tokio::test]
async fn status_200_shows_money_prices_and_usage_by_day_newest_first() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    stack.post_stats(&customer.live, &link(1)).await;
    stack.clock.advance(UNTIL_MIDNIGHT);
    for id in [1, 2, 2] {
        stack.post_stats(&customer.live, &link(id)).await;
    }
    stack.post_stats(&customer.live, "nothing").await;
    let answer = stack.get(&customer.live, "/v1/usage").await;
    insta::assert_json_snapshot!(answer.body["data"], @r#"
    {
      "balance": 0.997,
      "charged_before": 0,
      "days": [
        {
          "charged": 0.002,
          "date": "2026-11-24",
          "endpoints": [
            {
              "cached_or_refused": 2,
              "charged": 0.002,
              "endpoint": "post/stats",
              "failed": 0,
              "fresh": 2,
              "requests": 4
            },
            {
              "cached_or_refused": 0,
              "charged": 0,
              "endpoint": "usage",
              "failed": 0,
              "fresh": 0,
              "requests": 1
            }
          ]
        },
        {
          "charged": 0.001,
          "date": "2026-11-23",
          "endpoints": [
            {
              "cached_or_refused": 0,
              "charged": 0.001,
              "endpoint": "post/stats",
              "failed": 0,
              "fresh": 1,
              "requests": 1
            }
          ]
        }
      ],
      "funds": 1,
      "held": 0,
      "prices": {
        "channel/videos": 0.002,
        "email": 0.001,
        "median-views": 0.002,
        "post/stats": 0.001,
        "post/stats/batch": 0.001,
        "profile": 0.001
      },
      "spent": 0.003
    }
    "#);
    assert_eq!((answer.header("x-balance"), answer.header("x-charge")), ("0.997", ""), "usage is free");
}

#[tokio::test]
async fn status_200_charges_on_the_days_and_before_them_add_up_to_the_spent_money() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    for id in 1..6 {
        stack.post_stats(&customer.live, &link(id)).await;
        stack.clock.advance(2 * UNTIL_MIDNIGHT);
        for days in [1, 2, 31] {
            let data = usage(&stack, &customer, &format!("?days={days}")).await;
            assert_eq!(thousandths(&data).to_string(), id.to_string(), "{data:#}");
            assert!(data["days"].as_array().unwrap().len() <= days, "{data:#}");
        }
    }
}

#[tokio::test]
async fn status_200_shows_the_charges_of_one_key_by_day() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    let other = ApiKey::generate(Mode::Live, &customer.account);
    stack.accounts.add_key(&other, 60).await.unwrap();
    stack.post_stats(&customer.live, &link(1)).await;
    stack.post_stats(&other, &link(2)).await;
    stack.clock.advance(2 * UNTIL_MIDNIGHT);
    stack.post_stats(&other, &link(3)).await;
    let key = async |id: &str| usage(&stack, &customer, &format!("?key={id}")).await["key"].clone();
    let day = |date: &str| json!({"date": date, "charged": 0.001});
    assert_eq!(key(&other.id()).await, json!({"id": other.id(), "days": [day("2026-11-24"), day("2026-11-23")]}));
    assert_eq!(key(&customer.live.id()).await, json!({"id": customer.live.id(), "days": [day("2026-11-23")]}));
    // A revoked key is still listed.
    stack.accounts.revoke_key(&other.id()).await.unwrap();
    assert_eq!(key(&other.id()).await["days"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn status_200_money_in_flight_is_held_and_a_failure_is_counted_and_free() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10222}))).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 404);
    let data = usage(&stack, &customer, "").await;
    let of_posts = data["days"][0]["endpoints"].as_array().unwrap().iter().find(|one| one["endpoint"] == "post/stats");
    assert_eq!(
        of_posts,
        Some(
            &json!({"endpoint": "post/stats", "requests": 1, "fresh": 0, "failed": 1, "cached_or_refused": 0, "charged": 0})
        )
    );
    assert_eq!(
        (&data["balance"], &data["held"], &data["spent"], &data["funds"]),
        (&json!(1), &json!(0), &json!(0), &json!(1))
    );
}

#[tokio::test]
async fn status_200_the_public_key_has_no_usage() {
    let stack = Stack::start().await;
    let answer = stack.get(&ApiKey::public(Mode::Test), "/v1/usage").await;
    assert_eq!((answer.status, &answer.body["data"]["days"]), (200, &json!([])));
    assert!(stack.dynamodb.calls().is_empty());
}

// 400

#[rstest]
#[case("days=0", "`days` must be a whole number from 1 to 366")]
#[case("days=367", "`days` must be")]
#[case("days=-1", "`days` must be")]
#[case("days=1.5", "`days` must be")]
#[case("days=all", "`days` must be")]
#[case("days=1&days=2", "`days` was sent more than once")]
#[tokio::test]
async fn status_400_says_what_to_send(#[case] query: &str, #[case] says: &str) {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.get(&customer.live, &format!("/v1/usage?{query}")).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_request"), "{answer:?}");
    assert!(answer.body["error"].as_str().unwrap().contains(says), "{answer:?}");
}

// 401, 404, 429

#[tokio::test]
async fn status_401_without_a_key() {
    let stack = Stack::start().await;
    assert_eq!(stack.send("GET", "/v1/usage", &[], "").await.status, 401);
}

#[tokio::test]
async fn status_404_for_a_key_of_another_account() {
    let stack = Stack::start().await;
    let (customer, other) = (stack.customer("1", 60).await, stack.customer("1", 60).await);
    for id in [other.live.id(), "475a6c".to_owned(), "%23".to_owned()] {
        let answer = stack.get(&customer.live, &format!("/v1/usage?key={id}")).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{answer:?}");
        assert!(answer.body["error"].as_str().unwrap().contains("no key with this id"), "{answer:?}");
    }
}

#[tokio::test]
async fn status_429_when_the_rate_limit_is_used_up() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1).await;
    usage(&stack, &customer, "").await;
    let answer = stack.ask(Endpoint::Usage, &customer.live, "").await;
    assert_eq!((answer.status, answer.header("x-balance")), (429, "1"));
}
