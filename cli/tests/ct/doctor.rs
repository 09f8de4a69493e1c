//! The doctor finds problems, says how to repair them, and finds no problem in healthy data.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, TimeToLiveSpecification};
use axum::extract::Request;
use axum::middleware::{self, Next};
use ct::engine::{Data, Engine, Found, IfMissing};
use rstest::rstest;
use serde_json::{Value, json};
use shared::contract::Endpoint;
use shared::provider::Key;
use strum::IntoEnumIterator;
use tempfile::TempDir;
use tokio::process::Command;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::*;
use crate::operator::stack;

/// The doctor's command, with every provider on.
fn doctor(folder: &TempDir, more: &[&str]) -> Command {
    let mut command = ct(folder.path());
    for key in Key::iter() {
        command.env(key.variable(), "a-key");
    }
    command.args(more).args(["doctor", "--json"]);
    command
}

/// The doctor's output: the exit status, and each finding.
async fn says(mut command: Command) -> (i32, Vec<Value>) {
    let output = command.output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Asserts that exactly these checks fail, each with a remedy. Returns the findings and remedies.
async fn wrong(command: Command, checks: &[&str]) -> String {
    let (status, findings) = says(command).await;
    let wrong: Vec<&Value> = findings.iter().filter(|finding| finding["ok"] == false).collect();
    let names: BTreeSet<&str> = wrong.iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    assert_eq!(names, checks.iter().copied().collect(), "{findings:#?}");
    assert!(wrong.iter().all(|finding| finding["to_do"].is_string()), "{findings:#?}");
    assert_eq!(status, i32::from(!checks.is_empty()));
    let said = wrong.iter().map(|finding| format!("{} -> {}", finding["seen"], finding["to_do"]));
    said.collect::<Vec<_>>().join("\n")
}

/// A folder whose customers have used the API.
async fn healthy() -> (TempDir, Customer) {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    customer.use_up(folder.path(), Endpoint::PostStats, 2).await;
    print(folder.path(), &["funds", "refund", customer.id(), "1", "--reason", "x", "--yes"]).await;
    let gone = Customer::open(folder.path(), "Gone", "1").await;
    print(folder.path(), &["accounts", "close", gone.id(), "--yes"]).await;
    print(folder.path(), &["funds", "refund", gone.id(), "1", "--reason", "left", "--yes"]).await;
    print(folder.path(), &["accounts", "delete", gone.id(), "--yes"]).await;
    (folder, customer)
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

async fn set(client: &Client, pk: &str, sk: &str, expression: &str) {
    let update = client.update_item().table_name("Accounts").key("pk", text(pk)).key("sk", text(sk));
    let values = [(":one", 1), (":two", 2_000), (":now", 1_795_435_200)];
    let used = values.into_iter().filter(|(name, _)| expression.contains(name));
    let update = used.fold(update, |update, (name, value)| {
        update.expression_attribute_values(name, AttributeValue::N(value.to_string()))
    });
    update.update_expression(expression).send().await.unwrap();
}

/// Adds these charges to the keys' usage of one day.
async fn add_to_usage(client: &Client, account: &str, charges: &[(&str, i64)]) {
    for (key, charge) in charges {
        let update = client.update_item().table_name("Accounts").key("pk", text(account)).key("sk", text("account"));
        let update =
            update.update_expression("ADD #usage.#charge :charge").expression_attribute_names("#usage", "usage");
        let update = update.expression_attribute_names("#charge", format!("g18{key}c"));
        update.expression_attribute_values(":charge", AttributeValue::N(charge.to_string())).send().await.unwrap();
    }
}

async fn remove(client: &Client, pk: &str, sk: &str) {
    let delete = client.delete_item().table_name("Accounts").key("pk", text(pk)).key("sk", text(sk));
    delete.send().await.unwrap();
}

async fn put(client: &Client, pk: &str, sk: &str, more: &[(&str, &str)]) {
    let put = client.put_item().table_name("Accounts").item("pk", text(pk)).item("sk", text(sk));
    more.iter().fold(put, |put, (name, value)| put.item(*name, text(value))).send().await.unwrap();
}

#[tokio::test]
async fn the_doctor_finds_no_problem_in_healthy_data_with_or_without_a_server() {
    let (folder, _) = healthy().await;
    wrong(doctor(&folder, &[]), &[]).await;
    let server = Server::start(folder.path(), &[]).await;
    wrong(doctor(&folder, &[]), &[]).await;
    let mut table = ct(folder.path());
    let table = table.env("RAPIDAPI_KEY", "a-key").args(["doctor"]).output().await.unwrap();
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(widest(&table) <= 80 && table.contains("all of them add up"), "{table}");
    assert!(server.stop().await);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    Balance,
    Usage,
    UsageOfKeys,
    UsageOfKey,
    LostPayment,
    LostOwner,
    StrangeOwner,
    ClosedWithKey,
    BrokenDeletion,
    LostAccount,
    NegativeBalance,
    StrangeHash,
}

impl Harm {
    async fn put_in(self, client: &Client, customer: &Customer) {
        let (account, key) = (format!("account#{}", customer.account), format!("key#{}", customer.key.id()));
        match self {
            Self::Balance => set(client, &account, "account", "ADD balance :one").await,
            // Only the account's item adds up; the usage doesn't match it.
            Self::Usage => set(client, &account, "account", "ADD spent :two, funds :two").await,
            Self::UsageOfKeys => add_to_usage(client, &account, &[(&customer.key.id()[..6], 2_000)]).await,
            // The sum over both keys is right.
            Self::UsageOfKey => {
                add_to_usage(client, &account, &[(&customer.key.id()[..6], 5_000), ("abcdef", -5_000)]).await;
            }
            Self::LostPayment => remove(client, "payment#invoice of Some One", "payment").await,
            Self::LostOwner => remove(client, &key, "key").await,
            Self::StrangeOwner => put(client, "key#0123456789abcdef", "key", &[("account", customer.id())]).await,
            Self::ClosedWithKey => set(client, &account, "account", "SET closed_at = :now").await,
            Self::BrokenDeletion => {
                remove(client, &account, "account").await;
                let kept =
                    client.put_item().table_name("Accounts").item("pk", text(&account)).item("sk", text("deleted"));
                kept.item("funds", AttributeValue::N("9000000".to_owned())).send().await.unwrap();
            }
            Self::LostAccount => remove(client, &account, "account").await,
            Self::StrangeHash => {
                let update =
                    client.update_item().table_name("Accounts").key("pk", text(&account)).key("sk", text("account"));
                let update = update.update_expression("SET #keys.#key.#hash = :hash");
                let id = customer.key.id();
                let names = [("#keys", "keys"), ("#key", &*id), ("#hash", "hash")];
                let update = names
                    .into_iter()
                    .fold(update, |update, (alias, name)| update.expression_attribute_names(alias, name));
                let hash = AttributeValue::B(Blob::new([7; 32]));
                update.expression_attribute_values(":hash", hash).send().await.unwrap();
            }
            Self::NegativeBalance => set(client, &account, "account", "SET balance = spent - funds").await,
        }
    }
}

#[rstest]
#[case::a_balance_that_is_too_high(Harm::Balance, "balance + held + spent differ from funds by +0.000001")]
#[case::a_day_without_its_charges(Harm::Usage, "the charges by day differ from what was spent by -0.002")]
#[case::a_key_with_higher_charges_than_the_endpoints(
    Harm::UsageOfKeys,
    "differ from the charges of endpoints plus the held money, by +0.002"
)]
#[case::a_key_with_negative_charges(
    Harm::UsageOfKey,
    "the charges of key abcdef… on 2026-11-23, less the held money, are -0.005"
)]
#[case::a_missing_payment(Harm::LostPayment, "the sum of payments, refunds and adjustments differs from funds by -10")]
#[case::a_key_without_an_owner(Harm::LostOwner, "no item says whose key")]
#[case::an_owner_without_a_key(Harm::StrangeOwner, "key 0123456789abcdef: its owner")]
#[case::a_closed_account_with_a_working_key(Harm::ClosedWithKey, "it is closed, and key")]
#[case::an_interrupted_deletion(Harm::BrokenDeletion, "it is deleted, and 3 of its items are still there")]
#[case::a_missing_account(Harm::LostAccount, "its own item is missing, and 3 other items name it")]
#[case::a_key_with_anothers_hash(Harm::StrangeHash, "has the hash of another key, and opens nothing")]
#[case::a_balance_below_zero(Harm::NegativeBalance, "can't be read")]
#[tokio::test]
async fn the_doctor_finds_wrong_data_and_says_how_to_repair_it(#[case] harm: Harm, #[case] says: &str) {
    let (folder, customer) = healthy().await;
    with_accounts(folder.path(), async |_, client| harm.put_in(client, &customer).await).await;
    let said = wrong(doctor(&folder, &[]), &["accounts"]).await;
    assert!(said.contains(says) && said.lines().count() == 1 + usize::from(harm == Harm::Usage), "{said}");
}

