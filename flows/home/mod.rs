//! The root: greeting, main menu, help. Every command and deep link enters here, and every other flow opens on top.

mod screens;

use engine::step::Row;
use engine::{Effect, Event, Fixture, Flow, Reason, Step, To};
use serde::{Deserialize, Serialize};
use shop::command::Command;
use shop::order::Wish;
use shop::{ErrorCode, ServiceId};

use crate::app::{Entry, Kept, Output, Pick, Raqam, Refused, Reply, SUPPORT};
use crate::env::{Env, Visit};
use crate::parts::row;
use crate::text::words;
use crate::ticket::Ticket;
use crate::{AnyState, keys, orders, purchase, servers, settings, wallet};

/// The flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home;

/// Where a person stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(Kind),
    derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage),
    doc = "The kinds of [`State`]."
)]
pub enum State {
    /// The main menu.
    Menu(Greeting),
    /// Help.
    Help(Topic),
}

/// How the main menu begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Greeting {
    /// With a welcome.
    Welcome,
    /// With its title.
    Plain,
}

/// What help is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topic {
    /// How it works.
    Overview,
    /// The terms.
    Terms,
    /// Payments.
    Payments,
}

engine::actions! {
    /// The buttons.
    pub enum Action {
        /// Buying.
        "b" => Buy,
        /// The last purchase once more.
        "a" => Again,
        /// Numbers in use.
        "n" => Numbers,
        /// The wallet.
        "w" => Wallet,
        /// Ended orders.
        "h" => History,
        /// Settings.
        "s" => Settings,
        /// Help.
        "q" => Help,
        /// The terms.
        "t" => Terms,
        /// The other language.
        "l" => Language,
        /// Writing to support.
        "u" => Support,
    }
}

pub(crate) type Cx<'a> = engine::Ctx<'a, Env>;

const MENU: To<Kind> = To::State(Kind::Menu);
const HELP: To<Kind> = To::State(Kind::Help);

impl Flow for Home {
    type App = Raqam;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = ();

