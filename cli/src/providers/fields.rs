//! The fields of an endpoint's data, and whether they have values. The code reads the fields from
//! the JSON, so it needs no change for new fields.

use serde::Serialize;
use serde_json_borrow::Value;

/// A field, and how often it has a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The field's path, like `views`, or `videos[].views` for a field of a list's items.
    pub name: String,
    /// In how many places the field has a value.
    pub there: usize,
    /// In how many places the field exists: more than one in a list.
    pub of: usize,
}

impl Field {
    /// Whether the field never has a value.
    pub const fn is_missing(&self) -> bool {
        self.there == 0
    }

    /// Whether the field has a value in only some places.
    pub const fn is_partly_there(&self) -> bool {
        !self.is_missing() && self.there < self.of
    }
}

/// The fields of a JSON object, in the object's order.
pub fn of(json: &str) -> serde_json::Result<Vec<Field>> {
    let mut fields = Vec::new();
    // Unlike `serde_json::Value`, this type keeps the order of an object's members.
    note(&serde_json::from_str(json)?, "", &mut fields);
    Ok(fields)
}

fn note(value: &Value<'_>, path: &str, fields: &mut Vec<Field>) {
    match value {
        Value::Object(object) if !object.is_empty() => {
            let dot = if path.is_empty() { "" } else { "." };
            for (name, value) in object.iter() {
                note(value, &[path, dot, name].concat(), fields);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                note(item, &[path, "[]"].concat(), fields);
            }
        }
        value => count(path, has_value(value), fields),
    }
}

fn has_value(value: &Value<'_>) -> bool {
    match value {
        Value::Null => false,
        Value::Str(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn count(path: &str, is_there: bool, fields: &mut Vec<Field>) {
    let known = fields.iter().position(|field| field.name == path);
    let place = known.unwrap_or_else(|| {
        fields.push(Field { name: path.to_owned(), there: 0, of: 0 });
        fields.len() - 1
    });
    fields[place].there += usize::from(is_there);
    fields[place].of += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_counted_in_the_order_in_which_it_was_written() {
        let json = r#"{"z": 0, "views": null, "details": {"author": {"name": "A", "id": ""}, "co_authors": []},
            "videos": [{"id": "1", "likes": 2}, {"id": "2", "likes": null}], "counts": [1, 2], "none": [], "found": false}"#;
        let shown: Vec<_> =
            of(json).unwrap().iter().map(|field| format!("{} {}/{}", field.name, field.there, field.of)).collect();
        let expected = [
            "z 1/1",
            "views 0/1",
            "details.author.name 1/1",
            "details.author.id 0/1",
            "details.co_authors 0/1",
            "videos[].id 2/2",
            "videos[].likes 1/2",
            "counts 1/1",
            "none 0/1",
            "found 1/1",
        ];
        assert_eq!(shown, expected);
    }
}
