//! E-mail addresses in what people write about themselves.
//!
//! A bio is read in four steps. `fold` makes fancy letters plain, emoji and most signs breaks, and leaves out links.
//! `plainly` undoes disguises: "name (at) gmail . com". linkify says where an address begins and ends; `email_in`, what
//! of that a person would read. The result must be valid, its domain under a known public suffix.
//!
//! When in doubt, the shorter reading, and none rather than a wrong one. A disguise is believed
//! - when the at sign is in brackets: "name (at) cafe.com";
//! - when the at sign is plain and the dots are in brackets or spelled out: "name@cafe dot com";
//! - when all of them are spaced, in brackets or spelled out, an "AT" in capitals: "name @ cafe . com";
//! - when the domain is a known mail host's: "name @ gmail.com".
//!
//! "Meet @ cafe.com", "lunch at cafe dot com" and "engineer at yahoo.com" are no addresses.

use email_address::EmailAddress;
use linkify::{LinkFinder, LinkKind};
use psl::{List, Psl, Type};

/// More than a person gives; a longer list is an attack or a mistake.
const MAX_EMAILS: usize = 20;
/// In a domain and in a disguised local part; bounds the work for each at sign.
const MAX_LABELS: usize = 8;
/// In bytes.
const MAX_DOMAIN_LENGTH: usize = 253;

/// What stands for everything that no address goes across: line ends, emoji, most signs.
const BREAK: char = '\n';

/// The words for the at sign and for the dot, in brackets or between spaces.
const AT_WORDS: &str = "@ at arroba arobase ät æt собака 골뱅이 アット";
const DOT_WORDS: &str = ". dot punto ponto point punkt nokta точка 닷 점 ドット";

/// Words before a spaced at sign that belong to the sentence: "mail me @ gmail.com".
const NO_NAMES: &str = "\
    and by correo dm e-mail email follow from gmail here is mail me my on or our tag the to us via with";

/// Mail hosts by their name, under whatever suffix.
const MAIL_NAMES: &str = "\
    aol fastmail gmail gmx googlemail hanmail hotmail icloud laposte naver outlook protonmail rambler rediffmail \
    rocketmail tutanota yahoo yandex ymail zoho";
/// Mail hosts whose name alone could be anybody's.
const MAIL_DOMAINS: &str = "\
    126.com 163.com bk.ru bol.com.br daum.net foxmail.com free.fr freenet.de hey.com inbox.ru interia.pl \
    kakao.com libero.it list.ru live.ca live.co.uk live.com live.de live.fr live.it live.nl mac.com mail.com \
    mail.ru me.com msn.com mynet.com o2.pl orange.fr pm.me proton.me qq.com seznam.cz t-online.de terra.com.br \
    tuta.com tuta.io uol.com.br wanadoo.fr web.de wp.pl ya.ru";

/// Suffixes that stand last, unless the list knows what follows as part of the suffix: `com.au`.
const LAST_LABELS: &str = "com net org";
/// Suffixes that are file names' endings much more often.
const FILE_ENDINGS: &str = "mov zip";

/// Capitalised words before a hyphen that name what follows: "Email-name@gmail.com".
const LABELS: &str = "\
    biz booking bookings business collab collabs contact contacto correo e-mail email gmail info inquiries \
    kontakt mail management mgmt pr";

/// As a whole word of an address, a sign of business.
const BUSINESS_WORDS: &str = "\
    agency biz booking bookings brand brands collab collabs contact hello info manager media partner partners pr \
    press talent talents team work";
/// A sign of business even inside a word: `janedoebusiness`.
const BUSINESS_PARTS: &str = "booking business collab enquir inquir management mgmt partnership sponsor";
/// Last labels that say nothing of business: a general one, and Puerto Rico's.
const PLAIN_SUFFIXES: &str = "info pr";

/// The e-mail addresses that a person would read in a text, in the order in which they stand: each once, in lower case,
/// at most 20.
///
/// An internationalised domain stays as it is written, in Unicode or in punycode.
#[must_use]
pub fn emails_in(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let text = plainly(&fold(text));
    let ascii = ascii_of_same_length(&text);
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Email]);
    let mut emails = Vec::new();
    for link in finder.links(&ascii) {
        let found = email_in(&text[..link.start()], &text[link.start()..link.end()]);
        if let Some(email) = found.filter(|email| !emails.contains(email)) {
            emails.push(email);
        }
        if emails.len() == MAX_EMAILS {
            break;
        }
    }
    emails
}

