//! What a conversation implements: [`Flow`], and what all flows of one product share: [`App`].

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::action::Action;
use crate::lang::Lang;
use crate::screen::Screen;
use crate::step::{Event, Row, Step, To, Undeclared};

/// The vocabulary that all flows of one product share: closed enums, so that every match is checked.
pub trait App: Sized + Debug + Clone + PartialEq + 'static {
    /// What a step and a screen may look at.
    type Env;
    /// Ways in: commands and deep links.
    type Entry: Label;
    /// What an inline search result stands for.
    type Pick: Label;
    /// Orders to the domain, applied with the step.
    type Command: Debug + Clone + PartialEq;
    /// Work to do after the commit.
    type Job: Debug + Clone + PartialEq + Serialize + DeserializeOwned;
    /// What work brings back.
    type Reply: Label;
    /// Why the domain said no.
    type Refusal: Label;
    /// New messages with sound.
    type Message: Debug + Clone + PartialEq;
    /// What a child flow ends with.
    type Output: Label;
    /// The state of any flow: what [`registry!`](crate::registry!) declares. Its label is the flow's name.
    type State: Label;
    /// What must be read before a state can be shown or stepped.
    type Needs: Default;

    /// The command of a way in that a flow opens by itself (see [`Flow::COMMAND`]), and what it is about.
    fn command(_entry: &Self::Entry) -> Option<(&str, &str)> {
        None
    }
}

/// A closed enum whose variants have names.
pub trait Label: Debug + Clone + PartialEq {
    /// The variant's name in tables.
    fn label(&self) -> &'static str;
}

impl Label for () {
    fn label(&self) -> &'static str {
        "none"
    }
}

/// Implements [`Label`] by strum's `IntoStaticStr`.
#[macro_export]
macro_rules! labelled {
    ($($kind:ty),* $(,)?) => {$(
        impl $crate::Label for $kind {
            fn label(&self) -> &'static str {
                self.into()
            }
        }
    )*};
}

/// What a step and a screen may know besides the state.
pub struct Ctx<'a, Env> {
    /// The language to speak.
    pub lang: Lang,
    /// Seconds since 1970-01-01 UTC.
    pub now: i64,
    /// A number that no other event gets: the source of new ids.
    pub fresh: u64,
    /// The product's world.
    pub env: &'a Env,
}

/// One step of a state's JSON from its version to the next.
pub type Migration = fn(Value) -> Result<Value, String>;

/// The context of a flow.
pub type CtxOf<'a, F> = Ctx<'a, <<F as Flow>::App as App>::Env>;

/// A conversation: a closed set of states, and pure functions over them.
pub trait Flow: Sized + Debug + Clone + PartialEq + 'static {
    /// The product that this flow belongs to.
    type App: App;
    /// The state, with its data inside its variants.
    type State: Debug + Clone + PartialEq + Serialize + DeserializeOwned;
    /// The state's variants without data (strum's `EnumDiscriminants`), each with its doc comment as its sentence.
    type Kind: Copy + Ord + Debug + strum::IntoEnumIterator + strum::EnumMessage + Into<&'static str> + 'static;
    /// The buttons.
    type Action: Action;
    /// The timers; `()` where there are none.
    type Timer: Label + Serialize + DeserializeOwned;

    /// The flow's name in tokens and in storage: 1 to 8 of `a-z`.
    const TAG: &'static str;
    /// The version of the stored state, from 1.
    const VERSION: u16;
    /// How to read older versions: one function per version, the oldest first.
    const MIGRATIONS: &'static [Migration];
    /// Every step that the flow can take.
    const TABLE: &'static [Row<Self::Kind>];
    /// Where the flow can begin.
    const INITIAL: &'static [Self::Kind];
    /// The command that opens the flow from anywhere, without its slash; `None` where only other flows open it.
    const COMMAND: Option<&'static str> = None;

    /// The variant of a state.
    fn kind(state: &Self::State) -> Self::Kind;
    /// What must be read for [`Ctx::env`] before this state is shown or stepped; nothing special by default.
    #[must_use]
    fn needs(_state: &Self::State) -> <Self::App as App>::Needs {
        <Self::App as App>::Needs::default()
    }
    /// Where [`Flow::COMMAND`] leads; `about` is what follows the command. `None`: it does not open now, and the root is asked.
    fn opened(_about: &str, _cx: &CtxOf<'_, Self>) -> Option<Self::State> {
        None
    }
    /// Decides: consumes the state and an event, returns the step.
    fn update(state: Self::State, event: Event<Self>, cx: &CtxOf<'_, Self>) -> Step<Self>;
    /// Shows: the screen of a state.
    fn view(state: &Self::State, cx: &CtxOf<'_, Self>) -> Screen<Self::Action>;
    /// Examples of each kind of state, its sub-screens included: matched on the kind, so that a new state needs some.
    fn fixtures(kind: Self::Kind) -> Vec<Fixture<Self>>;
    /// Examples of every event besides presses, which are taken from the screens.
    fn probes() -> Vec<Event<Self>>;
}

/// A named example of a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixture<F: Flow> {
    /// What it shows, in a word.
    pub name: &'static str,
    /// The state.
    pub state: F::State,
}

impl<F: Flow> Fixture<F> {
    /// An example with its name.
    #[must_use]
    pub const fn new(name: &'static str, state: F::State) -> Self {
        Self { name, state }
    }
}

/// Takes one step and holds it against the table. The only caller of [`Flow::update`].
///
/// # Errors
/// [`Undeclared`] where the table has no such row.
pub fn step<F: Flow>(state: F::State, event: Event<F>, cx: &CtxOf<'_, F>) -> Result<Step<F>, Undeclared> {
    let from = F::kind(&state);
    let on = event.label();
    let step = F::update(state, event, cx);
    let Some(to) = step.target() else {
        return Ok(step);
    };
    if F::TABLE.iter().any(|row| row.from == from && row.on == on && row.to == to) {
        return Ok(step);
    }
    let from: &'static str = from.into();
    Err(Undeclared { flow: F::TAG, from: from.to_owned(), on, to: name_of(to) })
}

/// A row's target as a word.
#[must_use]
pub fn name_of<K: Into<&'static str>>(to: To<K>) -> String {
    match to {
        To::State(kind) => kind.into().to_owned(),
        To::Push(child) => format!("push {child}"),
        To::Done => "done".to_owned(),
    }
}
