//! Faults at random, from a seed: DynamoDB's answers are lost, broken, late, slow, throttled and conflicting; callers hang up and
//! requests die; two instances answer, the clock of one ahead. Whatever happens, the money adds up and no answer is paid for twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use futures_util::future::join_all;
use lambda_http::Body;
use serde_json::json;
use shared::account::Measure;
use shared::contract::Endpoint;
use system_tests::dynamodb::{Call, Fate};
use system_tests::{Answer, Customer, Stack, api23_post, json_answer, until};
use tokio::sync::{Barrier, Notify};
use wiremock::{Request, ResponseTemplate};

const PRICE: u64 = 1_000;
const FAULTS: usize = 600;
const IN_A_ROUND: usize = 16;
/// Answers outlive the run, so that each post is paid for once at most.
const SETTINGS: [(&str, &str); 5] = [
    ("CACHE_POST_STATS_SECONDS", "864000"),
    ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "400"),
    ("DYNAMODB_TIMEOUT_MS", "2000"),
    ("LEASE_MS", "1200"),
    ("FREE_MISSES_PER_DAY", "100000"),
];

fn link(id: usize) -> String {
    format!("https://www.tiktok.com/@a/video/{id}")
}

/// What befalls DynamoDB's calls.
struct Faults {
    random: Rng,
    count: Arc<AtomicUsize>,
    /// What befalls the next call, for which another one waits.
    next: Option<Fate>,
    /// The table that is down, and for how many calls to it.
    outage: Option<(&'static str, u8)>,
    death: Arc<Notify>,
}

impl Faults {
    fn fate(&mut self, call: &Call) -> Fate {
        if let Some(fate) = self.next.take() {
            return fate;
        }
        if let Some((table, calls)) = self.outage.take_if(|(table, _)| call.body["TableName"] == *table) {
            self.outage = (calls > 0).then(|| (table, calls - 1));
            self.count.fetch_add(1, Ordering::SeqCst);
            return Fate::Break;
        }
        if self.random.u8(..) > 64 {
            return Fate::Pass;
        }
        self.count.fetch_add(1, Ordering::SeqCst);
        let both = Arc::new(Barrier::new(2));
        match self.random.u8(..9) {
            0 => Fate::LoseAnswer,
            1 => Fate::Break,
            2 => Fate::Refuse(400, "ProvisionedThroughputExceededException"),
            3 if call.operation == "TransactWriteItems" => Fate::CancelTransaction,
            3 => Fate::Refuse(400, "TransactionConflictException"),
            4 => Fate::Refuse(500, "InternalServerError"),
            5 => {
                self.next = Some(Fate::Meet(Arc::clone(&both)));
                Fate::Meet(both)
            }
            6 => {
                self.next = Some(Fate::MeetTwice(Arc::clone(&both)));
                Fate::ArriveLate(both)
            }
            7 => {
                self.outage = Some((if self.random.bool() { "Cache" } else { "Accounts" }, self.random.u8(..32)));
                Fate::Break
            }
            _ => {
                self.death.notify_waiters();
                Fate::Pass
            }
        }
    }
}

/// Most posts are answered; some don't exist, and at some the provider fails.
fn provider(request: &Request) -> ResponseTemplate {
    match request.url.query().and_then(|query| query.chars().last()) {
        Some('7') => json_answer(200, json!({"statusCode": 10222})),
        Some('8') => ResponseTemplate::new(500),
        _ => api23_post(request),
    }
}

struct Run {
    stack: Stack,
    customer: Customer,
    ahead: String,
    death: Arc<Notify>,
    /// What callers were told that each post cost.
    told: HashMap<usize, u64>,
}

impl Run {
    /// One request: to either instance, by a caller who may hang up, or in a function that may die.
    async fn request(&self, id: usize, kind: u8) -> Option<Answer> {
        let body = json!({ "url": link(id) }).to_string();
        let key = [("x-api-key", self.customer.live.reveal())];
        let base = if kind.is_multiple_of(2) { &self.stack.base } else { &self.ahead };
        let asked = self.stack.send_to(base, "POST", "/v1/post/stats", &key, body.clone());
        match kind {
            0 | 1 => Some(asked.await),
            2 | 3 => tokio::select! {
                answer = asked => Some(answer),
                () = self.death.notified() => None,
            },
            _ => {
                let request = http::Request::post("/v1/post/stats").header(key[0].0, key[0].1);
                let request = request.body(Body::Text(body)).unwrap();
                tokio::select! {
                    _ = post_stats::handle(Arc::clone(&self.stack.app), request) => {}
                    () = self.death.notified() => {}
                }
                None
            }
        }
    }

