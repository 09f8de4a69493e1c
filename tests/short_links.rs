//! Short links: each redirect is checked before it is followed, only the platform's own hosts are
//! allowed, and the target is cached.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use shared::platform::{Creator, Link, Post, parse};
use shared::provider::HttpClient;
use shared::short_link::{ResolveError, Settings, ShortLinks};
use system_tests::{Stack, api23_post, silence};
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

const SHORT: &str = "https://vm.tiktok.com/ZMabcdefg/";
const POST: &str = "https://www.tiktok.com/@some.one/video/7106594312292453675?_r=1&_t=abc";

fn redirect(to: &str) -> ResponseTemplate {
    ResponseTemplate::new(301).insert_header("location", to)
}

async fn leads(stack: &Stack, from: &str, answer: ResponseTemplate) {
    let from = from.strip_prefix("https://").unwrap();
    Mock::given(path(format!("/short/{from}"))).respond_with(answer).mount(&stack.upstream).await;
}

#[rstest]
#[case("https://vm.tiktok.com/ZMabcdefg/")]
#[case("http://vm.tiktok.com/ZMabcdefg?share=1")]
#[tokio::test]
async fn a_short_link_is_the_post_that_it_leads_to(#[case] link: &str) {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    leads(&stack, SHORT, redirect(POST)).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, link).await;
    assert_eq!((answer.status, answer.body["data"]["post_id"].as_str()), (200, Some("7106594312292453675")));
    assert_eq!(answer.header("x-charge"), "0.001");

    let again = stack.post_stats(&customer.live, link).await;
    assert_eq!((again.body["meta"]["cached"].as_bool(), again.header("x-charge")), (Some(true), "0"));
    assert_eq!(stack.asked("short").await, 1, "the target is cached");
    let plain = stack.post_stats(&customer.live, POST).await;
    assert_eq!(plain.body["meta"]["cached"], true, "both links share one entry");
}

#[tokio::test]
async fn a_short_link_may_lead_to_another_one() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    leads(&stack, "https://www.tiktok.com/t/ZTabcdefg/", redirect("https://vm.tiktok.com/ZMabcdefg")).await;
    leads(&stack, SHORT, redirect(POST)).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, "https://www.tiktok.com/t/ZTabcdefg/").await;
    assert_eq!(answer.status, 200);
}

#[rstest]
#[case::relative(redirect("/tag/dance"))]
#[case::another_host(redirect("https://evil.example/@a/video/1"))]
#[case::look_alike(redirect("https://www.tiktok.com.evil.example/@a/video/1"))]
#[case::http(redirect("http://www.tiktok.com/@a/video/1"))]
#[case::private_address(redirect("https://169.254.169.254/latest/meta-data"))]
#[case::localhost(redirect("https://localhost/@a/video/1"))]
#[case::another_platform(redirect("https://www.youtube.com/watch?v=dQw4w9WgXcQ"))]
#[case::circle(redirect(SHORT))]
#[case::creator(redirect("https://www.tiktok.com/@some.one"))]
#[case::gone(ResponseTemplate::new(404))]
#[tokio::test]
async fn status_400_for_a_short_link_that_leads_to_no_post(#[case] answer: ResponseTemplate) {
    let stack = Stack::start().await;
    leads(&stack, SHORT, answer).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, SHORT).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_link"));
    assert!(answer.body["error"].as_str().unwrap().contains("send the"), "{answer:?}");
    assert_eq!(answer.header("x-balance"), "1");
    let elsewhere = stack.upstream.received_requests().await.unwrap();
    assert!(elsewhere.iter().all(|request| request.url.path().starts_with("/short/vm.tiktok.com/")));
}

#[rstest]
#[case::blocked(ResponseTemplate::new(403))]
#[case::busy(ResponseTemplate::new(429))]
#[case::broken(ResponseTemplate::new(500))]
#[case::page(ResponseTemplate::new(200).set_body_string("<html>"))]
#[case::login(redirect("https://www.tiktok.com/login?redirect_url=x"))]
#[case::home(redirect("https://www.tiktok.com/"))]
#[case::no_location(ResponseTemplate::new(301))]
#[case::long(redirect(&format!("https://www.tiktok.com/@a/video/{}", "1".repeat(5000))))]
#[case::silence(silence())]
#[tokio::test]
async fn status_502_if_the_platform_does_not_resolve_the_short_link(#[case] answer: ResponseTemplate) {
    let stack = Stack::with(&[("SHORT_LINK_TIMEOUT_MS", "200")]).await;
    leads(&stack, SHORT, answer).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, SHORT).await;
    assert_eq!((answer.status, answer.code()), (502, "upstream_failed"));
}

