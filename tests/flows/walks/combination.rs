//! A lock with a fault five turns deep: what the walks must find, and make as short as it is.

use engine::{Button, Ctx, Event, Fixture, Flow, Reason, Row, Screen, Step, Target, Text, To};
use flows::{Env, Output, Raqam};
use serde::{Deserialize, Serialize};

use super::moves::Move;

/// The flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Combination;

/// How far the lock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(name(Kind), derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage))]
pub(super) enum State {
    /// So many turns were right.
    Locked(usize),
    /// All were.
    Open,
}

engine::actions! {
    /// The buttons.
    pub(super) enum Action { "b" => Blue, "g" => Green, "r" => Red }
}

const TURNS: [Action; 5] = [Action::Red, Action::Green, Action::Blue, Action::Green, Action::Red];

/// The shortest way to the fault.
pub(super) fn opens_in_five() -> Vec<Move<Combination>> {
    TURNS.map(|turn| Move::Give(Event::Press(turn))).into()
}

impl Flow for Combination {
    type App = Raqam;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = ();

    const TAG: &'static str = "lock";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    /// That the last turn opens it was forgotten here.
    const TABLE: &'static [Row<Kind>] = &[
        row("Red", To::State(Kind::Locked)),
        row("Green", To::State(Kind::Locked)),
        row("Blue", To::State(Kind::Locked)),
        row("cancel", To::Done),
    ];
    const INITIAL: &'static [Kind] = &[Kind::Locked];

    fn kind(state: &State) -> Kind {
        state.into()
    }

    fn update(state: State, event: Event<Self>, _: &Ctx<'_, Env>) -> Step<Self> {
        match (state, event) {
            (State::Locked(4), Event::Press(Action::Red)) => Step::Go(State::Open, vec![]),
            (State::Locked(right), Event::Press(turn)) => {
                let right = if TURNS.get(right) == Some(&turn) { right + 1 } else { 0 };
                Step::Go(State::Locked(right), vec![])
            }
            (State::Locked(_) | State::Open, Event::Cancel) => Step::Done(Output::Left, vec![]),
            (State::Locked(_) | State::Open, _) => Step::Ignore(Reason::NotHere),
        }
    }

    fn view(_: &State, _: &Ctx<'_, Env>) -> Screen<Action> {
        let turns = [Action::Red, Action::Green, Action::Blue];
        Screen::new(Text::ltr("lock"))
            .row(turns.map(|turn| Button::press(Text::ltr("turn"), turn)))
            .row([Button::new(Text::ltr("home"), Target::Home)])
    }

    fn fixtures(kind: Kind) -> Vec<Fixture<Self>> {
        match kind {
            Kind::Locked => vec![Fixture::new("locked", State::Locked(0))],
            Kind::Open => vec![Fixture::new("open", State::Open)],
        }
    }

    fn probes() -> Vec<Event<Self>> {
        vec![Event::Text("open".to_owned())]
    }
}

const fn row(on: &'static str, to: To<Kind>) -> Row<Kind> {
    Row { from: Kind::Locked, on, when: "", to }
}
