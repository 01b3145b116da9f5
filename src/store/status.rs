//! What the operator is told about the file: counts, alarms, and what is not settled.

use std::collections::BTreeMap;

use shop::UnixSeconds;
use shop::command::Alarm;
use shop::order::{State, StateKind};

use crate::error::StoreError;
use crate::query::all;
use crate::read::{Read, Sort, Span};
use crate::rows::{AlarmRow, DeadLetter};
use crate::store::Store;
use crate::tables::{Tab, part};

/// The state of the shop in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Known people.
    pub users: u64,
    /// Orders that somebody looks after, by state.
    pub orders: BTreeMap<StateKind, u64>,
    /// Open orders of which nobody knows whether the supplier sold.
    pub ambiguous: u64,
    /// Refunded orders whose supplier's side is still watched.
    pub unsettled: u64,
    /// Supplier's orders without an owner.
    pub orphans: u64,
    /// What could not be handled or delivered.
    pub dead_letters: u64,
    /// Messages that were not delivered yet.
    pub outbox: u64,
    /// Updates that were not handled yet.
    pub inbox: u64,
    /// Alarms.
    pub alarms: BTreeMap<Alarm, AlarmRow>,
}

impl Store {
    /// The state of the shop in numbers.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn status(&self, now: UnixSeconds) -> Result<Status, StoreError> {
        let books = self.snapshot()?;
        let (mut orders, mut ambiguous, mut unsettled) = (BTreeMap::new(), 0, 0);
        books.scan(Tab::Watched, &Span::all(), Sort::Ascending, &mut |key, _| {
            if let Some(order) = books.order(shop::OrderId(part(key, 0)))? {
                *orders.entry(order.kind()).or_insert(0) += 1;
                ambiguous += u64::from(matches!(order.state, State::Ambiguous { .. }));
                let watched = order.watched_until.is_some_and(|until| now < until);
                unsettled += u64::from(watched && matches!(order.state, State::Refunded(_)));
            }
            Ok(true)
        })?;
        Ok(Status {
            users: books.len(Tab::Users)?,
            orders,
            ambiguous,
            unsettled,
            orphans: books.len(Tab::Orphans)?,
            dead_letters: books.len(Tab::DeadLetters)?,
            outbox: books.len(Tab::Outbox)?,
            inbox: books.len(Tab::Inbox)?,
            alarms: all::<(Alarm, AlarmRow)>(&books, Tab::Alarms)?.into_iter().collect(),
        })
    }

    /// The newest dead letters, newest first.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let rows = self.snapshot()?.rows(Tab::DeadLetters, &Span::all(), Sort::Descending, limit)?;
        rows.iter().map(|(_, bytes)| crate::codec::decode(bytes)).collect()
    }
}
