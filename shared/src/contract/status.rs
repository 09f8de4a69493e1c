//! `status`: the state of all platforms and endpoints, for programs.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use strum::IntoEnumIterator;

use super::data::{milliseconds, optional_milliseconds};
use super::endpoint::Endpoint;
use super::schema::Moment;
use crate::health::{Bar, ProviderRow, Report, Row, State};
use crate::platform::Platform;

/// The state of all platforms and endpoints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Status")]
pub struct StatusData {
    /// The overall word.
    state: State,
    /// The time at which the status was read, in UTC.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T12:00:00.000Z")]
    at: Timestamp,
    /// The state of each platform.
    platforms: Vec<PlatformStatus>,
}

/// The state of one platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct PlatformStatus {
    /// The platform.
    #[schemars(example = &"tiktok")]
    platform: Platform,
    /// Its endpoints that ask providers.
    endpoints: Vec<EndpointStatus>,
}

/// The state of one endpoint on a platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct EndpointStatus {
    /// The endpoint's name, as behind `/v1/`.
    #[schemars(example = &"post/stats")]
    endpoint: Endpoint,
    /// The word for the last 15 minutes.
    state: State,
    /// The time of the last change of `state`, in UTC. Null if it was more than a day ago.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2026-03-28T09:35:00.000Z")]
    since: Option<Timestamp>,
    /// The answered share of the last 15 minutes' requests, from 0 to 1. Cached answers don't
    /// count; "not found" is an answer. Null if there were no requests.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.998)]
    share_answered: Option<f64>,
    /// The estimated median time of these answers, in milliseconds. The true median is between half
    /// and twice this value. Null if there were no answers.
    #[schemars(example = 850)]
    median_ms: Option<u64>,
    /// The last 24 hours, oldest first.
    hours: Vec<HourStatus>,
    /// The providers, in the order in which they are asked. The field is missing unless the
    /// operator shows providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ProviderStatus>")]
    providers: Option<Vec<ProviderStatus>>,
}

/// The state of an endpoint in one hour.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct HourStatus {
    /// The beginning of the hour, in UTC.
    #[serde(serialize_with = "milliseconds")]
    #[schemars(with = "Moment", example = &"2026-03-28T11:00:00.000Z")]
    from: Timestamp,
    /// The word for this hour or provider.
    state: State,
    /// The answered share of its requests, from 0 to 1. Null if there were no requests.
    #[schemars(range(min = 0.0, max = 1.0), example = 1.0)]
    share_answered: Option<f64>,
}

/// The state of one provider.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ProviderStatus {
    /// The provider's name.
    #[schemars(example = &"tikwm")]
    provider: &'static str,
    /// The word for this hour or provider.
    state: State,
    /// The answered share of its recent requests, from 0 to 1. Null if there were no requests.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.97)]
    share_answered: Option<f64>,
}

impl StatusData {
    /// The data for this report.
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
    /// The endpoints of this platform and operation. They share cached answers and requests to
    /// providers.
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
