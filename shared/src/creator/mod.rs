//! The domain: the common types of posts and creators for all providers.

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
    /// A provider answered.
    Answered(Fetched<T>),
    /// It is proved not to exist, or to be private.
    #[serde(rename = "Missing")]
    NotFound,
    /// No provider answered.
    Failed,
}

/// A provider's answer and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched<T> {
    /// The answer.
    pub value: T,
    /// The provider's name.
    pub provider: String,
    /// The time of the answer.
    pub fetched_at: Timestamp,
    /// The other providers whose counts it contains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completed_by: Vec<String>,
}

impl<T> Fetched<T> {
    /// An answer from only this provider, with the current time.
    pub fn new(value: T, provider: &str, fetched_at: Timestamp) -> Self {
        Self { value, provider: provider.to_owned(), fetched_at, completed_by: Vec::new() }
    }
}
