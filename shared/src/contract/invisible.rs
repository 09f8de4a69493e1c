//! Invisible characters: a name that contains one would look like another name.

use std::ops::RangeInclusive;

/// Characters that are invisible or change the direction of the text: soft hyphens, marks of width
/// and direction, and line separators.
const INVISIBLE: [RangeInclusive<char>; 6] = [
    '\u{ad}'..='\u{ad}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{2069}',
    '\u{feff}'..='\u{feff}',
];

/// Whether a letter is invisible.
#[must_use]
pub fn is_invisible(letter: char) -> bool {
    letter.is_control() || INVISIBLE.iter().any(|range| range.contains(&letter))
}
