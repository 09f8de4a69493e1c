//! JSON-RPC's messages: one in each HTTP request.

use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{Checked, MAX_BODY};

/// A client's message: a request, or, without an id, a notification.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: Option<Id>,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// The client's name for its request: a string or a whole number.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Id(Value);

/// The fault of a message, with the protocol's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    NotJson,
    InvalidRequest,
    MethodNotFound,
    InvalidParams,
    HeaderMismatch,
    UnsupportedRevision,
}

impl Code {
    const fn number(self) -> i32 {
        match self {
            Self::NotJson => -32_700,
            Self::InvalidRequest => -32_600,
            Self::MethodNotFound => -32_601,
            Self::InvalidParams => -32_602,
            Self::HeaderMismatch => -32_020,
            Self::UnsupportedRevision => -32_022,
        }
    }
}

/// The reason why a message gets no result. An error that a model can correct is a tool's error,
/// not a fault.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) status: StatusCode,
    message: String,
    data: Option<Value>,
}

impl Fault {
    /// A fault that is also an HTTP error: a bad request.
    pub(super) fn of_request(code: Code, message: impl Into<String>) -> Self {
        Self { code, status: StatusCode::BAD_REQUEST, message: message.into(), data: None }
    }

    /// A fault of the parameters in a valid message.
    pub(super) fn of_params(message: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, ..Self::of_request(Code::InvalidParams, message) }
    }

    /// This fault, with data for programs.
    pub(super) fn with_data(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    /// This fault, with another HTTP status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl Message {
    /// Reads one message from a body. A fault has the message's id, if the id can be read.
    pub(super) fn read(body: &[u8]) -> Result<Self, (Option<Id>, Fault)> {
        let invalid = |id, problem: &str| Err((id, Fault::of_request(Code::InvalidRequest, problem)));
        if body.len() > MAX_BODY {
            let problem = format!("the message is too large; send at most {} KiB", MAX_BODY / 1024);
            let fault = Fault::of_request(Code::InvalidRequest, problem);
            return Err((None, fault.with_status(StatusCode::PAYLOAD_TOO_LARGE)));
        }
        let members = match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => members,
            Ok(Value::Array(_)) => return invalid(None, "the body is a list; send one message in each request"),
            Ok(_) => return invalid(None, "the body must be a JSON object: one message of JSON-RPC 2.0"),
            Err(error) => {
                let problem = format!("the body isn't JSON: {error}");
                return Err((None, Fault::of_request(Code::NotJson, problem)));
            }
        };
        Self::of(members)
    }

    fn of(mut members: Map<String, Value>) -> Result<Self, (Option<Id>, Fault)> {
        let invalid = |id, problem: &str| Err((id, Fault::of_request(Code::InvalidRequest, problem)));
        let id = match members.remove("id") {
            None => None,
            Some(id) if id.is_string() || id.is_i64() || id.is_u64() => Some(Id(id)),
            Some(_) => return invalid(None, "`id` must be a string or a whole number"),
        };
        if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return invalid(id, "`jsonrpc` must be \"2.0\"");
        }
        let method = match members.remove("method") {
            Some(Value::String(method)) => method,
            Some(_) => return invalid(id, "`method` must be a string"),
            None => return invalid(id, "`method` is missing; this server sends no requests to clients"),
        };
        match members.remove("params") {
            None | Some(Value::Null) => Ok(Self { id, method, params: Map::new() }),
            Some(Value::Object(params)) => Ok(Self { id, method, params }),
            Some(_) => invalid(id, "`params` must be an object"),
        }
    }

    /// Whether it calls a tool, whose endpoint writes its own log line.
    pub(super) fn calls_a_tool(&self) -> bool {
        self.method == super::method::CALL
    }

    /// A parameter that must be a string.
    pub(super) fn string(&self, name: &str) -> Checked<&str> {
        let text = self.params.get(name).and_then(Value::as_str);
        text.ok_or_else(|| Fault::of_params(format!("`{name}` is missing; send a string")))
    }

    /// The answer with a result.
    pub(super) fn response(id: &Id, result: &RawValue) -> String {
        written(&Response { jsonrpc: "2.0", id: Some(id), result: Some(result), error: None })
    }

    /// The answer with a fault.
    pub(super) fn refusal(id: Option<&Id>, fault: &Fault) -> String {
        let mut error = json!({"code": fault.code.number(), "message": fault.message});
        if let Some(data) = &fault.data {
            error["data"] = data.clone();
        }
        written(&Response { jsonrpc: "2.0", id, result: None, error: Some(error) })
    }
}

#[derive(Serialize)]
struct Response<'a> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

fn written(response: &Response<'_>) -> String {
    serde_json::to_string(response).expect("our own types, with text keys only, are always JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::a_string(json!("a"), true)]
    #[case::a_number(json!(7), true)]
    #[case::the_largest(json!(u64::MAX), true)]
    #[case::a_fraction(json!(1.5), false)]
    #[case::null(json!(null), false)]
    #[case::a_list(json!([1]), false)]
    fn an_id_is_a_string_or_a_whole_number(#[case] id: Value, #[case] is_sound: bool) {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "ping"}).to_string();
        assert_eq!(Message::read(body.as_bytes()).is_ok(), is_sound);
    }
}
