//! `/openapi.json`.

use serde_json::Value;
use system_tests::openapi::DOCUMENT;
use system_tests::{Stack, http_client};

const OPENAPI: &str = "/openapi.json";

#[tokio::test]
async fn status_200_the_document_is_public_and_needs_no_database() {
    let stack = Stack::start().await;
    let answer = stack.send("GET", OPENAPI, &[], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert!(answer.body == *DOCUMENT, "the served document differs from the types; after UPDATE_OPENAPI=1, test again");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    assert!(stack.dynamodb.calls().is_empty());
}

#[tokio::test]
async fn status_304_for_a_client_that_has_the_document() {
    let stack = Stack::start().await;
    let tag = stack.send("GET", OPENAPI, &[], "").await.header("etag").to_owned();
    let strong = tag.trim_start_matches("W/").to_owned();
    for (known, status) in [
        (tag.clone(), 304),
        (strong.clone(), 304),
        (format!("\"other\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (strong.trim_matches('"').to_owned(), 200),
        (String::new(), 200),
    ] {
        let request = http_client().get(format!("{}{OPENAPI}", stack.base)).header("if-none-match", &known);
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["etag"].to_str().unwrap()), (status, &*tag), "{known}");
        assert_eq!(answer.text().await.unwrap().is_empty(), status == 304);
    }
}

#[tokio::test]
async fn status_404_for_a_missing_document() {
    let stack = Stack::start().await;
    for path in ["/openapi.yaml", "/openapi.json/", "/v1/openapi.json"] {
        let answer = stack.send("GET", path, &[], "").await;
        assert_eq!((answer.status, &answer.body["ok"]), (404, &Value::Bool(false)), "{path}");
    }
}
