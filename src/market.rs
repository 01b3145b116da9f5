//! A server's supplier, the copies of its lists, and the priced catalogue that screens are drawn from.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use providers::{Aged, Supply, SupplySnapshot};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shop::catalogue::{Catalogue, PriceList, Product};
use shop::pool::{PoolError, Receives, RentalOffer, SmsPool};
use shop::pricing::Margin;
use shop::settings::Settings;
use shop::{CountryId, ServerId, UnixSeconds};
use store::{Intent, Store, StoreError};
use tokio::sync::watch;

use crate::health::Health;
use crate::office::Office;
use crate::till::Till;
use crate::watched::Watched;

/// A server with its supplier.
pub struct Market {
    /// Which server.
    pub server: ServerId,
    pool: Arc<dyn SmsPool>,
    /// The same, without anybody who listens.
    supplier: Arc<dyn SmsPool>,
    health: Arc<Health>,
    supply: Supply,
    prices: Mutex<Prices>,
    catalogue: RwLock<Arc<Catalogue>>,
    has_key: AtomicBool,
    /// Who may move money there, where only our balance tells what became of it.
    pub(crate) till: Till,
    built: watch::Sender<u64>,
    keeper: tokio::sync::Mutex<Keeper>,
}

/// What the catalogue was built from: only what changed is built anew.
struct Prices {
    margin: Margin,
    from: SupplySnapshot,
}

impl Market {
    /// A market with what the database kept of its lists.
    #[must_use]
    pub fn open(server: ServerId, supplier: Arc<dyn SmsPool>, office: &Arc<Office>, settings: &Settings) -> Arc<Self> {
        let store = &office.store;
        let health = Health::new(server, office.clone(), &settings.server(server).troubles);
        let pool: Arc<dyn SmsPool> = Arc::new(Watched { pool: supplier.clone(), health: health.clone() });
        let supply = Supply::idle(pool.clone(), office.clock.clone());
        supply.restore(kept(store, server));
        let margin = settings.server(server).margin();
        let prices = Prices { margin, from: SupplySnapshot::default() };
        let market = Arc::new(Self {
            server,
            pool,
            supplier,
            health,
            supply,
            prices: Mutex::new(prices),
            catalogue: RwLock::new(Arc::new(Catalogue::new(&[], &[]))),
            has_key: AtomicBool::new(false),
            till: Till::default(),
            built: watch::Sender::new(0),
            keeper: tokio::sync::Mutex::new(Keeper { server, store: store.clone(), kept: SupplySnapshot::default() }),
        });
        market.rebuild(&market.supply.snapshot());
        market
    }

    /// The supplier.
    #[must_use]
    pub fn pool(&self) -> Arc<dyn SmsPool> {
        self.pool.clone()
    }

