//! The common behaviour of all endpoints about creators, one part per status.

use rstest::rstest;
use serde_json::json;
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::order;
use strum::IntoEnumIterator;
use system_tests::fixtures::{Case, Fixture, answer};
use system_tests::{ALL_KEYS, Stack, answering};

/// All endpoints that ask providers about creators.
fn endpoints() -> impl Iterator<Item = Endpoint> {
    Endpoint::iter().filter(|endpoint| endpoint.operation().is_some_and(|operation| operation != Operation::PostStats))
}

// 200

#[rstest]
#[tokio::test]
async fn status_200_the_sandbox_answers_on_three_platforms(#[values("tiktok", "instagram", "youtube")] platform: &str) {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let body = json!({"username": "some_one", "platform": platform}).to_string();
    for endpoint in endpoints() {
        let answer = stack.ask(endpoint, &customer.test, body.clone()).await;
        let data = &answer.body["data"];
        assert_eq!((answer.status, &data["provider"]), (200, &json!("sandbox")), "{answer:?}");
        assert_eq!((&data["username"], answer.header("x-charge")), (&json!("some_one"), "0"));
        match endpoint {
            Endpoint::ChannelVideos => assert_eq!(data["count"], 20),
            Endpoint::MedianViews => assert_eq!(data["videos_analyzed"], 20),
            Endpoint::Email => assert_eq!(data["email"], "contact@example.com"),
            _ => assert!(data["followers"].is_u64()),
        }
    }
}

#[rstest]
#[case("tiktok", "6881290705605477381")]
#[case("instagram", "3109786630")]
#[case("youtube", "UCmadeUpmadeUpmadeUp0001")]
#[tokio::test]
async fn status_200_a_creator_is_found_by_its_id_after_a_change_of_name(#[case] platform: Platform, #[case] id: &str) {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    let body = json!({"id": id, "platform": platform}).to_string();
    // The first provider that accepts this kind of id, and its answer about the creator, whose name
    // has changed since.
    let operation = Operation::Profile;
    let by_id = order(platform, operation).iter().find_map(|provider| {
        let fixture = Fixture::of(operation, platform, provider);
        let link = format!("id:{id}");
        let is_by_id = |case: &&Case| case.link.as_ref().is_some_and(|asked| *asked == link || asked.contains(id));
        let case = fixture.answers.values().find(is_by_id)?.clone();
        Some((*provider, fixture, case))
    });
    let (provider, fixture, case) = by_id.unwrap();
    stack.upstream(provider).await.answers(case.routes(&fixture));
    let answer = stack.ask(Endpoint::Profile, &customer.live, body.clone()).await;
    let data = &answer.body["data"];
    assert_eq!((answer.status, &data["id"], &data["provider"]), (200, &json!(id), &json!(provider)), "{answer:?}");
    assert_eq!(data["username"], case.gives.unwrap()["username"]);
    for endpoint in endpoints() {
        let answer = stack.ask(endpoint, &customer.test, body.clone()).await;
        assert_eq!((answer.status, &answer.body["data"]["username"]), (200, &json!("some_one")), "{answer:?}");
    }
}

#[tokio::test]
async fn status_200_a_short_link_leads_to_a_creator_in_the_sandbox() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    for link in ["https://vm.tiktok.com/ZMexample/", "https://www.instagram.com/share/BAexample1"] {
        let answer = stack.ask(Endpoint::Profile, &customer.test, json!({ "url": link }).to_string()).await;
        assert_eq!((answer.status, &answer.body["data"]["username"]), (200, &json!("some_one")), "{answer:?}");
    }
}

// 400

