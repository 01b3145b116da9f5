//! Messages that sound: the code above all. Each is a message of its own; an edit makes no sound.

use engine::{Button, Lang, Rendered, Screen, Text, Tone};
use shop::UnixSeconds;
use shop::command::Note;
use shop::ledger::Wallet;
use shop::order::{Order, RefundReason, State};

use crate::card::{self, Action, CardCx};
use crate::keys;
use crate::parts::{self, MESSAGE_CHARACTERS_MAX, button, copy, lines, paragraphs};
use crate::text::{Key, money, number, say, words};

/// Whether a message rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// It does.
    Rings,
    /// It does not.
    Silent,
}

/// A note as a message. `order` is the order that the note is about; without it the note still says what matters.
#[must_use]
pub fn render(
    note: &Note,
    order: Option<&Order>,
    wallet: Wallet,
    lang: Lang,
    now: UnixSeconds,
    support_url: Option<&str>,
) -> (Rendered, Sound) {
    let cx = CardCx { lang, now, wallet, support_url };
    let id = order.map_or(shop::OrderId(0), |order| order.id);
    let (screen, sound) = match note {
        Note::Code { order: id, index, code } => {
            return (card::rendered(&code_screen(*index, code.as_deref(), order, &cx), *id, lang), Sound::Rings);
        }
        Note::Expired(_) => (ended(order, keys::CARD_EXPIRED, keys::NOTE_EXPIRED_UNKNOWN, &cx), Sound::Silent),
        Note::Cancelled(_) => (ended(order, keys::CARD_CANCELLED, keys::NOTE_CANCELLED_UNKNOWN, &cx), Sound::Silent),
        Note::Failed(_) => (failed(order, &cx), Sound::Rings),
        Note::NoResend(_) => (no_resend(order, &cx), Sound::Rings),
        Note::Kept(_) => (kept(order, &cx), Sound::Rings),
        Note::Credited { amount } => {
            let amounts = [("amount", money(*amount)), ("balance", money(wallet.available))];
            (Screen::new(say(lang, keys::NOTE_CREDITED, &amounts)), Sound::Rings)
        }
    };
    (card::rendered(&screen, id, lang), sound)
}

/// The code stands in the first line, so that the notification shows it already.
fn code_screen(index: u32, code: Option<&str>, order: Option<&Order>, cx: &CardCx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let first = match code {
        Some(code) if index == 0 => say(lang, keys::NOTE_CODE, &[("code", Text::code(code))]),
        Some(code) => {
            let n = number(u64::from(index) + 1);
            say(lang, keys::NOTE_CODE_AGAIN, &[("n", n), ("code", Text::code(code))])
        }
        None => words(lang, keys::NOTE_MESSAGE),
    };
    let about = order.map_or_else(Text::new, |order| about(order, index, code, cx));
    let label = |code| say(lang, keys::COMMON_COPY_CODE, &[("code", Text::ltr(code))]);
    Screen::new(paragraphs([first, about]))
        .row(code.map(|code| copy(label(code), code).tone(Tone::Success)))
        .row(order.into_iter().flat_map(|order| buttons(order, lang)))
}

fn about(order: &Order, index: u32, code: Option<&str>, cx: &CardCx<'_>) -> Text {
    let lang = cx.lang;
    let [service, country, flag] = parts::named(lang, &order.wish);
    let phone = order.number.as_ref().map_or_else(Text::new, |number| parts::phone_code(&number.phone));
    let about = say(lang, keys::NOTE_ABOUT, &[service, country, flag, ("number", phone)]);
    let received = order.messages.get(index as usize).map(|received| received.message.text.as_str());
    let text = received.map(|text| parts::message(text, MESSAGE_CHARACTERS_MAX)).filter(|text| !text.trim().is_empty());
    let text = text.map_or_else(Text::new, |text| match code {
        Some(_) => say(lang, keys::NOTE_TEXT, &[("text", Text::any(text))]),
        None => Text::code(text),
    });
    lines([about, text, charge(order, index, cx)])
}

fn charge(order: &Order, index: u32, cx: &CardCx<'_>) -> Text {
    let key = match order.state {
        State::Done if index == 0 && order.price > shop::Money::ZERO => keys::NOTE_CHARGED,
        State::Refunded(_) => keys::NOTE_NOT_CHARGED,
        State::Reserved
        | State::Buying { .. }
        | State::Ambiguous { .. }
        | State::Active
        | State::Closing { .. }
        | State::Done => keys::NOTE_ORDER,
    };
    say(cx.lang, key, &[("order", Text::ltr(order.id.to_string())), ("price", money(order.price))])
}

/// A rental receives more by itself; a temporary number must be asked to; a refunded one receives nothing more.
fn buttons(order: &Order, lang: Lang) -> Vec<Button<Action>> {
    let more = match order.state {
        State::Refunded(_) => None,
        State::Reserved
        | State::Buying { .. }
        | State::Ambiguous { .. }
        | State::Active
        | State::Closing { .. }
        | State::Done => {
            let resend = || button(lang, keys::CARD_ANOTHER_CODE, Action::Resend);
            Some(if order.is_rental() { card::messages(order, lang) } else { resend() })
        }
    };
    more.into_iter().chain([button(lang, keys::NOTE_DONE, Action::Home)]).collect()
}

fn ended(order: Option<&Order>, title: Key, unknown: Key, cx: &CardCx<'_>) -> Screen<Action> {
    order.map_or_else(|| Screen::new(words(cx.lang, unknown)), |order| card::ended(order, title, cx))
}

fn kept(order: Option<&Order>, cx: &CardCx<'_>) -> Screen<Action> {
    let about = |order: &Order| {
        let [service, country, flag] = parts::named(cx.lang, &order.wish);
        let phone = order.number.as_ref().map_or_else(Text::new, |number| parts::phone_code(&number.phone));
        say(cx.lang, keys::NOTE_ABOUT, &[service, country, flag, ("number", phone)])
    };
    Screen::new(paragraphs([words(cx.lang, keys::NOTE_KEPT), order.map_or_else(Text::new, about)]))
        .row(order.map(|order| card::messages(order, cx.lang)))
}

fn no_resend(order: Option<&Order>, cx: &CardCx<'_>) -> Screen<Action> {
    let Some(order) = order else {
        return Screen::new(words(cx.lang, keys::NOTE_NO_RESEND_UNKNOWN));
    };
    Screen::new(say(cx.lang, keys::CARD_RESEND_REFUSED, &parts::named(cx.lang, &order.wish)))
        .row([button(cx.lang, keys::CARD_TRY_ANOTHER, Action::Again)])
        .row([button(cx.lang, keys::COMMON_HOME, Action::Home)])
}

/// A purchase that failed after a while: its card, as a message.
fn failed(order: Option<&Order>, cx: &CardCx<'_>) -> Screen<Action> {
    let order = order.filter(|order| {
        matches!(
            order.state,
            State::Refunded(RefundReason::NotBought | RefundReason::Unknown | RefundReason::Refused(_))
        )
    });
    match order {
        Some(order) => Screen { surface: engine::Surface::Living, ..card::view(order, card::Ask::No, cx) },
        None => Screen::new(words(cx.lang, keys::NOTE_FAILED_UNKNOWN)),
    }
}