    /// Whether a key is set.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.has_key.load(Ordering::Relaxed)
    }

    /// The supplier's key was set: buying can begin.
    pub fn key_was_set(&self) {
        self.has_key.store(true, Ordering::Relaxed);
        self.supply.begin();
    }

    /// The priced catalogue as it is now.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the lists that screens are drawn from have all been there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let catalogue = self.catalogue();
        !catalogue.is_empty() && catalogue.rentals_fetched_at().is_some()
    }

    /// When the supplier answered each of its lists, as far as they are there.
    pub fn lists_fetched_at(&self) -> impl Iterator<Item = (&'static str, UnixSeconds)> {
        let lists = self.supply.snapshot();
        let countries = lists.countries.as_ref().map(|aged| ("countries", aged.fetched_at));
        let services = lists.services.as_ref().map(|aged| ("services", aged.fetched_at));
        let rentals = lists.rentals.as_ref().map(|aged| ("rentals", aged.fetched_at));
        [countries, services, rentals].into_iter().flatten()
    }

    /// Changes whenever the catalogue does.
    pub fn built(&self) -> watch::Receiver<u64> {
        self.built.subscribe()
    }

    /// Somebody looks at what this country sells: it is kept fresh for a while.
    pub fn want(&self, country: CountryId, product: Product) {
        match product {
            Product::Temporary => self.supply.want_offers(country),
            Product::Rental(_) => {
                self.lines_of(country).into_iter().for_each(|line| self.supply.want_rental_services(line));
            }
        }
    }

    /// Waits until it is known what this country sells: its prices, or what its lines for rent receive.
    ///
    /// # Errors
    /// The supplier's. Of several lines those that could be had are known then.
    pub async fn load(&self, country: CountryId, product: Product) -> Result<(), PoolError> {
        let loaded = match product {
            Product::Temporary => self.supply.load_offers(country).await,
            Product::Rental(_) => {
                let mut loaded = Ok(());
                for line in self.lines_of(country) {
                    loaded = loaded.and(self.supply.load_rental_services(line).await);
                }
                loaded
            }
        };
        self.publish().await;
        loaded
    }

    /// Fetches this country's prices anew, whatever their age.
    pub fn renew(&self, country: CountryId, product: Product) {
        match product {
            Product::Temporary => self.supply.renew_offers(country),
            Product::Rental(_) => self.supply.renew_rentals(),
        }
    }

    /// Prices follow the margin.
    pub fn set_settings(&self, settings: &Settings) {
        *self.prices() = Prices { margin: settings.server(self.server).margin(), from: SupplySnapshot::default() };
        self.rebuild(&self.supply.snapshot());
    }

    /// Keeps the catalogue as the lists are, and looks after the server's health, until the shutdown.
    ///
    /// It is looked at its health every so often, and whenever something went wrong.
    pub async fn run(self: Arc<Self>, look_every: Duration, shutdown: watch::Receiver<bool>) {
        let (health, supplier) = (self.health.clone(), self.supplier.clone());
        let has_key = || self.has_key();
        tokio::join!(self.follow_lists(shutdown.clone()), health.run(supplier, has_key, look_every, shutdown));
    }

    async fn follow_lists(&self, mut shutdown: watch::Receiver<bool>) {
        let mut changes = self.supply.changes();
        loop {
            tokio::select! {
                biased;
                _ = shutdown.changed() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
            self.publish().await;
        }
    }

    /// Keeps in the database what has changed, and only then shows it: what a person has seen, a restart still knows.
    async fn publish(&self) {
        let mut keeper = self.keeper.lock().await;
        let supply = self.supply.snapshot();
        keeper.keep(&supply).await;
        self.rebuild(&supply);
    }

    fn prices(&self) -> MutexGuard<'_, Prices> {
        self.prices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lines_of(&self, country: CountryId) -> Vec<u32> {
        let lines = |aged: &Arc<Aged<Vec<RentalOffer>>>| {
            let here = |offer: &&RentalOffer| offer.country == country && offer.receives == Receives::Unasked;
            aged.value.iter().filter(here).map(|offer| offer.product).collect()
        };
        self.supply.snapshot().rentals.as_ref().map(lines).unwrap_or_default()
    }

    /// Builds what has changed since the last time.
    fn rebuild(&self, supply: &SupplySnapshot) {
        let mut prices = self.prices();
        let before = self.catalogue();
        let mut catalogue = prices.lists(&before, supply);
        for (country, aged) in &supply.offers {
            if is_new(aged, prices.from.offers.get(country)) {
                let base = catalogue.as_ref().unwrap_or(&before);
                let list = PriceList::new(&aged.value, prices.margin, aged.fetched_at);
                catalogue = Some(base.with_prices(*country, Arc::new(list)));
            }
        }
        if let Some((offers, fetched_at)) = prices.rentals(supply) {
            let base = catalogue.as_ref().unwrap_or(&before);
            catalogue = Some(base.with_rentals(offers, prices.margin, fetched_at));
        }
        prices.from = supply.clone();
        if let Some(catalogue) = catalogue {
            *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalogue);
            self.built.send_modify(|count| *count += 1);
        }
    }
}

/// Whether this is another copy than the one before: two may be of the same second.
fn is_new<T>(copy: &Arc<T>, before: Option<&Arc<T>>) -> bool {
    before.is_none_or(|before| !Arc::ptr_eq(copy, before))
}

impl Prices {
    fn lists(&self, before: &Catalogue, supply: &SupplySnapshot) -> Option<Catalogue> {
        let (countries, services) = (supply.countries.as_ref()?, supply.services.as_ref()?);
        let changed = is_new(countries, self.from.countries.as_ref()) || is_new(services, self.from.services.as_ref());
        changed.then(|| before.with_lists(&countries.value, &services.value))
    }

