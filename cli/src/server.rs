//! The local HTTP server. It builds the event that API Gateway would build, and passes it to the
//! entry point that Lambda uses. The local and the deployed API therefore run the same code.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderValue;
use http::header::EXPECT;
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use jiff::Timestamp;
use pages::Site;
use serde_json::{Map, Value, json};
use shared::contract::{self, ApiError, Endpoint, ErrorCode, Reply};
use shared::pipeline::{self, App};
use shared::site;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::cors::CorsLayer;

/// The time for a body to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// In bytes. A body that is too large is read up to here (API Gateway's limit), because some
/// callers read the answer only after they have sent the whole body.
const MAX_DRAINED: usize = 10 * 1024 * 1024;

#[derive(Clone)]
struct Server {
    app: Arc<App>,
    requests: TaskTracker,
}

/// Serves all endpoints until `stop`. Then finishes the requests in flight, also those whose caller
/// has disconnected. Pages of the origin `cors` may read the answers.
pub async fn serve(listener: TcpListener, app: Arc<App>, cors: Option<HeaderValue>, stop: CancellationToken) {
    let requests = TaskTracker::new();
    let server = Server { app, requests: requests.clone() };
    let mut router = Router::new().fallback(answer).with_state(server);
    if let Some(origin) = cors {
        router = router.layer(cors_layer(origin));
    }
    crate::http::serve(listener, router, stop, requests).await;
}

/// The gateway's settings for websites, as in template.yaml.
fn cors_layer(origin: HeaderValue) -> CorsLayer {
    let names =
        |names: &[&'static str]| names.iter().map(|name| http::HeaderName::from_static(name)).collect::<Vec<_>>();
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods(contract::CORS_METHODS)
        .allow_headers(names(contract::CORS_ALLOWED_HEADERS))
        .expose_headers(names(contract::CORS_EXPOSED_HEADERS))
        .max_age(contract::CORS_MAX_AGE)
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let expects = request.headers().contains_key(EXPECT);
    let (parts, mut body) = request.into_parts();
    let bytes = match timeout(BODY_TIMEOUT, beginning(&parts, &mut body)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return unread("the body ended early; send all of it"),
        Err(_) => return unread("the body did not arrive within 10 seconds; send all of it"),
    };
    // A separate task, which continues if the caller disconnects: otherwise money would stay held
    // and a lease taken.
    let answered = server.requests.spawn(respond(server.app, event(&parts, &bytes))).await;
    // A caller that waits for "100 Continue" doesn't have to send the body.
    if !body.is_end_stream() && !expects {
        tokio::spawn(timeout(BODY_TIMEOUT, drain(body)));
    }
    answered.unwrap_or_else(|_| pipeline::refusal(ApiError::internal("a panic")).into_response())
}

fn unread(problem: &str) -> Response {
    pipeline::refusal(ApiError::new(ErrorCode::InvalidRequest, problem)).into_response()
}

/// The body. If it is too large for the endpoint, at least one byte more than the limit. A request
/// to no endpoint is refused with any body.
async fn beginning(parts: &Parts, body: &mut Body) -> Result<Vec<u8>, axum::Error> {
    let Some(most) = most(parts) else { return Ok(Vec::new()) };
    if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
        return Ok(vec![0; most + 1]);
    }
    let mut bytes = Vec::new();
    while bytes.len() <= most
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// The endpoint's limit for bodies, in bytes; None for requests to no endpoint.
fn most(parts: &Parts) -> Option<usize> {
    let (method, path) = (&parts.method, parts.uri.path());
    if shared::mcp::is_at(method, path) {
        return Some(shared::mcp::MAX_BODY);
    }
    Endpoint::routed(method, path).ok().map(|endpoint| endpoint.spec().max_body)
}

async fn drain(mut body: Body) {
    let mut drained = 0;
    while drained < MAX_DRAINED
        && let Some(Ok(frame)) = body.frame().await
    {
        drained += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// Answers the gateway's event, for any function.
async fn respond(app: Arc<App>, event: Value) -> Response {
    if site::is_for(&event) {
        let site = Site { now: app.now(), billing_contact: app.billing_contact() };
        return pages::answer(event, site).await.map(Body::new);
    }
    handle(app, event).await.into_response()
}

/// Answers the gateway's event for an endpoint or for the assistants' tools.
pub async fn handle(app: Arc<App>, event: Value) -> Reply {
    if shared::mcp::is_for(&event) {
        let handle = |endpoint, request| Box::pin(mcp::handle(Arc::clone(&app), endpoint, request));
        // Boxed, because the compiler gives up on a type that is nested so deeply.
        return shared::mcp::answer(&app, event, handle).boxed().await;
    }
    let handle = |endpoint, request| Box::pin(call(endpoint, Arc::clone(&app), request));
    pipeline::answer(&app, event, handle).await
}

async fn call(endpoint: Endpoint, app: Arc<App>, request: lambda_http::Request) -> Reply {
    match endpoint {
        Endpoint::PostStats => post_stats::handle(app, request).await,
        Endpoint::PostStatsBatch => post_stats_batch::handle(app, request).await,
        Endpoint::Profile => profile::handle(app, request).await,
        Endpoint::ChannelVideos => channel_videos::handle(app, request).await,
        Endpoint::MedianViews => median_views::handle(app, request).await,
        Endpoint::Email => email::handle(app, request).await,
        Endpoint::Platforms => platforms::handle(app, request).await,
        Endpoint::Ping => ping::handle(app, request).await,
        Endpoint::Usage => usage::handle(app, request).await,
        Endpoint::Request => requests::handle(app, request).await,
        Endpoint::Status => status::handle(app, request).await,
        Endpoint::Keys | Endpoint::CreateKey | Endpoint::DeleteKey | Endpoint::RotateKey => {
            keys::handle(app, endpoint, request).await
        }
    }
}

/// An event with those fields of API Gateway's payload 2.0 that `gateway::read` uses. Header names
/// are in lower case, and repeated headers are joined. A body that isn't UTF-8 is in base64.
fn event(parts: &Parts, body: &[u8]) -> Value {
    let mut headers = Map::new();
    for name in parts.headers.keys() {
        let values: Vec<_> =
            parts.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        headers.insert(name.as_str().to_owned(), values.join(",").into());
    }
    let (text, is_base64) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64_STANDARD.encode(body), true),
    };
    json!({
        "version": "2.0",
        "rawPath": parts.uri.path(),
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "http": {"method": parts.method.as_str()},
            "timeEpoch": Timestamp::now().as_millisecond(),
        },
        "body": (!body.is_empty()).then_some(text),
        "isBase64Encoded": is_base64,
    })
}
