//! This version works with tables that an older version wrote: accounts exist for years, and old
//! and new functions run in parallel during a deployment.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::account::{AccountId, ApiKey, Edit, Funded, KeyError, LastManager, LimitEdits, Mode};
use shared::contract::Endpoint;
use shared::creator::Operation;
use shared::money::MicroDollars;
use shared::platform::Platform;
use system_tests::fixtures::Fixture;
use system_tests::{Stack, api23_post};

/// Tables that commit 27235fa wrote. A customer had asked for a list, for a post behind a short
/// link that failed and one that didn't, for a missing post, for a short link that leads to
/// nothing, and for a post with a test key. One key is revoked, and one request died while its
/// price was held.
const TABLES: &str = include_str!("fixtures/tables/27235fa.json");
const SHORT: &str = "https://vm.tiktok.com/ZMabcdefg/";
const LIST: &str = r#"{"username": "some.one", "platform": "tiktok"}"#;

#[derive(Deserialize)]
struct Tables {
    keys: HashMap<String, String>,
    #[serde(rename = "Accounts")]
    accounts: Vec<Value>,
    #[serde(rename = "Cache")]
    cache: Vec<Value>,
}

/// The system with those tables.
struct Upgraded {
    stack: Stack,
    account: AccountId,
    tables: Tables,
}

impl Upgraded {
    async fn start() -> Self {
        let stack = Stack::start().await;
        let tables: Tables = serde_json::from_str(TABLES).unwrap();
        for (table, items) in [("Accounts", &tables.accounts), ("Cache", &tables.cache)] {
            for item in items {
                let AttributeValue::M(item) = attribute(&json!({ "M": item })) else {
                    unreachable!("an item is a map")
                };
                stack.direct.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
            }
        }
        Self { stack, account: "Upgrade001".parse().unwrap(), tables }
    }

    fn key(&self, name: &str) -> ApiKey {
        ApiKey::parse(&self.tables.keys[name]).unwrap()
    }
}

/// An attribute in DynamoDB's JSON, except that bytes are hexadecimal here.
fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(number)) => AttributeValue::N(number.clone()),
        ("B", Value::String(bytes)) => {
            let digits = (0..bytes.len()).step_by(2).map(|place| &bytes[place..place + 2]);
            let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
            AttributeValue::B(Blob::new(bytes))
        }
        ("BOOL", Value::Bool(bool)) => AttributeValue::Bool(*bool),
        ("M", Value::Object(map)) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn keys_of_an_older_version_work_as_before_and_their_counts_continue() {
    let old = Upgraded::start().await;
    let answer = old.stack.get(&old.key("live"), "/v1/ping").await;
    assert_eq!(
        (answer.status, answer.header("x-ratelimit-remaining")),
        (200, "56"),
        "the old version counted three requests"
    );
    assert_eq!(old.stack.post_stats(&old.key("test"), "https://youtu.be/dQw4w9WgXcQ").await.status, 200);
    assert_eq!(old.stack.get(&old.key("revoked"), "/v1/ping").await.status, 401);
}

