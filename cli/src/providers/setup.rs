//! The providers' settings as the server has them, and where each key is from.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::Serialize;
use shared::config::Config;
use shared::provider::{Entry, Key};
use shared::provider_keys::KeySource;

use crate::database::{self, own_access};
use crate::stack;

/// The providers' settings, and where each key is from.
pub struct Setup {
    pub config: Config,
    sources: HashMap<Key, Source>,
}

/// The source of a key; displayed in plain words.
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

/// Reads the keys of the environment, and behind them those of the settings file or of a deployed
/// stack.
pub async fn read(settings: Option<PathBuf>, database: &database::Options) -> anyhow::Result<Setup> {
    let mut setup = Setup::of(database::configuration()?);
    setup.read_keys(settings, database).await?;
    Ok(setup)
}

impl Setup {
    /// The settings in the environment.
    pub fn of(config: Config) -> Self {
        let sources = config.providers.keys.keys().map(|key| (*key, Source::Environment)).collect();
        Self { config, sources }
    }

    /// Takes the keys of the settings file, or of the stack's secret.
    pub async fn read_keys(&mut self, settings: Option<PathBuf>, database: &database::Options) -> anyhow::Result<()> {
        ensure!(
            settings.is_none() || database.stack.is_none(),
            "--settings names a file, and --stack a deployed stack with a secret; leave one of them out"
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

    /// Takes keys that the environment doesn't have: it wins in the server too.
    fn add(&mut self, keys: HashMap<Key, secrecy::SecretString>, source: Source) {
        for (key, secret) in keys {
            self.config.providers.keys.entry(key).or_insert_with(|| {
                self.sources.insert(key, source);
                secret
            });
        }
    }

    /// Whether this provider is on.
    pub fn is_on(&self, entry: &Entry) -> bool {
        self.config.providers.headers(entry).is_some()
    }

    /// The source of its key, if it has one.
    pub fn source(&self, entry: &Entry) -> Option<Source> {
        self.sources.get(&entry.key?).copied()
    }
}
