//! Operators rename, limit and rotate keys.

use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use rstest::rstest;
use serde_json::{Value, json};
use shared::account::ApiKey;
use tempfile::TempDir;

use crate::harness::*;

async fn row(folder: &Path, account: &str, id: &str) -> Value {
    let listed = rows(folder, &["keys", "list", account]).await;
    listed.into_iter().find(|row| row["key_id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

/// Whether the server accepts a key.
async fn opens(server: &Server, key: &str) -> bool {
    let ping = shared::http_client::builder().build().unwrap().get(format!("{}/v1/ping", server.base));
    ping.bearer_auth(key).send().await.unwrap().status() == 200
}

#[tokio::test]
async fn a_key_is_listed_with_all_its_details_in_80_and_in_60_columns() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let name = "weekly reports of the marketing team and of all its friends";
    let limits = ["--platforms", "x,tiktok", "--endpoints", "channel/videos,/v1/post/stats", "--budget-per-day", "0.5"];
    let made = [&["keys", "create", customer.id(), "--name", name, "--expires-at", "2099-01-01"][..], &limits].concat();
    let made = rows(folder.path(), &made).await.remove(0);
    let key = ApiKey::parse(made["key"].as_str().unwrap()).unwrap();
    with_accounts(folder.path(), async |accounts, _| accounts.admit(&key, None).await.map(drop).unwrap()).await;
    let listed = row(folder.path(), customer.id(), &key.id()).await;
    for (field, value) in [
        ("name", json!(name)),
        ("mode", json!("live")),
        ("last_four", json!(key.last4())),
        ("rate_limit", json!(60)),
        ("expires_at", json!("2099-01-01T00:00:00Z")),
        ("endpoints", json!(["post/stats", "channel/videos"])),
        ("platforms", json!(["tiktok", "twitter"])),
        ("budget_per_day", json!("0.5")),
        ("state", json!("active")),
        ("rotated_to", Value::Null),
    ] {
        assert_eq!(listed[field], value, "{field}");
    }
    assert!(listed["last_used"].is_string() && listed["created_at"].is_string(), "{listed}");
    let id = key.id();
    print(folder.path(), &["keys", "rotate", customer.id(), &id]).await;
    for columns in [80, 60] {
        let mut command = ct(folder.path());
        let output = command.env("COLUMNS", columns.to_string()).args(["keys", "list", customer.id()]).output().await;
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        let ids_and_dates = [&*id, "$0.5/day", "2099-01-01", "channel/videos", "ends 2", "created 2", "used 2", "now "];
        assert!(widest(&text) <= columns && ids_and_dates.iter().all(|part| text.contains(part)), "{text}");
    }
}

#[tokio::test]
async fn a_renamed_key_frees_its_old_name() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let (account, key) = (customer.id(), customer.key.id());
    let of = async |name: &str| rows(folder.path(), &["keys", "create", account, "--name", name]).await.remove(0);
    assert_eq!(rows(folder.path(), &["keys", "rename", account, &key, " main "]).await[0]["name"], "main");
    let found = of("main").await;
    assert_eq!(
        (&found["key_id"], &found["key"]),
        (&json!(key), &Value::Null),
        "the renamed key is found, and isn't shown again"
    );
    print(folder.path(), &["keys", "rename", account, customer.key.reveal(), "first"]).await;
    let other = of("main").await;
    assert!(other["key"].is_string() && other["key_id"] != key, "{other}");
    let taken = complaint(folder.path(), &["keys", "rename", account, &key, "main"]).await;
    assert!(taken.contains("another key has this name"), "{taken}");
    assert_eq!(row(folder.path(), account, &key).await["name"], "first");
    // If a rotated key gets another name, its successor keeps the old name.
    print(folder.path(), &["keys", "rotate", account, &key]).await;
    print(folder.path(), &["keys", "rename", account, &key, "old"]).await;
    assert_eq!(of("first").await["key"], Value::Null, "the successor has the name");
    let nobody = complaint(folder.path(), &["keys", "rename", account, "0123456789abcdef", "x"]).await;
    assert!(nobody.contains("has no key that works with this id"), "{nobody}");
}

#[tokio::test]
async fn limits_of_a_key_in_use_change_and_its_window_and_money_stay() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let (account, id) = (customer.id(), customer.key.id());
    let other = print(folder.path(), &["keys", "create", account]).await;
    let server = Server::start(folder.path(), &[]).await;
    for _ in 0..3 {
        assert!(opens(&server, customer.key.reveal()).await);
    }
    let change = async |limits: &[&str]| {
        rows(folder.path(), &[&["keys", "limit", account, &id], limits].concat()).await.remove(0)
    };
    let window = || async {
        with_accounts(folder.path(), async |accounts, _| {
            let seen = accounts.show(&customer.account).await.unwrap();
            (seen.keys[&id].used, seen.keys[&id].window, seen.balance, seen.funds)
        })
        .await
    };
    let before = window().await;
    let limited = change(&["--rate-limit", "3", "--platforms", "youtube", "--budget-per-day", "1"]).await;
    assert_eq!((&limited["rate_limit"], &limited["platforms"]), (&json!(3), &json!(["youtube"])));
    assert_eq!((&limited["budget_per_day"], &limited["endpoints"]), (&json!("1"), &Value::Null));
    assert_eq!(window().await, before);
    assert_eq!(server.post_stats(customer.key.reveal()).await.0, 429, "earlier requests count");
    let lifted = change(&["--rate-limit", "100", "--endpoints", "post/stats", "--all-platforms"]).await;
    assert_eq!((&lifted["platforms"], &lifted["budget_per_day"]), (&Value::Null, &json!("1")), "the other limits stay");
    assert!(!opens(&server, customer.key.reveal()).await, "the key is only for posts");
    let free = change(&["--all-endpoints", "--no-budget", "--no-expiry"]).await;
    assert!(
        ["endpoints", "platforms", "budget_per_day", "expires_at"].iter().all(|limit| free[limit].is_null()),
        "{free}"
    );
    assert!(opens(&server, customer.key.reveal()).await);
    assert!(opens(&server, after(&other, "key")).await);
    assert!(server.stop().await);
}

