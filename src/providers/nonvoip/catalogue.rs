//! What the supplier sells, in the shop's terms: products by service. A product is one service on one of the supplier's
//! networks for one span of time; a service is whatever products share a name.

use std::collections::BTreeMap;

use shop::pool::{PoolOffer, PoolService, Receives, RentalOffer};
use shop::{CountryId, Days, Money, ServiceId};

/// The one country, by a number of ours: the supplier has none for it.
pub(super) const UNITED_STATES: CountryId = CountryId(1);
/// For how long a rental without messages is taken back is not known: a cautious guess, the length of a temporary order.
const REFUND_WITHIN_S: u32 = 15 * 60;

/// What kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// For one verification.
    Temporary,
    /// Kept for so many days.
    Rental(Days),
}

impl Kind {
    /// Reads a product's `type`, whose words differ between sources (nonvoip.md 2); `None` for what is not known.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let number = text.split(|letter: char| !letter.is_ascii_digit()).find(|digits| !digits.is_empty());
        let days = text.contains("day");
        match number {
            _ if text.contains("short") => Some(Self::Temporary),
            _ if text.contains("long") => Some(Self::Rental(Days(30))),
            Some("10" | "15") if text.contains("min") => Some(Self::Temporary),
            Some("30") if !text.contains("min") => Some(Self::Rental(Days(30))),
            Some("3") if days => Some(Self::Rental(Days(3))),
            Some("1") if days => Some(Self::Rental(Days(1))),
            None if days && text.contains("one") => Some(Self::Rental(Days(1))),
            None if days && text.contains("three") => Some(Self::Rental(Days(3))),
            _ => None,
        }
    }
}

/// Under which word `/products` is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ask {
    /// Temporary numbers.
    Temporary,
    /// Without a word: whatever the supplier lists then.
    Everything,
    /// Rentals of 30 days.
    Long,
    /// Rentals of 3 days, which the supplier calls legacy.
    ThreeDays,
    /// Rentals of a day. The exact word has been seen nowhere.
    OneDay,
}

impl Ask {
    pub(super) const ALL: [Self; 5] = [Self::Temporary, Self::Everything, Self::Long, Self::ThreeDays, Self::OneDay];

    pub(super) const fn word(self) -> Option<&'static str> {
        match self {
            Self::Everything => None,
            Self::Temporary => Some("short_term"),
            Self::Long => Some("long_term"),
            Self::ThreeDays => Some("3days"),
            Self::OneDay => Some("1day"),
        }
    }

    /// What a row without a type is, then.
    pub(super) const fn kind(self) -> Option<Kind> {
        match self {
            Self::Everything => None,
            Self::Temporary => Some(Kind::Temporary),
            Self::Long => Some(Kind::Rental(Days(30))),
            Self::ThreeDays => Some(Kind::Rental(Days(3))),
            Self::OneDay => Some(Kind::Rental(Days(1))),
        }
    }
}

/// Whether there are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stock {
    /// There are, or nobody says that there are none.
    Some,
    /// There are none.
    None,
}

/// A row of the supplier's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// `None` where it cannot be read: then it is not for sale.
    pub(super) cost: Option<Money>,
    pub(super) stock: Stock,
}

impl Product {
    /// What it costs, where it can be had.
    pub(super) fn for_sale(&self) -> Option<Money> {
        self.cost.filter(|_| self.stock == Stock::Some)
    }

    /// The name of its service in any case.
    pub(super) fn folded_name(&self) -> String {
        self.name.to_lowercase()
    }
}

/// Products, each with where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Catalogue {
    products: BTreeMap<u32, (Product, Ask)>,
}

impl Catalogue {
    /// Adds a list. What stands in several counts as in the first one: a word that the supplier does not know could be
    /// answered with the list of another.
    pub(super) fn add(&mut self, ask: Ask, products: Vec<Product>) {
        for product in products {
            self.products.entry(product.id).or_insert((product, ask));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.products.is_empty()
    }

    fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.values().map(|(product, _)| product)
    }

    pub(super) fn product(&self, id: u32) -> Option<&Product> {
        self.products.get(&id).map(|(product, _)| product)
    }

    /// Under which word each rental product is listed.
    pub(super) fn words_of_rentals(&self) -> BTreeMap<u32, Ask> {
        let rentals = self.products.values().filter(|(product, _)| product.kind != Kind::Temporary);
        rentals.map(|(product, ask)| (product.id, *ask)).collect()
    }

    /// The service's number by its folded name: the smallest number among its temporary products, else among its rentals.
    fn services_by_name(&self) -> BTreeMap<String, ServiceId> {
        let mut first: BTreeMap<String, (Kind, u32)> = BTreeMap::new();
        for product in self.products() {
            // A temporary product goes before every rental, whatever the length.
            let kind = if product.kind == Kind::Temporary { Kind::Temporary } else { Kind::Rental(Days(0)) };
            let place = (kind, product.id);
            first.entry(product.folded_name()).and_modify(|known| *known = place.min(*known)).or_insert(place);
        }
        first.into_iter().map(|(name, (_, id))| (name, ServiceId(id))).collect()
    }

    /// All services, by number.
    pub(super) fn services(&self) -> Vec<PoolService> {
        let named = |id: ServiceId| Some(PoolService { id, name: self.product(id.0)?.name.clone() });
        let mut services: Vec<_> = self.services_by_name().into_values().filter_map(named).collect();
        services.sort_by_key(|service| service.id);
        services
    }

    /// The service that a product is for.
    pub(super) fn service(&self, product: u32) -> Option<ServiceId> {
        self.services_by_name().get(&self.product(product)?.folded_name()).copied()
    }

    /// The cheapest temporary product of each service that can be had.
    pub(super) fn offers(&self) -> Vec<PoolOffer> {
        let services = self.services_by_name();
        let mut cheapest: BTreeMap<ServiceId, Money> = BTreeMap::new();
        for product in self.products().filter(|product| product.kind == Kind::Temporary) {
            if let (Some(service), Some(cost)) = (services.get(&product.folded_name()), product.for_sale()) {
                cheapest.entry(*service).and_modify(|known| *known = cost.min(*known)).or_insert(cost);
            }
        }
        cheapest.into_iter().map(|(service, cost)| PoolOffer { service, cost, pool: None }).collect()
    }

    /// Each rental product that can be had, for its one service.
    pub(super) fn rentals(&self) -> Vec<RentalOffer> {
        let services = self.services_by_name();
        let offer = |product: &Product| {
            let Kind::Rental(days) = product.kind else { return None };
            Some(RentalOffer {
                product: product.id,
                country: UNITED_STATES,
                costs: BTreeMap::from([(days, product.for_sale()?)]),
                receives: Receives::Only(vec![*services.get(&product.folded_name())?]),
                refund_within_s: Some(REFUND_WITHIN_S),
                refund_min_days: Days(1),
                extendable: shop::pool::Extendable::Perhaps,
            })
        };
        self.products().filter_map(offer).collect()
    }

    /// The temporary products of each service, with its folded name.
    pub(super) fn temporary(&self) -> BTreeMap<ServiceId, (String, Vec<u32>)> {
        let services = self.services_by_name();
        let mut known: BTreeMap<ServiceId, (String, Vec<u32>)> = BTreeMap::new();
        for product in self.products().filter(|product| product.kind == Kind::Temporary) {
            if let Some(service) = services.get(&product.folded_name()) {
                known.entry(*service).or_insert_with(|| (product.folded_name(), Vec::new())).1.push(product.id);
            }
        }
        known
    }
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
