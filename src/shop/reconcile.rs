//! What became of purchases whose answer was lost: the supplier's lists, minus what we know, matched by country,
//! service, price and time. Numbers are interchangeable before their first use, so the oldest goes to the oldest. Where a
//! supplier keeps no lists, our balance there tells whether it charged us ([`balance_round`]).
//!
//! A refund does not end the search: what shows up within the watch after it is the supplier's order without an owner.

use std::collections::BTreeSet;

use crate::catalogue::Product;
use crate::command::Command;
use crate::monitor::BUYING_MAX_S;
use crate::order::{
    AMBIGUOUS_LIFE_S, CLEAN_MISS_AFTER_S, CLEAN_MISSES_NEEDED, LATE_WATCH_S, Order, RefundReason, State,
};
use crate::orphan::Orphan;
use crate::pool::{Check, Completeness, Listed, ListedOrder, ListedRental, Message, Purchased};
use crate::server::OrderLists;
use crate::{Money, Phone, ServerId, SupplierOrderId, UnixSeconds};

/// How much earlier than our sending a supplier's purchase may seem, in seconds: clocks differ.
const CLOCK_SLACK_S: i64 = 30;
/// How much earlier than it was an order may seem bought, in seconds: the lists tell only its end, and lives differ by
/// sub-stock (1,200 s as a rule, 600 s seen).
const LIFE_SLACK_S: i64 = 600;
/// How far a rental's time may be off, in seconds: its end may be rounded by the supplier.
const RENTAL_SLACK_S: i64 = 3_600;
/// How long after its end a number without a message may come back to the supplier by itself, in seconds.
const COMES_BACK_S: i64 = 60;

/// A listed order that may be one of the lost ones.
#[derive(Debug, Clone)]
struct Candidate<'a> {
    id: &'a SupplierOrderId,
    phone: Option<&'a Phone>,
    cost: Option<Money>,
    bought_at: Option<UnixSeconds>,
    expires_at: UnixSeconds,
    message: Option<&'a Message>,
    /// Whether one of the lost orders can have bought it.
    fits: bool,
}

/// What is going on at one server.
struct Round<'a> {
    server: ServerId,
    orders: &'a [Order],
    known: &'a BTreeSet<SupplierOrderId>,
    completeness: Completeness,
    now: UnixSeconds,
}

/// Whether an order's purchase is looked for in the supplier's lists: its answer was lost, or it was given back unfound
/// and is still watched.
#[must_use]
pub fn is_lost(order: &Order, now: UnixSeconds) -> bool {
    matches!(order.state, State::Ambiguous { .. }) || is_late(order, now)
}

/// Nothing shows up late where nothing is listed.
pub(crate) fn is_late(order: &Order, now: UnixSeconds) -> bool {
    let unfound = matches!(order.state, State::Refunded(RefundReason::NotBought | RefundReason::Unknown));
    let lists = order.wish.server.profile().lists == OrderLists::Kept;
    unfound && lists && order.watched_until.is_some_and(|until| now < until)
}

/// What one round settles among temporary orders. `listed` are the open and recent orders; `known` the supplier's ids that
/// have an owner (orphans included). Orders and ids must have been read after the lists.
#[must_use]
pub fn round(
    orders: &[Order],
    server: ServerId,
    listed: &Listed<ListedOrder>,
    known: &BTreeSet<SupplierOrderId>,
    now: UnixSeconds,
) -> Vec<Command> {
    let round = Round { server, orders, known, completeness: listed.completeness, now };
    // Whoever asked for it will claim it.
    let is_resent = |row: &ListedOrder| orders.iter().any(|it| it.wish.server == server && it.has_asked_for(row));
    round.settle(
        |order| !order.is_rental(),
        |lost| {
            let candidate = |row| Candidate { fits: fits(row, lost), ..Candidate::from(row) };
            let left_over = |row| lost.iter().any(|order| is_late(order, now)) && resembles(row, lost);
            let rows = listed.rows.iter().filter(|row| !is_resent(row) && (fits(row, lost) || left_over(row)));
            rows.map(candidate).collect()
        },
    )
}

/// What one round settles among rentals: lines that nobody owns, of the same product, rented when the purchase was sent
/// or later. When a line was rented is derived: its end minus the days.
#[must_use]
pub fn rentals_round(
    orders: &[Order],
    server: ServerId,
    listed: &Listed<ListedRental>,
    known: &BTreeSet<SupplierOrderId>,
    now: UnixSeconds,
) -> Vec<Command> {
    let round = Round { server, orders, known, completeness: listed.completeness, now };
    round.settle(is_rented, |lost| {
        listed.rows.iter().filter(|line| fits_rental(line, lost, now)).map(Candidate::from).collect()
    })
}

