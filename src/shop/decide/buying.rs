//! From a quote to a number: the hold, the one purchase call, and what its answer (or silence) means for the money.

use super::{Facts, extending, order, orphaning, put, troubling};
use crate::command::{Alarm, Note, Refusal, Request, Write, alarm_of};
use crate::ledger;
use crate::order::{
    LATE_WATCH_S, Number, Order, QUOTE_LIFE_S, Quote, RESERVED_LIFE_S, RefundReason, Sleep, State, Wake,
};
use crate::pool::Purchased;
use crate::pricing::sale_price;
use crate::server::OrderLists;
use crate::settings::ServerSettings;
use crate::trouble::Trouble;
use crate::{Money, UserId};

/// The user buys: the price is held, the order made, the quote used, all at once.
pub(super) fn buy(actor: UserId, current: Option<Money>, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let quote = facts.quote.as_ref().filter(|quote| quote.user == actor).ok_or(Refusal::QuoteExpired)?;
    if let Some(order) = quote.used_by {
        return Err(Refusal::QuoteUsed(order));
    }
    may_buy(quote, current, facts)?;
    let order = Order {
        id: quote.id.order(),
        user: actor,
        wish: quote.wish.clone(),
        quote: quote.id,
        parent: None,
        price: quote.price,
        quoted_cost: quote.cost,
        state: State::Reserved,
        created_at: facts.now,
        number: None,
        extended: None,
        messages: Vec::new(),
        ended_at: None,
        checked_at: None,
        resend_asked_at: None,
        balance_before: None,
        wake: None,
        watched_until: None,
    };
    let used = Quote { used_by: Some(order.id), ..quote.clone() };
    let hold = ledger::hold(actor, order.id, order.price, facts.now);
    let bought = Write::Bought(actor, order.wish.clone());
    Ok(vec![Write::Quote(used), Write::Post(hold), put(order), bought])
}

fn may_buy(quote: &Quote, current: Option<Money>, facts: &Facts) -> Result<(), Refusal> {
    if facts.suspended {
        return Err(Refusal::Suspended);
    }
    if !(0..=QUOTE_LIFE_S).contains(&(facts.now - quote.quoted_at)) {
        return Err(Refusal::QuoteExpired);
    }
    let server = facts.settings.server(quote.wish.server);
    if !server.sells() || server.is_paused() {
        return Err(Refusal::NotSelling);
    }
    let today = current.or_else(|| sale_price(quote.cost, server.margin()));
    match today.and_then(|_| sale_price(quote.cost, server.margin())) {
        None => return Err(Refusal::NotSelling),
        Some(by_margin) if by_margin != quote.price => {
            return Err(Refusal::PriceChanged { now: today.unwrap_or(by_margin) });
        }
        Some(_) => {}
    }
    if let Some(now) = current.filter(|now| *now != quote.price) {
        return Err(Refusal::PriceChanged { now });
    }
    extending::may_extend(quote, facts)?;
    within_limits(server, facts)?;
    let missing = quote.price.checked_sub(facts.wallet.available).filter(|missing| *missing > Money::ZERO);
    missing.map_or(Ok(()), |missing| Err(Refusal::NotEnough { missing }))
}

/// The user's own limits first: they say what the user can do about it.
fn within_limits(server: &ServerSettings, facts: &Facts) -> Result<(), Refusal> {
    let limits = &facts.settings.limits;
    if facts.open_of_user >= limits.open_per_user {
        return Err(Refusal::TooManyOpen);
    }
    if facts.purchases_of_user >= limits.purchases_per_user {
        return Err(Refusal::TooFast);
    }
    let is_full = server.open_max.is_some_and(|most| facts.open_at_server >= most);
    if is_full || facts.open_in_all >= limits.open_in_all || facts.purchases_in_all >= limits.purchases_in_all {
        return Err(Refusal::ShopBusy);
    }
    Ok(())
}

/// The worker takes a reserved order that has not waited too long. Only this makes the purchase call permissible, and only once.
pub(super) fn start(boot: u64, balance: Option<Money>, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    if order.state != State::Reserved || facts.now - order.created_at > RESERVED_LIFE_S {
        return Err(Refusal::TooLate);
    }
    let server = facts.settings.server(order.wish.server);
    if !server.sells() || server.is_paused() {
        return Err(Refusal::NotSelling);
    }
    extending::may_start(order, facts)?;
    let state = State::Buying { boot, sent_at: facts.now };
    Ok(vec![put(Order { state, balance_before: balance, ..order.clone() })])
}

