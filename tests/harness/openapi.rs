//! Compares every answer of every test with the OpenAPI document.

use std::collections::HashMap;
use std::sync::LazyLock;

use http::{Method, header};
use jsonschema::Validator;
use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::openapi::document;

use super::Answer;

/// The document of the present types.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&document()).expect("JSON"));

/// The document's schemas, by name.
static SCHEMAS: LazyLock<HashMap<&str, Validator>> = LazyLock::new(|| {
    let names = DOCUMENT["components"]["schemas"].as_object().expect("schemas").keys();
    names.map(|name| (name.as_str(), validator(&format!("#/components/schemas/{name}")))).collect()
});

fn validator(reference: &str) -> Validator {
    let schema = json!({"$ref": reference, "components": DOCUMENT["components"]});
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a valid schema")
}

/// The document's part about this endpoint.
#[must_use]
pub fn operation(endpoint: Endpoint) -> &'static Value {
    let spec = endpoint.spec();
    &DOCUMENT["paths"][spec.path][spec.method().to_lowercase()]
}

/// A part of the document; a reference is resolved.
#[must_use]
pub fn resolved(part: &'static Value) -> &'static Value {
    match part["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).expect("the target of the reference"),
        None => part,
    }
}

/// The differences between a value and the schema of this name; empty if there are none.
#[must_use]
pub fn problems(schema: &str, value: &Value) -> Vec<String> {
    let validator = SCHEMAS.get(schema).unwrap_or_else(|| panic!("the schema {schema} doesn't exist"));
    let problem = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator.iter_errors(value).map(problem).collect()
}

/// Panics if the document doesn't describe the answer.
pub(super) fn refuse_undocumented(method: &Method, path: &str, answer: &Answer) {
    let Ok(endpoint) = Endpoint::routed(method, path) else {
        if answer.status >= 400 && !answer.body.is_null() {
            assert_eq!(problems("Error", &answer.body), [""; 0], "{method} {path}: {answer:?}");
        }
        return;
    };
    let responses = &operation(endpoint)["responses"];
    let Some(response) = responses.get(answer.status.to_string()) else {
        // The sandbox can return any error.
        assert_eq!(answer.status, 409, "{method} {path}: the document doesn't have this status: {answer:?}");
        return;
    };
    let response = resolved(response);
    let media_type = answer.header("content-type").split(';').next().unwrap_or_default();
    assert!(!response["content"][media_type].is_null(), "{method} {path}: the document doesn't have {media_type} here");
    if media_type != "application/json" {
        return;
    }
    refuse_undocumented_headers(response, answer);
    if method == Method::HEAD {
        return;
    }
    let content = &response["content"]["application/json"];
    let schema = content["schema"]["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    let problems = problems(schema.expect("a schema with a name"), &answer.body);
    assert!(problems.is_empty(), "{method} {path}: {problems:#?} in {answer:#?}");
    let is_listed = answer.status == 200 || content["examples"].get(answer.code()).is_some();
    assert!(is_listed, "{method} {path}: the document doesn't have this code: {answer:?}");
}

fn refuse_undocumented_headers(response: &'static Value, answer: &Answer) {
    const OF_HTTP: [header::HeaderName; 5] =
        [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::DATE, header::CONNECTION, header::VARY];
    let documented = response["headers"].as_object().expect("headers");
    for name in answer.headers.keys().filter(|name| !OF_HTTP.contains(name)) {
        let is_cors = name.as_str().starts_with("access-control-");
        let is_documented = documented.keys().any(|known| known.eq_ignore_ascii_case(name.as_str()));
        assert!(is_cors || is_documented, "the document doesn't have the header {name} here: {answer:?}");
    }
    for (name, header) in documented {
        let is_there = answer.headers.contains_key(name.as_str());
        assert!(is_there || resolved(header)["required"] != true, "{name} is missing: {answer:?}");
    }
}
