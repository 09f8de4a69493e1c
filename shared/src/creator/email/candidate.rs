//! Candidates: linkify finds the end of the text around an at sign, and this module finds the
//! address in that text.

use email_address::EmailAddress;

use super::chars::is_atom;
use super::domain::domain_in;
use super::fold::{BREAK, ENVELOPE, GLUE, LINE_END, ends_in_mail_word};
use super::hosts::{Names, is_mail_host};
use super::nobody::is_nobody;
use super::phrases::ends_in_underscore;
use super::scripts::ends_in_other_script;
use super::words::{LABELS, MORE_LABELS};

/// In digits, after a plus: longer than a country's own numbers, and at most as long as any
/// telephone number.
const TELEPHONE_LENGTHS: std::ops::RangeInclusive<usize> = 8..=15;

/// The address in a candidate, and the part of the candidate before the address. `before` is the
/// text before the candidate.
pub fn email_in<'a>(before: &str, candidate: &'a str) -> Option<(&'a str, String)> {
    // "jane..doe@gmail.com" is a typing error; "..doe@gmail.com" isn't.
    if before.strip_suffix("..").is_some_and(|before| before.ends_with(is_atom)) || ends_within_name(before) {
        return None;
    }
    let (text, domain) = candidate.split_once('@')?;
    let domain = domain_in(domain)?;
    let local = without_labels(local_in(before, text, domain.is_ascii())?, before, &domain);
    // "5@6.am"
    if begins_in_telephone(before, local) {
        return None;
    }
    let is_time = !local.contains(char::is_alphabetic) && domain.starts_with(|c: char| c.is_ascii_digit());
    if (is_time && !is_mail_host(&domain)) || !can_be(local, &domain) {
        return None;
    }
    let email = format!("{}@{domain}", local.to_lowercase());
    EmailAddress::is_valid(&email).then(|| (&text[..text.len() - local.len()], email))
}

/// Whether the mail host allows this address.
pub fn can_be(local: &str, domain: &str) -> bool {
    !is_nobody(local, domain) && Names::at(domain).is_none_or(|names| names.have(local))
}

/// The local part at the end of `before` and `text`. Letters of other scripts belong to it only if
/// the domain has such letters too.
fn local_in<'a>(before: &str, text: &'a str, in_ascii: bool) -> Option<&'a str> {
    // This is only a part of the name: from an encoded link ("%20name"), with an unknown sign in
    // it, or after "jane underscore".
    if text.contains(['%', GLUE]) || before.ends_with(GLUE) || ends_in_underscore(before) {
        return None;
    }
    let is_other = |c: char| !c.is_ascii();
    let text = match text.rfind(is_other) {
        None => text,
        Some(_) if !in_ascii && text.ends_with(is_other) => return Some(text),
        // Words in a script that doesn't look like Latin need no space: "メールname@gmail.com".
        Some(last) => {
            let tail = text[last..].trim_start_matches(is_other);
            if !ends_in_other_script(&text[..text.len() - tail.len()]) {
                return None;
            }
            tail
        }
    };
    let text = without_telephone(without_quotation(before, text));
    let (signs, text) = text.split_at(text.find(|c: char| c.is_ascii_alphanumeric() || c == '_').unwrap_or(text.len()));
    // The sign replaces an S, or belongs to a price.
    if signs.ends_with('$') {
        return None;
    }
    Some(text.strip_prefix("www.").or_else(|| text.strip_prefix("WWW.")).unwrap_or(text))
}

/// Whether the text before a candidate seems to end with the beginning of the candidate's name,
/// separated by a space: "jane_ doe", "jane .doe".
fn ends_within_name(before: &str) -> bool {
    let is_cut_at_dot = before.strip_suffix(" .").is_some_and(|before| before.ends_with(is_atom));
    let word = before.strip_suffix(' ').unwrap_or_default();
    let word = &word[word.rfind([' ', LINE_END, BREAK, ENVELOPE]).map_or(0, |end| end + 1)..];
    // Neither a handle, which has an at sign, nor a word in italics.
    is_cut_at_dot || (word.ends_with('_') && !word.contains('@') && !word.starts_with('_'))
}

/// Whether a name begins with a telephone number, or with the last digits of one that starts before
/// the name.
fn begins_in_telephone(before: &str, local: &str) -> bool {
    let is_sign = |c: char| matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '+');
    let digits_in = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let name = local.trim_start_matches(|c: char| c.is_ascii_digit() || is_sign(c));
    let digits = digits_in(&local[..local.len() - name.len()]);
    let figures = before.trim_end_matches(|c: char| c.is_ascii_digit() || is_sign(c));
    let before = if before.ends_with(is_sign) { digits_in(&before[figures.len()..]) } else { 0 };
    let is_all_of_one = digits >= *TELEPHONE_LENGTHS.start() && (digits > 8 || local.starts_with('0'));
    name.starts_with(char::is_alphabetic) && (is_all_of_one || (digits > 3 && before > 1) || (digits > 0 && before > 4))
}

/// Removes a quotation before a name: "'collabs'name".
fn without_quotation<'a>(before: &str, text: &'a str) -> &'a str {
    let is_quoted = before.ends_with('\'') || text.starts_with('\'');
    text.rsplit_once('\'').filter(|_| is_quoted).map_or(text, |(_, name)| name)
}

/// Removes a telephone number before a name: "+34600000000name".
fn without_telephone(text: &str) -> &str {
    let Some(number) = text.strip_prefix('+') else { return text };
    let name = number.trim_start_matches(|c: char| c.is_ascii_digit());
    if TELEPHONE_LENGTHS.contains(&(number.len() - name.len())) { name } else { text }
}

/// Removes words before hyphens that label the address: "Email-name@gmail.com".
fn without_labels<'a>(local: &'a str, before: &str, domain: &str) -> &'a str {
    let is_hyphenless = Names::at(domain).is_some_and(|names| names.lack('-'));
    let mut follows_mail_word = ends_in_mail_word(before);
    let mut local = local;
    while local.contains('-') {
        let labelled = after_label(local, "emailid")
            .or_else(|| after_label(local, "id").filter(|_| follows_mail_word))
            .or_else(|| after_label(local, MORE_LABELS).filter(|_| is_hyphenless))
            .or_else(|| after_label(local, LABELS).filter(|rest| is_hyphenless || stands_out(local, rest)));
        let Some(rest) = labelled else { return local };
        (local, follows_mail_word) = (rest, true);
    }
    local
}

/// The text after one of these words and a hyphen.
fn after_label<'a>(local: &'a str, labels: &str) -> Option<&'a str> {
    labels.split(' ').find_map(|word| {
        let (label, rest) = local.split_at_checked(word.len())?;
        let is_label = label.eq_ignore_ascii_case(word) && rest.starts_with('-');
        is_label.then(|| rest.trim_start_matches('-'))
    })
}

/// Whether the beginning is capitalised and the rest isn't.
fn stands_out(local: &str, rest: &str) -> bool {
    let is_capitalised = |text: &str| text.starts_with(|c: char| c.is_ascii_uppercase());
    is_capitalised(local) && !is_capitalised(rest)
}
