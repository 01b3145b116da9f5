//! A catalogue written down: its lists, which rarely change, and of its many prices only those that somebody asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Catalogue, PriceList, RentalLine};
use crate::pool::{PoolCountry, PoolService};
use crate::{CountryId, UnixSeconds};

/// What a catalogue is made of, the prices of temporary numbers aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    /// All countries.
    pub countries: Vec<PoolCountry>,
    /// All services.
    pub services: Vec<PoolService>,
    /// All lines for rent.
    pub rentals: Vec<RentalLine>,
}

/// Some of a catalogue's prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The countries that were named, and those that sell nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<CountryId, PriceList>,
    /// When the lines for rent were fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rentals_fetched_at: Option<UnixSeconds>,
}

impl Catalogue {
    /// The lists.
    #[must_use]
    pub fn lists(&self) -> Lists {
        let country = |country: &super::Country| PoolCountry {
            id: country.id,
            name: country.listed_as.clone(),
            iso2: country.iso2.clone(),
        };
        let service = |service: &super::Service| PoolService { id: service.id, name: service.name.clone() };
        Lists {
            countries: self.countries().iter().map(country).collect(),
            services: self.services().iter().map(service).collect(),
            rentals: self.rentals().to_vec(),
        }
    }

    /// Whether the lists are those of another moment of the same catalogue: then nothing need be compared.
    #[must_use]
    pub fn shares_lists(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.countries, &other.countries)
            && Arc::ptr_eq(&self.services, &other.services)
            && Arc::ptr_eq(&self.rentals, &other.rentals)
    }

    /// The prices of the countries and services with these numbers. A country that is left out counts as one whose
    /// prices nobody has fetched; one that sells nothing is never left out, for that would list it.
    #[must_use]
    pub fn slice(&self, named: &BTreeSet<u32>) -> Slice {
        let kept = self.markets.iter().filter(|(id, list)| named.contains(&id.0) || list.cheapest().is_none());
        let prices = kept.map(|(id, list)| (*id, list.only(named))).collect();
        Slice { prices, rentals_fetched_at: self.rentals_fetched_at }
    }

    /// The same lists with no other prices than these.
    #[must_use]
    pub fn with_slice(&self, slice: Slice) -> Self {
        let markets = slice.prices.into_iter().map(|(country, list)| (country, Arc::new(list))).collect();
        Self { markets, rentals_fetched_at: slice.rentals_fetched_at, ..self.clone() }
    }

    /// A catalogue that was written down.
    #[must_use]
    pub fn of_lists(lists: &Lists) -> Self {
        let lists_only = Self::new(&lists.countries, &lists.services);
        Self { rentals: Arc::new(lists.rentals.clone()), ..lists_only }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Product;
    use crate::pool::{PoolOffer, Receives, RentalOffer};
    use crate::pricing::Margin;
    use crate::{Days, Money, ServiceId};

    /// Country 3 sells nothing; country 2 was not asked about.
    fn catalogue() -> Catalogue {
        let country =
            |id, name: &str, iso2: &str| PoolCountry { id: CountryId(id), name: name.into(), iso2: iso2.into() };
        let countries =
            [country(1, " The  States", "us"), country(2, "Britain", "GB"), country(3, "Nowhere\u{202e}", "ZZ")];
        let services = [12, 7].map(|id| PoolService { id: ServiceId(id), name: format!("Service {id}") });
        let offers: Vec<PoolOffer> = services
            .iter()
            .map(|service| PoolOffer { service: service.id, cost: Money::from_cents(20), pool: None })
            .collect();
        let rental = RentalOffer {
            product: 6,
            country: CountryId(1),
            costs: BTreeMap::from([(Days(30), Money::from_cents(900))]),
            receives: Receives::Any,
            refund_within_s: None,
            refund_min_days: Days(1),
            extendable: crate::pool::Extendable::Perhaps,
        };
        Catalogue::new(&countries, &services)
            .with_prices(CountryId(1), Arc::new(PriceList::new(&offers, Margin::DEFAULT, 5)))
            .with_prices(CountryId(3), Arc::new(PriceList::new(&[], Margin::DEFAULT, 6)))
            .with_rentals(vec![rental], Margin::DEFAULT, 7)
    }

    fn read_back<T: Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
        serde_json::from_str(&serde_json::to_string(value).expect("plain data")).expect("what was written")
    }

    #[test]
    fn a_catalogue_that_names_everything_reads_back_whole() {
        let catalogue = catalogue();
        let (lists, slice) = (catalogue.lists(), catalogue.slice(&BTreeSet::from([1, 7, 12])));
        assert_eq!(Catalogue::of_lists(&read_back(&lists)).with_slice(read_back(&slice)), catalogue);
    }

    #[test]
    fn what_is_left_out_changes_nothing_for_what_is_named() {
        let catalogue = catalogue();
        let part = catalogue.with_slice(catalogue.slice(&BTreeSet::from([1, 7])));
        let (temporary, seven) = (Product::Temporary, ServiceId(7));
        assert!(part.shares_lists(&catalogue) && part != catalogue);
        for country in [1, 2, 3].map(CountryId) {
            assert_eq!(part.sells(country, temporary), catalogue.sells(country, temporary), "{country:?}");
            assert_eq!(part.offer(country, temporary, seven), catalogue.offer(country, temporary, seven));
            assert_eq!(part.cheapest(country, temporary), catalogue.cheapest(country, temporary), "{country:?}");
        }
        assert_eq!(part.offer(CountryId(1), temporary, ServiceId(12)), None);
        assert!(!part.sells(CountryId(3), temporary) && catalogue.slice(&BTreeSet::new()).prices.len() == 1);
    }
}
