//! Giving a number back: a queued intent with a deadline, so that the user's refund never waits for a supplier.

use super::{Facts, order, put};
use crate::command::{Alarm, Note, Refusal, SupplierRefund, Write};
use crate::ledger;
use crate::monitor::LATE_WATCH_EVERY_S;
use crate::order::{CLOSE_LIFE_S, CloseReason, LAST_LOOK_S, LATE_WATCH_S, Order, RefundReason, State};
use crate::{Money, UnixSeconds};

/// The user wants the money back. Before any supplier was contacted that is done at once.
pub(super) fn cancel(order: &Order, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    match order.state {
        State::Closing { .. } => Ok(Vec::new()),
        State::Reserved => Ok(vec![release(order, facts), ended(order, RefundReason::Cancelled, None, facts)]),
        // The supplier is about to be paid for more of it, or was.
        State::Active if facts.is_being_extended => Err(Refusal::BeingExtended),
        State::Active if order.can_cancel(facts.now) => {
            Ok(vec![closing(order, CloseReason::Cancel, facts.now + CLOSE_LIFE_S, facts)])
        }
        State::Active | State::Buying { .. } | State::Ambiguous { .. } | State::Done | State::Refunded(_) => {
            Err(Refusal::TooLate)
        }
    }
}

/// An active temporary order's time is up.
pub(super) fn start(reason: CloseReason, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let expires_at = order.number.as_ref().map_or(facts.now, |number| number.expires_at);
    match order.state {
        State::Active => {
            Ok(vec![closing(order, reason, expires_at.max(facts.now - CLOSE_LIFE_S) + CLOSE_LIFE_S, facts)])
        }
        State::Reserved
        | State::Buying { .. }
        | State::Ambiguous { .. }
        | State::Closing { .. }
        | State::Done
        | State::Refunded(_) => Ok(Vec::new()),
    }
}

/// The supplier's time lock still holds.
pub(super) fn retry(next_try: UnixSeconds, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let State::Closing { reason, deadline, .. } = order.state else {
        return Ok(Vec::new());
    };
    Ok(vec![put(Order { state: State::Closing { reason, deadline, next_try }, ..order.clone() })])
}

/// The end without a message: the user's money is released once; the supplier's is booked back if it said so.
pub(super) fn close(supplier: SupplierRefund, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let reason = match order.state {
        State::Closing { reason: CloseReason::Cancel, .. } => RefundReason::Cancelled,
        State::Closing { reason: CloseReason::Expiry, .. } | State::Active => RefundReason::Expired,
        State::Refunded(_) => return Ok(late_refund(supplier, order, facts)),
        State::Reserved | State::Buying { .. } | State::Ambiguous { .. } | State::Done => return Ok(Vec::new()),
    };
    let note = if reason == RefundReason::Cancelled { Note::Cancelled(order.id) } else { Note::Expired(order.id) };
    let watched_until = match supplier {
        SupplierRefund::Confirmed => None,
        SupplierRefund::Unconfirmed => Some(facts.now + LATE_WATCH_S),
    };
    let mut writes = vec![release(order, facts), ended(order, reason, watched_until, facts)];
    match supplier {
        SupplierRefund::Confirmed => writes.extend(cost_back(order, facts)),
        SupplierRefund::Unconfirmed => writes.push(Write::Alarm(Alarm::UnconfirmedRefund)),
    }
    writes.push(Write::Tell(order.user, note));
    Ok(writes)
}

/// The supplier gave its charge back after the user's refund.
fn late_refund(supplier: SupplierRefund, order: &Order, facts: &Facts) -> Vec<Write> {
    match supplier {
        SupplierRefund::Confirmed if order.watched_until.is_some() => {
            let settled = put(Order { watched_until: None, ..order.clone() });
            cost_back(order, facts).into_iter().chain([settled]).collect()
        }
        SupplierRefund::Confirmed | SupplierRefund::Unconfirmed => Vec::new(),
    }
}

/// Nobody was heard when the watch ended, or is about to end: one more look.
pub(super) fn watch_on(facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let is_over = order.watched_until.is_some_and(|until| until <= facts.now + LATE_WATCH_EVERY_S);
    let refunded = matches!(order.state, State::Refunded(_));
    let on = Order { watched_until: Some(facts.now + LAST_LOOK_S), ..order.clone() };
    Ok((refunded && is_over).then(|| put(on)).into_iter().collect())
}

fn closing(order: &Order, reason: CloseReason, deadline: UnixSeconds, facts: &Facts) -> Write {
    put(Order { state: State::Closing { reason, deadline, next_try: facts.now }, ..order.clone() })
}

fn release(order: &Order, facts: &Facts) -> Write {
    Write::Post(ledger::release(order.user, order.id, order.price, facts.now))
}

fn ended(order: &Order, reason: RefundReason, watched_until: Option<UnixSeconds>, facts: &Facts) -> Write {
    put(Order { state: State::Refunded(reason), ended_at: Some(facts.now), watched_until, ..order.clone() })
}

fn cost_back(order: &Order, facts: &Facts) -> Option<Write> {
    let number = order.number.as_ref().filter(|number| number.cost > Money::ZERO)?;
    Some(Write::Post(ledger::cost_back(&number.supplier_id, Some(order.id), number.cost, facts.now)))
}
