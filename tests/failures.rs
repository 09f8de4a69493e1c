//! Faults of DynamoDB, providers and Secrets Manager: the callers' answers are as docs/operating.md
//! lists them, and no fault loses money.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use shared::contract::Endpoint;
use shared::dynamodb::{Access, Timeouts, client};
use shared::provider::ENTRIES;
use system_tests::door::{Door, Shut};
use system_tests::dynamodb::{Call, Fate};
use system_tests::{Answer, Customer, POST, Stack, TIKTOK, api23_post, json_answer, serve, silence, tikwm_post};
use wiremock::ResponseTemplate;

const PRICE: u64 = 1_000;
/// Short timeouts, for faults that last until a timeout.
const DEPLOYED: [(&str, &str); 2] = [("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000"), ("DYNAMODB_TIMEOUT_MS", "3000")];
/// Short deadlines, for a request that waits until its deadline.
const HURRIED: [(&str, &str); 4] = [
    ("PROVIDERS_DEADLINE_MS", "1500"),
    ("PROVIDER_TIMEOUT_MS", "1500"),
    ("PROVIDER_HEDGE_MS", "1500"),
    ("SHORT_LINK_TIMEOUT_MS", "1500"),
];

/// A DynamoDB call of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Any,
    Admit,
    Look,
    LookForAll,
    Lease,
    Hold,
    Fill,
    Settle,
    Release,
}

