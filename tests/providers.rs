//! The chain of providers: each failure is told apart, the next one is asked, and nothing is called "not found" without proof.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;
use serde_json::{Value, json};
use shared::platform::Platform;
use shared::provider::{Operation, order};
use shared::telemetry::json_lines_to;
use system_tests::fixtures::{Fixture, refusals};
use system_tests::{ALL_KEYS, Changing, Customer, Log, POST, Stack, api23_post, json_answer, silence, tikwm_post};
use wiremock::ResponseTemplate;

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

/// Answers each connection with these bytes, and then the second ones again and again until it breaks.
async fn raw_server(head: Vec<u8>, endless: &'static [u8], reset: bool) -> String {
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
                if reset {
                    // Closing with nothing to wait for sends RST, not FIN.
                    let _ = stream.set_zero_linger();
                }
            });
        }
    });
    address
}

#[rstest]
#[case::reset(b"", true)]
#[case::closed(b"", false)]
#[case::cut_off(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"itemInfo\"", false)]
#[case::no_http(b"220 smtp.example ESMTP\r\n", false)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_is_stepped_over(#[case] bytes: &'static [u8], #[case] reset: bool) {
    let address = raw_server(bytes.to_vec(), b"", reset).await;
    let stack = Stack::with(&[("TIKTOK_API23_BASE_URL", &address)]).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
}

static SPACES: &[u8] = &[b' '; 8192];

