//! What is for sale: countries and services with their names, and the sale prices of each market.
//!
//! [`Catalogue`] is an immutable snapshot behind an `Arc`: it is built anew when a supplier's list was refreshed or a
//! margin changed, and read on every keystroke. Finding things in it is [`crate::search`].

mod entries;
mod market;
mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use entries::{Country, Service};
pub(crate) use market::Market;
pub use market::{Offer, Price, PriceList, Product, RentalLine, RentalTerms};
pub use recorded::{Lists, Slice};

use crate::ids::OFFERED_DAYS;
use crate::places::{Script, brand};
use crate::pool::{PoolCountry, PoolService, RentalOffer};
use crate::pricing::Margin;
use crate::search::fold;
use crate::{CountryId, Days, Money, ServiceId, UnixSeconds};

/// Everything that one server sells, at one moment. Cheap to clone: the lists are shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    countries: Arc<Listing<Country>>,
    services: Arc<Listing<Service>>,
    markets: BTreeMap<CountryId, Arc<PriceList>>,
    /// Sorted by country, then product; no product twice in a country.
    rentals: Arc<Vec<RentalLine>>,
    rentals_fetched_at: Option<UnixSeconds>,
}

/// Things of one kind, and the orders in which they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listing<T> {
    /// Sorted by id, no id twice.
    by_id: Vec<T>,
    /// Places in `by_id` as listed in Latin script.
    latin: Vec<usize>,
    /// Places in `by_id` as listed in Arabic script.
    arabic: Vec<usize>,
}

impl Catalogue {
    /// A catalogue of a supplier's lists, without prices. Malformed rows are skipped; of rows with one id the first wins.
    #[must_use]
    pub fn new(countries: &[PoolCountry], services: &[PoolService]) -> Self {
        Self {
            countries: Arc::new(list_countries(countries)),
            services: Arc::new(list_services(services)),
            markets: BTreeMap::new(),
            rentals: Arc::default(),
            rentals_fetched_at: None,
        }
    }

    /// The same prices with refreshed lists. A list without one good row never replaces an older one.
    #[must_use]
    pub fn with_lists(&self, countries: &[PoolCountry], services: &[PoolService]) -> Self {
        let mut next = self.clone();
        let (countries, services) = (list_countries(countries), list_services(services));
        if !countries.by_id.is_empty() {
            next.countries = Arc::new(countries);
        }
        if !services.by_id.is_empty() {
            next.services = Arc::new(services);
        }
        next
    }

    /// The same with one country's price list replaced.
    #[must_use]
    pub fn with_prices(&self, country: CountryId, prices: Arc<PriceList>) -> Self {
        let mut next = self.clone();
        next.markets.insert(country, prices);
        next
    }

    /// The same with all lines for rent replaced. Of lines with one product in one country the first wins.
    #[must_use]
    pub fn with_rentals(&self, offers: Vec<RentalOffer>, margin: Margin, fetched_at: UnixSeconds) -> Self {
        let mut lines: Vec<RentalLine> = offers.into_iter().map(|offer| RentalLine::new(offer, margin)).collect();
        lines.sort_by_key(|line| (line.country(), line.offer.product));
        lines.dedup_by_key(|line| (line.country(), line.offer.product));
        Self { rentals: Arc::new(lines), rentals_fetched_at: Some(fetched_at), ..self.clone() }
    }

    /// The same costs at another margin.
    #[must_use]
    pub fn repriced(&self, margin: Margin) -> Self {
        let markets = self.markets.iter().map(|(country, list)| (*country, Arc::new(list.repriced(margin)))).collect();
        let rentals = self.rentals.iter().map(|line| RentalLine::new(line.offer.clone(), margin)).collect();
        Self { markets, rentals: Arc::new(rentals), ..self.clone() }
    }

