//! Screens of an order, by its state.

use engine::{Button, Lang, Screen, Text, Tone};
use shop::order::{AMBIGUOUS_LIFE_S, CloseReason, Number, Order, RefundReason, State};
use shop::places;
use shop::{ErrorCode, UnixSeconds};

use super::errors::{error_text, support_after};
use super::{Action, Ask, CardCx, extension, is_free, rental};
use crate::keys;
use crate::parts::{self, button, copy, left, paragraphs};
use crate::purchase::Lack;
use crate::text::{Key, duration, money, say, words};

/// From when on “still trying” is said, in seconds.
const SLOW_AFTER_S: i64 = 8;
/// From when on the end is near, in seconds.
const HURRY_S: i64 = 120;

/// How far the supplier's clock and ours may differ, in seconds.
const CLOCKS_DIFFER_S: i64 = 60;

/// The screen of an order.
pub(super) fn card(order: &Order, ask: Ask, cx: &CardCx<'_>) -> Screen<Action> {
    if order.is_extension() {
        return extension::card(order, cx);
    }
    let asks = ask == Ask::Cancel && order.can_cancel(cx.now);
    match (&order.state, &order.number) {
        (State::Reserved | State::Buying { .. }, _) | (State::Active | State::Closing { .. }, None) => {
            progress(order, cx)
        }
        (State::Ambiguous { .. }, _) => ambiguous(order, cx),
        (State::Active, Some(_)) if asks => question(order, cx),
        (State::Active, Some(number)) if order.is_rental() => rental::card(order, number, cx),
        (State::Active, Some(number)) => waiting(order, number, cx),
        (State::Closing { reason, .. }, Some(_)) => closing(order, *reason, cx),
        (State::Done, Some(number)) if order.is_rental() && order.is_listed(cx.now) => rental::card(order, number, cx),
        (State::Done, _) if order.is_rental() => rental::rental_ended(order, cx),
        (State::Done, _) => received(order, cx),
        (State::Refunded(_), _) if !order.messages.is_empty() => received(order, cx),
        (State::Refunded(reason), _) => refunded(order, *reason, cx),
    }
}

/// The state of an order in a word or two.
pub(crate) fn status(order: &Order, lang: Lang, now: UnixSeconds) -> Text {
    if order.is_extension() {
        return extension::status(order, lang);
    }
    let key = match order.state {
        State::Reserved | State::Buying { .. } => keys::STATUS_RESERVING,
        State::Ambiguous { .. } => keys::STATUS_UNKNOWN,
        State::Active | State::Done if order.is_rental() => return rental::status(order, lang, now),
        State::Active => keys::STATUS_WAITING,
        State::Closing { .. } => keys::STATUS_CLOSING,
        State::Done if order.code().is_some() => keys::STATUS_RECEIVED,
        State::Done => keys::STATUS_FINISHED,
        State::Refunded(RefundReason::Cancelled) => keys::STATUS_CANCELLED,
        State::Refunded(RefundReason::Expired) => keys::STATUS_EXPIRED,
        State::Refunded(
            RefundReason::Refused(_)
            | RefundReason::PriceChanged
            | RefundReason::NotStarted
            | RefundReason::NotBought
            | RefundReason::Unknown,
        ) => keys::STATUS_REFUNDED,
    };
    words(lang, key)
}

/// What the texts of a card may say: service, country, flag, number, price, balance, order.
pub(super) fn facts(order: &Order, cx: &CardCx<'_>) -> Vec<(&'static str, Text)> {
    let mut facts = parts::named(cx.lang, &order.wish).to_vec();
    facts.extend([
        ("number", parts::phone(cx.lang, order)),
        ("price", money(order.price)),
        ("balance", money(cx.wallet.available)),
        ("order", Text::ltr(order.id.to_string())),
    ]);
    facts
}

pub(super) fn plain(order: &Order, key: Key, cx: &CardCx<'_>) -> Screen<Action> {
    Screen::new(say(cx.lang, key, &facts(order, cx)))
}

fn progress(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    let slow = cx.now - order.created_at >= SLOW_AFTER_S;
    plain(order, if slow { keys::CARD_SLOW } else { keys::CARD_PROGRESS }, cx)
}

