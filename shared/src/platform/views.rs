//! The kinds of counts of views.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of a count of views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewsKind {
    /// How often the video was played: on TikTok and Facebook, and on Instagram without Facebook's
    /// plays.
    Plays,
    /// Instagram's plays, perhaps with those on Facebook: the provider doesn't separate them.
    PlaysWithFacebook,
    /// How often playback started: YouTube.
    Starts,
    /// How often the post was shown: X.
    Impressions,
    /// All reactions, in place of the views that LinkedIn shows to a post's author alone.
    Reactions,
}
