//! Money: at every moment balance + held + spent = funds, and the balance is never below zero, with
//! every failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use lambda_http::Body;
use rstest::rstest;
use serde_json::json;
use shared::account::{Account, AccountId, Funded, OperatorError};
use shared::contract::Endpoint;
use shared::dynamodb::{self, Access, Timeouts};
use shared::money::MicroDollars;
use system_tests::dynamodb::Fate;
use system_tests::{Customer, FOR_A_CROWD, POST, Stack, api23_post, json_answer, silence, until};
use tokio::sync::Barrier;

const PRICE: u64 = 1_000;

fn link(id: usize) -> String {
    format!("https://www.tiktok.com/@a/video/{id}")
}

fn assert_adds_up(account: &Account) {
    assert_eq!(account.balance.0 + account.held().0 + account.spent.0, account.funds.0, "{account:?}");
}

async fn assert_settled(stack: &Stack, customer: &Customer, spent: u64) {
    let account = stack.account(customer).await;
    assert_adds_up(&account);
    assert_eq!((account.holds.len(), account.spent.0), (0, spent));
}

/// The request as Lambda passes it to the function, so that a test can end it in the middle.
fn request(customer: &Customer, url: &str) -> lambda_http::Request {
    let request = http::Request::post("/v1/post/stats").header("x-api-key", customer.live.reveal());
    request.body(Body::Text(json!({ "url": url }).to_string())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn funds_for_10_answers_pay_exactly_10_of_100_simultaneous_requests() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("0.01", 1000).await;
    let links: Vec<String> = (1..=100).map(link).collect();
    let answers = join_all(links.iter().map(|link| stack.post_stats(&customer.live, link))).await;
    let with = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(200), with(402)), (10, 90));
    assert_eq!(stack.asked("tiktok-api23").await, 10);
    assert_settled(&stack, &customer, 10 * PRICE).await;
    assert_eq!(stack.account(&customer).await.balance, MicroDollars::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn funds_for_one_answer_pay_one_request_to_the_provider_for_50_different_posts() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("0.001", 1000).await;
    let links: Vec<String> = (1..=50).map(link).collect();
    let answers = join_all(links.iter().map(|link| stack.post_stats(&customer.live, link))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(stack.asked("tiktok-api23").await, 1);
    assert_settled(&stack, &customer, PRICE).await;
}

#[rstest]
#[case::every_first_answer_is_lost(2)]
#[case::every_third_answer_is_lost(3)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_of_dynamodb_move_no_money_twice(#[case] every: usize) {
    // A settlement that fails by time alone would release its hold.
    let stack = Stack::with(&FOR_A_CROWD).await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    let calls = AtomicUsize::new(0);
    stack.dynamodb.script(move |call| {
        let is_write = call.operation != "GetItem";
        let lost = is_write && calls.fetch_add(1, Ordering::SeqCst).is_multiple_of(every);
        if lost { Fate::LoseAnswer } else { Fate::Pass }
    });
    let mut fresh = 0;
    for id in 1..=20 {
        let answer = stack.post_stats(&customer.live, &link(id)).await;
        fresh += u64::from(answer.status == 200);
        assert_adds_up(&stack.account(&customer).await);
    }
    assert_eq!(fresh, 20, "the SDK repeats each lost call");
    // A hold whose answer was lost is released at its deadline.
    stack.clock.advance(121);
    stack.dynamodb.script(|_| Fate::Pass);
    stack.get(&customer.live, "/v1/ping").await;
    assert_settled(&stack, &customer, fresh * PRICE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_arrives_after_it_was_settled_is_not_settled_again() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    let late = Arc::new(Barrier::new(2));
    let [holds, settles] = [(); 2].map(|()| AtomicUsize::new(0));
    let meeting = Arc::clone(&late);
    stack.dynamodb.script(move |call| match () {
        () if call.updates(":hold") && holds.fetch_add(1, Ordering::SeqCst) == 0 => {
            Fate::ArriveLate(Arc::clone(&meeting))
        }
        // The settlement is applied and its answer lost. Before the SDK repeats it, the first hold
        // arrives.
        () if call.updates("#spent") && settles.fetch_add(1, Ordering::SeqCst) == 0 => Fate::LoseAnswer,
        () if call.updates("#spent") => Fate::MeetTwice(Arc::clone(&meeting)),
        () => Fate::Pass,
    });
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"));
    let account = stack.account(&customer).await;
    assert_eq!((account.spent.0, account.held().0), (PRICE, PRICE), "the late hold belongs to no request");
    stack.clock.advance(61);
    stack.get(&customer.live, "/v1/ping").await;
    assert_settled(&stack, &customer, PRICE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_killed_between_hold_and_settle_returns_its_money_once() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", silence()).await;
    let customer = stack.customer("0.001", 1000).await;
    let killed = tokio::spawn(post_stats::handle(Arc::clone(&stack.app), request(&customer, POST)));
    until(async || stack.asked("tiktok-api23").await > 0).await;
    killed.abort();
    let held = stack.account(&customer).await;
    assert_eq!((held.balance.0, held.held().0), (0, PRICE));
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 402, "the deadline hasn't passed");

    // After the deadline, many simultaneous requests use the account, and each sees the released
    // money.
    stack.clock.advance(61);
    let answers = join_all((0..20).map(|_| stack.post_stats_body(&customer.live, "{}"))).await;
    assert!(answers.iter().all(|answer| answer.header("x-balance") == "0.001"), "{answers:?}");
    assert_settled(&stack, &customer, 0).await;
    assert_eq!(stack.account(&customer).await.balance.0, PRICE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_past_its_deadline_is_released_before_402_is_answered() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", silence()).await;
    let customer = stack.customer("0.001", 1000).await;
    let killed = tokio::spawn(post_stats::handle(Arc::clone(&stack.app), request(&customer, &link(1))));
    until(async || !stack.account(&customer).await.holds.is_empty()).await;
    killed.abort();
    stack.upstream.reset().await;
    stack.provider("tiktok-api23", api23_post).await;
    stack.clock.advance(61);
    assert_eq!(stack.post_stats(&customer.live, &link(2)).await.status, 200);
    assert_settled(&stack, &customer, PRICE).await;
}

#[tokio::test]
async fn an_answer_that_arrives_too_late_is_delivered_cached_and_free() {
    let stack = Stack::start().await;
    let clock = stack.clock.clone();
    stack
        .provider("tiktok-api23", move |request: &wiremock::Request| {
            clock.advance(29);
            api23_post(request)
        })
        .await;
    let customer = stack.customer("1", 1000).await;
    let late = stack.post_stats(&customer.live, POST).await;
    assert_eq!((late.status, late.header("x-charge"), late.header("x-balance")), (200, "0", "1"));
    assert_settled(&stack, &customer, 0).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.body["meta"]["cached"], true);
}

#[tokio::test]
async fn a_request_whose_caller_disconnects_is_still_finished() {
    let stack = Stack::start().await;
    stack
        .provider("tiktok-api23", move |request: &wiremock::Request| {
            api23_post(request).set_delay(Duration::from_secs(1))
        })
        .await;
    let customer = stack.customer("1", 1000).await;
    tokio::select! {
        _ = stack.post_stats(&customer.live, POST) => panic!("the caller must disconnect first"),
        () = until(async || stack.asked("tiktok-api23").await > 0) => {}
    }
    until(async || stack.account(&customer).await.spent.0 > 0).await;
    let again = stack.post_stats(&customer.live, POST).await;
    assert_eq!((again.body["meta"]["cached"].as_bool(), again.header("x-charge")), (Some(true), "0"));
}

#[tokio::test]
async fn a_write_that_conflicts_with_a_transaction_is_tried_again() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    let mut refused = std::collections::HashSet::new();
    stack.dynamodb.script(move |call| {
        // The first write of each kind is refused. Attempts to hold differ in their attribute
        // names.
        let kind = if call.updates(":hold") { "hold".to_owned() } else { call.body["UpdateExpression"].to_string() };
        let is_first = call.operation != "GetItem" && refused.insert(kind);
        if is_first { Fate::Refuse(400, "TransactionConflictException") } else { Fate::Pass }
    });
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"));
    assert_settled(&stack, &customer, PRICE).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.body["meta"]["cached"], true);
}

