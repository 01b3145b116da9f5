//! Reading the suppliers' JSON: lenient about types, strict about money, safe against anything.
//!
//! Values stay raw text until someone asks for them in a type, so an amount is parsed from its digits and never passes
//! through a float, and a value that nobody asks for may be as deep or as odd as it likes.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use shop::Money;
use shop::ids::Phone;

/// A whole answer.
#[derive(Debug)]
pub(crate) enum Json<'a> {
    /// `{…}`
    Object(Object<'a>),
    /// `[…]`
    Rows(Vec<&'a RawValue>),
    /// A bare value, which no endpoint answers.
    Bare,
}

impl<'a> Json<'a> {
    /// Reads an answer; `None` where it is not JSON, or repeats a key with another value.
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        let raw: &RawValue = serde_json::from_slice(body).ok()?;
        match first_byte(raw) {
            b'{' => Object::of(raw).map(Self::Object),
            b'[' => rows_of(raw).map(Self::Rows),
            _ => Some(Self::Bare),
        }
    }

    pub(crate) fn object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            Self::Rows(_) | Self::Bare => None,
        }
    }

    /// The rows of a list: a bare array, or an array or object (its values) under `key`.
    pub(crate) fn rows(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        match self {
            Self::Rows(rows) => Some(rows.clone()),
            Self::Object(object) => object.rows(key),
            Self::Bare => None,
        }
    }
}

/// An object whose values are still raw.
#[derive(Debug, Clone)]
pub(crate) struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    /// Reads a value as an object.
    pub(crate) fn of(raw: &'a RawValue) -> Option<Self> {
        Self::parse(raw.get())
    }

    /// Reads a text as an object.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The value under a key; `None` for `null` too.
    pub(crate) fn raw(&self, key: &str) -> Option<&'a RawValue> {
        self.0.get(key).copied().filter(|raw| raw.get() != "null")
    }

    /// Whether a key is there, be it `null`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// All keys with their values.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, raw)| (key.as_str(), *raw))
    }

    /// A string's content, or the digits of a number or word of a boolean as written.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.raw(key).and_then(scalar)
    }

    /// Whether the value is written as a number.
    pub(crate) fn is_number(&self, key: &str) -> bool {
        self.raw(key).is_some_and(|raw| matches!(first_byte(raw), b'-' | b'0'..=b'9'))
    }

    /// A whole number, written as number or string.
    pub(crate) fn integer(&self, key: &str) -> Option<i64> {
        self.text(key)?.trim().parse().ok()
    }

    /// A whole number that fits an id.
    pub(crate) fn id(&self, key: &str) -> Option<u32> {
        self.integer(key).and_then(|number| u32::try_from(number).ok())
    }

    /// 1, 0, "1", "0", true, false; anything else says nothing.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        match self.text(key)?.trim() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        }
    }

    /// An amount in dollars, from the digits as written; `None` for every form that [`Money::parse`] refuses.
    pub(crate) fn money(&self, key: &str) -> Option<Money> {
        Money::parse(&self.text(key)?).ok()
    }

    /// A phone number, with its country code.
    pub(crate) fn phone(&self, key: &str) -> Option<Phone> {
        Phone::parse(&self.text(key)?)
    }

    /// The elements of an array, or the values of an object.
    pub(crate) fn rows(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        let raw = self.raw(key)?;
        match first_byte(raw) {
            b'[' => rows_of(raw),
            b'{' => Self::of(raw).map(|object| object.0.into_values().collect()),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Unambiguous)
    }
}

/// Refuses an object that says two different things under one key: which one would be true?
struct Unambiguous;

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Object<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries: BTreeMap<String, &'de RawValue> = BTreeMap::new();
        while let Some((key, raw)) = map.next_entry::<String, &'de RawValue>()? {
            if let Some(earlier) = entries.insert(key, raw)
                && earlier.get() != raw.get()
            {
                return Err(A::Error::custom("a key stands twice with different values"));
            }
        }
        Ok(Object(entries))
    }
}

/// A string's content, or a number or boolean as written.
pub(crate) fn scalar(raw: &RawValue) -> Option<String> {
    match first_byte(raw) {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'{' | b'[' => None,
        _ if raw.get() == "null" => None,
        _ => Some(raw.get().to_owned()),
    }
}

fn rows_of(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

fn first_byte(raw: &RawValue) -> u8 {
    raw.get().as_bytes().first().copied().unwrap_or_default()
}
