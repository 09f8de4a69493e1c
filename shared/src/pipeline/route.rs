//! What comes before an endpoint: which one a request is for, and the answer to those that are for none.

use http::header::ACCESS_CONTROL_REQUEST_METHOD;
use http::{HeaderMap, Method, Response, StatusCode};

use crate::contract::{ApiError, Endpoint, Receipt, Reply, reply};

/// The endpoint of a request, or the answer to one that no endpoint takes.
///
/// # Errors
/// That answer: a refusal, or what a browser asks before it sends a page's request.
#[expect(clippy::result_large_err, reason = "it is moved once a request")]
pub fn route(method: &Method, path: &str, headers: &HeaderMap) -> Result<Endpoint, Reply> {
    Endpoint::routed(method, path).map_err(|error| {
        let is_preflight = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if is_preflight && error.allow.is_some() { no_content() } else { refuse(&error, method, path) }
    })
}

/// What a page may do is said in headers, which are the gateway's to add where it is set up for websites.
fn no_content() -> Reply {
    let mut reply = Response::new(String::new());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

fn refuse(error: &ApiError, method: &Method, path: &str) -> Reply {
    let receipt = Receipt::new();
    // Nobody has shown a key: what is logged of it has an end.
    let path: String = path.chars().take(100).collect();
    tracing::info!(request_id = receipt.request_id, %method, path, status = error.code.status().as_u16(), code = %error.code, "request");
    reply::<()>(&Err(error.clone()), &receipt)
}
