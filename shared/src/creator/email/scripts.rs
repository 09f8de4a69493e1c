//! Scripts: the letters that don't look like Latin ones.

use unicode_script::{Script, UnicodeScript};

use super::fonts::is_look_alike;

/// Scripts whose words need no blank before an address: "メールname@gmail.com", "문의name@gmail.com".
/// Not among them are those whose letters are drawn like Latin ones, as Greek, Cyrillic, Armenian
/// and Cherokee.
const OTHER_SCRIPTS: [Script; 24] = [
    Script::Arabic,
    Script::Bengali,
    Script::Bopomofo,
    Script::Devanagari,
    Script::Gujarati,
    Script::Gurmukhi,
    Script::Han,
    Script::Hangul,
    Script::Hebrew,
    Script::Hiragana,
    Script::Kannada,
    Script::Katakana,
    Script::Khmer,
    Script::Lao,
    Script::Malayalam,
    Script::Myanmar,
    Script::Oriya,
    Script::Sinhala,
    Script::Syriac,
    Script::Tamil,
    Script::Telugu,
    Script::Thaana,
    Script::Thai,
    Script::Tibetan,
];

/// Whether the letter looks like no Latin one.
pub fn is_of_other_script(c: char) -> bool {
    // The long vowel of the kana belongs to both of them, by Unicode to none.
    !c.is_ascii() && (matches!(c, 'ー' | 'ｰ') || OTHER_SCRIPTS.contains(&c.script()))
}

/// Whether what ends so ends in a word that can't be part of a Latin name, but for letters that a
/// font draws with.
pub fn ends_in_other_script(text: &str) -> bool {
    let run = || text.chars().rev().take_while(|c| !c.is_ascii());
    let belongs = |c: char| is_of_other_script(c) || (c.script() == Script::Inherited && !is_accent(c));
    run().any(|c| is_of_other_script(c) && !is_look_alike(c)) && run().all(belongs)
}

/// Whether a domain's label is one that only looks like an ASCII one: "gmаil" with a Cyrillic
/// letter.
pub fn is_mixed(label: &str) -> bool {
    let is_foreign = |c: char| !c.is_ascii() && !is_of_other_script(c) && c.script() != Script::Latin && !is_accent(c);
    label.contains(|c: char| c.is_ascii_alphabetic()) && label.contains(is_foreign)
}

/// The accents that are characters of their own.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}
