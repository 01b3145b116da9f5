//! The shop: money, orders, prices, the catalogue, and every decision about them. Pure: no I/O, no clock, no randomness.
//!
//! Start at [`decide`] (what a command does to the books), then [`order`] (the states of an order) and [`pool`] (what a
//! supplier must be able to do). [`monitor`], [`reconcile`], [`extension`], [`orphan`] and [`recover`] compute what the shell should do next from
//! facts and the time; the shell only executes. This crate words nothing that a person reads.

pub mod breaker;
pub mod catalogue;
pub mod clock;
pub mod command;
pub mod decide;
pub mod error_code;
pub mod extension;
pub mod ids;
pub mod ledger;
pub mod money;
pub mod monitor;
pub mod order;
pub mod orphan;
pub mod places;
pub mod pool;
pub mod pricing;
pub mod reconcile;
pub mod recover;
#[cfg(test)]
mod samples;
pub mod search;
pub mod server;
pub mod settings;
pub mod ticket;
pub mod trouble;

pub use error_code::ErrorCode;
pub use ids::{
    CountryId, Days, OrderId, Phone, QuoteId, ServerId, ServiceId, SupplierOrderId, TicketId, UnixSeconds, UserId,
};
pub use money::Money;