impl Step {
    fn is(self, call: &Call) -> bool {
        match self {
            Self::Any => true,
            Self::Admit => call.updates("#used"),
            Self::Look => call.operation == "GetItem",
            Self::LookForAll => call.operation == "BatchGetItem",
            Self::Lease => call.updates("SET lease_owner"),
            Self::Hold => call.updates(":hold"),
            Self::Fill => call.fills(),
            Self::Settle => call.updates("#spent"),
            Self::Release => call.updates("#balance + :sum"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Throttled,
    ServerError,
    Silent,
    Reset,
    AnswerLost,
}

impl Fault {
    fn fate(self) -> Fate {
        match self {
            Self::Throttled => Fate::Refuse(400, "ProvisionedThroughputExceededException"),
            Self::ServerError => Fate::Refuse(500, "InternalServerError"),
            Self::Silent => Fate::Silence,
            Self::Reset => Fate::Break,
            Self::AnswerLost => Fate::LoseAnswer,
        }
    }
}

/// Asserts that no money is held, this much is spent, usage agrees, and the money adds up.
async fn assert_spent(stack: &Stack, customer: &Customer, spent: u64) {
    let account = stack.account(customer).await;
    assert_eq!((account.holds.len(), account.spent.0), (0, spent), "{account:?}");
    assert_eq!(account.balance.0 + spent, account.funds.0, "{account:?}");
    let days = stack.accounts.usage(&customer.account).await.unwrap();
    assert_eq!(days.values().map(|day| day.charge().0).sum::<u64>(), spent, "{days:?}");
}

fn charge(answer: &Answer) -> u64 {
    if answer.header("x-charge") == "0.001" { PRICE } else { 0 }
}

/// All attempts of one call have the fault.
#[rstest]
#[case::all_of_them(Step::Any, 500, "", "")]
#[case::admit(Step::Admit, 500, "", "")]
#[case::look(Step::Look, 500, "0", "1")]
#[case::lease(Step::Lease, 500, "0", "1")]
#[case::hold(Step::Hold, 500, "0", "1")]
#[case::fill(Step::Fill, 200, "0", "1")]
#[case::settle(Step::Settle, 200, "0.001", "0.999")]
#[case::release(Step::Release, 404, "0", "0.999")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_dynamodb_loses_no_money(
    #[case] step: Step,
    #[case] status: u16,
    #[case] charged: &str,
    #[case] balance: &str,
    #[values(Fault::Throttled, Fault::ServerError, Fault::Silent, Fault::Reset, Fault::AnswerLost)] fault: Fault,
) {
    // A throttled request assumes that another request has the lease, and waits.
    let waits = (step, fault) == (Step::Lease, Fault::Throttled);
    let times: &[_] = match fault {
        Fault::Silent => &DEPLOYED,
        _ if waits => &HURRIED,
        _ => &[],
    };
    let stack = Stack::with(times).await;
    let customer = stack.customer("1", 1000).await;
    if step == Step::Release {
        stack.provider("tiktok-api23", json_answer(200, json!({"statusCode": 10222}))).await;
    } else {
        stack.provider("tiktok-api23", api23_post).await;
    }
    stack.dynamodb.script(move |call| if step.is(call) { fault.fate() } else { Fate::Pass });
    let answer = stack.post_stats(&customer.live, POST).await;
    let status = if waits { 502 } else { status };
    assert_eq!((answer.status, answer.header("x-charge")), (status, charged), "{answer:?}");
    assert_eq!(answer.header("x-balance"), balance);
    let expected_code = match status {
        500 => "internal",
        502 => "upstream_failed",
        404 => "not_found",
        _ => "",
    };
    assert_eq!(answer.code(), expected_code);
    let account = stack.account(&customer).await;
    assert_eq!(account.balance.0 + account.held().0 + account.spent.0, account.funds.0, "{account:?}");

    stack.dynamodb.script(|_| Fate::Pass);
    stack.upstream.reset().await;
    stack.provider("tiktok-api23", api23_post).await;
    // Beyond the deadlines of the hold and the lease.
    stack.clock.advance(120);
    stack.get(&customer.live, "/v1/ping").await;
    // The write may have been applied, so the reported charge is the highest possible one.
    let spent = if (step, fault) == (Step::Settle, Fault::AnswerLost) { PRICE } else { 0 };
    assert_spent(&stack, &customer, spent).await;
    let again = stack.post_stats(&customer.live, POST).await;
    assert_eq!(again.status, 200, "{again:?}");
    let was_cached = step == Step::Settle || (step, fault) == (Step::Fill, Fault::AnswerLost);
    assert_eq!((again.body["meta"]["cached"] == true, charge(&again) == 0), (was_cached, was_cached), "{again:?}");
    assert_spent(&stack, &customer, spent + charge(&again)).await;
}

/// All attempts of one call of a batch of two posts have the fault. If the batch makes the call for
/// each post, both have it.
#[rstest]
#[case::admit(Step::Admit, 500, "")]
#[case::look(Step::LookForAll, 500, "0")]
#[case::lease(Step::Lease, 200, "0")]
#[case::hold(Step::Hold, 200, "0")]
#[case::fill(Step::Fill, 200, "0")]
#[case::settle(Step::Settle, 200, "0.002")]
#[tokio::test]
async fn a_fault_of_dynamodb_in_a_batch_loses_no_money(
    #[case] step: Step,
    #[case] status: u16,
    #[case] charged: &str,
    #[values(Fault::ServerError, Fault::Reset, Fault::AnswerLost)] fault: Fault,
) {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1000).await;
    stack.provider("tiktok-api23", api23_post).await;
    let post = |id: u8| format!("https://www.tiktok.com/@some.one/video/710659431229240000{id}");
    let body = json!({"posts": [post(1), post(2)]}).to_string();
    stack.dynamodb.script(move |call| if step.is(call) { fault.fate() } else { Fate::Pass });
    let answer = stack.ask(Endpoint::PostStatsBatch, &customer.live, body.clone()).await;
    assert_eq!((answer.status, answer.header("x-charge")), (status, charged), "{answer:?}");
    let code = |answer: &Answer, place: usize| answer.body["data"]["results"][place]["code"].clone();
    if status == 200 {
        let expected = if matches!(step, Step::Lease | Step::Hold) { json!("internal") } else { json!(null) };
        assert_eq!([code(&answer, 0), code(&answer, 1)], [expected.clone(), expected], "{answer:?}");
    }

    stack.dynamodb.script(|_| Fate::Pass);
    // Beyond the deadlines of the hold and the leases.
    stack.clock.advance(120);
    stack.get(&customer.live, "/v1/ping").await;
    let spent = if (step, fault) == (Step::Settle, Fault::AnswerLost) { 2 * PRICE } else { 0 };
    assert_spent(&stack, &customer, spent).await;
    let again = stack.ask(Endpoint::PostStatsBatch, &customer.live, body).await;
    assert_eq!((code(&again, 0), code(&again, 1)), (json!(null), json!(null)), "{again:?}");
    let was_cached = step == Step::Settle || (step, fault) == (Step::Fill, Fault::AnswerLost);
    let summary = &again.body["data"]["summary"];
    assert_eq!(summary["cached"], if was_cached { 2 } else { 0 }, "{again:?}");
    assert_spent(&stack, &customer, spent + if was_cached { 0 } else { 2 * PRICE }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_recovers_if_dynamodb_is_unreachable_at_the_start() {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 1000).await;
    let door = Door::new(Shut::Refuses);
    let timeouts = Timeouts { attempt: Duration::from_secs(4), operation: Duration::from_secs(12) };
    let app = stack.instance_on(client(Access::local(door.url()), timeouts), 0);
    app.accounts().warm(1).await;
    let base = serve(&app).await;
    let body = json!({ "url": POST }).to_string();
    let ask = async || {
        stack.send_to(&base, "POST", "/v1/post/stats", &[("x-api-key", customer.live.reveal())], body.clone()).await
    };
    let answer = ask().await;
    assert_eq!((answer.status, answer.code(), answer.header("x-charge")), (500, "internal", ""));
    door.open(stack.dynamodb.endpoint());
    let answer = ask().await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"), "{answer:?}");
    assert_spent(&stack, &customer, PRICE).await;
}

/// The fault of a server.
#[derive(Clone, Debug)]
enum Wrong {
    Connection(Shut),
    Answer(ResponseTemplate),
}

fn says(status: u16, body: &str) -> Wrong {
    Wrong::Answer(ResponseTemplate::new(status).set_body_string(body))
}

async fn all_answer(stack: &Stack) {
    stack.provider(TIKTOK[0], api23_post).await;
    for name in &TIKTOK[1..] {
        stack.provider(name, tikwm_post).await;
    }
}

#[rstest]
#[case::refuses_connections(Wrong::Connection(Shut::Refuses))]
#[case::resets_them(Wrong::Connection(Shut::Resets))]
#[case::closes_them(Wrong::Connection(Shut::Says(b"")))]
#[case::sends_half_a_body(Wrong::Connection(Shut::Says(
    b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"itemInfo\""
)))]
#[case::speaks_no_http(Wrong::Connection(Shut::Says(b"220 smtp.example ESMTP\r\n")))]
#[case::is_silent(Wrong::Answer(silence()))]
#[case::status_500(says(500, "{}"))]
#[case::sends_html(says(200, "<html>"))]
#[case::sends_too_much(says(200, &" ".repeat(5 * 1024 * 1024)))]
#[case::wants_fewer_requests(says(429, "{}"))]
#[case::has_no_quota_left(says(429, r#"{"message": "You have exceeded the MONTHLY quota"}"#))]
#[case::refuses_the_key(says(401, r#"{"message": "Invalid API key."}"#))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_providers_loses_no_money(#[case] wrong: Wrong, #[values(1, 3)] failing: usize) {
    let shut = if let Wrong::Connection(shut) = wrong { shut } else { Shut::Refuses };
    let door = Door::new(shut);
    let names = &TIKTOK[..failing];
    let entries = ENTRIES.iter().filter(|entry| names.contains(&entry.name));
    let shut_addresses: Vec<_> = match wrong {
        Wrong::Connection(_) => {
            entries.map(|entry| (entry.base_url_variable(), format!("{}/{}", door.url(), entry.name))).collect()
        }
        Wrong::Answer(_) => Vec::new(),
    };
    let times = [("PROVIDER_TIMEOUT_MS", "2000"), ("PROVIDER_HEDGE_MS", "500")];
    let addresses = shut_addresses.iter().map(|(name, url)| (name.as_str(), url.as_str()));
    let stack = Stack::with(&addresses.chain(times).collect::<Vec<_>>()).await;
    if let Wrong::Answer(answer) = wrong {
        for name in names {
            stack.provider(name, answer.clone()).await;
        }
    }
    all_answer(&stack).await;
    let customer = stack.customer("1", 1000).await;
    let answer = stack.post_stats(&customer.live, POST).await;
    if failing < TIKTOK.len() {
        assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"), "{answer:?}");
        assert_eq!(answer.body["data"]["provider"], TIKTOK[1]);
        return assert_spent(&stack, &customer, PRICE).await;
    }
    assert_eq!((answer.status, answer.code(), answer.header("x-charge")), (502, "upstream_failed", "0"), "{answer:?}");
    assert_ne!(answer.header("retry-after"), "");
    assert_spent(&stack, &customer, 0).await;

    door.open(&stack.upstream.uri());
    stack.upstream.reset().await;
    all_answer(&stack).await;
    // Longer than `Retry-After` for a failure that the operator can't solve.
    stack.clock.advance(120);
    let answer = stack.post_stats(&customer.live, POST).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"), "{answer:?}");
    assert_spent(&stack, &customer, PRICE).await;
}

