//! The endpoints: one list for the local server, the functions and what `platforms` shows.

use http::Method;
use serde::Serialize;
use strum::IntoEnumIterator;

use super::error::{ApiError, ErrorCode};

/// One endpoint of the published contract.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    strum::Display,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
pub enum Endpoint {
    /// A post's counts.
    #[serde(rename = "post/stats")]
    #[strum(serialize = "post/stats")]
    PostStats,
    /// A creator's profile.
    #[serde(rename = "profile")]
    #[strum(serialize = "profile")]
    Profile,
    /// A creator's most recent videos.
    #[serde(rename = "channel/videos")]
    #[strum(serialize = "channel/videos")]
    ChannelVideos,
    /// How often a creator's videos are usually seen.
    #[serde(rename = "median-views")]
    #[strum(serialize = "median-views")]
    MedianViews,
    /// A creator's e-mail address.
    #[serde(rename = "email")]
    #[strum(serialize = "email")]
    Email,
    /// What works where.
    #[serde(rename = "platforms")]
    #[strum(serialize = "platforms")]
    Platforms,
    /// Whether the API runs.
    #[serde(rename = "ping")]
    #[strum(serialize = "ping")]
    Ping,
}

impl Endpoint {
    /// Its path, below the host.
    #[must_use]
    pub fn path(self) -> String {
        format!("/v1/{self}")
    }

    /// The one method it takes.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::PostStats | Self::Profile | Self::ChannelVideos | Self::MedianViews | Self::Email => "POST",
            Self::Platforms | Self::Ping => "GET",
        }
    }

    /// The endpoint of a route.
    ///
    /// # Errors
    /// Where there is none, or it takes another method.
    pub fn routed(method: &Method, path: &str) -> Result<Self, ApiError> {
        let endpoint = Self::iter().find(|endpoint| endpoint.path() == path).ok_or(ErrorCode::UnknownRoute)?;
        if endpoint.method() == method {
            return Ok(endpoint);
        }
        let message = format!("Method not allowed — send {} {path}", endpoint.method());
        Err(ApiError { allow: Some(endpoint.method()), ..ApiError::new(ErrorCode::MethodNotAllowed, message) })
    }
}
