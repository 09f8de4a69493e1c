//! The platforms' own words for pages, in the position of creators' names.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Platform;

/// The words, by platform. They are first segments of paths; LinkedIn's follow `/in/`.
///
/// TikTok: `auth`, `discover`, `embed`, `foryou`, `inapp`, `link` and `search` are in
/// <https://www.tiktok.com/robots.txt>; the others were written from memory. Without an @ they
/// can't be names; after an @, no word is refused.
///
/// Instagram: compared with <https://www.instagram.com/robots.txt>, with Ural
/// (<https://github.com/medialab/ural>, `ural/instagram.py`) and with gallery-dl
/// (<https://github.com/mikf/gallery-dl>, `extractor/instagram.py`). Also included are first
/// segments that public code links to, such as `ar`, `archive`, `popular` and `topics`, and some
/// words that are in no list but clearly aren't names. The names of Instagram's own accounts, such
/// as `creators` and `shop`, are left out.
///
/// YouTube: compared with yt-dlp (<https://github.com/yt-dlp/yt-dlp>, `_RESERVED_NAMES` in
/// `extractor/youtube/_base.py`), with <https://www.youtube.com/robots.txt> and with the sitemaps
/// that it lists. The others, mostly pages of YouTube's earlier years, were written from memory.
/// They are refused only without an @: `youtube.com/press` was never a channel's only address.
///
/// X: most are in a list that X published, `non_username_paths` of its API 1.1
/// (<https://developer.x.com/en/docs/twitter-api/v1/developer-utilities/configuration/api-reference/get-help-configuration>).
/// Short words of that old list that may be an account's name today are left out: `business` is
/// Bloomberg's. Also included are the pages in X's own menus, such as `explore`, `compose` and
/// `bookmarks`.
///
/// Facebook: compared with <https://www.facebook.com/robots.txt> and with gallery-dl
/// (`extractor/facebook.py`), which have some of them; the others were written from memory.
///
/// LinkedIn: written from memory.
static WORDS: LazyLock<HashSet<(Platform, &str)>> = LazyLock::new(|| rows().collect());

/// The table of all words.
pub(super) fn rows() -> impl Iterator<Item = (Platform, &'static str)> {
    let row = |row: &'static str| {
        let (platform, word) = row.split_once('\t')?;
        Some((platform.parse().ok()?, word))
    };
    include_str!("reserved.tsv").lines().skip(1).filter_map(row)
}

impl Platform {
    /// Whether a word in lower case is the platform's own, in the position of a creator's name.
    pub(super) fn reserves(self, word: &str) -> bool {
        WORDS.contains(&(self, word))
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_row_is_whole_in_order_once_and_in_small_letters() {
        let rows: Vec<_> = rows().collect();
        assert_eq!(rows.len() + 1, include_str!("reserved.tsv").lines().count());
        assert!(rows.is_sorted_by(|one, next| one < next), "{:?}", { rows.windows(2).find(|pair| pair[0] >= pair[1]) });
        for (platform, word) in rows {
            assert!(!word.is_empty() && word == word.to_lowercase() && !word.contains(['/', ' ']), "{platform} {word}");
        }
    }

    #[test]
    fn every_platform_has_some() {
        for platform in Platform::iter() {
            assert!(rows().any(|(row, _)| row == platform), "{platform}");
        }
    }
}