/// The supplier sold. A number that came too late for its order, or that another order owns, is an orphan.
pub(super) fn bought(purchased: &Purchased, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let said = purchased.cost.unwrap_or(order.quoted_cost).max(Money::ZERO);
    // What was booked when it was found without an owner stays booked.
    let cost = facts.orphan.as_ref().map_or(said, |orphan| orphan.cost);
    if facts.owner == Some(order.id) {
        return Ok(Vec::new());
    }
    if facts.owner.is_some() {
        // The supplier answered with somebody else's number: ours is still to be found.
        let rung = Write::Alarm(Alarm::DuplicateOrder);
        return unknown(facts).map(|writes| writes.into_iter().chain([rung]).collect());
    }
    if !matches!(order.state, State::Buying { .. } | State::Ambiguous { .. }) {
        return Ok(orphaning::too_late(purchased, order, cost, facts));
    }
    if facts.orphan.as_ref().is_some_and(|orphan| !orphan.can_be_claimed()) {
        // It is on its way back to the supplier: nobody gets a number that is being cancelled.
        return unknown(facts);
    }
    let number = Number {
        supplier_id: purchased.id.clone(),
        phone: purchased.phone.clone(),
        cost,
        pool: purchased.pool,
        bought_at: facts.now,
        expires_at: purchased.expires_at,
    };
    let mut sold = Order { state: State::Active, number: Some(number), ..order.clone() };
    let sleeps = sold.sleep(facts.now) == Some(Sleep::Asleep);
    sold.wake = sleeps.then_some(Wake::Asked { at: facts.now });
    let mut writes = vec![
        Write::Owns(purchased.id.clone(), order.id),
        Write::Post(ledger::cost(&purchased.id, Some(order.id), cost, facts.now)),
        put(sold),
    ];
    // Whoever rents a number waits for a message.
    writes.extend(sleeps.then_some(Write::Requested(order.id, Request::Wake)));
    if cost > order.quoted_cost {
        writes.push(Write::Alarm(Alarm::CostAboveQuote));
    }
    writes.extend(found(order, facts));
    Ok(writes)
}

/// Nothing was bought: the user gets the money back in the same transaction.
pub(super) fn not_bought(reason: RefundReason, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let waited = match order.state {
        // Decided when no supplier had been contacted yet; meanwhile one has.
        State::Buying { .. } | State::Ambiguous { .. } if reason == RefundReason::NotStarted => return Ok(Vec::new()),
        State::Reserved | State::Buying { .. } => false,
        State::Ambiguous { .. } => true,
        State::Active | State::Closing { .. } | State::Done | State::Refunded(_) => return Ok(Vec::new()),
    };
    // The supplier's lists may show late what it sold.
    let watched_until = waited.then_some(facts.now + LATE_WATCH_S);
    let ended = Order { state: State::Refunded(reason), ended_at: Some(facts.now), watched_until, ..order.clone() };
    let mut writes = vec![Write::Post(ledger::release(order.user, order.id, order.price, facts.now)), put(ended)];
    if waited {
        writes.push(Write::Tell(order.user, Note::Failed(order.id)));
    }
    writes.extend(found(order, facts));
    if reason == RefundReason::Unknown && order.wish.server.profile().lists == OrderLists::Absent {
        writes.push(Write::Alarm(Alarm::UnclearPurchase));
    }
    if let RefundReason::Refused(code) = reason {
        writes.extend(alarm_of(code).map(Write::Alarm));
    }
    Ok(writes)
}

/// The purchase call ended without a clear answer, or the process died over it.
pub(super) fn unknown(facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let State::Buying { sent_at, .. } = order.state else {
        return Ok(Vec::new());
    };
    let lost = Order { state: State::Ambiguous { sent_at, clean_misses: 0 }, ..order.clone() };
    Ok([put(lost)].into_iter().chain(troubling::look(order.wish.server, facts)).collect())
}

/// It is known what became of an order: nothing is looked for any more, where it was.
pub(super) fn found(order: &Order, facts: &Facts) -> Vec<Write> {
    match order.state {
        State::Ambiguous { .. } => troubling::end(order.wish.server, Trouble::Looking, facts),
        State::Reserved
        | State::Buying { .. }
        | State::Active
        | State::Closing { .. }
        | State::Done
        | State::Refunded(_) => Vec::new(),
    }
}

/// Complete lists did not show the order.
pub(super) fn clean_miss(facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let order = order(facts)?;
    let State::Ambiguous { sent_at, clean_misses } = order.state else {
        return Ok(Vec::new());
    };
    let state = State::Ambiguous { sent_at, clean_misses: clean_misses.saturating_add(1) };
    Ok(vec![put(Order { state, ..order.clone() })])
}
