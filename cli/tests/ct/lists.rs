//! Accounts and keys are listed and found, in 80 columns.

use serde_json::json;
use tempfile::TempDir;

use crate::harness::*;

#[tokio::test]
async fn accounts_are_listed_by_name_and_found_by_parts_of_names_and_ids() {
    let folder = TempDir::new().unwrap();
    let empty = print(folder.path(), &["accounts", "create", "zoë"]).await;
    let zoe = after(&empty, "account");
    let long = "A rather long name of a company, with the form that it has by law and a place";
    let customer = Customer::open(folder.path(), long, "123456.123456").await;
    let listed = rows(folder.path(), &["accounts", "list"]).await;
    let names: Vec<_> = listed.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, [long, "zoë"]);
    assert_eq!((&listed[0]["balance"], &listed[0]["keys_in_use"]), (&json!("123456.123456"), &json!(1)));
    for arguments in [
        &["accounts", "list"][..],
        &["accounts", "find", "a"],
        &["accounts", "show", customer.id()],
        &["keys", "list", customer.id()],
        &["funds", "list", customer.id()],
        &["prices"],
        &["usage"],
    ] {
        let text = print(folder.path(), arguments).await;
        assert!(widest(&text) <= 80, "{arguments:?}: {text}");
        let mut narrow = ct(folder.path());
        let narrow = narrow.env("COLUMNS", "60").args(arguments).output().await.unwrap();
        let narrow = String::from_utf8(narrow.stdout).unwrap();
        assert!(widest(&narrow) <= 60, "{arguments:?}: {narrow}");
    }
    let key = customer.key.id();
    for (text, account) in [
        ("ZOË", zoe),
        (zoe, zoe),
        ("form that it", customer.id()),
        (&*key, customer.id()),
        (customer.key.reveal(), customer.id()),
        ("invoice of A rather", customer.id()),
    ] {
        let found = rows(folder.path(), &["accounts", "find", text]).await;
        assert!(found.len() == 1 && found[0]["account"] == account, "{text}: {found:?}");
    }
    assert!(print(folder.path(), &["accounts", "find", "nobody has this"]).await.starts_with("nothing found"));
}

#[tokio::test]
async fn keys_are_listed_with_their_details_and_can_be_revoked_together() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let test = print(folder.path(), &["keys", "create", customer.id(), "--test", "--rate-limit", "5"]).await;
    let test = after(&test, "id");
    let listed = rows(folder.path(), &["keys", "list", customer.id()]).await;
    let row = listed.iter().find(|row| row["key_id"] == customer.key.id()).unwrap();
    assert_eq!(
        (&row["mode"], &row["rate_limit"], &row["is_revoked"], &row["last_four"]),
        (&json!("live"), &json!(60), &json!(false), &json!(customer.key.last4()))
    );
    assert!(!format!("{listed:?}").contains(customer.key.reveal()));
    let mistyped = complaint(folder.path(), &["keys", "revoke", &customer.key.reveal()[..50], "--yes"]).await;
    assert!(
        mistyped.contains("16 hex digits") && !mistyped.contains("ct_live_"),
        "an argument that may be a key isn't shown: {mistyped}"
    );
    let revoked = rows(folder.path(), &["keys", "revoke", "--all", customer.id(), "--yes"]).await.remove(0);
    let revoked: Vec<&str> = revoked["revoked"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert!(revoked.len() == 2 && revoked.contains(&test), "{revoked:?}");
    let listed = rows(folder.path(), &["keys", "list", customer.id()]).await;
    assert!(listed.len() == 2 && listed.iter().all(|row| row["is_revoked"] == true && row["revoked_at"].is_string()));
    let none = complaint(folder.path(), &["keys", "revoke", "--all", customer.id(), "--yes"]).await;
    assert!(none.contains("has no keys in use"), "{none}");
}

#[tokio::test]
async fn prices_are_from_the_environment_or_from_the_stack() {
    use crate::operator::stack_with;
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer};
    let folder = TempDir::new().unwrap();
    let of = |text: Vec<u8>, endpoint: &str| {
        let text = String::from_utf8(text).unwrap();
        let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        rows.into_iter().find(|row| row["endpoint"] == endpoint).unwrap()
    };
    let here = ct(folder.path()).env("PRICE_PROFILE", "0.5").args(["prices", "--json"]).output().await.unwrap();
    assert_eq!(
        of(here.stdout, "profile"),
        json!({"endpoint": "profile", "price": "0.5", "variable": "PRICE_PROFILE", "default": "0.001"})
    );
    let cloudformation = MockServer::start().await;
    let answer = stack_with(&[("PriceProfile", "0.004"), ("PriceChannelVideos", "0.007")], &[]);
    Mock::given(any()).respond_with(answer).mount(&cloudformation).await;
    let mut there = ct(folder.path());
    there.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", "own").env("AWS_SECRET_ACCESS_KEY", "own");
    there.env("AWS_ENDPOINT_URL", cloudformation.uri()).args(["--stack", "prod", "prices", "--json"]);
    let there = there.output().await.unwrap().stdout;
    assert_eq!(of(there.clone(), "profile")["price"], "0.004");
    assert_eq!(of(there.clone(), "channel/videos")["price"], "0.007");
    assert_eq!(of(there, "ping"), json!({"endpoint": "ping", "price": "0", "variable": null, "default": null}));
}
