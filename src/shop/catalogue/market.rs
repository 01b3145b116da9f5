//! What one country sells: prices of temporary numbers, lines for rent, and the offer that a buyer gets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::pool::{PoolOffer, Receives, RentalOffer};
use crate::pricing::{Margin, sale_price};
use crate::{CountryId, Days, Money, ServiceId, UnixSeconds};

/// What kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// For one verification.
    Temporary,
    /// Kept for so many days.
    Rental(Days),
}

/// What a temporary number for one service costs us, and the user. Stored as `[service, cost, price]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(ServiceId, Money, Money)", into = "(ServiceId, Money, Money)")]
pub struct Price {
    /// The service.
    pub service: ServiceId,
    /// What the supplier charges.
    pub cost: Money,
    /// What the user pays.
    pub price: Money,
}

impl From<(ServiceId, Money, Money)> for Price {
    fn from((service, cost, price): (ServiceId, Money, Money)) -> Self {
        Self { service, cost, price }
    }
}

impl From<Price> for (ServiceId, Money, Money) {
    fn from(price: Price) -> Self {
        (price.service, price.cost, price.price)
    }
}

/// The prices of one country's temporary numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    /// One price per service, sorted by service.
    pub prices: Vec<Price>,
    /// When the supplier gave them.
    pub fetched_at: UnixSeconds,
    /// Also where the price itself was left out: `None` means that nothing is sold.
    cheapest: Option<Money>,
}

impl PriceList {
    /// The cheapest offer of each service; what cannot be sold at a price is dropped.
    #[must_use]
    pub fn new(offers: &[PoolOffer], margin: Margin, fetched_at: UnixSeconds) -> Self {
        let costs = offers.iter().map(|offer| (offer.service, offer.cost));
        Self::from_costs(costs, margin, fetched_at)
    }

    /// The same costs at another margin.
    #[must_use]
    pub fn repriced(&self, margin: Margin) -> Self {
        let costs = self.prices.iter().map(|price| (price.service, price.cost));
        Self::from_costs(costs, margin, self.fetched_at)
    }

    fn from_costs(costs: impl Iterator<Item = (ServiceId, Money)>, margin: Margin, fetched_at: UnixSeconds) -> Self {
        let priced = |(service, cost)| sale_price(cost, margin).map(|price| Price { service, cost, price });
        let mut prices: Vec<Price> = costs.filter_map(priced).collect();
        prices.sort_unstable_by_key(|price| (price.service, price.cost));
        prices.dedup_by_key(|price| price.service);
        let cheapest = prices.iter().map(|price| price.price).min();
        Self { prices, fetched_at, cheapest }
    }

    /// The same country with the prices of these services only; what is cheapest there is still known.
    #[must_use]
    pub fn only(&self, services: &BTreeSet<u32>) -> Self {
        // In the order of their numbers, as all prices are.
        let named = services.iter().filter_map(|service| self.price(ServiceId(*service)));
        Self { prices: named.cloned().collect(), ..*self }
    }

    /// The price of a service, if the country sells it.
    #[must_use]
    pub fn price(&self, service: ServiceId) -> Option<&Price> {
        let place = self.prices.binary_search_by_key(&service, |price| price.service).ok()?;
        self.prices.get(place)
    }

    /// The lowest price of the country.
    #[must_use]
    pub const fn cheapest(&self) -> Option<Money> {
        self.cheapest
    }
}

/// A line of numbers for rent, priced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RentalLine {
    /// What the supplier offers, its services sorted.
    pub offer: RentalOffer,
    /// The sale price by days. Empty where the cost is only known on asking.
    prices: BTreeMap<Days, Money>,
}

impl RentalLine {
    /// Prices a line; days that cannot be sold at a price are dropped.
    #[must_use]
    pub fn new(mut offer: RentalOffer, margin: Margin) -> Self {
        if let Receives::Only(services) = &mut offer.receives {
            services.sort_unstable();
        }
        let prices = offer.costs.iter().filter_map(|(days, cost)| Some((*days, sale_price(*cost, margin)?))).collect();
        Self { offer, prices }
    }

    /// The country.
    #[must_use]
    pub const fn country(&self) -> CountryId {
        self.offer.country
    }

    /// The sale price for so many days; `None` where it is not sold or only known on asking.
    #[must_use]
    pub fn price(&self, days: Days) -> Option<Money> {
        self.prices.get(&days).copied()
    }