#[tokio::test]
async fn a_short_link_is_followed_five_times_and_not_a_sixth() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let link = |n: u32| format!("https://vm.tiktok.com/ZM{n}/");
    for n in 1..=5 {
        leads(&stack, &link(n), redirect(&link(n + 1))).await;
    }
    leads(&stack, &link(6), redirect(POST)).await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, &link(2)).await.status, 200);
    assert_eq!(stack.asked("short").await, 5);
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 400);
    assert_eq!(stack.asked("short").await, 10);
}

#[tokio::test]
async fn status_502_for_a_location_of_a_megabyte() {
    let stack = Stack::start().await;
    leads(&stack, SHORT, redirect(&format!("https://www.tiktok.com/{}", "x".repeat(1024 * 1024)))).await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, SHORT).await.status, 502);
}

#[rstest]
#[case(
    "https://vt.tiktok.com/ZSabcdefg/",
    "https://www.tiktok.com/@a/photo/7106594312292453675",
    "7106594312292453675"
)]
#[case("https://www.tiktok.com/t/ZTabcdefg/", "https://www.tiktok.com/@a?_t=1", "a")]
#[case(
    "https://www.instagram.com/share/reel/BARSSL4rTu",
    "https://www.instagram.com/reel/CzXyZ12AbCd/?igsh=x",
    "CzXyZ12AbCd"
)]
#[case("https://www.instagram.com/share/BARSSL4rTu", "/some.one/", "some.one")]
#[case("https://t.co/AbCdEf1234", "https://twitter.com/a/status/1234567890?s=20", "1234567890")]
#[case("https://pic.x.com/AbCdEf1234", "https://x.com/a/status/1234567890/photo/1", "1234567890")]
#[case("https://fb.watch/AbCdEf123-/", "https://www.facebook.com/watch/?v=1234567890", "1234567890")]
#[case(
    "https://www.facebook.com/share/r/1AbCdEfGhI/",
    "https://www.facebook.com/reel/1234567890/?rdid=x",
    "1234567890"
)]
#[case(
    "https://lnkd.in/p/abcd1234",
    "https://www.linkedin.com/posts/a_b-activity-7294184927465283584-x",
    "7294184927465283584"
)]
#[tokio::test]
async fn every_redirect_of_a_platforms_short_links_is_checked_before_it_is_followed(
    #[case] short: &str,
    #[case] to: &str,
    #[case] id: &str,
) {
    let stack = Stack::start().await;
    leads(&stack, short, redirect(to)).await;
    let found = follow(&stack, short).await.unwrap();
    assert!(
        matches!(&found, Link::Post(Post { id: found, .. }) | Link::Creator(Creator { id: found, .. }) if found == id),
        "{found:?}"
    );
}

#[rstest]
#[case::another_platform("https://t.co/AbCdEf1234", "https://www.youtube.com/watch?v=dQw4w9WgXcQ")]
#[case::another_site("https://lnkd.in/abcd1234", "https://example.com/")]
#[case::private_address("https://fb.watch/AbCdEf123-/", "https://10.0.0.1/watch/?v=1")]
#[case::http("https://www.instagram.com/share/BARSSL4rTu", "http://www.instagram.com/p/CzXyZ12AbCd/")]
#[tokio::test]
async fn no_platforms_short_link_leads_to_another_site(#[case] short: &str, #[case] to: &str) {
    let stack = Stack::start().await;
    leads(&stack, short, redirect(to)).await;
    assert!(matches!(follow(&stack, short).await, Err(ResolveError::LeadsElsewhere(_))));
    assert_eq!(stack.upstream.received_requests().await.unwrap().len(), 1);
}

/// Follows a link, with the stand-in for all hosts.
async fn follow(stack: &Stack, short: &str) -> Result<Link, ResolveError> {
    let base_url = format!("{}/short", stack.upstream.uri()).parse().unwrap();
    let settings = Settings { base_url: Some(base_url), timeout: Duration::from_secs(30) };
    let Ok(Link::Short(short)) = parse(short, None) else { panic!("{short}") };
    ShortLinks::new(HttpClient::new(false), settings).resolve(&short).await
}

