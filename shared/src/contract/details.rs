//! The details of a post that `post/stats` returns with the counts.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::data::optional_milliseconds;
use super::schema::Moment;
use crate::creator::{Details, MediaKind, PostStats};

/// The details of a post. An unknown member is null; nothing is guessed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PostDetails")]
pub struct DetailsData {
    /// The creator who published it.
    author: AuthorData,
    /// The post's text, on YouTube its title; cut off after 500 characters.
    #[schemars(example = &"new dance video")]
    caption: Option<String>,
    /// The time of publication, in UTC. Null if only the day is known, or the time zone is unknown.
    #[serde(serialize_with = "optional_milliseconds")]
    #[schemars(with = "Option<Moment>", example = &"2026-03-20T14:30:00.000Z")]
    published_at: Option<Timestamp>,
    /// The kind of post. On YouTube it is null for videos of up to three minutes if the provider
    /// doesn't say which of them are shorts.
    #[schemars(example = &"video")]
    kind: Option<MediaKind>,
    /// The length, rounded to whole seconds. Null if it isn't a video.
    #[schemars(example = 15)]
    duration_seconds: Option<u64>,
    /// The address of its picture; on TikTok, Instagram and Facebook it stops working after some
    /// days.
    #[schemars(example = &"https://example.com/thumbnail.jpg")]
    thumbnail_url: Option<String>,
    /// The number of saves: TikTok's favourites, Instagram's saves, X's bookmarks.
    #[schemars(example = 4_100)]
    saves: Option<u64>,
    /// Whether its author marked it as paid. A post without this mark can still be paid.
    #[schemars(example = false)]
    is_paid_partnership: Option<bool>,
    /// The usernames of the creators who published it together with its author; empty if there are
    /// none. Only Instagram has them.
    #[schemars(example = [""; 0])]
    co_authors: Option<Vec<String>>,
}

/// The creator who published a post; for a repost on X, the account that reposted it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Author")]
struct AuthorData {
    /// The creator's username on the platform, without `@`.
    #[schemars(example = &"user")]
    username: Option<String>,
    /// The creator's display name.
    #[schemars(example = &"Some User")]
    name: Option<String>,
    /// The platform's own id of the creator, which stays when the username changes.
    #[schemars(example = &"5831967")]
    id: Option<String>,
}

impl From<Details> for DetailsData {
    fn from(details: Details) -> Self {
        let Details { author, caption, published_at, media, saves, is_paid_partnership, co_authors } = details;
        Self {
            author: AuthorData { username: author.username, name: author.name, id: author.id },
            caption,
            published_at,
            kind: media.kind,
            duration_seconds: media.duration_seconds,
            thumbnail_url: media.thumbnail_url,
            saves,
            is_paid_partnership,
            co_authors,
        }
    }
}

/// A rate in ten-thousandths, serialized as a number with four decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Rate(#[schemars(with = "f64", range(min = 0.0))] u128);

impl Rate {
    /// The known likes, comments, shares and saves, divided by the views, rounded half up. `None`
    /// without views, or without any of those counts. LinkedIn's reactions don't count as views
    /// here.
    #[must_use]
    pub fn of_engagement(stats: &PostStats) -> Option<Self> {
        let views = u128::from(stats.views.filter(|views| *views > 0)?);
        let counts = [stats.likes, stats.comments, stats.shares, stats.details.saves];
        let known: Vec<_> = counts.into_iter().flatten().map(u128::from).collect();
        let engaged: u128 = known.iter().sum();
        (!known.is_empty()).then_some(Self((2 * 10_000 * engaged + views) / (2 * views)))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000);
        serializer.serialize_f64(text.parse().map_err(serde::ser::Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Some(1_000), [Some(40), Some(5), Some(4), Some(3)], Some("0.052"))]
    #[case(Some(1_000), [Some(40), None, None, None], Some("0.04"))]
    #[case(Some(3), [Some(1), None, None, None], Some("0.3333"))]
    #[case(Some(20_000), [Some(1), None, None, None], Some("0.0001"))]
    #[case(Some(20_001), [Some(1), None, None, None], Some("0.0"))]
    #[case(Some(1), [Some(u64::MAX); 4], Some("7.378697629483821e+19"))]
    #[case(Some(1_000), [None; 4], None)]
    #[case(Some(0), [Some(40), None, None, None], None)]
    #[case(None, [Some(40), None, None, None], None)]
    fn the_rate_uses_known_counts_and_has_four_decimals(
        #[case] views: Option<u64>,
        #[case] counts: [Option<u64>; 4],
        #[case] expected: Option<&str>,
    ) {
        let [likes, comments, shares, saves] = counts;
        let details = Details { saves, ..Details::default() };
        let stats = PostStats { views, likes, comments, shares, details, ..PostStats::default() };
        let rate = Rate::of_engagement(&stats).map(|rate| serde_json::to_string(&rate).unwrap());
        assert_eq!(rate.as_deref(), expected);
    }
}
