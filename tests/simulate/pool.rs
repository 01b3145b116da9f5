//! What the simulated supplier answers: its truth, late, in part, or not at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use shop::pool::{
    Advice, Cancelled, Check, Listed, ListedOrder, ListedRental, Message, PoolCountry, PoolError, PoolOffer,
    PoolService, PurchaseError, PurchaseRequest, Purchased, RentRequest, RentalOffer, Resent, SmsPool,
};
use shop::server::{Coverage, Rentals};
use shop::{CountryId, ErrorCode, Money, OrderId, ServerId, ServiceId, SupplierOrderId, UnixSeconds};
use store::Store;

use super::diary::locked;
use super::judge::Judge;
use super::plan::{Another, Answer, Fate, Hits, Kind, Waking, Why};
use super::sickness::{Ending, dearer};
use super::supplier::{RENTAL_REFUND_S, Supplier, Times};
use super::till::Till;
use super::world::World;

/// How soon a supplier is asked again to take a number without an owner back: not before its time lock is retried, in
/// milliseconds, less a second that a clock of whole seconds may swallow.
const ASKED_AGAIN_AFTER_MS: u64 = 14_000;

/// The supplier as the shop knows it, under the judge's eyes.
pub(crate) struct SimPool {
    supplier: Arc<Supplier>,
    judge: Arc<Judge>,
    store: Store,
    till: Till,
    /// When this life of the process last asked for a number without an owner to be taken back.
    given_back_at_ms: Mutex<BTreeMap<SupplierOrderId, u64>>,
}

fn error(code: ErrorCode, advice: Advice) -> PoolError {
    PoolError { code, cause: "simulated".to_owned(), advice }
}

fn silence() -> PoolError {
    error(ErrorCode::TimedOut, Advice::None)
}

fn unknown_order() -> PoolError {
    error(ErrorCode::OrderNotFound, Advice::None)
}

impl SimPool {
    pub(crate) fn new(world: &World, server: ServerId) -> Self {
        let (supplier, judge, store) = (world.suppliers[&server].clone(), world.judge.clone(), world.store.clone());
        let till = Till::new(supplier.clone(), store.clone());
        Self { supplier, judge, store, till, given_back_at_ms: Mutex::default() }
    }

    /// A call that changes nothing.
    async fn read<T>(&self, answer: impl FnOnce(&Supplier, u64) -> Result<T, PoolError>) -> Result<T, PoolError> {
        let Ending { after_ms, failure } = self.supplier.reading();
        wait(after_ms).await;
        match failure.or(self.supplier.is_hit(Hits::Reads).then_some(ErrorCode::TimedOut)) {
            Some(code) => Err(error(code, Advice::None)),
            None => answer(&self.supplier, self.supplier.now_ms()),
        }
    }

    /// A list, where there is one.
    async fn list<T>(&self, rows: impl FnOnce(&Supplier, u64) -> Vec<T>) -> Result<Listed<T>, PoolError> {
        if !self.supplier.keeps_lists() {
            return Ok(Listed::default());
        }
        self.read(|supplier, now_ms| Ok(Listed { rows: rows(supplier, now_ms), completeness: supplier.completeness() }))
            .await
    }

    /// A cancel happens on arrival; in a storm nobody hears of it.
    async fn cancelling(
        &self,
        id: &SupplierOrderId,
        cancel: impl FnOnce(&Supplier, u64) -> Cancelled,
    ) -> Result<Cancelled, PoolError> {
        self.is_given_time(id);
        let _turn = self.till.moves(id);
        let Ending { after_ms, failure } = self.supplier.changing();
        // What is not even heard changes nothing.
        let heard = failure != Some(ErrorCode::Unreachable);
        let answer = heard.then(|| cancel(&self.supplier, self.supplier.now_ms()));
        wait(after_ms).await;
        match (failure.or(self.supplier.is_hit(Hits::Cancels).then_some(ErrorCode::TimedOut)), answer) {
            (None, Some(answer)) => Ok(answer),
            (failure, _) => Err(error(failure.unwrap_or(ErrorCode::Unreachable), Advice::None)),
        }
    }

    /// Whoever is asked to take a number back is not asked again at once.
    fn is_given_time(&self, id: &SupplierOrderId) {
        if self.store.orphan(id).expect("readable books").is_none() {
            return;
        }
        let now_ms = self.supplier.now_ms();
        let before = locked(&self.given_back_at_ms).insert(id.clone(), now_ms);
        let after_ms = before.map_or(u64::MAX, |before| now_ms - before);
        if after_ms < ASKED_AGAIN_AFTER_MS {
            self.supplier.diary.violated("pace", format!("{} is given back again after {after_ms} ms", id.as_str()));
        }
    }

