//! Responses: their headers and their compression.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use lambda_http::Body;
use shared::contract::NO_STORE;

use crate::broken;
use crate::layout::Layout;

/// A complete response.
pub type Answer = Response<Body>;

/// A page may load the site's files, but may not use inline scripts or styles.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);
/// In bytes. Smaller bodies fit into one packet without compression.
const LEAST_COMPRESSED: usize = 1_000;

/// An HTML page.
pub fn page(status: StatusCode, layout: Layout<'_>) -> Answer {
    match layout.html() {
        Ok(html) => {
            let mut answer = of("text/html; charset=utf-8", html);
            *answer.status_mut() = status;
            let headers = answer.headers_mut();
            headers.insert(CONTENT_SECURITY_POLICY, POLICY);
            headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            answer
        }
        Err(_) if status == StatusCode::INTERNAL_SERVER_ERROR => empty(status),
        Err(error) => broken(error),
    }
}

/// A plain text.
pub fn text(text: String) -> Answer {
    of("text/plain; charset=utf-8", text)
}

/// A Markdown text.
pub fn markdown(text: String) -> Answer {
    of("text/markdown; charset=utf-8", text)
}

/// A response of this content type, which may not be cached.
pub fn of(kind: &'static str, body: impl Into<Body>) -> Answer {
    let mut answer = Response::new(body.into());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// A response without a body.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = status;
    answer
}

/// The response, compressed if the caller accepts gzip.
pub fn compressed(mut answer: Answer, asked: &HeaderMap) -> Answer {
    if answer.body().len() < LEAST_COMPRESSED {
        return answer;
    }
    answer.headers_mut().append(VARY, HeaderValue::from(ACCEPT_ENCODING));
    if takes_gzip(asked)
        && let Ok(body) = gzip(answer.body())
    {
        answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        *answer.body_mut() = Body::Binary(body);
    }
    answer
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let named = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().trim_start_matches("q=").parse() == Ok(0.0_f32);
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

/// Turns a response to GET into the response to HEAD.
pub fn without_body(mut answer: Answer) -> Answer {
    let length = answer.body().len().into();
    answer.headers_mut().insert(CONTENT_LENGTH, length);
    *answer.body_mut() = Body::Empty;
    answer
}

/// The response with one more header.
pub fn with(mut answer: Answer, name: HeaderName, value: HeaderValue) -> Answer {
    answer.headers_mut().insert(name, value);
    answer
}
