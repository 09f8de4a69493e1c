//! The memory that a provider's answer takes at its worst. Functions have 256 MB.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use peak_alloc::PeakAlloc;
use system_tests::{Log, POST, Stack};
use wiremock::ResponseTemplate;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Just below what is read of a body.
const BODY: usize = 4 * 1024 * 1024 - 64;
/// Just below what is read of its values.
const VALUES: usize = 59_900;
/// Objects within one another, as deep as they may be.
const DEPTH: usize = 100;

/// An array of as many as fit into a body.
fn many(value: &str, most: usize) -> String {
    let count = most.min(BODY / (value.len() + 1));
    format!("[{}]", vec![value; count].join(","))
}

fn nested_objects() -> String {
    let nested = format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    many(&nested, VALUES / (DEPTH + 1))
}

/// Beside other values, one text that fills the body.
fn with_text(values: &str, letter: &str) -> String {
    let room = BODY - values.len();
    format!("[{values},\"{}\"]", letter.repeat(room / letter.len()))
}

/// The worst that could be thought of, by name, and whether it is read.
fn bodies() -> [(&'static str, String, bool); 12] {
    // Each becomes six bytes: as many as may be escaped.
    let controls = "aaaaa\n";
    [
        ("nothing", "{}".to_owned(), true),
        ("objects", many(r#"{"a":1}"#, VALUES / 2), true),
        ("nested objects", nested_objects(), true),
        ("lists", many("[1]", VALUES / 2), true),
        ("numbers", many("1", VALUES), true),
        ("one text", with_text("1", "a"), true),
        ("one text of escapes", with_text("1", "\\n"), true),
        ("one text with control characters", with_text("1", controls), true),
        ("nested objects and a text", with_text(&nested_objects(), "a"), true),
        ("nested objects and a text with control characters", with_text(&nested_objects(), controls), true),
        ("too many values", many("1", VALUES + 200), false),
        ("too large", with_text("1", "a") + &" ".repeat(100), false),
    ]
}

#[tokio::test]
async fn no_providers_body_takes_more_than_64_mb() {
    let stack = Stack::start().await;
    let customer = stack.customer("1", 1_000).await;
    for (name, body, is_read) in bodies() {
        stack.upstream.reset().await;
        stack.provider("tiktok-api23", ResponseTemplate::new(200).set_body_string(body)).await;
        let (log, _guard) = Log::of_this_thread();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        assert_eq!(stack.post_stats(&customer.live, POST).await.status, 502);
        let taken = MEMORY.peak_usage() - before;
        println!("{name}: {} MB", taken / 1_000_000);
        assert!(taken < 64_000_000, "{name}: {taken} bytes, the copy that the stand-in sends among them");
        let attempts = log.lines().pop().unwrap()["attempts"].to_string();
        assert_eq!(attempts.contains("another form than expected"), is_read, "{name}: {attempts}");
        stack.clock.advance(100);
    }
}
