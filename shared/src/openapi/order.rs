//! JSON in an order that people can read: `serde_json` keeps members by name.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};
use strum::IntoEnumIterator;

use crate::contract::Endpoint;

/// The members that come first in every object, in this order.
const FIRST: &[&str] = &[
    "openapi",
    "info",
    "servers",
    "tags",
    "security",
    "paths",
    "components",
    "$ref",
    "operationId",
    "title",
    "name",
    "in",
    "summary",
    "type",
    "description",
    "required",
    "parameters",
    "requestBody",
    "responses",
];

/// The text of this document, with an end of line.
pub(super) fn pretty(document: &Value) -> String {
    let text = serde_json::to_string_pretty(&Ordered { value: document, order: &[] });
    text.expect("JSON is JSON") + "\n"
}

/// The document in one line.
pub(super) fn line(value: &Value) -> String {
    serde_json::to_string(&Ordered { value, order: &[] }).expect("JSON is JSON")
}

/// A value whose members come in this order.
struct Ordered<'a> {
    value: &'a Value,
    order: &'a [Value],
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for name in self.names(members) {
                    map.serialize_entry(name, &Ordered { value: &members[name], order: order_in(members, name) })?;
                }
                map.end()
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for value in items {
                    list.serialize_element(&Ordered { value, order: &[] })?;
                }
                list.end()
            }
            other => other.serialize(serializer),
        }
    }
}

impl Ordered<'_> {
    fn names<'m>(&self, members: &'m Map<String, Value>) -> Vec<&'m str> {
        let mut names: Vec<_> = members.keys().map(String::as_str).collect();
        names.sort_by_cached_key(|name| self.place(name));
        names
    }

    fn place(&self, name: &str) -> usize {
        let told = self.order.iter().position(|other| other == name);
        let first = FIRST.iter().position(|other| *other == name);
        let path = Endpoint::iter().position(|endpoint| endpoint.spec().path == name);
        let place = if self.order.is_empty() { first.or(path) } else { told };
        place.unwrap_or(usize::MAX)
    }
}

/// A type's fields are required in the order in which they are written.
fn order_in<'a>(members: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    let required = members.get("required").filter(|_| name == "properties");
    required.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
