//! Reads the operators' arguments; a wrong one gets a sentence.

use shared::account::{AccountId, ApiKey, ParseAccountIdError};
use shared::contract::is_invisible;
use shared::money::{Change, MicroDollars};

/// A payment beyond this is a slip of the finger: $1,000,000.
const MAX_PAYMENT: MicroDollars = MicroDollars(1_000_000_000_000);

/// An account's id.
pub fn account_id(text: &str) -> Result<AccountId, ParseAccountIdError> {
    text.trim().parse()
}

/// A key's id. Pasted whole, a key is not shown again.
pub fn key_id_in(text: &str) -> anyhow::Result<String> {
    let text = text.trim();
    if let Ok(key) = ApiKey::parse(text) {
        return Ok(key.id());
    }
    let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    anyhow::ensure!(is_id, "a key's id is 16 hex digits, as `ct keys list` shows them");
    Ok(text.to_ascii_lowercase())
}

/// A string without control characters: earlier versions stored any.
pub fn printable(text: &str) -> String {
    text.replace(is_invisible, "\u{fffd}")
}

/// A name, an id or a reason.
pub fn short_text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains(is_invisible) {
        return Err("letters, digits and signs, without line breaks, control characters and invisible ones".to_owned());
    }
    if (1..=200).contains(&text.chars().count()) { Ok(text.to_owned()) } else { Err("1 to 200 characters".to_owned()) }
}

/// A payment.
pub fn payment(text: &str) -> Result<MicroDollars, String> {
    let amount = text.parse::<MicroDollars>().map_err(|error| error.to_string())?;
    within_bounds(amount).map(|()| amount)
}

/// An amount to add; with a minus before it, to take.
pub fn change(text: &str) -> Result<Change, String> {
    let change = text.parse::<Change>().map_err(|error| format!("{error}; with a minus before what is taken"))?;
    within_bounds(change.amount()).map(|()| change)
}

fn within_bounds(amount: MicroDollars) -> Result<(), String> {
    match amount {
        MicroDollars::ZERO => Err("more than nothing".to_owned()),
        amount if amount > MAX_PAYMENT => Err(format!("at most {MAX_PAYMENT} at once")),
        _ => Ok(()),
    }
}
