//! The websites whose pages may send messages.

use http::header::ORIGIN;
use http::{HeaderMap, StatusCode};

use super::Checked;
use super::message::{Code, Fault};

/// A browser says whose page it sends a message for; other clients say nothing. Only pages of the
/// websites that the operator named are let in: a page whose host name leads to this machine all of
/// a sudden (DNS rebinding) names its own origin still.
pub(super) fn check(headers: &HeaderMap, allowed: &[String]) -> Checked<()> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let is_allowed = |allowed: &String| allowed == "*" || allowed.as_bytes() == origin.as_bytes();
    if allowed.iter().any(is_allowed) {
        return Ok(());
    }
    let problem = "pages of this website may not send messages here; the operator can allow it";
    Err(Fault::of_request(Code::InvalidRequest, problem).with_status(StatusCode::FORBIDDEN))
}
