//! Screens of the last question: the price, and what stands in its way.

use engine::{Button, Screen, Text, Tone};
use shop::catalogue::Product;
use shop::order::Wish;
use shop::{ErrorCode, Money};

use super::elsewhere::{Elsewhere, Lack, elsewhere};
use super::quote::{missing, payable};
use super::screens::{closed, product};
use super::search::has_choice;
use super::state::{Action, Draft, Mode, News, Shelf, Stop};
use super::{Cx, extending};
use crate::env::Sales;
use crate::parts::{self, button, footer, paragraphs, support};
use crate::text::{Key, Noun, count, duration, money, say, words};
use crate::words::Notice;
use crate::{card, keys};

/// At this price?
pub(super) fn confirm(draft: &Draft, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let Some(server) = cx.env.server(draft.wish.server) else { return closed(draft.wish.server, cx) };
    if server.sales == Sales::Paused && draft.mode != Mode::Stopped(Stop::Suspended) {
        return not_selling(draft, cx).row(footer(lang));
    }
    let screen = match &draft.mode {
        Mode::Unpriced => without_price(draft, keys::CONFIRM_UNPRICED, Some(keys::CONFIRM_SHOW_PRICE), cx),
        Mode::Asking => without_price(draft, keys::CONFIRM_ASKING, None, cx),
        Mode::Expired(_) => without_price(draft, keys::CONFIRM_EXPIRED, Some(keys::CONFIRM_FRESH_PRICE), cx),
        Mode::Stopped(Stop::Suspended) => {
            let address = cx.env.support_url.as_deref();
            let text = crate::words::words(Notice::Suspended, lang, address);
            Screen::new(text).row(support(lang, keys::COMMON_SUPPORT, address))
        }
        Mode::Stopped(Stop::NotSelling) => not_selling(draft, cx),
        Mode::Stopped(stop) => without_price(draft, stopped(*stop), Some(keys::COMMON_TRY_AGAIN), cx),
        Mode::Failed(code) => failed(draft, *code, cx),
        Mode::Short { quote } => match missing(quote.price, cx) {
            Some(missing) => short(draft, *quote, missing, cx),
            None if payable(draft, cx).is_some() => offered(draft, *quote, News::None, cx),
            None => without_price(draft, keys::CONFIRM_ENOUGH, Some(keys::CONFIRM_TOP_UP_DONE), cx),
        },
        Mode::Offered { quote, news } => match missing(quote.price, cx) {
            Some(missing) => short(draft, *quote, missing, cx),
            None => offered(draft, *quote, *news, cx),
        },
    };
    screen.row(footer(lang))
}

fn offered(draft: &Draft, quote: Shelf, news: News, cx: &Cx<'_>) -> Screen<Action> {
    if draft.wish.extends.is_some() {
        return extending::offered(draft, quote, first_line(news, quote, cx), cx);
    }
    let (lang, wallet) = (cx.lang, cx.env.wallet);
    let price = ("price", money(quote.price));
    let after = wallet.available.checked_sub(quote.price).unwrap_or(Money::ZERO);
    let [service, country, flag] = parts::named(lang, &draft.wish);
    let body = say(
        lang,
        keys::CONFIRM_BODY,
        &[
            service,
            country,
            flag,
            ("kind", product(draft.wish.product, lang)),
            price.clone(),
            ("balance", money(wallet.available)),
            ("after", money(after)),
            ("promise", promise(draft, quote, cx)),
        ],
    );
    let buy = Button::press(say(lang, keys::CONFIRM_BUY, &[price]), Action::Buy).tone(Tone::Success);
    Screen::new(paragraphs([first_line(news, quote, cx), body])).row([buy]).row(others(draft, cx))
}

fn first_line(news: News, quote: Shelf, cx: &Cx<'_>) -> Text {
    match news {
        News::None => Text::new(),
        News::Renewed => words(cx.lang, keys::CONFIRM_RENEWED),
        News::Changed { old } if old == quote.price => Text::new(),
        News::Changed { old } => {
            say(cx.lang, keys::CONFIRM_CHANGED, &[("old", money(old)), ("new", money(quote.price))])
        }
    }
}

/// What happens to the money if no code comes.
fn promise(draft: &Draft, quote: Shelf, cx: &Cx<'_>) -> Text {
    let lang = cx.lang;
    match (draft.wish.product, draft.wish.refund_within_s) {
        (Product::Temporary, _) => {
            let minutes = count(lang, Noun::Minutes, u64::from(draft.wish.server.profile().code_minutes));
            say(lang, keys::CONFIRM_REFUND, &[("minutes", minutes), ("price", money(quote.price))])
        }
        (Product::Rental(_), Some(seconds)) => {
            say(lang, keys::CONFIRM_RENTAL_REFUND, &[("minutes", duration(lang, u64::from(seconds)))])
        }
        (Product::Rental(_), None) => words(lang, keys::CONFIRM_RENTAL_FINAL),
    }
}

