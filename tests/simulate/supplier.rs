//! A supplier with a truth of its own: what it sold, what it charged, what it gave back. What it says about that is
//! another matter.

use std::sync::{Arc, Mutex};

use shop::pool::{Check, Completeness, ListedOrder, ListedRental, Message, Purchased};
use shop::server::{OrderLists, Rentals};
use shop::{Money, OrderId, Phone, ServerId, SupplierOrderId, UnixSeconds};

use super::diary::{BEGINNING_MS, Diary, VirtualClock, locked};
use super::plan::{Another, Fate, Hits, Kind, Lapse, Life, Plan, Waking};
use crate::support::Dice;

/// How long a rental lives: the simulated shop rents by the week.
pub(crate) const RENTAL_S: u64 = 7 * 86_400;
/// How long an unused rental may be given back.
pub(crate) const RENTAL_REFUND_S: u64 = 1_200;
/// What the lists take every number's life for.
const LIFE_ASSUMED_S: i64 = 1_200;
/// How long after a number's end without a message its charge is given back.
const GIVEN_BACK_AFTER_MS: u64 = 20_000;
/// What we have at each supplier in the beginning.
const BALANCE: Money = Money::from_cents(1_000_000);
/// For how long a rental is awake once it was woken.
const AWAKE_MS: u64 = 900_000;

/// The supplier behind one server.
pub(crate) struct Supplier {
    pub(super) server: ServerId,
    pub(super) plan: Arc<Plan>,
    pub(super) clock: Arc<VirtualClock>,
    pub(super) diary: Arc<Diary>,
    pub(super) truth: Mutex<Truth>,
}

/// What is so.
#[derive(Default)]
pub(crate) struct Truth {
    pub(super) sold: Vec<Sold>,
    /// Its purchases, in order.
    deals: Vec<Deal>,
    /// What others did to our balance: when, and how many cents.
    foreign: Vec<(u64, i32)>,
    calls: u64,
}

/// One purchase that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Deal {
    /// For which order; `None`: nobody knows, and the judge has said so.
    pub(crate) order: Option<OrderId>,
    /// When it was asked for.
    pub(crate) at_ms: u64,
    /// What was sold, if anything was.
    pub(crate) sold: Option<SupplierOrderId>,
}

/// A number that was sold.
#[derive(Debug, Clone)]
pub(crate) struct Sold {
    pub(crate) server: ServerId,
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
    /// When it was woken, where it sleeps.
    pub(crate) woken_at_ms: Vec<u64>,
    pub(crate) life: Life,
}

impl Supplier {
    pub(crate) fn new(server: ServerId, plan: Arc<Plan>, clock: Arc<VirtualClock>, diary: Arc<Diary>) -> Arc<Self> {
        Arc::new(Self { server, plan, clock, diary, truth: Mutex::default() })
    }

    /// Whether it lists our orders.
    pub(crate) fn keeps_lists(&self) -> bool {
        self.server.profile().lists == OrderLists::Kept
    }

    /// Everything that was ever sold.
    pub(crate) fn sold(&self) -> Vec<Sold> {
        locked(&self.truth).sold.clone()
    }

    /// What it was asked to sell.
    pub(crate) fn deals(&self) -> Vec<Deal> {
        locked(&self.truth).deals.clone()
    }

    /// What we have there.
    pub(crate) fn balance(&self) -> Money {
        let (now_ms, truth) = (self.now_ms(), locked(&self.truth));
        let kept = truth.sold.iter().filter(|sold| sold.at_ms <= now_ms && !sold.is_given_back(now_ms));
        let spent: i64 = kept.map(|sold| sold.cost.micros()).sum();
        let foreign = truth.foreign.iter().filter(|(at_ms, _)| *at_ms <= now_ms);
        let foreign: i64 = foreign.map(|(_, cents)| Money::from_cents(*cents).micros()).sum();
        Money::from_micros(BALANCE.micros() - spent + foreign)
    }

    /// Whether anything but this purchase moved our balance in that time.
    pub(crate) fn is_spoiled(&self, deal: &Deal, from_ms: u64, until_ms: u64) -> bool {
        let within = |at_ms: u64| (from_ms..=until_ms).contains(&at_ms);
        let truth = locked(&self.truth);
        let others = truth.sold.iter().filter(|sold| Some(&sold.id) != deal.sold.as_ref() && sold.cost > Money::ZERO);
        let moved = |sold: &Sold| within(sold.at_ms) || sold.comes_back_at_ms().is_some_and(within);
        truth.foreign.iter().any(|(at_ms, _)| within(*at_ms)) || others.into_iter().any(moved)
    }

