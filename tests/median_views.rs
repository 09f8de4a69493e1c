//! `POST /v1/median-views`.

use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use system_tests::{Stack, answering};

const BODY: &str = r#"{"username": "some.one", "platform": "instagram"}"#;

#[tokio::test]
async fn status_200_has_the_published_shape() {
    let (stack, customer, _) = answering(Operation::ChannelVideos, Platform::Instagram, "a list").await;
    let answer = stack.ask(Endpoint::MedianViews, &customer.live, BODY).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.002"));
    insta::assert_json_snapshot!(answer.body, {".meta.request_id" => "[request id]"}, @r#"
    {
      "data": {
        "fetched_at": "2026-11-23T12:00:00.000Z",
        "median_views": 900812,
        "platform": "instagram",
        "precision": "exact",
        "provider": "scrapecreators",
        "raw_view_counts": [
          900812
        ],
        "username": "some.one",
        "videos_analyzed": 1,
        "views_kind": "plays"
      },
      "meta": {
        "cached": false,
        "expires_at": "2026-11-23T12:10:00.000Z",
        "platform": "instagram",
        "request_id": "[request id]"
      },
      "ok": true
    }
    "#);
}

#[tokio::test]
async fn status_200_the_median_and_the_list_share_one_call_and_one_price() {
    let (stack, customer, _) = answering(Operation::ChannelVideos, Platform::Instagram, "a list").await;
    let list = stack.ask(Endpoint::ChannelVideos, &customer.live, BODY).await;
    stack.clock.advance(60);
    let median = stack.ask(Endpoint::MedianViews, &customer.live, BODY).await;
    assert_eq!((median.header("x-charge"), &median.body["meta"]["cached"]), ("0", &json!(true)));
    assert_eq!(median.body["data"]["fetched_at"], list.body["data"]["fetched_at"]);
    assert_eq!(median.body["data"]["provider"], list.body["data"]["provider"]);
    assert_eq!(stack.asked("scrapecreators").await, 1);
}

#[tokio::test]
async fn status_200_the_median_is_unknown_if_no_post_has_views() {
    let (stack, customer, _) = answering(Operation::ChannelVideos, Platform::Instagram, "photos alone").await;
    let answer = stack.ask(Endpoint::MedianViews, &customer.live, BODY).await;
    let data = &answer.body["data"];
    assert_eq!((answer.status, &data["median_views"], &data["videos_analyzed"]), (200, &Value::Null, &json!(0)));
    assert_eq!((&data["raw_view_counts"], &data["views_kind"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn status_200_limit_and_since_choose_the_counted_videos() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let median = async |options: &str| {
        let body = format!(r#"{{"username": "some.one", "platform": "tiktok"{options}}}"#);
        let data = stack.ask(Endpoint::MedianViews, &customer.test, body).await.body["data"].take();
        data["raw_view_counts"].as_array().unwrap().clone()
    };
    let all = median(r#", "limit": 40"#).await;
    assert_eq!(all.len(), 40);
    assert_eq!(median("").await, all[..20]);
    assert_eq!(median(r#", "limit": 3"#).await, all[..3]);
    assert_eq!(median(r#", "since": "2026-09-20""#).await, all[..2]);
}
