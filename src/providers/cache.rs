//! What the supplier sells, kept in memory: fresh for five minutes, refreshed ahead of that, and kept when the supplier
//! is down.
//!
//! Reading ([`Supply::snapshot`]) is synchronous and takes one short lock. Each list is fetched by at most one call at a
//! time. A failed or suddenly empty answer never replaces a copy that has content; its age stays readable. What to fetch
//! and when is decided in `slots`; this file runs it.

mod slots;
mod snapshot;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use shop::clock::Clock;
use shop::pool::{Advice, PoolError, SmsPool};
use shop::{CountryId, ErrorCode};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use slots::{Key, Next, Slots};
pub use snapshot::{Aged, SupplySnapshot};
use snapshot::{Fetched, Kept};

/// A copy counts as fresh for so long (product.md 19).
pub const TTL_S: i64 = 300;
/// The clock is looked at so often; lists fall due within seconds of their age, whatever Tokio's own time does.
const TICK: Duration = Duration::from_secs(1);
/// The longest a fetch may take, over the pool's own limits.
const FETCH_MAX: Duration = Duration::from_secs(120);

/// A supplier's lists, kept fresh in the background until this is dropped.
pub struct Supply {
    shared: Arc<Shared>,
    runner: AbortHandle,
}

struct Shared {
    pool: Arc<dyn SmsPool>,
    clock: Arc<dyn Clock>,
    snapshot: RwLock<Arc<SupplySnapshot>>,
    slots: Mutex<Slots>,
    changes: watch::Sender<u64>,
    orders: mpsc::UnboundedSender<Order>,
    begun: AtomicBool,
}

/// A fetch to run; there is at most one per key, so the channel is bounded by the number of keys.
struct Order {
    key: Key,
    done: watch::Sender<Option<Result<(), PoolError>>>,
}

impl Supply {
    /// Starts with nothing, and fetches the countries, services and rentals at once. Needs a Tokio runtime.
    #[must_use]
    pub fn start(pool: Arc<dyn SmsPool>, clock: Arc<dyn Clock>) -> Self {
        let supply = Self::idle(pool, clock);
        supply.begin();
        supply
    }

    /// Starts with nothing, and fetches nothing by itself before [`Supply::begin`]: there may be no key yet. Needs a Tokio
    /// runtime.
    #[must_use]
    pub fn idle(pool: Arc<dyn SmsPool>, clock: Arc<dyn Clock>) -> Self {
        let (orders, incoming) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            pool,
            clock,
            snapshot: RwLock::default(),
            slots: Mutex::default(),
            changes: watch::Sender::new(0),
            orders,
            begun: AtomicBool::new(false),
        });
        let runner = tokio::spawn(run(Arc::clone(&shared), incoming)).abort_handle();
        Self { shared, runner }
    }

    /// From now on lists are kept fresh.
    pub fn begin(&self) {
        if !self.shared.begun.swap(true, Ordering::Relaxed) {
            self.shared.fly_due();
        }
    }

    /// All copies as they are now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<SupplySnapshot> {
        self.shared.snapshot()
    }

    /// Counts up with each change of the snapshot.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Takes over copies that were stored earlier, where they are newer than what is here.
    pub fn restore(&self, stored: SupplySnapshot) {
        self.shared.replace(|snapshot| {
            snapshot.adopt(stored);
            Kept::Yes
        });
    }

    /// Says that a country's offers are looked at: keeps them fresh for ten minutes, and fetches them now if need be.
    pub fn want_offers(&self, country: CountryId) {
        self.want(Key::Offers(country));
    }

    /// Waits until a country's offers are fresh.
    ///
    /// # Errors
    /// What the fetch failed with, or failed with moments ago; an older copy may still be in the snapshot.
    pub async fn load_offers(&self, country: CountryId) -> Result<(), PoolError> {
        self.load(Key::Offers(country)).await
    }

    /// Fetches a country's offers now, whatever their age: the supplier has said that they are not true any more.
    pub fn renew_offers(&self, country: CountryId) {
        self.renew(Key::Offers(country));
    }

    /// Like [`Self::renew_offers`], for the lines for rent.
    pub fn renew_rentals(&self) {
        self.renew(Key::Rentals);
    }

    /// Like [`Self::want_offers`], for the services of a rental product.
    pub fn want_rental_services(&self, product: u32) {
        self.want(Key::RentalServices(product));
    }

    /// Like [`Self::load_offers`], for the services of a rental product.
    ///
    /// # Errors
    /// What the fetch failed with, or failed with moments ago.
    pub async fn load_rental_services(&self, product: u32) -> Result<(), PoolError> {
        self.load(Key::RentalServices(product)).await
    }

    /// Fetches everything that is in use, whatever its age, and waits for it.
    ///
    /// # Errors
    /// The first failure; the others were still tried.
    pub async fn refresh_all(&self) -> Result<(), PoolError> {
        let now = self.shared.clock.now();
        let keys = self.shared.slots().in_use(now);
        let flights: Vec<_> = keys.into_iter().map(|key| self.shared.fly(key)).collect();
        let mut result = Ok(());
        for flight in flights {
            result = result.and(landed(flight).await);
        }
        result
    }

    fn want(&self, key: Key) {
        let shared = &self.shared;
        if shared.is_known(key) && matches!(shared.next(key), Next::Fetch) {
            shared.fly(key);
        }
    }

    fn renew(&self, key: Key) {
        let shared = &self.shared;
        if shared.is_known(key) {
            // The use is marked; what the copy's age would say about it does not matter.
            let _ = shared.next(key);
            shared.fly(key);
        }
    }

    async fn load(&self, key: Key) -> Result<(), PoolError> {
        let shared = &self.shared;
        if !shared.is_known(key) {
            return Err(error(ErrorCode::Unavailable, "not in the supplier's list"));
        }
        match shared.next(key) {
            // Due early, but still fresh: nobody has to wait for it.
            Next::Fetch if shared.age(key).is_some_and(|age| age < TTL_S) => {
                shared.fly(key);
                Ok(())
            }
            Next::Fetch => landed(shared.fly(key)).await,
            Next::Nothing => Ok(()),
            Next::Wait(flight) => landed(flight).await,
            Next::Later(error) => Err(error),
        }
    }
}

