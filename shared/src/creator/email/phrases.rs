//! Finds words and phrases for signs in a text.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::chars::is_atom;
use super::languages::{self, Meaning, Sign};

/// The rest of a phrase after its first word, and the phrase's meaning.
struct Phrase {
    rest: Vec<&'static str>,
    sign: Sign,
}

/// Phrases by their first word, the longest first.
static PHRASES: LazyLock<HashMap<&str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&str, Vec<Phrase>> = HashMap::new();
    for (phrase, sign) in languages::phrases() {
        let mut words = phrase.split(' ');
        let first = words.next().unwrap_or_default();
        phrases.entry(first).or_default().push(Phrase { rest: words.collect(), sign });
    }
    for found in phrases.values_mut() {
        found.sort_by_key(|phrase| Reverse(phrase.rest.len()));
    }
    phrases
});

/// The first words of phrases that mean the at sign without brackets, by first byte in lower and
/// upper case.
static AT_WORDS: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    let is_at = |sign| matches!(sign, Sign::At(Meaning::Usual | Meaning::Clear));
    let phrases = languages::phrases().filter(|(_, sign)| is_at(*sign));
    let mut words = vec![Vec::new(); 256];
    for word in phrases.filter_map(|(phrase, _)| phrase.split(' ').next()) {
        let firsts: BTreeSet<_> =
            [word.to_owned(), word.to_uppercase()].iter().filter_map(|word| word.bytes().next()).collect();
        for first in firsts {
            words[usize::from(first)].push(word);
        }
    }
    words
});

/// Whether a word for the at sign can begin with this byte.
pub fn can_begin_at_word(first: u8) -> bool {
    !AT_WORDS[usize::from(first)].is_empty()
}

/// The rest of a text that begins with a word for the at sign and a space.
pub fn after_at_word(text: &str) -> Option<&str> {
    let first = text.bytes().next()?;
    AT_WORDS[usize::from(first)].iter().find_map(|at| {
        let (word, rest) = text.split_at_checked(at.len())?;
        let rest = rest.strip_prefix(char::is_whitespace)?;
        let is_word = at.eq_ignore_ascii_case(word) || (!at.is_ascii() && word.to_lowercase() == *at);
        is_word.then_some(rest)
    })
}

/// The lengths in bytes of phrases' first words, one bit for each, by first byte. Most words need
/// no search because of it.
static LENGTHS: LazyLock<[u64; 256]> = LazyLock::new(|| {
    let mut lengths = [0; 256];
    for word in PHRASES.keys() {
        if let Some(first) = word.bytes().next() {
            lengths[usize::from(first)] |= bit(word.len());
        }
    }
    lengths
});

fn bit(length: usize) -> u64 {
    u32::try_from(length).ok().and_then(|length| 1_u64.checked_shl(length)).unwrap_or_default()
}

fn can_be_first(word: &str) -> bool {
    let first = word.bytes().next().unwrap_or_default().to_ascii_lowercase();
    // In other alphabets, a capital may have another length in bytes.
    if word.is_ascii() { LENGTHS[usize::from(first)] & bit(word.len()) != 0 } else { bit(word.len()) != 0 }
}

/// In a phrase, and in the text before one.
const MAX_WORDS: usize = 5;

/// The number of pieces and the meaning of the phrase at the beginning of these pieces. Its words
/// are single pieces with one space between them.
pub fn sign_in(pieces: &[&str]) -> Option<(usize, Sign)> {
    let first = pieces.first()?;
    if !can_be_first(first) {
        return None;
    }
    let follows = |rest: &[&str]| {
        let following = pieces.get(1..=rest.len() * 2)?;
        let is_next = |(pair, word): (&[&str], &&str)| pair[0] == " " && pair[1].to_lowercase() == **word;
        following.chunks(2).zip(rest).all(is_next).then_some(rest.len() * 2 + 1)
    };
    let phrases = PHRASES.get(first.to_lowercase().as_str())?;
    phrases.iter().find_map(|phrase| follows(&phrase.rest).map(|length| (length, phrase.sign)))
}

/// Whether a text ends with words for an underscore and a space, so that the name continues: "jane
/// underscore".
pub fn ends_in_underscore(text: &str) -> bool {
    let Some(text) = text.strip_suffix(' ') else { return false };
    let start = text.rfind(|c: char| !is_atom(c) && c != ' ').map_or(0, |end| end + 1);
    let words = text[start..].rsplit(' ').take(MAX_WORDS);
    let mut pieces: Vec<&str> = words.flat_map(|word| [word, " "]).collect();
    pieces.pop();
    pieces.reverse();
    (0..pieces.len()).step_by(2).any(|first| {
        let phrase = &pieces[first..];
        first > 0 && sign_in(phrase) == Some((phrase.len(), Sign::Joint('_')))
    })
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::super::token::pieces;
    use super::*;

    #[test]
    fn every_phrase_means_what_its_row_says_and_nothing_else() {
        for (phrase, sign) in languages::phrases() {
            let folded = fold(phrase);
            let pieces = pieces(&folded);
            assert_eq!(sign_in(&pieces), Some((pieces.len(), sign)), "{phrase}");
        }
    }

    #[test]
    fn a_name_continues_after_words_for_an_underscore() {
        for (text, goes_on) in [
            ("jane underscore ", true),
            ("jane Guion Bajo ", true),
            ("a, jane tiret du bas ", true),
            ("underscore ", false),
            ("jane underscore", false),
            ("jane dash ", false),
            ("", false),
        ] {
            assert_eq!(ends_in_underscore(text), goes_on, "{text}");
        }
    }
}