    /// Whether there is nothing to choose from: the supplier's lists were never fetched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.countries.by_id.is_empty() || self.services.by_id.is_empty()
    }

    /// All countries, by id.
    #[must_use]
    pub fn countries(&self) -> &[Country] {
        &self.countries.by_id
    }

    /// All services, by id.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.services.by_id
    }

    /// The country with this id.
    #[must_use]
    pub fn country(&self, id: CountryId) -> Option<&Country> {
        let place = self.countries().binary_search_by_key(&id, |country| country.id).ok()?;
        self.countries().get(place)
    }

    /// The first country with this ISO code, in either case.
    #[must_use]
    pub fn country_by_iso2(&self, iso2: &str) -> Option<&Country> {
        self.countries().iter().find(|country| country.iso2.eq_ignore_ascii_case(iso2))
    }

    /// The service with this id.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        let place = self.services().binary_search_by_key(&id, |service| service.id).ok()?;
        self.services().get(place)
    }

    /// The service of this name, or of the same brand: suppliers spell differently.
    #[must_use]
    pub fn service_named(&self, name: &str) -> Option<&Service> {
        let name = name.trim();
        let same = self.services().iter().find(|service| service.name.eq_ignore_ascii_case(name));
        same.or_else(|| {
            let brand = brand(name)?;
            self.services().iter().find(|service| service.brand.is_some_and(|known| std::ptr::eq(known, brand)))
        })
    }

    /// The service for whatever is not listed.
    #[must_use]
    pub fn other_service(&self) -> Option<&Service> {
        self.services().iter().find(|service| service.is_other())
    }

    /// The country's prices of temporary numbers, as far as they were fetched.
    #[must_use]
    pub fn prices(&self, country: CountryId) -> Option<&Arc<PriceList>> {
        self.markets.get(&country)
    }

    /// Whether anything is known of what the country sells of the product: its prices, or what a line for rent receives.
    #[must_use]
    pub fn is_loaded(&self, country: CountryId, product: Product) -> bool {
        match product {
            Product::Temporary => self.prices(country).is_some(),
            Product::Rental(days) => {
                let mut sold = self.lines_of(country).iter().filter(|line| line.sells(days)).peekable();
                sold.peek().is_none() || sold.any(RentalLine::is_asked)
            }
        }
    }

    /// Whether what the country sells of the product should be asked for: it is unknown, in part, or older than this.
    #[must_use]
    pub fn wants_loading(&self, country: CountryId, product: Product, not_before: UnixSeconds) -> bool {
        match product {
            Product::Temporary => self.prices(country).is_none_or(|list| list.fetched_at <= not_before),
            Product::Rental(days) => self.lines_of(country).iter().any(|line| line.sells(days) && !line.is_asked()),
        }
    }

    /// All lines for rent, by country.
    #[must_use]
    pub fn rentals(&self) -> &[RentalLine] {
        &self.rentals
    }

    /// When the supplier gave the lines for rent; `None`: never.
    #[must_use]
    pub const fn rentals_fetched_at(&self) -> Option<UnixSeconds> {
        self.rentals_fetched_at
    }

    /// The offered rental lengths that at least one listed country sells.
    #[must_use]
    pub fn rental_days(&self) -> Vec<Days> {
        let sold =
            |days: &Days| self.rentals.iter().any(|line| line.sells(*days) && self.country(line.country()).is_some());
        OFFERED_DAYS.into_iter().filter(sold).collect()
    }

    /// Whether the country sells the product. Temporary numbers: unless its list is known and empty.
    #[must_use]
    pub fn sells(&self, country: CountryId, product: Product) -> bool {
        let stocked = match product {
            Product::Temporary => self.prices(country).is_none_or(|list| list.cheapest().is_some()),
            Product::Rental(days) => self.lines_of(country).iter().any(|line| line.sells(days)),
        };
        stocked && self.country(country).is_some()
    }

    /// The lowest known price of the product in the country.
    #[must_use]
    pub fn cheapest(&self, country: CountryId, product: Product) -> Option<Money> {
        match product {
            Product::Temporary => self.prices(country)?.cheapest(),
            Product::Rental(days) => {
                let sold = self.lines_of(country).iter().filter(|line| line.sells(days));
                sold.filter_map(|line| line.price(days)).min()
            }
        }
    }

    /// The best offer of the product for the service in the country; `None`: not sold.
    #[must_use]
    pub fn offer(&self, country: CountryId, product: Product, service: ServiceId) -> Option<Offer> {
        self.service(service)?;
        self.market(country, product).offer(service)
    }

    /// The country's stock of the product, for many questions in a row.
    pub(crate) fn market(&self, country: CountryId, product: Product) -> Market<'_> {
        if self.country(country).is_none() {
            return Market::Closed;
        }
        match product {
            Product::Temporary => self.prices(country).map_or(Market::Unpriced, |list| Market::Temporary(list)),
            Product::Rental(days) => Market::of_rentals(self.lines_of(country), days),
        }
    }

    /// All countries as they are listed: popular first, then alphabetical in the script.
    pub(crate) fn countries_in(&self, script: Script) -> impl Iterator<Item = &Country> + Clone {
        self.countries.ordered(script)
    }

    /// All services as they are listed: popular first, then alphabetical in the script, "Other" last.
    pub(crate) fn services_in(&self, script: Script) -> impl Iterator<Item = &Service> + Clone {
        self.services.ordered(script)
    }

    /// A line for rent, by the supplier's number.
    #[must_use]
    pub fn line(&self, country: CountryId, product: u32) -> Option<&RentalLine> {
        self.lines_of(country).iter().find(|line| line.offer.product == product)
    }

    fn lines_of(&self, country: CountryId) -> &[RentalLine] {
        let start = self.rentals.partition_point(|line| line.country() < country);
        let end = self.rentals.partition_point(|line| line.country() <= country);
        &self.rentals[start..end]
    }
}

