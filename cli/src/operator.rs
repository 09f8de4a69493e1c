//! The operator's commands: accounts, keys, funds.

use std::io::Write;
use std::ops::RangeInclusive;

use anyhow::Context;
use clap::{Args, Subcommand, value_parser};
use ct::engine::{Engine, Missing};
use shared::account::{
    Account, AccountId, Accounts as Table, ApiKey, Funded, KeyDetails, Limits, Mode, NotAnAccountId,
};
use shared::clock::Clock;
use shared::money::MicroDollars;

use crate::database::{Database, Options, configuration};

/// A payment beyond this is a slip of the finger: $1,000,000.
const MAX_PAYMENT: MicroDollars = MicroDollars(1_000_000_000_000);

/// `ct accounts`.
#[derive(Subcommand)]
pub enum Accounts {
    /// Open an account for a customer.
    Create {
        /// The customer's name, for you.
        #[arg(value_parser = short_text)]
        name: String,
    },
    /// Show an account: money, keys, requests in flight, free failures.
    Show {
        /// The account's id.
        #[arg(value_parser = account_id)]
        account: AccountId,
    },
    /// Forget an account's free failures, so that it may fail again as often as on a new day.
    ResetFailures {
        /// The account's id.
        #[arg(value_parser = account_id)]
        account: AccountId,
    },
}

/// `ct keys`.
#[derive(Subcommand)]
pub enum Keys {
    /// Make a key. It is shown once.
    Create(NewKey),
    /// Revoke a key, for good.
    Revoke {
        /// The key's id: 16 hex digits, as `ct accounts show` lists them; or the key itself.
        key_id: String,
    },
}

/// What a new key is like.
#[derive(Args)]
pub struct NewKey {
    /// The account's id.
    #[arg(value_parser = account_id)]
    account: AccountId,
    /// A key to the sandbox: free, with made-up numbers.
    #[arg(long)]
    test: bool,
    /// A key to the providers' numbers, which cost money (the default).
    #[arg(long, conflicts_with = "test")]
    live: bool,
    /// Requests per minute.
    #[arg(long, default_value_t = 60, value_parser = value_parser!(u64).range(1..=1_000_000))]
    rate_limit: u64,
}

/// `ct funds`.
#[derive(Subcommand)]
pub enum Funds {
    /// Credit a payment to an account, once, however often this is run.
    Add {
        /// The account's id.
        #[arg(value_parser = account_id)]
        account: AccountId,
        /// The amount in US dollars, like 25 or 0.5.
        #[arg(value_parser = payment, allow_negative_numbers = true)]
        usd: MicroDollars,
        /// The payment's id where it was made.
        #[arg(long, value_parser = short_text)]
        payment_id: String,
    },
}

impl Accounts {
    /// Runs the command.
    pub async fn run(self, options: &Options, out: &mut impl Write) -> anyhow::Result<()> {
        let missing = if matches!(self, Self::Create { .. }) { Missing::Make } else { Missing::Refuse };
        let (table, database, limits) = open(options, missing).await?;
        match self {
            Self::Create { name } => {
                let id = AccountId::random();
                anyhow::ensure!(table.create(&id, &name).await?, "the new id {id} is taken; run this again");
                if database.engine.as_ref().is_some_and(Engine::is_new) {
                    let _ = writeln!(std::io::stderr(), "there was no data in {}: made some", options.folder());
                }
                let shown = writeln!(out, "account  {id}");
                shown.with_context(|| format!("the account {id} was made, but its id can't be printed"))?;
            }
            Self::Show { account } => {
                let shown = table.show(&account).await?;
                let failures = (limits.free_failures(&shown, Clock::system().now()), limits.free_failures_per_day);
                show(out, &account, &shown, failures, &table.key_details(&account).await?)?;
            }
            Self::ResetFailures { account } => {
                table.reset_failures(&account).await?;
                writeln!(out, "the free failures of {account} are forgotten")?;
            }
        }
        database.close().await;
        Ok(())
    }
}

impl Keys {
    /// Runs the command.
    pub async fn run(self, options: &Options, out: &mut impl Write) -> anyhow::Result<()> {
        let (table, database, _) = open(options, Missing::Refuse).await?;
        match self {
            Self::Create(NewKey { account, test, live: _, rate_limit }) => {
                let key = ApiKey::generate(if test { Mode::Test } else { Mode::Live }, &account);
                table.add_key(&key, rate_limit).await?;
                let (text, id) = (key.reveal(), key.id());
                let shown = writeln!(
                    out,
                    "key  {text}\nid   {id}\nKeep the key now: it is not stored and can't be shown again."
                );
                shown.with_context(|| format!("the key was made, but can't be printed; revoke it: {id}"))?;
            }
            Self::Revoke { key_id } => {
                let key_id = read_key_id(&key_id)?;
                let account = table.revoke_key(&key_id).await?;
                writeln!(out, "revoked {key_id} of account {account}")?;
            }
        }
        database.close().await;
        Ok(())
    }
}

