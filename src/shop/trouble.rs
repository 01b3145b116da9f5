//! What keeps a server from selling although the operator lets it: found by the shop itself, and over by itself. It is
//! kept in the books, so that a restart neither forgets it nor tells the admins of it again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Money, UnixSeconds};

/// How often the admins are told of the same trouble at one server, in seconds.
pub const TELL_EVERY_S: i64 = 1_800;

/// What is wrong at a server.
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
    strum::EnumMessage,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Trouble {
    /// Its supplier does not answer ([`crate::breaker`]).
    #[strum(message = "the supplier does not answer")]
    Silent,
    /// Our balance there is too low.
    #[strum(message = "our balance is too low")]
    NoMoney,
    /// Its supplier refuses our key or login.
    #[strum(message = "the supplier refuses our login")]
    KeyRefused,
    /// Its supplier has blocked our account for a while.
    #[strum(message = "the supplier blocks us for a while")]
    Blocked,
    /// One purchase has no clear answer, and only our balance tells what became of it: nothing else is bought meanwhile
    /// (purchase protocol, section 9). Not worth an alarm.
    #[strum(message = "a purchase without an answer is looked for")]
    Looking,
}

/// Since when, and what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// When it began.
    pub at: UnixSeconds,
    /// When it is over in any case; `None`: an answer of the supplier ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixSeconds>,
    /// Our balance that ends it; `None`: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<Money>,
    /// Whether the admins were told.
    #[serde(default)]
    pub told: bool,
}

/// The troubles of one server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Troubles {
    /// Those that are.
    pub now: BTreeMap<Trouble, Since>,
    /// When the admins were last told of each kind.
    pub told_at: BTreeMap<Trouble, UnixSeconds>,
}

impl Troubles {
    /// Whether nothing is wrong, and nothing was lately.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.now.is_empty() && self.told_at.is_empty()
    }
}

impl Trouble {
    /// Whether the admins are told.
    #[must_use]
    pub const fn is_told(self) -> bool {
        match self {
            Self::Silent | Self::NoMoney | Self::KeyRefused | Self::Blocked => true,
            Self::Looking => false,
        }
    }

    /// Whether the operator's change of the key or of the switch ends it.
    #[must_use]
    pub const fn ends_with_settings(self) -> bool {
        match self {
            Self::NoMoney | Self::KeyRefused | Self::Blocked => true,
            Self::Silent | Self::Looking => false,
        }
    }
}
