//! What it costs to keep an event so that it can be tried again, beside the step itself: in the search for a service,
//! whose screen asks the most of a catalogue, and at the last question.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use engine::machine::{self, Input};
use engine::session::{Frame, Session};
use engine::{Ctx, Lang};
use flows::Raqam;
use flows::recorded::{Seen, record};
use gallery::{Scene, context, shown};
use serde_json::{Value, json};
use shop::catalogue::{Catalogue, PriceList};
use shop::pool::{PoolCountry, PoolOffer, PoolService};
use shop::pricing::Margin;
use shop::{CountryId, Money, ServiceId};

/// As large as the larger supplier's: 150 countries, each with the prices of 1,000 services.
fn catalogue() -> Catalogue {
    let country = |id: u32| {
        let letter = |number: u32| char::from_u32(u32::from('A') + number % 26).unwrap_or('A');
        let iso2 = [letter(id / 26), letter(id)].iter().collect();
        PoolCountry { id: CountryId(id), name: format!("Country {id}"), iso2 }
    };
    let service = |id| PoolService { id: ServiceId(id), name: format!("Service {id}") };
    let (countries, services): (Vec<_>, Vec<_>) =
        ((1..=150).map(country).collect(), (1..=1_000).map(service).collect());
    let offer = |service: &PoolService| PoolOffer { service: service.id, cost: Money::from_cents(30), pool: None };
    let offers: Vec<PoolOffer> = services.iter().map(offer).collect();
    let list = Arc::new(PriceList::new(&offers, Margin::DEFAULT, gallery::scenes::NOW - 60));
    let base = Catalogue::new(&countries, &services);
    countries.iter().fold(base, |catalogue, country| catalogue.with_prices(country.id, Arc::clone(&list)))
}

fn session(state: Value) -> Session {
    let frame = |instance, flow: &str, body| Frame { flow: flow.to_owned(), version: 1, instance, body };
    let home = serde_json::to_value(flows::home::State::Menu(flows::home::Greeting::Plain)).expect("plain data");
    let frames = vec![frame(1, "home", home), frame(2, "buy", state)];
    Session { revision: 7, next_instance: 2, frames, quarantine: Vec::new() }
}

fn events() -> [(&'static str, Session, Input<Raqam>); 3] {
    let search = |shown: Value| {
        session(json!({ "SearchService": {
            "server": "two", "product": "temporary", "country": 7, "service": null, "shown": shown, "load": "idle"
        } }))
    };
    let countries = session(json!({ "SearchCountry": {
        "server": "two", "product": "temporary", "service": null, "shown": "quick"
    } }));
    [
        ("a service is pressed", search(json!("quick")), Input::Token("buy.2.-.s-1".to_owned())),
        ("a service is typed", search(json!("quick")), Input::Text("service 77".to_owned())),
        ("a country is typed", countries, Input::Text("country 12".to_owned())),
    ]
}

fn records(criterion: &mut Criterion) {
    let env = Scene::Usual.env_with(catalogue());
    let cx: Ctx<'_, _> = context(&env, Lang::Ar);
    for (name, session, input) in events() {
        let turn = machine::handle::<Raqam>(&session, input.clone(), &cx);
        assert_eq!(turn.outcome, machine::Outcome::Stepped, "{name}");
        let keep = || {
            let seen = Seen { session: &session, input: &input, cx: &cx, turn: &turn };
            record(seen, |_| "lists".to_owned(), |view| shown::show(&view.rendered))
        };
        assert_eq!(keep().inexact, None, "{name}");
        let bytes = serde_json::to_string(&keep()).expect("plain data").len();
        println!("{name}: {bytes} bytes");
        criterion.bench_function(&format!("{name}: the step"), |bencher| {
            bencher.iter(|| machine::handle::<Raqam>(black_box(&session), input.clone(), &cx));
        });
        criterion.bench_function(&format!("{name}: what is kept of it"), |bencher| {
            bencher.iter(|| serde_json::to_string(&black_box(keep())));
        });
    }
}

criterion_group!(benches, records);
criterion_main!(benches);
