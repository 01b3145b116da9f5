//! What all simulated suppliers share: the books, what can be made to fail, the record of calls, control from outside.
//! Start at [`SupplierSim`]; what is a supplier's own stands behind the trait in `protocol`.

mod books;
mod chance;
mod control;
mod faults;
pub(crate) mod money;
mod order;
mod protocol;
mod record;
mod role;
mod server;
mod shapes;
mod shelf;
#[cfg(test)]
mod tests;
mod time;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

pub use faults::PoolFault;
pub use order::{Order, OrderStatus, Rental, Truth};
pub use record::PoolRequest;
pub use role::Role;

pub(crate) use books::Books;
pub(crate) use chance::{below, mix};
pub(crate) use money::CENT;
pub(crate) use order::code_in;
pub(crate) use protocol::{Answer, Call, Credentials, Problem, Protocol, Refusal};
pub(crate) use time::{DAY_MS, millis, utc};

use crate::bucket::Bucket;
use crate::clock::SimClock;
use crate::options::{SupplierOptions, Unused};
use record::Record;

#[derive(Debug)]
struct State {
    key: String,
    books: Books,
    record: Record,
    bucket: Option<Bucket>,
}

/// Everything that the handlers share.
#[derive(Debug)]
struct Shared {
    protocol: Box<dyn Protocol>,
    state: Mutex<State>,
    clock: SimClock,
    latency: Duration,
    recorded: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state with everything settled that is due by now.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.books.settle(self.clock.now());
        state
    }
}

/// A handle on a simulated supplier; clones share one world.
#[derive(Clone, Debug)]
pub struct SupplierSim {
    shared: Arc<Shared>,
    url: String,
}

impl SupplierSim {
    pub(crate) fn new(
        protocol: impl Protocol + 'static,
        options: SupplierOptions,
        unused: Unused,
        clock: SimClock,
    ) -> Self {
        let (key, latency) = (options.key.clone(), options.latency);
        let record = Record::new(options.recorded_max);
        let state = State { key, books: Books::new(options, unused), record, bucket: None };
        let protocol = Box::new(protocol);
        let shared = Shared { protocol, state: Mutex::new(state), clock, latency, recorded: Notify::new() };
        Self { shared: Arc::new(shared), url: String::new() }
    }

    pub(crate) fn router(&self) -> axum::Router {
        control::router(self.clone()).fallback_service(server::router(Arc::clone(&self.shared)))
    }

    pub(crate) fn set_host(&mut self, host: &str) {
        self.url = format!("{host}{}", self.shared.protocol.prefix());
    }

