//! Tokens: the words of a folded text, and the signs between the parts of addresses, in all their
//! spellings.

use super::chars::is_atom;
use super::languages::{Meaning, Sign};
use super::phrases::sign_in;

/// Words and single characters that belong together.
#[derive(Clone, Copy)]
pub struct Token<'a> {
    pub kind: Kind,
    pub pieces: &'a [&'a str],
}

#[derive(Clone, Copy)]
pub enum Kind {
    Text,
    At(Tie),
    /// A dot, hyphen, underscore or plus.
    Joint(char, Tie),
    Other,
}

/// The way in which a sign connects the texts on both of its sides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// The sign itself, without spaces.
    Plain,
    /// In brackets.
    Bracketed,
    /// In brackets, as a word that often isn't meant as the sign.
    Sounded,
    /// The sign itself between spaces.
    Spaced,
    /// The sign itself with a space on one side, like a dot at the end of a sentence.
    HalfSpaced,
    /// An at sign with a space only before it, like a handle's.
    Handle,
    /// Spelled out, as a word with no other meaning.
    ClearWord,
    /// Spelled out in capitals, unlike the text around it.
    Word,
    /// Spelled out like the text around it, so it may be part of a sentence.
    QuietWord,
}

impl<'a> Token<'a> {
    /// The word; `None` if it is a sign.
    pub fn text(&self) -> Option<&'a str> {
        match (self.kind, self.pieces) {
            (Kind::Text, [text]) => Some(text),
            _ => None,
        }
    }
}

/// Splits a text into words and the single characters between them.
pub fn pieces(folded: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = folded;
    while let Some(first) = rest.chars().next() {
        let length = if is_atom(first) { rest.find(|c| !is_atom(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (piece, tail) = rest.split_at(length);
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

pub fn tokens<'a>(pieces: &'a [&'a str]) -> Vec<Token<'a>> {
    let mut tokens = Vec::with_capacity(pieces.len());
    let mut place = 0;
    while place < pieces.len() {
        if let Some(dot) = bracketed_suffix_at(pieces, place) {
            tokens.push(Token { kind: Kind::Joint('.', Tie::Bracketed), pieces: &pieces[place..dot] });
            tokens.push(Token { kind: Kind::Text, pieces: &pieces[dot..=dot] });
            place = dot + 2;
            continue;
        }
        let is_text = pieces[place].starts_with(is_atom);
        let other = || (place + 1, if is_text { Kind::Text } else { Kind::Other });
        let (end, kind) = sign_at(pieces, place).unwrap_or_else(other);
        tokens.push(Token { kind, pieces: &pieces[place..end] });
        place = end;
    }
    tokens
}

/// The word of a bracket with a dot and a word, such as "[.com]", that begins here.
fn bracketed_suffix_at(pieces: &[&str], start: usize) -> Option<usize> {
    let [before, "(", ".", word, ")", ..] = pieces.get(start.checked_sub(1)?..)? else { return None };
    (before.ends_with(is_atom) && word.starts_with(is_atom)).then_some(start + 2)
}

/// The at sign or joint that begins here, with its spaces and brackets, and its end.
fn sign_at(pieces: &[&str], start: usize) -> Option<(usize, Kind)> {
    let is = |place: usize, piece: &str| pieces.get(place) == Some(&piece);
    let space = |place: usize| usize::from(is(place, " "));
    let mut place = start + space(start);
    let space_before = place > start;
    let bracketed = is(place, "(");
    // A word without spaces or brackets isn't a sign; only "@" and "." need nothing around them.
    if !space_before && !bracketed && !is(place, "@") && !is(place, ".") {
        return None;
    }
    if bracketed {
        place += 1;
        place += space(place);
    }
    let word = *pieces.get(place)?;
    let (length, sign) = match word {
        "@" => (1, Sign::At(Meaning::Usual)),
        "." => (1, Sign::Joint('.')),
        _ => sign_in(&pieces[place..])?,
    };
    place += length;
    if bracketed {
        place += space(place);
        if !is(place, ")") {
            return None;
        }
        place += 1;
    }
    let space_after = space(place) == 1;
    let before = || start.checked_sub(1).and_then(|before| pieces.get(before));
    let tie = match (word, space_before, space_after) {
        _ if bracketed && sign == Sign::At(Meaning::Sounded) => Tie::Sounded,
        _ if bracketed => Tie::Bracketed,
        ("@" | ".", false, false) => Tie::Plain,
        ("@" | ".", true, true) => Tie::Spaced,
        ("@", true, false) => Tie::Handle,
        ("@" | ".", ..) => Tie::HalfSpaced,
        (_, true, true) => tie_of_word(sign, stands_out(word, before()?))?,
        _ => return None,
    };
    let kind = match sign {
        Sign::At(_) => Kind::At(tie),
        Sign::Joint(joint) => Kind::Joint(joint, tie),
    };
    Some((place + usize::from(space_after), kind))
}

fn tie_of_word(sign: Sign, stands_out: bool) -> Option<Tie> {
    match sign {
        Sign::At(Meaning::Bracketed | Meaning::Sounded) => None,
        Sign::At(Meaning::Clear) => Some(Tie::ClearWord),
        _ if stands_out => Some(Tie::Word),
        _ => Some(Tie::QuietWord),
    }
}

/// Whether it is in capitals, and the text before it isn't.
fn stands_out(word: &str, before: &str) -> bool {
    word.chars().all(char::is_uppercase) && before.contains(char::is_lowercase)
}
