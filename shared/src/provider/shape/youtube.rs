//! Shared parts of YouTube's API and of the providers that read its pages.

use crate::creator::MediaKind;

/// The longest short, in seconds: three minutes, since 15 October 2024. Source: YouTube's help,
/// "Get started creating YouTube Shorts".
const LONGEST_SHORT: u64 = 180;

/// The kind of a video if shorts aren't marked: a longer video isn't a short.
#[must_use]
pub fn kind(is_live: bool, duration_seconds: Option<u64>) -> Option<MediaKind> {
    match duration_seconds {
        // A live broadcast has no length until it ends.
        None if is_live => Some(MediaKind::Live),
        Some(seconds) if seconds > LONGEST_SHORT => Some(MediaKind::Video),
        _ => None,
    }
}
