//! Reading what providers write: counts as numbers, texts or nothing, ids as numbers or texts.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A count in any of the forms seen: `12`, `12.0`, `"12"`, `"1,234"`. What is absent, null, negative (32-bit overflow)
/// or anything else is unknown, never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count(pub Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => digits(text.trim()),
            _ => None,
        }))
    }
}

/// A float that is a whole number, below the point where floats skip some.
fn whole(float: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_whole = float.fract() == 0.0 && (0.0..=EXACT).contains(&float);
    is_whole.then(|| format!("{float:.0}").parse().ok()).flatten()
}

/// Digits, with or without commas between thousands.
fn digits(text: &str) -> Option<u64> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let thousands: Vec<&str> = groups.collect();
    let is_grouped =
        thousands.is_empty() || ((1..=3).contains(&first.len()) && thousands.iter().all(|group| group.len() == 3));
    let plain = text.replace(',', "");
    let is_number = is_grouped && plain.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| plain.parse().ok()).flatten()
}

/// A text that some write as a number: ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        }))
    }
}

/// A value of another type than expected is as good as absent: one drifted field must not cost the others.
pub fn lenient<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

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
    fn a_count_is_what_it_says_or_unknown(#[case] json: &str, #[case] expected: Option<u64>) {
        assert_eq!(serde_json::from_str::<Count>(json).unwrap(), Count(expected));
    }

    #[test]
    fn an_id_beyond_two_to_the_53_keeps_all_its_digits() {
        let id: Text = serde_json::from_str("7572198435487501598").unwrap();
        assert_eq!(id.0, "7572198435487501598");
    }
}
