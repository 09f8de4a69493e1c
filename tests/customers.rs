//! Customers are found, exported, closed and deleted. An interrupted command can be repeated, and
//! no payment is ever credited again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rstest::rstest;
use serde_json::{Value, json};
use shared::account::{ApiKey, Cause, Fault, Funded, Match, Mode, OperatorError};
use shared::contract::Endpoint;
use shared::money::Change;
use system_tests::dynamodb::Fate;
use system_tests::{Customer, Stack, api23_post};

use crate::funds::{PRICE, assert_adds_up, usd};

const POST: &str = "https://www.tiktok.com/@a/video/1";

#[tokio::test]
async fn a_closed_account_accepts_no_keys_and_no_money_and_opens_again_without_keys() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    let held = stack.accounts.hold(&customer.live, Endpoint::PostStats, "in-flight", PRICE).await.unwrap();
    let revoked = stack.accounts.close(&customer.account).await.unwrap();
    assert_eq!(revoked.len(), 2);
    for key in [&customer.live, &customer.test] {
        assert_eq!(stack.get(key, "/v1/ping").await.status, 401);
    }
    let new = ApiKey::generate(Mode::Live, &customer.account);
    assert!(matches!(stack.accounts.add_key(&new, 60).await, Err(OperatorError::Closed(_))));
    assert!(matches!(stack.accounts.fund(&customer.account, PRICE, "new").await, Err(OperatorError::Closed(_))));
    let raised = stack.accounts.adjust(&customer.account, Change(1), "up", "why").await;
    assert!(matches!(raised, Err(OperatorError::Closed(_))));
    // Requests in flight end normally, and the remaining balance can be refunded.
    stack.accounts.settle(&customer.live, Endpoint::PostStats, &held.name).await.unwrap();
    stack.accounts.refund(&customer.account, usd("0.999"), "rest", "closed").await.unwrap();
    assert_adds_up(&stack, &customer, "0.001").await;
    assert!(stack.accounts.close(&customer.account).await.unwrap().is_empty(), "a repeated closing changes nothing");

    stack.accounts.reopen(&customer.account).await.unwrap();
    assert!(matches!(stack.accounts.reopen(&customer.account).await, Err(OperatorError::NotClosed(..))));
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 401);
    stack.accounts.add_key(&new, 60).await.unwrap();
    stack.accounts.fund(&customer.account, PRICE, "new").await.unwrap();
    assert_eq!(stack.post_stats(&new, POST).await.status, 200);
}

#[tokio::test]
async fn an_interrupted_closing_is_found_and_can_be_repeated() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let calls = AtomicUsize::new(0);
    // The account is closed, but no key is revoked yet.
    stack.dynamodb.script(move |call| {
        let is_revoking = call.operation == "UpdateItem" && calls.fetch_add(1, Ordering::SeqCst) > 0;
        if is_revoking { Fate::Refuse(400, "AccessDeniedException") } else { Fate::Pass }
    });
    assert!(stack.app.accounts().close(&customer.account).await.is_err());
    stack.dynamodb.script(|_| Fate::Pass);
    let audit = stack.accounts.audit().await.unwrap();
    assert_eq!(audit.faults.len(), 2);
    assert!(audit.faults.iter().all(|fault| matches!(fault, Fault::ClosedWithKey { .. })), "{audit:?}");
    assert_eq!(stack.accounts.close(&customer.account).await.unwrap().len(), 2);
    assert_adds_up(&stack, &customer, "1").await;
}

/// A customer who has used the API, and whose account is paid back and closed.
async fn finished(stack: &Stack) -> Customer {
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    stack.post_stats(&customer.live, POST).await;
    // One day of usage is archived in its own item; another day is in the account's item.
    stack.clock.advance(86_400);
    stack.get(&customer.live, "/v1/ping").await;
    stack.accounts.close(&customer.account).await.unwrap();
    let id = format!("rest of {}", customer.account);
    stack.accounts.refund(&customer.account, usd("0.999"), &id, "Customer asked for it").await.unwrap();
    // A later version may store attributes that this version doesn't know.
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let put = stack.direct.put_item().table_name("Accounts").item("account", text(customer.account.as_str()));
    let pk = format!("request#of {}", customer.account);
    put.item("pk", text(&pk)).item("sk", text("request")).send().await.unwrap();
    customer
}

