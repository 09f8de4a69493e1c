//! A simulated world: two instances on one engine, customers, providers, and time, which only this
//! file moves.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::account::{
    AccountId, Accounts, ApiKey, KeyError, KeyLimits, Made, Mode, MovementKind, NewKey, OperatorError,
};
use shared::clock::Clock;
use shared::config::Config;
use shared::contract::Endpoint;
use shared::dynamodb::{Access, client, create_tables};
use shared::metrics::Metrics;
use shared::money::{Change, MicroDollars};
use shared::pipeline::{App, DemoKeys};
use shared::provider::{ENTRIES, HttpClient};
use system_tests::dynamodb::{Call, Fate, SENDER, StandIn};
use system_tests::secrets::MARK;
use system_tests::store::Store;
use system_tests::watch_the_log;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::book::{Book, Sent, number, signed};
use super::operations::Operation;
use super::upstream::{self, Health, PROVIDERS, SHORT_LINKS, Subject};

/// 2026-11-23T12:00:00Z, in milliseconds since 1970.
const START: i64 = 1_795_435_200_000;
/// In milliseconds: the largest difference between an instance's clock and the true time.
pub const MAX_SKEW: i64 = 5_000;
/// The time after which Lambda ends a request: the default of `FUNCTION_TIMEOUT_SECONDS`.
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Longer than any provider rests: see `PROVIDER_QUOTA_REST_SECONDS`.
const RECOVERY: Duration = Duration::from_secs(700);
/// How many operations a failed run prints.
const SHOWN_OPERATIONS: usize = 40;

/// The instances' clocks.
#[derive(Clone)]
pub struct Clocks {
    start: Instant,
    skews: [Arc<AtomicI64>; 2],
    steps: Arc<AtomicU64>,
}

impl Clocks {
    fn new() -> Self {
        Self { start: Instant::now(), skews: Default::default(), steps: Arc::default() }
    }

    /// An instance's clock, in milliseconds since 1970.
    pub fn millis(&self, instance: usize) -> i64 {
        self.true_millis() + self.skews[instance].load(Ordering::SeqCst)
    }

    pub fn true_millis(&self) -> i64 {
        START + i64::try_from(self.start.elapsed().as_millis()).expect("years at most")
    }

    /// How often a clock has changed.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::SeqCst)
    }

    pub fn set(&self, instance: usize, skew: i64) {
        self.skews[instance].store(skew, Ordering::SeqCst);
        self.steps.fetch_add(1, Ordering::SeqCst);
    }

    fn of(&self, instance: usize) -> Clock {
        let clocks = self.clone();
        Clock::new(move || Timestamp::from_millisecond(clocks.millis(instance)).expect("a moment"))
    }
}

/// The faults of DynamoDB's calls, and the state of the providers.
pub struct Weather {
    random: Rng,
    /// How many of a hundred calls have a fault.
    pub faults: u8,
    /// The table that is down, and the end of the outage.
    pub outage: Option<(&'static str, Instant)>,
    pub providers: [Health; PROVIDERS.len()],
    pub short_links: Health,
}

impl Weather {
    fn fair(random: Rng) -> Self {
        Self { random, faults: 0, outage: None, providers: [Health::Well; PROVIDERS.len()], short_links: Health::Well }
    }

    fn clear(&mut self) {
        *self = Self::fair(self.random.fork());
    }

    /// The fault of a call, and its name; None for no fault.
    fn fault(&mut self, call: &Call) -> Option<(&'static str, Fate)> {
        let is_down = |(table, until): (&str, Instant)| call.body["TableName"] == *table && Instant::now() < until;
        if self.outage.is_some_and(is_down) {
            return Some(("outage", Fate::Break));
        }
        if self.random.u8(..100) >= self.faults {
            return None;
        }
        let millis = |random: &mut Rng| Duration::from_millis(random.u64(500..20_000));
        Some(match self.random.u8(..9) {
            0 => ("lost answer", Fate::LoseAnswer),
            1 => ("broken connection", Fate::Break),
            2 => ("throttled", Fate::Refuse(400, "ProvisionedThroughputExceededException")),
            3 if call.operation == "TransactWriteItems" => ("conflict", Fate::CancelTransaction),
            3 => ("conflict", Fate::Refuse(400, "TransactionConflictException")),
            4 => ("error", Fate::Refuse(500, "InternalServerError")),
            5 => ("denied", Fate::Refuse(400, "AccessDeniedException")),
            6 => ("late", Fate::Slow(millis(&mut self.random), Duration::ZERO)),
            7 => ("late answer", Fate::Slow(Duration::ZERO, millis(&mut self.random))),
            _ => ("late, and its answer", Fate::Slow(millis(&mut self.random), millis(&mut self.random))),
        })
    }

