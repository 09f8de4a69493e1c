//! Checks whether each account adds up, and says how to repair one that doesn't.

use shared::account::{Accounts, Audit, Fault};

use super::report::{Check, Report};
use crate::operator::counted;

pub async fn look(accounts: &Accounts, report: &mut Report) {
    let Audit { accounts, faults } = match Box::pin(accounts.audit()).await {
        Ok(audit) => audit,
        Err(error) => {
            let to_do = "check that your credentials may dynamodb:Scan the accounts' table; then run this again";
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

/// How to repair a fault. Its cause is other software that wrote to the table, or a bug.
fn to_do(fault: &Fault) -> String {
    match fault {
        Fault::Money { account, .. } => format!(
            "find out what else writes to the table; compare the item with a backup (docs/operating.md, Backups), \
             and replace the item of {account} with the right one"
        ),
        Fault::Funds { account, .. } => format!(
            "compare `ct funds list {account}` with your payment provider's records; if a payment is missing, \
             restore its item from a backup"
        ),
        Fault::Usage { account, .. } => {
            format!("the spent amount is right; restore the usage items of {account} from a backup")
        }
        Fault::UsageByKey { account, .. } | Fault::KeyUsage { account, .. } => format!(
            "the money is right, but budgets of keys and GET /v1/usage for one key are wrong; restore the usage \
             items of {account} from a backup"
        ),
        Fault::NoOwner { account, key } => format!(
            "the key works and can be revoked: `ct keys revoke {key}`, then create another one with `ct keys create \
             {account}`; or restore the item key#{key} from a backup"
        ),
        Fault::NoKey { key, .. } => {
            format!("the key is refused already; `ct keys revoke {key}` marks it as revoked")
        }
        Fault::Hash { account, key } => {
            format!("`ct keys revoke {key}`, then create another one with `ct keys create {account}`")
        }
        Fault::ClosedWithKey { account, .. } => format!("repeat `ct accounts close {account}`, which was interrupted"),
        Fault::LeftOver { account, .. } => format!("repeat `ct accounts delete {account}`, which was interrupted"),
        Fault::NoAccount { account, .. } => {
            format!("restore the item account#{account} from a backup (docs/operating.md, Backups)")
        }
        Fault::Unreadable { .. } => {
            "restore the item from a backup; if this ct is older than the functions, use their version".to_owned()
        }
    }
}
