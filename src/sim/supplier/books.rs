//! A supplier's own truth: balance, orders, rentals, prices, and timers that are settled when somebody asks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chance::{below, mix};
use super::faults::Faults;
use super::order::{Order, OrderStatus, Rental};
use super::shelf::Shelf;
use super::time::millis;
use super::{Truth, money};
use crate::options::{SupplierOptions, Unused};

#[derive(Clone, Copy, Debug)]
enum Timer {
    SmsArrives(usize),
    Expires(usize),
}

#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) options: SupplierOptions,
    pub(crate) balance: i64,
    pub(crate) orders: Vec<Order>,
    pub(crate) by_code: HashMap<String, usize>,
    /// Orders that have not ended.
    pub(crate) active: BTreeSet<usize>,
    pub(crate) rentals: Vec<Rental>,
    pub(crate) shelf: Shelf,
    pub(crate) faults: Faults,
    unused: Unused,
    charged: i64,
    refunded: i64,
    timers: BTreeMap<(i64, u64), Timer>,
    serial: u64,
}

impl Books {
    pub(crate) fn new(options: SupplierOptions, unused: Unused) -> Self {
        Self {
            balance: money::read(&options.balance).unwrap_or(0),
            orders: Vec::new(),
            by_code: HashMap::new(),
            active: BTreeSet::new(),
            rentals: Vec::new(),
            shelf: Shelf::new(),
            faults: Faults::default(),
            unused,
            charged: 0,
            refunded: 0,
            timers: BTreeMap::new(),
            serial: 0,
            options,
        }
    }

    pub(crate) fn truth(&self) -> Truth {
        Truth { balance_micros: self.balance, charged_micros: self.charged, refunded_micros: self.refunded }
    }

    /// The next number of the seeded sequence.
    pub(crate) fn random(&mut self) -> u64 {
        self.serial += 1;
        mix(self.options.seed, 0xFFFF_0000_0000_0000 | self.serial)
    }

    pub(crate) fn charge(&mut self, amount: i64) {
        self.balance -= amount;
        self.charged += amount;
    }

    pub(crate) fn give_back(&mut self, amount: i64) {
        self.balance += amount;
        self.refunded += amount;
    }

    /// Keeps a new order and sets its timers.
    pub(crate) fn add_order(&mut self, order: Order) {
        let (index, made_ms) = (self.orders.len(), order.made_ms);
        self.by_code.insert(order.code.clone(), index);
        self.orders.push(order);
        self.await_sms(index, made_ms);
    }

    /// Lets an order that had its SMS wait for another one, until then.
    pub(crate) fn reopen(&mut self, index: usize, now_ms: i64, expires_ms: i64) {
        let order = &mut self.orders[index];
        (order.status, order.expires_ms, order.completed_ms) = (OrderStatus::Pending, expires_ms, None);
        self.await_sms(index, now_ms);
    }

    fn await_sms(&mut self, index: usize, from_ms: i64) {
        self.serial += 1;
        self.timers.insert((self.orders[index].expires_ms, self.serial), Timer::Expires(index));
        if let Some(after) = self.options.sms_after {
            self.serial += 1;
            self.timers.insert((from_ms + millis(after), self.serial), Timer::SmsArrives(index));
        }
        self.active.insert(index);
    }

    /// Lets everything happen that was due by now, in its order.
    pub(crate) fn settle(&mut self, now_ms: i64) {
        while let Some(entry) = self.timers.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            let ((due_ms, _), timer) = entry.remove_entry();
            match timer {
                Timer::SmsArrives(index) => self.sms_by_itself(index, due_ms),
                Timer::Expires(index) => self.expire(index, due_ms),
            }
        }
    }

    fn sms_by_itself(&mut self, index: usize, due_ms: i64) {
        if self.orders[index].status != OrderStatus::Pending {
            return;
        }
        let code = below(self.random(), 1_000_000);
        let text = format!("Your {} code is {code:06}", self.orders[index].service_name);
        self.sms(index, &text, due_ms);
    }

    /// An SMS arrives; on an ended order it is lost, as on a number that was given away.
    pub(crate) fn sms(&mut self, index: usize, text: &str, at_ms: i64) -> bool {
        let order = &mut self.orders[index];
        match order.status {
            OrderStatus::Refunded | OrderStatus::Expired => return false,
            OrderStatus::Pending | OrderStatus::Completed => {}
        }
        order.texts.push(text.to_owned());
        order.status = OrderStatus::Completed;
        order.completed_ms.get_or_insert(at_ms);
        true
    }

    fn expire(&mut self, index: usize, due_ms: i64) {
        let order = &mut self.orders[index];
        if order.expires_ms != due_ms {
            // It was given a longer life meanwhile.
            return;
        }
        self.active.remove(&index);
        if order.status != OrderStatus::Pending {
            return;
        }
        match self.unused {
            // An earlier SMS was worth the money.
            Unused::Refunded | Unused::Paid if !order.texts.is_empty() => order.status = OrderStatus::Completed,
            Unused::Refunded => self.refund(index, due_ms),
            Unused::Paid => (order.status, order.completed_ms) = (OrderStatus::Expired, Some(due_ms)),
        }
    }

    /// Ends an order and gives its money back.
    pub(crate) fn refund(&mut self, index: usize, at_ms: i64) {
        self.active.remove(&index);
        let order = &mut self.orders[index];
        (order.status, order.completed_ms) = (OrderStatus::Refunded, Some(at_ms));
        let cost = order.cost_micros;
        self.give_back(cost);
    }
}
