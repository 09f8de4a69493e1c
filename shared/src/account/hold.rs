//! Holds: a price is held before any provider is asked, then spent or released, once.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::item::{Hold, Purpose};
use super::limits::BUDGET;
use super::usage::{Additions, Measure, of_endpoint, of_key, short_key};
use super::{Account, AccountId, Accounts, ApiKey, MILLISECONDS_PER_DAY, ROUNDS, day_of, left_of_day};
use crate::contract::Endpoint;
use crate::dynamodb::{Item, StorageError, Written, number, text, update_if, update_once_if};
use crate::money::MicroDollars;

/// Bounds the size of the item, on which the cost of a write depends: 50 holds are about 3 KB.
const MAX_HOLDS: usize = 50;
/// The number of remembered holds of dead requests: ten names take 100 bytes.
const MAX_REMEMBERED: usize = 10;
pub(super) const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(50);
/// The number of characters of a request's id that name its holds: 47 random bits.
const NAME_LENGTH: usize = 8;
/// A condition can't add, so it compares the charge with a difference: `:left` is the budget minus
/// the price, `#usage.#u0` the key's charge.
const WITHIN_BUDGET: &str =
    "#keys.#key.#budget = :budget AND (attribute_not_exists(#usage.#u0) OR #usage.#u0 <= :left)";
/// The price of one answer exceeds the budget.
const BEYOND_BUDGET: &str = "#keys.#key.#budget = :budget AND #usage.#u0 <= :left";
const WITHOUT_BUDGET: &str = "attribute_not_exists(#keys.#key.#budget)";

/// The money to hold.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The price of one answer.
    pub price: MicroDollars,
    /// The highest number of answers.
    pub answers: u64,
    /// The key's budget as read. If it has changed since then, one more write is needed.
    pub budget: Option<MicroDollars>,
}

/// Money on hold.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its name in the account, with which it is settled or released.
    pub name: String,
    /// The number of answers: fewer than requested if the account doesn't allow more.
    pub answers: u64,
    /// The account as it is now.
    pub account: Account,
}

/// One attempt to hold.
#[derive(Clone, Debug)]
struct Attempt {
    name: String,
    answers: u64,
}

impl Attempt {
    fn held(self, account: Account) -> Held {
        Held { name: self.name, answers: self.answers, account }
    }
}

/// The result of settling a hold.
#[derive(Clone, Debug)]
pub enum Settled {
    /// The money is spent; the account as it is now.
    Spent(Box<Account>),
    /// The hold was missing: it had been released, and nothing is spent.
    Gone,
}

/// The reason for releasing a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The requested post or creator: the failure counts as one of the account's free failures.
    Subject,
    /// The providers, this service, or time: it doesn't count.
    Service,
    /// The request didn't fail, and continues without the hold.
    GoesOn,
}

/// The error of a hold.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// The account doesn't allow it.
    #[error("{reason}")]
    Refused {
        /// The reason.
        reason: HoldRefusal,
        /// The account as it is now.
        account: Box<Account>,
    },
    /// DynamoDB didn't confirm the hold.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The reason why a price isn't held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldRefusal {
    /// The balance is below the price.
    #[error("insufficient balance")]
    InsufficientBalance,
    /// The account has the maximum number of requests in flight.
    #[error("too many requests in flight")]
    TooManyInFlight,
    /// The free failures of the day are used up.
    #[error("too many free failures")]
    TooManyFailures {
        /// Seconds until one more is allowed.
        retry_after: u64,
    },
    /// With this price, the key's fresh answers of the day would exceed its budget.
    #[error("the key's budget of the day is used up")]
    KeyBudgetExceeded {
        /// Seconds until the next day.
        retry_after: u64,
    },
}

impl Accounts {
    /// Holds `price` for a request. It must succeed before any provider is asked for a live key.
    ///
    /// Each attempt has its own name and is sent once. If an attempt arrives late, after another
    /// one was settled, its name is never settled, and its money is released at its deadline.
    ///
    /// # Errors
    /// If the balance, the holds in flight or the free failures don't allow it, or DynamoDB doesn't
    /// answer. The money of an attempt with a lost answer is released at the hold's deadline.
    pub async fn hold(
        &self,
        key: &ApiKey,
        endpoint: Endpoint,
        request: &str,
        price: MicroDollars,
    ) -> Result<Held, HoldError> {
        self.hold_some(key, endpoint, request, Wanted { price, answers: 1, budget: None }, None).await
    }

