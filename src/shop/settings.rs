//! What the operator can set. A saved value wins over the environment's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pricing::Margin;
use crate::trouble::Troubles;
use crate::{ServerId, UserId};

/// How one server sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct ServerSettings {
    /// The margin; `None`: the default.
    pub margin: Option<Margin>,
    /// Whether it sells; `None`: it does.
    pub selling: Option<Selling>,
    /// The supplier's key, encrypted; `None`: the environment's.
    pub key: Option<SealedKey>,
    /// How often its orders are asked about; `None`: as often as the configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollEvery>,
    /// How many orders of all users may be open at it; `None`: only the shop's limit counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_max: Option<u32>,
    /// What keeps it from selling by itself.
    #[serde(default, skip_serializing_if = "Troubles::is_empty")]
    pub troubles: Troubles,
}

/// How often a server's orders are asked about, in whole seconds from 1 to 300.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PollEvery(u16);

impl PollEvery {
    /// The longest.
    const SECONDS_MAX: u16 = 300;

    /// As an operator types it; `None` for what is no such number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<u16>().ok().and_then(|seconds| Self::try_from(seconds).ok())
    }

    /// The seconds.
    #[must_use]
    pub const fn seconds(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for PollEvery {
    type Error = &'static str;

    fn try_from(seconds: u16) -> Result<Self, Self::Error> {
        let in_range = (1..=Self::SECONDS_MAX).contains(&seconds);
        in_range.then_some(Self(seconds)).ok_or("not 1 to 300 seconds")
    }
}

impl From<PollEvery> for u16 {
    fn from(every: PollEvery) -> Self {
        every.0
    }
}

/// Whether a server sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selling {
    /// It does.
    On,
    /// The operator has stopped it. Open orders go on.
    Off,
}

/// A secret as it is stored: encrypted by the process, opaque to everything else. Hexadecimal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedKey(pub String);

impl std::fmt::Debug for SealedKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SealedKey(…)")
    }
}

/// All settings. Limits protect the shop from one user, and users from a runaway shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Settings {
    /// Of each server of which anything was saved, under its name.
    #[serde(flatten)]
    servers: BTreeMap<ServerId, ServerSettings>,
    /// Limits.
    pub limits: Limits,
    /// Who answers tickets in the chat with the bot: the configuration's, as of the last start.
    pub admins: Vec<UserId>,
}

/// Limits on orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Open orders of one user.
    pub open_per_user: u32,
    /// Open orders of all users.
    pub open_in_all: u32,
    /// Purchases of one user within [`PURCHASES_WITHIN_S`].
    pub purchases_per_user: u32,
    /// Purchases of all users within [`PURCHASES_WITHIN_S`].
    pub purchases_in_all: u32,
}

/// The time that purchases are counted over, in seconds.
pub const PURCHASES_WITHIN_S: i64 = 60;

/// One of the [`Limits`].
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::EnumMessage,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "kebab-case")]
pub enum Limit {
    /// Of [`Limits::open_per_user`].
    #[strum(message = "open orders a user")]
    OpenPerUser,
    /// Of [`Limits::open_in_all`].
    #[strum(message = "open orders in all")]
    OpenInAll,
    /// Of [`Limits::purchases_per_user`].
    #[strum(message = "purchases a minute a user")]
    PurchasesPerUser,
    /// Of [`Limits::purchases_in_all`].
    #[strum(message = "purchases a minute in all")]
    PurchasesInAll,
}

impl Limits {
    /// One of them.
    #[must_use]
    pub const fn of(&self, limit: Limit) -> u32 {
        match limit {
            Limit::OpenPerUser => self.open_per_user,
            Limit::OpenInAll => self.open_in_all,
            Limit::PurchasesPerUser => self.purchases_per_user,
            Limit::PurchasesInAll => self.purchases_in_all,
        }
    }

    /// One of them, to change.
    pub const fn of_mut(&mut self, limit: Limit) -> &mut u32 {
        match limit {
            Limit::OpenPerUser => &mut self.open_per_user,
            Limit::OpenInAll => &mut self.open_in_all,
            Limit::PurchasesPerUser => &mut self.purchases_per_user,
            Limit::PurchasesInAll => &mut self.purchases_in_all,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { open_per_user: 20, open_in_all: 10_000, purchases_per_user: 10, purchases_in_all: 120 }
    }
}

/// A server of which nothing was saved.
static UNSET: ServerSettings = ServerSettings {
    margin: None,
    selling: None,
    key: None,
    poll: None,
    open_max: None,
    troubles: Troubles { now: BTreeMap::new(), told_at: BTreeMap::new() },
};

impl ServerSettings {
    /// The margin in force.
    #[must_use]
    pub fn margin(&self) -> Margin {
        self.margin.unwrap_or(Margin::DEFAULT)
    }

    /// Whether the operator lets it sell.
    #[must_use]
    pub fn sells(&self) -> bool {
        self.selling != Some(Selling::Off)
    }

    /// Whether something keeps it from selling for a while.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        !self.troubles.now.is_empty()
    }
}

impl Settings {
    /// One server's settings.
    #[must_use]
    pub fn server(&self, server: ServerId) -> &ServerSettings {
        self.servers.get(&server).unwrap_or(&UNSET)
    }

    /// Nothing is sold, on any server.
    pub fn stop_selling(&mut self) {
        ServerId::ALL.iter().for_each(|server| self.server_mut(*server).selling = Some(Selling::Off));
    }

    /// One server's settings, to change.
    pub fn server_mut(&mut self, server: ServerId) -> &mut ServerSettings {
        self.servers.entry(server).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_an_earlier_version_saved_still_load() {
        let saved = r#"{"one":{"margin":null,"selling":null,"key":null},"two":{"margin":{"basis_points":1250},"selling":"off","key":"00ff"}}"#;
        let settings: Settings = serde_json::from_str(saved).expect("an older form");
        let two = settings.server(ServerId::Two);
        assert_eq!(settings.server(ServerId::One), &ServerSettings::default());
        assert_eq!((two.poll, two.open_max), (None, None));
        assert_eq!(two.selling, Some(Selling::Off));
        let mut changed = settings;
        changed.server_mut(ServerId::Two).poll = PollEvery::parse("300");
        changed.server_mut(ServerId::Two).open_max = Some(0);
        let again: Settings = serde_json::from_str(&serde_json::to_string(&changed).expect("text")).expect("settings");
        assert_eq!(again, changed);
    }

    #[test]
    fn seconds_that_are_too_few_or_too_many_are_none() {
        for text in ["0", "301", "-1", "1.5", "", "70000"] {
            assert_eq!(PollEvery::parse(text), None, "{text}");
        }
        assert_eq!(PollEvery::parse("1").map(PollEvery::seconds), Some(1));
        assert!(serde_json::from_str::<PollEvery>("0").is_err());
    }
}