fn ambiguous(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    let mut facts = facts(order, cx);
    facts.push(("minutes", duration(cx.lang, AMBIGUOUS_LIFE_S.unsigned_abs())));
    Screen::new(say(cx.lang, keys::CARD_AMBIGUOUS, &facts))
        .row([button(cx.lang, keys::COMMON_REFRESH, Action::Refresh), home(cx)])
}

fn waiting(order: &Order, issued: &Number, cx: &CardCx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let hurry = issued.expires_at - cx.now < HURRY_S;
    let first = words(lang, if hurry { keys::CARD_HURRY } else { keys::CARD_READY });
    let more = order.parent.is_some();
    let cancel = if is_free(order) { keys::CARD_CANCEL_FREE } else { keys::CARD_CANCEL };
    let mut facts = facts(order, cx);
    facts.retain(|(name, _)| *name != "number");
    facts.extend([
        ("number", parts::phone_code(&issued.phone)),
        ("left", left(issued.expires_at)),
        ("waiting", words(lang, if more { keys::CARD_WAITING_MORE } else { keys::CARD_WAITING })),
    ]);
    Screen::new(paragraphs([first, say(lang, keys::CARD_NUMBER, &facts)]))
        .row(copies(order, issued, lang))
        .row([button(lang, keys::CARD_CHECK_NOW, Action::Check), button(lang, keys::CARD_ANOTHER_CODE, Action::Resend)])
        .row([button(lang, cancel, Action::Cancel).tone(Tone::Danger)])
        .row([button(lang, keys::COMMON_BUY_ANOTHER, Action::Another)])
        .row(footer(cx))
}

/// `[📋 Copy number] [📋 Without +1]`.
fn copies(order: &Order, issued: &Number, lang: Lang) -> Vec<Button<Action>> {
    let whole = copy(words(lang, keys::COMMON_COPY_NUMBER), issued.phone.as_str());
    let place = places::place(&order.wish.iso2);
    let national = place.and_then(|place| Some((place, issued.phone.national(&place.calling_code)?)));
    let without = national.map(|(place, rest)| {
        let prefix = Text::ltr(format!("+{}", place.calling_code));
        copy(say(lang, keys::COMMON_COPY_WITHOUT, &[("prefix", prefix)]), rest)
    });
    [whole].into_iter().chain(without).collect()
}

fn question(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    let key = match (order.is_rental(), is_free(order)) {
        (true, _) => keys::CARD_RENTAL_CANCEL_QUESTION,
        (false, true) => keys::CARD_CANCEL_QUESTION_FREE,
        (false, false) => keys::CARD_CANCEL_QUESTION,
    };
    plain(order, key, cx).row([
        button(cx.lang, keys::CARD_KEEP, Action::Keep),
        button(cx.lang, keys::CARD_CONFIRM_CANCEL, Action::Yes).tone(Tone::Danger),
    ])
}

fn closing(order: &Order, reason: CloseReason, cx: &CardCx<'_>) -> Screen<Action> {
    let key = match (reason, is_free(order)) {
        (CloseReason::Cancel, false) => keys::CARD_CANCELLING,
        (CloseReason::Cancel, true) => keys::CARD_CANCELLING_FREE,
        (CloseReason::Expiry, false) => keys::CARD_EXPIRING,
        (CloseReason::Expiry, true) => keys::CARD_EXPIRING_FREE,
    };
    plain(order, key, cx)
        .row([button(cx.lang, keys::COMMON_REFRESH, Action::Refresh)])
        .row([button(cx.lang, keys::COMMON_BUY_ANOTHER, Action::Another)])
        .row(footer(cx))
}

fn received(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    plain(order, keys::CARD_RECEIVED, cx)
}

fn refunded(order: &Order, reason: RefundReason, cx: &CardCx<'_>) -> Screen<Action> {
    match reason {
        RefundReason::Refused(code) => failed(order, code, cx),
        RefundReason::PriceChanged => once_more(order, keys::CARD_PRICE_ROSE, keys::CONFIRM_SHOW_PRICE, cx),
        RefundReason::NotStarted => once_more(order, keys::CARD_NOT_STARTED, keys::COMMON_TRY_AGAIN, cx),
        RefundReason::NotBought => once_more(order, keys::CARD_NOT_BOUGHT, keys::COMMON_TRY_AGAIN, cx),
        RefundReason::Unknown => once_more(order, keys::CARD_NEVER_KNOWN, keys::COMMON_TRY_AGAIN, cx),
        RefundReason::Cancelled | RefundReason::Expired => ended(order, cx),
    }
}

