//! The choice of the server. Skipped where only one is offered and sells.

use engine::step::Row;
use engine::{Button, Effect, Event, Fixture, Flow, Lang, Reason, Screen, Step, Text, To};
use serde::{Deserialize, Serialize};
use shop::server::Coverage;

use crate::app::{Kept, Output, Pick, Raqam};
use crate::env::{Env, Sales, Server};
use crate::parts::{button, home, lines, paragraphs, row};
use crate::text::{self, Noun, count, number, say, words};
use crate::{AnyState, keys, parts, purchase, settings};

/// The flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Servers;

/// Where a person stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(Kind),
    derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage),
    doc = "The kinds of [`State`]."
)]
pub enum State {
    /// The servers, with what is already chosen.
    Choose(Kept),
}

engine::actions! {
    /// The buttons.
    pub enum Action {
        /// This server, by its number.
        "s" => Server(u8),
    }
}

type Cx<'a> = engine::Ctx<'a, Env>;

impl Flow for Servers {
    type App = Raqam;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = ();

    const TAG: &'static str = "srv";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    const TABLE: &'static [Row<Kind>] = &[
        row(Kind::Choose, "Server", "it sells", To::Push("Purchase")),
        row(Kind::Choose, "Server", "paused", To::State(Kind::Choose)),
        row(Kind::Choose, "pick Country", "", To::State(Kind::Choose)),
        row(Kind::Choose, "pick Service", "", To::State(Kind::Choose)),
        row(Kind::Choose, "resume Left", "", To::State(Kind::Choose)),
        row(Kind::Choose, "resume OtherServer", "", To::State(Kind::Choose)),
        row(Kind::Choose, "back", "", To::Done),
        row(Kind::Choose, "cancel", "", To::Done),
    ];
    const INITIAL: &'static [Kind] = &[Kind::Choose];

    fn kind(state: &State) -> Kind {
        Kind::from(state)
    }

    fn update(state: State, event: Event<Self>, cx: &Cx<'_>) -> Step<Self> {
        match state {
            State::Choose(kept) => choose(kept, event, cx),
        }
    }

    fn view(state: &State, cx: &Cx<'_>) -> Screen<Action> {
        match state {
            State::Choose(kept) => screen(kept, cx),
        }
    }

    fn fixtures(kind: Kind) -> Vec<Fixture<Self>> {
        match kind {
            Kind::Choose => vec![
                Fixture::new("plain", State::Choose(Kept::default())),
                Fixture::new("shop-closed", State::Choose(Kept::default())),
                Fixture::new("server-paused", State::Choose(Kept::default())),
                Fixture::new("all-paused", State::Choose(Kept::default())),
                Fixture::new("only-server-paused", State::Choose(Kept::default())),
                Fixture::new(
                    "saved",
                    State::Choose(Kept { service: Some("WhatsApp".to_owned()), country: Some("GB".to_owned()) }),
                ),
            ],
        }
    }

    fn probes() -> Vec<Event<Self>> {
        let mut probes = settings::probes();
        probes.push(Event::Press(Action::Server(2)));
        probes.push(Event::Press(Action::Server(1)));
        probes
    }
}

fn choose(kept: Kept, event: Event<Servers>, cx: &Cx<'_>) -> Step<Servers> {
    match event {
        Event::Press(Action::Server(number)) => {
            let chosen = cx.env.servers().iter().find(|server| server.id.number() == number);
            chosen.map_or(Step::Ignore(Reason::NotForSale), |server| enter(server, kept, cx))
        }
        Event::Pick(pick) => keep(kept, &pick, cx.env)
            .map_or(Step::Ignore(Reason::NotForSale), |kept| Step::Go(State::Choose(kept), vec![])),
        Event::Resume(Output::Left) => Step::Go(State::Choose(kept), vec![]),
        Event::Resume(Output::OtherServer(kept)) => Step::Go(State::Choose(kept), vec![]),
        Event::Back | Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // Nothing was asked for, and commands go to the root.
        Event::Start(_) | Event::Timer(()) | Event::Reply(_) | Event::Refused(_) => Step::Ignore(Reason::NotHere),
    }
}

