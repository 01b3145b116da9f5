//! Examples of every state of writing to support, and of every event that its tables know.

use engine::{Event, Fixture};
use shop::command::Refusal;
use shop::ticket::{LINES_MAX, Subject, TEXT_UNITS_MAX};
use shop::{OrderId, TicketId};

use super::{Kind, State, Ticket, Topic};
use crate::app::Refused;
use crate::settings;

const QUESTION: &str = "The code did not come. I waited ten minutes.";
const HOSTILE: &str = "<b>\u{202E}مرحبا</b> &amp; https://evil.example/x @everyone\n/start \u{2066}";

/// Examples of a kind of state.
pub(super) fn of(kind: Kind) -> Vec<Fixture<Ticket>> {
    let text = |topic, before: &str| State::Text { topic, before: before.to_owned() };
    let confirm = |topic, text: &str| State::Confirm { topic, text: text.to_owned() };
    match kind {
        Kind::Subject => vec![
            Fixture::new("plain", State::Subject { order: None }),
            Fixture::new("order", State::Subject { order: Some(OrderId(101)) }),
        ],
        Kind::Text => vec![
            Fixture::new("new", text(new(Subject::Code), "")),
            Fixture::new("changed", text(new(Subject::Typed("استفسار".to_owned())), QUESTION)),
            Fixture::new("more", text(Topic::More(TicketId(12)), "")),
        ],
        Kind::Confirm => vec![
            Fixture::new("new", confirm(new(Subject::Payment), QUESTION)),
            Fixture::new("more", confirm(Topic::More(TicketId(12)), "لم يصل الكود بعد")),
            Fixture::new("hostile", confirm(new(Subject::Typed(HOSTILE.replace('\n', " "))), HOSTILE)),
            Fixture::new("longest", confirm(new(Subject::Other), &"🙂".repeat(TEXT_UNITS_MAX / 2))),
            Fixture::new("most-lines", confirm(new(Subject::Other), &vec!["سطر 1"; LINES_MAX].join("\n"))),
        ],
        Kind::Sent => vec![Fixture::new("sent", State::Sent { ticket: TicketId(12) })],
    }
}

fn new(subject: Subject) -> Topic {
    Topic::New { subject, order: Some(OrderId(101)) }
}

/// Examples of every event besides presses.
pub(super) fn probes() -> Vec<Event<Ticket>> {
    let refusals = [Refusal::TooManyTickets, Refusal::TicketsTooFast, Refusal::TicketClosed, Refusal::TextTooLong];
    let mut probes = settings::probes();
    probes.extend(refusals.map(|refusal| Event::Refused(Refused(refusal))));
    probes.push(Event::Text("x".repeat(TEXT_UNITS_MAX + 1)));
    probes
}
