//! The DynamoDB that a command works on: the embedded one, a running server's, or any other.

use anyhow::{bail, ensure};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use ct::engine::{Data, Engine, Found, IfMissing};
use shared::config::{Config, ConfigError};
use shared::dynamodb::{self, Access, Tables, Timeouts, aws_endpoint, create_tables};
use shared::http_client;
use url::{Host, Url};

use crate::stack;

/// Defaults that differ from Lambda's, unless the environment sets them. The keyless providers are
/// on. DynamoDB's timeouts are longer, because the embedded engine handles one request at a time.
const LOCAL_DEFAULTS: [(&str, &str); 3] =
    [("KEYLESS_PROVIDERS", "on"), ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "4000"), ("DYNAMODB_TIMEOUT_MS", "12000")];
/// The heading of the options that every command takes.
pub const GLOBAL: &str = "Global options";
/// The default folder of the embedded DynamoDB.
const DATA_DIR: &str = ".ct";

/// Reads the environment's variables; a missing variable has its local default.
pub fn configuration() -> Result<Config, ConfigError> {
    configuration_behind(|_| None)
}

/// Like [`configuration`], but the variables of `first` win.
pub fn configuration_behind(first: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let default =
        |name: &str| LOCAL_DEFAULTS.iter().find(|(local, _)| *local == name).map(|(_, value)| (*value).to_owned());
    Config::read(|name| first(name).or_else(|| set(name)).or_else(|| default(name)))
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

#[derive(Args)]
pub struct Options {
    /// The folder of the embedded DynamoDB, or :memory: to keep nothing [default: .ct]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FOLDER", value_parser = NonEmptyStringValueParser::new())]
    pub data_dir: Option<String>,
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "URL", value_parser = NonEmptyStringValueParser::new(),
          help = "Another DynamoDB instead, with the AWS credentials of the environment \
                  [env: AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL]")]
    pub dynamodb_endpoint: Option<String>,
    /// A deployed stack, whose tables and providers' keys are used with your own AWS credentials.
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub stack: Option<String>,
}

enum Place<'a> {
    Stack { name: &'a str, endpoint: Option<&'a str> },
    Endpoint(String),
    Embedded(Data),
}

/// A DynamoDB with its tables. On this machine, a command that writes data creates the tables.
pub struct Database {
    pub client: Client,
    pub tables: Tables,
    /// `Some` if this process runs the embedded engine.
    pub engine: Option<Engine>,
    /// The embedded engine's folder belongs to a running server.
    pub is_anothers: bool,
}

impl Options {
    /// The folder in the options, or the default one.
    pub fn folder(&self) -> &str {
        self.data_dir.as_deref().unwrap_or(DATA_DIR)
    }

    /// The options that make another command work on the same data; a space precedes each.
    pub fn repeated(&self) -> String {
        let options = [
            ("--data-dir", &self.data_dir),
            ("--dynamodb-endpoint", &self.dynamodb_endpoint),
            ("--stack", &self.stack),
        ];
        let given = options.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        given.flat_map(|(name, value)| [format!(" {name}="), for_a_shell(value)]).collect()
    }

    /// Whether the data is only in memory, and is lost when the command ends.
    pub fn keeps_nothing(&self) -> anyhow::Result<bool> {
        Ok(matches!(self.place()?, Place::Embedded(Data::Memory)))
    }

    /// Whether the database needs AWS credentials.
    pub fn needs_credentials(&self) -> anyhow::Result<bool> {
        Ok(match self.place()? {
            Place::Stack { .. } => true,
            Place::Endpoint(endpoint) => !is_unsigned(&endpoint),
            Place::Embedded(_) => false,
        })
    }

