//! A post's public numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::details::{Details, fill};
use crate::platform::ViewsKind;

/// The counts of one post. None means "unknown": a missing count never becomes a zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostStats {
    /// The post's address, if the provider's is newer than the caller's link, for example with the
    /// author's new name.
    pub url: Option<String>,
    /// The number of times that it was played or seen.
    pub views: Option<u64>,
    /// The kind of the views, if it isn't the platform's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub views_kind: Option<ViewsKind>,
    /// Likes, or all reactions on platforms with several kinds.
    pub likes: Option<u64>,
    /// Comments.
    pub comments: Option<u64>,
    /// Shares; on X, reposts and quotes.
    pub shares: Option<u64>,
    /// The provider says that this post has no count of views: a photo, or a post on X from before
    /// 2023.
    pub viewless: bool,
    /// The author hides the counts, so missing counts aren't a failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides_counts: bool,
    /// The precision of the counts.
    pub precision: Precision,
    /// The post's details.
    #[serde(default)]
    pub details: Details,
}

/// The precision of counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// The counts are the platform's own.
    #[default]
    Exact,
    /// Large counts are rounded as on the platform's screen.
    Rounded,
}

impl PostStats {
    /// Drops impossible zeros: a post without views can't have likes or saves.
    #[must_use]
    pub(super) fn plausible(mut self) -> Self {
        let others = [self.likes, self.comments, self.shares, self.details.saves];
        if self.views == Some(0) && others.iter().flatten().any(|count| *count > 0) {
            self.views = None;
        }
        self
    }

    /// A measure of the knowledge about the views; the provider with the highest one is named. A
    /// zero is often a failure. If no provider returns views, the likes replace them.
    pub(super) const fn weight(&self) -> usize {
        match self.views {
            Some(1..) => 3,
            _ if self.viewless => 2,
            Some(0) => 2,
            None if self.likes.is_some() => 1,
            None => 0,
        }
    }

    /// Only the views and the fields about them.
    pub(super) fn essence(&self) -> Self {
        let Self { views, views_kind, viewless, .. } = *self;
        Self { views, views_kind, viewless, precision: self.precision_of(views), ..Self::default() }
    }

    /// Takes the counts that this lacks from another provider's answer; returns whether there was
    /// one.
    pub(super) fn fill(&mut self, other: Self) -> bool {
        let counts = [
            (!self.viewless && fill(&mut self.views, other.views)),
            fill(&mut self.likes, other.likes),
            fill(&mut self.comments, other.comments),
            fill(&mut self.shares, other.shares),
            self.details.fill(other.details),
        ];
        let is_taken = counts.contains(&true);
        if is_taken {
            self.precision = self.precision.max(other.precision);
        }
        if counts[0] {
            self.views_kind = other.views_kind;
        }
        fill(&mut self.url, other.url);
        self.hides_counts |= other.hides_counts;
        is_taken
    }

    fn precision_of(&self, count: Option<u64>) -> Precision {
        if count.is_some() { self.precision } else { Precision::Exact }
    }
}
