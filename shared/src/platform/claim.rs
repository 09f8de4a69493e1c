//! An answer's statements about its own identity, and whether they contradict the subject.

use super::{Creator, CreatorKind, Link, Platform, Post, Urn, parse};

/// A statement of a provider's body about its subject. Where the body must have it, an empty string
/// is a claim too, and contradicts everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Its ids: an edited post on X keeps the earlier ones, and a list has those of all its
    /// authors. None says nothing.
    Ids(Vec<String>),
    /// Its creators' names, without `@`. None says nothing.
    Names(Vec<String>),
    /// Its address. One that isn't read as a post's says nothing.
    Address(String),
}

impl Claim {
    /// It has this id.
    pub fn id(id: impl Into<String>) -> Self {
        Self::Ids(vec![id.into()])
    }

    /// It is this creator's.
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
        // Names change.
        Claim::Names(_) => false,
    }
}

fn may_be_its_id(post: &Post, id: &str) -> bool {
    if post.platform != Platform::LinkedIn {
        return id == post.id;
    }
    // Providers leave the beginning of the most frequent kind out.
    let (kind, number) = match id.strip_prefix("urn:li:").and_then(|urn| urn.split_once(':')) {
        Some((kind, number)) => (kind.parse().ok(), number),
        None => (Some(Urn::Activity), id),
    };
    // One post has up to three ids: those of different kinds prove nothing.
    number == post.id || (kind.is_some() && kind != post.urn && !number.is_empty())
}

fn is_other(post: &Post, told: &Post) -> bool {
    let is_reel = |post: &Post| post.url.contains("/reel/");
    let is_comparable = match post.platform {
        Platform::LinkedIn => post.urn == told.urn,
        // Its posts have several ids, too: only a reel's was the one asked for in every recorded
        // answer.
        Platform::Facebook => is_reel(post) && is_reel(told),
        _ => true,
    };
    is_comparable && post.id != told.id
}

/// Whether an answer with this claim is about another creator. A name is compared where a name was
/// asked for, an id where an id was.
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
