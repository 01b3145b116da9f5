//! What the two searches make of their events.

use engine::{Effect, Event, Reason, Step};
use shop::catalogue::Product;
use shop::{CountryId, ErrorCode, ServiceId};

use super::quote::{countries, with_country, with_service};
use super::state::{Action, Begin, CountrySearch, Load, ServiceSearch, Shown, State};
use super::{Cx, Purchase, leave, other_server};
use crate::app::{Job, Pick, Reply};
use crate::env::{Env, Server};

/// Typed words are cut to so many characters.
const QUERY_CHARACTERS_MAX: usize = 64;

/// In which country?
pub(super) fn country(search: CountrySearch, event: Event<Purchase>, cx: &Cx<'_>) -> Step<Purchase> {
    match event {
        Event::Press(Action::Country(id)) => country_chosen(&search, Some(CountryId(id)), cx),
        Event::Press(Action::List(page)) => {
            Step::Go(State::SearchCountry(CountrySearch { shown: Shown::List(page), ..search }), vec![])
        }
        Event::Press(Action::Refresh) => Step::Go(State::SearchCountry(search), vec![]),
        Event::Pick(Pick::Country(iso2)) => {
            let picked = cx.env.server(search.server).and_then(|server| server.catalogue.country_by_iso2(&iso2));
            country_chosen(&search, picked.map(|country| country.id), cx)
        }
        Event::Pick(Pick::Service(id)) => keep_service(search, id, cx.env),
        Event::Text(text) => match query(&text) {
            Some(query) => {
                Step::Go(State::SearchCountry(CountrySearch { shown: Shown::Found(query), ..search }), vec![])
            }
            None => Step::Ignore(Reason::NotUnderstood),
        },
        Event::Back => match search.shown {
            Shown::List(_) | Shown::Found(_) => {
                Step::Go(State::SearchCountry(CountrySearch { shown: Shown::Quick, ..search }), vec![])
            }
            Shown::Quick => before_country(search.server, search.product, search.service),
        },
        Event::Press(Action::OtherServer) => other_server(cx.env.kept(search.server, None, search.service)),
        Event::Cancel => leave(),
        // Buttons of other questions, and answers to questions that are not asked here.
        Event::Press(
            Action::Temporary
            | Action::Rental
            | Action::Days(_)
            | Action::Service(_)
            | Action::NotListed
            | Action::Buy
            | Action::Requote
            | Action::OtherCountry
            | Action::OtherService
            | Action::Server(_),
        )
        | Event::Start(_)
        | Event::Timer(_)
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

/// For which service?
pub(super) fn service(search: ServiceSearch, event: Event<Purchase>, cx: &Cx<'_>) -> Step<Purchase> {
    match event {
        Event::Press(Action::Service(id)) => service_pressed(&search, Some(ServiceId(id)), cx),
        Event::Press(Action::NotListed) => {
            let other = cx.env.server(search.server).and_then(|server| server.catalogue.other_service());
            service_pressed(&search, other.map(|service| service.id), cx)
        }
        Event::Press(Action::Refresh) => reload(search),
        Event::Press(Action::OtherCountry) => to_countries(&search, cx.env),
        Event::Pick(Pick::Service(id)) => service_picked(&search, id, cx),
        Event::Pick(Pick::Country(iso2)) => other_country(&search, &iso2, cx),
        Event::Text(text) => match query(&text) {
            Some(query) => {
                Step::Go(State::SearchService(ServiceSearch { shown: Shown::Found(query), ..search }), vec![])
            }
            None => Step::Ignore(Reason::NotUnderstood),
        },
        Event::Reply(Reply::OffersLoaded { country }) => loaded(search, country, cx),
        Event::Reply(Reply::LoadFailed { country, code }) => failed(search, country, code),
        Event::Back => match search.shown {
            Shown::List(_) | Shown::Found(_) => {
                Step::Go(State::SearchService(ServiceSearch { shown: Shown::Quick, ..search }), vec![])
            }
            Shown::Quick => before_service(&search, cx.env),
        },
        Event::Press(Action::OtherServer) => {
            other_server(cx.env.kept(search.server, Some(search.country), search.service))
        }
        Event::Cancel => leave(),
        // A price that was still expected when this search was returned to.
        Event::Timer(_) | Event::Reply(Reply::Cost { .. } | Reply::CostFailed { .. }) => Step::Ignore(Reason::TooLate),
        // Buttons of other questions, and answers to questions that are not asked here.
        Event::Press(
            Action::Temporary
            | Action::Rental
            | Action::Days(_)
            | Action::Country(_)
            | Action::List(_)
            | Action::Buy
            | Action::Requote
            | Action::OtherService
            | Action::Server(_),
        )
        | Event::Start(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn country_chosen(search: &CountrySearch, country: Option<CountryId>, cx: &Cx<'_>) -> Step<Purchase> {
    match (cx.env.server(search.server), country) {
        (Some(server), Some(country)) => with_country(server, search.product, country, search.service, cx),
        (Some(_), None) | (None, _) => Step::Ignore(Reason::NotForSale),
    }
}

fn keep_service(search: CountrySearch, id: ServiceId, env: &Env) -> Step<Purchase> {
    let known = env.server(search.server).and_then(|server| server.catalogue.service(id));
    match known.map(|service| service.id) {
        Some(service) => Step::Go(State::SearchCountry(CountrySearch { service: Some(service), ..search }), vec![]),
        None => Step::Ignore(Reason::NotForSale),
    }
}

fn service_pressed(search: &ServiceSearch, service: Option<ServiceId>, cx: &Cx<'_>) -> Step<Purchase> {
    let step = cx.env.server(search.server).zip(service);
    let step = step.and_then(|(server, service)| with_service(server, search.product, search.country, service, cx));
    step.unwrap_or(Step::Ignore(Reason::NotForSale))
}

/// A pick may be for something that has sold out since: the screen then says so.
fn service_picked(search: &ServiceSearch, id: ServiceId, cx: &Cx<'_>) -> Step<Purchase> {
    let Some(server) = cx.env.server(search.server).filter(|server| server.catalogue.service(id).is_some()) else {
        return Step::Ignore(Reason::NotForSale);
    };
    let step = with_service(server, search.product, search.country, id, cx);
    step.unwrap_or_else(|| {
        Step::Go(State::SearchService(ServiceSearch { service: Some(id), shown: Shown::Quick, ..*search }), vec![])
    })
}

fn other_country(search: &ServiceSearch, iso2: &str, cx: &Cx<'_>) -> Step<Purchase> {
    let server = cx.env.server(search.server);
    let picked = server.and_then(|server| Some((server, server.catalogue.country_by_iso2(iso2)?.id)));
    match picked {
        Some((_, country)) if country == search.country => Step::Ignore(Reason::AlreadyHere),
        Some((server, country)) => with_country(server, search.product, country, search.service, cx),
        None => Step::Ignore(Reason::NotForSale),
    }
}

fn to_countries(search: &ServiceSearch, env: &Env) -> Step<Purchase> {
    let server = env.server(search.server);
    server.map_or(Step::Ignore(Reason::NotForSale), |server| Step::Go(countries(server, search.product, None), vec![]))
}

/// Asks once more what is sold here.
fn reload(search: ServiceSearch) -> Step<Purchase> {
    let job = Job::LoadOffers { server: search.server, country: search.country, product: search.product };
    Step::Go(State::SearchService(ServiceSearch { load: Load::Asked, ..search }), vec![Effect::Job(job)])
}

/// The prices are there: with a service that waited for them, straight on.
fn loaded(search: ServiceSearch, country: CountryId, cx: &Cx<'_>) -> Step<Purchase> {
    if country != search.country {
        return Step::Ignore(Reason::TooLate);
    }
    let waited = search.service.zip(cx.env.server(search.server));
    let step = waited.and_then(|(service, server)| with_service(server, search.product, country, service, cx));
    step.unwrap_or_else(|| Step::Go(State::SearchService(ServiceSearch { load: Load::Idle, ..search }), vec![]))
}

fn failed(search: ServiceSearch, country: Option<CountryId>, code: ErrorCode) -> Step<Purchase> {
    if country.is_some_and(|country| country != search.country) || search.load != Load::Asked {
        return Step::Ignore(Reason::TooLate);
    }
    Step::Go(State::SearchService(ServiceSearch { load: Load::Failed(code), ..search }), vec![])
}

fn before_service(search: &ServiceSearch, env: &Env) -> Step<Purchase> {
    match env.server(search.server).filter(|server| has_choice(server)) {
        Some(server) => Step::Go(countries(server, search.product, None), vec![]),
        None => before_country(search.server, search.product, None),
    }
}

fn before_country(server: shop::ServerId, product: Product, service: Option<ServiceId>) -> Step<Purchase> {
    let begin = Begin { server, country: None, service };
    Step::Go(
        match product {
            Product::Temporary => State::ChooseType(begin),
            Product::Rental(_) => State::ChooseDuration(begin),
        },
        vec![],
    )
}

/// Whether there is more than one country to choose from.
pub(super) fn has_choice(server: &Server) -> bool {
    server.only_country().is_none()
}

/// Typed words, trimmed and cut; `None` where nothing is left.
fn query(text: &str) -> Option<String> {
    let words: String = text.trim().chars().filter(|letter| !letter.is_control()).take(QUERY_CHARACTERS_MAX).collect();
    let readable = words.chars().any(|letter| letter.is_alphanumeric() || letter == '+');
    readable.then_some(words)
}
