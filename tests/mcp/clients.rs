//! The official SDK's client, with each of its ways to connect.

use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, ClientConfig, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::json;
use shared::mcp::{endpoints, name};
use system_tests::{Stack, api23_post, http_client};

use super::{public_key, sound, tiktok_post};

type Client = RunningService<RoleClient, ClientConfig>;

fn transport(stack: &Stack, key: Option<&str>) -> StreamableHttpClientTransport<reqwest::Client> {
    let config = StreamableHttpClientTransportConfig::with_uri(format!("{}/mcp", stack.base));
    let config = key.map_or(config.clone(), |key| config.auth_header(key));
    StreamableHttpClientTransport::with_client(http_client(), config)
}

/// A client that discovers the server's revisions.
async fn newest(stack: &Stack, key: Option<&str>) -> Client {
    let lifecycle = ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
    ClientConfig::default().serve_with_lifecycle(transport(stack, key), lifecycle).await.unwrap()
}

/// A client that begins with `initialize`.
async fn older(stack: &Stack, key: Option<&str>) -> Client {
    let mut info = ClientConfig::default();
    info.protocol_version = ProtocolVersion::V_2025_11_25;
    info.serve(transport(stack, key)).await.unwrap()
}

async fn lists_and_calls_every_tool(client: &Client) {
    let tools = client.list_all_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.to_string()).collect();
    assert_eq!(names, endpoints().map(name).collect::<Vec<_>>());
    for endpoint in endpoints() {
        let arguments = sound(endpoint).as_object().cloned().unwrap();
        let call = CallToolRequestParams::new(name(endpoint)).with_arguments(arguments);
        let result = client.call_tool(call).await.unwrap();
        assert_eq!(result.is_error, Some(false), "{endpoint}: {result:?}");
        assert_eq!(result.structured_content.unwrap()["ok"], true);
    }
}

#[tokio::test]
async fn the_official_client_lists_and_calls_every_tool_in_both_revisions() {
    let stack = Stack::start().await;
    let key = public_key();
    let client = newest(&stack, Some(key.reveal())).await;
    lists_and_calls_every_tool(&client).await;
    client.cancel().await.unwrap();
    let client = older(&stack, Some(key.reveal())).await;
    lists_and_calls_every_tool(&client).await;
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn the_official_client_detects_the_protocol_revision() {
    let stack = Stack::start().await;
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    };
    let client = ClientConfig::default().serve_with_lifecycle(transport(&stack, None), lifecycle).await.unwrap();
    assert_eq!(client.list_all_tools().await.unwrap().len(), endpoints().count());
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn the_official_client_gets_real_numbers_for_a_live_key() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    let client = newest(&stack, Some(customer.live.reveal())).await;
    let arguments = tiktok_post().as_object().cloned().unwrap();
    let result = client.call_tool(CallToolRequestParams::new("post_stats").with_arguments(arguments)).await.unwrap();
    let answer = result.structured_content.unwrap();
    assert_eq!((&answer["data"]["provider"], &answer["receipt"]["charge"]), (&json!("tiktok-api23"), &json!(0.001)));
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn the_official_client_gets_the_error_messages() {
    let stack = Stack::start().await;
    let client = newest(&stack, None).await;
    let result = client.call_tool(CallToolRequestParams::new("usage")).await.unwrap();
    assert_eq!(result.is_error, Some(true));
    let unknown = client.call_tool(CallToolRequestParams::new("no_tool")).await.unwrap_err();
    assert!(
        matches!(&unknown, ServiceError::McpError(error) if error.message.starts_with("Unknown tool")),
        "{unknown:?}"
    );
    client.cancel().await.unwrap();
}
