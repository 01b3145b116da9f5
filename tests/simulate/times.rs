//! How long people wait, by what they wait for: from a press to its stored step, from a press on Buy to the number on the
//! card, from the supplier's message to the code in the chat.

use std::collections::BTreeMap;
use std::sync::Mutex;

use shop::order::Order;
use shop::{OrderId, ServerId};

use super::diary::locked;
use super::user_id;
use super::world::World;

/// What people wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum WaitFor {
    /// From a press to its stored step.
    Step,
    /// From a press on Buy to the number on the card.
    Number,
    /// From the supplier's message to the code in the chat.
    Code,
}

/// One wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) server: ServerId,
    pub(crate) wait_for: WaitFor,
    pub(crate) from_ms: u64,
    pub(crate) took_ms: u64,
}

/// Presses and when they were stored.
#[derive(Default)]
pub(crate) struct Presses(Mutex<Pressed>);

#[derive(Default)]
struct Pressed {
    steps: Vec<Wait>,
    on_buy_ms: BTreeMap<OrderId, u64>,
}

impl Presses {
    /// A press of that time about a server is stored now.
    pub(crate) fn is_stored(&self, server: ServerId, pressed_at_ms: u64, now_ms: u64) {
        let took_ms = now_ms.saturating_sub(pressed_at_ms);
        locked(&self.0).steps.push(Wait { server, wait_for: WaitFor::Step, from_ms: pressed_at_ms, took_ms });
    }

    /// Buy was pressed for this order; the first press counts.
    pub(crate) fn buys(&self, order: OrderId, pressed_at_ms: u64) {
        locked(&self.0).on_buy_ms.entry(order).or_insert(pressed_at_ms);
    }

    /// When Buy was pressed, for each order that was wished for.
    pub(crate) fn on_buy_ms(&self) -> BTreeMap<OrderId, u64> {
        locked(&self.0).on_buy_ms.clone()
    }
}

/// Every wait in a world at rest.
pub(crate) fn waits(world: &World, orders: &[Order]) -> Vec<Wait> {
    let mut waits = locked(&world.presses.0).steps.clone();
    let pressed = world.presses.on_buy_ms();
    for order in orders {
        waits.extend(number(world, order, pressed.get(&order.id).copied()));
        waits.extend(codes(world, order));
    }
    waits
}

fn number(world: &World, order: &Order, pressed_at_ms: Option<u64>) -> Option<Wait> {
    let (number, from_ms) = (order.number.as_ref()?, pressed_at_ms?);
    let shown_ms = world.chats.said_at_ms(order.user.0 - user_id(0).0, from_ms, number.phone.as_str())?;
    let server = order.wish.server;
    Some(Wait { server, wait_for: WaitFor::Number, from_ms, took_ms: shown_ms - from_ms })
}

fn codes(world: &World, order: &Order) -> Vec<Wait> {
    let (server, person) = (order.wish.server, order.user.0 - user_id(0).0);
    let sold = order.number.as_ref().and_then(|number| world.suppliers[&server].find(&number.supplier_id));
    let arrivals = sold.iter().flat_map(|sold| sold.arrivals(world.clock.elapsed_ms()));
    let wait = |(from_ms, message): (u64, &shop::pool::Message)| {
        let told_ms = world.chats.said_at_ms(person, from_ms, message.code.as_deref()?)?;
        Some(Wait { server, wait_for: WaitFor::Code, from_ms, took_ms: told_ms - from_ms })
    };
    arrivals.filter_map(wait).collect()
}

/// Waits in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    pub(crate) p50_ms: u64,
    pub(crate) p99_ms: u64,
    pub(crate) max_ms: u64,
}

impl Spread {
    /// Of these waits.
    pub(crate) fn of(waits: impl Iterator<Item = u64>) -> Self {
        let mut sorted: Vec<u64> = waits.collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied();
        let [p50_ms, p99_ms, max_ms] = [50, 99, 100].map(|percent| at(percent).unwrap_or_default());
        Self { count: sorted.len(), p50_ms, p99_ms, max_ms }
    }

    /// How far apart the like of two are, at most.
    pub(crate) fn distance_ms(&self, other: &Self) -> u64 {
        let pairs = [(self.p50_ms, other.p50_ms), (self.p99_ms, other.p99_ms), (self.max_ms, other.max_ms)];
        pairs.iter().map(|(one, other)| one.abs_diff(*other)).max().unwrap_or_default()
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [p50, p99, max] = [self.p50_ms, self.p99_ms, self.max_ms].map(|ms| ms as f64 / 1_000.0);
        write!(formatter, "{:>4} × {p50:>6.2} {p99:>6.2} {max:>6.2}", self.count)
    }
}
