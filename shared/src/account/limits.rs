//! A key's limits beside its rate limit: an end, the allowed endpoints and platforms, and dollars a
//! day.
//!
//! All of it is in the key's record in the account's item, whose size each request pays for: names
//! are short, and endpoints and platforms are letters.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Deserializer};
use strum::IntoEnumIterator;

use crate::contract::Endpoint;
use crate::dynamodb::{Item, number, text};
use crate::money::MicroDollars;
use crate::platform::Platform;

/// Stored: from when on a key opens nothing.
pub(super) const EXPIRES_AT: &str = "ex";
/// Stored: from when on a key that has a successor opens nothing.
pub(super) const ENDS_AT: &str = "end";
/// Stored: the endpoints that a key is for.
pub(super) const ENDPOINTS: &str = "en";
/// Stored: the platforms that a key is for.
pub(super) const PLATFORMS: &str = "pl";
/// Stored: what a key may spend in a day.
pub(super) const BUDGET: &str = "bd";
/// Stored: all that make a key one with limits.
pub(super) const LIMITS: [&str; 4] = [EXPIRES_AT, ENDPOINTS, PLATFORMS, BUDGET];

/// A key's limits, as stored; a key without any manages the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct KeyLimits {
    /// From when on it opens nothing, in seconds since 1970.
    #[serde(rename = "ex")]
    pub expires_at: Option<i64>,
    /// The endpoints that it is for; None: all.
    #[serde(rename = "en")]
    pub endpoints: Option<Allowed<Endpoint>>,
    /// The platforms that it is for; None: all.
    #[serde(rename = "pl")]
    pub platforms: Option<Allowed<Platform>>,
    /// The most that its fresh answers of one day in UTC may cost; None: no limit.
    #[serde(rename = "bd")]
    pub budget_per_day: Option<MicroDollars>,
}

impl KeyLimits {
    /// Whether there are none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The attributes of the key's record.
    pub(super) fn attributes(&self) -> Item {
        let Self { expires_at, endpoints, platforms, budget_per_day } = self;
        let attributes: [(&str, Option<AttributeValue>); 4] = [
            (EXPIRES_AT, expires_at.map(number)),
            (ENDPOINTS, endpoints.as_ref().map(|allowed| text(allowed.to_string()))),
            (PLATFORMS, platforms.as_ref().map(|allowed| text(allowed.to_string()))),
            (BUDGET, budget_per_day.map(|budget| number(budget.0))),
        ];
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// A value that a single letter stands for in keys' records. The letter never changes, and no two
/// values have one letter.
pub trait Coded: Copy + Ord + IntoEnumIterator {
    /// The letter.
    fn code(self) -> char;
}

impl Coded for Endpoint {
    fn code(self) -> char {
        self.spec().usage_code
    }
}

impl Coded for Platform {
    fn code(self) -> char {
        match self {
            Self::TikTok => 't',
            Self::Instagram => 'i',
            Self::YouTube => 'y',
            Self::Twitter => 'x',
            Self::Facebook => 'f',
            Self::LinkedIn => 'l',
        }
    }
}

/// The allowed values, stored as their letters. A letter from a newer version, which this one
/// doesn't know, allows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed<T: Ord>(BTreeSet<T>);

impl<T: Coded> Allowed<T> {
    /// Whether this is among them.
    #[must_use]
    pub fn has(&self, one: T) -> bool {
        self.0.contains(&one)
    }

    /// Each of them, in their own order.
    pub fn iter(&self) -> impl Iterator<Item = T> {
        self.0.iter().copied()
    }
}

impl<T: Coded> FromIterator<T> for Allowed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl<T: Coded> fmt::Display for Allowed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|one| write!(f, "{}", one.code()))
    }
}

impl<'de, T: Coded> Deserialize<'de> for Allowed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let codes = String::deserialize(deserializer)?;
        Ok(T::iter().filter(|one| codes.contains(one.code())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_of_platforms_never_change() {
        let codes: Vec<_> = Platform::iter().map(|platform| format!("{} {platform}", platform.code())).collect();
        insta::assert_snapshot!(codes.join(", "), @"t tiktok, i instagram, y youtube, x twitter, f facebook, l linkedin");
    }

    #[test]
    fn limits_are_read_back_and_letters_of_newer_versions_are_ignored() {
        let limits = KeyLimits {
            expires_at: Some(1_795_435_200),
            endpoints: Some([Endpoint::Email, Endpoint::PostStats].into_iter().collect()),
            platforms: Some([Platform::Twitter].into_iter().collect()),
            budget_per_day: Some(MicroDollars(0)),
        };
        let mut stored = limits.attributes();
        assert_eq!(stored.len(), LIMITS.len());
        assert_eq!(serde_dynamo::from_item::<_, KeyLimits>(stored.clone()).unwrap(), limits);
        stored.insert(ENDPOINTS.to_owned(), text("e~s"));
        assert_eq!(serde_dynamo::from_item::<_, KeyLimits>(stored).unwrap(), limits);
        assert!(KeyLimits::default().attributes().is_empty());
    }
}
