//! Folds a text into the few characters that matter for addresses.

use super::chars::{can_be_in_name, is_atom, is_border, is_unknown, unstyled};
use super::domain::domain_in;
use super::hosts::is_mail_host;
use super::words::{MAIL_SIGNS, POINTERS, is_mail_word};

/// The end of a line. No address continues after it.
pub const LINE_END: char = '\n';
/// Replaces every character that can't be inside an address, except blanks: a border.
pub const BREAK: char = ',';
/// Replaces a sign that may be part of a name, so the text next to it isn't a whole address. This
/// character is removed from every text first. linkify reads it as part of the name too.
pub const GLUE: char = '#';
/// Replaces a sign or a word that announces an address: "📧", "Email:". This character is removed
/// from every text first.
pub const ENVELOPE: char = ':';
/// Signs that people type by mistake instead of a dot; read as dots only at a mail host:
/// "gmail,com".
const SLIPS: &str = ",·・･،、。｡•∙⋅";
/// No mail host's suffix is longer.
const MAX_SLIP_LENGTH: usize = 8;

/// The text reduced to letters, digits, dots, at signs, round brackets, the signs of local parts,
/// single spaces, [`LINE_END`]s, [`BREAK`]s, [`GLUE`] and [`ENVELOPE`]s; without the paths of web
/// links.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut in_link = false;
    for (place, original) in text.char_indices() {
        // Most characters of any text.
        if original.is_ascii_alphanumeric() {
            if !in_link {
                folded.push(original);
            }
            continue;
        }
        let after = &text[place + original.len_utf8()..];
        let Some(c) = read_in(&text[..place], original, after) else { continue };
        in_link = in_link && !ends_link(c);
        if in_link {
            continue;
        }
        in_link = match c {
            ':' => after.starts_with("//") && !last_run(&folded).eq_ignore_ascii_case("mailto"),
            '/' | '?' | '#' => is_site(last_run(&folded)),
            _ => false,
        };
        match c {
            ' ' if folded.ends_with([' ', LINE_END, BREAK, ENVELOPE]) => {}
            _ if can_be_slip(original) && is_slip(&folded, original, after) => {
                folded.push_str("(.)");
            }
            // An ellipsis.
            '.' if folded.ends_with("..") => {
                folded.truncate(folded.len() - 2);
                folded.push(BREAK);
            }
            '_' if ends_italics(&mut folded) => {
                if !after.starts_with('_') {
                    folded.push(BREAK);
                }
            }
            ' ' | '.' | '@' | LINE_END => folded.push(c),
            '(' | '[' | '{' | '<' => folded.push('('),
            ')' | ']' | '}' | '>' => folded.push(')'),
            c if is_atom(c) => folded.push(c),
            _ => push_sign(&mut folded, original, if c == BREAK { original } else { c }, after),
        }
    }
    folded
}

/// Whether an underscore after this text ends an address in italics, "_jane@doe.com_". If so, the
/// first underscore is removed.
fn ends_italics(folded: &mut String) -> bool {
    let run = last_run(folded);
    let is_end = run.starts_with('_') && run.contains('@');
    if is_end {
        folded.remove(folded.len() - run.len());
    }
    is_end
}

/// Adds the replacement for a sign that isn't part of an address. The replacement shows what the
/// sign means for the address beside it.
fn push_sign(folded: &mut String, original: char, sign: char, after: &str) {
    // "1️⃣" is a bullet.
    if sign == '\u{20E3}' && folded.ends_with(|c: char| c.is_ascii_digit()) {
        folded.pop();
    }
    let is_in_name = || {
        if is_border(sign) {
            may_be_in_name(folded, original, after)
        } else {
            folded.ends_with(can_be_in_name) && !last_run(folded).contains('@')
        }
    };
    folded.push(match sign {
        _ if is_unknown(sign) || is_in_name() => GLUE,
        _ if announces(folded, original) => ENVELOPE,
        _ => BREAK,
    });
    // This sign is read as a word.
    if sign == '💼' {
        folded.push_str("business");
        folded.push(BREAK);
    }
}

/// The plain character that this one is read as between these texts; `None` for an invisible one.
fn read_in(before: &str, c: char, after: &str) -> Option<char> {
    let follows = |is: fn(char) -> bool| before.ends_with(is);
    let is_break = match c {
        // It can be a dot, but much more often ends a sentence.
        '。' | '｡' => {
            !(follows(|c| unstyled(c).is_some_and(|c| c.is_ascii_alphanumeric())) && starts_with_latin(after))
        }
        // Part of a word only in "Mª".
        'ª' | 'º' => !follows(char::is_alphanumeric),
        _ => false,
    };
    if is_break { Some(BREAK) } else { unstyled(c) }
}

fn can_be_slip(sign: char) -> bool {
    sign == ',' || (!sign.is_ascii() && SLIPS.contains(sign))
}

/// Whether a border between two letters may replace a dot or an apostrophe in a name:
/// "jane,doe@gmail.com". It can't after a capital or a word for mail, which end a label, or after
/// an address, which another address may follow.
fn may_be_in_name(folded: &str, sign: char, after: &str) -> bool {
    const SIGNS: &str = ",;`";
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let word = last_run(folded);
    SIGNS.contains(sign)
        && word.ends_with(is_part)
        && after.starts_with(is_part)
        && !word.contains('@')
        && !is_mail_word(word)
}

/// Whether this sign between these texts replaces the dot of a mail host.
fn is_slip(folded: &str, sign: char, after: &str) -> bool {
    let name = &folded[folded.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '-').len()..];
    let is_letter = |c: &char| c.is_ascii_alphanumeric();
    let suffix: String = after.chars().map_while(|c| unstyled(c).filter(is_letter)).take(MAX_SLIP_LENGTH).collect();
    let mut rest = after.chars().skip(suffix.len());
    // "yahoo,com,br", or a sentence that continues.
    let goes_on = rest.next() == Some(sign) && rest.next().and_then(unstyled).as_ref().is_some_and(is_letter);
    !name.is_empty() && !suffix.is_empty() && !goes_on && is_mail_host(&format!("{name}.{suffix}"))
}

/// Whether this sign after this text announces an address.
fn announces(folded: &str, sign: char) -> bool {
    MAIL_SIGNS.contains(sign) || (POINTERS.contains(sign) && (folded.ends_with(ENVELOPE) || ends_in_mail_word(folded)))
}

/// Whether the text ends with a word for mail, apart from spaces.
pub fn ends_in_mail_word(folded: &str) -> bool {
    let text = folded.trim_end_matches(' ');
    // Longer than any of these words, because a search in a long run isn't worth its time.
    let start = text.floor_char_boundary(text.len().saturating_sub(32));
    is_mail_word(last_run(&text[start..]))
}

fn starts_with_latin(text: &str) -> bool {
    text.chars().next().and_then(unstyled).is_some_and(|c| c.is_ascii_alphabetic())
}

/// Whether a web link in ordinary writing ends before this character.
fn ends_link(c: char) -> bool {
    !c.is_ascii() || c.is_whitespace() || matches!(c, '|' | ',' | ';' | '<' | '>' | '"' | '(' | ')' | '[' | ']')
}

/// The text since the last space, break or bracket.
fn last_run(folded: &str) -> &str {
    let start = folded.rfind(|c| !is_atom(c) && c != '.' && c != '@').map_or(0, |end| end + 1);
    &folded[start..]
}

/// Whether it is a website's address, so that a path can follow.
fn is_site(run: &str) -> bool {
    !run.contains('@') && domain_in(run).is_some_and(|domain| domain.len() == run.len())
}
