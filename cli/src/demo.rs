//! The demo account of a folder: made-up money and a live key, to try the API with.

use std::path::Path;

use anyhow::Context;
use ct::engine::Folder;
use shared::account::{AccountId, Accounts, ApiKey, DEFAULT_RATE_LIMIT, Mode};
use shared::money::MicroDollars;

const FUNDS: MicroDollars = MicroDollars(100_000_000);
/// A payment's id, so that the account is funded once. Operators' are trimmed: none is like it.
const PAYMENT: &str = " demo";

/// Makes the demo account, once, and returns its live key: random, and kept in the folder, if there
/// is one.
///
/// # Errors
/// When DynamoDB doesn't answer, or the folder can't be used.
pub async fn account(accounts: &Accounts, folder: Option<&Folder>) -> anyhow::Result<ApiKey> {
    let demo = AccountId::demo();
    accounts.create(&demo, "Demo").await?;
    accounts.fund(&demo, FUNDS, PAYMENT).await?;
    let account = accounts.show(&demo).await?;
    let file = folder.map(Folder::demo_key);
    let kept = file.as_deref().and_then(kept_key).filter(|key| account.keys.contains_key(&key.id()));
    // Keys of a lost file, and public keys of earlier versions.
    for id in account.keys.keys().filter(|id| kept.as_ref().is_none_or(|kept| kept.id() != **id)) {
        accounts.revoke_key(id).await?;
    }
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let key = ApiKey::generate(Mode::Live, &demo);
    accounts.add_key(&key, DEFAULT_RATE_LIMIT).await?;
    if let Some(file) = file {
        let written = std::fs::write(&file, format!("{}\n", key.reveal()));
        written.with_context(|| format!("can't write {}", file.display()))?;
    }
    Ok(key)
}

/// The key in this file, if there is one.
fn kept_key(file: &Path) -> Option<ApiKey> {
    let key = ApiKey::parse(std::fs::read_to_string(file).ok()?.trim()).ok()?;
    Some(key).filter(|key| key.account().is_demo() && key.mode() == Mode::Live && !key.is_public())
}
