//! Each function's binary, as Lambda runs it; and binaries that are killed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod killed;

use std::path::PathBuf;

use rstest::rstest;
use system_tests::lambda;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_answers_its_event(#[files("../functions/*/src/main.rs")] main: PathBuf) {
    lambda::answers_its_event(&lambda::function(&main)).await;
}

#[rstest]
#[tokio::test]
async fn a_function_does_not_start_with_a_configuration_that_makes_no_sense(
    #[files("../functions/*/src/main.rs")] main: PathBuf,
) {
    lambda::refuses_nonsense(&lambda::function(&main)).await;
}
