//! Tokens: the words of a folded text, and the signs that hold addresses together, however they are written.

use super::fold::is_atom;
use super::words::{AT_WORDS, BRACKETED_AT_WORDS, CLEAR_AT_WORDS, DOT_WORDS, is_one_of};

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
    /// A dot, hyphen or underscore.
    Joint(char, Tie),
    Other,
}

/// How a sign holds together what stands on both of its sides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// The sign itself, nothing around it.
    Plain,
    /// In brackets.
    Bracketed,
    /// The sign itself between spaces.
    Spaced,
    /// The sign itself with a space on one side, as a dot at a sentence's end.
    HalfSpaced,
    /// An at sign after a space only, as before a handle.
    Handle,
    /// Spelled out, in a word that means nothing else.
    ClearWord,
    /// Spelled out, in capitals that stand out.
    Word,
    /// Spelled out in the way of the text around it, as part of a sentence perhaps.
    QuietWord,
}

impl<'a> Token<'a> {
    /// The word that it is, unless it is a sign.
    pub fn text(&self) -> Option<&'a str> {
        match (self.kind, self.pieces) {
            (Kind::Text, [text]) => Some(text),
            _ => None,
        }
    }
}

/// Words, and single characters between them.
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
    while let Some(piece) = pieces.get(place) {
        let other = || (place + 1, if piece.starts_with(is_atom) { Kind::Text } else { Kind::Other });
        let (end, kind) = sign_at(pieces, place).unwrap_or_else(other);
        tokens.push(Token { kind, pieces: &pieces[place..end] });
        place = end;
    }
    tokens
}

/// The at sign or joint that begins here, spaces and brackets included, and where it ends.
fn sign_at(pieces: &[&str], start: usize) -> Option<(usize, Kind)> {
    let is = |place: usize, piece: &str| pieces.get(place) == Some(&piece);
    let space = |place: usize| usize::from(is(place, " "));
    let mut place = start + space(start);
    let space_before = place > start;
    let bracketed = is(place, "(");
    if bracketed {
        place += 1;
        place += space(place);
    }
    let word = *pieces.get(place)?;
    // Longer than all words for signs: not worth a copy.
    if word.len() > 18 {
        return None;
    }
    place += 1;
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
        _ if bracketed => Tie::Bracketed,
        ("@" | ".", false, false) => Tie::Plain,
        ("@" | ".", true, true) => Tie::Spaced,
        ("@", true, false) => Tie::Handle,
        ("@" | ".", ..) => Tie::HalfSpaced,
        (_, true, true) if is_one_of(word, CLEAR_AT_WORDS) => Tie::ClearWord,
        (_, true, true) if stands_out(word, before()?) => Tie::Word,
        (_, true, true) => Tie::QuietWord,
        _ => return None,
    };
    let kind = match word.to_lowercase().as_str() {
        at if is_one_of(at, AT_WORDS) || (bracketed && is_one_of(at, BRACKETED_AT_WORDS)) => Kind::At(tie),
        dot if is_one_of(dot, DOT_WORDS) => Kind::Joint('.', tie),
        "underscore" => Kind::Joint('_', tie),
        "dash" | "hyphen" => Kind::Joint('-', tie),
        _ => return None,
    };
    Some((place + usize::from(space_after), kind))
}

/// Whether it is in capitals, and the text before it isn't.
fn stands_out(word: &str, before: &str) -> bool {
    word.chars().all(char::is_uppercase) && before.contains(char::is_lowercase)
}