/// What one round settles at a server whose supplier keeps no lists: one purchase at a time is in question there, and
/// nothing else changes our balance meanwhile. An unchanged balance is a clean miss. What is missing from it was paid for an
/// extension, which the user has then, or for a number that nobody can find any more: its user gets the money back at the
/// deadline, and we bear the loss. Anything else proves nothing, and neither does a balance that something else may have
/// moved. `money_back_at` is when this supplier last gave a charge back, as far as the books know: such an order is watched no
/// more, and in none of `orders`.
#[must_use]
pub fn balance_round(
    orders: &[Order],
    server: ServerId,
    balance: Option<Money>,
    money_back_at: Option<UnixSeconds>,
    now: UnixSeconds,
) -> Vec<Command> {
    let in_question = |order: &&Order| order.wish.server == server && matches!(order.state, State::Ambiguous { .. });
    let settle = |order: &Order| {
        let came_back = money_back_at.is_some_and(|at| at >= sent_at(order) - COMES_BACK_S);
        let told = balance.filter(|_| !came_back && !is_spoiled(order, orders, now));
        let spent = told.and_then(|balance| order.balance_before?.checked_sub(balance));
        let most = order.quoted_cost.max(order.price);
        match spent {
            Some(Money::ZERO) => missed(order, Completeness::Whole, now).into_iter().collect(),
            Some(spent) if order.is_extension() && is_its_price(order, spent) && spent <= most => {
                // Nothing but the rental's end is to be found, and that is known: the days are the user's.
                vec![Command::Extended { order: order.id, expires_at: None, cost: Some(spent) }]
            }
            Some(spent) if !order.is_extension() && (Money::ZERO..=most).contains(&spent) => {
                let refund = too_late(order, now);
                let loss = refund.as_ref().and_then(|_| Orphan::unnamed(order, spent, now)).map(Command::Orphaned);
                // First the loss: after a crash in between the round comes again, and a known loss changes nothing.
                loss.into_iter().chain(refund).collect()
            }
            Some(_) | None => too_late(order, now).into_iter().collect::<Vec<_>>(),
        }
    };
    orders.iter().filter(in_question).flat_map(settle).collect()
}

/// Whether what is missing is what an extension costs, and no drift of some cents: its user pays for it.
fn is_its_price(order: &Order, spent: Money) -> bool {
    spent.checked_add(spent).is_some_and(|twice| twice >= order.quoted_cost)
}

/// Whether something else may have moved our balance since it was read for this order: a number that ended without a
/// message may come back to the supplier by itself, and one at its deadline is given back.
fn is_spoiled(order: &Order, orders: &[Order], now: UnixSeconds) -> bool {
    let window = sent_at(order) - COMES_BACK_S..=now;
    let comes_back = |other: &Order| {
        let Some(number) = other.number.as_ref().filter(|number| number.cost > Money::ZERO) else { return false };
        let lapsed = !other.is_rental() && window.contains(&number.expires_at);
        let given_back = match other.state {
            State::Active => false,
            State::Closing { deadline, .. } => deadline <= now,
            State::Refunded(_) => other.ended_at.is_some_and(|ended_at| window.contains(&ended_at)),
            State::Reserved | State::Buying { .. } | State::Ambiguous { .. } | State::Done => return false,
        };
        other.messages.is_empty() && (lapsed || given_back)
    };
    orders.iter().filter(|other| other.wish.server == order.wish.server).any(comes_back)
}

/// The open orders of the supplier's that nobody here knows, such as those that were made after a backup that came back.
/// None while a purchase is in flight or looked for: the listed order may be that one's. `orders` and `known` must have
/// been read after the list.
#[must_use]
pub fn strangers<'a>(
    orders: &[Order],
    server: ServerId,
    listed: &'a Listed<ListedOrder>,
    known: &BTreeSet<SupplierOrderId>,
    now: UnixSeconds,
) -> Vec<&'a SupplierOrderId> {
    let unsettled = |order: &Order| matches!(order.state, State::Buying { .. }) || is_lost(order, now);
    if orders.iter().any(|order| order.wish.server == server && unsettled(order)) {
        return Vec::new();
    }
    // Another code on somebody's number is an order of its own at the supplier, and known a moment later.
    let is_ours = |phone: &Phone| orders.iter().any(|order| order.number.as_ref().is_some_and(|it| it.phone == *phone));
    let strange = |row: &&ListedOrder| !known.contains(&row.id) && !row.phone.as_ref().is_some_and(is_ours);
    listed.rows.iter().filter(strange).map(|row| &row.id).collect()
}

