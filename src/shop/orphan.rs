//! A supplier's order that no order of ours owns: watched for a moment, then given back, so that its charge comes back
//! to us; written off where it does not. Nobody waits for it, and no user pays for it.
//!
//! From the first request to take it back on it is nobody's for good ([`OrphanState::GivingBack`]): a purchase whose answer
//! comes later still can never get a number that is being cancelled.

use serde::{Deserialize, Serialize};

use crate::catalogue::Product;
use crate::command::Command;
use crate::monitor::{BUYING_MAX_S, CLOSE_RETRY_S, Task, is_time};
use crate::order::{CLOSE_LIFE_S, Order};
use crate::pool::{Cancelled, Check, Completeness, Listed, ListedOrder, ListedRental, Message};
use crate::{Money, ServerId, SupplierOrderId, UnixSeconds};

/// How long an orphan is only watched, in seconds: no call that may have bought it can be running after that.
pub const CLAIM_LIFE_S: i64 = BUYING_MAX_S;
/// How long an orphan is tried to be given back where nobody knows its end, in seconds.
pub const ORPHAN_LIFE_S: i64 = 1_800;
/// The longest that one is tried, whatever end its list names, in seconds: a rental's refund window and a bit.
pub const ORPHAN_LIFE_MAX_S: i64 = 3 * 3_600;
/// How long after the deadline a supplier that says nothing is asked on, in seconds: a loss is booked on its word.
pub const SILENCE_MAX_S: i64 = 86_400;
/// When a supplier that would not take one back, or said nothing, is asked again, in seconds.
pub const ORPHAN_RETRY_S: i64 = 60;
/// When a supplier that says nothing is asked again after the deadline, in seconds.
pub const SILENCE_RETRY_S: i64 = 300;
/// How many orphans are given back at each tick.
pub const ORPHANS_AT_ONCE: usize = 8;

/// A supplier's order that no order of ours owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// The supplier's id.
    pub id: SupplierOrderId,
    /// From which server.
    pub server: ServerId,
    /// What was bought.
    pub product: Product,
    /// What it cost us: what was booked, and what is booked back.
    pub cost: Money,
    /// When it was found.
    pub found_at: UnixSeconds,
    /// Until when the supplier may take it back; `None`: nobody knows.
    pub ends_at: Option<UnixSeconds>,
    /// Where it stands.
    pub state: OrphanState,
}

/// Where an orphan stands. The comment on each says where our money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrphanState {
    /// The supplier has it. Whoever bought the number may still turn up and own it.
    #[default]
    Watched,
    /// The supplier was, or is about to be, asked to take it back. No order can own it any more.
    GivingBack {
        /// When the supplier is asked next.
        next_try: UnixSeconds,
    },
    /// We have it back.
    GivenBack {
        /// Since when.
        at: UnixSeconds,
    },
    /// The supplier keeps it: the loss is ours.
    WrittenOff {
        /// Since when.
        at: UnixSeconds,
        /// Why.
        loss: Loss,
    },
}

/// Why an orphan's cost did not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// A message had arrived: the supplier has earned it. Nobody gets the message.
    MessageArrived,
    /// The supplier did not give it back in time.
    NotReturned,
    /// Only our balance tells of it: the supplier never named it, and lists nothing.
    Unnamed,
}

/// How giving an orphan back ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The supplier gave its charge back.
    Returned,
    /// It did not, and will not.
    Lost(Loss),
}

/// What a supplier says to one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It gave its charge back, now or earlier.
    Returned,
    /// A message had arrived.
    MessageArrived,
    /// Its time lock still holds.
    Locked,
    /// It takes nothing back, or not yet.
    Kept,
    /// Nothing that proves anything.
    Silent,
}

impl Orphan {
    /// One that has just been found.
    #[must_use]
    pub const fn new(
        id: SupplierOrderId,
        server: ServerId,
        product: Product,
        cost: Money,
        ends_at: Option<UnixSeconds>,
        found_at: UnixSeconds,
    ) -> Self {
        Self { id, server, product, cost, found_at, ends_at, state: OrphanState::Watched }
    }

    /// One that only our balance tells of: what this order's purchase cost, whose answer was lost. The supplier lists
    /// nothing that could be given back, so it is written off at once, under a name of our own.
    #[must_use]
    pub fn unnamed(order: &Order, cost: Money, at: UnixSeconds) -> Option<Self> {
        let id = SupplierOrderId::parse(&format!("lost-{}", order.id))?;
        let state = OrphanState::WrittenOff { at, loss: Loss::Unnamed };
        Some(Self { state, ..Self::new(id, order.wish.server, order.wish.product, cost, None, at) })
    }