#[tokio::test]
async fn an_operators_transaction_that_conflicts_with_another_is_tried_again() {
    use shared::account::{Accounts, ApiKey, Limits, Mode};
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let timeouts = Timeouts { attempt: Duration::from_secs(4), operation: Duration::from_secs(12) };
    let client = dynamodb::client(Access::local(stack.dynamodb.endpoint()), timeouts);
    let limits = Limits { hold_seconds: 60, free_failures_per_day: 500, patience: Duration::from_secs(3) };
    let accounts = Accounts::new(client, "Accounts".to_owned(), shared::clock::Clock::system(), limits);
    let transactions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&transactions);
    stack.dynamodb.script(move |call| {
        let is_first =
            call.operation == "TransactWriteItems" && counter.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        if is_first { Fate::CancelTransaction } else { Fate::Pass }
    });
    accounts.fund(&customer.account, MicroDollars(5), "payment").await.unwrap();
    accounts.add_key(&ApiKey::generate(Mode::Live, &customer.account), 60).await.unwrap();
    let account = stack.account(&customer).await;
    assert_eq!((account.funds.0, account.keys.len()), (5, 3));
    assert_eq!(transactions.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_payment_credits_one_account_once() {
    let stack = Stack::start().await;
    let [one, other] = [stack.customer("0", 60).await, stack.customer("0", 60).await];
    let usd = |text: &str| text.parse::<MicroDollars>().unwrap();
    let fund = |customer: &Customer, amount: &str| {
        let (accounts, account, amount) = (stack.accounts.clone(), customer.account.clone(), usd(amount));
        async move { accounts.fund(&account, amount, "payment-1").await }
    };
    let at_once = join_all((0..8).map(|_| fund(&one, "5"))).await;
    let credited = at_once.iter().filter(|funded| matches!(funded, Ok(Funded::Now))).count();
    assert_eq!(credited, 1);
    assert!(matches!(fund(&one, "5").await, Ok(Funded::Before)));
    assert!(matches!(fund(&one, "6").await, Err(OperatorError::PaymentDiffers(_))));
    assert!(matches!(fund(&other, "5").await, Err(OperatorError::PaymentDiffers(_))));
    let account = stack.account(&one).await;
    assert_eq!((account.balance, account.funds), (usd("5"), usd("5")));
    assert_eq!(stack.account(&other).await.funds, MicroDollars::ZERO);

    let nobody = stack.accounts.fund(&AccountId::random(), usd("5"), "payment-2").await;
    assert!(matches!(nobody, Err(OperatorError::NoAccount(_))));
    assert!(matches!(stack.accounts.fund(&one.account, usd("5"), "payment-2").await, Ok(Funded::Now)));
}

#[tokio::test]
async fn an_account_has_at_most_10_keys_in_use_and_revoked_keys_do_not_count() {
    use shared::account::{ApiKey, Mode};
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    let more = || ApiKey::generate(Mode::Live, &customer.account);
    for _ in 0..8 {
        stack.accounts.add_key(&more(), 60).await.unwrap();
    }
    assert!(matches!(stack.accounts.add_key(&more(), 60).await, Err(OperatorError::TooManyKeys)));
    stack.accounts.revoke_key(&customer.test.id()).await.unwrap();
    let new = more();
    stack.accounts.add_key(&new, 60).await.unwrap();
    assert_eq!(stack.get(&new, "/v1/ping").await.status, 200);
    assert_eq!(stack.get(&customer.test, "/v1/ping").await.status, 401);
    assert!(matches!(stack.accounts.revoke_key("0123456789abcdef").await, Err(OperatorError::NoKey(_))));
}

#[tokio::test]
async fn every_kind_of_failure_costs_nothing() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10222}))).await;
    let customer = stack.customer("1", 1000).await;
    assert_eq!(stack.post_stats(&customer.live, POST).await.status, 404);
    assert_settled(&stack, &customer, 0).await;
    let account = stack.account(&customer).await;
    let step = 86_400_000 / 500;
    assert_eq!(account.free_failures, Some(stack.now().as_millisecond() + step), "the failure is counted");
}

