//! The published contract: requests, responses and errors. No other folder knows our HTTP status
//! codes.

mod batch;
mod data;
mod details;
mod dry_run;
mod endpoint;
mod error;
mod error_table;
mod invisible;
mod key_text;
mod keys;
mod options;
mod page;
mod query;
mod request;
mod response;
mod schema;
mod status;
mod usage;

pub use batch::{BatchAsked, BatchData, BatchResult, MAX_POSTS, PostAsked, read_batch};
pub use data::{
    ChannelVideosData, Data, EmailData, MedianViewsData, Ping, PlatformEndpoints, Platforms, PostStatsData,
    ProfileData, SubjectOf,
};
pub use dry_run::{DryRun, Kind as DryRunKind, Shown};
pub use endpoint::{Endpoint, Kind, Spec};
pub use error::{ApiError, ErrorCode};
pub use invisible::is_invisible;
pub use key_text::{key_budget, key_end, key_endpoint, key_name, key_platform};
pub use keys::{KeyCreated, KeyData, KeyDeleted, KeyList, KeyRotated, MAX_GRACE, USUAL_GRACE, grace_of, key_of};
pub use options::Options;
pub use page::{keep_for, page, prefers_page};
pub use query::Query;
pub use request::{Asked, Fields, Freshness, RequestError, api_key, read};
pub use response::{
    CORS_ALLOWED_HEADERS, CORS_EXPOSED_HEADERS, CORS_MAX_AGE, CORS_METHODS, NO_STORE, Quota, Receipt, Reply, Success,
    reply, without_body,
};
pub(crate) use response::{Envelope, ErrorEnvelope};
pub use status::StatusData;
pub use usage::{Dollars, RequestData, UsageData};
