//! The last judgement over purchases whose answer was lost at a supplier that lists no orders (purchase protocol, section
//! 9): what was not sold was given back to the user, and so was what was sold and lost; that loss is in the books to the
//! cent, or the operator was told that nobody could find out.

use std::collections::BTreeSet;

use shop::command::Alarm;
use shop::order::{Order, RefundReason, State};
use shop::orphan::{Loss, OrphanState};
use shop::server::OrderLists;
use shop::{OrderId, SupplierOrderId};

use super::diary::BEGINNING_MS;
use super::supplier::{Deal, Sold, Supplier};
use super::waits::is_calm;
use super::world::World;

/// How long before a purchase our balance may have been read, at most.
const READ_BEFORE_MS: u64 = 16_000;
/// When a purchase without a clear answer is given back, after its call.
const GIVEN_UP_AFTER_MS: u64 = 180_000;
/// How much earlier a clock of whole seconds, and a call under way, may count.
const SLACK_MS: u64 = 17_000;

/// What became of the suppliers' numbers that no order owns.
#[derive(Default)]
pub(super) struct Lost {
    /// In the books as a loss.
    pub(super) written_off: BTreeSet<SupplierOrderId>,
    /// In no books: nobody could find out.
    pub(super) unclear: BTreeSet<SupplierOrderId>,
}

/// Says what is wrong, and what became of each.
pub(super) fn pronounce(world: &World, orders: &[Order]) -> Lost {
    let mut lost = Lost::default();
    let silent = world.suppliers.values().filter(|supplier| !supplier.keeps_lists());
    for supplier in silent {
        let sold = supplier.sold();
        for deal in supplier.deals() {
            let Some(order) = orders.iter().find(|order| Some(order.id) == deal.order) else { continue };
            let of_deal = sold.iter().find(|sold| Some(&sold.id) == deal.sold.as_ref());
            match of_deal.filter(|sold| !is_owned(orders, sold)) {
                Some(sold) => sold_and_lost(world, supplier, &deal, order, sold, &mut lost),
                None => unsold(world, supplier, &deal, order),
            }
        }
    }
    alarms(world, orders);
    lost
}

fn is_owned(orders: &[Order], sold: &Sold) -> bool {
    orders.iter().any(|order| order.number.as_ref().is_some_and(|number| number.supplier_id == sold.id))
}

/// The user has the money back, and the supplier's charge is ours to bear: exactly that, or nothing where it could not be
/// known.
fn sold_and_lost(world: &World, supplier: &Supplier, deal: &Deal, order: &Order, sold: &Sold, lost: &mut Lost) {
    let name = sold.id.as_str();
    if order.state != State::Refunded(RefundReason::Unknown) {
        violated(world, format!("{name} was sold for order {}, and that is {:?}", order.id, order.state));
    }
    let (from_ms, until_ms) = window(deal, order);
    let spoiled = supplier.is_spoiled(deal, from_ms, until_ms);
    match world.store.orphan(&unnamed(order.id)).expect("readable books") {
        Some(orphan) => {
            let written_off = matches!(orphan.state, OrphanState::WrittenOff { loss: Loss::Unnamed, .. });
            if orphan.cost != sold.cost || !written_off {
                violated(world, format!("{name} cost {}, and the books say {orphan:?}", sold.cost));
            }
            lost.written_off.insert(sold.id.clone());
        }
        None => {
            let given_up_ms = (deal.at_ms + GIVEN_UP_AFTER_MS).saturating_sub(SLACK_MS);
            if !spoiled && is_calm(&world.plan, given_up_ms, until_ms) {
                violated(world, format!("{name} was sold and lost, and its cost is nowhere"));
            }
            lost.unclear.insert(sold.id.clone());
        }
    }
}

/// Nothing is booked for what was not sold; and where nothing else happened that is known for certain.
fn unsold(world: &World, supplier: &Supplier, deal: &Deal, order: &Order) {
    let (from_ms, until_ms) = window(deal, order);
    if world.store.orphan(&unnamed(order.id)).expect("readable books").is_some() {
        violated(world, format!("a loss is booked for order {}, for which nothing was lost", order.id));
    }
    let certain = is_calm(&world.plan, from_ms, until_ms) && !supplier.is_spoiled(deal, from_ms, until_ms);
    if certain && deal.sold.is_none() && order.state == State::Refunded(RefundReason::Unknown) {
        violated(world, format!("order {} was not sold, and nobody found out", order.id));
    }
}

/// Whenever nobody could find out, or a loss was found, the operator was told: once for each.
fn alarms(world: &World, orders: &[Order]) {
    let unclear = |order: &&Order| {
        let silent = order.wish.server.profile().lists == OrderLists::Absent;
        silent && order.state == State::Refunded(RefundReason::Unknown)
    };
    let (unclear, status) = (orders.iter().filter(unclear).count(), world.store.status(world.clock_now()));
    let rung = status.expect("readable books").alarms.get(&Alarm::UnclearPurchase).map_or(0, |alarm| alarm.count);
    if u64::try_from(unclear) != Ok(rung) {
        violated(world, format!("{unclear} purchases stayed unclear, and the alarm rang {rung} times"));
    }
}

/// From the balance before a purchase to its end.
fn window(deal: &Deal, order: &Order) -> (u64, u64) {
    let ended_ms = order.ended_at.map_or(i64::MAX, |at| at * 1_000 + 999 - BEGINNING_MS);
    (deal.at_ms.saturating_sub(READ_BEFORE_MS), u64::try_from(ended_ms).unwrap_or(0))
}

/// The name of our own for what was sold for this order and never found.
fn unnamed(order: OrderId) -> SupplierOrderId {
    SupplierOrderId::parse(&format!("lost-{order}")).expect("an id")
}

fn violated(world: &World, how: String) {
    world.diary.violated("section 9", how);
}
