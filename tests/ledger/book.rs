//! The record of a simulation, write by write and answer by answer, and the rules that must hold at
//! each.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use enum_map::EnumMap;
use http::Response;
use serde_json::Value;
use shared::contract::{Endpoint, Reply};
use shared::money::MicroDollars;
use system_tests::dynamodb::Call;
use tokio::time::Instant;

use super::upstream::{SHORT_LINKS, Subject};
use super::world::{Clocks, MAX_SKEW};

/// The lifetime of a lease that isn't renewed: the default of `LEASE_MS`.
const LEASE: Duration = Duration::from_secs(5);
/// A fresh answer that took no longer is paid for, even if it was on its way from the gateway for
/// 15 s before.
const SURELY_IN_TIME: Duration = Duration::from_secs(12);

/// All that was seen.
pub struct Book {
    clocks: Clocks,
    prices: EnumMap<Endpoint, MicroDollars>,
    requests: Vec<Request>,
    accounts: HashMap<String, Account>,
    entries: HashMap<String, Entry>,
    broken: Vec<String>,
    tally: BTreeMap<String, u64>,
}

/// A request, as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub endpoint: Endpoint,
    pub subject: Option<Subject>,
    pub instance: usize,
    /// Whether its key was revoked before.
    pub is_revoked: bool,
}

impl Sent {
    fn is_batch(&self) -> bool {
        self.endpoint == Endpoint::PostStatsBatch
    }
}

struct Request {
    sent: Sent,
    account: String,
    started: Instant,
    /// By its instance's clock, in seconds since 1970.
    started_at: i64,
    steps_before: u64,
    /// Whether something befell its calls of DynamoDB.
    is_disturbed: bool,
    /// The addresses at which it got an answer.
    answers: HashSet<String>,
    /// The leases that it took, and when it last took or renewed each.
    leases: Vec<(String, Instant)>,
    /// The values that it has stored.
    filled: HashSet<String>,
    charged: u64,
    /// How often it asked each address.
    asked: HashMap<String, u32>,
    status: Option<u16>,
}

impl Request {
    /// It renewed this lease.
    fn beats(&mut self, pk: &str) {
        if let Some((_, beat)) = self.leases.iter_mut().rfind(|(known, _)| known == pk) {
            *beat = Instant::now();
        }
    }

    /// Whether it didn't renew this lease for as long as one lives.
    fn has_lost(&self, pk: &str) -> bool {
        let taken = self.leases.iter().rfind(|(known, _)| known == pk);
        taken.is_none_or(|(_, beat)| beat.elapsed() >= LEASE)
    }
}

/// An account's item after its last write.
#[derive(Default)]
struct Account {
    spent: u64,
    holds: BTreeMap<String, Hold>,
}

#[derive(Clone, Copy)]
struct Hold {
    price: u64,
    /// In seconds since 1970.
    deadline: i64,
    owner: Option<usize>,
}

/// A cache entry after its last write.
#[derive(Default)]
struct Entry {
    /// The owner's token, and whose it is.
    lease: Option<(String, usize)>,
    /// In milliseconds since 1970.
    fresh_until: i64,
    /// The token of the owner who filled it.
    filled_by: String,
}

impl Book {
    pub fn new(clocks: Clocks, prices: EnumMap<Endpoint, MicroDollars>) -> Self {
        Self {
            clocks,
            prices,
            requests: Vec::new(),
            accounts: HashMap::new(),
            entries: HashMap::new(),
            broken: Vec::new(),
            tally: BTreeMap::new(),
        }
    }

    /// The rules broken since the last call.
    pub fn broken(&mut self) -> Vec<String> {
        std::mem::take(&mut self.broken)
    }

    pub fn count(&mut self, what: impl Into<String>) {
        *self.tally.entry(what.into()).or_default() += 1;
    }

