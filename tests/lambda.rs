//! Runs each function's binary as Lambda does, and kills some of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod killed;

use std::path::PathBuf;

use rstest::rstest;
use serde_json::json;
use shared::account::{ApiKey, Mode};
use system_tests::{Stack, json_answer, lambda};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_answers_its_event(
    #[files("../functions/*/src/main.rs")]
    #[exclude("/(mcp|site)/")]
    main: PathBuf,
) {
    lambda::answers_its_event(&lambda::function(&main)).await;
}

#[rstest]
#[tokio::test]
async fn a_function_does_not_start_with_an_invalid_configuration(
    #[files("../functions/*/src/main.rs")]
    #[exclude("/site/")]
    main: PathBuf,
) {
    lambda::refuses_nonsense(&lambda::function(&main)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_site_answers_its_event_without_the_database_or_a_provider() {
    let stack = Stack::start().await;
    let Some(running) = lambda::Running::start("site", &stack) else { return };
    lambda::answers_as_the_site(&running).await;
    assert!(stack.dynamodb.calls().is_empty());
    assert_eq!(stack.asked("secrets").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mcp_answers_its_event_and_uses_the_database_only_if_a_tool_needs_it() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 60).await;
    stack.provider("secrets", json_answer(200, json!({"Name": "keys", "SecretString": "{}"}))).await;
    let Some(running) = lambda::Running::start("mcp", &stack) else { return };
    lambda::answers_as_mcp(&running, &customer.test).await;
    let _ = stack.dynamodb.calls();
    lambda::answers_as_mcp(&running, &ApiKey::public(Mode::Test)).await;
    assert!(stack.dynamodb.calls().is_empty());
    assert_eq!(stack.asked("secrets").await, 1, "the providers' keys are read once, at the start");
}

#[tokio::test]
async fn the_site_does_not_start_with_invalid_log_levels() {
    lambda::refuses("site", "RUST_LOG", "inof").await;
}
