//! Rules for the characters of ids and names, and for names in addresses.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Whether it is a number of at most 64 bits, like all numeric ids.
pub(super) fn is_number(text: &str) -> bool {
    text.starts_with(|first| matches!(first, '1'..='9')) && text.parse::<u64>().is_ok()
}

/// Whether it has only ASCII letters, digits and these signs, and a length in this range.
pub(super) fn is_word(text: &str, length: RangeInclusive<usize>, signs: &[u8]) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte))
}

/// Whether it is a Latin letter or digit in another shape, which people use like a font: `𝓳𝓪𝓷𝓮`,
/// `ⓙ`, `ｊ`, `ᴊ`. Names never have such letters.
pub(super) const fn is_of_font(letter: char) -> bool {
    matches!(
        letter,
        '\u{1D00}'..='\u{1DBF}'
            | '\u{2070}'..='\u{209F}'
            | '\u{2100}'..='\u{214F}'
            | '\u{2460}'..='\u{24FF}'
            | '\u{A730}'..='\u{A731}'
            | '\u{FF10}'..='\u{FF5A}'
            | '\u{1D400}'..='\u{1D7FF}'
            | '\u{1F100}'..='\u{1F1FF}'
    )
}

/// Cyrillic and Greek letters that look like Latin ones. Source: Unicode's `confusables.txt`.
const LOOK_ALIKES: &str = "аеіорсухѕјһԁԛԝАВЕІЈКМНОРСТУХЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρυ";

/// Whether all its non-Latin letters look like Latin ones, so that a reader can't see the
/// difference.
pub(super) fn has_look_alikes(text: &str) -> bool {
    let mut others = text.chars().filter(|letter| !letter.is_ascii()).peekable();
    others.peek().is_some()
        && others.all(|letter| LOOK_ALIKES.contains(letter))
        && text.contains(|letter: char| letter.is_ascii_alphabetic())
}

/// Whether it has only ASCII letters and digits, these signs, and the letters, marks and vowels of
/// other scripts. The punctuation, pictures and invisible characters around a copied name don't
/// belong to it.
pub(super) fn is_name(text: &str, length: RangeInclusive<usize>, signs: &str) -> bool {
    let is_allowed = |letter: char| match letter {
        '\0'..='\x7f' => letter.is_ascii_alphanumeric() || signs.contains(letter),
        // These join or separate letters in Persian and Indian names.
        '\u{200C}' | '\u{200D}' => {
            !text.is_ascii() && text.chars().any(|other| other.is_alphabetic() && other > '\u{24F}')
        }
        _ if is_of_font(letter) => false,
        // Signs of Latin-1; punctuation, arrows and symbols; East Asian punctuation; variants and
        // full-width forms.
        '\u{80}'..='\u{BF}'
        | '\u{2000}'..='\u{2BFF}'
        | '\u{3000}'..='\u{303F}'
        | '\u{FE00}'..='\u{FE6F}'
        | '\u{FEFF}'..='\u{FFFF}' => letter.is_alphanumeric() || signs.contains(letter),
        // Emoji, and invisible tags.
        '\u{1F000}'..='\u{1FAFF}' | '\u{E0000}'.. => false,
        _ => !letter.is_control() && !letter.is_whitespace(),
    };
    text.chars().all(is_allowed) && !has_look_alikes(text) && length.contains(&text.chars().count())
}

/// Escapes all characters except those that never need it by RFC 3986.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name escaped for a path. A parser of the address gets the same name.
pub(super) fn escaped(name: &str) -> Cow<'_, str> {
    utf8_percent_encode(name, &UNRESERVED).into()
}
