//! Screens of orders.

use engine::{Button, Lang, Screen, Text};
use shop::catalogue::Product;
use shop::order::{Order, State};
use shop::{Days, OrderId, UnixSeconds};

use super::{Action, Cx, Filter, Place};
use crate::env::{PAGE_ROWS, Support};
use crate::parts::{
    self, button, copy, date, date_time, footer, home, left, lines, message, page_of, pages, paragraphs, support,
    turning,
};
use crate::text::{Key, Noun, count, money, number, say, words};
use crate::{card, keys};

/// How many messages a page holds.
const MESSAGES_PER_PAGE: usize = 5;
/// A service's name on a button is cut, so that the end of the number can be read beside it.
const NAME_CHARACTERS_MAX: usize = 10;
/// Longer messages are cut in the list; the code came as a message of its own.
const LISTED_CHARACTERS_MAX: usize = 500;

/// The numbers in use.
pub(super) fn numbers(page: u32, cx: &Cx<'_>) -> Screen<Action> {
    let (lang, open) = (cx.lang, &cx.env.open);
    if open.is_empty() {
        return Screen::new(words(lang, keys::NUMBERS_EMPTY))
            .row([
                button(lang, keys::COMMON_BUY_A_NUMBER, Action::Buy),
                button(lang, keys::NUMBERS_HISTORY, Action::History),
            ])
            .row([home(lang)]);
    }
    let pages = pages(u32::try_from(open.len()).unwrap_or(u32::MAX));
    let page = page.min(pages - 1);
    let shown = || open.iter().skip((page * PAGE_ROWS) as usize).take(PAGE_ROWS as usize);
    let title = say(lang, keys::NUMBERS_TITLE, &[("n", number(open.len() as u64))]);
    Screen::new(paragraphs([title, lines(shown().map(|order| number_line(order, cx)))]))
        .grid(shown().map(|order| number_button(order, lang)), 2)
        .row(turning(lang, page, pages, Action::Page))
        .row([button(lang, keys::COMMON_REFRESH, Action::Refresh)])
        .row([home(lang)])
}

fn number_line(order: &Order, cx: &Cx<'_>) -> Text {
    let lang = cx.lang;
    let [service, _, flag] = parts::named(lang, &order.wish);
    let icon = ("icon", Text::plain(state_icon(order, cx.now)));
    match &order.number {
        Some(number) => {
            let (phone, left) = (Text::ltr(number.phone.as_str()), left(number.expires_at));
            say(lang, keys::NUMBERS_LINE, &[icon, service, flag, ("number", phone), ("left", left)])
        }
        None => say(lang, keys::NUMBERS_LINE_WAITING, &[icon, service, flag]),
    }
}

fn number_button(order: &Order, lang: Lang) -> Button<Action> {
    let icon = ("icon", Text::plain(parts::icon(&order.wish.service_name)));
    let service = ("service", parts::short(parts::service(lang, &order.wish.service_name), NAME_CHARACTERS_MAX));
    let label = match &order.number {
        Some(number) => {
            let tail = Text::ltr(format!("…{}", number.phone.tail()));
            say(lang, keys::NUMBERS_BUTTON, &[icon, service, ("tail", tail)])
        }
        None => say(lang, keys::NUMBERS_BUTTON_WAITING, &[icon, service]),
    };
    Button::press(label, Action::Open(order.id.0))
}

fn state_icon(order: &Order, now: UnixSeconds) -> &'static str {
    match order.state {
        State::Active | State::Done if card::is_asleep(order, now) => "😴",
        State::Active | State::Done if order.is_rental() => "📅",
        State::Done => "🔑",
        State::Refunded(_) => "↩️",
        State::Reserved | State::Buying { .. } | State::Ambiguous { .. } | State::Active | State::Closing { .. } => {
            "⏳"
        }
    }
}

/// The ended orders.
pub(super) fn history(place: &Place, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let page = cx.env.history.as_ref();
    let orders = page.map_or(&[][..], |page| page.orders.as_slice());
    if orders.is_empty() {
        return empty_history(place.filter, lang).row([home(lang)]);
    }
    let pages = pages(page.map_or(0, |page| page.total));
    let shown = place.page.min(pages - 1);
    let title = say(lang, keys::HISTORY_TITLE, &[("page", page_of(lang, shown, pages))]);
    let rows = orders.iter().enumerate().map(|(index, order)| {
        let line = history_line(order, lang);
        say(lang, keys::HISTORY_NUMBERED, &[("n", number(index as u64 + 1)), ("line", line)])
    });
    let numbers = orders
        .iter()
        .enumerate()
        .map(|(index, order)| Button::press(number(index as u64 + 1), Action::Open(order.id.0)));
    Screen::new(paragraphs([title, lines(rows)]))
        .grid(numbers, 5)
        .row(turning(lang, shown, pages, Action::Page))
        .row(filters(place.filter, lang))
        .row([home(lang)])
}

fn empty_history(filter: Filter, lang: Lang) -> Screen<Action> {
    let title = words(lang, keys::HISTORY_TITLE_BARE);
    match filter {
        Filter::All => Screen::new(paragraphs([title, words(lang, keys::HISTORY_EMPTY)])).row([button(
            lang,
            keys::COMMON_BUY_A_NUMBER,
            Action::Buy,
        )]),
        Filter::Received | Filter::Refunded => {
            Screen::new(paragraphs([title, words(lang, keys::HISTORY_EMPTY_FILTERED)])).row([button(
                lang,
                keys::HISTORY_SHOW_ALL,
                Action::All,
            )])
        }
    }
}

