//! Escapes that an export leaves in a text: HTML's `&#64;`, JSON's `\u0040`, Markdown's `\_`, and `mailto%3A…`.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use html_escape::decode_html_entities;
use percent_encoding::percent_decode_str;

/// What a backslash makes plain. Exports to Markdown put one before signs that would format, and JSON before `/` and `"`.
const ESCAPED: &str = "_*@[](){}<>`~|!#/\"";
/// What a strict export to Markdown, as for Telegram, escapes as well: all of them in a text, or it isn't one.
const ESCAPED_TOGETHER: &str = ".+-";
/// Without their first letter, which phones write large.
const MAILTO: [&str; 2] = ["ailto", "AILTO"];

/// The text without its escapes. A backslash that escapes nothing stays.
pub fn unescaped(text: &str) -> Cow<'_, str> {
    let text = without_entities(text);
    let text = if text.contains('\\') { without_backslashes(&text).into() } else { text };
    let has_link = |scheme| text.contains('%') && text.contains(scheme);
    if MAILTO.iter().any(|scheme| has_link(*scheme)) { with_mail_links_decoded(&text).into() } else { text }
}

/// Twice: some texts are escaped two times, as `&amp;#64;`.
fn without_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    match decode_html_entities(text) {
        Cow::Borrowed(same) => same.into(),
        Cow::Owned(once) => decode_html_entities(&once).into_owned().into(),
    }
}

fn without_backslashes(text: &str) -> String {
    let runs = text.split_inclusive(char::is_whitespace);
    let mut plain = String::with_capacity(text.len());
    for run in runs {
        let is_strict = is_strictly_escaped(run);
        let mut rest = run.chars().peekable();
        while let Some(c) = rest.next() {
            let decoded = if c == '\\' { escape_in(&mut rest, is_strict) } else { None };
            plain.push(decoded.unwrap_or(c));
        }
    }
    plain
}

/// Whether a backslash stands before each sign that only a strict export escapes.
fn is_strictly_escaped(run: &str) -> bool {
    let mut before = None;
    run.chars().all(|c| before.replace(c) == Some('\\') || !ESCAPED_TOGETHER.contains(c))
}

/// What the escape after a backslash means; nothing is taken where it is none.
fn escape_in(rest: &mut Peekable<Chars<'_>>, is_strict: bool) -> Option<char> {
    let next = *rest.peek()?;
    if next == 'u' {
        return unicode_escape_in(rest);
    }
    let plain = match next {
        'n' | 'r' => '\n',
        't' => ' ',
        _ if ESCAPED.contains(next) || (is_strict && ESCAPED_TOGETHER.contains(next)) => next,
        _ => return None,
    };
    rest.next();
    Some(plain)
}

/// The character of JSON's `u0040`, or of the two that it writes one beyond 16 bits in.
fn unicode_escape_in(rest: &mut Peekable<Chars<'_>>) -> Option<char> {
    let unit_in = |rest: &Peekable<Chars<'_>>, skipped: usize| {
        let digits: String = rest.clone().skip(skipped).take(4).collect();
        (digits.len() == 4).then(|| u16::from_str_radix(&digits, 16).ok()).flatten()
    };
    let first = unit_in(rest, 1)?;
    let pair = [Some(first), unit_in(rest, 7)];
    let decoded = char::decode_utf16(pair.into_iter().flatten()).next()?.ok()?;
    // "u0040", or "u0040\u0040".
    let length = if decoded.len_utf16() == 2 { 11 } else { 5 };
    rest.nth(length - 1);
    Some(decoded)
}

/// The text with what stands after `mailto:`, up to a blank, decoded.
fn with_mail_links_decoded(text: &str) -> String {
    let decoded = text.split_inclusive(char::is_whitespace).map(|run| {
        let start = MAILTO.iter().find_map(|scheme| run.find(scheme).map(|start| start + scheme.len()));
        match start.and_then(|start| run.split_at_checked(start)) {
            Some((before, link)) if is_encoded_link(link) => {
                format!("{before}{}", percent_decode_str(link).decode_utf8_lossy()).into()
            }
            _ => Cow::from(run),
        }
    });
    decoded.collect()
}

fn is_encoded_link(link: &str) -> bool {
    link.starts_with(':') || link.get(..3).is_some_and(|colon| colon.eq_ignore_ascii_case("%3a"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("joe&#64;doe&#x2e;com &lt;joe&gt; &amp; Co&nbsp;", "joe@doe.com <joe> & Co\u{a0}")]
    #[case("joe&commat;doe&period;com, joe&amp;#64;doe.com", "joe@doe.com, joe@doe.com")]
    #[case("R&B & joe&co@doe.com", "R&B & joe&co@doe.com")]
    #[case(r"joe\_doe@doe.com \*joe\*", "joe_doe@doe.com *joe*")]
    #[case(r"joe\.a\-b\+c@doe\.com", "joe.a-b+c@doe.com")]
    #[case(r"joe\.a@doe.com joe\+c@doe.com", r"joe\.a@doe.com joe\+c@doe.com")]
    #[case(r"Joe\njoe\u0040doe.com\r\n\ud83d\udce7\/x", "Joe\njoe@doe.com\n\n\u{1f4e7}/x")]
    #[case(r"\ud83d \u12 \q \", r"\ud83d \u12 \q \")]
    #[case("mailto%3Ajoe%40doe.com 20%25", "mailto:joe@doe.com 20%25")]
    #[case("MAILTO:%20joe%40doe.com", "MAILTO: joe@doe.com")]
    #[case("mailtojoe%40doe.com %", "mailtojoe%40doe.com %")]
    fn escapes_of_exports_are_undone_and_nothing_else(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(unescaped(text), plain);
    }
}
