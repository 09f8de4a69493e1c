//! The chain of providers: it distinguishes failures, asks the next provider, and never answers
//! "not found" without proof.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;
use serde_json::{Value, json};
use shared::config::Config;
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::order;
use system_tests::fixtures::{Fixture, Upstream, entry, refusals};
use system_tests::{
    ALL_KEYS, Answer, Customer, Log, POST, Stack, TIKTOK, api23_post, json_answer, silence, tikwm_post,
};
use wiremock::matchers::path_regex;
use wiremock::{Mock, ResponseTemplate};

fn text(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(body)
}

fn drifted(change: impl FnOnce(&mut Value)) -> ResponseTemplate {
    let mut body = Fixture::post_stats(Platform::TikTok, "tiktok-api23").body("a video");
    change(&mut body);
    json_answer(200, body)
}

fn item(body: &mut Value) -> &mut Value {
    &mut body["itemInfo"]["itemStruct"]
}

/// Answers each connection with the first bytes, and then sends the second ones repeatedly until
/// the connection breaks.
async fn raw_server(head: Vec<u8>, endless: &'static [u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = head.clone();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let mut going = stream.write_all(&head).await.is_ok() && !endless.is_empty();
                while going {
                    going = stream.write_all(endless).await.is_ok();
                }
            });
        }
    });
    address
}

static SPACES: &[u8] = &[b' '; 8192];

/// About 64 KiB that decompress to 64 MiB.
fn gzip_bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        encoder.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    encoder.finish().unwrap()
}

#[rstest]
#[case::endless(b"HTTP/1.1 200 OK\r\n\r\n[".to_vec(), SPACES)]
#[case::endless_gzip([b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n".to_vec(), gzip_bomb()].concat(), b"")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_body_is_abandoned_long_before_the_timeout(#[case] head: Vec<u8>, #[case] endless: &'static [u8]) {
    let address = raw_server(head, endless).await;
    // Only the size limit can end the body: the attempt's timeout and the hedge are far away.
    let slow = [
        ("PROVIDERS_DEADLINE_MS", "600000"),
        ("PROVIDER_TIMEOUT_MS", "600000"),
        ("PROVIDER_HEDGE_MS", "600000"),
        ("SETTLE_WITHIN_MS", "600000"),
        ("FUNCTION_TIMEOUT_SECONDS", "600"),
        ("HOLD_SECONDS", "700"),
        ("TIKTOK_API23_BASE_URL", &address),
    ];
    let stack = Stack::with(&slow).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let patience = Duration::from_mins(1);
    let answer = tokio::time::timeout(patience, stack.post_stats(&customer.live, POST)).await.unwrap();
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let stack = Stack::start().await;
    let elsewhere = format!("{}/elsewhere/post?videoId=7106594312292453675", stack.upstream.uri());
    stack.provider("tiktok-api23", ResponseTemplate::new(302).insert_header("location", elsewhere)).await;
    stack.provider("elsewhere", api23_post).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
    assert_eq!(stack.asked("elsewhere").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_always_loses_its_hedge_rests() {
    let stack = Stack::with(&[("PROVIDER_HEDGE_MS", "100")]).await;
    stack.provider("tiktok-api23", silence()).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    for id in 1..=7 {
        assert_eq!(stack.post_stats(&customer.live, &link(id)).await.status, 200);
    }
    assert_eq!(stack.asked("tiktok-api23").await, 5);
}

#[tokio::test]
async fn the_next_provider_is_asked_after_a_refused_connection() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let stack = Stack::with(&[("TIKTOK_API23_BASE_URL", &format!("http://{free}"))]).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
}