#[rstest]
#[case::the_answer_can_not_be_cached(Fate::Break)]
#[case::the_fill_is_refused(Fate::Refuse(400, "ValidationException"))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_can_not_be_cached_is_delivered_for_free_and_ends_the_lease(#[case] fate: Fate) {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    let fate = std::sync::Mutex::new(Some(fate));
    let is_break = matches!(*fate.lock().unwrap(), Some(Fate::Break));
    stack.dynamodb.script(move |call| match () {
        () if call.fills() && is_break => Fate::Break,
        () if call.fills() => fate.lock().unwrap().take().unwrap_or(Fate::Pass),
        () => Fate::Pass,
    });
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.header("x-charge"), answer.header("x-balance")), (200, "0", "1"));
    assert_settled(&stack, &customer, 0).await;
    stack.dynamodb.script(|_| Fate::Pass);
    let again = stack.post_stats(&customer.live, POST).await;
    assert_eq!((again.status, again.header("x-charge")), (200, "0.001"), "the old lease is free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_killed_after_its_answer_was_cached_is_free_and_the_answer_stays_cached() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    let reached = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reached);
    stack.dynamodb.script(move |call| {
        if call.updates("#spent") {
            counter.fetch_add(1, Ordering::SeqCst);
            return Fate::Silence;
        }
        Fate::Pass
    });
    let killed = tokio::spawn(post_stats::handle(Arc::clone(&stack.app), request(&customer, POST)));
    until(async || reached.load(Ordering::SeqCst) > 0).await;
    killed.abort();
    let cached = stack.post_stats(&customer.live, POST).await;
    assert_eq!((cached.body["meta"]["cached"].as_bool(), cached.header("x-charge")), (Some(true), "0"));
    stack.clock.advance(61);
    stack.get(&customer.live, "/v1/ping").await;
    assert_settled(&stack, &customer, 0).await;
}