#[tokio::test]
async fn limits_for_the_last_key_that_manages_keys_need_confirmation() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let (account, id) = (customer.id(), customer.key.id());
    let limit = ["keys", "limit", account, &id, "--budget-per-day", "1"];
    let refused = complaint(folder.path(), &limit).await;
    assert!(refused.contains("no other key of") && refused.contains("--yes"), "{refused}");
    assert_eq!(row(folder.path(), account, &id).await["budget_per_day"], Value::Null);
    print(folder.path(), &["keys", "limit", account, &id, "--rate-limit", "5"]).await;
    let said = print(folder.path(), &[&limit[..], &["--yes"]].concat()).await;
    assert!(said.contains("No key of the account can manage keys now"), "{said}");
    print(folder.path(), &["keys", "limit", account, &id, "--no-budget"]).await;
    // A test key manages only test keys.
    print(folder.path(), &["keys", "create", account, "--test"]).await;
    complaint(folder.path(), &limit).await;
    print(folder.path(), &["keys", "create", account]).await;
    let said = print(folder.path(), &limit).await;
    assert!(!said.contains("No key of the account"), "{said}");
}

#[tokio::test]
async fn a_revoked_or_expired_key_is_not_revived() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let account = customer.id();
    let [revoked, expired] = ["revoked", "expired"].map(|name| ["keys", "create", account, "--name", name]);
    let revoked = rows(folder.path(), &revoked).await.remove(0)["key_id"].as_str().unwrap().to_owned();
    print(folder.path(), &["keys", "revoke", &revoked, "--yes"]).await;
    let expired = rows(folder.path(), &expired).await.remove(0)["key_id"].as_str().unwrap().to_owned();
    with_accounts(folder.path(), async |_, client| {
        let update =
            client.update_item().table_name("Accounts").key("pk", AttributeValue::S(format!("account#{account}")));
        let update = update.key("sk", AttributeValue::S("account".to_owned()));
        let update = update.update_expression("SET #keys.#key.ex = :past").expression_attribute_names("#keys", "keys");
        let update = update.expression_attribute_names("#key", &expired);
        update.expression_attribute_values(":past", AttributeValue::N("1000".to_owned())).send().await.unwrap();
    })
    .await;
    for id in [&revoked, &expired] {
        for change in
            [&["limit", account, id, "--no-expiry"][..], &["rename", account, id, "x"], &["rotate", account, id]]
        {
            let refused = complaint(folder.path(), &[&["keys"], change].concat()).await;
            assert!(refused.contains("has no key that works with this id"), "{change:?}: {refused}");
        }
    }
    let states = [row(folder.path(), account, &revoked).await, row(folder.path(), account, &expired).await];
    assert_eq!(states.map(|row| row["state"].clone()), [json!("revoked"), json!("expired")]);
    print(folder.path(), &["accounts", "close", account, "--yes"]).await;
    let closed = complaint(folder.path(), &["keys", "limit", account, &customer.key.id(), "--no-expiry"]).await;
    assert!(closed.contains("is closed"), "{closed}");
}

