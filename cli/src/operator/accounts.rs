//! `ct accounts`.

use std::io::{self, Write, stderr};

use anyhow::Context;
use clap::{Args, Subcommand};
use ct::engine::{Engine, IfMissing};
use serde::Serialize;
use serde_json::{Value, json};
use shared::account::{Account, AccountId, Accounts as Table, Export};
use shared::clock::Clock;
use shared::money::MicroDollars;

use super::account_rows::{FoundRows, Rows};
use super::arguments::{account_id, printable, short_text};
use super::key_rows::KeyRows;
use super::{Desk, counted, day, moment, open};
use crate::confirm::Confirmation;
use crate::database::Options;
use crate::output::{Done, Output, Shown, lines};
use crate::table::facts;

/// `ct accounts`.
#[derive(Subcommand)]
pub enum Accounts {
    /// Create an account for a customer.
    #[command(after_help = "Examples:
  ct accounts create \"Some One\"
  ct --stack prod accounts create \"Some One\" --json")]
    Create {
        /// The customer's name, which only operators see.
        #[arg(value_parser = short_text)]
        name: String,
    },
    /// List all accounts, by name.
    #[command(after_help = "Examples:
  ct accounts list
  ct --stack prod accounts list --json")]
    List,
    /// Find accounts by a part of the name, or of the id of an account, a key or a payment.
    #[command(after_help = "Examples:
  ct accounts find \"some one\"
  ct accounts find invoice-1001
  ct accounts find 0123456789abcdef")]
    Find {
        /// A part of the name or of an id, or a whole key.
        #[arg(value_parser = short_text)]
        text: String,
    },
    /// Show an account: money, keys, requests in flight, free failures.
    #[command(after_help = "Examples:
  ct accounts show Acc0unt123
  ct accounts show Acc0unt123 --json")]
    Show(One),
    /// Reset an account's count of free failures to 0, as at the beginning of a day.
    #[command(after_help = "Examples:
  ct accounts reset-failures Acc0unt123")]
    ResetFailures(One),
    /// Close an account: revoke its keys for good, and accept no new keys and no money.
    #[command(
        after_help = "Requests in flight end normally, and the balance stays until you pay it back. `ct accounts \
                      reopen` opens the account again, without keys.

Examples:
  ct accounts close Acc0unt123
  ct accounts close Acc0unt123 --yes"
    )]
    Close(Ending),
    /// Open a closed account again, without keys.
    #[command(after_help = "Examples:
  ct accounts reopen Acc0unt123")]
    Reopen(One),
    /// Print everything that is stored about a customer, as JSON.
    #[command(after_help = "The output contains no key and no hash.

Examples:
  ct accounts export Acc0unt123 > customer.json")]
    Export(One),
    /// Delete a closed account without money, and everything that is stored about the customer.
    #[command(
        after_help = "Payments, refunds and adjustments stay, without reasons, so that none can be entered twice. \
                      This can't be undone.

Examples:
  ct accounts delete Acc0unt123
  ct accounts delete Acc0unt123 --yes"
    )]
    Delete(Ending),
}

#[derive(Args)]
pub struct One {
    /// The account's id.
    #[arg(value_parser = account_id)]
    account: AccountId,
}

