//! Candidates: what of the text around an at sign, up to where linkify ends it, is an address.

use email_address::EmailAddress;

use super::domain::{domain_in, is_mail_host};
use super::fold::{ends_in_mail_word, is_atom};
use super::words::{HYPHENLESS_MAIL_DOMAINS, LABELS, MORE_LABELS, is_one_of};

/// The address in a candidate that stands after this text, and what of the candidate stands before it.
pub fn email_in<'a>(before: &str, candidate: &'a str) -> Option<(&'a str, String)> {
    // "jane..doe@gmail.com" is a slip of the pen; "..doe@gmail.com" isn't.
    if before.strip_suffix("..").is_some_and(|before| before.ends_with(is_atom)) {
        return None;
    }
    let (text, domain) = candidate.split_once('@')?;
    let domain = domain_in(domain)?;
    let local = without_labels(local_in(text, domain.is_ascii())?, before, &domain);
    // "5@6.am"
    let is_time = !local.contains(char::is_alphabetic) && domain.starts_with(|c: char| c.is_ascii_digit());
    if is_time && !is_mail_host(&domain) {
        return None;
    }
    let email = format!("{}@{domain}", local.to_lowercase());
    EmailAddress::is_valid(&email).then(|| (&text[..text.len() - local.len()], email))
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
    Some(text.strip_prefix("www.").or_else(|| text.strip_prefix("WWW.")).unwrap_or(text))
}

/// Latin letters with accents, Greek, Cyrillic, Armenian: what cuts a name short if it is cut off.
const fn looks_like_latin(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{58F}' | '\u{1E00}'..='\u{1FFF}')
}

/// A local part without the words before hyphens that say what it is: "Email-name@gmail.com".
fn without_labels<'a>(local: &'a str, before: &str, domain: &str) -> &'a str {
    let is_hyphenless = is_one_of(domain, HYPHENLESS_MAIL_DOMAINS);
    let mut follows_mail_word = ends_in_mail_word(before);
    let mut local = local;
    loop {
        let labelled = after_label(local, "emailid")
            .or_else(|| after_label(local, "id").filter(|_| follows_mail_word))
            .or_else(|| after_label(local, MORE_LABELS).filter(|_| is_hyphenless))
            .or_else(|| after_label(local, LABELS).filter(|rest| is_hyphenless || stands_out(local, rest)));
        let Some(rest) = labelled else { return local };
        (local, follows_mail_word) = (rest, true);
    }
}

/// What stands behind one of these words and a hyphen.
fn after_label<'a>(local: &'a str, labels: &str) -> Option<&'a str> {
    labels.split(' ').find_map(|word| {
        let (label, rest) = local.split_at_checked(word.len())?;
        let is_label = label.eq_ignore_ascii_case(word) && rest.starts_with('-');
        is_label.then(|| rest.trim_start_matches('-'))
    })
}

/// Whether the beginning is capitalised, and the rest isn't.
fn stands_out(local: &str, rest: &str) -> bool {
    let is_capitalised = |text: &str| text.starts_with(|c: char| c.is_ascii_uppercase());
    is_capitalised(local) && !is_capitalised(rest)
}
