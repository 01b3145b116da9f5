//! SMSPool's API on loopback with its own truth: balance, orders, rentals, prices.
//! Start at [`SmsPoolSim`]; it shares nothing with the client that talks to it.

mod catalogue;
mod control;
mod faults;
mod lists;
mod money;
mod orders;
mod rentals;
mod server;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

pub use faults::PoolFault;
pub use rentals::Rental;
pub use state::{Order, OrderStatus, PoolRequest};

use crate::clock::SimClock;
use crate::options::SmsPoolOptions;
use state::State;

/// Everything that the handlers share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    clock: SimClock,
    options: SmsPoolOptions,
    recorded: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state with everything settled that is due by now.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.settle(self.clock.now());
        state
    }
}

/// The supplier's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// What the account has left, in micro-dollars.
    pub balance_micros: i64,
    /// All that was ever charged.
    pub charged_micros: i64,
    /// All that was given back.
    pub refunded_micros: i64,
}

/// A handle on the simulated supplier; clones share one world.
#[derive(Clone, Debug)]
pub struct SmsPoolSim {
    shared: Arc<Shared>,
    url: String,
}

impl SmsPoolSim {
    pub(crate) fn new(options: SmsPoolOptions, clock: SimClock) -> Self {
        let state = Mutex::new(State::new(options.clone()));
        Self { shared: Arc::new(Shared { state, clock, options, recorded: Notify::new() }), url: String::new() }
    }

    pub(crate) fn router(&self) -> axum::Router {
        control::router(self.clone()).fallback_service(server::router(Arc::clone(&self.shared)))
    }

    pub(crate) fn set_url(&mut self, url: String) {
        self.url = url;
    }

    /// The base address, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key that is accepted now.
    #[must_use]
    pub fn key(&self) -> String {
        self.shared.lock().key.clone()
    }

    /// The clock that this server reads.
    #[must_use]
    pub fn clock(&self) -> &SimClock {
        &self.shared.clock
    }

