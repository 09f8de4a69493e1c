//! The endpoints as MCP's tools for assistants, made from the document's types.
//!
//! The result is committed as `mcp/tools.json`, which functions read: no function runs this code.

use serde_json::{Map, Value, json};

use super::operation::Operation;
use super::order;
use super::schema::{Schemas, tidied};
use crate::contract::{Endpoint, Kind};
use crate::mcp::{CallReceipt, about, endpoints, name, price_of};

/// The tools in the form of MCP's list, one per line. The prices are placeholders in braces.
#[must_use]
pub fn tools() -> String {
    let tools: Vec<_> = endpoints().map(|endpoint| order::line(&tool(endpoint))).collect();
    format!("[\n{}\n]\n", tools.join(",\n"))
}

fn tool(endpoint: Endpoint) -> Value {
    let operation = Operation::of(endpoint);
    let asks_providers = endpoint.operation().is_some();
    json!({
        "name": name(endpoint),
        "title": operation.summary,
        "description": description(endpoint),
        "inputSchema": input(endpoint, &operation),
        "outputSchema": output(&operation),
        "annotations": {
            "title": operation.summary,
            "readOnlyHint": true,
            "destructiveHint": false,
            "idempotentHint": true,
            "openWorldHint": asks_providers,
        },
    })
}

fn description(endpoint: Endpoint) -> String {
    const NUMBERS: &str = "null means unknown: the platform hides it, or no source returns it. It is never 0; don't \
        report it as 0.";
    const MADE_UP: &str =
        "With a test key all numbers are made up (`receipt.is_made_up`), and free: never present them as real.";
    let price = match endpoint.spec().kind {
        Kind::Free => {
            let key =
                if endpoint.spec().is_public { "" } else { ", and counts as one request of the key's rate limit" };
            return format!("{}\nFree{key}.", about(endpoint).unwrap_or_default());
        }
        Kind::Priced { .. } => format!("Price: {} for a fresh answer", price_of(endpoint)),
        Kind::Batch(single) => format!("Price: {} for each fresh answer", price_of(single)),
    };
    let minutes = endpoint.operation().map_or(0, |operation| operation.default_lifetime().as_secs() / 60);
    format!(
        "{}\n\
         {NUMBERS}\n\
         {price}, also if some numbers are null. For about {minutes} minutes everybody gets this answer from the \
         cache, for free (`meta.cached`). Errors are free. `dry_run: true` returns the price: no source is asked, and \
         nothing is charged. It needs an API key. {MADE_UP}",
        about(endpoint).unwrap_or_default()
    )
}

/// The fields of the body; without a body, the parameters of the path and the query.
fn input(endpoint: Endpoint, operation: &Operation) -> Value {
    if let Some(body) = &operation.body {
        let mut schema = body.schema(endpoint).to_value();
        if let Some(posts) = schema.pointer_mut("/properties/posts") {
            links_alone(posts);
        }
        return schema;
    }
    let parameter = |make: &fn() -> Value| {
        let parameter = make();
        let mut schema = parameter["schema"].clone();
        schema["description"] = parameter["description"].clone();
        (parameter["name"].as_str().unwrap_or_default().to_owned(), schema)
    };
    let properties: Map<_, _> = operation.parameters.iter().map(parameter).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// Posts as links, without the alternative of objects: a choice costs an assistant more than it
/// gains.
fn links_alone(posts: &mut Value) {
    posts["description"] = "The posts' links. A repeated post is requested and paid once.".into();
    if let Some(link) = posts.pointer("/items/anyOf/0").cloned() {
        posts["items"] = link;
    }
}

/// The endpoint's answer, with the values of its headers.
fn output(operation: &Operation) -> Value {
    let mut receipt = None;
    let mut schema = Schemas::alone(|schemas| {
        receipt = Some(tidied(schemas.add::<CallReceipt>()));
        (operation.response)(schemas)
    });
    let mut receipt = receipt.map(schemars::Schema::to_value).unwrap_or_default();
    receipt["description"] = "The cost of the call and the money left.".into();
    schema["properties"]["receipt"] = receipt;
    if let Some(required) = schema["required"].as_array_mut() {
        required.push("receipt".into());
    }
    lean(&mut schema);
    schema
}

/// Removes the examples, because every conversation with an assistant contains the list, and the
/// answers show the same values.
fn lean(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.retain(|name, value| name != "examples" || !value.is_array());
            members.values_mut().for_each(lean);
        }
        Value::Array(items) => items.iter_mut().for_each(lean),
        _ => {}
    }
}
