//! The platforms, and how their links are read: the WHATWG parser first, then the host, then the path, one file per platform.
//!
//! Reading is pure. A link is read right or refused with what was seen instead; nothing is guessed, because a wrong reading is a
//! wrong post paid for.

pub mod tiktok;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Longer texts are no links that a share button gives.
const MAX_LENGTH: usize = 2048;

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

    /// Domains whose hosts, subdomains included, are this platform's.
    const fn domains(self) -> &'static [&'static str] {
        match self {
            Self::TikTok => &["tiktok.com", "tiktokv.com"],
            Self::Instagram => &["instagram.com", "instagr.am"],
            Self::YouTube => &["youtube.com", "youtu.be", "youtube-nocookie.com"],
            Self::Twitter => &["x.com", "twitter.com", "t.co"],
            Self::Facebook => &["facebook.com", "fb.com", "fb.watch", "fb.me"],
            Self::LinkedIn => &["linkedin.com", "lnkd.in"],
        }
    }

    fn of_host(host: &str) -> Option<Self> {
        use strum::IntoEnumIterator;
        let is_in =
            |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        Self::iter().find(|platform| platform.domains().iter().any(is_in))
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
}

/// One post, however its link was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Where it is.
    pub platform: Platform,
    /// The platform's id for it. Text: many exceed 2^53.
    pub id: String,
    /// The canonical link, as far as the given one tells.
    pub url: String,
}

/// A creator, by handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creator {
    /// Where.
    pub platform: Platform,
    /// The handle without `@`.
    pub handle: String,
}

/// A link that says nothing by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortLink {
    /// Whose it is.
    pub platform: Platform,
    /// The address to ask, built from what was read, never the caller's own text.
    pub url: String,
}

/// Why a text isn't read as a link to a post or a creator. Each message tells the caller what to send instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No web address at all.
    #[error("this is not a link; send the full link of one post, starting with https://")]
    NotALink,
    /// Longer than any real one.
    #[error("the link is longer than {MAX_LENGTH} characters; send the link as the platform's share button gives it")]
    TooLong,
    /// Another site.
    #[error("links of {0} are not supported; send a link of TikTok, or name the `platform` if this site mirrors one")]
    UnknownSite(String),
    /// One of ours, but not the one that was named.
    #[error("this is a {} link, but `platform` says {}; correct one of them, or leave `platform` out", .link.title(), .named)]
    Contradiction {
        /// The link's platform.
        link: Platform,
        /// The named one.
        named: Platform,
    },
    /// A platform whose links aren't read yet.
    #[error("{} links are not supported yet", .0.title())]
    Unsupported(Platform),
    /// A page of the platform that is neither a post nor a creator.
    #[error("this is a {} {page}; send the link of one post", .platform.title())]
    OtherPage {
        /// The platform.
        platform: Platform,
        /// What was seen.
        page: &'static str,
    },
}

/// Reads a link. With `platform` named, a bare id is read too, and so is a link of a site that we don't know, by that
/// platform's grammar.
///
/// # Errors
/// What was seen instead of a link to a post or a creator.
pub fn parse(text: &str, platform: Option<Platform>) -> Result<Link, LinkError> {
    let text = text.trim();
    if text.len() > MAX_LENGTH {
        return Err(LinkError::TooLong);
    }
    if let Some(post) = platform.and_then(|platform| bare_id(platform, text)) {
        return Ok(Link::Post(post));
    }
    let url = web_address(text)?;
    let host = host_name(&url)?;
    let platform = match (Platform::of_host(host), platform) {
        (Some(link), Some(named)) if link != named => return Err(LinkError::Contradiction { link, named }),
        (Some(platform), _) | (None, Some(platform)) => platform,
        (None, None) => return Err(LinkError::UnknownSite(host.to_owned())),
    };
    let path: Vec<Cow<'_, str>> = url.path().split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
    match platform {
        Platform::TikTok => tiktok::parse(host, &path),
        other => Err(LinkError::Unsupported(other)),
    }
}

fn bare_id(platform: Platform, text: &str) -> Option<Post> {
    match platform {
        Platform::TikTok => tiktok::bare_id(text),
        _ => None,
    }
}

/// The address, which people also write without its scheme.
fn web_address(text: &str) -> Result<Url, LinkError> {
    let parsed = match text.strip_prefix("//") {
        Some(rest) => Url::parse(&format!("https://{rest}")),
        None if text.contains("://") => Url::parse(text),
        None => Url::parse(&format!("https://{text}")),
    };
    let url = parsed.map_err(|_| LinkError::NotALink)?;
    let is_web = matches!(url.scheme(), "http" | "https");
    // `https://tiktok.com@evil.example` is evil.example's.
    let is_plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    if is_web && is_plain { Ok(url) } else { Err(LinkError::NotALink) }
}

fn host_name(url: &Url) -> Result<&str, LinkError> {
    match url.host() {
        Some(Host::Domain(name)) if name.contains('.') => Ok(name.strip_suffix('.').unwrap_or(name)),
        _ => Err(LinkError::NotALink),
    }
}

/// A path segment as its author wrote it.
fn decoded(segment: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(segment).decode_utf8().unwrap_or(Cow::Borrowed(segment))
}
