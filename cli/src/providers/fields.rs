//! The fields of an endpoint's data, and whether they are filled. No field is named here, so a new
//! one shows by itself.

use serde::Serialize;
use serde_json_borrow::Value;

/// A field, and in how many places it is filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its path, like `views` or, of each in a list, `videos[].views`.
    pub name: String,
    /// How often it has a value.
    pub there: usize,
    /// How often it could have one: more than once in a list.
    pub of: usize,
}

impl Field {
    /// Whether it never has a value.
    pub const fn is_missing(&self) -> bool {
        self.there == 0
    }

    /// Whether it has a value in only some places.
    pub const fn is_partly_there(&self) -> bool {
        !self.is_missing() && self.there < self.of
    }
}

/// The fields of this JSON object, in its order.
pub fn of(json: &str) -> serde_json::Result<Vec<Field>> {
    let mut fields = Vec::new();
    // Unlike serde_json's, its objects keep the order of what was written.
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
