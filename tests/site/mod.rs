//! The site, which everybody can read without a key.

mod content;
mod documents;
mod openapi;

use flate2::read::GzDecoder;
use http::HeaderMap;
use rstest::rstest;
use std::io::Read;
use system_tests::{Stack, http_client};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A response with a page, as a browser gets it.
struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// All values of an HTML attribute, in order.
    fn all(&self, attribute: &str) -> Vec<String> {
        let opening = format!(" {attribute}=\"");
        let values = self.text.split(&opening).skip(1);
        values.map(|rest| unescaped(rest.split('"').next().unwrap())).collect()
    }
}

fn unescaped(text: &str) -> String {
    let named = [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&"), ("&lt;", "<"), ("&gt;", ">")];
    named.iter().fold(text.to_owned(), |text, (name, sign)| text.replace(name, sign)).replace("&amp;", "&")
}

/// A client that doesn't decompress bodies.
fn uncompressed() -> reqwest::Client {
    shared::http_client::builder().no_gzip().no_proxy().build().unwrap()
}

async fn get(stack: &Stack, path: &str) -> Got {
    get_as(stack, path, &[("accept", BROWSER)]).await
}

async fn get_as(stack: &Stack, path: &str, headers: &[(&'static str, &str)]) -> Got {
    let request = http_client().get(format!("{}{path}", stack.base));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Got { status, headers, text: answer.text().await.unwrap() }
}

#[tokio::test]
async fn status_200_pages_allow_no_inline_code_and_nothing_from_other_hosts() {
    let stack = Stack::start().await;
    for path in ["/", "/docs", "/docs/errors", "/docs/self-hosting", "/billing"] {
        let page = get(&stack, path).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
        for forbidden in ["<style", " style=\"", " onclick=", " onload=", " onerror=", "javascript:"] {
            assert!(!page.text.contains(forbidden), "{path}: {forbidden}");
        }
        assert_eq!(page.text.matches("<script").count(), 1, "{path}");
        for address in page.all("src") {
            assert!(address.starts_with("/assets/"), "{path}: {address}");
        }
    }
    assert!(stack.dynamodb.calls().is_empty());
}

#[tokio::test]
async fn status_200_assets_are_cached_for_ever_under_a_hash_of_their_content() {
    let stack = Stack::start().await;
    let page = get(&stack, "/").await;
    let assets: Vec<_> =
        page.all("href").into_iter().chain(page.all("src")).filter(|path| path.contains("assets")).collect();
    assert_eq!(assets.len(), 2);
    for path in assets {
        let asset = get(&stack, &path).await;
        assert_eq!((asset.status, asset.header("cache-control")), (200, "public, max-age=31536000, immutable"));
        let other = path.replace("/site-", "/site-0");
        assert_eq!(get(&stack, &other).await.status, 404, "{other}");
    }
}

#[tokio::test]
async fn status_200_a_client_that_accepts_gzip_gets_the_same_page_compressed() {
    let stack = Stack::start().await;
    for path in ["/docs/keys", "/llms-full.txt", "/openapi.json"] {
        let client = uncompressed();
        let ask = |coding: &'static str| {
            let request = client.get(format!("{}{path}", stack.base)).header("accept", BROWSER);
            async move { request.header("accept-encoding", coding).send().await.unwrap() }
        };
        let (small, plain) = (ask("br, gzip;q=0.9").await, ask("gzip;q=0, identity").await);
        assert_eq!(
            (&small.headers()["content-encoding"], &small.headers()["vary"]),
            (&"gzip".parse().unwrap(), &"accept-encoding".parse().unwrap())
        );
        assert_eq!(
            (plain.headers().get("content-encoding"), &plain.headers()["vary"]),
            (None, &"accept-encoding".parse().unwrap())
        );
        let (small, plain) = (small.bytes().await.unwrap(), plain.bytes().await.unwrap());
        let mut unpacked = Vec::new();
        GzDecoder::new(&*small).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain, "{path}");
        assert!(small.len() * 2 < plain.len(), "{path}");
    }
}

/// At most 60 KB, compressed as a browser gets it.
#[tokio::test]
async fn the_first_page_is_small_with_all_its_assets() {
    let stack = Stack::start().await;
    let client = uncompressed();
    let page = get(&stack, "/").await;
    let parts = page.all("href").into_iter().chain(page.all("src"));
    let parts = parts.filter(|path| path.contains("assets") || path.contains("favicon")).chain(["/".to_owned()]);
    let mut weight = 0;
    for path in parts {
        let request = client.get(format!("{}{path}", stack.base)).header("accept-encoding", "gzip");
        weight += request.send().await.unwrap().bytes().await.unwrap().len();
    }
    assert!((5_000..60_000).contains(&weight), "{weight}");
}

#[rstest]
#[case::html(BROWSER, "text/html; charset=utf-8")]
#[case::json("application/json", "application/json")]
#[case::anything("*/*", "application/json")]
#[tokio::test]
async fn status_404_is_a_page_for_browsers_and_a_published_error_for_programs(
    #[case] accept: &str,
    #[case] kind: &str,
    #[values("/nowhere", "/docs/nowhere", "/docs/nowhere.md", "/docs/.md", "/assets/site.css", "/v1/nowhere")]
    path: &str,
) {
    let stack = Stack::start().await;
    let page = get_as(&stack, path, &[("accept", accept)]).await;
    assert_eq!((page.status, page.header("content-type")), (404, kind), "{path}");
    assert_eq!(page.text.contains("\"code\":\"unknown_route\""), kind == "application/json");
    assert!(!page.text.contains("nowhere"), "the page doesn't repeat the path");
}

#[tokio::test]
async fn status_405_for_another_method_names_the_allowed_one() {
    let stack = Stack::start().await;
    for path in ["/", "/docs/errors", "/billing", "/openapi.json"] {
        let answer = stack.send("POST", path, &[], "{}").await;
        assert_eq!((answer.status, answer.code(), answer.header("allow")), (405, "method_not_allowed", "GET, HEAD"));
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let stack = Stack::start().await;
    for path in ["/docs/errors", "/openapi.json"] {
        let client = uncompressed();
        let ask = |method| client.request(method, format!("{}{path}", stack.base)).send();
        let (get, head) = (ask(reqwest::Method::GET).await.unwrap(), ask(reqwest::Method::HEAD).await.unwrap());
        let of = |headers: &HeaderMap| -> HeaderMap {
            let mut headers = headers.clone();
            headers.remove("date");
            headers
        };
        assert_eq!((head.status().as_u16(), of(head.headers())), (200, of(get.headers())));
        assert!(head.bytes().await.unwrap().is_empty());
    }
}
