//! `ct keys`.

use anyhow::{Context, ensure};
use clap::{ArgGroup, Args, Subcommand, value_parser};
use ct::engine::IfMissing;
use serde_json::json;
use shared::account::{AccountId, Accounts as Table, ApiKey, KeyLimits, Made, Mode, NewKey as Wish, OperatorError};
use shared::clock::Clock;
use shared::contract::{MAX_GRACE, USUAL_GRACE, key_name};

use super::arguments::{account_id, key_id_in, printable};
use super::key_changes::{OneKey, about, limit, open_account, rename, rotate, show_text};
use super::key_limits::{Edits, Limits};
use super::key_rows::KeyRows;
use super::{counted, open};
use crate::confirm::Confirmation;
use crate::database::Options;
use crate::output::{Done, Output};

/// `ct keys`.
#[derive(Subcommand)]
pub enum Keys {
    /// Create a key. It is shown only once.
    #[command(after_help = "Examples:
  ct keys create Acc0unt123 --rate-limit 120
  ct keys create Acc0unt123 --test
  ct keys create Acc0unt123 --name reports --platforms x --budget-per-day 2")]
    Create(NewKey),
    /// List an account's keys, revoked ones last.
    #[command(after_help = "Examples:
  ct keys list Acc0unt123
  ct keys list Acc0unt123 --json")]
    List {
        /// The account's id.
        #[arg(value_parser = account_id)]
        account: AccountId,
    },
    /// Rename a key.
    #[command(after_help = "Examples:
  ct keys rename Acc0unt123 0123456789abcdef \"weekly reports\"")]
    Rename {
        #[command(flatten)]
        which: OneKey,
        /// The new name, unique in the account: 1 to 60 characters.
        #[arg(value_parser = key_name)]
        name: String,
    },
    /// Change a key's limits. Other limits stay as they are.
    #[command(after_help = "A key with an end, endpoints, platforms or a budget can't manage keys.

Examples:
  ct keys limit Acc0unt123 0123456789abcdef --rate-limit 600
  ct keys limit Acc0unt123 0123456789abcdef --platforms tiktok,x --no-expiry
  ct keys limit Acc0unt123 0123456789abcdef --budget-per-day 2.5 --all-endpoints")]
    Limit {
        #[command(flatten)]
        which: OneKey,
        #[command(flatten)]
        edits: Edits,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Replace a key with a new one with the same name and limits. The new key is shown only once.
    #[command(after_help = "Examples:
  ct keys rotate Acc0unt123 0123456789abcdef
  ct keys rotate Acc0unt123 0123456789abcdef --grace-seconds 0 --yes")]
    Rotate {
        #[command(flatten)]
        which: OneKey,
        /// How long the old key still works: up to 7 days.
        #[arg(long, value_name = "N", default_value_t = USUAL_GRACE, value_parser = value_parser!(u64).range(0..=MAX_GRACE))]
        grace_seconds: u64,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Revoke a key, or all keys of an account, for good.
    #[command(after_help = "Examples:
  ct keys revoke 0123456789abcdef
  ct keys revoke --all Acc0unt123 --yes")]
    Revoke(Revoked),
}

/// The properties of a new key.
#[derive(Args)]
pub struct NewKey {
    /// The account's id.
    #[arg(value_parser = account_id)]
    account: AccountId,
    /// Create a test key, which gets made-up numbers from the sandbox for free.
    #[arg(long)]
    test: bool,
    /// Create a live key, which gets real numbers for money (the default).
    #[arg(long, conflicts_with = "test")]
    live: bool,
    /// Requests per minute.
    #[arg(long, default_value_t = 60, value_parser = value_parser!(u64).range(1..=1_000_000))]
    rate_limit: u64,
    /// The key's name, unique in the account: 1 to 60 characters.
    #[arg(long, value_parser = key_name)]
    name: Option<String>,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Args)]
