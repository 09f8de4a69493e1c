//! The details of a post besides its counts. All fields are from the provider's body: a missing
//! field is `None`, never guessed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The details of a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// The creator who published it.
    pub author: Author,
    /// Its text; on YouTube its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// When it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// Its pictures and videos.
    #[serde(flatten)]
    pub media: Media,
    /// The number of times that it was saved, bookmarked or collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saves: Option<u64>,
    /// Whether its author marked it as paid for by a partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_paid_partnership: Option<bool>,
    /// The names of the creators who published it together with its author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub co_authors: Option<Vec<String>>,
}

/// The creator who published a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Author {
    /// The username on the platform, without `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The platform's id of the creator, which stays when the username changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// The pictures and videos of a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    /// The kind of post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<MediaKind>,
    /// The length of a video, rounded to whole seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u64>,
    /// The address of its picture; most addresses stop working after some days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
}

/// The kind of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A video: reels, and TikTok's videos of any length, too.
    Video,
    /// A YouTube Short.
    Short,
    /// One picture.
    Photo,
    /// Several pictures, or pictures and videos.
    Carousel,
    /// Only text.
    Text,
    /// A running broadcast.
    Live,
}

impl MediaKind {
    /// The kind of a post with this number of pictures and videos; `None` for zero.
    #[must_use]
    pub const fn of_pictures(count: usize) -> Option<Self> {
        match count {
            0 => None,
            1 => Some(Self::Photo),
            _ => Some(Self::Carousel),
        }
    }
}

impl Details {
    /// Takes the fields that this lacks from another provider's answer about the same post; returns
    /// whether the saves, which count, were among them.
    pub(super) fn fill(&mut self, other: Self) -> bool {
        let Self { author, caption, published_at, media, saves, is_paid_partnership, co_authors } = other;
        fill(&mut self.author.username, author.username);
        fill(&mut self.author.name, author.name);
        fill(&mut self.author.id, author.id);
        fill(&mut self.caption, caption);
        fill(&mut self.published_at, published_at);
        fill(&mut self.media.kind, media.kind);
        fill(&mut self.media.duration_seconds, media.duration_seconds);
        fill(&mut self.media.thumbnail_url, media.thumbnail_url);
        fill(&mut self.is_paid_partnership, is_paid_partnership);
        fill(&mut self.co_authors, co_authors);
        fill(&mut self.saves, saves)
    }
}

/// Uses the other value if this one is missing; returns whether it did.
pub(super) fn fill<T>(own: &mut Option<T>, other: Option<T>) -> bool {
    let takes = own.is_none() && other.is_some();
    if takes {
        *own = other;
    }
    takes
}
