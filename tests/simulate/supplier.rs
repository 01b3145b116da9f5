//! A supplier with a truth of its own: what it sold, what it charged, what it gave back. What it says about that is
//! another matter.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use shop::pool::{Check, Completeness, ListedOrder, ListedRental, Message, Purchased};
use shop::{Money, Phone, SupplierOrderId, UnixSeconds};

use super::diary::{BEGINNING_MS, Diary, VirtualClock, locked};
use super::plan::{Another, Fate, Hits, Kind, Life, Plan};
use crate::support::Dice;

/// How long a rental lives: the simulated shop rents by the week.
pub(crate) const RENTAL_S: u64 = 7 * 86_400;
/// How long an unused rental may be given back.
pub(crate) const RENTAL_REFUND_S: u64 = 1_200;
/// What the lists take every number's life for.
const LIFE_ASSUMED_S: i64 = 1_200;
/// How long after a number's end without a message its charge is given back.
const GIVEN_BACK_AFTER_MS: u64 = 20_000;

/// The supplier.
pub(crate) struct Supplier {
    pub(super) plan: Arc<Plan>,
    pub(super) clock: Arc<VirtualClock>,
    pub(super) diary: Arc<Diary>,
    pub(super) truth: Mutex<Truth>,
}

/// What is so.
#[derive(Default)]
pub(crate) struct Truth {
    pub(super) sold: Vec<Sold>,
    pub(super) purchases: usize,
    calls: u64,
}

/// A number that was sold.
#[derive(Debug, Clone)]
pub(crate) struct Sold {
    pub(crate) id: SupplierOrderId,
    pub(crate) kind: Kind,
    pub(crate) service: u32,
    pub(crate) phone: Phone,
    pub(crate) cost: Money,
    pub(crate) at_ms: u64,
    pub(crate) listed_at_ms: u64,
    pub(crate) ends_at_ms: u64,
    pub(crate) given_back_at_ms: Option<u64>,
    pub(crate) messages: Vec<(u64, Message)>,
    pub(crate) life: Life,
}

impl Supplier {
    pub(crate) fn new(plan: Arc<Plan>, clock: Arc<VirtualClock>, diary: Arc<Diary>) -> Arc<Self> {
        Arc::new(Self { plan, clock, diary, truth: Mutex::default() })
    }

    /// Everything that was ever sold.
    pub(crate) fn sold(&self) -> Vec<Sold> {
        locked(&self.truth).sold.clone()
    }

    /// How often it was asked to sell.
    pub(crate) fn purchases(&self) -> usize {
        locked(&self.truth).purchases
    }

    /// When the last message of all arrives.
    pub(crate) fn last_message_ms(&self) -> u64 {
        locked(&self.truth).sold.iter().flat_map(|sold| &sold.messages).map(|(at_ms, _)| *at_ms).max().unwrap_or(0)
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.clock.elapsed_ms()
    }

    pub(super) fn is_hit(&self, hits: Hits) -> bool {
        let now_ms = self.now_ms();
        self.plan.storms.iter().any(|storm| storm.hits == hits && (storm.from_ms..storm.until_ms).contains(&now_ms))
    }

