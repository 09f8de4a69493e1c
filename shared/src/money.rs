//! Money: a whole number of micro-dollars in code, decimal dollars on the wire and on the command
//! line.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in millionths of a US dollar. It is never negative, because there are no debts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroDollars(pub u64);

const MICROS_PER_DOLLAR: u64 = 1_000_000;
const DECIMALS: usize = 6;

impl MicroDollars {
    /// Nothing.
    pub const ZERO: Self = Self(0);
}

/// Decimal dollars without trailing zeros: "0.001", "100", "0".
impl fmt::Display for MicroDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, micros) = (self.0 / MICROS_PER_DOLLAR, self.0 % MICROS_PER_DOLLAR);
        if micros == 0 {
            return write!(f, "{dollars}");
        }
        let fraction = format!("{micros:0DECIMALS$}");
        write!(f, "{dollars}.{}", fraction.trim_end_matches('0'))
    }
}

/// A change of an amount, in millionths of a US dollar, displayed with its sign: "+5", "-0.001",
/// "0".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Change(pub i64);

impl Change {
    /// No change.
    pub const ZERO: Self = Self(0);

    /// The change from one amount to another.
    #[must_use]
    pub fn between(from: MicroDollars, to: MicroDollars) -> Self {
        let signed = |amount: MicroDollars| i64::try_from(amount.0).unwrap_or(i64::MAX);
        Self(signed(to).saturating_sub(signed(from)))
    }

    /// The addition of this amount.
    #[must_use]
    pub fn plus(amount: MicroDollars) -> Self {
        Self::between(MicroDollars::ZERO, amount)
    }

    /// The subtraction of this amount.
    #[must_use]
    pub fn minus(amount: MicroDollars) -> Self {
        Self::between(amount, MicroDollars::ZERO)
    }

    /// The amount without its sign.
    #[must_use]
    pub const fn amount(self) -> MicroDollars {
        MicroDollars(self.0.unsigned_abs())
    }

    /// Whether it is a subtraction.
    #[must_use]
    pub const fn lowers(self) -> bool {
        self.0 < 0
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.0 {
            0 => "",
            1.. => "+",
            _ => "-",
        };
        write!(f, "{sign}{}", self.amount())
    }
}

/// Reads an amount with an optional sign; without a sign, it is an addition.
impl FromStr for Change {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, ParseAmountError> {
        let amount = text.strip_prefix(['+', '-']).unwrap_or(text).parse::<MicroDollars>()?;
        if i64::try_from(amount.0).is_err() {
            return Err(ParseAmountError::TooLarge);
        }
        Ok(if text.starts_with('-') { Self::minus(amount) } else { Self::plus(amount) })
    }
}

/// The reason why a string isn't an amount of dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
    /// The string isn't `digits` or `digits.digits`.
    #[error("write dollars as digits with a point, like 25 or 0.001")]
    Form,
    /// The amount has more decimals than are stored.
    #[error("at most six decimals: amounts are kept in millionths of a dollar")]
    TooPrecise,
    /// The amount exceeds the type's range.
    #[error("the amount is too large")]
    TooLarge,
}

/// Reads decimal dollars exactly, without rounding.
impl FromStr for MicroDollars {
    type Err = ParseAmountError;

    fn from_str(text: &str) -> Result<Self, ParseAmountError> {
        let (dollars, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(dollars) || !digits(fraction) {
            return Err(ParseAmountError::Form);
        }
        if fraction.len() > DECIMALS {
            return Err(ParseAmountError::TooPrecise);
        }
        let number = |part: &str| part.parse::<u64>().map_err(|_| ParseAmountError::TooLarge);
        number(dollars)?
            .checked_mul(MICROS_PER_DOLLAR)
            .and_then(|micros| micros.checked_add(number(&format!("{fraction:0<DECIMALS$}")).ok()?))
            .map(Self)
            .ok_or(ParseAmountError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_and_written_exactly() {
        for (text, micros) in [("0", 0), ("0.001", 1_000), ("0.000001", 1), ("100", 100_000_000), ("12.5", 12_500_000)]
        {
            assert_eq!(text.parse(), Ok(MicroDollars(micros)));
            assert_eq!(MicroDollars(micros).to_string(), text);
        }
    }

    #[test]
    fn changes_are_read_and_written_with_their_sign() {
        for (text, micros) in [("0", 0), ("+0.001", 1_000), ("-12.5", -12_500_000)] {
            assert_eq!(text.parse(), Ok(Change(micros)));
            assert_eq!(Change(micros).to_string(), text);
        }
        assert_eq!("5".parse(), Ok(Change(5_000_000)));
        for text in ["", "-", "--5", "+-5", "- 5", "\u{2212}5"] {
            assert_eq!(text.parse::<Change>(), Err(ParseAmountError::Form), "{text}");
        }
    }

    #[test]
    fn an_inexact_amount_is_refused() {
        for text in ["", "-1", "+1", "1,5", "$5", "1.", ".5", "1e3", " 1", "NaN"] {
            assert_eq!(text.parse::<MicroDollars>(), Err(ParseAmountError::Form), "{text}");
        }
        assert_eq!("0.0000001".parse::<MicroDollars>(), Err(ParseAmountError::TooPrecise));
        assert_eq!("99999999999999".parse::<MicroDollars>(), Err(ParseAmountError::TooLarge));
    }
}
