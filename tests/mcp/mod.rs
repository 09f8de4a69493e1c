//! `POST /mcp`: the endpoints as tools of assistants.

mod calls;
mod clients;
mod listed;
mod protocol;

use http::HeaderMap;
use serde_json::{Value, json};
use shared::account::{ApiKey, Mode};
use shared::contract::Endpoint;
use shared::mcp::name;
use system_tests::openapi::operation;
use system_tests::{POST, Stack, http_client};

const STATELESS: &str = "2026-07-28";
const BEFORE: &str = "2025-11-25";
const VERSION_OF_REQUEST: &str = "io.modelcontextprotocol/protocolVersion";

/// An answer to a message.
#[derive(Debug)]
struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answered {
    /// The code of a protocol error; null if there is none.
    fn code(&self) -> &Value {
        &self.body["error"]["code"]
    }

    fn text(&self) -> &str {
        self.body["result"]["content"][0]["text"].as_str().unwrap()
    }

    fn structured(&self) -> &Value {
        &self.body["result"]["structuredContent"]
    }
}

/// Posts any body with these headers.
async fn post(stack: &Stack, headers: &[(&str, &str)], body: String) -> Answered {
    let mut request = http_client().post(format!("{}/mcp", stack.base)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    Answered { status, headers, body }
}

/// A request of the newest revision with all required fields.
fn request(method: &str, params: Value) -> Value {
    let mut params = params;
    params["_meta"] = json!({
        VERSION_OF_REQUEST: STATELESS,
        "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

/// The headers that a request of the newest revision needs.
fn headers(message: &Value) -> Vec<(&'static str, &str)> {
    let mut headers = vec![("mcp-protocol-version", STATELESS), ("mcp-method", message["method"].as_str().unwrap())];
    headers.extend(message["params"]["name"].as_str().map(|name| ("mcp-name", name)));
    headers
}

/// Sends a request of the newest revision, with or without a key.
async fn ask(stack: &Stack, key: Option<&ApiKey>, method: &str, params: Value) -> Answered {
    let message = request(method, params);
    let mut headers = headers(&message);
    headers.extend(key.map(|key| ("x-api-key", key.reveal())));
    post(stack, &headers, message.to_string()).await
}

/// Calls the tool of this endpoint.
async fn call(stack: &Stack, key: Option<&ApiKey>, endpoint: Endpoint, arguments: Value) -> Answered {
    ask(stack, key, "tools/call", json!({"name": name(endpoint), "arguments": arguments})).await
}

fn public_key() -> ApiKey {
    ApiKey::public(Mode::Test)
}

/// Valid arguments of this tool: an example of the document, or no arguments.
fn sound(endpoint: Endpoint) -> Value {
    let examples = operation(endpoint)["requestBody"]["content"]["application/json"]["examples"].as_object();
    // The simplest example has the last name: a link, a username.
    let mut examples = examples.into_iter().flatten().rev().map(|(_, example)| example["value"].clone());
    examples.find(|example| example["dry_run"].is_null()).unwrap_or(json!({}))
}

fn tiktok_post() -> Value {
    json!({"url": POST})
}
