//! Logs: JSON lines on Lambda, readable ones in the local server. `RUST_LOG` sets what is logged.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT: &str = "info,dynoxide=error";

/// Levels by target, like `info,shared=debug`. `EnvFilter` could also tell spans apart, with 230 KB of regular expressions.
fn filter() -> Targets {
    let wanted = std::env::var("RUST_LOG").ok().and_then(|levels| levels.parse().ok());
    wanted.unwrap_or_else(|| DEFAULT.parse().expect("a constant that parses"))
}

/// JSON lines on standard output, which Lambda takes to CloudWatch with a time of its own. The span has Lambda's request id.
pub fn json_lines() {
    json_lines_to(std::io::stdout).init();
}

/// The same written elsewhere.
pub fn json_lines_to(
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync + 'static {
    let lines = layer().json().flatten_event(true).with_span_list(false).without_time();
    registry().with(lines.with_writer(writer)).with(filter())
}

/// Readable lines on standard error: standard output is for what the command was asked for.
pub fn readable_lines() {
    let is_terminal = std::io::stderr().is_terminal();
    let lines = layer().compact().with_ansi(is_terminal).with_writer(std::io::stderr);
    registry().with(lines).with(filter()).init();
}
