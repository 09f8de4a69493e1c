//! The differences between platforms: a declaration in each platform's file.

use std::borrow::Cow;

use super::address::Address;
use super::text::is_number;
use super::{Creator, CreatorKind, Link, LinkError, Platform, Post, ViewsKind};

/// A user agent of a simple client: Instagram and X redirect such clients, but send browsers a page
/// that redirects.
pub(super) const SIMPLE_CLIENT: &str = "curl/8.5.0";

/// One platform: its names, its grammar of links, and its counts.
pub(super) struct Grammar {
    /// Its display name.
    pub title: &'static str,
    /// The article before its name.
    pub article: &'static str,
    /// Its domains, the main one first. None has more than two labels.
    pub domains: &'static [&'static str],
    /// Reads an address on one of its domains.
    pub read: fn(&Address<'_>) -> Result<Link, LinkError>,
    /// Whether only this platform has links with such a path and query, so that the post is read
    /// from an unknown host too.
    pub is_unmistakable: fn(&Post, path: &str, query: &str) -> bool,
    /// First segments before a creator's name, such as `channel/`.
    pub creator_prefixes: &'static [&'static str],
    /// Reads a bare id of a post; `None` if it isn't one.
    pub bare_id: fn(&str) -> Option<Post>,
    /// The unique name of a post on the platform. Providers get only this name and the platform.
    pub post_key: fn(&Post) -> Cow<'_, str>,
    /// The post's address for providers, made only from its key.
    pub asked_url: fn(&Post) -> String,
    /// The address of the creator with this name, without `@`.
    pub creator: fn(&str) -> Result<Link, LinkError>,
    /// The platform's own ids of creators.
    pub creator_id: CreatorId,
    /// A made-up post of this creator for the sandbox, with an id made from a number of 19 digits.
    pub made_up_post: fn(creator: &str, number: u64) -> Option<Post>,
    /// The user agent for its short links, if the platform doesn't redirect browsers.
    pub short_link_user_agent: Option<&'static str>,
    /// The kind of its count of views.
    pub views: ViewsKind,
    /// Whether it shows the number of shares.
    pub shows_shares: bool,
    /// Whether it shows the number of followed accounts, and the verification.
    pub shows_following: bool,
}

/// A platform's own ids of creators.
pub(super) struct CreatorId {
    /// Whether a string is such an id.
    pub is: fn(&str) -> bool,
    /// Its form, for messages.
    pub form: &'static str,
    /// The beginning of a creator's address before the id, or the platform's start page if no
    /// address has the id.
    pub page: &'static str,
}

impl CreatorId {
    /// Ids that are numbers.
    pub const fn number(page: &'static str) -> Self {
        Self { is: is_number, form: "only digits", page }
    }

    /// The creator with this id.
    pub fn link(&self, platform: Platform, id: &str) -> Link {
        Creator::link(platform, CreatorKind::Id, id, [self.page, id].concat())
    }
}
