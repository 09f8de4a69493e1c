//! Logs: JSON lines on Lambda, readable lines in the local server. `RUST_LOG` sets the levels.

use std::ffi::OsString;
use std::io::IsTerminal;

use tracing::{Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

/// The logged levels, by target. `EnvFilter` could also filter by span, but needs 230 KB of regular
/// expressions.
pub type Levels = Targets;

/// `RUST_LOG` is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "RUST_LOG: {0:?} isn't a level; write off, error, warn, info, debug or trace, or for example info,shared=debug"
)]
pub struct NotLevels(String);

/// The default levels.
#[must_use]
pub fn default_levels() -> Levels {
    // Without a region, the SDK logs three warnings while it looks for one, and our own error
    // follows.
    Targets::new().with_default(Level::INFO).with_target("aws_config", Level::ERROR)
}

/// Our crates.
const OURS: [&str; 2] = ["ct", "shared"];
/// The highest level of other crates: at `trace` they log complete requests and answers, including
/// keys.
const MOST_OF_OTHERS: LevelFilter = LevelFilter::DEBUG;

/// The levels in `RUST_LOG`, such as `info,shared=debug`.
///
/// # Errors
/// If it is invalid: an unknown level would be read as a target's name, and nothing would be
/// logged.
pub fn levels() -> Result<Levels, NotLevels> {
    match std::env::var("RUST_LOG") {
        Ok(text) if !text.trim().is_empty() => read(&text),
        _ => Ok(default_levels()),
    }
}

/// The levels in this value of `RUST_LOG`.
///
/// # Errors
/// If it isn't a valid value: see [`levels`].
pub fn read(text: &str) -> Result<Levels, NotLevels> {
    let mut default = LevelFilter::OFF;
    let mut named = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (target, level) = match part.split_once('=') {
            Some((target, level)) => (Some(target.trim()).filter(|target| !target.is_empty()), level.trim()),
            None => (None, part),
        };
        // An empty part would be read as a level too.
        let level = Some(level).filter(|level| !level.is_empty()).and_then(|level| level.parse::<LevelFilter>().ok());
        let level = level.ok_or_else(|| NotLevels(part.to_owned()))?;
        match target {
            Some(target) => named.push((target, if is_ours(target) { level } else { level.min(MOST_OF_OTHERS) })),
            None => default = level,
        }
    }
    let ours = OURS.map(|crate_name| (crate_name, default));
    Ok(Targets::new().with_default(default.min(MOST_OF_OTHERS)).with_targets(ours).with_targets(named))
}

fn is_ours(target: &str) -> bool {
    OURS.contains(&target.split("::").next().unwrap_or_default())
}

/// JSON lines on standard output, which Lambda sends to CloudWatch with its own time. The span has
/// Lambda's request id.
pub fn json_lines(levels: Levels) {
    json_lines_to(std::io::stdout, levels).init();
}

/// Writes JSON lines to another place than standard output.
pub fn json_lines_to(
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
    levels: Levels,
) -> impl Subscriber + Send + Sync + 'static {
    let lines = layer().json().flatten_event(true).with_span_list(false).without_time().log_internal_errors(false);
    registry().with(lines.with_writer(writer)).with(levels)
}

/// Readable lines on standard error, because standard output is for the command's result.
pub fn readable_lines(levels: Levels) {
    let has_color = std::io::stderr().is_terminal() && wants_color(std::env::var_os("NO_COLOR"));
    // A closed pipe must not cause a panic.
    let lines = layer().compact().with_target(false).with_ansi(has_color).log_internal_errors(false);
    registry().with(lines.with_writer(std::io::stderr)).with(levels).init();
}

/// Whether colours are off: by <https://no-color.org>, any value except an empty one turns them
/// off.
fn wants_color(no_color: Option<OsString>) -> bool {
    no_color.is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::a_level("warn")]
    #[case::a_target("info,shared=debug")]
    #[case::capitals_and_blanks(" WARN , ct=off ")]
    #[case::a_number("3")]
    fn levels_are_read(#[case] text: &str) {
        read(text).unwrap();
    }

    #[rstest]
    #[case::all("trace", Level::TRACE, Level::DEBUG)]
    #[case::one_by_name("info,hyper_util=trace,shared=trace", Level::TRACE, Level::DEBUG)]
    #[case::one_by_the_beginning_of_its_name("hyper=trace,s=trace,shared::pipeline=trace", Level::TRACE, Level::DEBUG)]
    #[case::ours_named_before_all("shared=info,trace", Level::INFO, Level::DEBUG)]
    #[case::less("warn", Level::WARN, Level::WARN)]
    fn trace_applies_only_to_our_crates(#[case] text: &str, #[case] ours: Level, #[case] others: Level) {
        let levels = read(text).unwrap();
        for (target, most) in [("shared::pipeline::call", ours), ("hyper_util::client", others)] {
            let is_logged = |level: &Level| levels.would_enable(target, level);
            let logged = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN].into_iter().find(is_logged);
            assert_eq!(logged, Some(most), "{target}");
        }
    }

    #[test]
    fn no_color_turns_colors_off_unless_it_is_empty() {
        let wants = [None, Some(""), Some("1"), Some("0")].map(|value| wants_color(value.map(OsString::from)));
        assert_eq!(wants, [true, true, false, false]);
    }

    #[rstest]
    #[case::mistyped("inof", "inof")]
    #[case::mistyped_for_a_target("info,shared=debgu", "shared=debgu")]
    #[case::a_target_alone("shared", "shared")]
    #[case::a_target_without_a_level("shared=", "shared=")]
    fn an_invalid_level_is_refused_with_its_spelling(#[case] text: &str, #[case] part: &str) {
        assert_eq!(read(text), Err(NotLevels(part.to_owned())));
    }
}