/// An account to close or delete.
#[derive(Args)]
pub struct Ending {
    /// The account's id.
    #[arg(value_parser = account_id)]
    account: AccountId,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Accounts {
    /// Whether losing the command's output loses nothing else.
    pub const fn only_reads(&self) -> bool {
        match self {
            Self::List | Self::Find { .. } | Self::Show(_) | Self::Export(_) => true,
            Self::Create { .. } | Self::ResetFailures(_) | Self::Close(_) | Self::Reopen(_) | Self::Delete(_) => false,
        }
    }

    pub async fn run(self, options: &Options, output: &mut Output<'_>) -> anyhow::Result<()> {
        let missing = if matches!(self, Self::Create { .. }) { IfMissing::Make } else { IfMissing::Refuse };
        let desk = open(options, missing).await?;
        let table = &desk.table;
        match self {
            Self::Create { name } => create(&name, options, &desk, output).await?,
            Self::List => output.show(&Rows(table.list().await?))?,
            Self::Find { text } => output.show(&FoundRows(table.find(&text).await?))?,
            Self::Show(One { account }) => show(account, &desk, output).await?,
            Self::ResetFailures(One { account }) => {
                table.reset_failures(&account).await?;
                let sentence = format!("the free failures of {account} are reset to 0");
                output.show(&Done::new(sentence, json!({ "account": account.as_str() })))?;
            }
            Self::Close(ending) => close(ending, table, output).await?,
            Self::Reopen(One { account }) => {
                table.reopen(&account).await?;
                let sentence =
                    format!("{account} is open again, without keys; create a key with `ct keys create {account}`");
                output.show(&Done::new(sentence, json!({ "account": account.as_str() })))?;
            }
            Self::Export(One { account }) => output.show(&Copy(table.export(&account).await?))?,
            Self::Delete(ending) => delete(ending, table, output).await?,
        }
        desk.database.close().await;
        Ok(())
    }
}

async fn create(name: &str, options: &Options, desk: &Desk, output: &mut Output<'_>) -> anyhow::Result<()> {
    let id = AccountId::random();
    anyhow::ensure!(desk.table.create(&id, name).await?, "the new id {id} exists already; run this again");
    if desk.database.engine.as_ref().is_some_and(Engine::is_new) {
        let _ = writeln!(stderr(), "created the data in {}", options.folder());
    }
    let shown = output.show(&Done::new(format!("account  {id}"), json!({ "account": id.as_str() })));
    shown.with_context(|| format!("the account {id} was created, but its id can't be printed"))
}

async fn close(ending: Ending, table: &Table, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Ending { account, confirmation } = ending;
    let shown = table.show(&account).await?;
    let (name, keys) =
        (printable(&shown.name), counted(KeyRows::new(&shown, &[], Clock::system().now()).in_use(), "key"));
    confirmation.ask(&format!("Close the account {account} ({name}), and revoke its {keys} for good?"))?;
    let revoked = table.close(&account).await?;
    let left = table.show(&account).await?;
    let keys = counted(revoked.len(), "key");
    let advice = (left.balance > MicroDollars::ZERO).then(|| {
        format!(
            "\npay the balance back, then enter the refund with `ct funds refund {account} {} --reason closed`",
            left.balance
        )
    });
    let sentence = format!(
        "closed {account}, and revoked {keys}\nbalance  {}\nheld     {}{}",
        left.balance,
        left.held(),
        advice.unwrap_or_default()
    );
    let (balance, held) = (left.balance.to_string(), left.held().to_string());
    let row = json!({ "account": account.as_str(), "revoked": revoked, "balance": balance, "held": held });
    output.show(&Done::new(sentence, row))
}

async fn delete(ending: Ending, table: &Table, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Ending { account, confirmation } = ending;
    // An account whose deletion was interrupted may have no name any more.
    let name = table.show(&account).await.map(|shown| format!(" ({})", printable(&shown.name))).unwrap_or_default();
    confirmation.ask(&format!("Delete the account {account}{name} with all its data, for good?"))?;
    let deleted = table.delete(&account).await?;
    let items = counted(deleted.items, "other item");
    let sentence = match (deleted.was_there, deleted.items) {
        (true, _) => format!("deleted {account}, and {items}; payments stay, without the name"),
        (false, 0) => format!("{account} was deleted before; no data was left"),
        (false, _) => format!("{account} was deleted before; deleted the remaining data: {items}"),
    };
    let row = json!({ "account": account.as_str(), "was_there": deleted.was_there, "other_items": deleted.items });
    output.show(&Done::new(sentence, row))
}

/// The output of `ct accounts show`.
struct Sheet {
    id: AccountId,
    account: Account,
    failures: (u64, u64),
    keys: KeyRows,
}

async fn show(id: AccountId, desk: &Desk, output: &mut Output<'_>) -> anyhow::Result<()> {
    let account = desk.table.show(&id).await?;
    let now = Clock::system().now();
    let failures = desk.limits.free_failures(&account, now);
    let keys = KeyRows::new(&account, &desk.table.key_details(&id).await?, now);
    output.show(&Sheet { id, account, failures: (failures, desk.limits.free_failures_per_day), keys })
}

impl Shown for Sheet {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { id, account, failures: (failures, allowed), keys } = self;
        let state = match (account.closed_at, account.created_at) {
            (Some(_), _) => format!("closed {}", day(account.closed_at)),
            (None, Some(_)) => format!("open since {}", day(account.created_at)),
            (None, None) => "open".to_owned(),
        };
        let held = format!("{}  ({} in flight)", account.held(), counted(account.holds.len(), "request"));
        facts(
            &[
                ("account", format!("{id}  {}", printable(&account.name))),
                ("state", state),
                ("funds", account.funds.to_string()),
                ("balance", account.balance.to_string()),
                ("held", held),
                ("spent", account.spent.to_string()),
                ("failures", format!("{failures} of {allowed} free ones a day")),
            ],
            out,
        )?;
        writeln!(out)?;
        keys.text(out)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        let Self { id, account, failures: (failures, allowed), keys } = self;
        let mut row: Value = super::account_rows::about(id, account);
        row["requests_in_flight"] = account.holds.len().into();
        row["free_failures"] = json!({ "used": failures, "per_day": allowed });
        row["keys"] = serde_json::to_value(keys)?;
        row["created_at"] = serde_json::to_value(moment(account.created_at))?;
        row["closed_at"] = serde_json::to_value(moment(account.closed_at))?;
        lines([row])
    }
}

/// The output of `ct accounts export`.
#[derive(Serialize)]
#[serde(transparent)]
struct Copy(Export);

impl Shown for Copy {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", serde_json::to_string_pretty(self)?)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines([self])
    }
}
