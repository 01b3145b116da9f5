//! Money: whole micro-dollars, checked, parsed from the digits as written. Never a float.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in micro-dollars (1 USD = 1,000,000). May be negative: ledger postings are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

/// Micro-dollars in a dollar.
pub const MICROS_PER_DOLLAR: i64 = 1_000_000;
/// Micro-dollars in a cent.
pub const MICROS_PER_CENT: i64 = 10_000;

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not of the form `123` or `123.456789`.
    #[error("not an amount: digits, and at most six decimals after a point")]
    Malformed,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount from micro-dollars.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// An amount from whole cents.
    #[must_use]
    pub const fn from_cents(cents: i32) -> Self {
        Self(cents as i64 * MICROS_PER_CENT)
    }

    /// The amount in micro-dollars.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads `^\d{1,6}(\.\d{1,6})?$`: no sign, no exponent, no comma, no surrounding blanks.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`] for every other text.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| (1..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(MoneyError::Malformed);
        }
        let whole: i64 = whole.parse().map_err(|_| MoneyError::Malformed)?;
        let micros: i64 = format!("{fraction:0<6}").parse().map_err(|_| MoneyError::Malformed)?;
        Ok(Self(whole * MICROS_PER_DOLLAR + micros))
    }

    /// The sum, or `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The same amount with the other sign.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Whether this is less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Rounds up to the next multiple of `step` micro-dollars (`step` of at least 1).
    #[must_use]
    pub fn rounded_up_to(self, step: i64) -> Self {
        let step = step.max(1);
        let rest = self.0.rem_euclid(step);
        if rest == 0 { self } else { Self(self.0.saturating_add(step - rest)) }
    }

    /// The decimal form that the suppliers' APIs take: `0.24`, at least two decimals, no needless zeros.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let mut fraction = format!("{:06}", micros % 1_000_000);
        while fraction.len() > 2 && fraction.ends_with('0') {
            fraction.pop();
        }
        format!("{sign}{}.{fraction}", micros / 1_000_000)
    }
}

impl fmt::Display for Money {
    /// Dollars as a person reads them: `$1.20`; a minus is U+2212. Parts of a cent show only where there are some.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "\u{2212}" } else { "" };
        let unsigned = Self(self.0.checked_abs().unwrap_or(i64::MAX));
        write!(formatter, "{sign}${}", unsigned.to_decimal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimal_amounts_parse() {
        for (text, micros) in
            [("0", 0), ("0.24", 240_000), ("12", 12_000_000), ("999999.999999", 999_999_999_999), ("007.5", 7_500_000)]
        {
            assert_eq!(Money::parse(text), Ok(Money(micros)), "{text}");
        }
        let hostile =
            ["", "-1", "+1", "1e3", "1,5", ".5", "5.", "1.1234567", "1234567", "NaN", "١", " 1", "1 ", "1.2.3", "0x1"];
        for text in hostile {
            assert_eq!(Money::parse(text), Err(MoneyError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn amounts_show_as_dollars() {
        for (micros, shown) in [(1_200_000, "$1.20"), (0, "$0.00"), (-50_000, "\u{2212}$0.05"), (243_000, "$0.243")] {
            assert_eq!(Money(micros).to_string(), shown);
        }
    }

    #[test]
    fn rounding_goes_up_once() {
        assert_eq!(Money(240_001).rounded_up_to(10_000), Money(250_000));
        assert_eq!(Money(240_000).rounded_up_to(10_000), Money(240_000));
    }
}
