//! An account's usage by day. Writes that are needed anyway count it, in one flat map of the
//! account's item. After the end of a day, its numbers move to a separate item.
//!
//! A name in the map is the day since 1970 in base 36, then an endpoint's code and a measure
//! (`g18sr`), or a key and `c` (`g18475a6cc`). Nothing is ever reset, so no request waits for
//! another.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use strum::IntoEnumIterator;

use super::item::{account_pk, empty_map, usage_key};
use super::{Account, AccountId, Accounts, OperatorError, SECONDS_PER_DAY, day_of};
use crate::contract::Endpoint;
use crate::dynamodb::{StorageError, number, update_if};
use crate::money::MicroDollars;

/// The time from which yesterday's numbers are archived, in seconds after midnight: requests that
/// began yesterday have ended by then.
const ARCHIVE_AFTER: i64 = 3_600;
/// The number of characters of a key's id that name it here, which is enough for 10 keys per
/// account.
const KEY_LENGTH: usize = 6;
/// Digits of a day in base 36, until the year 2097.
pub(super) const DAY_LENGTH: usize = 3;

/// A measure that is counted for each endpoint and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
pub enum Measure {
    /// Admitted requests to the endpoint, and requests whose body was too large.
    Requests,
    /// Paid fresh answers.
    Fresh,
    /// Requests that failed after a hold, which was released.
    Failed,
    /// The cost of fresh answers, in millionths of a dollar.
    Charge,
}

impl Measure {
    const fn code(self) -> char {
        match self {
            Self::Requests => 'r',
            Self::Fresh => 'f',
            Self::Failed => 'x',
            Self::Charge => 'c',
        }
    }
}

/// Numbers by name, as stored.
pub(super) type Numbers = BTreeMap<String, i64>;

/// The name of an endpoint's number.
pub(super) fn of_endpoint(day: i64, endpoint_code: char, measure: Measure) -> String {
    format!("{}{endpoint_code}{}", base36(day), measure.code())
}

/// The name of a key's charge.
pub(super) fn of_key(day: i64, key: &str) -> String {
    format!("{}{key}c", base36(day))
}

/// The name of a key in usage.
pub(super) fn short_key(key_id: &str) -> &str {
    key_id.get(..KEY_LENGTH).unwrap_or(key_id)
}

/// A day in base 36.
pub(super) fn base36(day: i64) -> String {
    let mut rest = day.unsigned_abs();
    let mut digits = [b'0'; DAY_LENGTH];
    for place in digits.iter_mut().rev() {
        let digit = u32::try_from(rest % 36).unwrap_or_default();
        *place = char::from_digit(digit, 36).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(b'0');
        rest /= 36;
    }
    digits.iter().map(|byte| char::from(*byte)).collect()
}

/// The day at the beginning of a name.
pub(super) fn day_in(name: &str) -> Option<i64> {
    i64::from_str_radix(name.get(..DAY_LENGTH)?, 36).ok()
}

/// Additions to numbers of the usage map, for an update expression.
#[derive(Default)]
pub(super) struct Additions {
    amounts: Vec<(String, String)>,
}

impl Additions {
    /// Adds an expression's value, such as `:one` or `#holds.#hold.#price`, to the number with this
    /// name.
    pub(super) fn add(&mut self, name: String, value: &str) {
        self.amounts.push((name, value.to_owned()));
    }

    /// The assignments, each after a comma.
    pub(super) fn assignments(&self) -> String {
        let assignment = |(place, (_, value)): (usize, &(String, String))| {
            format!(", #usage.#u{place} = if_not_exists(#usage.#u{place}, :zero) + {value}")
        };
        self.amounts.iter().enumerate().map(assignment).collect()
    }

    /// The update with the names that the assignments use.
    pub(super) fn named(&self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        if self.amounts.is_empty() {
            return update;
        }
        let update =
            update.expression_attribute_names("#usage", "usage").expression_attribute_values(":zero", number(0));
        let names = self.amounts.iter().enumerate();
        names.fold(update, |update, (place, (name, _))| update.expression_attribute_names(format!("#u{place}"), name))
    }
}

/// An account's usage of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayUsage {
    /// By endpoint and measure.
    pub endpoints: BTreeMap<(Endpoint, Measure), i64>,
    /// The charge of each key, by the first characters of its id.
    pub keys: BTreeMap<String, i64>,
}

