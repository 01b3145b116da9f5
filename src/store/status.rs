//! What the operator is told about the file: counts, alarms, and what is not settled.

use std::collections::BTreeMap;

use shop::command::Alarm;
use shop::ledger::Key;
use shop::order::{Order, State, StateKind};
use shop::orphan::{Orphan, OrphanState};
use shop::{Money, ServerId, UnixSeconds};

use crate::error::StoreError;
use crate::orders::open_orders_at;
use crate::query::all;
use crate::read::{Read, Sort, Span};
use crate::rows::{AlarmRow, DeadLetter};
use crate::server_days::{self, Day};
use crate::snapshot::Snapshot;
use crate::store::Store;
use crate::tables::{Tab, part};

/// The state of the shop in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Known people.
    pub users: u64,
    /// What was sold at each server.
    pub servers: BTreeMap<ServerId, ServerStatus>,
    /// Orders that somebody looks after, by state.
    pub orders: BTreeMap<StateKind, u64>,
    /// Open orders of which nobody knows whether the supplier sold.
    pub ambiguous: u64,
    /// Refunded orders whose supplier's side is still watched.
    pub unsettled: u64,
    /// Supplier's orders without an owner.
    pub orphans: Orphans,
    /// What suppliers keep and no user paid for.
    pub written_off: WrittenOff,
    /// What could not be handled or delivered.
    pub dead_letters: u64,
    /// Messages that were not delivered yet.
    pub outbox: u64,
    /// Updates that were not handled yet.
    pub inbox: u64,
    /// Tickets that wait for an answer.
    pub tickets_waiting: u64,
    /// Alarms.
    pub alarms: BTreeMap<Alarm, AlarmRow>,
}

/// A server in numbers. They are counted as they come: no order is read for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServerStatus {
    /// This day of UTC so far.
    pub today: Day,
    /// Its open orders.
    pub open: u64,
}

/// What is cheap to count: the lengths of tables, and the orders that somebody looks after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Known people.
    pub users: u64,
    /// Stored conversations.
    pub sessions: u64,
    /// Orders that somebody looks after, by state.
    pub orders: BTreeMap<StateKind, u64>,
    /// What could not be handled or delivered.
    pub dead_letters: u64,
    /// Messages that were not delivered yet.
    pub outbox: u64,
    /// Updates that were not handled yet.
    pub inbox: u64,
    /// Jobs that were not done yet.
    pub jobs: u64,
    /// Timers that are set.
    pub timers: u64,
    /// How often each alarm was raised.
    pub alarms: BTreeMap<Alarm, u64>,
    /// How many orders of each server are open.
    pub open: BTreeMap<ServerId, u64>,
}

/// How many supplier's orders without an owner there are, by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orphans {
    /// Being watched or given back.
    pub open: u64,
    /// Given back: their cost came back.
    pub given_back: u64,
    /// Written off: the supplier keeps their cost.
    pub written_off: u64,
}

/// What suppliers keep and no user paid for, worked out anew from the orders and the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrittenOff {
    /// Orders whose users have their money back, whose supplier gave none, and that are not watched any more.
    pub orders: u64,
    /// Supplier's orders without an owner.
    pub orphans: u64,
    /// What all of them cost.
    pub amount: Money,
}

impl WrittenOff {
    fn add(&mut self, cost: Money) {
        self.amount = self.amount.checked_add(cost).unwrap_or(self.amount);
    }
}

impl Store {
    /// The state of the shop in numbers. Reads every order: not for the thread of a conversation.
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
        let mut written_off = lost_orders(&books, now)?;
        let orphans = orphans(&books, &mut written_off)?;
        let servers = ServerId::ALL.iter().map(|server| {
            let (today, open) = (server_days::read(&books, *server, now)?, books.number(&open_orders_at(*server))?);
            Ok((*server, ServerStatus { today, open }))
        });
        Ok(Status {
            servers: servers.collect::<Result<_, StoreError>>()?,
            users: books.len(Tab::Users)?,
            orders,
            ambiguous,
            unsettled,
            orphans,
            written_off,
            dead_letters: books.len(Tab::DeadLetters)?,
            outbox: books.len(Tab::Outbox)?,
            inbox: books.len(Tab::Inbox)?,
            tickets_waiting: crate::tickets::waiting(&books)?,
            alarms: all::<(Alarm, AlarmRow)>(&books, Tab::Alarms)?.into_iter().collect(),
        })
    }

    /// What is cheap to count: it reads the open orders and no others.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let books = self.snapshot()?;
        let mut orders = BTreeMap::new();
        books.scan(Tab::Watched, &Span::all(), Sort::Ascending, &mut |key, _| {
            if let Some(order) = books.order(shop::OrderId(part(key, 0)))? {
                *orders.entry(order.kind()).or_insert(0) += 1;
            }
            Ok(true)
        })?;
        let alarms = all::<(Alarm, AlarmRow)>(&books, Tab::Alarms)?.into_iter();
        let open = ServerId::ALL.iter().map(|server| Ok((*server, books.number(&open_orders_at(*server))?)));
        Ok(Counts {
            open: open.collect::<Result<_, StoreError>>()?,
            users: books.len(Tab::Users)?,
            sessions: books.len(Tab::Sessions)?,
            orders,
            dead_letters: books.len(Tab::DeadLetters)?,
            outbox: books.len(Tab::Outbox)?,
            inbox: books.len(Tab::Inbox)?,
            jobs: books.len(Tab::Jobs)?,
            timers: books.len(Tab::Timers)?,
            alarms: alarms.map(|(alarm, row)| (alarm, row.count)).collect(),
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

/// Orders that cost us, brought their users nothing, and whose cost did not come back while they were watched.
fn lost_orders(books: &Snapshot, now: UnixSeconds) -> Result<WrittenOff, StoreError> {
    let mut lost = WrittenOff::default();
    books.scan(Tab::Orders, &Span::all(), Sort::Ascending, &mut |_, bytes| {
        let order: Order = crate::codec::decode(bytes)?;
        let is_over = matches!(order.state, State::Refunded(_)) && order.watched_until.is_none_or(|until| until <= now);
        let Some(number) = order.number.filter(|number| is_over && number.cost > Money::ZERO) else { return Ok(true) };
        if books.transaction_of(&Key::CostBack(number.supplier_id).to_string())?.is_none() {
            lost.orders += 1;
            lost.add(number.cost);
        }
        Ok(true)
    })?;
    Ok(lost)
}

/// Counts the supplier's orders without an owner, and adds the lost ones to what is written off.
fn orphans(books: &Snapshot, written_off: &mut WrittenOff) -> Result<Orphans, StoreError> {
    let mut orphans = Orphans::default();
    for Orphan { state, cost, .. } in all(books, Tab::Orphans)? {
        match state {
            OrphanState::Watched | OrphanState::GivingBack { .. } => orphans.open += 1,
            OrphanState::GivenBack { .. } => orphans.given_back += 1,
            OrphanState::WrittenOff { .. } => {
                orphans.written_off += 1;
                written_off.orphans += 1;
                written_off.add(cost);
            }
        }
    }
    Ok(orphans)
}
