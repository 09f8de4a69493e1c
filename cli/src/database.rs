//! Which DynamoDB a command works on: the embedded one, the one inside a running server, or any other.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use clap::Args;
use ct::engine::{Data, Engine, Found};
use shared::config::{Config, ConfigError};
use shared::dynamodb::{self, Access, Tables, Timeouts, create_tables};
use shared::http_client;
use url::{Host, Url};

use crate::stack;

/// What is otherwise here than on Lambda, unless the environment says so: the providers that need no key are on, and the embedded
/// engine, which does one thing at a time, gets longer to answer a crowd.
const LOCAL_DEFAULTS: [(&str, &str); 3] =
    [("KEYLESS_PROVIDERS", "on"), ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "4000"), ("DYNAMODB_TIMEOUT_MS", "12000")];

/// The configuration in the process's environment, with the local defaults behind it.
pub fn configuration() -> Result<Config, ConfigError> {
    let default =
        |name: &str| LOCAL_DEFAULTS.iter().find(|(local, _)| *local == name).map(|(_, value)| (*value).to_owned());
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    Config::read(|name| set(name).or_else(|| default(name)))
}

/// Where the data is.
#[derive(Args)]
pub struct Options {
    /// The folder of the embedded DynamoDB, or :memory: to keep nothing.
    #[arg(long, global = true, default_value = ".ct", value_name = "FOLDER")]
    pub data_dir: String,
    /// Another DynamoDB instead, with the AWS credentials of the environment.
    #[arg(long, global = true, env = "AWS_ENDPOINT_URL_DYNAMODB", value_name = "URL")]
    pub dynamodb_endpoint: Option<String>,
    /// A deployed stack: its tables, found by its outputs, with your own AWS credentials.
    #[arg(long, global = true, value_name = "NAME")]
    pub stack: Option<String>,
}

/// A DynamoDB that is ready; on this machine, its tables are made.
pub struct Database {
    pub client: Client,
    pub tables: Tables,
    /// Set where this process runs the embedded engine.
    pub engine: Option<Engine>,
    pub data: Data,
    /// The embedded engine's folder belongs to a running server.
    pub is_anothers: bool,
}

impl Options {
    /// Opens the database that the options name.
    pub async fn open(&self, config: &Config) -> anyhow::Result<Database> {
        let data = Data::from(self.data_dir.as_str());
        let mut tables = config.tables.clone();
        if let Some(stack) = &self.stack {
            let sdk = own_access().await;
            tables = stack::tables(&sdk, stack).await?;
            let mut of_dynamodb = aws_sdk_dynamodb::config::Builder::from(&sdk);
            of_dynamodb.set_endpoint_url(self.dynamodb_endpoint.clone());
            let client = dynamodb::client_with(of_dynamodb, config.dynamodb);
            return Ok(Database { client, tables, engine: None, data, is_anothers: false });
        }
        let (client, engine, is_anothers) = match &self.dynamodb_endpoint {
            // Tables elsewhere are made by template.yaml, with backups and protection.
            Some(endpoint) if !is_loopback(endpoint) => {
                let client = remote(endpoint, config.dynamodb).await;
                return Ok(Database { client, tables, engine: None, data, is_anothers: false });
            }
            Some(endpoint) => (remote(endpoint, config.dynamodb).await, None, false),
            None => match Engine::find(&data).await? {
                Found::Ours(engine) => (local(engine.endpoint(), config), Some(engine), false),
                Found::Running(endpoint) => (local(&endpoint, config), None, true),
            },
        };
        create_tables(&client, &tables).await?;
        Ok(Database { client, tables, engine, data, is_anothers })
    }
}

fn local(endpoint: &str, config: &Config) -> Client {
    dynamodb::client(Access::local(endpoint), config.dynamodb)
}

async fn remote(endpoint: &str, timeouts: Timeouts) -> Client {
    let has_credentials = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"].iter().any(|name| std::env::var_os(name).is_some());
    if is_loopback(endpoint) && !has_credentials {
        // An engine on this machine, which checks no signature.
        return dynamodb::client(Access::local(endpoint), timeouts);
    }
    let config = aws_sdk_dynamodb::config::Builder::from(&own_access().await).endpoint_url(endpoint);
    dynamodb::client_with(config, timeouts)
}

/// The operator's own AWS access: the environment's, a profile's, or single sign-on's.
async fn own_access() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).http_client(http_client::for_aws()).load().await
}

fn is_loopback(endpoint: &str) -> bool {
    match Url::parse(endpoint).as_ref().map(Url::host) {
        Ok(Some(Host::Ipv4(address))) => address.is_loopback(),
        Ok(Some(Host::Ipv6(address))) => address.is_loopback(),
        Ok(Some(Host::Domain(name))) => name == "localhost",
        _ => false,
    }
}

impl Database {
    /// Ends the embedded engine in order.
    pub async fn close(self) {
        if let Some(engine) = self.engine {
            engine.stop(&self.data).await;
        }
    }
}
