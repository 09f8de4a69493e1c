//! Undoes escapes that exports and tools leave in a text: HTML's `&#64;`, JSON's `\u0040`,
//! Markdown's `\_`, and percent-encoding.

use std::borrow::Cow;

use html_escape::decode_html_entities;
use percent_encoding::percent_decode_str;

/// The signs that a backslash escapes. They depend on the kind of text that is searched.
pub struct Backslashes {
    /// Signs that JSON, Markdown or a shell escapes.
    pub plain: &'static str,
    /// Signs that only a strict export to Markdown escapes, for example for Telegram. It escapes
    /// all of them in a word; otherwise they aren't escapes.
    pub together: &'static str,
    /// Whether JSON's `
    /// `, `\r` and `\t` are escapes before this text, and not words that begin with such a letter.
    pub are_breaks: fn(&str) -> bool,
}

impl Backslashes {
    /// The text without its escapes. A backslash that escapes nothing stays.
    pub fn undone<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = without_entities(text);
        if text.contains('\\') { self.without_backslashes(&text).into() } else { text }
    }

    fn without_backslashes(&self, text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        for word in text.split_inclusive(char::is_whitespace) {
            let is_strict = self.is_strictly_escaped(word);
            let mut rest = word;
            while let Some(at) = rest.find('\\') {
                let (before, escape) = rest.split_at(at);
                let (meant, length) = self.meant(escape, is_strict).unwrap_or(('\\', 1));
                plain.push_str(before);
                plain.push(meant);
                rest = &escape[length..];
            }
            plain.push_str(rest);
        }
        plain
    }

    /// Whether a backslash is before each sign that only a strict export escapes.
    fn is_strictly_escaped(&self, word: &str) -> bool {
        let mut before = None;
        word.chars().all(|c| before.replace(c) == Some('\\') || !self.together.contains(c))
    }

    /// The escaped sign at a text's beginning, and the length of the escape. An export of an export
    /// has several backslashes.
    fn meant(&self, text: &str, is_strict: bool) -> Option<(char, usize)> {
        let rest = text.trim_start_matches('\\');
        let count = text.len() - rest.len();
        let sign = rest.chars().next()?;
        let behind = count + sign.len_utf8();
        match sign {
            'u' => unicode_escape(&text[count - 1..]).map(|(sign, length)| (sign, count - 1 + length)),
            'n' | 'r' | 't' => {
                (self.are_breaks)(&text[behind..]).then_some((if sign == 't' { ' ' } else { '\n' }, behind))
            }
            _ if self.plain.contains(sign) || (is_strict && self.together.contains(sign)) => Some((sign, behind)),
            _ => None,
        }
    }
}

/// Undoes HTML's escapes twice, because some texts are escaped twice: `&amp;#64;`.
fn without_entities(text: &str) -> Cow<'_, str> {
    let begins_entity = |at: usize| text[at + 1..].starts_with(|c: char| c == '#' || c.is_ascii_alphabetic());
    if !text.match_indices('&').any(|(at, _)| begins_entity(at)) {
        return text.into();
    }
    match decode_html_entities(text) {
        Cow::Borrowed(same) => same.into(),
        Cow::Owned(once) => decode_html_entities(&once).into_owned().into(),
    }
}

/// The character of JSON's `\u0040` at a text's beginning, and the escape's length. A character
/// beyond 16 bits has two escapes.
fn unicode_escape(text: &str) -> Option<(char, usize)> {
    const LENGTH: usize = 6;
    let unit_at = |start: usize| {
        let digits = text.get(start..)?.strip_prefix("\\u")?.get(..4)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_number.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let units = [Some(unit_at(0)?), unit_at(LENGTH)];
    let sign = char::decode_utf16(units.into_iter().flatten()).next()?.ok()?;
    Some((sign, LENGTH * sign.len_utf16()))
}

/// The text with its percent-encoded links decoded; some tools encode them twice. `None` if it has
/// no such link.
pub fn links_decoded(text: &str) -> Option<String> {
    let is_encoded = |text: &str| {
        let lower = text.to_ascii_lowercase();
        !lower.contains("://") && ["http%3a", "https%3a", "http%253a", "https%253a"].iter().any(|it| lower.contains(it))
    };
    let mut plain = None;
    for _ in 0..2 {
        let encoded = plain.as_deref().unwrap_or(text);
        if !is_encoded(encoded) {
            break;
        }
        plain = Some(percent_decode_str(encoded).decode_utf8().ok()?.into_owned());
    }
    plain
}

/// The text, decoded from each `mailto:` to the next space.
pub fn mail_links_decoded(text: &str) -> Cow<'_, str> {
    /// Without the first letter, which telephones capitalise.
    const MAILTO: [&str; 2] = ["ailto", "AILTO"];
    let is_colon = |link: &str| link.get(..3).is_some_and(|colon| colon.eq_ignore_ascii_case("%3a"));
    if !text.contains('%') || !MAILTO.iter().any(|scheme| text.contains(scheme)) {
        return text.into();
    }
    let decoded = text.split_inclusive(char::is_whitespace).map(|run| {
        let start = MAILTO.iter().find_map(|scheme| run.find(scheme).map(|start| start + scheme.len()));
        match start.and_then(|start| run.split_at_checked(start)) {
            Some((before, link)) if link.starts_with(':') || is_colon(link) => {
                [before, &percent_decode_str(link).decode_utf8_lossy()].concat().into()
            }
            _ => Cow::from(run),
        }
    });
    decoded.collect::<String>().into()
}