impl Funds {
    /// Runs the command.
    pub async fn run(self, options: &Options, out: &mut impl Write) -> anyhow::Result<()> {
        let (table, database, _) = open(options, Missing::Refuse).await?;
        let Self::Add { account, usd, payment_id } = self;
        match table.fund(&account, usd, &payment_id).await? {
            Funded::Now => writeln!(out, "credited {usd} to {account}")?,
            Funded::Before => writeln!(out, "payment {payment_id} was credited before; nothing was changed")?,
        }
        writeln!(out, "balance  {}", table.show(&account).await?.balance)?;
        database.close().await;
        Ok(())
    }
}

async fn open(options: &Options, missing: Missing) -> anyhow::Result<(Table, Database, Limits)> {
    anyhow::ensure!(
        !options.keeps_nothing()?,
        "nothing outlives this command in :memory:; name a --data-dir, a --stack or a --dynamodb-endpoint"
    );
    let config = configuration()?;
    let database = options.open(&config, missing).await?;
    let table = Table::new(database.client.clone(), database.tables.accounts.clone(), Clock::system(), config.accounts);
    Ok((table, database, config.accounts))
}

fn show(
    out: &mut impl Write,
    id: &AccountId,
    account: &Account,
    (failures, allowed): (u64, u64),
    details: &[KeyDetails],
) -> std::io::Result<()> {
    // Earlier versions took any name.
    writeln!(out, "account  {id}  {}", account.name.replace(is_invisible, "\u{fffd}"))?;
    writeln!(out, "funds    {}", account.funds)?;
    writeln!(out, "balance  {}", account.balance)?;
    writeln!(out, "held     {}  ({} requests in flight)", account.held(), account.holds.len())?;
    writeln!(out, "spent    {}", account.spent)?;
    writeln!(out, "failures {failures} of {allowed} free ones a day")?;
    for (key_id, key) in &account.keys {
        let state = if key.revoked_at.is_some() { "revoked" } else { "active" };
        let last4 = details.iter().find(|details| details.id == *key_id).and_then(|details| details.last4.as_deref());
        let last4 = last4.map(|last4| format!("  …{last4}")).unwrap_or_default();
        writeln!(out, "key      {key_id}  {}  {}/min  {state}{last4}", key.mode, key.rate_limit)?;
    }
    for key in details.iter().filter(|key| key.revoked_at.is_some() && !account.keys.contains_key(&key.id)) {
        writeln!(out, "key      {}  {}  revoked", key.id, key.mode.as_deref().unwrap_or("of unknown mode"))?;
    }
    Ok(())
}

fn account_id(text: &str) -> Result<AccountId, NotAnAccountId> {
    text.trim().parse()
}

/// Pasted whole, a key is not shown again.
fn read_key_id(text: &str) -> anyhow::Result<String> {
    let text = text.trim();
    if let Ok(key) = ApiKey::parse(text) {
        return Ok(key.id());
    }
    let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    anyhow::ensure!(is_id, "a key's id is 16 hex digits, as `ct accounts show` lists them");
    Ok(text.to_ascii_lowercase())
}

/// What shows nothing, or turns what follows around: soft hyphens, marks of width and direction, and separators of lines.
const INVISIBLE: [RangeInclusive<char>; 6] = [
    '\u{ad}'..='\u{ad}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{2069}',
    '\u{feff}'..='\u{feff}',
];

fn is_invisible(letter: char) -> bool {
    letter.is_control() || INVISIBLE.iter().any(|range| range.contains(&letter))
}

fn short_text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains(is_invisible) {
        return Err("letters, digits and signs, without line breaks, control characters and invisible ones".to_owned());
    }
    if (1..=200).contains(&text.chars().count()) { Ok(text.to_owned()) } else { Err("1 to 200 characters".to_owned()) }
}

fn payment(text: &str) -> Result<MicroDollars, String> {
    match text.parse::<MicroDollars>() {
        Ok(MicroDollars::ZERO) => Err("more than nothing".to_owned()),
        Ok(amount) if amount > MAX_PAYMENT => Err(format!("at most {MAX_PAYMENT} at once")),
        Ok(amount) => Ok(amount),
        Err(error) => Err(error.to_string()),
    }
}
