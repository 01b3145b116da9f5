//! A person's orders: numbers in use, the history, one order's receipt, the messages of a number.

mod screens;

use engine::registry::Registry as _;
use engine::step::Row;
use engine::{Effect, Event, Fixture, Flow, Reason, Screen, Step, To};
use serde::{Deserialize, Serialize};
use shop::OrderId;

use crate::app::{Kept, Output, Raqam, SUPPORT};
use crate::env::{Env, HistoryRequest, Needs};
use crate::parts::row;
use crate::text::{Key, words};
use crate::{AnyState, keys, purchase, settings};

/// The flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders;

/// Where a person stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(Kind),
    derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage),
    doc = "The kinds of [`State`]."
)]
pub enum State {
    /// The numbers in use.
    Numbers {
        /// The page, from 0.
        page: u32,
    },
    /// The ended orders.
    History(Place),
    /// An order in use: its card tells all.
    Card {
        /// Which order.
        order: OrderId,
        /// From where.
        origin: Origin,
    },
    /// An ended order.
    Receipt {
        /// Which order.
        order: OrderId,
        /// From where.
        origin: Origin,
    },
    /// The messages of an order.
    Messages {
        /// Of which order.
        order: OrderId,
        /// The page, from 0.
        page: u32,
        /// From where.
        origin: Origin,
    },
}

/// A place in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Only these orders.
    pub filter: Filter,
    /// Only this order and older ones, so that new ones do not shift the pages.
    pub anchor: Option<OrderId>,
    /// The page, from 0.
    pub page: u32,
}

/// Which ended orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// All.
    All,
    /// Those with a message, and rentals.
    Received,
    /// Those whose money went back.
    Refunded,
}

/// From where an order was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From outside this flow.
    Menu,
    /// From the numbers in use.
    Numbers(u32),
    /// From the history.
    History(Place),
}

engine::actions! {
    /// The buttons.
    pub enum Action {
        /// This page.
        "p" => Page(u32),
        /// This order.
        "o" => Open(u64),
        /// The same screen again.
        "r" => Refresh,
        /// Buying.
        "b" => Buy,
        /// The ended orders.
        "h" => History,
        /// All of them.
        "fa" => All,
        /// Those with a message.
        "fr" => Received,
        /// Those whose money went back.
        "fm" => Refunded,
        /// The same once more.
        "a" => Again,
        /// The messages.
        "m" => Messages,
        /// Writing to support about this order.
        "s" => Report,
    }
}

pub(crate) type Cx<'a> = engine::Ctx<'a, Env>;

impl Flow for Orders {
    type App = Raqam;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = ();

