//! Writing to support: a subject, a text, a look at both, and it is on its way to the operators.

mod fixtures;
mod screens;

use engine::step::Row;
use engine::{Effect, Event, Fixture, Flow, Reason, Screen, Step, To};
use serde::{Deserialize, Serialize};
use shop::command::{Command, Refusal};
use shop::ticket::{SUBJECT_UNITS_MAX, Subject, TEXT_UNITS_MAX, kept};
use shop::{OrderId, TicketId};

use crate::app::{Output, Raqam, Refused, SUPPORT};
use crate::env::{Env, Needs, Support};
use crate::parts::row;
use crate::words;

/// The flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket;

/// Where a person stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(Kind),
    derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage),
    doc = "The kinds of [`State`]."
)]
pub enum State {
    /// What is it about?
    Subject {
        /// The order that it is about, if it is about one.
        order: Option<OrderId>,
    },
    /// What happened?
    Text {
        /// What it belongs to.
        topic: Topic,
        /// What was typed before, where it is changed; else empty.
        before: String,
    },
    /// Is it sent like this?
    Confirm {
        /// What it belongs to.
        topic: Topic,
        /// What was typed.
        text: String,
    },
    /// It is with the operators.
    Sent {
        /// The ticket's number.
        ticket: TicketId,
    },
}

/// What a text belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topic {
    /// A new ticket.
    New {
        /// What it is about.
        subject: Subject,
        /// The order that it is about, if it is about one.
        order: Option<OrderId>,
    },
    /// A ticket that is there already.
    More(TicketId),
}

engine::actions! {
    /// The buttons.
    pub enum Action {
        /// A code did not come.
        "c" => Code,
        /// A payment.
        "p" => Payment,
        /// Something else.
        "o" => Other,
        /// Send it.
        "s" once => Send,
    }
}

pub(crate) type Cx<'a> = engine::Ctx<'a, Env>;

impl Flow for Ticket {
    type App = Raqam;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = ();

    const TAG: &'static str = "ticket";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    const TABLE: &'static [Row<Kind>] = &[
        row(Kind::Subject, "Code", "", To::State(Kind::Text)),
        row(Kind::Subject, "Payment", "", To::State(Kind::Text)),
        row(Kind::Subject, "Other", "", To::State(Kind::Text)),
        row(Kind::Subject, "text", "", To::State(Kind::Text)),
        row(Kind::Subject, "back", "", To::Done),
        row(Kind::Subject, "cancel", "", To::Done),
        row(Kind::Text, "text", "", To::State(Kind::Confirm)),
        row(Kind::Text, "back", "a text is there", To::State(Kind::Confirm)),
        row(Kind::Text, "back", "a new ticket", To::State(Kind::Subject)),
        row(Kind::Text, "back", "more on a ticket", To::Done),
        row(Kind::Text, "cancel", "", To::Done),
        row(Kind::Confirm, "Send", "", To::State(Kind::Sent)),
        row(Kind::Confirm, "refused TooManyTickets", "", To::State(Kind::Confirm)),
        row(Kind::Confirm, "refused TicketsTooFast", "", To::State(Kind::Confirm)),
        row(Kind::Confirm, "refused TicketClosed", "", To::State(Kind::Confirm)),
        row(Kind::Confirm, "refused TextTooLong", "", To::State(Kind::Confirm)),
        row(Kind::Confirm, "back", "", To::State(Kind::Text)),
        row(Kind::Confirm, "cancel", "", To::Done),
        row(Kind::Sent, "back", "", To::Done),
        row(Kind::Sent, "cancel", "", To::Done),
    ];
    const INITIAL: &'static [Kind] = &[Kind::Subject, Kind::Text];
    const COMMAND: Option<&'static str> = Some(SUPPORT);

    fn kind(state: &State) -> Kind {
        Kind::from(state)
    }

    /// Where nobody answers, nobody is asked to write.
    fn opened(about: &str, cx: &Cx<'_>) -> Option<State> {
        (cx.env.support == Support::Answers).then(|| about_to(about))
    }

    fn needs(state: &State) -> Needs {
        match state {
            State::Subject { order }
            | State::Text { topic: Topic::New { order, .. }, .. }
            | State::Confirm { topic: Topic::New { order, .. }, .. } => Needs { order: *order, ..Needs::default() },
            State::Text { topic: Topic::More(_), .. }
            | State::Confirm { topic: Topic::More(_), .. }
            | State::Sent { .. } => Needs::default(),
        }
    }

    fn update(state: State, event: Event<Self>, cx: &Cx<'_>) -> Step<Self> {
        match state {
            State::Subject { order } => subject(order, event),
            State::Text { topic, before } => text(topic, before, event),
            State::Confirm { topic, text } => confirm(topic, text, event, cx),
            State::Sent { .. } => sent(&event),
        }
    }

