//! What became of purchases whose answer was lost: the supplier's lists, minus what we know, matched by country,
//! service, price and time. Numbers are interchangeable before their first use, so the oldest goes to the oldest.

use std::collections::BTreeSet;

use crate::catalogue::Product;
use crate::command::Command;
use crate::order::{
    AMBIGUOUS_LIFE_S, CLEAN_MISS_AFTER_S, CLEAN_MISSES_NEEDED, Order, PURCHASE_TIMEOUT_S, RefundReason, State,
};
use crate::pool::{Check, ListedOrder, ListedRental, Purchased};
use crate::{ServerId, SupplierOrderId, UnixSeconds};

/// How much earlier than our sending a supplier's purchase may seem, in seconds: clocks differ.
const CLOCK_SLACK_S: i64 = 30;
/// How much earlier than it was an order may seem bought, in seconds: the lists tell only its end, and lives differ by
/// sub-stock (1,200 s as a rule, 600 s seen).
const LIFE_SLACK_S: i64 = 600;
/// The same for rentals, whose end may be rounded by the supplier.
const RENTAL_SLACK_S: i64 = 3_600;

/// The supplier's complete lists of one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// From which server.
    pub server: ServerId,
    /// Open and recent orders; empty where a list could not be read.
    pub rows: Vec<ListedOrder>,
    /// Whether both lists were read whole: only then does an absence count.
    pub completeness: Completeness,
}

/// Whether a round saw everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Both lists were read.
    Whole,
    /// At least one could not be read.
    Partial,
}

/// What one round settles. `known` are the supplier's ids that have an owner (orphans included).
#[must_use]
pub fn round(orders: &[Order], lists: &Lists, known: &BTreeSet<SupplierOrderId>, now: UnixSeconds) -> Vec<Command> {
    let ambiguous = |order: &&Order| {
        matches!(order.state, State::Ambiguous { .. }) && order.wish.server == lists.server && !order.is_rental()
    };
    let waiting: Vec<&Order> = orders.iter().filter(ambiguous).collect();
    let mut commands = Vec::new();
    let mut settled: BTreeSet<crate::OrderId> = BTreeSet::new();
    let mut taken: BTreeSet<&SupplierOrderId> = BTreeSet::new();
    for order in &waiting {
        if !settled.insert(order.id) {
            continue;
        }
        let mut alike: Vec<&Order> = waiting.iter().filter(|other| is_alike(order, other)).copied().collect();
        settled.extend(alike.iter().map(|order| order.id));
        if answer_may_still_come(order, orders, now) {
            commands.extend(alike.iter().filter_map(|order| too_late(order, now)));
            continue;
        }
        alike.sort_by_key(|order| (sent_at(order), order.id));
        let candidates = candidates(&alike, lists, known);
        for (index, order) in alike.iter().enumerate() {
            match candidates.get(index) {
                Some(listed) if taken.insert(&listed.id) => commands.extend(matched(order, listed)),
                Some(_) | None => commands.extend(missed(order, lists.completeness, now)),
            }
        }
        let surplus = candidates.iter().skip(alike.len()).filter(|listed| taken.insert(&listed.id));
        commands.extend(surplus.map(|listed| orphan(listed, lists.server, order)));
    }
    commands
}

fn is_alike(one: &Order, other: &Order) -> bool {
    one.wish.iso2 == other.wish.iso2 && one.wish.service_name == other.wish.service_name
}

fn sent_at(order: &Order) -> UnixSeconds {
    match order.state {
        State::Ambiguous { sent_at, .. } | State::Buying { sent_at, .. } => sent_at,
        State::Reserved | State::Active | State::Closing { .. } | State::Done | State::Refunded(_) => order.created_at,
    }
}

/// While a purchase of the same kind is in flight, a listed order may be its own.
fn answer_may_still_come(order: &Order, orders: &[Order], now: UnixSeconds) -> bool {
    let in_flight =
        |other: &Order| matches!(other.state, State::Buying { .. }) && now - sent_at(other) < PURCHASE_TIMEOUT_S;
    orders.iter().any(|other| is_alike(order, other) && in_flight(other))
}

