//! Raqam: a Telegram bot that sells phone numbers for SMS codes. This crate puts the parts together.
//!
//! Where to start: [`run::bot`] is the composition root; `commands` holds a file per subcommand; [`host`] is the shop's
//! side of the conversation; [`worker`] does what the shop decides about orders; [`office`] is the store with what
//! follows from each commit.

mod clock;
mod commands;
pub mod config;
pub mod control;
mod effects;
mod fresh;
mod guard;
pub mod health;
pub mod host;
mod log_book;
pub mod market;
pub mod metrics;
pub mod office;
pub mod operator;
mod playground_bot;
pub mod pseudonym;
pub mod run;
pub mod seal;
pub mod shell;
pub mod suppliers;
mod till;
mod timers;
mod watched;
pub mod worker;

pub use commands::main;