    /// What is for rent, with the services of each product where they were asked for.
    fn rentals(&self, supply: &SupplySnapshot) -> Option<(Vec<RentalOffer>, UnixSeconds)> {
        let rentals = supply.rentals.as_ref()?;
        let known = &self.from.rental_services;
        let asked = supply.rental_services.iter().any(|(product, aged)| is_new(aged, known.get(product)));
        if !asked && !is_new(rentals, self.from.rentals.as_ref()) {
            return None;
        }
        let with_services = |offer: &RentalOffer| {
            let receives = match (&offer.receives, supply.rental_services.get(&offer.product)) {
                (Receives::Unasked, Some(aged)) => aged.value.clone().map_or(Receives::Any, Receives::Only),
                (known, _) => known.clone(),
            };
            RentalOffer { receives, ..offer.clone() }
        };
        Some((rentals.value.iter().map(with_services).collect(), rentals.fetched_at))
    }
}

/// Writes each list to the database when it changed.
struct Keeper {
    server: ServerId,
    store: Store,
    kept: SupplySnapshot,
}

impl Keeper {
    async fn keep(&mut self, supply: &SupplySnapshot) {
        self.keep_one("countries", supply.countries.as_ref(), self.kept.countries.as_ref()).await;
        self.keep_one("services", supply.services.as_ref(), self.kept.services.as_ref()).await;
        self.keep_one("rentals", supply.rentals.as_ref(), self.kept.rentals.as_ref()).await;
        for (country, aged) in &supply.offers {
            self.keep_one(&format!("offers/{}", country.0), Some(aged), self.kept.offers.get(country)).await;
        }
        for (product, aged) in &supply.rental_services {
            let kept = self.kept.rental_services.get(product);
            self.keep_one(&format!("rental_services/{product}"), Some(aged), kept).await;
        }
        if supply.offers.len() > self.kept.offers.len() {
            self.keep_value("known", &supply.offers.keys().map(|country| country.0).collect::<BTreeSet<_>>()).await;
        }
        if supply.rental_services.len() > self.kept.rental_services.len() {
            self.keep_value("known_lines", &supply.rental_services.keys().collect::<BTreeSet<_>>()).await;
        }
        self.kept = supply.clone();
    }

    async fn keep_one<T: Serialize>(&self, name: &str, aged: Option<&Arc<Aged<T>>>, before: Option<&Arc<Aged<T>>>) {
        if let Some(aged) = aged.filter(|aged| is_new(aged, before)) {
            self.keep_value(name, aged.as_ref()).await;
        }
    }

    async fn keep_value<T: Serialize>(&self, name: &str, value: &T) {
        let Ok(bytes) = serde_json::to_vec(value) else { return };
        let name = cache_name(self.server, name);
        if let Err(error) = self.store.apply(Intent::Cache { name, bytes }).await {
            tracing::error!(%error, "a supplier's list was not kept");
        }
    }
}

/// The lists that the database kept; what cannot be read is fetched anew.
fn kept(store: &Store, server: ServerId) -> SupplySnapshot {
    let known: BTreeSet<u32> = read(store, server, "known").unwrap_or_default();
    let offers = known.into_iter().filter_map(|country| {
        let aged = read(store, server, &format!("offers/{country}"))?;
        Some((CountryId(country), Arc::new(aged)))
    });
    let known: BTreeSet<u32> = read(store, server, "known_lines").unwrap_or_default();
    let rental_services = known.into_iter().filter_map(|product| {
        let aged = read(store, server, &format!("rental_services/{product}"))?;
        Some((product, Arc::new(aged)))
    });
    SupplySnapshot {
        countries: read(store, server, "countries").map(Arc::new),
        services: read(store, server, "services").map(Arc::new),
        rentals: read(store, server, "rentals").map(Arc::new),
        offers: offers.collect(),
        rental_services: rental_services.collect(),
    }
}

fn read<T: DeserializeOwned>(store: &Store, server: ServerId, name: &str) -> Option<T> {
    let bytes = store.cache(&cache_name(server, name)).ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// When the supplier answered each of its lists, as the database kept them.
///
/// # Errors
/// [`StoreError`], where the file cannot be read.
pub(crate) fn lists_kept_at(store: &Store, server: ServerId) -> Result<Vec<UnixSeconds>, StoreError> {
    #[derive(Deserialize)]
    struct Kept {
        fetched_at: UnixSeconds,
    }
    let mut ages = Vec::new();
    for name in ["countries", "services", "rentals"] {
        let bytes = store.cache(&cache_name(server, name))?.unwrap_or_default();
        ages.extend(serde_json::from_slice(&bytes).ok().map(|kept: Kept| kept.fetched_at));
    }
    Ok(ages)
}

fn cache_name(server: ServerId, name: &str) -> String {
    format!("supply/{}/{name}", server.number())
}
