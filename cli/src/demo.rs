//! The demo account of a folder: a live key and money that isn't real, for first requests.

use std::path::Path;

use anyhow::Context;
use ct::engine::Folder;
use shared::account::{AccountId, Accounts, ApiKey, DEFAULT_RATE_LIMIT, Mode};
use shared::money::MicroDollars;

const FUNDS: MicroDollars = MicroDollars(100_000_000);
/// The payment's id: with it, the account is funded only once. Operators' payment ids are trimmed,
/// so none begins with a space.
const PAYMENT: &str = " demo";

/// Creates the demo account if it is missing, and returns its live key. The key is random; it is
/// kept in the folder, if there is one.
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
    // Revokes keys whose file was lost, and the public keys of earlier versions.
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
