//! The kinds of counts of views.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of a count of views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewsKind {
    /// The number of times that the video was played: on TikTok and Facebook, and on Instagram
    /// without Facebook's plays.
    Plays,
    /// Instagram's plays, possibly with plays on Facebook: the provider doesn't say which.
    PlaysWithFacebook,
    /// The number of times that playback started: YouTube.
    Starts,
    /// The number of times that the post was shown: X.
    Impressions,
    /// All reactions, instead of the views, which LinkedIn shows only to a post's author.
    Reactions,
}
