//! The closed list of flows of one product, and the bridge between their types and what is stored.
//!
//! [`registry!`](crate::registry!) writes the enum of all states and the dispatch; the functions here do the work once,
//! for any flow.

use serde::Serialize;
use serde_json::Value;

use crate::action::Action;
use crate::flow::{App, Ctx, CtxOf, Flow, name_of};
use crate::screen::{self, Pressed, Rendered, Surface, Target};
use crate::session::{Frame, Unreadable};
use crate::step::{Effect, Event, Reason, Step, Taken, Undeclared};
use crate::text::Text;
use crate::token::Code;

/// A product with its flows. Implemented by [`registry!`](crate::registry!).
pub trait Registry: App {
    /// The tags of all flows, in order.
    const TAGS: &'static [&'static str];

    /// The root flow's first state: what a person without a session is in.
    fn root() -> Self::State;
    /// Shows every flow to a visitor, in order.
    fn each(visitor: &mut impl Visitor<Self>);
    /// What must be read before this state is shown or stepped.
    fn needs(state: &Self::State) -> Self::Needs;
    /// The flow's command that is called so.
    fn command_named(name: &str) -> Option<&'static str>;
    /// The state that a flow's command opens (see [`Flow::COMMAND`]); `None` where none does now.
    fn opened(command: &str, about: &str, cx: &Ctx<'_, Self::Env>) -> Option<Self::State>;
    /// The name of a state's kind, as in its flow's table.
    fn kind(state: &Self::State) -> &'static str;
    /// Tag, version and body of a state.
    fn freeze(state: &Self::State) -> Frozen;
    /// A state from its frozen form, migrated where it is older.
    ///
    /// # Errors
    /// [`Unreadable`] for an unknown flow, a newer version or a damaged body.
    fn thaw(flow: &str, version: u16, body: &Value) -> Result<Self::State, Unreadable>;
    /// Takes one step in whatever flow this is.
    ///
    /// # Errors
    /// [`Undeclared`] where the flow's table has no such row.
    fn step(state: Self::State, event: AnyEvent<Self>, cx: &Ctx<'_, Self::Env>) -> Result<Stepped<Self>, Undeclared>;
    /// Shows whatever flow this is.
    fn view(state: &Self::State, cx: &Ctx<'_, Self::Env>, encode: &dyn Fn(Code, Once) -> String) -> View;
    /// What the screen of whatever flow this is offers to press.
    fn offered(state: &Self::State, cx: &Ctx<'_, Self::Env>) -> Vec<(Code, Once)>;
}

/// What is done with every flow of a product: for whatever must hold for all of them.
pub trait Visitor<A: App> {
    /// Looks at one flow; `wrap` makes a state of any flow from one of its own.
    fn visit<F: Flow<App = A>>(&mut self, wrap: fn(F::State) -> A::State);
}

/// A step, and what it was in the flow's table.
#[derive(Debug, Clone, PartialEq)]
pub struct Stepped<A: Registry> {
    /// What the flow makes of the event.
    pub step: AnyStep<A>,
    /// The event in the table's terms; `None` where it is not even one of the flow's.
    pub taken: Option<Taken>,
}

/// A state as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Frozen {
    /// The flow's tag.
    pub flow: &'static str,
    /// The flow's version.
    pub version: u16,
    /// The state.
    pub body: Value,
}

impl Frozen {
    /// The frame of this stay in the flow.
    #[must_use]
    pub fn into_frame(self, instance: u64) -> Frame {
        Frame { flow: self.flow.to_owned(), version: self.version, instance, body: self.body }
    }
}

/// Whether a button counts once per revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// It does: it pays, or destroys.
    Yes,
    /// It may be pressed again.
    No,
}

/// A screen, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What to show.
    pub rendered: Rendered,
    /// Where.
    pub surface: Surface,
}

/// An event before the flow's types are known.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyEvent<A: App> {
    /// A press, in its short form.
    Press(String),
    /// A search result was picked.
    Pick(A::Pick),
    /// A text was typed.
    Text(String),
    /// A command or deep link.
    Start(A::Entry),
    /// The frame's timer went off.
    Timer(Value),
    /// What a job brought back.
    Reply(A::Reply),
    /// A command was refused at commit.
    Refused(A::Refusal),
    /// The child flow ended.
    Resume(A::Output),
    /// One step back.
    Back,
    /// To the main menu.
    Cancel,
}

/// A step without its flow's types.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyStep<A: Registry> {
    /// The flow is now in this state.
    Go(A::State, Vec<AnyEffect<A>>),
    /// A child opens.
    Push(A::State, A::State, Vec<AnyEffect<A>>),
    /// The flow ends.
    Done(A::Output, Vec<AnyEffect<A>>),
    /// Nothing changes.
    Ignore(Reason),
}