    fn usual(&mut self) -> Fate {
        let mut way = || Duration::from_millis(self.random.u64(1..25));
        Fate::Slow(way(), way())
    }

    fn health(&self, host: &str) -> Health {
        let provider = PROVIDERS.iter().position(|provider| *provider == host);
        provider.map_or(self.short_links, |place| self.providers[place])
    }
}

/// A customer and the money that was paid in.
pub struct Customer {
    pub account: AccountId,
    /// The live keys, the newest last.
    pub keys: Vec<ApiKey>,
    /// The ids of the keys that are certainly revoked.
    pub revoked: Vec<String>,
    pub test_key: ApiKey,
    /// A live key with a daily budget.
    pub budgeted: ApiKey,
    rate_limit: u64,
    /// Payments minus refunds, plus adjustments.
    moved: i64,
    /// Movements of funds that may or may not be entered.
    unsure: Vec<Unsure>,
}

/// A movement of funds that may or may not be entered.
struct Unsure {
    kind: MovementKind,
    id: String,
    change: Change,
}

impl Customer {
    /// The key that works.
    pub fn key(&self) -> &ApiKey {
        self.keys.last().expect("a key")
    }
}

struct Instance {
    app: Arc<App>,
    requests: JoinSet<()>,
}

pub struct World {
    seed: u64,
    steps: u64,
    trail: Vec<String>,
    pub random: Rng,
    pub clocks: Clocks,
    pub weather: Arc<Mutex<Weather>>,
    pub customers: Vec<Customer>,
    /// The number of the newest post.
    pub newest: u64,
    book: Arc<Mutex<Book>>,
    config: Config,
    stand_in: StandIn,
    instances: [Instance; 2],
    /// The accounts, without the stand-in between.
    direct: Accounts,
    /// The accounts as operators use them.
    accounts: Accounts,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The default configuration, with the providers inside the process and few free failures.
fn config() -> Config {
    let order = PROVIDERS.join(",");
    Config::read(|name| match name {
        "SCRAPECREATORS_API_KEY" => Some(MARK.to_owned()),
        "KEYLESS_PROVIDERS" => Some("on".to_owned()),
        "FREE_MISSES_PER_DAY" => Some("60".to_owned()),
        "SHORT_LINK_BASE_URL" => Some(format!("http://{SHORT_LINKS}")),
        name if name.starts_with("PROVIDER_ORDER_TIKTOK_") => Some(order.clone()),
        name => {
            let entry = ENTRIES.iter().find(|entry| entry.base_url_variable() == name);
            entry.map(|entry| format!("http://{}", entry.name))
        }
    })
    .expect("a configuration that makes sense")
}

impl World {
    pub async fn new(seed: u64) -> Self {
        // The SDK's waits between attempts are random, too.
        fastrand::seed(seed);
        watch_the_log();
        let mut random = Rng::with_seed(seed);
        let (config, clocks) = (config(), Clocks::new());
        let store = Store::new().await;
        let direct = client(Access::embedded(store.http_client()), config.dynamodb);
        create_tables(&direct, &config.tables).await.expect("tables");
        let stand_in = StandIn::start(store).await;
        let through = client(Access::embedded(stand_in.http_client()), config.dynamodb);
        let accounts = |client| Accounts::new(client, config.tables.accounts.clone(), clocks.of(0), config.accounts);
        let (direct, accounts) = (accounts(direct), accounts(through));

        let book = Arc::new(Mutex::new(Book::new(clocks.clone(), config.prices)));
        let weather = Arc::new(Mutex::new(Weather::fair(random.fork())));
        let instances = [0, 1].map(|place| {
            let app = start(place, &config, &clocks, &stand_in, &book, &weather);
            Instance { app, requests: JoinSet::new() }
        });
        let mut world = Self {
            seed,
            steps: 0,
            trail: Vec::new(),
            random,
            clocks,
            weather,
            customers: Vec::new(),
            newest: 10,
            book,
            config,
            stand_in,
            instances,
            direct,
            accounts,
        };
        // One customer has enough money and a high rate limit; the other soon reaches both limits.
        world.open_account(600, "20").await;
        world.open_account(20, "0.01").await;
        world.watch();
        world
    }

