//! Windows: the parts of a long text that can contain an address. The rest of the text costs one
//! look at each byte.

use std::ops::Range;

use super::chars::is_atom;
use super::fold::fold;
use super::hosts::begins_mail_host;
use super::languages::Sign;
use super::phrases::{after_at_word, can_begin_at_word, sign_in};
use super::token::pieces;

/// In bytes, before and after a possible at sign: longer than a label, a name or a domain. A window
/// begins and ends at a space, so no address is cut.
const BEFORE: usize = 160;
const BEHIND: usize = 96;
/// In bytes; no at sign in brackets is longer.
const MAX_BRACKET_LENGTH: usize = 48;

/// The parts of a text that can contain an address, in order.
pub fn windows(text: &str) -> impl Iterator<Item = &str> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let next_bytes = text.bytes().skip(1).chain([b'\n']);
    let places = text.bytes().zip(next_bytes).enumerate().filter(|(_, (byte, next))| can_begin_at_sign(*byte, *next));
    for place in places.map(|(place, _)| place) {
        if text.get(place..).is_some_and(begins_with_at_sign) && !is_handle(text, place) {
            widen(&mut ranges, text, place);
        }
    }
    ranges.into_iter().filter_map(|range| text.get(range))
}

/// Adds the text around this place to the last window, or as a new window.
fn widen(ranges: &mut Vec<Range<usize>>, text: &str, place: usize) {
    let is_blank = |c: char| c.is_ascii_whitespace();
    let end = text.ceil_char_boundary((place + BEHIND).min(text.len()));
    let end_of_window = || text[end..].find(is_blank).map_or(text.len(), |length| end + length);
    let start = text.floor_char_boundary(place.saturating_sub(BEFORE));
    match ranges.last_mut() {
        Some(last) if end <= last.end => {}
        Some(last) if start <= last.end => last.end = end_of_window(),
        _ => ranges.push(text[..start].rfind(is_blank).unwrap_or(0)..end_of_window()),
    }
}

/// Whether it is the at sign of a handle or a link: a space or a slash is before it, and no mail
/// host is after it.
fn is_handle(text: &str, place: usize) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let Some(rest) = text[place..].strip_prefix('@') else { return false };
    let (run, rest) = rest.split_at(rest.find(|c| !is_letter(c)).unwrap_or(rest.len()));
    let label = run.split('.').next().unwrap_or(run);
    let stands_apart = text[..place].ends_with([' ', '\n', '/']);
    let is_whole = rest.is_empty() || rest.starts_with([' ', '\n', '|', ',']);
    stands_apart && is_whole && label.len() > 1 && !begins_mail_host(label)
}

/// Whether a possible at sign begins with these bytes: the sign itself, a bracket, a space before a
/// word, or the first byte of a character outside ASCII.
fn can_begin_at_sign(byte: u8, next: u8) -> bool {
    match byte {
        // Most characters of any text.
        b'a'..=b'z' => false,
        b'@' | b'(' | b'[' | b'{' | b'<' | 0xC2 | 0xE1 | 0xE2 | 0xE3 | 0xEF | 0xF0 => true,
        b' ' | b'\t' => can_begin_at_word(next),
        _ => false,
    }
}

/// Whether an at sign in any spelling can begin here.
fn begins_with_at_sign(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let rest = &text[first.len_utf8()..];
    match first {
        '@' | '＠' | '﹫' => true,
        '(' | '[' | '{' | '<' | '【' | '〔' | '（' | '［' | '｛' | '＜' => begins_with_bracketed_at_sign(rest),
        // Full width, small capitals, mathematical alphabets, enclosed letters.
        '！'..='～' | 'ᴀ'..='ᴢ' | '\u{1D400}'..='\u{1D7FF}' | '⒜'..='ⓩ' | '\u{1F110}'..='\u{1F189}' => true,
        ' ' => after_at_word(rest).is_some_and(can_be_domain),
        _ => first.is_whitespace() && after_at_word(rest).is_some_and(can_be_domain),
    }
}

/// Whether a dot in any spelling can follow the first word, unlike in "at night, with tea".
fn can_be_domain(text: &str) -> bool {
    let text = text.trim_start();
    let (label, rest) = text.split_at(text.find(|c: char| c.is_ascii() && !is_atom(c)).unwrap_or(text.len()));
    let next = rest.trim_start_matches([' ', '\t']);
    let word = &next[..next.find(|c: char| c.is_ascii() && !is_atom(c)).unwrap_or(next.len())];
    let is_dot = || next.starts_with(['.', '(', '[', '{', '<']) || sign_in(&[word]).is_some();
    !label.is_ascii() || !word.is_ascii() || begins_mail_host(label) || is_dot()
}

fn begins_with_bracketed_at_sign(rest: &str) -> bool {
    let rest = &rest[..rest.floor_char_boundary(MAX_BRACKET_LENGTH)];
    let Some(end) = rest.find([')', ']', '}', '>', '】', '〕', '）', '］', '｝', '＞']) else { return false };
    let folded = fold(rest[..end].trim());
    let pieces = pieces(&folded);
    matches!(sign_in(&pieces), Some((length, Sign::At(_))) if length == pieces.len())
}

#[cfg(test)]
mod tests {
    use super::super::languages;
    use super::*;

    #[test]
    fn an_at_sign_is_recognised_in_every_spelling() {
        let words = languages::phrases().filter(|(_, sign)| matches!(sign, Sign::At(_)));
        let bracketed = words.map(|(word, _)| format!("jane ( {word} )"));
        let others = [
            "jane@",
            "jane＠",
            "jane AT doe.com",
            "jane\u{a0}at doe dot com",
            "jane【At】",
            "jane snabela doe . se",
            "jane 𝗮𝘁 doe",
            "jane at gmail,com",
            "jane at doe(dot)com",
        ];
        for text in bracketed.chain(others.map(str::to_owned)) {
            assert_eq!(windows(&text).collect::<Vec<_>>(), [text.as_str()]);
        }
    }

    #[test]
    fn a_text_without_an_at_sign_has_no_window() {
        for text in [
            "",
            "Jane (business) [x] <b>",
            "attic at",
            "I edit at night, with tea",
            "Photos at dusk",
            "at home",
            "日本 é 🎉",
            "Cat CAR arrob",
            "IG @jane.doe | x.com/@jane, @joe",
        ] {
            assert_eq!(windows(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn windows_end_at_blanks_and_do_not_overlap() {
        let filler = "word ".repeat(100);
        let text = format!("{filler}a@b {filler}c@d\n{filler}");
        let windows: Vec<_> = windows(&text).collect();
        assert_eq!(windows.len(), 2);
        assert!(windows.iter().all(|window| window.len() < 340 && window.ends_with("word")));
    }
}
