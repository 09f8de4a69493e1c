//! What a request would come to.

use schemars::JsonSchema;
use serde::Serialize;

use super::usage::Dollars;
use crate::money::MicroDollars;
use crate::platform::Platform;

/// The data; or, where the request has `"dry_run": true`, what asking for it would come to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "{D}", inline)]
#[serde(untagged)]
pub enum Shown<D> {
    /// The data.
    Data(D),
    /// What it would come to.
    DryRun(DryRun),
}

impl<D> Shown<D> {
    /// Whether the answer would come from the cache.
    pub(super) fn would_be_cached(&self) -> bool {
        matches!(self, Self::DryRun(DryRun { cached: Some(true), .. }))
    }

    /// What the answer would cost; nothing where it is here.
    pub(super) const fn would_be_charged(&self) -> MicroDollars {
        match self {
            Self::DryRun(DryRun { charge: Dollars(charge), .. }) => *charge,
            Self::Data(_) => MicroDollars::ZERO,
        }
    }
}

/// What a request would come to. Nothing is asked and nothing charged for it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DryRun {
    /// Always true.
    #[schemars(extend("const" = true), example = true)]
    pub dry_run: bool,
    /// Whose post or creator was read.
    #[schemars(example = &"tiktok")]
    pub platform: Platform,
    /// What was read.
    #[schemars(example = &"post")]
    pub kind: Kind,
    /// Its address, without trackers.
    #[schemars(example = &"https://www.tiktok.com/@user/video/7123456789")]
    pub url: String,
    /// The platform's id for it, or its name. Null of a short link, which isn't followed.
    #[schemars(example = &"7123456789")]
    pub id: Option<String>,
    /// Whether the answer is cached. Null of a short link.
    #[schemars(example = false)]
    pub cached: Option<bool>,
    /// How old the cached answer is, in seconds. Null where none is cached.
    #[schemars(example = 42)]
    pub age: Option<u64>,
    /// What the request would cost, in dollars; of a short link, at most.
    #[schemars(example = 0.001)]
    pub charge: Dollars,
}

impl DryRun {
    /// The same of what is there twice: it comes with the first, for nothing.
    #[must_use]
    pub fn repeated(self) -> Self {
        Self { cached: self.cached.map(|_| true), charge: Dollars::default(), ..self }
    }
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "LinkKind")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A post.
    Post,
    /// A creator.
    Creator,
    /// It isn't known before it is followed.
    ShortLink,
}
