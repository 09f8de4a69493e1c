//! The page, rendered on the server and complete without scripts.

use std::fmt::Write;
use std::time::Duration;

use askama::Template;
use jiff::Timestamp;
use pages::STYLE;
use pages::layout::Layout;
use shared::contract::{ApiError, Endpoint, Reply, page};
use shared::health::{Bar, ProviderRow, Report, Row, State};
use shared::pipeline::refusal;
use shared::platform::Platform;
use strum::IntoEnumIterator;

/// The distance between bars, and the width of a bar, in the drawing's units.
const STEP: usize = 4;
const WIDTH: usize = 3;

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    state: State,
    mark: &'static str,
    headline: &'static str,
    at: String,
    platforms: Vec<PlatformSection>,
    words: Vec<Word>,
}

struct PlatformSection {
    id: Platform,
    title: &'static str,
    rows: Vec<RowOfPage>,
}

struct RowOfPage {
    name: String,
    state: State,
    mark: &'static str,
    since: String,
    facts: String,
    history: String,
    shapes: Vec<Shape>,
    providers: Vec<ProviderOfPage>,
}

/// One path for all bars of one state.
struct Shape {
    state: State,
    path: String,
}

struct ProviderOfPage {
    name: &'static str,
    state: State,
    mark: &'static str,
    share: String,
}

struct Word {
    state: State,
    mark: &'static str,
    meaning: &'static str,
}

/// Renders the page.
pub fn draw(report: &Report, shows_providers: bool) -> Reply {
    match html(&Page::new(report, shows_providers)) {
        // The style is in the page itself: it shows even while the site's function is replaced.
        Ok(html) => page(html, STYLE),
        Err(error) => refusal(ApiError::internal(error)),
    }
}

fn html(page: &Page) -> askama::Result<String> {
    let layout = Layout {
        title: page.headline,
        description: "Whether each platform and endpoint of the Creator Tracking API answers.",
        part: "/status",
        markdown: "",
        style: Some(STYLE),
        body: &page.render()?,
    };
    layout.html()
}

impl Page {
    fn new(report: &Report, shows_providers: bool) -> Self {
        let state = report.state();
        let word = |state| Word { state, mark: mark(state), meaning: meaning(state) };
        Self {
            state,
            mark: mark(state),
            headline: headline(state),
            at: report.at.strftime("%-d %B %Y, %H:%M:%S").to_string(),
            platforms: Platform::iter().map(|id| PlatformSection::new(id, report, shows_providers)).collect(),
            words: State::iter().map(word).collect(),
        }
    }
}

impl PlatformSection {
    fn new(id: Platform, report: &Report, shows_providers: bool) -> Self {
        let rows = report.rows.iter().filter(|row| row.platform == id);
        let rows = rows.map(|row| RowOfPage::new(row, report.at, shows_providers)).collect();
        Self { id, title: id.title(), rows }
    }
}

impl RowOfPage {
    fn new(row: &Row, at: Timestamp, shows_providers: bool) -> Self {
        let names: Vec<_> = row.endpoints().map(Endpoint::name).collect();
        let providers = row.providers.iter().filter(|_| shows_providers).map(ProviderOfPage::new);
        Self {
            name: names.join(", "),
            state: row.state,
            mark: mark(row.state),
            since: since(row, at),
            facts: facts(row),
            history: history(&row.quarters),
            shapes: State::iter().map(|state| Shape::new(state, &row.quarters)).collect(),
            providers: providers.collect(),
        }
    }
}

impl Shape {
    fn new(state: State, bars: &[Bar]) -> Self {
        let mut path = String::new();
        for (place, _) in bars.iter().enumerate().filter(|(_, bar)| bar.state == state) {
            // The signs differ in shape, not only in colour: full, half, hollow, and a dash.
            let (top, height) = match state {
                State::Operational | State::Down => (0, 24),
                State::Degraded => (12, 12),
                State::Unknown => (22, 2),
            };
            let _ = write!(path, "M{} {top}h{WIDTH}v{height}h-{WIDTH}z", place * STEP);
        }
        Self { state, path }
    }
}

impl ProviderOfPage {
    fn new(row: &ProviderRow) -> Self {
        let share = row.share.map(|share| format!(", {}", percent(share))).unwrap_or_default();
        Self { name: row.provider, state: row.state, mark: mark(row.state), share }
    }
}

const fn mark(state: State) -> &'static str {
    match state {
        State::Operational => "●",
        State::Degraded => "◐",
        State::Down => "○",
        State::Unknown => "–",
    }
}

const fn headline(state: State) -> &'static str {
    match state {
        State::Operational => "All endpoints with recent requests work",
        State::Degraded => "Some requests fail",
        State::Down => "No endpoint with recent requests works",
        State::Unknown => "Too few recent requests to know",
    }
}

const fn meaning(state: State) -> &'static str {
    match state {
        State::Operational => "At least 95 % of the requests were answered.",
        State::Degraded => "At least 50 %, but less than 95 % of the requests were answered.",
        State::Down => "Less than 50 % of the requests were answered.",
        State::Unknown => "Fewer than 5 requests in 15 to 20 minutes: too little traffic to know.",
    }
}

