//! The copies themselves: plain values that can be stored and read back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shop::pool::{PoolCountry, PoolOffer, PoolService, RentalOffer};
use shop::{CountryId, ServiceId, UnixSeconds};

use super::slots::Key;

/// A value with the time at which the supplier answered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aged<T> {
    /// What was answered.
    pub value: T,
    /// When.
    pub fetched_at: UnixSeconds,
}

/// Everything known of what a supplier sells. `None`: never fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplySnapshot {
    /// The countries.
    pub countries: Option<Arc<Aged<Vec<PoolCountry>>>>,
    /// The services.
    pub services: Option<Arc<Aged<Vec<PoolService>>>>,
    /// What is for rent.
    pub rentals: Option<Arc<Aged<Vec<RentalOffer>>>>,
    /// The priced lists, by country; only those that were asked for.
    pub offers: BTreeMap<CountryId, Arc<Aged<Vec<PoolOffer>>>>,
    /// The services of rental products, by product; `None` inside: any service.
    pub rental_services: BTreeMap<u32, Arc<Aged<Option<Vec<ServiceId>>>>>,
}

/// An answer that arrived.
pub(super) enum Fetched {
    Countries(Vec<PoolCountry>),
    Services(Vec<PoolService>),
    Rentals(Vec<RentalOffer>),
    Offers(CountryId, Vec<PoolOffer>),
    RentalServices(u32, Option<Vec<ServiceId>>),
}

/// Whether an answer became the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Yes,
    /// It was empty, and the copy here is not, or the list is one that is never empty.
    EmptyRefused,
}

impl SupplySnapshot {
    /// The age of a list in seconds; `None` where it is missing, or from the future (the clock was set back).
    pub(super) fn age(&self, key: Key, now: UnixSeconds) -> Option<i64> {
        let fetched_at = match key {
            Key::Countries => self.countries.as_ref().map(|aged| aged.fetched_at),
            Key::Services => self.services.as_ref().map(|aged| aged.fetched_at),
            Key::Rentals => self.rentals.as_ref().map(|aged| aged.fetched_at),
            Key::Offers(country) => self.offers.get(&country).map(|aged| aged.fetched_at),
            Key::RentalServices(product) => self.rental_services.get(&product).map(|aged| aged.fetched_at),
        };
        fetched_at.map(|at| now - at).filter(|age| *age >= 0)
    }

    /// Whether the supplier's own lists know the key, as far as they are known.
    pub(super) fn lists(&self, key: Key) -> bool {
        match key {
            Key::Countries | Key::Services | Key::Rentals => true,
            Key::Offers(country) => {
                let listed = |aged: &Arc<Aged<Vec<PoolCountry>>>| aged.value.iter().any(|known| known.id == country);
                self.countries.as_ref().is_none_or(listed)
            }
            Key::RentalServices(product) => {
                let listed =
                    |aged: &Arc<Aged<Vec<RentalOffer>>>| aged.value.iter().any(|known| known.product == product);
                self.rentals.as_ref().is_none_or(listed)
            }
        }
    }

    pub(super) fn keep(&mut self, fetched: Fetched, now: UnixSeconds) -> Kept {
        match fetched {
            // No supplier sells nothing nowhere: an empty catalogue is a fault, also at first.
            Fetched::Countries(list) if list.is_empty() => Kept::EmptyRefused,
            Fetched::Services(list) if list.is_empty() => Kept::EmptyRefused,
            Fetched::Countries(list) => keep_list(&mut self.countries, list, now),
            Fetched::Services(list) => keep_list(&mut self.services, list, now),
            Fetched::Rentals(list) => keep_list(&mut self.rentals, list, now),
            Fetched::Offers(country, list) => {
                let mut held = self.offers.remove(&country);
                let kept = keep_list(&mut held, list, now);
                self.offers.extend(held.map(|aged| (country, aged)));
                kept
            }
            Fetched::RentalServices(product, value) => {
                self.rental_services.insert(product, Arc::new(Aged { value, fetched_at: now }));
                Kept::Yes
            }
        }
    }

    /// Takes each list of another snapshot that is newer than the one here.
    pub(super) fn adopt(&mut self, other: Self) {
        adopt_newer(&mut self.countries, other.countries);
        adopt_newer(&mut self.services, other.services);
        adopt_newer(&mut self.rentals, other.rentals);
        adopt_all(&mut self.offers, other.offers);
        adopt_all(&mut self.rental_services, other.rental_services);
    }
}

fn keep_list<T>(held: &mut Option<Arc<Aged<Vec<T>>>>, value: Vec<T>, now: UnixSeconds) -> Kept {
    if value.is_empty() && held.as_ref().is_some_and(|aged| !aged.value.is_empty()) {
        return Kept::EmptyRefused;
    }
    *held = Some(Arc::new(Aged { value, fetched_at: now }));
    Kept::Yes
}

fn adopt_newer<T>(held: &mut Option<Arc<Aged<T>>>, other: Option<Arc<Aged<T>>>) {
    let newer = match (&held, &other) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(here), Some(there)) => there.fetched_at > here.fetched_at,
    };
    if newer {
        *held = other;
    }
}

fn adopt_all<K: Ord, T>(held: &mut BTreeMap<K, Arc<Aged<T>>>, others: BTreeMap<K, Arc<Aged<T>>>) {
    for (key, other) in others {
        let mut here = held.remove(&key);
        adopt_newer(&mut here, Some(other));
        held.extend(here.map(|aged| (key, aged)));
    }
}
