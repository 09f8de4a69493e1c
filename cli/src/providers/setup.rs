//! The providers' settings as the server reads them, and the source of each key.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::Serialize;
use shared::config::Config;
use shared::provider::{Entry, Key};
use shared::provider_keys::KeySource;

use crate::database::{self, own_access};
use crate::stack;

pub struct Setup {
    pub config: Config,
    sources: HashMap<Key, Source>,
}

/// The source of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A variable of the environment.
    #[strum(to_string = "from the environment")]
    Environment,
    /// The file that `--settings` names.
    #[strum(to_string = "from the settings file")]
    SettingsFile,
    /// The secret of the stack that `--stack` names.
    #[strum(to_string = "from the stack's secret")]
    Secret,
}

/// Reads the keys of the environment, and the missing ones from the settings file or the deployed
/// stack.
pub async fn read(settings: Option<PathBuf>, database: &database::Options) -> anyhow::Result<Setup> {
    let mut setup = Setup::of(database::configuration()?);
    setup.read_keys(settings, database).await?;
    Ok(setup)
}

impl Setup {
    pub fn of(config: Config) -> Self {
        let sources = config.providers.keys.keys().map(|key| (*key, Source::Environment)).collect();
        Self { config, sources }
    }

    /// Adds the keys of the settings file or of the stack's secret.
    pub async fn read_keys(&mut self, settings: Option<PathBuf>, database: &database::Options) -> anyhow::Result<()> {
        ensure!(
            settings.is_none() || database.stack.is_none(),
            "--settings and --stack both have keys; use only one of them"
        );
        if let Some(file) = settings {
            let keys = KeySource::File(file).read().await.context("--settings")?;
            self.add(keys, Source::SettingsFile);
        }
        if let Some(stack) = &database.stack {
            let sdk = own_access().await?;
            let id = stack::provider_keys_secret(&sdk, stack).await?;
            let secret = KeySource::Secret { client: aws_sdk_secretsmanager::Client::new(&sdk), id };
            let keys = secret.read().await.with_context(|| format!("the keys of the stack {stack}"))?;
            self.add(keys, Source::Secret);
        }
        Ok(())
    }

    /// Adds keys that the environment doesn't have: as in the server, the environment takes
    /// precedence.
    fn add(&mut self, keys: HashMap<Key, secrecy::SecretString>, source: Source) {
        for (key, secret) in keys {
            self.config.providers.keys.entry(key).or_insert_with(|| {
                self.sources.insert(key, source);
                secret
            });
        }
    }

    pub fn is_on(&self, entry: &Entry) -> bool {
        self.config.providers.headers(entry).is_some()
    }

    /// The source of the provider's key; None if it has no key.
    pub fn source(&self, entry: &Entry) -> Option<Source> {
        self.sources.get(&entry.key?).copied()
    }
}