#[tokio::test]
async fn both_keys_of_a_rotation_work_until_the_grace_period_ends() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let (account, id) = (customer.id(), customer.key.id());
    print(folder.path(), &["keys", "rename", account, &id, "main"]).await;
    let server = Server::start(folder.path(), &[]).await;
    let rotated = rows(folder.path(), &["keys", "rotate", account, &id, "--grace-seconds", "600"]).await.remove(0);
    let new = ApiKey::parse(rotated["key"].as_str().unwrap()).unwrap();
    assert_eq!((&rotated["name"], &rotated["old"]["rotated_to"]), (&json!("main"), &json!(new.id())));
    assert!(opens(&server, customer.key.reveal()).await && opens(&server, new.reveal()).await);
    let again = complaint(folder.path(), &["keys", "rotate", account, &id]).await;
    assert!(again.contains(&format!("its successor {} is in use", new.id())), "{again}");
    let asked = complaint(folder.path(), &["keys", "rotate", account, &new.id(), "--grace-seconds", "0"]).await;
    assert!(asked.contains("--yes"), "{asked}");
    let last = print(folder.path(), &["keys", "rotate", account, &new.id(), "--grace-seconds", "0", "--yes"]).await;
    assert!(opens(&server, after(&last, "key")).await && !opens(&server, new.reveal()).await);
    assert!(server.stop().await);
}

#[rstest]
#[case::no_change(&["limit"], "give at least one limit")]
#[case::an_end_in_the_past(&["limit", "--expires-at", "2001-01-01"], "must be a time or a date in the future")]
#[case::an_unknown_endpoint(&["limit", "--endpoints", "post/stats,keys"], "isn't known; send some of")]
#[case::an_unknown_platform(&["limit", "--platforms", "myspace"], "isn't known; send some of tiktok")]
#[case::no_dollars(&["limit", "--budget-per-day", "lots"], "must be dollars")]
#[case::a_limit_and_its_removal(&["limit", "--budget-per-day", "1", "--no-budget"], "cannot be used with")]
#[case::a_grace_period_that_is_too_long(&["rotate", "--grace-seconds", "604801"], "604801")]
#[tokio::test]
async fn invalid_arguments_are_refused_and_change_nothing(#[case] arguments: &[&str], #[case] says: &str) {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let id = customer.key.id();
    let before = row(folder.path(), customer.id(), &id).await;
    let command = [&["keys", arguments[0], customer.id(), &id], &arguments[1..]].concat();
    let refused = complaint(folder.path(), &command).await;
    assert!(refused.contains(says), "{refused}");
    assert_eq!(row(folder.path(), customer.id(), &id).await, before);
}
