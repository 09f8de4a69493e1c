//! An answer's statements about its own identity, and whether they contradict the subject.

use super::{Creator, CreatorKind, Link, Platform, Post, Urn, parse};

/// A statement of a provider's body about its subject. If the body must have it, an empty string is
/// a claim too, and contradicts every subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Its ids: an edited post on X keeps its earlier ids, and a list has the ids of all its
    /// authors. Without ids, it claims nothing.
    Ids(Vec<String>),
    /// Its creators' names, without `@`. Without names, it claims nothing.
    Names(Vec<String>),
    /// Its address. An address that isn't a post's claims nothing.
    Address(String),
}

impl Claim {
    /// The claim that it has this id.
    pub fn id(id: impl Into<String>) -> Self {
        Self::Ids(vec![id.into()])
    }

    /// The claim that it is this creator's.
    pub fn name(name: impl Into<String>) -> Self {
        Self::Names(vec![name.into()])
    }
}

/// Whether an answer with this claim is about another post.
pub(super) fn is_of_another_post(post: &Post, claim: &Claim) -> bool {
    match claim {
        Claim::Ids(ids) => !ids.is_empty() && ids.iter().all(|id| !may_be_its_id(post, id)),
        Claim::Address(address) => match parse(address, Some(post.platform)) {
            Ok(Link::Post(told)) => is_other(post, &told),
            _ => false,
        },
        // Names can change, so they prove nothing.
        Claim::Names(_) => false,
    }
}

fn may_be_its_id(post: &Post, id: &str) -> bool {
    if post.platform != Platform::LinkedIn {
        return id == post.id;
    }
    // Providers omit the beginning for the most frequent kind of id.
    let (kind, number) = match id.strip_prefix("urn:li:").and_then(|urn| urn.split_once(':')) {
        Some((kind, number)) => (kind.parse().ok(), number),
        None => (Some(Urn::Activity), id),
    };
    // A post has up to three ids, so ids of different kinds prove nothing.
    number == post.id || (kind.is_some() && kind != post.urn && !number.is_empty())
}

fn is_other(post: &Post, told: &Post) -> bool {
    let is_reel = |post: &Post| post.url.contains("/reel/");
    let is_comparable = match post.platform {
        Platform::LinkedIn => post.urn == told.urn,
        // Facebook's posts have several ids too. Only for reels did every recorded answer have the
        // requested id.
        Platform::Facebook => is_reel(post) && is_reel(told),
        _ => true,
    };
    is_comparable && post.id != told.id
}

/// Whether an answer with this claim is about another creator. Names are compared if a name was
/// requested, and ids if an id was requested.
pub(super) fn is_of_another_creator(creator: &Creator, claim: &Claim) -> bool {
    let is_none = |claimed: &[String], is_it: fn(&str, &str) -> bool| {
        !claimed.is_empty() && !claimed.iter().any(|one| is_it(one, &creator.id))
    };
    match (claim, creator.kind) {
        (Claim::Ids(ids), CreatorKind::Id) => is_none(ids, |one, asked| one == asked),
        (Claim::Names(names), CreatorKind::Handle) => {
            is_none(names, |one, asked| one.to_lowercase() == asked.to_lowercase())
        }
        _ => false,
    }
}
