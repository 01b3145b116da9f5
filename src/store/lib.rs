//! The one file of truth: redb behind one writer thread with group commit. No other crate names redb.
//!
//! Start at [`Store`]: [`Store::apply`] takes an [`Intent`], all or nothing, and resolves after the durable commit; the
//! other methods are queries, each one short read transaction. An intent is decided into a buffer (`draft`) on top of
//! the open transaction and flushed only when nothing objects, so that a refused, broken or panicking intent leaves
//! nothing behind and its batch-mates notice nothing (`writer`). What a command means is [`shop::decide`]'s business;
//! this crate gathers the facts, checks every posting, and keeps the indexes, cards, messages, jobs and timers.

mod apply;
mod audit;
mod backup;
mod cards;
mod chain;
mod codec;
mod draft;
mod error;
mod facts;
mod head_file;
mod hold;
mod inbox;
mod intent;
mod migrate;
mod open;
mod orders;
mod outcome;
mod outgoing;
mod pages;
mod postings;
mod query;
mod read;
mod rows;
mod server_days;
mod snapshot;
mod status;
mod step;
mod store;
mod tables;
mod tickets;
mod traces;
mod users;
mod waiting;
mod writer;

#[cfg(test)]
mod tests;

pub use audit::{Audit, Checked, Invariant};
pub use backup::{BackupError, Forget, restore};
pub use chain::{Hash, Head};
pub use error::{OpenError, StoreError};
pub use head_file::{HeadError, HeadFile, Lost};
pub use hold::Hold;
pub use intent::{
    CardPlace, CardStep, Cause, DeliveryRow, Intent, JobRow, RawUpdate, ReplyStep, Standing, Step, TimerChange,
};
pub use open::{Integrity, Options};
pub use outcome::{Changed, Outcome, Posted};
pub use pages::{HistoryFilter, HistoryPage, StatementPage};
pub use query::{OutgoingRow, UserView};
pub use rows::{AlarmRow, Ask, CardRow, DeadLetter, LetterKind, LivingRow, needs_watching};
pub use server_days::Day;
pub use status::{Counts, Orphans, ServerStatus, Status, WrittenOff};
pub use store::{DiskMoment, Store};
pub use tickets::{Side, TicketMessage};
pub use traces::{NamedLists, SessionView, TRACES_MAX, Trace, TraceView};
pub use waiting::{JobView, TimerView};
pub use writer::Batch;
