//! The operations on a world. A new operation needs a variant, a frequency and an action.

use std::time::Duration;

use fastrand::Rng;
use shared::account::MovementKind;
use shared::contract::Endpoint;
use shared::money::Change;
use strum::IntoEnumIterator;
use tokio::time::Instant;

use super::book::Sent;
use super::upstream::{Health, PROVIDERS, Subject};
use super::world::{FUNCTION_TIMEOUT, MAX_SKEW, World, lock};

const CREATORS: u64 = 14;
/// From midnight. The first request after this time archives the usage of the day before.
const ARCHIVED_AFTER: Duration = Duration::from_secs(3_700);

#[derive(Clone, Copy, Debug, strum::EnumIter)]
pub enum Operation {
    /// One request.
    Call,
    /// Several simultaneous requests for one subject, at both instances.
    Crowd,
    Pay,
    /// A refund to a customer, possibly above the balance.
    Refund,
    /// An operator corrects the funds, up or down.
    Adjust,
    RotateKey,
    /// A customer rotates a key with a budget.
    RotateBudgeted,
    /// A provider gets better or worse.
    Provider,
    /// DynamoDB gets better or worse.
    Weather,
    /// A table doesn't answer for a while.
    Outage,
    /// An instance's clock changes.
    SetClock,
    /// An instance ends, and another starts.
    Restart,
    Wait,
    /// Requests around midnight, some of which die. Possibly no other request arrives before the
    /// day is archived.
    Midnight,
}

impl Operation {
    /// The frequency of the operation, relative to the others.
    const fn weight(self) -> u64 {
        match self {
            Self::Call => 50,
            Self::Crowd => 10,
            Self::Pay => 4,
            Self::Refund | Self::Adjust | Self::RotateKey | Self::RotateBudgeted => 2,
            Self::Outage | Self::SetClock | Self::Restart => 2,
            Self::Provider => 8,
            Self::Weather => 5,
            Self::Wait => 12,
            Self::Midnight => 2,
        }
    }

    /// A random operation, by weight.
    pub fn any(random: &mut Rng) -> Self {
        let all: u64 = Self::iter().map(Self::weight).sum();
        let mut place = random.u64(..all);
        let chosen = Self::iter().find(|operation| {
            let is_here = place < operation.weight();
            place = place.wrapping_sub(operation.weight());
            is_here
        });
        chosen.expect("the place is below the sum")
    }

    /// Performs the operation, and describes it.
    pub async fn perform(self, world: &mut World) -> String {
        match self {
            Self::Call => world.any_call(),
            Self::Crowd => {
                let (endpoint, subject) = world.any_question();
                let calls: Vec<_> =
                    (0..world.random.usize(2..7)).map(|place| world.call(endpoint, subject, place % 2)).collect();
                calls.join("; ")
            }
            Self::Pay => {
                let change = Change(world.random.i64(1..30_000));
                world.any_movement(MovementKind::Payment, change).await
            }
            Self::Refund => {
                let change = Change(-world.random.i64(1..30_000));
                world.any_movement(MovementKind::Refund, change).await
            }
            Self::Adjust => {
                let change = Change(world.random.i64(-20_000..20_000));
                world.any_movement(MovementKind::Adjustment, change).await
            }
            Self::RotateKey => {
                let customer = world.any_customer();
                let is_done = world.rotate(customer).await;
                format!("of {customer}, {is_done}")
            }
            Self::RotateBudgeted => {
                let customer = world.any_customer();
                let is_done = world.rotate_budgeted(customer).await;
                format!("of {customer}, {is_done}")
            }
            Self::Provider => {
                let (place, health) = (world.random.usize(..=PROVIDERS.len()), Health::any(&mut world.random));
                let mut weather = lock(&world.weather);
                match weather.providers.get_mut(place) {
                    Some(provider) => *provider = health,
                    None => weather.short_links = health,
                }
                format!("{place} is {health:?}")
            }
            Self::Weather => {
                let faults = world.random.choice([0, 0, 0, 2, 5, 10, 30]).expect("some");
                lock(&world.weather).faults = faults;
                format!("{faults} %")
            }
            Self::Outage => {
                let table = if world.random.bool() { "Cache" } else { "Accounts" };
                let time = Duration::from_millis(world.random.u64(100..9_000));
                lock(&world.weather).outage = Some((table, Instant::now() + time));
                format!("{table} for {time:?}")
            }
            Self::SetClock => {
                let (instance, skew) = (world.random.usize(..2), world.random.i64(-MAX_SKEW..=MAX_SKEW));
                world.clocks.set(instance, skew);
                format!("{instance} by {skew} ms")
            }
            Self::Restart => {
                let instance = world.random.usize(..2);
                world.restart(instance);
                instance.to_string()
            }
            Self::Wait => {
                // Leases, holds, cached failures and answers expire, and sometimes a day ends.
                let longest = world.random.choice([6, 6, 70, 70, 400, 1_000, 20_000]).expect("some");
                let time = Duration::from_secs(world.random.u64(1..longest));
                world.pass(time).await;
                format!("{time:?}")
            }
            Self::Midnight => {
                let of_day = u64::try_from(world.clocks.true_millis() % 86_400_000).expect("after 1970");
                let early = world.random.u64(..3_000);
                world.pass(Duration::from_millis((86_400_000 - of_day).saturating_sub(early))).await;
                let calls: Vec<_> = (0..4).map(|_| world.any_call()).collect();
                let after = if world.random.bool() { Duration::from_secs(2) } else { ARCHIVED_AFTER };
                world.pass(after).await;
                format!("in {early} ms: {}; then {after:?}", calls.join("; "))
            }
        }
    }
}