    /// How long a call takes.
    pub(super) async fn takes_time(&self) {
        let nth = {
            let mut truth = locked(&self.truth);
            truth.calls += 1;
            truth.calls
        };
        let mut dice = Dice::of(self.plan.seed, "call", nth);
        let ms = if self.is_hit(Hits::Reads) { dice.between(1_000, 15_000) } else { dice.between(40, 900) };
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// What becomes of the purchase that is asked for now.
    pub(super) fn next_fate(&self) -> Fate {
        let mut truth = locked(&self.truth);
        let fate = self.plan.fates.get(truth.purchases).cloned().unwrap_or_else(Fate::plain);
        truth.purchases += 1;
        fate
    }

    /// Sells a number at that time, whether whoever asked lives to hear of it or not.
    pub(super) fn sell(&self, kind: Kind, service: u32, cost: Money, life: Life, times: Times) -> Sold {
        let mut truth = locked(&self.truth);
        let number = truth.sold.len() as u64 + 1;
        let phone = self.sold_before(&truth.sold, service, times.sold_at_ms).unwrap_or_else(|| phone(number));
        let life_s = if kind == Kind::Rental { RENTAL_S } else { life.life_s };
        let messages = life.messages_s.iter().enumerate();
        let messages = messages
            .map(|(nth, after_s)| (times.sold_at_ms + after_s * 1_000, message(number, nth, kind)))
            .filter(|(at_ms, _)| *at_ms < times.sold_at_ms + life_s * 1_000)
            .collect();
        let sold = Sold {
            id: SupplierOrderId::parse(&format!("N{number}")).expect("an id"),
            kind,
            service,
            phone,
            cost,
            at_ms: times.sold_at_ms,
            listed_at_ms: times.listed_at_ms,
            ends_at_ms: times.sold_at_ms + life_s * 1_000,
            given_back_at_ms: None,
            messages,
            life,
        };
        self.diary.note(format!("supplier: sells {} for {cost} (from {} ms on)", sold.id.as_str(), times.sold_at_ms));
        truth.sold.push(sold.clone());
        sold
    }

    /// Now and then a phone number that was sold before: for another service at any time, for the same one where it came back
    /// without a message.
    fn sold_before(&self, sold: &[Sold], service: u32, now_ms: u64) -> Option<Phone> {
        let mut dice = Dice::of(self.plan.seed, "phone", sold.len() as u64);
        let is_unused = |one: &Sold| one.is_given_back(now_ms) && one.arrived(now_ms).is_empty();
        let may_be_sold = |phone: &Phone| {
            let mut on_it = sold.iter().filter(|one| one.phone == *phone);
            on_it.all(|one| one.service != service || is_unused(one))
        };
        let phones: Vec<&Phone> = sold.iter().map(|one| &one.phone).filter(|phone| may_be_sold(phone)).collect();
        (!phones.is_empty() && dice.one_in(2)).then(|| dice.pick(&phones).clone())
    }

    /// Another order on the same number, for another code. Free.
    pub(super) fn sell_again(&self, parent: &Sold) -> SupplierOrderId {
        let now_ms = self.now_ms();
        let mut truth = locked(&self.truth);
        let number = truth.sold.len() as u64 + 1;
        let id = SupplierOrderId::parse(&format!("N{number}")).expect("an id");
        let again = Sold {
            id: id.clone(),
            cost: Money::ZERO,
            at_ms: now_ms,
            listed_at_ms: now_ms,
            ends_at_ms: now_ms + parent.life.life_s * 1_000,
            messages: vec![(now_ms + 40_000, message(number, 0, Kind::Temporary))],
            life: Life { another: Another::NotForFree, ..parent.life.clone() },
            ..parent.clone()
        };
        self.diary.note(format!("supplier: another code on {} is {}", parent.id.as_str(), id.as_str()));
        truth.sold.push(again);
        id
    }

    /// The order of this id, as it is now.
    pub(super) fn find(&self, id: &SupplierOrderId) -> Option<Sold> {
        let now_ms = self.now_ms();
        locked(&self.truth).sold.iter().find(|sold| sold.id == *id && sold.at_ms <= now_ms).cloned()
    }

    /// Gives a charge back, for good.
    pub(super) fn give_back(&self, id: &SupplierOrderId) {
        let now_ms = self.now_ms();
        self.diary.note(format!("supplier: gives {} back", id.as_str()));
        let mut truth = locked(&self.truth);
        if let Some(sold) = truth.sold.iter_mut().find(|sold| sold.id == *id) {
            sold.given_back_at_ms.get_or_insert(now_ms);
        }
    }

    /// The lists, whole or in part.
    pub(super) fn completeness(&self) -> Completeness {
        if self.is_hit(Hits::Lists) { Completeness::Partial } else { Completeness::Whole }
    }

    /// What one list shows: all of it, or what is left of it in a storm.
    pub(super) fn listed<T>(&self, wanted: impl Fn(&Sold) -> Option<T>) -> Vec<T> {
        let (now_ms, partial) = (self.now_ms(), self.is_hit(Hits::Lists));
        let truth = locked(&self.truth);
        let seen = |sold: &&Sold| sold.at_ms <= now_ms && sold.listed_at_ms <= now_ms;
        let rows = truth.sold.iter().filter(seen).filter_map(wanted);
        rows.enumerate().filter(|(nth, _)| !partial || nth % 2 == 0).map(|(_, row)| row).collect()
    }
}

/// When a number is sold, and when the lists show it.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) sold_at_ms: u64,
    pub(super) listed_at_ms: u64,
}

