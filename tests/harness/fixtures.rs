//! Made-up answers of providers, as data in `fixtures/<operation>/<platform>/<provider>.json` and
//! `fixtures/refusals/<key>.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::{ENTRIES, Entry, Key};
use strum::IntoEnumIterator;
use wiremock::{Request, Respond, ResponseTemplate};

/// One provider's answers to one operation on one platform.
#[derive(Clone, Debug, Deserialize)]
pub struct Fixture {
    /// The caller's input: a link, or `id:` and the platform's own id of a creator.
    pub link: String,
    /// The requests that the provider gets, without escapes: path and query, or path and form. The
    /// cases are answers to the last one.
    pub asks: Vec<String>,
    /// The answers to the other requests, by path: bodies, or `{"$status": …, "$body": …}`.
    #[serde(default)]
    others: BTreeMap<String, Value>,
    /// The body of cases without their own body; a case's `patch` changes it.
    body: Value,
    /// Answers with data.
    pub answers: BTreeMap<String, Case>,
    /// Answers without data.
    pub failures: BTreeMap<String, Case>,
}

/// One answer with its expected result.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// The link, if it differs from the fixture's.
    pub link: Option<String>,
    /// The path that the case answers, if it isn't the last one.
    route: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    /// The difference from the fixture's body (RFC 7386: null removes).
    patch: Option<Value>,
    /// The answers to the other requests, in place of the fixture's.
    others: Option<BTreeMap<String, Value>>,
    /// The expected fields of the result; others aren't compared.
    pub gives: Option<Value>,
    /// Whether the answer is complete, so that it ends the chain.
    #[serde(default)]
    pub complete: bool,
    /// Numbers that a drifted body may show instead, because another field replaces the missing
    /// one.
    #[serde(default)]
    pub or: BTreeMap<String, Vec<u64>>,
    /// The failure's name. For an answer with data, the failure that a missing item causes.
    pub is: Option<String>,
}

/// The entry of a provider.
#[must_use]
pub fn entry(provider: &str) -> &'static Entry {
    ENTRIES.iter().find(|entry| entry.name == provider).expect("a provider of this name")
}

