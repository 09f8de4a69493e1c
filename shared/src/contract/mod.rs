//! The published contract: what crosses the wire. Nothing else knows our HTTP status codes.

mod data;
mod details;
mod endpoint;
mod error;
mod options;
mod request;
mod response;

pub use data::{
    ChannelVideosData, Data, EmailData, MedianViewsData, Ping, PlatformEndpoints, Platforms, PostStatsData,
    ProfileData, SubjectOf,
};
pub use endpoint::{Endpoint, Kind, Spec};
pub use error::{ApiError, ErrorCode};
pub use options::Options;
pub use request::{Asked, Fields, RequestError, api_key, read};
pub use response::{
    Billing, CORS_ALLOWED_HEADERS, CORS_EXPOSED_HEADERS, CORS_MAX_AGE, CORS_METHODS, NO_STORE, Quota, Receipt, Reply,
    Success, reply,
};
