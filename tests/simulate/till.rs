//! Where a supplier lists no orders, only our balance tells what a purchase came to. Here it is judged whether anything
//! of ours moves the balance out of turn (purchase protocol, section 9): one purchase at a time, nothing between the balance
//! that was read before it and its end, except a close at its deadline.

use std::sync::{Arc, Mutex};

use shop::clock::Clock as _;
use shop::order::{Order, State};
use shop::{OrderId, SupplierOrderId};
use store::Store;

use super::diary::locked;
use super::supplier::Supplier;

/// Who moves money at one server, in one life of the process.
pub(super) struct Till {
    supplier: Arc<Supplier>,
    store: Store,
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    /// Calls that move money and run now.
    running: u32,
    /// How many there were.
    begun: u64,
    /// How many there had been when our balance was last told.
    told_at: Option<u64>,
}

/// A call that moves money, while it runs.
pub(super) struct Turn<'a>(&'a Till, Counts);

/// Whether a call waits for its turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Yes,
    /// It is made at a deadline, whoever else moves money.
    No,
}

impl Till {
    pub(super) fn new(supplier: Arc<Supplier>, store: Store) -> Self {
        Self { supplier, store, turns: Mutex::default() }
    }

    /// Our balance is told.
    pub(super) fn tells(&self) {
        let mut turns = locked(&self.turns);
        turns.told_at = (turns.running == 0).then_some(turns.begun);
    }

    /// A purchase begins.
    pub(super) fn buys(&self, order: Option<OrderId>) -> Turn<'_> {
        if !self.supplier.keeps_lists() {
            let turns = locked(&self.turns);
            if turns.running > 0 {
                self.violated(format!("{} other calls that move money run while one buys", turns.running));
            }
            if turns.told_at != Some(turns.begun) {
                self.violated("our balance was moved after it was read for a purchase");
            }
            drop(turns);
            let others = self.in_question().into_iter().filter(|other| Some(other.id) != order);
            others.for_each(|other| self.violated(format!("one buys while order {} is {:?}", other.id, other.state)));
        }
        self.begins()
    }

    /// A number is given back, or asked for another code.
    pub(super) fn moves(&self, id: &SupplierOrderId) -> Turn<'_> {
        if self.is_at_its_deadline(id) {
            return Turn(self, Counts::No);
        }
        if !self.supplier.keeps_lists() {
            for order in self.in_question() {
                let how = format!("{} is given back while order {} is {:?}", id.as_str(), order.id, order.state);
                self.violated(how);
            }
        }
        self.begins()
    }

    fn begins(&self) -> Turn<'_> {
        let mut turns = locked(&self.turns);
        (turns.running, turns.begun) = (turns.running + 1, turns.begun + 1);
        Turn(self, Counts::Yes)
    }

    /// Orders whose purchase runs or has no clear answer.
    fn in_question(&self) -> Vec<Order> {
        let orders = self.store.open_orders().expect("readable books");
        let moves = |order: &Order| matches!(order.state, State::Buying { .. } | State::Ambiguous { .. });
        orders.into_iter().filter(|order| order.wish.server == self.supplier.server && moves(order)).collect()
    }

    fn is_at_its_deadline(&self, id: &SupplierOrderId) -> bool {
        let now = self.supplier.clock.now();
        let orders = self.store.open_orders().expect("readable books");
        let of_id = |order: &Order| order.number.as_ref().is_some_and(|number| number.supplier_id == *id);
        let due = |order: &Order| matches!(order.state, State::Closing { deadline, .. } if deadline <= now);
        orders.iter().any(|order| of_id(order) && due(order))
    }

    fn violated(&self, how: impl std::fmt::Display) {
        self.supplier.diary.violated("section 9", how);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.1 == Counts::Yes {
            locked(&self.0.turns).running -= 1;
        }
    }
}