impl DayUsage {
    /// The cost of all fresh answers of the day.
    #[must_use]
    pub fn charge(&self) -> MicroDollars {
        let charges = self.endpoints.iter().filter(|((_, measure), _)| *measure == Measure::Charge);
        MicroDollars(charges.map(|(_, charge)| charge.unsigned_abs()).sum())
    }

    /// The key's charge, including the money held for it; `None` if nothing was counted.
    #[must_use]
    pub fn charge_of_key(&self, key_id: &str) -> Option<MicroDollars> {
        let charge = self.keys.get(short_key(key_id))?;
        Some(MicroDollars(u64::try_from(*charge).unwrap_or_default()))
    }

    /// One number of one endpoint.
    #[must_use]
    pub fn of(&self, endpoint: Endpoint, measure: Measure) -> i64 {
        self.endpoints.get(&(endpoint, measure)).copied().unwrap_or_default()
    }

    /// Adds a stored number to the measure in its name.
    pub(super) fn add(&mut self, name: &str, amount: i64) {
        let rest = name.get(DAY_LENGTH..).unwrap_or_default();
        let mut letters = rest.chars();
        let found = (letters.next(), letters.next(), letters.next());
        let endpoint = |code| Endpoint::iter().find(|endpoint| Some(endpoint.spec().usage_code) == code);
        let measure = |code| Measure::iter().find(|measure| Some(measure.code()) == code);
        match (endpoint(found.0), measure(found.1), found.2) {
            (Some(endpoint), Some(measure), None) => *self.endpoints.entry((endpoint, measure)).or_default() += amount,
            _ if rest.len() == KEY_LENGTH + 1 => *self.keys.entry(rest[..KEY_LENGTH].to_owned()).or_default() += amount,
            _ => {}
        }
    }
}

impl Accounts {
    /// The account's usage, by day since 1970.
    ///
    /// # Errors
    /// If the account doesn't exist, or if DynamoDB doesn't answer.
    pub async fn usage(&self, id: &AccountId) -> Result<BTreeMap<i64, DayUsage>, OperatorError> {
        let account = self.show(id).await?;
        Ok(self.read_usage(id, account, Date::ZERO).await?.1)
    }

    /// The account, whose item was read before, and its usage by day from this day on. The result
    /// is consistent: the charges of all days add up to the money spent.
    ///
    /// # Errors
    /// If the account doesn't exist, or if DynamoDB doesn't answer.
    pub async fn usage_since(
        &self,
        id: &AccountId,
        seen: Account,
        first: Date,
    ) -> Result<(Account, BTreeMap<Date, DayUsage>), OperatorError> {
        let (account, days) = self.read_usage(id, seen, first).await?;
        let dated = days.into_iter().filter_map(|(day, usage)| Some((date_of(day)?, usage)));
        Ok((account, dated.filter(|(date, _)| *date >= first).collect()))
    }

    async fn read_usage(
        &self,
        id: &AccountId,
        mut account: Account,
        first: Date,
    ) -> Result<(Account, BTreeMap<i64, DayUsage>), OperatorError> {
        loop {
            let archived = self.archived_days(id, first).await?;
            // Numbers that moved between the two reads would be in both reads, or in neither.
            let again = self.show(id).await?;
            let today = day_of(self.clock.now());
            if old_numbers(&account, today).eq(old_numbers(&again, today)) {
                let kept = again.usage.iter().flatten().map(|(name, amount)| (name.clone(), *amount));
                let all: Vec<_> = kept.chain(archived.into_iter().flatten()).collect();
                let mut days: BTreeMap<i64, DayUsage> = BTreeMap::new();
                for (name, amount) in all {
                    if let Some(day) = day_in(&name) {
                        days.entry(day).or_default().add(&name, amount);
                    }
                }
                return Ok((again, days));
            }
            account = again;
        }
    }

    /// The numbers in the days' items, from this day on.
    async fn archived_days(&self, id: &AccountId, first: Date) -> Result<Vec<Numbers>, StorageError> {
        let items = self.items_between(id, &format!("usage#{first}"), &format!("usage#{}", Date::MAX)).await?;
        let numbers = items.into_iter().filter_map(|mut item| item.remove("usage")).map(|usage| {
            serde_dynamo::from_attribute_value(usage).map_err(|error| StorageError::malformed("read usage", error))
        });
        numbers.collect()
    }