    async fn open_account(&mut self, rate_limit: u64, usd: &str) {
        let account = AccountId::random();
        self.direct.create(&account, "Customer").await.expect("an account");
        let [old, live, test_key] = [Mode::Live, Mode::Live, Mode::Test].map(|mode| ApiKey::generate(mode, &account));
        for key in [&old, &live, &test_key] {
            self.direct.add_key(key, rate_limit).await.expect("a key");
        }
        let budget = MicroDollars(self.random.u64(1_000..5_000));
        let wish = budgeted("budgeted", budget, rate_limit);
        let Ok(Made::Now(budgeted, _)) = self.direct.create_key(&account, &wish).await else { panic!("a key") };
        let (keys, revoked) = (vec![old, live], Vec::new());
        self.customers.push(Customer {
            account,
            keys,
            revoked,
            test_key,
            budgeted,
            rate_limit,
            moved: 0,
            unsure: Vec::new(),
        });
        let change = usd.parse().expect("dollars");
        self.move_funds(self.customers.len() - 1, MovementKind::Payment, change).await;
    }

    fn watch(&self) {
        let (weather, book) = (Arc::clone(&self.weather), Arc::clone(&self.book));
        self.stand_in.script(move |call| {
            let Some((name, fate)) = lock(&weather).fault(call) else { return lock(&weather).usual() };
            let mut book = lock(&book);
            book.count(name);
            if let Some(sender) = call.sender {
                book.disturbed(sender);
            }
            fate
        });
        let book = Arc::clone(&self.book);
        self.stand_in.watch(move |call, answer| lock(&book).wrote(call, answer));
    }

    /// Performs an operation, lets some time pass, and checks the rules.
    pub async fn step(&mut self) {
        self.steps += 1;
        let operation = Operation::any(&mut self.random);
        let what = operation.perform(self).await;
        self.trail.push(format!("{} {operation:?}: {what}", self.clocks.true_millis() - START));
        let time = Duration::from_millis(self.random.u64(..1_500));
        self.pass(time).await;
    }

    /// Lets time pass.
    pub async fn pass(&mut self, time: Duration) {
        sleep(time).await;
        self.check().await;
    }

    /// Sends a request, which dies if it lives longer than this. Returns its number.
    pub fn send(&mut self, sent: Sent, key: &ApiKey, life: Duration) -> usize {
        let spec = sent.endpoint.spec();
        let event = json!({
            "version": "2.0",
            "rawPath": spec.path,
            "headers": {"x-api-key": key.reveal()},
            "requestContext": {"http": {"method": spec.method()}, "timeEpoch": self.clocks.true_millis()},
            "body": sent.subject.map(|subject| subject.body().to_string()),
            "isBase64Encoded": false,
        });
        let account = format!("account#{}", key.account());
        let number = lock(&self.book).opened(sent, account);
        let (app, book) = (Arc::clone(&self.instances[sent.instance].app), Arc::clone(&self.book));
        self.instances[sent.instance].requests.spawn(SENDER.scope(number, async move {
            match timeout(life, Box::pin(ct::server::handle(app, event))).await {
                Ok(reply) => lock(&book).heard(number, &reply),
                Err(_) => lock(&book).died(number),
            }
        }));
        number
    }

    /// Moves a customer's funds, or repeats an unsettled movement. Returns whether the result is
    /// known.
    pub async fn move_funds(&mut self, customer: usize, kind: MovementKind, change: Change) -> bool {
        let customer = &mut self.customers[customer];
        let new = || Unsure { kind, id: format!("{}-{}", customer.account, self.random.u64(..)), change };
        let movement = customer.unsure.pop().unwrap_or_else(new);
        let Unsure { kind, id, change } = &movement;
        let (account, amount) = (&customer.account, change.amount());
        let sent = match kind {
            MovementKind::Payment => self.accounts.fund(account, amount, id).await,
            MovementKind::Refund => self.accounts.refund(account, amount, id, "a refund").await,
            MovementKind::Adjustment => self.accounts.adjust(account, *change, id, "an adjustment").await,
        };
        match sent {
            Ok(_) => {
                customer.moved += change.0;
                lock(&self.book).count(format!("{kind}s"));
            }
            Err(OperatorError::BalanceTooLow { .. }) => {
                assert!(change.lowers(), "{kind} {change} was refused");
                lock(&self.book).count(format!("{kind}s beyond the balance"));
            }
            Err(_) => {
                customer.unsure.push(movement);
                return false;
            }
        }
        true
    }

