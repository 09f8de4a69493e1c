//! Removes keys from output and saved files: a provider's response may repeat the request.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use shared::provider::{ENTRIES, Settings};
use url::Url;
use url::form_urlencoded::byte_serialize;

/// The replacement for a secret.
const INSTEAD: &str = "[key]";
/// In bytes. A longer part of a configured address's path may be a key.
const LONGEST_NAME_IN_PATH: usize = 15;

/// Knows the operator's secrets, and removes them from strings.
pub struct Redactor {
    /// The secrets in all spellings, the longest first, because one may be a part of another.
    secrets: Vec<String>,
}

impl Redactor {
    /// A redactor for all keys, and for parts of the providers' addresses that may be keys.
    pub fn new(settings: &Settings) -> Self {
        let keys = settings.keys.values().map(|key| key.expose_secret().to_owned());
        let in_addresses = ENTRIES.iter().flat_map(|entry| secrets_in(&settings.base_urls[entry.name], entry.base_url));
        let forms: BTreeSet<String> = keys.chain(in_addresses).flat_map(|secret| forms(&secret)).collect();
        let mut secrets: Vec<String> = forms.into_iter().filter(|form| !form.is_empty()).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// Removes the secrets from a string.
    pub fn text(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, INSTEAD))
    }

    /// Removes the secrets from a body. JSON stays as it was written, if possible; anything else
    /// becomes a JSON string.
    pub fn body(&self, body: &[u8]) -> serde_json::Result<Box<RawValue>> {
        let text = String::from_utf8_lossy(body);
        let clean = self.text(&text);
        let Ok(value) = serde_json::from_str::<Value>(&text) else { return to_raw_value(&clean) };
        let value = self.value(value);
        // JSON escapes may hide a secret; only the parsed value shows it.
        let is_clean = serde_json::from_str::<Value>(&clean).is_ok_and(|told| told == value);
        if is_clean { RawValue::from_string(clean) } else { to_raw_value(&value) }
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, value)| (self.text(&name), self.value(value))).collect()
            }
            other => other,
        }
    }
}

/// The parts of a configured address that may be a key.
fn secrets_in(address: &Url, usual: &str) -> Vec<String> {
    // Without a password, the user name may be the key.
    let secret = address.password().unwrap_or(address.username());
    let in_path = address.path_segments().into_iter().flatten();
    let in_path = in_path.filter(|part| part.len() > LONGEST_NAME_IN_PATH && !usual.contains(part));
    std::iter::once(secret).chain(in_path).map(str::to_owned).collect()
}

/// A secret in all spellings: decoded, encoded, and escaped for JSON.
fn forms(secret: &str) -> Vec<String> {
    let decoded = percent_decode_str(secret).decode_utf8_lossy().into_owned();
    let forms = [secret, &decoded].into_iter().flat_map(|plain| {
        let encoded = utf8_percent_encode(plain, NON_ALPHANUMERIC).to_string();
        let of_form: String = byte_serialize(plain.as_bytes()).collect();
        [
            with_small_digits(&encoded),
            with_small_digits(&of_form),
            encoded,
            of_form,
            plain.replace('/', r"\/"),
            plain.to_owned(),
        ]
    });
    forms.collect()
}

/// The string with its percent-escapes in lower case: `%2f` for `%2F`.
fn with_small_digits(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        text + "%" + &digits.to_lowercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use shared::config::Config;

    fn redactor() -> Redactor {
        let env = |name: &str| match name {
            "X_BEARER_TOKEN" => Some("AAs3cret/x%3D".to_owned()),
            "FXTWITTER_BASE_URL" => Some("https://user:pa55word@here.example/a-long-s3cret-path/v1".to_owned()),
            _ => None,
        };
        Redactor::new(&Config::read(env).unwrap().providers)
    }

    #[rstest]
    #[case::plain("token AAs3cret/x%3D!", "token [key]!")]
    #[case::decoded("token AAs3cret/x=!", "token [key]!")]
    #[case::encoded("?token=AAs3cret%2Fx%253D", "?token=[key]")]
    #[case::with_small_digits("?token=AAs3cret%2fx%3d", "?token=[key]")]
    #[case::of_an_address(
        "https://user:pa55word@here.example/a-long-s3cret-path/v1",
        "https://user:[key]@here.example/[key]/v1"
    )]
    fn a_secret_is_removed_in_every_spelling(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(redactor().text(text), expected);
    }

    #[test]
    fn a_body_stays_unchanged_except_for_secrets() {
        let body = |text: &str| redactor().body(text.as_bytes()).unwrap().get().to_owned();
        let plain = "{ \"z\": 1.0, \"a\": 123456789012345678901234567890,\n\"b\": \"\\u00e9\"}";
        assert_eq!(body(plain), plain);
        assert_eq!(body(r#"{"z": "AAs3cret\/x%3D", "a": 1.0}"#), r#"{"z": "[key]", "a": 1.0}"#);
        assert_eq!(body(r#"{"z": "AAs3cre\u0074/x%3D", "AAs3cret/x=": 1}"#), r#"{"[key]":1,"z":"[key]"}"#);
        assert_eq!(body("<p>AAs3cret/x=</p>"), r#""<p>[key]</p>""#);
    }
}