/// Unknown orders of the same kind, bought no earlier than the first of these was sent, at no more than was allowed.
fn candidates<'a>(alike: &[&Order], lists: &'a Lists, known: &BTreeSet<SupplierOrderId>) -> Vec<&'a ListedOrder> {
    let Some(first) = alike.first() else { return Vec::new() };
    let not_before = sent_at(first) - CLOCK_SLACK_S - LIFE_SLACK_S;
    let fits = |listed: &&ListedOrder| {
        !known.contains(&listed.id)
            && listed.iso2.eq_ignore_ascii_case(&first.wish.iso2)
            && listed.service_name.trim().eq_ignore_ascii_case(first.wish.service_name.trim())
            && listed.cost.is_none_or(|cost| cost <= first.quoted_cost)
            && listed.bought_at.is_none_or(|at| at >= not_before)
            && matches!(listed.check, Check::Pending | Check::Received(_))
    };
    let mut found: Vec<&ListedOrder> = lists.rows.iter().filter(fits).collect();
    found.sort_by_key(|listed| (listed.bought_at, listed.expires_at, &listed.id));
    found.dedup_by_key(|listed| &listed.id);
    found
}

fn matched(order: &Order, listed: &ListedOrder) -> Vec<Command> {
    let Some(phone) = listed.phone.clone() else { return Vec::new() };
    let purchased =
        Purchased { id: listed.id.clone(), phone, cost: listed.cost, expires_at: listed.expires_at, pool: None };
    let mut commands = vec![Command::Bought { order: order.id, purchased }];
    if let Check::Received(message) = &listed.check {
        commands.push(Command::Received { order: order.id, messages: vec![message.clone()] });
    }
    commands
}

/// Absence counts only in complete lists; three of them, late enough, prove that nothing was bought.
fn missed(order: &Order, completeness: Completeness, now: UnixSeconds) -> Option<Command> {
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
fn too_late(order: &Order, now: UnixSeconds) -> Option<Command> {
    (now >= sent_at(order) + AMBIGUOUS_LIFE_S)
        .then_some(Command::NotBought { order: order.id, reason: RefundReason::Unknown })
}

fn orphan(listed: &ListedOrder, server: ServerId, alike: &Order) -> Command {
    Command::Orphaned { id: listed.id.clone(), server, cost: listed.cost.unwrap_or(alike.quoted_cost) }
}

/// What one round settles for ambiguous rentals: lines that nobody owns, of the same product, rented no earlier than
/// the purchase was sent. `rented_at` is derived: the end minus the days.
#[must_use]
pub fn rentals_round(
    orders: &[Order],
    listed: &[ListedRental],
    completeness: Completeness,
    known: &BTreeSet<SupplierOrderId>,
    now: UnixSeconds,
) -> Vec<Command> {
    let mut waiting: Vec<&Order> =
        orders.iter().filter(|order| order.is_rental() && matches!(order.state, State::Ambiguous { .. })).collect();
    waiting.sort_by_key(|order| (sent_at(order), order.id));
    let mut taken: BTreeSet<&SupplierOrderId> = BTreeSet::new();
    let mut commands = Vec::new();
    for order in waiting {
        let found = listed
            .iter()
            .find(|line| is_lost_rental(order, line) && !known.contains(&line.id) && !taken.contains(&line.id));
        match found.zip(found.and_then(|line| line.phone.clone())) {
            Some((line, phone)) => {
                taken.insert(&line.id);
                let purchased =
                    Purchased { id: line.id.clone(), phone, cost: None, expires_at: line.expires_at, pool: None };
                commands.push(Command::Bought { order: order.id, purchased });
            }
            None => commands.extend(missed(order, completeness, now)),
        }
    }
    commands
}

fn is_lost_rental(order: &Order, line: &ListedRental) -> bool {
    let Product::Rental(days) = order.wish.product else {
        return false;
    };
    let rented_at = line.expires_at - i64::from(days.0) * 86_400;
    let same_product = line.product.is_none() || line.product == order.wish.rental_product;
    same_product && rented_at >= sent_at(order) - RENTAL_SLACK_S
}
