//! The domain: what is known of posts and creators, whoever the provider is.

mod post;

pub use post::{PostStats, Precision};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What came of asking the providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome<T> {
    /// One answered.
    Answered(Fetched<T>),
    /// It is proved not to exist, or to be private.
    Missing,
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