#[tokio::test]
async fn the_remedies_of_the_doctor_repair_the_data() {
    let (folder, customer) = healthy().await;
    let id = customer.id();
    for (harm, says, cure) in [
        (Harm::LostOwner, "ct keys revoke ", vec!["keys", "revoke"]),
        (Harm::StrangeOwner, "ct keys revoke 0123456789abcdef", vec!["keys", "revoke", "0123456789abcdef"]),
        (Harm::ClosedWithKey, "ct accounts close ", vec!["accounts", "close", id]),
        (Harm::BrokenDeletion, "ct accounts delete ", vec!["accounts", "delete", id]),
    ] {
        let made = print(folder.path(), &["keys", "create", id]).await;
        let key = shared::account::ApiKey::parse(after(&made, "key")).unwrap();
        let customer = Customer { account: customer.account.clone(), key };
        with_accounts(folder.path(), async |_, client| harm.put_in(client, &customer).await).await;
        let said = wrong(doctor(&folder, &[]), &["accounts"]).await;
        assert!(said.contains(says), "{said}");
        let key_id = customer.key.id();
        let mut cure = cure;
        if harm == Harm::LostOwner {
            cure.push(&key_id);
        }
        print(folder.path(), &[&cure[..], &["--yes"]].concat()).await;
        if harm == Harm::LostOwner {
            with_accounts(folder.path(), async |_, client| {
                put(client, &format!("key#{key_id}"), "key", &[("account", id)]).await;
            })
            .await;
        }
        if harm == Harm::ClosedWithKey {
            print(folder.path(), &["accounts", "reopen", id]).await;
        }
        wrong(doctor(&folder, &[]), &[]).await;
    }
}

