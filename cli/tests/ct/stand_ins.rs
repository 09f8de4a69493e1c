//! Stand-ins for the providers, which answer with the fixtures, and `ct providers` with their
//! addresses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::{ENTRIES, order};
use strum::IntoEnumIterator;
use tempfile::TempDir;
use tokio::process::Command;
use wiremock::matchers::path_regex;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::harness::*;

pub const KEY: &str = "s3cret-of-the-operator";

/// All responses of a provider's fixtures, by path.
#[derive(Clone, Default)]
struct Answers {
    prefix: String,
    by_path: BTreeMap<String, Value>,
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().strip_prefix(&self.prefix).unwrap();
        match self.by_path.get(path) {
            Some(Value::String(text)) => ResponseTemplate::new(200).set_body_string(text),
            Some(body) => ResponseTemplate::new(200).set_body_json(body),
            None => ResponseTemplate::new(404),
        }
    }
}

pub fn all_questions() -> impl Iterator<Item = (Platform, Operation)> {
    Platform::iter().flat_map(|platform| Operation::iter().map(move |operation| (platform, operation)))
}

pub fn fixture(platform: Platform, operation: Operation, provider: &str) -> Value {
    let folder = <&str>::from(operation).replace('_', "-");
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/fixtures/{folder}/{platform}/{provider}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The responses of one provider for the fixtures' links.
fn answers(provider: &str) -> Answers {
    let mut answers = Answers { prefix: format!("/{provider}"), ..Answers::default() };
    for (platform, operation) in all_questions().filter(|(one, other)| order(*one, *other).contains(&provider)) {
        let fixture = fixture(platform, operation, provider);
        let complete = |case: &&Value| case["complete"] == true && case["link"].is_null();
        let case = fixture["answers"].as_object().unwrap().values().find(complete).unwrap();
        let main = fixture["asks"].as_array().unwrap().last().unwrap().as_str().unwrap();
        let main = main.split(['?', ' ']).next().unwrap().to_owned();
        answers.by_path.entry(main).or_insert_with(|| fixture["body"].clone());
        let others = if case["others"].is_null() { &fixture["others"] } else { &case["others"] };
        for (path, body) in others.as_object().into_iter().flatten() {
            answers.by_path.entry(path.clone()).or_insert_with(|| body.clone());
        }
    }
    answers
}

/// The fixtures' links as a file of subjects.
pub fn subjects(folder: &Path) -> PathBuf {
    let questions = all_questions().filter_map(|(platform, operation)| {
        let link = fixture(platform, operation, order(platform, operation).first()?)["link"].clone();
        Some(format!("{platform} {} {}\n", <&str>::from(operation), link.as_str().unwrap()))
    });
    let file = folder.join("subjects");
    std::fs::write(&file, questions.collect::<String>()).unwrap();
    file
}

/// A server that replaces all providers.
pub struct Upstream {
    pub server: MockServer,
    pub folder: TempDir,
}

impl Upstream {
    pub async fn start() -> Self {
        Self { server: MockServer::start().await, folder: TempDir::new().unwrap() }
    }

    /// All providers answer with their fixtures.
    pub async fn whole() -> Self {
        let upstream = Self::start().await;
        for entry in ENTRIES {
            let paths = path_regex(format!("^/{}/", entry.name));
            Mock::given(paths).respond_with(answers(entry.name)).mount(&upstream.server).await;
        }
        upstream
    }

    /// `ct providers`, with this server as the address of all providers.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = ct(self.folder.path());
        for entry in ENTRIES {
            command.env(entry.base_url_variable(), format!("{}/{}", self.server.uri(), entry.name));
        }
        command.arg("providers").args(arguments);
        command
    }

    pub async fn check(&self, arguments: &[&str]) -> Checked {
        checked(self.command(&[&["check", "--pause", "0"], arguments].concat())).await
    }
}

pub struct Checked {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a command, and asserts that its output contains no secret.
pub async fn checked(mut command: Command) -> Checked {
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let [out, err] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(!out.contains("s3cret") && !err.contains("s3cret"), "{out}{err}");
    Checked { status: status.code(), out, err }
}

impl Checked {
    pub fn rows(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
