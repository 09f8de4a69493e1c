//! The operations that providers answer, and the checks that every answer must pass.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Author, Details, Media, PostStats, Profile, VideoList};
use crate::platform::{Creator, Post, Subject};

/// An operation of providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, enum_map::Enum, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Operation {
    /// A post's counts.
    PostStats,
    /// A creator's profile.
    Profile,
    /// A creator's most recent videos.
    ChannelVideos,
}

impl Operation {
    /// The default time for which an answer is cached.
    #[must_use]
    pub const fn default_lifetime(self) -> Duration {
        match self {
            Self::PostStats => Duration::from_mins(5),
            Self::Profile => Duration::from_mins(15),
            Self::ChannelVideos => Duration::from_mins(10),
        }
    }
}

/// The greatest length of a caption or bio, in characters: as long as any platform allows.
const LONGEST_TEXT: usize = 4_000;
/// The most bytes of all captions and addresses of a list, so that it fits into a cache entry,
/// which DynamoDB limits to 400 KB. 20 of the longest captions, with four bytes per character, have
/// 320,000.
const MOST_LISTED_TEXT: usize = 360_000;
/// The greatest length of the caption of a single post, in characters.
const LONGEST_CAPTION: usize = 500;
/// The highest number of stored co-authors.
const MOST_CO_AUTHORS: usize = 20;
/// The greatest length of a name, in characters.
const LONGEST_NAME: usize = 200;
/// The greatest length of an address, in characters. Addresses of pictures have up to 1,000.
const LONGEST_URL: usize = 2_048;
/// The highest number of stored contacts of a creator.
const MOST_CONTACTS: usize = 40;

/// Cuts a string off after this many characters.
fn clip_text(text: &mut String, most: usize) {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
}

fn clip(text: &mut Option<String>, most: usize) {
    if let Some(text) = text {
        clip_text(text, most);
    }
}

/// Removes an address that is too long, because a part of an address is useless.
fn drop_long_url(url: &mut Option<String>) {
    url.take_if(|url| url.chars().count() > LONGEST_URL);
}

fn clip_media(media: &mut Media) {
    drop_long_url(&mut media.thumbnail_url);
}

fn clip_details(details: &mut Details) {
    let Author { username, name, id } = &mut details.author;
    for text in [username, name, id] {
        clip(text, LONGEST_NAME);
    }
    clip(&mut details.caption, LONGEST_CAPTION);
    clip_media(&mut details.media);
    if let Some(names) = &mut details.co_authors {
        names.truncate(MOST_CO_AUTHORS);
        for name in names {
            clip_text(name, LONGEST_NAME);
        }
    }
}

/// A provider's answer about a subject.
pub trait Answer: Serialize + DeserializeOwned + Send + 'static {
    /// The type of its subject.
    type Subject: Subject;

    /// The operation that it answers.
    const OPERATION: Operation;

    /// The answer without impossible counts. The chain calls this for every answer, so that no
    /// provider can forget it; a provider calls it too before it believes an answer's ids.
    ///
    /// # Errors
    /// If it says nothing about the subject.
    fn checked(self, subject: &Self::Subject) -> Result<Self, CheckError>;

    /// Whether it has all essential fields, so that no other provider must be asked.
    fn is_complete(&self, subject: &Self::Subject) -> bool;

    /// The number of known fields.
    fn known(&self) -> usize;

    /// The number of known fields among the essential ones. When answers are joined, the one with
    /// the highest number gives the provider's name.
    fn weight(&self) -> usize;

    /// Only the essential fields.
    #[must_use]
    fn essence(&self) -> Self;

    /// Takes missing fields from another provider's answer about the same subject; returns whether
    /// one of these fields counts.
    fn fill(&mut self, other: Self) -> bool;

    /// Whether it has a count that proves another provider's zeros wrong.
    fn refutes_zeros(&self) -> bool {
        false
    }

    /// Removes its counts if all of them are zeros.
    fn forget_zeros(&mut self) {}
}

/// Why an answer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Its body says that it is about another subject.
    #[error("the answer is about another post or creator")]
    Another,
    /// A post without a single count.
    #[error("no counts")]
    NoCounts,
    /// A profile in which only the name is known.
    #[error("the answer has nothing about the creator")]
    EmptyProfile,
}

impl Answer for PostStats {
    type Subject = Post;

