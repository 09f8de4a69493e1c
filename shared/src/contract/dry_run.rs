//! The answer to a dry run: the effect that a request would have.

use schemars::JsonSchema;
use serde::Serialize;

use super::usage::Dollars;
use crate::money::MicroDollars;
use crate::platform::Platform;

/// The data; or, with `"dry_run": true`, the effect that the request would have.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "{D}", inline)]
#[serde(untagged)]
pub enum Shown<D> {
    /// The data.
    Data(D),
    /// The effect that the request would have.
    DryRun(DryRun),
}

impl<D> Shown<D> {
    /// Whether the answer would come from the cache.
    pub(super) fn would_be_cached(&self) -> bool {
        matches!(self, Self::DryRun(DryRun { cached: Some(true), .. }))
    }

    /// The cost of the answer; zero if it is cached.
    pub(super) const fn would_be_charged(&self) -> MicroDollars {
        match self {
            Self::DryRun(DryRun { charge: Dollars(charge), .. }) => *charge,
            Self::Data(_) => MicroDollars::ZERO,
        }
    }
}

/// The effect that a request would have. No provider is asked, and nothing is charged.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DryRun {
    /// Always true.
    #[schemars(extend("const" = true), example = true)]
    pub dry_run: bool,
    /// The platform of the post or creator.
    #[schemars(example = &"tiktok")]
    pub platform: Platform,
    /// The kind of subject.
    #[schemars(example = &"post")]
    pub kind: Kind,
    /// Its address, without trackers.
    #[schemars(example = &"https://www.tiktok.com/@user/video/7123456789")]
    pub url: String,
    /// The platform's id for it, or its username. Null for a short link, which isn't resolved.
    #[schemars(example = &"7123456789")]
    pub id: Option<String>,
    /// Whether the answer is cached. Null for a short link.
    #[schemars(example = false)]
    pub cached: Option<bool>,
    /// The age of the cached answer, in seconds. Null if none is cached.
    #[schemars(example = 42)]
    pub age: Option<u64>,
    /// The cost of the request, in dollars; for a short link, its highest possible cost.
    #[schemars(example = 0.001)]
    pub charge: Dollars,
}

impl DryRun {
    /// Like `self`, for a post that the batch already has: it gets the first one's answer, for
    /// free.
    #[must_use]
    pub fn repeated(self) -> Self {
        Self { cached: self.cached.map(|_| true), charge: Dollars::default(), ..self }
    }
}

/// The kind of subject that a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "LinkKind")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A post.
    Post,
    /// A creator.
    Creator,
    /// Unknown before the short link is resolved.
    ShortLink,
}
