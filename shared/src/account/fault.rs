//! Faults that an audit finds.

use jiff::civil::Date;

use crate::money::Change;

/// A fault in the stored data.
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
    /// The sum of its payments, refunds and adjustments differs from its funds.
    #[error("account {account}: the sum of payments, refunds and adjustments differs from funds by {by}")]
    Funds {
        /// The account.
        account: String,
        /// By how much the sum is more.
        by: Change,
    },
    /// The charges by day don't add up to the money spent.
    #[error("account {account}: the charges by day differ from what was spent by {by}")]
    Usage {
        /// The account.
        account: String,
        /// By how much the charges are more.
        by: Change,
    },
    /// The charges of its keys differ from the charges of its endpoints.
    #[error("account {account}: the charges of keys differ from the charges of endpoints plus the held money, by {by}")]
    UsageByKey {
        /// The account.
        account: String,
        /// By how much the keys' charges are more.
        by: Change,
    },
    /// More was released for a key than was held.
    #[error("account {account}: the charges of key {key}… on {day}, less the held money, are {by}")]
    KeyUsage {
        /// The account.
        account: String,
        /// The UTC day.
        day: Date,
        /// The beginning of the key's id.
        key: String,
        /// The sum of the day's settled charges, which is negative.
        by: Change,
    },
    /// A key without an owner item: no search by its id finds it.
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
    /// A key whose id doesn't match its hash.
    #[error("account {account}: key {key} has the hash of another key, and opens nothing")]
    Hash {
        /// The account.
        account: String,
        /// The key's id.
        key: String,
    },
    /// The account is closed, but a key still works.
    #[error("account {account}: it is closed, and key {key} still opens it")]
    ClosedWithKey {
        /// The account.
        account: String,
        /// The key's id.
        key: String,
    },
    /// Its deletion was interrupted.
    #[error("account {account}: it is deleted, and {items} of its items are still there")]
    LeftOver {
        /// The account.
        account: String,
        /// How many.
        items: usize,
    },
    /// Items of an account that doesn't exist.
    #[error("account {account}: its own item is missing, and {items} other items name it")]
    NoAccount {
        /// The account.
        account: String,
        /// How many.
        items: usize,
    },
    /// An item in a form that no version writes.
    #[error("the item {pk} / {sk} can't be read: {why}")]
    Unreadable {
        /// Its partition key.
        pk: String,
        /// Its sort key.
        sk: String,
        /// The reason, from the reader of the item.
        why: String,
    },
}
