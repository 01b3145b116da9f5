//! Screens of a rental: its card, what it says of its sleep, its end.

use engine::{Button, Lang, Screen, Text, Tone};
use shop::UnixSeconds;
use shop::order::{Number, Order, Sleep, WAKING_MAX_S};

use super::screens::{facts, footer, plain};
use super::{Action, CardCx, Extending};
use crate::keys;
use crate::parts::{self, button, copy, date, date_time, left, lines, paragraphs};
use crate::text::{duration, money, number, say, words};

/// A rental that can receive, or could if it were awake.
pub(super) fn card(order: &Order, issued: &Number, cx: &CardCx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let cancel = order.can_cancel(cx.now).then(|| button(lang, keys::CARD_CANCEL, Action::Cancel).tone(Tone::Danger));
    let wake = is_asleep(order, cx.now).then(|| button(lang, keys::CARD_WAKE, Action::Wake).tone(Tone::Primary));
    Screen::new(paragraphs([about(order, issued, cx), terms(order, cx)]))
        .row([copy(words(lang, keys::COMMON_COPY_NUMBER), issued.phone.as_str())])
        .row(wake.into_iter().chain([button(lang, keys::CARD_RENTAL_CHECK, Action::Check)]))
        .row([messages(order, lang)])
        .row(extend(order, cx))
        .row(cancel)
        .row([button(lang, keys::COMMON_BUY_ANOTHER, Action::Another)])
        .row(footer(cx))
}

/// `[⏫ Extend · $19.50]`.
fn extend(order: &Order, cx: &CardCx<'_>) -> Option<Button<Action>> {
    let label = match cx.extending {
        Extending::At(price) => say(cx.lang, keys::CARD_EXTEND, &[("price", money(price))]),
        Extending::Unpriced => words(cx.lang, keys::CARD_EXTEND_UNPRICED),
        Extending::No => return None,
    };
    let extend = Button::press(label, Action::Extend);
    // One that sleeps is woken first.
    let extend = if is_asleep(order, cx.now) { extend } else { extend.tone(Tone::Primary) };
    order.can_be_extended(cx.now).then_some(extend)
}

fn about(order: &Order, issued: &Number, cx: &CardCx<'_>) -> Text {
    let mut facts = facts(order, cx);
    facts.retain(|(name, _)| *name != "number");
    facts.extend([
        ("number", parts::phone_code(&issued.phone)),
        ("left", left(issued.expires_at)),
        ("date", date(issued.expires_at)),
        ("n", number(order.messages.len() as u64)),
    ]);
    let sleep = order.sleep(cx.now).map_or_else(Text::new, |sleep| state(sleep, cx.lang));
    lines([say(cx.lang, keys::CARD_RENTAL, &facts), sleep, say(cx.lang, keys::CARD_RENTAL_MESSAGES, &facts)])
}

/// What a new one's owner should know.
fn terms(order: &Order, cx: &CardCx<'_>) -> Text {
    let until = order.refund_ends_at().filter(|_| order.can_cancel(cx.now));
    let refundable = until
        .map_or_else(Text::new, |until| say(cx.lang, keys::CARD_RENTAL_REFUNDABLE, &[("until", date_time(until))]));
    // One that sleeps is woken instead.
    let activates = order.messages.is_empty() && order.sleep(cx.now).is_none();
    let activation = if activates { words(cx.lang, keys::CARD_RENTAL_ACTIVATION) } else { Text::new() };
    lines([activation, refundable])
}

/// Whether it can receive, in a line.
pub(super) fn state(sleep: Sleep, lang: Lang) -> Text {
    match sleep {
        Sleep::Asleep => words(lang, keys::CARD_SLEEP_ASLEEP),
        Sleep::NotWoken => words(lang, keys::CARD_SLEEP_NOT_WOKEN),
        Sleep::Waking => say(lang, keys::CARD_SLEEP_WAKING, &[("most", duration(lang, WAKING_MAX_S.unsigned_abs()))]),
        Sleep::Awake { until } => say(lang, keys::CARD_SLEEP_AWAKE, &[("until", date_time(until))]),
    }
}

/// The same as a notice over the chat.
pub(super) fn notice(sleep: Sleep, lang: Lang) -> Text {
    match sleep {
        Sleep::Awake { until } => say(lang, keys::CARD_AWAKE_UNTIL, &[("until", date_time(until))]),
        Sleep::Asleep | Sleep::NotWoken | Sleep::Waking => state(sleep, lang),
    }
}

/// Whether it must be woken before it receives.
pub(crate) fn is_asleep(order: &Order, now: UnixSeconds) -> bool {
    match order.sleep(now) {
        Some(Sleep::Asleep | Sleep::NotWoken) => true,
        Some(Sleep::Waking | Sleep::Awake { .. }) | None => false,
    }
}

/// The state of a rental in a word or two.
pub(super) fn status(order: &Order, lang: Lang, now: UnixSeconds) -> Text {
    let issued = order.number.as_ref().filter(|number| now < number.expires_at);
    let active = |date| say(lang, keys::STATUS_RENTAL_ACTIVE, &[("date", date)]);
    match (order.sleep(now), issued) {
        (Some(Sleep::Asleep | Sleep::NotWoken), _) => words(lang, keys::STATUS_RENTAL_ASLEEP),
        (Some(Sleep::Waking), _) => words(lang, keys::STATUS_RENTAL_WAKING),
        (Some(Sleep::Awake { until }), _) => active(date_time(until)),
        (None, Some(number)) => active(date(number.expires_at)),
        (None, None) => words(lang, keys::STATUS_RENTAL_ENDED),
    }
}

/// `[📩 Messages (3)]`.
pub(crate) fn messages(order: &Order, lang: Lang) -> Button<Action> {
    let label = say(lang, keys::COMMON_MESSAGES, &[("n", number(order.messages.len() as u64))]);
    Button::press(label, Action::Messages)
}

/// The end of a rental: also the message that tells of it.
pub(crate) fn rental_ended(order: &Order, cx: &CardCx<'_>) -> Screen<Action> {
    let received = (!order.messages.is_empty()).then(|| messages(order, cx.lang));
    plain(order, keys::CARD_RENTAL_ENDED, cx).row(received)
}