/// An effect without its flow's types.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyEffect<A: App> {
    /// An order to the domain.
    Do(A::Command),
    /// Work after the commit.
    Job(A::Job),
    /// Sets the frame's timer.
    Arm {
        /// What comes back.
        timer: Value,
        /// Seconds from now.
        after_s: u32,
    },
    /// Clears the frame's timer.
    Disarm,
    /// A new message with sound.
    Tell(A::Message),
    /// A short notice.
    Toast(Text),
    /// A short notice that must be closed.
    Alert(Text),
}

/// [`Registry::freeze`] for one flow.
#[must_use]
pub fn freeze_as<F: Flow>(state: &F::State) -> Frozen {
    Frozen { flow: F::TAG, version: F::VERSION, body: to_value(state) }
}

/// [`Registry::thaw`] for one flow.
///
/// # Errors
/// [`Unreadable`] for a newer version or a damaged body.
pub fn thaw_as<F: Flow>(version: u16, body: &Value) -> Result<F::State, Unreadable> {
    let damaged = |cause: String| Unreadable::Damaged { flow: F::TAG.to_owned(), version, cause };
    if version > F::VERSION {
        return Err(Unreadable::Newer { flow: F::TAG.to_owned(), found: version, known: F::VERSION });
    }
    let done = usize::from(version).checked_sub(1).ok_or_else(|| damaged("version 0".to_owned()))?;
    let mut body = body.clone();
    for migrate in &F::MIGRATIONS[done..] {
        body = migrate(body).map_err(damaged)?;
    }
    serde_json::from_value(body).map_err(|error| damaged(without_contents(&error.to_string())))
}