#[tokio::test]
async fn a_short_link_is_followed_only_for_a_key_that_can_ask() {
    let stack = Stack::start().await;
    let poor = stack.customer("0", 60).await;
    assert_eq!(stack.post_stats(&poor.live, SHORT).await.status, 402);
    let nobody = shared::account::ApiKey::generate(shared::account::Mode::Live, &poor.account);
    assert_eq!(stack.post_stats(&nobody, SHORT).await.status, 401);
    assert_eq!(stack.asked("short").await, 0);
}

#[tokio::test]
async fn the_sandbox_follows_short_links_without_internet() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let first = stack.post_stats(&customer.test, SHORT).await;
    assert_eq!((first.status, &first.body["data"]["provider"]), (200, &json!("sandbox")));
    let again = stack.post_stats(&customer.test, SHORT).await;
    assert_eq!(again.body["data"], first.body["data"]);
    assert_eq!(stack.asked("short").await, 0);
}

#[tokio::test]
async fn short_links_that_lead_to_nothing_are_free_failures_up_to_the_daily_limit() {
    let stack = Stack::with(&[("FREE_MISSES_PER_DAY", "3")]).await;
    let customer = stack.customer("0.001", 60).await;
    let link = |n: usize| format!("https://vm.tiktok.com/ZMnothing{n}/");
    let mut statuses = Vec::new();
    for n in 0..6 {
        leads(&stack, &link(n), ResponseTemplate::new(404)).await;
        statuses.push(stack.post_stats(&customer.live, &link(n)).await.status);
    }
    assert_eq!(statuses, [400, 400, 400, 429, 429, 429]);
    assert_eq!(stack.asked("short").await, 3);
    let account = stack.account(&customer).await;
    assert_eq!((account.balance.0, account.holds.len()), (1_000, 0));
}

#[tokio::test]
async fn short_links_of_another_kind_than_the_endpoint_takes_are_free_failures() {
    let stack = Stack::with(&[("FREE_MISSES_PER_DAY", "2")]).await;
    let customer = stack.customer("0.001", 60).await;
    let mut statuses = Vec::new();
    for n in 0..4 {
        let link = format!("https://vm.tiktok.com/ZMcreator{n}/");
        leads(&stack, &link, redirect("https://www.tiktok.com/@some.one")).await;
        statuses.push(stack.post_stats(&customer.live, &link).await.status);
    }
    assert_eq!(statuses, [400, 400, 429, 429]);
    assert_eq!(stack.asked("short").await, 2);
}

#[tokio::test]
async fn following_a_short_link_is_not_counted_as_a_failed_request() {
    use shared::account::Measure;
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    leads(&stack, SHORT, redirect(POST)).await;
    let dead = "https://vm.tiktok.com/ZMnothing/";
    leads(&stack, dead, ResponseTemplate::new(404)).await;
    for (link, status) in [(SHORT, 200), (SHORT, 200), (dead, 400)] {
        assert_eq!(stack.post_stats(&customer.live, link).await.status, status);
    }
    let days = stack.accounts.usage(&customer.account).await.unwrap();
    let day = days.values().next().unwrap();
    let counts = [Measure::Requests, Measure::Fresh, Measure::Failed];
    let counts = counts.map(|measure| day.endpoints[&(shared::contract::Endpoint::PostStats, measure)]);
    assert_eq!(counts, [3, 1, 1]);
    assert_eq!(day.keys.values().sum::<i64>(), 1_000);
}

#[tokio::test]
async fn a_short_link_to_a_cached_answer_is_answered_while_the_money_is_held() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    leads(&stack, SHORT, redirect(POST)).await;
    let [rich, customer] = [stack.customer("1", 60).await, stack.customer("0.001", 60).await];
    assert_eq!(stack.post_stats(&rich.live, SHORT).await.status, 200);
    let (endpoint, price) = (shared::contract::Endpoint::PostStats, shared::money::MicroDollars(1_000));
    stack.accounts.hold(&customer.live, endpoint, "request-in-flight", price).await.unwrap();
    assert_eq!(stack.post_stats(&customer.live, SHORT).await.status, 200);
    let other = "https://vm.tiktok.com/ZMother/";
    leads(&stack, other, redirect("https://www.tiktok.com/@a/video/1")).await;
    assert_eq!(stack.post_stats(&customer.live, other).await.status, 402);
    assert_eq!(stack.asked("short").await, 1);
}