impl Drop for Supply {
    /// Ends the background task and with it every fetch.
    fn drop(&mut self) {
        self.runner.abort();
    }
}

impl Shared {
    fn snapshot(&self) -> Arc<SupplySnapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, change: impl FnOnce(&mut SupplySnapshot) -> Kept) -> Kept {
        let mut current = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let kept = change(Arc::make_mut(&mut current));
        drop(current);
        self.tell(kept);
        kept
    }

    fn tell(&self, kept: Kept) {
        if kept == Kept::EmptyRefused {
            return;
        }
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// A key that the supplier's own lists do not know is not asked for: typed queries name any number.
    fn is_known(&self, key: Key) -> bool {
        self.snapshot().lists(key)
    }

    fn age(&self, key: Key) -> Option<i64> {
        self.snapshot().age(key, self.clock.now())
    }

    /// What to do for someone who wants this key now. Marks the use.
    fn next(&self, key: Key) -> Next {
        let (age, now) = (self.age(key), self.clock.now());
        self.slots().touch(key, age, now)
    }

    /// Joins the fetch of a key, or starts it.
    fn fly(&self, key: Key) -> watch::Receiver<Option<Result<(), PoolError>>> {
        let (flight, done) = self.slots().take_off(key);
        if let Some(done) = done {
            // Fails only once the runner is gone; then dropping `done` tells whoever waits.
            let _ = self.orders.send(Order { key, done });
        }
        flight
    }

    fn fly_due(&self) {
        if !self.begun.load(Ordering::Relaxed) {
            return;
        }
        let (snapshot, now) = (self.snapshot(), self.clock.now());
        let due = self.slots().due(now, |key| snapshot.age(key, now));
        for key in due.into_iter().filter(|key| snapshot.lists(*key)) {
            self.fly(key);
        }
    }

    async fn fetch(&self, key: Key) -> Result<Fetched, PoolError> {
        Ok(match key {
            Key::Countries => Fetched::Countries(self.pool.countries().await?),
            Key::Services => Fetched::Services(self.pool.services().await?),
            Key::Rentals => Fetched::Rentals(self.pool.rental_offers().await?),
            Key::Offers(country) => Fetched::Offers(country, self.pool.offers(country).await?),
            Key::RentalServices(product) => Fetched::RentalServices(product, self.pool.rental_services(product).await?),
        })
    }

    async fn fetch_and_keep(&self, key: Key) -> Result<(), PoolError> {
        let slow = || error(ErrorCode::TimedOut, "the fetch took too long");
        let fetched = tokio::time::timeout(FETCH_MAX, self.fetch(key)).await.map_err(|_| slow())??;
        let now = self.clock.now();
        match self.replace(|snapshot| snapshot.keep(fetched, now)) {
            Kept::Yes => Ok(()),
            Kept::EmptyRefused => Err(error(ErrorCode::Unexpected, "an empty list; the old copy is kept")),
        }
    }
}

/// The background task: starts what falls due or is ordered. Its fetches end with it.
async fn run(shared: Arc<Shared>, mut incoming: mpsc::UnboundedReceiver<Order>) {
    let mut flights = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = tick.tick() => shared.fly_due(),
            Some(order) = incoming.recv() => {
                let landing = Landing { shared: Arc::clone(&shared), key: order.key, result: None, done: order.done };
                flights.spawn(landing.fly());
            }
            Some(_) = flights.join_next() => {}
        }
    }
}

/// Frees the key's slot at the end of a fetch, also where the fetch panics or is aborted.
struct Landing {
    shared: Arc<Shared>,
    key: Key,
    result: Option<Result<(), PoolError>>,
    done: watch::Sender<Option<Result<(), PoolError>>>,
}

impl Landing {
    async fn fly(mut self) {
        self.result = Some(self.shared.fetch_and_keep(self.key).await);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let result = self.result.take().unwrap_or_else(|| Err(error(ErrorCode::Unexpected, "the fetch ended early")));
        let now = self.shared.clock.now();
        self.shared.slots().land(self.key, &result, now);
        self.done.send_replace(Some(result));
    }
}

async fn landed(mut flight: watch::Receiver<Option<Result<(), PoolError>>>) -> Result<(), PoolError> {
    let gone = || error(ErrorCode::Unexpected, "the cache was stopped");
    let result = flight.wait_for(Option::is_some).await.map_err(|_| gone())?;
    result.clone().unwrap_or_else(|| Err(gone()))
}

fn error(code: ErrorCode, cause: &str) -> PoolError {
    PoolError { code, cause: format!("cache: {cause}"), advice: Advice::None }
}
