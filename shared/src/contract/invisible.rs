//! Letters that show nothing: names with them would look like other names.

use std::ops::RangeInclusive;

/// What shows nothing, or turns what follows around: soft hyphens, marks of width and direction,
/// and separators of lines.
const INVISIBLE: [RangeInclusive<char>; 6] = [
    '\u{ad}'..='\u{ad}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{2069}',
    '\u{feff}'..='\u{feff}',
];

/// Whether a letter shows nothing of itself.
#[must_use]
pub fn is_invisible(letter: char) -> bool {
    letter.is_control() || INVISIBLE.iter().any(|range| range.contains(&letter))
}