/// Into a purchase at this server, or why not now.
fn enter(server: &Server, kept: Kept, cx: &Cx<'_>) -> Step<Servers> {
    match server.sales {
        Sales::Open => {
            let begin = purchase::State::ChooseType(server.begin(&kept));
            Step::Push(AnyState::Purchase(begin), State::Choose(kept), vec![])
        }
        Sales::Paused => Step::Go(State::Choose(kept), vec![Effect::Alert(cx.env.down(server.id, cx.lang))]),
    }
}

/// What is kept, with a pick added; `None` where no server sells it. Services are numbered by the main server.
pub(crate) fn keep(kept: Kept, pick: &Pick, env: &Env) -> Option<Kept> {
    match pick {
        Pick::Country(iso2) => {
            let sold = env.servers().iter().find_map(|server| server.catalogue.country_by_iso2(iso2))?;
            Some(Kept { country: Some(sold.iso2.clone()), ..kept })
        }
        Pick::Service(id) => {
            let service = env.main_server()?.catalogue.service(*id)?;
            Some(Kept { service: Some(service.name.clone()), ..kept })
        }
    }
}

/// What is kept, in words: `🇬🇧 United Kingdom · WhatsApp`.
pub(crate) fn kept_words(kept: &Kept, lang: Lang) -> Text {
    let country =
        kept.country.as_deref().map(|iso2| Text::joined([parts::flag(iso2), parts::country(lang, iso2)], " "));
    let service = kept.service.as_deref().map(|name| parts::service(lang, name));
    Text::joined(country.into_iter().chain(service), " · ")
}

fn screen(kept: &Kept, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    if cx.env.servers().is_empty() {
        return Screen::new(words(lang, keys::HOME_PAUSED)).row([home(lang)]);
    }
    if let [server] = cx.env.servers()
        && server.sales == Sales::Paused
    {
        return only_paused(server, cx);
    }
    let saved = kept_words(kept, lang);
    let about = lines(cx.env.servers().iter().map(|server| about(server, lang)));
    let text = paragraphs([saved, words(lang, keys::SERVER_CHOOSE), about]);
    cx.env
        .servers()
        .iter()
        .fold(Screen::new(text), |screen, server| screen.row([choice(server, lang)]))
        .row([home(lang)])
}

/// The only server does not sell right now. The button is that of the choice: once it sells again, it leads in.
fn only_paused(server: &Server, cx: &Cx<'_>) -> Screen<Action> {
    let again = button(cx.lang, keys::COMMON_TRY_AGAIN, Action::Server(server.id.number()));
    Screen::new(say(cx.lang, keys::SERVER_ONLY_PAUSED, &[("down", cx.env.down(server.id, cx.lang))]))
        .row([again])
        .row([home(cx.lang)])
}

/// What a server sells, in a line.
fn about(server: &Server, lang: Lang) -> Text {
    let name = ("server", parts::server(lang, server.id));
    match (server.id.profile().coverage, countries(server)) {
        (Coverage::Only(iso2), _) => {
            let country = ("country", parts::country(lang, iso2));
            let days = text::day_list(lang, &server.catalogue.rental_days());
            let key = if days.is_empty() { keys::SERVER_LINE_ONLY } else { keys::SERVER_LINE_ONLY_RENTALS };
            say(lang, key, &[name, country, ("days", days)])
        }
        (Coverage::World, 0) => say(lang, keys::SERVER_LINE_LOADING, &[name]),
        (Coverage::World, n) => {
            say(lang, keys::SERVER_LINE_WORLD, &[name, ("countries", count(lang, Noun::Countries, n))])
        }
    }
}

fn choice(server: &Server, lang: Lang) -> Button<Action> {
    let label = ("server", parts::server_label(lang, server.id));
    let label = match (server.id.profile().coverage, countries(server)) {
        (Coverage::Only(iso2), _) => {
            say(lang, keys::SERVER_BUTTON_ONLY, &[label, ("country", parts::short_country(lang, iso2))])
        }
        (Coverage::World, 0) => say(lang, keys::SERVER_BUTTON_LOADING, &[label]),
        (Coverage::World, n) => say(lang, keys::SERVER_BUTTON_WORLD, &[label, ("n", number(n))]),
    };
    let label = match server.sales {
        Sales::Open => label,
        Sales::Paused => say(lang, keys::SERVER_BUTTON_PAUSED, &[("label", label)]),
    };
    Button::press(label, Action::Server(server.id.number()))
}

fn countries(server: &Server) -> u64 {
    server.catalogue.countries().len() as u64
}
