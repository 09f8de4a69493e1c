//! The domain: what is known of posts and creators, whoever the provider is.

mod answer;
mod email;
mod post;
mod profile;
mod video;

pub use answer::{Answer, CheckError, Operation};
pub use email::{Email, EmailSource, email_of};
pub use post::{PostStats, Precision};
pub use profile::{Contact, Profile, link, said};
pub use video::{MAX_VIDEOS, Video, VideoList, median};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What came of asking the providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome<T> {
    /// One answered.
    Answered(Fetched<T>),
    /// It is proved not to exist, or to be private.
    #[serde(rename = "Missing")]
    NotFound,
    /// None answered.
    Failed,
}

/// What a provider answered, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched<T> {
    /// The answer.
    pub value: T,
    /// The provider's name.
    pub provider: String,
    /// When it answered.
    pub fetched_at: Timestamp,
}
