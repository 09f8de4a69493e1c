//! The API to ask: a remote one, a server that uses the data on this machine, or one in this
//! process.

use std::io::{Write, stderr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use ct::engine::{Engine, Folder, IfMissing};
use ct::server;
use secrecy::SecretString;
use shared::clock::Clock;
use shared::metrics::Metrics;
use shared::pipeline::{App, DemoKeys};
use shared::provider::HttpClient;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::api::Api;
use crate::database::{self, Database};
use crate::demo;
use crate::providers::setup::{self, Setup};

const VARIABLE: &str = "CT_API_KEY";

/// Options that choose the API.
#[derive(Args)]
pub struct Which {
    /// The address of an API; without it, the data on this machine is used.
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    api: Option<String>,
    #[arg(
        long,
        env = VARIABLE,
        hide_env = true,
        hide_env_values = true,
        value_name = "KEY",
        value_parser = NonEmptyStringValueParser::new(),
        help = "The key; safer in the environment, where no other user of the machine sees it [env: CT_API_KEY] \
                [default on this machine: the demo account's]"
    )]
    key: Option<String>,
    /// A file with the providers' keys, as for `ct serve`, if no server runs.
    #[arg(long, value_name = "FILE", conflicts_with = "api")]
    settings: Option<PathBuf>,
}

/// The API in this process, and its data.
pub struct Local {
    stop: CancellationToken,
    server: JoinHandle<()>,
    database: Database,
}

impl Local {
    /// Stops the API and then its database.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.server.await;
        self.database.close().await;
    }
}

impl Which {
    /// Finds the API, or starts one.
    pub async fn open(self, database: &database::Options) -> anyhow::Result<Api> {
        let Self { api, key, settings } = self;
        let key = key.map(SecretString::from);
        if let Some(address) = api {
            let key = key.with_context(|| format!("the API needs a key: set {VARIABLE} in the environment"))?;
            return Api::new(&address, key, None);
        }
        let setup = setup::read(settings, database).await?;
        let data = database.open(&setup.config, IfMissing::Make).await?;
        if data.is_anothers {
            let folder = Folder::open(database.folder().as_ref(), IfMissing::Refuse)?;
            return running(&folder, key);
        }
        if data.engine.as_ref().is_some_and(Engine::is_new) {
            let _ = writeln!(stderr(), "created the data in {}", database.folder());
        }
        Box::pin(in_process(setup, data, key)).await
    }
}

/// The API of the server that uses this folder.
fn running(folder: &Folder, key: Option<SecretString>) -> anyhow::Result<Api> {
    let address = std::fs::read_to_string(folder.address());
    let address = address.context("the running server's address is unknown; give it with --api")?;
    let demo = || Some(SecretString::from(std::fs::read_to_string(folder.demo_key()).ok()?.trim()));
    let key = key.or_else(demo);
    let key = key.with_context(|| format!("the running server has no demo account: set {VARIABLE}"))?;
    Api::new(address.trim(), key, None)
}

/// Starts an API in this process, on a random local port, with the operator's providers' keys.
async fn in_process(setup: Setup, database: Database, key: Option<SecretString>) -> anyhow::Result<Api> {
    let mut config = setup.config;
    config.tables = database.tables.clone();
    let http = HttpClient::new(config.https_only());
    let demo_keys = if database.engine.is_some() { DemoKeys::Accepted } else { DemoKeys::Refused };
    let app = App::new(config, database.client.clone(), Clock::system(), demo_keys, None, http, Metrics::off());
    app.ready().await?;
    ensure!(
        app.providers().names().next().is_some(),
        "no provider is configured; `ct providers` shows how to turn each on"
    );
    let key = match (key, &database.engine) {
        (Some(key), _) => key,
        (None, Some(engine)) => SecretString::from(demo::account(app.accounts(), engine.folder()).await?.reveal()),
        (None, None) => anyhow::bail!("set {VARIABLE} in the environment: a live key of an account in these tables"),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let server = tokio::spawn(server::serve(listener, Arc::new(app), None, stop.clone()));
    Api::new(&address, key, Some(Local { stop, server, database }))
}
