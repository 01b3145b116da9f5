//! More days of a rental: the last question alone, about a number that is there already.
//!
//! It is offered at once where the catalogue has the price of as many days of the same line; every later price is asked
//! for, because the supplier may want another one for a rental of its own.

use engine::{Event, Reason, Screen, Step, Text, Tone};
use shop::catalogue::{Product, RentalLine};
use shop::command::Command;
use shop::extension::end_after;
use shop::order::{Order, Wish};
use shop::pool::Extendable;
use shop::{ErrorCode, Money};

use super::quote::{not_selling, shelved};
use super::state::{Action, Draft, Mode, News, Shelf, State};
use super::{Cx, Purchase, leave};
use crate::app::Pick;
use crate::card::Extending;
use crate::env::{Sales, Server};
use crate::keys;
use crate::parts::{self, button, date, paragraphs};
use crate::text::{Noun, count, money, say, words};

/// The question whether to extend, and the price that is shown with it. `None`: its server is not offered.
#[must_use]
pub fn extend(wish: &Wish, cx: &Cx<'_>) -> Option<(State, Option<Command>)> {
    let server = cx.env.server(wish.server)?;
    let Some((cost, price)) = listed(wish, server).filter(|_| server.sales == Sales::Open) else {
        return Some((unpriced(server, wish), None));
    };
    let (mode, command) = shelved(wish, cost, price, News::None, cx);
    Some((State::Confirm(Draft { wish: wish.clone(), mode }), command))
}

/// Whether this rental is offered to be extended, by the servers that are offered.
#[must_use]
pub fn extending(rental: &Order, servers: &[Server]) -> Extending {
    let server = servers.iter().find(|server| server.id == rental.wish.server && server.sales == Sales::Open);
    match server.map(|server| (line(&rental.wish, server), listed(&rental.wish, server))) {
        None => Extending::No,
        Some((Some(line), _)) if line.offer.extendable == Extendable::Never => Extending::No,
        Some((_, Some((_, price)))) => Extending::At(price),
        Some((_, None)) => Extending::Unpriced,
    }
}

/// The question without a price.
pub(super) fn unpriced(server: &Server, wish: &Wish) -> State {
    match server.sales {
        Sales::Open => State::Confirm(Draft { wish: wish.clone(), mode: Mode::Unpriced }),
        Sales::Paused => not_selling(wish.clone()),
    }
}

/// What the catalogue says of as many days of the same line: cost and price.
fn listed(wish: &Wish, server: &Server) -> Option<(Money, Money)> {
    let (line, Product::Rental(days)) = (line(wish, server)?, wish.product) else { return None };
    line.offer.costs.get(&days).copied().zip(line.price(days))
}

fn line<'a>(wish: &Wish, server: &'a Server) -> Option<&'a RentalLine> {
    server.catalogue.line(wish.country, wish.rental_product?)
}

/// What an extension makes of events that would choose something else: the rental is what it is. `None`: the event is
/// none of them, or it is no extension.
pub(super) fn fixed(wish: &Wish, event: &Event<Purchase>) -> Option<Step<Purchase>> {
    wish.extends?;
    match event {
        Event::Back => Some(leave()),
        Event::Pick(Pick::Country(_) | Pick::Service(_))
        | Event::Press(Action::OtherCountry | Action::OtherService | Action::Country(_) | Action::Server(_)) => {
            Some(Step::Ignore(Reason::NotHere))
        }
        Event::Press(
            Action::Temporary
            | Action::Rental
            | Action::Days(_)
            | Action::List(_)
            | Action::Service(_)
            | Action::NotListed
            | Action::Refresh
            | Action::Buy
            | Action::Requote
            | Action::OtherServer,
        )
        | Event::Text(_)
        | Event::Start(_)
        | Event::Timer(_)
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_)
        | Event::Cancel => None,
    }
}

/// Which rental it is about.
pub(super) fn about(wish: &Wish, cx: &Cx<'_>) -> Text {
    let [service, country, flag] = parts::named(cx.lang, wish);
    let number = rental(wish, cx).and_then(|rental| rental.number.as_ref());
    let number = number.map_or_else(Text::new, |number| parts::phone_code(&number.phone));
    say(cx.lang, keys::CONFIRM_EXTEND_DRAFT, &[service, country, flag, ("number", number)])
}

/// At this price?
pub(super) fn offered(draft: &Draft, quote: Shelf, news: Text, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let after = cx.env.wallet.available.checked_sub(quote.price).unwrap_or(Money::ZERO);
    let rental = rental(&draft.wish, cx);
    let Some(renewal) = rental.and_then(Order::renewal) else {
        return Screen::new(paragraphs([about(&draft.wish, cx), words(lang, keys::REFUSAL_NOT_EXTENDABLE)]));
    };
    let question = [
        ("days", count(lang, Noun::Days, u64::from(renewal.days.0))),
        ("price", money(quote.price)),
        ("date", date(end_after(renewal.ends_at, renewal.days))),
        ("after", money(after)),
    ];
    let kept = rental.is_some_and(|rental| rental.can_cancel(cx.now));
    let kept = if kept { words(lang, keys::CONFIRM_EXTEND_KEPT) } else { Text::new() };
    let yes = button(lang, keys::CONFIRM_EXTEND_YES, Action::Buy).tone(Tone::Success);
    Screen::new(paragraphs([news, about(&draft.wish, cx), say(lang, keys::CONFIRM_EXTEND, &question), kept])).row([yes])
}

/// The price could not be had; some rentals are not extended at all.
pub(super) fn failed(
    draft: &Draft,
    code: ErrorCode,
    failure: impl FnOnce() -> Screen<Action>,
    cx: &Cx<'_>,
) -> Screen<Action> {
    if code == ErrorCode::Unavailable {
        return Screen::new(paragraphs([about(&draft.wish, cx), words(cx.lang, keys::REFUSAL_NOT_EXTENDABLE)]));
    }
    failure().row([button(cx.lang, keys::COMMON_TRY_AGAIN, Action::Requote)])
}

fn rental<'a>(wish: &Wish, cx: &'a Cx<'_>) -> Option<&'a Order> {
    cx.env.order(wish.extends?)
}
