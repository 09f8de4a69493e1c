//! The documentation: every link works, every endpoint, field and error has its place, and every
//! example works.

use std::collections::{BTreeMap, BTreeSet};

use pages::DOCUMENTS;
use serde_json::Value;
use shared::account::{ApiKey, Mode};
use shared::contract::{Endpoint, ErrorCode};
use strum::IntoEnumIterator;
use system_tests::Stack;
use system_tests::openapi::DOCUMENT;

use super::{Got, get};

const PUBLISHED: &str = include_str!("../fixtures/published-documentation.txt");

/// All pages of the site.
async fn all(stack: &Stack) -> BTreeMap<String, Got> {
    let documents = DOCUMENTS.iter().map(pages::Document::path);
    let mut pages = BTreeMap::new();
    for path in documents.chain(["/", "/billing", "/status"].map(str::to_owned)) {
        let page = get(stack, &path).await;
        assert_eq!(page.status, 200, "{path}");
        pages.insert(path, page);
    }
    pages
}

#[tokio::test]
async fn every_link_on_every_page_leads_to_an_existing_place() {
    let stack = Stack::start().await;
    let pages = all(&stack).await;
    let mut others = BTreeSet::new();
    for (path, page) in &pages {
        let ids = page.all("id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path}: an anchor occurs twice");
        for link in page.all("href").into_iter().filter(|link| !link.starts_with("https://")) {
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if target.is_empty() { path } else { target };
            match pages.get(target) {
                Some(page) => {
                    assert!(anchor.is_empty() || page.all("id").contains(&anchor.to_owned()), "{path}: {link}");
                }
                None => drop(others.insert(target.to_owned())),
            }
        }
    }
    assert!(others.len() > DOCUMENTS.len(), "{others:?}");
    for path in others {
        assert_eq!(get(&stack, &path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn every_endpoint_field_and_error_has_its_heading() {
    let stack = Stack::start().await;
    let pages = all(&stack).await;
    for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let heading = format!("<code>{} {path}</code> <a class=\"anchor\"", method.to_uppercase());
            assert!(pages.values().any(|page| page.text.contains(&heading)), "{heading}");
        }
    }
    for code in ErrorCode::iter() {
        let page = &pages["/docs/errors"];
        let section = page.text.split(&format!("<h2 id=\"{code}\">")).nth(1).unwrap().split("<h2").next().unwrap();
        for part in ["What happened.", "What to do.", "Charged?", &code.status().as_u16().to_string()] {
            assert!(section.contains(part), "{code}: {part}");
        }
    }
    let text: String = pages.values().map(|page| page.text.as_str()).collect();
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        for field in schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys()) {
            let is_told = ["<code>", ".", "[]."].iter().any(|before| text.contains(&format!("{before}{field}</code>")));
            // The text explains the envelope's fields, so they have no rows.
            assert!(is_told || ["ok", "data", "meta"].contains(&field.as_str()), "{name}: {field}");
        }
    }
}

#[tokio::test]
async fn the_pages_have_all_published_words() {
    let stack = Stack::start().await;
    let text = get(&stack, "/llms-full.txt").await.text.replace(&stack.base, "https://creatortracking.com");
    let plain = |text: &str| -> String {
        let text = text.replace(['`', '#', '*'], "").to_lowercase();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = plain(&text);
    for line in PUBLISHED.lines().map(plain).filter(|line| line.trim_matches(['|', '-']).len() > 1) {
        assert!(text.contains(line.trim_start_matches("- ")), "{line}");
    }
}

/// Sends the requests of all Run buttons, with existing ids.
#[tokio::test]
async fn every_example_gets_an_answer() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 1_000).await;
    let known = stack.post_stats(&customer.test, "https://youtu.be/dQw4w9WgXcQ").await;
    let request_id = known.body["meta"]["request_id"].as_str().unwrap().to_owned();
    let (mut asked, mut missing) = (BTreeSet::new(), BTreeSet::new());
    for (page, got) in all(&stack).await {
        for block in got.text.split("<div class=\"code\" data-method=").skip(1) {
            let block = Got {
                text: format!(" data-method={}", block.split('>').next().unwrap()),
                headers: got.headers.clone(),
                status: 200,
            };
            let (method, path) = (block.all("data-method").remove(0), block.all("data-path").remove(0));
            let path = path.replace("SswFG3BXNNYYtDzZiB7u", &request_id);
            let body = block.all("data-body").pop().unwrap_or_default();
            let answer = stack.send(&method, &path, &[("x-api-key", customer.test.reveal())], body).await;
            if answer.status == 404 {
                missing.insert(format!("{page} {method} {path}"));
            } else {
                assert_eq!(answer.status, 200, "{page}: {method} {path}: {answer:?}");
            }
            asked.insert(format!("{method} {path}"));
        }
    }
    assert!(asked.len() >= Endpoint::iter().count(), "{asked:?}");
    // These examples have a made-up id of a key, or the sandbox's reserved id.
    let expected = [
        "/docs/keys DELETE /v1/keys/0123456789abcdef",
        "/docs/keys POST /v1/keys/0123456789abcdef/rotate",
        "/docs/sandbox POST /v1/post/stats",
    ];
    assert_eq!(missing.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn every_page_exists_as_markdown_without_open_references() {
    let stack = Stack::start().await;
    let list = get(&stack, "/llms.txt").await.text;
    for document in DOCUMENTS {
        let path = document.markdown_path();
        let page = get(&stack, &path).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/markdown; charset=utf-8"), "{path}");
        assert!(page.text.starts_with("# ") && !page.text.contains("\n<!-- "), "{path}");
        assert!(list.contains(&format!("{}{path}): ", stack.base)), "{path}");
        assert!(!document.lead().is_empty());
    }
    assert!(list.contains(ApiKey::public(Mode::Test).reveal()));
}

/// Ten questions of a reader who has only this page, and the words that must answer them.
#[tokio::test]
async fn the_page_for_assistants_alone_answers_ten_questions() {
    let stack = Stack::start().await;
    let text = get(&stack, "/llms.txt").await.text;
    let answers = [
        "Authorization: Bearer",
        "An unknown count is null, never 0",
        "402 `insufficient_balance`",
        "`max_age`",
        "\"dry_run\": true",
        "60 requests per minute",
        "1 to 100 posts",
        "claude mcp add",
        "`Retry-After`",
        "$0.001",
    ];
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for answer in answers {
        assert!(text.contains(answer), "{answer}");
    }
}

#[tokio::test]
async fn the_script_and_the_pages_name_the_same_codes_and_fields() {
    let stack = Stack::start().await;
    let script = get(&stack, "/").await.all("src").remove(0);
    let script = get(&stack, &script).await.text;
    assert!(script.contains(ApiKey::public(Mode::Test).reveal()));
    let schemas = &DOCUMENT["components"]["schemas"];
    let has = |schema: &str, field: &str| schemas[schema]["properties"][field] != Value::Null;
    for (schema, fields) in [
        ("PostStats", &["views", "likes", "comments", "shares", "views_kind", "provider", "fetched_at"][..]),
        ("Profile", &["followers", "following", "posts_count"]),
        ("Usage", &["balance", "held", "spent", "funds", "prices", "days"]),
        ("Key", &["name", "mode", "last_four", "rate_limit", "budget_per_day", "last_used"]),
    ] {
        for field in fields {
            assert!(has(schema, field) && script.contains(field), "{schema}: {field}");
        }
    }
}