#[tokio::test]
async fn an_answer_whose_hold_was_released_shows_no_charge() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    stack.dynamodb.script(|call| {
        // The hold seems to be released already.
        if call.updates("#spent") { Fate::Refuse(400, "ConditionalCheckFailedException") } else { Fate::Pass }
    });
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overdue_holds_are_released_in_one_write() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1000).await;
    for id in 0..20 {
        let name = format!("request{id:013}").chars().rev().collect::<String>();
        let price = MicroDollars(PRICE);
        stack.accounts.hold(&customer.live, Endpoint::PostStats, &name, price).await.unwrap();
    }
    stack.get(&customer.live, "/v1/ping").await;
    assert_eq!(stack.account(&customer).await.holds.len(), 20, "the deadline hasn't passed");
    stack.clock.advance(61);
    let _ = stack.dynamodb.calls();
    stack.get(&customer.live, "/v1/ping").await;
    assert_eq!(
        stack.dynamodb.calls(),
        ["UpdateItem"; 3],
        "one call finds the old window, one opens the new one, one releases the holds"
    );
    assert_settled(&stack, &customer, 0).await;
    assert!(stack.account(&customer).await.free_failures.is_none(), "a request that died doesn't count as a failure");
}

#[tokio::test]
async fn an_operator_whose_clock_is_ahead_releases_nothing() {
    use shared::account::{Accounts, ApiKey, Limits, Mode};
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1000).await;
    let price = MicroDollars(PRICE);
    stack.accounts.hold(&customer.live, Endpoint::PostStats, "request-in-flight", price).await.unwrap();
    let now = stack.now();
    let ahead = shared::clock::Clock::new(move || now.checked_add(jiff::SignedDuration::from_mins(90)).unwrap());
    let limits = Limits { hold_seconds: 60, free_failures_per_day: 500, patience: Duration::from_secs(3) };
    let operator = Accounts::new(stack.direct.clone(), "Accounts".to_owned(), ahead, limits);
    assert_eq!(operator.show(&customer.account).await.unwrap().held(), price);
    operator.add_key(&ApiKey::generate(Mode::Live, &customer.account), 60).await.unwrap();
    operator.fund(&customer.account, price, "another payment").await.unwrap();
    assert_eq!(stack.account(&customer).await.held(), price);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cached_answer_is_returned_while_the_money_is_held_and_refused_without_money() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let [rich, customer] = [stack.customer("1", 1000).await, stack.customer("0.001", 1000).await];
    assert_eq!(stack.post_stats(&rich.live, POST).await.status, 200);
    let price = MicroDollars(PRICE);
    stack.accounts.hold(&customer.live, Endpoint::PostStats, "request-in-flight", price).await.unwrap();
    let cached = stack.post_stats(&customer.live, POST).await;
    assert_eq!((cached.status, cached.header("x-balance")), (200, "0"));
    assert_eq!(stack.post_stats(&customer.live, &link(1)).await.status, 402);
    let poor = stack.customer("0", 1000).await;
    assert_eq!(stack.post_stats(&poor.live, POST).await.status, 402);
}

