//! Names of things, each a type of its own, checked where it enters.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01 UTC.
pub type UnixSeconds = i64;

/// A person, by Telegram's numeric id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub u64);

/// An order of ours: the number of the quote that it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub u64);

/// A price shown to one user, valid once and for a short time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuoteId(pub u64);

/// A support ticket, by the number that users and operators say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(pub u64);

/// A supplier's number for a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CountryId(pub u32);

/// A supplier's number for a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceId(pub u32);

/// What users see of a supplier. What is known of each stands in [`crate::server`].
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::FromRepr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ServerId {
    /// Server 1.
    One = 1,
    /// Server 2.
    Two = 2,
}

impl ServerId {
    /// All servers, in order.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The number that users see and operators type, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The server with this number.
    #[must_use]
    pub const fn numbered(number: u8) -> Option<Self> {
        Self::from_repr(number)
    }
}

/// A rental's length in days, 1 to 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(pub u16);

impl Days {
    /// The same in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0 as i64 * 86_400
    }
}

/// The rental lengths that the shop offers, where a supplier sells them.
pub const OFFERED_DAYS: [Days; 4] = [Days(1), Days(3), Days(7), Days(30)];

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// A number in base 36, lower case: short in a button's 64 bytes.
#[must_use]
pub fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(ALPHABET[(number % 36) as usize]);
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.reverse();
    String::from_utf8(digits).expect("the alphabet is ASCII")
}

impl QuoteId {
    /// The order that uses this quote: one quote, one order.
    #[must_use]
    pub const fn order(self) -> OrderId {
        OrderId(self.0)
    }
}

impl OrderId {
    /// Reads what [`fmt::Display`] or [`base36`] wrote, in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if plain { u64::from_str_radix(text, 36).ok().map(Self) } else { None }
    }
}

impl fmt::Display for OrderId {
    /// Base 36 in capitals, at least four characters: `002F`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:0>4}", base36(self.0).to_uppercase())
    }
}

/// A supplier's id of an order or rental: 1 to 64 of `A-Za-z0-9_-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SupplierOrderId(String);

impl SupplierOrderId {
    /// Accepts only what is safe in a log, a path and a form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        ((1..=64).contains(&text.len()) && text.bytes().all(safe)).then(|| Self(text.to_owned()))
    }

    /// An id that stands for one that is not told.
    #[must_use]
    pub fn anonymous() -> Self {
        Self("-".to_owned())
    }

    /// The id as the supplier wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A phone number in E.164: `+` and 7 to 15 digits. Its `Debug` hides all but the last four.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Reads digits with or without a leading `+`; blanks, dashes and brackets are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kept: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let digits = kept.strip_prefix('+').unwrap_or(&kept);
        let plausible = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        plausible.then(|| Self(format!("+{digits}")))
    }

    /// The number as `+12025550123`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number without `+` and the calling code, where it begins with that code.
    #[must_use]
    pub fn national(&self, calling_code: &str) -> Option<&str> {
        self.0[1..].strip_prefix(calling_code).filter(|rest| !calling_code.is_empty() && !rest.is_empty())
    }

    /// The same with zeros for all but the first four digits: the calling code is still there, the person is not.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mask = |(place, digit)| if place > 4 { '0' } else { digit };
        Self(self.0.chars().enumerate().map(mask).collect())
    }

    /// The last four digits.
    #[must_use]
    pub fn tail(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Phone(…{})", self.tail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_what_they_show() {
        for number in [0, 1, 35, 36, 1_000_000, u64::from(u32::MAX)] {
            assert_eq!(OrderId::parse(&OrderId(number).to_string()), Some(OrderId(number)));
        }
        for hostile in ["", "../a", "a b", "1234567890123", "é"] {
            assert_eq!(OrderId::parse(hostile), None, "{hostile}");
        }
    }

    #[test]
    fn phones_are_digits_and_hide_in_logs() {
        for (text, phone) in [("12025550123", "+12025550123"), ("+1 (202) 555-0123", "+12025550123")] {
            assert_eq!(Phone::parse(text).map(|p| p.as_str().to_owned()), Some(phone.to_owned()));
        }
        for hostile in ["", "+", "12a4567", "123", "1234567890123456", "١٢٣٤٥٦٧٨"] {
            assert_eq!(Phone::parse(hostile), None, "{hostile}");
        }
        assert_eq!(format!("{:?}", Phone::parse("12025550123")), "Some(Phone(…0123))");
        assert_eq!(Phone::parse("12025550123").map(|phone| phone.masked()), Phone::parse("12020000000"));
    }

    #[test]
    fn supplier_ids_cannot_carry_a_path() {
        assert!(SupplierOrderId::parse("ABCDEFGH").is_some());
        for hostile in ["", "../x", "a\"b", &"x".repeat(65)] {
            assert_eq!(SupplierOrderId::parse(hostile), None);
        }
    }
}
