//! Fonts: alphabets of look-alike letters. Generators of "fancy text" write names in them.
//!
//! A single look-alike proves nothing: "ɑnna" could be "anna" or another word. A word is read if
//! one font has all of its letters.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_script::{Script, UnicodeScript};

use super::chars::unstyled;
use super::hosts::Names;

/// The letters from a to z in each font; all variants of a letter are together. Sources: the
/// generators' own tables, as shown by lingojam.com and fancytextguru.com; for enclosed letters,
/// Unicode's chart of Enclosed Alphanumerics.
const FONTS: [&str; 14] = [
    "Ⓐⓐ Ⓑⓑ Ⓒⓒ Ⓓⓓ Ⓔⓔ Ⓕⓕ Ⓖⓖ Ⓗⓗ Ⓘⓘ Ⓙⓙ Ⓚⓚ Ⓛⓛ Ⓜⓜ Ⓝⓝ Ⓞⓞ Ⓟⓟ Ⓠⓠ Ⓡⓡ Ⓢⓢ Ⓣⓣ Ⓤⓤ Ⓥⓥ Ⓦⓦ Ⓧⓧ Ⓨⓨ Ⓩⓩ",
    "⒜🄐 ⒝🄑 ⒞🄒 ⒟🄓 ⒠🄔 ⒡🄕 ⒢🄖 ⒣🄗 ⒤🄘 ⒥🄙 ⒦🄚 ⒧🄛 ⒨🄜 ⒩🄝 ⒪🄞 ⒫🄟 ⒬🄠 ⒭🄡 ⒮🄢 ⒯🄣 ⒰🄤 ⒱🄥 ⒲🄦 ⒳🄧 ⒴🄨 ⒵🄩",
    "🄰 🄱 🄲 🄳 🄴 🄵 🄶 🄷 🄸 🄹 🄺 🄻 🄼 🄽 🄾 🄿 🅀 🅁 🅂 🅃 🅄 🅅 🅆 🅇 🅈 🅉",
    "🅐 🅑 🅒 🅓 🅔 🅕 🅖 🅗 🅘 🅙 🅚 🅛 🅜 🅝 🅞 🅟 🅠 🅡 🅢 🅣 🅤 🅥 🅦 🅧 🅨 🅩",
    "🅰 🅱 🅲 🅳 🅴 🅵 🅶 🅷 🅸 🅹 🅺 🅻 🅼 🅽 🅾 🅿 🆀 🆁 🆂 🆃 🆄 🆅 🆆 🆇 🆈 🆉",
    "α в ς¢ ∂ єε ƒ ﻮg н ι נ кκ ℓl м ηи σ ρ q яr ѕs т υ ν ω χ у z",
    "ค ๒ ς ๔ є Ŧ ﻮ ђ เ ן к ɭ ๓ ภ ๏ ק ợ г ร Շ ย ש ฬ א ץ չ",
    "卂 乃 匚 ᗪ 乇 千 Ꮆ 卄 丨 ﾌ Ҝ ㄥ 爪 几 ㄖ 卩 Ɋ 尺 丂 ㄒ ㄩ ᐯ 山 乂 ㄚ 乙",
    "ﾑ 乃 ᄃ り 乇 ｷ ム ん ﾉ ﾌ ズ ﾚ ﾶ 刀 の ｱ ゐ 尺 丂 ｲ ひ √ W ﾒ ﾘ 乙",
    "ᗩ ᗷ ᑕᑢ ᗪᗞ EᗴᘿᎬ ᖴ Gᘜ ᕼ Iᓰ ᒍᒚ Kᖽ ᒪ ᗰᘻ ᑎᘉ Oᓍ ᑭ ᑫ ᖇ ᔕS T ᑌ ᐯ ᗯ ᙭ Y ᘔZ",
    "Ꮧ Ᏸ ፈ Ꮄ Ꮛ Ꭶ Ꮆ Ꮒ Ꭵ Ꮰ Ꮶ Ꮭ Ꮇ Ꮑ Ꭷ Ꭾ Ꭴ Ꮢ Ꮥ Ꮦ Ꮼ Ꮙ Ꮗ ጀ Ꭹ ፚ",
    "ą ც ƈ ɖ ɛ ʄ ɠ ɧ ı ʝ ƙ Ɩ ɱ ŋ ơ ℘ զ ཞ ʂ ɬ ų ۷ ῳ ҳ ყ ʑ",
    "ǟ ɮ ƈ ɖ ɛ ʄ ɢ ɦ ɨ ʝ ӄ ʟ ʍ ռ օ ք զ ʀ ֆ ȶ ʊ ʋ ա Ӽ ʏ ʐ",
    "₳ ฿ ₵ Đ Ɇ ₣ ₲ Ⱨ ł J ₭ Ⱡ ₥ ₦ Ø ₱ Q Ɽ ₴ ₮ Ʉ V ₩ Ӿ Ɏ Ⱬ",
];
/// Scripts in use today: a word with all letters in one of them is an ordinary word, even if it
/// looks like Latin.
const LIVING: [Script; 9] = [
    Script::Arabic,
    Script::Armenian,
    Script::Cyrillic,
    Script::Greek,
    Script::Han,
    Script::Hebrew,
    Script::Hiragana,
    Script::Katakana,
    Script::Thai,
];

/// A character of a font.
struct Glyph {
    c: char,
    /// As a bit.
    font: u32,
    letter: char,
}

