//! Whether all accounts add up, as they are stored: one pass over the whole table.

use std::collections::{BTreeMap, BTreeSet};

use super::directory::{each_item, string};
use super::funds::Movement;
use super::usage::{Numbers, day_in};
use super::{Account, AccountId, Accounts, DayUsage};
use crate::dynamodb::{Item, StorageError};
use crate::money::{Change, MicroDollars};

/// What an audit saw.
#[derive(Debug)]
pub struct Audit {
    /// How many accounts there are.
    pub accounts: usize,
    /// What is wrong.
    pub faults: BTreeSet<Fault>,
}

/// Something that is wrong with what is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// The account's item contradicts itself.
    #[error("account {account}: balance + held + spent differ from funds by {by}")]
    Money {
        /// The account.
        account: String,
        /// By how much they are more.
        by: Change,
    },
    /// Its payments, refunds and adjustments make other funds.
    #[error("account {account}: the sum of payments, refunds and adjustments differs from funds by {by}")]
    Funds {
        /// The account.
        account: String,
        /// By how much the sum is more.
        by: Change,
    },
    /// What it was charged by day isn't what it spent.
    #[error("account {account}: the charges by day differ from what was spent by {by}")]
    Usage {
        /// The account.
        account: String,
        /// By how much the charges are more.
        by: Change,
    },
    /// A key that nobody finds by its id.
    #[error("account {account}: no item says whose key {key} is")]
    NoOwner {
        /// The account.
        account: String,
        /// The key's id.
        key: String,
    },
    /// A key's owner doesn't know the key.
    #[error("key {key}: its owner {account} doesn't have it")]
    NoKey {
        /// The account.
        account: String,
        /// The key's id.
        key: String,
    },
    /// A key under another id than its hash's.
    #[error("account {account}: key {key} has the hash of another key, and opens nothing")]
    Hash {
        /// The account.
        account: String,
        /// The key's id.
        key: String,
    },
    /// It was closed, and a key opens it.
    #[error("account {account}: it is closed, and key {key} still opens it")]
    ClosedWithKey {
        /// The account.
        account: String,
        /// The key's id.
        key: String,
    },
    /// Its deletion broke off.
    #[error("account {account}: it is deleted, and {items} of its items are still there")]
    LeftOver {
        /// The account.
        account: String,
        /// How many.
        items: usize,
    },
    /// Items of an account that isn't there.
    #[error("account {account}: its own item is missing, and {items} other items name it")]
    NoAccount {
        /// The account.
        account: String,
        /// How many.
        items: usize,
    },
    /// An item that no version writes so.
    #[error("the item {pk} / {sk} can't be read: {why}")]
    Unreadable {
        /// Its partition key.
        pk: String,
        /// Its sort key.
        sk: String,
        /// Why.
        why: String,
    },
}

/// What all items together say of one account.
#[derive(Default)]
struct Page {
    stored: Stored,
    /// The sum of all that moved its funds.
    moved: i64,
    movements: usize,
    /// Charges of days that have items of their own.
    charged: i64,
    /// Keys that have items of their own within the account.
    details: BTreeSet<String>,
    /// Keys that name it as their owner.
    owned: BTreeSet<String>,
    /// Other items in its partition, and entries with a reason.
    others: usize,
}

/// The account's own item.
#[derive(Default)]
enum Stored {
    #[default]
    Missing,
    Deleted(MicroDollars),
    /// It can't be read, which is a fault already.
    Unreadable,
    Here(Box<Account>),
}

impl Accounts {
    /// Looks whether all accounts add up. What moves while this looks may seem wrong: only what two
    /// passes see is.
    ///
    /// # Errors
    /// When DynamoDB doesn't answer.
    pub async fn audit(&self) -> Result<Audit, StorageError> {
        let first = self.audit_once().await?;
        if first.faults.is_empty() {
            return Ok(first);
        }
        let again = self.audit_once().await?;
        Ok(Audit { faults: first.faults.intersection(&again.faults).cloned().collect(), ..again })
    }

    async fn audit_once(&self) -> Result<Audit, StorageError> {
        let mut pages: BTreeMap<String, Page> = BTreeMap::new();
        let mut faults = BTreeSet::new();
        each_item(self.scan(), |item| {
            let (pk, sk) = (string(&item, "pk").to_owned(), string(&item, "sk").to_owned());
            if let Err(why) = take(&mut pages, item, &pk, &sk) {
                if let Some(account) = pk.strip_prefix("account#").filter(|_| sk == "account") {
                    pages.entry(account.to_owned()).or_default().stored = Stored::Unreadable;
                }
                faults.insert(Fault::Unreadable { pk, sk, why });
            }
            Ok(())
        })
        .await?;
        let accounts = pages.values().filter(|page| matches!(page.stored, Stored::Here(_))).count();
        faults.extend(pages.iter().flat_map(|(id, page)| page.faults(id)));
        Ok(Audit { accounts, faults })
    }
}

