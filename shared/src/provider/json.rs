//! Reads fields of providers' bodies by paths, so that a missing field, or one with another type,
//! doesn't affect the others.

use std::borrow::Cow;
use std::fmt::Write;

use jiff::Timestamp;
use serde::de::Error;
use serde_json_borrow::{OwnedValue, Value};

use crate::creator::non_blank;

static NULL: Value<'static> = Value::Null;

/// A parsed body: its values, and the bytes from which they are borrowed. The default is null.
#[derive(Debug, Default)]
pub struct Body(Option<OwnedValue>);

/// A body, or a part of one.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a>(&'a Value<'a>);

impl<'a> From<&'a Body> for Json<'a> {
    fn from(body: &'a Body) -> Self {
        Self(body.0.as_ref().map_or(&NULL, OwnedValue::get_value))
    }
}

impl<'a> Json<'a> {
    /// The part at this path of keys and indexes, such as `items/0/id`; null if it doesn't exist.
    /// The empty path is the whole value.
    #[must_use]
    pub fn at(self, path: &str) -> Self {
        if path.is_empty() {
            return self;
        }
        let step = |value: &'a Value<'a>, key: &str| match value {
            Value::Array(items) => key.parse::<usize>().ok().and_then(|place| items.get(place)),
            Value::Object(fields) => fields.get(key),
            _ => None,
        };
        Self(path.split('/').try_fold(self.0, step).unwrap_or(&NULL))
    }

    /// Whether this path doesn't exist or is null.
    #[must_use]
    pub fn lacks(self, path: &str) -> bool {
        self.at(path).0.is_null()
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.0.is_object()
    }

    /// Whether this path is a list.
    #[must_use]
    pub fn is_list(self, path: &str) -> bool {
        self.at(path).0.is_array()
    }

    /// Whether it is null, an empty list or an empty object.
    #[must_use]
    pub fn is_empty(self) -> bool {
        match self.0 {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        }
    }

    /// A count in any known form: `12`, `12.0`, `"12"`, `"1,234"`. A missing, null or negative
    /// value (32-bit overflow), or any other one, is unknown, never zero.
    #[must_use]
    pub fn count(self, path: &str) -> Option<u64> {
        match self.at(path).0 {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            Value::Str(text) => digits(text.trim()),
            _ => None,
        }
    }

    /// The sum of these counts; unknown if one of them is unknown.
    #[must_use]
    pub fn sum<const N: usize>(self, paths: [&str; N]) -> Option<u64> {
        paths.iter().try_fold(0_u64, |sum, path| sum.checked_add(self.count(path)?))
    }

