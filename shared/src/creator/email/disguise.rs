//! Disguises: "name (at) gmail . com" is written as "name@gmail.com".
//!
//! A disguise is believed
//! - when the at sign is in brackets: "name (at) cafe.com";
//! - when the at sign is plain and the dots are in brackets or spelled out: "name@cafe dot com";
//! - when all of them are spaced, in brackets or spelled out, an "AT" in capitals: "name @ cafe .
//!   com"; as a spaced dot separates too, only under an ordinary suffix and with nothing after it
//!   in the sentence;
//! - when the domain is a known mail host's: "name @ gmail.com"; if that means something else too,
//!   only a name that looks like a mailbox's: "name88 @ yahoo.com";
//! - when a word or sign for mail stands before it: "Email: name @ cafe.com".
//!
//! "Meet @ cafe.com", "lunch at cafe dot com" and "engineer @ yahoo.com" aren't addresses.

use super::belief::{Announcement, DisguisedDomain};
use super::domain::MAX_LABELS;
use super::fold::{BREAK, GLUE};
use super::hosts::Names;
use super::languages::is_number_word;
use super::token::{Kind, Tie, Token, pieces, tokens};
use super::words::{BUSINESS_PARTS, CONTACT_PARTS, LEADS, NO_NAMES, has_letters, is_mail_word};

/// The folded text with its disguised addresses written plainly.
pub fn plainly(folded: &str) -> String {
    let pieces = pieces(folded);
    let tokens = tokens(&pieces);
    let mut plain = String::with_capacity(folded.len());
    // The place of each token in the new text.
    let mut starts = Vec::with_capacity(tokens.len());
    // Before it, everything is used.
    let mut free = 0;
    let mut in_domain = false;
    let mut next = 0;
    while let Some(token) = tokens.get(next) {
        if let Kind::At(tie) = token.kind
            && let Some(disguised) = Disguised::around(&tokens, free, next, tie)
        {
            plain.truncate(starts[disguised.start]);
            plain.push(BREAK);
            plain.push_str(&disguised.address);
            plain.push(BREAK);
            starts.resize(disguised.end, plain.len());
            (free, next, in_domain) = (disguised.end, disguised.end, false);
            continue;
        }
        starts.push(plain.len());
        next += 1;
        in_domain = match token.kind {
            Kind::At(tie) => tie == Tie::Plain,
            Kind::Other => false,
            Kind::Text | Kind::Joint(..) => in_domain,
        };
        let is_full_stop =
            in_domain && matches!(token.kind, Kind::Joint('.', Tie::Plain)) && is_sentence(&tokens[next..]);
        // linkify gives up at both.
        let is_break = |c: char| is_full_stop || c == '_';
        for piece in token.pieces {
            if in_domain {
                plain.extend(piece.chars().map(|c| if is_break(c) { BREAK } else { c }));
            } else {
                plain.push_str(piece);
            }
        }
    }
    plain
}

/// Whether what follows a dot can't be a domain's: "name@gmail.com.I post daily",
/// "name@gmail.com.2nd account".
fn is_sentence(tokens: &[Token]) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || !c.is_ascii();
    let goes_on = tokens.get(1).is_some_and(|next| matches!(next.kind, Kind::Joint('.', Tie::Plain)));
    let next = tokens.first().and_then(Token::text);
    !goes_on && next.is_some_and(|text| text.chars().take_while(|c| is_letter(*c)).take(2).count() < 2)
}

/// A disguised address, and the tokens that it is made of.
struct Disguised {
    address: String,
    start: usize,
    end: usize,
}

impl Disguised {
    /// The address around this at sign, if there is one and it isn't plain already.
    fn around(tokens: &[Token], free: usize, at: usize, tie: Tie) -> Option<Self> {
        let domain = DisguisedDomain::after(tokens, at)?;
        let local = DisguisedLocal::before(tokens, at, |sign, joint| match joint {
            Tie::Plain | Tie::Bracketed => true,
            // In "polka dot shop@gmail.com" it is a word, in "A plus" too.
            Tie::Word | Tie::QuietWord => domain.is_spelled_out() && sign != '+',
            Tie::Spaced => tie == Tie::Spaced && domain.has_only(&[Tie::Spaced]),
            _ => false,
        })?;
        let before = &tokens[..local.start];
        let is_plain = [tie].iter().chain(&local.ties).chain(&domain.ties).all(|tie| *tie == Tie::Plain);
        let is_address = !is_plain
            && local.start >= free
            && local.can_follow(before, tie)
            && !local.is_rest(before, tie, &domain.name)
            && domain.can_follow(tie)
            && domain.is_believed(tie, Announcement::at_end_of(before), &local.text);
        let address = format!("{}@{}", local.text, domain.name);
        is_address.then_some(Self { address, start: local.start, end: domain.end })
    }
}