impl<T> Listing<T> {
    /// Lists things with distinct ids; `group` tells what stands first, `name` what the rest is sorted by.
    fn new<G: Ord>(by_id: Vec<T>, group: impl Fn(&T) -> G, name: impl Fn(&T, Script) -> &str) -> Self {
        let ordered = |script| {
            let mut places: Vec<usize> = (0..by_id.len()).collect();
            places.sort_by_cached_key(|place| {
                (group(&by_id[*place]), alphabetical(name(&by_id[*place], script), script))
            });
            places
        };
        let (latin, arabic) = (ordered(Script::Latin), ordered(Script::Arabic));
        Self { by_id, latin, arabic }
    }

    fn ordered(&self, script: Script) -> impl Iterator<Item = &T> + Clone {
        let places = match script {
            Script::Latin => &self.latin,
            Script::Arabic => &self.arabic,
        };
        places.iter().filter_map(|place| self.by_id.get(*place))
    }
}

fn list_countries(rows: &[PoolCountry]) -> Listing<Country> {
    let mut seen = BTreeSet::new();
    let mut countries: Vec<Country> =
        rows.iter().filter_map(Country::read).filter(|country| seen.insert(country.id)).collect();
    countries.sort_by_key(|country| country.id);
    Listing::new(countries, |country| country.popularity, |country, script| country.name(script))
}

fn list_services(rows: &[PoolService]) -> Listing<Service> {
    let mut seen = BTreeSet::new();
    let mut services: Vec<Service> =
        rows.iter().filter_map(Service::read).filter(|service| seen.insert(service.id)).collect();
    services.sort_by_key(|service| service.id);
    Listing::new(services, |service| (service.is_other(), service.popularity), |service, script| service.name(script))
}

/// A name's place in the alphabet. In Arabic, names in Arabic letters stand before those in Latin ones.
fn alphabetical(name: &str, script: Script) -> (bool, String) {
    let folded = fold(name);
    let is_foreign = script == Script::Arabic && folded.starts_with(|letter: char| letter.is_ascii());
    (is_foreign, folded)
}

#[cfg(test)]
mod tests {
    use super::entries::NAME_LENGTH_MAX;
    use super::*;

    fn country(id: u32, name: &str, iso2: &str) -> PoolCountry {
        PoolCountry { id: CountryId(id), name: name.to_owned(), iso2: iso2.to_owned() }
    }

