//! The two languages and the directions in which they are written.

use serde::{Deserialize, Serialize};

/// A language of the screens. Always passed along, never a global setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    En,
    /// Arabic.
    Ar,
}

/// Where reading starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As English.
    LeftToRight,
    /// As Arabic.
    RightToLeft,
}

impl Lang {
    /// The language for a client's `language_code`: `ar` and its regions are Arabic, all else English.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        let primary = code.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("ar") { Self::Ar } else { Self::En }
    }

    /// The name of the locale file: `en` or `ar`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ar => "ar",
        }
    }

    /// Where this language's reading starts.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::En => Direction::LeftToRight,
            Self::Ar => Direction::RightToLeft,
        }
    }
}
