//! The local HTTP server. It makes the event that API Gateway would make and hands it to the entry that Lambda uses, so that what
//! answers here is what is deployed.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, LambdaEvent, service_fn};
use serde_json::{Map, Value, json};
use shared::contract::{self, ApiError, Endpoint, ErrorCode, Reply};
use shared::pipeline::{App, route};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// What API Gateway takes at most.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;

const HOST: &str = "localhost";
const LOOPBACK: &str = "127.0.0.1";

#[derive(Clone)]
struct Server {
    app: Arc<App>,
    requests: TaskTracker,
}

/// Serves all endpoints until `shutdown`, then finishes the requests in flight, those whose caller has gone included.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let requests = TaskTracker::new();
    let server = Server { app, requests: requests.clone() };
    let router = Router::new().fallback(answer).with_state(server);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await?;
    requests.close();
    requests.wait().await;
    Ok(())
}

/// A task of its own: a caller who hangs up must not leave money held or a lease taken.
async fn answer(State(server): State<Server>, request: Request) -> Response {
    let app = Arc::clone(&server.app);
    let answered = server.requests.spawn(async move {
        match pass_on(app, request).await {
            Ok(response) => response,
            Err(error) => refusal(error),
        }
    });
    answered.await.unwrap_or_else(|_| refusal(ErrorCode::Internal.into()))
}

async fn pass_on(app: Arc<App>, request: Request) -> Result<Response, ApiError> {
    let endpoint = match route(request.method(), request.uri().path(), request.headers()) {
        Ok(endpoint) => endpoint,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_PAYLOAD).collect().await;
    let body = body.map_err(|error| unread(error, endpoint.spec().max_body))?;
    let event = event(endpoint, &parts, &body.to_bytes());
    let event: LambdaRequest = serde_json::from_value(event).map_err(internal)?;

    let handler = service_fn(move |request| call(endpoint, Arc::clone(&app), request));
    let event = LambdaEvent::new(event, lambda_http::Context::default());
    let Ok(answer) = Adapter::from(handler).oneshot(event).await;
    response(serde_json::to_value(answer).map_err(internal)?)
}

/// Why a body can't be read: it is too large, or its sender broke off.
fn unread(error: Box<dyn std::error::Error + Send + Sync>, max_body: usize) -> ApiError {
    if error.is::<LengthLimitError>() {
        return ApiError::body_too_large(max_body);
    }
    ApiError::new(ErrorCode::InvalidRequest, "the body broke off; send it whole")
}

async fn call(endpoint: Endpoint, app: Arc<App>, request: lambda_http::Request) -> Result<Reply, Infallible> {
    Ok(match endpoint {
        Endpoint::PostStats => post_stats::handle(app, request).await,
        Endpoint::Profile => profile::handle(app, request).await,
        Endpoint::ChannelVideos => channel_videos::handle(app, request).await,
        Endpoint::MedianViews => median_views::handle(app, request).await,
        Endpoint::Email => email::handle(app, request).await,
        Endpoint::Platforms => platforms::handle(app, request).await,
        Endpoint::Ping => ping::handle(app, request).await,
    })
}

/// API Gateway's payload 2.0: header names in lower case, repeated headers joined, a body that is no text in base64. Where the
/// request came from and went to is the gateway's word, not the caller's.
fn event(endpoint: Endpoint, parts: &Parts, body: &[u8]) -> Value {
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
    let user_agent = headers.get("user-agent").cloned().unwrap_or_default();
    let now = Timestamp::now();
    let (text, is_base64) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64_STANDARD.encode(body), true),
    };
    let route = format!("{} {}", endpoint.spec().method, endpoint.spec().path);
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": parts.uri.path(),
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "local",
            "apiId": "local",
            "domainName": HOST,
            "http": {
                "method": parts.method.as_str(),
                "path": parts.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": LOOPBACK,
                "userAgent": user_agent,
            },
            "requestId": now.as_nanosecond().to_string(),
            "routeKey": route,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "body": (!body.is_empty()).then_some(text),
        "isBase64Encoded": is_base64,
    })
}

/// What API Gateway makes of a function's answer.
fn response(answer: Value) -> Result<Response, ApiError> {
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).ok_or_else(|| internal("no status"))?;
    let body = answer["body"].as_str().unwrap_or_default().to_owned();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name).map_err(internal)?;
        let value = HeaderValue::try_from(value.as_str().unwrap_or_default()).map_err(internal)?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

fn refusal(error: ApiError) -> Response {
    if let Some(reason) = &error.internal {
        tracing::error!(reason, "the local server failed");
    }
    contract::refusal(error).into_response()
}

fn internal(error: impl ToString) -> ApiError {
    ApiError::internal(error)
}
