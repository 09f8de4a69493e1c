//! The published contract: what crosses the wire. Nothing else knows our HTTP status codes.

mod endpoint;
mod error;
mod request;
mod response;

pub use endpoint::Endpoint;
pub use error::{ApiError, ErrorCode};
pub use request::{Asked, MAX_BODY, api_key, post_behind, post_request};
pub use response::{Ping, PlatformEndpoints, Platforms, PostStatsData, Quota, Receipt, Reply, Success, reply};