    /// Creates a new key for the customer and revokes the old one. Returns whether both succeeded.
    pub async fn rotate(&mut self, customer: usize) -> bool {
        let customer = &mut self.customers[customer];
        let new = ApiKey::generate(Mode::Live, &customer.account);
        if self.accounts.add_key(&new, customer.rate_limit).await.is_err() {
            return false;
        }
        let old = customer.key().id();
        customer.keys.push(new);
        let is_revoked = self.accounts.revoke_key(&old).await.is_ok();
        if is_revoked {
            customer.revoked.push(old);
        }
        is_revoked
    }

    /// Rotates the customer's key with a budget, as the customer does. Returns whether the result
    /// is known.
    pub async fn rotate_budgeted(&mut self, customer: usize) -> bool {
        let grace = self.random.choice([0, 60, 3_600]).expect("some");
        let another = format!("budgeted {}", self.random.u64(..));
        let budget = MicroDollars(self.random.u64(1_000..5_000));
        let customer = &mut self.customers[customer];
        let (account, id) = (&customer.account, customer.budgeted.id());
        match self.accounts.rotate_key(account, &id, &[Mode::Live], grace).await {
            Ok(rotated) => {
                customer.budgeted = rotated.key;
                true
            }
            // The rotation was done but its response lost, so the new key's secret is unknown.
            Err(KeyError::NoKey | KeyError::AlreadyRotated { .. }) => {
                let wish = budgeted(&another, budget, customer.rate_limit);
                if let Ok(Made::Now(key, _)) = self.direct.create_key(account, &wish).await {
                    customer.budgeted = key;
                }
                false
            }
            Err(_) => false,
        }
    }

    /// Ends an instance in the middle of its work, and starts another one.
    pub fn restart(&mut self, place: usize) {
        let app = start(place, &self.config, &self.clocks, &self.stand_in, &self.book, &self.weather);
        self.instances[place] = Instance { app, requests: JoinSet::new() };
        lock(&self.book).instance_died(place);
    }

    /// The rules that must hold between any two writes, checked on the stored items.
    async fn check(&mut self) {
        // No call reaches the engine during the check.
        let _still = self.stand_in.still().await;
        for customer in &self.customers {
            let items = self.items_of(&customer.account).await;
            let account = items.iter().find(|item| item["sk"]["S"] == "account").expect("the account");
            let [balance, spent, funds] = ["balance", "spent", "funds"].map(|name| number(&account[name]));
            let holds = account["holds"]["M"].as_object().into_iter().flatten();
            let held: u64 = holds.map(|(_, hold)| number(&hold["M"]["price"])).sum();
            assert_eq!(balance + held + spent, funds, "{}{account}", self.trail());
            let unsure = || customer.unsure.iter().map(|movement| movement.change.0);
            let [least, most] =
                [unsure().filter(|change| *change < 0).sum(), unsure().filter(|change| *change > 0).sum()]
                    .map(|sum: i64| customer.moved + sum);
            let moved = least..=most;
            assert!(moved.contains(&signed(&account["funds"])), "{}moved {moved:?}, {account}", self.trail());
            let seen = lock(&self.book).spent(&format!("account#{}", customer.account));
            assert_eq!(spent, seen, "{}an unrecorded write spent money", self.trail());
            assert_eq!(
                usage(&items),
                (signed(&account["spent"]), signed(&account["spent"]) + i64::try_from(held).expect("little")),
                "{}{items:?}",
                self.trail()
            );
        }
        for instance in &mut self.instances {
            while let Some(ended) = instance.requests.try_join_next() {
                assert!(ended.is_ok(), "a request panicked");
            }
        }
        let broken = lock(&self.book).broken();
        assert!(broken.is_empty(), "{}{broken:#?}", self.trail());
    }

    /// All stored items of an account.
    async fn items_of(&self, account: &AccountId) -> Vec<Value> {
        let query = json!({
            "TableName": self.config.tables.accounts,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": format!("account#{account}")}},
        });
        let mut answer = self.stand_in.ask("Query", &query).await;
        serde_json::from_value(answer["Items"].take()).expect("items")
    }