    /// All orders, oldest first.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.shared.settled().orders.clone()
    }

    /// One order by its code.
    #[must_use]
    pub fn order(&self, code: &str) -> Option<Order> {
        let state = self.shared.settled();
        state.by_code.get(code).map(|index| state.orders[*index].clone())
    }

    /// All rentals, oldest first.
    #[must_use]
    pub fn rentals(&self) -> Vec<Rental> {
        self.shared.settled().rentals.clone()
    }

    /// Balance, charges and refunds.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let state = self.shared.settled();
        Truth { balance_micros: state.balance, charged_micros: state.charged, refunded_micros: state.refunded }
    }

    /// Lets an SMS arrive for an order; false when there is no such order or it has ended.
    pub fn deliver_sms(&self, order_code: &str, text: &str) -> bool {
        let mut state = self.shared.settled();
        let index = state.by_code.get(order_code).copied();
        index.is_some_and(|index| state.sms(index, text, self.shared.clock.now()))
    }

    /// Lets an SMS arrive on the newest rental where that is newer than every open order, else for the newest order
    /// that has none, else for the newest that has not ended; returns its code.
    pub fn deliver_latest(&self, text: &str) -> Option<String> {
        let mut state = self.shared.settled();
        let newest = |state: &State, status| state.orders.iter().rposition(|order| order.status == status);
        let rental = state.rentals.last().map(|rental| (rental.code.clone(), rental.made_ms));
        let index = newest(&state, OrderStatus::Pending).or_else(|| newest(&state, OrderStatus::Completed));
        let made_ms = index.map_or(i64::MIN, |index| state.orders[index].made_ms);
        if let Some((code, _)) = rental.filter(|(_, rented_ms)| *rented_ms > made_ms) {
            drop(state);
            return self.deliver_rental_sms(&code, Some("Service"), text).then_some(code);
        }
        let index = index?;
        state.sms(index, text, self.shared.clock.now()).then(|| state.orders[index].code.clone())
    }

    /// Lets an SMS arrive on a rented number; false when there is no such rental or it has ended.
    pub fn deliver_rental_sms(&self, rental_code: &str, sender: Option<&str>, text: &str) -> bool {
        let now_ms = self.shared.clock.now();
        let mut state = self.shared.settled();
        let open = |rental: &&mut Rental| rental.code == rental_code && !rental.refunded && now_ms < rental.expires_ms;
        let Some(rental) = state.rentals.iter_mut().find(open) else {
            return false;
        };
        rental.texts.push((sender.map(str::to_owned), text.to_owned(), now_ms));
        true
    }

    /// Sets one price in all pools, in US dollars ("0.50"); false for what is no amount.
    pub fn set_price(&self, country: u32, service: u32, price: &str) -> bool {
        let price = money::read(price);
        if let Some(price) = price {
            self.shared.lock().set_price(country, service, price);
        }
        price.is_some()
    }

    /// Sets all prices of one-time numbers, in percent of the usual ones.
    pub fn set_price_level(&self, percent: u32) {
        self.shared.lock().price_percent = percent;
    }

    /// All prices of one-time numbers, in percent of the usual ones.
    #[must_use]
    pub fn price_level(&self) -> u32 {
        self.shared.lock().price_percent
    }

    /// Sets how many numbers are left in all pools together.
    pub fn set_stock(&self, country: u32, service: u32, stock: u32) {
        self.shared.lock().set_stock(country, service, stock);
    }

    /// Sets how many lines of a rental product are left.
    pub fn set_rental_stock(&self, product: u32, stock: u32) {
        self.shared.lock().rental_stock.insert(product, stock);
    }

    /// Sets the account's balance in US dollars; false for what is no amount.
    pub fn set_balance(&self, balance: &str) -> bool {
        let balance = money::read(balance);
        if let Some(balance) = balance {
            self.shared.settled().balance = balance;
        }
        balance.is_some()
    }

    /// Changes the accepted key; the old one is refused at once.
    pub fn set_key(&self, key: &str) {
        key.clone_into(&mut self.shared.lock().key);
    }

    /// Orders a failure of an endpoint (`*` for all), a number of times. Returns its number.
    pub fn fault(&self, endpoint: &str, times: u32, fault: PoolFault) -> u64 {
        self.shared.lock().faults.add(endpoint, times, fault)
    }

    /// How often an ordered failure is still to come.
    #[must_use]
    pub fn fault_left(&self, fault: u64) -> u32 {
        self.shared.lock().faults.left(fault)
    }

    /// Forgets one ordered failure.
    pub fn forget_fault(&self, fault: u64) {
        self.shared.lock().faults.forget(fault);
    }

    /// Forgets all failures that are still ordered.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// How often an endpoint was called, failed calls included.
    #[must_use]
    pub fn count(&self, endpoint: &str) -> u64 {
        self.shared.lock().counts.get(endpoint).copied().unwrap_or(0)
    }

    /// Waits until an endpoint was called so often, or this long in real time; returns the count then.
    pub async fn wait_count(&self, endpoint: &str, wanted: u64, within: Duration) -> u64 {
        let reached = async {
            loop {
                let recorded = self.shared.recorded.notified();
                tokio::pin!(recorded);
                recorded.as_mut().enable();
                if self.count(endpoint) >= wanted {
                    return;
                }
                recorded.await;
            }
        };
        // Whether it was reached shows in the count.
        let _ = tokio::time::timeout(within, reached).await;
        self.count(endpoint)
    }

    /// All counters by endpoint.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.shared.lock().counts.clone()
    }

    /// The recorded requests, oldest first, without keys.
    #[must_use]
    pub fn requests(&self) -> Vec<PoolRequest> {
        self.shared.lock().requests.iter().cloned().collect()
    }

    /// The recorded requests after this place in the record, oldest first.
    #[must_use]
    pub fn requests_after(&self, serial: u64) -> Vec<PoolRequest> {
        self.shared.lock().requests.iter().filter(|request| request.serial > serial).cloned().collect()
    }

    /// The place of the newest recorded request; 0 before the first.
    #[must_use]
    pub fn last_request(&self) -> u64 {
        self.shared.lock().last_request
    }

    /// Paths that were called and that the supplier does not have; a test should find none.
    #[must_use]
    pub fn unknown_calls(&self) -> Vec<String> {
        self.shared.lock().unknown.clone()
    }
}