/// All stored items, without those of other accounts.
async fn stored(stack: &Stack, customer: &Customer) -> Vec<String> {
    let items = stack.direct.scan().table_name("Accounts").send().await.unwrap().items.unwrap();
    let items = items.into_iter().map(|item| format!("{item:?}"));
    items.filter(|item| item.contains(customer.account.as_str())).collect()
}

#[tokio::test]
async fn only_a_closed_account_without_holds_and_money_is_deleted() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    let delete = async || stack.accounts.delete(&customer.account).await;
    let open = delete().await.unwrap_err().to_string();
    assert!(open.contains("is not closed; close it first with `ct accounts close`"), "{open}");
    let held = stack.accounts.hold(&customer.live, Endpoint::PostStats, "in-flight", PRICE).await.unwrap();
    stack.accounts.close(&customer.account).await.unwrap();
    assert!(matches!(delete().await, Err(OperatorError::HasHolds { requests: 1, .. })));
    stack.accounts.release(&customer.account, &held, Cause::Service).await.unwrap();
    assert!(matches!(delete().await, Err(OperatorError::HasBalance(_))));
    assert_adds_up(&stack, &customer, "1").await;
    let nobody = "AAAAAAAAAA".parse().unwrap();
    assert!(matches!(stack.accounts.delete(&nobody).await, Err(OperatorError::NoAccount(_))));
}

#[tokio::test]
async fn payments_of_a_deleted_customer_stay_without_a_name_and_are_never_credited_again() {
    let stack = Stack::start().await;
    let other = stack.customer("1", 60).await;
    let customer = finished(&stack).await;
    let deleted = stack.accounts.delete(&customer.account).await.unwrap();
    assert!(deleted.was_there && deleted.items >= 6, "{deleted:?}");
    let left = stored(&stack, &customer).await;
    assert_eq!(left.len(), 3, "the payment, the refund and the deleted account's record: {left:#?}");
    assert!(!left.iter().any(|item| item.contains("Customer") || item.contains("reason")), "{left:#?}");
    let payment = stack.accounts.movements(&customer.account).await.unwrap()[0].clone();
    let again = stack.accounts.fund(&customer.account, payment.change.amount(), &payment.id).await;
    assert!(matches!(again, Ok(Funded::Before)));
    let elsewhere = stack.accounts.fund(&other.account, payment.change.amount(), &payment.id).await;
    assert!(matches!(elsewhere, Err(OperatorError::PaymentDiffers(_))));
    assert!(matches!(stack.accounts.show(&customer.account).await, Err(OperatorError::NoAccount(_))));
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 401);
    let found = stack.accounts.find(&payment.id).await.unwrap();
    assert!(found.len() == 1 && found[0].account.is_none() && found[0].by.contains(&Match::Payment(payment.id)));
    assert_adds_up(&stack, &other, "1").await;
    let repeated = stack.accounts.delete(&customer.account).await.unwrap();
    assert!(!repeated.was_there && repeated.items == 0);
}

