//! Screens of writing to support.

use engine::{Button, Lang, Screen, Target, Text, Tone};
use shop::ticket::TEXT_UNITS_MAX;
use shop::{OrderId, TicketId};

use super::{Action, Cx, Topic};
use crate::keys;
use crate::note::subject as subject_words;
use crate::parts::{self, button, footer, home, lines, paragraphs};
use crate::text::{number, say, words};

/// What is it about?
pub(super) fn subject(order: Option<OrderId>, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    Screen::new(paragraphs([
        lines([words(lang, keys::TICKET_TITLE), about(order, cx)]),
        words(lang, keys::TICKET_SUBJECT),
    ]))
    .row([button(lang, keys::TICKET_CODE, Action::Code)])
    .row([button(lang, keys::TICKET_PAYMENT, Action::Payment), button(lang, keys::TICKET_OTHER, Action::Other)])
    .row(footer(lang))
}

/// What happened?
pub(super) fn text(topic: &Topic, before: &str, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let most = [("most", number(TEXT_UNITS_MAX as u64))];
    let so_far = if before.is_empty() { Text::new() } else { words(lang, keys::TICKET_BEFORE) };
    Screen::new(paragraphs([heading(topic, cx), say(lang, keys::TICKET_TEXT, &most), so_far, Text::any_code(before)]))
        .row(footer(lang))
}

/// Is it sent like this? Nothing is a link inside of what can be copied.
pub(super) fn confirm(topic: &Topic, text: &str, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    Screen::new(paragraphs([words(lang, keys::TICKET_CONFIRM), heading(topic, cx), Text::any_code(text)]))
        .row([button(lang, keys::TICKET_SEND, Action::Send).tone(Tone::Success)])
        .row([Button::new(words(lang, keys::TICKET_CHANGE), Target::Back), home(lang)])
}

/// It is with the operators.
pub(super) fn sent(ticket: TicketId, lang: Lang) -> Screen<Action> {
    Screen::new(say(lang, keys::TICKET_SENT, &[("ticket", number(ticket.0))])).row([home(lang)])
}

fn heading(topic: &Topic, cx: &Cx<'_>) -> Text {
    match topic {
        Topic::New { subject, order } => {
            let subject = [("subject", subject_words(cx.lang, subject))];
            lines([say(cx.lang, keys::TICKET_ABOUT, &subject), about(*order, cx)])
        }
        Topic::More(ticket) => say(cx.lang, keys::TICKET_MORE, &[("ticket", number(ticket.0))]),
    }
}

/// The order that it is about, where it is this person's.
fn about(order: Option<OrderId>, cx: &Cx<'_>) -> Text {
    let Some(order) = order.and_then(|order| cx.env.order(order)) else { return Text::new() };
    let [service, country, flag] = parts::named(cx.lang, &order.wish);
    say(cx.lang, keys::TICKET_ORDER, &[service, country, flag, ("order", Text::ltr(order.id.to_string()))])
}
