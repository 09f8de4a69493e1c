//! The protocol: its messages, its revisions and its errors.

use rstest::rstest;
use serde_json::{Value, json};
use shared::mcp::{MAX_BODY, REVISIONS};
use system_tests::{Stack, http_client};

use super::{BEFORE, STATELESS, VERSION_OF_REQUEST, ask, headers, post, public_key, request};

#[tokio::test]
async fn the_newest_revision_works_without_initialize() {
    let stack = Stack::start().await;
    let answer = ask(&stack, None, "server/discover", json!({})).await;
    let result = &answer.body["result"];
    assert_eq!((answer.status, &answer.body["id"], &answer.body["jsonrpc"]), (200, &json!(1), &json!("2.0")));
    assert_eq!(result["supportedVersions"], json!(REVISIONS));
    assert_eq!((&result["resultType"], &result["cacheScope"]), (&json!("complete"), &json!("public")));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "creator-tracking");
    assert!(result["instructions"].as_str().unwrap().contains("null means unknown"));
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(answer.headers.get("mcp-session-id").is_none());
}

#[rstest]
#[case::the_one_before(BEFORE, BEFORE)]
#[case::an_older_one("2025-06-18", "2025-06-18")]
#[case::the_newest_one_without_initialize(STATELESS, BEFORE)]
#[case::a_very_old_one("2024-11-05", BEFORE)]
#[tokio::test]
async fn older_revisions_initialize_first(#[case] wanted: &str, #[case] agreed: &str) {
    let stack = Stack::start().await;
    let hello = json!({"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": {
        "protocolVersion": wanted, "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}});
    let answer = post(&stack, &[], hello.to_string()).await;
    let result = &answer.body["result"];
    assert_eq!((answer.status, &answer.body["id"], &result["protocolVersion"]), (200, &json!("a"), &json!(agreed)));
    assert!(result["capabilities"]["tools"].is_object() && result["serverInfo"]["version"].is_string());
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let answer = post(&stack, &[("mcp-protocol-version", agreed)], ready.to_string()).await;
    assert_eq!((answer.status, &answer.body), (202, &Value::Null));
    for (method, member) in [("tools/list", "tools"), ("ping", "")] {
        let message = json!({"jsonrpc": "2.0", "id": 2, "method": method});
        let answer = post(&stack, &[("mcp-protocol-version", agreed)], message.to_string()).await;
        assert_eq!(answer.status, 200);
        assert!(member.is_empty() || answer.body["result"][member].is_array(), "{answer:?}");
    }
}

#[rstest]
#[case::no_json("{", -32700)]
#[case::half_a_letter("\"\\ud800\"", -32700)]
#[case::nothing("", -32700)]
#[case::a_list("[{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}]", -32600)]
#[case::a_string("\"ping\"", -32600)]
#[case::no_version("{\"id\": 1, \"method\": \"ping\"}", -32600)]
#[case::another_version("{\"jsonrpc\": \"1.0\", \"id\": 1, \"method\": \"ping\"}", -32600)]
#[case::no_method("{\"jsonrpc\": \"2.0\", \"id\": 1}", -32600)]
#[case::a_response("{\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": {}}", -32600)]
#[case::an_invalid_method("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": 5}", -32600)]
#[case::an_invalid_id("{\"jsonrpc\": \"2.0\", \"id\": null, \"method\": \"ping\"}", -32600)]
#[case::invalid_params("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\", \"params\": []}", -32600)]
#[tokio::test]
async fn status_400_for_an_invalid_message(#[case] body: &str, #[case] code: i32) {
    let stack = Stack::start().await;
    let answer = post(&stack, &[], body.to_owned()).await;
    assert_eq!((answer.status, answer.code()), (400, &json!(code)), "{answer:?}");
    assert!(stack.dynamodb.calls().is_empty());
}

#[rstest]
#[case::no_header(&[], "ping", -32020)]
#[case::another_revision(&[("mcp-protocol-version", BEFORE)], "tools/list", -32020)]
#[case::no_method(&[("mcp-protocol-version", STATELESS)], "tools/list", -32020)]
#[case::another_method(&[("mcp-protocol-version", STATELESS), ("mcp-method", "ping")], "tools/list", -32020)]
#[case::two_methods(&[("mcp-protocol-version", STATELESS), ("mcp-method", "ping"), ("mcp-method", "tools/list")], "tools/list", -32020)]
#[tokio::test]
async fn status_400_when_headers_and_body_differ(
    #[case] headers: &[(&str, &str)],
    #[case] method: &str,
    #[case] code: i32,
) {
    let stack = Stack::start().await;
    let answer = post(&stack, headers, request(method, json!({})).to_string()).await;
    assert_eq!((answer.status, answer.code(), &answer.body["id"]), (400, &json!(code), &json!(1)), "{answer:?}");
}

#[tokio::test]
async fn status_400_when_the_header_names_another_tool() {
    let stack = Stack::start().await;
    let message = request("tools/call", json!({"name": "status"}));
    for (name, status) in [("status", 200), ("=?base64?c3RhdHVz?=", 200), ("profile", 400), ("", 400)] {
        let headers = [("mcp-protocol-version", STATELESS), ("mcp-method", "tools/call"), ("mcp-name", name)];
        let answer = post(&stack, &headers, message.to_string()).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert_eq!(*answer.code(), if status == 200 { Value::Null } else { json!(-32020) });
    }
}

#[tokio::test]
async fn status_400_for_an_unsupported_revision_lists_the_supported_ones() {
    let stack = Stack::start().await;
    let mut message = request("tools/list", json!({}));
    message["params"]["_meta"][VERSION_OF_REQUEST] = "1900-01-01".into();
    let modern = [("mcp-protocol-version", "1900-01-01"), ("mcp-method", "tools/list")];
    let older = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for body in [message, older] {
        let answer = post(&stack, &modern, body.to_string()).await;
        assert_eq!((answer.status, answer.code()), (400, &json!(-32022)), "{answer:?}");
        assert_eq!(answer.body["error"]["data"], json!({"supported": REVISIONS, "requested": "1900-01-01"}));
    }
}

#[tokio::test]
async fn status_400_for_a_request_of_the_newest_revision_with_missing_fields() {
    let stack = Stack::start().await;
    let mut message = request("tools/list", json!({}));
    let sound = message.clone();
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = Value::Null;
    let without_meta = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for body in [message, without_meta] {
        let answer = post(&stack, &headers(&sound), body.to_string()).await;
        assert_eq!((answer.status, answer.code()), (400, &json!(-32602)), "{answer:?}");
    }
}

#[tokio::test]
async fn status_404_for_an_unknown_method_and_200_in_older_revisions() {
    let stack = Stack::start().await;
    for method in ["resources/list", "ping", "initialize", "subscriptions/listen"] {
        let answer = ask(&stack, None, method, json!({})).await;
        assert_eq!((answer.status, answer.code()), (404, &json!(-32601)), "{method}: {answer:?}");
    }
    let older = json!({"jsonrpc": "2.0", "id": 1, "method": "resources/list"});
    let answer = post(&stack, &[("mcp-protocol-version", BEFORE)], older.to_string()).await;
    assert_eq!((answer.status, answer.code()), (200, &json!(-32601)));
}

#[rstest]
#[case::no_name(json!({}), "`name` is missing")]
#[case::an_invalid_name(json!({"name": 5}), "`name` is missing")]
#[case::another_tool(json!({"name": "create_key"}), "Unknown tool; this server has post_stats, ")]
#[case::invalid_arguments(json!({"name": "status", "arguments": [1]}), "`arguments` must be an object")]
#[tokio::test]
async fn a_mistake_that_no_model_can_correct_is_a_protocol_error(#[case] params: Value, #[case] says: &str) {
    let stack = Stack::start().await;
    let answer = ask(&stack, Some(&public_key()), "tools/call", params).await;
    assert_eq!((answer.status, answer.code()), (200, &json!(-32602)), "{answer:?}");
    assert!(answer.body["error"]["message"].as_str().unwrap().starts_with(says), "{answer:?}");
}

#[tokio::test]
async fn an_unknown_page_is_a_protocol_error() {
    let stack = Stack::start().await;
    let answer = ask(&stack, None, "tools/list", json!({"cursor": "2"})).await;
    assert_eq!((answer.status, answer.code()), (200, &json!(-32602)));
}

#[tokio::test]
async fn status_405_for_other_methods_of_http() {
    let stack = Stack::start().await;
    for method in ["GET", "DELETE", "PUT"] {
        let answer = stack.send(method, "/mcp", &[("accept", "text/event-stream")], "").await;
        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"), "{method}");
        assert_eq!(answer.header("allow"), "POST");
    }
    for path in ["/mcp/", "/v1/mcp", "/mcp/a"] {
        assert_eq!(stack.send("POST", path, &[], "{}").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn status_413_for_more_than_the_largest_batch() {
    let stack = Stack::start().await;
    let answer = post(&stack, &[], " ".repeat(MAX_BODY + 1)).await;
    assert_eq!((answer.status, answer.code()), (413, &json!(-32600)));
}

#[tokio::test]
async fn status_403_for_pages_of_websites_that_are_not_configured() {
    let own = "https://app.example";
    for (allowed, origin, status) in
        [("", own, 403), ("", "null", 403), (own, own, 200), (own, "https://other.example", 403), ("*", own, 200)]
    {
        let stack = Stack::with(&[("CORS_ORIGINS", allowed)]).await;
        let message = request("tools/list", json!({}));
        let mut headers = headers(&message);
        headers.push(("origin", origin));
        assert_eq!(post(&stack, &headers, message.to_string()).await.status, status, "{allowed:?} {origin:?}");
        // The server's own host name isn't accepted either: any name can lead to this address.
        headers.push(("host", "app.example"));
        assert_eq!(post(&stack, &headers, message.to_string()).await.status, status);
    }
}

#[tokio::test]
async fn an_event_without_a_request_gets_the_usual_answer() {
    let stack = Stack::start().await;
    let response = http_client().request(reqwest::Method::OPTIONS, format!("{}/mcp", stack.base)).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 405);
}
