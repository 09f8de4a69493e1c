//! What a request would come to.

use serde::Serialize;

use super::usage::Dollars;
use crate::money::MicroDollars;
use crate::platform::Platform;

/// What is shown: the data, or what asking for it would come to.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
pub struct DryRun {
    /// True.
    pub dry_run: bool,
    /// Whose post or creator was read.
    pub platform: Platform,
    /// What was read.
    pub kind: Kind,
    /// Its canonical link.
    pub url: String,
    /// The platform's id for it, or its name; None of a short link.
    pub id: Option<String>,
    /// Whether the answer is cached; None of a short link, which isn't followed.
    pub cached: Option<bool>,
    /// How old the cached answer is, in seconds.
    pub age: Option<u64>,
    /// What the request would cost; of a short link, at most.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A post.
    Post,
    /// A creator.
    Creator,
    /// It isn't known before it is followed.
    ShortLink,
}
