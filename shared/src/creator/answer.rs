//! What providers can be asked for, and what every answer of theirs must pass.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{PostStats, Profile, VideoList};
use crate::platform::{Creator, Post, Subject};

/// Something that providers can be asked for.
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
    /// How long an answer is cached unless the operator says otherwise.
    #[must_use]
    pub const fn default_lifetime(self) -> Duration {
        match self {
            Self::PostStats => Duration::from_mins(5),
            Self::Profile => Duration::from_mins(15),
            Self::ChannelVideos => Duration::from_mins(10),
        }
    }
}

/// The longest caption or bio that is kept, in characters: as long as any platform allows. With 20 of them, of characters of four
/// bytes, an answer fits into a cache entry, which DynamoDB limits to 400 KB.
const LONGEST_TEXT: usize = 4_000;
/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 200;
/// The longest address that is kept, in characters: those of pictures have up to 1,000.
const LONGEST_URL: usize = 2_048;
/// The most contacts of a creator that are kept.
const MOST_CONTACTS: usize = 40;

/// Cuts a text off behind this many characters.
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

/// What a provider answers about a subject.
pub trait Answer: Serialize + DeserializeOwned + Send + 'static {
    /// What it is about.
    type Subject: Subject;

    /// What was asked for.
    const OPERATION: Operation;

    /// The answer without impossible counts. The chain calls this for every answer, so that no provider can forget it; a provider
    /// calls it too before it believes an answer's ids.
    ///
    /// # Errors
    /// When it says nothing of the subject.
    fn checked(self, subject: &Self::Subject) -> Result<Self, CheckError>;

    /// Whether it has what matters, so that no other provider need be asked.
    fn is_complete(&self, subject: &Self::Subject) -> bool;

    /// How much it tells; of incomplete ones, the one that tells most wins.
    fn known(&self) -> usize;
}

/// Why an answer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A post without a single count.
    #[error("no counts")]
    NoCounts,
    /// A profile of which nothing is known but the name.
    #[error("nothing is told of the creator")]
    EmptyProfile,
}

impl Answer for PostStats {
    type Subject = Post;

    const OPERATION: Operation = Operation::PostStats;

    fn checked(self, _post: &Post) -> Result<Self, CheckError> {
        let mut stats = self.plausible();
        clip(&mut stats.url, LONGEST_URL);
        if stats.known() == 0 && !stats.hides_counts { Err(CheckError::NoCounts) } else { Ok(stats) }
    }

    fn is_complete(&self, post: &Post) -> bool {
        // A zero is as often a failure as the truth: it stands only if nobody knows better.
        let has_views = matches!(self.views, Some(1..)) || self.viewless;
        // Where nobody tells the views, the reactions stand for them.
        if post.platform.shows_views() { has_views } else { self.likes.is_some() }
    }

    fn known(&self) -> usize {
        let counts = [self.views, self.likes, self.comments, self.shares];
        counts.iter().flatten().count()
    }
}

impl Answer for Profile {
    type Subject = Creator;

    const OPERATION: Operation = Operation::Profile;

    fn checked(mut self, _creator: &Creator) -> Result<Self, CheckError> {
        clip(&mut self.full_name, LONGEST_NAME);
        clip(&mut self.bio, LONGEST_TEXT);
        clip(&mut self.profile_pic_url, LONGEST_URL);
        clip(&mut self.external_url, LONGEST_URL);
        clip_text(&mut self.username, LONGEST_NAME);
        self.contacts.truncate(MOST_CONTACTS);
        for contact in &mut self.contacts {
            clip_text(&mut contact.text, LONGEST_URL);
        }
        if self.known() == 0 { Err(CheckError::EmptyProfile) } else { Ok(self) }
    }

    /// What customers pay for: the followers, and the words in which an e-mail address may be.
    fn is_complete(&self, _creator: &Creator) -> bool {
        self.bio.is_some() && (self.followers.is_some() || self.hides_followers)
    }

    fn known(&self) -> usize {
        let counts = [self.followers, self.following, self.posts_count];
        let texts = [&self.full_name, &self.bio, &self.profile_pic_url, &self.external_url];
        counts.iter().flatten().count() + texts.into_iter().flatten().filter(|text| !text.is_empty()).count()
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
            clip(&mut video.stats.url, LONGEST_URL);
        }
        Ok(self)
    }

    /// Views, where there are any.
    fn is_complete(&self, _creator: &Creator) -> bool {
        let has_none = !self.videos.is_empty() && self.videos.iter().all(|video| video.stats.viewless);
        // Nothing but zeros is a failure that was seen before.
        self.is_all || self.known() > 0 || has_none
    }

    /// Videos that have been seen, as far as is known.
    fn known(&self) -> usize {
        self.videos.iter().filter(|video| matches!(video.stats.views, Some(1..))).count()
    }
}
