//! The schemas of the OpenAPI document: a table of the fields and an example for each.

use serde_json::Value;

use crate::openapi::{DOCUMENT, resolved};

/// A field, with its path from the table's object.
struct Field {
    name: String,
    kind: String,
    meaning: String,
    /// When it is null; empty if it never is.
    null: String,
}

/// The table of a schema's fields.
pub fn table(schema: &'static Value, is_request: bool) -> String {
    let row = |field: Field| {
        let is_required = required(schema).any(|name| name == field.name);
        let last = match (is_request, is_required) {
            (true, true) => "yes",
            (true, false) => "",
            (false, _) => &field.null,
        };
        format!("| `{}` | {} | {} | {last} |\n", field.name, field.kind, field.meaning)
    };
    let last = if is_request { "required" } else { "null" };
    let rows: String = fields(schema, "").into_iter().map(row).collect();
    format!("| field | type | meaning | {last} |\n|---|---|---|---|\n{rows}")
}

/// The schema with this name.
pub fn named(name: &str) -> &'static Value {
    &DOCUMENT["components"]["schemas"][name]
}

/// The first of several alternatives: the real answer, before the answer to a dry run.
fn first(schema: &'static Value) -> &'static Value {
    let first = schema["anyOf"].get(0).filter(|_| schema["properties"].is_null());
    let first = resolved(first.unwrap_or(schema));
    if first["anyOf"].is_array() && first["properties"].is_null() { self::first(first) } else { first }
}

/// The alternatives of an object that also has its own members.
fn alternatives(schema: &'static Value) -> impl Iterator<Item = &'static Value> {
    let is_object = schema["properties"].is_object();
    schema["anyOf"].as_array().filter(|_| is_object).into_iter().flatten().map(resolved)
}

fn required(schema: &'static Value) -> impl Iterator<Item = &'static str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// An object's members: first the required ones in their order, then the others.
fn members(schema: &'static Value) -> Vec<(&'static str, &'static Value)> {
    let Some(properties) = schema["properties"].as_object() else { return Vec::new() };
    let optional = properties.keys().map(String::as_str).filter(|name| !required(schema).any(|other| other == *name));
    required(schema).chain(optional).filter_map(|name| Some((name, properties.get(name)?))).collect()
}

fn fields(schema: &'static Value, path: &str) -> Vec<Field> {
    let of_member = |(name, member): (&str, &'static Value)| {
        let name = format!("{path}{name}");
        let (object, deeper) = match first(member) {
            list if list["items"].is_object() => (first(&list["items"]), format!("{name}[].")),
            object => (object, format!("{name}.")),
        };
        let (meaning, null) = told(member);
        let kind = kind(member);
        let mut all = vec![Field { name, kind, meaning, null }];
        all.extend(fields(object, &deeper));
        all
    };
    let own = members(schema).into_iter().flat_map(of_member);
    own.chain(alternatives(schema).flat_map(|other| fields(other, path))).collect()
}

/// The meaning of a field, and separately when it is null.
fn told(member: &'static Value) -> (String, String) {
    let described = member["description"].as_str().or_else(|| first(member)["description"].as_str());
    let text = described.unwrap_or_default().replace('\n', " ");
    let (null, meaning): (Vec<_>, Vec<_>) =
        text.split_inclusive(". ").map(str::trim).partition(|sentence| sentence.starts_with("Null "));
    let null: Vec<_> = null.iter().map(|sentence| sentence.trim_start_matches("Null ").trim_end_matches('.')).collect();
    let null =
        if null.is_empty() && is_nullable(member) { "if no provider returns it".to_owned() } else { null.join("; ") };
    (meaning.join(" "), null)
}

fn is_nullable(member: &Value) -> bool {
    let named = |kind: &Value| kind == "null" || kind["type"] == "null";
    ["type", "anyOf"].iter().filter_map(|part| member[*part].as_array()).flatten().any(named)
}

fn kind(member: &'static Value) -> String {
    let schema = first(member);
    let name = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null")),
        kind => kind.as_str(),
    };
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values.iter().filter_map(Value::as_str).map(|value| format!("`{value}`")).collect();
        return values.join(", ");
    }
    match (name.unwrap_or("any"), schema["format"].as_str()) {
        ("array", _) => "list".to_owned(),
        ("string", Some("date-time")) => "moment".to_owned(),
        ("string", Some("date")) => "date".to_owned(),
        (name, _) => name.to_owned(),
    }
}

/// An example of a schema, as indented JSON with the members in their order.
pub fn example(schema: &'static Value, indent: usize) -> String {
    let schema = first(schema);
    if let Some(example) = schema["examples"].get(0).or(schema.get("const")) {
        return spaced(example);
    }
    let inner = " ".repeat(indent + 2);
    if schema["items"].is_object() {
        return format!("[\n{inner}{}\n{}]", example(&schema["items"], indent + 2), " ".repeat(indent));
    }
    let value = |member: &'static Value| match member["examples"].get(0) {
        Some(told) => spaced(told),
        None => example(member, indent + 2),
    };
    let shown = [schema].into_iter().chain(alternatives(schema).take(1));
    let members = shown.flat_map(|schema| {
        members(schema).into_iter().filter(|(name, _)| required(schema).any(|other| other == *name))
    });
    let lines: Vec<_> = members.map(|(name, member)| format!("{inner}\"{name}\": {}", value(member))).collect();
    if lines.is_empty() { "null".to_owned() } else { format!("{{\n{}\n{}}}", lines.join(",\n"), " ".repeat(indent)) }
}

/// JSON on one line, with a space after each comma and colon.
pub fn spaced(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), spaced(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
