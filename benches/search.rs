//! How long one keystroke takes: search over all countries and services of the larger supplier, in both languages.
//!
//! The promise: a median under 150 µs, the worst under 1 ms.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use shop::catalogue::{Catalogue, PriceList, Product};
use shop::places::Script;
use shop::pool::{PoolCountry, PoolOffer, PoolService, RentalOffer};
use shop::pricing::Margin;
use shop::{CountryId, Days, Money, ServiceId, search};

const US: CountryId = CountryId(1);
const RENTAL: Product = Product::Rental(Days(30));

/// A name of the kind of query, then one for countries and one for services in each script.
const QUERIES: [(&str, [&str; 2], [&str; 2]); 7] = [
    ("empty", ["", ""], ["", ""]),
    ("one letter", ["a", "ا"], ["a", "ا"]),
    ("exact", ["germany", "ألمانيا"], ["whatsapp", "واتساب"]),
    ("substring", ["land", "يا"], ["book", "بوك"]),
    ("typo", ["grmany", "ألمنيا"], ["whtasapp", "واتصاب"]),
    ("miss", ["qqqqqq", "ظظظظظظ"], ["qqqqqq", "ظظظظظظ"]),
    ("miss of 256", ["256 Latin", "256 Arabic"], ["256 Latin", "256 Arabic"]),
];

fn rows(table: &str) -> impl Iterator<Item = (u32, Vec<&str>)> {
    let rows = table.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter_map(|row| Some((row[0].parse().ok()?, row)))
}

/// 150 countries and 1,400 services, everything priced everywhere.
fn catalogue() -> Catalogue {
    let countries: Vec<PoolCountry> = rows(include_str!("../src/shop/data/smspool-countries.tsv"))
        .map(|(id, row)| PoolCountry { id: CountryId(id), name: row[2].to_owned(), iso2: row[1].to_owned() })
        .collect();
    let mut services: Vec<PoolService> = rows(include_str!("../src/shop/data/smspool-services.tsv"))
        .map(|(id, row)| PoolService { id: ServiceId(id), name: row[1].to_owned() })
        .collect();
    services.extend((2_000..2_060).map(|id| PoolService { id: ServiceId(id), name: format!("Service {id}") }));
    let offer = |service: &PoolService| PoolOffer { service: service.id, cost: Money::from_cents(25), pool: None };
    let offers: Vec<PoolOffer> = services.iter().map(offer).collect();
    let prices = Arc::new(PriceList::new(&offers, Margin::DEFAULT, 0));
    let lines = countries.iter().map(|country| line(country.id, &services)).collect();
    let priced = |catalogue: Catalogue, country: &PoolCountry| catalogue.with_prices(country.id, Arc::clone(&prices));
    let catalogue = countries.iter().fold(Catalogue::new(&countries, &services), priced);
    catalogue.with_rentals(lines, Margin::DEFAULT, 0)
}

fn line(country: CountryId, services: &[PoolService]) -> RentalOffer {
    RentalOffer {
        product: country.0,
        country,
        costs: [(Days(30), Money::from_cents(2_000))].into(),
        receives: shop::pool::Receives::Only(services.iter().map(|service| service.id).collect()),
        refund_within_s: None,
        refund_min_days: Days(0),
        extendable: shop::pool::Extendable::Perhaps,
    }
}

/// Spells out the queries that are too long to write down.
fn query(text: &str) -> String {
    match text {
        "256 Latin" => "zq".repeat(128),
        "256 Arabic" => "ظض".repeat(128),
        other => other.to_owned(),
    }
}

fn keystrokes(criterion: &mut Criterion) {
    let catalogue = catalogue();
    for (kind, for_countries, for_services) in QUERIES {
        for (place, script) in [Script::Latin, Script::Arabic].into_iter().enumerate() {
            let (country, service) = (query(for_countries[place]), query(for_services[place]));
            criterion.bench_function(&format!("countries/{script:?}/{kind}"), |bench| {
                bench.iter(|| search::countries(&catalogue, script, Product::Temporary, black_box(&country), &[US]));
            });
            criterion.bench_function(&format!("services/{script:?}/{kind}"), |bench| {
                let recent = [ServiceId(907), ServiceId(1012)];
                bench.iter(|| {
                    search::services(&catalogue, script, US, Product::Temporary, black_box(&service), &recent)
                });
            });
        }
    }
    for (kind, text) in [("empty", ""), ("one letter", "a")] {
        criterion.bench_function(&format!("rentals/countries/{kind}"), |bench| {
            bench.iter(|| search::countries(&catalogue, Script::Latin, RENTAL, black_box(text), &[US]));
        });
        criterion.bench_function(&format!("rentals/services/{kind}"), |bench| {
            bench.iter(|| search::services(&catalogue, Script::Latin, US, RENTAL, black_box(text), &[]));
        });
    }
}

/// The middle and the slowest of many single keystrokes: a mean says nothing of the worst one.
fn worst(_: &mut Criterion) {
    let catalogue = catalogue();
    let mut taken = Vec::new();
    for _ in 0..500 {
        for (_, for_countries, for_services) in QUERIES {
            for (place, script) in [Script::Latin, Script::Arabic].into_iter().enumerate() {
                let (country, service) = (query(for_countries[place]), query(for_services[place]));
                let start = Instant::now();
                black_box(search::countries(&catalogue, script, Product::Temporary, black_box(&country), &[US]));
                taken.push(start.elapsed());
                let start = Instant::now();
                black_box(search::services(&catalogue, script, US, Product::Temporary, black_box(&service), &[]));
                taken.push(start.elapsed());
            }
        }
    }
    taken.sort();
    println!("{} keystrokes: median {:?}, worst {:?}", taken.len(), taken[taken.len() / 2], taken[taken.len() - 1]);
}

fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50)
}

criterion_group! { name = benches; config = quick(); targets = keystrokes, worst }
criterion_main!(benches);
