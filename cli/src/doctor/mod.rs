//! `ct doctor` finds what is wrong, from the configuration to the last account, and says how to
//! repair it.

mod accounts;
mod clock;
mod providers;
mod report;
mod tables;

use std::path::PathBuf;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::ProvideCredentials;
use clap::Args;
use ct::engine::IfMissing;
use shared::account::Accounts;
use shared::clock::Clock;
use shared::config::Config;
use shared::dynamodb::causes;

use crate::database::{Database, Options as Place, configuration, own_access};
use crate::output::Output;
use crate::providers::setup::Setup;
use report::{Check, Report};

/// Options of `ct doctor`.
#[derive(Args)]
#[command(after_help = "The exit status is 1 if anything is wrong. Nothing is changed.

Examples:
  ct doctor
  ct doctor --settings settings.json
  ct --stack prod doctor --json")]
pub struct Options {
    /// A file with the providers' keys, as for `ct serve`; keys in the environment take precedence.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// Runs all checks and prints their findings.
pub async fn run(options: Options, place: &Place, output: &mut Output<'_>) -> anyhow::Result<()> {
    let mut report = Report::default();
    look(options, place, &mut report).await;
    output.show(&report)?;
    report.verdict()
}

/// Runs one check after the other. A check is skipped if an earlier finding makes it impossible.
async fn look(options: Options, place: &Place, report: &mut Report) {
    let config = match configuration() {
        Ok(config) => config,
        Err(error) => {
            let to_do = "set the variable as docs/configuration.md or docs/providers.md says, or remove it";
            return report.wrong(Check::Configuration, error.to_string(), to_do);
        }
    };
    report.fine(Check::Configuration, "every variable is valid");
    let mut setup = Setup::of(config.clone());
    let has_access = has_access(place, report).await;
    if has_access {
        providers::keys(options.settings, place, &mut setup, report).await;
    }
    providers::on(&setup, report);
    if has_access {
        Box::pin(stored(&config, place, report)).await;
    }
}

/// Whether AWS credentials exist, if the place of the data needs them.
async fn has_access(place: &Place, report: &mut Report) -> bool {
    match place.needs_credentials() {
        Ok(false) => {
            report.fine(Check::Credentials, "not needed: the data is on this machine");
            true
        }
        Ok(true) => credentials(report).await.is_some(),
        Err(error) => {
            report.wrong(
                Check::Database,
                format!("{error:#}"),
                "choose one of --data-dir, --stack and --dynamodb-endpoint",
            );
            false
        }
    }
}

async fn credentials(report: &mut Report) -> Option<SdkConfig> {
    const TO_DO: &str =
        "log in with `aws sso login`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    let sdk = match own_access().await {
        Ok(sdk) => sdk,
        Err(error) => {
            report.wrong(Check::Credentials, format!("{error:#}"), "set AWS_REGION to the tables' region");
            return None;
        }
    };
    let Some(provider) = sdk.credentials_provider() else {
        report.wrong(Check::Credentials, "AWS credentials are missing", TO_DO);
        return None;
    };
    match provider.provide_credentials().await {
        Ok(_) => report.fine(Check::Credentials, "AWS credentials exist"),
        Err(error) => {
            report.wrong(Check::Credentials, causes(&error), TO_DO);
            return None;
        }
    }
    Some(sdk)
}

/// Checks the database and the stored data.
async fn stored(config: &Config, place: &Place, report: &mut Report) {
    let opened = match place.keeps_nothing() {
        Ok(true) => Err(anyhow::anyhow!(":memory: keeps no data")),
        Ok(false) => Box::pin(place.open(config, IfMissing::Refuse)).await,
        Err(error) => Err(error),
    };
    let database: Database = match opened {
        Ok(database) => database,
        Err(error) => {
            let to_do = "choose the place of the data: --data-dir, --stack or --dynamodb-endpoint";
            return report.wrong(Check::Database, format!("{error:#}"), to_do);
        }
    };
    report.fine(Check::Database, "the database opens");
    let is_there = tables::look(&database, report).await;
    if is_there {
        let table = database.tables.accounts.clone();
        let accounts = Accounts::new(database.client.clone(), table, Clock::system(), config.accounts);
        accounts::look(&accounts, report).await;
    }
    database.close().await;
}
