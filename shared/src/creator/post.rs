//! A post's public numbers.

use serde::{Deserialize, Serialize};

use crate::platform::ViewsKind;

/// The counts of one post. None is "unknown": a provider that doesn't tell never becomes a zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostStats {
    /// The post's address, where the provider knows better than the caller's link: its author may have a new name.
    pub url: Option<String>,
    /// How often it was played or seen.
    pub views: Option<u64>,
    /// What the views count, where it isn't what the platform's views usually do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub views_kind: Option<ViewsKind>,
    /// Likes; where a platform has several reactions, all of them.
    pub likes: Option<u64>,
    /// Comments.
    pub comments: Option<u64>,
    /// Shares; on X, reposts and quotes.
    pub shares: Option<u64>,
    /// The provider says that this post has no count of views to give: a photo, or a post on X from before 2023.
    pub viewless: bool,
    /// The author hides the counts: that none is told is the truth.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides_counts: bool,
    /// How near the counts are to the platform's own.
    pub precision: Precision,
}

/// How near counts are to the platform's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// They are the platform's own.
    #[default]
    Exact,
    /// Large ones are rounded as on the platform's screen.
    Rounded,
}

impl PostStats {
    /// The same without a zero that can't be: nobody likes what nobody has seen.
    #[must_use]
    pub(super) fn plausible(mut self) -> Self {
        let others = [self.likes, self.comments, self.shares];
        if self.views == Some(0) && others.iter().flatten().any(|count| *count > 0) {
            self.views = None;
        }
        self
    }
}
