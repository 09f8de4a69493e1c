//! The binary as Lambda runs it.

use system_tests::lambda;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_its_event() {
    lambda::answers_its_event(env!("CARGO_BIN_EXE_profile"), "profile").await;
}

#[tokio::test]
async fn it_does_not_start_with_a_configuration_that_makes_no_sense() {
    lambda::refuses_nonsense(env!("CARGO_BIN_EXE_profile")).await;
}