    /// The base address of the API, `http://127.0.0.1:<port>` and what the supplier puts before each path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The account's e-mail address, where the supplier asks for one.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.shared.protocol.email()
    }

    /// The key or the password that is accepted now.
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
        self.shared.settled().books.orders.clone()
    }

    /// One order by its code.
    #[must_use]
    pub fn order(&self, code: &str) -> Option<Order> {
        let books = &self.shared.settled().books;
        books.by_code.get(code).map(|index| books.orders[*index].clone())
    }

    /// All rentals, oldest first.
    #[must_use]
    pub fn rentals(&self) -> Vec<Rental> {
        self.shared.settled().books.rentals.clone()
    }

    /// Balance, charges and refunds.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.shared.settled().books.truth()
    }

    /// Lets an SMS arrive for an order; false when there is no such order or it has ended.
    pub fn deliver_sms(&self, order_code: &str, text: &str) -> bool {
        let books = &mut self.shared.settled().books;
        let index = books.by_code.get(order_code).copied();
        index.is_some_and(|index| books.sms(index, text, self.shared.clock.now()))
    }

    /// Lets an SMS arrive on the newest rental where that is newer than every open order, else for the newest order
    /// that has none, else for the newest that has not ended; returns its code.
    pub fn deliver_latest(&self, text: &str) -> Option<String> {
        let mut state = self.shared.settled();
        let books = &mut state.books;
        let newest = |status| books.orders.iter().rposition(|order| order.status == status);
        let index = newest(OrderStatus::Pending).or_else(|| newest(OrderStatus::Completed));
        let rental = books.rentals.last().map(|rental| (rental.code.clone(), rental.made_ms));
        let made_ms = index.map_or(i64::MIN, |index| books.orders[index].made_ms);
        if let Some((code, _)) = rental.filter(|(_, rented_ms)| *rented_ms > made_ms) {
            drop(state);
            return self.deliver_rental_sms(&code, Some("Service"), text).then_some(code);
        }
        let index = index?;
        books.sms(index, text, self.shared.clock.now()).then(|| books.orders[index].code.clone())
    }

    /// Lets an SMS arrive on a rented number, which it waits for where that sleeps; false when there is no such rental or
    /// it has ended.
    pub fn deliver_rental_sms(&self, rental_code: &str, sender: Option<&str>, text: &str) -> bool {
        let now_ms = self.shared.clock.now();
        let books = &mut self.shared.settled().books;
        let rental = books.rentals.iter_mut().find(|rental| rental.code == rental_code);
        rental.is_some_and(|rental| rental.sms(sender, text, now_ms))
    }

    /// Sets one price, in all pools where the supplier has some, in US dollars ("0.50"); false for what is no amount. The
    /// service is the product where the supplier sells products.
    pub fn set_price(&self, country: u32, service: u32, price: &str) -> bool {
        let price = money::read(price);
        if let Some(price) = price {
            self.shared.lock().books.shelf.set_price(country, service, price);
        }
        price.is_some()
    }

    /// Sets all prices of one-time numbers, in percent of the usual ones.
    pub fn set_price_level(&self, percent: u32) {
        self.shared.lock().books.shelf.percent = percent;
    }

    /// All prices of one-time numbers, in percent of the usual ones.
    #[must_use]
    pub fn price_level(&self) -> u32 {
        self.shared.lock().books.shelf.percent
    }

    /// Sets how many numbers are left in all pools together.
    pub fn set_stock(&self, country: u32, service: u32, stock: u32) {
        self.shared.lock().books.shelf.set_stock(country, service, stock);
    }

    /// Sets how many lines of a rental product are left.
    pub fn set_rental_stock(&self, product: u32, stock: u32) {
        self.shared.lock().books.shelf.set_lines(product, stock);
    }

    /// Sets the account's balance in US dollars; false for what is no amount.
    pub fn set_balance(&self, balance: &str) -> bool {
        let balance = money::read(balance);
        if let Some(balance) = balance {
            self.shared.settled().books.balance = balance;
        }
        balance.is_some()
    }

    /// Changes the accepted key or password; the old one is refused at once.
    pub fn set_key(&self, key: &str) {
        key.clone_into(&mut self.shared.lock().key);
    }

    /// Orders a failure of an endpoint (`*` for all), a number of times. Returns its number.
    pub fn fault(&self, endpoint: &str, times: u32, fault: PoolFault) -> u64 {
        self.shared.lock().books.faults.add(endpoint, times, fault)
    }

    /// The path that serves a purpose; none where the supplier has no such call.
    #[must_use]
    pub fn path(&self, role: Role) -> Option<&'static str> {
        self.shared.protocol.path(role)
    }

    /// Orders a failure of what serves a purpose, a number of times; none where the supplier has no such call.
    pub fn fault_on(&self, role: Role, times: u32, fault: PoolFault) -> Option<u64> {
        self.path(role).map(|endpoint| self.fault(endpoint, times, fault))
    }

    /// How often an ordered failure is still to come.
    #[must_use]
    pub fn fault_left(&self, fault: u64) -> u32 {
        self.shared.lock().books.faults.left(fault)
    }

    /// Forgets one ordered failure.
    pub fn forget_fault(&self, fault: u64) {
        self.shared.lock().books.faults.forget(fault);
    }

    /// Forgets all failures that are still ordered.
    pub fn clear_faults(&self) {
        self.shared.lock().books.faults.clear();
    }

    /// How often an endpoint was called, failed calls included.
    #[must_use]
    pub fn count(&self, endpoint: &str) -> u64 {
        self.shared.lock().record.counts.get(endpoint).copied().unwrap_or(0)
    }

    /// How often what serves a purpose was called; never where the supplier has no such call.
    #[must_use]
    pub fn count_of(&self, role: Role) -> u64 {
        self.path(role).map_or(0, |endpoint| self.count(endpoint))
    }

    /// Waits until what serves a purpose was called so often, or this long in real time; returns the count then.
    pub async fn wait_count_of(&self, role: Role, wanted: u64, within: Duration) -> u64 {
        match self.path(role) {
            Some(endpoint) => self.wait_count(endpoint, wanted, within).await,
            None => 0,
        }
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
        self.shared.lock().record.counts.clone()
    }

    /// The recorded requests, oldest first, without keys.
    #[must_use]
    pub fn requests(&self) -> Vec<PoolRequest> {
        self.shared.lock().record.requests.iter().cloned().collect()
    }

    /// The recorded requests after this place in the record, oldest first.
    #[must_use]
    pub fn requests_after(&self, serial: u64) -> Vec<PoolRequest> {
        self.shared.lock().record.requests.iter().filter(|request| request.serial > serial).cloned().collect()
    }

    /// The place of the newest recorded request; 0 before the first.
    #[must_use]
    pub fn last_request(&self) -> u64 {
        self.shared.lock().record.last
    }

    /// Paths that were called and that the supplier does not have; a test should find none.
    #[must_use]
    pub fn unknown_calls(&self) -> Vec<String> {
        self.shared.lock().record.unknown.clone()
    }
}
