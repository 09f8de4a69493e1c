//! The published contract: what crosses the wire. Nothing else knows our HTTP status codes.

mod data;
mod endpoint;
mod error;
mod request;
mod response;

pub use data::{
    ChannelVideosData, EmailData, MedianViewsData, Ping, PlatformEndpoints, Platforms, PostStatsData, ProfileData,
};
pub use endpoint::Endpoint;
pub use error::{ApiError, ErrorCode};
pub use request::{Asked, MAX_BODY, api_key, creator_behind, creator_request, post_behind, post_request};
pub use response::{Quota, Receipt, Reply, Success, refusal, reply};
