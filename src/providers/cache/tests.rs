//! The cache against a scripted pool and a clock moved by hand. Tokio's time is paused: a second of it passes only when
//! nothing else is left to do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use shop::pool::{
    Cancelled, Check, Listed, ListedOrder, ListedRental, Message, PoolCountry, PoolOffer, PoolService, PurchaseError,
    PurchaseRequest, Purchased, Receives, RentRequest, RentalOffer, Resent,
};
use shop::{Money, ServiceId, SupplierOrderId};
use tokio::sync::Semaphore;

use super::*;

struct HandClock(AtomicI64);

impl HandClock {
    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A pool that counts its calls, waits at a gate, and answers what the test set.
struct Scripted {
    calls: Mutex<BTreeMap<Key, u32>>,
    gate: Semaphore,
    mood: Mutex<Mood>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Full,
    Empty,
    Down,
    Panic,
}

impl Scripted {
    async fn answer<T>(&self, key: Key, full: Vec<T>) -> Result<Vec<T>, PoolError> {
        *self.calls.lock().expect("no panic").entry(key).or_default() += 1;
        let _open = self.gate.acquire().await.expect("never closed");
        let mood = *self.mood.lock().expect("no panic");
        match mood {
            Mood::Full => Ok(full),
            Mood::Empty => Ok(Vec::new()),
            Mood::Down => Err(error(ErrorCode::Unreachable, "down")),
            Mood::Panic => panic!("a fault in the client"),
        }
    }