    fn place(&self) -> anyhow::Result<Place<'_>> {
        let Self { data_dir, dynamodb_endpoint, stack } = self;
        ensure!(
            data_dir.is_none() || (dynamodb_endpoint.is_none() && stack.is_none()),
            "--data-dir is for data on this machine; leave it out with --stack or --dynamodb-endpoint"
        );
        if let Some(name) = stack {
            return Ok(Place::Stack { name, endpoint: dynamodb_endpoint.as_deref() });
        }
        // The command line wins over the environment.
        let endpoint = match (dynamodb_endpoint, data_dir) {
            (Some(endpoint), _) => Some(endpoint.clone()),
            (None, Some(_)) => None,
            (None, None) => aws_endpoint(set, "AWS_ENDPOINT_URL_DYNAMODB"),
        };
        match endpoint {
            Some(endpoint) if Url::parse(&endpoint).is_ok_and(|url| url.has_host()) => Ok(Place::Endpoint(endpoint)),
            Some(endpoint) => {
                bail!("{endpoint:?} isn't the address of a DynamoDB; write it like http://127.0.0.1:8000")
            }
            None => Ok(Place::Embedded(Data::from(self.folder()))),
        }
    }

    /// Opens the database that the options name. If it is on this machine and has no data,
    /// `missing` decides.
    pub async fn open(&self, config: &Config, missing: IfMissing) -> anyhow::Result<Database> {
        let tables = config.tables.clone();
        let (client, engine, is_anothers) = match self.place()? {
            Place::Stack { name, endpoint } => {
                let sdk = own_access().await?;
                let tables = stack::tables(&sdk, name).await?;
                let mut of_dynamodb = Builder::from(&sdk);
                if let Some(endpoint) = endpoint {
                    of_dynamodb = of_dynamodb.endpoint_url(endpoint);
                }
                let client = dynamodb::client_with(of_dynamodb, config.dynamodb);
                return Ok(Database { client, tables, engine: None, is_anothers: false });
            }
            Place::Endpoint(endpoint) => {
                let client = remote(&endpoint, config.dynamodb).await?;
                // Tables elsewhere are made by template.yaml, with backups and protection.
                if !is_loopback(&endpoint) {
                    return Ok(Database { client, tables, engine: None, is_anothers: false });
                }
                (client, None, false)
            }
            Place::Embedded(data) => match Engine::find(&data, missing).await? {
                Found::Ours(engine) => (embedded(engine.protocol().http_client(), config), Some(engine), false),
                Found::Running(http) => (embedded(http, config), None, true),
            },
        };
        if missing == IfMissing::Make {
            create_tables(&client, &tables).await?;
        }
        Ok(Database { client, tables, engine, is_anothers })
    }
}

/// Quotes an argument for a POSIX shell, if it needs quotes.
pub fn for_a_shell(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,@+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn embedded(http: aws_sdk_dynamodb::config::SharedHttpClient, config: &Config) -> Client {
    dynamodb::client(Access::embedded(http), config.dynamodb)
}

async fn remote(endpoint: &str, timeouts: Timeouts) -> anyhow::Result<Client> {
    if is_unsigned(endpoint) {
        return Ok(dynamodb::client(Access::local(endpoint), timeouts));
    }
    let config = Builder::from(&own_access().await?).endpoint_url(endpoint);
    Ok(dynamodb::client_with(config, timeouts))
}

/// Whether the endpoint is an engine on this machine, which checks no signature.
fn is_unsigned(endpoint: &str) -> bool {
    let has_credentials = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"].iter().any(|name| std::env::var_os(name).is_some());
    is_loopback(endpoint) && !has_credentials
}

/// The operator's AWS access: from the environment, a profile, or single sign-on.
pub async fn own_access() -> anyhow::Result<SdkConfig> {
    let access = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client::for_aws()).load().await;
    let has_region = access.region().is_some_and(|region| !region.as_ref().trim().is_empty());
    ensure!(has_region, "no AWS region: set AWS_REGION, or a region in your AWS profile");
    Ok(access)
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
    /// Stops the embedded engine, if this process runs it.
    pub async fn close(self) {
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}
