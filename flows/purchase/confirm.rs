//! What the last question makes of its events: is this the price, and is it bought?

use engine::{Effect, Event, Reason, Step};
use shop::command::{Command, Refusal};
use shop::order::Wish;
use shop::{CountryId, ErrorCode, Money, ServiceId};

use super::quote::{
    missing, not_selling, offer, other_country, payable, price_of, price_today, quoted, reprice, requote, services,
    with_country, with_service,
};
use super::state::{Action, Draft, Mode, News, State, Stop};
use super::{Cx, Purchase, extending, leave, other_server};
use crate::app::{Kept, Pick, Refused, Reply};

/// At this price?
pub(super) fn confirm(draft: Draft, event: Event<Purchase>, cx: &Cx<'_>) -> Step<Purchase> {
    if let Some(step) = extending::fixed(&draft.wish, &event) {
        return step;
    }
    match event {
        Event::Press(Action::Buy) => buy(draft, cx),
        Event::Press(Action::Requote) => again(draft, cx),
        Event::Press(Action::OtherCountry) => match other_country(&draft.wish, cx.env) {
            Some(state) => Step::Go(state, vec![Effect::Disarm]),
            None => Step::Ignore(Reason::NotForSale),
        },
        Event::Press(Action::Country(id)) => country_pressed(&draft.wish, CountryId(id), cx),
        Event::Press(Action::OtherService) | Event::Back => {
            Step::Go(services(&draft.wish, draft.wish.country), vec![Effect::Disarm])
        }
        Event::Pick(Pick::Service(id)) => service_picked(&draft.wish, id, cx),
        Event::Pick(Pick::Country(iso2)) => country_picked(&draft.wish, &iso2, cx),
        Event::Reply(Reply::Cost { cost }) => priced(draft, cost, cx),
        Event::Reply(Reply::CostFailed { code }) => unpriced(draft, code),
        Event::Timer(super::Timer::QuoteExpired) => expired(draft, cx),
        Event::Refused(Refused(refusal)) => refused(draft, &refusal, cx),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        Event::Press(Action::Server(number)) => at_server(&draft.wish, number, cx),
        Event::Press(Action::OtherServer) => other_server(Kept::of(&draft.wish)),
        Event::Cancel => leave(),
        // The prices of the search that led here.
        Event::Reply(Reply::OffersLoaded { .. } | Reply::LoadFailed { .. }) => Step::Ignore(Reason::TooLate),
        // Buttons of earlier questions; commands go to the root, and this flow opens no other.
        Event::Press(
            Action::Temporary
            | Action::Rental
            | Action::Days(_)
            | Action::List(_)
            | Action::Service(_)
            | Action::NotListed
            | Action::Refresh,
        )
        | Event::Start(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

/// The order is made.
pub(super) fn waiting(event: &Event<Purchase>) -> Step<Purchase> {
    match event {
        Event::Back | Event::Cancel => leave(),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // What was still expected when the order was made.
        Event::Timer(_) | Event::Reply(_) | Event::Refused(_) => Step::Ignore(Reason::TooLate),
        // Earlier buttons; the card's own are no session's. A pick here is for the next purchase: the root keeps it.
        Event::Press(_) | Event::Pick(_) | Event::Start(_) | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

/// A fresh price. Where the server still does not sell, the screen stays as it is: a notice says that it was asked.
fn again(draft: Draft, cx: &Cx<'_>) -> Step<Purchase> {
    let server = draft.wish.server;
    match cx.env.selling(server) {
        Some(_) => requote(draft, News::None, cx),
        None => {
            let still = Effect::Toast(cx.env.down(server, cx.lang));
            Step::Go(not_selling(draft.wish), vec![Effect::Disarm, still])
        }
    }
}

/// The books decide: the screen's own price and balance are only a guide. Whoever has topped up meanwhile has the price
/// quoted with the press.
fn buy(draft: Draft, cx: &Cx<'_>) -> Step<Purchase> {
    if cx.env.selling(draft.wish.server).is_none() {
        return Step::Go(not_selling(draft.wish), vec![Effect::Disarm]);
    }
    let (quote, quoting) = match (&draft.mode, payable(&draft, cx)) {
        (Mode::Offered { quote, .. }, _) => (*quote, None),
        (_, Some(quote)) => (quote, Some(quoted(&draft.wish, quote))),
        (_, None) => return Step::Ignore(Reason::TooLate),
    };
    let order = quote.id.order();
    let buy = Command::Buy { quote: quote.id, current: price_today(&draft.wish, cx) };
    let commands = quoting.into_iter().chain([buy]).map(Effect::Do);
    Step::Go(State::Waiting { order }, [Effect::Disarm].into_iter().chain(commands).collect())
}

fn service_picked(wish: &Wish, id: ServiceId, cx: &Cx<'_>) -> Step<Purchase> {
    if id == wish.service {
        return Step::Ignore(Reason::AlreadyHere);
    }
    let server = cx.env.server(wish.server);
    let step = server.and_then(|server| with_service(server, wish.product, wish.country, id, cx));
    step.unwrap_or(Step::Ignore(Reason::NotForSale))
}

fn country_picked(wish: &Wish, iso2: &str, cx: &Cx<'_>) -> Step<Purchase> {
    if iso2.eq_ignore_ascii_case(&wish.iso2) {
        return Step::Ignore(Reason::AlreadyHere);
    }
    let server = cx.env.server(wish.server);
    let picked = server.and_then(|server| server.catalogue.country_by_iso2(iso2));
    picked.map_or(Step::Ignore(Reason::NotForSale), |country| elsewhere(wish, country.id, cx))
}

/// A country that was offered in place of a sold out one.
fn country_pressed(wish: &Wish, country: CountryId, cx: &Cx<'_>) -> Step<Purchase> {
    if country == wish.country { Step::Ignore(Reason::AlreadyHere) } else { elsewhere(wish, country, cx) }
}

/// The same in another country.
fn elsewhere(wish: &Wish, country: CountryId, cx: &Cx<'_>) -> Step<Purchase> {
    let Some(server) = cx.env.server(wish.server) else { return Step::Ignore(Reason::NotForSale) };
    disarmed(with_country(server, wish.product, country, Some(wish.service), cx))
}

/// Where prices are loaded first, no price is left whose time could be over.
fn disarmed(step: Step<Purchase>) -> Step<Purchase> {
    match step {
        Step::Go(search @ State::SearchService(_), effects) => {
            Step::Go(search, [Effect::Disarm].into_iter().chain(effects).collect())
        }
        step @ (Step::Go(..) | Step::Push(..) | Step::Done(..) | Step::Ignore(_)) => step,
    }
}

/// The same at another server, which was offered in place of this one: its own question, at its own price.
fn at_server(wish: &Wish, number: u8, cx: &Cx<'_>) -> Step<Purchase> {
    let server = cx.env.servers().iter().find(|server| server.id.number() == number && server.id != wish.server);
    let sold = server.and_then(|server| Some((server, server.country_of(wish)?, server.service_of(wish)?)));
    let Some((server, country, service)) = sold else { return Step::Ignore(Reason::NotForSale) };
    disarmed(with_country(server, wish.product, country.id, Some(service.id), cx))
}

/// The supplier named its cost.
fn priced(draft: Draft, cost: Money, cx: &Cx<'_>) -> Step<Purchase> {
    if draft.mode != Mode::Asking {
        return Step::Ignore(Reason::TooLate);
    }
    match price_of(&draft.wish, cost, cx.env) {
        Some(price) => offer(draft.wish, cost, price, News::None, cx),
        None => Step::Go(State::Confirm(Draft { mode: Mode::Failed(ErrorCode::Unavailable), ..draft }), vec![]),
    }
}

fn unpriced(draft: Draft, code: ErrorCode) -> Step<Purchase> {
    if draft.mode != Mode::Asking {
        return Step::Ignore(Reason::TooLate);
    }
    Step::Go(State::Confirm(Draft { mode: Mode::Failed(code), ..draft }), vec![])
}

/// The price is too old. Whoever has to top up first still reads what is missing.
fn expired(draft: Draft, cx: &Cx<'_>) -> Step<Purchase> {
    match draft.mode {
        Mode::Offered { quote, .. } => {
            let short = missing(quote.price, cx).is_some();
            let mode = if short { Mode::Short { quote } } else { Mode::Expired(quote) };
            Step::Go(State::Confirm(Draft { mode, ..draft }), vec![])
        }
        Mode::Unpriced | Mode::Asking | Mode::Failed(_) | Mode::Expired(_) | Mode::Short { .. } | Mode::Stopped(_) => {
            Step::Ignore(Reason::TooLate)
        }
    }
}

/// The books said no: nothing of the step was written. A fresh price is shown at most once for each press.
fn refused(draft: Draft, refusal: &Refusal, cx: &Cx<'_>) -> Step<Purchase> {
    if let Some(stop) = Stop::of(refusal) {
        return Step::Go(State::Confirm(Draft { mode: Mode::Stopped(stop), ..draft }), vec![Effect::Disarm]);
    }
    let Some(quote) = draft.mode.shelf() else {
        return Step::Ignore(Reason::TooLate);
    };
    match refusal {
        Refusal::NotEnough { .. } => {
            Step::Go(State::Confirm(Draft { mode: Mode::Short { quote }, ..draft }), vec![Effect::Disarm])
        }
        Refusal::PriceChanged { .. } => reprice(draft, quote, cx),
        Refusal::QuoteExpired => requote(draft, News::Renewed, cx),
        Refusal::QuoteUsed(order) => Step::Go(State::Waiting { order: *order }, vec![Effect::Disarm]),
        // Stops are handled above; the rest is not about buying.
        Refusal::NotSelling
        | Refusal::TooManyOpen
        | Refusal::ShopBusy
        | Refusal::TooFast
        | Refusal::Suspended
        | Refusal::UnknownOrder
        | Refusal::TooLate
        | Refusal::BeingExtended
        | Refusal::NoCodeYet
        | Refusal::JustChecked { .. }
        | Refusal::BelowZero { .. }
        | Refusal::TooManyTickets
        | Refusal::TicketsTooFast
        | Refusal::TicketClosed
        | Refusal::TextTooLong
        | Refusal::NonceUsed => Step::Ignore(Reason::NotHere),
    }
}
