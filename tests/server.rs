//! The local server's connections.

use std::time::Duration;

use rstest::rstest;
use system_tests::Stack;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

#[rstest]
#[case::nothing("", "")]
#[case::half_a_header("GET /v1/ping HTTP/1.1\r\nho", "")]
#[case::half_a_body(
    "POST /v1/post/stats HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\n{",
    "the body did not arrive within 10 seconds; send all of it"
)]
#[tokio::test]
async fn a_request_has_ten_seconds_to_arrive(#[case] beginning: &str, #[case] says: &str) {
    let stack = Stack::start().await;
    // From now on, time passes while all tasks wait.
    tokio::time::pause();
    let started = Instant::now();
    let mut connection = TcpStream::connect(stack.base.strip_prefix("http://").unwrap()).await.unwrap();
    connection.write_all(beginning.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(says), "{answer}");
    let waited = started.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_secs(11)).contains(&waited), "{waited:?}");
}
