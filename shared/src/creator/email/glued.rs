//! Separates text with a second at sign from an address: "@jane.doe@gmail.com",
//! "jane@gmail.com-joe@gmail.com".
//!
//! Only at a mail host, because elsewhere "@jane@social.example" is a handle.

use std::borrow::Cow;

use super::chars::is_atom;
use super::fold::{BREAK, GLUE};
use super::hosts::{is_mail_host, is_mail_host_name};
use super::words::is_mail_word;

/// Characters between a mail host and the text after it.
const ENDS: [char; 5] = ['.', '-', '+', '&', '_'];

/// Separates such texts in a folded text: by a [`BREAK`] before an address, and by [`GLUE`] after
/// it.
pub fn parted(folded: &str) -> Cow<'_, str> {
    let is_run = |c: char| is_atom(c) || matches!(c, '.' | '@');
    if folded.matches('@').nth(1).is_none() {
        return folded.into();
    }
    let mut parted = String::with_capacity(folded.len());
    for piece in folded.split_inclusive(|c| !is_run(c)) {
        let run = piece.trim_end_matches(|c| !is_run(c));
        match parted_run(run) {
            Some(new) if !parted.ends_with(GLUE) => parted.push_str(&new),
            _ => parted.push_str(run),
        }
        parted.push_str(&piece[run.len()..]);
    }
    parted.into()
}

fn parted_run(run: &str) -> Option<String> {
    let (first, rest) = run.split_once('@')?;
    let (second, third) = rest.split_once('@')?;
    if is_announcing(first) && !second.is_empty() && mail_host_in(third).is_some() {
        let address = parted_run(rest).unwrap_or_else(|| rest.to_owned());
        return Some(format!("{first}{BREAK}{address}"));
    }
    let host = mail_host_in(second).filter(|_| !first.is_empty())?;
    let behind = &rest[host.len()..];
    Some(format!("{first}@{host}{GLUE}{}", behind.trim_start_matches(['@', '.'])))
}

/// Whether an address can follow the at sign after this word: an empty word, "mail" or "gmail".
fn is_announcing(word: &str) -> bool {
    word.is_empty() || is_mail_word(word) || is_mail_host_name(word)
}

/// The longest mail host at the beginning of the text, up to the text's end or a sign.
fn mail_host_in(text: &str) -> Option<&str> {
    let ends = text.char_indices().filter(|(_, c)| ENDS.contains(c)).map(|(end, _)| end).take(8);
    let hosts = ends.chain([text.len()]).filter_map(|end| text.get(..end));
    hosts.filter(|host| is_mail_host(host)).last()
}
