//! `GET /v1/status`, and the page at `/status`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use system_tests::dynamodb::Fate;
use system_tests::{Stack, http_client};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A page's headers and text.
async fn page(stack: &Stack, path: &str, accept: &str) -> (http::HeaderMap, String) {
    let answer = http_client().get(format!("{}{path}", stack.base)).header("accept", accept).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    (answer.headers().clone(), answer.text().await.unwrap())
}

fn header<'a>(headers: &'a http::HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn status_200_shows_each_platform_and_endpoint_without_a_key() {
    let stack = Stack::start().await;
    let answer = stack.send("GET", "/v1/status", &[], "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!((answer.header("cache-control"), answer.header("vary")), ("public, max-age=15", "accept"));
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-charge")), ("", ""));
    let data = &answer.body["data"];
    assert_eq!((&data["state"], &data["at"]), (&json!("unknown"), &json!("2026-11-23T12:00:00.000Z")));
    let listed = |place: usize| -> Vec<&Value> {
        let platform = &data["platforms"][place];
        platform["endpoints"].as_array().unwrap().iter().map(|endpoint| &endpoint["endpoint"]).collect()
    };
    let of_creators = ["post/stats", "post/stats/batch", "profile", "email", "channel/videos", "median-views"];
    for place in 0..3 {
        assert_eq!(listed(place), of_creators);
    }
    for place in 3..6 {
        assert_eq!(listed(place), ["post/stats", "post/stats/batch"]);
    }
    let endpoint = &data["platforms"][5]["endpoints"][0];
    assert_eq!(endpoint["hours"].as_array().unwrap().len(), 24);
    assert_eq!(
        endpoint["hours"][23],
        json!({"from": "2026-11-23T12:00:00.000Z", "state": "unknown", "share_answered": null})
    );
    assert_eq!([&endpoint["since"], &endpoint["share_answered"], &endpoint["median_ms"]], [&Value::Null; 3]);
    assert!(endpoint.get("providers").is_none());
}

#[tokio::test]
async fn status_200_ignores_every_key() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    for key in [customer.live.reveal(), "ct_live_mistyped"] {
        let answer = stack.send("GET", "/v1/status", &[("x-api-key", key)], "").await;
        assert_eq!((answer.status, answer.header("x-balance")), (200, ""));
    }
}

#[tokio::test]
async fn status_200_names_providers_only_if_the_operator_allows_it() {
    let stack = Stack::with(&[("STATUS_SHOWS_PROVIDERS", "on")]).await;
    let answer = stack.send("GET", "/v1/status", &[], "").await;
    let providers = &answer.body["data"]["platforms"][4]["endpoints"][0]["providers"];
    assert_eq!(providers[0], json!({"provider": "facebook-scraper3", "state": "unknown", "share_answered": null}));
    assert!(page(&stack, "/status", "*/*").await.1.contains("facebook-scraper3"));
    let silent = Stack::start().await;
    for (path, accept) in [("/v1/status", "*/*"), ("/v1/status", BROWSER), ("/status", "*/*")] {
        let text = page(&silent, path, accept).await.1;
        assert!(!text.contains("facebook-scraper3") && !text.contains("tikwm"), "{text}");
    }
}

#[tokio::test]
async fn status_200_is_a_page_for_browsers_and_at_its_own_path_for_all() {
    let stack = Stack::start().await;
    for (path, accept) in [("/v1/status", BROWSER), ("/status", "*/*"), ("/status/", "application/json")] {
        let (headers, text) = page(&stack, path, accept).await;
        assert_eq!(header(&headers, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&headers, "cache-control"), "public, max-age=15");
        assert_eq!(header(&headers, "vary"), "accept");
        assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
        assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>"), "{text}");
        assert!(text.contains("Too few recent requests to know"), "{text}");
    }
}

#[tokio::test]
async fn status_200_the_page_allows_its_own_style_and_nothing_else() {
    use sha2::{Digest, Sha256};
    let stack = Stack::start().await;
    let (headers, text) = page(&stack, "/status", "*/*").await;
    let style = text.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!(header(&headers, "content-security-policy"), policy);
}

#[tokio::test]
async fn status_200_head_is_answered_as_get_without_the_body() {
    let stack = Stack::start().await;
    for (path, kind) in [("/v1/status", "application/json"), ("/status", "text/html; charset=utf-8")] {
        let answer = stack.send("HEAD", path, &[], "").await;
        assert_eq!((answer.status, answer.header("content-type"), &answer.body), (200, kind, &Value::Null));
        assert_eq!(answer.header("cache-control"), "public, max-age=15");
        assert!(answer.header("content-length").parse::<usize>().unwrap() > 1_000);
    }
}

#[tokio::test]
async fn status_200_many_requests_cause_no_more_reads() {
    let stack = Stack::start().await;
    stack.send("GET", "/v1/status", &[], "").await;
    assert_eq!(stack.dynamodb.calls(), ["BatchGetItem"; 3]);
    for _ in 0..20 {
        assert_eq!(stack.send("GET", "/v1/status", &[], "").await.status, 200);
    }
    assert!(stack.dynamodb.calls().is_empty());
    stack.clock.advance(15);
    stack.send("GET", "/v1/status", &[], "").await;
    assert_eq!(stack.dynamodb.calls(), ["BatchGetItem"], "only the present hour is read");
}

#[tokio::test]
async fn status_404_and_405_have_the_usual_errors() {
    let stack = Stack::start().await;
    let answer = stack.send("GET", "/status/tiktok", &[], "").await;
    assert_eq!((answer.status, answer.code()), (404, "unknown_route"));
    for path in ["/v1/status", "/status"] {
        let answer = stack.send("POST", path, &[], "").await;
        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"));
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
}

#[tokio::test]
async fn status_500_while_dynamodb_is_down_is_never_cached() {
    let stack = Stack::start().await;
    stack.dynamodb.script(|_| Fate::Break);
    let answer = stack.send("GET", "/v1/status", &[], "").await;
    assert_eq!((answer.status, answer.code(), answer.header("cache-control")), (500, "internal", "no-store"));
    stack.dynamodb.script(|_| Fate::Pass);
    assert_eq!(stack.send("GET", "/v1/status", &[], "").await.status, 200);
}
