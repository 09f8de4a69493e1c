//! The end of a hold for several answers: the price of the given answers is spent, and the rest
//! released, in one write.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::hold::{BETWEEN_ATTEMPTS, Held, Settled};
use super::item::Purpose;
use super::usage::{Additions, Measure, of_endpoint, of_key};
use super::{Account, AccountId, Accounts, ROUNDS, day_of};
use crate::contract::Endpoint;
use crate::dynamodb::{StorageError, Written, number, update_once_if};
use crate::money::MicroDollars;

/// The results of the answers for which money was held. An answer that isn't counted here needed no
/// money, because it was cached meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Answers that must be paid.
    pub answered: u64,
    /// Failures because of the subject, which count as free failures.
    pub blamed: u64,
    /// Failures for another reason.
    pub failed: u64,
}

/// The change of the free failures, and its condition.
struct FreeFailures {
    assignment: &'static str,
    condition: &'static str,
    bound: Option<i64>,
    amount: i64,
}

impl Accounts {
    /// Spends the price of each answer and releases the rest of the hold, once. Each attempt is
    /// sent separately. If the hold is missing at the first attempt, it had been released. If it is
    /// missing later, an earlier attempt, whose response was lost, had settled it.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer; the hold is then settled, or released at its deadline.
    pub async fn settle_some(
        &self,
        id: &AccountId,
        endpoint: Endpoint,
        held: &Held,
        price: MicroDollars,
        ended: Ended,
    ) -> Result<Settled, StorageError> {
        let started = Instant::now();
        let mut seen = held.account.clone();
        let mut may_be_settled = false;
        for attempt in 1.. {
            if !seen.holds.contains_key(&held.name) {
                return Ok(if may_be_settled { Settled::Spent(Box::new(seen)) } else { Settled::Gone });
            }
            let update = self.settlement(id, endpoint, held, price, ended, &seen);
            match update_once_if(update).await {
                Ok(Written::Applied(item)) => return Ok(Settled::Spent(Box::new(Account::read(item)?))),
                // The free failures have changed, or the hold is missing.
                Ok(Written::Refused(Some(item))) if attempt < ROUNDS => seen = Account::read(item)?,
                Ok(Written::Refused(_)) => break,
                Err(_) if attempt < ROUNDS && started.elapsed() < self.limits.patience => {
                    may_be_settled = true;
                    sleep(BETWEEN_ATTEMPTS).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(StorageError::malformed("settle", "the free failures never settled"))
    }

    fn settlement(
        &self,
        id: &AccountId,
        endpoint: Endpoint,
        held: &Held,
        price: MicroDollars,
        ended: Ended,
        seen: &Account,
    ) -> UpdateItemFluentBuilder {
        let now = self.clock.now();
        let sum = seen.holds.get(&held.name).map_or(0, |hold| hold.price.0);
        let part = price.0.saturating_mul(ended.answered).min(sum);
        let rest = sum - part;
        let mut update = self.update(id);
        let mut usage = Additions::default();
        for (place, (name, amount)) in usage_of(seen, endpoint, held, ended, (part, rest), now).into_iter().enumerate()
        {
            usage.add(name, &format!(":u{place}"));
            update = update.expression_attribute_values(format!(":u{place}"), number(amount));
        }
        let failures = self.free_failures_after(seen, ended, now);
        if !failures.assignment.is_empty() {
            update = update
                .expression_attribute_names("#ff", "ff")
                .expression_attribute_values(":failures", number(failures.amount));
        }
        if let Some(bound) = failures.bound {
            update = update.expression_attribute_values(":bound", number(bound));
        }
        usage
            .named(update)
            .update_expression(format!(
                "SET #spent = #spent + :part, #balance = #balance + :rest{}{} REMOVE #holds.#hold",
                failures.assignment,
                usage.assignments()
            ))
            .condition_expression(format!("#holds.#hold.#price = :held{}", failures.condition))
            .expression_attribute_names("#holds", "holds")
            .expression_attribute_names("#hold", &held.name)
            .expression_attribute_names("#price", "price")
            .expression_attribute_names("#spent", "spent")
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_values(":part", number(part))
            .expression_attribute_values(":rest", number(rest))
            .expression_attribute_values(":held", number(sum))
    }

    /// Each answer removes one free failure, and each failure because of the subject adds one,
    /// counted from now if all earlier ones have expired. Each of the two cases has a condition.
    fn free_failures_after(&self, seen: &Account, ended: Ended, now: Timestamp) -> FreeFailures {
        let steps = |count: u64| i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(self.limits.failure_step());
        let (taken, added) = (steps(ended.answered), steps(ended.blamed));
        if (taken, added) == (0, 0) {
            return FreeFailures { assignment: "", condition: "", bound: None, amount: 0 };
        }
        if added == 0 {
            let assignment = ", #ff = if_not_exists(#ff, :zero) + :failures";
            return FreeFailures { assignment, condition: "", bound: None, amount: -taken };
        }
        let bound = now.as_millisecond().saturating_add(taken);
        if seen.free_failures.is_some_and(|used| used >= bound) {
            let (assignment, condition) = (", #ff = #ff + :failures", " AND #ff >= :bound");
            FreeFailures { assignment, condition, bound: Some(bound), amount: added - taken }
        } else {
            let (assignment, condition) = (", #ff = :failures", " AND (attribute_not_exists(#ff) OR #ff < :bound)");
            FreeFailures { assignment, condition, bound: Some(bound), amount: now.as_millisecond() + added }
        }
    }
}

/// The change of usage by the settlement. Answers and their charges count today. Failures, and
/// released charges of the key, count for the hold's own day.
fn usage_of(
    seen: &Account,
    endpoint: Endpoint,
    held: &Held,
    ended: Ended,
    (part, rest): (u64, u64),
    now: Timestamp,
) -> BTreeMap<String, i64> {
    let code = endpoint.spec().usage_code;
    let today = day_of(now);
    let mut numbers = BTreeMap::from([
        (of_endpoint(today, code, Measure::Fresh), ended.answered),
        (of_endpoint(today, code, Measure::Charge), part),
    ]);
    let purpose = seen.holds.get(&held.name).and_then(|hold| hold.purpose.as_ref());
    let mut given_back = None;
    if let Some(Purpose { endpoint, key, day }) = purpose {
        numbers.insert(of_endpoint(*day, *endpoint, Measure::Failed), ended.blamed + ended.failed);
        given_back = i64::try_from(rest).ok().map(|rest| (of_key(*day, key), -rest));
    }
    let counted = numbers.into_iter().map(|(name, amount)| (name, i64::try_from(amount).unwrap_or(i64::MAX)));
    counted.chain(given_back).filter(|(_, amount)| *amount != 0).collect()
}