    /// A code, which may be negative.
    #[must_use]
    pub fn code(self, path: &str) -> Option<i64> {
        match self.at(path).0 {
            Value::Number(number) => number.as_i64(),
            Value::Str(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A string, or an id that some providers send as a number; empty if it is neither.
    #[must_use]
    pub fn string(self, path: &str) -> Cow<'a, str> {
        match self.at(path).0 {
            Value::Str(text) => Cow::Borrowed(text),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => Cow::Borrowed(""),
        }
    }

    /// A trimmed string; `None` if it is missing or blank.
    #[must_use]
    pub fn non_blank(self, path: &str) -> Option<String> {
        non_blank(&self.string(path))
    }

    /// Several strings with spaces between them, such as a first and a last name; `None` if all are
    /// blank.
    #[must_use]
    pub fn non_blank_joined<const N: usize>(self, paths: [&str; N]) -> Option<String> {
        non_blank(&paths.map(|path| self.string(path)).join(" "))
    }

    /// A time in seconds since 1970; zero counts as missing.
    #[must_use]
    pub fn seconds(self, path: &str) -> Option<Timestamp> {
        let seconds = self.count(path).filter(|seconds| *seconds > 0)?;
        Timestamp::from_second(seconds.try_into().ok()?).ok()
    }

    /// A time in the form of RFC 3339. A time before 1970 counts as missing, because programs send
    /// `0001-01-01` for a missing time.
    #[must_use]
    pub fn moment(self, path: &str) -> Option<Timestamp> {
        self.string(path).parse().ok().filter(|moment| *moment > Timestamp::UNIX_EPOCH)
    }

    /// A time in this form of `strptime`, with its offset.
    #[must_use]
    pub fn moment_as(self, path: &str, format: &str) -> Option<Timestamp> {
        let moment = jiff::fmt::strtime::parse(format, self.string(path).trim()).ok()?.to_timestamp().ok();
        moment.filter(|moment| *moment > Timestamp::UNIX_EPOCH)
    }

    /// A duration in seconds, with or without a fraction, as whole seconds; zero counts as missing.
    #[must_use]
    pub fn duration(self, path: &str) -> Option<u64> {
        let fraction = || self.at(path).0.as_f64().and_then(|seconds| whole(seconds.round()));
        self.count(path).or_else(fraction).filter(|seconds| *seconds > 0)
    }

    /// A duration in milliseconds, as whole seconds; zero counts as missing.
    #[must_use]
    pub fn duration_of_millis(self, path: &str) -> Option<u64> {
        let seconds = self.count(path)?.checked_add(500)? / 1000;
        (seconds > 0).then_some(seconds)
    }

    /// A duration in the form of ISO 8601, such as `PT4M13S`, as whole seconds.
    #[must_use]
    pub fn iso_duration(self, path: &str) -> Option<u64> {
        let span: jiff::Span = self.string(path).parse().ok()?;
        let seconds = span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok()?;
        whole(seconds.round()).filter(|seconds| *seconds > 0)
    }

    /// A web address.
    #[must_use]
    pub fn address(self, path: &str) -> Option<String> {
        self.non_blank(path).filter(|text| text.starts_with("https://") || text.starts_with("http://"))
    }

    /// A trimmed string, which may be empty; `None` if it is missing.
    #[must_use]
    pub fn trimmed(self, path: &str) -> Option<String> {
        self.at(path).0.as_str().map(|text| text.trim().to_owned())
    }

    /// Whether it is true; providers send `true` or `1`.
    #[must_use]
    pub fn is_true(self, path: &str) -> bool {
        self.flag(path).unwrap_or_else(|| self.code(path) == Some(1))
    }

    /// A boolean, if it is known.
    #[must_use]
    pub fn flag(self, path: &str) -> Option<bool> {
        self.at(path).0.as_bool()
    }

    /// The items of a list; empty if it isn't a list.
    pub fn items(self, path: &str) -> impl Iterator<Item = Self> {
        self.at(path).0.as_array().into_iter().flatten().map(Self)
    }
}

/// A float that is a whole number, in the range in which floats are exact.
fn whole(float: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_whole = float.fract() == 0.0 && (0.0..=EXACT).contains(&float);
    is_whole.then(|| format!("{float:.0}").parse().ok()).flatten()
}

/// Digits, with or without commas between thousands.
pub fn digits(text: &str) -> Option<u64> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let thousands: Vec<&str> = groups.collect();
    let is_grouped =
        thousands.is_empty() || ((1..=3).contains(&first.len()) && thousands.iter().all(|group| group.len() == 3));
    let plain = text.replace(',', "");
    let is_number = is_grouped && plain.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| plain.parse().ok()).flatten()
}

/// The most values of a body: a parsed object with one field takes up to 250 bytes. A page of 35
/// TikTok videos, each with as many values as the recorded ones, has 33,000.
pub const MAX_NODES: usize = 60_000;
/// The most bytes of a body after its control characters are escaped.
const MAX_ESCAPED: usize = 8 * 1024 * 1024;

/// The highest possible number of values in a body: the commas and opening brackets outside
/// strings, plus one.
#[must_use]
pub fn nodes(bytes: &[u8]) -> usize {
    let (mut nodes, mut is_text, mut is_escape) = (1, false, false);
    for &byte in bytes {
        match byte {
            _ if is_escape => is_escape = false,
            b'\\' => is_escape = is_text,
            b'"' => is_text = !is_text,
            b',' | b'[' | b'{' if !is_text => nodes += 1,
            _ => {}
        }
    }
    nodes
}

/// Parses JSON, also with unescaped control characters in strings, or a byte order mark at its
/// beginning. JSON forbids both, but providers send them.
///
/// # Errors
/// If it isn't JSON otherwise.
pub fn parse(bytes: &[u8]) -> Result<Body, serde_json::Error> {
    let text = str::from_utf8(bytes).map_err(serde_json::Error::custom)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    read(text.to_owned()).or_else(|error| {
        let escaped = if error.is_syntax() { escape_controls(text) } else { None };
        escaped.map_or(Err(error), read)
    })
}