#[rstest]
#[case::an_invalid_variable(&[("HOLD_SECONDS", "10")], &[], "configuration", "HOLD_SECONDS: must be more than")]
#[case::no_provider_for_a_platform(&[("PROVIDER_ORDER_LINKEDIN_POST_STATS", "linkedin-data-api"),
    ("PROVIDER_ORDER_LINKEDIN_PROFILE", "linkedin-data-api"), ("RAPIDAPI_KEY", "")], &[], "providers", "no provider is configured for linkedin")]
#[case::a_missing_table(&[("ACCOUNTS_TABLE", "Customers")], &[], "tables", "the table Customers doesn't exist")]
#[case::a_table_with_the_wrong_keys(&[("CACHE_TABLE", "Accounts"), ("ACCOUNTS_TABLE", "Cache")], &[], "tables",
    "Cache has the key pk, not pk and sk")]
#[case::a_folder_without_data(&[], &["--data-dir", "typo"], "database", "typo has no data")]
#[case::a_missing_settings_file(&[], &["--settings", "none.json"], "secret", "none.json: No such file")]
#[case::no_region(&[], &["--dynamodb-endpoint", "https://dynamodb.example"], "credentials", "no AWS region")]
#[case::no_credentials(&[("AWS_REGION", "us-east-1")], &["--dynamodb-endpoint", "https://dynamodb.example"], "credentials",
    "AWS_PROFILE")]