    /// Whether something is still to be done about it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, OrphanState::Watched | OrphanState::GivingBack { .. })
    }

    /// Whether an order may still own it.
    #[must_use]
    pub const fn can_be_claimed(&self) -> bool {
        matches!(self.state, OrphanState::Watched)
    }

    /// After this a supplier's word that it keeps the money is the last one. A supplier may be a while behind its own end,
    /// as with any order that is closed.
    #[must_use]
    pub fn deadline(&self) -> UnixSeconds {
        match self.ends_at {
            Some(end) => end.clamp(self.found_at, self.found_at + ORPHAN_LIFE_MAX_S) + CLOSE_LIFE_S,
            None => self.found_at + ORPHAN_LIFE_S,
        }
    }

    /// Since when it is time to ask the supplier; `None`: it is not yet, or never again.
    #[must_use]
    pub fn due_since(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        match self.state {
            OrphanState::Watched => Some(self.found_at + CLAIM_LIFE_S).filter(|free_at| *free_at <= now),
            OrphanState::GivingBack { next_try } => Some(next_try).filter(|at| is_time(*at, SILENCE_RETRY_S, now)),
            OrphanState::GivenBack { .. } | OrphanState::WrittenOff { .. } => None,
        }
    }
}

/// Which orphans are to be given back now: a few at a time, those first that have waited longest.
#[must_use]
pub fn due<'a>(orphans: impl Iterator<Item = &'a Orphan>, now: UnixSeconds) -> Vec<Task> {
    let mut waiting: Vec<_> = orphans.filter_map(|orphan| Some((orphan.due_since(now)?, &orphan.id))).collect();
    waiting.sort();
    waiting.into_iter().take(ORPHANS_AT_ONCE).map(|(_, id)| Task::GiveBack(id.clone())).collect()
}

/// What a supplier that would not take a temporary number back knows of it. What ended without a word is looked up in the
/// history, which alone proves a refund then.
#[must_use]
pub fn read_look(id: &SupplierOrderId, check: Option<Check>, history: &[ListedOrder]) -> Said {
    let listed = history.iter().find(|row| row.id == *id).map(|row| row.check.clone());
    let told: Vec<Check> = check.into_iter().chain(listed).collect();
    let any = |wanted: fn(&Check) -> bool| told.iter().any(wanted);
    if any(|check| *check == Check::Refunded) {
        Said::Returned
    } else if any(|check| matches!(check, Check::Received(_) | Check::Unread)) {
        Said::MessageArrived
    } else if told.is_empty() {
        Said::Silent
    } else {
        Said::Kept
    }
}

/// What a supplier that would not take a rental back knows of it. A line that is gone was given back by an earlier try.
#[must_use]
pub fn read_line(id: &SupplierOrderId, lines: &Listed<ListedRental>, messages: &[Message]) -> Said {
    let is_there = lines.rows.iter().any(|line| line.id == *id);
    match (is_there, lines.completeness) {
        (false, Completeness::Whole) => Said::Returned,
        (true, _) if !messages.is_empty() => Said::MessageArrived,
        (true, _) => Said::Kept,
        (false, Completeness::Partial) => Said::Silent,
    }
}

/// The answer to the request itself, where it needs no further look.
#[must_use]
pub const fn read_cancel(cancelled: Option<Cancelled>) -> Option<Said> {
    match cancelled {
        Some(Cancelled::Refunded) => Some(Said::Returned),
        Some(Cancelled::Locked) => Some(Said::Locked),
        Some(Cancelled::Refused) => None,
        None => Some(Said::Silent),
    }
}

/// What follows from what the supplier said.
#[must_use]
pub fn next(orphan: &Orphan, said: Said, now: UnixSeconds) -> Command {
    let (id, deadline) = (orphan.id.clone(), orphan.deadline());
    let wait_s = match said {
        Said::Returned => return Command::SettleOrphan { id, settlement: Settlement::Returned },
        Said::MessageArrived => {
            return Command::SettleOrphan { id, settlement: Settlement::Lost(Loss::MessageArrived) };
        }
        Said::Locked | Said::Kept if now >= deadline => {
            return Command::SettleOrphan { id, settlement: Settlement::Lost(Loss::NotReturned) };
        }
        Said::Silent if now >= deadline + SILENCE_MAX_S => {
            return Command::SettleOrphan { id, settlement: Settlement::Lost(Loss::NotReturned) };
        }
        Said::Silent if now >= deadline => SILENCE_RETRY_S,
        Said::Locked => CLOSE_RETRY_S,
        Said::Kept | Said::Silent => ORPHAN_RETRY_S,
    };
    Command::RetryOrphan { id, next_try: now + wait_s }
}

#[cfg(test)]
#[path = "orphan_tests.rs"]
mod tests;
