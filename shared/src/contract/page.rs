//! Pages for people: they need no scripts, and may use only their own style.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response};
use sha2::{Digest, Sha256};

use super::response::Reply;

/// A page with this text in its only `<style>`. The policy has the text's hash, so that only this
/// style is allowed.
#[must_use]
pub fn page(html: String, style: &str) -> Reply {
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut reply = Response::new(html);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.extend(HeaderValue::try_from(policy).map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    reply
}

/// Lets shared caches keep the answer for this long, separately from the HTML page.
pub fn keep_for(headers: &mut HeaderMap, seconds: u64) {
    if let Ok(lifetime) = HeaderValue::try_from(format!("public, max-age={seconds}")) {
        headers.insert(CACHE_CONTROL, lifetime);
    }
    headers.insert(VARY, HeaderValue::from_static("accept"));
}

/// Whether a caller with these headers prefers a page to JSON. Browsers do; programs that accept
/// anything don't.
#[must_use]
pub fn prefers_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all("accept").iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<_> = accepted.flat_map(|value| value.split(',')).map(range).collect();
    let weight = |kinds: [&str; 3]| {
        // An exact media type has priority over a range.
        let said = |kind: &&str| ranges.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
        kinds.iter().find_map(said).map_or(0, |(_, weight)| *weight)
    };
    weight(["text/html", "text/*", "*/*"]) > weight(["application/json", "application/*", "*/*"])
}

/// An accepted media range, and its quality in thousandths.
fn range(text: &str) -> (&str, u64) {
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (kind, weight.map_or(1_000, thousandths))
}

/// `0.85` is 850; an invalid number is 0.
fn thousandths(text: &str) -> u64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part:0<3}");
    if part.len() > 3 { 0 } else { digits.parse::<u64>().map_or(0, |weight| weight.min(1_000)) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_browser("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", true)]
    #[case::html_alone("text/html", true)]
    #[case::html_in_capitals("Text/HTML; charset=utf-8", true)]
    #[case::html_rather("application/json;q=0.5, text/html;q=0.75", true)]
    #[case::curl("*/*", false)]
    #[case::json("application/json", false)]
    #[case::json_rather("text/html;q=0.9, application/json", false)]
    #[case::both_alike("text/html, application/json", false)]
    #[case::anything_but_html("text/html;q=0, */*", false)]
    #[case::no_number("text/html;q=much", false)]
    #[case::too_exact("text/html;q=0.12345, */*;q=0.1", false)]
    #[case::nothing("", false)]
    fn only_callers_that_prefer_html_get_a_page(#[case] accept: &'static str, #[case] expected: bool) {
        let headers = HeaderMap::from_iter([(http::header::ACCEPT, HeaderValue::from_static(accept))]);
        assert_eq!(prefers_page(&headers), expected);
        assert!(!prefers_page(&HeaderMap::new()));
    }
}