    const TAG: &'static str = "ord";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    const TABLE: &'static [Row<Kind>] = &[
        row(Kind::Numbers, "Page", "", To::State(Kind::Numbers)),
        row(Kind::Numbers, "Refresh", "", To::State(Kind::Numbers)),
        row(Kind::Numbers, "Open", "in use", To::State(Kind::Card)),
        row(Kind::Numbers, "Open", "its code is here", To::State(Kind::Receipt)),
        row(Kind::Numbers, "History", "", To::State(Kind::History)),
        row(Kind::Numbers, "Buy", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Numbers, "Buy", "one server", To::Push("Purchase")),
        row(Kind::Numbers, "Buy", "nothing sold", To::State(Kind::Numbers)),
        row(Kind::Numbers, "resume Left", "", To::State(Kind::Numbers)),
        row(Kind::Numbers, "resume OtherServer", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Numbers, "resume OtherServer", "one server", To::Push("Purchase")),
        row(Kind::Numbers, "resume OtherServer", "nothing sold", To::State(Kind::Numbers)),
        row(Kind::Numbers, "back", "", To::Done),
        row(Kind::Numbers, "cancel", "", To::Done),
        row(Kind::History, "Page", "", To::State(Kind::History)),
        row(Kind::History, "All", "", To::State(Kind::History)),
        row(Kind::History, "Received", "", To::State(Kind::History)),
        row(Kind::History, "Refunded", "", To::State(Kind::History)),
        row(Kind::History, "Open", "ended", To::State(Kind::Receipt)),
        row(Kind::History, "Open", "in use", To::State(Kind::Card)),
        row(Kind::History, "Buy", "several servers, or a pause", To::Push("Servers")),
        row(Kind::History, "Buy", "one server", To::Push("Purchase")),
        row(Kind::History, "Buy", "nothing sold", To::State(Kind::History)),
        row(Kind::History, "resume Left", "", To::State(Kind::History)),
        row(Kind::History, "resume OtherServer", "several servers, or a pause", To::Push("Servers")),
        row(Kind::History, "resume OtherServer", "one server", To::Push("Purchase")),
        row(Kind::History, "resume OtherServer", "nothing sold", To::State(Kind::History)),
        row(Kind::History, "back", "", To::Done),
        row(Kind::History, "cancel", "", To::Done),
        row(Kind::Card, "back", "from the numbers", To::State(Kind::Numbers)),
        row(Kind::Card, "back", "from the history", To::State(Kind::History)),
        row(Kind::Card, "back", "from outside", To::Done),
        row(Kind::Card, "cancel", "", To::Done),
        row(Kind::Receipt, "Again", "still sold", To::Push("Purchase")),
        row(Kind::Receipt, "Again", "nothing sold", To::State(Kind::Receipt)),
        row(Kind::Receipt, "Messages", "", To::State(Kind::Messages)),
        row(Kind::Receipt, "Report", "somebody answers", To::Push("Ticket")),
        row(Kind::Receipt, "resume Left", "", To::State(Kind::Receipt)),
        row(Kind::Receipt, "resume OtherServer", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Receipt, "resume OtherServer", "one server", To::Push("Purchase")),
        row(Kind::Receipt, "resume OtherServer", "nothing sold", To::State(Kind::Receipt)),
        row(Kind::Receipt, "back", "from the numbers", To::State(Kind::Numbers)),
        row(Kind::Receipt, "back", "from the history", To::State(Kind::History)),
        row(Kind::Receipt, "back", "from outside", To::Done),
        row(Kind::Receipt, "cancel", "", To::Done),
        row(Kind::Messages, "Page", "", To::State(Kind::Messages)),
        row(Kind::Messages, "Refresh", "", To::State(Kind::Messages)),
        row(Kind::Messages, "back", "in use", To::State(Kind::Card)),
        row(Kind::Messages, "back", "ended", To::State(Kind::Receipt)),
        row(Kind::Messages, "cancel", "", To::Done),
    ];
    const INITIAL: &'static [Kind] = &[Kind::Numbers, Kind::History, Kind::Card, Kind::Receipt, Kind::Messages];

    fn kind(state: &State) -> Kind {
        Kind::from(state)
    }

    fn needs(state: &State) -> Needs {
        let none = Needs::default();
        match *state {
            State::Numbers { .. } => none,
            State::History(Place { filter, anchor, page }) => {
                Needs { history: Some(HistoryRequest { anchor, filter, page }), ..none }
            }
            State::Card { order, .. } | State::Receipt { order, .. } | State::Messages { order, .. } => {
                Needs { order: Some(order), ..none }
            }
        }
    }

    fn update(state: State, event: Event<Self>, cx: &Cx<'_>) -> Step<Self> {
        match state {
            State::Numbers { page } => numbers(page, &event, cx),
            State::History(place) => history(place, &event, cx),
            State::Card { origin, .. } => card(origin, &event),
            State::Receipt { order, origin } => receipt(order, origin, &event, cx),
            State::Messages { order, origin, .. } => messages(order, origin, &event, cx),
        }
    }

    fn view(state: &State, cx: &Cx<'_>) -> Screen<Action> {
        match state {
            State::Numbers { page } => screens::numbers(*page, cx),
            State::History(place) => screens::history(place, cx),
            State::Card { order, .. } => crate::card::shown(*order, cx),
            State::Receipt { order, .. } => screens::receipt(*order, cx),
            State::Messages { order, page, .. } => screens::messages(*order, *page, cx),
        }
    }

    fn fixtures(kind: Kind) -> Vec<Fixture<Self>> {
        fixtures(kind)
    }

    fn probes() -> Vec<Event<Self>> {
        let mut probes = settings::probes();
        probes.push(Event::Press(Action::Open(1)));
        probes
    }
}

impl State {
    /// The first page of the numbers in use.
    pub const NUMBERS: Self = Self::Numbers { page: 0 };
    /// The first page of the history.
    pub const HISTORY: Self = Self::History(Place { filter: Filter::All, anchor: None, page: 0 });
}