    fn listen(&mut self, id: usize, answer: &Answer) {
        assert!(matches!(answer.status, 200 | 404 | 429 | 500 | 502), "{answer:?}");
        let charge = if answer.header("x-charge") == "0.001" { PRICE } else { 0 };
        let is_fresh = answer.status == 200 && answer.body["meta"]["cached"] == false;
        assert!(charge == 0 || is_fresh, "{answer:?}");
        let told = self.told.entry(id).or_default();
        *told += charge;
        assert!(*told <= PRICE, "post {id} was paid for twice");
    }

    /// The money adds up at any moment, and so do the days.
    async fn check(&self) {
        let account = self.stack.account(&self.customer).await;
        assert_eq!(account.balance.0 + account.held().0 + account.spent.0, account.funds.0, "{account:?}");
    }

    async fn has_holds(&self) -> bool {
        self.stack.get(&self.customer.live, "/v1/ping").await;
        !self.stack.account(&self.customer).await.holds.is_empty()
    }
}

/// `FAULT_SEEDS` is how many seeds are run; without it 3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_adds_up_and_no_answer_is_paid_for_twice() {
    let seeds = std::env::var("FAULT_SEEDS").map_or(3, |seeds| seeds.parse().unwrap());
    for first in (1..=seeds).step_by(3) {
        join_all((first..=seeds.min(first + 2)).map(under_faults)).await;
    }
}

async fn under_faults(seed: u64) {
    let stack = Stack::with(&SETTINGS).await;
    stack.provider("tiktok-api23", provider).await;
    let (customer, ahead) = (stack.customer("100", 100_000).await, stack.another_instance(10).await);
    let (count, death) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut random = Rng::with_seed(seed);
    let mut faults = Faults {
        random: random.fork(),
        count: Arc::clone(&count),
        next: None,
        outage: None,
        death: Arc::clone(&death),
    };
    stack.dynamodb.script(move |call| faults.fate(call));
    let mut run = Run { stack, customer, ahead, death, told: HashMap::new() };

    let mut posts = 1;
    while count.load(Ordering::SeqCst) < FAULTS {
        // Old and new posts, some of them at once.
        let asked: Vec<_> =
            (0..IN_A_ROUND).map(|_| (random.usize(posts.max(9) - 8..posts + 4), random.u8(..6))).collect();
        posts += 4;
        let answers = join_all(asked.iter().map(|(id, kind)| run.request(*id, *kind))).await;
        for ((id, _), answer) in asked.iter().zip(answers) {
            if let Some(answer) = answer {
                run.listen(*id, &answer);
            }
        }
        run.check().await;
        // The holds of those who died are overdue; over all rounds some days pass.
        run.stack.clock.advance(random.i64(1..20_000));
    }

    run.stack.dynamodb.script(|_| Fate::Pass);
    run.stack.clock.advance(120);
    until(async || !run.has_holds().await).await;
    for id in 1..posts {
        let answer = run.stack.post_stats(&run.customer.live, &link(id)).await;
        run.listen(id, &answer);
    }
    run.check().await;
    let account = run.stack.account(&run.customer).await;
    let days = run.stack.accounts.usage(&run.customer.account).await.unwrap();
    assert_eq!(days.values().map(|day| day.charge().0).sum::<u64>(), account.spent.0, "{days:?}");
    let answered = (1..posts).filter(|id| !matches!(id % 10, 7 | 8)).count();
    let told: u64 = run.told.values().sum();
    println!(
        "seed {seed}: {} faults in {} days, {posts} posts, asked {} times, {told} told, {} spent",
        count.load(Ordering::SeqCst),
        days.len(),
        run.stack.asked("tiktok-api23").await,
        account.spent,
    );
    assert!(account.spent.0 <= PRICE * u64::try_from(answered).unwrap(), "{}", account.spent);
    let fresh: i64 = days.values().filter_map(|day| day.endpoints.get(&(Endpoint::PostStats, Measure::Fresh))).sum();
    assert_eq!(fresh.unsigned_abs() * PRICE, account.spent.0);
}
