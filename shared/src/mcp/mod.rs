//! MCP at `POST /mcp`: the endpoints as tools for assistants.
//!
//! The server is stateless: each HTTP request is one message of the protocol, and contains all
//! needed data. A tool's call is handled like a request to its endpoint, with the same key, limits,
//! prices and log.

mod about;
mod call;
mod message;
mod method;
mod origin;
mod revision;
mod text;
mod tools;

pub use about::about;
pub(crate) use call::CallReceipt;
pub use revision::REVISIONS;
pub use tools::{endpoints, name, price_of};

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use lambda_http::Request;
use serde_json::Value;

use crate::contract::{ApiError, Endpoint, ErrorCode, NO_STORE, Reply};
use crate::gateway;
use crate::pipeline::{App, empty, refusal};
use message::{Fault, Message};
use revision::Revision;

/// Its path on the host.
pub const PATH: &str = "/mcp";
/// The name of its function.
pub const FUNCTION: &str = "mcp";
/// The largest message, in bytes: a batch's largest body, and the message around it.
pub const MAX_BODY: usize = 144 * 1024;

/// The result of a message, or its fault.
type Checked<T> = Result<T, Fault>;

/// Whether a request with this method and path is for MCP.
#[must_use]
pub fn is_at(method: &Method, path: &str) -> bool {
    method == Method::POST && path == PATH
}

/// Whether the gateway sends this event to MCP's function.
#[must_use]
pub fn is_for(event: &Value) -> bool {
    let method = event["requestContext"]["http"]["method"].as_str().unwrap_or_default();
    method == Method::POST.as_str() && event["rawPath"] == PATH
}

/// The error for another method on this path. GET would open a stream and DELETE end a session, and
/// neither exists.
#[must_use]
pub fn other_method(method: &Method, path: &str) -> Option<ApiError> {
    if path != PATH || method == Method::POST {
        return None;
    }
    let error = ApiError::new(ErrorCode::MethodNotAllowed, format!("send POST {PATH}"));
    Some(ApiError { allow: vec!["POST"], ..error })
}

/// Answers the gateway's event. `handle` answers an endpoint's request.
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
    let (method, path) = (request.method(), request.uri().path());
    if !is_at(method, path) {
        return refusal(other_method(method, path).unwrap_or(ErrorCode::UnknownRoute.into()));
    }
    reply(app, request, handle).await
}

async fn reply<F: Future<Output = Reply>>(
    app: &App,
    request: Request,
    handle: impl FnOnce(Endpoint, Request) -> F,
) -> Reply {
    if let Err(fault) = origin::check(request.headers(), &app.config().cors_origins) {
        return logged("", &Message::refusal(None, &fault), fault.status);
    }
    let message = match Message::read(request.body().as_ref()) {
        Ok(message) => message,
        Err((id, fault)) => return logged("", &Message::refusal(id.as_ref(), &fault), fault.status),
    };
    let Some(id) = &message.id else {
        // A notification needs no answer, and changes nothing on this server.
        return empty(StatusCode::ACCEPTED);
    };
    let result = match Revision::of(request.headers(), &message) {
        Ok(revision) => method::result(app, revision, &message, request, handle).await,
        Err(fault) => Err(fault),
    };
    match result {
        // The endpoint writes its own log line.
        Ok(result) if message.calls_a_tool() => written(&Message::response(id, &result), StatusCode::OK),
        Ok(result) => logged(&message.method, &Message::response(id, &result), StatusCode::OK),
        Err(fault) => logged(&message.method, &Message::refusal(Some(id), &fault), fault.status),
    }
}

/// The answer to a message that reaches no endpoint; writes its log line.
fn logged(method: &str, body: &str, status: StatusCode) -> Reply {
    // An unknown method's name may be long, so it isn't logged.
    let known = method::KNOWN.iter().find(|known| **known == method);
    tracing::info!(status = status.as_u16(), method = known, "mcp");
    written(body, status)
}

fn written(body: &str, status: StatusCode) -> Reply {
    let mut reply = Response::new(body.to_owned());
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, NO_STORE);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_post_is_accepted_and_other_methods_get_a_message() {
        assert!(is_at(&Method::POST, "/mcp"));
        assert!(!is_at(&Method::POST, "/mcp/") && !is_at(&Method::POST, "/v1/mcp"));
        for method in [Method::GET, Method::DELETE, Method::HEAD, Method::PUT] {
            assert!(!is_at(&method, "/mcp"));
            assert_eq!(other_method(&method, "/mcp").map(|error| error.allow), Some(vec!["POST"]));
        }
        assert_eq!(other_method(&Method::POST, "/mcp"), None);
        assert_eq!(other_method(&Method::GET, "/v1/ping"), None);
    }
}