    /// Its place among lines of so many days: cheapest first, then those without a known price; the supplier's order
    /// decides among equals.
    fn rank(&self, days: Days) -> (Reverse<bool>, Option<Money>, u32) {
        let price = self.price(days);
        (Reverse(price.is_some()), price, self.offer.product)
    }

    /// Whether it is sold for so many days. A line whose costs are only known on asking counts as sold for any.
    #[must_use]
    pub fn sells(&self, days: Days) -> bool {
        let receives_none = matches!(&self.offer.receives, Receives::Only(services) if services.is_empty());
        !receives_none && days > Days(0) && (self.offer.costs.is_empty() || self.prices.contains_key(&days))
    }

    /// Whether it is known what it receives.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.offer.receives != Receives::Unasked
    }

    /// Whether it is known to receive the messages of a service.
    #[must_use]
    pub fn receives(&self, service: ServiceId) -> bool {
        match &self.offer.receives {
            Receives::Unasked => false,
            Receives::Any => true,
            Receives::Only(services) => services.binary_search(&service).is_ok(),
        }
    }

    /// Seconds within which a rental of so many days can be given back; `None`: never.
    #[must_use]
    pub fn refund_within_s(&self, days: Days) -> Option<u32> {
        self.offer.refund_within_s.filter(|_| days >= self.offer.refund_min_days)
    }
}

/// What a buyer of one service in one country gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// What the supplier charges; `None`: only known on asking.
    pub cost: Option<Money>,
    /// What the user pays; `None`: only known on asking.
    pub price: Option<Money>,
    /// The terms of a rental; `None` for a temporary number.
    pub rental: Option<RentalTerms>,
}

/// The terms of a rental.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RentalTerms {
    /// The supplier's number of the product.
    pub product: u32,
    /// Seconds within which an unused rental can be given back; `None`: never.
    pub refund_within_s: Option<u32>,
}

/// One country's stock of one product, made ready to be asked about many services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Market<'a> {
    /// Nothing is sold.
    Closed,
    /// Everything is sold, at prices only known on asking.
    Unpriced,
    /// Temporary numbers.
    Temporary(&'a PriceList),
    /// Rentals.
    Rental(Rentals<'a>),
}

/// A country's lines for rent of so many days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rentals<'a> {
    days: Days,
    /// Lines for several services: cheapest first, then those without a known price.
    shared: Vec<&'a RentalLine>,
    /// The best line for one service alone: some suppliers have a thousand of them.
    single: BTreeMap<ServiceId, &'a RentalLine>,
}

impl<'a> Market<'a> {
    /// The rentals of so many days among a country's lines.
    pub(crate) fn of_rentals(lines: &'a [RentalLine], days: Days) -> Self {
        let mut sold: Vec<&RentalLine> = lines.iter().filter(|line| line.sells(days)).collect();
        sold.sort_by_key(|line| line.rank(days));
        let mut rentals = Rentals { days, shared: Vec::new(), single: BTreeMap::new() };
        for line in sold {
            match &line.offer.receives {
                Receives::Only(services) if services.len() == 1 => {
                    rentals.single.entry(services[0]).or_insert(line);
                }
                Receives::Only(_) | Receives::Any | Receives::Unasked => rentals.shared.push(line),
            }
        }
        Self::Rental(rentals)
    }

    /// The best offer for a service, if it is sold.
    pub(crate) fn offer(&self, service: ServiceId) -> Option<Offer> {
        match self {
            Self::Closed => None,
            Self::Unpriced => Some(Offer { cost: None, price: None, rental: None }),
            Self::Temporary(list) => {
                let price = list.price(service)?;
                Some(Offer { cost: Some(price.cost), price: Some(price.price), rental: None })
            }
            Self::Rental(Rentals { days, shared, single }) => {
                let shared = shared.iter().find(|line| line.receives(service));
                let best = shared.into_iter().chain(single.get(&service)).min_by_key(|line| line.rank(*days));
                best.map(|line| rental(line, *days))
            }
        }
    }
}

