//! The subjects of requests: a post or a creator.

use std::borrow::Cow;
use std::fmt;

use super::{Claim, Creator, Link, LinkError, Platform, Post, ShortLink, claim, parse, username};

/// The subject of a request.
pub trait Subject: Clone + fmt::Debug + Send + Sync + 'static {
    /// The kind of link that names it.
    const WANTED: Wanted;

    /// Its platform.
    fn platform(&self) -> Platform;

    /// The platform's id for it, or its name.
    fn id(&self) -> &str;

    /// Its canonical link.
    fn url(&self) -> &str;

    /// Its unique name on the platform, equal for all links to it. Providers get only this name and
    /// the platform.
    fn key(&self) -> Cow<'_, str>;

    /// Reads the string that names it: a link, or with `platform` a string that isn't a link.
    ///
    /// # Errors
    /// If the string names something else: the error says what was found.
    fn read(text: &str, platform: Option<Platform>) -> Result<Link, LinkError>;

    /// The target of a link.
    ///
    /// # Errors
    /// If it leads to the other kind of subject.
    fn of_link(link: Link) -> Result<Target<Self>, LinkError>;

    /// Whether an answer with this claim is about another subject.
    fn is_contradicted_by(&self, claim: &Claim) -> bool;
}

/// The kind of subject that an endpoint takes; displayed as the kind of link to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum Wanted {
    /// A post.
    #[strum(serialize = "one post")]
    Post,
    /// A creator.
    #[strum(serialize = "a creator's page")]
    Creator,
}

impl Wanted {
    /// Whether this is such a link.
    #[must_use]
    pub const fn is(self, link: &Link) -> bool {
        matches!((self, link), (Self::Post, Link::Post(_)) | (Self::Creator, Link::Creator(_)))
    }
}

/// The target of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<S> {
    /// The subject itself.
    Subject(S),
    /// A link to a subject that only the platform can resolve.
    ShortLink(ShortLink),
}

impl<S: Subject> Target<S> {
    /// The platform of the link.
    #[must_use]
    pub fn platform(&self) -> Platform {
        match self {
            Self::Subject(subject) => subject.platform(),
            Self::ShortLink(short) => short.platform,
        }
    }
}

impl Subject for Post {
    const WANTED: Wanted = Wanted::Post;

    fn platform(&self) -> Platform {
        self.platform
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn key(&self) -> Cow<'_, str> {
        (self.platform.grammar().post_key)(self)
    }

    fn read(text: &str, platform: Option<Platform>) -> Result<Link, LinkError> {
        parse(text, platform)
    }

    fn of_link(link: Link) -> Result<Target<Self>, LinkError> {
        match link {
            Link::Post(post) => Ok(Target::Subject(post)),
            Link::Short(short) => Ok(Target::ShortLink(short)),
            Link::Creator(Creator { platform, id, .. }) => Err(LinkError::OtherCreator { platform, id }),
        }
    }

    fn is_contradicted_by(&self, claim: &Claim) -> bool {
        claim::is_of_another_post(self, claim)
    }
}

impl Subject for Creator {
    const WANTED: Wanted = Wanted::Creator;

    fn platform(&self) -> Platform {
        self.platform
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn key(&self) -> Cow<'_, str> {
        format!("{}:{}", self.kind, self.id).into()
    }

    /// With `platform`, a bare name is read too; a name with a dot only if it can't be a website.
    fn read(text: &str, platform: Option<Platform>) -> Result<Link, LinkError> {
        let name = platform.and_then(|platform| username::in_place_of_link(platform, text));
        match name.unwrap_or_else(|| parse(text, platform)) {
            Err(LinkError::PageOf { creator, .. }) => Ok(Link::Creator(*creator)),
            link => link,
        }
    }

    fn of_link(link: Link) -> Result<Target<Self>, LinkError> {
        match link {
            Link::Creator(creator) => Ok(Target::Subject(creator)),
            Link::Short(short) => Ok(Target::ShortLink(short)),
            Link::Post(post) => Err(LinkError::OtherPost(post.platform)),
        }
    }

    fn is_contradicted_by(&self, claim: &Claim) -> bool {
        claim::is_of_another_creator(self, claim)
    }
}
