//! The domain: posts and creators as every provider's answer describes them.

mod answer;
mod details;
mod email;
mod join;
mod post;
mod profile;
mod unchecked;
mod video;

pub use answer::{Answer, CheckError, Operation};
pub use details::{Author, Details, Media, MediaKind};
pub use email::{Email, EmailSource, email_of};
pub use join::join;
pub use post::{PostStats, Precision};
pub use profile::{Contact, Profile, non_blank, with_scheme};
pub use unchecked::Unchecked;
pub use video::{DEFAULT_VIDEOS, MAX_VIDEOS, Video, VideoList, Window, median};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The result of asking the providers.
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

/// A provider's answer and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched<T> {
    /// The answer.
    pub value: T,
    /// The provider's name.
    pub provider: String,
    /// When it answered.
    pub fetched_at: Timestamp,
    /// The other providers whose counts are in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completed_by: Vec<String>,
}

impl<T> Fetched<T> {
    /// An answer that this provider alone gave now.
    pub fn new(value: T, provider: &str, fetched_at: Timestamp) -> Self {
        Self { value, provider: provider.to_owned(), fetched_at, completed_by: Vec::new() }
    }
}
