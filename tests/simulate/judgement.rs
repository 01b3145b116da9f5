//! The last judgement over a world at rest: our books against the supplier's truth, and the chats against our books.

use std::collections::BTreeMap;

use shop::order::{Order, State};
use shop::{Money, SupplierOrderId};

use super::chats::Room;
use super::plan::{Kind, Lapse};
use super::supplier::Sold;
use super::unlisted::Lost;
use super::world::World;
use super::{unlisted, user_id};
use crate::support::paid_micros;

/// What no card says once its order has ended.
const UNFINISHED: [&str; 5] =
    ["Getting your number", "Checking with the server", "Waiting for", "Cancelling", "We look for the code"];

/// Says everything that is wrong, if anything is, and what became of numbers that were lost.
pub(super) fn pronounce(world: &World) -> Lost {
    match world.store.audit() {
        Ok(audit) => audit.findings().for_each(|finding| world.diary.violated("audit", finding)),
        Err(error) => world.diary.violated("audit", error),
    }
    world.judge.looks_at_promises();
    world.judge.looks();
    let orders = world.judge.orders();
    let sold: Vec<Sold> = world.suppliers.values().flat_map(|supplier| supplier.sold()).collect();
    purchases(world, orders.len());
    let lost = unlisted::pronounce(world, &orders);
    money(world, &sold, &lost);
    numbers(world, &orders, &sold, &lost);
    for order in &orders {
        words(world, order);
    }
    lost
}

/// I6: the supplier was asked at most once for each order.
fn purchases(world: &World, orders: usize) {
    let (calls, _) = world.judge.purchases_and_orders();
    let asked: usize = world.suppliers.values().map(|supplier| supplier.deals().len()).sum();
    if usize::try_from(calls) != Ok(asked) || asked > orders {
        world.diary.violated("I6", format!("{asked} purchases ({calls} seen) for {orders} orders"));
    }
}

/// I8: what our books say that we paid is what the suppliers charged and kept. What was written off unnamed is a loss
/// whatever becomes of it, and what nobody could find out about stands in no books.
fn money(world: &World, sold: &[Sold], lost: &Lost) {
    let paid = paid_micros(&world.store);
    let now_ms = world.clock.elapsed_ms();
    let is_kept = |sold: &&Sold| lost.written_off.contains(&sold.id) || !sold.is_given_back(now_ms);
    let kept = sold.iter().filter(|sold| !lost.unclear.contains(&sold.id)).filter(is_kept);
    let kept: i64 = kept.map(|sold| sold.cost.micros()).sum();
    if paid != kept {
        world.diary.violated("I8", format!("our books say that {paid} was paid, the supplier kept {kept}"));
    }
}

/// I14: every number that we paid for was delivered or is written off, and nothing that was delivered was given back.
fn numbers(world: &World, orders: &[Order], sold: &[Sold], lost: &Lost) {
    let now_ms = world.clock.elapsed_ms();
    let known = world.store.known_among(sold.iter().map(|sold| &sold.id)).expect("readable books");
    let owners: BTreeMap<&SupplierOrderId, &Order> =
        orders.iter().filter_map(|order| Some((&order.number.as_ref()?.supplier_id, order))).collect();
    let is_lost = |sold: &&Sold| lost.written_off.contains(&sold.id) || lost.unclear.contains(&sold.id);
    for sold in sold.iter().filter(|sold| !is_lost(sold)) {
        let (id, given_back) = (sold.id.as_str(), sold.is_given_back(now_ms));
        if !given_back && sold.cost > Money::ZERO && !known.contains(&sold.id) {
            world.diary.violated("I14", format!("{id} was paid for, and the books do not know it"));
        }
        let arrived = sold.arrived(now_ms).len();
        let Some(order) = owners.get(&sold.id) else {
            // A rental may be found when its refund window is over.
            let can_return = sold.kind == Kind::Temporary && arrived == 0 && !sold.life.keeps_money;
            if !given_back && can_return && sold.cost > Money::ZERO {
                world.diary.violated("I14", format!("{id} is nobody's and was not given back"));
            }
            continue;
        };
        // A rented line receives any service.
        if sold.kind == Kind::Temporary && order.wish.service.0 != sold.service {
            world.diary.violated("I14", format!("{id} was sold for another service than order {}", order.id));
        }
        if arrived > 0 && order.messages.is_empty() {
            world.diary.violated("I14", format!("a message of {id} arrived and is not in order {}", order.id));
        }
        match order.state {
            State::Done if given_back => {
                world.diary.violated("I14", format!("order {} is paid for, and {id} was given back", order.id));
            }
            State::Refunded(_) if !given_back && arrived == 0 && could_return(order, sold) => {
                world.diary.violated("I14", format!("{id} of the refunded order {} was not given back", order.id));
            }
            State::Reserved
            | State::Buying { .. }
            | State::Ambiguous { .. }
            | State::Active
            | State::Closing { .. }
            | State::Done
            | State::Refunded(_) => {}
        }
    }
}

/// Whether a supplier would have given the money for a refunded order back. A rental's refund window may be over, and so
/// may be the time of a number whose money is only given back in time.
fn could_return(order: &Order, sold: &Sold) -> bool {
    let ended = order.number.as_ref().is_some_and(|number| order.ended_at.is_some_and(|at| at >= number.expires_at));
    let too_late = ended && sold.life.lapse == Lapse::Kept;
    !sold.life.keeps_money && !order.is_rental() && !too_late
}

/// I15: what stands in the chat is what is so, and every message that arrived stands there.
fn words(world: &World, order: &Order) {
    let person = order.user.0 - user_id(0).0;
    let said = world.chats.room(person, |room| (!room.blocked).then(|| wrong(room, order)));
    if let Some(wrong) = said.flatten() {
        world.diary.violated("I15", format!("order {} is {:?}, but {wrong}", order.id, order.state));
    }
}

fn wrong(room: &Room, order: &Order) -> Option<String> {
    let key = order.id.to_string();
    let cards: Vec<_> = room.messages.values().filter(|shown| shown.card.as_ref() == Some(&key)).collect();
    let Some(card) = cards.last() else { return Some("there is no card".to_owned()) };
    if let Some(words) = UNFINISHED.iter().find(|words| card.text.contains(**words)) {
        return Some(format!("its card says {words:?}"));
    }
    let told = |text: &str| room.messages.values().any(|shown| shown.text.contains(text));
    let untold = order.messages.iter().filter_map(|received| received.message.code.as_deref()).find(|code| !told(code));
    untold.map(|code| format!("the code {code} is nowhere in the chat"))
}
