//! The platforms, and how their links are read: the address as the WHATWG parser sees it, then the host, then the path, one file per
//! platform.
//!
//! Reading is pure. A link is read right or refused with what was seen instead; nothing is guessed, because a wrong reading is a
//! wrong post paid for. The host alone says whose link it is: user names, ports and fragments are passed over, and no address but
//! those built from what was read is ever fetched.

mod address;
pub mod facebook;
pub mod instagram;
mod linkedin;
pub mod tiktok;
pub mod twitter;
pub mod youtube;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use address::Address;

/// What platforms show to those whom they don't let in: it says nothing about the page behind it.
pub const LOGIN_PAGE: &str = "login page";
/// Where platforms send those whom they don't let in, too.
pub const START_PAGE: &str = "start page";

/// A social network.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum Platform {
    /// TikTok.
    TikTok,
    /// Instagram.
    Instagram,
    /// YouTube.
    YouTube,
    /// X, which was Twitter and is still called so on the wire; `x` is accepted too.
    #[strum(to_string = "twitter", serialize = "x")]
    Twitter,
    /// Facebook.
    Facebook,
    /// LinkedIn.
    LinkedIn,
}

impl Platform {
    /// How people write its name.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::TikTok => "TikTok",
            Self::Instagram => "Instagram",
            Self::YouTube => "YouTube",
            Self::Twitter => "X",
            Self::Facebook => "Facebook",
            Self::LinkedIn => "LinkedIn",
        }
    }

    /// The same with its article.
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::TikTok => "a TikTok",
            Self::Instagram => "an Instagram",
            Self::YouTube => "a YouTube",
            Self::Twitter => "an X",
            Self::Facebook => "a Facebook",
            Self::LinkedIn => "a LinkedIn",
        }
    }

    /// Whose domain this is. Names that merely look alike are nobody's.
    fn of_domain(domain: &str) -> Option<Self> {
        Some(match domain {
            "tiktok.com" | "tiktokv.com" => Self::TikTok,
            "instagram.com" | "instagr.am" => Self::Instagram,
            "youtube.com" | "youtu.be" | "youtube-nocookie.com" | "youtubekids.com" | "yt.be" => Self::YouTube,
            "x.com" | "twitter.com" | "t.co" => Self::Twitter,
            "facebook.com" | "fb.com" | "fb.watch" | "fb.me" => Self::Facebook,
            "linkedin.com" | "lnkd.in" => Self::LinkedIn,
            _ => return None,
        })
    }

    /// Its main domain.
    const fn domain(self) -> &'static str {
        match self {
            Self::TikTok => "tiktok.com",
            Self::Instagram => "instagram.com",
            Self::YouTube => "youtube.com",
            Self::Twitter => "x.com",
            Self::Facebook => "facebook.com",
            Self::LinkedIn => "linkedin.com",
        }
    }
}

/// What a link leads to.
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
    /// Whose link it is.
    #[must_use]
    pub const fn platform(&self) -> Platform {
        match self {
            Self::Post(post) => post.platform,
            Self::Creator(creator) => creator.platform,
            Self::Short(short) => short.platform,
        }
    }

    /// The one address that stands for all forms of this link.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Post(post) => &post.url,
            Self::Creator(creator) => &creator.url,
            Self::Short(short) => &short.url,
        }
    }
}

/// One post, however its link was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Where it is.
    pub platform: Platform,
    /// The platform's id for it. Text: many exceed 2^53.
    pub id: String,
    /// LinkedIn's posts have up to three ids; this says which one it is.
    pub urn: Option<Urn>,
    /// Facebook's posts are found by some providers only with their page's, person's or group's name or id.
    pub owner: Option<String>,
    /// The canonical link, as far as the given one tells.
    pub url: String,
}

impl Post {
    fn new(platform: Platform, id: &str, url: String) -> Self {
        Self { platform, id: id.to_owned(), urn: None, owner: None, url }
    }
}

/// Which of LinkedIn's ids an id is.
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
    /// Where.
    pub platform: Platform,
    /// How the platform names it.
    pub kind: CreatorKind,
    /// The name or id, without `@`; in lower case where case doesn't matter.
    pub id: String,
    /// The canonical link.
    pub url: String,
}

impl Creator {
    /// What tells it from all others on its platform.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:{}", self.kind, self.id)
    }

    /// The name where the caller named one that people see, else this id.
    #[must_use]
    pub fn name_or(&self, id: &str) -> String {
        if self.kind == CreatorKind::Handle { self.id.clone() } else { id.to_owned() }
    }

    fn link(platform: Platform, kind: CreatorKind, id: impl Into<String>, url: String) -> Link {
        Link::Creator(Self { platform, kind, id: id.into(), url })
    }
}

/// How a platform names a creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum CreatorKind {
    /// By the name that people see.
    Handle,
    /// By a number, or YouTube's `UC…`.
    Id,
    /// YouTube's `/user/…`.
    User,
    /// YouTube's `/c/…`, and names without any prefix.
    Custom,
    /// LinkedIn's `/company/…`.
    Company,
    /// LinkedIn's `/school/…`.
    School,
    /// LinkedIn's `/showcase/…`.
    Showcase,
}

/// A link that says nothing by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortLink {
    /// Whose it is.
    pub platform: Platform,
    /// The token.
    pub token: String,
    /// The address to ask, built from what was read, never the caller's own text.
    pub url: String,
}

impl ShortLink {
    fn link(platform: Platform, token: &str, url: String) -> Link {
        Link::Short(Self { platform, token: token.to_owned(), url })
    }
}