#[tokio::test]
async fn the_keyless_provider_answers_if_all_others_fail() {
    let stack = Stack::start().await;
    stack.provider("tikwm", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tikwm");
}

#[rstest]
#[case::api_limit(json_answer(200, json!({"code": -1, "msg": "Free Api Limit: 1 request/second."})))]
#[case::cloudflare(text(403, "<html>Just a moment...</html>"))]
#[case::cloudflare_531(text(531, "error code: 531"))]
#[case::bad_parameters(json_answer(200, json!({"code": -1, "msg": "'url' is required."})))]
#[case::no_data(json_answer(200, json!({"code": 0, "msg": "success"})))]
#[case::ambiguous(json_answer(200, json!({"code": -1, "msg": "Url parsing is failed! Please check url."})))]
#[tokio::test]
async fn a_failure_of_tikwm_never_proves_that_a_post_does_not_exist(#[case] failure: ResponseTemplate) {
    let stack = Stack::start().await;
    for name in ["tiktok-scraper7", "tikwm"] {
        stack.provider(name, failure.clone()).await;
    }
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 502, "both providers have the same source");
    assert_eq!(stack.asked("tikwm").await, 1);
}

#[tokio::test]
async fn a_doubtful_not_found_that_another_source_confirms_is_404() {
    let stack = Stack::start().await;
    let deleted = json!({"statusCode": 10204, "statusMsg": "item_privacy_authorization&status_deleted"});
    stack.provider("tiktok-api23", json_answer(200, deleted)).await;
    let failed = json!({"code": -1, "msg": "Url parsing is failed! Please check url."});
    stack.provider("tiktok-scraper7", json_answer(200, failed)).await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 404);
    assert_eq!(stack.asked("tikwm").await, 0, "two sources are enough");
}

#[rstest]
#[case::texts(json!("1,949,999"), Some(1_949_999))]
#[case::overflowed(json!(-977_433_948), None)]
#[case::absent(json!(null), None)]
#[case::abbreviated(json!("1.2M"), None)]
#[case::beyond_32_bits(json!(11_907_467_940_u64), Some(11_907_467_940))]
#[tokio::test]
async fn a_count_is_read_exactly_or_is_unknown(#[case] likes: Value, #[case] expected: Option<u64>) {
    let stack = Stack::start().await;
    let answer = drifted(|body| {
        item(body)["stats"]["diggCount"] = likes;
        item(body)["statsV2"] = json!({});
    });
    stack.provider("tiktok-api23", answer).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["likes"].as_u64(), expected);
    assert_eq!(answer.body["data"]["views"], 1_200_000);
}

#[tokio::test]
async fn the_next_provider_is_asked_for_missing_views_and_both_answers_are_joined() {
    let stack = Stack::start().await;
    let partial = || {
        drifted(|body| {
            item(body)["stats"]["playCount"] = json!(0);
            item(body)["statsV2"] = json!({});
        })
    };
    stack.provider("tiktok-api23", partial()).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((&answer.body["data"]["views"], &answer.body["data"]["likes"]), (&json!(null), &json!(85_000)));
    assert_eq!(stack.asked("tikwm").await, 1, "all providers were asked");

    stack.clock.advance(301);
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    let data = &answer.body["data"];
    assert_eq!((&data["provider"], &data["completed_by"]), (&json!("tiktok-scraper7"), &json!(["tiktok-api23"])));
    assert_eq!(
        (&data["views"], &data["likes"]),
        (&json!(2_363_296_787_u64), &json!(85_000)),
        "each count is from the first provider that has it"
    );
    assert_eq!(data["precision"], "rounded", "because the likes are rounded");
    // The cached answer is joined, too.
    assert_eq!(stack.post_stats(&customer.live, POST).await.body["data"], *data);
}

