//! From what is chosen to a price: wishes, offers, quotes, and where a purchase goes next.

use engine::{Effect, Reason, Step};
use shop::catalogue::{Country, Offer, Product, Service};
use shop::command::Command;
use shop::order::{QUOTE_LIFE_S, Wish};
use shop::pricing::sale_price;
use shop::{CountryId, Money, QuoteId, ServiceId};

use super::state::{CountrySearch, Draft, Load, Mode, News, ServiceSearch, Shelf, Shown, State, Stop, Timer};
use super::{Cx, Purchase, extending};
use crate::app::Job;
use crate::env::{Env, Sales, Server};

/// Prices older than this are not quoted: they are fetched or asked for again, in seconds.
const FRESH_S: i64 = 300;

/// The same once more: where it begins, and the price that is shown with it. `None`: its server is not offered.
#[must_use]
pub fn again(wish: &Wish, cx: &Cx<'_>) -> Option<(State, Option<Command>)> {
    let server = cx.env.server(wish.server)?;
    if wish.extends.is_some() {
        return Some((extending::unpriced(server, wish), None));
    }
    let (Some(country), Some(service)) = (server.country_of(wish), server.service_of(wish)) else {
        return Some((other_country(wish, cx.env)?, None));
    };
    let Some(offer) = fresh_offer(server, (country.id, wish.product, service.id), cx) else {
        return Some((other_service(wish, cx.env)?, None));
    };
    let wish = wish_for(server, wish.product, country, service, &offer);
    if server.sales == Sales::Paused {
        return Some((not_selling(wish), None));
    }
    let Some((cost, price)) = priced(&offer) else {
        return Some((State::Confirm(Draft { wish, mode: Mode::Unpriced }), None));
    };
    let (mode, command) = shelved(&wish, cost, price, News::None, cx);
    Some((State::Confirm(Draft { wish, mode }), command))
}

/// The same service elsewhere. `None`: its server is not offered.
#[must_use]
pub fn other_country(wish: &Wish, env: &Env) -> Option<State> {
    let server = env.server(wish.server)?;
    let service = server.service_of(wish).map(|service| service.id);
    Some(countries(server, wish.product, service))
}

/// Another service there. `None`: its server is not offered.
#[must_use]
pub fn other_service(wish: &Wish, env: &Env) -> Option<State> {
    let server = env.server(wish.server)?;
    let Some(country) = server.country_of(wish) else {
        return other_country(wish, env);
    };
    Some(services(wish, country.id))
}

/// The search for a country.
pub(super) fn countries(server: &Server, product: Product, service: Option<ServiceId>) -> State {
    State::SearchCountry(CountrySearch { server: server.id, product, service, shown: Shown::Quick })
}

/// The search for a service in this country.
pub(super) fn services(wish: &Wish, country: CountryId) -> State {
    let (server, product, shown) = (wish.server, wish.product, Shown::Quick);
    State::SearchService(ServiceSearch { server, product, country, service: None, shown, load: Load::Idle })
}

/// The kind of number is chosen: on to the country, or past it where it is known.
pub(super) fn with_product(
    server: &Server,
    product: Product,
    kept: (Option<CountryId>, Option<ServiceId>),
    cx: &Cx<'_>,
) -> Step<Purchase> {
    let known = kept.0.or_else(|| server.only_country().map(|country| country.id));
    match known.filter(|country| server.catalogue.sells(*country, product)) {
        Some(country) => with_country(server, product, country, kept.1, cx),
        None => Step::Go(countries(server, product, kept.1), vec![]),
    }
}

/// The country is chosen: on to the service, or past it where it is known.
pub(super) fn with_country(
    server: &Server,
    product: Product,
    country: CountryId,
    service: Option<ServiceId>,
    cx: &Cx<'_>,
) -> Step<Purchase> {
    if !server.catalogue.sells(country, product) {
        return Step::Ignore(Reason::NotForSale);
    }
    let unknown = match server.sales {
        Sales::Open => server.catalogue.wants_loading(country, product, cx.now - FRESH_S),
        // Nothing is bought now: what is in memory will do.
        Sales::Paused => !server.catalogue.is_loaded(country, product),
    };
    if let Some(service) = service.filter(|_| !unknown)
        && let Some(step) = with_service(server, product, country, service, cx)
    {
        return step;
    }
    let job = unknown.then_some(Job::LoadOffers { server: server.id, country, product });
    let load = if job.is_some() { Load::Asked } else { Load::Idle };
    let search = ServiceSearch { server: server.id, product, country, service, shown: Shown::Quick, load };
    Step::Go(State::SearchService(search), job.map(Effect::Job).into_iter().collect())
}

/// Everything is chosen: on to the price. `None`: it is not sold there.
pub(super) fn with_service(
    server: &Server,
    product: Product,
    country: CountryId,
    service: ServiceId,
    cx: &Cx<'_>,
) -> Option<Step<Purchase>> {
    let offer = fresh_offer(server, (country, product, service), cx)?;
    let (country, service) = (server.catalogue.country(country)?, server.catalogue.service(service)?);
    Some(to_offer(wish_for(server, product, country, service, &offer), priced(&offer), News::None, cx))
}

/// A fresh price for the same wish. What only the supplier knows is asked again.
pub(super) fn requote(draft: Draft, news: News, cx: &Cx<'_>) -> Step<Purchase> {
    let Some(server) = cx.env.selling(draft.wish.server) else {
        return Step::Go(not_selling(draft.wish), vec![Effect::Disarm]);
    };
    match current_offer(server, &draft.wish, cx) {
        Some(offer) => to_offer(draft.wish, priced(&offer), news, cx),
        None => {
            let mode = Mode::Failed(shop::ErrorCode::OutOfStock);
            Step::Go(State::Confirm(Draft { mode, ..draft }), vec![Effect::Disarm])
        }
    }
}