    const TAG: &'static str = "home";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    const TABLE: &'static [Row<Kind>] = &[
        row(Kind::Menu, "Buy", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Menu, "Buy", "one server", To::Push("Purchase")),
        row(Kind::Menu, "Again", "", To::Push("Purchase")),
        row(Kind::Menu, "Numbers", "", To::Push("Orders")),
        row(Kind::Menu, "Wallet", "", To::Push("Wallet")),
        row(Kind::Menu, "History", "", To::Push("Orders")),
        row(Kind::Menu, "Settings", "", To::Push("Settings")),
        row(Kind::Menu, "Help", "", HELP),
        row(Kind::Menu, "Language", "", MENU),
        row(Kind::Menu, "pick Country", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Menu, "pick Country", "one server", To::Push("Purchase")),
        row(Kind::Menu, "pick Service", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Menu, "pick Service", "one server", To::Push("Purchase")),
        row(Kind::Menu, "resume Left", "", MENU),
        row(Kind::Menu, "resume OtherServer", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Menu, "resume OtherServer", "one server", To::Push("Purchase")),
        row(Kind::Menu, "resume OtherServer", "nothing sold", MENU),
        row(Kind::Menu, "cancel", "", MENU),
        row(Kind::Menu, "start Welcome", "", MENU),
        row(Kind::Menu, "start Menu", "", MENU),
        row(Kind::Menu, "start Cancel", "", MENU),
        row(Kind::Menu, "start Buy", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Menu, "start Buy", "one server", To::Push("Purchase")),
        row(Kind::Menu, "start Buy", "nothing sold", MENU),
        row(Kind::Menu, "start Service", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Menu, "start Service", "one server", To::Push("Purchase")),
        row(Kind::Menu, "start Service", "nothing sold", MENU),
        row(Kind::Menu, "start Again", "still sold", To::Push("Purchase")),
        row(Kind::Menu, "start Again", "nothing sold", MENU),
        row(Kind::Menu, "start Extend", "still sold", To::Push("Purchase")),
        row(Kind::Menu, "start Extend", "nothing sold", MENU),
        row(Kind::Menu, "start OtherCountry", "still sold", To::Push("Purchase")),
        row(Kind::Menu, "start OtherCountry", "nothing sold", MENU),
        row(Kind::Menu, "start OtherService", "still sold", To::Push("Purchase")),
        row(Kind::Menu, "start OtherService", "nothing sold", MENU),
        row(Kind::Menu, "start OtherServer", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Menu, "start OtherServer", "one server", To::Push("Purchase")),
        row(Kind::Menu, "start OtherServer", "nothing sold", MENU),
        row(Kind::Menu, "start Numbers", "", To::Push("Orders")),
        row(Kind::Menu, "start History", "", To::Push("Orders")),
        row(Kind::Menu, "start Order", "", To::Push("Orders")),
        row(Kind::Menu, "start Messages", "", To::Push("Orders")),
        row(Kind::Menu, "start Wallet", "", To::Push("Wallet")),
        row(Kind::Menu, "start Settings", "", To::Push("Settings")),
        row(Kind::Menu, "start Language", "", To::Push("Settings")),
        row(Kind::Menu, "start Help", "", HELP),
        row(Kind::Menu, "start Terms", "", HELP),
        row(Kind::Menu, "start PaySupport", "", HELP),
        row(Kind::Menu, "start Command", "it does not open now", HELP),
        row(Kind::Help, "Terms", "", HELP),
        row(Kind::Help, "Support", "somebody answers", To::Push("Ticket")),
        row(Kind::Help, "pick Country", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Help, "pick Country", "one server", To::Push("Purchase")),
        row(Kind::Help, "pick Service", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Help, "pick Service", "one server", To::Push("Purchase")),
        row(Kind::Help, "back", "", MENU),
        row(Kind::Help, "back", "from terms", HELP),
        row(Kind::Help, "cancel", "", MENU),
        row(Kind::Help, "start Welcome", "", MENU),
        row(Kind::Help, "start Menu", "", MENU),
        row(Kind::Help, "start Cancel", "", MENU),
        row(Kind::Help, "start Buy", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Help, "start Buy", "one server", To::Push("Purchase")),
        row(Kind::Help, "start Buy", "nothing sold", MENU),
        row(Kind::Help, "start Service", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Help, "start Service", "one server", To::Push("Purchase")),
        row(Kind::Help, "start Service", "nothing sold", MENU),
        row(Kind::Help, "start Again", "still sold", To::Push("Purchase")),
        row(Kind::Help, "start Again", "nothing sold", MENU),
        row(Kind::Help, "start Extend", "still sold", To::Push("Purchase")),
        row(Kind::Help, "start Extend", "nothing sold", MENU),
        row(Kind::Help, "start OtherCountry", "still sold", To::Push("Purchase")),
        row(Kind::Help, "start OtherCountry", "nothing sold", MENU),
        row(Kind::Help, "start OtherService", "still sold", To::Push("Purchase")),
        row(Kind::Help, "start OtherService", "nothing sold", MENU),
        row(Kind::Help, "start OtherServer", "several servers, or a pause", To::Push("Servers")),
        row(Kind::Help, "start OtherServer", "one server", To::Push("Purchase")),
        row(Kind::Help, "start OtherServer", "nothing sold", MENU),
        row(Kind::Help, "start Numbers", "", To::Push("Orders")),
        row(Kind::Help, "start History", "", To::Push("Orders")),
        row(Kind::Help, "start Order", "", To::Push("Orders")),
        row(Kind::Help, "start Messages", "", To::Push("Orders")),
        row(Kind::Help, "start Wallet", "", To::Push("Wallet")),
        row(Kind::Help, "start Settings", "", To::Push("Settings")),
        row(Kind::Help, "start Language", "", To::Push("Settings")),
        row(Kind::Help, "start Help", "", HELP),
        row(Kind::Help, "start Terms", "", HELP),
        row(Kind::Help, "start PaySupport", "", HELP),
        row(Kind::Help, "start Command", "it does not open now", HELP),
    ];
    const INITIAL: &'static [Kind] = &[Kind::Menu];

    fn kind(state: &State) -> Kind {
        Kind::from(state)
    }

    fn update(state: State, event: Event<Self>, cx: &Cx<'_>) -> Step<Self> {
        match state {
            State::Menu(_) => menu(event, cx),
            State::Help(topic) => help(topic, event, cx),
        }
    }

    fn view(state: &State, cx: &Cx<'_>) -> engine::Screen<Action> {
        match state {
            State::Menu(greeting) => screens::menu(*greeting, cx),
            State::Help(topic) => screens::help(*topic, cx),
        }
    }

