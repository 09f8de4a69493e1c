//! The most memory that a provider's answer can take. Functions have 256 MB.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use peak_alloc::PeakAlloc;
use system_tests::{Log, POST, Stack};
use wiremock::ResponseTemplate;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// In bytes: just below the limit for a body.
const BODY: usize = 4 * 1024 * 1024 - 64;
/// Just below the limit for the number of values.
const VALUES: usize = 59_900;
/// The deepest allowed nesting of objects.
const DEPTH: usize = 100;

/// An array with as many values as fit into a body.
fn many(value: &str, most: usize) -> String {
    let count = most.min(BODY / (value.len() + 1));
    format!("[{}]", vec![value; count].join(","))
}

fn nested_objects() -> String {
    let nested = format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    many(&nested, VALUES / (DEPTH + 1))
}

/// A body with these values, and a string that fills the rest.
fn with_text(values: &str, letter: &str) -> String {
    let room = BODY - values.len();
    format!("[{values},\"{}\"]", letter.repeat(room / letter.len()))
}

/// The worst known bodies by name, and whether they are read.
fn bodies() -> [(&'static str, String, bool); 12] {
    // Each line break becomes an escape of six bytes. The escaped body is just below its limit.
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
        assert!(taken < 64_000_000, "{name}: {taken} bytes, including the copy that the stand-in sends");
        let attempts = log.lines().pop().unwrap()["attempts"].to_string();
        assert_eq!(attempts.contains("another form than expected"), is_read, "{name}: {attempts}");
        stack.clock.advance(100);
    }
}