    fn service(id: u32, name: &str) -> PoolService {
        PoolService { id: ServiceId(id), name: name.to_owned() }
    }

    #[test]
    fn good_rows_get_names_in_both_languages() {
        let rows = [country(7, "Czech Republic", "cz"), country(3, " Atlantis\u{202e}\0 ", "ZZ")];
        let catalogue = Catalogue::new(&rows, &[service(2, "WhatsApp"), service(1, " New\t thing ")]);
        let check = |iso2: &str, id, flag: &str, code: &str, english: &str, arabic: &str| {
            let country = catalogue.country_by_iso2(iso2).unwrap();
            assert_eq!((country.id, country.flag.as_str(), country.calling_code.as_str()), (CountryId(id), flag, code));
            assert_eq!((country.name(Script::Latin), country.name(Script::Arabic)), (english, arabic));
        };
        check("CZ", 7, "🇨🇿", "420", "Czechia", "التشيك");
        check("zz", 3, "🇿🇿", "", "Atlantis", "Atlantis");
        let names =
            catalogue.services().iter().map(|service| (service.name(Script::Latin), service.name(Script::Arabic)));
        assert_eq!(names.collect::<Vec<_>>(), [("New thing", "New thing"), ("WhatsApp", "واتساب")]);
        assert_eq!(catalogue.service(ServiceId(2)).unwrap().popularity, 0);
    }

    #[test]
    fn malformed_and_double_rows_are_skipped() {
        let rows = [
            country(1, "United States", "US"),
            country(1, "Canada", "CA"),
            country(2, "", "CA"),
            country(3, "\u{200b}\u{202e}", "DE"),
            country(4, "France", "FRA"),
            country(5, "France", "ف"),
            country(6, "France", ""),
        ];
        let services = [service(1, "First"), service(1, "Second"), service(2, " \n"), service(3, &"x".repeat(10_000))];
        let catalogue = Catalogue::new(&rows, &services);
        assert_eq!(catalogue.countries().iter().map(|country| country.iso2.as_str()).collect::<Vec<_>>(), ["US"]);
        assert_eq!(catalogue.services().len(), 2);
        assert_eq!(catalogue.service(ServiceId(1)).unwrap().name, "First");
        assert_eq!(catalogue.service(ServiceId(3)).unwrap().name.len(), NAME_LENGTH_MAX);
        assert!(Catalogue::new(&[], &[]).is_empty() && !catalogue.is_empty());
    }

    #[test]
    fn what_names_a_supplier_is_not_listed_and_a_country_keeps_its_own_name() {
        let rows = [country(1, "United States (SMSPool)", "US"), country(2, "Non-VoIP land", "ZZ")];
        let services = [service(1, "SMSPool"), service(2, "www.NonVoipUsNumber.com"), service(3, "WhatsApp")];
        let catalogue = Catalogue::new(&rows, &services);
        let countries: Vec<_> = catalogue.countries().iter().map(|country| country.name(Script::Latin)).collect();
        assert_eq!(countries, ["United States"]);
        assert_eq!(catalogue.services().iter().map(|service| service.name.as_str()).collect::<Vec<_>>(), ["WhatsApp"]);
        let listed = format!("{:?}", catalogue.lists()).to_lowercase();
        assert!(!listed.contains("smspool") && !listed.contains("voip"), "{listed}");
    }

    #[test]
    fn an_empty_list_never_replaces_an_older_one() {
        let old = Catalogue::new(&[country(1, "United States", "US")], &[service(1, "First")]);
        let prices = Arc::new(PriceList::new(&[], Margin::DEFAULT, 5));
        let old = old.with_prices(CountryId(1), prices);
        assert_eq!(old.with_lists(&[], &[service(1, "")]), old);
        let next = old.with_lists(&[country(2, "Canada", "CA")], &[service(9, "Ninth")]);
        assert!(next.country(CountryId(1)).is_none() && next.country(CountryId(2)).is_some());
        assert!(next.service(ServiceId(9)).is_some() && next.prices(CountryId(1)).is_some());
    }
}