    fn fixtures(kind: Kind) -> Vec<Fixture<Self>> {
        match kind {
            Kind::Menu => vec![
                Fixture::new("welcome", State::Menu(Greeting::Welcome)),
                Fixture::new("plain", State::Menu(Greeting::Plain)),
                Fixture::new("shop-closed", State::Menu(Greeting::Plain)),
            ],
            Kind::Help => vec![
                Fixture::new("overview", State::Help(Topic::Overview)),
                Fixture::new("terms", State::Help(Topic::Terms)),
                Fixture::new("payments", State::Help(Topic::Payments)),
            ],
        }
    }

    fn probes() -> Vec<Event<Self>> {
        probes()
    }
}

fn menu(event: Event<Home>, cx: &Cx<'_>) -> Step<Home> {
    match event {
        // Offered only where something is sold: what is gone by the time of the press is a stale button.
        Event::Press(Action::Buy) => cx.env.buying(Kept::default()).map_or(Step::Ignore(Reason::NotForSale), push),
        Event::Press(Action::Again) => {
            cx.env.last.as_ref().and_then(|wish| again(wish, cx)).unwrap_or(Step::Ignore(Reason::NotForSale))
        }
        Event::Press(Action::Numbers) => push(AnyState::Orders(orders::State::NUMBERS)),
        Event::Press(Action::History) => push(AnyState::Orders(orders::State::HISTORY)),
        Event::Press(Action::Wallet) => push(AnyState::Wallet(wallet::State::Balance)),
        Event::Press(Action::Settings) => push(AnyState::Settings(settings::State::Overview)),
        Event::Press(Action::Help) => Step::Go(State::Help(Topic::Overview), vec![]),
        Event::Press(Action::Language) => {
            Step::Go(State::Menu(Greeting::Welcome), settings::speak(settings::other(cx.lang)))
        }
        Event::Pick(pick) => picked(&pick, cx),
        Event::Start(entry) => start(entry, cx),
        Event::Resume(Output::Left) | Event::Cancel => to_menu(vec![]),
        Event::Resume(Output::OtherServer(kept)) => buy(kept, cx),
        Event::Back => Step::Ignore(Reason::AlreadyHere),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // A button of help, and answers to questions that the root never asks.
        Event::Press(Action::Terms | Action::Support) | Event::Timer(()) | Event::Reply(_) | Event::Refused(_) => {
            Step::Ignore(Reason::NotHere)
        }
    }
}