/// Takes an item to the page of its account.
fn take(pages: &mut BTreeMap<String, Page>, item: Item, pk: &str, sk: &str) -> Result<(), String> {
    let (kind, id) = pk.split_once('#').unwrap_or_default();
    let is_known = matches!(kind, "account" | "key" | "payment" | "entry");
    let account = if kind == "account" { id } else { string(&item, "account") };
    match account.parse::<AccountId>() {
        Err(error) if is_known => return Err(error.to_string()),
        // What later versions keep, and is nobody's.
        Err(_) => return Ok(()),
        Ok(_) => {}
    }
    let page = pages.entry(account.to_owned()).or_default();
    match kind {
        "account" => page.take_within(item, sk)?,
        "key" => drop(page.owned.insert(id.to_owned())),
        "payment" | "entry" => {
            let movement = Movement::read(item).map_err(|error| error.to_string())?;
            let movement = movement.ok_or("it moves no funds")?;
            page.moved += movement.change.0;
            page.movements += 1;
            page.others += usize::from(movement.reason.is_some());
        }
        _ => page.others += 1,
    }
    Ok(())
}

impl Page {
    /// Takes an item of the account's partition.
    fn take_within(&mut self, item: Item, sk: &str) -> Result<(), String> {
        match sk.split_once('#') {
            None if sk == "account" => {
                self.stored = Stored::Here(Box::new(Account::read(item).map_err(|error| error.to_string())?));
                return Ok(());
            }
            None if sk == "deleted" => {
                let funds = item.get("funds").and_then(|funds| funds.as_n().ok()?.parse().ok());
                self.stored = Stored::Deleted(MicroDollars(funds.ok_or("it has no funds")?));
                return Ok(());
            }
            Some(("key", id)) => drop(self.details.insert(id.to_owned())),
            Some(("usage", _)) => {
                let numbers = item.get("usage").cloned().ok_or("it has no usage")?;
                let numbers: Numbers = serde_dynamo::from_attribute_value(numbers)
                    .map_err(|error: serde_dynamo::Error| error.to_string())?;
                self.charged += charges(&numbers);
            }
            // What later versions keep.
            _ => {}
        }
        self.others += 1;
        Ok(())
    }

    fn faults(&self, id: &str) -> Vec<Fault> {
        let account = id.to_owned();
        let items = self.others + self.owned.len();
        match &self.stored {
            Stored::Unreadable => Vec::new(),
            Stored::Missing => vec![Fault::NoAccount { account, items: items.max(self.movements) }],
            Stored::Deleted(funds) => {
                let left = (items > 0).then_some(Fault::LeftOver { account, items });
                left.into_iter().chain(self.wrong_funds(id, *funds)).collect()
            }
            Stored::Here(stored) => {
                let of_money =
                    [wrong_money(id, stored), self.wrong_funds(id, stored.funds), self.wrong_usage(id, stored)];
                of_money.into_iter().flatten().chain(self.wrong_keys(id, stored)).collect()
            }
        }
    }

    fn wrong_funds(&self, id: &str, funds: MicroDollars) -> Option<Fault> {
        let by = Change(self.moved - Change::plus(funds).0);
        (by != Change::ZERO).then(|| Fault::Funds { account: id.to_owned(), by })
    }

    /// Without a record of what lies before counting, fewer charges than spent are right.
    fn wrong_usage(&self, id: &str, account: &Account) -> Option<Fault> {
        let counted = self.charged + account.usage.as_ref().map_or(0, charges);
        let before = account.charged_before.unwrap_or_default();
        let by = Change(counted - Change::between(before, account.spent).0);
        let is_wrong = if account.charged_before.is_some() { by != Change::ZERO } else { by > Change::ZERO };
        is_wrong.then(|| Fault::Usage { account: id.to_owned(), by })
    }

    fn wrong_keys(&self, id: &str, account: &Account) -> Vec<Fault> {
        let name = || id.to_owned();
        let known: BTreeSet<&String> = account.keys.keys().chain(&self.details).collect();
        let owned: BTreeSet<&String> = self.owned.iter().collect();
        let unowned = known.difference(&owned).map(|key| Fault::NoOwner { account: name(), key: (*key).clone() });
        let unknown = owned.difference(&known).map(|key| Fault::NoKey { account: name(), key: (*key).clone() });
        let opening = account.keys.iter().filter(|(_, key)| key.revoked_at.is_none());
        let closed = opening.filter(|_| account.closed_at.is_some());
        let closed = closed.map(|(key, _)| Fault::ClosedWithKey { account: name(), key: key.clone() });
        let strange = account.keys.iter().filter(|(id, key)| !is_of(id, &key.hash));
        let strange = strange.map(|(key, _)| Fault::Hash { account: name(), key: key.clone() });
        unowned.chain(unknown).chain(closed).chain(strange).collect()
    }
}

/// By how much the account's item contradicts itself.
fn wrong_money(id: &str, account: &Account) -> Option<Fault> {
    let sum = account.balance.0.saturating_add(account.held().0).saturating_add(account.spent.0);
    let by = Change::between(account.funds, MicroDollars(sum));
    (by != Change::ZERO).then(|| Fault::Money { account: id.to_owned(), by })
}

/// What the fresh answers among these numbers cost.
fn charges(numbers: &Numbers) -> i64 {
    let mut used = DayUsage::default();
    numbers.iter().filter(|(name, _)| day_in(name).is_some()).for_each(|(name, amount)| used.add(name, *amount));
    Change::plus(used.charge()).0
}

/// A key's id is how its hash begins.
fn is_of(id: &str, hash: &[u8]) -> bool {
    let beginning = hash.get(..8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
    beginning.is_some_and(|beginning| id == format!("{beginning:016x}"))
}
