//! `ct funds`.

use std::io::{self, Write};

use anyhow::Context;
use clap::{Args, Subcommand};
use ct::engine::IfMissing;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use shared::account::{AccountId, Accounts as Table, Funded, Movement, MovementKind};
use shared::money::{Change, MicroDollars};

use super::arguments::{account_id, change, payment, printable, short_text};
use super::{day, moment, open};
use crate::confirm::Confirmation;
use crate::database::Options;
use crate::output::{Done, Output, Shown, lines};
use crate::table::{self, figure, table};

/// `ct funds`.
#[derive(Subcommand)]
pub enum Funds {
    /// Credit a payment to an account, once per payment id.
    #[command(after_help = "Examples:
  ct funds add Acc0unt123 25 --payment-id invoice-1001")]
    Add {
        /// The account's id.
        #[arg(value_parser = account_id)]
        account: AccountId,
        /// The amount in US dollars, like 25 or 0.5.
        #[arg(value_parser = payment, allow_negative_numbers = true)]
        usd: MicroDollars,
        /// The payment's id at your payment provider.
        #[arg(long, value_parser = short_text)]
        payment_id: String,
    },
    /// List the payments, refunds and adjustments of an account, the oldest first.
    #[command(after_help = "Examples:
  ct funds list Acc0unt123
  ct funds list Acc0unt123 --json")]
    List {
        /// The account's id, also a deleted account's.
        #[arg(value_parser = account_id)]
        account: AccountId,
    },
    /// Enter a refund to a customer: takes it from the balance, and refuses more than the balance.
    #[command(after_help = "Examples:
  ct funds refund Acc0unt123 12.5 --reason \"cancelled\" --id refund-17
  ct funds refund Acc0unt123 12.5 --reason \"cancelled\" --yes")]
    Refund(Refund),
    /// Correct an account's funds: adds an amount, or takes it with a minus, but not more than the
    /// balance.
    #[command(after_help = "Examples:
  ct funds adjust Acc0unt123 -225 --reason \"invoice-1001 was 25, not 250\"
  ct funds adjust Acc0unt123 5 --reason \"goodwill\" --id goodwill-3")]
    Adjust(Adjustment),
}

#[derive(Args)]
pub struct Refund {
    /// The account's id.
    #[arg(value_parser = account_id)]
    account: AccountId,
    /// The amount in US dollars, like 25 or 0.5.
    #[arg(value_parser = payment, allow_negative_numbers = true)]
    usd: MicroDollars,
    #[command(flatten)]
    entry: NewEntry,
}

#[derive(Args)]
pub struct Adjustment {
    /// The account's id.
    #[arg(value_parser = account_id)]
    account: AccountId,
    /// The amount in US dollars, like 5, or -5 to take it.
    #[arg(value_parser = change, allow_negative_numbers = true)]
    usd: Change,
    #[command(flatten)]
    entry: NewEntry,
}

