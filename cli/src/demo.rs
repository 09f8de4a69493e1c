//! The demo account of a folder: made-up money and a live key, to try the API with.

use std::path::Path;

use anyhow::Context;
use ct::engine::Folder;
use shared::account::{AccountId, Accounts, ApiKey, Mode, OperatorError};
use shared::money::MicroDollars;

const FUNDS: MicroDollars = MicroDollars(100_000_000);
/// A payment's id, so that the account is funded once. Operators' are trimmed: none is like it.
const PAYMENT: &str = " demo";
const RATE_LIMIT: u64 = 60;

/// Makes the demo account, once, and returns its live key: random, and kept in the folder, if there is one.
///
/// # Errors
/// When DynamoDB doesn't answer, or the folder can't be used.
pub async fn account(accounts: &Accounts, folder: Option<&Folder>) -> anyhow::Result<ApiKey> {
    let demo = AccountId::demo();
    accounts.create(&demo, "Demo").await?;
    // Keys that everybody knows were the account's in earlier versions.
    for mode in [Mode::Live, Mode::Test] {
        match accounts.revoke_key(&ApiKey::public(mode).id()).await {
            Ok(_) | Err(OperatorError::NoKey(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let key = match folder {
        Some(folder) => kept_key(&folder.demo_key())?,
        None => ApiKey::generate(Mode::Live, &demo),
    };
    accounts.add_key(&key, RATE_LIMIT).await?;
    accounts.fund(&demo, FUNDS, PAYMENT).await?;
    Ok(key)
}

/// The key in this file; a new one where there is none.
fn kept_key(file: &Path) -> anyhow::Result<ApiKey> {
    let kept = std::fs::read_to_string(file).ok().and_then(|text| ApiKey::parse(text.trim()).ok());
    if let Some(key) = kept.filter(|key| key.account().is_demo() && key.mode() == Mode::Live && !key.is_public()) {
        return Ok(key);
    }
    let key = ApiKey::generate(Mode::Live, &AccountId::demo());
    std::fs::write(file, format!("{}\n", key.reveal())).with_context(|| format!("can't write {}", file.display()))?;
    Ok(key)
}
