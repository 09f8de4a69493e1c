//! The reference of an operation in Markdown, from the OpenAPI document and the error table.

use serde_json::Value;
use shared::contract::{Endpoint, ErrorCode, Kind};
use strum::IntoEnumIterator;

use crate::curl::Call;
use crate::openapi::{operation, resolved};
use crate::schema;
use crate::visitor::PUBLISHED;

/// The whole reference of the operation with this id.
pub fn of(id: &str) -> String {
    let Some((method, path, operation)) = operation(id) else { return String::new() };
    let told = operation["description"].as_str().unwrap_or_default();
    let response = resolved(&operation["responses"]["200"]["content"]["application/json"]["schema"]);
    let data = response["properties"]["data"]["anyOf"].get(0).unwrap_or(&response["properties"]["data"]);
    let call = Call {
        body: body(operation),
        path: with_parameters(path, operation),
        origin: PUBLISHED.to_owned(),
        has_key: operation["security"].as_array().is_none_or(|ways| !ways.is_empty()),
        method: method.clone(),
    };
    [
        format!("## `{method} {path}`\n\n{told}\n"),
        examples(&call),
        format!("```json\n{}\n```\n", schema::example(response, 0)),
        parameters(operation),
        request(operation),
        format!("### Response: `data`\n\n{}", schema::table(resolved(data), false)),
        errors(operation),
    ]
    .join("\n")
}

fn request(operation: &'static Value) -> String {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if schema.is_null() {
        return String::new();
    }
    format!("### Request body\n\n{}", schema::table(resolved(schema), true))
}

/// One example of the call in each language.
fn examples(call: &Call) -> String {
    format!(
        "### Example\n\n```sh\n{}\n```\n```python\n{}\n```\n```js\n{}\n```\n```rust\n{}\n```\n",
        call.curl(),
        call.python(),
        call.javascript(),
        call.rust()
    )
}

/// The usual example of the operation's body.
fn body(operation: &'static Value) -> Option<String> {
    let content = &operation["requestBody"]["content"]["application/json"];
    let examples = content["examples"].as_object()?;
    let usual = ["link", "links", "name"].iter().find_map(|name| examples.get(*name));
    Some(schema::spaced(&usual.or(examples.values().next())?["value"]))
}

fn with_parameters(path: &str, operation: &Value) -> String {
    let mut path = path.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = format!("{{{}}}", parameter["name"].as_str().unwrap_or_default());
        path = path.replace(&name, parameter["schema"]["examples"][0].as_str().unwrap_or_default());
    }
    path
}

fn parameters(operation: &'static Value) -> String {
    let Some(parameters) = operation["parameters"].as_array() else { return String::new() };
    let row = |parameter: &Value| {
        let text_of = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
        let required = if parameter["required"] == true { "yes" } else { "" };
        let kind = parameter["schema"]["type"].as_str().unwrap_or("string");
        let (name, place, meaning) = (text_of("name"), text_of("in"), text_of("description"));
        format!("| `{name}` | {kind}, in the {place} | {meaning} | {required} |\n")
    };
    let rows: String = parameters.iter().map(row).collect();
    format!("### Parameters\n\n| field | type | meaning | required |\n|---|---|---|---|\n{rows}")
}

fn errors(operation: &'static Value) -> String {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let codes: Vec<_> = responses
        .filter_map(|(_, response)| resolved(response)["content"]["application/json"]["examples"].as_object())
        .flat_map(|examples| examples.keys())
        .collect();
    let here = ErrorCode::iter().filter(|code| codes.iter().any(|name| **name == code.to_string()));
    format!("### Errors\n\n{}", listed(here, "/docs/errors"))
}

/// A table of these errors, with a link to each one's section on a page.
fn listed(codes: impl Iterator<Item = ErrorCode>, page: &str) -> String {
    let row =
        |code: ErrorCode| format!("| {} | [`{code}`]({page}#{code}) | {} |\n", code.status().as_u16(), code.meaning());
    let rows: String = codes.map(row).collect();
    format!("| status | code | when |\n|---|---|---|\n{rows}")
}

/// A list of all errors, and a section for each: the cause, the remedy, and whether it is charged.
pub fn all_errors() -> String {
    let sections: String = ErrorCode::iter().map(error).collect();
    format!("{}\n{sections}", listed(ErrorCode::iter(), ""))
}

fn error(code: ErrorCode) -> String {
    let status = code.status();
    let reason = status.canonical_reason().unwrap_or_default();
    format!(
        "## `{code}`\n\nHTTP status {} {reason}. The text begins with “{}”.\n\n\
         **What happened.** {}\n\n**What to do.** {}\n\n**Charged?** No.\n\n",
        status.as_u16(),
        code.text(),
        code.meaning(),
        code.advice()
    )
}

/// The default prices of fresh answers.
pub fn prices() -> String {
    let row = |(endpoint, price): (Endpoint, String)| {
        format!("| `{} {}` | {price} | free | free |\n", endpoint.spec().method(), endpoint.spec().path)
    };
    let rows: String = priced().map(row).collect();
    format!("| endpoint | a fresh answer | a cached answer | an error |\n|---|---|---|---|\n{rows}")
}

/// The endpoints with a price, and the displayed price.
pub fn priced() -> impl Iterator<Item = (Endpoint, String)> {
    let price = |endpoint: Endpoint| match endpoint.spec().kind {
        Kind::Free => None,
        Kind::Priced { default_price, .. } => Some(format!("${default_price}")),
        Kind::Batch(single) => match single.spec().kind {
            Kind::Priced { default_price, .. } => Some(format!("${default_price} a post")),
            Kind::Free | Kind::Batch(_) => None,
        },
    };
    Endpoint::iter().filter_map(move |endpoint| Some((endpoint, price(endpoint)?)))
}
