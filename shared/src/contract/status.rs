//! `status`: how everything fares, for programs.

use jiff::Timestamp;
use serde::Serialize;
use strum::IntoEnumIterator;

use super::data::{milliseconds, optional_milliseconds};
use super::endpoint::Endpoint;
use crate::health::{Bar, ProviderRow, Report, Row, State};
use crate::platform::Platform;

/// `status`.
#[derive(Clone, Debug, Serialize)]
pub struct StatusData {
    state: State,
    #[serde(serialize_with = "milliseconds")]
    at: Timestamp,
    platforms: Vec<PlatformStatus>,
}

/// How one platform fares.
#[derive(Clone, Debug, Serialize)]
struct PlatformStatus {
    platform: Platform,
    endpoints: Vec<EndpointStatus>,
}

/// How one of its endpoints fares.
#[derive(Clone, Debug, Serialize)]
struct EndpointStatus {
    endpoint: Endpoint,
    state: State,
    /// Null if for longer than a day.
    #[serde(serialize_with = "optional_milliseconds")]
    since: Option<Timestamp>,
    share_answered: Option<f64>,
    median_ms: Option<u64>,
    hours: Vec<HourStatus>,
    /// Only where the operator names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    providers: Option<Vec<ProviderStatus>>,
}

/// How it fared for an hour.
#[derive(Clone, Debug, Serialize)]
struct HourStatus {
    #[serde(serialize_with = "milliseconds")]
    from: Timestamp,
    state: State,
    share_answered: Option<f64>,
}

/// How one of its providers fares.
#[derive(Clone, Debug, Serialize)]
struct ProviderStatus {
    provider: &'static str,
    state: State,
    share_answered: Option<f64>,
}

impl StatusData {
    /// What this report tells programs.
    #[must_use]
    pub fn new(report: &Report, shows_providers: bool) -> Self {
        let platform = |platform| {
            let rows = report.rows.iter().filter(|row| row.platform == platform);
            let endpoints =
                rows.flat_map(|row| row.endpoints().map(|one| EndpointStatus::new(one, row, shows_providers)));
            PlatformStatus { platform, endpoints: endpoints.collect() }
        };
        Self { state: report.state(), at: report.at, platforms: Platform::iter().map(platform).collect() }
    }
}

impl Row {
    /// The endpoints that this is about: they share what is cached, and what providers are asked for.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        Endpoint::iter().filter(|endpoint| endpoint.operation() == Some(self.operation))
    }
}

impl EndpointStatus {
    fn new(endpoint: Endpoint, row: &Row, shows_providers: bool) -> Self {
        Self {
            endpoint,
            state: row.state,
            since: row.since,
            share_answered: row.share,
            median_ms: row.median.and_then(|median| u64::try_from(median.as_millis()).ok()),
            hours: row.hours.iter().map(HourStatus::from).collect(),
            providers: shows_providers.then(|| row.providers.iter().map(ProviderStatus::from).collect()),
        }
    }
}

impl From<&Bar> for HourStatus {
    fn from(bar: &Bar) -> Self {
        Self { from: bar.from, state: bar.state, share_answered: bar.share }
    }
}

impl From<&ProviderRow> for ProviderStatus {
    fn from(row: &ProviderRow) -> Self {
        Self { provider: row.provider, state: row.state, share_answered: row.share }
    }
}