    fn must(&mut self, holds: bool, broken: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(broken());
        }
    }

    fn must_of(&mut self, request: usize, holds: bool, broken: &str) {
        let sent = self.requests[request].sent;
        self.must(holds, || format!("{broken}: request {request}, {sent:?}"));
    }

    /// A request starts; its number.
    pub fn opened(&mut self, sent: Sent, account: String) -> usize {
        self.requests.push(Request {
            account,
            started: Instant::now(),
            started_at: self.clocks.millis(sent.instance) / 1000,
            steps_before: self.clocks.steps(),
            is_disturbed: false,
            answers: HashSet::new(),
            leases: Vec::new(),
            filled: HashSet::new(),
            charged: 0,
            asked: HashMap::new(),
            status: None,
            sent,
        });
        self.requests.len() - 1
    }

    pub fn disturbed(&mut self, request: usize) {
        self.requests[request].is_disturbed = true;
    }

    /// The money that the account has spent by all recorded writes.
    pub fn spent(&self, account: &str) -> u64 {
        self.accounts.get(account).map_or(0, |account| account.spent)
    }

    /// Whether a request is under way.
    pub fn is_busy(&self) -> bool {
        self.requests.iter().any(|request| request.status.is_none())
    }

    /// A call that the engine answered.
    pub fn wrote(&mut self, call: &Call, answer: &Response<Bytes>) {
        if !answer.status().is_success() {
            return;
        }
        let table = call.body["TableName"].as_str().unwrap_or_default();
        match (call.operation.as_str(), table) {
            ("UpdateItem", "Accounts") if call.body["Key"]["sk"]["S"] == "account" => {
                let item = attributes(answer);
                self.account_written(&text(&call.body["Key"]["pk"]), &item, call.sender);
            }
            ("UpdateItem", "Cache") => self.lease_written(&text(&call.body["Key"]["pk"]), &attributes(answer), call),
            ("PutItem", "Cache") if call.body["Item"].get("filled_by").is_some() => {
                self.filled(&call.body["Item"], call);
            }
            _ => {}
        }
    }

    fn account_written(&mut self, pk: &str, item: &Value, sender: Option<usize>) {
        let old = self.accounts.remove(pk).unwrap_or_default();
        let mut new = Account { spent: number(&item["spent"]), holds: BTreeMap::new() };
        for (name, hold) in item["holds"]["M"].as_object().into_iter().flatten() {
            let owner = old.holds.get(name).map_or(sender, |hold| hold.owner);
            let deadline = signed(&hold["M"]["deadline"]);
            new.holds.insert(name.clone(), Hold { price: number(&hold["M"]["price"]), deadline, owner });
        }
        let held: u64 = new.holds.values().map(|hold| hold.price).sum();
        let (balance, funds) = (signed(&item["balance"]), number(&item["funds"]));
        self.must(balance >= 0, || format!("the balance of {pk} is {balance}"));
        self.must(balance.unsigned_abs() + held + new.spent == funds, || format!("{pk} doesn't add up: {item}"));
        let beyond = beyond_budget(item);
        self.must(beyond.is_none(), || format!("{pk} charged a key beyond its budget of a day: {beyond:?}, {item}"));
        self.must(new.spent >= old.spent, || format!("{pk} spent less than before"));

        let gone: Vec<Hold> =
            old.holds.iter().filter(|(name, _)| !new.holds.contains_key(*name)).map(|(_, hold)| *hold).collect();
        let charge = new.spent.saturating_sub(old.spent);
        if charge > 0 {
            self.charged(pk, charge, &gone, sender);
        } else {
            for hold in gone {
                let now = sender.map(|sender| self.clocks.millis(self.requests[sender].sent.instance));
                let is_overdue = now.is_some_and(|now| hold.deadline * 1000 < now + 2 * MAX_SKEW);
                self.must((hold.owner == sender && sender.is_some()) || is_overdue, || {
                    format!("{sender:?} released the hold of {:?} before its deadline", hold.owner)
                });
            }
        }
        self.accounts.insert(pk.to_owned(), new);
    }

    fn charged(&mut self, pk: &str, charge: u64, gone: &[Hold], sender: Option<usize>) {
        let Some(sender) = sender else { return self.must(false, || format!("nobody's request charged {pk}")) };
        let request = &self.requests[sender];
        let price = self.prices[request.sent.endpoint].0;
        let answers = charge.checked_div(price).unwrap_or_default();
        let is_batch = request.sent.is_batch();
        let is_own =
            |hold: &Hold| hold.owner == Some(sender) && (hold.price == charge || is_batch && hold.price > charge);
        let holds = matches!(gone, [hold] if is_own(hold));
        let are_stored = usize::try_from(answers).is_ok_and(|answers| answers <= request.filled.len());
        let (is_earned, is_first) = (!request.answers.is_empty() && are_stored, request.charged == 0);
        self.must_of(sender, holds, "a charge without its own hold");
        self.must_of(sender, charge == price || is_batch && charge == answers * price, "a charge that isn't the price");
        self.must_of(sender, is_earned, "a charge without a fresh answer in the cache");
        self.must_of(sender, is_first, "charged twice");
        self.requests[sender].charged += charge;
        self.count("charges");
    }

    fn lease_written(&mut self, pk: &str, item: &Value, call: &Call) {
        let owner = item["lease_owner"]["S"].as_str();
        let mut entry = self.entries.remove(pk).unwrap_or_default();
        if let (Some(owner), Some(sender)) = (owner, call.sender) {
            if entry.lease.as_ref().is_some_and(|(known, _)| known == owner) {
                self.requests[sender].beats(pk);
            } else {
                self.lease_taken(pk, &entry, sender);
                entry.lease = Some((owner.to_owned(), sender));
            }
        } else {
            entry.lease = None;
        }
        self.entries.insert(pk.to_owned(), entry);
    }

    fn lease_taken(&mut self, pk: &str, entry: &Entry, sender: usize) {
        let now = self.clocks.millis(self.requests[sender].sent.instance);
        self.must_of(sender, entry.fresh_until <= now + 2 * MAX_SKEW, "a lease was taken for what is cached");
        if let Some((_, before)) = &entry.lease {
            let is_dead = self.requests[*before].has_lost(pk);
            self.must_of(sender, is_dead, "a lease was taken from one who lives");
            self.count("leases of the dead");
        }
        self.requests[sender].leases.push((pk.to_owned(), Instant::now()));
    }

    fn filled(&mut self, item: &Value, call: &Call) {
        let entry = self.entries.entry(text(&item["pk"])).or_default();
        let by = text(&item["filled_by"]);
        let is_owner = entry.lease.take().is_some_and(|(owner, _)| owner == by);
        let is_repeated = entry.filled_by == by;
        entry.fresh_until = signed(&item["fresh_until"]);
        entry.filled_by = by;
        let Some(sender) = call.sender else { return };
        self.must_of(sender, is_owner || is_repeated, "an entry was filled without its lease");
        self.requests[sender].filled.insert(text(&item["pk"]));
    }

    /// A request asks a provider, or the platform about a short link.
    pub fn asks(&mut self, sender: usize, url: &url::Url) {
        self.count("asked");
        let request = &mut self.requests[sender];
        let is_batch = request.sent.is_batch();
        let times = request.asked.entry(url.to_string()).or_default();
        *times += 1;
        // If no other provider can be asked, this one is worth one more try. A batch waits for the
        // pause that a provider asks for.
        let may_repeat = if is_batch { !request.answers.contains(url.as_str()) } else { request.answers.is_empty() };
        let is_again = (is_batch || *times == 2) && may_repeat && url.host_str() != Some(SHORT_LINKS);
        let is_first = *times <= 1 || is_again;
        let account = self.accounts.get(&request.account);
        let is_held = account.is_some_and(|account| account.holds.values().any(|hold| hold.owner == Some(sender)));
        let leased = |pk: &String| {
            let lease = self.entries.get(pk).and_then(|entry| entry.lease.as_ref());
            lease.is_some_and(|(_, owner)| *owner == sender)
        };
        // The leases that it may ask with: a batch has many at a time.
        let first = if is_batch { 0 } else { request.leases.len().saturating_sub(1) };
        let is_leased = request.leases[first..].iter().any(|(pk, _)| leased(pk));
        // A request that lost it to DynamoDB's silence can't know.
        let is_lost = request.leases[first..].iter().any(|(_, beat)| beat.elapsed() >= LEASE);
        self.must_of(sender, is_first, "a provider was asked twice for one miss");
        self.must_of(sender, is_held, "a provider was asked without a hold");
        self.must_of(sender, is_leased || is_lost, "a provider was asked without the lease");
    }

    /// A provider answered it.
    pub fn got_answer(&mut self, sender: usize, url: &str) {
        self.requests[sender].answers.insert(url.to_owned());
    }

    /// A request died, or its function was ended.
    pub fn died(&mut self, sender: usize) {
        self.count("deaths");
        self.requests[sender].status = Some(0);
    }

    /// An instance was ended, and its requests with it.
    pub fn instance_died(&mut self, instance: usize) {
        for place in 0..self.requests.len() {
            let Request { sent, status, .. } = self.requests[place];
            if sent.instance == instance && status.is_none() {
                self.died(place);
            }
        }
    }

    /// How a request ended; 0 if it died.
    pub fn status(&self, request: usize) -> Option<u16> {
        self.requests[request].status
    }

    /// A request was answered.
    pub fn heard(&mut self, sender: usize, reply: &Reply) {
        let status = reply.status().as_u16();
        self.count(status.to_string());
        let body: Value = serde_json::from_str(reply.body()).unwrap_or_default();
        let now = self.clocks.millis(self.requests[sender].sent.instance) / 1000;
        let request = &mut self.requests[sender];
        request.status = Some(status);
        let Request { sent, charged, is_disturbed, .. } = *request;
        let has_answer = !request.answers.is_empty();
        let fresh = match (status, &body["data"]["summary"]["fresh"]) {
            (200, Value::Number(fresh)) => fresh.as_u64().unwrap_or_default(),
            _ => u64::from(status == 200 && body["meta"]["cached"] == false),
        };
        let price = self.prices[sent.endpoint].0;
        let told = reply.headers().get("x-charge").and_then(|charge| charge.to_str().ok()?.parse().ok());
        let MicroDollars(told) = told.unwrap_or(MicroDollars::ZERO);
        let in_time = request.started.elapsed() < SURELY_IN_TIME && request.steps_before == self.clocks.steps();
        let (since, account) = (request.started_at.min(now), request.account.clone());

        self.must_of(sender, matches!(status, 200 | 401 | 402 | 403 | 404 | 429 | 500 | 502), "an odd status");
        self.must_of(sender, status != 403 || body["code"] == "key_budget_exceeded", "a key isn't allowed");
        self.must_of(sender, status != 500 || is_disturbed, "an internal error for no reason");
        self.must_of(sender, !sent.is_revoked || matches!(status, 401 | 500), "a revoked key opens");
        self.must_of(
            sender,
            told == 0 || (1..=fresh).any(|answers| told == answers * price),
            "a charge for what isn't fresh",
        );
        self.must_of(sender, told >= charged, "more was charged than told");
        self.must_of(sender, is_disturbed || told == charged, "something else was charged than told");
        let is_due = has_answer && in_time && !is_disturbed;
        self.must_of(sender, !is_due || charged == fresh * price, "a fresh answer was not charged");
        if status == 200 {
            self.must_of(sender, is_about(&sent, &body["data"]), "a number of something else");
        }
        let has_swept = !is_disturbed && !matches!(status, 401 | 500);
        let overdue = self.accounts.get(&account).into_iter().flat_map(|account| account.holds.values());
        let is_clean = overdue.into_iter().all(|hold| hold.deadline >= since);
        self.must_of(sender, !has_swept || is_clean, "an overdue hold was left");
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disturbed = self.requests.iter().filter(|request| request.is_disturbed).count();
        write!(f, "{} requests, {disturbed} disturbed", self.requests.len())?;
        self.tally.iter().try_for_each(|(what, times)| write!(f, ", {what}: {times}"))
    }
}