    fn calls(&self, key: Key) -> u32 {
        self.calls.lock().expect("no panic").get(&key).copied().unwrap_or(0)
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }
}

#[async_trait]
impl SmsPool for Scripted {
    async fn countries(&self) -> Result<Vec<PoolCountry>, PoolError> {
        let country = |id| PoolCountry { id: CountryId(id), name: format!("Land {id}"), iso2: "XX".to_owned() };
        self.answer(Key::Countries, (1..=3).map(country).collect()).await
    }
    async fn services(&self) -> Result<Vec<PoolService>, PoolError> {
        self.answer(Key::Services, vec![PoolService { id: ServiceId(1), name: "WhatsApp".to_owned() }]).await
    }
    async fn offers(&self, country: CountryId) -> Result<Vec<PoolOffer>, PoolError> {
        let offer = PoolOffer { service: ServiceId(1), cost: Money::from_cents(24), pool: None };
        self.answer(Key::Offers(country), vec![offer]).await
    }
    async fn rental_offers(&self) -> Result<Vec<RentalOffer>, PoolError> {
        let offer = RentalOffer {
            product: 6,
            country: CountryId(1),
            costs: BTreeMap::new(),
            receives: Receives::Any,
            refund_within_s: None,
            refund_min_days: shop::Days(0),
            extendable: shop::pool::Extendable::Perhaps,
        };
        self.answer(Key::Rentals, vec![offer]).await
    }
    async fn rental_services(&self, product: u32) -> Result<Option<Vec<ServiceId>>, PoolError> {
        self.answer(Key::RentalServices(product), vec![ServiceId(1)]).await.map(Some)
    }
    async fn balance(&self) -> Result<Money, PoolError> {
        unreachable!("not cached")
    }
    async fn cost(&self, _: CountryId, _: ServiceId) -> Result<PoolOffer, PoolError> {
        unreachable!("not cached")
    }
    async fn purchase(&self, _: &PurchaseRequest) -> Result<Purchased, PurchaseError> {
        unreachable!("not cached")
    }
    async fn check(&self, _: &SupplierOrderId) -> Result<Check, PoolError> {
        unreachable!("not cached")
    }
    async fn cancel(&self, _: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        unreachable!("not cached")
    }
    async fn resend_cost(&self, _: &SupplierOrderId) -> Result<Option<Money>, PoolError> {
        unreachable!("not cached")
    }
    async fn resend(&self, _: &SupplierOrderId) -> Result<Resent, PurchaseError> {
        unreachable!("not cached")
    }
    async fn active(&self) -> Result<Listed<ListedOrder>, PoolError> {
        unreachable!("not cached")
    }
    async fn history(&self) -> Result<Listed<ListedOrder>, PoolError> {
        unreachable!("not cached")
    }
    async fn rental_cost(&self, _: &RentRequest) -> Result<Money, PoolError> {
        unreachable!("not cached")
    }
    async fn rent(&self, _: &RentRequest) -> Result<Purchased, PurchaseError> {
        unreachable!("not cached")
    }
    async fn rental_messages(&self, _: &SupplierOrderId) -> Result<Vec<Message>, PoolError> {
        unreachable!("not cached")
    }
    async fn rental_refund(&self, _: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        unreachable!("not cached")
    }
    async fn rentals(&self) -> Result<Listed<ListedRental>, PoolError> {
        unreachable!("not cached")
    }
}

struct Bench {
    pool: Arc<Scripted>,
    clock: Arc<HandClock>,
    supply: Arc<Supply>,
}

const ONE: CountryId = CountryId(1);
const OFFERS: Key = Key::Offers(ONE);

/// Gates open, first three lists fetched.
async fn bench() -> Bench {
    let pool = Arc::new(Scripted { calls: Mutex::default(), gate: Semaphore::new(100), mood: Mutex::new(Mood::Full) });
    let clock = Arc::new(HandClock(AtomicI64::new(1_000_000_000)));
    let supply = Supply::start(Arc::clone(&pool) as Arc<dyn SmsPool>, Arc::clone(&clock) as Arc<dyn Clock>);
    let bench = Bench { pool, clock, supply: Arc::new(supply) };
    bench.settle().await;
    bench
}

impl Bench {
    /// Lets the background task look at the clock and finish what it starts.
    async fn settle(&self) {
        for _ in 0..3 {
            tokio::time::advance(TICK).await;
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn pass(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.settle().await;
    }

    fn offers_age(&self) -> Option<i64> {
        self.supply.snapshot().age(OFFERS, self.clock.now())
    }
}

#[tokio::test(start_paused = true)]
async fn the_three_lists_are_fetched_at_the_start() {
    let bench = bench().await;
    let snapshot = bench.supply.snapshot();
    assert_eq!(snapshot.countries.as_ref().map(|aged| aged.value.len()), Some(3));
    assert!(snapshot.services.is_some() && snapshot.rentals.is_some() && snapshot.offers.is_empty());
    assert_eq!(*bench.supply.changes().borrow(), 3);
}

#[tokio::test(start_paused = true)]
async fn many_readers_share_one_fetch() {
    let bench = bench().await;
    let shut = bench.pool.gate.acquire_many(100).await.expect("open");
    let mut readers = JoinSet::new();
    for _ in 0..20 {
        let supply = Arc::clone(&bench.supply);
        readers.spawn(async move { supply.load_offers(ONE).await });
    }
    bench.supply.want_offers(ONE);
    bench.settle().await;
    assert_eq!(bench.pool.calls(OFFERS), 1);
    assert!(bench.supply.snapshot().offers.is_empty());
    drop(shut);
    assert_eq!(readers.join_all().await, vec![Ok(()); 20]);
    assert_eq!(bench.pool.calls(OFFERS), 1);
    assert_eq!(bench.supply.load_offers(ONE).await, Ok(()));
    assert_eq!(bench.pool.calls(OFFERS), 1, "fresh: no second fetch");
}

#[tokio::test(start_paused = true)]
async fn a_second_operator_joins_the_first_ones_refresh() {
    let bench = bench().await;
    let shut = bench.pool.gate.acquire_many(100).await.expect("open");
    let mut operators = JoinSet::new();
    for _ in 0..2 {
        let supply = Arc::clone(&bench.supply);
        operators.spawn(async move { supply.refresh_all().await });
    }
    bench.settle().await;
    drop(shut);
    assert_eq!(operators.join_all().await, vec![Ok(()); 2]);
    assert_eq!(bench.pool.calls(Key::Countries), 2, "once at the start, once for both");
}

#[tokio::test(start_paused = true)]
async fn lists_are_refreshed_ahead_of_their_end() {
    let bench = bench().await;
    bench.supply.load_offers(ONE).await.expect("offers");
    bench.pass(230).await;
    assert_eq!((bench.pool.calls(Key::Countries), bench.pool.calls(OFFERS)), (1, 1));
    bench.pass(11).await;
    assert_eq!((bench.pool.calls(Key::Countries), bench.pool.calls(OFFERS)), (2, 2));
    assert_eq!(bench.offers_age(), Some(0));
}

#[tokio::test(start_paused = true)]
async fn offers_that_nobody_asks_for_rest() {
    let bench = bench().await;
    bench.supply.load_offers(ONE).await.expect("offers");
    for _ in 0..20 {
        bench.pass(100).await;
    }
    let while_used = bench.pool.calls(OFFERS);
    assert!((2..=3).contains(&while_used), "{while_used}");
    assert!(bench.pool.calls(Key::Countries) >= 6);
    assert!(bench.offers_age().is_some_and(|age| age > TTL_S), "the last copy stays readable with its age");
    bench.supply.want_offers(ONE);
    bench.settle().await;
    assert_eq!((bench.pool.calls(OFFERS), bench.offers_age()), (while_used + 1, Some(0)));
}

#[tokio::test(start_paused = true)]
async fn a_supplier_that_is_down_leaves_the_last_copy() {
    let bench = bench().await;
    bench.supply.load_offers(ONE).await.expect("offers");
    bench.pool.set(Mood::Down);
    bench.pass(301).await;
    assert_eq!((bench.pool.calls(OFFERS), bench.offers_age()), (2, Some(301)));
    assert_eq!(bench.supply.snapshot().offers[&ONE].value.len(), 1);
    let again = bench.supply.load_offers(ONE).await;
    assert_eq!(again.map_err(|error| error.code), Err(ErrorCode::Unreachable));
    assert_eq!(bench.pool.calls(OFFERS), 2, "no second call within the pause");
    bench.pool.set(Mood::Full);
    bench.pass(6).await;
    assert_eq!((bench.pool.calls(OFFERS), bench.offers_age()), (3, Some(0)));
}

#[tokio::test(start_paused = true)]
async fn retries_slow_down_to_once_a_minute() {
    let bench = bench().await;
    bench.pool.set(Mood::Down);
    bench.pass(240).await;
    let mut pauses = Vec::new();
    let mut seen = bench.pool.calls(Key::Services);
    let mut pause = 0;
    while pauses.len() < 6 {
        bench.pass(1).await;
        pause += 1;
        if bench.pool.calls(Key::Services) > seen {
            seen = bench.pool.calls(Key::Services);
            pauses.push(std::mem::take(&mut pause));
        }
    }
    assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_never_replaces_one_with_content() {
    let bench = bench().await;
    bench.supply.load_offers(ONE).await.expect("offers");
    bench.pool.set(Mood::Empty);
    let changes = *bench.supply.changes().borrow();
    assert!(bench.supply.refresh_all().await.is_err());
    let snapshot = bench.supply.snapshot();
    assert_eq!(snapshot.countries.as_ref().map(|aged| aged.value.len()), Some(3));
    assert_eq!(snapshot.offers[&ONE].value.len(), 1);
    assert_eq!(*bench.supply.changes().borrow(), changes);
    assert_eq!(bench.supply.load_offers(CountryId(2)).await, Ok(()), "a country may sell nothing from the start");
    assert_eq!(bench.supply.snapshot().offers[&CountryId(2)].value.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn unlisted_countries_and_products_are_not_asked_for() {
    let bench = bench().await;
    bench.supply.want_offers(CountryId(999));
    let refused = bench.supply.load_offers(CountryId(999)).await;
    assert_eq!(refused.map_err(|error| error.code), Err(ErrorCode::Unavailable));
    bench.supply.want_rental_services(999);
    bench.settle().await;
    assert_eq!((bench.pool.calls(Key::Offers(CountryId(999))), bench.pool.calls(Key::RentalServices(999))), (0, 0));
    assert_eq!(bench.supply.load_rental_services(6).await, Ok(()));
    assert_eq!(bench.supply.snapshot().rental_services[&6].value, Some(vec![ServiceId(1)]));
}

#[tokio::test(start_paused = true)]
async fn stored_copies_come_back_and_newer_ones_win() {
    let bench = bench().await;
    bench.supply.load_offers(ONE).await.expect("offers");
    let mut stored = SupplySnapshot::clone(&bench.supply.snapshot());
    stored.countries = Some(Arc::new(Aged { value: Vec::new(), fetched_at: 5 }));
    stored.offers.insert(CountryId(3), Arc::new(Aged { value: Vec::new(), fetched_at: 5 }));
    bench.supply.restore(stored.clone());
    let snapshot = bench.supply.snapshot();
    assert_eq!(snapshot.countries.as_ref().map(|aged| aged.value.len()), Some(3));
    assert_eq!(snapshot.age(Key::Offers(CountryId(3)), 8), Some(3));
    let text = serde_json::to_string(&*snapshot).expect("plain data");
    assert_eq!(serde_json::from_str::<SupplySnapshot>(&text).expect("reads back"), *snapshot);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_fetch_is_a_failure_and_not_the_end() {
    let bench = bench().await;
    bench.pool.set(Mood::Panic);
    let failed = bench.supply.load_offers(ONE).await;
    assert_eq!(failed.map_err(|error| error.code), Err(ErrorCode::Unexpected));
    bench.pool.set(Mood::Full);
    bench.pass(6).await;
    assert_eq!(bench.supply.load_offers(ONE).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_cache_ends_its_work() {
    let bench = bench().await;
    let Bench { pool, clock: _, supply } = bench;
    let shut = pool.gate.acquire_many(100).await.expect("open");
    supply.want_offers(ONE);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(pool.calls(OFFERS), 1);
    let shared = Arc::downgrade(&supply.shared);
    drop(supply);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(shared.strong_count(), 0, "neither the task nor the fetch lives on");
    drop(shut);
}
