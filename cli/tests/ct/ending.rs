//! The account of a customer who leaves is closed, exported, paid back and deleted.

use serde_json::{Value, json};
use shared::contract::Endpoint;
use tempfile::TempDir;

use crate::harness::*;

#[tokio::test]
async fn an_account_is_closed_exported_paid_back_and_deleted_and_its_payment_is_never_credited_again() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    let (id, key) = (customer.id(), customer.key.reveal());
    customer.use_up(folder.path(), Endpoint::PostStats, 2).await;
    let open = complaint(folder.path(), &["accounts", "delete", id, "--yes"]).await;
    assert!(open.contains("close it first with `ct accounts close`"), "{open}");
    let closed = print(folder.path(), &["accounts", "close", id, "--yes"]).await;
    assert!(closed.contains("revoked 1 key") && closed.contains(&format!("ct funds refund {id} 9.998")), "{closed}");
    let server = Server::start(folder.path(), &[]).await;
    assert_eq!(server.post_stats(key).await.0, 401);
    for command in [&["keys", "create", id][..], &["funds", "add", id, "1", "--payment-id", "new"]] {
        let said = complaint(folder.path(), command).await;
        assert!(said.contains("is closed") && said.contains(&format!("ct accounts reopen {id}")), "{said}");
    }
    let shown = print(folder.path(), &["accounts", "show", id]).await;
    assert!(shown.contains("state     closed 2") && after(&shown, "balance") == "9.998", "{shown}");

    let export = print(folder.path(), &["accounts", "export", id]).await;
    assert!(!export.contains(key) && !export.contains("hash"), "{export}");
    let export: Value = serde_json::from_str(&export).unwrap();
    assert_eq!((&export["account"]["name"], &export["usage"][0]["fresh"]), (&json!("Some One"), &json!(2)));
    assert_eq!(
        (&export["funds"][0]["id"], &export["keys"][0]["mode"]),
        (&json!("invoice of Some One"), &json!("live"))
    );

    let with_money = complaint(folder.path(), &["accounts", "delete", id, "--yes"]).await;
    assert!(with_money.contains("the balance is 9.998; pay it back"), "{with_money}");
    print(folder.path(), &["funds", "refund", id, "9.998", "--reason", "left", "--yes"]).await;
    let deleted = print(folder.path(), &["accounts", "delete", id, "--yes"]).await;
    assert!(deleted.contains("payments stay, without the name"), "{deleted}");
    assert!(complaint(folder.path(), &["accounts", "show", id]).await.contains("there is no account"));
    let again = print(folder.path(), &["funds", "add", id, "10", "--payment-id", "invoice of Some One"]).await;
    assert!(again.contains("credited before; nothing was changed"), "{again}");
    let found = rows(folder.path(), &["accounts", "find", "invoice of some"]).await;
    assert_eq!((&found[0]["account"], &found[0]["is_deleted"]), (&json!(id), &json!(true)));
    assert_eq!(rows(folder.path(), &["funds", "list", id]).await.len(), 2);
    let twice = print(folder.path(), &["accounts", "delete", id, "--yes"]).await;
    assert!(twice.contains("was deleted before; no data was left"), "{twice}");
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_closed_account_opens_again_without_keys() {
    let folder = TempDir::new().unwrap();
    let customer = Customer::open(folder.path(), "Some One", "10").await;
    print(folder.path(), &["accounts", "close", customer.id(), "--yes"]).await;
    print(folder.path(), &["accounts", "reopen", customer.id()]).await;
    assert!(complaint(folder.path(), &["accounts", "reopen", customer.id()]).await.contains("is not closed"));
    let shown = rows(folder.path(), &["accounts", "show", customer.id()]).await.remove(0);
    assert_eq!((&shown["keys_in_use"], &shown["balance"]), (&json!(0), &json!("10")));
    print(folder.path(), &["keys", "create", customer.id()]).await;
}

#[tokio::test]
async fn the_demo_account_is_neither_closed_nor_deleted() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    for command in ["close", "delete"] {
        let said = complaint(folder.path(), &["accounts", command, "0000000000", "--yes"]).await;
        assert!(said.contains("ct serve --no-demo"), "{said}");
    }
    assert_eq!(server.post_stats(server.live_key()).await.0 / 100, 5, "the key works, and no provider is configured");
    assert!(server.stop().await);
}
