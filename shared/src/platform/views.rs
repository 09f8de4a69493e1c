//! What a count of views counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a count of views counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewsKind {
    /// How often the video was played: TikTok, Instagram alone, Facebook.
    Plays,
    /// Instagram's plays, which may hold those on Facebook too: the provider doesn't tell them
    /// apart.
    PlaysWithFacebook,
    /// How often playback started: YouTube.
    Starts,
    /// How often the post was shown: X.
    Impressions,
    /// All reactions, in place of the views that LinkedIn shows to a post's author alone.
    Reactions,
}
