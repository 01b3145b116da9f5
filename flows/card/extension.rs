//! Screens of an extension: its own card, which tells what became of it. The new end stands on its rental's card.

use engine::{Lang, Screen, Text};
use shop::order::{AMBIGUOUS_LIFE_S, Order, RefundReason, State};

use super::screens::{facts, home, plain};
use super::{Action, CardCx};
use crate::keys;
use crate::parts::{button, date};
use crate::text::{duration, say, words};

/// The screen of an extension.
pub(super) fn card(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    match order.state {
        State::Reserved | State::Buying { .. } | State::Active | State::Closing { .. } => {
            plain(order, keys::CARD_EXTENDING, cx)
        }
        State::Ambiguous { .. } => unclear(order, cx),
        State::Done => extended(order, cx),
        State::Refunded(reason) => not_extended(order, reason, cx),
    }
}

fn unclear(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    let mut facts = facts(order, cx);
    facts.push(("minutes", duration(cx.lang, AMBIGUOUS_LIFE_S.unsigned_abs())));
    Screen::new(say(cx.lang, keys::CARD_EXTENSION_UNCLEAR, &facts))
        .row([button(cx.lang, keys::COMMON_REFRESH, Action::Refresh), home(cx)])
}

fn extended(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    let mut facts = facts(order, cx);
    facts.push(("date", until(order)));
    Screen::new(say(cx.lang, keys::CARD_EXTENDED, &facts))
        .row([button(cx.lang, keys::COMMON_MY_NUMBERS, Action::Numbers), home(cx)])
}

fn not_extended(order: &Order, reason: RefundReason, cx: &CardCx<'_>) -> Screen<Action> {
    let mut facts = facts(order, cx);
    facts.push(("why", why(reason, cx.lang)));
    let screen = Screen::new(say(cx.lang, keys::CARD_NOT_EXTENDED, &facts));
    screen.row([button(cx.lang, keys::COMMON_TRY_AGAIN, Action::Again)]).row([home(cx)])
}

fn why(reason: RefundReason, lang: Lang) -> Text {
    let key = match reason {
        RefundReason::Refused(code) => {
            return say(lang, keys::CARD_EXTENSION_REFUSED, &[("code", Text::code(code.to_string()))]);
        }
        RefundReason::PriceChanged => keys::CARD_EXTENSION_PRICE,
        RefundReason::NotStarted => keys::CARD_EXTENSION_LATE,
        RefundReason::NotBought | RefundReason::Cancelled | RefundReason::Expired => keys::CARD_EXTENSION_MISSED,
        RefundReason::Unknown => keys::CARD_EXTENSION_UNKNOWN,
    };
    words(lang, key)
}

/// The state of an extension in a word or two.
pub(super) fn status(order: &Order, lang: Lang) -> Text {
    match order.state {
        State::Reserved | State::Buying { .. } | State::Active | State::Closing { .. } => {
            words(lang, keys::STATUS_EXTENDING)
        }
        State::Ambiguous { .. } => words(lang, keys::STATUS_UNKNOWN),
        State::Done => say(lang, keys::STATUS_EXTENDED, &[("date", until(order))]),
        State::Refunded(_) => words(lang, keys::STATUS_NOT_EXTENDED),
    }
}

/// The rental's new end, as it was made by this extension.
fn until(order: &Order) -> Text {
    date(order.extended.map_or(order.created_at, |extended| extended.until))
}
