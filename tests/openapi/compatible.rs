//! Changes that break a client made from an older document.

use serde_json::Value;

/// Whether a schema describes requests or responses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Clients send it: the server must accept all values that it accepted before.
    Sent,
    /// Clients read it: the server must send only values that clients can read.
    Read,
}

/// Two documents, and the problems found.
struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    breaks: Vec<String>,
    /// The pairs of references in comparison now, because types may contain themselves.
    open: Vec<(String, String, Side)>,
}

/// The changes that break clients of the old document. A new major version may break them all.
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let major = |document: &Value| {
        document["info"]["version"].as_str().and_then(|version| version.split('.').next()).map(str::to_owned)
    };
    if major(old) != major(new) {
        return Vec::new();
    }
    let mut comparison = Comparison { old, new, breaks: Vec::new(), open: Vec::new() };
    comparison.document();
    comparison.breaks
}

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn listed(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl<'a> Comparison<'a> {
    fn found(&mut self, place: &str, problem: impl AsRef<str>) {
        self.breaks.push(format!("{place}: {}", problem.as_ref()));
    }

    fn document(&mut self) {
        let (old, new) = (self.old, self.new);
        for (name, _) in members(&old["components"]["securitySchemes"]) {
            if new["components"]["securitySchemes"][name] != old["components"]["securitySchemes"][name] {
                self.found(name, "the key can no longer be sent in this way");
            }
        }
        for (path, methods) in members(&old["paths"]) {
            for method in METHODS.iter().filter(|method| methods.get(**method).is_some()) {
                let place = format!("{} {path}", method.to_uppercase());
                match new["paths"][path].get(method) {
                    Some(operation) => self.operation(&place, &methods[*method], operation),
                    None => self.found(&place, "is gone"),
                }
            }
        }
    }

    fn operation(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        if old["operationId"] != new["operationId"] {
            self.found(place, "has another operationId");
        }
        self.parameters(place, listed(&old["parameters"]), listed(&new["parameters"]));
        self.body(place, &old["requestBody"], &new["requestBody"]);
        for (status, response) in members(&old["responses"]) {
            let place = format!("{place} {status}");
            match new["responses"].get(status) {
                Some(now) => self.response(&place, at(self.old, response), at(self.new, now)),
                None => self.found(&place, "is gone"),
            }
        }
    }

    fn parameters(&mut self, place: &str, old: &'a [Value], new: &'a [Value]) {
        let same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
        for parameter in old {
            let place = format!("{place} {}", parameter["name"]);
            match new.iter().find(|other| same(parameter, other)) {
                Some(now) => {
                    if now["required"] == true && parameter["required"] != true {
                        self.found(&place, "is required now");
                    }
                    self.schema(&place, &parameter["schema"], &now["schema"], Side::Sent);
                }
                None => self.found(&place, "is gone"),
            }
        }
        for parameter in new.iter().filter(|parameter| parameter["required"] == true) {
            if !old.iter().any(|other| same(parameter, other)) {
                self.found(place, format!("{} is new and required", parameter["name"]));
            }
        }
    }

    fn body(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        if new["required"] == true && old["required"] != true {
            self.found(place, "a body is required now");
        }
        for (media, content) in members(&old["content"]) {
            match new["content"].get(media) {
                Some(now) => self.schema(&format!("{place} body"), &content["schema"], &now["schema"], Side::Sent),
                None => self.found(place, format!("{media} is no longer accepted")),
            }
        }
    }

    fn response(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        for (name, header) in members(&old["headers"]) {
            match new["headers"].get(name) {
                Some(now) => {
                    let (header, now) = (at(self.old, header), at(self.new, now));
                    if header["required"] == true && now["required"] != true {
                        self.found(place, format!("{name} may be missing now"));
                    }
                    self.schema(&format!("{place} {name}"), &header["schema"], &now["schema"], Side::Read);
                }
                None => self.found(place, format!("{name} is gone")),
            }
        }
        for (media, content) in members(&old["content"]) {
            let Some(now) = new["content"].get(media) else {
                self.found(place, format!("{media} is gone"));
                continue;
            };
            for (code, _) in members(&content["examples"]).filter(|(code, _)| now["examples"].get(code).is_none()) {
                self.found(place, format!("the code {code} is gone"));
            }
            self.schema(&format!("{place} answer"), &content["schema"], &now["schema"], Side::Read);
        }
    }

    fn schema(&mut self, place: &str, old: &'a Value, new: &'a Value, side: Side) {
        let names = [old, new].map(|schema| schema["$ref"].as_str().unwrap_or_default().to_owned());
        let [old_name, new_name] = names;
        let pair = (old_name, new_name, side);
        if !pair.0.is_empty() && self.open.contains(&pair) {
            return;
        }
        self.open.push(pair);
        let (old, new) = (at(self.old, old), at(self.new, new));
        if old.get("anyOf").is_some_and(has_types) || new.get("anyOf").is_some_and(has_types) {
            self.variants(place, &variants(old), &variants(new), side);
        } else {
            self.values(place, old, new, side);
            self.bounds(place, old, new, side);
            self.members(place, old, new, side);
        }
        self.open.pop();
    }

    /// Compares the alternatives of a value: each must have a counterpart.
    fn variants(&mut self, place: &str, old: &[&'a Value], new: &[&'a Value], side: Side) {
        let fits = |one: &'a Value, other: &'a Value| {
            let mut alone = Comparison { old: self.old, new: self.new, breaks: Vec::new(), open: self.open.clone() };
            alone.schema(place, one, other, side);
            alone.breaks.is_empty()
        };
        let is_lost = old.iter().any(|one| !new.iter().any(|other| fits(one, other)));
        let is_new = side == Side::Read && new.iter().any(|other| !old.iter().any(|one| fits(one, other)));
        if is_lost {
            self.found(place, "an alternative is gone or has changed");
        } else if is_new {
            self.found(place, "a new alternative is possible now");
        }
    }

    fn values(&mut self, place: &str, old: &Value, new: &Value, side: Side) {
        let (before, now) = (types(old), types(new));
        let (most, least) = if side == Side::Read { (&before, &now) } else { (&now, &before) };
        let is_among = |kind: &&str| most.contains(kind) || (**kind == *"integer" && most.contains(&"number"));
        if !most.is_empty() && (least.is_empty() || !least.iter().all(is_among)) {
            self.found(place, format!("was {before:?} and is {now:?}"));
        }
        for name in ["format", "const", "pattern"].iter().filter(|name| old.get(**name) != new.get(**name)) {
            let was_free = old.get(*name).is_none() && side == Side::Read;
            let is_free = new.get(*name).is_none() && side == Side::Sent;
            if !was_free && !is_free {
                self.found(place, format!("has another {name}"));
            }
        }
        let (before, now) = (listed(&old["enum"]), listed(&new["enum"]));
        for value in before.iter().filter(|value| !now.is_empty() && !now.contains(value)) {
            self.found(place, format!("{value} is gone"));
        }
        if side == Side::Sent && before.is_empty() && !now.is_empty() {
            self.found(place, "only some values are accepted now");
        }
    }

    fn bounds(&mut self, place: &str, old: &Value, new: &Value, side: Side) {
        if side == Side::Read {
            return;
        }
        let number = |schema: &Value, name: &str| schema[name].as_f64();
        for name in ["minimum", "minLength", "minItems"] {
            if number(new, name).is_some_and(|now| number(old, name).is_none_or(|before| now > before)) {
                self.found(place, format!("{name} is higher"));
            }
        }
        for name in ["maximum", "maxLength", "maxItems"] {
            if number(new, name).is_some_and(|now| number(old, name).is_none_or(|before| now < before)) {
                self.found(place, format!("{name} is lower"));
            }
        }
    }

    fn members(&mut self, place: &str, old: &'a Value, new: &'a Value, side: Side) {
        for (name, schema) in members(&old["properties"]) {
            let place = format!("{place}.{name}");
            match new["properties"].get(name) {
                Some(now) => self.schema(&place, schema, now, side),
                None => self.found(&place, "is gone"),
            }
        }
        let (always, now) = (listed(&old["required"]), listed(&new["required"]));
        for name in always.iter().filter(|name| side == Side::Read && !now.contains(name)) {
            self.found(place, format!("{name} may be missing now"));
        }
        for name in now.iter().filter(|name| side == Side::Sent && !always.contains(name)) {
            self.found(place, format!("{name} is required now"));
        }
        if side == Side::Sent && new["additionalProperties"] == false && old["additionalProperties"] != false {
            self.found(place, "refuses unknown members now");
        }
        if old["additionalProperties"].is_object() && new["additionalProperties"].is_object() {
            self.schema(&format!("{place}.*"), &old["additionalProperties"], &new["additionalProperties"], side);
        }
        if old["items"].is_object() && new["items"].is_object() {
            self.schema(&format!("{place}[]"), &old["items"], &new["items"], side);
        }
        for way in listed(&old["anyOf"]) {
            if side == Side::Sent && new.get("anyOf").is_some_and(|ways| !listed(ways).contains(way)) {
                self.found(place, format!("{way} is no longer enough"));
            }
        }
    }
}

/// A schema of the document; a reference is resolved.
fn at<'a>(document: &'a Value, part: &'a Value) -> &'a Value {
    let named = part["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
    named.unwrap_or(part)
}

/// Whether the alternatives are types, and not only lists of required members.
fn has_types(variants: &Value) -> bool {
    listed(variants).iter().any(|variant| variant.get("$ref").is_some() || variant.get("type").is_some())
}

fn variants(schema: &Value) -> Vec<&Value> {
    match schema.get("anyOf") {
        Some(variants) if has_types(variants) => listed(variants).iter().collect(),
        _ => vec![schema],
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

mod tests {
    use rstest::rstest;

    use serde_json::json;

    use super::*;

    fn document() -> Value {
        let thing = json!({
            "type": "object",
            "required": ["id", "kind"],
            "properties": {
                "id": {"type": "string"},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "count": {"type": ["integer", "null"], "format": "int64"},
                "at": {"type": "string", "format": "date-time"},
                "of": {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
                "parts": {"type": "array", "items": {"type": "string"}},
            },
        });
        let wish = json!({
            "type": "object",
            "required": ["url"],
            "anyOf": [{"required": ["url"]}, {"required": ["id"]}],
            "properties": {
                "url": {"type": "string"},
                "id": {"type": ["string", "null"]},
                "limit": {"type": "integer", "minimum": 1, "maximum": 40},
                "platform": {"type": "string", "enum": ["x", "y"]},
            },
        });
        let answer = json!({
            "headers": {"Age": {"required": true, "schema": {"type": "integer"}}},
            "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Thing"},
                "examples": {"a_code": {}},
            }},
        });
        json!({
            "info": {"version": "1.2.3"},
            "paths": {"/thing": {"post": {
                "operationId": "thing",
                "parameters": [{"name": "days", "in": "query", "schema": {"type": "integer", "maximum": 31}}],
                "requestBody": {"content": {"application/json": {"schema": wish}}},
                "responses": {"200": {"$ref": "#/components/responses/Thing"}},
            }}},
            "components": {
                "securitySchemes": {"bearer": {"type": "http"}},
                "responses": {"Thing": answer},
                "schemas": {"Thing": thing},
            },
        })
    }

    const OPERATION: &str = "/paths/~1thing/post";
    const SENT: &str = "/paths/~1thing/post/requestBody/content/application~1json/schema";
    const ANSWER: &str = "/components/responses/Thing";
    const READ: &str = "/components/schemas/Thing";

    /// The document with another value in this place; null removes the value.
    fn changed(place: &str, value: Value) -> Value {
        let mut document = document();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/");
        match document.pointer_mut(parent).unwrap() {
            Value::Object(members) if value.is_null() => drop(members.remove(&name)),
            Value::Object(members) => drop(members.insert(name, value)),
            Value::Array(items) if name == "-" => items.push(value),
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
            _ => panic!("{place} has no parent"),
        }
        document
    }

    #[rstest]
    #[case::a_path("/paths", "/~1thing", json!(null), "POST /thing: is gone")]
    #[case::a_method("/paths/~1thing", "/post", json!(null), "POST /thing: is gone")]
    #[case::a_way_to_send_the_key("/components/securitySchemes", "/bearer", json!(null), "can no longer be sent")]
    #[case::the_name_of_an_operation(OPERATION, "/operationId", json!("other"), "another operationId")]
    #[case::a_parameter(OPERATION, "/parameters", json!([]), "\"days\": is gone")]
    #[case::a_parameter_that_is_required(
        OPERATION,
        "/parameters/-",
        json!({"name": "key", "in": "query", "required": true}),
        "\"key\" is new and required"
    )]
    #[case::a_known_parameter_that_is_required(OPERATION, "/parameters/0/required", json!(true), "is required now")]
    #[case::a_parameters_maximum(OPERATION, "/parameters/0/schema/maximum", json!(30), "maximum is lower")]
    #[case::a_body_that_is_required(OPERATION, "/requestBody/required", json!(true), "a body is required now")]
    #[case::a_kind_of_body(OPERATION, "/requestBody/content", json!({}), "application/json is no longer accepted")]
    #[case::a_status(OPERATION, "/responses/200", json!(null), "200: is gone")]
    #[case::a_header(ANSWER, "/headers/Age", json!(null), "Age is gone")]
    #[case::a_header_that_may_be_missing(ANSWER, "/headers/Age/required", json!(false), "Age may be missing now")]
    #[case::a_headers_type(ANSWER, "/headers/Age/schema/type", json!("string"), "was [\"integer\"] and is")]
    #[case::a_code(ANSWER, "/content/application~1json/examples/a_code", json!(null), "the code a_code is gone")]
    #[case::a_field_of_a_request(SENT, "/properties/limit", json!(null), ".limit: is gone")]
    #[case::a_field_of_a_request_that_is_required(SENT, "/required/-", json!("limit"), "\"limit\" is required now")]
    #[case::a_new_field_of_a_request_that_is_required(SENT, "/required/-", json!("new"), "\"new\" is required now")]
    #[case::a_narrower_type_of_a_request(SENT, "/properties/id/type", json!("string"), "was [\"string\", \"null\"]")]
    #[case::a_value_of_a_request(SENT, "/properties/platform/enum", json!(["x"]), "\"y\" is gone")]
    #[case::a_list_of_values_of_a_request(SENT, "/properties/url/enum", json!(["x"]), "only some values")]
    #[case::a_requests_minimum(SENT, "/properties/limit/minimum", json!(2), "minimum is higher")]
    #[case::a_requests_maximum(SENT, "/properties/limit/maximum", json!(20), "maximum is lower")]
    #[case::a_requests_new_maximum(SENT, "/properties/url/maxLength", json!(20), "maxLength is lower")]
    #[case::a_requests_format(SENT, "/properties/url/format", json!("uri"), "another format")]
    #[case::other_fields_of_a_request(SENT, "/additionalProperties", json!(false), "refuses unknown members")]
    #[case::a_way_to_name_the_subject(SENT, "/anyOf", json!([{"required": ["url"]}]), "is no longer enough")]
    #[case::a_field(READ, "/properties/count", json!(null), ".count: is gone")]
    #[case::a_field_that_may_be_missing(READ, "/required", json!(["id"]), "\"kind\" may be missing now")]
    #[case::a_field_that_may_be_null(READ, "/properties/id/type", json!(["string", "null"]), "was [\"string\"]")]
    #[case::a_fields_type(READ, "/properties/count/type", json!(["number", "null"]), "was [\"integer\", \"null\"]")]
    #[case::a_fields_missing_type(READ, "/properties/id/type", json!(null), "was [\"string\"] and is []")]
    #[case::a_fields_format(READ, "/properties/at/format", json!("date"), "another format")]
    #[case::a_fields_value(READ, "/properties/kind/enum", json!(["a", "c"]), "\"b\" is gone")]
    #[case::a_lists_items(READ, "/properties/parts/items/type", json!("integer"), ".parts[]: was [\"string\"]")]
    #[case::the_types_of_a_field(
        READ,
        "/properties/of/anyOf/-",
        json!({"type": "integer"}),
        ".of: a new alternative is possible now"
    )]
    #[case::one_of_the_types_of_a_field(
        READ,
        "/properties/of/anyOf",
        json!([{"type": "null"}]),
        ".of: an alternative is gone"
    )]
    fn a_change_that_breaks_a_client_is_found(
        #[case] parent: &str,
        #[case] place: &str,
        #[case] value: Value,
        #[case] expected: &str,
    ) {
        let found = breaks(&document(), &changed(&format!("{parent}{place}"), value));
        assert!(found.iter().any(|problem| problem.contains(expected)), "{found:#?}");
    }

    #[rstest]
    #[case::nothing("/info/title", json!("another title"))]
    #[case::a_new_path("/paths/~1new", json!({"get": {"operationId": "new"}}))]
    #[case::a_new_parameter("/paths/~1thing/post/parameters/-", json!({"name": "key", "in": "query"}))]
    #[case::a_new_status("/paths/~1thing/post/responses/404", json!({}))]
    #[case::a_new_header("/components/responses/Thing/headers/New", json!({"schema": {"type": "string"}}))]
    #[case::a_new_code("/components/responses/Thing/content/application~1json/examples/new", json!({}))]
    #[case::a_new_field("/components/schemas/Thing/properties/new", json!({"type": "string"}))]
    #[case::a_new_value("/components/schemas/Thing/properties/kind/enum/-", json!("c"))]
    #[case::a_field_that_is_never_null_now("/components/schemas/Thing/properties/count/type", json!("integer"))]
    #[case::a_field_that_always_exists("/components/schemas/Thing/required/-", json!("count"))]
    #[case::a_description("/components/schemas/Thing/description", json!("another"))]
    fn a_change_that_breaks_no_client_is_not_found(#[case] place: &str, #[case] value: Value) {
        assert_eq!(breaks(&document(), &changed(place, value)), [""; 0]);
    }

    #[rstest]
    #[case::a_new_field("/properties/new", json!({"type": "string"}))]
    #[case::a_wider_type("/properties/url/type", json!(["string", "null"]))]
    #[case::a_number_for_an_integer("/properties/limit/type", json!("number"))]
    #[case::a_new_value("/properties/platform/enum/-", json!("z"))]
    #[case::a_higher_maximum("/properties/limit/maximum", json!(80))]
    #[case::no_maximum("/properties/limit/maximum", json!(null))]
    #[case::a_field_that_may_be_left_out("/required", json!([]))]
    #[case::another_way_to_name_the_subject("/anyOf/-", json!({"required": ["name"]}))]
    fn a_change_that_accepts_more_from_clients_is_not_found(#[case] place: &str, #[case] value: Value) {
        assert_eq!(breaks(&document(), &changed(&format!("{SENT}{place}"), value)), [""; 0]);
    }

    #[test]
    fn a_new_major_version_may_break_everything() {
        let mut new = changed("/paths/~1thing", json!(null));
        assert!(!breaks(&document(), &new).is_empty());
        new["info"]["version"] = "2.0.0".into();
        assert_eq!(breaks(&document(), &new), [""; 0]);
    }
}
