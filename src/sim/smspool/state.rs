//! The supplier's own truth: balance, orders, rentals, prices, and timers that are settled when somebody asks.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde_json::{Value, json};

use super::catalogue::{self, Offer, mix};
use super::faults::Faults;
use super::money;
use super::rentals::Rental;
use crate::bucket::Bucket;
use crate::options::SmsPoolOptions;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// 1: waits for an SMS.
    Pending,
    /// 3: an SMS arrived.
    Completed,
    /// 6, or what the options name for expired orders: over, money given back.
    Refunded,
}

/// An order as the supplier knows it.
#[derive(Clone, Debug)]
pub struct Order {
    /// The eight-character code.
    pub code: String,
    /// The country's id.
    pub country: u32,
    /// The service's id.
    pub service: u32,
    /// The pool's id.
    pub pool: u32,
    /// The dial code.
    pub cc: String,
    /// The number without the dial code.
    pub national: String,
    /// What it cost, in micro-dollars.
    pub cost_micros: i64,
    /// When it was bought, in Unix milliseconds.
    pub made_ms: i64,
    /// When it ends.
    pub expires_ms: i64,
    /// Where it stands.
    pub status: OrderStatus,
    /// The texts that arrived, oldest first.
    pub texts: Vec<String>,
    /// Until when `/request/active` does not show it.
    pub hidden_until_ms: i64,
    /// When it ended or its SMS came.
    pub completed_ms: Option<i64>,
    /// The status number that is reported once refunded.
    pub(crate) ended_as: u8,
}

/// A request that a client made; its key is left out.
#[derive(Clone, Debug)]
pub struct PoolRequest {
    /// Its place in the record, from 1; never used twice.
    pub serial: u64,
    /// The path.
    pub endpoint: String,
    /// The parameters without the key.
    pub params: Value,
    /// When, in simulated Unix milliseconds.
    pub at_ms: i64,
    /// The HTTP status of the answer; 0 when the connection was cut or left hanging.
    pub status: u16,
}

/// A refusal: HTTP status and body.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Problem {
    /// Shape 1: a message.
    pub(crate) fn message(status: u16, message: impl Into<String>) -> Self {
        Self { status, body: json!({ "success": 0, "message": message.into() }) }
    }

    /// Shape 2: an error about one parameter.
    pub(crate) fn param(status: u16, message: &str, param: &str) -> Self {
        let error = json!({ "message": message, "param": param, "description": format!("Parameter {param}") });
        Self { status, body: json!({ "success": 0, "errors": [error] }) }
    }

    /// Shape 2 for what is not there.
    pub(crate) fn missing(param: &str) -> Self {
        Self::param(400, "You are missing a required parameter for this request.", param)
    }
}

pub(crate) type Answer = Result<Value, Problem>;

#[derive(Clone, Copy, Debug)]
enum Timer {
    SmsArrives(usize),
    Expires(usize),
}

/// Overrides of the seeded catalogue for one service in one country.
#[derive(Clone, Copy, Debug, Default)]
struct Override {
    price: Option<i64>,
    stock: Option<u32>,
}

impl Override {
    fn apply(self, offers: &mut Vec<Offer>) {
        if offers.is_empty() {
            offers.push(Offer { pool: 7, price: 50 * money::CENT, stock: 100, success_rate: 90 });
        }
        for (index, offer) in offers.iter_mut().enumerate() {
            offer.price = self.price.unwrap_or(offer.price);
            // The stock that was set is that of all pools together; the cheapest one holds it.
            offer.stock = self.stock.map_or(offer.stock, |stock| if index == 0 { stock } else { 0 });
        }
    }
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) options: SmsPoolOptions,
    pub(crate) key: String,
    pub(crate) balance: i64,
    pub(crate) charged: i64,
    pub(crate) refunded: i64,
    pub(crate) orders: Vec<Order>,
    pub(crate) by_code: HashMap<String, usize>,
    /// Orders that `/request/active` lists.
    pub(crate) active: BTreeSet<usize>,
    pub(crate) rentals: Vec<Rental>,
    pub(crate) rental_stock: HashMap<u32, u32>,
    pub(crate) faults: Faults,
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) unknown: Vec<String>,
    pub(crate) requests: VecDeque<PoolRequest>,
    pub(crate) last_request: u64,
    pub(crate) bucket: Option<Bucket>,
    overrides: HashMap<(u32, u32), Override>,
    /// All prices of one-time numbers, in percent of the usual ones.
    pub(crate) price_percent: u32,
    timers: BTreeMap<(i64, u64), Timer>,
    serial: u64,
}