fn history_line(order: &Order, lang: Lang) -> Text {
    let [service, _, flag] = parts::named(lang, &order.wish);
    let price = ("price", money(order.price));
    let date = ("date", date(order.ended_at.unwrap_or(order.created_at)));
    match (&order.state, order.wish.product) {
        (State::Refunded(_), _) => say(lang, keys::HISTORY_REFUNDED, &[service, flag, date]),
        (_, Product::Rental(Days(days))) => {
            let days = ("days", count(lang, Noun::Days, u64::from(days)));
            let key = if order.is_extension() { keys::HISTORY_EXTENSION } else { keys::HISTORY_RENTAL };
            say(lang, key, &[service, flag, days, price, date])
        }
        (_, Product::Temporary) => say(lang, keys::HISTORY_RECEIVED, &[service, flag, price, date]),
    }
}

fn filters(chosen: Filter, lang: Lang) -> [Button<Action>; 3] {
    let filter = |filter, key: Key, action| {
        let name = words(lang, key);
        let label = if filter == chosen { say(lang, keys::HISTORY_CHOSEN, &[("filter", name)]) } else { name };
        Button::press(label, action)
    };
    [
        filter(Filter::All, keys::HISTORY_ALL, Action::All),
        filter(Filter::Received, keys::HISTORY_ONLY_RECEIVED, Action::Received),
        filter(Filter::Refunded, keys::HISTORY_ONLY_REFUNDED, Action::Refunded),
    ]
}

/// One order.
pub(super) fn receipt(order: OrderId, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let Some(order) = cx.env.order(order) else {
        return missing(cx);
    };
    let address = cx.env.support_url.as_deref().map(|address| parts::support_about(address, order.id));
    // Where somebody answers tickets, the order goes along by itself.
    let report = match cx.env.support {
        Support::Answers => Some(button(lang, keys::RECEIPT_REPORT, Action::Report)),
        Support::Nobody => support(lang, keys::RECEIPT_REPORT, address.as_deref()),
    };
    let messages = (!order.messages.is_empty()).then(|| {
        let n = number(order.messages.len() as u64);
        Button::press(say(lang, keys::COMMON_MESSAGES, &[("n", n)]), Action::Messages)
    });
    Screen::new(receipt_text(order, cx))
        .row(receipt_copies(order, lang))
        .row(messages)
        .row([button(lang, keys::RECEIPT_AGAIN, Action::Again)])
        .row(report)
        .row(footer(lang))
}

/// There is no such order.
fn missing(cx: &Cx<'_>) -> Screen<Action> {
    let (lang, address) = (cx.lang, cx.env.support_url.as_deref());
    let text = if address.is_some() { keys::ERROR_MISSING_SUPPORT } else { keys::ERROR_MISSING_TEXT };
    Screen::new(paragraphs([words(lang, keys::RECEIPT_MISSING), words(lang, text)]))
        .row(support(lang, keys::COMMON_SUPPORT, address))
        .row(footer(lang))
}

fn receipt_text(order: &Order, cx: &Cx<'_>) -> Text {
    let lang = cx.lang;
    let phone = order.number.as_ref().map(|issued| parts::phone_code(&issued.phone));
    let bought = ("bought", date_time(order.created_at));
    let time = match order.ended_at {
        Some(ended) => say(lang, keys::RECEIPT_TIME, &[bought, ("ended", date_time(ended))]),
        None => say(lang, keys::RECEIPT_TIME_OPEN, &[bought]),
    };
    let facts = lines([
        say(lang, keys::RECEIPT_WHAT, &parts::named(lang, &order.wish)),
        phone.map_or_else(Text::new, |phone| say(lang, keys::RECEIPT_NUMBER, &[("number", phone)])),
        order.code().map_or_else(Text::new, |code| say(lang, keys::RECEIPT_CODE, &[("code", Text::code(code))])),
        say(lang, keys::RECEIPT_PRICE, &[("price", money(order.price))]),
        time,
        say(lang, keys::RECEIPT_STATUS, &[("status", card::status(order, lang, cx.now))]),
    ]);
    paragraphs([say(lang, keys::RECEIPT_TITLE, &[("order", Text::ltr(order.id.to_string()))]), facts])
}

fn receipt_copies(order: &Order, lang: Lang) -> Vec<Button<Action>> {
    let phone = order.number.as_ref().map(|issued| copy(words(lang, keys::COMMON_COPY_NUMBER), issued.phone.as_str()));
    let code = order.code().map(|code| copy(say(lang, keys::COMMON_COPY_CODE, &[("code", Text::ltr(code))]), code));
    phone.into_iter().chain(code).collect()
}

/// The messages of an order, the newest first.
pub(super) fn messages(order: OrderId, page: u32, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let Some(order) = cx.env.order(order) else {
        return missing(cx);
    };
    let title = say(lang, keys::MESSAGES_TITLE, &[("number", parts::phone(lang, order))]);
    let refresh = [button(lang, keys::COMMON_REFRESH, Action::Refresh)];
    if order.messages.is_empty() {
        return Screen::new(paragraphs([title, words(lang, keys::MESSAGES_EMPTY)])).row(refresh).row(footer(lang));
    }
    let pages = u32::try_from(order.messages.len().div_ceil(MESSAGES_PER_PAGE)).unwrap_or(u32::MAX);
    let page = page.min(pages - 1);
    let shown = order.messages.iter().rev().skip(page as usize * MESSAGES_PER_PAGE).take(MESSAGES_PER_PAGE);
    let entries = shown.map(|received| {
        let text = Text::any(message(&received.message.text, LISTED_CHARACTERS_MAX));
        say(lang, keys::MESSAGES_ENTRY, &[("date", date_time(received.at)), ("text", text)])
    });
    Screen::new(paragraphs([title, paragraphs(entries)]))
        .row(turning(lang, page, pages, Action::Page))
        .row(refresh)
        .row(footer(lang))
}
