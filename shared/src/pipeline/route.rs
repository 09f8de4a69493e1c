//! The one way in: which endpoint a request is for, and the answers to those that no endpoint takes.

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, LOCATION};
use http::{HeaderValue, Method, Response, StatusCode};
use lambda_http::Request;
use serde_json::Value;

use super::App;
use crate::contract::{self, ApiError, Endpoint, ErrorCode, NO_STORE, Receipt, Reply, reply};
use crate::gateway;

/// Answers the gateway's event. `handle` answers requests that are for an endpoint.
pub async fn answer<F: Future<Output = Reply>>(
    app: &App,
    event: Value,
    handle: impl FnOnce(Endpoint, Request) -> F,
) -> Reply {
    let request = match gateway::read(event) {
        Ok(Some(request)) => request,
        Ok(None) => return empty(StatusCode::NO_CONTENT),
        Err(error) => return contract::refusal(error),
    };
    let is_head = request.method() == Method::HEAD;
    let mut reply = match Endpoint::routed(request.method(), request.uri().path()) {
        Ok(endpoint) => handle(endpoint, request).await,
        Err(error) if is_preflight(&request, &error) => empty(StatusCode::NO_CONTENT),
        Err(error) => refuse(app, &request, error).await,
    };
    if is_head {
        reply.body_mut().clear();
    }
    reply
}

/// The answer of a function to a request for another one's endpoint. Whether `/v1/ping/` finds the route `/v1/ping` is the gateway's to
/// decide; if it doesn't, its default route leads here, and the caller is shown the way.
pub async fn of_another_function(app: &App, request: &Request) -> Reply {
    let path = request.uri().path();
    if let Some(name) = path.strip_suffix('/').and_then(|path| path.rsplit('/').next()) {
        // Relative: what stands before the path on the operator's domain isn't known here.
        if let Ok(location) = HeaderValue::try_from(format!("../{name}")) {
            let mut reply = empty(StatusCode::PERMANENT_REDIRECT);
            reply.headers_mut().insert(LOCATION, location);
            return reply;
        }
    }
    tracing::error!(path, "the gateway has no route for this endpoint");
    refuse(app, request, ErrorCode::UnknownRoute.into()).await
}

/// What a browser asks before it sends a page's request. What a page may do is said in headers, which are the gateway's to add where
/// it is set up for websites.
fn is_preflight(request: &Request, error: &ApiError) -> bool {
    let asks = request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    asks && error.code == ErrorCode::MethodNotAllowed
}

fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(String::new());
    *reply.status_mut() = status;
    reply.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    reply
}

/// A recognised key counts the request, and is told what is left.
async fn refuse(app: &App, request: &Request, error: ApiError) -> Reply {
    let quota = match app.recognise(request.headers()) {
        Ok(key) => {
            app.admit(&key, None).await.map_or_else(|refusal| refusal.quota(), |admission| Some(admission.quota))
        }
        Err(_) => None,
    };
    let receipt = Receipt { quota, ..Receipt::new() };
    // Whoever asks may be nobody: what is logged of it has an end.
    let path: String = request.uri().path().chars().take(100).collect();
    let (method, status, code) = (request.method(), error.code.status().as_u16(), error.code);
    tracing::info!(status, %method, path, %code, request_id = receipt.request_id, "request");
    reply::<()>(&Err(error), &receipt)
}