/// Why a text isn't read as a link to a post or a creator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(POST))]
pub enum LinkError {
    /// No web address at all.
    NotALink,
    /// Longer than any real one.
    TooLong,
    /// Another site.
    UnknownSite(String),
    /// One of ours, but not the one that was named.
    Contradiction {
        /// The link's platform.
        link: Platform,
        /// The named one.
        named: Platform,
    },
    /// A page of the platform that is neither a post nor a creator.
    OtherPage {
        /// The platform.
        platform: Platform,
        /// What was seen.
        page: &'static str,
    },
}

/// What a caller who is told of a [`LinkError`] should send the link of.
pub const POST: &str = "one post";
/// The same where a creator is wanted.
pub const CREATOR: &str = "a creator's page";

impl LinkError {
    /// What was seen, and what to send instead: the link of `wanted`.
    #[must_use]
    pub fn message(&self, wanted: &str) -> String {
        match self {
            Self::NotALink => format!("this is not a link; send the full link of {wanted}, starting with https://"),
            Self::TooLong => "the link is too long; send the link as the platform's share button gives it".to_owned(),
            Self::UnknownSite(site) => format!(
                "links of {site} are not supported; send a link of TikTok, Instagram, YouTube, X, Facebook or LinkedIn"
            ),
            Self::Contradiction { link, named } => {
                let link = link.with_article();
                format!("this is {link} link, but `platform` says {named}; send matching ones, or leave `platform` out")
            }
            Self::OtherPage { platform, page } => {
                format!("this is {} {page}; send the link of {wanted}", platform.with_article())
            }
        }
    }
}

/// Reads a link. With `platform` named, a bare id is read too, and so is a link of a site that we don't know, by that
/// platform's grammar.
///
/// # Errors
/// What was seen instead of a link to a post or a creator.
pub fn parse(text: &str, platform: Option<Platform>) -> Result<Link, LinkError> {
    if let Some(post) = platform.and_then(|platform| bare_id(platform, address::trimmed(text))) {
        return Ok(Link::Post(post));
    }
    address::read(text, platform, |platform, address| match platform {
        Platform::TikTok => tiktok::read(address),
        Platform::Instagram => instagram::read(address),
        Platform::YouTube => youtube::read(address),
        Platform::Twitter => twitter::read(address),
        Platform::Facebook => facebook::read(address),
        Platform::LinkedIn => linkedin::read(address),
    })
}

/// Reads a creator's name, with or without `@`; on YouTube a channel's id too.
///
/// # Errors
/// When nobody can have that name there.
pub fn by_name(platform: Platform, name: &str) -> Result<Link, LinkError> {
    let name = address::trimmed(name);
    let name = name.strip_prefix('@').unwrap_or(name);
    let before = match platform {
        Platform::TikTok => "https://www.tiktok.com/@",
        Platform::Instagram => "https://www.instagram.com/",
        Platform::YouTube if youtube::is_channel_id(name) => "https://www.youtube.com/channel/",
        Platform::YouTube => "https://www.youtube.com/@",
        Platform::Twitter => "https://x.com/",
        Platform::Facebook => "https://www.facebook.com/",
        Platform::LinkedIn => "https://www.linkedin.com/in/",
    };
    parse(&[before, &escaped(name)].concat(), Some(platform))
}

/// A post's id alone, where its platform is known.
fn bare_id(platform: Platform, text: &str) -> Option<Post> {
    match platform {
        Platform::TikTok => tiktok::bare_id(text),
        Platform::Instagram => instagram::bare_id(text),
        Platform::YouTube => youtube::bare_id(text),
        Platform::Twitter => twitter::bare_id(text),
        // An id alone says neither its owner nor its kind.
        Platform::Facebook => None,
        Platform::LinkedIn => linkedin::bare_id(text),
    }
}

/// Numeric ids are 64-bit numbers.
fn is_number(text: &str) -> bool {
    text.starts_with(|first| matches!(first, '1'..='9')) && text.parse::<u64>().is_ok()
}

/// ASCII letters, digits and these signs, within this many characters.
fn is_word(text: &str, length: RangeInclusive<usize>, signs: &[u8]) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte))
}

/// ASCII letters and digits, these signs, and the letters, marks and vowels of other scripts; not the punctuation, pictures and
/// invisible characters that stick to a name copied out of a text.
fn is_name(text: &str, length: RangeInclusive<usize>, signs: &str) -> bool {
    let is_allowed = |letter: char| match letter {
        '\0'..='\x7f' => letter.is_ascii_alphanumeric() || signs.contains(letter),
        // Those that join or part letters in Persian and Indian names.
        '\u{200C}' | '\u{200D}' => true,
        // Latin's signs; punctuation, arrows and symbols; East Asian punctuation; variants and full-width forms.
        '\u{80}'..='\u{BF}'
        | '\u{2000}'..='\u{2BFF}'
        | '\u{3000}'..='\u{303F}'
        | '\u{FE00}'..='\u{FE6F}'
        | '\u{FEFF}'..='\u{FFFF}' => letter.is_alphanumeric() || signs.contains(letter),
        // Pictures, and tags that nobody sees.
        '\u{1F000}'..='\u{1FAFF}' | '\u{E0000}'.. => false,
        _ => !letter.is_control() && !letter.is_whitespace(),
    };
    text.chars().all(is_allowed) && length.contains(&text.chars().count())
}

/// Escapes all but what RFC 3986 says never needs it.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name in a path, so that reading the address gives the name back.
fn escaped(name: &str) -> Cow<'_, str> {
    utf8_percent_encode(name, &UNRESERVED).into()
}

#[cfg(test)]
mod tests;