impl State {
    pub(crate) fn new(options: SmsPoolOptions) -> Self {
        Self {
            key: options.key.clone(),
            balance: money::read(&options.balance).unwrap_or(0),
            charged: 0,
            refunded: 0,
            orders: Vec::new(),
            by_code: HashMap::new(),
            active: BTreeSet::new(),
            rentals: Vec::new(),
            rental_stock: HashMap::new(),
            faults: Faults::default(),
            counts: BTreeMap::new(),
            unknown: Vec::new(),
            requests: VecDeque::new(),
            last_request: 0,
            bucket: None,
            overrides: HashMap::new(),
            price_percent: 100,
            timers: BTreeMap::new(),
            serial: 0,
            options,
        }
    }

    /// The next number of the seeded sequence.
    pub(crate) fn random(&mut self) -> u64 {
        self.serial += 1;
        mix(self.options.seed, 0xFFFF_0000_0000_0000 | self.serial)
    }

    /// A fresh eight-character code.
    pub(crate) fn fresh_code(&mut self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        loop {
            let random = self.random();
            let code: String =
                (0..8).map(|place| char::from(LETTERS[((random >> (place * 5)) & 31) as usize])).collect();
            if !self.by_code.contains_key(&code) {
                return code;
            }
        }
    }

    /// The offers with overrides, cheapest first.
    pub(crate) fn offers(&self, country: u32, service: u32) -> Vec<Offer> {
        let mut offers = catalogue::offers(self.options.seed, country, service);
        if let Some(over) = self.overrides.get(&(country, service)) {
            over.apply(&mut offers);
        }
        for offer in &mut offers {
            let cents = (offer.price / money::CENT).saturating_mul(i64::from(self.price_percent));
            // Whole cents, rounded up.
            offer.price = cents.div_euclid(100).saturating_add(i64::from(cents % 100 != 0)) * money::CENT;
        }
        offers
    }

    pub(crate) fn set_price(&mut self, country: u32, service: u32, price: i64) {
        self.overrides.entry((country, service)).or_default().price = Some(price);
    }

    pub(crate) fn set_stock(&mut self, country: u32, service: u32, stock: u32) {
        self.overrides.entry((country, service)).or_default().stock = Some(stock);
    }

    /// One number less, where the stock was set by hand.
    pub(crate) fn take_stock(&mut self, country: u32, service: u32) {
        if let Some(stock) = self.overrides.get_mut(&(country, service)).and_then(|over| over.stock.as_mut()) {
            *stock = stock.saturating_sub(1);
        }
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
        let index = self.orders.len();
        self.serial += 1;
        self.timers.insert((order.expires_ms, self.serial), Timer::Expires(index));
        if let Some(after) = self.options.sms_after {
            let due_ms = order.made_ms + millis(after);
            self.serial += 1;
            self.timers.insert((due_ms, self.serial), Timer::SmsArrives(index));
        }
        self.by_code.insert(order.code.clone(), index);
        self.active.insert(index);
        self.orders.push(order);
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
        let code = catalogue::below(self.random(), 1_000_000);
        let service =
            catalogue::service(&self.orders[index].service.to_string()).map_or("service", |service| service.name);
        let text = format!("Your {} code is {code:06}", service.trim());
        self.sms(index, &text, due_ms);
    }

    /// An SMS arrives; on an ended order it is lost, as on a number that was given away.
    pub(crate) fn sms(&mut self, index: usize, text: &str, at_ms: i64) -> bool {
        let stays = self.options.completed_stays_active;
        let order = &mut self.orders[index];
        if order.status == OrderStatus::Refunded {
            return false;
        }
        order.texts.push(text.to_owned());
        order.status = OrderStatus::Completed;
        order.completed_ms.get_or_insert(at_ms);
        if !stays {
            self.active.remove(&index);
        }
        true
    }

    fn expire(&mut self, index: usize, due_ms: i64) {
        self.active.remove(&index);
        if self.orders[index].status == OrderStatus::Pending {
            let ended_as = self.options.expired_status;
            self.refund(index, due_ms, ended_as);
        }
    }

    /// Ends an order and gives its money back.
    pub(crate) fn refund(&mut self, index: usize, at_ms: i64, ended_as: u8) {
        self.active.remove(&index);
        let order = &mut self.orders[index];
        (order.status, order.ended_as, order.completed_ms) = (OrderStatus::Refunded, ended_as, Some(at_ms));
        let cost = order.cost_micros;
        self.give_back(cost);
    }
}

/// A duration in signed milliseconds.
pub(crate) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// "YYYY-MM-DD HH:MM:SS" in UTC+1, as the supplier writes times.
pub(crate) fn local_time(unix_ms: i64) -> String {
    let seconds = unix_ms.div_euclid(1000) + 3600;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Civil date from days since 1970, by Howard Hinnant's algorithm.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}
