//! What came of an event, written down, and the same event tried again: a report from production becomes a test.
//!
//! A [`Record`] holds everything that decided a step. Its facts are the product's: whoever tries it [`again`] makes an
//! environment of them. What differs is told by [`differences`].

use serde::{Deserialize, Serialize};

use crate::direction;
use crate::flow::{App, Ctx};
use crate::lang::Lang;
use crate::machine::{self, Input, Outcome, Turn};
use crate::registry::{AnyEffect, Registry, View};
use crate::session::Session;
use crate::step::{Reason, Taken};
use crate::text::Text;
use crate::token::Stale;

/// An event of a session, with everything that decided what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "Input<A>: Serialize, Facts: Serialize",
    deserialize = "Input<A>: Deserialize<'de>, Facts: Deserialize<'de>"
))]
pub struct Record<A: App, Facts> {
    /// When, in seconds since 1970-01-01 UTC.
    pub at: i64,
    /// The language of the screen.
    pub lang: Lang,
    /// The number that no other event got.
    pub fresh: u64,
    /// The session as it was.
    pub session: Session,
    /// What the environment was made of.
    pub facts: Facts,
    /// The screen that the event met, as text.
    pub screen: String,
    /// The event.
    pub input: Input<A>,
    /// What came of it.
    pub came: Came,
}

/// What came of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Came {
    /// How it ended.
    pub ending: Ending,
    /// The rows of the tables that were used, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// What was to be done, by kind; notices over the chat in their words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
    /// The session that the step led to; `None` where it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// In a step.
    Stepped,
    /// It meant nothing there.
    Ignored(Reason),
    /// The button did not count any more.
    Stale(Stale),
    /// In a step that the table does not have: nothing was stored.
    Undeclared,
}

/// An event that a flow was given, as [`Taken`], to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The flow's tag.
    pub flow: String,
    /// The state's name.
    pub from: String,
    /// The event's label.
    pub on: String,
    /// Where it led; `None` where it was ignored.
    pub to: Option<String>,
}

/// A part of what an event met or led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Part {
    /// The screen that the event met.
    Screen,
    /// How it ended.
    Ending,
    /// The rows of the tables.
    Edges,
    /// The session after it.
    Session,
    /// What was to be done.
    Effects,
}

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub part: Part,
    /// As it was.
    pub was: String,
    /// As it is.
    pub is: String,
}

impl Came {
    /// What came of a turn.
    #[must_use]
    pub fn of<A: Registry>(turn: &Turn<A>, lang: Lang) -> Self {
        let ending = Ending::from(&turn.outcome);
        Self {
            ending,
            edges: turn.taken.iter().map(Edge::from).collect(),
            effects: turn.effects.iter().map(|(_, effect)| kind(effect, lang)).collect(),
            session: (ending == Ending::Stepped).then(|| turn.session.clone()),
        }
    }

    /// The parts in which another one differs, the most telling first.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let parts = [
            (Part::Ending, format!("{:?}", self.ending), format!("{:?}", other.ending)),
            (Part::Edges, lines(&self.edges), lines(&other.edges)),
            (Part::Session, shown(self.session.as_ref()), shown(other.session.as_ref())),
            (Part::Effects, self.effects.join("\n"), other.effects.join("\n")),
        ];
        parts.into_iter().filter_map(|(part, was, is)| Difference::between(part, was, is)).collect()
    }
}

impl Difference {
    fn between(part: Part, was: String, is: String) -> Option<Self> {
        (was != is).then_some(Self { part, was, is })
    }
}

/// Tries an event once more: the screen that it meets now, and what comes of it now.
#[must_use]
pub fn again<A: Registry, Facts>(record: &Record<A, Facts>, env: &A::Env) -> (View, Came) {
    let cx = Ctx { lang: record.lang, now: record.at, fresh: record.fresh, env };
    let view = machine::view::<A>(&record.session, &cx);
    let turn = machine::handle::<A>(&record.session, record.input.clone(), &cx);
    (view, Came::of(&turn, record.lang))
}

/// Everything that is not as it was recorded.
#[must_use]
pub fn differences<A: App, Facts>(record: &Record<A, Facts>, screen: &str, came: &Came) -> Vec<Difference> {
    let screen = Difference::between(Part::Screen, record.screen.clone(), screen.to_owned());
    screen.into_iter().chain(record.came.differences(came)).collect()
}

impl From<&Outcome> for Ending {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Stepped => Self::Stepped,
            Outcome::Ignored(reason) => Self::Ignored(*reason),
            Outcome::Stale(stale) => Self::Stale(*stale),
            Outcome::Undeclared(_) => Self::Undeclared,
        }
    }
}

impl From<&Taken> for Edge {
    fn from(taken: &Taken) -> Self {
        Self { flow: taken.flow.to_owned(), from: taken.from.to_owned(), on: taken.on.clone(), to: taken.to.clone() }
    }
}

impl std::fmt::Display for Edge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let to = self.to.as_deref().unwrap_or("(ignored)");
        write!(formatter, "{} {} --{}--> {to}", self.flow, self.from, self.on)
    }
}

fn lines(edges: &[Edge]) -> String {
    edges.iter().map(Edge::to_string).collect::<Vec<_>>().join("\n")
}

fn shown(session: Option<&Session>) -> String {
    session.map_or_else(String::new, |session| {
        serde_json::to_string_pretty(session).expect("sessions are plain data: maps have string keys")
    })
}

/// An effect's name: `Do Quote`, `Job LoadOffers`, `Arm 120 s`.
fn kind<A: App>(effect: &AnyEffect<A>, lang: Lang) -> String {
    match effect {
        AnyEffect::Do(command) => format!("Do {}", variant(command)),
        AnyEffect::Job(job) => format!("Job {}", variant(job)),
        AnyEffect::Arm { after_s, .. } => format!("Arm {after_s} s"),
        AnyEffect::Disarm => "Disarm".to_owned(),
        AnyEffect::Tell(message) => format!("Tell {}", variant(message)),
        AnyEffect::Toast(text) => format!("Toast {}", words(text, lang)),
        AnyEffect::Alert(text) => format!("Alert {}", words(text, lang)),
    }
}

/// The name of an enum's variant, without what it holds.
fn variant(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").chars().take_while(|letter| letter.is_alphanumeric()).collect()
}

fn words(text: &Text, lang: Lang) -> String {
    direction::plain(text, lang.direction())
}
