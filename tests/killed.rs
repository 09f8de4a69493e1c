//! Kills the local server or a function with a request in flight, and asserts that nothing is lost.

use std::process::Stdio;
use std::sync::Arc;

use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;
use shared::provider::ENTRIES;
use system_tests::dynamodb::{Call, Fate};
use system_tests::lambda::{Running, binary, event};
use system_tests::{Customer, Stack, api23_post, http_client, silence, until};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

const PRICE: u64 = 1_000;
/// The post of the function's event.
const POST: &str = "https://www.tiktok.com/@charlidamelio/video/7123456789";

/// The point of a request at which its process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    Lease,
    Hold,
    Provider,
    Fill,
    Settle,
}

impl Point {
    fn is(self, call: &Call) -> bool {
        match self {
            Self::Lease => call.updates("SET lease_owner"),
            Self::Hold => call.updates(":hold"),
            Self::Provider => false,
            Self::Fill => call.fills(),
            Self::Settle => call.updates("#spent"),
        }
    }

    /// The money that is held at this point.
    const fn held(self) -> u64 {
        match self {
            Self::Lease | Self::Hold => 0,
            Self::Provider | Self::Fill | Self::Settle => PRICE,
        }
    }
}

/// A stack on which every request stops at this point.
struct Scene {
    stack: Stack,
    customer: Customer,
    point: Point,
    reached: Arc<Notify>,
}

impl Scene {
    async fn new(point: Point) -> Self {
        let stack = Stack::start().await;
        let customer = stack.customer("1", 60).await;
        if point == Point::Provider {
            stack.provider("tiktok-api23", silence()).await;
        } else {
            stack.provider("tiktok-api23", api23_post).await;
        }
        let secret = json!({"Name": "keys", "SecretString": "{\"RAPIDAPI_KEY\": \"s3cret\"}"});
        stack.provider("secrets", system_tests::json_answer(200, secret)).await;
        let reached = Arc::new(Notify::new());
        let notified = Arc::clone(&reached);
        stack.dynamodb.script(move |call| {
            if !point.is(call) {
                return Fate::Pass;
            }
            notified.notify_one();
            Fate::Silence
        });
        Self { stack, customer, point, reached }
    }

    async fn is_reached(&self) {
        if self.point == Point::Provider {
            until(async || self.stack.asked("tiktok-api23").await > 0).await;
        } else {
            self.reached.notified().await;
        }
    }

    /// Asserts that after the death the money adds up, the hold is released at its deadline, and
    /// another instance answers the same request, for free if the answer was cached.
    async fn assert_nothing_is_lost(&self) {
        let Self { stack, customer, point, .. } = self;
        stack.dynamodb.script(|_| Fate::Pass);
        stack.upstream.reset().await;
        stack.provider("tiktok-api23", api23_post).await;
        let account = stack.account(customer).await;
        assert_eq!((account.held().0, account.spent.0), (point.held(), 0), "{account:?}");
        assert_eq!(account.balance.0 + point.held(), account.funds.0);

        // The dead process used the machine's clock.
        stack.clock.advance(Timestamp::now().as_second() - stack.now().as_second() + 120);
        let again = stack.post_stats(&customer.live, POST).await;
        let is_cached = *point == Point::Settle;
        let charge = if is_cached { 0 } else { PRICE };
        assert_eq!((again.status, again.body["meta"]["cached"].as_bool()), (200, Some(is_cached)), "{again:?}");
        let account = stack.account(customer).await;
        assert_eq!((account.holds.len(), account.spent.0), (0, charge), "{account:?}");
        assert_eq!(account.balance.0 + charge, account.funds.0);
    }
}

async fn kill(process: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().await.unwrap().success());
}

/// `ct serve` on the stack's DynamoDB, and its address.
async fn local_server(stack: &Stack) -> (Child, String) {
    let mut server = Command::new(binary("ct"));
    server.args(["serve", "--listen", "127.0.0.1:0", "--dynamodb-endpoint", stack.dynamodb.endpoint()]);
    server.envs(ENTRIES.iter().map(|entry| stack.address_of(entry))).env("RAPIDAPI_KEY", "s3cret");
    server.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_PROFILE");
    let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let mut greeting = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = greeting.next_line().await.unwrap().unwrap();
    (server, line.rsplit(' ').next().unwrap().to_owned())
}

#[rstest]
#[case::before_the_lease(Point::Lease)]
#[case::before_the_hold(Point::Hold)]
#[case::while_a_provider_is_asked(Point::Provider)]
#[case::before_the_answer_is_cached(Point::Fill)]
#[case::before_the_hold_is_settled(Point::Settle)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_server_that_is_killed_loses_nothing(#[case] point: Point) {
    let scene = Scene::new(point).await;
    let (mut server, base) = local_server(&scene.stack).await;
    let request = http_client().post(format!("{base}/v1/post/stats")).bearer_auth(scene.customer.live.reveal());
    let request = tokio::spawn(request.body(json!({ "url": POST }).to_string()).send());
    scene.is_reached().await;
    server.kill().await.unwrap();
    request.await.unwrap().expect_err("the connection broke");
    scene.assert_nothing_is_lost().await;
}

/// Lambda gives a function without extensions no notice before it ends the process, so all ends
/// look alike.
#[rstest]
#[case::while_a_provider_is_asked(Point::Provider)]
#[case::before_the_hold_is_settled(Point::Settle)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_is_ended_loses_nothing(#[case] point: Point, #[values("-TERM", "-KILL")] signal: &str) {
    let scene = Scene::new(point).await;
    let Some(function) = Running::start("post-stats", &scene.stack) else { return };
    let event = event("post-stats", &scene.customer.live);
    let ended = async {
        scene.is_reached().await;
        kill(function.function(), signal).await;
    };
    let (answer, ()) = tokio::join!(function.invoke(&event), ended);
    assert!(answer["statusCode"].is_null(), "{answer}");
    scene.assert_nothing_is_lost().await;
}