#[rstest]
#[case("{}", "invalid_request", "`url` is missing")]
#[case(r#"{"platform": "tiktok"}"#, "invalid_request", "`url` is missing")]
#[case(r#"{"username": "some.one"}"#, "invalid_request", "`platform` is missing")]
#[case(r#"{"username": "", "platform": "tiktok"}"#, "invalid_request", "`url` is missing")]
#[case(r#"{"username": "a", "platform": " "}"#, "invalid_request", "`platform` is missing")]
#[case(r#"{"username": 5, "platform": "tiktok"}"#, "invalid_request", "`username` must be a string")]
#[case(r#"{"username": "a", "platform": "myspace"}"#, "unsupported_platform", "myspace")]
#[case(
    r#"{"username": "b", "url": "https://www.tiktok.com/@a"}"#,
    "invalid_request",
    "can't be seen that `url` and `username` are the same creator"
)]
#[case(r#"{"id": "1"}"#, "invalid_request", "`platform` is missing")]
#[case(r#"{"id": 1, "platform": "tiktok"}"#, "invalid_request", "`id` must be a string")]
#[case(r#"{"id": "some.one", "platform": "tiktok"}"#, "invalid_request", "on TikTok: such an id has only digits")]
#[case(r#"{"id": "1", "platform": "youtube"}"#, "invalid_request", "on YouTube: such an id has UC and 22 more")]
#[case(r#"{"id": "1", "username": "a", "platform": "tiktok"}"#, "invalid_request", "send only one of the three")]
#[case(r#"{"id": "1", "url": "https://www.tiktok.com/@a"}"#, "invalid_request", "send only one of the three")]
#[case(r#"{"id": "1", "platform": "facebook"}"#, "unsupported_platform", "does not work for Facebook")]
#[case(
    r#"{"username": "a", "url": "https://www.tiktok.com/@a", "platform": "youtube"}"#,
    "invalid_link",
    "TikTok link"
)]
#[case(
    r#"{"username": "a", "url": "https://www.youtube.com/channel/UC1234567890123456789012"}"#,
    "invalid_request",
    "can't be seen that `url` and `username` are the same creator"
)]
#[case(r#"{"username": "a", "url": "https://vm.tiktok.com/ZM1234567/"}"#, "invalid_request", "with a short link")]
#[case(r#"{"username": "a", "url": "https://www.tiktok.com/@a/video/1"}"#, "invalid_link", "link of one TikTok post")]
#[case(r#"{"username": "a/b", "platform": "tiktok"}"#, "invalid_link", "such a username: it contains a slash; send")]
#[case(r#"{"username": "explore", "platform": "instagram"}"#, "invalid_link", "one of the platform's own words; send")]
#[case(r#"{"username": "https://www.instagram.com/a", "platform": "tiktok"}"#, "invalid_link", "an Instagram link")]
#[case(r#"{"username": "https://www.tiktok.com/@a/video/1", "platform": "tiktok"}"#, "invalid_link", "one TikTok post")]
#[case(r#"{"username": "https://linktr.ee/a", "platform": "tiktok"}"#, "invalid_link", "a Linktree page")]
#[case(r#"{"url": "https://linktr.ee/a", "platform": "tiktok"}"#, "invalid_link", "a Linktree page")]
#[case(r#"{"url": "https://mirror.example/@a", "platform": "tiktok"}"#, "invalid_link", "mirror.example")]
#[case(r#"{"url": "some.one", "platform": "tiktok"}"#, "invalid_link", "a website or a creator's name; send")]
#[case(r#"{"url": "a@gmail.com", "platform": "tiktok"}"#, "invalid_link", "an e-mail address; send")]
#[case(r#"{"url": "hello"}"#, "invalid_link", "send the full link of a creator's page")]
#[case(
    r#"{"url": "https://www.tiktok.com/tag/dance"}"#,
    "invalid_link",
    "hashtag page; send the link of a creator's page"
)]
#[case(r#"{"url": "https://www.tiktok.com/@a/video/1"}"#, "invalid_link", "this is the link of one TikTok post")]
#[case(r#"{"url": "https://x.com/jack/status/20"}"#, "unsupported_platform", "TikTok, Instagram, YouTube")]
#[case(r#"{"url": "https://x.com/jack"}"#, "unsupported_platform", "works for TikTok, Instagram, YouTube")]
#[case(r#"{"username": "zuck", "platform": "facebook"}"#, "unsupported_platform", "does not work for Facebook")]
#[case(r#"{"url": "https://www.linkedin.com/in/some-one"}"#, "unsupported_platform", "does not work for LinkedIn")]
#[tokio::test]
async fn status_400_says_what_to_send(#[case] body: &'static str, #[case] code: &str, #[case] says: &str) {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    for endpoint in endpoints() {
        let answer = stack.ask(endpoint, &customer.live, body).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{answer:?}");
        assert!(answer.body["error"].as_str().unwrap().contains(says), "{answer:?}");
    }
    assert!(stack.upstream.received_requests().await.unwrap().is_empty());
}

