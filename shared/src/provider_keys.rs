//! The operator's provider keys in AWS Secrets Manager: one secret, a JSON object whose names are the variables' (`RAPIDAPI_KEY`, …).
//!
//! A deployed function reads it at its start, and again when a provider refuses a key or its quota is used up: the operator may have
//! put in another one.

use std::collections::HashMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, IdentityCache, Region, StalledStreamProtectionConfig};
use secrecy::SecretString;

use crate::config::{ConfigError, provider_keys};
use crate::dynamodb::{ATTEMPTS, Access, Timeouts, causes, retries};
use crate::provider::Key;

/// The secret.
#[derive(Clone, Debug)]
pub struct KeySecret {
    client: Client,
    id: String,
}

/// The keys weren't read. For the log alone; nothing of the secret is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeysNotRead {
    /// Secrets Manager doesn't answer, or refuses.
    #[error("Secrets Manager: {0}")]
    NoAnswer(String),
    /// The secret isn't a JSON object of strings.
    #[error("the secret is not a JSON object whose values are strings, like {{\"RAPIDAPI_KEY\": \"…\"}}")]
    Form,
    /// A key makes no sense.
    #[error(transparent)]
    Key(#[from] ConfigError),
}

impl KeySecret {
    /// The secret of this name or ARN.
    #[must_use]
    pub fn new(access: &Access, endpoint: Option<String>, timeouts: Timeouts, id: String) -> Self {
        let timeouts =
            TimeoutConfig::builder().operation_attempt_timeout(timeouts.attempt).operation_timeout(timeouts.operation);
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(access.region.clone()))
            .credentials_provider(access.credentials.clone())
            .http_client(access.http.clone())
            // As for DynamoDB: the credentials are here already, and answers are read whole.
            .identity_cache(IdentityCache::no_cache())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(retries(ATTEMPTS))
            .timeout_config(timeouts.build());
        config.set_endpoint_url(endpoint);
        Self { client: Client::from_conf(config.build()), id }
    }

    /// The keys in it; names that mean nothing here are passed over.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn read(&self) -> Result<HashMap<Key, SecretString>, KeysNotRead> {
        let secret = self.client.get_secret_value().secret_id(&self.id).send().await;
        let secret = secret.map_err(|error| KeysNotRead::NoAnswer(causes(&error)))?;
        let text = secret.secret_string().unwrap_or_default();
        let variables: HashMap<String, String> = serde_json::from_str(text).map_err(|_| KeysNotRead::Form)?;
        Ok(provider_keys(|name| variables.get(name).cloned())?)
    }
}
