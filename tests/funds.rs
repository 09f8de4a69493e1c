//! Refunds and adjustments are entered once, take at most the balance, and leave accounts that add
//! up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use rstest::rstest;
use shared::account::{Cause, Funded, MovementKind, OperatorError};
use shared::contract::Endpoint;
use shared::money::{Change, MicroDollars};
use system_tests::dynamodb::Fate;
use system_tests::{Customer, Stack};

pub const PRICE: MicroDollars = MicroDollars(1_000);

pub fn usd(text: &str) -> MicroDollars {
    text.parse().unwrap()
}

pub async fn assert_adds_up(stack: &Stack, customer: &Customer, funds: &str) {
    let account = stack.account(customer).await;
    assert_eq!(account.funds, usd(funds), "{account:?}");
    assert_eq!(account.balance.0 + account.held().0 + account.spent.0, account.funds.0, "{account:?}");
    let audit = stack.accounts.audit().await.unwrap();
    assert!(audit.faults.is_empty(), "{audit:?}");
}

#[tokio::test]
async fn a_refund_that_is_entered_repeatedly_lowers_funds_and_balance_once() {
    let stack = Stack::start().await;
    let customer = stack.customer("10", 60).await;
    let refund = async |usd_: &str, id: &str| stack.accounts.refund(&customer.account, usd(usd_), id, "why").await;
    assert!(matches!(refund("4", "r").await, Ok(Funded::Now)));
    for _ in 0..2 {
        assert!(matches!(refund("4", "r").await, Ok(Funded::Before)));
    }
    assert!(matches!(refund("5", "r").await, Err(OperatorError::EntryDiffers(_))));
    let adjusted = stack.accounts.adjust(&customer.account, Change(-4_000_000), "r", "why").await;
    assert!(matches!(adjusted, Err(OperatorError::EntryDiffers(_))), "a refund isn't an adjustment");
    let other = stack.customer("10", 60).await;
    let elsewhere = stack.accounts.refund(&other.account, usd("4"), "r", "why").await;
    assert!(matches!(elsewhere, Err(OperatorError::EntryDiffers(_))));
    assert_adds_up(&stack, &customer, "6").await;
    // A repeated refund changes nothing, even if the balance is too low for another one.
    assert!(matches!(refund("6", "all").await, Ok(Funded::Now)));
    assert!(matches!(refund("6", "all").await, Ok(Funded::Before)));
    assert_adds_up(&stack, &customer, "0").await;
    let movements = stack.accounts.movements(&customer.account).await.unwrap();
    let kinds: Vec<_> = movements.iter().map(|movement| (movement.kind, movement.change.0)).collect();
    assert_eq!(
        kinds,
        [(MovementKind::Payment, 10_000_000), (MovementKind::Refund, -6_000_000), (MovementKind::Refund, -4_000_000)]
    );
}

#[tokio::test]
async fn a_refund_never_takes_held_money() {
    let stack = Stack::start().await;
    let customer = stack.customer("0.0025", 60).await;
    let held = stack.accounts.hold(&customer.live, Endpoint::PostStats, "in-flight", PRICE).await.unwrap();
    for change in [Change(-2_000), Change(-2_500)] {
        let refused = stack.accounts.adjust(&customer.account, change, "a", "why").await;
        let Err(OperatorError::BalanceTooLow { balance, held }) = refused else { panic!("{refused:?}") };
        assert_eq!((balance, held), (MicroDollars(1_500), PRICE));
    }
    assert!(stack.accounts.movements(&customer.account).await.unwrap().len() == 1, "no movement was entered");
    stack.accounts.adjust(&customer.account, Change(-1_500), "a", "why").await.unwrap();
    assert_adds_up(&stack, &customer, "0.001").await;
    stack.accounts.release(&customer.account, &held, Cause::Service).await.unwrap();
    assert_adds_up(&stack, &customer, "0.001").await;
    let nobody = "AAAAAAAAAA".parse().unwrap();
    let refused = stack.accounts.refund(&nobody, PRICE, "b", "why").await;
    assert!(matches!(refused, Err(OperatorError::NoAccount(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_refunds_that_the_balance_covers_are_entered_from_many_at_once() {
    let stack = Stack::with(&system_tests::FOR_A_CROWD).await;
    let customer = stack.customer("1", 60).await;
    let ids: Vec<String> = (0..20).map(|id| id.to_string()).collect();
    let refund = |id| stack.accounts.refund(&customer.account, usd("0.3"), id, "why");
    let refunds = join_all(ids.iter().map(|id| refund(id))).await;
    assert_eq!(refunds.iter().filter(|refund| refund.is_ok()).count(), 3, "{refunds:?}");
    assert_adds_up(&stack, &customer, "0.1").await;
}

/// The transaction's first answer is lost, or the transaction conflicts with another write.
#[rstest]
#[case::lost(Fate::LoseAnswer)]
#[case::met(Fate::CancelTransaction)]
#[tokio::test]
async fn an_entry_is_made_once_if_its_answer_is_lost_or_it_meets_another_write(#[case] fate: Fate) {
    let stack = Stack::start().await;
    let customer = stack.customer("10", 60).await;
    let (calls, fate) = (AtomicUsize::new(0), Arc::new(std::sync::Mutex::new(Some(fate))));
    stack.dynamodb.script(move |call| {
        let is_first = call.operation == "TransactWriteItems" && calls.fetch_add(1, Ordering::SeqCst) == 0;
        is_first.then(|| fate.lock().unwrap().take()).flatten().unwrap_or(Fate::Pass)
    });
    stack.app.accounts().refund(&customer.account, usd("4"), "r", "why").await.unwrap();
    assert_adds_up(&stack, &customer, "6").await;
}
