//! Disguises: "name (at) gmail . com" is written as "name@gmail.com".
//!
//! A disguise is believed
//! - when the at sign is in brackets: "name (at) cafe.com";
//! - when the at sign is plain and the dots are in brackets or spelled out: "name@cafe dot com";
//! - when all of them are spaced, in brackets or spelled out, an "AT" in capitals: "name @ cafe . com"; as a spaced dot
//!   separates too, only under an ordinary suffix and with nothing after it in the sentence;
//! - when the domain is a known mail host's: "name @ gmail.com"; if that means something else too, only a name that
//!   looks like a mailbox's: "name88 @ yahoo.com";
//! - when a word or sign for mail stands before it: "Email: name @ cafe.com".
//!
//! "Meet @ cafe.com", "lunch at cafe dot com" and "engineer @ yahoo.com" are no addresses.

use super::domain::{MAX_LABELS, begins_sentence, domain_in, has_suffix, may_end_domain, suffix_length};
use super::fold::{BREAK, ENVELOPE, GLUE};
use super::hosts::{Names, is_mail_host, is_unsure_mail_host};
use super::languages::is_number_word;
use super::token::{Kind, Tie, Token, pieces, tokens};
use super::words::{
    ASKING_WORDS, BUSINESS_PARTS, CONTACT_PARTS, LEADS, NO_NAMES, ORDINARY_SUFFIXES, TITLE_BEGINNINGS, has_part,
    is_mail_word, is_one_of,
};

/// The folded text with its disguised addresses written plainly.
pub fn plainly(folded: &str) -> String {
    let pieces = pieces(folded);
    let tokens = tokens(&pieces);
    let mut plain = String::with_capacity(folded.len());
    // Where each token begins in the new text.
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

/// Whether what follows a dot can't be a domain's: "name@gmail.com.I post daily", "name@gmail.com.2nd account".
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
    /// What ends before this at sign, joined by such ties.
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
        let is_word = || is_one_of(&self.text, NO_NAMES) || is_number_word(&self.text);
        let is_name = || self.text.chars().nth(1).is_some() && !is_word();
        // "Actor . Model . name @ gmail . com"
        let is_list = self.ties.iter().filter(|tie| **tie == Tie::Spaced).count() > 1;
        !is_list && !is_cut_short(before, at) && (matches!(at, Tie::Plain | Tie::Bracketed | Tie::Sounded) || is_name())
    }

    /// Whether it is rather the rest of a name that begins before: "jane doe at gmail dot com". Where the at sign is more
    /// than a word, only if nobody has such a short name there.
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
        && !is_one_of(word, LEADS)
        && !is_mail_word(word)
        && !has_part(&lower(), BUSINESS_PARTS)
        && !has_part(&lower(), CONTACT_PARTS)
}

/// Whether a local part that begins after these tokens could begin before: "riya . kapoor @ gmail.com".
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

/// Whether it is hardly a word for what a person does: "jane.doe", "jane88", but not "co-founder" or "2024".
fn looks_like_mailbox(local: &str) -> bool {
    let is_title = || local.split_once('-').is_some_and(|(first, _)| is_one_of(first, TITLE_BEGINNINGS));
    let is_year = || local.len() < 5 && local.chars().all(|c| c.is_ascii_digit());
    (local.contains(['.', '_', '-']) && !is_title()) || (local.contains(|c: char| c.is_ascii_digit()) && !is_year())
}

/// What says that an address follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Announcement {
    /// "📧", or "Email:".
    Sign,
    /// "Email", which can belong to a sentence.
    Word,
}

impl Announcement {
    /// The one that stands last, but for spaces and hyphens.
    fn at_end_of(tokens: &[Token]) -> Option<Self> {
        let last = tokens.iter().rev().take(4).find(|token| !matches!(token.pieces, [" " | "-"]))?;
        if last.pieces[0].starts_with(ENVELOPE) {
            return Some(Self::Sign);
        }
        let is_word = |word: &str| is_mail_word(word) || is_one_of(&word.to_lowercase(), ASKING_WORDS);
        last.text().is_some_and(is_word).then_some(Self::Word)
    }
}

struct DisguisedDomain {
    name: String,
    ties: Vec<Tie>,
    end: usize,
    /// Whether nothing follows it in its sentence.
    stands_last: bool,
}

