//! `POST /v1/channel/videos`.

use rstest::rstest;
use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use system_tests::fixtures::{Fixture, answer};
use system_tests::{ALL_KEYS, Answer, Customer, Stack, answering};

async fn videos(stack: &Stack, customer: &Customer, platform: &str) -> Answer {
    let body = json!({"username": "some.one", "platform": platform}).to_string();
    stack.ask(Endpoint::ChannelVideos, &customer.live, body).await
}

#[tokio::test]
async fn status_200_has_the_published_shape() {
    let (stack, customer, _) = answering(Operation::ChannelVideos, Platform::TikTok, "a list").await;
    let answer = videos(&stack, &customer, "tiktok").await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.002"));
    insta::assert_json_snapshot!(answer.body, {".meta.request_id" => "[request id]"}, @r#"
    {
      "data": {
        "count": 3,
        "fetched_at": "2026-11-23T12:00:00.000Z",
        "platform": "tiktok",
        "precision": "rounded",
        "provider": "tiktok-api23",
        "username": "some.one",
        "videos": [
          {
            "comments": 3210,
            "created_at": "2025-11-13T13:17:33.000Z",
            "description": "made-up video 3",
            "duration_seconds": 39,
            "id": "7572198435487504598",
            "is_pinned": false,
            "kind": "video",
            "likes": 85000,
            "shares": 12000,
            "thumbnail_url": "https://cdn.example/cover.jpg",
            "url": "https://www.tiktok.com/@some.one/video/7572198435487504598",
            "views": 1200000
          },
          {
            "comments": 3210,
            "created_at": "2025-11-13T13:17:32.000Z",
            "description": "made-up video 2",
            "duration_seconds": null,
            "id": "7572198435487503598",
            "is_pinned": false,
            "kind": "photo",
            "likes": 85000,
            "shares": 12000,
            "thumbnail_url": null,
            "url": "https://www.tiktok.com/@some.one/photo/7572198435487503598",
            "views": 1200000
          },
          {
            "comments": 3210,
            "created_at": "2025-11-13T13:17:31.000Z",
            "description": "made-up video 1",
            "duration_seconds": 39,
            "id": "7572198435487502598",
            "is_pinned": true,
            "kind": "video",
            "likes": 85000,
            "shares": 12000,
            "thumbnail_url": "https://cdn.example/cover.jpg",
            "url": "https://www.tiktok.com/@some.one/video/7572198435487502598",
            "views": 1200000
          }
        ],
        "views_kind": "plays"
      },
      "meta": {
        "cached": false,
        "expires_at": "2026-11-23T12:10:00.000Z",
        "platform": "tiktok",
        "request_id": "[request id]"
      },
      "ok": true
    }
    "#);
}

#[tokio::test]
async fn status_200_a_time_that_a_provider_derived_from_words_is_null() {
    let stack = Stack::with(&[("SCRAPECREATORS_API_KEY", "s3cret"), ("KEYLESS_PROVIDERS", "off")]).await;
    let customer = stack.customer("1", 60).await;
    let fixture = Fixture::of(Operation::ChannelVideos, Platform::YouTube, "scrapecreators");
    stack.upstream("scrapecreators").await.answers(fixture.answers["a list"].routes(&fixture));
    let answer = videos(&stack, &customer, "youtube").await;
    let moments: Vec<_> = (0..3).map(|place| &answer.body["data"]["videos"][place]["created_at"]).collect();
    assert_eq!(moments, [&Value::Null, &json!("2025-11-13T13:17:32.000Z"), &Value::Null]);
}

#[tokio::test]
async fn status_200_an_answer_is_cached_for_10_minutes() {
    let (stack, customer, _) = answering(Operation::ChannelVideos, Platform::TikTok, "a list").await;
    videos(&stack, &customer, "tiktok").await;
    stack.clock.advance(599);
    assert_eq!(videos(&stack, &customer, "tiktok").await.body["meta"]["cached"], true);
    stack.clock.advance(2);
    assert_eq!(videos(&stack, &customer, "tiktok").await.body["meta"]["cached"], false);
}

#[tokio::test]
async fn a_creators_id_is_asked_for_once_a_day() {
    let (stack, customer, _) = answering(Operation::ChannelVideos, Platform::TikTok, "a list").await;
    let asked = async |path: &str| {
        let requests = stack.upstream.received_requests().await.unwrap();
        requests.iter().filter(|request| request.url.path().ends_with(path)).count()
    };
    videos(&stack, &customer, "tiktok").await;
    stack.clock.advance(3600);
    videos(&stack, &customer, "tiktok").await;
    assert_eq!([asked("/user/info").await, asked("/user/posts").await], [1, 2]);
    stack.clock.advance(86_400);
    videos(&stack, &customer, "tiktok").await;
    assert_eq!([asked("/user/info").await, asked("/user/posts").await], [2, 3]);
}

#[rstest]
#[case::to_no_creator(None)]
#[case::to_another_creator(Some("another creator"))]
#[tokio::test]
async fn an_id_that_no_longer_leads_to_the_creator_is_asked_for_again(#[case] failure: Option<&str>) {
    let (stack, customer, _) = answering(Operation::ChannelVideos, Platform::TikTok, "a list").await;
    let fixture = Fixture::of(Operation::ChannelVideos, Platform::TikTok, "tiktok-api23");
    let old = failure.map_or(json!({"statusCode": 10204}), |name| fixture.failures[name].body(&fixture));
    assert_eq!(videos(&stack, &customer, "tiktok").await.status, 200);
    // The name belongs to another account now.
    stack.upstream.reset().await;
    let user = json!({"userInfo": {"user": {"uniqueId": "some.one", "secUid": "MS4wLjABAAAA-new", "signature": ""},
        "statsV2": {"followerCount": "5"}}, "statusCode": 0});
    stack.provider("tiktok-api23/api/user/info", answer(200, &user)).await;
    let list = fixture.body("a list");
    let posts = move |request: &wiremock::Request| {
        let is_new = request.url.query().unwrap().contains("-new");
        answer(200, if is_new { &list } else { &old })
    };
    stack.provider("tiktok-api23/api/user/posts", posts).await;
    stack.clock.advance(601);
    let answer = videos(&stack, &customer, "tiktok").await;
    assert_eq!((answer.status, &answer.body["data"]["count"]), (200, &json!(3)), "{answer:?}");
}

#[tokio::test]
async fn a_list_that_became_empty_is_asked_for_once() {
    let (stack, customer, upstream) = answering(Operation::ChannelVideos, Platform::TikTok, "a list").await;
    assert_eq!(videos(&stack, &customer, "tiktok").await.status, 200);
    let fixture = Fixture::of(Operation::ChannelVideos, Platform::TikTok, "tiktok-api23");
    let mut routes = fixture.answers["a list"].routes(&fixture);
    let empty = json!({"data": {"itemList": [], "hasMore": false, "statusCode": 0}});
    routes.insert("/api/user/posts".to_owned(), answer(200, &empty));
    upstream.answers(routes);
    stack.clock.advance(601);
    videos(&stack, &customer, "tiktok").await;
    let requests = stack.upstream.received_requests().await.unwrap();
    let lists = requests.iter().filter(|request| request.url.path() == "/tiktok-api23/api/user/posts").count();
    assert_eq!(lists, 2, "one list for each of the two calls");
}

#[tokio::test]
async fn a_list_uses_the_id_that_a_profile_returned() {
    let (stack, customer, _) = answering(Operation::ChannelVideos, Platform::TikTok, "a list").await;
    let body = json!({"username": "some.one", "platform": "tiktok"}).to_string();
    assert_eq!(stack.ask(Endpoint::Profile, &customer.live, body).await.status, 200);
    videos(&stack, &customer, "tiktok").await;
    assert_eq!(stack.asked("tiktok-api23").await, 2);
}

/// A page of seven reels, which always has a next page.
fn page(number: i64) -> Value {
    let item = |place: i64| {
        let (code, at) = (format!("DRpage{number}_{place}"), 1_763_000_000 - number * 100 - place);
        json!({"code": code, "taken_at": at, "media_type": 2, "play_count": 5, "like_count": 1, "comment_count": 0})
    };
    json!({"items": (0..7).map(item).collect::<Vec<_>>(), "more_available": true, "next_max_id": "next"})
}

#[tokio::test]
async fn at_most_two_pages_are_requested() {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    let pages = |request: &wiremock::Request| {
        let is_second = request.url.query_pairs().any(|pair| pair == ("next_max_id".into(), "next".into()));
        answer(200, &page(i64::from(is_second)))
    };
    stack.provider("scrapecreators", pages).await;
    let answer = videos(&stack, &customer, "instagram").await;
    assert_eq!(answer.body["data"]["count"], 14, "{answer:?}");
    assert_eq!(stack.asked("scrapecreators").await, 2);
}

#[tokio::test]
async fn the_authors_of_both_pages_decide_whose_list_it_is() {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    let pages = |request: &wiremock::Request| {
        let is_second = request.url.query_pairs().any(|pair| pair == ("next_max_id".into(), "next".into()));
        let mut page = page(i64::from(is_second));
        for item in page["items"].as_array_mut().unwrap() {
            item["user"]["username"] = if is_second { "some.one" } else { "another.one" }.into();
        }
        answer(200, &page)
    };
    stack.provider("scrapecreators", pages).await;
    let answer = videos(&stack, &customer, "instagram").await;
    assert_eq!((answer.status, &answer.body["data"]["count"]), (200, &json!(14)), "{answer:?}");
}

#[tokio::test]
async fn an_empty_list_is_asked_for_again_in_another_region() {
    let variables = [("RAPIDAPI_KEY", ""), ("KEYLESS_PROVIDERS", "off"), ("SCRAPECREATORS_API_KEY", "s3cret")];
    let stack = Stack::with(&variables).await;
    let customer = stack.customer("1", 60).await;
    let list = Fixture::of(Operation::ChannelVideos, Platform::TikTok, "scrapecreators").body("a list");
    let by_region = move |request: &wiremock::Request| {
        let is_elsewhere = request.url.query_pairs().any(|pair| pair == ("region".into(), "US".into()));
        if is_elsewhere { answer(200, &list) } else { answer(200, &json!({"aweme_list": [], "has_more": 0})) }
    };
    stack.provider("scrapecreators", by_region).await;
    assert_eq!(videos(&stack, &customer, "tiktok").await.status, 200);
    assert_eq!(stack.asked("scrapecreators").await, 2);
}

#[tokio::test]
async fn a_failing_second_page_does_not_lose_the_first() {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    let pages = |request: &wiremock::Request| {
        let is_second = request.url.query().is_some_and(|query| query.contains("next_max_id"));
        if is_second { answer(500, &json!("down")) } else { answer(200, &page(0)) }
    };
    stack.provider("scrapecreators", pages).await;
    let answer = videos(&stack, &customer, "instagram").await;
    assert_eq!((answer.status, &answer.body["data"]["count"]), (200, &json!(7)));
}

#[tokio::test]
async fn an_empty_list_is_returned_only_if_it_is_proved() {
    let (stack, customer, upstream) = answering(Operation::ChannelVideos, Platform::Instagram, "no posts").await;
    let answer = videos(&stack, &customer, "instagram").await;
    assert_eq!((answer.status, &answer.body["data"]["count"]), (200, &json!(0)), "{answer:?}");
    assert_eq!(stack.asked("hikerapi").await, 0);

    stack.clock.advance(1000);
    let fixture = Fixture::of(Operation::ChannelVideos, Platform::Instagram, "scrapecreators");
    upstream.answers(fixture.failures["an empty list of somebody with posts"].routes(&fixture));
    assert_eq!(videos(&stack, &customer, "instagram").await.status, 502);
}

#[tokio::test]
async fn status_404_for_the_videos_of_a_private_creator() {
    let (stack, customer, upstream) = answering(Operation::ChannelVideos, Platform::Instagram, "a list").await;
    let fixture = Fixture::of(Operation::ChannelVideos, Platform::Instagram, "scrapecreators");
    upstream.answers(fixture.failures["an empty list of a private creator"].routes(&fixture));
    assert_eq!(videos(&stack, &customer, "instagram").await.status, 404);
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.body["data"]["videos"].as_array().unwrap().iter().map(|video| video["id"].as_str().unwrap()).collect()
}

async fn of_sandbox(stack: &Stack, customer: &Customer, options: Value) -> Answer {
    let mut body = json!({"username": "some.one", "platform": "tiktok"});
    body.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    stack.ask(Endpoint::ChannelVideos, &customer.test, body.to_string()).await
}

#[tokio::test]
async fn status_200_limit_and_since_select_from_one_cached_list() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let usual = of_sandbox(&stack, &customer, json!({})).await;
    assert_eq!((ids(&usual).len(), &usual.body["data"]["count"]), (20, &json!(20)));
    let all = of_sandbox(&stack, &customer, json!({"limit": 40})).await;
    assert_eq!((ids(&all).len(), &all.body["meta"]["cached"]), (40, &json!(true)), "another limit is the same list");
    assert_eq!(ids(&all)[..20], ids(&usual));
    for (limit, expected) in [(json!(1), 1), (json!(7.0), 7)] {
        let few = of_sandbox(&stack, &customer, json!({ "limit": limit })).await;
        assert_eq!(ids(&few), ids(&all)[..expected]);
    }
    let third = all.body["data"]["videos"][2]["created_at"].as_str().unwrap();
    for (since, expected) in [(third, 3), (&third[..10], 3), ("2026-09-22", 0), ("9999-12-31", 0), ("1970-01-01", 20)] {
        let young = of_sandbox(&stack, &customer, json!({ "since": since })).await;
        assert_eq!((ids(&young).len(), young.status), (expected, 200), "{since}");
    }
    let both = of_sandbox(&stack, &customer, json!({"since": third, "limit": 2})).await;
    assert_eq!(ids(&both), ids(&all)[..2]);
}

#[rstest]
#[case(json!({"limit": 0}), "`limit` must be a whole number from 1 to 40; send")]
#[case(json!({"limit": 41}), "`limit` must be")]
#[case(json!({"limit": -1}), "`limit` must be")]
#[case(json!({"limit": 1.5}), "`limit` must be")]
#[case(json!({"limit": "20"}), "`limit` must be")]
#[case(json!({"limit": true}), "`limit` must be")]
#[case(json!({"limit": u64::MAX}), "`limit` must be")]
#[case(json!({"since": 20_260_901}), "`since` must be a string")]
#[case(json!({"since": "yesterday"}), "`since` must be a date, such as \"2026-09-01\"; send")]
#[case(json!({"since": "2026-02-30"}), "`since` must be a date")]
#[case(json!({"since": "2026-09-01 18:00"}), "`since` must be a date")]
#[case(json!({"since": "2026-09-01T25:00:00Z"}), "`since` must be a date")]
#[tokio::test]
async fn status_400_for_an_invalid_limit_or_date(#[case] options: Value, #[case] says: &str) {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let answer = of_sandbox(&stack, &customer, options).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_request"), "{answer:?}");
    assert!(answer.body["error"].as_str().unwrap().contains(says), "{answer:?}");
}
