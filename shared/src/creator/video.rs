//! A creator's recent videos, and the median of their views.

use std::cmp::Reverse;
use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Media, PostStats};

/// The highest number of videos in a stored list: two pages of any provider.
pub const MAX_VIDEOS: usize = 40;
/// The default number of videos. A second page isn't requested if the first has this many.
pub const DEFAULT_VIDEOS: usize = 20;

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
    /// The time is estimated from the id or from "9 days ago", and is only good for the order.
    pub is_dated_roughly: bool,
    /// The creator pinned it to the top.
    pub is_pinned: bool,
    /// A running or announced broadcast, whose counts are of current viewers.
    pub is_live: bool,
    /// Its picture, its kind and its length.
    #[serde(default)]
    pub media: Media,
}

/// The requested part of a list of videos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The most videos, the newest first; up to [`MAX_VIDEOS`].
    pub limit: usize,
    /// Only videos that were published at this time or later.
    pub since: Option<Timestamp>,
}

impl Default for Window {
    fn default() -> Self {
        Self { limit: DEFAULT_VIDEOS, since: None }
    }
}

/// A creator's most recent videos, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoList {
    /// The creator's name, if the list has it.
    pub username: Option<String>,
    /// The videos.
    pub videos: Vec<Video>,
    /// The list is complete: there are no other videos.
    pub is_all: bool,
}

impl VideoList {
    /// The most recent of these videos, each once; pinned ones are sorted by date too.
    #[must_use]
    pub fn recent(username: Option<String>, mut videos: Vec<Video>) -> Self {
        let mut seen = HashSet::new();
        videos.retain(|video| seen.insert(video.id.clone()));
        videos.sort_by_key(|video| Reverse(video.created_at));
        videos.truncate(MAX_VIDEOS);
        Self { username, videos, is_all: false }
    }

    /// The list's videos in this window. A video with an unknown time isn't in a window with a
    /// start.
    #[must_use]
    pub fn within(mut self, window: Window) -> Self {
        let is_in =
            |video: &Video| window.since.is_none_or(|since| video.created_at.is_some_and(|moment| moment >= since));
        self.videos.retain(is_in);
        self.videos.truncate(window.limit);
        self
    }

    /// Removes the oldest videos, so that all strings have at most this many bytes.
    pub(super) fn shorten_to(&mut self, most: usize) {
        let mut sum = 0;
        let texts = |video: &Video| {
            let texts = [&video.description, &video.media.thumbnail_url, &video.stats.url];
            texts.into_iter().flatten().map(String::len).sum::<usize>() + video.url.len()
        };
        let kept = self.videos.iter().take_while(|video| {
            sum += texts(video);
            sum <= most
        });
        let kept = kept.count();
        self.videos.truncate(kept);
    }

    /// The list of a creator who has no videos.
    #[must_use]
    pub fn proved_empty() -> Self {
        Self { is_all: true, ..Self::default() }
    }

    /// The counts of views that show the creator's usual reach: without pinned videos, which are
    /// often the best, and broadcasts.
    #[must_use]
    pub fn view_counts(&self) -> Vec<u64> {
        self.usual().filter_map(|video| video.stats.views).collect()
    }

    /// The videos for the median.
    pub fn usual(&self) -> impl Iterator<Item = &Video> {
        self.videos.iter().filter(|video| !video.is_pinned && !video.is_live)
    }
}

/// The median; for an even number of counts, the mean of the middle two, rounded half up.
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
    fn a_list_is_newest_first_with_each_video_once_and_no_longer_than_40() {
        let pinned = Video { is_pinned: true, ..video("pinned", 5, Some(900)) };
        let mut videos = vec![pinned.clone()];
        videos.extend((0..50).map(|second| video(&second.to_string(), second, Some(1))));
        videos.push(pinned);
        let list = VideoList::recent(None, videos);
        assert_eq!(list.videos.len(), 40);
        assert_eq!(list.videos[0].id, "49");
        assert!(list.videos.iter().all(|video| video.id != "pinned"), "too old, however it is pinned");
    }

    #[test]
    fn pinned_videos_broadcasts_and_unknown_counts_are_not_in_the_median() {
        let pinned = Video { is_pinned: true, ..video("1", 9, Some(900)) };
        let live = Video { is_live: true, ..video("2", 8, Some(3)) };
        let list = VideoList::recent(None, vec![pinned, live, video("3", 7, None), video("4", 6, Some(0))]);
        assert_eq!(list.view_counts(), [0]);
    }
}
