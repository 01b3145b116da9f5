//! What a button carries, and the one rule that decides whether a press still counts.
//!
//! A token is `flow.instance.revision.action`, at most 64 bytes. It names an intent and nothing else: no price, no
//! owner. The revision stands only in the tokens of buttons that count once; all others write `-` there and so survive
//! re-renders, language switches and deploys.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::action::{base36, from_base36};

/// The longest token, in bytes: Telegram's limit for callback data.
pub const TOKEN_BYTES_MAX: usize = 64;

/// A button's token, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The flow's tag.
    pub flow: String,
    /// The frame that showed the button.
    pub instance: u64,
    /// The session's revision at that time, for buttons that count once.
    pub revision: Option<u64>,
    /// What was pressed, in short form.
    pub pressed: Code,
}

/// The last part of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The flow's own action, in its short form.
    Action(String),
    /// One step back.
    Back,
    /// To the main menu.
    Home,
}

/// Why a press does not count. Not an error: keyboards live forever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
pub enum Stale {
    /// The data is no token of ours.
    Unreadable,
    /// The frame that showed the button is gone.
    OtherInstance,
    /// The current screen does not offer this any more.
    NotOffered,
    /// The button counts once, and something has happened since.
    OtherRevision,
}

impl Token {
    /// Reads callback data. Everything that this crate did not write is refused.
    #[must_use]
    pub fn parse(data: &str) -> Option<Self> {
        if data.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let parts: Vec<&str> = data.split('.').collect();
        let [flow, instance, revision, code] = parts.as_slice() else {
            return None;
        };
        let revision = if *revision == "-" { None } else { Some(from_base36(revision)?) };
        let pressed = match *code {
            "" => return None,
            "_b" => Code::Back,
            "_h" => Code::Home,
            action => Code::Action(action.to_owned()),
        };
        Some(Self { flow: (*flow).to_owned(), instance: from_base36(instance)?, revision, pressed })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revision = self.revision.map_or_else(|| "-".to_owned(), base36);
        let code = match &self.pressed {
            Code::Action(code) => code.as_str(),
            Code::Back => "_b",
            Code::Home => "_h",
        };
        write!(formatter, "{}.{}.{revision}.{code}", self.flow, base36(self.instance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back() {
        for text in ["buy.1.-.b", "buy.zz.a1.p-3", "home.1.-._h", "wallet.9.-._b"] {
            assert_eq!(Token::parse(text).map(|token| token.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn hostile_data_is_no_token() {
        let long = "a".repeat(65);
        for data in ["", ".", "...", "a.b", "a.01.-.b", "a.1.01.b", "a.1.-.", "a.1.-.b.c", "a.-1.-.b", "a.é.-.b", &long]
        {
            assert_eq!(Token::parse(data), None, "{data}");
        }
    }
}