fn help(topic: Topic, event: Event<Home>, cx: &Cx<'_>) -> Step<Home> {
    match event {
        Event::Press(Action::Terms) => Step::Go(State::Help(Topic::Terms), vec![]),
        Event::Press(Action::Support) => match Ticket::opened("", cx) {
            Some(ticket) => push(AnyState::Ticket(ticket)),
            None => Step::Ignore(Reason::NotHere),
        },
        Event::Back => match topic {
            Topic::Terms => Step::Go(State::Help(Topic::Overview), vec![]),
            Topic::Overview | Topic::Payments => to_menu(vec![]),
        },
        Event::Cancel => to_menu(vec![]),
        Event::Pick(pick) => picked(&pick, cx),
        Event::Start(entry) => start(entry, cx),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Buttons of the menu, and answers to questions that the root never asks. Children rest on the menu only.
        Event::Press(
            Action::Buy
            | Action::Again
            | Action::Numbers
            | Action::Wallet
            | Action::History
            | Action::Settings
            | Action::Help
            | Action::Language,
        )
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn start(entry: Entry, cx: &Cx<'_>) -> Step<Home> {
    match entry {
        Entry::Welcome => match cx.env.visit {
            Visit::First => Step::Go(State::Menu(Greeting::Welcome), vec![]),
            Visit::Return => to_menu(vec![]),
        },
        Entry::Menu | Entry::Cancel => to_menu(vec![]),
        Entry::Buy => buy(Kept::default(), cx),
        Entry::Service(id) => {
            let kept = servers::keep(Kept::default(), &Pick::Service(id), cx.env);
            buy(kept.unwrap_or_default(), cx)
        }
        Entry::Again(wish) => again(&wish, cx).unwrap_or_else(|| closed(keys::WORDS_NOT_FOR_SALE, cx)),
        Entry::Extend(wish) => extend(&wish, cx).unwrap_or_else(|| closed(keys::WORDS_NOT_FOR_SALE, cx)),
        Entry::OtherCountry(wish) => elsewhere(purchase::other_country(&wish, cx.env), cx),
        Entry::OtherService(wish) => elsewhere(purchase::other_service(&wish, cx.env), cx),
        Entry::OtherServer(kept) => buy(kept, cx),
        Entry::Numbers => push(AnyState::Orders(orders::State::NUMBERS)),
        Entry::History => push(AnyState::Orders(orders::State::HISTORY)),
        Entry::Order(order) => push(AnyState::Orders(orders::opened(order, orders::Origin::Menu, cx.env))),
        Entry::Messages(order) => {
            push(AnyState::Orders(orders::State::Messages { order, page: 0, origin: orders::Origin::Menu }))
        }
        Entry::Wallet => push(AnyState::Wallet(wallet::State::Balance)),
        Entry::Settings => push(AnyState::Settings(settings::State::Overview)),
        Entry::Language => push(AnyState::Settings(settings::State::Language)),
        // A flow's command that opens nothing now.
        Entry::Help | Entry::Command { .. } => Step::Go(State::Help(Topic::Overview), vec![]),
        Entry::Terms => Step::Go(State::Help(Topic::Terms), vec![]),
        Entry::PaySupport => Step::Go(State::Help(Topic::Payments), vec![]),
    }
}

fn to_menu(effects: Vec<Effect<Home>>) -> Step<Home> {
    Step::Go(State::Menu(Greeting::Plain), effects)
}

fn push(child: AnyState) -> Step<Home> {
    Step::Push(child, State::Menu(Greeting::Plain), vec![])
}

fn buy(kept: Kept, cx: &Cx<'_>) -> Step<Home> {
    cx.env.buying(kept).map_or_else(|| closed(keys::HOME_PAUSED, cx), push)
}

fn picked(pick: &Pick, cx: &Cx<'_>) -> Step<Home> {
    servers::keep(Kept::default(), pick, cx.env).map_or(Step::Ignore(Reason::NotForSale), |kept| buy(kept, cx))
}

fn again(wish: &Wish, cx: &Cx<'_>) -> Option<Step<Home>> {
    purchase::again(wish, cx).map(quoted)
}

fn extend(wish: &Wish, cx: &Cx<'_>) -> Option<Step<Home>> {
    purchase::extend(wish, cx).map(quoted)
}

/// A purchase that begins with a price, and the quote for it.
fn quoted((state, quote): (purchase::State, Option<Command>)) -> Step<Home> {
    let quote = quote.into_iter().map(Effect::Do).collect();
    Step::Push(AnyState::Purchase(state), State::Menu(Greeting::Plain), quote)
}

fn elsewhere(state: Option<purchase::State>, cx: &Cx<'_>) -> Step<Home> {
    state.map_or_else(|| closed(keys::WORDS_NOT_FOR_SALE, cx), |state| push(AnyState::Purchase(state)))
}

fn closed(why: crate::text::Key, cx: &Cx<'_>) -> Step<Home> {
    to_menu(vec![Effect::Alert(words(cx.lang, why))])
}

fn probes() -> Vec<Event<Home>> {
    let wish = purchase::sample_wish();
    let mut probes = settings::probes();
    let entries = [
        Entry::Welcome,
        Entry::Menu,
        Entry::Buy,
        Entry::Service(ServiceId(1012)),
        Entry::Numbers,
        Entry::Wallet,
        Entry::History,
        Entry::Order(shop::OrderId(1)),
        Entry::Messages(shop::OrderId(1)),
        Entry::Again(wish.clone()),
        Entry::Extend(purchase::sample_extension()),
        Entry::OtherCountry(wish.clone()),
        Entry::OtherServer(Kept::of(&wish)),
        Entry::OtherService(wish),
        Entry::Help,
        Entry::Terms,
        Entry::PaySupport,
        Entry::Settings,
        Entry::Language,
        Entry::Cancel,
        Entry::Command { name: SUPPORT.to_owned(), about: String::new() },
    ];
    probes.extend(entries.into_iter().map(Event::Start));
    probes.push(Event::Reply(Reply::CostFailed { code: ErrorCode::Unreachable }));
    probes.push(Event::Refused(Refused(shop::command::Refusal::Suspended)));
    probes
}