/// The subject of a fixture: the operation, the platform and the provider's name.
pub type Asked = (Operation, Platform, &'static str);

/// The subject of the fixture in this file, from its folders and name.
#[must_use]
pub fn asked_in(file: &Path) -> Asked {
    let stem = file.file_stem().expect("a file").to_string_lossy();
    let mut folders = file.ancestors().skip(1).filter_map(Path::file_name).map(|name| name.to_string_lossy());
    let platform = folders.next().and_then(|name| name.parse().ok()).expect("a platform's folder");
    let folder = folders.next().expect("an operation's folder");
    let operation = Operation::iter().find(|operation| folder_of(*operation) == folder).expect("an operation's folder");
    (operation, platform, entry(&stem).name)
}

/// The names of all fixtures.
#[must_use]
pub fn all() -> BTreeSet<String> {
    let platforms = Operation::iter().map(|operation| root().join(folder_of(operation)));
    let folders = platforms.flat_map(|folder| files_in(&folder)).flat_map(|platform| files_in(&platform));
    folders.map(|file| name_of(asked_in(&file))).collect()
}

/// A fixture's path below the fixtures' folder, without `.json`.
#[must_use]
pub fn name_of((operation, platform, provider): Asked) -> String {
    format!("{}/{platform}/{provider}", folder_of(operation))
}

fn folder_of(operation: Operation) -> String {
    <&str>::from(operation).replace('_', "-")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a readable folder").path()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

impl Fixture {
    /// The fixture of this provider.
    #[must_use]
    pub fn of(operation: Operation, platform: Platform, provider: &str) -> Self {
        load(&format!("{}/{platform}/{provider}", folder_of(operation)))
    }

    /// The fixture of this provider for posts of this platform.
    #[must_use]
    pub fn post_stats(platform: Platform, provider: &str) -> Self {
        Self::of(Operation::PostStats, platform, provider)
    }

    /// The body of the answer with this name.
    #[must_use]
    pub fn body(&self, answer: &str) -> Value {
        self.answers[answer].body(self)
    }

    /// A complete answer about the fixture's link.
    #[must_use]
    pub fn complete(&self) -> &Case {
        self.answers.values().find(|case| case.complete && case.link.is_none()).expect("an answer that ends the chain")
    }

    /// All failures of this provider: its own, those of its kind of key, and those of any server.
    #[must_use]
    pub fn all_failures(&self, provider: &str) -> BTreeMap<String, Case> {
        let mut failures = refusals("anybody");
        if let Some(key) = entry(provider).key {
            failures.extend(refusals_of(key));
        }
        failures.extend(self.failures.clone());
        failures
    }

    fn main_route(&self) -> &str {
        let last = self.asks.last().expect("something is asked");
        last.split(['?', ' ']).next().unwrap_or_default()
    }
}

/// The refusals that are common to all providers with this kind of key.
#[must_use]
pub fn refusals_of(key: Key) -> BTreeMap<String, Case> {
    refusals(key.into())
}

/// The refusals of the kind of key with this name, or of "anybody".
#[must_use]
pub fn refusals(key: &str) -> BTreeMap<String, Case> {
    load(&format!("refusals/{key}"))
}

impl Case {
    /// The body of the case's answer.
    #[must_use]
    pub fn body(&self, fixture: &Fixture) -> Value {
        let mut body = self.body.as_ref().unwrap_or(&fixture.body).clone();
        if let Some(patch) = &self.patch {
            merge(&mut body, patch);
        }
        body
    }

    /// All answers of the provider in this case, by path.
    #[must_use]
    pub fn routes(&self, fixture: &Fixture) -> Routes {
        self.routes_with(fixture, &self.body(fixture))
    }

    /// Like [`Self::routes`], with another body for the case.
    #[must_use]
    pub fn routes_with(&self, fixture: &Fixture, body: &Value) -> Routes {
        let others = self.others.as_ref().unwrap_or(&fixture.others);
        let other = |body: &Value| match body["$status"].as_u64() {
            Some(status) => answer(u16::try_from(status).expect("a status"), &body["$body"]),
            None => answer(200, body),
        };
        let mut routes: Routes = others.iter().map(|(path, body)| (path.clone(), other(body))).collect();
        routes.entry(fixture.main_route().to_owned()).or_insert_with(|| answer(200, &fixture.body));
        let mut template = answer(self.status.unwrap_or(200), body);
        for (name, value) in &self.headers {
            template = template.insert_header(name.as_str(), value.as_str());
        }
        routes.insert(self.route.as_deref().unwrap_or_else(|| fixture.main_route()).to_owned(), template);
        routes
    }
}

/// Answers by path.
pub type Routes = BTreeMap<String, ResponseTemplate>;

/// A provider's answers, which a test can change.
#[derive(Clone, Default)]
pub struct Upstream {
    prefix: String,
    routes: Arc<Mutex<Routes>>,
}

impl Upstream {
    /// A provider whose paths begin with this prefix.
    #[must_use]
    pub fn below(prefix: String) -> Self {
        Self { prefix, ..Self::default() }
    }

    /// Sets the answers to all later requests.
    pub fn answers(&self, routes: Routes) {
        *self.routes.lock().expect("no test panics in between") = routes;
    }
}

impl Respond for Upstream {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().strip_prefix(self.prefix.as_str()).unwrap_or_default();
        let routes = self.routes.lock().expect("no test panics in between");
        routes.get(path).cloned().unwrap_or_else(|| ResponseTemplate::new(404))
    }
}

/// An answer with this body: a string is sent unchanged, other values as JSON.
#[must_use]
pub fn answer(status: u16, body: &Value) -> ResponseTemplate {
    match body {
        Value::String(text) => ResponseTemplate::new(status).set_body_string(text),
        body => ResponseTemplate::new(status).set_body_json(body),
    }
}

/// Applies a JSON merge patch (RFC 7386).
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
    let path = root().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
