//! What holds for every flow: its table, its screens in both languages, its texts, its stored states, its buttons.
//!
//! A flow gets all of this by standing in the registry.

mod buttons;
mod diagrams;
mod elsewhere;
mod gallery;
mod journeys;
mod lints;
mod locales;
mod recorded;
mod screens;
mod sessions;
mod suppliers;
mod tables;
mod unlisted;
mod walks;