#[tokio::test]
async fn many_requests_with_an_unknown_key_cost_one_write_a_minute() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1000).await;
    let forged = shared::account::ApiKey::generate(shared::account::Mode::Live, &customer.account);
    for _ in 0..20 {
        assert_eq!(stack.get(&forged, "/v1/ping").await.status, 401);
    }
    assert_eq!(stack.dynamodb.calls(), ["UpdateItem"]);
    stack.clock.advance(61);
    stack.get(&forged, "/v1/ping").await;
    assert_eq!(stack.dynamodb.calls().len(), 1);
}

#[rstest]
#[case::at_once(0, "0.001")]
#[case::after_the_start_of_an_instance(12, "0")]
#[case::by_a_wrong_clock(60, "0.001")]
#[case::by_a_clock_ahead(-5, "0.001")]
#[tokio::test]
async fn a_request_is_late_by_its_time_at_the_gateway(#[case] seconds_before: i64, #[case] charge: &str) {
    let stack = Stack::start().await;
    let clock = stack.clock.clone();
    stack
        .provider("tiktok-api23", move |request: &wiremock::Request| {
            clock.advance(18);
            api23_post(request)
        })
        .await;
    let customer = stack.customer("1", 1000).await;
    let mut event: serde_json::Value = serde_json::from_str(include_str!("../events/post-stats.json")).unwrap();
    event["headers"]["authorization"] = format!("Bearer {}", customer.live.reveal()).into();
    event["requestContext"]["timeEpoch"] = (stack.now().as_millisecond() - 1_000 * seconds_before).into();
    let event: lambda_http::request::LambdaRequest = serde_json::from_value(event).unwrap();
    let reply = post_stats::handle(Arc::clone(&stack.app), event.into()).await;
    let headers = lambda_http::IntoResponse::into_response(reply).await.into_parts().0.headers;
    assert_eq!(headers["x-charge"], charge);
}

#[tokio::test]
async fn a_revoked_key_stays_revoked_when_it_is_added_again() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.accounts.revoke_key(&customer.live.id()).await.unwrap();
    stack.accounts.add_key(&customer.live, 60).await.unwrap();
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 401);
    let details = stack.accounts.key_details(&customer.account).await.unwrap();
    assert_eq!(details.iter().filter(|key| key.revoked_at.is_some()).count(), 1);
}

#[tokio::test]
async fn simultaneous_failures_lock_an_account_out_for_one_step_at_most() {
    use shared::account::{Cause, HoldError, HoldRefusal};
    let stack = Stack::with(&[("FREE_MISSES_PER_DAY", "24")]).await;
    let customer = stack.customer("1", 60).await;
    let hold = async |name: usize| {
        let price = MicroDollars(PRICE);
        stack.accounts.hold(&customer.live, Endpoint::PostStats, &format!("{name}-request"), price).await
    };
    let mut in_flight = Vec::new();
    for name in 10..50 {
        in_flight.push(hold(name).await.unwrap());
    }
    for one in &in_flight {
        stack.accounts.release(&customer.account, one, Cause::Subject).await.unwrap();
    }
    assert_settled(&stack, &customer, 0).await;
    let Err(HoldError::Refused { reason, .. }) = hold(50).await else { panic!("the account is locked out") };
    let HoldRefusal::TooManyFailures { retry_after } = reason else { panic!("{reason}") };
    assert!(retry_after <= 3_600, "{retry_after}");
    stack.clock.advance(i64::try_from(retry_after).unwrap());
    assert!(hold(51).await.is_ok());
}
