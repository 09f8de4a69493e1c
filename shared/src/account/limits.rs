//! A key's limits besides its rate limit: an expiry, the allowed endpoints and platforms, and
//! dollars per day.
//!
//! They are in the key's record in the account's item. Every request pays for the size of this
//! item, so names are short, and endpoints and platforms are letters.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Deserializer};
use strum::IntoEnumIterator;

use crate::contract::Endpoint;
use crate::dynamodb::{Item, number, text};
use crate::money::MicroDollars;
use crate::platform::Platform;

/// The stored name of a key's expiry.
pub(super) const EXPIRES_AT: &str = "ex";
/// The stored name of the time at which a rotated key stops working.
pub(super) const ENDS_AT: &str = "end";
/// The stored name of a key's endpoints.
pub(super) const ENDPOINTS: &str = "en";
/// The stored name of a key's platforms.
pub(super) const PLATFORMS: &str = "pl";
/// The stored name of a key's daily budget.
pub(super) const BUDGET: &str = "bd";
/// The stored names of all limits: a key with one of them has limits.
pub(super) const LIMITS: [&str; 4] = [EXPIRES_AT, ENDPOINTS, PLATFORMS, BUDGET];

/// The stored form of a key's limits. A key without limits can manage keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct KeyLimits {
    /// The expiry, in seconds since 1970.
    #[serde(rename = "ex")]
    pub expires_at: Option<i64>,
    /// The allowed endpoints; `None` allows all.
    #[serde(rename = "en")]
    pub endpoints: Option<Allowed<Endpoint>>,
    /// The allowed platforms; `None` allows all.
    #[serde(rename = "pl")]
    pub platforms: Option<Allowed<Platform>>,
    /// The highest cost of its fresh answers in one UTC day; `None` is no limit.
    #[serde(rename = "bd")]
    pub budget_per_day: Option<MicroDollars>,
}

impl KeyLimits {
    /// Whether the key has no limits.
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

/// A value that is stored as a single letter in keys' records. The letter never changes, and is
/// different for each value.
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

/// The allowed values, stored as their letters. An unknown letter from a newer version allows
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed<T: Ord>(BTreeSet<T>);

impl<T: Coded> Allowed<T> {
    /// Whether this value is allowed.
    #[must_use]
    pub fn has(&self, one: T) -> bool {
        self.0.contains(&one)
    }

    /// The allowed values, in the order of their type.
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
