//! `POST /v1/profile`.

use rstest::rstest;
use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use system_tests::answering;

#[tokio::test]
async fn status_200_has_the_published_shape() {
    let (stack, customer, _) = answering(Operation::Profile, Platform::TikTok, "a creator").await;
    let body = json!({"url": "https://www.tiktok.com/@some.one"}).to_string();
    let answer = stack.ask(Endpoint::Profile, &customer.live, body).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"));
    insta::assert_json_snapshot!(answer.body, {".meta.request_id" => "[request id]"}, @r#"
    {
      "data": {
        "bio": "I am made up.",
        "completed_by": [],
        "created_at": "2021-08-09T13:14:07.000Z",
        "external_url": "https://some.one.example",
        "fetched_at": "2026-11-23T12:00:00.000Z",
        "followers": 33265139,
        "following": 412,
        "full_name": "Some One",
        "id": "6881290705605477381",
        "is_verified": true,
        "platform": "tiktok",
        "posts_count": 78,
        "precision": "exact",
        "profile_pic_url": "https://pictures.example/large.jpeg",
        "provider": "tiktok-api23",
        "username": "some.one"
      },
      "meta": {
        "cached": false,
        "expires_at": "2026-11-23T12:15:00.000Z",
        "platform": "tiktok",
        "request_id": "[request id]"
      },
      "ok": true
    }
    "#);
}

#[rstest]
#[case(json!({"username": "some.one", "platform": "tiktok"}))]
#[case(json!({"username": " @Some.One ", "platform": "TikTok", "url": null}))]
#[case(json!({"url": "@some.one", "platform": "tiktok"}))]
#[case(json!({"url": "https://m.tiktok.com/@some.one?lang=en", "platform": "tiktok"}))]
#[case(json!({"url": "https://www.tiktok.com/@some.one/live"}))]
#[case(json!({"username": "https://www.tiktok.com/@Some.One?lang=en", "platform": "tiktok"}))]
#[case(json!({"username": "%40some.one/", "platform": "tiktok"}))]
#[case(json!({"url": "Jane: tiktok.com/@some.one (50k)"}))]
#[tokio::test]
async fn status_200_all_ways_to_name_a_creator_share_one_cached_answer(#[case] body: Value) {
    let (stack, customer, _) = answering(Operation::Profile, Platform::TikTok, "a creator").await;
    let link = json!({"url": "https://www.tiktok.com/@some.one"}).to_string();
    assert_eq!(stack.ask(Endpoint::Profile, &customer.live, link).await.body["meta"]["cached"], false);
    let answer = stack.ask(Endpoint::Profile, &customer.live, body.to_string()).await;
    assert_eq!(answer.body["meta"]["cached"], true, "{answer:?}");
    assert_eq!(answer.header("x-charge"), "0");
}

#[tokio::test]
async fn status_200_a_channels_id_is_a_name_on_youtube() {
    let (stack, customer, _) = answering(Operation::Profile, Platform::YouTube, "a channel").await;
    let body = json!({"username": "UCmadeUpmadeUpmadeUp0001", "platform": "youtube"}).to_string();
    let answer = stack.ask(Endpoint::Profile, &customer.live, body).await;
    assert_eq!((answer.status, &answer.body["data"]["username"]), (200, &json!("some.one")), "{answer:?}");
    assert_eq!(answer.body["data"]["following"], Value::Null);
    let requests = stack.upstream.received_requests().await.unwrap();
    assert!(requests[0].url.query().unwrap().ends_with("&id=UCmadeUpmadeUpmadeUp0001"));
}

#[tokio::test]
async fn status_200_an_answer_is_cached_for_15_minutes() {
    let (stack, customer, _) = answering(Operation::Profile, Platform::Instagram, "a creator").await;
    let cached = async || {
        let body = json!({"username": "some.one", "platform": "instagram"}).to_string();
        stack.ask(Endpoint::Profile, &customer.live, body).await.body["meta"]["cached"].as_bool().unwrap()
    };
    assert!(!cached().await);
    stack.clock.advance(899);
    assert!(cached().await);
    stack.clock.advance(2);
    assert!(!cached().await);
}