#[command(group(ArgGroup::new("which").required(true).args(["key_id", "all"])))]
pub struct Revoked {
    /// The key's id: 16 hex digits, as `ct keys list` shows them; or the key itself.
    key_id: Option<String>,
    /// All keys of this account.
    #[arg(long, value_name = "ACCOUNT", value_parser = account_id)]
    all: Option<AccountId>,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Keys {
    /// Whether losing the command's output loses nothing else.
    pub const fn only_reads(&self) -> bool {
        match self {
            Self::List { .. } => true,
            Self::Create(_) | Self::Rename { .. } | Self::Limit { .. } | Self::Rotate { .. } | Self::Revoke(_) => false,
        }
    }

    pub async fn run(self, options: &Options, output: &mut Output<'_>) -> anyhow::Result<()> {
        let desk = open(options, IfMissing::Refuse).await?;
        let table = &desk.table;
        match self {
            Self::Create(key) => create(key, table, output).await?,
            Self::List { account } => {
                let shown = table.show(&account).await?;
                let details = table.key_details(&account).await?;
                output.show(&KeyRows::new(&shown, &details, Clock::system().now()))?;
            }
            Self::Rename { which, name } => rename(which, &name, table, output).await?,
            Self::Limit { which, edits, confirmation } => {
                limit(which, edits.into(), &confirmation, table, output).await?;
            }
            Self::Rotate { which, grace_seconds, confirmation } => {
                rotate(which, grace_seconds, &confirmation, table, output).await?;
            }
            Self::Revoke(Revoked { all: Some(account), confirmation, .. }) => {
                revoke_all(&account, &confirmation, table, output).await?;
            }
            Self::Revoke(Revoked { key_id, confirmation, .. }) => {
                // Not read by clap, because its messages repeat a wrong argument, which may be a
                // key.
                let id = key_id_in(&key_id.context("give a key's id, or --all ACCOUNT")?)?;
                revoke(&id, &confirmation, table, output).await?;
            }
        }
        desk.database.close().await;
        Ok(())
    }
}

async fn create(new: NewKey, table: &Table, output: &mut Output<'_>) -> anyhow::Result<()> {
    let NewKey { account, test, live: _, rate_limit, name, limits } = new;
    let (mode, limits) = (if test { Mode::Test } else { Mode::Live }, KeyLimits::from(limits));
    let Some(name) = name else {
        ensure!(limits.is_none(), "a key with limits needs a --name, so that a repeated command finds the key");
        let key = ApiKey::generate(mode, &account);
        table.add_key(&key, rate_limit).await?;
        return show_text(&key, "", json!({}), output);
    };
    open_account(&account, table).await?;
    match table.create_key(&account, &Wish { name, mode, rate_limit, limits }).await? {
        Made::Now(key, view) => show_text(&key, "", about(&account, *view), output),
        Made::Before(view) => {
            let sentence = format!(
                "id   {}\nThis key exists already with these limits, and can't be shown again: `ct keys rotate \
                 {account} {}` replaces it with a new one.",
                view.id, view.id
            );
            output.show(&Done::new(sentence, about(&account, *view)))
        }
    }
}

async fn revoke(
    key_id: &str,
    confirmation: &Confirmation,
    table: &Table,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    confirmation.ask(&format!("Revoke the key {key_id}, for good?"))?;
    let account = match table.revoke_key(key_id).await {
        // The item with the key's owner may be lost; then search the accounts for the key.
        Err(OperatorError::NoKey(_)) => {
            let holder = table.holder_of(key_id).await?.ok_or_else(|| OperatorError::NoKey(key_id.to_owned()))?;
            table.revoke_key_of(&holder, key_id).await?;
            holder
        }
        revoked => revoked?,
    };
    let sentence = format!("revoked {key_id} of account {account}");
    output.show(&Done::new(sentence, json!({ "account": account.as_str(), "revoked": [key_id] })))
}

async fn revoke_all(
    account: &AccountId,
    confirmation: &Confirmation,
    table: &Table,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    let shown = table.show(account).await?;
    let rows = KeyRows::new(&shown, &[], Clock::system().now());
    ensure!(rows.in_use() > 0, "the account {account} has no keys in use");
    let (keys, name) = (counted(rows.in_use(), "key"), printable(&shown.name));
    confirmation.ask(&format!("Revoke all {keys} of {account} ({name}), for good?"))?;
    let revoked = table.revoke_keys(account).await?;
    let sentence = format!("revoked {} of account {account}: {}", counted(revoked.len(), "key"), revoked.join(", "));
    output.show(&Done::new(sentence, json!({ "account": account.as_str(), "revoked": revoked })))
}
