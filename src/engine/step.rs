//! Events in, steps out: the vocabulary of every flow, and the table that steps are checked against.

use serde::{Deserialize, Serialize};

use crate::flow::{App, Flow};
use crate::text::Text;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<F: Flow> {
    /// A button of the current screen was pressed.
    Press(F::Action),
    /// A search result was picked.
    Pick(<F::App as App>::Pick),
    /// A text was typed.
    Text(String),
    /// A command or a deep link. Only the root flow gets these: everything above it was left first.
    Start(<F::App as App>::Entry),
    /// The frame's timer went off.
    Timer(F::Timer),
    /// What a job brought back.
    Reply(<F::App as App>::Reply),
    /// A command was refused at commit: nothing of that step was written.
    Refused(<F::App as App>::Refusal),
    /// The child flow ended with this.
    Resume(<F::App as App>::Output),
    /// One step back.
    Back,
    /// Away from here, to the main menu.
    Cancel,
}

/// What a flow makes of an event.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Step<F: Flow> {
    /// The flow is now in this state.
    Go(F::State, Vec<Effect<F>>),
    /// A child flow opens on top in its first state; this one rests in the second until the child ends.
    Push(<F::App as App>::State, F::State, Vec<Effect<F>>),
    /// The flow ends; its parent resumes with this.
    Done(<F::App as App>::Output, Vec<Effect<F>>),
    /// Nothing changes.
    Ignore(Reason),
}

/// Why an event changes nothing. A closed list; the product words those that a person should read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The event means nothing in this state.
    NotHere,
    /// It would lead to where the flow already is.
    AlreadyHere,
    /// An answer to a question that is no longer asked.
    TooLate,
    /// Words that this state cannot use.
    NotUnderstood,
    /// What was chosen is not for sale, or never existed.
    NotForSale,
    /// A text longer than this state can use.
    TooLong,
}

/// What should happen besides the new state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect<F: Flow> {
    /// Applied in the step's own transaction by the domain; may be refused there.
    Do(<F::App as App>::Command),
    /// Run after the commit, at least once.
    Job(<F::App as App>::Job),
    /// Sets the frame's one timer: it comes back as an event after so many seconds, restarts or not.
    Arm {
        /// What comes back.
        timer: F::Timer,
        /// Seconds from now.
        after_s: u32,
    },
    /// Clears the frame's timer.
    Disarm,
    /// A new message, with sound.
    Tell(<F::App as App>::Message),
    /// A short notice over the chat.
    Toast(Text),
    /// A short notice that must be closed.
    Alert(Text),
}

/// A row of a flow's table: in this state, on this event, the flow goes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row<K: 'static> {
    /// The state.
    pub from: K,
    /// The event, by its label (see [`Event::label`]).
    pub on: &'static str,
    /// What decides between several rows of one state and event; empty where there is one.
    pub when: &'static str,
    /// Where to.
    pub to: To<K>,
}

/// Where a row leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum To<K: 'static> {
    /// To this state.
    State(K),
    /// A child of this name opens.
    Push(&'static str),
    /// The flow ends.
    Done,
}

/// An event that a flow was given, in the table's terms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// The flow's tag.
    pub flow: &'static str,
    /// The state's name.
    pub from: &'static str,
    /// The event's label.
    pub on: String,
    /// Where it led; `None` where it was ignored.
    pub to: Option<String>,
}

/// A step that the table does not declare. A programming error: logged, answered politely, the state stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("flow {flow}: {from} on {on} to {to} is not in the table")]
pub struct Undeclared {
    /// The flow's tag.
    pub flow: &'static str,
    /// The state's name.
    pub from: String,
    /// The event's label.
    pub on: String,
    /// Where the step led.
    pub to: String,
}

impl<F: Flow> Event<F> {
    /// The event's name in tables: `Buy` for a press, `pick country` for a pick, `back`, `text`, …
    #[must_use]
    pub fn label(&self) -> String {
        use crate::action::Action as _;
        use crate::flow::Label as _;
        match self {
            Self::Press(action) => action.label().to_owned(),
            Self::Pick(pick) => format!("pick {}", pick.label()),
            Self::Text(_) => "text".to_owned(),
            Self::Start(entry) => format!("start {}", entry.label()),
            Self::Timer(timer) => format!("timer {}", timer.label()),
            Self::Reply(reply) => format!("reply {}", reply.label()),
            Self::Refused(refusal) => format!("refused {}", refusal.label()),
            Self::Resume(output) => format!("resume {}", output.label()),
            Self::Back => "back".to_owned(),
            Self::Cancel => "cancel".to_owned(),
        }
    }
}

impl<F: Flow> Step<F> {
    /// Where this step leads, in the table's terms; `None` where it leads nowhere.
    #[must_use]
    pub fn target(&self) -> Option<To<F::Kind>> {
        use crate::flow::Label as _;
        match self {
            Self::Go(state, _) => Some(To::State(F::kind(state))),
            Self::Push(child, _, _) => Some(To::Push(child.label())),
            Self::Done(..) => Some(To::Done),
            Self::Ignore(_) => None,
        }
    }
}
