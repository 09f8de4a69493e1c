//! Changes that operators make to an existing key.

use anyhow::{Context, ensure};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::account::{
    AccountId, Accounts as Table, ApiKey, KeyError, KeyView, LastManager, LimitEdits, Mode, OperatorError,
};
use shared::clock::Clock;

use super::arguments::{account_id, key_id_in};
use super::key_rows::KeyRow;
use crate::confirm::Confirmation;
use crate::output::{Done, Output};

#[derive(Args)]
pub struct OneKey {
    /// The account's id.
    #[arg(value_parser = account_id)]
    pub account: AccountId,
    /// The key's id: 16 hex digits, as `ct keys list` shows them; or the key itself.
    pub key: String,
}

/// Shows a new key, which can't be shown again, with `more` for people and `row` for programs.
pub fn show_text(key: &ApiKey, more: &str, mut row: Value, output: &mut Output<'_>) -> anyhow::Result<()> {
    let (text, id) = (key.reveal(), key.id());
    let sentence =
        format!("key  {text}\nid   {id}\n{more}Save the key now: it is not stored and can't be shown again.");
    row["account"] = key.account().as_str().into();
    row["key_id"] = id.clone().into();
    row["key"] = text.into();
    let shown = output.show(&Done::new(sentence, row));
    shown.with_context(|| format!("the key {id} was created, but can't be printed; revoke it"))
}

/// A key with its account, as JSON.
pub fn about(account: &AccountId, view: KeyView) -> Value {
    let mut row = json!(KeyRow::new(view, Clock::system().now()));
    row["account"] = account.as_str().into();
    row
}

/// Fails if the account doesn't exist or is closed.
pub async fn open_account(account: &AccountId, table: &Table) -> Result<(), OperatorError> {
    match table.show(account).await?.closed_at {
        Some(_) => Err(OperatorError::Closed(account.clone())),
        None => Ok(()),
    }
}

pub async fn rename(which: OneKey, name: &str, table: &Table, output: &mut Output<'_>) -> anyhow::Result<()> {
    let (account, id) = (which.account, key_id_in(&which.key)?);
    open_account(&account, table).await?;
    let view = table.rename_key(&account, &id, name).await?;
    output.show(&Done::new(format!("key {id} of account {account} is {name}"), about(&account, view)))
}

/// Changes a key's limits, after confirmation also those of the last key that manages keys.
pub async fn limit(
    which: OneKey,
    edits: LimitEdits,
    confirmation: &Confirmation,
    table: &Table,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    ensure!(edits != LimitEdits::default(), "give at least one limit to change, such as --rate-limit 600");
    let (account, id) = (which.account, key_id_in(&which.key)?);
    open_account(&account, table).await?;
    let (view, is_managed) = match table.limit_key(&account, &id, &edits, LastManager::Stays).await {
        Err(KeyError::LastKey) => {
            confirmation
                .ask(&format!("With limits, {id} can't manage keys, and no other key of {account} can. Limit it?"))?;
            (table.limit_key(&account, &id, &edits, LastManager::MayGo).await?, false)
        }
        limited => (limited?, true),
    };
    let row = KeyRow::new(view.clone(), Clock::system().now());
    let left = if is_managed { "" } else { "\nNo key of the account can manage keys now; only operators can." };
    let sentence = format!("key {id} of account {account} is limited to {}{left}", row.may());
    let mut row = about(&account, view);
    row["account_has_manager"] = is_managed.into();
    output.show(&Done::new(sentence, row))
}

/// Replaces a key with a new one.
pub async fn rotate(
    which: OneKey,
    grace_seconds: u64,
    confirmation: &Confirmation,
    table: &Table,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    let (account, id) = (which.account, key_id_in(&which.key)?);
    open_account(&account, table).await?;
    if grace_seconds == 0 {
        confirmation.ask(&format!("End {id} at once, for good?"))?;
    }
    let grace = i64::try_from(grace_seconds)?;
    let rotated = table.rotate_key(&account, &id, &[Mode::Live, Mode::Test], grace).await?;
    let ends_at = rotated.old.key.ends_at.and_then(|second| Timestamp::from_second(second).ok());
    let until = ends_at.filter(|_| grace > 0).map_or_else(|| "no longer".to_owned(), |at| format!("until {at}"));
    let more = format!("The old key, {id}, works {until}.\n");
    let mut row = about(&account, rotated.new);
    row["old"] = about(&account, rotated.old);
    show_text(&rotated.key, &more, row, output)
}
