//! Decides whether a person would read the text after an at sign as the domain of a disguised
//! address.

use super::domain::{MAX_LABELS, begins_sentence, domain_in, has_suffix, may_end_domain, suffix_length};
use super::fold::ENVELOPE;
use super::hosts::{is_mail_host, is_unsure_mail_host};
use super::token::{Kind, Tie, Token};
use super::words::{ASKING_WORDS, ORDINARY_SUFFIXES, TITLE_BEGINNINGS, has_letters, is_mail_word};

/// A sign or word that announces an address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// "📧", or "Email:".
    Sign,
    /// "Email", which can also be a word of the sentence.
    Word,
}

impl Announcement {
    /// The announcement at the end of the tokens, apart from spaces and hyphens.
    pub fn at_end_of(tokens: &[Token]) -> Option<Self> {
        let last = tokens.iter().rev().take(4).find(|token| !matches!(token.pieces, [" " | "-"]))?;
        if last.pieces[0].starts_with(ENVELOPE) {
            return Some(Self::Sign);
        }
        let is_word = |word: &str| is_mail_word(word) || ASKING_WORDS.has(&word.to_lowercase());
        last.text().is_some_and(is_word).then_some(Self::Word)
    }
}

pub struct DisguisedDomain {
    pub name: String,
    pub ties: Vec<Tie>,
    pub end: usize,
    /// Whether it ends its sentence.
    stands_last: bool,
}

impl DisguisedDomain {
    pub fn after(tokens: &[Token], at: usize) -> Option<Self> {
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

    pub fn has(&self, ties: &[Tie]) -> bool {
        self.ties.iter().any(|tie| ties.contains(tie))
    }

    pub fn has_only(&self, ties: &[Tie]) -> bool {
        self.ties.iter().all(|tie| ties.contains(tie))
    }

    pub fn is_spelled_out(&self) -> bool {
        self.has(&[Tie::Word, Tie::QuietWord])
    }

    /// Whether the domain can follow this at sign: "doors @ 7.pm" is a time.
    pub fn can_follow(&self, at: Tie) -> bool {
        let is_number = || self.name.split('.').next().is_some_and(|first| first.bytes().all(|b| b.is_ascii_digit()));
        matches!(at, Tie::Plain | Tie::Bracketed | Tie::Sounded) || !is_number() || is_mail_host(&self.name)
    }

    /// Whether a person would read it as a domain after this at sign and this local part.
    ///
    /// | At sign         | at a mail host                       | at any other domain                           |
    /// |-----------------|--------------------------------------|-----------------------------------------------|
    /// | plain           | always                               | no dot is spaced                              |
    /// | in brackets     | always                               | no dot is half-spaced                         |
    /// | "(et)"          | always                               | never                                         |
    /// | "arroba"        | always                               | dots are spelled out, or it is announced      |
    /// | spaced, "AT"    | if the host is sure                  | dots are spaced or spelled out and it isn't a |
    /// |                 |                                      | sentence, or it is announced                  |
    /// | half-spaced     | if the host is sure                  | it is announced                               |
    /// | like a handle's | if the host is sure                  | never                                         |
    /// | "at"            | if the host is sure, and no dot is   | it is announced by a sign                     |
    /// |                 | plain unless the name before isn't a |                                               |
    /// |                 | word or is announced                 |                                               |
    ///
    /// "Engineer @ yahoo.com" is about a job at Yahoo, "name at yahoo dot com" is a mailbox. A mail
    /// host whose name also means something else is sure if its dots are spelled out, the local
    /// part looks like a mailbox's name, or the address is announced.
    pub fn is_believed(&self, at: Tie, announcement: Option<Announcement>, local: &str) -> bool {
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
                let is_clear = !self.has(&[Tie::Plain]) || looks_like_mailbox(local) || announcement.is_some();
                (is_sure() && is_clear) || (is_announced && announcement == Some(Announcement::Sign))
            }
        }
    }

    /// Whether its dots can't be separators or words of a sentence, as they are in "student @ mit .
    /// in my era" and "meet @ meeting point in Paris".
    fn is_no_sentence(&self) -> bool {
        let is_clear = || has_suffix(&self.name, ORDINARY_SUFFIXES) && (self.stands_last || !self.has(&[Tie::Spaced]));
        !self.has(&[Tie::Plain, Tie::HalfSpaced]) && (!self.has(&[Tie::Spaced, Tie::QuietWord]) || is_clear())
    }
}

/// Whether the next token is a sign, or the text ends.
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

/// Whether it is probably not a word for a person's work: "jane.doe" and "jane88", but not
/// "co-founder" or "2024".
fn looks_like_mailbox(local: &str) -> bool {
    let is_title = || local.split_once('-').is_some_and(|(first, _)| TITLE_BEGINNINGS.has(first));
    let is_year = || local.len() < 5 && local.chars().all(|c| c.is_ascii_digit());
    (local.contains(['.', '_', '-']) && !is_title()) || (local.contains(|c: char| c.is_ascii_digit()) && !is_year())
}
