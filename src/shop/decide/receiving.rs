//! Messages: the code is stored and paid for in one transaction, before anybody is told.

use super::{Facts, order, put};
use crate::command::{Note, Refusal, Request, Write};
use crate::ledger;
use crate::order::{Number, Order, Received, Sleep, State, Wake};
use crate::pool::Message;
use crate::{Money, OrderId, SupplierOrderId, UnixSeconds};

/// How often a user may ask for a look at the supplier's side, in seconds.
const CHECK_EVERY_S: i64 = 5;
/// How often a user may ask for another code, in seconds: asking may cost us.
const RESEND_EVERY_S: i64 = 60;

/// Messages arrived. The first one of an open order captures the price; a late one on a refunded order is free.
pub(super) fn received(messages: &[Message], facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let mut next = order.clone();
    for message in messages {
        if !next.messages.iter().any(|known| is_same(&known.message, message)) {
            next.messages.push(Received { message: message.clone(), at: facts.now });
        }
    }
    let fresh = order.messages.len()..next.messages.len();
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let mut writes = Vec::new();
    match order.state {
        State::Reserved | State::Buying { .. } | State::Ambiguous { .. } => return Ok(Vec::new()),
        State::Active | State::Closing { .. } => {
            next.state = State::Done;
            if !order.is_rental() {
                next.ended_at = Some(facts.now);
                // The number lives on, and may receive more.
                next.watched_until = order.number.as_ref().map(|number| number.expires_at);
            }
            writes.push(Write::Post(ledger::capture(order.user, order.id, order.price, facts.now)));
        }
        State::Done | State::Refunded(_) => {}
    }
    writes.extend(fresh.map(|index| tell(&next, index)));
    writes.insert(0, put(next));
    Ok(writes)
}

fn tell(order: &Order, index: usize) -> Write {
    let code = order.messages[index].message.code.clone();
    Write::Tell(order.user, Note::Code { order: order.id, index: u32::try_from(index).unwrap_or(u32::MAX), code })
}

fn is_same(known: &Message, message: &Message) -> bool {
    if message.key.is_empty() {
        known.text == message.text && known.code == message.code
    } else {
        known.key == message.key
    }
}

/// A rental that can no longer be given back is earned; also where a cancel came too late for the supplier.
pub(super) fn rental_kept(facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    if !order.is_rental() || !matches!(order.state, State::Active | State::Closing { .. }) {
        return Ok(Vec::new());
    }
    let capture = ledger::capture(order.user, order.id, order.price, facts.now);
    let mut writes = vec![Write::Post(capture), put(Order { state: State::Done, ..order.clone() })];
    if order.state != State::Active {
        writes.push(Write::Tell(order.user, Note::Kept(order.id)));
    }
    Ok(writes)
}

/// A rental's time is over.
pub(super) fn rental_ended(facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    if !order.is_rental() || order.state != State::Done || order.ended_at.is_some() {
        return Ok(Vec::new());
    }
    let told = Write::Tell(order.user, Note::RentalEnded(order.id));
    Ok(vec![put(Order { ended_at: Some(facts.now), ..order.clone() }), told])
}

/// A look at the supplier's side, at most every few seconds.
pub(super) fn check_now(order: &Order, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    if !order.is_listed(facts.now) || order.number.is_none() {
        return Err(Refusal::TooLate);
    }
    let seconds_ago = order.checked_at.map(|at| facts.now - at);
    if let Some(seconds_ago) = seconds_ago.filter(|seconds| (0..CHECK_EVERY_S).contains(seconds)) {
        return Err(Refusal::JustChecked { seconds_ago });
    }
    let checked = Order { checked_at: Some(facts.now), ..order.clone() };
    Ok(vec![put(checked), Write::Requested(order.id, Request::Check)])
}

/// A rental that sleeps is to be woken. One that is being woken, or is awake, needs nothing more.
pub(super) fn wake(order: &Order, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    match order.sleep(facts.now).ok_or(Refusal::TooLate)? {
        Sleep::Asleep | Sleep::NotWoken => {
            let asked = Order { wake: Some(Wake::Asked { at: facts.now }), ..order.clone() };
            Ok(vec![put(asked), Write::Requested(order.id, Request::Wake)])
        }
        Sleep::Waking | Sleep::Awake { .. } => Ok(Vec::new()),
    }
}

/// The supplier answered the request to wake a rental.
pub(super) fn woken(wake: Wake, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let asked = matches!(order.wake, Some(Wake::Asked { .. }));
    let woken = Order { wake: Some(wake), ..order.clone() };
    Ok(if asked { vec![put(woken)] } else { Vec::new() })
}

/// Another code on the same number: only after the first one, once a minute, and not for rentals, which receive more
/// anyway.
pub(super) fn resend(order: &Order, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    match order.state {
        State::Done if !order.is_rental() && !order.messages.is_empty() => {
            let seconds_ago = order.resend_asked_at.map(|at| facts.now - at);
            if let Some(seconds_ago) = seconds_ago.filter(|seconds| (0..RESEND_EVERY_S).contains(seconds)) {
                return Err(Refusal::JustChecked { seconds_ago });
            }
            let asked = Order { resend_asked_at: Some(facts.now), ..order.clone() };
            Ok(vec![put(asked), Write::Requested(order.id, Request::Resend)])
        }
        State::Reserved | State::Buying { .. } | State::Ambiguous { .. } | State::Active | State::Closing { .. } => {
            Err(Refusal::NoCodeYet)
        }
        State::Done | State::Refunded(_) => Err(Refusal::TooLate),
    }
}

/// Another code is on its way: a child order, free for the user, that owns the supplier's new id. Where the supplier
/// goes on under the same id, the first order is watched on.
pub(super) fn resent(
    child: OrderId,
    id: &SupplierOrderId,
    expires_at: UnixSeconds,
    charge: Money,
    facts: &Facts,
) -> Result<Vec<Write>, Refusal> {
    let parent = order(facts)?;
    let number = parent.number.as_ref().ok_or(Refusal::TooLate)?;
    if number.supplier_id == *id {
        return Ok(vec![put(Order { watched_until: Some(expires_at), ..parent.clone() })]);
    }
    if facts.owner.is_some() {
        return Ok(Vec::new());
    }
    if facts.orphan.as_ref().is_some_and(|orphan| !orphan.can_be_claimed()) {
        return Ok(vec![Write::Tell(parent.user, Note::NoResend(parent.id))]);
    }
    // What was booked when it was found without an owner stays booked.
    let charge = facts.orphan.as_ref().map_or(charge, |orphan| orphan.cost);
    let number = Number { supplier_id: id.clone(), cost: charge, bought_at: facts.now, expires_at, ..number.clone() };
    let order = Order {
        id: child,
        parent: Some(parent.id),
        price: Money::ZERO,
        quoted_cost: charge,
        state: State::Active,
        created_at: facts.now,
        number: Some(number),
        extended: None,
        messages: Vec::new(),
        ended_at: None,
        checked_at: None,
        resend_asked_at: None,
        balance_before: None,
        wake: None,
        watched_until: None,
        ..parent.clone()
    };
    Ok(vec![
        Write::Post(ledger::hold(order.user, child, Money::ZERO, facts.now)),
        Write::Owns(id.clone(), child),
        Write::Post(ledger::cost(id, Some(child), charge, facts.now)),
        put(order),
    ])
}