#[rstest]
#[tokio::test]
async fn the_second_provider_of_every_pair_fills_only_the_gaps_of_the_first(
    #[values("tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin")] platform: Platform,
) {
    let all = order(platform, Operation::PostStats);
    for (first, second) in all.iter().flat_map(|first| all.iter().map(move |second| (*first, *second))) {
        if first == second {
            continue;
        }
        let variable = format!("PROVIDER_ORDER_{platform}_POST_STATS").to_uppercase();
        let order = format!("{first},{second}");
        let variables: Vec<_> = ALL_KEYS.iter().copied().chain([(&*variable, &*order)]).collect();
        let stack = Stack::with(&variables).await;
        let customer = stack.customer("1", 60).await;
        let (upstream, other) = (stack.upstream(first).await, stack.upstream(second).await);
        let (lacking, completing) = (Fixture::post_stats(platform, first), Fixture::post_stats(platform, second));
        let complete = completing.complete();
        other.answers(complete.routes(&completing));
        for (name, case) in lacking.answers.iter().filter(|(_, case)| !case.complete && case.link.is_none()) {
            stack.clock.advance(100_000);
            upstream.answers(case.routes(&lacking));
            let answer = stack.post_stats(&customer.live, &lacking.link).await;
            let data = &answer.body["data"];
            let (one, two) = (case.gives.as_ref().unwrap(), complete.gives.as_ref().unwrap());
            // An answer with only zeros is a failure if the second provider returns more.
            let is_empty = |count: &str| one[count].is_null() || one[count] == 0;
            let is_zeros = ["views", "likes", "comments", "shares"].into_iter().all(is_empty);
            let is_lacking = |count: &&str| one[*count].is_null() || is_zeros;
            for count in ["likes", "comments", "shares"] {
                let expected = if is_lacking(&count) { &two[count] } else { &one[count] };
                assert_eq!(&data[count], expected, "{first}, {second}: {name}: {count}: {answer:?}");
            }
            // Reactions replace LinkedIn's views.
            let views = if platform.shows_views() { &two["views"] } else { &data["likes"] };
            assert_eq!(&data["views"], views, "{first}, {second}: {name}: {answer:?}");
            let named: Vec<_> = data["completed_by"].as_array().unwrap().iter().chain([&data["provider"]]).collect();
            assert!(named.contains(&&json!(second)), "{first}, {second}: {name}: {answer:?}");
            let gives = !["likes", "comments", "shares"].iter().all(is_lacking);
            assert_eq!(named.contains(&&json!(first)), gives, "{first}, {second}: {name}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_provider_is_overtaken_by_the_next() {
    let stack = Stack::with(&[("PROVIDER_HEDGE_MS", "100")]).await;
    stack.provider("tiktok-api23", silence()).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    // Well within the 8 s of the silent provider's timeout.
    let answer = tokio::time::timeout(Duration::from_secs(5), stack.post_stats(&customer.live, POST)).await.unwrap();
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_provider_still_wins_when_the_one_that_overtook_it_fails() {
    let stack = Stack::with(&[("PROVIDER_HEDGE_MS", "100")]).await;
    let slow = |request: &wiremock::Request| api23_post(request).set_delay(Duration::from_millis(400));
    stack.provider("tiktok-api23", slow).await;
    stack.provider("tiktok-scraper7", text(500, "")).await;
    stack.provider("tikwm", silence()).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-api23");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_ends_a_request_if_all_providers_are_silent() {
    let times = [
        ("PROVIDERS_DEADLINE_MS", "500"),
        ("PROVIDER_TIMEOUT_MS", "400"),
        ("PROVIDER_HEDGE_MS", "100"),
        ("SHORT_LINK_TIMEOUT_MS", "400"),
    ];
    let stack = Stack::with(&times).await;
    stack.all_of_tiktok(silence()).await;
    let customer = stack.customer("1", 60).await;
    let answer = tokio::time::timeout(Duration::from_secs(5), stack.post_stats(&customer.live, POST)).await.unwrap();
    assert_eq!(answer.status, 502);
    assert_eq!(stack.account(&customer).await.held().0, 0);
}

#[tokio::test]
async fn the_only_provider_is_asked_once_more_after_a_transient_failure() {
    let stack = Stack::with(&[("RAPIDAPI_KEY", "")]).await;
    stack.provider("tikwm", text(500, "")).await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 502);
    assert_eq!(stack.asked("tikwm").await, 2);
}

fn link(id: u32) -> String {
    format!("https://www.tiktok.com/@a/video/{id}")
}

#[rstest]
#[case::key_refused(json_answer(401, json!({"message": "Invalid API key."})), 599)]
#[case::quota(json_answer(429, json!({"message": "You have exceeded the DAILY quota"})), 599)]
#[case::burst(json_answer(429, json!({"message": "Too many requests"})), 1)]
#[case::burst_that_says_how_long(json_answer(429, json!({"message": "Too many requests"})).insert_header("retry-after", "20"), 19)]
#[tokio::test]
async fn a_provider_that_refuses_to_be_asked_rests_and_is_asked_again_later(
    #[case] refusal: ResponseTemplate,
    #[case] rests: i64,
) {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", refusal).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    stack.post_stats(&customer.live, &link(1)).await;
    stack.clock.advance(rests);
    stack.post_stats(&customer.live, &link(2)).await;
    assert_eq!(stack.asked("tiktok-api23").await, 1, "the provider rests");
    stack.clock.advance(2);
    stack.post_stats(&customer.live, &link(3)).await;
    assert_eq!(stack.asked("tiktok-api23").await, 2, "the provider is asked again");
}

#[tokio::test]
async fn a_provider_that_fails_5_times_in_a_row_rests_for_30_seconds() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", text(500, "")).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    for id in 1..=8 {
        assert_eq!(stack.post_stats(&customer.live, &link(id)).await.status, 200);
    }
    assert_eq!(stack.asked("tiktok-api23").await, 5);
    stack.clock.advance(31);
    stack.post_stats(&customer.live, &link(9)).await;
    assert_eq!(stack.asked("tiktok-api23").await, 6);
}

#[tokio::test]
async fn a_provider_gets_the_key_and_the_id_but_nothing_about_the_caller() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    stack.post_stats(&customer.live, &format!("{POST}?secret=1#x")).await;
    let requests = stack.upstream.received_requests().await.unwrap();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(request.url.path(), "/tiktok-api23/api/post/detail");
    assert_eq!(request.url.query(), Some("videoId=7106594312292453675"));
    assert_eq!(request.headers["x-rapidapi-key"], "rapidapi-s3cret");
    assert_eq!(request.headers["x-rapidapi-host"], "tiktok-api23.p.rapidapi.com");
    let all = format!("{:?}", request.headers);
    assert!(!all.contains(customer.live.reveal()), "{all}");
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let body = Fixture::post_stats(Platform::TikTok, "tiktok-api23").body("a video");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.to_string().as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let stack = Stack::start().await;
    let answer = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(body);
    stack.provider("tiktok-api23", answer).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-api23");
}

