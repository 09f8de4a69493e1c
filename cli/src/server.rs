//! The local HTTP server. It makes the event that API Gateway would make and hands it to the entry that Lambda uses, so that what
//! answers here is what is deployed.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::request::Parts;
use http::{HeaderValue, Method};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use shared::contract::{self, ApiError, Endpoint, ErrorCode, Reply};
use shared::pipeline::{self, App};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::cors::CorsLayer;

/// For a body to arrive, as far as it is read.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// What is read of a body that is too large, so that its sender comes to read the answer: what API Gateway takes at most.
const MAX_DRAINED: usize = 10 * 1024 * 1024;

/// How long a browser may remember what a page is allowed to do.
const CORS_MAX_AGE: Duration = Duration::from_hours(1);

const HOST: &str = "localhost";
const LOOPBACK: &str = "127.0.0.1";

#[derive(Clone)]
struct Server {
    app: Arc<App>,
    requests: TaskTracker,
}

/// Serves all endpoints until `stop`, then finishes the requests in flight, those whose caller has gone included. Pages of `cors` may
/// read the answers.
pub async fn serve(listener: TcpListener, app: Arc<App>, cors: Option<HeaderValue>, stop: CancellationToken) {
    let requests = TaskTracker::new();
    let server = Server { app, requests: requests.clone() };
    let mut router = Router::new().fallback(answer).with_state(server);
    if let Some(origin) = cors {
        router = router.layer(cors_layer(origin));
    }
    crate::http::serve(listener, router, stop, async move {
        requests.close();
        requests.wait().await;
    })
    .await;
}

/// What template.yaml lets the gateway say.
fn cors_layer(origin: HeaderValue) -> CorsLayer {
    let names =
        |names: &[&'static str]| names.iter().map(|name| http::HeaderName::from_static(name)).collect::<Vec<_>>();
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(names(contract::CORS_ALLOWED_HEADERS))
        .expose_headers(names(contract::CORS_EXPOSED_HEADERS))
        .max_age(CORS_MAX_AGE)
}

/// A task of its own: a caller who hangs up must not leave money held or a lease taken.
async fn answer(State(server): State<Server>, request: Request) -> Response {
    let app = Arc::clone(&server.app);
    let answered = server.requests.spawn(pass_on(app, request)).await;
    answered.unwrap_or_else(|_| contract::refusal(ErrorCode::Internal.into())).into_response()
}

async fn pass_on(app: Arc<App>, request: Request) -> Reply {
    let (parts, mut body) = request.into_parts();
    // What is for no endpoint is refused whatever its body.
    let needed = Endpoint::routed(&parts.method, parts.uri.path()).map_or(0, |endpoint| endpoint.spec().max_body);
    let bytes = match timeout(BODY_TIMEOUT, beginning(&mut body, needed)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return unread("the body broke off; send it whole"),
        Err(_) => return unread("the body did not arrive within 10 seconds; send it whole"),
    };
    let reply = handle(app, event(&parts, &bytes)).await;
    tokio::spawn(timeout(BODY_TIMEOUT, drain(body)));
    reply
}

/// Answers the gateway's event, whichever endpoint it is for.
pub async fn handle(app: Arc<App>, event: Value) -> Reply {
    let handle = |endpoint, request| Box::pin(call(endpoint, Arc::clone(&app), request));
    pipeline::answer(&app, event, handle).await
}

fn unread(problem: &str) -> Reply {
    contract::refusal(ApiError::new(ErrorCode::InvalidRequest, problem))
}

/// The body, or if it is larger than `needed`, so much of it that this shows.
async fn beginning(body: &mut Body, needed: usize) -> Result<Vec<u8>, axum::Error> {
    let mut bytes = Vec::new();
    while bytes.len() <= needed
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

async fn drain(mut body: Body) {
    let mut drained = 0;
    while drained < MAX_DRAINED
        && let Some(Ok(frame)) = body.frame().await
    {
        drained += frame.data_ref().map_or(0, bytes::Bytes::len);
    }
}

async fn call(endpoint: Endpoint, app: Arc<App>, request: lambda_http::Request) -> Reply {
    match endpoint {
        Endpoint::PostStats => post_stats::handle(app, request).await,
        Endpoint::Profile => profile::handle(app, request).await,
        Endpoint::ChannelVideos => channel_videos::handle(app, request).await,
        Endpoint::MedianViews => median_views::handle(app, request).await,
        Endpoint::Email => email::handle(app, request).await,
        Endpoint::Platforms => platforms::handle(app, request).await,
        Endpoint::Ping => ping::handle(app, request).await,
    }
}

/// API Gateway's payload 2.0: header names in lower case, repeated headers joined, a body that is no text in base64. Where the
/// request came from and went to is the gateway's word, not the caller's.
fn event(parts: &Parts, body: &[u8]) -> Value {
    let mut headers = Map::new();
    for name in parts.headers.keys() {
        let values: Vec<_> =
            parts.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        headers.insert(name.as_str().to_owned(), values.join(",").into());
    }
    headers.retain(|name, _| !name.starts_with("x-forwarded-"));
    for (name, value) in [("host", HOST), ("x-forwarded-for", LOOPBACK), ("x-forwarded-proto", "http")] {
        headers.insert(name.to_owned(), value.into());
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
            "domainName": HOST,
            "http": {"method": parts.method.as_str(), "path": parts.uri.path(), "sourceIp": LOOPBACK},
            "stage": "$default",
            "timeEpoch": Timestamp::now().as_millisecond(),
        },
        "body": (!body.is_empty()).then_some(text),
        "isBase64Encoded": is_base64,
    })
}