    /// Like [`Self::hold`], for up to this many answers: as many as the account and the key's
    /// budget allow. If `seen` allows fewer, the first attempt holds for that number.
    ///
    /// # Errors
    /// Like [`Self::hold`], and when the budget doesn't allow a single answer.
    pub async fn hold_some(
        &self,
        key: &ApiKey,
        endpoint: Endpoint,
        request: &str,
        wanted: Wanted,
        seen: Option<&Account>,
    ) -> Result<Held, HoldError> {
        let started = Instant::now();
        let request = request.get(..NAME_LENGTH).unwrap_or(request);
        let Wanted { price, answers: most, mut budget } = wanted;
        let allowed = |account: &Account| self.allowance(account, key, price).0.min(most);
        let mut answers = seen.map_or(most, allowed).max(1);
        let mut attempts: Vec<Attempt> = Vec::new();
        loop {
            let now = self.clock.now();
            attempts.push(Attempt { name: format!("{request}{}", attempts.len() + 1), answers });
            let refused = match self.try_hold(key, endpoint, &attempts, price, budget, now).await {
                Ok(Written::Applied(item)) => {
                    let attempt = attempts.pop().ok_or_else(|| StorageError::malformed("hold", "no name"))?;
                    return Ok(attempt.held(Account::read(item)?));
                }
                Ok(Written::Refused(item)) => item,
                Err(_) if attempts.len() < ROUNDS && started.elapsed() < self.limits.patience => {
                    sleep(BETWEEN_ATTEMPTS).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let item = refused.ok_or_else(|| StorageError::malformed("hold", "the account is gone"))?;
            let seen = Account::read(item)?;
            if let Some(applied) = attempts.iter().find(|attempt| seen.holds.contains_key(&attempt.name)).cloned() {
                // An earlier attempt was applied, and its answer was lost.
                return Ok(applied.held(seen));
            }
            let before = (budget, answers);
            budget = seen.keys.get(&key.id()).and_then(|key| key.limits.budget_per_day);
            answers = allowed(&seen).max(1);
            let may_do_now = (budget, answers) != before || seen.overdue(now).next().is_some();
            if !may_do_now || attempts.len() >= ROUNDS {
                return Err(self.why_not_held(seen, key, price));
            }
            self.release_overdue(key.account(), seen).await?;
        }
    }

    /// One attempt with the last of these names, unless an attempt with another name was applied.
    async fn try_hold(
        &self,
        key: &ApiKey,
        endpoint: Endpoint,
        attempts: &[Attempt],
        price: MicroDollars,
        budget: Option<MicroDollars>,
        now: Timestamp,
    ) -> Result<Written, StorageError> {
        let purpose =
            Purpose { endpoint: endpoint.spec().usage_code, key: short_key(&key.id()).to_owned(), day: day_of(now) };
        let last = attempts.len().saturating_sub(1);
        let answers = attempts.last().map_or(1, |attempt| attempt.answers);
        let sum = MicroDollars(price.0.saturating_mul(answers));
        let hold = AttributeValue::M(Item::from([
            ("price".to_owned(), number(sum.0)),
            ("deadline".to_owned(), number(now.as_second() + self.limits.hold_seconds)),
            ("for".to_owned(), text(purpose.to_string())),
        ]));
        // A key's charge of the day, including requests in flight, counts against its budget.
        let mut usage = Additions::default();
        usage.add(of_key(purpose.day, &purpose.key), ":sum");

        let mut update = usage.named(self.update(key.account()));
        let mut condition = format!(
            "#balance >= :sum AND size(#holds) < :max_holds \
             AND (attribute_not_exists(#ff) OR #ff <= :ff_limit) AND {}",
            match budget {
                Some(budget) if budget >= sum => WITHIN_BUDGET,
                Some(_) => BEYOND_BUDGET,
                None => WITHOUT_BUDGET,
            }
        );
        if let Some(budget) = budget {
            let left = i128::from(budget.0) - i128::from(sum.0);
            update = update
                .expression_attribute_values(":budget", number(budget.0))
                .expression_attribute_values(":left", number(left));
        }
        for (place, Attempt { name, .. }) in attempts.iter().enumerate() {
            condition = format!("{condition} AND attribute_not_exists(#holds.#name{place})");
            update = update.expression_attribute_names(format!("#name{place}"), name);
        }
        let assignments = usage.assignments();
        // If all but one fail, the last one must still be allowed to fail.
        let others = i64::try_from(answers.saturating_sub(1)).unwrap_or(i64::MAX);
        let most_failures = self.limits.most_free_failures(now);
        let most_failures = most_failures.saturating_sub(others.saturating_mul(self.limits.failure_step()));
        let update = update
            .update_expression(format!("SET #balance = #balance - :sum, #holds.#name{last} = :hold{assignments}"))
            .condition_expression(condition)
            .expression_attribute_names("#holds", "holds")
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_names("#ff", "ff")
            .expression_attribute_names("#keys", "keys")
            .expression_attribute_names("#key", key.id())
            .expression_attribute_names("#budget", BUDGET)
            .expression_attribute_values(":sum", number(sum.0))
            .expression_attribute_values(":hold", hold)
            .expression_attribute_values(":max_holds", number(MAX_HOLDS))
            .expression_attribute_values(":ff_limit", number(most_failures));
        update_once_if(update).await
    }

    /// The number of answers at this price for which money can be held now, and the reason for this
    /// limit. If two reasons give the same number, the order of the contract decides: 429 before
    /// 402, and the key's budget last.
    #[must_use]
    pub fn allowance(&self, account: &Account, key: &ApiKey, price: MicroDollars) -> (u64, HoldRefusal) {
        let now = self.clock.now();
        let answers = |money: u64| money.checked_div(price.0).unwrap_or(u64::MAX);
        let in_flight = if account.holds.len() < MAX_HOLDS { u64::MAX } else { 0 };
        let failures = self.failures_left(account, now);
        let budget = left_of_budget(account, &key.id(), now).map_or(u64::MAX, |left| answers(left.0));
        let bounds = [
            (in_flight, HoldRefusal::TooManyInFlight),
            (failures.0, HoldRefusal::TooManyFailures { retry_after: failures.1 }),
            (answers(account.balance.0), HoldRefusal::InsufficientBalance),
            (budget, HoldRefusal::KeyBudgetExceeded { retry_after: left_of_day(now) }),
        ];
        bounds.into_iter().min_by_key(|(answers, _)| *answers).unwrap_or((0, HoldRefusal::TooManyInFlight))
    }

    /// The number of free failures that are left, and the seconds until one more is allowed.
    fn failures_left(&self, account: &Account, now: Timestamp) -> (u64, u64) {
        let most = self.limits.most_free_failures(now);
        let used = account.free_failures.unwrap_or(i64::MIN).max(now.as_millisecond());
        let left = u64::try_from(most.saturating_sub(used) / self.limits.failure_step().max(1)).unwrap_or_default();
        let beyond = used.saturating_sub(most);
        if beyond > 0 {
            return (0, beyond.unsigned_abs().div_ceil(1000));
        }
        (left + 1, self.limits.seconds_per_free_failure())
    }

    fn why_not_held(&self, account: Account, key: &ApiKey, price: MicroDollars) -> HoldError {
        match self.allowance(&account, key, price) {
            (0, reason) => HoldError::Refused { reason, account: Box::new(account) },
            _ => StorageError::malformed("hold", "refused for no reason that shows").into(),
        }
    }

    /// Spends the money held for a request once, and removes a free failure. Each attempt is sent
    /// separately. If the first attempt is refused, the hold had been released. If a later attempt
    /// is refused, an earlier one, whose response was lost, had spent the money.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer; the hold is then spent, or released at its deadline.
    pub async fn settle(&self, key: &ApiKey, endpoint: Endpoint, hold: &str) -> Result<Settled, StorageError> {
        let started = Instant::now();
        let day = day_of(self.clock.now());
        let code = endpoint.spec().usage_code;
        let mut usage = Additions::default();
        usage.add(of_endpoint(day, code, Measure::Fresh), ":one");
        usage.add(of_endpoint(day, code, Measure::Charge), "#holds.#hold.#price");
        let assignments = usage.assignments();
        for attempt in 1.. {
            let update = usage
                .named(self.update(key.account()))
                .update_expression(format!(
                    "SET #spent = #spent + #holds.#hold.#price, #ff = if_not_exists(#ff, :zero) - :step{assignments} \
                     REMOVE #holds.#hold"
                ))
                .condition_expression("attribute_exists(#holds.#hold)")
                .expression_attribute_names("#holds", "holds")
                .expression_attribute_names("#hold", hold)
                .expression_attribute_names("#spent", "spent")
                .expression_attribute_names("#price", "price")
                .expression_attribute_names("#ff", "ff")
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":step", number(self.limits.failure_step()));
            match update_once_if(update).await {
                Ok(Written::Applied(item)) => return Ok(Settled::Spent(Box::new(Account::read(item)?))),
                Ok(Written::Refused(Some(item))) if attempt > 1 => {
                    return Ok(Settled::Spent(Box::new(Account::read(item)?)));
                }
                Ok(Written::Refused(_)) => return Ok(Settled::Gone),
                Err(_) if attempt < ROUNDS && started.elapsed() < self.limits.patience => sleep(BETWEEN_ATTEMPTS).await,
                Err(error) => return Err(error),
            }
        }
        Ok(Settled::Gone)
    }

    /// Releases the money held for a request once; `None` if the hold doesn't exist any more.
    ///
    /// # Errors
    /// If DynamoDB doesn't answer; the hold is released at its deadline then.
    pub async fn release(
        &self,
        account: &AccountId,
        held: &Held,
        cause: Cause,
    ) -> Result<Option<Account>, StorageError> {
        let mut seen = held.account.clone();
        for _ in 0..ROUNDS {
            let Some((name, record)) = seen.holds.get_key_value(&held.name) else { return Ok(None) };
            let holds = BTreeMap::from([(name.as_str(), record)]);
            match self.give_back(account, &holds, cause, seen.free_failures, None).await? {
                Written::Applied(item) => return Account::read(item).map(Some),
                Written::Refused(None) => return Ok(None),
                Written::Refused(Some(item)) => seen = Account::read(item)?,
            }
        }
        Err(StorageError::malformed("release", "the free failures never settled"))
    }

    /// Releases the holds of dead requests, in one write; returns the account afterwards.
    pub(super) async fn release_overdue(&self, id: &AccountId, seen: Account) -> Result<Account, StorageError> {
        let mut latest = seen;
        for _ in 0..ROUNDS {
            let overdue: BTreeMap<&str, &Hold> =
                latest.overdue(self.clock.now()).map(|(name, hold)| (name.as_str(), hold)).collect();
            if overdue.is_empty() {
                break;
            }
            let remembered = remembered(&latest, &overdue);
            latest = match self.give_back(id, &overdue, Cause::Service, None, Some(remembered)).await? {
                Written::Applied(item) => return Account::read(item),
                // Another request released them first.
                Written::Refused(item) => {
                    Account::read(item.ok_or_else(|| StorageError::malformed("release", "the account is gone"))?)?
                }
            };
        }
        Ok(latest)
    }

    /// Releases these holds in one write, if all exist. If the cause counts, the write adds a step
    /// to the free failures. There are three cases, each with a condition: all earlier failures
    /// have expired, so the step begins now; the step is added to them; or they are used up and
    /// stay unchanged. `remembered` becomes the list of holds whose requests died.
    async fn give_back(
        &self,
        account: &AccountId,
        holds: &BTreeMap<&str, &Hold>,
        cause: Cause,
        free_failures: Option<i64>,
        remembered: Option<AttributeValue>,
    ) -> Result<Written, StorageError> {
        let sum: u64 = holds.values().map(|hold| hold.price.0).sum();
        let mut usage = Additions::default();
        let mut update = self.update(account);
        for (place, (name, amount)) in usage_given_back(holds, cause).into_iter().enumerate() {
            usage.add(name, &format!(":g{place}"));
            update = update.expression_attribute_values(format!(":g{place}"), number(amount));
        }
        let mut sets = format!("#balance = #balance + :sum{}", usage.assignments());
        if let Some(remembered) = remembered {
            sets.push_str(", #given_back = :given_back");
            update = update.expression_attribute_names("#given_back", "given_back");
            update = update.expression_attribute_values(":given_back", remembered);
        }
        let mut conditions: Vec<String> = Vec::new();
        let mut removed: Vec<String> = Vec::new();
        for (place, name) in holds.keys().enumerate() {
            conditions.push(format!("attribute_exists(#holds.#h{place})"));
            removed.push(format!("#holds.#h{place}"));
            update = update.expression_attribute_names(format!("#h{place}"), *name);
        }
        if cause == Cause::Subject {
            let now = self.clock.now();
            let most = self.limits.most_free_failures(now);
            let (set, condition, bound) = match free_failures {
                Some(seen) if seen > most => ("", "#ff > :bound", most),
                Some(seen) if seen >= now.as_millisecond() => {
                    (", #ff = #ff + :step", "#ff >= :bound", now.as_millisecond())
                }
                _ => {
                    let condition = "(attribute_not_exists(#ff) OR #ff < :bound)";
                    (", #ff = :bound + :step", condition, now.as_millisecond())
                }
            };
            sets.push_str(set);
            conditions.push(condition.to_owned());
            update =
                update.expression_attribute_names("#ff", "ff").expression_attribute_values(":bound", number(bound));
            if !set.is_empty() {
                update = update.expression_attribute_values(":step", number(self.limits.failure_step()));
            }
        }
        let update = usage
            .named(update)
            .update_expression(format!("SET {sets} REMOVE {}", removed.join(", ")))
            .condition_expression(conditions.join(" AND "))
            .expression_attribute_names("#holds", "holds")
            .expression_attribute_names("#balance", "balance")
            .expression_attribute_values(":sum", number(sum));
        update_if(update).await
    }
}

/// The last holds of dead requests, including these.
fn remembered(account: &Account, died: &BTreeMap<&str, &Hold>) -> AttributeValue {
    let before = account.given_back.iter().flatten().map(String::as_str);
    let mut names: Vec<_> = before.chain(died.keys().copied()).map(text).collect();
    names.drain(..names.len().saturating_sub(MAX_REMEMBERED));
    AttributeValue::L(names)
}

/// The remaining budget of the key for this day; `None` if the key has no budget.
fn left_of_budget(account: &Account, key_id: &str, now: Timestamp) -> Option<MicroDollars> {
    let budget = account.keys.get(key_id)?.limits.budget_per_day?;
    let charged = account.usage.as_ref().and_then(|usage| usage.get(&of_key(day_of(now), short_key(key_id))));
    let charged = charged.map_or(0, |charged| charged.unsigned_abs());
    Some(MicroDollars(budget.0.saturating_sub(charged)))
}

/// The change of usage when these holds are released, counted for each hold's own day: more failed
/// requests, and lower charges of keys.
fn usage_given_back(holds: &BTreeMap<&str, &Hold>, cause: Cause) -> BTreeMap<String, i64> {
    let mut numbers = BTreeMap::new();
    for hold in holds.values() {
        let Some(Purpose { endpoint, key, day }) = &hold.purpose else { continue };
        if cause != Cause::GoesOn {
            *numbers.entry(of_endpoint(*day, *endpoint, Measure::Failed)).or_default() += 1;
        }
        let price = i64::try_from(hold.price.0).unwrap_or(i64::MAX);
        *numbers.entry(of_key(*day, key)).or_default() -= price;
    }
    numbers
}

impl super::Limits {
    /// The milliseconds that one free failure adds to the bucket.
    pub(super) fn failure_step(&self) -> i64 {
        MILLISECONDS_PER_DAY / i64::try_from(self.free_failures_per_day.max(1)).unwrap_or(i64::MAX)
    }

    /// The seconds until one more free failure is allowed, at most.
    #[must_use]
    pub fn seconds_per_free_failure(&self) -> u64 {
        self.failure_step().unsigned_abs().div_ceil(1000)
    }

    /// The fullest bucket with which another failure is allowed.
    pub(super) fn most_free_failures(&self, now: Timestamp) -> i64 {
        now.as_millisecond() + MILLISECONDS_PER_DAY - self.failure_step()
    }

    /// The number of an account's free failures at this time.
    #[must_use]
    pub fn free_failures(&self, account: &Account, now: Timestamp) -> u64 {
        let full = account.free_failures.unwrap_or_default().saturating_sub(now.as_millisecond());
        u64::try_from(full).unwrap_or_default().div_ceil(self.failure_step().unsigned_abs().max(1))
    }
}
