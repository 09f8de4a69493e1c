//! The platforms and the grammars of their links: first the address is parsed like in a browser,
//! then the host, then the path, with one file per platform.
//!
//! Reading has no side effects. A link is read right, or refused with a message that says what it
//! is. Nothing is guessed, because the customer would pay for a wrong post. Only the host
//! determines the platform: user names, ports and fragments are ignored. Only addresses that are
//! built from parsed parts are ever fetched.

mod address;
mod claim;
pub mod facebook;
mod find;
mod foreign;
mod grammar;
pub mod instagram;
mod link;
mod linkedin;
mod links;
mod refusal;
mod reserved;
mod subject;
mod text;
pub mod tiktok;
mod torn;
pub mod twitter;
mod username;
mod views;
mod wrapper;
mod written;
pub mod youtube;

pub use claim::Claim;
pub use link::{Creator, CreatorKind, IdKind, Link, Post, ShortLink, Urn};
pub use refusal::{LinkError, Page};
pub use subject::{Subject, Target, Wanted};
pub use views::ViewsKind;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use address::{Manner, Parts};
use grammar::Grammar;

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
    enum_map::Enum,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    schemars::JsonSchema,
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
    /// X, formerly Twitter, which is still its name here; requests may also use `x`.
    #[strum(to_string = "twitter", serialize = "x")]
    Twitter,
    /// Facebook.
    Facebook,
    /// LinkedIn.
    LinkedIn,
}

impl Platform {
    const fn grammar(self) -> &'static Grammar {
        match self {
            Self::TikTok => &tiktok::GRAMMAR,
            Self::Instagram => &instagram::GRAMMAR,
            Self::YouTube => &youtube::GRAMMAR,
            Self::Twitter => &twitter::GRAMMAR,
            Self::Facebook => &facebook::GRAMMAR,
            Self::LinkedIn => &linkedin::GRAMMAR,
        }
    }

    /// Its display name.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.grammar().title
    }

    /// Its name with the article before it: "an X".
    #[must_use]
    pub fn with_article(self) -> String {
        [self.grammar().article, " ", self.title()].concat()
    }

    /// The platform with exactly this domain.
    fn of_domain(domain: &str) -> Option<Self> {
        Self::iter().find(|platform| platform.grammar().domains.contains(&domain))
    }

    /// Its main domain.
    const fn domain(self) -> &'static str {
        self.grammar().domains[0]
    }

    /// The user agent for its short links, if the platform doesn't redirect browsers.
    #[must_use]
    pub const fn short_link_user_agent(self) -> Option<&'static str> {
        self.grammar().short_link_user_agent
    }

    /// The form of a creator's id, for messages.
    #[must_use]
    pub const fn creator_id_form(self) -> &'static str {
        self.grammar().creator_id.form
    }

    /// Whether people other than the author can see a post's views.
    #[must_use]
    pub const fn shows_views(self) -> bool {
        !matches!(self.views_kind(), ViewsKind::Reactions)
    }

    /// The kind of its count of views.
    #[must_use]
    pub const fn views_kind(self) -> ViewsKind {
        self.grammar().views
    }

    /// Whether it shows the number of shares.
    #[must_use]
    pub const fn shows_shares(self) -> bool {
        self.grammar().shows_shares
    }

    /// Whether it shows the number of followed accounts, and the verification.
    #[must_use]
    pub const fn shows_following(self) -> bool {
        self.grammar().shows_following
    }

    /// A made-up post of this creator for the sandbox, with an id made from a number of 19 digits;
    /// `None` if the name or the number isn't valid.
    #[must_use]
    pub fn made_up_post(self, creator: &str, number: u64) -> Option<Post> {
        (self.grammar().made_up_post)(creator, number)
    }
}

/// Reads the one link in a text, with any other text around it. With `platform`, it also reads a
/// bare id, and a link to a post on a mirror of that platform, or on an unknown host in a form that
/// only that platform has.
///
/// # Errors
/// If the text isn't one link to a post or a creator: the error says what was found.
pub fn parse(text: &str, platform: Option<Platform>) -> Result<Link, LinkError> {
    let text = address::trimmed(text);
    if text.len() > address::MAX_LENGTH {
        return Err(LinkError::TooLong);
    }
    if let Some(post) = platform.and_then(|platform| (platform.grammar().bare_id)(text)) {
        return Ok(Link::Post(post));
    }
    let manner = Manner { named: platform, unwraps: true };
    let link = match Parts::of_plain(text) {
        Some(parts) => match address::read_parts(&parts, manner) {
            // A plain link can't contain another one; only the platform's words in capitals are
            // still possible.
            Err(_) if written::has_word_in_capitals(parts.path) => find::link_in(text, manner),
            Err(refusal) => Err(written::with_id_named(refusal, text)),
            link => link,
        },
        None => find::link_in(text, manner),
    };
    match (platform, link) {
        (None, link) => link,
        (Some(named), Ok(link)) if link.platform() == named => Ok(link),
        (Some(named), Ok(link)) => Err(LinkError::Contradiction { link: link.platform(), named }),
        (Some(named), Err(LinkError::OtherPage { platform, .. })) if platform != named => {
            Err(LinkError::Contradiction { link: platform, named })
        }
        (Some(_), Err(refusal)) => Err(refusal),
    }
}

/// Reads a complete address, such as a redirect's target. It doesn't look for links inside the
/// string.
///
/// # Errors
/// If the string isn't a link to a post or a creator: the error says what was found.
pub fn parse_address(url: &str) -> Result<Link, LinkError> {
    if url.len() > address::MAX_LENGTH {
        return Err(LinkError::TooLong);
    }
    address::read(url, Manner { named: None, unwraps: true })
}

/// Reads a creator's name in all common forms: with or without `@`, on YouTube also a channel's id,
/// or a link of that platform.
///
/// # Errors
/// If the platform doesn't allow such a name.
pub fn by_name(platform: Platform, name: &str) -> Result<Link, LinkError> {
    username::read(platform, name)
}

/// The creator with this platform's own id; `None` if it can't be such an id.
#[must_use]
pub fn by_id(platform: Platform, id: &str) -> Option<Link> {
    let ids = &platform.grammar().creator_id;
    (ids.is)(id).then(|| ids.link(platform, id))
}

#[cfg(test)]
mod pasted_tests;
#[cfg(test)]
mod slips_tests;
#[cfg(test)]
mod tests;