    /// Ends all faults: then requests are answered, and no hold stays.
    pub async fn end(&mut self) {
        lock(&self.weather).clear();
        self.pass(FUNCTION_TIMEOUT * 2).await;
        assert!(!lock(&self.book).is_busy(), "{}a request never ends", self.trail());
        self.pass(RECOVERY).await;
        for customer in 0..self.customers.len() {
            while !self.customers[customer].unsure.is_empty() {
                let is_settled = self.move_funds(customer, MovementKind::Payment, Change::ZERO).await;
                assert!(is_settled, "{}a movement of funds fails", self.trail());
            }
            let is_in = self.move_funds(customer, MovementKind::Payment, Change(1_000_000)).await;
            assert!(is_in, "{}a payment fails", self.trail());
            for (endpoint, subject, expected) in [
                (Endpoint::Ping, None, 200),
                (Endpoint::PostStats, Some(Subject::Post(self.newest - self.newest % 7)), 200),
                (Endpoint::PostStats, Some(Subject::Short(7)), 200),
                (Endpoint::PostStatsBatch, Some(Subject::Posts(self.newest, 12)), 200),
                (Endpoint::MedianViews, Some(Subject::Creator(1)), 200),
                (Endpoint::Email, Some(Subject::Creator(6)), 404),
            ] {
                let sent = Sent { endpoint, subject, instance: customer % 2, is_revoked: false };
                let key = self.customers[customer].key().clone();
                let number = self.send(sent, &key, FUNCTION_TIMEOUT);
                self.pass(FUNCTION_TIMEOUT).await;
                let status = lock(&self.book).status(number);
                assert_eq!(status, Some(expected), "{}{sent:?}", self.trail());
            }
            let account = self.direct.show(&self.customers[customer].account).await.expect("the account");
            assert!(account.holds.is_empty(), "{}{account:?}", self.trail());
            let days = self.direct.usage(&self.customers[customer].account).await.expect("the usage");
            let charged: u64 = days.values().map(|day| day.charge().0).sum();
            assert_eq!(charged, account.spent.0, "{}{days:?}", self.trail());
        }
        let audit = self.direct.audit().await.expect("an audit");
        assert!(audit.faults.is_empty(), "{}{audit:?}", self.trail());
    }

    /// The last operations, which help to find the bug.
    fn trail(&self) -> String {
        let shown = &self.trail[self.trail.len().saturating_sub(SHOWN_OPERATIONS)..];
        format!("seed {}, step {}:\n{}\n\n", self.seed, self.steps, shown.join("\n"))
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = (self.clocks.true_millis() - START) / 3_600_000;
        write!(f, "seed {}: {} steps in {hours} hours, {}", self.seed, self.steps, lock(&self.book))
    }
}

/// A new live key with a daily budget.
fn budgeted(name: &str, budget: MicroDollars, rate_limit: u64) -> NewKey {
    let limits = KeyLimits { budget_per_day: Some(budget), ..KeyLimits::default() };
    NewKey { name: name.to_owned(), mode: Mode::Live, rate_limit, limits }
}

/// The charges of all days by endpoint, and by key.
fn usage(items: &[Value]) -> (i64, i64) {
    let numbers = items.iter().filter_map(|item| item["usage"]["M"].as_object()).flatten();
    let charges = numbers.filter(|(name, _)| name.ends_with('c'));
    charges.fold((0, 0), |(by_endpoint, by_key), (name, charge)| {
        // The attribute's name begins with three letters for a day, followed by an endpoint's
        // letter or six letters of a key.
        match name.len() {
            5 => (by_endpoint + signed(charge), by_key),
            10 => (by_endpoint, by_key + signed(charge)),
            _ => panic!("{name} isn't a charge"),
        }
    })
}

/// Starts an instance.
fn start(
    place: usize,
    config: &Config,
    clocks: &Clocks,
    stand_in: &StandIn,
    book: &Arc<Mutex<Book>>,
    weather: &Arc<Mutex<Weather>>,
) -> Arc<App> {
    let (book, weather) = (Arc::clone(book), Arc::clone(weather));
    let http = HttpClient::answered_by(move |request| {
        let sender = SENDER.get();
        lock(&book).asks(sender, request.url());
        let (delay, said) = {
            let weather = &mut *lock(&weather);
            let health = weather.health(request.url().host_str().unwrap_or_default());
            upstream::answer(health, request.url(), &mut weather.random)
        };
        let (book, url) = (Arc::clone(&book), request.url().to_string());
        Box::pin(async move {
            sleep(delay).await;
            if said.is_answer {
                lock(&book).got_answer(sender, &url);
            }
            let mut response = http::Response::builder().status(said.status);
            if let Some(location) = said.location {
                response = response.header("location", location);
            }
            Ok(response.body(said.body).expect("a response").into())
        })
    });
    let dynamodb = client(Access::embedded(stand_in.http_client()), config.dynamodb);
    let app = App::new(config.clone(), dynamodb, clocks.of(place), DemoKeys::Refused, None, http, Metrics::off());
    Arc::new(app)
}
