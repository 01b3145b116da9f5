//! What the first two questions make of their events: which kind of number, and for how long.

use engine::{Event, Reason, Step};
use shop::Days;
use shop::catalogue::Product;

use super::quote::with_product;
use super::state::{Action, Begin, State};
use super::{Cx, Purchase, leave, other_server};
use crate::app::Pick;
use crate::env::Env;

/// Temporary or rental?
pub(super) fn kind(begin: Begin, event: Event<Purchase>, cx: &Cx<'_>) -> Step<Purchase> {
    match event {
        Event::Press(Action::Temporary) => on(&begin, Product::Temporary, cx),
        Event::Press(Action::Rental) => Step::Go(State::ChooseDuration(begin), vec![]),
        Event::Pick(pick) => keep(&begin, &pick, cx.env)
            .map_or(Step::Ignore(Reason::NotForSale), |begin| Step::Go(State::ChooseType(begin), vec![])),
        Event::Press(Action::OtherServer) => other_server(cx.env.kept(begin.server, begin.country, begin.service)),
        Event::Back | Event::Cancel => leave(),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Buttons of later questions, and answers to questions that were not asked yet.
        Event::Press(
            Action::Days(_)
            | Action::Country(_)
            | Action::List(_)
            | Action::Service(_)
            | Action::NotListed
            | Action::Refresh
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

/// For how long?
pub(super) fn duration(begin: Begin, event: Event<Purchase>, cx: &Cx<'_>) -> Step<Purchase> {
    match event {
        Event::Press(Action::Days(days)) => days_chosen(&begin, Days(days), cx),
        Event::Press(Action::Refresh) => Step::Go(State::ChooseDuration(begin), vec![]),
        Event::Pick(pick) => keep(&begin, &pick, cx.env)
            .map_or(Step::Ignore(Reason::NotForSale), |begin| Step::Go(State::ChooseDuration(begin), vec![])),
        Event::Back => Step::Go(State::ChooseType(begin), vec![]),
        Event::Press(Action::OtherServer) => other_server(cx.env.kept(begin.server, begin.country, begin.service)),
        Event::Cancel => leave(),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Buttons of other questions, and answers to questions that were not asked yet.
        Event::Press(
            Action::Temporary
            | Action::Rental
            | Action::Country(_)
            | Action::List(_)
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

fn on(begin: &Begin, product: Product, cx: &Cx<'_>) -> Step<Purchase> {
    match cx.env.server(begin.server) {
        Some(server) => with_product(server, product, (begin.country, begin.service), cx),
        None => Step::Ignore(Reason::NotForSale),
    }
}

fn days_chosen(begin: &Begin, days: Days, cx: &Cx<'_>) -> Step<Purchase> {
    let sold = cx.env.server(begin.server).is_some_and(|server| server.catalogue.rental_days().contains(&days));
    if sold { on(begin, Product::Rental(days), cx) } else { Step::Ignore(Reason::NotForSale) }
}

/// What is chosen already, with a pick added; `None` where this server does not know it.
fn keep(begin: &Begin, pick: &Pick, env: &Env) -> Option<Begin> {
    let catalogue = &env.server(begin.server)?.catalogue;
    Some(match pick {
        Pick::Country(iso2) => Begin { country: Some(catalogue.country_by_iso2(iso2)?.id), ..begin.clone() },
        Pick::Service(id) => Begin { service: Some(catalogue.service(*id)?.id), ..begin.clone() },
    })
}