/// Sorted by character.
static GLYPHS: LazyLock<Vec<Glyph>> = LazyLock::new(|| {
    let fonts = FONTS.iter().enumerate().flat_map(|(place, font)| {
        let letters = ('a'..='z').zip(font.split(' '));
        letters.flat_map(move |(letter, written)| written.chars().map(move |c| Glyph { c, font: 1 << place, letter }))
    });
    let mut glyphs: Vec<Glyph> = fonts.collect();
    glyphs.sort_by_key(|glyph| glyph.c);
    glyphs
});

fn glyphs_of(c: char) -> &'static [Glyph] {
    let start = GLYPHS.partition_point(|glyph| glyph.c < c);
    let count = GLYPHS[start..].iter().take_while(|glyph| glyph.c == c).count();
    &GLYPHS[start..start + count]
}

/// All letters of all fonts, except those of ASCII.
#[cfg(test)]
pub fn look_alikes() -> impl Iterator<Item = char> {
    GLYPHS.iter().map(|glyph| glyph.c).filter(|c| !c.is_ascii())
}

/// Whether a font uses it for a letter.
pub fn is_look_alike(c: char) -> bool {
    !c.is_ascii() && !glyphs_of(c).is_empty()
}

/// Replaces each word in a fancy font by plain letters.
pub fn without_fonts(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(is_look_alike) {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = is_letter(first);
        let (run, after) = rest.split_at(rest.find(|c| is_letter(c) != is_word).unwrap_or(rest.len()));
        match plain_word(run) {
            Some(word) if !is_too_short(&plain, &word, after) => plain.push_str(&word),
            _ => plain.push_str(run),
        }
        rest = after;
    }
    plain.into()
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && (c.is_alphabetic() || unstyled(c).is_none() || is_look_alike(c)))
}

/// The plain letters of a word in a fancy font; `None` if it isn't one.
fn plain_word(word: &str) -> Option<String> {
    let letters = || word.chars().filter(|c| unstyled(*c).is_some());
    let drawn = || letters().filter(|c| is_look_alike(*c));
    let fonts_of = |c: char| glyphs_of(c).iter().fold(0, |fonts, glyph| fonts | glyph.font);
    // Most words have a letter that no font has.
    let common = letters().try_fold(u32::MAX, |common, c| Some(common & fonts_of(c)).filter(|fonts| *fonts != 0))?;
    // A single one is a sign, as in "ⓘ".
    if drawn().take(2).count() < 2 || is_word_of_living_script(drawn()) {
        return None;
    }
    let font = 1_u32.checked_shl(common.trailing_zeros())?;
    let read = |c: char| glyphs_of(c).iter().find(|glyph| glyph.font == font).map(|glyph| glyph.letter);
    letters().map(read).collect()
}

fn is_word_of_living_script(mut letters: impl Iterator<Item = char>) -> bool {
    let first = letters.next().map(|c| c.script());
    first.is_some_and(|script| LIVING.contains(&script)) && letters.all(|c| Some(c.script()) == first)
}

/// Whether this word between these texts would be a name too short for its host.
fn is_too_short(before: &str, word: &str, after: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
    let (tail, host) = after.split_at(after.find(|c| !is_part(c)).unwrap_or(after.len()));
    let Some(host) = host.strip_prefix('@') else { return false };
    let host = &host[..host.find(|c| !is_letter(c)).unwrap_or(host.len())];
    let host = plain_word(host).unwrap_or_else(|| host.chars().filter_map(unstyled).collect());
    let head = before.chars().rev().take_while(|c| is_part(*c));
    let name: String = head.chain(word.chars()).chain(tail.chars()).collect();
    Names::at(&format!("{host}.com")).is_some_and(|names| names.are_longer_than(&name))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn every_font_has_every_letter_and_each_character_once() {
        for font in FONTS {
            assert_eq!(font.split(' ').count(), 26, "{font}");
            let mut characters: Vec<char> = font.chars().filter(|c| *c != ' ').collect();
            characters.sort_unstable();
            assert!(characters.is_sorted_by(|a, b| a < b), "{font}");
        }
    }

    #[test]
    fn the_alphabet_in_every_font_is_read() {
        for font in FONTS {
            let alphabet: String = font.split(' ').filter_map(|letters| letters.chars().last()).collect();
            assert_eq!(without_fonts(&alphabet), "abcdefghijklmnopqrstuvwxyz");
        }
    }

    #[rstest]
    #[case("🄼🄸🄻🄰 ᗰIᒪᗩ99@ мιℓα.кαт@", "mila mila99@ mila.kat@")]
    #[case("🅼\u{fe0f}🅸\u{fe0f}", "mi")]
    // A letter of another font, a letter of no font, a single letter.
    #[case("mιℓα ᗰila ⓜⓘla ⓘ Ⓜ\u{fe0f} 🄼🅸", "mιℓα ᗰila ⓜⓘla ⓘ Ⓜ\u{fe0f} 🄼🅸")]
    // Ordinary words.
    #[case("ανα мкт 千山 りん ภย", "ανα мкт 千山 りん ภย")]
    // Shorter than the host's names.
    #[case("ⓜⓘⓛⓐ@gmail.com ⓜⓘⓛⓐ@doe.com ⓜⓘⓛⓐ.ⓜⓘ@gmail.com", "ⓜⓘⓛⓐ@gmail.com mila@doe.com mila.mi@gmail.com")]
    fn a_word_is_read_where_one_font_has_all_of_it(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(without_fonts(text), plain);
    }
}
