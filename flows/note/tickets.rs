//! Messages about support tickets: to the admins who answer them, and to the users who asked.

use engine::{Lang, Screen, Text};
use shop::TicketId;
use shop::command::NotSent;
use shop::ticket::{Author, Subject, Ticket};

use crate::card::Action;
use crate::keys;
use crate::parts::{button, lines, paragraphs};
use crate::text::{number, say, words};

/// What a message about a ticket knows of it, as far as it could be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct TicketFacts<'a> {
    /// The ticket. Without it the note still says its number.
    pub ticket: Option<&'a Ticket>,
    /// The first name of whoever wrote; empty where it is not known.
    pub name: &'a str,
}

/// The subject in words.
pub(crate) fn subject(lang: Lang, subject: &Subject) -> Text {
    match subject {
        Subject::Code => words(lang, keys::NOTE_SUBJECT_CODE),
        Subject::Payment => words(lang, keys::NOTE_SUBJECT_PAYMENT),
        Subject::Other => words(lang, keys::NOTE_SUBJECT_OTHER),
        // Nothing is a link inside of what can be copied.
        Subject::Typed(typed) => Text::any_code(typed),
    }
}

/// To an admin: a user wrote.
pub(super) fn ticket(id: TicketId, index: u32, facts: TicketFacts<'_>, lang: Lang) -> Screen<Action> {
    let hint = words(lang, keys::NOTE_TICKET_REPLY);
    let Some(ticket) = facts.ticket else {
        return Screen::new(paragraphs([say(lang, keys::NOTE_TICKET_UNKNOWN, &numbered(id)), hint]));
    };
    let head = if index == 0 { keys::NOTE_TICKET } else { keys::NOTE_TICKET_MORE };
    let name = Text::any_cut(facts.name, 40);
    let who = [("ticket", number(id.0)), ("name", name), ("user", Text::code(ticket.user.0.to_string()))];
    let about = say(lang, keys::NOTE_TICKET_SUBJECT, &[("subject", subject(lang, &ticket.subject))]);
    let order = ticket.order.map_or_else(Text::new, |order| {
        say(lang, keys::NOTE_TICKET_ORDER, &[("order", Text::code(order.to_string()))])
    });
    Screen::new(paragraphs([lines([say(lang, head, &who), about, order]), text(ticket, index), hint]))
}

/// To the user: support answered.
pub(super) fn answer(id: TicketId, index: u32, facts: TicketFacts<'_>, lang: Lang) -> Screen<Action> {
    // What support writes is the shop's own word: its links are links.
    let written = facts.ticket.and_then(|ticket| ticket.text(index));
    let words_of = written.map_or_else(Text::new, |written| Text::any(&written.text));
    Screen::new(paragraphs([say(lang, keys::NOTE_TICKET_ANSWER, &numbered(id)), words_of])).row([
        button(lang, keys::NOTE_TICKET_WRITE, Action::Ticket(id.0)),
        button(lang, keys::COMMON_HOME, Action::Home),
    ])
}

/// To the admins: who answered.
pub(super) fn answered(id: TicketId, index: u32, facts: TicketFacts<'_>, lang: Lang) -> Screen<Action> {
    let by = facts.ticket.and_then(|ticket| ticket.text(index)).map(|written| written.by);
    let name = match by {
        Some(Author::Admin(_)) if !facts.name.trim().is_empty() => Text::any_cut(facts.name, 40),
        Some(Author::Admin(user)) => Text::ltr(user.0.to_string()),
        Some(Author::Operator | Author::User) | None => words(lang, keys::NOTE_TICKET_OPERATOR),
    };
    Screen::new(say(lang, keys::NOTE_TICKET_ANSWERED, &[("ticket", number(id.0)), ("name", name)]))
}

/// To the user: what they wrote in reply is on the ticket.
pub(super) fn written(id: TicketId, lang: Lang) -> Screen<Action> {
    Screen::new(say(lang, keys::NOTE_TICKET_WRITTEN, &numbered(id)))
}

/// To the user: support closed the ticket.
pub(super) fn closed(id: TicketId, lang: Lang) -> Screen<Action> {
    Screen::new(say(lang, keys::NOTE_TICKET_CLOSED, &numbered(id)))
}

/// To whoever replied: it did not reach the ticket.
pub(super) fn not_sent(id: TicketId, why: NotSent, lang: Lang) -> Screen<Action> {
    let key = match why {
        NotSent::NoText => keys::NOTE_REPLY_NO_TEXT,
        NotSent::TooLong => keys::NOTE_REPLY_TOO_LONG,
        NotSent::TooFast => keys::NOTE_REPLY_TOO_FAST,
        NotSent::Closed => keys::NOTE_REPLY_CLOSED,
    };
    Screen::new(say(lang, key, &numbered(id)))
}

fn numbered(id: TicketId) -> [(&'static str, Text); 1] {
    [("ticket", number(id.0))]
}

fn text(ticket: &Ticket, index: u32) -> Text {
    ticket.text(index).map_or_else(Text::new, |written| Text::any_code(&written.text))
}
