//! What tools put in the place of the signs of a link: HTML, JSON, markdown and percent-encoding.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The text with the escapes of HTML, JSON and markdown undone, as far as they stand for a sign that links have.
pub(super) fn undone(text: &str) -> Cow<'_, str> {
    let has_html = text.contains('&') && text.contains(';');
    if !has_html && !text.contains('\\') {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '\\']) {
        let (before, behind) = rest.split_at(at);
        plain.push_str(before);
        let escape = if behind.starts_with('&') { entity(behind) } else { backslashed(behind) };
        // What stands for nothing stays.
        let (sign, length) = escape.unwrap_or((if behind.starts_with('&') { '&' } else { '\\' }, 1));
        plain.push(sign);
        rest = &behind[length..];
    }
    plain.push_str(rest);
    plain.into()
}

/// A text whose links are percent-encoded as a whole, decoded; some tools do it twice. None where none is.
pub(super) fn percent_undone(text: &str) -> Option<String> {
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

/// An entity of HTML at the start of a text: the sign, and how long the entity is.
fn entity(text: &str) -> Option<(char, usize)> {
    /// No longer ones are known here.
    const LONGEST: usize = 10;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let sign = match name {
        "amp" | "AMP" => '&',
        "quot" => '"',
        "apos" => '\'',
        "lt" => '<',
        "gt" => '>',
        "nbsp" => ' ',
        "colon" => ':',
        "sol" => '/',
        "quest" => '?',
        "equals" => '=',
        "period" => '.',
        "commat" => '@',
        "lowbar" => '_',
        "num" => '#',
        "percnt" => '%',
        "hyphen" | "dash" => '-',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|sign| !sign.is_control())?
        }
    };
    Some((sign, end + 1))
}

/// Backslashes at the start of a text and the sign that they escape, in JSON (`\/`, `\u0026`) or markdown (`\_`), once or more often: the
/// sign, and how long all that is. Not `\.` and `\@`, which nobody escapes and which are another host's to a browser.
fn backslashed(text: &str) -> Option<(char, usize)> {
    let rest = text.trim_start_matches('\\');
    let count = text.len() - rest.len();
    let sign = rest.chars().next()?;
    if sign == 'u' {
        let code = u32::from_str_radix(rest.get(1..5)?, 16).ok()?;
        return char::from_u32(code).filter(char::is_ascii_graphic).map(|sign| (sign, count + 5));
    }
    // A line break of JSON's between two links.
    if matches!(sign, 'n' | 'r' | 't') {
        return rest[1..].starts_with("http").then_some(('\n', count + 1));
    }
    "/_?=&-#~*()[]!+\"':%|".contains(sign).then(|| (sign, count + sign.len_utf8()))
}
