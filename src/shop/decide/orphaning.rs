//! A supplier's order without an owner: its cost is booked when it is found, and booked back when the supplier says so.

use super::Facts;
use crate::catalogue::Product;
use crate::command::{Alarm, Refusal, Write};
use crate::ledger;
use crate::order::Order;
use crate::orphan::{Orphan, OrphanState, Settlement};
use crate::pool::Purchased;
use crate::{Money, UnixSeconds};

/// It is kept, to be given back, and told to the operator. One that is known or owned already changes nothing.
pub(super) fn found(orphan: &Orphan, facts: &Facts) -> Vec<Write> {
    if facts.owner.is_some() || facts.orphan.is_some() {
        return Vec::new();
    }
    let cost = ledger::cost(&orphan.id, None, orphan.cost, facts.now);
    let alarm = if orphan.is_open() { Alarm::Orphan } else { Alarm::WrittenOff };
    vec![Write::Orphan(orphan.clone()), Write::Post(cost), Write::Alarm(alarm)]
}

/// A number that came too late for its order is an orphan.
pub(super) fn too_late(purchased: &Purchased, order: &Order, cost: Money, facts: &Facts) -> Vec<Write> {
    let wish = &order.wish;
    let ends_at = match wish.product {
        Product::Temporary => Some(purchased.expires_at),
        Product::Rental(_) => wish.refund_within_s.map(|within_s| order.created_at + i64::from(within_s)),
    };
    found(&Orphan::new(purchased.id.clone(), wish.server, wish.product, cost, ends_at, facts.now), facts)
}

/// The worker is about to ask the supplier to take it back: from here on no order can own it.
pub(super) fn start(facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let orphan = orphan(facts)?;
    match orphan.state {
        OrphanState::Watched => Ok(vec![put(orphan, OrphanState::GivingBack { next_try: facts.now })]),
        OrphanState::GivingBack { .. } | OrphanState::GivenBack { .. } | OrphanState::WrittenOff { .. } => {
            Ok(Vec::new())
        }
    }
}

/// The supplier has not taken it back yet.
pub(super) fn retry(next_try: UnixSeconds, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let orphan = orphan(facts)?;
    match orphan.state {
        OrphanState::GivingBack { .. } => Ok(vec![put(orphan, OrphanState::GivingBack { next_try })]),
        OrphanState::Watched | OrphanState::GivenBack { .. } | OrphanState::WrittenOff { .. } => Ok(Vec::new()),
    }
}

/// The end: our cost is booked back, or it stays and the operator is told.
pub(super) fn settle(settlement: Settlement, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let orphan = orphan(facts)?;
    match orphan.state {
        OrphanState::GivingBack { .. } => {}
        OrphanState::Watched | OrphanState::GivenBack { .. } | OrphanState::WrittenOff { .. } => {
            return Ok(Vec::new());
        }
    }
    let at = facts.now;
    Ok(match settlement {
        Settlement::Returned => {
            let back = ledger::cost_back(&orphan.id, None, orphan.cost, at);
            vec![put(orphan, OrphanState::GivenBack { at }), Write::Post(back)]
        }
        Settlement::Lost(loss) => {
            vec![put(orphan, OrphanState::WrittenOff { at, loss }), Write::Alarm(Alarm::WrittenOff)]
        }
    })
}

/// The orphan in question. One that an order owns by now is none any more.
fn orphan(facts: &Facts) -> Result<&Orphan, Refusal> {
    facts.orphan.as_ref().ok_or(Refusal::UnknownOrder)
}

fn put(orphan: &Orphan, state: OrphanState) -> Write {
    Write::Orphan(Orphan { state, ..orphan.clone() })
}
