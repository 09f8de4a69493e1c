//! The whole document.

use serde_json::{Map, Value, json};
use strum::IntoEnumIterator;

use super::headers::HEADERS;
use super::operation::{Operation, Tag};
use super::order;
use super::responses::{Responses, success};
use super::schema::Schemas;
use crate::contract::{Endpoint, ErrorCode, ErrorEnvelope};

const ABOUT: &str = "One API for public numbers of social media: those of a post, a creator or a \
creator's recent videos, on TikTok, Instagram, YouTube, X, Facebook and LinkedIn.\n\n\
**Numbers.** An unknown count is null, never 0. `views_kind` says what views count: \
compare only views of one kind.\n\n\
**Money.** Only a fresh successful answer costs its price. Cached answers and errors are free. \
`X-Charge` is the cost of an answer, `X-Balance` the remaining money.\n\n\
**Keys.** Send the key as `Authorization: Bearer KEY` or as `X-API-Key: KEY`. Test keys \
(`ct_test_…`) return made-up numbers, for free, from the provider `sandbox`.\n\n\
**Rate limit.** Requests per minute and key. Every answer to a valid key has headers with the remaining requests.\n\n\
**Changes.** Fields, paths and codes stay. New fields, endpoints, error codes and values may be \
added: ignore those that you don't know.\n\n\
HEAD works on every route with GET.";

/// The document, as formatted JSON.
#[must_use]
pub fn document() -> String {
    let mut schemas = Schemas::default();
    let mut responses = Responses::default();
    let paths = paths(&mut schemas, &mut responses);
    schemas.add::<ErrorEnvelope<'_>>();
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Creator Tracking API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("{ABOUT}\n\n**Errors.** No error is charged.\n\n{}", errors()),
            "license": {"name": "Apache-2.0 OR MIT", "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "servers": servers(),
        "tags": Tag::iter().map(|tag| json!({"name": tag, "description": tag.description()})).collect::<Vec<_>>(),
        "security": [{"bearer": []}, {"header": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The key, as `Authorization: Bearer KEY`."},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The key alone."},
            },
            "headers": HEADERS.iter().map(|header| (header.name.to_owned(), header.declaration())).collect::<Map<_, _>>(),
            "responses": responses.shared(),
            "schemas": schemas.shared(),
        },
    });
    order::pretty(&document)
}

/// The document doesn't know its host: it is the host that served it.
fn servers() -> Value {
    json!([
        {"url": "/", "description": "The host that served this document."},
        {
            "url": "{scheme}://{host}",
            "description": "Another host; by default `ct serve` on your own machine.",
            "variables": {
                "scheme": {"enum": ["https", "http"], "default": "http", "description": "The scheme of the server's address."},
                "host": {"default": "127.0.0.1:3000", "description": "The host, with its port if it isn't the default port."},
            },
        },
    ])
}

fn errors() -> String {
    let row = |code: ErrorCode| {
        let (meaning, advice) = (code.meaning(), code.advice());
        format!("| {} | `{code}` | {meaning} | {advice} |\n", code.status().as_u16())
    };
    let rows: String = ErrorCode::iter().map(row).collect();
    format!("| status | code | when | what to do |\n|---|---|---|---|\n{rows}")
}

fn paths(schemas: &mut Schemas, responses: &mut Responses) -> Value {
    let mut paths = Map::new();
    for endpoint in Endpoint::iter() {
        let (spec, operation) = (endpoint.spec(), Operation::of(endpoint));
        let path = paths.entry(spec.path).or_insert_with(|| json!({}));
        path[spec.method().to_lowercase()] = declaration(endpoint, &operation, schemas, responses);
    }
    paths.into()
}

fn declaration(endpoint: Endpoint, operation: &Operation, schemas: &mut Schemas, responses: &mut Responses) -> Value {
    let mut declaration = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": format!("{}\n\n{}", operation.description, operation.price(endpoint)),
        "responses": responses.of(operation, success(endpoint, operation, schemas)),
    });
    if operation.is_public {
        declaration["security"] = json!([]);
    }
    if !operation.parameters.is_empty() {
        declaration["parameters"] = operation.parameters.iter().map(|parameter| parameter()).collect();
    }
    if let Some(body) = &operation.body {
        let examples = body.examples.iter().map(|(name, value)| (*name, json!({"value": value()})));
        declaration["requestBody"] = json!({
            "required": body.is_required,
            "content": {"application/json": {
                "schema": schemas.add_request(endpoint, operation),
                "examples": examples.map(|(name, example)| (name.to_owned(), example)).collect::<Map<_, _>>(),
            }},
        });
    }
    declaration
}