/// The arguments of both kinds of entry.
#[derive(Args)]
pub struct NewEntry {
    /// The reason, which `ct funds list` shows.
    #[arg(long, value_parser = short_text)]
    reason: String,
    /// The entry's id: a second entry with the same id changes nothing. Without it, a new id is
    /// printed.
    #[arg(long, value_parser = short_text)]
    id: Option<String>,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Funds {
    /// Whether losing the command's output loses nothing else.
    pub const fn only_reads(&self) -> bool {
        match self {
            Self::List { .. } => true,
            Self::Add { .. } | Self::Refund(_) | Self::Adjust(_) => false,
        }
    }

    pub async fn run(self, options: &Options, output: &mut Output<'_>) -> anyhow::Result<()> {
        let desk = open(options, IfMissing::Refuse).await?;
        let table = &desk.table;
        match self {
            Self::Add { account, usd, payment_id } => {
                let funded = table.fund(&account, usd, &payment_id).await?;
                let sentence = match funded {
                    Funded::Now => format!("credited {usd} to {account}"),
                    Funded::Before => format!("payment {payment_id} was credited before; nothing was changed"),
                };
                moved(&account, &payment_id, funded, sentence, table, output).await?;
            }
            Self::List { account } => list(&account, table, output).await?,
            Self::Refund(Refund { account, usd, entry }) => {
                let change = Change::minus(usd);
                enter(&account, MovementKind::Refund, change, entry, table, output).await?;
            }
            Self::Adjust(Adjustment { account, usd, entry }) => {
                enter(&account, MovementKind::Adjustment, usd, entry, table, output).await?;
            }
        }
        desk.database.close().await;
        Ok(())
    }
}

async fn enter(
    account: &AccountId,
    kind: MovementKind,
    change: Change,
    entry: NewEntry,
    table: &Table,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    let NewEntry { reason, id, confirmation } = entry;
    if change.lowers() {
        let shown = table.show(account).await?;
        let (balance, name) = (shown.balance, printable(&shown.name));
        confirmation.ask(&format!("Take {} from the balance of {balance} of {account} ({name})?", change.amount()))?;
    }
    let id = id.unwrap_or_else(shared::account::new_entry_id);
    let entered = match kind {
        MovementKind::Refund => table.refund(account, change.amount(), &id, &reason).await,
        MovementKind::Payment | MovementKind::Adjustment => table.adjust(account, change, &id, &reason).await,
    };
    let repeat = || format!("entry {id} (if you don't know whether it was entered, run this again with --id {id})");
    let entered = match entered {
        Err(error @ shared::account::OperatorError::Storage(_)) => return Err(error).with_context(repeat),
        entered => entered?,
    };
    let sentence = match entered {
        Funded::Now => format!("entered {kind} {id}: {change} for {account}"),
        Funded::Before => format!("{kind} {id} was entered before; nothing was changed"),
    };
    moved(account, &id, entered, sentence, table, output).await
}

/// Prints the result and the balance after it.
async fn moved(
    account: &AccountId,
    id: &str,
    funded: Funded,
    sentence: String,
    table: &Table,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    // A payment to a deleted account may be repeated; then there is no balance.
    let shown = table.show(account).await.ok();
    let balance = shown.map(|account| account.balance.to_string());
    let after = balance.as_ref().map(|balance| format!("\nbalance  {balance}")).unwrap_or_default();
    let is_new = funded == Funded::Now;
    let row = json!({ "account": account.as_str(), "id": id, "is_new": is_new, "balance": balance });
    output.show(&Done::new(sentence + &after, row))
}

#[derive(Serialize)]
struct Row {
    id: String,
    kind: MovementKind,
    usd: String,
    at: Option<Timestamp>,
    reason: Option<String>,
}

struct Rows {
    rows: Vec<Row>,
    funds: Change,
}

async fn list(account: &AccountId, table: &Table, output: &mut Output<'_>) -> anyhow::Result<()> {
    let movements = table.movements(account).await?;
    if movements.is_empty() {
        // Fails if the account doesn't exist.
        table.show(account).await?;
    }
    let funds = Change(movements.iter().map(|movement| movement.change.0).sum());
    output.show(&Rows { rows: movements.into_iter().map(row).collect(), funds })
}

fn row(movement: Movement) -> Row {
    let Movement { id, account: _, kind, change, reason, at } = movement;
    Row { id, kind, usd: change.to_string(), at: moment(Some(at)), reason }
}

impl Shown for Rows {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = table(0);
        table.set_header(["DAY", "KIND", "USD", "ID", "REASON"]);
        for row in &self.rows {
            table.add_row([
                day(row.at.map(Timestamp::as_second)).into(),
                <&str>::from(row.kind).into(),
                figure(&row.usd),
                printable(&row.id).into(),
                row.reason.as_deref().map(printable).unwrap_or_default().into(),
            ]);
        }
        table.add_row(["".into(), "funds".into(), figure(self.funds.amount())]);
        table::print(&mut table, 0, out)
    }

    fn json(&self) -> serde_json::Result<Vec<String>> {
        lines(&self.rows)
    }
}