    fn view(state: &State, cx: &Cx<'_>) -> Screen<Action> {
        match state {
            State::Subject { order } => screens::subject(*order, cx),
            State::Text { topic, before } => screens::text(topic, before, cx),
            State::Confirm { topic, text } => screens::confirm(topic, text, cx),
            State::Sent { ticket } => screens::sent(*ticket, cx.lang),
        }
    }

    fn fixtures(kind: Kind) -> Vec<Fixture<Self>> {
        fixtures::of(kind)
    }

    fn probes() -> Vec<Event<Self>> {
        fixtures::probes()
    }
}

/// `o_…` names an order, `t_…` a ticket, each in base 36; all else is about nothing.
fn about_to(about: &str) -> State {
    let ticket = about.strip_prefix("t_").and_then(engine::action::from_base36).map(TicketId);
    match ticket {
        Some(ticket) => State::Text { topic: Topic::More(ticket), before: String::new() },
        None => State::Subject { order: about.strip_prefix("o_").and_then(OrderId::parse) },
    }
}

fn subject(order: Option<OrderId>, event: Event<Ticket>) -> Step<Ticket> {
    let chosen =
        |subject| Step::Go(State::Text { topic: Topic::New { subject, order }, before: String::new() }, vec![]);
    match event {
        Event::Press(Action::Code) => chosen(Subject::Code),
        Event::Press(Action::Payment) => chosen(Subject::Payment),
        Event::Press(Action::Other) => chosen(Subject::Other),
        Event::Text(typed) => match kept(&typed, SUBJECT_UNITS_MAX) {
            Some(subject) => chosen(Subject::Typed(subject.replace('\n', " "))),
            None => Step::Ignore(Reason::TooLong),
        },
        Event::Back | Event::Cancel => Step::Done(Output::Left, vec![]),
        // The other screens' button, and what belongs to other flows.
        Event::Press(Action::Send)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn text(topic: Topic, before: String, event: Event<Ticket>) -> Step<Ticket> {
    match event {
        // What is too long stays in the chat: nothing that was typed is lost.
        Event::Text(typed) => match kept(&typed, TEXT_UNITS_MAX) {
            Some(text) => Step::Go(State::Confirm { topic, text: text.to_owned() }, vec![]),
            None => Step::Ignore(Reason::TooLong),
        },
        Event::Back if !before.is_empty() => Step::Go(State::Confirm { topic, text: before }, vec![]),
        Event::Back => match topic {
            Topic::New { order, .. } => Step::Go(State::Subject { order }, vec![]),
            Topic::More(_) => Step::Done(Output::Left, vec![]),
        },
        Event::Cancel => Step::Done(Output::Left, vec![]),
        // The other screens' buttons, and what belongs to other flows.
        Event::Press(_)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn confirm(topic: Topic, text: String, event: Event<Ticket>, cx: &Cx<'_>) -> Step<Ticket> {
    match event {
        Event::Press(Action::Send) => send(topic, text, cx),
        Event::Refused(Refused(refusal)) => refused(topic, text, &refusal, cx),
        Event::Back => Step::Go(State::Text { topic, before: text }, vec![]),
        Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // The other screens' buttons, and what belongs to other flows.
        Event::Press(Action::Code | Action::Payment | Action::Other)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

/// The ticket goes into the books with this step, and from there to the operators.
fn send(topic: Topic, text: String, cx: &Cx<'_>) -> Step<Ticket> {
    let (ticket, command) = match topic {
        Topic::New { subject, order } => {
            let id = TicketId(cx.fresh);
            (id, Command::OpenTicket { id, subject, text, order })
        }
        Topic::More(ticket) => (ticket, Command::WriteTicket { ticket, text }),
    };
    Step::Go(State::Sent { ticket }, vec![Effect::Do(command)])
}

fn refused(topic: Topic, text: String, refusal: &Refusal, cx: &Cx<'_>) -> Step<Ticket> {
    match refusal {
        Refusal::TooManyTickets | Refusal::TicketsTooFast | Refusal::TicketClosed | Refusal::TextTooLong => {
            let why = Effect::Alert(words::refusal(refusal, cx.lang));
            Step::Go(State::Confirm { topic, text }, vec![why])
        }
        // The rest is not about tickets.
        Refusal::NotEnough { .. }
        | Refusal::QuoteExpired
        | Refusal::QuoteUsed(_)
        | Refusal::PriceChanged { .. }
        | Refusal::NotSelling
        | Refusal::TooManyOpen
        | Refusal::ShopBusy
        | Refusal::TooFast
        | Refusal::Suspended
        | Refusal::UnknownOrder
        | Refusal::TooLate
        | Refusal::BeingExtended
        | Refusal::NoCodeYet
        | Refusal::JustChecked { .. }
        | Refusal::BelowZero { .. }
        | Refusal::NonceUsed => Step::Ignore(Reason::NotHere),
    }
}

fn sent(event: &Event<Ticket>) -> Step<Ticket> {
    match event {
        Event::Back | Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // The other screens' buttons, and what belongs to other flows.
        Event::Press(_)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}