fn short(draft: &Draft, quote: Shelf, missing: Money, cx: &Cx<'_>) -> Screen<Action> {
    let (lang, address) = (cx.lang, cx.env.support_url.as_deref());
    let amounts =
        [("price", money(quote.price)), ("balance", money(cx.env.wallet.available)), ("missing", money(missing))];
    let top_up = if address.is_some() { keys::CONFIRM_TOP_UP } else { keys::WALLET_NO_TOP_UP };
    Screen::new(paragraphs([say(lang, keys::CONFIRM_NOT_ENOUGH, &amounts), words(lang, top_up)]))
        .row(support(lang, keys::COMMON_SUPPORT, address))
        .row([button(lang, keys::CONFIRM_TOP_UP_DONE, Action::Requote).tone(Tone::Primary)])
        .row(others(draft, cx))
}

/// Its server does not sell right now.
fn not_selling(draft: &Draft, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let down = say(lang, keys::CONFIRM_DOWN, &[("n", parts::server_number(draft.wish.server))]);
    Screen::new(paragraphs([about(draft, cx), down]))
        .row([button(lang, keys::COMMON_TRY_AGAIN, Action::Requote).tone(Tone::Primary)])
        .grid(places(Lack::ServerDown, &draft.wish, cx), 1)
        .row(others(draft, cx))
}

/// What is wished for, as the question begins.
fn about(draft: &Draft, cx: &Cx<'_>) -> Text {
    let lang = cx.lang;
    if draft.wish.extends.is_some() {
        return extending::about(&draft.wish, cx);
    }
    let [service, country, flag] = parts::named(lang, &draft.wish);
    say(lang, keys::CONFIRM_DRAFT, &[service, country, flag, ("kind", product(draft.wish.product, lang))])
}

fn without_price(draft: &Draft, line: Key, retry: Option<Key>, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    Screen::new(paragraphs([about(draft, cx), words(lang, line)]))
        .row(retry.map(|key| button(lang, key, Action::Requote).tone(Tone::Primary)))
        .row(others(draft, cx))
}

fn failed(draft: &Draft, code: ErrorCode, cx: &Cx<'_>) -> Screen<Action> {
    let (lang, address) = (cx.lang, cx.env.support_url.as_deref());
    let again = [button(lang, keys::COMMON_TRY_AGAIN, Action::Requote)];
    let failure = || Screen::new(card::error_text(code, None, address, lang));
    if draft.wish.extends.is_some() {
        return extending::failed(draft, code, failure, cx);
    }
    match Lack::of_code(code) {
        Some(Lack::SoldOut) => {
            let sold_out = say(lang, keys::CARD_SOLD_OUT, &parts::named(lang, &draft.wish));
            Screen::new(sold_out).row(again).grid(places(Lack::SoldOut, &draft.wish, cx), 1)
        }
        Some(Lack::ServerDown) => failure().row(again).grid(places(Lack::ServerDown, &draft.wish, cx), 1),
        None => failure().row(again).row(card::support_after(code, address, lang)).row(other_server(cx)),
    }
    .row(others(draft, cx))
}

/// `[🔀 Other server]`, where there is one.
fn other_server(cx: &Cx<'_>) -> Option<Button<Action>> {
    (cx.env.servers().len() > 1).then(|| button(cx.lang, keys::COMMON_OTHER_SERVER, Action::OtherServer))
}

/// `[Server 2 🌍 · $0.41]`, `[🇬🇧 United Kingdom · $0.41]`, …
fn places(lack: Lack, wish: &Wish, cx: &Cx<'_>) -> Vec<Button<Action>> {
    let action = |place: &Elsewhere| match place {
        Elsewhere::Server { server, .. } => Action::Server(server.number()),
        Elsewhere::OtherServer => Action::OtherServer,
        Elsewhere::Country { country, .. } => Action::Country(country.0),
    };
    if wish.extends.is_some() {
        return Vec::new();
    }
    let places = elsewhere(lack, wish, cx.env.servers(), cx.lang);
    places.iter().map(|place| Button::press(place.label(cx.lang), action(place))).collect()
}

/// `[🌍 Other country] [🏷 Other service]`, as far as there is a choice.
fn others(draft: &Draft, cx: &Cx<'_>) -> Vec<Button<Action>> {
    let lang = cx.lang;
    let server = cx.env.server(draft.wish.server).filter(|_| draft.wish.extends.is_none());
    let Some(server) = server else { return Vec::new() };
    let country = has_choice(server).then(|| button(lang, keys::COMMON_OTHER_COUNTRY, Action::OtherCountry));
    country.into_iter().chain([button(lang, keys::COMMON_OTHER_SERVICE, Action::OtherService)]).collect()
}

const fn stopped(stop: Stop) -> Key {
    match stop {
        Stop::NotSelling => keys::REFUSAL_NOT_SELLING,
        Stop::TooManyOpen => keys::REFUSAL_TOO_MANY_OPEN,
        Stop::ShopBusy => keys::REFUSAL_SHOP_BUSY,
        Stop::TooFast => keys::REFUSAL_TOO_FAST,
        Stop::Suspended => keys::REFUSAL_SUSPENDED,
        Stop::BeingExtended => keys::REFUSAL_BEING_EXTENDED,
        Stop::NotExtendable => keys::REFUSAL_NOT_EXTENDABLE,
    }
}
