//! The responses of operations.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::headers::HEADERS;
use super::operation::Operation;
use super::schema::Schemas;
use crate::contract::{ApiError, Endpoint, ErrorCode, Receipt, reply};

/// The error responses, which operations share.
#[derive(Default)]
pub(super) struct Responses(Map<String, Value>);

impl Responses {
    /// All answers of an operation, by status.
    pub(super) fn of(&mut self, operation: &Operation, success: Value) -> Value {
        let mut responses = Map::from_iter([("200".to_owned(), success)]);
        for (status, codes) in by_status(&operation.errors) {
            let name = name(operation, &codes);
            responses.insert(status.as_str().into(), json!({"$ref": format!("#/components/responses/{name}")}));
            self.0.entry(name).or_insert_with(|| error(operation, &codes));
        }
        responses.into()
    }

    /// All shared responses, by name.
    pub(super) fn shared(self) -> Value {
        self.0.into()
    }
}

/// A successful answer.
pub(super) fn success(endpoint: Endpoint, operation: &Operation, schemas: &mut Schemas) -> Value {
    let headers = HEADERS.iter().filter_map(|header| {
        let mut declaration = header.declaration();
        declaration["required"] = header.on_success(endpoint)?.into();
        let is_shared = declaration == header.declaration();
        Some((header.name.to_owned(), if is_shared { reference(header.name) } else { declaration }))
    });
    let mut content = json!({"application/json": {"schema": (operation.response)(schemas)}});
    if endpoint.spec().page.is_some() {
        content["text/html"] = json!({"schema": {"type": "string"}});
    }
    json!({
        "description": operation.answer,
        "headers": headers.collect::<Map<_, _>>(),
        "content": content,
    })
}

fn reference(header: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{header}")})
}

fn by_status(codes: &[ErrorCode]) -> BTreeMap<StatusCode, Vec<ErrorCode>> {
    let mut by_status = BTreeMap::<_, Vec<_>>::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(*code);
    }
    by_status
}

/// The name of a shared response. It has the operation's kind, because priced operations have more
/// headers for the same codes.
fn name(operation: &Operation, codes: &[ErrorCode]) -> String {
    let kind = match operation {
        Operation { is_public: true, .. } => "Public",
        Operation { is_priced: true, .. } => "Priced",
        Operation { .. } => "Free",
    };
    let codes: Vec<_> = codes.iter().map(|code| super::operation::pascal_case(&code.to_string())).collect();
    format!("{kind}{}", codes.join("Or"))
}

fn error(operation: &Operation, codes: &[ErrorCode]) -> Value {
    let line = |code: &ErrorCode| format!("* `{code}`: {} {}", code.meaning(), code.advice());
    let lines: Vec<_> = codes.iter().map(line).collect();
    let headers = HEADERS.iter().filter(|header| header.on_error(operation, codes));
    json!({
        "description": format!("Not charged.\n\n{}", lines.join("\n")),
        "headers": headers.map(|header| (header.name.to_owned(), reference(header.name))).collect::<Map<_, _>>(),
        "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Error"},
            "examples": codes.iter().map(|code| (code.to_string(), json!({"value": example(*code)}))).collect::<Map<_, _>>(),
        }},
    })
}

/// An example of the error's body.
fn example(code: ErrorCode) -> Value {
    let receipt = Receipt { request_id: "SswFG3BXNNYYtDzZiB7u".to_owned(), ..Receipt::default() };
    let reply = reply::<()>(&Err(ApiError::from(code)), &receipt);
    serde_json::from_str(reply.body()).unwrap_or_default()
}