/// 64 KiB that become 64 MiB.
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
async fn an_endless_body_is_stepped_over_long_before_the_timeout(
    #[case] head: Vec<u8>,
    #[case] endless: &'static [u8],
) {
    let address = raw_server(head, endless, false).await;
    // Only the limit of the body can end it: neither the attempt's time nor a hedge is near.
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
async fn a_provider_that_is_always_overtaken_rests() {
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
async fn a_connection_that_is_refused_is_stepped_over() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let stack = Stack::with(&[("TIKTOK_API23_BASE_URL", &format!("http://{free}"))]).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
}

#[tokio::test]
async fn when_all_but_the_keyless_one_fail_it_answers() {
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
async fn what_tikwm_can_not_answer_is_no_proof_of_anything(#[case] failure: ResponseTemplate) {
    let stack = Stack::start().await;
    for name in ["tiktok-scraper7", "tikwm"] {
        stack.provider(name, failure.clone()).await;
    }
    let customer = stack.customer("1", 60).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 502, "they are one source");
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
    assert_eq!(stack.asked("tikwm").await, 0, "two are enough");
}

#[rstest]
#[case::texts(json!("1,949,999"), Some(1_949_999))]
#[case::overflowed(json!(-977_433_948), None)]
#[case::absent(json!(null), None)]
#[case::abbreviated(json!("1.2M"), None)]
#[case::beyond_32_bits(json!(11_907_467_940_u64), Some(11_907_467_940))]
#[tokio::test]
async fn a_count_is_what_it_says_or_unknown(#[case] likes: Value, #[case] expected: Option<u64>) {
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
async fn where_views_are_missing_the_next_is_asked_and_the_best_partial_answer_wins() {
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
    assert_eq!(stack.asked("tikwm").await, 1, "all were asked");

    stack.clock.advance(301);
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_provider_is_overtaken_by_the_next() {
    let stack = Stack::with(&[("PROVIDER_HEDGE_MS", "100")]).await;
    stack.provider("tiktok-api23", silence()).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    // Well within the 8 s that the silent one has.
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
async fn when_all_are_silent_the_deadline_ends_it() {
    let times = [
        ("PROVIDERS_DEADLINE_MS", "500"),
        ("PROVIDER_TIMEOUT_MS", "400"),
        ("PROVIDER_HEDGE_MS", "100"),
        ("SHORT_LINK_TIMEOUT_MS", "400"),
    ];
    let stack = Stack::with(&times).await;
    for name in ["tiktok-api23", "tiktok-scraper7", "tikwm"] {
        stack.provider(name, silence()).await;
    }
    let customer = stack.customer("1", 60).await;
    let answer = tokio::time::timeout(Duration::from_secs(5), stack.post_stats(&customer.live, POST)).await.unwrap();
    assert_eq!(answer.status, 502);
    assert_eq!(stack.account(&customer).await.held().0, 0);
}

#[tokio::test]
async fn a_transient_failure_of_the_only_provider_is_tried_once_more() {
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
async fn a_provider_that_can_not_be_asked_rests_and_comes_back(#[case] refusal: ResponseTemplate, #[case] rests: i64) {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", refusal).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    stack.post_stats(&customer.live, &link(1)).await;
    stack.clock.advance(rests);
    stack.post_stats(&customer.live, &link(2)).await;
    assert_eq!(stack.asked("tiktok-api23").await, 1, "it rests");
    stack.clock.advance(2);
    stack.post_stats(&customer.live, &link(3)).await;
    assert_eq!(stack.asked("tiktok-api23").await, 2, "it is asked again");
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
async fn a_provider_gets_the_key_the_id_and_nothing_of_the_caller() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    stack.post_stats(&customer.live, &format!("{POST}?secret=1#x")).await;
    let requests = stack.upstream.received_requests().await.unwrap();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(request.url.path(), "/tiktok-api23/api/post/detail");
    assert_eq!(request.url.query(), Some("videoId=7106594312292453675"));
    assert_eq!(request.headers["x-rapidapi-key"], "rapidapi-secret");
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

/// A platform whose providers are all on: the first and the second one's names and fixtures.
async fn two_of(platform: Platform, more: &[(&str, &str)]) -> (Stack, Customer, [(&'static str, Fixture); 2]) {
    let variables: Vec<_> = ALL_KEYS.iter().chain(more).copied().collect();
    let stack = Stack::with(&variables).await;
    let customer = stack.customer("1", 60).await;
    let order = order(platform, Operation::PostStats);
    let two = [order[0], order[1]].map(|provider| (provider, Fixture::post_stats(platform, provider)));
    (stack, customer, two)
}

/// The answer of a provider that ends the chain.
fn complete(fixture: &Fixture) -> ResponseTemplate {
    let answered = fixture.answers.values().find(|answered| answered.is_complete() && answered.link.is_none()).unwrap();
    json_answer(200, answered.body(fixture))
}

#[rstest]
#[tokio::test]
async fn on_every_platform_the_second_answers_where_the_first_fails_in_any_way(
    #[values("tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin")] platform: Platform,
) {
    let (stack, customer, [(first, failing), (second, answering)]) = two_of(platform, &[]).await;
    let answer = Changing::new(complete(&failing));
    stack.provider(first, answer.clone()).await;
    stack.provider(second, complete(&answering)).await;
    for (name, refused) in failing.all_failures(first) {
        // Beyond the cache's lifetime and every rest.
        stack.clock.advance(1000);
        answer.to(refused.template(&failing));
        let link = refused.link.as_ref().unwrap_or(&failing.link);
        let answer = stack.post_stats(&customer.live, link).await;
        let came = (answer.status, answer.body["data"]["provider"].as_str());
        let is_proof = ["not_found", "private"].contains(&refused.is.as_str());
        let expected = if is_proof { (404, None) } else { (200, Some(second)) };
        assert_eq!(came, expected, "{platform}: {first}: {name}: {answer:?}");
    }
}

#[rstest]
#[tokio::test]
async fn on_every_platform_a_silent_first_one_is_overtaken(
    #[values("tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin")] platform: Platform,
) {
    let (stack, customer, [(first, silent), (second, answering)]) =
        two_of(platform, &[("PROVIDER_HEDGE_MS", "50")]).await;
    stack.provider(first, silence()).await;
    stack.provider(second, complete(&answering)).await;
    let answer = stack.post_stats(&customer.live, &silent.link).await;
    assert_eq!(answer.body["data"]["provider"], second, "{answer:?}");
}

#[rstest]
#[tokio::test]
async fn on_every_platform_the_log_says_what_each_said_when_all_fail(
    #[values("tiktok", "instagram", "youtube", "twitter", "facebook", "linkedin")] platform: Platform,
) {
    let (stack, customer, [(_, fixture), _]) = two_of(platform, &[]).await;
    let order = order(platform, Operation::PostStats);
    for (provider, refused) in order.iter().zip(refusals("anybody").into_values()) {
        stack.provider(provider, refused.template(&fixture)).await;
    }
    let log = Log::default();
    let answer = {
        let _guard = tracing::subscriber::set_default(json_lines_to(log.clone()));
        stack.post_stats(&customer.live, &fixture.link).await
    };
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
async fn what_nobody_can_see_is_404_only_where_all_say_so() {
    let unseen = || Fixture::post_stats(Platform::Twitter, "twitter-api45").failures["status error"].clone();
    let variables = [("PROVIDER_ORDER_TWITTER_POST_STATS", "twitter-api45,twitter241,fxtwitter")];
    let (stack, customer, [(first, fixture), (second, other)]) = two_of(Platform::Twitter, &variables).await;
    stack.provider(first, unseen().template(&fixture)).await;
    stack.provider(second, other.failures["suspended"].template(&other)).await;
    let last = Changing::new(ResponseTemplate::new(503));
    stack.provider("fxtwitter", last.clone()).await;
    assert_eq!(stack.post_stats(&customer.live, &fixture.link).await.status, 502, "the third one may see it");
    stack.clock.advance(1000);
    last.to(json_answer(404, json!({"status": {"type": "tombstone", "reason": "unavailable"}})));
    assert_eq!(stack.post_stats(&customer.live, &fixture.link).await.status, 404);
}

#[tokio::test]
async fn the_operators_order_is_the_one_in_which_they_are_asked() {
    let variables = [("PROVIDER_ORDER_TIKTOK_POST_STATS", "tikwm,tiktok-scraper7")];
    let stack = Stack::with(&variables).await;
    stack.provider("tiktok-scraper7", tikwm_post).await;
    let customer = stack.customer("1", 60).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!(answer.body["data"]["provider"], "tiktok-scraper7");
    assert_eq!([stack.asked("tikwm").await, stack.asked("tiktok-api23").await], [1, 0]);
}

#[tokio::test]
async fn linkedins_reactions_stand_for_its_views_and_say_so() {
    let (stack, customer, [(first, fixture), _]) = two_of(Platform::LinkedIn, &[]).await;
    stack.provider(first, complete(&fixture)).await;
    let answer = stack.post_stats(&customer.live, &fixture.link).await;
    let data = &answer.body["data"];
    assert_eq!([&data["views"], &data["views_source"], &data["likes"]], [&json!(12), &json!("reactions"), &json!(12)]);
}