/// The end without a code: also the message that tells of it.
pub(crate) fn ended(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    let title = if order.state == State::Refunded(RefundReason::Cancelled) {
        keys::CARD_CANCELLED
    } else if is_withdrawn(order) {
        keys::CARD_WITHDRAWN
    } else {
        keys::CARD_EXPIRED
    };
    let body = match (&order.number, is_free(order)) {
        (_, true) => keys::CARD_ENDED_FREE,
        (Some(_), false) => keys::CARD_RETURNED,
        (None, false) => keys::CARD_RETURNED_EARLY,
    };
    Screen::new(paragraphs([words(cx.lang, title), say(cx.lang, body, &facts(order, cx))]))
        .row([button(cx.lang, keys::CARD_TRY_ANOTHER, Action::Again).tone(Tone::Primary)])
        .row([button(cx.lang, keys::COMMON_OTHER_COUNTRY, Action::Country)])
        .row([home(cx)])
}

/// Whether the supplier ended it before its time, by more than clocks differ.
fn is_withdrawn(order: &Order) -> bool {
    let end = order.ended_at.zip(order.number.as_ref());
    end.is_some_and(|(ended_at, number)| ended_at + CLOCKS_DIFFER_S < number.expires_at)
}

fn once_more(order: &Order, text: Key, again: Key, cx: &CardCx<'_>) -> Screen<Action> {
    let lacked = Lack::of_order(order).is_some();
    let places = if lacked { elsewhere(cx) } else { Vec::new() };
    plain(order, text, cx).row([button(cx.lang, again, Action::Again)]).grid(places, 1).row([home(cx)])
}

/// The supplier said no.
fn failed(order: &Order, code: ErrorCode, cx: &CardCx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let retry = || button(lang, keys::COMMON_TRY_AGAIN, Action::Again);
    let service = || button(lang, keys::COMMON_OTHER_SERVICE, Action::Service);
    let others = || [button(lang, keys::COMMON_OTHER_COUNTRY, Action::Country), service()];
    let address = cx.support_url.map(|address| parts::support_about(address, order.id));
    let support = support_after(code, address.as_deref(), lang);
    let error = Screen::new(error_text(code, Some(order.id), cx.support_url, lang));
    let screen = match code {
        ErrorCode::OutOfStock => {
            plain(order, keys::CARD_SOLD_OUT, cx).row([retry()]).grid(elsewhere(cx), 1).row(others())
        }
        ErrorCode::Rejected => error.row(others()),
        ErrorCode::BalanceTooLow | ErrorCode::InvalidKey => error.grid(elsewhere(cx), 1).row(others()),
        ErrorCode::Unreachable | ErrorCode::TimedOut | ErrorCode::RateLimited => {
            error.row([retry()]).grid(elsewhere(cx), 1).row(others())
        }
        ErrorCode::OrderNotFound => {
            error.row([button(lang, keys::COMMON_MY_NUMBERS, Action::Numbers)].into_iter().chain(support))
        }
        ErrorCode::MessageNotFetched => error.row([
            button(lang, keys::CARD_CHECK_NOW, Action::Check),
            button(lang, keys::CARD_CANCEL, Action::Cancel).tone(Tone::Danger),
        ]),
        ErrorCode::Unexpected => error.row([retry()].into_iter().chain(support)),
        ErrorCode::Unavailable => error.grid(elsewhere(cx), 1).row([service()]),
    };
    screen.row([home(cx)])
}

/// `[Server 2 🌍 · $0.41]`, `[🇬🇧 United Kingdom · $0.41]`, …
fn elsewhere(cx: &CardCx<'_>) -> Vec<Button<Action>> {
    let sold = cx.elsewhere.iter();
    sold.filter_map(|place| Some(Button::press(place.label(cx.lang), super::at(place)?))).collect()
}

/// `[↩️ Back] [🏠 Home]`: a card outlives the screen that it was opened from, so it leads back to the numbers in use.
pub(super) fn footer(cx: &CardCx<'_>) -> [Button<Action>; 2] {
    [button(cx.lang, keys::COMMON_BACK, Action::Numbers), home(cx)]
}

pub(super) fn home(cx: &CardCx<'_>) -> Button<Action> {
    button(cx.lang, keys::COMMON_HOME, Action::Home)
}
