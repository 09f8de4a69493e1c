//! A creator's profile.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::details::fill;
use super::{EmailSource, Precision};

/// A creator's profile. None means "unknown", or "empty" for a field that a creator can leave
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The username on the platform, without `@`.
    pub username: String,
    /// The display name.
    pub full_name: Option<String>,
    /// The creator's text about themselves; an empty string if there is none.
    pub bio: Option<String>,
    /// The address of the picture; most stop working after some days.
    pub profile_pic_url: Option<String>,
    /// Followers, or subscribers.
    pub followers: Option<u64>,
    /// Whether the creator hides the number of followers.
    pub hides_followers: bool,
    /// The number of followed accounts.
    pub following: Option<u64>,
    /// Posts, or videos.
    pub posts_count: Option<u64>,
    /// Whether the platform verified the creator.
    pub is_verified: Option<bool>,
    /// Whether only followers see the creator's posts.
    pub is_private: bool,
    /// The link in the profile.
    pub external_url: Option<String>,
    /// Further possible places of an e-mail address: the platform's own fields, and other links.
    pub contacts: Vec<Contact>,
    /// The precision of the counts.
    pub precision: Precision,
    /// The platform's id of the creator, which stays when the username changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The time at which the creator joined the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

impl Profile {
    /// A measure of the knowledge about the followers; the provider with the highest one is named.
    pub(super) fn weight(&self) -> usize {
        usize::from(self.followers.is_some() || self.hides_followers)
    }

    /// Only the followers, and the fields that identify the creator.
    pub(super) fn essence(&self) -> Self {
        let Self { followers, hides_followers, precision, .. } = *self;
        let (username, id) = (self.username.clone(), self.id.clone());
        Self { username, followers, hides_followers, precision, id, ..Self::default() }
    }

    /// Takes the missing fields from another provider's answer; returns whether it had any. An
    /// answer with another id isn't used, because a name can move to another account, and a
    /// provider may still know the old one.
    pub(super) fn fill(&mut self, other: Self) -> bool {
        let is_another = self.id.is_some() && other.id.is_some() && self.id != other.id;
        if is_another {
            return false;
        }
        let counts = [
            (!self.hides_followers && fill(&mut self.followers, other.followers)),
            fill(&mut self.following, other.following),
            fill(&mut self.posts_count, other.posts_count),
        ];
        if counts.contains(&true) {
            self.precision = self.precision.max(other.precision);
        }
        // An empty bio is also a known bio.
        let texts = [
            fill(&mut self.full_name, other.full_name),
            fill(&mut self.bio, other.bio),
            fill(&mut self.profile_pic_url, other.profile_pic_url),
            fill(&mut self.external_url, other.external_url),
            fill(&mut self.id, other.id),
        ];
        let facts = [fill(&mut self.is_verified, other.is_verified), fill(&mut self.created_at, other.created_at)];
        self.is_private |= other.is_private;
        let is_new = |contact: &Contact| !self.contacts.contains(contact);
        let contacts: Vec<_> = other.contacts.into_iter().filter(is_new).collect();
        let has_contacts = !contacts.is_empty();
        self.contacts.extend(contacts);
        has_contacts || [&counts[..], &texts, &facts].concat().contains(&true)
    }
}

/// A string that may be or contain an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The place where it was found.
    pub source: EmailSource,
    /// The string that may contain the address.
    pub text: String,
}

/// The trimmed string; None if it is blank.
#[must_use]
pub fn non_blank(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A link with its scheme, which creators often leave out.
#[must_use]
pub fn with_scheme(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("//");
    let has = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let is_whole = ["https://", "http://", "mailto:"].into_iter().any(has);
    (!text.is_empty()).then(|| if is_whole { text.to_owned() } else { format!("https://{text}") })
}