/// Of several, the one that is most likely for business; the first where none is.
#[must_use]
pub fn business_like(emails: Vec<String>) -> Option<String> {
    let place = emails.iter().position(|email| is_for_business(email)).unwrap_or_default();
    emails.into_iter().nth(place)
}

fn is_for_business(email: &str) -> bool {
    let words =
        email.rsplit_once('.').map_or(email, |(rest, last)| if is_one_of(last, PLAIN_SUFFIXES) { rest } else { email });
    words.split(|c: char| !c.is_alphabetic()).any(|word| is_one_of(word, BUSINESS_WORDS))
        || BUSINESS_PARTS.split(' ').any(|part| words.to_lowercase().contains(part))
}

/// Whether it is one of these words, which are separated by spaces; in whatever case, in ASCII.
fn is_one_of(word: &str, words: &str) -> bool {
    words.split(' ').any(|one| one.eq_ignore_ascii_case(word))
}

// Characters.

/// The text in letters, digits, dots, at signs, brackets, the signs of local parts, single spaces and [`BREAK`]s.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut in_link = false;
    for (place, original) in text.char_indices() {
        let Some(c) = unstyled(original) else { continue };
        let c = match original {
            // "1️⃣" is a bullet.
            '\u{20E3}' => {
                if folded.ends_with(|c: char| c.is_ascii_digit() || c == '#') {
                    folded.pop();
                }
                BREAK
            }
            // Both a dot and, much more often, the end of a sentence.
            '。' | '｡' if !folded.ends_with(|c: char| c.is_ascii_alphanumeric()) => BREAK,
            '。' | '｡' if !starts_with_latin(&text[place + original.len_utf8()..]) => BREAK,
            _ => c,
        };
        in_link = in_link && !ends_link(c);
        if in_link {
            continue;
        }
        in_link = match c {
            ':' => text[place..].starts_with("://") && !last_run(&folded).eq_ignore_ascii_case("mailto"),
            '/' | '?' | '#' => is_site(last_run(&folded)),
            _ => false,
        };
        match c {
            ' ' if folded.ends_with([' ', BREAK]) => {}
            // An ellipsis.
            '.' if folded.ends_with("..") => {
                folded.truncate(folded.len() - 2);
                folded.push(BREAK);
            }
            ' ' | '.' | '@' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' => folded.push(c),
            c if is_atom(c) => folded.push(c),
            _ if folded.ends_with(BREAK) => {}
            _ => folded.push(BREAK),
        }
    }
    folded
}

/// The plain character that this one is read as; none for an invisible one.
fn unstyled(c: char) -> Option<char> {
    Some(match c {
        '\0'..='\x7F' if c == ' ' || c == '\t' => ' ',
        '\0'..='\x7F' => c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => {
            return None;
        }
        '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}' => return None,
        // Full width.
        '\u{FF01}'..='\u{FF5E}' => counted_on('!', u32::from(c) - 0xFF01),
        '\u{FE52}' | '\u{2024}' | '。' | '｡' => '.',
        '\u{FE6B}' => '@',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        // Letters without a shape, used as spaces.
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => ' ',
        // The mathematical alphabets, which people use as fonts.
        '\u{1D400}'..='\u{1D6A3}' => match (u32::from(c) - 0x1D400) % 52 {
            capital @ ..26 => counted_on('A', capital),
            small => counted_on('a', small - 26),
        },
        '\u{1D7CE}'..='\u{1D7FF}' => counted_on('0', (u32::from(c) - 0x1D7CE) % 10),
        '\u{85}' | '\u{2028}' | '\u{2029}' => BREAK,
        _ if c.is_whitespace() => ' ',
        _ => read_as(c).unwrap_or(if is_word_character(c) { c } else { BREAK }),
    })
}

fn counted_on(first: char, number: u32) -> char {
    char::from_u32(u32::from(first) + number).unwrap_or(first)
}

