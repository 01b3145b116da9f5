//! Countries, services and pools as the supplier lists them, with prices and stock derived from a seed.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::supplier::{Books, CENT, below, mix};

/// A country that the supplier sells.
#[derive(Clone, Debug)]
pub(crate) struct Country {
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    pub(crate) short_name: &'static str,
    pub(crate) region: &'static str,
    pub(crate) dial_code: &'static str,
}

/// A service that the supplier sells.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) id: u32,
    pub(crate) name: &'static str,
}

/// What one pool asks for one service in one country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) pool: u32,
    pub(crate) price: i64,
    pub(crate) stock: u32,
    pub(crate) success_rate: u32,
}

/// The pools by id.
pub(crate) const POOLS: [(u32, &str); 7] =
    [(0, "Default"), (2, "Bravo"), (3, "Charlie"), (4, "Delta"), (7, "Foxtrot"), (11, "Lima"), (12, "Mike")];

/// Sold everywhere, by several pools.
const POPULAR_SERVICES: [u32; 24] = [
    39, 48, 273, 305, 329, 395, 457, 523, 630, 671, 703, 817, 829, 846, 868, 907, 924, 926, 948, 951, 978, 1004, 1012,
    1072,
];

/// About 60 % of all services are sold here, elsewhere a fifth.
const POPULAR_COUNTRIES: [u32; 24] =
    [1, 2, 3, 4, 6, 8, 9, 11, 12, 13, 15, 20, 21, 23, 24, 25, 31, 41, 53, 55, 60, 68, 79, 136];

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let dial = dial_codes();
    rows(include_str!("../../shop/data/smspool-countries.tsv"))
        .filter_map(|row| {
            let [id, short_name, name, region] = *row.get(..4)? else {
                return None;
            };
            let dial_code = dial.get(short_name).copied().unwrap_or("999");
            Some(Country { id: id.parse().ok()?, name, short_name, region, dial_code })
        })
        .collect()
});

static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
    rows(include_str!("../../shop/data/smspool-services.tsv"))
        .filter_map(|row| Some(Service { id: row.first()?.parse().ok()?, name: row.get(1)? }))
        .collect()
});

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

/// Dial codes by ISO code, from the shared table.
fn dial_codes() -> HashMap<&'static str, &'static str> {
    let table = include_str!("../../shop/data/countries_en_ar.tsv").lines();
    let read = |line: &'static str| {
        let mut cells = line.split('\t');
        let (iso, dial) = (cells.next()?, cells.nth(1)?);
        let usable = !dial.is_empty() && dial.chars().all(|digit| digit.is_ascii_digit());
        usable.then_some((iso, dial))
    };
    table.filter(|line| !line.starts_with('#')).filter_map(read).collect()
}

/// All countries.
pub(crate) fn countries() -> &'static [Country] {
    &COUNTRIES
}

/// All services.
pub(crate) fn services() -> &'static [Service] {
    &SERVICES
}

/// The country by id, ISO code or exact name.
pub(crate) fn country(argument: &str) -> Option<&'static Country> {
    static BY_KEY: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
        let keys = |country: &Country| {
            [country.id.to_string(), country.short_name.to_lowercase(), country.name.to_lowercase()]
        };
        countries().iter().enumerate().flat_map(|(index, country)| keys(country).map(|key| (key, index))).collect()
    });
    BY_KEY.get(&argument.trim().to_lowercase()).map(|index| &countries()[*index])
}

/// The service by id or exact name.
pub(crate) fn service(argument: &str) -> Option<&'static Service> {
    static BY_KEY: LazyLock<HashMap<String, usize>> = LazyLock::new(|| {
        let keys = |service: &Service| [service.name.trim().to_lowercase(), service.id.to_string()];
        services().iter().enumerate().flat_map(|(index, service)| keys(service).map(|key| (key, index))).collect()
    });
    BY_KEY.get(&argument.trim().to_lowercase()).map(|index| &services()[*index])
}

/// The pool by id or name.
pub(crate) fn pool(argument: &str) -> Option<(u32, &'static str)> {
    let argument = argument.trim();
    POOLS.into_iter().find(|(id, name)| argument.parse() == Ok(*id) || name.eq_ignore_ascii_case(argument))
}

/// The pool's name.
pub(crate) fn pool_name(id: u32) -> &'static str {
    POOLS.into_iter().find(|(found, _)| *found == id).map_or("Default", |(_, name)| name)
}

/// The offers as they are now, cheapest first.
pub(crate) fn offers(books: &Books, country: u32, service: u32) -> Vec<Offer> {
    let mut offers = usual_offers(books.options.seed, country, service);
    if let Some(placard) = books.shelf.placard(country, service) {
        if offers.is_empty() {
            offers.push(Offer { pool: 7, price: 50 * CENT, stock: 100, success_rate: 90 });
        }
        for (index, offer) in offers.iter_mut().enumerate() {
            offer.price = placard.price.unwrap_or(offer.price);
            // The stock that was set is that of all pools together; the cheapest one holds it.
            offer.stock = placard.stock.map_or(offer.stock, |stock| if index == 0 { stock } else { 0 });
        }
    }
    for offer in &mut offers {
        offer.price = books.shelf.at_level(offer.price);
    }
    offers
}

/// The offers that the seed gives, cheapest first; empty where the service is not sold.
fn usual_offers(seed: u64, country: u32, service: u32) -> Vec<Offer> {
    let place = (u64::from(country) << 32) | u64::from(service);
    let random = mix(seed, place);
    let popular = POPULAR_SERVICES.contains(&service);
    let sold_percent = if POPULAR_COUNTRIES.contains(&country) { 60 } else { 20 };
    if !popular && below(random, 100) >= sold_percent {
        return Vec::new();
    }
    let count = if popular { 3 + below(random >> 8, 2) } else { 1 + below(random >> 8, 2) };
    let base_cents = match below(random >> 16, 20) {
        0 => 100 + below(random >> 24, 380),
        _ => 2 + below(random >> 24, 118),
    };
    let mut offers: Vec<Offer> = (0..count)
        .map(|index| {
            let random = mix(random, u64::from(index));
            let (pool, _) = POOLS[1 + ((below(random, 6) + index) as usize) % 6];
            let empty = !popular && below(random >> 40, 20) == 0;
            Offer {
                pool,
                price: i64::from((base_cents + below(random >> 8, 20)).min(500)) * CENT,
                stock: if empty { 0 } else { 5 + below(random >> 16, 5_000) },
                success_rate: 40 + below(random >> 32, 61),
            }
        })
        .collect();
    offers.sort_by_key(|offer| (offer.price, offer.pool));
    let mut seen = Vec::new();
    offers.retain(|offer| {
        !seen.contains(&offer.pool) && {
            seen.push(offer.pool);
            true
        }
    });
    offers
}