fn since(row: &Row, at: Timestamp) -> String {
    match row.since {
        Some(since) => format!("since {}", moment(since, at)),
        None => "for more than 24 hours".to_owned(),
    }
}

/// The recent measurements.
fn facts(row: &Row) -> String {
    let share = row.share.map(|share| format!("{} answered", percent(share)));
    let median = row.median.map(|median| format!("median {}", seconds(median)));
    let facts: Vec<_> = [share, median].into_iter().flatten().collect();
    facts.join(" · ")
}

/// The start of the state: a time today, or a time with its day.
fn moment(moment: Timestamp, now: Timestamp) -> String {
    let day = |moment: Timestamp| moment.strftime("%-d %B").to_string();
    let time = moment.strftime("%H:%M");
    if day(moment) == day(now) { format!("{time} UTC") } else { format!("{}, {time} UTC", day(moment)) }
}

/// A share is never rounded up: 100 % means all requests.
fn percent(share: f64) -> String {
    let tenths = (share * 1_000.0).floor() / 10.0;
    if tenths.fract() == 0.0 { format!("{tenths:.0} %") } else { format!("{tenths:.1} %") }
}

/// Rounds the median, because it is only exact to a factor of two.
fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// Describes the bars for screen readers.
fn history(bars: &[Bar]) -> String {
    let count = |state: State| bars.iter().filter(|bar| bar.state == state).count();
    let counts = State::iter().map(|state| (state, count(state))).filter(|(_, count)| *count > 0);
    let counts: Vec<_> = counts.map(|(state, count)| format!("{state} in {count}")).collect();
    format!("The last {} quarters of an hour: {}", bars.len(), counts.join(", "))
}

#[cfg(test)]
mod tests {
    use shared::creator::Operation;

    use super::*;

    const NOW: i64 = 1_795_435_200;

    fn at(minutes_ago: i64) -> Timestamp {
        Timestamp::from_second(NOW - minutes_ago * 60).unwrap()
    }

    /// A row with this state in the last quarters of an hour, and operational before.
    fn row(platform: Platform, operation: Operation, state: State, quarters: usize) -> Row {
        let bar = |ago: usize| {
            let state = if ago < quarters { state } else { State::Operational };
            Bar { from: at(15 * i64::try_from(ago).unwrap()), state, share: Some(0.991) }
        };
        let share = (state != State::Unknown).then_some(0.9876);
        Row {
            platform,
            operation,
            state,
            since: (quarters < 96).then(|| at(15 * i64::try_from(quarters).unwrap())),
            share,
            median: share.map(|_| Duration::from_millis(840)),
            hours: Vec::new(),
            quarters: (0..96).rev().map(bar).collect(),
            providers: vec![ProviderRow { provider: "tikwm", state, share }],
        }
    }

    fn html(rows: Vec<Row>, shows_providers: bool) -> String {
        draw(&Report { at: at(0), rows }, shows_providers).into_body()
    }

    #[test]
    fn each_state_is_shown_by_a_sign_and_a_word() {
        for (state, sign) in
            [(State::Operational, "●"), (State::Degraded, "◐"), (State::Down, "○"), (State::Unknown, "–")]
        {
            let html = html(vec![row(Platform::TikTok, Operation::PostStats, state, 3)], false);
            let told = format!("aria-hidden=\"true\">{sign}</span> <span class=\"word\">{state}</span>");
            assert!(html.contains(&told), "{html}");
            assert!(html.contains("since 11:15 UTC"), "{html}");
        }
    }

    #[test]
    fn a_day_is_drawn_as_a_bar_for_each_quarter_of_an_hour() {
        let html = html(vec![row(Platform::TikTok, Operation::PostStats, State::Down, 3)], false);
        let drawn = |class: &str| {
            let path = html.split(&format!("<path class=\"{class}\" d=\"")).nth(1).unwrap();
            path.split('"').next().unwrap().matches('M').count()
        };
        assert_eq!([drawn("operational"), drawn("down"), drawn("unknown")], [93, 3, 0]);
        assert!(html.contains("The last 96 quarters of an hour: operational in 93, down in 3"), "{html}");
    }

    #[test]
    fn providers_are_named_only_if_that_is_allowed() {
        let rows = || vec![row(Platform::TikTok, Operation::PostStats, State::Operational, 96)];
        assert!(!html(rows(), false).contains("tikwm"));
        assert!(html(rows(), true).contains("tikwm: <span class=\"word\">operational</span>, 98.7 %"));
    }

    #[test]
    fn the_page_needs_no_script_and_no_other_host() {
        let html = html(vec![row(Platform::YouTube, Operation::Profile, State::Degraded, 9)], true);
        for forbidden in ["<script", " style=", "http://", "https://", "onload", "javascript:"] {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn a_share_is_never_rounded_up() {
        assert_eq!([1.0, 0.9999, 0.95, 0.5, 0.0].map(percent), ["100 %", "99.9 %", "95 %", "50 %", "0 %"]);
    }
}
