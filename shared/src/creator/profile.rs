//! A creator's profile.

use serde::{Deserialize, Serialize};

use super::{EmailSource, Precision};

/// What is known of a creator. None is "unknown", or "none" for what a creator may leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name by which the platform knows them, without `@`.
    pub username: String,
    /// The name that they show.
    pub full_name: Option<String>,
    /// What they say of themselves; empty where they say nothing.
    pub bio: Option<String>,
    /// Their picture's address; most run out after some days.
    pub profile_pic_url: Option<String>,
    /// Followers, or subscribers.
    pub followers: Option<u64>,
    /// Whether they hide how many.
    pub hides_followers: bool,
    /// How many they follow.
    pub following: Option<u64>,
    /// Posts, or videos.
    pub posts_count: Option<u64>,
    /// Whether the platform verified them.
    pub is_verified: Option<bool>,
    /// Whether only followers see their posts.
    pub is_private: bool,
    /// The link that they show.
    pub external_url: Option<String>,
    /// Where else an e-mail address may be: the platform's own fields, and further links.
    pub contacts: Vec<Contact>,
    /// How near the counts are to the platform's own.
    pub precision: Precision,
}

/// A text that may be, or hold, an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Where it is.
    pub source: EmailSource,
    /// The text.
    pub text: String,
}

/// A text, unless it is blank.
#[must_use]
pub fn said(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A link with its scheme, which creators leave out.
#[must_use]
pub fn link(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("//");
    let has = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let is_whole = ["https://", "http://", "mailto:"].into_iter().any(has);
    (!text.is_empty()).then(|| if is_whole { text.to_owned() } else { format!("https://{text}") })
}
