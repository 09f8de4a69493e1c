//! Logs: JSON lines on Lambda, readable ones in the local server. `RUST_LOG` sets what is logged.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, fmt};
use tracing_subscriber::util::SubscriberInitExt;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT: &str = "info,dynoxide=error";

fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT))
}

/// JSON lines on standard output, which Lambda takes to CloudWatch with a time of its own. The span has Lambda's request id.
pub fn json_lines() {
    json_lines_to(std::io::stdout).init();
}

/// The same written elsewhere.
pub fn json_lines_to(
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync + 'static {
    let lines = fmt().json().flatten_event(true).with_span_list(false).without_time();
    lines.with_env_filter(filter()).with_writer(writer).finish()
}

/// Readable lines on standard error: standard output is for what the command was asked for.
pub fn readable_lines() {
    let is_terminal = std::io::stderr().is_terminal();
    fmt().compact().with_ansi(is_terminal).with_writer(std::io::stderr).with_env_filter(filter()).init();
}
