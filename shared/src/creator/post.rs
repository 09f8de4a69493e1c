//! A post's public numbers.

use serde::{Deserialize, Serialize};

/// The counts of one post. None is "unknown": a provider that doesn't tell never becomes a zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostStats {
    /// The post's address, where the provider knows better than the caller's link: its author may have a new name.
    pub url: Option<String>,
    /// How often it was played or seen.
    pub views: Option<u64>,
    /// Likes.
    pub likes: Option<u64>,
    /// Comments.
    pub comments: Option<u64>,
    /// Shares.
    pub shares: Option<u64>,
}

impl PostStats {
    /// How many of the counts are known.
    #[must_use]
    pub fn known(&self) -> usize {
        let counts = [self.views, self.likes, self.comments, self.shares];
        counts.iter().flatten().count()
    }

    /// Whether the count that customers pay for is there, so that no other provider need be asked.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.views.is_some()
    }
}
