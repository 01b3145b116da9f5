//! Settings: for now the language.

use engine::step::Row;
use engine::{Button, Effect, Event, Fixture, Flow, Lang, Reason, Screen, Step, To};
use serde::{Deserialize, Serialize};
use shop::command::Command;

use crate::app::{Entry, Kept, Output, Pick, Raqam};
use crate::env::Env;
use crate::keys;
use crate::parts::{button, footer, home, row};
use crate::text::words;

/// The flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings;

/// Where a person stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(Kind),
    derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage),
    doc = "The kinds of [`State`]."
)]
pub enum State {
    /// The list of settings.
    Overview,
    /// The choice of the language.
    Language,
}

engine::actions! {
    /// The buttons.
    pub enum Action {
        /// The other language.
        "f" => Flip,
        /// English.
        "en" => English,
        /// Arabic.
        "ar" => Arabic,
    }
}

type Cx<'a> = engine::Ctx<'a, Env>;

impl Flow for Settings {
    type App = Raqam;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = ();

    const TAG: &'static str = "set";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    const TABLE: &'static [Row<Kind>] = &[
        row(Kind::Overview, "Flip", "", To::State(Kind::Overview)),
        row(Kind::Overview, "back", "", To::Done),
        row(Kind::Overview, "cancel", "", To::Done),
        row(Kind::Language, "English", "", To::State(Kind::Overview)),
        row(Kind::Language, "Arabic", "", To::State(Kind::Overview)),
        row(Kind::Language, "back", "", To::State(Kind::Overview)),
        row(Kind::Language, "cancel", "", To::Done),
    ];
    const INITIAL: &'static [Kind] = &[Kind::Overview, Kind::Language];

    fn kind(state: &State) -> Kind {
        Kind::from(state)
    }

    fn update(state: State, event: Event<Self>, cx: &Cx<'_>) -> Step<Self> {
        match state {
            State::Overview => overview(&event, cx.lang),
            State::Language => language(&event),
        }
    }

    fn view(state: &State, cx: &Cx<'_>) -> Screen<Action> {
        let lang = cx.lang;
        match state {
            State::Overview => Screen::new(words(lang, keys::SETTINGS_TITLE))
                .row([button(lang, keys::SETTINGS_LANGUAGE, Action::Flip)])
                .row([home(lang)]),
            State::Language => Screen::new(words(lang, keys::SETTINGS_CHOOSE_LANGUAGE))
                .row([
                    Button::press(words(lang, keys::SETTINGS_ENGLISH), Action::English),
                    Button::press(words(lang, keys::SETTINGS_ARABIC), Action::Arabic),
                ])
                .row(footer(lang)),
        }
    }

    fn fixtures(kind: Kind) -> Vec<Fixture<Self>> {
        match kind {
            Kind::Overview => vec![Fixture::new("overview", State::Overview)],
            Kind::Language => vec![Fixture::new("language", State::Language)],
        }
    }

    fn probes() -> Vec<Event<Self>> {
        probes()
    }
}

/// The language that the switch leads to.
pub(crate) const fn other(lang: Lang) -> Lang {
    match lang {
        Lang::En => Lang::Ar,
        Lang::Ar => Lang::En,
    }
}

/// What changes the language, and says so in the new one.
pub(crate) fn speak<F: Flow<App = Raqam>>(lang: Lang) -> Vec<Effect<F>> {
    vec![Effect::Do(Command::SetLang(lang.code().to_owned())), Effect::Toast(words(lang, keys::SETTINGS_CHOSEN))]
}

/// Probes that every flow ignores alike: its own answers come from its own probes.
pub(crate) fn probes<F: Flow<App = Raqam>>() -> Vec<Event<F>> {
    vec![
        Event::Text("united".to_owned()),
        Event::Pick(Pick::Country("GB".to_owned())),
        Event::Pick(Pick::Service(shop::ServiceId(1012))),
        Event::Start(Entry::Menu),
        Event::Resume(Output::Left),
        Event::Resume(Output::OtherServer(Kept::default())),
    ]
}

fn overview(event: &Event<Settings>, lang: Lang) -> Step<Settings> {
    match event {
        Event::Press(Action::Flip) => Step::Go(State::Overview, speak(other(lang))),
        Event::Back | Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // The other screen's buttons, and what belongs to other flows.
        Event::Press(Action::English | Action::Arabic)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn language(event: &Event<Settings>) -> Step<Settings> {
    match event {
        Event::Press(Action::English) => Step::Go(State::Overview, speak(Lang::En)),
        Event::Press(Action::Arabic) => Step::Go(State::Overview, speak(Lang::Ar)),
        Event::Back => Step::Go(State::Overview, vec![]),
        Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // The other screen's button, and what belongs to other flows.
        Event::Press(Action::Flip)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}