impl Sold {
    /// The messages that have arrived, the newest last. A number that was given back receives nothing more.
    pub(crate) fn arrived(&self, now_ms: u64) -> Vec<&Message> {
        let until_ms = self.given_back_at_ms.unwrap_or(u64::MAX).min(now_ms.saturating_add(1));
        self.messages.iter().filter(|(at_ms, _)| *at_ms < until_ms).map(|(_, message)| message).collect()
    }

    /// Whether its charge was given back, by a cancel or because its time was over.
    pub(crate) fn is_given_back(&self, now_ms: u64) -> bool {
        let ended_ms = self.ends_at_ms + GIVEN_BACK_AFTER_MS;
        let lapsed = self.kind == Kind::Temporary && now_ms >= ended_ms && self.arrived(now_ms).is_empty();
        self.given_back_at_ms.is_some() || (lapsed && !self.life.keeps_money)
    }

    pub(super) fn check(&self, now_ms: u64) -> Check {
        match self.arrived(now_ms).last() {
            Some(message) => Check::Received((*message).clone()),
            None if self.is_given_back(now_ms) => Check::Refunded,
            None if now_ms >= self.ends_at_ms => Check::Ended,
            None => Check::Pending,
        }
    }

    pub(super) fn is_locked(&self, now_ms: u64) -> bool {
        now_ms < self.at_ms + self.life.lock_s * 1_000
    }

    pub(super) fn expires_at(&self) -> UnixSeconds {
        seconds(self.ends_at_ms)
    }

    pub(super) fn purchased(&self) -> Purchased {
        let cost = (self.kind == Kind::Temporary).then_some(self.cost);
        Purchased { id: self.id.clone(), phone: self.phone.clone(), cost, expires_at: self.expires_at(), pool: None }
    }

    pub(super) fn row(&self, now_ms: u64) -> ListedOrder {
        ListedOrder {
            id: self.id.clone(),
            phone: Some(self.phone.clone()),
            iso2: "US".to_owned(),
            service_name: service_name(self.service),
            cost: Some(self.cost),
            expires_at: self.expires_at(),
            bought_at: Some(self.expires_at() - LIFE_ASSUMED_S),
            check: self.check(now_ms),
        }
    }

    pub(super) fn line(&self) -> ListedRental {
        let (id, phone) = (self.id.clone(), Some(self.phone.clone()));
        ListedRental { id, phone, product: Some(super::RENTAL_PRODUCT), expires_at: self.expires_at() }
    }
}

/// A service's name in the lists.
pub(crate) fn service_name(service: u32) -> String {
    format!("Service {service}")
}

fn phone(number: u64) -> Phone {
    Phone::parse(&format!("1202555{number:04}")).expect("a number")
}

fn message(number: u64, nth: usize, kind: Kind) -> Message {
    let code = format!("{}", 100_000 + number * 10 + nth as u64);
    let key = if kind == Kind::Rental { format!("K{number}.{nth}") } else { String::new() };
    Message { text: format!("Your code is {code}"), code: Some(code), key }
}

fn seconds(at_ms: u64) -> UnixSeconds {
    (BEGINNING_MS + i64::try_from(at_ms).expect("a short time")).div_euclid(1_000)
}
