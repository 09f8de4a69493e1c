//! What providers answer, as data: `fixtures/post-stats/<platform>/<provider>.json` and `fixtures/refusals/<key>.json`, all made up.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use shared::platform::Platform;
use shared::provider::{ENTRIES, Entry, Key};
use wiremock::ResponseTemplate;

/// What one provider answers when it is asked for one thing on one platform.
#[derive(Clone, Debug, Deserialize)]
pub struct Fixture {
    /// What a caller sends.
    pub link: String,
    /// The path and query that the provider is asked with, without escapes.
    pub asks: String,
    /// The body that cases without a body of their own change.
    body: Value,
    /// Bodies with counts.
    pub answers: BTreeMap<String, Answered>,
    /// Bodies without.
    pub failures: BTreeMap<String, Refused>,
    /// Why none of them is about a post that doesn't exist.
    pub never_says_missing: Option<String>,
}

/// A body with counts.
#[derive(Clone, Debug, Deserialize)]
pub struct Answered {
    /// Another link than the others'.
    pub link: Option<String>,
    body: Option<Value>,
    /// What is otherwise than in the fixture's body (RFC 7386: null takes away).
    patch: Option<Value>,
    /// The counts in it, by name.
    pub counts: BTreeMap<String, Option<u64>>,
    /// "exact" or "rounded".
    pub precision: String,
    /// The post's address in it, if it is another than the link's.
    pub url: Option<String>,
    /// Whether it ends the chain; by default, with views.
    pub complete: Option<bool>,
    /// Counts that a drifted body may show instead, because another field stands for the missing one.
    #[serde(default)]
    pub or: BTreeMap<String, Vec<u64>>,
}

/// An answer without counts.
#[derive(Clone, Debug, Deserialize)]
pub struct Refused {
    /// Another link than the others'.
    pub link: Option<String>,
    status: u16,
    body: Option<Value>,
    patch: Option<Value>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The failure's name.
    pub is: String,
}

/// The entry of a provider.
#[must_use]
pub fn entry(provider: &str) -> &'static Entry {
    ENTRIES.iter().find(|entry| entry.name == provider).expect("a provider of this name")
}

impl Fixture {
    /// The fixture of this provider for posts of this platform.
    #[must_use]
    pub fn post_stats(platform: Platform, provider: &str) -> Self {
        load(&format!("post-stats/{platform}/{provider}"))
    }

    /// The body of one of its answers.
    #[must_use]
    pub fn body(&self, answer: &str) -> Value {
        self.answers[answer].body(self)
    }

    /// All that fails for this provider: in its own terms, in those of its key, and as anything on the net may.
    #[must_use]
    pub fn all_failures(&self, provider: &str) -> BTreeMap<String, Refused> {
        let mut failures = refusals("anybody");
        if let Some(key) = entry(provider).key {
            failures.extend(refusals(key_name(key)));
        }
        // Its own are said last: some answer a status in their own way.
        failures.extend(self.failures.clone());
        failures
    }
}

/// The name of a key's file.
#[must_use]
pub const fn key_name(key: Key) -> &'static str {
    match key {
        Key::RapidApi => "rapidapi",
        Key::ScrapeCreators => "scrapecreators",
        Key::HikerApi => "hikerapi",
        Key::YouTube => "youtube",
        Key::X => "x",
    }
}

/// What all providers behind one key refuse alike.
#[must_use]
pub fn refusals(key: &str) -> BTreeMap<String, Refused> {
    load(&format!("refusals/{key}"))
}

impl Answered {
    /// Its body.
    #[must_use]
    pub fn body(&self, fixture: &Fixture) -> Value {
        patched(fixture, self.body.as_ref(), self.patch.as_ref())
    }

    /// Whether the chain ends with it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete.unwrap_or(self.counts["views"].is_some())
    }
}

impl Refused {
    /// The answer.
    #[must_use]
    pub fn template(&self, fixture: &Fixture) -> ResponseTemplate {
        let mut template = answer(self.status, &patched(fixture, self.body.as_ref(), self.patch.as_ref()));
        for (name, value) in &self.headers {
            template = template.insert_header(name.as_str(), value.as_str());
        }
        template
    }
}

/// An answer with this body; a text is a body as it is.
#[must_use]
pub fn answer(status: u16, body: &Value) -> ResponseTemplate {
    match body {
        Value::String(text) => ResponseTemplate::new(status).set_body_string(text),
        body => ResponseTemplate::new(status).set_body_json(body),
    }
}

fn patched(fixture: &Fixture, body: Option<&Value>, patch: Option<&Value>) -> Value {
    let mut body = body.unwrap_or(&fixture.body).clone();
    if let Some(patch) = patch {
        merge(&mut body, patch);
    }
    body
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (key, value) in patch {
        let Value::Object(fields) = &mut *target else { return };
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn load<T: DeserializeOwned>(name: &str) -> T {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