    /// Archives the numbers of the oldest past day. After a failure, the next request that opens a
    /// window tries again.
    pub(super) async fn archive(&self, id: &AccountId, account: &Account, now: Timestamp) {
        let is_too_early = now.as_second().rem_euclid(SECONDS_PER_DAY) < ARCHIVE_AFTER;
        let old = || old_numbers(account, day_of(now) - i64::from(is_too_early));
        let Some(day) = old().filter_map(|(name, _)| day_in(name)).min() else { return };
        let numbers: Vec<_> = old().filter(|(name, _)| day_in(name) == Some(day)).collect();
        let is_known = account.archived.is_some_and(|archived| archived >= day);
        let Some(moved) = self.move_numbers(id, day, &numbers, is_known) else { return };
        let sent = Box::pin(self.client.transact_write_items().set_transact_items(Some(moved)).send()).await;
        if let Err(error) = sent {
            tracing::debug!(error = %StorageError::of("TransactWriteItems")(error), "a day's usage was not archived");
        }
    }

    /// The two writes: one to the day's item, which exists if the day `is_known`, and one that
    /// removes the numbers from the account, if they haven't changed since the read.
    fn move_numbers(
        &self,
        id: &AccountId,
        day: i64,
        numbers: &[(&String, &i64)],
        is_known: bool,
    ) -> Option<Vec<TransactWriteItem>> {
        let mut to = Update::builder()
            .table_name(&self.table)
            .set_key(Some(usage_key(id, date_of(day)?)))
            .expression_attribute_names("#usage", "usage");
        let mut from = Update::builder()
            .table_name(&self.table)
            .set_key(Some(account_pk(id)))
            .expression_attribute_names("#usage", "usage");
        let (mut added, mut removed, mut unchanged) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (name, amount)) in numbers.iter().enumerate() {
            let (alias, value) = (format!("#u{place}"), format!(":u{place}"));
            added.push(format!("#usage.{alias} = if_not_exists(#usage.{alias}, :zero) + {value}"));
            removed.push(format!("#usage.{alias}"));
            unchanged.push(format!("#usage.{alias} = {value}"));
            from = from.expression_attribute_names(&alias, *name).expression_attribute_values(&value, number(amount));
            if is_known {
                to = to.expression_attribute_names(alias, *name).expression_attribute_values(value, number(amount));
            }
        }
        let to = if is_known {
            to.update_expression(format!("SET {}", added.join(", ")))
                .condition_expression("attribute_exists(#usage)")
                .expression_attribute_values(":zero", number(0))
        } else {
            let map = numbers.iter().map(|(name, amount)| ((*name).clone(), number(amount))).collect();
            to.update_expression("SET #usage = :numbers")
                .condition_expression("attribute_not_exists(#usage)")
                .expression_attribute_values(":numbers", AttributeValue::M(map))
        };
        let from = if is_known {
            from.update_expression(format!("REMOVE {}", removed.join(", ")))
        } else {
            from.update_expression(format!("SET #archived = :day REMOVE {}", removed.join(", ")))
                .expression_attribute_names("#archived", "archived")
                .expression_attribute_values(":day", number(day))
        };
        let actions = [to.build().ok()?, from.condition_expression(unchanged.join(" AND ")).build().ok()?];
        Some(actions.map(|update| TransactWriteItem::builder().update(update).build()).into())
    }

    /// Creates the usage map of an account from an older version.
    pub(super) async fn make_usage(&self, id: &AccountId) -> Result<(), StorageError> {
        let update = self
            .update(id)
            .update_expression("SET #usage = if_not_exists(#usage, :empty)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#usage", "usage")
            .expression_attribute_values(":empty", empty_map());
        update_if(update).await.map(|_| ())
    }
}

/// The numbers of days before this one that are still in the account's item.
fn old_numbers(account: &Account, day: i64) -> impl Iterator<Item = (&String, &i64)> {
    let numbers = account.usage.iter().flatten();
    numbers.filter(move |(name, _)| day_in(name).is_some_and(|counted| counted < day))
}

/// The date of a day since 1970.
#[must_use]
pub fn date_of(day: i64) -> Option<Date> {
    let moment = Timestamp::from_second(day.checked_mul(SECONDS_PER_DAY)?).ok()?;
    Some(Offset::UTC.to_datetime(moment).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_three_letters_that_read_back() {
        for day in [1_296, 20_783, 46_655] {
            assert_eq!(day_in(&of_key(day, "475a6c")), Some(day));
        }
        assert_eq!(of_endpoint(20_783, 's', Measure::Requests), "g1bsr");
    }
}