/// Letters that stand in for plain ones in fonts made of small capitals, and the ones that the mathematical alphabets
/// leave out because Unicode had them already.
fn read_as(c: char) -> Option<char> {
    const LETTERS: [(&str, &str); 2] = [
        ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"),
        ("ℎℬℰℱℋℐℒℳℛℯℊℴℭℌℑℜℨℂℍℕℙℚℝℤ", "hBEFHILMRegoCHIRZCHNPQRZ"),
    ];
    LETTERS
        .iter()
        .find_map(|(written, read)| written.chars().zip(read.chars()).find(|(from, _)| *from == c))
        .map(|(_, to)| to)
}

/// Whether it can be in a word, other than in ASCII.
fn is_word_character(c: char) -> bool {
    let place = u32::from(c);
    // Accents, and the two signs of the Indian scripts that aren't alphabetic. To email_address they make an address
    // invalid, which is better than cutting one short.
    c.is_alphabetic()
        || matches!(place, 0x300..=0x36F)
        || (matches!(place, 0x900..=0xDFF) && matches!(place % 0x80, 0x3C | 0x4D))
}

/// Whether it can be in a local part, dots aside. RFC 5322 allows more signs, which people use between addresses.
fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '\'' | '&' | '$' | '%') || !c.is_ascii()
}

fn starts_with_latin(text: &str) -> bool {
    text.chars().next().and_then(unstyled).is_some_and(|c| c.is_ascii_alphabetic())
}

/// Whether a web link, as people write it, ends before this character.
fn ends_link(c: char) -> bool {
    !c.is_ascii() || c.is_whitespace() || matches!(c, '|' | ',' | ';' | '<' | '>' | '"' | '(' | ')' | '[' | ']')
}

/// What was written since the last space, break or bracket.
fn last_run(folded: &str) -> &str {
    let start = folded.rfind(|c| !is_atom(c) && c != '.' && c != '@').map_or(0, |end| end + 1);
    &folded[start..]
}

/// Whether it is a web site's address, so that a path can follow.
fn is_site(run: &str) -> bool {
    !run.contains('@') && domain_in(run).is_some_and(|domain| domain.len() == run.len())
}

// Disguises.

/// How a sign holds together what stands on both of its sides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// The sign itself, nothing around it.
    Plain,
    /// In brackets.
    Bracketed,
    /// The sign itself between spaces.
    Spaced,
    /// The sign itself with a space on one side, as at a sentence's end or before a handle.
    HalfSpaced,
    /// Spelled out, in capitals that stand out.
    Word,
    /// Spelled out in the way of the text around it, as part of a sentence perhaps.
    QuietWord,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    At(Tie),
    /// A dot, hyphen or underscore.
    Joint(char, Tie),
    Other,
}

#[derive(Clone, Copy)]
struct Token<'a> {
    kind: Kind,
    pieces: &'a [&'a str],
}

/// The folded text with its disguised addresses written plainly, and without brackets.
fn plainly(folded: &str) -> String {
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
        plain.extend(token.pieces.iter().flat_map(|piece| piece.chars()).map(|c| match c {
            // linkify takes braces for letters, and gives up at an underscore in a domain.
            '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' => BREAK,
            '_' if in_domain => BREAK,
            c => c,
        }));
    }
    plain
}

