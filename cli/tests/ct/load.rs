//! Load: many connections at once. The test prints times, and asserts that nothing fails, how often
//! the provider is asked, and that memory stays. `LOAD_SECONDS` is the duration of each kind of
//! request; without it, the duration is 1 second, and shorter for the first kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use shared::money::MicroDollars;
use tempfile::TempDir;
use tokio::task::JoinSet;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use crate::harness::*;

const CONNECTIONS: usize = 64;
/// The number of accounts: each may have 50 requests in flight.
const ACCOUNTS: usize = 2;
const POSTS: usize = 50;
const SLOW: Duration = Duration::from_millis(300);
/// In KiB: how much memory may grow after the first quarter of a kind's time.
const GROWTH: usize = 16 * 1024;

struct Account {
    id: String,
    live: String,
    test: String,
}

impl Account {
    async fn open(folder: &TempDir) -> Self {
        let run = async |arguments: &[&str]| print(folder.path(), arguments).await;
        let id = after(&run(&["accounts", "create", "A"]).await, "account").to_owned();
        run(&["funds", "add", &id, "1000", "--payment-id", &id]).await;
        let live = run(&["keys", "create", &id, "--rate-limit", "1000000"]).await;
        let test = run(&["keys", "create", &id, "--rate-limit", "1000000", "--test"]).await;
        let key = |printed: &str| printed.split_whitespace().find(|word| word.starts_with("ct_")).unwrap().to_owned();
        Self { id, live: key(&live), test: key(&test) }
    }
}

struct Load {
    server: Server,
    accounts: Vec<Account>,
    /// The number of new posts so far.
    new_posts: AtomicUsize,
}

/// One request: the key, the post's number, and the expected status.
type Asked<'a> = (&'a str, usize, u16);
/// Makes the request with this number.
type Kind = fn(&Load, usize) -> Asked<'_>;

impl Load {
    /// A request for one of the posts that are asked for repeatedly.
    fn known(&self, number: usize) -> Asked<'_> {
        (&self.account(number).live, number % POSTS, 200)
    }

    fn unseen(&self, number: usize) -> Asked<'_> {
        (&self.account(number).live, POSTS + self.new_posts.fetch_add(1, Ordering::SeqCst), 200)
    }

    fn mixed(&self, number: usize) -> Asked<'_> {
        match number % 8 {
            0 => self.unseen(number / 8),
            1 => (&self.account(number / 8).test, number, 200),
            2 => ("ct_live_mistyped", number, 401),
            _ => self.known(number),
        }
    }

    fn account(&self, number: usize) -> &Account {
        &self.accounts[number % ACCOUNTS]
    }

    async fn send(&self, http: &Client, (key, post, status): Asked<'_>) {
        let body = json!({ "url": format!("https://www.tiktok.com/@a/video/{}", 7_000_000_000 + post) }).to_string();
        let request = http.post(format!("{}/v1/post/stats", self.server.base)).bearer_auth(key).body(body);
        let answer = request.send().await.unwrap();
        let got = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(got, status, "{body}");
    }

    /// The server's memory in KiB.
    fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.process.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

/// Sends at most `most` requests over all connections, for at most `time`. Returns samples of the
/// server's memory.
async fn run(load: &Arc<Load>, name: &str, most: usize, time: Duration, kind: Kind) -> Vec<usize> {
    let (started, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let (load, next) = (Arc::clone(load), Arc::clone(&next));
        connections.spawn(async move {
            let http = shared::http_client::builder().build().unwrap();
            let (mut times, mut memory) = (Vec::new(), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                let passed = started.elapsed();
                let is_over = number >= most || passed >= time;
                // Eight samples, and one at the end.
                if connection == 0 && (is_over || passed * 8 >= time * u32::try_from(memory.len()).unwrap()) {
                    memory.push(load.memory());
                }
                if is_over {
                    return (times, memory);
                }
                let sent = Instant::now();
                load.send(&http, kind(&load, number)).await;
                times.push(sent.elapsed());
            }
        });
    }
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for (of_one, seen) in connections.join_all().await {
        times.extend(of_one);
        memory.extend(seen);
    }
    times.sort();
    let rate = f64::from(u32::try_from(times.len()).unwrap()) / started.elapsed().as_secs_f64();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{name}: {} requests, {rate:.0} a second, p50 {:.1?}, p99 {:.1?}, longest {:.1?}; memory in KiB {memory:?}",
        times.len(),
        at(50),
        at(99),
        at(100),
    );
    memory
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_under_load_fails_no_request_asks_once_per_post_and_keeps_its_memory() {
    let seconds = std::env::var("LOAD_SECONDS").map_or(1, |seconds| seconds.parse().unwrap());
    let time = Duration::from_secs(seconds);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let upstream = MockServer::builder().disable_request_recording().start().await;
    let provider = move |_: &wiremock::Request| {
        counter.fetch_add(1, Ordering::SeqCst);
        tikwm_post().set_delay(SLOW)
    };
    Mock::given(any()).respond_with(provider).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    let env = [
        ("TIKWM_BASE_URL", &*upstream.uri()),
        // Answers must not expire during the test.
        ("CACHE_POST_STATS_SECONDS", "3600"),
        // Longer timeouts, for a busy machine.
        ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "20000"),
        ("DYNAMODB_TIMEOUT_MS", "60000"),
        ("LEASE_MS", "20000"),
        ("HOLD_SECONDS", "120"),
    ];
    let server = Server::start_with(folder.path(), &[], &env).await;
    let mut accounts = Vec::new();
    for _ in 0..ACCOUNTS {
        accounts.push(Account::open(&folder).await);
    }
    let load = Arc::new(Load { server, accounts, new_posts: AtomicUsize::new(0) });

    let requests = 5_000.min(500 * usize::try_from(seconds).unwrap());
    // A first round opens the connections and allocates memory.
    run(&load, "50 posts", requests, Duration::from_mins(10), Load::known).await;
    assert_eq!(asked.load(Ordering::SeqCst), POSTS);
    let kinds: [(&str, Kind); 3] = [("cached", Load::known), ("mixed", Load::mixed), ("new posts", Load::unseen)];
    for (name, kind) in kinds {
        let memory = run(&load, name, usize::MAX, time, kind).await;
        let early = memory.iter().take(memory.len().div_ceil(3)).max().unwrap();
        assert!(memory.last().unwrap() <= &(early + GROWTH), "{name}: {memory:?}");
    }
    let posts = POSTS + load.new_posts.load(Ordering::SeqCst);
    assert_eq!(asked.load(Ordering::SeqCst), posts);

    let mut spent = 0;
    for account in &load.accounts {
        let shown = print(folder.path(), &["accounts", "show", &account.id]).await;
        let of = |label| after(&shown, label).parse::<MicroDollars>().unwrap().0;
        assert_eq!((of("held"), of("balance") + of("spent")), (0, of("funds")));
        spent += of("spent");
    }
    assert_eq!(spent, 1_000 * u64::try_from(posts).unwrap());
    let load = Arc::into_inner(load).unwrap();
    assert!(load.server.stop().await);
}
