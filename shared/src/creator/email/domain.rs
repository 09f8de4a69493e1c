//! Finds the domain in a text, under a known public suffix.

use psl::{List, Psl, Type};

use super::hosts::{WHOLE_DOMAINS, labels_in};
use super::scripts::is_mixed;
use super::words::{CAPITAL_WORDS, FILE_ENDINGS, LAST_LABELS};

/// In a domain and in a disguised local part. It limits the work for each at sign.
pub const MAX_LABELS: usize = 8;
/// In bytes.
const MAX_DOMAIN_LENGTH: usize = 253;

/// The domain at the beginning of a text, in lower case, without any text directly after it; `None`
/// if it is unclear.
pub fn domain_in(text: &str) -> Option<String> {
    // This is longer than any domain, so a text that is cut off here can only begin with a domain.
    let text = &text[..text.floor_char_boundary(MAX_DOMAIN_LENGTH + 4)];
    if let Some(host) = whole_mail_host(text) {
        return Some(host.to_owned());
    }
    let mut labels: Vec<&str> = text.split('.').take(MAX_LABELS + 1).collect();
    if let Some(last) = last_label(&labels) {
        if may_end_domain(&labels[..=last].join("."), labels[last + 1]) {
            return None;
        }
        labels.truncate(last + 1);
    }
    known(&labels).or_else(|| {
        let last = labels.pop()?;
        let word = first_word(last);
        // "final.mp4" is refused, "gmail.com2024" isn't.
        if last[word.len()..].starts_with(|c: char| c.is_ascii_digit()) && !LAST_LABELS.has(word) {
            return None;
        }
        labels.push(word);
        known(&labels)
    })
}

/// The mail host at the beginning of a text, if it ends at a dot before the text's end.
fn whole_mail_host(text: &str) -> Option<&'static str> {
    WHOLE_DOMAINS.split(' ').find(|host| {
        text.split_at_checked(host.len())
            .is_some_and(|(start, rest)| start.eq_ignore_ascii_case(host) && rest.starts_with('.'))
    })
}

/// The end of the domain, if the labels after it belong to something else.
fn last_label(labels: &[&str]) -> Option<usize> {
    let whole = suffix_length(&labels.join("."));
    let ends_at = |last: usize| {
        let (label, next) = (labels[last], labels[last + 1]);
        let domain = labels[..=last].join(".");
        let in_suffix = || suffix_length(&format!("{domain}.{}", first_word(next))) > 1;
        let is_end = (begins_sentence(label, next) && !ends_domain(&domain, next))
            || (whole == 0 && !next.starts_with(|c: char| c.is_ascii()))
            || (LAST_LABELS.has(label) && !in_suffix());
        is_end && known(&labels[..=last]).is_some()
    };
    (1..labels.len().saturating_sub(1)).find(|last| ends_at(*last))
}

/// Whether the next label is the first word of a sentence: "name@gmail.com.Call me".
pub fn begins_sentence(label: &str, next: &str) -> bool {
    let is_capitalised = next.starts_with(char::is_uppercase) && !label.starts_with(char::is_uppercase);
    is_capitalised && label.contains(char::is_lowercase)
}

/// Whether the next label, in capitals, can belong to the domain's suffix: "cafe.co.UK".
pub fn may_end_domain(domain: &str, next: &str) -> bool {
    let next = first_word(next);
    let is_short = matches!(next.len(), 2..=3) && next.chars().all(|c| c.is_ascii_uppercase());
    is_short && suffix_length(&format!("{domain}.{next}")) > 1
}

/// Whether it can, and isn't a word or a sign of the text, unlike in "cafe.com.DM me" and
/// "cafe.com.DE/EN".
fn ends_domain(domain: &str, next: &str) -> bool {
    let longer = format!("{domain}.{}", first_word(next)).to_lowercase();
    may_end_domain(domain, next)
        && !CAPITAL_WORDS.has(first_word(next))
        && List.suffix(longer.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(Type::Icann))
}

/// The label up to the first character that no suffix has: "com" of "comまで", "com-Berlin" and
/// "comFollow".
fn first_word(label: &str) -> &str {
    let mut after_small = false;
    let end = label.find(|c: char| {
        let ends = !c.is_ascii_alphabetic() || (after_small && c.is_ascii_uppercase());
        after_small = c.is_ascii_lowercase();
        ends
    });
    &label[..end.unwrap_or(label.len())]
}

/// The domain of these labels in lower case, if it can receive mail.
pub fn known(labels: &[&str]) -> Option<String> {
    let domain = labels.join(".").to_lowercase();
    if domain.len() > MAX_DOMAIN_LENGTH || labels.len() > MAX_LABELS {
        return None;
    }
    let suffix = List.suffix(domain.as_bytes()).filter(psl::Suffix::is_known)?;
    let is_whole = suffix.as_bytes().len() == domain.len();
    // Anybody can have a domain below a private suffix, but the suffix's owner has mail too:
    // `carrd.co`.
    let owner = || {
        suffix.typ() == Some(Type::Private)
            && domain.split_once('.').is_some_and(|(_, parent)| suffix_length(parent) > 0)
    };
    let is_picture = matches!(labels[0].as_bytes(), [b'0'..=b'9', b'x' | b'X']);
    let is_file = is_picture || domain.rsplit('.').next().is_some_and(|last| FILE_ENDINGS.has(last));
    ((!is_whole || owner()) && !is_file && !labels.iter().any(|label| is_mixed(label))).then_some(domain)
}

/// The number of labels in the public suffix; 0 if the suffix is unknown.
pub fn suffix_length(domain: &str) -> usize {
    let domain = domain.to_lowercase();
    let suffix = List.suffix(domain.as_bytes()).filter(psl::Suffix::is_known);
    suffix.map_or(0, |suffix| suffix.as_bytes().split(|byte| *byte == b'.').count())
}

/// Whether the domain ends in one of these suffixes, and not in a longer one.
pub fn has_suffix(domain: &str, suffixes: &str) -> bool {
    suffixes.split(' ').any(|suffix| {
        let is_end = domain.strip_suffix(suffix).is_some_and(|name| name.ends_with('.'));
        is_end && suffix_length(domain) == labels_in(suffix)
    })
}
