//! Operators change a key while others use and change it, and the charges of keys add up.

use rstest::rstest;
use shared::account::{ApiKey, Edit, KeyError, KeyLimits, LastManager, LimitEdits, Made, Mode, NewKey};
use shared::contract::Endpoint;
use shared::money::MicroDollars;
use system_tests::dynamodb::Fate;
use system_tests::{Customer, POST, Stack, api23_post};

/// In seconds: from the tests' start until midnight.
const UNTIL_MIDNIGHT: i64 = 12 * 3600;

fn budget(micros: u64) -> LimitEdits {
    LimitEdits { budget_per_day: Edit::Set(MicroDollars(micros)), ..LimitEdits::default() }
}

/// A customer with a dollar and a second live key.
async fn start() -> (Stack, Customer, ApiKey) {
    let stack = Stack::start().await;
    stack.provider("tiktok-api23", api23_post).await;
    let customer = stack.customer("1", 60).await;
    let second = ApiKey::generate(Mode::Live, &customer.account);
    stack.accounts.add_key(&second, 60).await.unwrap();
    (stack, customer, second)
}

async fn assert_all_adds_up(stack: &Stack) {
    let audit = stack.accounts.audit().await.unwrap();
    assert!(audit.faults.is_empty(), "{audit:?}");
}

#[rstest]
#[case::lost_answer(|| Fate::LoseAnswer)]
#[case::another_write(|| Fate::CancelTransaction)]
#[tokio::test]
async fn a_change_is_made_once_after_any_fault_of_the_first_attempt(#[case] fate: fn() -> Fate) {
    let (stack, customer, second) = start().await;
    let hit_once = || {
        let mut is_first = true;
        stack.dynamodb.script(move |call| {
            let is_hit = call.operation == "TransactWriteItems" && std::mem::take(&mut is_first);
            if is_hit { fate() } else { Fate::Pass }
        });
    };
    let accounts = &stack.app.accounts();
    hit_once();
    let limited = accounts.limit_key(&customer.account, &second.id(), &budget(1), LastManager::Stays).await.unwrap();
    assert_eq!(limited.key.limits.budget_per_day, Some(MicroDollars(1)));
    hit_once();
    let named = accounts.rename_key(&customer.account, &second.id(), "main").await.unwrap();
    assert_eq!(named.details.unwrap().name.as_deref(), Some("main"));
    assert_all_adds_up(&stack).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_simultaneous_changes_leave_a_key_that_manages_keys() {
    let (stack, customer, second) = start().await;
    let limit = async |key: &ApiKey| {
        stack.accounts.limit_key(&customer.account, &key.id(), &budget(1), LastManager::Stays).await
    };
    let (one, other) = tokio::join!(limit(&customer.live), limit(&second));
    let (done, refused) = if one.is_ok() { (one, other) } else { (other, one) };
    assert!(done.is_ok() && matches!(refused, Err(KeyError::LastKey)), "{done:?}, {refused:?}");
    let account = stack.account(&customer).await;
    assert_eq!(account.keys.values().filter(|key| key.mode == "live" && key.goes_on_managing()).count(), 1);
}

#[tokio::test]
async fn a_key_that_is_revoked_during_a_change_stays_revoked() {
    let (stack, customer, second) = start().await;
    // The revocation happens between the read and the write of the change.
    let (direct, id) = (stack.accounts.clone(), second.id());
    let account = customer.account.clone();
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(2));
    let (meeting, mut is_first) = (barrier.clone(), true);
    stack.dynamodb.script(move |call| {
        let is_hit = call.operation == "TransactWriteItems" && std::mem::take(&mut is_first);
        if is_hit { Fate::MeetTwice(meeting.clone()) } else { Fate::Pass }
    });
    let revoke = async {
        barrier.wait().await;
        direct.revoke_key_of(&account, &id).await.unwrap();
        barrier.wait().await;
    };
    let edits = budget(1);
    let limit = stack.app.accounts().limit_key(&account, &id, &edits, LastManager::Stays);
    let (limited, ()) = tokio::join!(limit, revoke);
    assert!(matches!(limited, Err(KeyError::NoKey)), "{limited:?}");
    assert!(!stack.account(&customer).await.keys.contains_key(&second.id()));
    assert_eq!(stack.get(&second, "/v1/ping").await.status, 401);
}

#[tokio::test]
async fn a_new_budget_counts_the_keys_earlier_charges() {
    let (stack, customer, second) = start().await;
    assert_eq!(stack.post_stats(&second, POST).await.status, 200);
    stack.accounts.limit_key(&customer.account, &second.id(), &budget(1_500), LastManager::Stays).await.unwrap();
    let other = "https://www.tiktok.com/@a/video/7";
    assert_eq!(stack.post_stats(&second, other).await.code(), "key_budget_exceeded");
    stack.accounts.limit_key(&customer.account, &second.id(), &budget(2_000), LastManager::Stays).await.unwrap();
    assert_eq!(stack.post_stats(&second, other).await.status, 200);
    assert_all_adds_up(&stack).await;
}

#[tokio::test]
async fn charges_by_key_and_by_endpoint_agree_over_midnight_and_with_held_money() {
    let (stack, customer, second) = start().await;
    stack.clock.advance(UNTIL_MIDNIGHT - 1);
    let (price, accounts) = (MicroDollars(1_000), &stack.accounts);
    let mut held = Vec::new();
    for (key, name) in [(&customer.live, "aaaaaaaa"), (&second, "bbbbbbbb"), (&second, "cccccccc")] {
        accounts.admit(key, Some(Endpoint::PostStats)).await.unwrap();
        held.push(accounts.hold(key, Endpoint::PostStats, name, price).await.unwrap());
        assert_all_adds_up(&stack).await;
    }
    stack.clock.advance(2);
    for (key, held) in [(&customer.live, &held[0]), (&second, &held[1])] {
        accounts.settle(key, Endpoint::PostStats, &held.name).await.unwrap();
        assert_all_adds_up(&stack).await;
    }
    let days = accounts.usage(&customer.account).await.unwrap();
    let by_day: Vec<_> = days.values().map(|day| (day.charge().0, day.keys.values().sum::<i64>())).collect();
    assert_eq!(by_day, [(0, 3_000), (2_000, 0)], "the charges per day differ");
    // The third request died, and the day is archived before its hold is released.
    for seconds in [3_600, 60, 86_400, 60] {
        stack.clock.advance(seconds);
        assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200);
        assert_all_adds_up(&stack).await;
    }
    assert!(stack.account(&customer).await.holds.is_empty());
}

#[tokio::test]
async fn a_key_can_take_the_name_of_an_expired_key_only() {
    let (stack, customer, second) = start().await;
    let (accounts, account) = (&stack.accounts, &customer.account);
    let wish = NewKey { name: "ci".to_owned(), mode: Mode::Live, rate_limit: 60, limits: KeyLimits::default() };
    let Ok(Made::Now(first, _)) = accounts.create_key(account, &wish).await else { panic!("a key") };
    let taken = accounts.rename_key(account, &second.id(), "ci").await;
    assert!(matches!(taken, Err(KeyError::NameTaken)), "{taken:?}");
    accounts.revoke_key(&first.id()).await.unwrap();
    accounts.rename_key(account, &second.id(), "ci").await.unwrap();
    let found = accounts.create_key(account, &wish).await.unwrap();
    assert!(matches!(&found, Made::Before(view) if view.id == second.id()), "{found:?}");
}
