//! The revision of the protocol that a request uses.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::{Value, json};

use super::message::{Code, Fault, Message};
use super::{Checked, method};

/// The supported revisions, newest first.
pub const REVISIONS: [&str; 3] = [STATELESS, "2025-11-25", "2025-06-18"];
/// The revision whose requests contain all needed data. Clients of older revisions first send
/// `initialize`, and then name the revision only in a header.
const STATELESS: &str = "2026-07-28";

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
const OF_REQUEST: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// The kind of revision, which decides how a request is read and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revision {
    /// Each request contains all needed data.
    Stateless,
    /// The client has sent `initialize` before, or sends it with this request.
    WithHello,
}

impl Revision {
    /// The revision of this request, whose headers and body must agree.
    pub(super) fn of(headers: &HeaderMap, message: &Message) -> Checked<Self> {
        let named = text(headers, &VERSION)?;
        let Some(meta) = message.params.get("_meta").filter(|meta| !meta[OF_REQUEST].is_null()) else {
            return Self::without_meta(named.as_deref(), message);
        };
        let Some(version) = meta[OF_REQUEST].as_str() else {
            return Err(malformed(&format!("`_meta` must have `{OF_REQUEST}` as a string")));
        };
        if named.as_deref() != Some(version) {
            return Err(mismatch(&VERSION, version));
        }
        known(version)?;
        if version != STATELESS {
            return Ok(Self::WithHello);
        }
        agree(headers, message)?;
        if !meta[CAPABILITIES].is_object() {
            return Err(malformed(&format!("`_meta` must have `{CAPABILITIES}` as an object")));
        }
        Ok(Self::Stateless)
    }

    /// `initialize` names the revision in its parameters; later requests name it in the header.
    /// Clients older than that header don't send it.
    fn without_meta(named: Option<&str>, message: &Message) -> Checked<Self> {
        match named {
            Some(STATELESS) if message.method != method::HELLO => Err(malformed(&format!(
                "`params._meta` must have `{OF_REQUEST}` and `{CAPABILITIES}`, because the header names {STATELESS}"
            ))),
            Some(version) => known(version).map(|()| Self::WithHello),
            None => Ok(Self::WithHello),
        }
    }

    /// The HTTP status for an unknown method.
    pub(super) const fn status_of_no_method(self) -> StatusCode {
        match self {
            Self::Stateless => StatusCode::NOT_FOUND,
            Self::WithHello => StatusCode::OK,
        }
    }
}

/// The revision in the answer to `initialize`: the client's, or else the newest with `initialize`.
pub(super) fn agreed(wanted: &str) -> &'static str {
    let with_hello = || REVISIONS.into_iter().filter(|revision| *revision != STATELESS);
    with_hello().find(|revision| *revision == wanted).or_else(|| with_hello().next()).unwrap_or(STATELESS)
}

fn known(version: &str) -> Checked<()> {
    if REVISIONS.contains(&version) {
        return Ok(());
    }
    let problem = format!("this revision of the protocol isn't supported; send one of {}", REVISIONS.join(", "));
    let data = json!({"supported": REVISIONS, "requested": version});
    Err(Fault::of_request(Code::UnsupportedRevision, problem).with_data(data))
}

/// Headers repeat a part of the body, so that gateways can read it; the two must agree.
fn agree(headers: &HeaderMap, message: &Message) -> Checked<()> {
    if text(headers, &METHOD)?.as_deref() != Some(&*message.method) {
        return Err(mismatch(&METHOD, &message.method));
    }
    let name = message.params.get("name").and_then(Value::as_str).filter(|_| message.calls_a_tool());
    if let Some(name) = name
        && text(headers, &NAME)?.as_deref().map(decoded).as_deref() != Some(name)
    {
        return Err(mismatch(&NAME, name));
    }
    Ok(())
}

/// A non-ASCII name is sent in base64, with a mark.
fn decoded(value: &str) -> Cow<'_, str> {
    let encoded = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    let bytes = encoded.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// The value of a header that may be sent only once.
fn text(headers: &HeaderMap, name: &HeaderName) -> Checked<Option<String>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
    match values.next() {
        None => Ok(value),
        Some(_) => Err(Fault::of_request(Code::HeaderMismatch, format!("the header {name} was sent twice"))),
    }
}

fn mismatch(name: &HeaderName, value: &str) -> Fault {
    let value: String = value.chars().take(100).collect();
    Fault::of_request(Code::HeaderMismatch, format!("the header {name} must be {value:?}, as in the body"))
}

fn malformed(problem: &str) -> Fault {
    Fault::of_request(Code::InvalidParams, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initialize_is_answered_in_its_revision_or_the_newest_that_has_it() {
        assert_eq!(agreed("2025-06-18"), "2025-06-18");
        assert_eq!(agreed("2025-11-25"), "2025-11-25");
        for other in ["2026-07-28", "2025-03-26", "1900-01-01", ""] {
            assert_eq!(agreed(other), "2025-11-25");
        }
    }

    #[test]
    fn names_in_base64_are_read() {
        for (value, name) in
            [("profile", "profile"), ("=?base64?cHJvZmlsZQ==?=", "profile"), ("=?base64?%?=", "=?base64?%?=")]
        {
            assert_eq!(decoded(value), name);
        }
    }
}
