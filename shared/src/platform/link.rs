//! The subjects of links.

use serde::{Deserialize, Serialize};

use super::{Platform, Subject};

/// The subject of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// One post.
    Post(Post),
    /// A creator's page.
    Creator(Creator),
    /// Something that only the platform can resolve.
    Short(ShortLink),
}

impl Link {
    /// The link's platform.
    #[must_use]
    pub const fn platform(&self) -> Platform {
        match self {
            Self::Post(post) => post.platform,
            Self::Creator(creator) => creator.platform,
            Self::Short(short) => short.platform,
        }
    }

    /// Whether both links lead to the same subject, in any form.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.platform() == other.platform()
            && match (self, other) {
                (Self::Post(one), Self::Post(other)) => one.key() == other.key(),
                (Self::Creator(one), Self::Creator(other)) => one.key() == other.key(),
                (Self::Short(one), Self::Short(other)) => one.url == other.url,
                _ => false,
            }
    }

    /// The canonical address for all forms of this link.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Post(post) => &post.url,
            Self::Creator(creator) => &creator.url,
            Self::Short(short) => &short.url,
        }
    }
}

/// One post, from any form of its link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Its platform.
    pub platform: Platform,
    /// The platform's id for it. It is a string, because many exceed 2^53.
    pub id: String,
    /// The kind of the id, for LinkedIn's posts, which have up to three ids.
    pub urn: Option<Urn>,
    /// The canonical link, with the parts that the given link has.
    pub url: String,
}

impl Post {
    pub(super) fn new(platform: Platform, id: &str, url: String) -> Self {
        Self { platform, id: id.to_owned(), urn: None, url }
    }

    /// The post in the form for providers: two posts with the same key are equal here.
    #[must_use]
    pub fn asked(&self) -> Self {
        Self { url: (self.platform.grammar().asked_url)(self), ..self.clone() }
    }
}

/// The kinds of LinkedIn's ids.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::EnumString, strum::IntoStaticStr,
)]
pub enum Urn {
    /// `urn:li:activity:…`
    #[strum(serialize = "activity")]
    Activity,
    /// `urn:li:share:…`
    #[strum(serialize = "share")]
    Share,
    /// `urn:li:ugcPost:…`
    #[strum(serialize = "ugcPost")]
    UgcPost,
}

/// A creator's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creator {
    /// Its platform.
    pub platform: Platform,
    /// The kind of the name or id.
    pub kind: CreatorKind,
    /// The name or id, without `@`; in lower case where case doesn't matter.
    pub id: String,
    /// The canonical link.
    pub url: String,
}

impl Creator {
    /// The caller's name for the creator, if it is a visible name; otherwise this id.
    #[must_use]
    pub fn name_or(&self, id: &str) -> String {
        if self.kind == CreatorKind::Handle { self.id.clone() } else { id.to_owned() }
    }

    pub(super) fn link(platform: Platform, kind: CreatorKind, id: impl Into<String>, url: String) -> Link {
        Link::Creator(Self { platform, kind, id: id.into(), url })
    }
}

/// The kinds of a creator's names and ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum CreatorKind {
    /// The visible name.
    Handle,
    /// A number, or YouTube's `UC…`.
    Id,
    /// YouTube's `/user/…`.
    User,
    /// YouTube's `/c/…`.
    Custom,
    /// YouTube's names without any prefix: another channel can have the same name after `/c/`.
    Unprefixed,
    /// LinkedIn's `/company/…`.
    Company,
    /// LinkedIn's `/school/…`.
    School,
    /// LinkedIn's `/showcase/…`.
    Showcase,
}

/// A link whose target only the platform knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortLink {
    /// Its platform.
    pub platform: Platform,
    /// The token.
    pub token: String,
    /// The address to request, built from parsed parts, never the caller's own string.
    pub url: String,
}

impl ShortLink {
    pub(super) fn link(platform: Platform, token: &str, url: String) -> Link {
        Link::Short(Self { platform, token: token.to_owned(), url })
    }
}

/// A kind of a platform's own id that its lists need instead of the creator's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum IdKind {
    /// TikTok's `secUid`.
    SecUid,
    /// Instagram's `pk`.
    Pk,
    /// YouTube's `UC…`.
    Channel,
}
