//! The entry of all requests: finds a request's endpoint, and answers requests without an endpoint.

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, LOCATION};
use http::{HeaderValue, Method, Response, StatusCode};
use lambda_http::Request;
use serde_json::Value;

use super::App;
use super::call::KeyName;
use crate::account::{Admission, AdmitError};
use crate::contract::{ApiError, Endpoint, ErrorCode, NO_STORE, Quota, Receipt, Reply, reply, without_body};
use crate::money::MicroDollars;
use crate::{gateway, mcp, site};

/// Answers the gateway's event. `handle` answers requests to an endpoint.
pub async fn answer<F: Future<Output = Reply>>(
    app: &App,
    event: Value,
    handle: impl FnOnce(Endpoint, Request) -> F,
) -> Reply {
    let request = match gateway::read(event) {
        Ok(Some(request)) => request,
        Ok(None) => return empty(StatusCode::NO_CONTENT),
        Err(error) => return refusal(error),
    };
    let is_head = request.method() == Method::HEAD;
    let (method, path) = (request.method(), request.uri().path());
    let other_method = || site::other_method(method, path).or_else(|| mcp::other_method(method, path));
    let routed = Endpoint::routed(method, path).map_err(|error| other_method().unwrap_or(error));
    let reply = match routed {
        Ok(endpoint) => handle(endpoint, request).await,
        Err(error) if is_preflight(&request, &error) => empty(StatusCode::NO_CONTENT),
        Err(error) => refuse(app, &request, error).await,
    };
    if is_head { without_body(reply) } else { reply }
}

/// The answer to an event that can't be read as a request, or isn't one.
#[must_use]
pub fn refusal(error: ApiError) -> Reply {
    let receipt = Receipt::new();
    let (status, code, request_id) = (error.code.status().as_u16(), error.code, &receipt.request_id);
    if let Some(reason) = &error.internal {
        tracing::error!(status, %code, reason, request_id, "request");
    } else {
        tracing::info!(status, %code, problem = error.message, request_id, "request");
    }
    reply::<()>(&Err(error), &receipt)
}

/// The answer of a function to a request for another function's endpoint. The gateway decides
/// whether `/v1/ping/` is the route `/v1/ping`. If it isn't, the gateway's default route leads
/// here, and the caller is redirected.
pub async fn of_another_function(app: &App, endpoint: Endpoint, request: &Request) -> Reply {
    let uri = request.uri();
    let Some(path) = uri.path().strip_suffix('/') else {
        tracing::error!(%endpoint, "the gateway has no route for this endpoint");
        return refuse(app, request, ErrorCode::UnknownRoute.into()).await;
    };
    // The redirect is relative, because the part before the path on the operator's domain isn't
    // known here.
    let name = path.rsplit('/').next().unwrap_or_default();
    let query = uri.query().filter(|query| !query.is_empty()).map(|query| format!("?{query}")).unwrap_or_default();
    let location = HeaderValue::try_from(format!("../{name}{query}"));
    let mut reply = empty(StatusCode::PERMANENT_REDIRECT);
    reply.headers_mut().insert(LOCATION, location.unwrap_or(HeaderValue::from_static(endpoint.spec().path)));
    tracing::info!(status = reply.status().as_u16(), %endpoint, "request");
    reply
}

/// Whether this is a browser's preflight request. The gateway adds the headers of the answer, if it
/// is configured for websites.
fn is_preflight(request: &Request, error: &ApiError) -> bool {
    let asks = request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    asks && error.code == ErrorCode::MethodNotAllowed
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(String::new());
    *reply.status_mut() = status;
    reply.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    reply
}

/// Counts the request if the key is recognised; then the response has the rate limit's headers.
async fn refuse(app: &App, request: &Request, error: ApiError) -> Reply {
    let key = app.recognise(request.headers()).ok();
    let mut receipt = Receipt::new();
    if let Some(key) = &key {
        let admission = app.admit(key, None).await;
        (receipt.quota, receipt.balance) = standing(&admission);
    }
    let key = key.as_ref().map(KeyName::from);
    tracing::info!(
        status = error.code.status().as_u16(),
        method = beginning(request.method().as_str()),
        path = beginning(request.uri().path()),
        code = %error.code,
        mode = key.as_ref().map(|key| <&str>::from(key.mode)),
        account = key.as_ref().map(|key| key.account.as_str()),
        key = key.as_ref().map(|key| &*key.id),
        request_id = receipt.request_id,
        "request"
    );
    reply::<()>(&Err(error), &receipt)
}

/// The headers about a key's account, for admitted and refused requests.
pub(super) fn standing(admission: &Result<Admission, AdmitError>) -> (Option<Quota>, Option<MicroDollars>) {
    match admission {
        Ok(Admission { account, quota }) => (Some(*quota), Some(account.balance)),
        Err(AdmitError::RateLimited { quota, account }) => (Some(*quota), Some(account.balance)),
        Err(refusal) => (refusal.quota(), None),
    }
}

/// The beginning of a caller's string, for the log: of limited length, and without a key in it.
fn beginning(text: &str) -> String {
    let harmless = ["ct_live_", "ct_test_"].iter().filter_map(|prefix| text.find(prefix)).min();
    text[..harmless.unwrap_or(text.len())].chars().take(100).collect()
}