/// Words, and single characters between them.
fn pieces(folded: &str) -> Vec<&str> {
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

fn tokens<'a>(pieces: &'a [&'a str]) -> Vec<Token<'a>> {
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
    let is = |place: usize, any: &[&str]| pieces.get(place).is_some_and(|piece| any.contains(piece));
    let space = |place: usize| usize::from(is(place, &[" "]));
    let mut place = start + space(start);
    let space_before = place > start;
    let bracketed = is(place, &["(", "[", "{", "<"]);
    if bracketed {
        place += 1;
        place += space(place);
    }
    let word = *pieces.get(place)?;
    // Longer than all words for signs: not worth a copy.
    if word.len() > 16 {
        return None;
    }
    place += 1;
    if bracketed {
        place += space(place);
        if !is(place, &[")", "]", "}", ">"]) {
            return None;
        }
        place += 1;
    }
    let space_after = space(place) == 1;
    let is_sign = word == "@" || word == ".";
    let tie = match (space_before, space_after) {
        _ if bracketed => Tie::Bracketed,
        (false, false) if is_sign => Tie::Plain,
        (true, true) if is_sign => Tie::Spaced,
        _ if is_sign => Tie::HalfSpaced,
        (true, true) if stands_out(word, start.checked_sub(1).and_then(|before| pieces.get(before))?) => Tie::Word,
        (true, true) => Tie::QuietWord,
        _ => return None,
    };
    let kind = match word.to_lowercase().as_str() {
        at if is_one_of(at, AT_WORDS) => Kind::At(tie),
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
        let spelled_out = domain.ties.iter().any(|tie| matches!(tie, Tie::Word | Tie::QuietWord));
        let mut start = at.checked_sub(1)?;
        let mut local = text_of(tokens.get(start)?)?.to_owned();
        let mut is_plain = tie == Tie::Plain && domain.ties.iter().all(|tie| *tie == Tie::Plain);
        for _ in 0..MAX_LABELS {
            let Some([before, joint]) = start.checked_sub(2).and_then(|two| tokens.get(two..start)) else { break };
            let (Some(before), Kind::Joint(sign, tie)) = (text_of(before), joint.kind) else { break };
            match tie {
                Tie::Plain => {}
                Tie::Bracketed => is_plain = false,
                // In "polka dot shop@gmail.com" it is a word.
                Tie::Word | Tie::QuietWord if spelled_out => {}
                _ => break,
            }
            local = format!("{before}{sign}{local}");
            start -= 2;
        }
        // "@name@mastodon.social" is a handle, "jane..doe" a slip of the pen.
        let is_part = start
            .checked_sub(1)
            .is_some_and(|before| matches!(tokens[before].kind, Kind::At(_) | Kind::Joint(_, Tie::Plain)));
        let is_name = matches!(tie, Tie::Plain | Tie::Bracketed)
            || (local.chars().nth(1).is_some() && !is_one_of(&local, NO_NAMES));
        let is_address = !is_plain && !is_part && is_name && start >= free && domain.is_believed(tie);
        is_address.then(|| Self { address: format!("{local}@{}", domain.name), start, end: domain.end })
    }
}

struct DisguisedDomain {
    name: String,
    ties: Vec<Tie>,
    end: usize,
}

impl DisguisedDomain {
    fn after(tokens: &[Token], at: usize) -> Option<Self> {
        let mut text = text_of(tokens.get(at + 1)?)?.to_owned();
        let mut ties = Vec::new();
        let mut end = at + 2;
        let mut last = text.clone();
        while ties.len() < MAX_LABELS
            && let Some([joint, label]) = tokens.get(end..end + 2)
            && let (Kind::Joint(sign @ ('.' | '-'), tie), Some(label)) = (joint.kind, text_of(label))
        {
            let longer = format!("{text}{sign}{label}");
            let goes_on = match tie {
                Tie::Plain | Tie::Bracketed => true,
                _ if begins_sentence(&last, label) => false,
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
        Some(Self { name, ties, end })
    }

    /// Whether a person would take it for one, with this at sign before it.
    fn is_believed(&self, at: Tie) -> bool {
        let is_mail_host = is_mail_host(&self.name);
        let none = |ties: &[Tie]| !self.ties.iter().any(|tie| ties.contains(tie));
        match at {
            Tie::Plain => is_mail_host || none(&[Tie::Spaced, Tie::HalfSpaced]),
            Tie::Bracketed => is_mail_host || none(&[Tie::HalfSpaced]),
            Tie::Spaced | Tie::Word => is_mail_host || none(&[Tie::Plain, Tie::HalfSpaced]),
            Tie::HalfSpaced => is_mail_host,
            // "Engineer at yahoo.com" is no address.
            Tie::QuietWord => is_mail_host && none(&[Tie::Plain]),
        }
    }
}

fn text_of<'a>(token: &Token<'a>) -> Option<&'a str> {
    match (token.kind, token.pieces) {
        (Kind::Text, [text]) => Some(text),
        _ => None,
    }
}

fn is_mail_host(domain: &str) -> bool {
    let is_name = |name: &str, suffix: &str| is_one_of(name, MAIL_NAMES) && suffix_length(suffix) == labels_in(suffix);
    is_one_of(domain, MAIL_DOMAINS) || domain.split_once('.').is_some_and(|(name, suffix)| is_name(name, suffix))
}

// Candidates.

/// As many bytes, all ASCII: linkify doesn't know the suffixes in other scripts.
fn ascii_of_same_length(text: &str) -> String {
    text.chars().flat_map(|c| std::iter::repeat_n(if c.is_ascii() { c } else { 'x' }, c.len_utf8())).collect()
}

fn email_in(before: &str, candidate: &str) -> Option<String> {
    // "jane..doe@gmail.com" is a slip of the pen; "..doe@gmail.com" isn't.
    if before.strip_suffix("..").is_some_and(|before| before.ends_with(is_atom)) {
        return None;
    }
    let (local, domain) = candidate.split_once('@')?;
    let domain = domain_in(domain)?;
    let local = local_in(local, domain.is_ascii())?;
    // "5@6.am"
    let is_time = !local.contains(char::is_alphabetic) && domain.starts_with(|c: char| c.is_ascii_digit());
    if is_time && !is_mail_host(&domain) {
        return None;
    }
    let email = format!("{}@{domain}", local.to_lowercase());
    EmailAddress::is_valid(&email).then_some(email)
}

/// What of a local part is read as such. Other scripts go into one only with a domain in them.
fn local_in(text: &str, in_ascii: bool) -> Option<&str> {
    // From an encoded link: "%20name".
    if text.contains('%') {
        return None;
    }
    let is_other = |c: char| !c.is_ascii();
    let text = match text.rfind(is_other) {
        None => text,
        Some(_) if !in_ascii && text.ends_with(is_other) => return Some(text),
        // Words in a script that nobody takes for Latin need no space: "メールname@gmail.com".
        Some(last) => {
            let tail = text[last..].trim_start_matches(is_other);
            let word = &text[..text.len() - tail.len()];
            if word.ends_with(looks_like_latin) {
                return None;
            }
            tail
        }
    };
    let text = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let text = text.strip_prefix("www.").or_else(|| text.strip_prefix("WWW.")).unwrap_or(text);
    let label = text.match_indices('-').map(|(end, _)| text.split_at(end)).find(|(label, rest)| {
        label.starts_with(|c: char| c.is_ascii_uppercase())
            && !rest[1..].starts_with(|c: char| c.is_ascii_uppercase())
            && is_one_of(label, LABELS)
    });
    Some(label.map_or(text, |(_, rest)| rest.trim_start_matches('-')))
}

/// Latin letters with accents, Greek, Cyrillic, Armenian: what cuts a name short if it is cut off.
const fn looks_like_latin(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{58F}' | '\u{1E00}'..='\u{1FFF}')
}

/// The domain that a text begins with, in lower case, without what follows it without a space.
fn domain_in(text: &str) -> Option<String> {
    // Longer than any domain, so what is cut off here can't be one, but for its beginning.
    let text = &text[..text.floor_char_boundary(MAX_DOMAIN_LENGTH + 4)];
    let mut labels: Vec<&str> = text.split('.').take(MAX_LABELS + 1).collect();
    let whole = suffix_length(&labels.join("."));
    let ends_at = |last: usize| {
        let (label, next) = (labels[last], labels[last + 1]);
        let in_suffix = suffix_length(&labels[..last + 2].join(".")) > 1;
        let is_end = begins_sentence(label, next)
            || (whole == 0 && !next.starts_with(|c: char| c.is_ascii()))
            || (!in_suffix && is_one_of(label, LAST_LABELS));
        is_end && known(&labels[..=last]).is_some()
    };
    if let Some(last) = (1..labels.len().saturating_sub(1)).find(|last| ends_at(*last)) {
        labels.truncate(last + 1);
    }
    known(&labels).or_else(|| {
        let last = labels.pop()?;
        labels.push(first_word(last));
        known(&labels)
    })
}

/// Whether the next label is a sentence's first word: "name@gmail.com.Call me".
fn begins_sentence(label: &str, next: &str) -> bool {
    let is_capitalised = next.starts_with(char::is_uppercase) && !label.starts_with(char::is_uppercase);
    is_capitalised && label.contains(char::is_lowercase)
}

/// Up to the first character that a suffix doesn't have: "com" of "comまで", "com-Berlin" and "comFollow".
fn first_word(label: &str) -> &str {
    let mut after_small = false;
    let end = label.find(|c: char| {
        let ends = !c.is_ascii_alphabetic() || (after_small && c.is_ascii_uppercase());
        after_small = c.is_ascii_lowercase();
        ends
    });
    &label[..end.unwrap_or(label.len())]
}

/// The domain of these labels in lower case, if there is one to mail to.
fn known(labels: &[&str]) -> Option<String> {
    let domain = labels.join(".").to_lowercase();
    if domain.len() > MAX_DOMAIN_LENGTH || labels.len() > MAX_LABELS {
        return None;
    }
    let suffix = List.suffix(domain.as_bytes()).filter(psl::Suffix::is_known)?;
    let is_whole = suffix.as_bytes().len() == domain.len();
    // Below a private suffix anybody has a domain, but its owner has mail too: `carrd.co`.
    let owner = || {
        suffix.typ() == Some(Type::Private)
            && domain.split_once('.').is_some_and(|(_, parent)| suffix_length(parent) > 0)
    };
    let is_picture = matches!(labels[0].as_bytes(), [b'0'..=b'9', b'x' | b'X']);
    let is_file = is_picture || domain.rsplit('.').next().is_some_and(|last| is_one_of(last, FILE_ENDINGS));
    ((!is_whole || owner()) && !is_file).then_some(domain)
}

/// How many labels the public suffix has; 0 if it isn't known.
fn suffix_length(domain: &str) -> usize {
    let domain = domain.to_lowercase();
    let suffix = List.suffix(domain.as_bytes()).filter(psl::Suffix::is_known);
    suffix.map_or(0, |suffix| suffix.as_bytes().split(|byte| *byte == b'.').count())
}

fn labels_in(domain: &str) -> usize {
    domain.split('.').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A bio, and the addresses that a person reads in it.
    const BIOS: &[(&str, &[&str])] = &include!("bios.rs");

    #[test]
    fn every_bio_is_read_as_the_table_says() {
        let read: Vec<_> = BIOS.iter().map(|(bio, _)| emails_in(bio)).collect();
        let wrong: Vec<_> = BIOS.iter().zip(&read).filter(|((_, expected), read)| read != expected).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn an_address_is_read_again_as_itself() {
        for email in BIOS.iter().flat_map(|(_, emails)| *emails) {
            assert_eq!(emails_in(email), [*email]);
        }
    }

    #[test]
    fn all_bios_in_one_are_read_line_by_line() {
        for bios in BIOS.chunks(10) {
            let text: Vec<_> = bios.iter().map(|(bio, _)| *bio).collect();
            let mut expected: Vec<&str> = Vec::new();
            for email in bios.iter().flat_map(|(_, emails)| *emails) {
                if !expected.contains(email) {
                    expected.push(email);
                }
            }
            expected.truncate(MAX_EMAILS);
            assert_eq!(emails_in(&text.join("\n")), expected, "{text:#?}");
        }
    }

    #[test]
    fn the_list_is_bounded() {
        let text: Vec<_> = (0..1000).map(|number| format!("name{number}@gmail.com")).collect();
        let text = text.join(", ");
        assert_eq!(emails_in(&text).len(), MAX_EMAILS);
        assert_eq!(emails_in(&text)[19], "name19@gmail.com");
    }

    #[test]
    fn a_long_text_is_read_to_its_end() {
        let fillers = "\
            a|@|.|a.|a@|@a|a@b.|a@b.zzq | at |a at b dot |ab @ c . d . |a (at) b.com |a(dot)|(|\
            ( |/|b.co/|日|a@b.co。|://|%";
        for filler in fillers.split('|') {
            let text = filler.repeat(100_000 / filler.len());
            let before = emails_in(&text);
            let text = format!("{text}\n\u{1F4E7} name@gmail.com");
            let after = emails_in(&text);
            assert!(
                before.len() == MAX_EMAILS || after.last().is_some_and(|last| last == "name@gmail.com"),
                "{filler}"
            );
        }
    }

    #[test]
    fn the_business_address_is_preferred() {
        for (emails, expected) in [
            ("", None),
            ("jane@gmail.com", Some("jane@gmail.com")),
            ("jane@gmail.com doe@gmail.com", Some("jane@gmail.com")),
            ("jane@gmail.com business@janedoe.com", Some("business@janedoe.com")),
            ("jane@gmail.com janedoebusiness@gmail.com", Some("janedoebusiness@gmail.com")),
            ("jane@gmail.com hello@jane.de info@jane.de", Some("hello@jane.de")),
            ("jane@gmail.com jane.pr@gmail.com", Some("jane.pr@gmail.com")),
            ("jane@gmail.com priya@gmail.com", Some("jane@gmail.com")),
            ("jane@gmail.com bookings2024@gmail.com", Some("bookings2024@gmail.com")),
            ("jane@gmail.com jane+collab@gmail.com", Some("jane+collab@gmail.com")),
            ("jane@gmail.com jane@stars.agency", Some("jane@stars.agency")),
            ("jane@gmail.com jane@stars-management.co.uk", Some("jane@stars-management.co.uk")),
            ("jane@gmail.com jane@doe.info jane@doe.biz", Some("jane@doe.biz")),
            ("jane@gmail.com jane@doe.pr", Some("jane@gmail.com")),
            ("jane@gmail.com express@gmail.com teamster@gmail.com", Some("jane@gmail.com")),
            ("jane@gmail.com sponsorships@jane.tv", Some("sponsorships@jane.tv")),
            ("jane@gmail.com JaneEnquiries@jane.tv", Some("JaneEnquiries@jane.tv")),
        ] {
            let emails = emails.split_whitespace().map(str::to_owned).collect();
            assert_eq!(business_like(emails).as_deref(), expected);
        }
    }

    fn assert_mailable(text: &str) {
        for email in emails_in(text) {
            assert!(EmailAddress::is_valid(&email), "{email}");
            assert_eq!(email, email.to_lowercase());
            let domain = email.split_once('@').unwrap().1;
            assert!(List.suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known()), "{email}");
            assert!(domain.contains('.'), "{email}");
        }
    }

    const PARTS: &str = "\
        name Jane at AT dot DOT @ @ . . ( ) [at] (dot) gmail com Co uk co me 日本 。 é рф почта - _ ' & % $ / : :// 📧 \
        1\u{FE0F}\u{20E3} \u{200B} İ ＣＯＭ 𝗰𝗼𝗺 xn--p1ai www. 2x underscore";
    const SUFFIXES: &str = "com co.uk de agency com.br photography рф xn--p1ai みんな";
    /// Separated by tildes.
    const AROUND: &str = " ~\n~|~📧~: ~:~, ~\t~•~(~)~<~>~\"~…~...~、~／~👉🏽~👩\u{200D}💻";

    fn one_of(words: &'static str) -> impl Strategy<Value = &'static str> {
        prop::sample::select(words.split(' ').collect::<Vec<_>>())
    }

    fn part() -> impl Strategy<Value = &'static str> {
        prop_oneof![4 => one_of(PARTS), 1 => Just(" "), 1 => Just("\n")]
    }

    proptest! {
        #[test]
        fn any_text_gives_only_addresses_to_mail_to(text in any::<String>()) {
            assert_mailable(&text);
        }

        #[test]
        fn what_addresses_are_made_of_gives_only_addresses_to_mail_to(parts in prop::collection::vec(part(), 0..40)) {
            assert_mailable(&parts.concat());
        }

        #[test]
        fn any_plain_address_is_found(
            local in "[a-z][a-z0-9]{1,10}([._-][a-z0-9]{1,8})?",
            name in "[a-z]{3,12}x",
            suffix in one_of(SUFFIXES),
            around in prop::sample::select(AROUND.split('~').collect::<Vec<_>>()),
        ) {
            let email = format!("{local}@{name}.{suffix}");
            prop_assert_eq!(emails_in(&format!("Bio{around}{email}{around}More")), [email]);
        }
    }
}