struct DisguisedLocal {
    text: String,
    ties: Vec<Tie>,
    start: usize,
}

impl DisguisedLocal {
    /// The text that ends before this at sign, as far as such ties join it.
    fn before(tokens: &[Token], at: usize, is_joined: impl Fn(char, Tie) -> bool) -> Option<Self> {
        let start = at.checked_sub(1)?;
        let mut local = Self { text: tokens.get(start)?.text()?.to_owned(), ties: Vec::new(), start };
        while local.ties.len() < MAX_LABELS {
            let Some([before, joint]) = local.start.checked_sub(2).and_then(|two| tokens.get(two..local.start)) else {
                break;
            };
            let (Some(before), Kind::Joint(sign, tie)) = (before.text(), joint.kind) else { break };
            if !is_joined(sign, tie) {
                break;
            }
            local.text = format!("{before}{sign}{}", local.text);
            local.start -= 2;
            local.ties.push(tie);
        }
        Some(local)
    }

    /// Whether it is a name, and all of it, between these tokens and this at sign.
    fn can_follow(&self, before: &[Token], at: Tie) -> bool {
        let is_word = || NO_NAMES.has(&self.text) || is_number_word(&self.text);
        let is_name = || self.text.chars().nth(1).is_some() && !is_word();
        // "Actor . Model . name @ gmail . com"
        let is_list = self.ties.iter().filter(|tie| **tie == Tie::Spaced).count() > 1;
        !is_list && !is_cut_short(before, at) && (matches!(at, Tie::Plain | Tie::Bracketed | Tie::Sounded) || is_name())
    }

    /// Whether it is probably the rest of a longer name: "jane doe at gmail dot com". If the at
    /// sign is more than a word, it is the rest only if the host gives no names so short.
    fn is_rest(&self, before: &[Token], at: Tie, domain: &str) -> bool {
        let follows_word = match before {
            [.., word, Token { pieces: [" "], .. }] => word.text().is_some_and(is_part_of_name),
            _ => false,
        };
        let is_short = || Names::at(domain).is_some_and(|names| names.are_longer_than(&self.text));
        match at {
            Tie::Plain => false,
            Tie::ClearWord | Tie::Word | Tie::QuietWord => follows_word,
            _ => follows_word && is_short(),
        }
    }
}

/// Whether a name can go on after this word.
fn is_part_of_name(word: &str) -> bool {
    let lower = || word.to_lowercase();
    word.is_ascii()
        && has_letters(word)
        && !LEADS.has(word)
        && !is_mail_word(word)
        && !BUSINESS_PARTS.are_in(&lower())
        && !CONTACT_PARTS.are_in(&lower())
}

/// Whether a local part that begins after these tokens could begin before: "riya . kapoor @
/// gmail.com".
fn is_cut_short(before: &[Token], at: Tie) -> bool {
    match before {
        [.., Token { pieces: [piece], .. }] if piece.starts_with(GLUE) => true,
        // "@name@mastodon.social" is a handle, "jane..doe" a slip of the pen.
        [.., Token { kind: Kind::At(_) | Kind::Joint(_, Tie::Plain), .. }] => true,
        _ if at == Tie::Plain => false,
        // "Fashion. riya (at) gmail.com": the end of a sentence.
        [.., Token { kind: Kind::Joint('.', Tie::HalfSpaced), .. }] if at == Tie::Bracketed => false,
        [.., before, Token { kind: Kind::Joint(..), .. }] => before.text().is_some(),
        [.., before, Token { pieces: [" "], .. }] => before.text().is_some_and(|text| text.ends_with('_')),
        _ => false,
    }
}
