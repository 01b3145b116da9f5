//! Extending a rental: bought like a number, with a quote and a hold of its own; what it brings is the rental's new end.

use super::{Facts, buying, order, put};
use crate::catalogue::Product;
use crate::command::{Alarm, Note, Refusal, Write};
use crate::extension::end_after;
use crate::ledger;
use crate::order::{Extended, Number, Order, Quote, RefundReason, State};
use crate::{Money, UnixSeconds};

/// Whether what a quote is for may be extended: the buyer's own rental, as it stands, and once at a time.
pub(super) fn may_extend(quote: &Quote, facts: &Facts) -> Result<(), Refusal> {
    if quote.wish.extends.is_none() {
        return Ok(());
    }
    let rental = facts.rental.as_ref().filter(|rental| rental.user == quote.user).ok_or(Refusal::UnknownOrder)?;
    if !rental.can_be_extended(facts.now) || rental.extension() != quote.wish {
        return Err(Refusal::TooLate);
    }
    if facts.is_being_extended { Err(Refusal::BeingExtended) } else { Ok(()) }
}

/// The rental must still be there when the supplier is about to be paid.
pub(super) fn may_start(order: &Order, facts: &Facts) -> Result<(), Refusal> {
    let is_there = facts.rental.as_ref().is_some_and(|rental| rental.can_be_extended(facts.now));
    if order.is_extension() && !is_there { Err(Refusal::TooLate) } else { Ok(()) }
}

/// The supplier extended a rental. One whose user has the money back already is our loss, and the days are the user's all
/// the same, as a late message is.
pub(super) fn extended(
    expires_at: Option<UnixSeconds>,
    cost: Option<Money>,
    facts: &Facts,
) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let (Some(rental), Product::Rental(days)) = (&facts.rental, order.wish.product) else {
        return Err(Refusal::UnknownOrder);
    };
    let (Some(number), None) = (&rental.number, order.extended) else { return Ok(Vec::new()) };
    let is_kept = matches!(rental.state, State::Active | State::Done);
    let is_paid = match order.state {
        State::Buying { .. } | State::Ambiguous { .. } => is_kept,
        State::Refunded(_) => false,
        State::Reserved | State::Active | State::Closing { .. } | State::Done => return Ok(Vec::new()),
    };
    let until = expires_at.filter(|end| *end > number.expires_at).unwrap_or(end_after(number.expires_at, days));
    let cost = cost.unwrap_or(order.quoted_cost).max(Money::ZERO);
    let brought = Order { extended: Some(Extended { cost, until }), watched_until: None, ..order.clone() };
    let mut writes = if is_paid { paid(brought, facts) } else { lost(brought, facts) };
    writes.push(Write::Post(ledger::extension_cost(order.id, cost, facts.now)));
    if is_kept {
        writes.extend(keep(rental, number, until, is_paid, facts));
    }
    if cost > order.quoted_cost {
        writes.push(Write::Alarm(Alarm::CostAboveQuote));
    }
    writes.extend(buying::found(order, facts));
    Ok(writes)
}

/// The price is earned, and the extension is over: only its rental lives on.
fn paid(order: Order, facts: &Facts) -> Vec<Write> {
    let capture = ledger::capture(order.user, order.id, order.price, facts.now);
    vec![Write::Post(capture), put(Order { state: State::Done, ended_at: Some(facts.now), ..order })]
}

/// Nobody pays for it: its user has the money back, or gets it back because the rental was given back meanwhile.
fn lost(order: Order, facts: &Facts) -> Vec<Write> {
    let alarm = Write::Alarm(Alarm::WrittenOff);
    if !order.is_open() {
        return vec![put(order), alarm];
    }
    let (user, id) = (order.user, order.id);
    let release = ledger::release(user, id, order.price, facts.now);
    let state = State::Refunded(RefundReason::Unknown);
    let ended = Order { state, ended_at: Some(facts.now), ..order };
    vec![Write::Post(release), put(ended), alarm, Write::Tell(user, Note::Failed(id))]
}

/// The rental with its new end. One that its user has paid more for is not given back any more; one that had ended goes on.
fn keep(rental: &Order, number: &Number, until: UnixSeconds, is_paid: bool, facts: &Facts) -> Vec<Write> {
    let number = Some(Number { expires_at: until, ..number.clone() });
    let longer = Order { number, ended_at: None, ..rental.clone() };
    if rental.state == State::Active && is_paid {
        let capture = ledger::capture(rental.user, rental.id, rental.price, facts.now);
        return vec![Write::Post(capture), put(Order { state: State::Done, ..longer })];
    }
    vec![put(longer)]
}

#[cfg(test)]
#[path = "extending_tests.rs"]
mod tests;
