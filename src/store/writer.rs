//! The writer thread. It takes whatever has queued up during the last commit, writes it as one transaction, and answers
//! only when that is durable. That is the whole of group commit: no timer, no delay for a lonely intent. A simulation has
//! no such thread: it writes at the [`Desk`] in its own order.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use redb::{Database, Durability, WriteTransaction};
use tokio::sync::{mpsc, oneshot, watch};

use crate::apply::apply;
use crate::draft::{Draft, Open, Pending};
use crate::error::StoreError;
use crate::hold::Holds;
use crate::intent::Intent;
use crate::outcome::Outcome;

/// The most intents of one transaction.
const BATCH_MAX: usize = 512;

type Answer = Result<Outcome, StoreError>;

/// An intent and who waits for its outcome.
pub(crate) struct Asked {
    pub(crate) intent: Intent,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// Where intents are written.
pub(crate) struct Desk {
    pub(crate) database: Database,
    pub(crate) failed: watch::Sender<bool>,
    pub(crate) commits: AtomicU64,
    pub(crate) holds: Holds,
    pub(crate) observer: OnceLock<Box<Observer>>,
}

/// A transaction that was committed (or had nothing to commit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The names of the intents in it, without their commands.
    pub intents: Vec<&'static str>,
    /// From the first write to the end of the commit.
    pub took: Duration,
}

/// Who is told of each batch, in the writer's own thread: it must not wait.
pub(crate) type Observer = dyn Fn(&Batch) + Send + Sync;

/// What the writer thread works with.
pub(crate) struct Writer {
    pub(crate) desk: Arc<Desk>,
    pub(crate) asked: mpsc::Receiver<Asked>,
}

impl Writer {
    /// Works until every handle of the store is gone, or the storage fails.
    pub(crate) fn run(mut self) {
        let end = catch_unwind(AssertUnwindSafe(|| self.work()));
        let cause = match end {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(panic) => words(panic.as_ref()),
        };
        tracing::error!(%cause, "the storage failed; nothing is accepted any more");
        self.desk.failed.send_replace(true);
        self.asked.close();
        while let Ok(asked) = self.asked.try_recv() {
            drop(asked.answer.send(Err(StoreError::Broken(cause.clone()))));
        }
    }

    fn work(&mut self) -> Result<(), StoreError> {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.asked.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
            let (intents, waiting): (Vec<_>, Vec<_>) =
                batch.drain(..).map(|asked| (asked.intent, asked.answer)).unzip();
            match self.desk.write(intents) {
                Ok(answers) => {
                    waiting.into_iter().zip(answers).for_each(|(waiting, answer)| drop(waiting.send(answer)));
                }
                Err(error) => {
                    waiting
                        .into_iter()
                        .for_each(|waiting| drop(waiting.send(Err(StoreError::Broken(error.to_string())))));
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl Desk {
    /// A desk on an open database.
    pub(crate) fn new(database: Database) -> Self {
        let (failed, commits, holds) = (watch::Sender::new(false), AtomicU64::new(0), Holds::default());
        Self { database, failed, commits, holds, observer: OnceLock::new() }
    }

    /// One transaction for the whole batch. An error here is the storage's: the file's state is not known any more.
    pub(crate) fn write(&self, intents: Vec<Intent>) -> Result<Vec<Answer>, StoreError> {
        let names = self.observer.get().map(|_| intents.iter().map(Into::into).collect());
        let begun = Instant::now();
        let committed = self.commit(intents);
        if let (Some(tell), Some(intents), Ok(_)) = (self.observer.get(), names, &committed) {
            tell(&Batch { intents, took: begun.elapsed() });
        }
        if committed.is_err() {
            self.failed.send_replace(true);
        }
        committed
    }

    fn commit(&self, intents: Vec<Intent>) -> Result<Vec<Answer>, StoreError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_quick_repair(true);
        let (answers, wrote) = fill(&transaction, intents, &self.holds)?;
        match wrote {
            Wrote::Something => {
                transaction.commit()?;
                self.commits.fetch_add(1, Ordering::Relaxed);
            }
            Wrote::Nothing => transaction.abort()?,
        }
        Ok(answers)
    }
}

/// Whether a batch has anything to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrote {
    Something,
    Nothing,
}

fn fill(
    transaction: &WriteTransaction,
    intents: Vec<Intent>,
    holds: &Holds,
) -> Result<(Vec<Answer>, Wrote), StoreError> {
    let mut open = Open::new(transaction, !holds.all().is_empty());
    let mut answers = Vec::with_capacity(intents.len());
    let mut wrote = Wrote::Nothing;
    for intent in intents {
        let (answer, pending) = draft(&open, intent);
        if let Err(error @ StoreError::Broken(_)) = answer {
            return Err(error);
        }
        if !pending.is_empty() {
            wrote = Wrote::Something;
            open.flush(pending)?;
        }
        answers.push(answer);
    }
    Ok((answers, wrote))
}

/// Decides one intent. Whatever it buffered before it was refused, failed or panicked is dropped with the draft.
fn draft(open: &Open<'_>, intent: Intent) -> (Answer, Pending) {
    let mut draft = Draft::new(open);
    let answer = catch_unwind(AssertUnwindSafe(|| apply(&mut draft, intent)));
    match answer {
        Ok(Ok(outcome @ (Outcome::Refused(_) | Outcome::Conflict))) => (Ok(outcome), Pending::new()),
        Ok(Ok(outcome)) => (Ok(outcome), draft.into_pending()),
        Ok(Err(error)) => {
            tracing::error!(%error, "an intent was not stored");
            (Err(error), Pending::new())
        }
        Err(panic) => {
            let cause = words(panic.as_ref());
            tracing::error!(%cause, "an intent panicked and was not stored");
            (Err(StoreError::Panicked(cause)), Pending::new())
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}