#[tokio::test]
async fn the_doctor_finds_a_wrong_environment(
    #[case] env: &[(&str, &str)],
    #[case] options: &[&str],
    #[case] check: &str,
    #[case] says: &str,
) {
    let (folder, _) = healthy().await;
    let mut command = doctor(&folder, &[]);
    command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION").env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("HOME", folder.path()).envs(env.iter().copied()).args(options);
    let said = wrong(command, &[check]).await;
    assert!(said.contains(says), "{said}");
}

#[tokio::test]
async fn the_doctor_finds_a_cache_that_never_deletes_expired_items() {
    let (folder, _) = healthy().await;
    let ttl = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(false).build().unwrap();
    with_accounts(folder.path(), async |_, client| {
        let update = client.update_time_to_live().table_name("Cache").time_to_live_specification(ttl);
        update.send().await.unwrap();
    })
    .await;
    let said = wrong(doctor(&folder, &[]), &["ttl"]).await;
    assert!(
        said.contains("expired items are never deleted from Cache") && said.contains("update-time-to-live"),
        "{said}"
    );
}

#[tokio::test]
async fn the_doctor_finds_a_wrong_clock() {
    let Found::Ours(engine) = Engine::find(&Data::Memory, IfMissing::Make).await.unwrap() else {
        panic!("an engine in memory belongs to this process")
    };
    let late = async |request: Request, next: Next| {
        let mut answer = next.run(request).await;
        answer.headers_mut().insert("date", "Mon, 23 Nov 2015 12:00:00 GMT".parse().unwrap());
        answer
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = engine.protocol().router().layer(middleware::from_fn(late));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = TempDir::new().unwrap();
    print(folder.path(), &["--dynamodb-endpoint", &endpoint, "accounts", "create", "A"]).await;
    let said = wrong(doctor(&folder, &["--dynamodb-endpoint", &endpoint]), &["clock"]).await;
    assert!(said.contains("s ahead of DynamoDB's") && said.contains("NTP"), "{said}");
    let honest = dynamodb().await;
    print(folder.path(), &["--dynamodb-endpoint", &honest, "accounts", "create", "A"]).await;
    wrong(doctor(&folder, &["--dynamodb-endpoint", &honest]), &[]).await;
}

#[tokio::test]
async fn the_doctor_finds_refused_credentials_and_an_invalid_secret() {
    let folder = TempDir::new().unwrap();
    let aws = MockServer::start().await;
    let outputs = [("AccountsTable", "Accounts"), ("CacheTable", "Cache"), ("ProviderKeysSecret", "arn:of:the:secret")];
    Mock::given(any())
        .respond_with(move |request: &wiremock::Request| {
            let target =
                request.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
            if target.starts_with("DynamoDB") {
                let refused =
                    json!({"__type": "com.amazon.coral.service#UnrecognizedClientException", "message": "no"});
                return ResponseTemplate::new(400).set_body_json(refused);
            }
            if target.starts_with("secretsmanager") {
                let secret = json!({"ARN": "arn", "Name": "n", "SecretString": "RAPIDAPI_KEY=s3cret"});
                return ResponseTemplate::new(200).set_body_json(secret);
            }
            stack(&outputs)
        })
        .mount(&aws)
        .await;
    let mut command = doctor(&folder, &["--stack", "prod"]);
    command.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", "own").env("AWS_SECRET_ACCESS_KEY", "own");
    command.env("AWS_ENDPOINT_URL", aws.uri());
    let said = wrong(command, &["credentials", "secret"]).await;
    assert!(said.contains("DynamoDB refuses the credentials for Accounts: UnrecognizedClientException"), "{said}");
    assert!(said.contains("must be a JSON object") && !said.contains("s3cret"), "{said}");
}
