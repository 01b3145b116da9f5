//! Every screen of every flow, in invented worlds: what people look at before they approve it, and what tests hold
//! against the rules.
//!
//! Where to start: [`screens::all`] makes the screens from the flows' own examples; [`scenes`] are the worlds, asked
//! from a mock supplier through the same builder that the running shop uses; [`shown`] writes a screen as text;
//! [`unlisted`] has the screens of no flow; [`lints`] hold all of them against the rules; [`diagrams`] draw the flows;
//! [`presses`] follow every button; [`replay`] tries the events of a recorded session again; [`html`] makes pages of
//! all this. [`Person`] uses the bot in tests: a line a turn.
//! All of it is pure.

mod books;
pub mod diagrams;
pub mod html;
pub mod lints;
mod mock;
mod person;
pub mod presses;
pub mod replay;
pub mod scenes;
pub mod screens;
pub mod seen;
pub mod shown;
mod svg;
pub mod unlisted;

pub use diagrams::diagram_svg;
pub use mock::server;
pub use person::Person;
pub use scenes::{LANGS, SCENES, Scene, World, context};