    const OPERATION: Operation = Operation::PostStats;

    fn checked(self, _post: &Post) -> Result<Self, CheckError> {
        let mut stats = self.plausible();
        drop_long_url(&mut stats.url);
        clip_details(&mut stats.details);
        if stats.known() == 0 && !stats.hides_counts { Err(CheckError::NoCounts) } else { Ok(stats) }
    }

    fn is_complete(&self, post: &Post) -> bool {
        // A zero is often a failure, so it is only used if no provider has another count.
        let has_views = matches!(self.views, Some(1..)) || self.viewless;
        // If no provider returns views, the reactions replace them.
        if post.platform.shows_views() { has_views } else { self.likes.is_some() }
    }

    fn known(&self) -> usize {
        let counts = [self.views, self.likes, self.comments, self.shares];
        counts.iter().flatten().count()
    }

    fn weight(&self) -> usize {
        self.weight()
    }

    fn essence(&self) -> Self {
        self.essence()
    }

    fn fill(&mut self, other: Self) -> bool {
        let is_filled = self.fill(other);
        *self = std::mem::take(self).plausible();
        is_filled
    }

    fn refutes_zeros(&self) -> bool {
        [self.views, self.likes, self.comments, self.shares].into_iter().flatten().any(|count| count > 0)
    }

    fn forget_zeros(&mut self) {
        if !self.refutes_zeros() {
            (self.views, self.likes, self.comments, self.shares) = (None, None, None, None);
        }
    }
}

impl Answer for Profile {
    type Subject = Creator;

    const OPERATION: Operation = Operation::Profile;

    fn checked(mut self, _creator: &Creator) -> Result<Self, CheckError> {
        clip(&mut self.full_name, LONGEST_NAME);
        clip(&mut self.bio, LONGEST_TEXT);
        drop_long_url(&mut self.profile_pic_url);
        drop_long_url(&mut self.external_url);
        clip_text(&mut self.username, LONGEST_NAME);
        clip(&mut self.id, LONGEST_NAME);
        self.contacts.truncate(MOST_CONTACTS);
        for contact in &mut self.contacts {
            clip_text(&mut contact.text, LONGEST_URL);
        }
        if self.known() == 0 { Err(CheckError::EmptyProfile) } else { Ok(self) }
    }

    /// The fields that customers pay for: the followers, and the bio, which may have an e-mail
    /// address.
    fn is_complete(&self, _creator: &Creator) -> bool {
        self.bio.is_some() && (self.followers.is_some() || self.hides_followers)
    }

    fn known(&self) -> usize {
        let counts = [self.followers, self.following, self.posts_count];
        let texts = [&self.full_name, &self.bio, &self.profile_pic_url, &self.external_url];
        counts.iter().flatten().count() + texts.into_iter().flatten().filter(|text| !text.is_empty()).count()
    }

    fn weight(&self) -> usize {
        self.weight()
    }

    fn essence(&self) -> Self {
        self.essence()
    }

    fn fill(&mut self, other: Self) -> bool {
        self.fill(other)
    }
}

impl Answer for VideoList {
    type Subject = Creator;

    const OPERATION: Operation = Operation::ChannelVideos;

    fn checked(mut self, _creator: &Creator) -> Result<Self, CheckError> {
        clip(&mut self.username, LONGEST_NAME);
        for video in &mut self.videos {
            video.stats = std::mem::take(&mut video.stats).plausible();
            clip(&mut video.description, LONGEST_TEXT);
            drop_long_url(&mut video.stats.url);
            clip_media(&mut video.media);
        }
        self.shorten_to(MOST_LISTED_TEXT);
        Ok(self)
    }

    /// Whether it has views.
    fn is_complete(&self, _creator: &Creator) -> bool {
        let has_none = !self.videos.is_empty() && self.videos.iter().all(|video| video.stats.viewless);
        // Lists with only zeros were recorded as failures.
        self.is_all || self.known() > 0 || has_none
    }

    /// The videos with known views.
    fn known(&self) -> usize {
        self.videos.iter().filter(|video| matches!(video.stats.views, Some(1..))).count()
    }

    fn weight(&self) -> usize {
        self.known()
    }

    /// Lists aren't joined, because they may have different times or kinds of videos.
    fn essence(&self) -> Self {
        self.clone()
    }

    fn fill(&mut self, _other: Self) -> bool {
        false
    }
}