    /// When the last message of all arrives.
    pub(crate) fn last_message_ms(&self) -> u64 {
        locked(&self.truth).sold.iter().flat_map(|sold| &sold.messages).map(|(at_ms, _)| *at_ms).max().unwrap_or(0)
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.clock.elapsed_ms()
    }

    pub(super) fn is_hit(&self, hits: impl Fn(ServerId) -> Hits) -> bool {
        let (now_ms, hits) = (self.now_ms(), hits(self.server));
        self.plan.storms.iter().any(|storm| storm.hits == hits && (storm.from_ms..storm.until_ms).contains(&now_ms))
    }

    /// Chance for this call.
    pub(super) fn call_dice(&self) -> Dice {
        let mut truth = locked(&self.truth);
        truth.calls += 1;
        Dice::of(self.plan.seed, self.named(["call", "call of 1"]), truth.calls)
    }

    /// What becomes of the purchase that is asked for now, for this order.
    pub(super) fn next_fate(&self, order: Option<OrderId>) -> Fate {
        let (at_ms, mut truth) = (self.now_ms(), locked(&self.truth));
        let fates = self.plan.fates.get(&self.server);
        let fate = fates.and_then(|fates| fates.get(truth.deals.len())).cloned().unwrap_or_else(Fate::plain);
        truth.deals.push(Deal { order, at_ms, sold: None });
        fate
    }

    /// Somebody else moves our balance at that time.
    pub(super) fn foreign(&self, at_ms: u64, cents: i32) {
        if cents != 0 {
            self.diary.note(format!("supplier: somebody else moves our balance by {cents} cents (at {at_ms} ms)"));
            locked(&self.truth).foreign.push((at_ms, cents));
        }
    }

    /// The word for this supplier, of two: the two keep apart what they name.
    fn named<T: Copy>(&self, [listing, silent]: [T; 2]) -> T {
        if self.keeps_lists() { listing } else { silent }
    }

    /// Sells a number at that time for the newest purchase, whether whoever asked lives to hear of it or not.
    pub(super) fn sell(&self, kind: Kind, service: u32, cost: Money, life: Life, times: Times) -> Sold {
        let mut truth = locked(&self.truth);
        let number = truth.sold.len() as u64 + 1;
        let phone = self.sold_before(&truth.sold, service, times.sold_at_ms).unwrap_or_else(|| self.phone(number));
        let life_s = if kind == Kind::Rental { RENTAL_S } else { life.life_s };
        let messages = life.messages_s.iter().enumerate();
        let messages = messages
            .map(|(nth, after_s)| (times.sold_at_ms + after_s * 1_000, self.message(number, nth, kind)))
            .filter(|(at_ms, _)| *at_ms < times.sold_at_ms + life_s * 1_000)
            .collect();
        let sold = Sold {
            server: self.server,
            id: self.id(number),
            kind,
            service,
            phone,
            cost,
            at_ms: times.sold_at_ms,
            listed_at_ms: times.listed_at_ms,
            ends_at_ms: times.sold_at_ms + life_s * 1_000,
            given_back_at_ms: None,
            messages,
            woken_at_ms: Vec::new(),
            life,
        };
        self.diary.note(format!("supplier: sells {} for {cost} (from {} ms on)", sold.id.as_str(), times.sold_at_ms));
        truth.sold.push(sold.clone());
        if let Some(deal) = truth.deals.last_mut() {
            deal.sold = Some(sold.id.clone());
        }
        sold
    }

