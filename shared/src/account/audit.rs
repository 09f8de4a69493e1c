//! Checks that the stored sums of all accounts are right, in one pass over the whole table.

use std::collections::{BTreeMap, BTreeSet};

use super::directory::{each_item, string};
use super::fault::Fault;
use super::funds::Movement;
use super::usage::{Numbers, date_of, day_in};
use super::{Account, AccountId, Accounts, DayUsage, Purpose};
use crate::dynamodb::{Item, StorageError};
use crate::money::{Change, MicroDollars};

/// The result of an audit.
#[derive(Debug)]
pub struct Audit {
    /// How many accounts there are.
    pub accounts: usize,
    /// The found faults.
    pub faults: BTreeSet<Fault>,
}

/// The sums over all items of one account.
#[derive(Default)]
struct Page {
    stored: Stored,
    /// The sum of all movements of its funds.
    moved: i64,
    movements: usize,
    /// Charges of days with a separate item.
    charged: Charges,
    /// Keys with a separate item in the account's partition.
    details: BTreeSet<String>,
    /// Keys that name it as their owner.
    owned: BTreeSet<String>,
    /// Other items in its partition, and entries with a reason.
    others: usize,
}

/// Charges, counted twice: by endpoint, and by day and key.
#[derive(Clone, Default)]
struct Charges {
    by_endpoint: i64,
    by_key: BTreeMap<(i64, String), i64>,
}

/// The account's own item.
#[derive(Default)]
enum Stored {
    #[default]
    Missing,
    Deleted(MicroDollars),
    /// It can't be read, which is already reported as a fault.
    Unreadable,
    Here(Box<Account>),
}

impl Accounts {
    /// Checks that the sums of all accounts are right. A change during the pass can look like a
    /// fault, so only a fault that two passes find is real.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer.
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

/// Adds an item to the sums of its account.
fn take(pages: &mut BTreeMap<String, Page>, item: Item, pk: &str, sk: &str) -> Result<(), String> {
    let (kind, id) = pk.split_once('#').unwrap_or_default();
    let is_known = matches!(kind, "account" | "key" | "payment" | "entry");
    let account = if kind == "account" { id } else { string(&item, "account") };
    match account.parse::<AccountId>() {
        Err(error) if is_known => return Err(error.to_string()),
        // Later versions may store items here that belong to no account.
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
    /// Adds an item of the account's partition.
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
                self.charged.add(&numbers);
            }
            // Later versions may store other items.
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
                let of_money = [wrong_money(id, stored), self.wrong_funds(id, stored.funds)].into_iter().flatten();
                of_money.chain(self.wrong_usage(id, stored)).chain(self.wrong_keys(id, stored)).collect()
            }
        }
    }

    fn wrong_funds(&self, id: &str, funds: MicroDollars) -> Option<Fault> {
        let by = Change(self.moved - Change::plus(funds).0);
        (by != Change::ZERO).then(|| Fault::Funds { account: id.to_owned(), by })
    }

    fn wrong_usage(&self, id: &str, account: &Account) -> Vec<Fault> {
        let mut charged = self.charged.clone();
        account.usage.iter().for_each(|numbers| charged.add(numbers));
        // If the money spent before usage was counted is unknown, charges may be below the money
        // spent.
        let before = account.charged_before.unwrap_or_default();
        let by = Change(charged.by_endpoint - Change::between(before, account.spent).0);
        let is_wrong = if account.charged_before.is_some() { by != Change::ZERO } else { by > Change::ZERO };
        let by_day = is_wrong.then(|| Fault::Usage { account: id.to_owned(), by });
        by_day.into_iter().chain(charged.wrong_keys(id, account)).collect()
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

/// The fault if balance + held + spent differ from funds.
fn wrong_money(id: &str, account: &Account) -> Option<Fault> {
    let sum = account.balance.0.saturating_add(account.held().0).saturating_add(account.spent.0);
    let by = Change::between(account.funds, MicroDollars(sum));
    (by != Change::ZERO).then(|| Fault::Money { account: id.to_owned(), by })
}

impl Charges {
    fn add(&mut self, numbers: &Numbers) {
        for (name, amount) in numbers {
            let Some(day) = day_in(name) else { continue };
            let mut used = DayUsage::default();
            used.add(name, *amount);
            self.by_endpoint += Change::plus(used.charge()).0;
            for (key, amount) in used.keys {
                *self.by_key.entry((day, key)).or_default() += amount;
            }
        }
    }

    /// A key is charged when a price is held, under the hold's day. An endpoint is charged when the
    /// hold is settled, which may be the next day. So the two can differ by day, but not in sum.
    /// And a key's charge of a day is never below the amount that is held for it.
    fn wrong_keys(mut self, id: &str, account: &Account) -> Vec<Fault> {
        for hold in account.holds.values() {
            // An older version didn't count its holds in the usage.
            if let Some(Purpose { day, key, .. }) = &hold.purpose {
                *self.by_key.entry((*day, key.clone())).or_default() -= Change::plus(hold.price).0;
            }
        }
        let by = Change(self.by_key.values().sum::<i64>() - self.by_endpoint);
        let in_sum = (by != Change::ZERO).then(|| Fault::UsageByKey { account: id.to_owned(), by });
        let below = self.by_key.into_iter().filter(|(_, settled)| *settled < 0);
        let below = below.filter_map(|((day, key), settled)| {
            Some(Fault::KeyUsage { account: id.to_owned(), day: date_of(day)?, key, by: Change(settled) })
        });
        in_sum.into_iter().chain(below).collect()
    }
}

/// A key's id is the beginning of its hash.
fn is_of(id: &str, hash: &[u8]) -> bool {
    let beginning = hash.get(..8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
    beginning.is_some_and(|beginning| id == format!("{beginning:016x}"))
}
