//! A creator's recent videos, and how they usually do.

use std::cmp::Reverse;
use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PostStats;

/// How many videos a list has at most.
pub const MAX_VIDEOS: usize = 20;

/// One video, or post, of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    /// The platform's id for it.
    pub id: String,
    /// Its address.
    pub url: String,
    /// Its title, caption or description.
    pub description: Option<String>,
    /// Its counts.
    pub stats: PostStats,
    /// When it was published.
    pub created_at: Option<Timestamp>,
    /// That moment is made up from the id or from "9 days ago": good for the order alone.
    pub is_dated_roughly: bool,
    /// The creator put it before all others.
    pub is_pinned: bool,
    /// It is being broadcast, or will be: its counts are of watchers.
    pub is_live: bool,
}

/// A creator's most recent videos, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoList {
    /// The creator's name, where the list tells it.
    pub username: Option<String>,
    /// The videos.
    pub videos: Vec<Video>,
    /// It is proved that there are no others.
    pub is_all: bool,
}

impl VideoList {
    /// The most recent of these, each once, pinned ones in their place.
    #[must_use]
    pub fn recent(username: Option<String>, mut videos: Vec<Video>) -> Self {
        let mut seen = HashSet::new();
        videos.retain(|video| seen.insert(video.id.clone()));
        videos.sort_by_key(|video| Reverse(video.created_at));
        videos.truncate(MAX_VIDEOS);
        Self { username, videos, is_all: false }
    }

    /// The list of a creator who has no videos.
    #[must_use]
    pub fn proved_empty() -> Self {
        Self { is_all: true, ..Self::default() }
    }

    /// The counts of views that say how the creator's videos usually do: without pinned ones, which are the best, and broadcasts.
    #[must_use]
    pub fn view_counts(&self) -> Vec<u64> {
        self.usual().filter_map(|video| video.stats.views).collect()
    }

    /// The videos that those counts are of.
    pub fn usual(&self) -> impl Iterator<Item = &Video> {
        self.videos.iter().filter(|video| !video.is_pinned && !video.is_live)
    }
}

/// The median; of an even number of counts the mean of the middle two, rounded half up.
#[must_use]
pub fn median(mut counts: Vec<u64>) -> Option<u64> {
    counts.sort_unstable();
    let middle = counts.len() / 2;
    let upper = *counts.get(middle)?;
    if counts.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = counts[middle - 1];
    Some(lower + (upper - lower).div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[], None)]
    #[case(&[7], Some(7))]
    #[case(&[3, 1, 2], Some(2))]
    #[case(&[1, 2], Some(2))]
    #[case(&[1, 3], Some(2))]
    #[case(&[4, 1, 2, 1], Some(2))]
    #[case(&[u64::MAX, u64::MAX], Some(u64::MAX))]
    #[case(&[0, u64::MAX], Some(1 << 63))]
    fn the_median_is_the_middle_or_the_mean_of_two_rounded_half_up(
        #[case] counts: &[u64],
        #[case] expected: Option<u64>,
    ) {
        assert_eq!(median(counts.to_vec()), expected);
    }

    fn video(id: &str, second: i64, views: Option<u64>) -> Video {
        let stats = PostStats { views, ..PostStats::default() };
        Video { id: id.to_owned(), created_at: Timestamp::from_second(second).ok(), stats, ..Video::default() }
    }

    #[test]
    fn a_list_is_newest_first_with_each_video_once_and_no_longer_than_20() {
        let pinned = Video { is_pinned: true, ..video("pinned", 5, Some(900)) };
        let mut videos = vec![pinned.clone()];
        videos.extend((0..30).map(|second| video(&second.to_string(), second, Some(1))));
        videos.push(pinned);
        let list = VideoList::recent(None, videos);
        assert_eq!(list.videos.len(), 20);
        assert_eq!(list.videos[0].id, "29");
        assert!(list.videos.iter().all(|video| video.id != "pinned"), "too old, however it is pinned");
    }

    #[test]
    fn pinned_videos_broadcasts_and_unknown_counts_say_nothing_of_the_usual() {
        let pinned = Video { is_pinned: true, ..video("1", 9, Some(900)) };
        let live = Video { is_live: true, ..video("2", 8, Some(3)) };
        let list = VideoList::recent(None, vec![pinned, live, video("3", 7, None), video("4", 6, Some(0))]);
        assert_eq!(list.view_counts(), [0]);
    }
}