/// The deletion dies at each of its writes, before or after the engine sees the write.
#[rstest]
#[tokio::test]
async fn a_deletion_interrupted_at_any_write_is_found_and_can_be_repeated(
    #[values(0, 1, 2, 3, 4, 5, 6, 7)] dies_at: usize,
    #[values(false, true)] is_applied: bool,
) {
    let stack = Stack::start().await;
    let customer = finished(&stack).await;
    let calls = AtomicUsize::new(0);
    let is_dead = AtomicBool::new(false);
    stack.dynamodb.script(move |call| {
        let is_write = matches!(&*call.operation, "TransactWriteItems" | "DeleteItem" | "UpdateItem");
        let is_dead = is_dead.load(Ordering::SeqCst)
            || (is_write && calls.fetch_add(1, Ordering::SeqCst) == dies_at && {
                is_dead.store(true, Ordering::SeqCst);
                true
            });
        match (is_dead, is_applied) {
            (false, _) => Fate::Pass,
            (true, false) => Fate::Refuse(400, "AccessDeniedException"),
            (true, true) => Fate::LoseAnswer,
        }
    });
    let broken = stack.app.accounts().delete(&customer.account).await;
    assert!(broken.is_err() || dies_at >= 7, "{broken:?}");
    stack.dynamodb.script(|_| Fate::Pass);
    let faults = stack.accounts.audit().await.unwrap().faults;
    assert!(faults.iter().all(|fault| matches!(fault, Fault::LeftOver { .. })), "{faults:?}");
    stack.accounts.delete(&customer.account).await.unwrap();
    assert_eq!(stored(&stack, &customer).await.len(), 3);
    assert!(stack.accounts.audit().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn an_export_has_everything_stored_about_a_customer_and_no_secret() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("tiktok-api23", api23_post).await;
    stack.post_stats(&customer.live, POST).await;
    stack.accounts.hold(&customer.live, Endpoint::Profile, "in-flight", PRICE).await.unwrap();
    stack.accounts.refund(&customer.account, usd("0.5"), "half", "asked for it").await.unwrap();
    stack.accounts.revoke_key(&customer.test.id()).await.unwrap();
    // A later version may store items that this version doesn't know.
    let put = stack.direct.put_item().table_name("Accounts");
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let put = put.item("pk", text(&format!("account#{}", customer.account))).item("sk", text("note#1"));
    put.item("text", text("likes short answers")).send().await.unwrap();
    let put = stack.direct.put_item().table_name("Accounts").item("account", text(customer.account.as_str()));
    put.item("pk", text("request#1")).item("sk", text("request")).send().await.unwrap();

    let export = serde_json::to_value(stack.accounts.export(&customer.account).await.unwrap()).unwrap();
    assert_eq!(export["account"]["id"], customer.account.as_str());
    assert_eq!((&export["account"]["funds"], &export["account"]["held"]), (&json!("0.5"), &json!("0.001")));
    let usage = &export["usage"][0];
    assert_eq!((&usage["endpoint"], &usage["charged"]), (&json!("post/stats"), &json!("0.001")));
    let funds: Vec<&Value> = export["funds"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(funds, ["payment", "refund"]);
    assert_eq!(export["funds"][1]["reason"], "asked for it");
    assert_eq!(export["requests_in_flight"].as_array().unwrap().len(), 1);
    assert_eq!(export["other"][0]["text"], "likes short answers");
    assert_eq!(export["other"][1]["pk"], "request#1");
    let keys = export["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["id"] == customer.live.id()).unwrap();
    assert_eq!((&key["mode"], &key["rate_limit"]), (&json!("live"), &json!(60)));
    assert!(keys.len() == 2 && keys.iter().any(|key| key["revoked_at"].is_number()), "{keys:?}");

    let text = export.to_string();
    let hash: String = customer.live.hash().iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    for secret in [customer.live.reveal(), customer.test.reveal(), "\"hash\"", &hash] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn an_account_is_found_by_its_name_and_by_the_ids_of_accounts_keys_payments_and_entries() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.customer("1", 60).await;
    stack.accounts.create(&"Acc0unt123".parse().unwrap(), "Jane Doe").await.unwrap();
    stack.accounts.refund(&customer.account, PRICE, "Refund 7", "why").await.unwrap();
    let payment = stack.accounts.movements(&customer.account).await.unwrap()[0].id.clone();
    let id = customer.account.as_str();
    let key = customer.live.id();
    for (text, account, by) in [
        ("jane", "Acc0unt123", Match::Name),
        ("acc0unt123", "Acc0unt123", Match::Account),
        (id, id, Match::Account),
        (&key, id, Match::Key(key.clone())),
        (customer.live.reveal(), id, Match::Key(key.clone())),
        (&payment, id, Match::Payment(payment.clone())),
        ("refund 7", id, Match::Entry("Refund 7".to_owned())),
    ] {
        let found = stack.accounts.find(text).await.unwrap();
        let mut of_account = found.iter().filter(|found| found.id.as_str() == account);
        assert!(of_account.any(|found| found.by.contains(&by)), "{text}: {found:?}");
    }
    assert!(stack.accounts.find("nobody has this").await.unwrap().is_empty());
    let names: Vec<String> =
        stack.accounts.list().await.unwrap().into_iter().map(|(_, account)| account.name).collect();
    assert!(names.len() == 3 && names.is_sorted_by_key(|name| name.to_lowercase()), "{names:?}");
}

#[tokio::test]
async fn all_accounts_are_listed_and_audited_if_they_need_several_pages_of_dynamodb() {
    let stack = Stack::start().await;
    // A page has 1 MB.
    let name = "x".repeat(100_000);
    for _ in 0..25 {
        stack.accounts.create(&shared::account::AccountId::random(), &name).await.unwrap();
    }
    assert_eq!(stack.accounts.list().await.unwrap().len(), 25);
    assert_eq!(stack.accounts.audit().await.unwrap().accounts, 25);
}