/// An order as it is opened: its card while something is expected of it, else its receipt.
#[must_use]
pub fn opened(order: OrderId, origin: Origin, env: &Env) -> State {
    if env.open.iter().any(|open| open.id == order && (open.is_open() || open.is_rental())) {
        State::Card { order, origin }
    } else {
        State::Receipt { order, origin }
    }
}

fn numbers(page: u32, event: &Event<Orders>, cx: &Cx<'_>) -> Step<Orders> {
    let here = State::Numbers { page };
    match event {
        Event::Press(Action::Page(page)) => Step::Go(State::Numbers { page: *page }, vec![]),
        Event::Press(Action::Open(order)) => Step::Go(opened(OrderId(*order), Origin::Numbers(page), cx.env), vec![]),
        Event::Press(Action::Refresh) | Event::Resume(Output::Left) => Step::Go(here, vec![]),
        Event::Press(Action::History) => Step::Go(State::HISTORY, vec![]),
        Event::Press(Action::Buy) => buy(here, Kept::default(), cx),
        Event::Resume(Output::OtherServer(kept)) => buy(here, kept.clone(), cx),
        Event::Back | Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Buttons of other screens, and what belongs to other flows.
        Event::Press(
            Action::All | Action::Received | Action::Refunded | Action::Again | Action::Messages | Action::Report,
        )
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_) => Step::Ignore(Reason::NotHere),
    }
}

fn history(place: Place, event: &Event<Orders>, cx: &Cx<'_>) -> Step<Orders> {
    let filtered = |filter| Step::Go(State::History(Place { filter, anchor: None, page: 0 }), vec![]);
    match event {
        Event::Press(Action::Page(page)) => {
            let anchor = place.anchor.or_else(|| cx.env.history.as_ref()?.anchor);
            Step::Go(State::History(Place { page: *page, anchor, ..place }), vec![])
        }
        Event::Press(Action::All) => filtered(Filter::All),
        Event::Press(Action::Received) => filtered(Filter::Received),
        Event::Press(Action::Refunded) => filtered(Filter::Refunded),
        Event::Press(Action::Open(order)) => Step::Go(opened(OrderId(*order), Origin::History(place), cx.env), vec![]),
        Event::Press(Action::Buy) => buy(State::History(place), Kept::default(), cx),
        Event::Resume(Output::OtherServer(kept)) => buy(State::History(place), kept.clone(), cx),
        Event::Resume(Output::Left) => Step::Go(State::History(place), vec![]),
        Event::Back | Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Buttons of other screens, and what belongs to other flows.
        Event::Press(Action::Refresh | Action::History | Action::Again | Action::Messages | Action::Report)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_) => Step::Ignore(Reason::NotHere),
    }
}

