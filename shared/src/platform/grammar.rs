//! The differences between platforms: a declaration in each platform's file.

use std::borrow::Cow;

use super::address::Address;
use super::text::is_number;
use super::{Creator, CreatorKind, Link, LinkError, Platform, Post, ViewsKind};

/// Instagram and X redirect simple clients, and show browsers a page that does it.
pub(super) const SIMPLE_CLIENT: &str = "curl/8.5.0";

/// One platform: its names, how its links are read, and which counts it shows.
pub(super) struct Grammar {
    /// How people write its name.
    pub title: &'static str,
    /// The article before its name.
    pub article: &'static str,
    /// Its domains, the main one first. None has more than two labels.
    pub domains: &'static [&'static str],
    /// Reads an address on one of its domains.
    pub read: fn(&Address<'_>) -> Result<Link, LinkError>,
    /// Whether no other network has a link with this path and query, so that the post is read from
    /// an unknown host too.
    pub is_unmistakable: fn(&Post, path: &str, query: &str) -> bool,
    /// First segments that lead to creators, before the name: `channel/`.
    pub creator_prefixes: &'static [&'static str],
    /// Reads a post's id without its link; None where it isn't one.
    pub bare_id: fn(&str) -> Option<Post>,
    /// The name that tells a post from all others. With the platform, it is all that providers may
    /// know of the post.
    pub post_key: fn(&Post) -> Cow<'_, str>,
    /// The post's address for providers, made from its key alone.
    pub asked_url: fn(&Post) -> String,
    /// The page of the creator with this name, without `@`.
    pub creator: fn(&str) -> Result<Link, LinkError>,
    /// The platform's own ids of creators.
    pub creator_id: CreatorId,
    /// A post of this creator with an id made from a number of 19 digits, for the sandbox.
    pub made_up_post: fn(creator: &str, number: u64) -> Option<Post>,
    /// The user agent that its short links are asked with, where it shows browsers a page instead
    /// of redirecting them.
    pub short_link_user_agent: Option<&'static str>,
    /// The kind of its count of views.
    pub views: ViewsKind,
    /// Whether it shows how often a post was shared.
    pub shows_shares: bool,
    /// Whether it shows whom a creator follows, and whether it verified them.
    pub shows_following: bool,
}

/// A platform's own ids of creators.
pub(super) struct CreatorId {
    /// Whether a string is one.
    pub is: fn(&str) -> bool,
    /// Its form, for messages.
    pub form: &'static str,
    /// The address of a creator's page before the id; where no page has the id in its address, the
    /// platform's start page.
    pub page: &'static str,
}

impl CreatorId {
    /// Ids that are numbers.
    pub const fn number(page: &'static str) -> Self {
        Self { is: is_number, form: "digits alone", page }
    }

    /// The creator with this id.
    pub fn link(&self, platform: Platform, id: &str) -> Link {
        Creator::link(platform, CreatorKind::Id, id, [self.page, id].concat())
    }
}