/// The number of usage by which a key was charged more in a day than it may.
fn beyond_budget(item: &Value) -> Option<&String> {
    let numbers = item["usage"]["M"].as_object().into_iter().flatten();
    let mut charges = numbers.filter(|(name, _)| name.len() == 10);
    charges.find_map(|(name, charge)| {
        let is_its = |(id, _): &(&String, &Value)| id.get(..6) == name.get(3..9);
        let (_, key) = item["keys"]["M"].as_object()?.iter().find(is_its)?;
        let budget = key["M"].get("bd")?;
        (signed(charge) > signed(budget)).then_some(name)
    })
}

/// Whether each count is the subject's own.
fn is_about(sent: &Sent, data: &Value) -> bool {
    let Some(subject) = sent.subject else { return true };
    let is_of =
        |subject: Subject, data: &Value, count: &str| data["provider"] == "sandbox" || data[count] == subject.count();
    match sent.endpoint {
        Endpoint::PostStats => is_of(subject, data, "views"),
        Endpoint::Profile => is_of(subject, data, "followers"),
        Endpoint::PostStatsBatch => {
            let results = data["results"].as_array().into_iter().flatten();
            let mut answered = results.zip(subject.each()).filter(|(result, _)| result.get("data").is_some());
            answered.all(|(result, subject)| is_of(subject, &result["data"], "views"))
        }
        _ => true,
    }
}

/// The item after the write.
fn attributes(answer: &Response<Bytes>) -> Value {
    let mut answer: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    answer["Attributes"].take()
}

fn text(value: &Value) -> String {
    value["S"].as_str().or(value.as_str()).unwrap_or_default().to_owned()
}

/// A stored number.
pub fn signed(value: &Value) -> i64 {
    value["N"].as_str().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// A stored number that can't be negative.
pub fn number(value: &Value) -> u64 {
    u64::try_from(signed(value)).unwrap_or_default()
}