fn refusal(kind: &str) -> Wrong {
    Wrong::Answer(json_answer(400, json!({"__type": kind, "Message": "made up"})))
}

fn secret(text: &str) -> ResponseTemplate {
    json_answer(200, json!({"Name": "keys", "SecretString": text}))
}

#[rstest]
#[case::refuses_connections(Wrong::Connection(Shut::Refuses))]
#[case::resets_them(Wrong::Connection(Shut::Resets))]
#[case::is_silent(Wrong::Answer(silence()))]
#[case::status_500(says(500, "{}"))]
#[case::throttles(refusal("ThrottlingException"))]
#[case::denies_access(refusal("AccessDeniedException"))]
#[case::has_no_such_secret(refusal("ResourceNotFoundException"))]
#[case::has_a_secret_that_is_not_json(Wrong::Answer(secret("RAPIDAPI_KEY=x")))]
#[case::has_an_invalid_key(Wrong::Answer(secret(r#"{"RAPIDAPI_KEY": "with blank"}"#)))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_secrets_manager_loses_no_money(#[case] wrong: Wrong) {
    let shut = if let Wrong::Connection(shut) = wrong { shut } else { Shut::Refuses };
    let door = Door::new(shut);
    let address = format!("{}/secrets", door.url());
    let mut variables = vec![("PROVIDER_KEYS_SECRET", "keys"), ("RAPIDAPI_KEY", "")];
    match &wrong {
        Wrong::Connection(_) => variables.push(("AWS_ENDPOINT_URL_SECRETS_MANAGER", &address)),
        Wrong::Answer(_) => variables.extend(DEPLOYED),
    }
    let stack = Stack::with(&variables).await;
    if let Wrong::Answer(answer) = wrong {
        stack.provider("secrets", answer).await;
    }
    let customer = stack.customer("1", 1000).await;
    // A keyless provider has answered another instance, so the answer is cached.
    stack.provider("tikwm", tikwm_post).await;
    let elsewhere = serve(&stack.instance_on(stack.direct.clone(), 0)).await;
    let (key, body) = ([("x-api-key", customer.live.reveal())], json!({ "url": POST }).to_string());
    assert_eq!(stack.send_to(&elsewhere, "POST", "/v1/post/stats", &key, body).await.status, 200);

    assert!(stack.app.ready().await.is_err(), "the keys can't be read at the start");
    let other = "https://www.tiktok.com/@a/video/7123456789";
    for _ in 0..2 {
        let answer = stack.post_stats(&customer.live, other).await;
        assert_eq!((answer.status, answer.code(), answer.header("x-charge")), (500, "internal", "0"), "{answer:?}");
        assert_eq!(answer.header("x-balance"), "0.999");
    }
    assert_eq!(stack.post_stats(&customer.live, POST).await.body["meta"]["cached"], true);
    assert_eq!(stack.post_stats(&customer.test, POST).await.status, 200, "the sandbox needs no keys");
    assert_eq!(stack.get(&customer.test, "/v1/platforms").await.status, 200);
    assert_spent(&stack, &customer, PRICE).await;

    stack.upstream.reset().await;
    stack.provider("secrets", secret(r#"{"RAPIDAPI_KEY": "s3cret"}"#)).await;
    stack.provider("tiktok-api23", api23_post).await;
    door.open(&stack.upstream.uri());
    let answer = stack.post_stats(&customer.live, other).await;
    assert_eq!((answer.status, answer.header("x-charge")), (200, "0.001"), "{answer:?}");
    assert_eq!(answer.body["data"]["provider"], TIKTOK[0], "the provider with a key answers");
    assert_spent(&stack, &customer, 2 * PRICE).await;
}