impl DisguisedDomain {
    fn after(tokens: &[Token], at: usize) -> Option<Self> {
        let mut text = tokens.get(at + 1)?.text()?.to_owned();
        let mut ties = Vec::new();
        let mut end = at + 2;
        let mut last = text.clone();
        while ties.len() < MAX_LABELS
            && let Some([joint, label]) = tokens.get(end..end + 2)
            && let (Kind::Joint(sign @ ('.' | '-'), tie), Some(label)) = (joint.kind, label.text())
        {
            let longer = format!("{text}{sign}{label}");
            let goes_on = match tie {
                Tie::Plain | Tie::Bracketed => true,
                _ if begins_sentence(&last, label) && !may_end_domain(&text, label) => false,
                _ if domain_in(&text).is_none() => true,
                // "name @ shop . co . uk"
                _ => ties.last() == Some(&tie) && suffix_length(&longer) > suffix_length(&text),
            };
            if !goes_on {
                break;
            }
            (text, last, end) = (longer, label.to_owned(), end + 2);
            ties.push(tie);
        }
        if tokens.get(end).is_some_and(|next| matches!(next.kind, Kind::At(Tie::Plain))) {
            return None;
        }
        let name = domain_in(&text)?;
        ties.truncate(name.matches(['.', '-']).count());
        let stands_last = name == text.to_lowercase() && ends_sentence(&tokens[end..]);
        Some(Self { name, ties, end, stands_last })
    }

    fn has(&self, ties: &[Tie]) -> bool {
        self.ties.iter().any(|tie| ties.contains(tie))
    }

    fn has_only(&self, ties: &[Tie]) -> bool {
        self.ties.iter().all(|tie| ties.contains(tie))
    }

    fn is_spelled_out(&self) -> bool {
        self.has(&[Tie::Word, Tie::QuietWord])
    }

    /// Whether it is no time: "doors @ 7.pm".
    fn can_follow(&self, at: Tie) -> bool {
        let is_number = || self.name.split('.').next().is_some_and(|first| first.bytes().all(|b| b.is_ascii_digit()));
        matches!(at, Tie::Plain | Tie::Bracketed | Tie::Sounded) || !is_number() || is_mail_host(&self.name)
    }

    /// Whether a person would take it for one, with this at sign and this local part before it.
    ///
    /// | At sign       | at a mail host                   | at any other domain                                   |
    /// |---------------|----------------------------------|-------------------------------------------------------|
    /// | plain         | always                           | no dot spaced                                         |
    /// | in brackets   | always                           | no dot half-spaced                                    |
    /// | "(et)"        | always                           | never                                                 |
    /// | "arroba"      | always                           | dots spelled out; announced                           |
    /// | spaced, "AT"  | if it is sure                    | dots spaced or spelled out and no sentence; announced |
    /// | half-spaced   | if it is sure                    | announced                                             |
    /// | as a handle's | if it is sure                    | never                                                 |
    /// | "at"          | if it is sure, with no dot plain | announced by a sign                                   |
    ///
    /// "Engineer @ yahoo.com" has a job there, "name at yahoo dot com" a mailbox: a mail host that means something else
    /// is sure with its dots spelled out, a name like a mailbox's or an announcement.
    fn is_believed(&self, at: Tie, announcement: Option<Announcement>, local: &str) -> bool {
        let is_mail_host = is_mail_host(&self.name);
        let is_spelled_out = self.has_only(&[Tie::Bracketed, Tie::Word, Tie::QuietWord]);
        let is_sure = || {
            let is_meant = is_spelled_out || announcement.is_some() || looks_like_mailbox(local);
            is_mail_host && (is_meant || !is_unsure_mail_host(&self.name))
        };
        let is_announced = announcement.is_some() && !self.has(&[Tie::HalfSpaced]);
        match at {
            Tie::Plain => is_mail_host || !self.has(&[Tie::Spaced, Tie::HalfSpaced]),
            Tie::Bracketed => is_mail_host || !self.has(&[Tie::HalfSpaced]),
            Tie::ClearWord => is_mail_host || is_spelled_out || is_announced,
            Tie::Spaced | Tie::Word => is_sure() || is_announced || self.is_no_sentence(),
            Tie::HalfSpaced => is_sure() || is_announced,
            Tie::Handle => is_sure(),
            Tie::Sounded => is_mail_host,
            Tie::QuietWord => {
                (is_sure() && !self.has(&[Tie::Plain])) || (is_announced && announcement == Some(Announcement::Sign))
            }
        }
    }

    /// Whether its dots can't be separators or words: "student @ mit . in my era", "meet @ meeting point in Paris".
    fn is_no_sentence(&self) -> bool {
        let is_clear = || has_suffix(&self.name, ORDINARY_SUFFIXES) && (self.stands_last || !self.has(&[Tie::Spaced]));
        !self.has(&[Tie::Plain, Tie::HalfSpaced]) && (!self.has(&[Tie::Spaced, Tie::QuietWord]) || is_clear())
    }
}

/// Whether nothing but a sign, or the text's end, comes next.
fn ends_sentence(tokens: &[Token]) -> bool {
    let is_sign = |token: &Token| match token.kind {
        Kind::Text => !token.text().is_some_and(has_letters),
        Kind::Joint('.', Tie::Plain | Tie::Spaced | Tie::HalfSpaced) => true,
        Kind::Joint(..) | Kind::At(_) => false,
        Kind::Other => true,
    };
    match tokens {
        [Token { pieces: [" "], .. }, next, ..] => is_sign(next),
        [next, ..] => is_sign(next),
        [] => true,
    }
}

fn has_letters(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}
