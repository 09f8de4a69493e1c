//! Disguises: "name (at) gmail . com" is written as "name@gmail.com".
//!
//! A disguise is accepted
//! - if the at sign is in brackets: "name (at) cafe.com";
//! - if the at sign is plain, and the dots are in brackets or spelled out: "name@cafe dot com";
//! - if the at sign and the dots are spaced, in brackets or spelled out ("AT" in capitals): "name @
//!   cafe . com"; a spaced dot can also be a separator, so this needs an ordinary suffix at the end
//!   of the sentence;
//! - if the domain is a known mail host's: "name @ gmail.com"; if the host's name also means
//!   something else, the name must look like a mailbox: "name88 @ yahoo.com";
//! - if a word or sign for mail is before it: "Email: name @ cafe.com".
//!
//! "Meet @ cafe.com", "lunch at cafe dot com" and "engineer @ yahoo.com" aren't addresses.

use super::belief::{Announcement, DisguisedDomain};
use super::domain::MAX_LABELS;
use super::fold::{BREAK, GLUE};
use super::hosts::Names;
use super::languages::is_number_word;
use super::token::{Kind, Tie, Token, pieces, tokens};
use super::words::{BUSINESS_PARTS, CONTACT_PARTS, LEADS, NO_NAMES, has_letters, is_mail_word};

/// Rewrites the disguised addresses in a folded text plainly.
pub fn plainly(folded: &str) -> String {
    let pieces = pieces(folded);
    let tokens = tokens(&pieces);
    let mut plain = String::with_capacity(folded.len());
    // The position of each token in the new text.
    let mut starts = Vec::with_capacity(tokens.len());
    // All tokens before this index are used.
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
        // linkify stops at both.
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

/// Whether the text after a dot can't belong to a domain: "name@gmail.com.I post daily",
/// "name@gmail.com.2nd account".
fn is_sentence(tokens: &[Token]) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || !c.is_ascii();
    let goes_on = tokens.get(1).is_some_and(|next| matches!(next.kind, Kind::Joint('.', Tie::Plain)));
    let next = tokens.first().and_then(Token::text);
    !goes_on && next.is_some_and(|text| text.chars().take_while(|c| is_letter(*c)).take(2).count() < 2)
}

/// A disguised address and its tokens.
struct Disguised {
    address: String,
    start: usize,
    end: usize,
}

impl Disguised {
    /// The address around this at sign; `None` if there is none, or if it is plain already.
    fn around(tokens: &[Token], free: usize, at: usize, tie: Tie) -> Option<Self> {
        let domain = DisguisedDomain::after(tokens, at)?;
        let local = DisguisedLocal::before(tokens, at, |sign, joint| match joint {
            Tie::Plain | Tie::Bracketed => true,
            // In "polka dot shop@gmail.com", "dot" is a word; so is "plus" in "A plus".
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
    /// The text that ends before this at sign, connected by the ties that `is_joined` accepts.
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

    /// Whether it is a name, and a complete one, between these tokens and this at sign.
    fn can_follow(&self, before: &[Token], at: Tie) -> bool {
        let is_word = || NO_NAMES.has(&self.text) || is_number_word(&self.text);
        let is_name = || self.text.chars().nth(1).is_some() && !is_word();
        // "Actor . Model . name @ gmail . com"
        let is_list = self.ties.iter().filter(|tie| **tie == Tie::Spaced).count() > 1;
        !is_list && !is_cut_short(before, at) && (matches!(at, Tie::Plain | Tie::Bracketed | Tie::Sounded) || is_name())
    }

    /// Whether it is probably the end of a longer name: "jane doe at gmail dot com". If the at sign
    /// isn't a word, it is the end of one only if the host has no names as short as this one.
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

/// Whether a name can continue after this word.
fn is_part_of_name(word: &str) -> bool {
    let lower = || word.to_lowercase();
    word.is_ascii()
        && has_letters(word)
        && !LEADS.has(word)
        && !is_mail_word(word)
        && !BUSINESS_PARTS.are_in(&lower())
        && !CONTACT_PARTS.are_in(&lower())
}

/// Whether a local part that begins after these tokens may really begin earlier: "riya . kapoor @
/// gmail.com".
fn is_cut_short(before: &[Token], at: Tie) -> bool {
    match before {
        [.., Token { pieces: [piece], .. }] if piece.starts_with(GLUE) => true,
        // "@name@mastodon.social" is a handle, "jane..doe" is a typing error.
        [.., Token { kind: Kind::At(_) | Kind::Joint(_, Tie::Plain), .. }] => true,
        _ if at == Tie::Plain => false,
        // "Fashion. riya (at) gmail.com": the dot ends a sentence.
        [.., Token { kind: Kind::Joint('.', Tie::HalfSpaced), .. }] if at == Tie::Bracketed => false,
        [.., before, Token { kind: Kind::Joint(..), .. }] => before.text().is_some(),
        [.., before, Token { pieces: [" "], .. }] => before.text().is_some_and(|text| text.ends_with('_')),
        _ => false,
    }
}