fn rental(line: &RentalLine, days: Days) -> Offer {
    let terms = RentalTerms { product: line.offer.product, refund_within_s: line.refund_within_s(days) };
    Offer { cost: line.offer.costs.get(&days).copied(), price: line.price(days), rental: Some(terms) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalogue::Catalogue;
    use crate::places::Script;
    use crate::pool::{PoolCountry, PoolService};
    use crate::search;

    const US: CountryId = CountryId(1);
    const GB: CountryId = CountryId(2);
    const FIRST: ServiceId = ServiceId(1);
    const SECOND: ServiceId = ServiceId(2);

    fn cents(cents: i32) -> Money {
        Money::from_cents(cents)
    }

    fn offer(service: ServiceId, cost: i32) -> PoolOffer {
        PoolOffer { service, cost: cents(cost), pool: None }
    }

    fn line(product: u32, country: CountryId, costs: &[(u16, i32)], services: Option<&[ServiceId]>) -> RentalOffer {
        let costs = costs.iter().map(|(days, cost)| (Days(*days), cents(*cost))).collect();
        let (refund_within_s, refund_min_days) = (Some(7_200), Days(28));
        let receives = services.map_or(Receives::Any, |services| Receives::Only(services.to_vec()));
        let extendable = crate::pool::Extendable::Perhaps;
        RentalOffer { product, country, costs, receives, refund_within_s, refund_min_days, extendable }
    }

    fn catalogue() -> Catalogue {
        let country = |id, name: &str, iso2: &str| PoolCountry { id, name: name.to_owned(), iso2: iso2.to_owned() };
        let service = |id, name: &str| PoolService { id, name: name.to_owned() };
        let countries = [country(US, "United States", "US"), country(GB, "United Kingdom", "GB")];
        Catalogue::new(&countries, &[service(FIRST, "First"), service(SECOND, "Second")])
    }

    fn rented(lines: &[RentalOffer]) -> Catalogue {
        catalogue().with_rentals(lines.to_vec(), Margin::DEFAULT, 9)
    }

    #[test]
    fn a_price_list_keeps_the_cheapest_that_can_be_sold() {
        let list = PriceList::new(
            &[offer(SECOND, 50), offer(FIRST, 30), offer(FIRST, 20), offer(SECOND, 0)],
            Margin::DEFAULT,
            7,
        );
        let prices: Vec<_> = list.prices.iter().map(|price| (price.service, price.cost, price.price)).collect();
        assert_eq!(prices, [(FIRST, cents(20), cents(26)), (SECOND, cents(50), cents(65))]);
        assert_eq!((list.cheapest(), list.price(ServiceId(3)), list.fetched_at), (Some(cents(26)), None, 7));
        assert_eq!(PriceList::new(&[offer(FIRST, 0), offer(SECOND, -5)], Margin::DEFAULT, 7).prices, []);
        let free = Margin::from_basis_points(0).unwrap();
        assert_eq!(list.repriced(free).cheapest(), Some(cents(20)));
    }

    #[test]
    fn temporary_numbers_are_sold_unless_the_list_is_known_and_empty() {
        let check = |offers: Option<&[PoolOffer]>, sells, expected: Option<Offer>| {
            let mut catalogue = catalogue();
            if let Some(offers) = offers {
                catalogue = catalogue.with_prices(US, Arc::new(PriceList::new(offers, Margin::DEFAULT, 0)));
            }
            assert_eq!(catalogue.sells(US, Product::Temporary), sells, "{offers:?}");
            assert_eq!(catalogue.offer(US, Product::Temporary, FIRST), expected, "{offers:?}");
        };
        check(None, true, Some(Offer { cost: None, price: None, rental: None }));
        check(Some(&[]), false, None);
        check(Some(&[offer(SECOND, 10)]), true, None);
        check(
            Some(&[offer(FIRST, 10)]),
            true,
            Some(Offer { cost: Some(cents(10)), price: Some(cents(13)), rental: None }),
        );
        assert!(!catalogue().sells(CountryId(3), Product::Temporary));
        assert_eq!(catalogue().offer(US, Product::Temporary, ServiceId(3)), None);
    }

    #[test]
    fn only_days_that_some_listed_country_sells_are_offered() {
        for (lines, days) in [
            (vec![], vec![]),
            (vec![line(1, US, &[(30, 100)], None)], vec![30]),
            (vec![line(1, US, &[(30, 100), (3, 50), (2, 10), (7, 0)], None)], vec![3, 30]),
            (vec![line(1, US, &[], None)], vec![1, 3, 7, 30]),
            (vec![line(1, US, &[(1, 5)], Some(&[]))], vec![]),
            (vec![line(1, CountryId(99), &[(1, 5)], None)], vec![]),
        ] {
            assert_eq!(rented(&lines).rental_days(), days.into_iter().map(Days).collect::<Vec<_>>(), "{lines:?}");
        }
    }

    #[test]
    fn the_cheapest_line_that_receives_the_service_is_offered() {
        let lines = [
            line(5, US, &[(3, 100), (30, 100)], Some(&[SECOND, FIRST])),
            line(6, US, &[(30, 50)], Some(&[SECOND])),
            line(6, US, &[(30, 1)], None),
            line(7, US, &[], None),
            line(8, GB, &[(30, 1)], None),
        ];
        let catalogue = rented(&lines);
        for (days, service, product, price, refund_within_s) in [
            (30, SECOND, 6, Some(cents(65)), Some(7_200)),
            (30, FIRST, 5, Some(cents(130)), Some(7_200)),
            (3, SECOND, 5, Some(cents(130)), None),
            (7, FIRST, 7, None, None),
        ] {
            let offer = catalogue.offer(US, Product::Rental(Days(days)), service).unwrap();
            assert_eq!((offer.price, offer.cost.is_some()), (price, price.is_some()), "{days} {service:?}");
            assert_eq!(offer.rental, Some(RentalTerms { product, refund_within_s }), "{days} {service:?}");
        }
        assert_eq!(catalogue.offer(GB, Product::Rental(Days(3)), FIRST), None);
        assert_eq!(catalogue.rentals().len(), 4);
        assert_eq!(catalogue.cheapest(US, Product::Rental(Days(30))), Some(cents(65)));
        assert_eq!(
            catalogue.repriced(Margin::from_basis_points(0).unwrap()).cheapest(GB, Product::Rental(Days(30))),
            Some(cents(1))
        );
    }

    /// A supplier without shared lines has one for each service and length: a thousand of one country.
    #[test]
    fn of_lines_for_one_service_each_the_cheapest_is_offered_beside_shared_ones() {
        let services: Vec<_> = (1..=400).map(|id| PoolService { id: ServiceId(id), name: format!("S{id}") }).collect();
        let countries = [PoolCountry { id: US, name: "United States".to_owned(), iso2: "US".to_owned() }];
        let product = |service: u32, days: u16| service * 100 + u32::from(days);
        let cost = |service: u32, days: u16| i32::try_from(service % 7 + 1).unwrap() * 100 + i32::from(days);
        let single = |service: u32, days: u16| {
            line(product(service, days), US, &[(days, cost(service, days))], Some(&[ServiceId(service)]))
        };
        let mut lines: Vec<_> = (1..=400).flat_map(|service| [1, 3, 30].map(|days| single(service, days))).collect();
        // A dearer line of the same service, a shared one that is cheaper for some, one for everything, dearer still.
        lines.push(line(900_001, US, &[(3, 5_000)], Some(&[FIRST])));
        lines.push(line(900_002, US, &[(3, 250)], Some(&(1..=300).map(ServiceId).collect::<Vec<_>>())));
        lines.push(line(900_003, US, &[(3, 450)], None));
        let catalogue = Catalogue::new(&countries, &services).with_rentals(lines, Margin::DEFAULT, 9);
        assert_eq!(catalogue.rental_days(), [Days(1), Days(3), Days(30)]);
        for service in 1..=400 {
            let own = (cost(service, 3), product(service, 3));
            let shared = if service <= 300 { (250, 900_002) } else { (450, 900_003) };
            let expected = own.min(shared);
            let offer = catalogue.offer(US, Product::Rental(Days(3)), ServiceId(service)).unwrap();
            let found = (offer.cost, offer.rental.map(|terms| terms.product));
            assert_eq!(found, (Some(cents(expected.0)), Some(expected.1)), "{service}");
            let offer = catalogue.offer(US, Product::Rental(Days(30)), ServiceId(service)).unwrap();
            assert_eq!(offer.rental.map(|terms| terms.product), Some(product(service, 30)));
        }
        let found = search::services(&catalogue, Script::Latin, US, Product::Rental(Days(1)), "", &[]);
        assert_eq!(found.len(), 400);
    }

    #[test]
    fn a_search_for_rentals_shows_only_who_sells_them() {
        let catalogue = rented(&[line(1, US, &[(30, 100)], Some(&[SECOND])), line(2, GB, &[(7, 100)], None)]);
        for (days, countries, services_of_us) in
            [(30, vec!["US"], vec!["Second"]), (7, vec!["GB"], vec![]), (1, vec![], vec![])]
        {
            let product = Product::Rental(Days(days));
            let found = search::countries(&catalogue, Script::Latin, product, "united", &[]);
            assert_eq!(found.iter().map(|hit| hit.country.iso2.as_str()).collect::<Vec<_>>(), countries);
            let found = search::services(&catalogue, Script::Latin, US, product, "", &[]);
            assert_eq!(found.iter().map(|hit| hit.service.name.as_str()).collect::<Vec<_>>(), services_of_us);
        }
    }
}