/// The text without JSON's `u003c` and `u003e` at the beginning of a word, if a tool has lost their
/// backslash: `u003ejane@doe.com`.
pub fn lost_backslashes_undone(text: &str) -> Cow<'_, str> {
    const LOST: [(&str, &str); 5] = [("u003c", "<"), ("u003e", ">"), ("u0022", "\""), ("u0027", "'"), ("u0026", "&")];
    if !text.contains("u00") {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("u00") {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let is_start = !plain.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '\\'));
        let lost = LOST.iter().find(|(name, _)| {
            escape.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) && is_start
        });
        let (meant, length) = lost.map_or(("u", 1), |(name, sign)| (*sign, name.len()));
        plain.push_str(meant);
        rest = &escape[length..];
    }
    plain.push_str(rest);
    plain.into()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ALL: Backslashes = Backslashes { plain: "_*/@\"", together: ".+-", are_breaks: |_| true };

    #[rstest]
    #[case("joe&#64;doe&#x2e;com &lt;joe&gt; &amp; Co&nbsp;", "joe@doe.com <joe> & Co\u{a0}")]
    #[case("joe&commat;doe&period;com, joe&amp;#64;doe.com", "joe@doe.com, joe@doe.com")]
    #[case("R&B & joe&co@doe.com", "R&B & joe&co@doe.com")]
    #[case("https://x.com/?a=1&copy=2&lt=3", "https://x.com/?a=1&copy=2&lt=3")]
    #[case(r"joe\_doe@doe.com \*joe\*", "joe_doe@doe.com *joe*")]
    #[case(r"joe\\_doe https:\\/\\/x.com", "joe_doe https://x.com")]
    #[case(r"joe\.a\-b\+c@doe\.com", "joe.a-b+c@doe.com")]
    #[case(r"joe\.a@doe.com joe\+c@doe.com", r"joe\.a@doe.com joe\+c@doe.com")]
    #[case(r"Joe\njoe\u0040doe.com\r\n\ud83d\udce7\/x", "Joe\njoe@doe.com\n\n\u{1f4e7}/x")]
    #[case(r"\\u0040 \u0026", "@ &")]
    #[case(r"\ud83d \u12 \u+123 \q \", r"\ud83d \u12 \u+123 \q \")]
    fn escapes_are_undone_and_nothing_else(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(ALL.undone(text), plain);
    }

    #[rstest]
    #[case("mailto%3Ajoe%40doe.com 20%25", "mailto:joe@doe.com 20%25")]
    #[case("MAILTO:%20joe%40doe.com", "MAILTO: joe@doe.com")]
    #[case("mailtojoe%40doe.com %", "mailtojoe%40doe.com %")]
    fn links_for_mail_are_decoded(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(mail_links_decoded(text), plain);
    }

    #[rstest]
    #[case("u003ejoe@doe.com", ">joe@doe.com")]
    #[case("Mail: U003Cjoe@doe.com u003cu003e", "Mail: U003Cjoe@doe.com <>")]
    #[case("lou003e@doe.com u0041b u00", "lou003e@doe.com u0041b u00")]
    fn an_escape_that_lost_its_backslash_is_undone_at_a_words_start(#[case] text: &str, #[case] plain: &str) {
        assert_eq!(lost_backslashes_undone(text), plain);
    }

    #[test]
    fn a_link_that_is_encoded_as_a_whole_is_decoded_once_or_twice() {
        for text in ["https%3A%2F%2Fx.com", "HTTPS%253A%252F%252Fx.com"] {
            assert_eq!(links_decoded(text).map(|text| text.to_lowercase()).as_deref(), Some("https://x.com"));
        }
        for text in ["https://x.com/https%3A%2F%2Fy.com", "x.com/%20", "http%3A%FF"] {
            assert_eq!(links_decoded(text), None);
        }
    }
}
