//! Messages that sound: the code above all. Each is a message of its own; an edit makes no sound.

mod tickets;
mod troubles;

use engine::{Button, Lang, Rendered, Screen, Text, Tone};
use shop::command::Note;
use shop::order::{Order, RefundReason, State};
use shop::{Money, OrderId};

use crate::card::{self, Action, CardCx};
use crate::keys;
use crate::parts::{self, MESSAGE_CHARACTERS_MAX, button, copy, lines, paragraphs};
use crate::text::{Key, money, number, say, words};

pub use tickets::TicketFacts;
pub(crate) use tickets::subject;

/// What the buttons of a message name that is about no order: no order has this number.
const NO_ORDER: OrderId = OrderId(0);

/// Whether a message rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// It does.
    Rings,
    /// It does not.
    Silent,
}

/// What a note is about, as far as it could be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// The order. Without it the note still says what matters.
    pub order: Option<&'a Order>,
    /// How many messages arrived on its number before it: for earlier orders that it goes on from.
    pub earlier_messages: usize,
    /// The ticket.
    pub ticket: TicketFacts<'a>,
}

/// A note as a message.
#[must_use]
pub fn render(note: &Note, subject: Subject<'_>, cx: &CardCx<'_>) -> (Rendered, Sound) {
    let order = subject.order;
    let (id, screen, sound) = match note {
        Note::Code { order, index, code } => (*order, code_screen(*index, code.as_deref(), subject, cx), Sound::Rings),
        Note::Expired(id) => (*id, ended(order, keys::NOTE_EXPIRED_UNKNOWN, cx), Sound::Silent),
        Note::Cancelled(id) => (*id, ended(order, keys::NOTE_CANCELLED_UNKNOWN, cx), Sound::Silent),
        Note::Failed(id) => (*id, failed(order, cx), Sound::Rings),
        Note::NoResend(id) => (*id, no_resend(order, cx), Sound::Rings),
        Note::Kept(id) => (*id, kept(order, cx), Sound::Rings),
        Note::RentalEnded(id) => (*id, rental_ended(order, cx), Sound::Rings),
        Note::Ticket { ticket, index } => {
            (NO_ORDER, tickets::ticket(*ticket, *index, subject.ticket, cx.lang), Sound::Rings)
        }
        Note::TicketAnswer { ticket, index } => {
            (NO_ORDER, tickets::answer(*ticket, *index, subject.ticket, cx.lang), Sound::Rings)
        }
        Note::TicketAnswered { ticket, index } => {
            (NO_ORDER, tickets::answered(*ticket, *index, subject.ticket, cx.lang), Sound::Silent)
        }
        Note::TicketWritten(ticket) => (NO_ORDER, tickets::written(*ticket, cx.lang), Sound::Silent),
        Note::TicketClosed(ticket) => (NO_ORDER, tickets::closed(*ticket, cx.lang), Sound::Silent),
        Note::ReplyNotSent { ticket, why } => (NO_ORDER, tickets::not_sent(*ticket, *why, cx.lang), Sound::Silent),
        Note::ServerTroubled { server, trouble, since } => {
            (NO_ORDER, troubles::begun(*server, *trouble, *since, cx.lang), Sound::Rings)
        }
        Note::ServerRecovered { server, trouble, since } => {
            (NO_ORDER, troubles::over(*server, *trouble, cx.now - since, cx.lang), Sound::Silent)
        }
        Note::Credited { amount } => (NO_ORDER, credited(*amount, cx), Sound::Rings),
    };
    (card::rendered(&screen, id, cx.lang), sound)
}

/// The code stands in the first line, so that the notification shows it already.
fn code_screen(index: u32, code: Option<&str>, subject: Subject<'_>, cx: &CardCx<'_>) -> Screen<Action> {
    let (lang, order) = (cx.lang, subject.order);
    let first = match (code, subject.earlier_messages as u64 + u64::from(index) + 1) {
        (Some(code), 1) => say(lang, keys::NOTE_CODE, &[("code", Text::code(code))]),
        (Some(code), n) => say(lang, keys::NOTE_CODE_AGAIN, &[("n", number(n)), ("code", Text::code(code))]),
        (None, _) => words(lang, keys::NOTE_MESSAGE),
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
    let text = received.filter(|text| !text.trim().is_empty()).map_or_else(Text::new, |text| match code {
        Some(_) => say(lang, keys::NOTE_TEXT, &[("text", Text::any(parts::message(text, MESSAGE_CHARACTERS_MAX)))]),
        // Nothing is a link inside of what is copied.
        None => Text::any_code(parts::cut(text, MESSAGE_CHARACTERS_MAX)),
    });
    lines([about, text, charge(order, index, cx)])
}

fn charge(order: &Order, index: u32, cx: &CardCx<'_>) -> Text {
    let key = match order.state {
        State::Done if index == 0 && order.price > Money::ZERO => keys::NOTE_CHARGED,
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

fn ended(order: Option<&Order>, unknown: Key, cx: &CardCx<'_>) -> Screen<Action> {
    order.map_or_else(|| Screen::new(words(cx.lang, unknown)), |order| card::ended(order, cx))
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

fn rental_ended(order: Option<&Order>, cx: &CardCx<'_>) -> Screen<Action> {
    let unknown = || Screen::new(words(cx.lang, keys::NOTE_RENTAL_ENDED_UNKNOWN));
    let screen = order.map_or_else(unknown, |order| card::rental_ended(order, cx));
    screen.row([button(cx.lang, keys::COMMON_HOME, Action::Home)])
}

fn credited(amount: Money, cx: &CardCx<'_>) -> Screen<Action> {
    let amounts = [("amount", money(amount)), ("balance", money(cx.wallet.available))];
    Screen::new(say(cx.lang, keys::NOTE_CREDITED, &amounts)).row([
        button(cx.lang, keys::COMMON_BUY_A_NUMBER, Action::Another),
        button(cx.lang, keys::COMMON_HOME, Action::Home),
    ])
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
