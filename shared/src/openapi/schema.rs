//! The schemas that the document shares.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::operation::Operation;
use crate::contract::Endpoint;

/// The schemas that the document shares, and their generator, which describes serialized types.
pub(super) struct Schemas {
    generator: SchemaGenerator,
    requests: Map<String, Value>,
}

impl Default for Schemas {
    fn default() -> Self {
        Self::at("/components/schemas")
    }
}

fn generator(path: &'static str) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = path.into();
        settings.meta_schema = None;
    });
    settings.with_transform(RecursiveTransform(tidy)).into_generator()
}

impl Schemas {
    /// No schemas yet; they will be at this path.
    fn at(path: &'static str) -> Self {
        Self { generator: generator(path), requests: Map::new() }
    }

    /// A schema that needs no other document: all its references are to its own `$defs`.
    pub(super) fn alone(make: impl FnOnce(&mut Self) -> Schema) -> Value {
        let mut schemas = Self::at("/$defs");
        let reference = make(&mut schemas);
        let mut definitions = schemas.generator.take_definitions(true);
        let name = reference.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        let mut whole = name.and_then(|name| definitions.remove(name)).unwrap_or_else(|| reference.to_value());
        whole["$defs"] = definitions.into();
        whole
    }

    /// The schema of this type, or a reference to it.
    pub(super) fn add<T: JsonSchema>(&mut self) -> Schema {
        self.generator.subschema_for::<T>()
    }

    /// A reference to the schema of this operation's body.
    pub(super) fn add_request(&mut self, endpoint: Endpoint, operation: &Operation) -> Value {
        let name = operation.type_name() + "Request";
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        if let Some(body) = &operation.body {
            self.requests.insert(name, body.schema(endpoint).to_value());
        }
        reference
    }

    /// All added schemas, by name.
    pub(super) fn shared(mut self) -> Value {
        let mut schemas = self.generator.take_definitions(true);
        schemas.append(&mut self.requests);
        schemas.into()
    }
}

/// The schema of a deserialized request, without references.
pub(super) fn read<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    schema
}

/// The schema in the form that generators of clients and readers accept.
pub(super) fn tidied(mut schema: Schema) -> Schema {
    RecursiveTransform(tidy).transform(&mut schema);
    schema
}

/// Rewrites parts that generators of clients and readers can't handle.
fn tidy(schema: &mut Schema) {
    enumerate(schema);
    separate_null(schema);
    if let Some(Value::String(text)) = schema.get_mut("description") {
        // The line breaks of a doc comment have no meaning.
        *text = text.replace('\n', " ").replace(" * `", "\n* `");
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    // Counts fit into int64, and few generators know the other formats.
    if format.starts_with("uint") {
        schema.insert("format".into(), "int64".into());
    }
}

/// Turns an enum with a schema per value into one schema with all values and one description.
fn enumerate(schema: &mut Schema) {
    let Some(Value::Array(variants)) = schema.get("oneOf") else { return };
    let values: Option<Vec<_>> = variants.iter().map(|variant| variant.get("const").cloned()).collect();
    let Some(values) = values else { return };
    let line = |variant: &Value| {
        let text = |name: &str| variant[name].as_str().unwrap_or_default();
        format!(" * `{}`: {}", text("const"), text("description"))
    };
    let lines: String = variants.iter().map(line).collect();
    let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{about}{lines}");
    schema.remove("oneOf");
    schema.insert("type".into(), "string".into());
    schema.insert("enum".into(), values.into());
    schema.insert("description".into(), description.into());
}

/// Splits an enum with null into two schemas, so that generators make a type of the values.
fn separate_null(schema: &mut Schema) {
    let Some(Value::Array(mut values)) = schema.get("enum").cloned() else { return };
    if !values.contains(&Value::Null) {
        return;
    }
    values.retain(|value| !value.is_null());
    schema.remove("enum");
    schema.remove("type");
    schema.insert("anyOf".into(), json!([{"type": "string", "enum": values}, {"type": "null"}]));
}
