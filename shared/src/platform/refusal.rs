//! The reasons why a text isn't read as a link to a post or a creator.

use strum::IntoEnumIterator;

use super::{Creator, Link, Platform, Wanted};

/// A page of a platform that is neither a post nor a creator. It is displayed by its name in
/// messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Page {
    /// The page that platforms show to refused visitors. It says nothing about the requested page.
    #[strum(serialize = "login page")]
    Login,
    /// Another page to which platforms redirect refused visitors.
    #[strum(serialize = "start page")]
    Start,
    /// Not a page, but a link with a typing error or a missing part, with its name in messages.
    #[strum(to_string = "{0}")]
    Broken(&'static str),
    /// Any other page, with its name in messages.
    #[strum(to_string = "{0}")]
    Other(&'static str),
}

impl From<&'static str> for Page {
    fn from(name: &'static str) -> Self {
        Self::Other(name)
    }
}

/// The reason why a text isn't read as a link to a post or a creator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Wanted::Post))]
pub enum LinkError {
    /// The string isn't a web address.
    NotALink,
    /// A creator's name with `@` instead of a link.
    NameAlone,
    /// A platform's address after a mistyped `http://`.
    MistypedScheme,
    /// An e-mail address.
    MailAddress,
    /// A string that is longer than any real link.
    TooLong,
    /// Two links, so that the intended one is unknown; their canonical addresses.
    TwoLinks(Platform, String, String),
    /// Another site.
    UnknownSite(String),
    /// A known other site.
    KnownSite {
        /// Its host.
        site: String,
        /// Its kind.
        kind: &'static str,
        /// The site's name.
        name: &'static str,
    },
    /// A mirror of a platform, without `platform`, or with a page that isn't one post.
    Mirror {
        /// Its host.
        site: String,
        /// The platform that the link leads to.
        platform: Platform,
    },
    /// A platform's redirect to another site.
    WayOut {
        /// The platform whose redirect it is.
        platform: Platform,
        /// The other site's host.
        site: String,
    },
    /// A name with a dot, which may also be a website.
    NameOrSite(Platform),
    /// A name that no creator of this platform can have.
    NoUsername {
        /// The platform.
        platform: Platform,
        /// The fault.
        seen: &'static str,
    },
    /// The link's platform isn't the one in `platform`.
    Contradiction {
        /// The link's platform.
        link: Platform,
        /// The platform in `platform`.
        named: Platform,
    },
    /// A page of the platform that is neither a post nor a creator.
    OtherPage {
        /// The platform.
        platform: Platform,
        /// The page that was found.
        page: Page,
    },
    /// A page of the platform that is neither a post nor a creator, but names its creator.
    /// Endpoints about creators accept it.
    PageOf {
        /// The page that was found.
        page: &'static str,
        /// The creator whose page it is.
        creator: Box<Creator>,
    },
    /// A post of this platform instead of a creator.
    OtherPost(Platform),
    /// A creator instead of a post.
    OtherCreator {
        /// The platform.
        platform: Platform,
        /// The creator's name or id.
        id: String,
    },
}

impl LinkError {
    /// Whether the link is broken, so that its target is unknown.
    pub(super) const fn is_broken(&self) -> bool {
        matches!(self, Self::OtherPage { page: Page::Broken(_), .. })
    }

    pub(super) fn two(one: &Link, other: &Link) -> Self {
        /// Longer addresses are cut off.
        const LONGEST: usize = 100;
        let shown = |link: &Link| match link.url().char_indices().nth(LONGEST) {
            Some((end, _)) => [&link.url()[..end], "…"].concat(),
            None => link.url().to_owned(),
        };
        Self::TwoLinks(one.platform(), shown(one), shown(other))
    }

    /// The platform of the found page, if it has one.
    #[must_use]
    pub fn platform(&self) -> Option<Platform> {
        match self {
            Self::OtherPage { platform, .. }
            | Self::WayOut { platform, .. }
            | Self::TwoLinks(platform, ..)
            | Self::OtherPost(platform)
            | Self::OtherCreator { platform, .. } => Some(*platform),
            Self::PageOf { creator, .. } => Some(creator.platform),
            Self::NotALink
            | Self::NameAlone
            | Self::MistypedScheme
            | Self::MailAddress
            | Self::TooLong
            | Self::UnknownSite(_)
            | Self::KnownSite { .. }
            | Self::Mirror { .. }
            | Self::NameOrSite(_)
            | Self::NoUsername { .. }
            | Self::Contradiction { .. } => None,
        }
    }