/// The card's own buttons are no session's.
fn card(origin: Origin, event: &Event<Orders>) -> Step<Orders> {
    match event {
        Event::Back => back_to(origin),
        Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Buttons of other screens, and what belongs to other flows.
        Event::Press(_)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn receipt(order: OrderId, origin: Origin, event: &Event<Orders>, cx: &Cx<'_>) -> Step<Orders> {
    let here = State::Receipt { order, origin };
    match event {
        Event::Press(Action::Again) => again(order, here, cx),
        Event::Press(Action::Messages) => Step::Go(State::Messages { order, page: 0, origin }, vec![]),
        Event::Press(Action::Report) => match Raqam::opened(SUPPORT, &format!("o_{order}"), cx) {
            Some(ticket) => Step::Push(ticket, here, vec![]),
            None => Step::Ignore(Reason::NotHere),
        },
        Event::Resume(Output::Left) => Step::Go(here, vec![]),
        Event::Resume(Output::OtherServer(kept)) => buy(here, kept.clone(), cx),
        Event::Back => back_to(origin),
        Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Buttons of other screens, and what belongs to other flows.
        Event::Press(
            Action::Page(_)
            | Action::Open(_)
            | Action::Refresh
            | Action::Buy
            | Action::History
            | Action::All
            | Action::Received
            | Action::Refunded,
        )
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_) => Step::Ignore(Reason::NotHere),
    }
}

fn messages(order: OrderId, origin: Origin, event: &Event<Orders>, cx: &Cx<'_>) -> Step<Orders> {
    match event {
        Event::Press(Action::Page(page)) => Step::Go(State::Messages { order, page: *page, origin }, vec![]),
        Event::Press(Action::Refresh) => Step::Go(State::Messages { order, page: 0, origin }, vec![]),
        Event::Back => Step::Go(opened(order, origin, cx.env), vec![]),
        Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Buttons of other screens, and what belongs to other flows.
        Event::Press(
            Action::Open(_)
            | Action::Buy
            | Action::History
            | Action::All
            | Action::Received
            | Action::Refunded
            | Action::Again
            | Action::Messages
            | Action::Report,
        )
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn back_to(origin: Origin) -> Step<Orders> {
    match origin {
        Origin::Menu => Step::Done(Output::Left, vec![]),
        Origin::Numbers(page) => Step::Go(State::Numbers { page }, vec![]),
        Origin::History(place) => Step::Go(State::History(place), vec![]),
    }
}

fn buy(here: State, kept: Kept, cx: &Cx<'_>) -> Step<Orders> {
    match cx.env.buying(kept) {
        Some(child) => Step::Push(child, here, vec![]),
        None => closed(here, keys::HOME_PAUSED, cx),
    }
}

fn again(order: OrderId, here: State, cx: &Cx<'_>) -> Step<Orders> {
    let Some(order) = cx.env.order(order) else {
        return Step::Ignore(Reason::TooLate);
    };
    match purchase::again(&order.wish, cx) {
        Some((state, quote)) => {
            Step::Push(AnyState::Purchase(state), here, quote.into_iter().map(Effect::Do).collect())
        }
        None => closed(here, keys::WORDS_NOT_FOR_SALE, cx),
    }
}

fn closed(here: State, why: Key, cx: &Cx<'_>) -> Step<Orders> {
    Step::Go(here, vec![Effect::Alert(words(cx.lang, why))])
}

/// An order in each state that a receipt words, by its number in the examples' worlds.
const RECEIPTS: [(&str, u64); 12] = [
    ("reserving", 2),
    ("rental-active", 3),
    ("rental-asleep", 8),
    ("being-checked", 4),
    ("closing", 5),
    ("received", 101),
    ("expired", 102),
    ("cancelled", 103),
    ("not-issued", 104),
    ("completed", 105),
    ("rental-ended", 106),
    ("code-after-refund", 107),
];

fn fixtures(kind: Kind) -> Vec<Fixture<Orders>> {
    let place = |filter, page| Place { filter, anchor: None, page };
    let (menu, list, past) = (Origin::Menu, Origin::Numbers(0), Origin::History(place(Filter::All, 0)));
    let order = OrderId(1);
    match kind {
        Kind::Numbers => {
            vec![Fixture::new("first-page", State::NUMBERS), Fixture::new("later-page", State::Numbers { page: 1 })]
        }
        Kind::History => vec![
            Fixture::new("all", State::HISTORY),
            Fixture::new("received", State::History(place(Filter::Received, 0))),
            Fixture::new("refunded-later", State::History(place(Filter::Refunded, 1))),
        ],
        Kind::Card => vec![
            Fixture::new("from-menu", State::Card { order, origin: menu }),
            Fixture::new("from-numbers", State::Card { order, origin: list }),
            Fixture::new("from-history", State::Card { order, origin: past }),
            Fixture::new("reserving", State::Card { order: OrderId(2), origin: list }),
            Fixture::new("rental", State::Card { order: OrderId(3), origin: list }),
            Fixture::new("rental-asleep", State::Card { order: OrderId(8), origin: list }),
            Fixture::new("gone", State::Card { order: OrderId(u64::MAX), origin: list }),
        ],
        Kind::Receipt => {
            let receipt = |name, order, origin| Fixture::new(name, State::Receipt { order: OrderId(order), origin });
            let mut all = vec![
                receipt("from-menu", 1, menu),
                receipt("from-numbers", 1, list),
                receipt("from-history", 1, past),
                receipt("missing", u64::MAX, past),
            ];
            all.extend(RECEIPTS.into_iter().map(|(name, order)| receipt(name, order, past)));
            all
        }
        Kind::Messages => vec![
            Fixture::new("in-use", State::Messages { order, page: 0, origin: list }),
            Fixture::new("later-page", State::Messages { order, page: 1, origin: past }),
            Fixture::new("rental", State::Messages { order: OrderId(3), page: 0, origin: list }),
            Fixture::new("rental-later", State::Messages { order: OrderId(3), page: 1, origin: list }),
            Fixture::new("missing", State::Messages { order: OrderId(u64::MAX), page: 0, origin: past }),
        ],
    }
}
