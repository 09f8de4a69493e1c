//! `openapi.json` describes the present contract completely, and breaks no client of the last
//! release.

mod compatible;
mod statuses;

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use shared::contract::{CORS_EXPOSED_HEADERS, Endpoint, ErrorCode};
use shared::openapi::{HEADERS, Operation, document};
use strum::IntoEnumIterator;
use system_tests::openapi::{DOCUMENT, operation, problems};

use compatible::breaks;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.json");
/// The document of the last release. On release: `cp openapi.json
/// tests/fixtures/openapi-released.json`.
const RELEASED: &str = include_str!("../fixtures/openapi-released.json");

#[test]
fn the_document_is_up_to_date() {
    let expected = document();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(PATH, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(PATH).unwrap();
    let command = "UPDATE_OPENAPI=1 cargo test --package system-tests --test system openapi";
    assert!(committed == expected, "openapi.json is out of date; write it again with `{command}`");
}

#[test]
fn the_document_breaks_no_client_of_the_last_release() {
    let breaks = breaks(&serde_json::from_str(RELEASED).unwrap(), &DOCUMENT);
    assert!(
        breaks.is_empty(),
        "these changes break clients of the last release; undo them, or begin a new major version: {breaks:#?}"
    );
}

#[test]
fn every_endpoint_has_a_unique_name_that_programs_can_use() {
    let ids: HashSet<_> = Endpoint::iter().map(|endpoint| Operation::of(endpoint).id).collect();
    assert_eq!(ids.len(), Endpoint::iter().count());
    for id in ids {
        let is_name = id.split('_').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(is_name, "{id:?}");
    }
}

#[test]
fn every_field_and_every_parameter_has_a_description_and_an_example() {
    let mut lacking = Vec::new();
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        if schema["description"].as_str().is_none_or(str::is_empty) {
            lacking.push(format!("{name}: a description"));
        }
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            lacking.extend(lack(schema).into_iter().map(|what| format!("{name}.{field}: {what}")));
        }
    }
    for endpoint in Endpoint::iter() {
        for parameter in operation(endpoint)["parameters"].as_array().into_iter().flatten() {
            let schema = &parameter["schema"];
            if parameter["description"].is_null() || schema["examples"].is_null() {
                lacking.push(format!("{endpoint}: {}", parameter["name"]));
            }
        }
    }
    assert_eq!(lacking, [""; 0]);
}

/// The missing parts of a field's schema. A schema that consists of others has their examples.
fn lack(schema: &Value) -> Vec<&'static str> {
    let is_made_of_others =
        schema["$ref"].is_string() || schema["items"]["$ref"].is_string() || has_only_objects(schema);
    let mut lack = Vec::new();
    if schema["description"].as_str().is_none_or(str::is_empty) {
        lack.push("a description");
    }
    if !is_made_of_others && schema["examples"].as_array().is_none_or(Vec::is_empty) {
        lack.push("an example");
    }
    lack
}

fn has_only_objects(schema: &Value) -> bool {
    let variants = schema["anyOf"].as_array().into_iter().flatten();
    let mut variants = variants.map(|variant| variant["$ref"].is_string()).peekable();
    variants.peek().is_some() && variants.all(|is_object| is_object)
}

#[test]
fn every_example_is_valid_for_its_schema() {
    let mut wrong = BTreeMap::new();
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let validator = jsonschema::draft202012::options()
                .should_validate_formats(true)
                .build(&serde_json::json!({"allOf": [schema], "components": DOCUMENT["components"]}))
                .unwrap();
            for example in schema["examples"].as_array().into_iter().flatten() {
                if !validator.is_valid(example) {
                    wrong.insert(format!("{name}.{field}"), example.clone());
                }
            }
        }
    }
    for endpoint in Endpoint::iter() {
        let content = &operation(endpoint)["requestBody"]["content"]["application/json"];
        let schema = content["schema"]["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        for (name, example) in content["examples"].as_object().into_iter().flatten() {
            if !problems(schema.unwrap(), &example["value"]).is_empty() {
                wrong.insert(format!("{endpoint} {name}"), example.clone());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_document_has_every_error_with_its_status_and_advice() {
    let about = DOCUMENT["info"]["description"].as_str().unwrap();
    for code in ErrorCode::iter() {
        let row = format!("| {} | `{code}` | {} | {} |", code.status().as_u16(), code.meaning(), code.advice());
        assert!(about.contains(&row), "{row}");
    }
}

#[test]
fn pages_of_other_websites_can_read_the_documents_headers() {
    // Browsers show `cache-control` to all pages. The other two only help to correct a request.
    let not_exposed = ["cache-control", "www-authenticate", "allow"];
    let mut headers: Vec<_> = HEADERS.iter().map(|header| header.name.to_lowercase()).collect();
    headers.retain(|name| !not_exposed.contains(&name.as_str()));
    headers.sort();
    assert_eq!(headers, CORS_EXPOSED_HEADERS);
}
