//! The conversation engine: flows as typed state machines, screens as plain data, one rule for buttons.
//!
//! Where to start: [`flow::Flow`] is what a conversation implements; [`machine::handle`] is the one way in: it takes a
//! stored [`session::Session`] and one input and returns the next session with the effects to run. Everything here is
//! pure: no I/O, no clock, no randomness. It knows neither Telegram nor the shop; it would serve a bakery as well.
//!
//! # Layout
//! * [`flow`], [`step`]: the trait, events, steps, effects, and the table that every step is checked against.
//! * [`screen`], [`text`], [`direction`]: what a person sees, as data; writing directions are settled in one place.
//! * [`token`]: what a button carries, and the stale-button rule.
//! * [`session`], [`machine`], [`mod@registry`]: frames on a stack, migrations, dispatch over the closed list of flows.
//! * [`explore`], [`diagram`]: every state tried with every event; the table as a picture.
//! * [`replay`]: what came of an event, written down, and the same event tried again.

pub mod action;
pub mod diagram;
pub mod direction;
pub mod explore;
pub mod flow;
pub mod lang;
pub mod machine;
pub mod registry;
pub mod replay;
pub mod screen;
pub mod session;
pub mod step;
pub mod text;
pub mod token;

pub use action::Action;
pub use flow::{App, Ctx, Fixture, Flow, Label, Migration};
pub use lang::{Direction, Lang};
pub use screen::{Button, Face, Rendered, RenderedButton, Screen, Surface, Target, Tone};
pub use step::{Effect, Event, Reason, Row, Step, Taken, To, Undeclared};
pub use text::{Span, Style, Template, Text, TimeStyle};