#[tokio::test]
async fn answers_that_an_older_version_cached_are_served_for_free() {
    let old = Upgraded::start().await;
    let live = old.key("live");
    for endpoint in [Endpoint::ChannelVideos, Endpoint::MedianViews] {
        let answer = old.stack.ask(endpoint, &live, LIST).await;
        let cached = answer.body["meta"]["cached"].as_bool();
        assert_eq!((answer.status, cached, answer.header("x-charge")), (200, Some(true), "0"), "{answer:?}");
    }
    for (link, status) in [
        (SHORT, 502),
        ("https://www.tiktok.com/@a/video/7000000000000000404", 404),
        ("https://vm.tiktok.com/ZMnothing/", 400),
    ] {
        assert_eq!(old.stack.post_stats(&live, link).await.status, status, "{link}");
    }
    assert!(old.stack.upstream.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn accounts_of_an_older_version_are_charged_and_get_back_money_of_a_request_that_died() {
    let old = Upgraded::start().await;
    old.stack.provider("tiktok-api23", api23_post).await;
    old.stack.clock.advance(61);
    let answer = old.stack.post_stats(&old.key("live"), SHORT).await;
    assert_eq!((answer.status, answer.header("x-charge"), answer.header("x-balance")), (200, "0.001", "0.996"));
    assert_eq!(old.stack.asked("short").await, 0, "the short link's target is still cached");
    let account = old.stack.accounts.show(&old.account).await.unwrap();
    assert_eq!((account.spent.0, account.held().0, account.funds.0), (4_000, 0, 1_000_000));
    assert_eq!(account.balance.0 + account.spent.0, account.funds.0);
}

#[tokio::test]
async fn ids_that_an_older_version_stored_are_not_asked_for_again() {
    let old = Upgraded::start().await;
    let fixture = Fixture::of(Operation::ChannelVideos, Platform::TikTok, "tiktok-api23");
    old.stack.upstream("tiktok-api23").await.answers(fixture.answers["a list"].routes(&fixture));
    old.stack.clock.advance(601);
    assert_eq!(old.stack.ask(Endpoint::ChannelVideos, &old.key("live"), LIST).await.status, 200);
    assert_eq!(old.stack.asked("tiktok-api23").await, 1, "only the list is asked for");
}

#[tokio::test]
async fn customers_manage_keys_of_an_older_version() {
    let old = Upgraded::start().await;
    let (live, test) = (old.key("live"), old.key("test"));
    let list = old.stack.get(&live, "/v1/keys").await;
    let listed = list.body["data"]["keys"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "the revoked key isn't listed: {list:?}");
    assert!(listed.iter().all(|key| key["name"].is_null() && key["created_at"].is_null()), "{list:?}");
    let send = async |method: &str, path: String, body: &str| {
        old.stack.send(method, &path, &[("x-api-key", live.reveal())], body.to_owned()).await
    };
    let made = send("POST", "/v1/keys".to_owned(), r#"{"name": "a", "budget_per_day": 1}"#).await;
    assert_eq!(made.status, 200, "{made:?}");
    let rotated = send("POST", format!("/v1/keys/{}/rotate", test.id()), "").await;
    assert_eq!((rotated.status, &rotated.body["data"]["key"]["name"]), (200, &Value::Null), "{rotated:?}");
    assert_eq!(old.stack.get(&test, "/v1/ping").await.status, 200);
    assert_eq!(send("DELETE", format!("/v1/keys/{}", test.id()), "").await.status, 200);
    assert_eq!(old.stack.get(&test, "/v1/ping").await.status, 401);
    assert_eq!(send("DELETE", format!("/v1/keys/{}", live.id()), "").await.code(), "last_key");
}

#[tokio::test]
async fn operators_can_work_with_accounts_of_an_older_version() {
    let old = Upgraded::start().await;
    let accounts = &old.stack.accounts;
    let usd = |text: &str| text.parse::<MicroDollars>().unwrap();
    assert!(matches!(accounts.fund(&old.account, usd("1"), "invoice-1").await, Ok(Funded::Before)));
    assert!(matches!(accounts.fund(&old.account, usd("2"), "invoice-2").await, Ok(Funded::Now)));
    let new = ApiKey::generate(Mode::Live, &old.account);
    accounts.add_key(&new, 60).await.unwrap();
    assert_eq!(accounts.revoke_key(&old.key("live").id()).await.unwrap(), old.account);
    assert_eq!(old.stack.get(&new, "/v1/ping").await.status, 200);
    assert_eq!(old.stack.get(&old.key("live"), "/v1/ping").await.status, 401);
    let account = accounts.show(&old.account).await.unwrap();
    assert_eq!((account.name.as_str(), account.funds), ("Some One", usd("3")));
}

#[tokio::test]
async fn accounts_of_an_older_version_add_up_before_and_after_they_are_used() {
    let old = Upgraded::start().await;
    let accounts = &old.stack.accounts;
    assert!(accounts.audit().await.unwrap().faults.is_empty());
    old.stack.provider("tiktok-api23", api23_post).await;
    old.stack.clock.advance(61);
    assert_eq!(old.stack.post_stats(&old.key("live"), SHORT).await.status, 200);
    accounts.refund(&old.account, MicroDollars(1_000), "r", "why").await.unwrap();
    let audit = accounts.audit().await.unwrap();
    assert!(audit.accounts == 1 && audit.faults.is_empty(), "{audit:?}");
}

#[tokio::test]
async fn accounts_of_an_older_version_are_found_closed_exported_and_deleted() {
    let old = Upgraded::start().await;
    let accounts = &old.stack.accounts;
    for text in ["some one", "upgrade001", "invoice-1", &old.key("live").id()] {
        assert_eq!(accounts.find(text).await.unwrap()[0].id, old.account, "{text}");
    }
    assert_eq!(accounts.close(&old.account).await.unwrap().len(), 2, "the third key was revoked before");
    old.stack.clock.advance(61);
    assert!(accounts.delete(&old.account).await.is_err(), "money is still held");
    // A request with a new key releases the dead request's hold.
    accounts.reopen(&old.account).await.unwrap();
    let new = ApiKey::generate(Mode::Live, &old.account);
    accounts.add_key(&new, 60).await.unwrap();
    assert_eq!(old.stack.get(&new, "/v1/ping").await.status, 200);
    accounts.close(&old.account).await.unwrap();
    let balance = accounts.show(&old.account).await.unwrap().balance;
    accounts.refund(&old.account, balance, "rest", "closed").await.unwrap();
    let export = serde_json::to_value(accounts.export(&old.account).await.unwrap()).unwrap();
    assert_eq!((&export["account"]["name"], &export["account"]["spent"]), (&json!("Some One"), &json!("0.003")));
    assert_eq!(export["keys"].as_array().unwrap().len(), 4);
    accounts.delete(&old.account).await.unwrap();
    let left = old.stack.direct.scan().table_name("Accounts").send().await.unwrap().items.unwrap();
    assert_eq!(left.len(), 3, "the payment, the refund and the deleted account's record: {left:?}");
    assert!(accounts.audit().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn operators_rename_limit_and_rotate_keys_of_an_older_version() {
    let old = Upgraded::start().await;
    let (accounts, live) = (&old.stack.accounts, old.key("live"));
    let named = accounts.rename_key(&old.account, &live.id(), "main").await.unwrap();
    assert_eq!(named.details.and_then(|details| details.name).as_deref(), Some("main"));
    let edits = LimitEdits { budget_per_day: Edit::Set(MicroDollars(1_000)), ..LimitEdits::default() };
    let refused = accounts.limit_key(&old.account, &live.id(), &edits, LastManager::Stays).await;
    assert!(matches!(refused, Err(KeyError::LastKey)), "{refused:?}");
    let limited = accounts.limit_key(&old.account, &live.id(), &edits, LastManager::MayGo).await.unwrap();
    assert_eq!((limited.key.used, limited.key.limits.budget_per_day), (3, Some(MicroDollars(1_000))));
    let rotated = accounts.rotate_key(&old.account, &live.id(), &[Mode::Live], 60).await.unwrap();
    assert_eq!(old.stack.get(&rotated.key, "/v1/ping").await.status, 200);
    assert_eq!(rotated.new.details.and_then(|details| details.name).as_deref(), Some("main"));
    let revoked = accounts.limit_key(&old.account, &old.key("revoked").id(), &edits, LastManager::MayGo).await;
    assert!(matches!(revoked, Err(KeyError::NoKey)), "{revoked:?}");
    assert_eq!(old.stack.get(&old.key("revoked"), "/v1/ping").await.status, 401);
}