    /// A purchase happens halfway, and its answer comes at the end; or neither.
    async fn buying(
        &self,
        order: Option<OrderId>,
        kind: Kind,
        service: u32,
        cost: Money,
    ) -> Result<Purchased, PurchaseError> {
        let _turn = self.till.buys(order);
        let (supplier, now_ms) = (&self.supplier, self.supplier.now_ms());
        let Fate { answer, number, foreign_cents } = supplier.next_fate(order);
        let answer = supplier.answer_of(answer);
        let half_ms = |after_ms: u64| now_ms + after_ms.min(20_000) / 2;
        let sell = |cost: Money, after_ms: u64, listed_after_ms: u64| {
            let sold_at_ms = half_ms(after_ms);
            supplier.foreign(sold_at_ms + 1, foreign_cents);
            let times = Times { sold_at_ms, listed_at_ms: sold_at_ms + listed_after_ms };
            supplier.sell(kind, service, cost, number.clone(), times)
        };
        let unknown = || Err(PurchaseError::Unknown(error(supplier.no_answer(), Advice::None)));
        match answer {
            Answer::Sold { after_ms } => {
                let sold = sell(cost, after_ms, 0);
                wait(after_ms).await;
                Ok(sold.purchased())
            }
            Answer::Dear { after_ms } => {
                let sold = sell(Money::from_micros(cost.micros() * dearer(kind)), after_ms, 0);
                wait(after_ms).await;
                Ok(sold.purchased())
            }
            Answer::Refused { after_ms, why } => {
                wait(after_ms).await;
                Err(PurchaseError::DefiniteNo(no(why)))
            }
            Answer::LostUnsold { after_ms } => {
                supplier.foreign(half_ms(after_ms), foreign_cents);
                wait(after_ms).await;
                unknown()
            }
            Answer::LostSold { after_ms, listed_after_ms } => {
                sell(cost, after_ms, listed_after_ms);
                wait(after_ms).await;
                unknown()
            }
            Answer::Anothers { after_ms } => {
                let sold = sell(cost, after_ms, 0);
                wait(after_ms).await;
                let id = self.judge.an_owned_id().unwrap_or_else(|| sold.id.clone());
                Ok(Purchased { id, ..sold.purchased() })
            }
            Answer::Pretended { after_ms } => {
                supplier.foreign(half_ms(after_ms), foreign_cents);
                wait(after_ms).await;
                match self.judge.an_owned_id() {
                    Some(id) => Ok(supplier.pretended(id)),
                    None => unknown(),
                }
            }
        }
    }
}

async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn no(why: Why) -> PoolError {
    match why {
        Why::SoldOut => error(ErrorCode::OutOfStock, Advice::None),
        Why::PriceRose => error(ErrorCode::Unavailable, Advice::PriceChanged),
        Why::OurBalance => error(ErrorCode::BalanceTooLow, Advice::None),
        Why::RateLimit => error(ErrorCode::RateLimited, Advice::RetryAfter(3)),
        Why::Unreachable => error(ErrorCode::Unreachable, Advice::None),
    }
}

#[async_trait]
impl SmsPool for SimPool {
    async fn balance(&self) -> Result<Money, PoolError> {
        self.read(|supplier, _| {
            self.till.tells();
            Ok(supplier.balance())
        })
        .await
    }

    async fn countries(&self) -> Result<Vec<PoolCountry>, PoolError> {
        let country = PoolCountry { id: CountryId(1), name: "United States".to_owned(), iso2: "US".to_owned() };
        match self.supplier.server.profile().coverage {
            Coverage::World => self.read(|_, _| Ok(vec![country])).await,
            // Nobody is asked.
            Coverage::Only(_) => Ok(vec![country]),
        }
    }

    async fn services(&self) -> Result<Vec<PoolService>, PoolError> {
        let name = super::supplier::service_name;
        self.read(|_, _| Ok((1..3).map(|id| PoolService { id: ServiceId(id), name: name(id) }).collect())).await
    }

    async fn offers(&self, _: CountryId) -> Result<Vec<PoolOffer>, PoolError> {
        self.read(|_, _| Ok(Vec::new())).await
    }

    async fn cost(&self, _: CountryId, _: ServiceId) -> Result<PoolOffer, PoolError> {
        Err(silence())
    }

    async fn purchase(&self, request: &PurchaseRequest) -> Result<Purchased, PurchaseError> {
        let order = self.judge.a_purchase_is_asked_for(self.supplier.server, request);
        self.buying(order, Kind::Temporary, request.service.0, request.max_cost).await
    }

    async fn check(&self, id: &SupplierOrderId) -> Result<Check, PoolError> {
        self.read(|supplier, now_ms| supplier.find(id).map(|sold| sold.check(now_ms)).ok_or_else(unknown_order)).await
    }

    async fn cancel(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        self.cancelling(id, |supplier, now_ms| {
            let Some(sold) = supplier.find(id) else { return Cancelled::Refused };
            match sold.check(now_ms) {
                Check::Pending if sold.is_locked(now_ms) => Cancelled::Locked,
                Check::Pending if !sold.life.keeps_money => {
                    supplier.give_back(id);
                    Cancelled::Refunded
                }
                Check::Pending | Check::Unread | Check::Received(_) | Check::Refunded | Check::Ended => {
                    Cancelled::Refused
                }
            }
        })
        .await
    }