/// The endpoint that uses this operation, and a body for it.
fn request(operation: Operation, platform: Platform, link: &str) -> (Endpoint, String) {
    let endpoint = match operation {
        Operation::PostStats => Endpoint::PostStats,
        Operation::Profile => Endpoint::Profile,
        Operation::ChannelVideos => Endpoint::ChannelVideos,
    };
    let body = match link.strip_prefix("id:") {
        Some(id) => json!({ "id": id, "platform": platform }),
        None => json!({ "url": link }),
    };
    (endpoint, body.to_string())
}

/// A platform with all providers on, and the names and fixtures of the first two.
struct Two {
    stack: Stack,
    customer: Customer,
    operation: Operation,
    platform: Platform,
    first: (&'static str, Fixture, Upstream),
    second: (&'static str, Fixture, Upstream),
}

impl Two {
    async fn of(operation: Operation, platform: Platform, more: &[(&str, &str)]) -> Self {
        let variables: Vec<_> = ALL_KEYS.iter().chain(more).copied().collect();
        let stack = Stack::with(&variables).await;
        let customer = stack.customer("1", 60).await;
        let order = order(platform, operation);
        let [first, second] = [order[0], order[1]].map(|name| (name, Fixture::of(operation, platform, name)));
        let upstream = async |(name, fixture): (&'static str, Fixture)| (name, fixture, stack.upstream(name).await);
        let (first, second) = (upstream(first).await, upstream(second).await);
        Self { stack, customer, operation, platform, first, second }
    }

    async fn ask(&self, link: &str) -> Answer {
        let (endpoint, body) = request(self.operation, self.platform, link);
        self.stack.ask(endpoint, &self.customer.live, body).await
    }
}

#[rstest]
#[tokio::test]
async fn the_second_provider_answers_after_any_failure_of_the_first(
    #[values("tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin")] platform: Platform,
    #[values(Operation::PostStats, Operation::Profile, Operation::ChannelVideos)] operation: Operation,
) {
    if order(platform, operation).is_empty() {
        return;
    }
    let two = Two::of(operation, platform, &[]).await;
    let ((first, failing, upstream), (second, answering, other)) = (&two.first, &two.second);
    other.answers(answering.complete().routes(answering));
    for (name, case) in failing.all_failures(first) {
        // Beyond every cache lifetime and every rest.
        two.stack.clock.advance(100_000);
        upstream.answers(case.routes(failing));
        let answer = two.ask(case.link.as_ref().unwrap_or(&failing.link)).await;
        let is_proof = ["not_found", "private"].contains(&case.is.as_deref().unwrap());
        // If the first provider can't be asked for a link, the second one's fixture may be about
        // another subject.
        if case.link.is_some() && answer.status == 502 {
            continue;
        }
        let came = (answer.status, answer.body["data"]["provider"].as_str());
        let expected = if is_proof { (404, None) } else { (200, Some(*second)) };
        assert_eq!(came, expected, "{platform}: {first}: {name}: {answer:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_silent_first_provider_is_hedged_on_every_platform(
    #[values("tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin")] platform: Platform,
) {
    let two = Two::of(Operation::PostStats, platform, &[("PROVIDER_HEDGE_MS", "50")]).await;
    let ((first, silent, _), (second, answering, other)) = (&two.first, &two.second);
    two.stack.upstream.reset().await;
    two.stack.provider(first, silence()).await;
    Mock::given(path_regex(format!("^/{second}/"))).respond_with(other.clone()).mount(&two.stack.upstream).await;
    other.answers(answering.complete().routes(answering));
    let answer = two.ask(&silent.link).await;
    assert_eq!(answer.body["data"]["provider"], *second, "{answer:?}");
}

#[rstest]
#[tokio::test]
async fn the_log_has_every_providers_failure_if_all_fail_on_any_platform(
    #[values("tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin")] platform: Platform,
) {
    let stack = Stack::with(&ALL_KEYS).await;
    let customer = stack.customer("1", 60).await;
    let order = &stack.app.config().providers.orders[&(platform, Operation::PostStats)];
    let fixture = Fixture::post_stats(platform, order[0]);
    let failures = [text(500, ""), text(200, "<html>"), text(200, ""), text(418, "{}"), text(429, "")];
    for (provider, failure) in order.iter().zip(failures.iter().cycle()) {
        stack.provider(provider, failure.clone()).await;
    }
    let (log, _guard) = Log::of_this_thread();
    let answer = stack.post_stats(&customer.live, &fixture.link).await;
    assert_eq!((answer.status, answer.code()), (502, "upstream_failed"));
    let log = log.text();
    let line = log.lines().find(|line| line.contains(answer.body["request_id"].as_str().unwrap())).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let attempts = line["attempts"].as_str().unwrap();
    for provider in order {
        assert!(attempts.contains(&format!("{provider}: ")), "{provider}: {attempts}");
    }
    assert!(!log.contains("s3cret"), "{log}");
}

#[tokio::test]
async fn an_invisible_post_is_404_only_if_all_providers_report_it() {
    let variables = [("PROVIDER_ORDER_TWITTER_POST_STATS", "twitter-api45,twitter241,fxtwitter")];
    let two = Two::of(Operation::PostStats, Platform::Twitter, &variables).await;
    for (name, fixture, upstream) in [&two.first, &two.second] {
        let unseen = if *name == "twitter241" { "suspended" } else { "no post" };
        upstream.answers(fixture.failures[unseen].routes(fixture));
    }
    let third = two.stack.upstream("fxtwitter").await;
    let fixture = Fixture::post_stats(Platform::Twitter, "fxtwitter");
    third.answers(refusals("anybody")["server error"].routes(&fixture));
    assert_eq!(two.ask(&fixture.link).await.status, 502, "the third provider may see the post");

    two.stack.clock.advance(1000);
    third.answers(refusals("anybody")["too many requests"].routes(&fixture));
    assert_eq!(two.ask(&fixture.link).await.status, 502);
    two.stack.clock.advance(1);
    let other = "https://x.com/i/status/1";
    assert_eq!(two.ask(other).await.status, 502, "the third provider rests, but may see the post");

    two.stack.clock.advance(1000);
    third.answers(fixture.failures["unavailable"].routes(&fixture));
    assert_eq!(two.ask(&fixture.link).await.status, 404);
}

#[tokio::test]
async fn a_provider_that_can_not_be_asked_does_not_prevent_the_others_second_try() {
    let stack = Stack::start().await;
    stack.provider("linkedin-data-api", text(500, "")).await;
    let customer = stack.customer("1", 60).await;
    let share = "https://www.linkedin.com/feed/update/urn:li:share:7446573244150792192/";
    assert_eq!(stack.post_stats(&customer.live, share).await.status, 502);
    assert_eq!([stack.asked("fresh-linkedin-profile-data").await, stack.asked("linkedin-data-api").await], [0, 2]);
}

#[tokio::test]
async fn the_gateway_gets_the_product_that_the_operator_configured() {
    let name = |base: &str| {
        let variables = HashMap::from([("RAPIDAPI_KEY", "s3cret"), ("TIKTOK_API23_BASE_URL", base)]);
        let config = Config::read(|name| variables.get(name).map(|value| (*value).to_owned())).unwrap();
        let headers = config.providers.headers(entry("tiktok-api23")).unwrap();
        headers["x-rapidapi-host"].to_str().unwrap().to_owned()
    };
    assert_eq!(name("https://tiktok-api24.p.rapidapi.com"), "tiktok-api24.p.rapidapi.com");
    assert_eq!(name("http://127.0.0.1:9/stand-in"), "tiktok-api23.p.rapidapi.com");
}

#[tokio::test]
async fn providers_are_asked_in_the_operators_order() {
    let variables = [("PROVIDER_ORDER_TIKTOK_POST_STATS", "tikwm,tiktok-scraper7")];
    let stack = Stack::with(&variables).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
    assert_eq!([stack.asked("tikwm").await, stack.asked("tiktok-api23").await], [1, 0]);
}

#[tokio::test]
async fn linkedins_reactions_replace_its_views_and_views_source_says_so() {
    let two = Two::of(Operation::PostStats, Platform::LinkedIn, &[]).await;
    let (_, fixture, upstream) = &two.first;
    upstream.answers(fixture.answers["a post"].routes(fixture));
    let answer = two.ask(&fixture.link).await;
    let data = &answer.body["data"];
    assert_eq!([&data["views"], &data["views_source"], &data["likes"]], [&json!(12), &json!("reactions"), &json!(12)]);
}

#[tokio::test]
async fn the_last_provider_that_is_awake_never_rests_after_failures() {
    let stack = Stack::with(&[("RAPIDAPI_KEY", "")]).await;
    stack.provider("tikwm", text(500, "")).await;
    let customer = stack.customer("1", 60).await;
    for id in 1..=12 {
        assert_eq!(stack.post_stats(&customer.live, &link(id)).await.status, 502);
    }
    assert_eq!(stack.asked("tikwm").await, 24, "the only provider is asked twice for each post");
    stack.upstream.reset().await;
    stack.provider("tikwm", tikwm_post).await;
    assert_eq!(stack.post_stats(&customer.live, &link(13)).await.status, 200);
}

#[tokio::test]
async fn a_post_that_fails_repeatedly_does_not_make_a_provider_rest() {
    let stack = Stack::start().await;
    let provider = |request: &wiremock::Request| {
        let is_bad = request.url.query().unwrap().ends_with("=666");
        if is_bad { text(500, "") } else { api23_post(request) }
    };
    stack.provider("tiktok-api23", provider).await;
    let customer = stack.customer("1", 60).await;
    for _ in 0..10 {
        stack.post_stats(&customer.live, &link(666)).await;
        stack.clock.advance(6);
    }
    let answer = stack.post_stats(&customer.live, &link(1)).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-api23");
}

#[tokio::test]
async fn a_request_gets_502_with_retry_after_at_once_while_all_providers_refuse() {
    let stack = Stack::with(&[("KEYLESS_PROVIDERS", "off"), ("FREE_MISSES_PER_DAY", "1")]).await;
    for provider in ["tiktok-api23", "tiktok-scraper7"] {
        stack.provider(provider, json_answer(429, json!({"message": "You have exceeded the MONTHLY quota"}))).await;
    }
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 502);
    stack.clock.advance(10);
    let _ = stack.dynamodb.calls();
    for id in 2..=5 {
        let answer = stack.post_stats(&customer.live, &link(id)).await;
        assert_eq!((answer.status, answer.code()), (502, "upstream_failed"));
        assert_eq!((answer.header("retry-after"), answer.header("x-balance")), ("590", "1"));
    }
    let mut calls = stack.dynamodb.calls();
    calls.sort();
    assert_eq!(calls, [["GetItem"; 4], ["UpdateItem"; 4]].concat(), "the request takes no lease and holds no money");
    stack.upstream.reset().await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    stack.clock.advance(591);
    assert_eq!(stack.post_stats(&customer.live, &link(6)).await.status, 200);
}

#[tokio::test]
async fn no_provider_is_asked_in_the_last_second() {
    let times = [
        ("PROVIDERS_DEADLINE_MS", "1900"),
        ("PROVIDER_TIMEOUT_MS", "1000"),
        ("PROVIDER_HEDGE_MS", "1000"),
        ("SHORT_LINK_TIMEOUT_MS", "1000"),
    ];
    let stack = Stack::with(&times).await;
    stack.provider("tiktok-api23", silence()).await;
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 502);
    let asked = TIKTOK.map(|name| stack.asked(name));
    assert_eq!(futures_util::future::join_all(asked).await, [1, 0, 0]);
}

#[rstest]
#[case::quota("quota", "tiktok-api23", json_answer(200, json!({"message": "quota: no such user"})))]
#[case::quota_with_429("quota", "tiktok-api23", json_answer(429, json!({"message": "quota: slow down"})))]
#[case::subscription("subscription", "tiktok-api23", json_answer(403, json!({"message": "subscription is private"})))]
#[case::limit("limit", "tikwm", json_answer(200, json!({"code": -1, "msg": "limit: unknown"})))]
#[case::credit("credit", "scrapecreators", json_answer(403, json!({"message": "credit is private"})))]
#[tokio::test]
async fn a_username_in_a_providers_message_does_not_make_the_provider_rest(
    #[case] handle: &str,
    #[case] provider: &str,
    #[case] message: ResponseTemplate,
) {
    let stack = Stack::with(&[("PROVIDER_ORDER_TIKTOK_PROFILE", provider), ("SCRAPECREATORS_API_KEY", "s3cret")]).await;
    stack.provider(provider, message).await;
    let customer = stack.customer("1", 60).await;
    let (log, _guard) = Log::of_this_thread();
    for name in [handle, "another"] {
        let body = json!({"username": name, "platform": "tiktok"}).to_string();
        stack.ask(Endpoint::Profile, &customer.live, body).await;
        // Long enough for a burst limit to end, but not for a quota.
        stack.clock.advance(2);
    }
    let attempts: Vec<_> = log.lines().iter().filter_map(|line| line["attempts"].as_str().map(str::to_owned)).collect();
    let [first, _] = attempts.as_slice() else { panic!("{provider} rests: {attempts:?}") };
    assert!(!["quota", "key", "out of"].iter().any(|words| first.contains(words)), "{first}");
}
