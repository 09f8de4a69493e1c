//! Scripts whose letters don't look like Latin ones.

use unicode_script::{Script, UnicodeScript};

use super::fonts::is_look_alike;

/// Scripts whose words need no space before an address: "メールname@gmail.com", "문의name@gmail.com".
/// Scripts with letters that look like Latin ones, such as Greek, Cyrillic, Armenian and Cherokee,
/// aren't among them.
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

/// Whether the letter doesn't look like a Latin one.
pub fn is_of_other_script(c: char) -> bool {
    // The long vowel mark belongs to both kana scripts, but to no script by Unicode.
    !c.is_ascii() && (matches!(c, 'ー' | 'ｰ') || OTHER_SCRIPTS.contains(&c.script()))
}

/// Whether the text ends in a word that can't be part of a Latin name. Letters that a font uses for
/// Latin ones don't count.
pub fn ends_in_other_script(text: &str) -> bool {
    let run = || text.chars().rev().take_while(|c| !c.is_ascii());
    let belongs = |c: char| is_of_other_script(c) || (c.script() == Script::Inherited && !is_accent(c));
    run().any(|c| is_of_other_script(c) && !is_look_alike(c)) && run().all(belongs)
}

/// Whether a domain's label only looks like an ASCII label: "gmаil" with a Cyrillic letter.
pub fn is_mixed(label: &str) -> bool {
    let is_foreign = |c: char| !c.is_ascii() && !is_of_other_script(c) && c.script() != Script::Latin && !is_accent(c);
    label.contains(|c: char| c.is_ascii_alphabetic()) && label.contains(is_foreign)
}

/// Accents that are separate characters.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}