impl<'a> Round<'a> {
    /// Settles one group of orders that are alike after the other; no listed order goes to two of them.
    fn settle(
        &self,
        kind: impl Fn(&Order) -> bool,
        candidates: impl Fn(&[&'a Order]) -> Vec<Candidate<'a>>,
    ) -> Vec<Command> {
        let wanted = |order: &&Order| is_lost(order, self.now) && order.wish.server == self.server && kind(order);
        let mut left: Vec<&Order> = self.orders.iter().filter(wanted).collect();
        left.sort_by_key(|order| (sent_at(order), order.id));
        let (mut commands, mut taken) = (Vec::new(), BTreeSet::new());
        while let Some(first) = left.first().copied() {
            let (group, others): (Vec<&Order>, _) = left.into_iter().partition(|order| is_alike(first, order));
            left = others;
            let mut found = candidates(&group);
            found.retain(|row| !self.known.contains(row.id) && taken.insert(row.id.clone()));
            // What can be given to somebody first: a row without a readable number is nobody's yet.
            found.sort_by_key(|row| (row.phone.is_none(), row.bought_at, row.expires_at, row.id.clone()));
            commands.extend(self.settle_group(&group, &found));
        }
        commands
    }

    fn settle_group(&self, group: &[&Order], found: &[Candidate<'_>]) -> Vec<Command> {
        let lost: Vec<&Order> = group.iter().filter(|order| !is_late(order, self.now)).copied().collect();
        if group.first().is_some_and(|order| self.answer_may_still_come(order)) {
            return lost.iter().filter_map(|order| too_late(order, self.now)).collect();
        }
        let mut commands = Vec::new();
        let (fitting, others): (Vec<_>, Vec<_>) = found.iter().partition(|row| row.fits);
        for (index, order) in lost.iter().enumerate() {
            commands.extend(match fitting.get(index) {
                Some(row) => self.matched(order, row),
                None => missed(order, self.completeness, self.now).into_iter().collect(),
            });
        }
        let dearest = group.iter().map(|order| order.quoted_cost).max().unwrap_or_default();
        if let Some(alike) = group.first() {
            let surplus = fitting.into_iter().skip(lost.len()).chain(others);
            commands.extend(surplus.map(|row| self.orphan(row, alike, dearest)));
        }
        commands
    }

    /// While a purchase of the same kind is in flight, a listed order may be its own; also when the call is over and what it
    /// brought is not stored yet.
    fn answer_may_still_come(&self, order: &Order) -> bool {
        let in_flight = |other: &Order| matches!(other.state, State::Buying { .. });
        self.orders.iter().any(|other| is_alike(order, other) && in_flight(other))
    }

    /// A number that cannot be read may become readable; at the deadline the user has the money and we the number.
    fn matched(&self, order: &Order, row: &Candidate<'_>) -> Vec<Command> {
        let Some(phone) = row.phone.cloned() else {
            let refund = too_late(order, self.now);
            let orphan = refund.is_some().then(|| self.orphan(row, order, order.quoted_cost));
            return refund.into_iter().chain(orphan).collect();
        };
        let purchased = Purchased { id: row.id.clone(), phone, cost: row.cost, expires_at: row.expires_at, pool: None };
        let received =
            row.message.map(|message| Command::Received { order: order.id, messages: vec![message.clone()] });
        [Command::Bought { order: order.id, purchased }].into_iter().chain(received).collect()
    }

    /// It can be given back until it ends; a rental as long as the window of those who wanted one.
    fn orphan(&self, row: &Candidate<'_>, alike: &Order, cost: Money) -> Command {
        let cost = row.cost.unwrap_or(cost);
        let product = alike.wish.product;
        let ends_at = match product {
            Product::Temporary => Some(row.expires_at),
            Product::Rental(days) => {
                let rented_at = row.expires_at - days.seconds();
                alike.wish.refund_within_s.map(|within_s| rented_at + i64::from(within_s))
            }
        };
        Command::Orphaned(Orphan::new(row.id.clone(), self.server, product, cost, ends_at, self.now))
    }
}

/// Whether a listed order could be either's: the same service in the same country, or the same line for as many days.
fn is_alike(one: &Order, other: &Order) -> bool {
    let key = |order: &Order| match order.wish.product {
        Product::Temporary => (None, None, order.wish.service_name.trim().to_ascii_lowercase()),
        Product::Rental(days) => (Some(days), order.wish.rental_product, String::new()),
    };
    one.is_extension() == other.is_extension()
        && one.wish.server == other.wish.server
        && one.wish.iso2 == other.wish.iso2
        && key(one) == key(other)
}

/// Whether it is a rental of its own, and no extension of one.
const fn is_rented(order: &Order) -> bool {
    order.is_rental() && !order.is_extension()
}

fn sent_at(order: &Order) -> UnixSeconds {
    match order.state {
        State::Ambiguous { sent_at, .. } | State::Buying { sent_at, .. } => sent_at,
        State::Reserved | State::Active | State::Closing { .. } | State::Done | State::Refunded(_) => order.created_at,
    }
}

/// The same kind, bought no earlier than the first of these was sent and no later than the last one's call can have ended,
/// at no more than was allowed to any. After a restore the lists show orders that a later life sold to others.
fn fits(row: &ListedOrder, lost: &[&Order]) -> bool {
    let last = lost.iter().map(|order| sent_at(order)).max().unwrap_or_default();
    let not_after = last + BUYING_MAX_S + CLOCK_SLACK_S + LIFE_SLACK_S;
    is_kind_since(row, lost, CLOCK_SLACK_S)
        && row.bought_at.is_none_or(|at| at <= not_after)
        && matches!(row.check, Check::Pending | Check::Unread | Check::Received(_))
        && row.cost.is_none_or(|cost| lost.iter().any(|order| cost <= order.quoted_cost))
}

/// The same kind, bought by somebody lately. Numbers are interchangeable: where an order that was sent earlier took the
/// number of one of these, it left its own, which is older and may be dearer. One that has ended is of no use to anybody,
/// and was paid for all the same.
fn resembles(row: &ListedOrder, lost: &[&Order]) -> bool {
    is_kind_since(row, lost, LATE_WATCH_S) && row.check != Check::Refunded
}

fn is_kind_since(row: &ListedOrder, lost: &[&Order], earlier_s: i64) -> bool {
    let Some(first) = lost.first() else { return false };
    let not_before = sent_at(first) - earlier_s - LIFE_SLACK_S;
    first.wish.is_kind_of(row) && row.bought_at.is_none_or(|at| at >= not_before)
}

fn fits_rental(line: &ListedRental, lost: &[&Order], now: UnixSeconds) -> bool {
    let Some((first, Product::Rental(days))) = lost.first().map(|order| (order, order.wish.product)) else {
        return false;
    };
    let rented_at = line.expires_at - days.seconds();
    let same_product = line.product.is_none() || line.product == first.wish.rental_product;
    same_product && (sent_at(first) - RENTAL_SLACK_S..=now + RENTAL_SLACK_S).contains(&rented_at)
}

/// Absence counts only in complete lists; three of them, late enough, prove that nothing was bought.
pub(crate) fn missed(order: &Order, completeness: Completeness, now: UnixSeconds) -> Option<Command> {
    let State::Ambiguous { sent_at, clean_misses } = order.state else {
        return None;
    };
    let proven = completeness == Completeness::Whole
        && clean_misses + 1 >= CLEAN_MISSES_NEEDED
        && now >= sent_at + CLEAN_MISS_AFTER_S;
    if proven {
        return Some(Command::NotBought { order: order.id, reason: RefundReason::NotBought });
    }
    too_late(order, now).or_else(|| (completeness == Completeness::Whole).then_some(Command::CleanMiss(order.id)))
}

/// Nobody could find out in time: the user does not wait for it.
pub(crate) fn too_late(order: &Order, now: UnixSeconds) -> Option<Command> {
    (now >= sent_at(order) + AMBIGUOUS_LIFE_S)
        .then_some(Command::NotBought { order: order.id, reason: RefundReason::Unknown })
}

impl<'a> From<&'a ListedOrder> for Candidate<'a> {
    fn from(row: &'a ListedOrder) -> Self {
        let message = match &row.check {
            Check::Received(message) => Some(message),
            Check::Pending | Check::Unread | Check::Refunded | Check::Ended => None,
        };
        let ListedOrder { id, cost, bought_at, expires_at, .. } = row;
        Self {
            id,
            phone: row.phone.as_ref(),
            cost: *cost,
            bought_at: *bought_at,
            expires_at: *expires_at,
            message,
            fits: true,
        }
    }
}

impl<'a> From<&'a ListedRental> for Candidate<'a> {
    fn from(line: &'a ListedRental) -> Self {
        let (phone, expires_at) = (line.phone.as_ref(), line.expires_at);
        Self { id: &line.id, phone, cost: None, bought_at: None, expires_at, message: None, fits: true }
    }
}

#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