impl World {
    fn any_customer(&mut self) -> usize {
        self.random.usize(..self.customers.len())
    }

    async fn any_movement(&mut self, kind: MovementKind, change: Change) -> String {
        let customer = self.any_customer();
        let is_settled = self.move_funds(customer, kind, change).await;
        format!("{change} of {customer}, {is_settled}")
    }

    fn any_call(&mut self) -> String {
        let (endpoint, subject) = self.any_question();
        let instance = self.random.usize(..2);
        self.call(endpoint, subject, instance)
    }

    /// An endpoint and a subject for it, old or new.
    fn any_question(&mut self) -> (Endpoint, Option<Subject>) {
        self.newest += u64::from(self.random.u8(..3) == 0);
        let endpoint = match self.random.u8(..8) {
            0..4 => Endpoint::PostStats,
            4 => Endpoint::PostStatsBatch,
            _ => self.any_endpoint(),
        };
        let post = self.random.u64(self.newest - 6..=self.newest);
        let subject = match endpoint {
            Endpoint::PostStats if self.random.u8(..8) == 0 => Some(Subject::Short(post)),
            Endpoint::PostStats => Some(Subject::Post(post)),
            Endpoint::PostStatsBatch => Some(Subject::Posts(post, self.random.u64(1..14))),
            _ if !endpoint.is_priced() => None,
            _ => Some(Subject::Creator(self.random.u64(..CREATORS))),
        };
        (endpoint, subject)
    }

    fn any_endpoint(&mut self) -> Endpoint {
        // Other operations manage keys. Public endpoints don't use accounts.
        let is_asked = |endpoint: &Endpoint| endpoint.is_limitable();
        let all: Vec<_> = Endpoint::iter().filter(is_asked).collect();
        all[self.random.usize(..all.len())]
    }

    /// The time after which a request dies: mostly after its end, otherwise at any of its awaits.
    fn any_life(&mut self) -> Duration {
        let longest = self.random.choice([200, 2_000, 8_000]).filter(|_| self.random.u8(..6) == 0);
        longest.map_or(FUNCTION_TIMEOUT, |longest| Duration::from_millis(self.random.u64(..longest)))
    }

    /// A request by a random customer, mostly with a working key. Some requests die.
    fn call(&mut self, endpoint: Endpoint, subject: Option<Subject>, instance: usize) -> String {
        let place = self.any_customer();
        let customer = &self.customers[place];
        let [.., old, _] = customer.keys.as_slice() else { panic!("two keys at least") };
        let key = match self.random.u8(..20) {
            0 => &customer.test_key,
            1 => old,
            2..=6 => &customer.budgeted,
            _ => customer.key(),
        };
        let is_revoked = customer.revoked.contains(&key.id());
        let (key, life) = (key.clone(), self.any_life());
        let sent = Sent { endpoint, subject, instance, is_revoked };
        let number = self.send(sent, &key, life);
        format!("{number} {endpoint} {subject:?} at {instance} by {place}")
    }
}