/// The price has changed since it was shown. A cost that the supplier named on asking is priced at today's margin.
pub(super) fn reprice(draft: Draft, quote: Shelf, cx: &Cx<'_>) -> Step<Purchase> {
    let news = News::Changed { old: quote.price };
    let server = cx.env.server(draft.wish.server);
    let asked =
        server.and_then(|server| current_offer(server, &draft.wish, cx)).is_some_and(|offer| offer.price.is_none());
    match price_of(&draft.wish, quote.cost, cx.env).filter(|_| asked) {
        Some(price) => offer(draft.wish, quote.cost, price, news, cx),
        None => requote(draft, news, cx),
    }
}

/// The price is known, by the catalogue or on asking: it is offered for as long as a quote lives. Whoever has to top up
/// first takes as long as it takes.
pub(super) fn offer(wish: Wish, cost: Money, price: Money, news: News, cx: &Cx<'_>) -> Step<Purchase> {
    if cx.env.selling(wish.server).is_none() {
        return Step::Go(not_selling(wish), vec![Effect::Disarm]);
    }
    let after_s = u32::try_from(QUOTE_LIFE_S).unwrap_or(u32::MAX);
    let (mode, command) = shelved(&wish, cost, price, news, cx);
    let effects = match command {
        Some(quote) => vec![Effect::Do(quote), Effect::Arm { timer: Timer::QuoteExpired, after_s }],
        None => vec![Effect::Disarm],
    };
    Step::Go(State::Confirm(Draft { wish, mode }), effects)
}

/// Its server does not sell right now: nothing is quoted.
pub(super) const fn not_selling(wish: Wish) -> State {
    State::Confirm(Draft { wish, mode: Mode::Stopped(Stop::NotSelling) })
}

/// A price as it is shown, and its quote where the wallet holds it.
pub(super) fn shelved(wish: &Wish, cost: Money, price: Money, news: News, cx: &Cx<'_>) -> (Mode, Option<Command>) {
    let quote = Shelf { id: QuoteId(cx.fresh), cost, price };
    match missing(price, cx) {
        Some(_) => (Mode::Short { quote }, None),
        None => (Mode::Offered { quote, news }, Some(quoted(wish, quote))),
    }
}

/// The price for a cost that the supplier named; `None` where the server is gone or the cost cannot be sold at.
pub(super) fn price_of(wish: &Wish, cost: Money, env: &Env) -> Option<Money> {
    sale_price(cost, env.server(wish.server)?.margin)
}

/// What the wallet lacks for a price.
pub(super) fn missing(price: Money, cx: &Cx<'_>) -> Option<Money> {
    price.checked_sub(cx.env.wallet.available).filter(|missing| *missing > Money::ZERO)
}

/// The price that was too high for the wallet, where the wallet holds it by now and it is still today's.
pub(super) fn payable(draft: &Draft, cx: &Cx<'_>) -> Option<Shelf> {
    let Mode::Short { quote } = draft.mode else { return None };
    let today = missing(quote.price, cx).is_none() && price_today(&draft.wish, cx) == Some(quote.price);
    today.then_some(quote)
}

/// Today's price of a wish as the catalogue has it; `None` where that is too old to say.
pub(super) fn price_today(wish: &Wish, cx: &Cx<'_>) -> Option<Money> {
    current_offer(cx.env.server(wish.server)?, wish, cx)?.price
}

fn to_offer(wish: Wish, priced: Option<(Money, Money)>, news: News, cx: &Cx<'_>) -> Step<Purchase> {
    if let Some((cost, price)) = priced {
        return offer(wish, cost, price, news, cx);
    }
    if cx.env.selling(wish.server).is_none() {
        return Step::Go(not_selling(wish), vec![Effect::Disarm]);
    }
    let job = Job::AskCost { server: wish.server, wish: wish.clone() };
    Step::Go(State::Confirm(Draft { wish, mode: Mode::Asking }), vec![Effect::Disarm, Effect::Job(job)])
}

fn current_offer(server: &Server, wish: &Wish, cx: &Cx<'_>) -> Option<Offer> {
    if wish.extends.is_some() {
        // What a rental's own supplier wants for more of it is only known on asking.
        return Some(Offer { cost: None, price: None, rental: None });
    }
    fresh_offer(server, (wish.country, wish.product, wish.service), cx)
}

/// The offer with its price, unless that is too old: the supplier must then be asked for it.
fn fresh_offer(server: &Server, wanted: (CountryId, Product, ServiceId), cx: &Cx<'_>) -> Option<Offer> {
    let (country, product, service) = wanted;
    let offer = server.catalogue.offer(country, product, service)?;
    let list = server.catalogue.prices(country).filter(|_| product == Product::Temporary);
    let stale = list.is_some_and(|list| cx.now - list.fetched_at >= FRESH_S);
    Some(if stale { Offer { cost: None, price: None, ..offer } } else { offer })
}

fn priced(offer: &Offer) -> Option<(Money, Money)> {
    offer.cost.zip(offer.price)
}

pub(super) fn quoted(wish: &Wish, quote: Shelf) -> Command {
    Command::Quote { id: quote.id, wish: wish.clone(), cost: quote.cost, price: quote.price }
}

fn wish_for(server: &Server, product: Product, country: &Country, service: &Service, offer: &Offer) -> Wish {
    Wish {
        server: server.id,
        product,
        country: country.id,
        iso2: country.iso2.clone(),
        service: service.id,
        service_name: service.name.clone(),
        rental_product: offer.rental.map(|terms| terms.product),
        refund_within_s: offer.rental.and_then(|terms| terms.refund_within_s),
        extends: None,
    }
}