/// What is wrong with a body, without what stands in it: that may be what somebody typed. A plain name is a variant's or
/// a field's, and tells which.
fn without_contents(error: &str) -> String {
    let Some((what, quoted)) = error.split_once(['`', '"']) else { return error.to_owned() };
    let name = quoted.split('`').next().filter(|name| name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_'));
    format!("{what}`{}`", name.unwrap_or("…"))
}

/// [`Registry::step`] for one flow.
///
/// # Errors
/// [`Undeclared`] where the table has no such row.
pub fn step_as<F: Flow>(
    state: F::State,
    event: AnyEvent<F::App>,
    cx: &CtxOf<'_, F>,
    wrap: fn(F::State) -> <F::App as App>::State,
) -> Result<Stepped<F::App>, Undeclared>
where
    F::App: Registry,
{
    let Some(event) = typed::<F>(event) else {
        return Ok(Stepped { step: AnyStep::Ignore(Reason::NotHere), taken: None });
    };
    let (from, on) = (F::kind(&state).into(), event.label());
    let step = crate::flow::step::<F>(state, event, cx)?;
    let taken = Some(Taken { flow: F::TAG, from, on, to: step.target().map(name_of) });
    let step = match step {
        Step::Go(state, effects) => AnyStep::Go(wrap(state), untyped(effects)),
        Step::Push(child, state, effects) => AnyStep::Push(child, wrap(state), untyped(effects)),
        Step::Done(output, effects) => AnyStep::Done(output, untyped(effects)),
        Step::Ignore(reason) => AnyStep::Ignore(reason),
    };
    Ok(Stepped { step, taken })
}

/// [`Registry::view`] for one flow.
#[must_use]
pub fn view_as<F: Flow>(state: &F::State, cx: &CtxOf<'_, F>, encode: &dyn Fn(Code, Once) -> String) -> View {
    let screen = F::view(state, cx);
    let rendered = screen::render(&screen, cx.lang.direction(), |pressed| match pressed {
        Pressed::Action(action) => encode(Code::Action(action.encode()), once(action)),
        Pressed::Back => encode(Code::Back, Once::No),
        Pressed::Home => encode(Code::Home, Once::No),
    });
    View { rendered, surface: screen.surface.clone() }
}

/// [`Registry::offered`] for one flow.
#[must_use]
pub fn offered_as<F: Flow>(state: &F::State, cx: &CtxOf<'_, F>) -> Vec<(Code, Once)> {
    let offered = |target: &Target<F::Action>| match target {
        Target::Press(action) => Some((Code::Action(action.encode()), once(action))),
        Target::Back => Some((Code::Back, Once::No)),
        Target::Home => Some((Code::Home, Once::No)),
        Target::Copy(_) | Target::Inline(_) | Target::Url(_) => None,
    };
    F::view(state, cx).rows.iter().flatten().filter_map(|button| offered(&button.target)).collect()
}

/// Whether an action, in its short form, counts once.
#[must_use]
pub fn once<A: Action>(action: &A) -> Once {
    if action.is_once() { Once::Yes } else { Once::No }
}

/// The event in the flow's own types; `None` where it is none of this flow's.
fn typed<F: Flow>(event: AnyEvent<F::App>) -> Option<Event<F>> {
    Some(match event {
        AnyEvent::Press(code) => Event::Press(F::Action::decode(&code)?),
        AnyEvent::Timer(value) => Event::Timer(serde_json::from_value(value).ok()?),
        AnyEvent::Pick(pick) => Event::Pick(pick),
        AnyEvent::Text(text) => Event::Text(text),
        AnyEvent::Start(entry) => Event::Start(entry),
        AnyEvent::Reply(reply) => Event::Reply(reply),
        AnyEvent::Refused(refusal) => Event::Refused(refusal),
        AnyEvent::Resume(output) => Event::Resume(output),
        AnyEvent::Back => Event::Back,
        AnyEvent::Cancel => Event::Cancel,
    })
}

fn untyped<F: Flow>(effects: Vec<Effect<F>>) -> Vec<AnyEffect<F::App>> {
    let one = |effect| match effect {
        Effect::Do(command) => AnyEffect::Do(command),
        Effect::Job(job) => AnyEffect::Job(job),
        Effect::Arm { timer, after_s } => AnyEffect::Arm { timer: to_value(&timer), after_s },
        Effect::Disarm => AnyEffect::Disarm,
        Effect::Tell(message) => AnyEffect::Tell(message),
        Effect::Toast(text) => AnyEffect::Toast(text),
        Effect::Alert(text) => AnyEffect::Alert(text),
    };
    effects.into_iter().map(one).collect()
}

fn to_value(state: &impl Serialize) -> Value {
    serde_json::to_value(state).expect("states are plain data: maps have string keys, numbers are finite")
}

/// Declares a product's flows: the enum of all states, freezing, thawing and dispatch. The first flow is the root.
/// `registry! { impl Shop { root: AnyState::Home(home::State::Menu) } pub enum AnyState { Home => home::Home, … } }`.
#[macro_export]
macro_rules! registry {
    (impl $app:ident { root: $root:expr $(,)? }
     $(#[$meta:meta])* pub enum $any:ident { $($variant:ident => $flow:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $any {
            $(#[doc = concat!("A state of `", stringify!($flow), "`.")] $variant(<$flow as $crate::Flow>::State)),+
        }

        $(const _: () = {
            let (version, migrations) = (<$flow as $crate::Flow>::VERSION, <$flow as $crate::Flow>::MIGRATIONS.len());
            assert!(version as usize == migrations + 1, "one migration for each older version");
        };)+

        impl $crate::Label for $any {
            fn label(&self) -> &'static str {
                match self { $(Self::$variant(_) => stringify!($variant)),+ }
            }
        }

        impl $crate::registry::Registry for $app {
            const TAGS: &'static [&'static str] = &[$(<$flow as $crate::Flow>::TAG),+];

            fn root() -> $any {
                $root
            }

            fn each(visitor: &mut impl $crate::registry::Visitor<Self>) {
                $(visitor.visit::<$flow>($any::$variant);)+
            }

            fn needs(state: &$any) -> Self::Needs {
                match state { $($any::$variant(state) => <$flow as $crate::Flow>::needs(state)),+ }
            }

            fn command_named(name: &str) -> Option<&'static str> {
                let commands = [$(<$flow as $crate::Flow>::COMMAND),+];
                commands.into_iter().flatten().find(|command| *command == name)
            }

            fn opened(command: &str, about: &str, cx: &$crate::Ctx<'_, Self::Env>) -> Option<$any> {
                $(if <$flow as $crate::Flow>::COMMAND == Some(command) {
                    return <$flow as $crate::Flow>::opened(about, cx).map($any::$variant);
                })+
                None
            }

            fn kind(state: &$any) -> &'static str {
                match state { $($any::$variant(state) => <$flow as $crate::Flow>::kind(state).into()),+ }
            }

            fn freeze(state: &$any) -> $crate::registry::Frozen {
                match state { $($any::$variant(state) => $crate::registry::freeze_as::<$flow>(state)),+ }
            }

            fn thaw(flow: &str, version: u16, body: &serde_json::Value) -> Result<$any, $crate::session::Unreadable> {
                $(if flow == <$flow as $crate::Flow>::TAG {
                    return $crate::registry::thaw_as::<$flow>(version, body).map($any::$variant);
                })+
                Err($crate::session::Unreadable::UnknownFlow(flow.to_owned()))
            }

            fn step(
                state: $any,
                event: $crate::registry::AnyEvent<Self>,
                cx: &$crate::Ctx<'_, Self::Env>,
            ) -> Result<$crate::registry::Stepped<Self>, $crate::Undeclared> {
                match state {
                    $($any::$variant(state) => $crate::registry::step_as::<$flow>(state, event, cx, $any::$variant)),+
                }
            }

            fn view(
                state: &$any,
                cx: &$crate::Ctx<'_, Self::Env>,
                encode: &dyn Fn($crate::token::Code, $crate::registry::Once) -> String,
            ) -> $crate::registry::View {
                match state { $($any::$variant(state) => $crate::registry::view_as::<$flow>(state, cx, encode)),+ }
            }

            fn offered(
                state: &$any,
                cx: &$crate::Ctx<'_, Self::Env>,
            ) -> Vec<($crate::token::Code, $crate::registry::Once)> {
                match state { $($any::$variant(state) => $crate::registry::offered_as::<$flow>(state, cx)),+ }
            }
        }
    };
}