    /// Now and then a phone number that was sold before: for another service at any time, for the same one where it came back
    /// without a message.
    fn sold_before(&self, sold: &[Sold], service: u32, now_ms: u64) -> Option<Phone> {
        let mut dice = Dice::of(self.plan.seed, self.named(["phone", "phone of 1"]), sold.len() as u64);
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
        let id = self.id(number);
        let again = Sold {
            id: id.clone(),
            cost: Money::ZERO,
            at_ms: now_ms,
            listed_at_ms: now_ms,
            ends_at_ms: now_ms + parent.life.life_s * 1_000,
            messages: vec![(now_ms + 40_000, self.message(number, 0, Kind::Temporary))],
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

    /// Wakes a rental; until when.
    pub(super) fn wake(&self, id: &SupplierOrderId) -> Option<UnixSeconds> {
        let now_ms = self.now_ms();
        self.diary.note(format!("supplier: wakes {}", id.as_str()));
        let mut truth = locked(&self.truth);
        let sold = truth.sold.iter_mut().find(|sold| sold.id == *id && sold.at_ms <= now_ms)?;
        sold.woken_at_ms.push(now_ms);
        Some(seconds(now_ms + AWAKE_MS))
    }

    fn id(&self, number: u64) -> SupplierOrderId {
        SupplierOrderId::parse(&format!("{}{number}", self.named(["N", "M"]))).expect("an id")
    }

    fn phone(&self, number: u64) -> Phone {
        Phone::parse(&format!("1{}555{number:04}", self.named(["202", "303"]))).expect("a number")
    }

    fn message(&self, number: u64, nth: usize, kind: Kind) -> Message {
        let code = format!("{}", self.named([100_000, 500_000]) + number * 10 + nth as u64);
        let letter = self.named(["K", "L"]);
        let key = if kind == Kind::Rental { format!("{letter}{number}.{nth}") } else { String::new() };
        Message { text: format!("Your code is {code}"), code: Some(code), key }
    }

    /// A purchase that never was, under the id of an order that there is.
    pub(super) fn pretended(&self, id: SupplierOrderId) -> Purchased {
        let expires_at = seconds(self.now_ms() + 1_200_000);
        Purchased { id, phone: self.phone(9_999), cost: Some(Money::from_cents(1)), expires_at, pool: None }
    }

    /// A row that a lying supplier shows: a message for an order that nobody made.
    pub(super) fn strange_row(&self) -> Option<ListedOrder> {
        let (now_ms, nth) = (self.now_ms(), locked(&self.truth).calls);
        let expires_at = seconds(now_ms + 600_000);
        self.is_hit(Hits::Lies).then(|| ListedOrder {
            id: SupplierOrderId::parse(&format!("X{nth}")).expect("an id"),
            phone: Some(self.phone(9_998)),
            iso2: "US".to_owned(),
            service_name: service_name(99),
            cost: Some(Money::from_cents(1)),
            expires_at,
            bought_at: Some(expires_at - LIFE_ASSUMED_S),
            check: Check::Received(self.message(9_998, 0, Kind::Temporary)),
        })
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
    /// The messages that have arrived, the newest last. A number that was given back receives nothing more, and one that
    /// sleeps nothing at all.
    pub(crate) fn arrived(&self, now_ms: u64) -> Vec<&Message> {
        self.arrivals(now_ms).map(|(_, message)| message).collect()
    }

    /// The same with the times of their arrival.
    pub(crate) fn arrivals(&self, now_ms: u64) -> impl Iterator<Item = (u64, &Message)> {
        let until_ms = self.given_back_at_ms.unwrap_or(u64::MAX).min(now_ms.saturating_add(1));
        let heard = move |at_ms: u64| at_ms < until_ms && self.is_awake(at_ms);
        self.messages.iter().filter(move |(at_ms, _)| heard(*at_ms)).map(|(at_ms, message)| (*at_ms, message))
    }

    fn is_awake(&self, at_ms: u64) -> bool {
        let sleeps = self.kind == Kind::Rental && self.server.profile().rentals == Rentals::Sleep;
        !sleeps || self.woken_at_ms.iter().any(|woken| (*woken..*woken + AWAKE_MS).contains(&at_ms))
    }

    /// Whether its charge was given back, by a cancel or because its time was over.
    pub(crate) fn is_given_back(&self, now_ms: u64) -> bool {
        self.comes_back_at_ms().is_some_and(|at_ms| at_ms <= now_ms)
    }

    /// When its charge was, or will be, given back.
    fn comes_back_at_ms(&self) -> Option<u64> {
        let lapses = self.kind == Kind::Temporary && !self.life.keeps_money && self.life.lapse == Lapse::GivenBack;
        let lapses = lapses && self.arrivals(u64::MAX).next().is_none();
        self.given_back_at_ms.or(lapses.then_some(self.ends_at_ms + GIVEN_BACK_AFTER_MS))
    }

    /// What a request to wake it leads to.
    pub(super) const fn waking(&self) -> Waking {
        self.life.waking
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

fn seconds(at_ms: u64) -> UnixSeconds {
    (BEGINNING_MS + i64::try_from(at_ms).expect("a short time")).div_euclid(1_000)
}
