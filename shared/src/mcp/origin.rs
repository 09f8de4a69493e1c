//! The websites whose pages may send messages.

use http::header::ORIGIN;
use http::{HeaderMap, StatusCode};

use super::Checked;
use super::message::{Code, Fault};

/// A browser sends the origin of the page; other clients send none. Only pages of the configured
/// websites are allowed. This also stops DNS rebinding: a page whose host name suddenly resolves to
/// this machine still sends its own origin.
pub(super) fn check(headers: &HeaderMap, allowed: &[String]) -> Checked<()> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let is_allowed = |allowed: &String| allowed == "*" || allowed.as_bytes() == origin.as_bytes();
    if allowed.iter().any(is_allowed) {
        return Ok(());
    }
    let problem = "pages of this website may not send messages to this server; its operator can allow it";
    Err(Fault::of_request(Code::InvalidRequest, problem).with_status(StatusCode::FORBIDDEN))
}