    async fn resend_cost(&self, id: &SupplierOrderId) -> Result<Option<Money>, PoolError> {
        self.read(|supplier, _| {
            let sold = supplier.find(id).ok_or_else(unknown_order)?;
            Ok(match sold.life.another {
                Another::NotForFree => Some(Money::from_cents(10)),
                Another::NewOrder | Another::SameOrder | Another::NewOrderAnswerLost => Some(Money::ZERO),
            })
        })
        .await
    }

    async fn resend(&self, id: &SupplierOrderId) -> Result<Resent, PurchaseError> {
        let _turn = self.till.moves(id);
        let sold = self.supplier.find(id).ok_or_else(|| PurchaseError::DefiniteNo(unknown_order()))?;
        let Ending { after_ms, failure } = self.supplier.changing();
        if failure == Some(ErrorCode::Unreachable) {
            wait(after_ms).await;
            return Err(PurchaseError::DefiniteNo(error(ErrorCode::Unreachable, Advice::None)));
        }
        let id = match sold.life.another {
            Another::NewOrder | Another::NewOrderAnswerLost => self.supplier.sell_again(&sold),
            Another::SameOrder | Another::NotForFree => sold.id.clone(),
        };
        wait(after_ms).await;
        let lost = (sold.life.another == Another::NewOrderAnswerLost).then_some(ErrorCode::TimedOut);
        match failure.or(lost) {
            Some(code) => Err(PurchaseError::Unknown(error(code, Advice::None))),
            None => Ok(Resent { id, charge: Money::ZERO }),
        }
    }

    async fn active(&self) -> Result<Listed<ListedOrder>, PoolError> {
        self.list(|supplier, now_ms| {
            let rows = supplier.listed(|sold| {
                let open = now_ms < sold.ends_at_ms && !sold.is_given_back(now_ms);
                (sold.kind == Kind::Temporary && open).then(|| sold.row(now_ms))
            });
            rows.into_iter().chain(supplier.strange_row()).collect()
        })
        .await
    }

    async fn history(&self) -> Result<Listed<ListedOrder>, PoolError> {
        self.list(|supplier, now_ms| {
            let rows = supplier.listed(|sold| (sold.kind == Kind::Temporary).then(|| sold.row(now_ms)));
            rows.into_iter().chain(supplier.strange_row()).collect()
        })
        .await
    }

    async fn rental_offers(&self) -> Result<Vec<RentalOffer>, PoolError> {
        self.read(|_, _| Ok(Vec::new())).await
    }

    async fn rental_services(&self, _: u32) -> Result<Option<Vec<ServiceId>>, PoolError> {
        self.read(|_, _| Ok(None)).await
    }

    async fn rental_cost(&self, _: &RentRequest) -> Result<Money, PoolError> {
        self.read(|_, _| Ok(super::RENTAL_COST)).await
    }

    async fn rent(&self, request: &RentRequest) -> Result<Purchased, PurchaseError> {
        let order = self.judge.a_rental_is_asked_for(self.supplier.server, request);
        self.buying(order, Kind::Rental, request.service.0, super::RENTAL_COST).await
    }

    async fn rental_messages(&self, id: &SupplierOrderId) -> Result<Vec<Message>, PoolError> {
        self.read(|supplier, now_ms| {
            let sold = supplier.find(id).filter(|sold| !sold.is_given_back(now_ms)).ok_or_else(unknown_order)?;
            Ok(sold.arrived(now_ms).into_iter().cloned().collect())
        })
        .await
    }

    async fn rental_refund(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        self.cancelling(id, |supplier, now_ms| match supplier.find(id) {
            Some(sold) if sold.is_given_back(now_ms) || !sold.arrived(now_ms).is_empty() => Cancelled::Refused,
            Some(sold) if now_ms >= sold.at_ms + RENTAL_REFUND_S * 1_000 || sold.life.keeps_money => Cancelled::Refused,
            Some(sold) if sold.is_locked(now_ms) => Cancelled::Locked,
            Some(_) => {
                supplier.give_back(id);
                Cancelled::Refunded
            }
            None => Cancelled::Refused,
        })
        .await
    }

    async fn rentals(&self) -> Result<Listed<ListedRental>, PoolError> {
        self.list(|supplier, now_ms| {
            supplier.listed(|sold| (sold.kind == Kind::Rental && !sold.is_given_back(now_ms)).then(|| sold.line()))
        })
        .await
    }

    async fn wake(&self, id: &SupplierOrderId) -> Result<UnixSeconds, PoolError> {
        if self.supplier.server.profile().rentals == Rentals::Awake {
            self.supplier.diary.violated("sleep", format!("{} does not sleep, and is woken", id.as_str()));
        }
        let is_lost = self.supplier.call_dice().one_in(2);
        self.read(|supplier, _| {
            let waking = supplier.find(id).ok_or_else(unknown_order)?.waking();
            if waking == Waking::Refused {
                return Err(error(ErrorCode::Rejected, Advice::None));
            }
            let until = supplier.wake(id).ok_or_else(unknown_order)?;
            if waking == Waking::AnswerLost && is_lost { Err(silence()) } else { Ok(until) }
        })
        .await
    }
}
