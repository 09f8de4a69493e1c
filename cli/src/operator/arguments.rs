//! Reads the operators' arguments, with a message for each wrong one.

use shared::account::{AccountId, ApiKey, ParseAccountIdError};
use shared::contract::is_invisible;
use shared::money::{Change, MicroDollars};

/// $1,000,000: a larger payment is a typing error.
const MAX_PAYMENT: MicroDollars = MicroDollars(1_000_000_000_000);

pub fn account_id(text: &str) -> Result<AccountId, ParseAccountIdError> {
    text.trim().parse()
}

/// Reads a key's id, or takes the id of a whole key. The message doesn't repeat the argument,
/// because it may be a key.
pub fn key_id_in(text: &str) -> anyhow::Result<String> {
    let text = text.trim();
    if let Ok(key) = ApiKey::parse(text) {
        return Ok(key.id());
    }
    let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    anyhow::ensure!(is_id, "a key's id is 16 hex digits, as `ct keys list` shows them");
    Ok(text.to_ascii_lowercase())
}

/// The string without control characters, which earlier versions could store.
pub fn printable(text: &str) -> String {
    text.replace(is_invisible, "\u{fffd}")
}

/// Reads a name, an id or a reason.
pub fn short_text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains(is_invisible) {
        return Err("write it without line breaks, control characters and invisible characters".to_owned());
    }
    if (1..=200).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err("write 1 to 200 characters".to_owned())
    }
}

pub fn payment(text: &str) -> Result<MicroDollars, String> {
    let amount = text.parse::<MicroDollars>().map_err(|error| error.to_string())?;
    within_bounds(amount).map(|()| amount)
}

/// Reads an amount to add, or with a minus an amount to take.
pub fn change(text: &str) -> Result<Change, String> {
    let change = text.parse::<Change>().map_err(|error| format!("{error}; write a minus before an amount to take"))?;
    within_bounds(change.amount()).map(|()| change)
}

fn within_bounds(amount: MicroDollars) -> Result<(), String> {
    match amount {
        MicroDollars::ZERO => Err("write an amount above 0".to_owned()),
        amount if amount > MAX_PAYMENT => Err(format!("write at most {MAX_PAYMENT}")),
        _ => Ok(()),
    }
}
