//! API Gateway's events (payload 2.0) and answers.
//!
//! Anybody can send an event's content. `lambda_http`'s conversion panics with some content (a
//! space in the query, an unusual host, port or scheme, invalid base64), and refuses the whole
//! event because of a header with an umlaut. So only clean parts are converted.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri};
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::request::LambdaRequest;
use lambda_http::{Body, Request};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::contract::{ApiError, ErrorCode};

/// Characters that a path must escape.
const NOT_IN_PATH: &AsciiSet = &NOT_IN_QUERY.add(b'?');
/// Characters that a query must escape.
const NOT_IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The request in an event; `None` if the event isn't from the gateway, such as `{}`, which keeps
/// functions warm.
///
/// # Errors
/// If the event can't be converted to a request.
pub fn read(event: Value) -> Result<Option<Request>, ApiError> {
    let Value::Object(mut event) = event else { return Ok(None) };
    let Some(context) = event.remove("requestContext") else { return Ok(None) };
    let unread = |what: &str, advice: &str| {
        ApiError::new(ErrorCode::InvalidRequest, format!("the {what} can't be read; {advice}"))
    };

    let target =
        target(&event).ok_or_else(|| unread("path", "send one that is shorter than 64 KB and begins with /"))?;
    let method = context["http"]["method"].as_str().and_then(|method| Method::try_from(method).ok());
    let mut sound = ApiGatewayV2httpRequest::default();
    sound.raw_query_string = target.query().map(str::to_owned);
    sound.request_context.http.method = method.ok_or_else(|| unread("method", "send GET or POST"))?;
    sound.request_context.time_epoch = context["timeEpoch"].as_i64().unwrap_or_default();

    let mut request = Request::from(LambdaRequest::ApiGatewayV2(sound));
    *request.uri_mut() = target;
    *request.headers_mut() = headers(&event);
    *request.body_mut() = body(&mut event).ok_or_else(|| unread("body", "send JSON"))?;
    Ok(Some(request))
}

/// The answer in the gateway's form.
#[must_use]
pub fn response(reply: Response<impl Into<Body>>) -> ApiGatewayV2httpResponse {
    let (parts, body) = reply.into_parts();
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = parts.status.as_u16().into();
    response.headers = parts.headers;
    let body = body.into();
    response.is_base64_encoded = matches!(body, Body::Binary(_));
    response.body = Some(body);
    response
}

/// The path and the query, escaped for a URI, but otherwise unchanged: dot segments stay.
fn target(event: &Map<String, Value>) -> Option<Uri> {
    let path = event.get("rawPath")?.as_str().filter(|path| path.starts_with('/'))?;
    let path = utf8_percent_encode(path, NOT_IN_PATH);
    let query = event.get("rawQueryString").and_then(Value::as_str).unwrap_or_default();
    let query = utf8_percent_encode(query, NOT_IN_QUERY);
    PathAndQuery::try_from(format!("{path}?{query}")).ok().map(Uri::from)
}

/// The event's valid headers; values may have letters beyond ASCII.
fn headers(event: &Map<String, Value>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in event.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().map(|value| HeaderValue::from_bytes(value.as_bytes()));
        if let (Ok(name), Some(Ok(value))) = (HeaderName::try_from(name), value) {
            // Beyond thousands of them, the rest is left out.
            let _ = headers.try_append(name, value);
        }
    }
    headers
}

fn body(event: &mut Map<String, Value>) -> Option<Body> {
    let is_base64 = event.get("isBase64Encoded").is_some_and(|flag| *flag == Value::Bool(true));
    match event.remove("body") {
        None | Some(Value::Null) => Some(Body::Empty),
        Some(Value::String(text)) if is_base64 => BASE64_STANDARD.decode(text).ok().map(Body::Binary),
        Some(Value::String(text)) => Some(Body::Text(text)),
        Some(_) => None,
    }
}
