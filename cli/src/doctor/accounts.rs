//! Whether each account adds up, and what to do about one that doesn't.

use shared::account::{Accounts, Audit, Fault};

use super::report::{Check, Report};
use crate::operator::counted;

/// Looks at all accounts.
pub async fn look(accounts: &Accounts, report: &mut Report) {
    let Audit { accounts, faults } = match Box::pin(accounts.audit()).await {
        Ok(audit) => audit,
        Err(error) => {
            let to_do = "see whether your credentials may dynamodb:Scan the accounts' table; then look again";
            return report.wrong(Check::Accounts, error.to_string(), to_do);
        }
    };
    if faults.is_empty() {
        return report.fine(Check::Accounts, format!("{}: all of them add up", counted(accounts, "account")));
    }
    for fault in faults {
        report.wrong(Check::Accounts, fault.to_string(), to_do(&fault));
    }
}

/// The remedy. Other software wrote to the table, or a version with a fault did.
fn to_do(fault: &Fault) -> String {
    match fault {
        Fault::Money { account, .. } => format!(
            "look who writes to the table beside the API; compare the item with one of a backup, as \
             docs/operating.md, Backups, says, and put the right one in place of {account}'s"
        ),
        Fault::Funds { account, .. } => format!(
            "compare `ct funds list {account}` with the payments where they were made; restore the item of a payment \
             that is missing from a backup"
        ),
        Fault::Usage { account, .. } => {
            format!("what was spent is right; restore the usage items of {account} from a backup")
        }
        Fault::UsageByKey { account, .. } | Fault::KeyUsage { account, .. } => format!(
            "no money is wrong, but keys' budgets and what GET /v1/usage says of a key are; restore the usage items of \
             {account} from a backup"
        ),
        Fault::NoOwner { account, key } => format!(
            "the key works and can be revoked: `ct keys revoke {key}`, then give another one with \
             `ct keys create {account}`; or restore the item key#{key} from a backup"
        ),
        Fault::NoKey { key, .. } => {
            format!("it opens nothing; `ct keys revoke {key}` notes that it is revoked")
        }
        Fault::Hash { account, key } => {
            format!("`ct keys revoke {key}`, then give another one with `ct keys create {account}`")
        }
        Fault::ClosedWithKey { account, .. } => format!("repeat `ct accounts close {account}`: it broke off"),
        Fault::LeftOver { account, .. } => format!("repeat `ct accounts delete {account}`: it broke off"),
        Fault::NoAccount { account, .. } => {
            format!("restore the item account#{account} from a backup, as docs/operating.md, Backups, says")
        }
        Fault::Unreadable { .. } => {
            "restore the item from a backup; if this version of ct is older than the functions, take theirs".to_owned()
        }
    }
}