#[rstest]
#[case::all_three_fields(
    r#"{"url": "https://www.tiktok.com/@some.one", "username": "some.one", "platform": "tiktok"}"#
)]
#[case::a_username_with_an_at_sign_as_documented(
    r#"{"url": "https://www.tiktok.com/@some.one", "username": "@Some.One"}"#
)]
#[case::an_empty_link(r#"{"url": "", "username": "some.one", "platform": "tiktok"}"#)]
#[case::an_empty_name(r#"{"url": "https://www.tiktok.com/@some.one", "username": " ", "platform": ""}"#)]
#[tokio::test]
async fn status_200_for_url_username_and_platform_that_agree(#[case] body: &'static str) {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    for endpoint in endpoints() {
        let answer = stack.ask(endpoint, &customer.test, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["username"].as_str().unwrap_or("some.one"), "some.one");
    }
}

// 401, 402

#[tokio::test]
async fn status_401_without_a_key() {
    let stack = Stack::start().await;
    for endpoint in endpoints() {
        let answer = stack.send("POST", endpoint.spec().path, &[], "{}").await;
        assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
    }
}

#[tokio::test]
async fn status_402_below_the_endpoints_own_price() {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("0.0015", 60).await;
    let body = r#"{"username": "some.one", "platform": "tiktok"}"#;
    let mut status = Vec::new();
    for endpoint in endpoints() {
        status.push(stack.ask(endpoint, &customer.live, body).await.status);
    }
    assert_eq!(status, [502, 402, 402, 502]);
}

// 404

#[tokio::test]
async fn status_404_for_a_creator_that_is_proved_not_to_exist() {
    let (stack, customer, upstream) = answering(Operation::Profile, Platform::Instagram, "a creator").await;
    let fixture = Fixture::of(Operation::Profile, Platform::Instagram, "hikerapi");
    upstream.answers(fixture.failures["unknown"].routes(&fixture));
    let body = r#"{"username": "some.one", "platform": "instagram"}"#;
    for endpoint in [Endpoint::Profile, Endpoint::Email] {
        let answer = stack.ask(endpoint, &customer.live, body).await;
        assert_eq!((answer.status, answer.code(), answer.header("x-charge")), (404, "not_found", "0"));
    }
    assert_eq!(stack.asked("hikerapi").await, 1);
}

// 502

#[tokio::test]
async fn status_502_when_all_providers_fail() {
    let stack = Stack::with(&ALL_KEYS).await;
    for provider in ["hikerapi", "scrapecreators", "instagram-scraper-stable-api", "instagram-looter2"] {
        stack.provider(provider, answer(500, &json!("down"))).await;
    }
    let customer = stack.customer("1", 60).await;
    for endpoint in endpoints() {
        let answer = stack.ask(endpoint, &customer.live, r#"{"username": "some.one", "platform": "instagram"}"#).await;
        assert_eq!((answer.status, answer.code(), answer.header("x-charge")), (502, "upstream_failed", "0"));
    }
}

// The sandbox's reserved names

#[tokio::test]
async fn a_reserved_name_returns_its_error() {
    let stack = Stack::start().await;
    let expected = [
        (200, "0200"),
        (402, "0402"),
        (404, "0404"),
        (429, "0429"),
        (429, "1429"),
        (429, "2429"),
        (500, "0500"),
        (502, "0502"),
    ];
    for platform in ["tiktok", "instagram", "youtube"] {
        let customer = stack.customer("0", 60).await;
        for (status, end) in expected {
            for endpoint in endpoints() {
                let body = json!({"username": format!("sandbox{end}"), "platform": platform}).to_string();
                let answer = stack.ask(endpoint, &customer.test, body).await;
                assert_eq!(answer.status, status, "{platform} {end} {answer:?}");
            }
        }
    }
}
