//! The rate limit: exactly this many requests per key and minute, in any order and number at once.

use futures_util::future::join_all;
use system_tests::{FOR_A_CROWD, Stack};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_60_admits_60_of_100_simultaneous_requests_and_tells_40_when_to_retry() {
    let stack = Stack::with(&FOR_A_CROWD).await;
    let customer = stack.customer("0", 60).await;
    stack.clock.advance(45);
    let answers = join_all((0..100).map(|_| stack.get(&customer.live, "/v1/ping"))).await;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert_eq!((passed, refused.len()), (60, 40));
    for answer in refused {
        assert_eq!(answer.code(), "rate_limited");
        assert_eq!(answer.header("retry-after"), "15");
        assert_eq!(answer.header("x-ratelimit-remaining"), "0");
        assert_eq!(answer.header("x-ratelimit-reset"), "15");
    }
}

#[tokio::test]
async fn the_count_starts_again_in_the_next_minute() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 1).await;
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200);
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 429);
    stack.clock.advance(60);
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200);
}

#[tokio::test]
async fn each_key_has_its_own_rate_limit() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 1).await;
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200);
    assert_eq!(stack.get(&customer.test, "/v1/ping").await.status, 200);
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 429);
}

#[tokio::test]
async fn a_function_whose_clock_is_behind_counts_in_the_newer_window() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 2).await;
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 200);
    stack.clock.advance(-60);
    let answer = stack.get(&customer.live, "/v1/ping").await;
    assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, "0"));
    assert_eq!(answer.header("x-ratelimit-reset"), "120");
    assert_eq!(stack.get(&customer.live, "/v1/ping").await.status, 429);
}
