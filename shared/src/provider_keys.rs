//! The operator's provider keys outside the environment: one JSON object with the names of the
//! variables (`RAPIDAPI_KEY`, …), as a secret in AWS Secrets Manager for deployed functions, or as
//! a file for the local server.
//!
//! It is read at the start, and again if a provider refuses a key or its quota is used up, because
//! the operator may have replaced the key.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, IdentityCache, Region, StalledStreamProtectionConfig};
use secrecy::SecretString;
use strum::IntoEnumIterator;

use crate::config::{ConfigError, provider_keys};
use crate::dynamodb::{ATTEMPTS, Access, Timeouts, causes, retries};
use crate::provider::Key;

/// The source of the keys.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// In AWS Secrets Manager.
    Secret {
        /// The client that asks it.
        client: Client,
        /// The secret's name or ARN.
        id: String,
    },
    /// In this file.
    File(PathBuf),
}

/// The keys couldn't be read. The error is for the log, and contains nothing of the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager doesn't answer, or refuses.
    #[error("Secrets Manager: {0}")]
    NoAnswer(String),
    /// The file doesn't exist, or can't be read.
    #[error("{}: {error}", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It isn't a JSON object of strings.
    #[error(
        "{place} must be a JSON object with string values, like {{\"RAPIDAPI_KEY\": \"…\"}}; see line {line}, column {column}"
    )]
    Form {
        /// The secret, or the file.
        place: String,
        /// The line of the fault.
        line: usize,
        /// The column of the fault.
        column: usize,
    },
    /// A name in the file isn't a key's variable. A secret may have other names too.
    #[error("{}: the name {name} is unknown; known names are {known}", path.display(), known = key_names())]
    Name {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A key is invalid.
    #[error(transparent)]
    Key(#[from] ConfigError),
}

impl KeySource {
    /// The secret with this name or ARN.
    #[must_use]
    pub fn secret(access: &Access, endpoint: Option<String>, timeouts: Timeouts, id: String) -> Self {
        let timeouts =
            TimeoutConfig::builder().operation_attempt_timeout(timeouts.attempt).operation_timeout(timeouts.operation);
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(access.region.clone()))
            .credentials_provider(access.credentials.clone())
            .http_client(access.http.clone())
            // The credentials exist already, and complete answers are read, as for DynamoDB.
            .identity_cache(IdentityCache::no_cache())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(retries(ATTEMPTS))
            .timeout_config(timeouts.build());
        config.set_endpoint_url(endpoint);
        Self::Secret { client: Client::from_conf(config.build()), id }
    }

    /// Reads the keys; unknown names in a secret are ignored.
    ///
    /// # Errors
    /// If it can't be read.
    pub async fn read(&self) -> Result<HashMap<Key, SecretString>, SecretError> {
        let text = match self {
            Self::Secret { client, id } => {
                let secret = Box::pin(client.get_secret_value().secret_id(id).send()).await;
                let secret = secret.map_err(|error| SecretError::NoAnswer(causes(&error)))?;
                secret.secret_string.unwrap_or_default()
            }
            Self::File(path) => read_again(path).map_err(|error| SecretError::NoFile { path: path.clone(), error })?,
        };
        // Some editors begin a file with a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        let variables: HashMap<String, String> = serde_json::from_str(text).map_err(|error| SecretError::Form {
            place: self.to_string(),
            line: error.line(),
            column: error.column(),
        })?;
        if let Self::File(path) = self {
            let unknown = variables.keys().find(|name| Key::iter().all(|key| key.variable() != *name));
            if let Some(name) = unknown {
                // If a key was written as a name, the error doesn't show it.
                let is_shown = name.len() < 40 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
                let name = if is_shown { name.clone() } else { "of a member".to_owned() };
                return Err(SecretError::Name { path: path.clone(), name });
            }
        }
        Ok(provider_keys(|name| variables.get(name).cloned())?)
    }
}

/// Reads a file again; a pipe could be read only once.
fn read_again(path: &Path) -> std::io::Result<String> {
    if path.metadata()?.is_file() {
        std::fs::read_to_string(path)
    } else {
        Err(std::io::Error::other("this must be a regular file, because it is read again later"))
    }
}

fn key_names() -> String {
    Key::iter().map(Key::variable).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { .. } => f.write_str("the secret"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}
