//! The record of a simulation, write by write and answer by answer, and the rules that must hold
//! after each.

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
/// A fresh answer within this time is always charged, even if the request took 15 s from the
/// gateway to the function.
const SURELY_IN_TIME: Duration = Duration::from_secs(12);

/// Everything that the simulation has recorded.
pub struct Book {
    clocks: Clocks,
    prices: EnumMap<Endpoint, MicroDollars>,
    requests: Vec<Request>,
    accounts: HashMap<String, Account>,
    entries: HashMap<String, Entry>,
    broken: Vec<String>,
    tally: BTreeMap<String, u64>,
}

/// A request as the simulation sent it.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub endpoint: Endpoint,
    pub subject: Option<Subject>,
    pub instance: usize,
    /// Whether the key was revoked before the request.
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
    /// By the instance's clock, in seconds since 1970.
    started_at: i64,
    steps_before: u64,
    /// Whether any of its DynamoDB calls had a fault.
    is_disturbed: bool,
    /// The addresses that have answered the request.
    answers: HashSet<String>,
    /// The request's leases, each with the last time that it was taken or renewed.
    leases: Vec<(String, Instant)>,
    /// The keys of the answers that the request has stored.
    filled: HashSet<String>,
    charged: u64,
    /// How often the request has asked each address.
    asked: HashMap<String, u32>,
    status: Option<u16>,
}

impl Request {
    /// Records that the request has renewed this lease.
    fn beats(&mut self, pk: &str) {
        if let Some((_, beat)) = self.leases.iter_mut().rfind(|(known, _)| known == pk) {
            *beat = Instant::now();
        }
    }

    /// Whether the request hasn't renewed this lease for the lifetime of a lease.
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
    /// The owner's token, and the request with this token.
    lease: Option<(String, usize)>,
    /// In milliseconds since 1970.
    fresh_until: i64,
    /// The token of the owner that filled the entry.
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

    /// The broken rules since the last call.
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

    /// Records the start of a request, and returns its number.
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

    /// The money that the account has spent in all recorded writes.
    pub fn spent(&self, account: &str) -> u64 {
        self.accounts.get(account).map_or(0, |account| account.spent)
    }

    /// Whether any request is in flight.
    pub fn is_busy(&self) -> bool {
        self.requests.iter().any(|request| request.status.is_none())
    }

    /// Records a call that the engine has answered.
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
        self.must(beyond.is_none(), || format!("{pk} charged a key beyond its daily budget: {beyond:?}, {item}"));
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
        let Some(sender) = sender else {
            return self.must(false, || format!("a write without a request charged {pk}"));
        };
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
        self.must_of(
            sender,
            charge == price || is_batch && charge == answers * price,
            "a charge that differs from the price",
        );
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
        self.must_of(
            sender,
            entry.fresh_until <= now + 2 * MAX_SKEW,
            "a lease was taken although the answer is cached",
        );
        if let Some((_, before)) = &entry.lease {
            let is_dead = self.requests[*before].has_lost(pk);
            self.must_of(sender, is_dead, "a lease was taken from a living request");
            self.count("leases of dead requests");
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

    /// Records that a request asks a provider, or the platform about a short link.
    pub fn asks(&mut self, sender: usize, url: &url::Url) {
        self.count("asked");
        let request = &mut self.requests[sender];
        let is_batch = request.sent.is_batch();
        let times = request.asked.entry(url.to_string()).or_default();
        *times += 1;
        // If no other provider can be asked, the chain asks this one again. A batch waits and asks
        // again after a burst limit.
        let may_repeat = if is_batch { !request.answers.contains(url.as_str()) } else { request.answers.is_empty() };
        let is_again = (is_batch || *times == 2) && may_repeat && url.host_str() != Some(SHORT_LINKS);
        let is_first = *times <= 1 || is_again;
        let account = self.accounts.get(&request.account);
        let is_held = account.is_some_and(|account| account.holds.values().any(|hold| hold.owner == Some(sender)));
        let leased = |pk: &String| {
            let lease = self.entries.get(pk).and_then(|entry| entry.lease.as_ref());
            lease.is_some_and(|(_, owner)| *owner == sender)
        };
        // The leases that allow the request to ask: a batch has several at a time.
        let first = if is_batch { 0 } else { request.leases.len().saturating_sub(1) };
        let is_leased = request.leases[first..].iter().any(|(pk, _)| leased(pk));
        // A request can't know that it lost the lease if DynamoDB is silent.
        let is_lost = request.leases[first..].iter().any(|(_, beat)| beat.elapsed() >= LEASE);
        self.must_of(sender, is_first, "a provider was asked twice for one miss");
        self.must_of(sender, is_held, "a provider was asked without a hold");
        self.must_of(sender, is_leased || is_lost, "a provider was asked without the lease");
    }

    /// Records that a provider has answered the request.
    pub fn got_answer(&mut self, sender: usize, url: &str) {
        self.requests[sender].answers.insert(url.to_owned());
    }

    /// Records that a request died, or that its function was ended.
    pub fn died(&mut self, sender: usize) {
        self.count("deaths");
        self.requests[sender].status = Some(0);
    }

    /// Records that an instance was ended, and its requests with it.
    pub fn instance_died(&mut self, instance: usize) {
        for place in 0..self.requests.len() {
            let Request { sent, status, .. } = self.requests[place];
            if sent.instance == instance && status.is_none() {
                self.died(place);
            }
        }
    }

    /// The status with which a request ended; 0 if it died.
    pub fn status(&self, request: usize) -> Option<u16> {
        self.requests[request].status
    }

    /// Records the answer to a request, and checks it.
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

        self.must_of(sender, matches!(status, 200 | 401 | 402 | 403 | 404 | 429 | 500 | 502), "an unexpected status");
        self.must_of(sender, status != 403 || body["code"] == "key_budget_exceeded", "a 403 with another code");
        self.must_of(sender, status != 500 || is_disturbed, "an internal error without a fault");
        self.must_of(sender, !sent.is_revoked || matches!(status, 401 | 500), "a revoked key works");
        self.must_of(
            sender,
            told == 0 || (1..=fresh).any(|answers| told == answers * price),
            "a charge for an answer that isn't fresh",
        );
        self.must_of(sender, told >= charged, "the charge is higher than X-Charge");
        self.must_of(sender, is_disturbed || told == charged, "the charge differs from X-Charge");
        let is_due = has_answer && in_time && !is_disturbed;
        self.must_of(sender, !is_due || charged == fresh * price, "a fresh answer was not charged");
        if status == 200 {
            self.must_of(sender, is_about(&sent, &body["data"]), "a count of another subject");
        }
        let has_swept = !is_disturbed && !matches!(status, 401 | 500);
        let overdue = self.accounts.get(&account).into_iter().flat_map(|account| account.holds.values());
        let is_clean = overdue.into_iter().all(|hold| hold.deadline >= since);
        self.must_of(sender, !has_swept || is_clean, "an overdue hold wasn't released");
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disturbed = self.requests.iter().filter(|request| request.is_disturbed).count();
        write!(f, "{} requests, {disturbed} disturbed", self.requests.len())?;
        self.tally.iter().try_for_each(|(what, times)| write!(f, ", {what}: {times}"))
    }
}

/// The usage attribute of a key whose charges in a day are above its budget.
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

/// Whether each count belongs to the subject.
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

/// The item's attributes after the write.
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
