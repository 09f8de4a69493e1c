//! Runs the binary in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use aws_sdk_dynamodb::Client;
use ct::engine::{Data, Engine, Found, IfMissing};
use serde_json::{Value, json};
use shared::account::{AccountId, Accounts, ApiKey};
use shared::clock::Clock;
use shared::config::Config;
use shared::contract::Endpoint;
use shared::dynamodb::{Access, client};
use shared::money::MicroDollars;
use shared::provider::Key;
use strum::IntoEnumIterator;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use wiremock::ResponseTemplate;

#[path = "../../../tests/harness/secrets.rs"]
mod secrets;

pub const POST: &str = "https://www.tiktok.com/@charlidamelio/video/7123456789";

pub const CT: &str = env!("CARGO_BIN_EXE_ct");

pub fn ct(folder: &Path) -> Command {
    program(CT, folder)
}

/// A program in this folder, without the environment's variables that `ct` reads.
pub fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command
        .env_remove("AWS_ENDPOINT_URL_DYNAMODB")
        .env_remove("AWS_ENDPOINT_URL")
        .env_remove("RUST_LOG")
        .env("RUST_BACKTRACE", "1")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_PROFILE")
        .env_remove("COLUMNS")
        .env_remove("KEYLESS_PROVIDERS");
    Key::iter().for_each(|key| {
        command.env_remove(key.variable());
    });
    command.current_dir(folder).kill_on_drop(true);
    command
}

pub async fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = ct(folder).args(arguments).output().await.unwrap();
    secrets::refuse(&output.stderr);
    output
}

/// The output of a successful command.
pub async fn print(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The error of a failing command.
pub async fn complaint(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments).await;
    assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// The word after this label.
pub fn after<'a>(text: &'a str, label: &str) -> &'a str {
    let mut words = text.split_whitespace().skip_while(|word| *word != label);
    words.nth(1).unwrap_or_else(|| panic!("no {label} in {text}"))
}

pub struct Server {
    pub process: Child,
    pub greeting: String,
    pub base: String,
    log: PathBuf,
    _rest: Lines<BufReader<ChildStdout>>,
}

impl Server {
    pub async fn start(folder: &Path, more: &[&str]) -> Self {
        Self::start_with(folder, more, &[]).await
    }

    /// Starts a server with these variables; its log is in the file `log`.
    pub async fn start_with(folder: &Path, more: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = ct(folder);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(more).envs(env.iter().copied());
        Self::greeted(folder, command).await
    }

    pub async fn start_at(folder: &Path, listen: &str) -> Self {
        let mut command = ct(folder);
        command.args(["serve", "--listen", listen]);
        Self::greeted(folder, command).await
    }

    pub async fn greeted(folder: &Path, mut command: Command) -> Self {
        let log = folder.join("log");
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut greeting = String::new();
        while !greeting.contains("  -d '") {
            greeting += &lines.next_line().await.unwrap().expect("the greeting");
            greeting += "\n";
        }
        let base = after(&greeting, "on").to_owned();
        Self { process, greeting, base, log, _rest: lines }
    }

    pub fn live_key(&self) -> &str {
        self.greeting.lines().find_map(|line| line.strip_prefix("live key  ")).unwrap()
    }

    pub fn test_key(&self) -> &str {
        self.greeting.lines().find_map(|line| line.strip_prefix("test key  ")).unwrap()
    }

    pub async fn post_stats(&self, key: &str) -> (u16, Value) {
        self.ask(key, POST).await
    }

    pub async fn ask(&self, key: &str, url: &str) -> (u16, Value) {
        let request = shared::http_client::builder().build().unwrap().post(format!("{}/v1/post/stats", self.base));
        let answer = request.bearer_auth(key).body(json!({ "url": url }).to_string()).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    pub async fn signal(&self, signal: &str) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    }

    /// Sends SIGTERM, as service managers do, and returns whether the server exits with status 0.
    pub async fn stop(mut self) -> bool {
        self.signal("-TERM").await;
        self.process.wait().await.unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        secrets::refuse(&std::fs::read(&self.log).unwrap_or_default());
    }
}

/// The address of a DynamoDB that other processes of this machine can reach.
pub async fn dynamodb() -> String {
    let Ok(Found::Ours(engine)) = Engine::find(&Data::Memory, IfMissing::Make).await else {
        panic!("an engine in memory belongs to this process")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, engine.protocol().router()).await });
    endpoint
}

/// The response of the keyless provider tikwm about any post.
pub fn tikwm_post() -> ResponseTemplate {
    let counts = json!({"play_count": 7, "digg_count": 1, "comment_count": 0, "share_count": 0});
    ResponseTemplate::new(200).set_body_json(json!({"code": 0, "data": counts}))
}

/// The folder's DynamoDB, as commands find it, and the engine if this process runs it.
pub async fn reach(folder: &Path) -> (Client, Option<Engine>) {
    let config = Config::read(|_| None).unwrap();
    let (http, engine) = match Engine::find(&Data::Folder(folder.join(".ct")), IfMissing::Refuse).await.unwrap() {
        Found::Ours(engine) => (engine.protocol().http_client(), Some(engine)),
        Found::Running(http) => (http, None),
    };
    (client(Access::embedded(http), config.dynamodb), engine)
}

/// Works on the folder's accounts as the API does, through a running server or in this process.
pub async fn with_accounts<T>(folder: &Path, work: impl AsyncFnOnce(&Accounts, &Client) -> T) -> T {
    let (client, engine) = reach(folder).await;
    let config = Config::read(|_| None).unwrap();
    let accounts = Accounts::new(client.clone(), config.tables.accounts, Clock::system(), config.accounts);
    let done = work(&accounts, &client).await;
    if let Some(engine) = engine {
        engine.stop().await;
    }
    done
}

/// Stores a key with its account.
pub async fn add_key(folder: &Path, key: &ApiKey) {
    with_accounts(folder, async |accounts, _| accounts.add_key(key, 60).await.unwrap()).await;
}

/// A customer's account with a live key.
pub struct Customer {
    pub account: AccountId,
    pub key: ApiKey,
}

impl Customer {
    /// Creates the account as operators do.
    pub async fn open(folder: &Path, name: &str, usd: &str) -> Self {
        let opened = print(folder, &["accounts", "create", name]).await;
        let account: AccountId = after(&opened, "account").parse().unwrap();
        print(folder, &["funds", "add", account.as_str(), usd, "--payment-id", &format!("invoice of {name}")]).await;
        let made = print(folder, &["keys", "create", account.as_str()]).await;
        Self { account, key: ApiKey::parse(after(&made, "key")).unwrap() }
    }

    pub fn id(&self) -> &str {
        self.account.as_str()
    }

    /// Charges for this many fresh answers, as the API does.
    pub async fn use_up(&self, folder: &Path, endpoint: Endpoint, answers: usize) {
        with_accounts(folder, async |accounts, _| {
            for number in 0..answers {
                accounts.admit(&self.key, Some(endpoint)).await.unwrap();
                let held =
                    accounts.hold(&self.key, endpoint, &format!("{number:08}"), MicroDollars(1_000)).await.unwrap();
                accounts.settle(&self.key, endpoint, &held.name).await.unwrap();
            }
        })
        .await;
    }
}

/// The output of a successful command with `--json`, one object per line.
pub async fn rows(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let text = print(folder, &[arguments, &["--json"]].concat()).await;
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The length of the longest line, in columns.
pub fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}
