//! What is known of each server and of the supplier behind it: a row per server. Whatever differs between two suppliers is
//! a column here, so that nothing else asks which server it deals with.

use crate::ServerId;
use crate::places::squash;

/// One server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Where its numbers are from.
    pub coverage: Coverage,
    /// Whether its supplier lists our orders.
    pub lists: OrderLists,
    /// Whether its rentals sleep.
    pub rentals: Rentals,
    /// How long a temporary number waits for its code at most, in minutes, as far as is known before it is bought; the order
    /// knows its exact end.
    pub code_minutes: u16,
    /// How many of its orders are asked about one by one per second, all together: those that no list tells of.
    pub looks_per_s: u32,
    /// What gives its supplier away to whoever reads it: lower case, without blanks and marks ([`names_a_supplier`]).
    pub supplier_names: &'static [&'static str],
}

/// Where a server's numbers are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// One country only, by its ISO 3166 alpha-2 code.
    Only(&'static str),
    /// All that the supplier lists.
    World,
}

/// Whether a supplier lists our open and past orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderLists {
    /// It does: one call tells of all open orders, and a purchase whose answer was lost is looked up.
    Kept,
    /// It does not: each open order is asked about alone, and one purchase at a time is made, with our balance read before
    /// and after (purchase protocol, section 9).
    Absent,
}

/// Whether a rental can receive at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rentals {
    /// It can.
    Awake,
    /// It sleeps, and is woken for a while.
    Sleep,
}

impl ServerId {
    /// What is known of it.
    #[must_use]
    pub const fn profile(self) -> &'static Profile {
        match self {
            Self::One => &ONE,
            Self::Two => &TWO,
        }
    }
}

const ONE: Profile = Profile {
    coverage: Coverage::Only("US"),
    lists: OrderLists::Absent,
    rentals: Rentals::Sleep,
    // Its supplier speaks of 10 minutes in one place and of 15 in another.
    code_minutes: 15,
    // What its supplier allows is not known: half of what our client lets through, so that purchases find a turn.
    looks_per_s: 2,
    supplier_names: &["nonvoip", "نونفويب", "نانفويب", "نونفوايب", "نانفوايب"],
};

const TWO: Profile = Profile {
    coverage: Coverage::World,
    lists: OrderLists::Kept,
    rentals: Rentals::Awake,
    code_minutes: 20,
    looks_per_s: 4,
    supplier_names: &["smspool", "اساماسبول", "سمسبول"],
};

/// Whether a text names a supplier, however it is spelled: no user may read it.
#[must_use]
pub fn names_a_supplier(text: &str) -> bool {
    let written = squash(text);
    let mut names = ServerId::ALL.iter().flat_map(|server| server.profile().supplier_names);
    names.any(|name| written.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_supplier_is_recognised_in_every_spelling_and_nobody_else_is() {
        for spelling in [
            "SMSPool",
            "sms pool",
            "www.smspool.net",
            "S.M.S. Pool (US)",
            "ＳＭＳＰｏｏｌ",
            "NonVoipUsNumber.com",
            "non-VoIP US number",
            "إس إم إس بول",
            "سمس بول",
            "نون فويب",
            "نان-ڤويب",
        ] {
            assert!(names_a_supplier(spelling), "{spelling}");
        }
        for other in ["WhatsApp", "CheapVoip", "HotVOIP", "Pool", "SMS", "Pokemon Center", "noon Shopping", "نون", ""]
        {
            assert!(!names_a_supplier(other), "{other}");
        }
        for server in ServerId::ALL {
            let names = server.profile().supplier_names;
            assert!(!names.is_empty() && names.iter().all(|name| squash(name) == *name), "{server:?}: {names:?}");
        }
    }
}
