//! Each function's binary, as Lambda runs it; and binaries that are killed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod killed;

use std::path::PathBuf;

use rstest::rstest;
use system_tests::{Stack, lambda};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_answers_its_event(
    #[files("../functions/*/src/main.rs")]
    #[exclude("/site/")]
    main: PathBuf,
) {
    lambda::answers_its_event(&lambda::function(&main)).await;
}

#[rstest]
#[tokio::test]
async fn a_function_does_not_start_with_a_configuration_that_makes_no_sense(
    #[files("../functions/*/src/main.rs")]
    #[exclude("/site/")]
    main: PathBuf,
) {
    lambda::refuses_nonsense(&lambda::function(&main)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_site_answers_its_event_and_asks_nobody() {
    let stack = Stack::start().await;
    let Some(running) = lambda::Running::start("site", &stack) else { return };
    lambda::answers_as_the_site(&running).await;
    assert!(stack.dynamodb.calls().is_empty());
    assert_eq!(stack.asked("secrets").await, 0);
}

#[tokio::test]
async fn the_site_does_not_start_with_levels_that_are_none() {
    lambda::refuses("site", "RUST_LOG", "inof").await;
}
