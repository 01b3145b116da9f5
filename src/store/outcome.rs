//! What an intent led to: known only after it is durable.

use std::collections::BTreeSet;

use shop::command::{Alarm, Refusal, Request};
use shop::ledger::Transaction;
use shop::order::Order;
use shop::{OrderId, UserId};

use crate::waiting::JobView;

/// How an intent ended.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr)]
pub enum Outcome {
    /// All of it is stored; this is what the shell should look after now.
    Stored(Box<Changed>),
    /// The domain said no: nothing is stored, and the cause of a step or press is still waiting.
    Refused(Refusal),
    /// The session changed meanwhile, or the database is another bot's: nothing is stored.
    Conflict,
    /// The ids that were never seen before, in order.
    TakenIn(Vec<i64>),
    /// The first of the reserved numbers.
    Reserved(u64),
    /// Done; nothing follows from it.
    Done,
}

/// What an intent changed, as far as somebody should act on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changed {
    /// Orders, as they are now; the newest change last.
    pub orders: Vec<Order>,
    /// Users who have something outgoing now.
    pub wake: BTreeSet<UserId>,
    /// Messages that were a panel or a card and show nothing any more.
    pub left: Vec<i32>,
    /// What users want of the supplier's side of their orders.
    pub requests: Vec<(OrderId, Request)>,
    /// New transactions.
    pub posted: Vec<Posted>,
    /// New jobs, to be run.
    pub jobs: Vec<JobView>,
    /// Whether the next timer may be another one.
    pub timers_changed: bool,
    /// Facts for the operator.
    pub alarms: Vec<Alarm>,
    /// Whether a setting changed: prices must be made anew.
    pub settings_changed: bool,
    /// Users whose session was put in the place of another: their screen is shown although they did nothing.
    pub show: BTreeSet<UserId>,
    /// Users with another language.
    pub langs: Vec<(UserId, String)>,
}

/// A transaction with its place in the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its place, from 1.
    pub seq: u64,
    /// What it is.
    pub transaction: Transaction,
}