fn read(text: String) -> Result<Body, serde_json::Error> {
    // This error contains serde's own error.
    OwnedValue::from_string(text).map(|value| Body(Some(value))).map_err(|error| {
        let inner = error.into_inner().and_then(|error| error.downcast().ok());
        inner.map_or_else(|| serde_json::Error::custom("not read"), |error| *error)
    })
}

/// Escapes the control characters; `None` if the result would be too large.
fn escape_controls(text: &str) -> Option<String> {
    let controls = text.bytes().filter(|byte| *byte < b' ').count();
    // Each becomes six bytes, for example `\u000a`.
    let length = text.len() + 5 * controls;
    if length > MAX_ESCAPED {
        return None;
    }
    let mut escaped = String::with_capacity(length);
    let (mut is_text, mut is_escape) = (false, false);
    for letter in text.chars() {
        if is_text && letter < ' ' {
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
            continue;
        }
        match letter {
            '"' if !is_escape => is_text = !is_text,
            _ => {}
        }
        is_escape = is_text && letter == '\\' && !is_escape;
        escaped.push(letter);
    }
    Some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn body(text: &str) -> Body {
        parse(text.as_bytes()).unwrap()
    }

    #[rstest]
    #[case("0", Some(0))]
    #[case("2363296787", Some(2_363_296_787))]
    #[case("4030001.0", Some(4_030_001))]
    #[case("\"12\"", Some(12))]
    #[case("\"1,234,567\"", Some(1_234_567))]
    #[case("\" 12 \"", Some(12))]
    #[case("-977433948", None)]
    #[case("\"-1\"", None)]
    #[case("1.5", None)]
    #[case("1e300", None)]
    #[case("\"\"", None)]
    #[case("\"1,2\"", None)]
    #[case("\"1.2M\"", None)]
    #[case("null", None)]
    #[case("true", None)]
    #[case("{}", None)]
    fn a_count_is_read_exactly_or_is_unknown(#[case] json: &str, #[case] expected: Option<u64>) {
        let body = body(&format!("{{\"stats\": [{{\"views\": {json}}}]}}"));
        assert_eq!(Json::from(&body).count("stats/0/views"), expected);
    }

    #[test]
    fn an_id_beyond_two_to_the_53_keeps_all_its_digits() {
        let body = body("{\"id\": 7572198435487501598}");
        assert_eq!(Json::from(&body).string("id"), "7572198435487501598");
    }

    #[rstest]
    #[case("2026-04-16T05:30:09.000+00:00", true)]
    #[case("1970-01-01T00:00:00Z", false)]
    #[case("0001-01-01T00:00:00Z", false)]
    #[case("-009999-01-02T01:59:59Z", false)]
    #[case("2026-04-16T05:30:09", false)]
    #[case("2026-04-16", false)]
    #[case("99999-01-01T00:00:00Z", false)]
    #[case("", false)]
    fn a_time_is_whole_and_after_the_beginning_of_1970(#[case] text: &str, #[case] is_one: bool) {
        let body = body(&format!("{{\"at\": \"{text}\"}}"));
        assert_eq!(Json::from(&body).moment("at").is_some(), is_one);
    }

    #[test]
    fn a_missing_value_is_empty() {
        let body = body("{\"a\": [1], \"b\": \"text\"}");
        for path in ["a/1", "a/b", "a/-1", "b/c", "b/0", "c", "c/d"] {
            assert!(Json::from(&body).at(path).is_empty(), "{path}");
        }
    }

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (body, expected) in
            [("1", 1), ("[1,2,3]", 4), (r#"{"a": {"b": [1]}}"#, 4), (r#"["a,[{\",[", "\\", 3]"#, 4), ("", 1)]
        {
            assert_eq!(nodes(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn raw_control_characters_in_texts_and_a_byte_order_mark_are_read() {
        let body = body("{\"caption\": \"two\nlines \\\"and\\\\\"\n,\t\"likes\": 3}");
        let body = Json::from(&body);
        assert_eq!((&*body.string("caption"), body.count("likes")), ("two\nlines \"and\\", Some(3)));
        assert!(parse(b"\xEF\xBB\xBF{}").is_ok());
        assert!(parse(b"{\"caption\": \"cut\n").is_err());
    }
}