    /// The found other site.
    pub(super) fn site(&self) -> Option<&str> {
        match self {
            Self::UnknownSite(site) | Self::KnownSite { site, .. } | Self::Mirror { site, .. } => Some(site),
            _ => None,
        }
    }

    /// Says what was found, and what to send instead.
    #[must_use]
    pub fn message(&self, wanted: Wanted) -> String {
        match self {
            Self::NotALink => format!("this is not a link; send the full link of {wanted}, starting with https://"),
            Self::MistypedScheme => {
                format!(
                    "this is not a link, because its beginning is mistyped; send the full link of {wanted}, starting with https://"
                )
            }
            Self::NameAlone => match wanted {
                Wanted::Post => {
                    format!("this is a name, not a link; send the full link of {wanted}, starting with https://")
                }
                Wanted::Creator => {
                    format!("this is a name, not a link; send `username` and `platform`, or the full link of {wanted}")
                }
            },
            Self::MailAddress => format!("this is an e-mail address; send the link of {wanted}"),
            Self::TooLong => "the link is too long; send the link from the platform's share button".to_owned(),
            Self::TwoLinks(_, one, other) => {
                format!("the text has two links, {one} and {other}; send only one of them")
            }
            Self::UnknownSite(_) | Self::KnownSite { .. } | Self::Mirror { .. } | Self::WayOut { .. } => {
                self.message_about_another_site(wanted)
            }
            Self::NameOrSite(platform) => format!(
                "this may be a website or a creator's name; send a name with an @ before it, or the link of the \
                 creator's page on {}",
                platform.title()
            ),
            Self::NoUsername { platform, seen } => format!(
                "no {} creator has such a username: {seen}; send the username alone, or the link of the creator's page",
                platform.title()
            ),
            Self::Contradiction { link, named } => {
                let link = link.with_article();
                format!(
                    "this is {link} link, but `platform` says {named}; send matching values, or leave `platform` out"
                )
            }
            Self::OtherPage { platform, page } => {
                format!("this is {} {page}; send the link of {wanted}", platform.with_article())
            }
            Self::PageOf { page, creator } => {
                let Creator { platform, id, .. } = &**creator;
                format!("this is {} {page} of {id}; send the link of {wanted}", platform.with_article())
            }
            Self::OtherPost(platform) => format!(
                "this is the link of one {} post; send the link of {wanted}, or `username` and `platform`",
                platform.title()
            ),
            Self::OtherCreator { platform, id } => {
                format!("this is the page of the {} creator {id}; send the link of {wanted}", platform.title())
            }
        }
    }

    fn message_about_another_site(&self, wanted: Wanted) -> String {
        let seen = match self {
            Self::KnownSite { site, kind, name } if name.starts_with("a ") => {
                format!("this is {name} ({site}, {kind})")
            }
            Self::KnownSite { site, kind, name } => {
                let [name, kind] = [name, kind].map(|noun| with_article(noun));
                format!("this is {name} page ({site}, {kind})")
            }
            Self::Mirror { site, platform } => {
                let title = platform.title();
                return format!(
                    "{site} shows pages of {title}, but isn't {title}; send {title}'s own link of {wanted}"
                );
            }
            Self::WayOut { platform, site } => {
                format!("this is {} redirect to another site, {site}", platform.with_article())
            }
            other => {
                let site = other.site().unwrap_or("other sites");
                return format!("links of {site} are not supported; send a link of {}", all_titles());
            }
        };
        format!("{seen}; send the link of {wanted} on {}", all_titles())
    }
}

/// With "a" or "an" before it.
fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
    [article, " ", noun].concat()
}

/// All platforms: "A, B or C".
fn all_titles() -> String {
    let titles: Vec<_> = Platform::iter().map(Platform::title).collect();
    match titles.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
