//! The handle: intents go in through a bounded queue, queries read beside it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase, StorageBackend};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{OpenError, StoreError};
use crate::head_file::HeadFile;
use crate::hold::Hold;
use crate::intent::Intent;
use crate::open::{Options, builder, initialise, open};
use crate::outcome::Outcome;
use crate::snapshot::Snapshot;
use crate::writer::{Asked, Batch, Desk, Writer};

/// How many intents may wait. A full queue makes callers wait; none is dropped.
const QUEUE_MAX: usize = 4_096;

/// The one file of truth. Cheap to clone; the file is released when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    desk: Arc<Desk>,
    door: Door,
    /// Where the end of the ledger is kept, for a database that is a file.
    head_file: Option<HeadFile>,
}

/// How intents come to the desk.
enum Door {
    /// Through a queue, to a thread that writes what has gathered. The options are `None` only while this is dropped.
    Queue { asked: Option<mpsc::Sender<Asked>>, writer: Option<JoinHandle<()>> },
    /// Each by its own task, which the disk holds up before and after.
    InTurn(Box<dyn Fn(DiskMoment) -> Duration + Send + Sync>),
}

/// Around a commit of [`Store::simulated`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskMoment {
    /// Nothing is written yet.
    Before,
    /// It is durable, and nobody knows yet.
    After,
}

impl Store {
    /// Opens the file, making it where it is missing.
    ///
    /// # Errors
    /// [`OpenError`]: it is in use, not ours, damaged, too new, or the system refuses. The file is left as it is.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        Self::start(open(path, options)?, Some(HeadFile::beside(path))).map_err(io)
    }

    /// A store that keeps nothing, for tests.
    ///
    /// # Errors
    /// [`StoreError::Broken`], where there is no memory or no thread left.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::on_backend(InMemoryBackend::new())
    }

    /// A new store on a backend of its own.
    pub(crate) fn on_backend(backend: impl StorageBackend) -> Result<Self, StoreError> {
        let broken = |error: &dyn std::fmt::Display| StoreError::Broken(error.to_string());
        let database = builder(Options::default()).create_with_backend(backend).map_err(|error| broken(&error))?;
        initialise(&database)?;
        Self::start(database, None).map_err(|error| broken(&error))
    }

    /// A store that keeps nothing and has no thread: intents are written in the order in which their tasks come, and
    /// `disk_takes` says how long each waits before and after. For simulations, whose time is their own.
    ///
    /// # Errors
    /// [`StoreError::Broken`], where there is no memory left.
    pub fn simulated(disk_takes: impl Fn(DiskMoment) -> Duration + Send + Sync + 'static) -> Result<Self, StoreError> {
        let backend = InMemoryBackend::new();
        let created = builder(Options::default()).create_with_backend(backend);
        let database = created.map_err(|error| StoreError::Broken(error.to_string()))?;
        initialise(&database)?;
        let door = Door::InTurn(Box::new(disk_takes));
        Ok(Self { inner: Arc::new(Inner { desk: Arc::new(Desk::new(database)), door, head_file: None }) })
    }

    /// The store that a backend holds already.
    #[cfg(test)]
    pub(crate) fn reopen(backend: impl StorageBackend, options: Options) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: "a backend".into(), source };
        Self::start(crate::open::reopen(backend, options)?, None).map_err(io)
    }

    fn start(database: Database, head_file: Option<HeadFile>) -> std::io::Result<Self> {
        let desk = Arc::new(Desk::new(database));
        let (asked, queue) = mpsc::channel(QUEUE_MAX);
        let writer = Writer { desk: Arc::clone(&desk), asked: queue };
        let writer = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run())?;
        let door = Door::Queue { asked: Some(asked), writer: Some(writer) };
        Ok(Self { inner: Arc::new(Inner { desk, door, head_file }) })
    }

    /// Writes an intent: all of it, or nothing. Resolves after the durable commit. An intent that was handed over is
    /// carried out even if nobody waits for its outcome any more.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the intent is stored, except that after [`StoreError::Broken`] nobody knows.
    pub async fn apply(&self, intent: Intent) -> Result<Outcome, StoreError> {
        let gone = || StoreError::Broken("the writer has stopped".to_owned());
        match &self.inner.door {
            Door::Queue { asked, .. } => {
                let (answer, outcome) = oneshot::channel();
                let asked = asked.as_ref().ok_or_else(gone)?;
                asked.send(Asked { intent, answer }).await.map_err(|_| gone())?;
                outcome.await.map_err(|_| gone())?
            }
            Door::InTurn(disk_takes) => {
                tokio::time::sleep(disk_takes(DiskMoment::Before)).await;
                let outcome = self.inner.desk.write(vec![intent])?.pop();
                tokio::time::sleep(disk_takes(DiskMoment::After)).await;
                outcome.ok_or_else(gone)?
            }
        }
    }

    /// Turns true when the storage has failed: the process must stop and open the file again.
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<bool> {
        self.inner.desk.failed.subscribe()
    }

    /// How many transactions were committed since the start.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.inner.desk.commits.load(Ordering::Relaxed)
    }

    /// From now on `tell` is told of each committed batch, in the writer's thread. The first one stays.
    pub fn observe(&self, tell: impl Fn(&Batch) + Send + Sync + 'static) {
        drop(self.inner.desk.observer.set(Box::new(tell)));
    }

    /// How many intents wait for the writer.
    #[must_use]
    pub fn queued(&self) -> usize {
        match &self.inner.door {
            Door::Queue { asked: Some(asked), .. } => asked.max_capacity() - asked.capacity(),
            Door::Queue { asked: None, .. } | Door::InTurn(_) => 0,
        }
    }

    /// From now on nothing is sold for this reason; whether that is new. Not stored: each life of the process finds out
    /// for itself.
    pub fn hold_sales(&self, hold: Hold) -> bool {
        self.inner.desk.holds.set(hold, true)
    }

    /// This is no reason to sell nothing any more; whether it was one.
    pub fn release_sales(&self, hold: Hold) -> bool {
        self.inner.desk.holds.set(hold, false)
    }

    /// Why nothing is sold at the moment; empty as a rule.
    #[must_use]
    pub fn holds(&self) -> BTreeSet<Hold> {
        self.inner.desk.holds.all()
    }

    /// Where the end of the ledger is kept.
    pub(crate) fn head_file(&self) -> Option<&HeadFile> {
        self.inner.head_file.as_ref()
    }

    /// A finished state, for one query.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::new(self.inner.desk.database.begin_read()?))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("commits", &self.commits()).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    /// Waits for what was handed over, so that the file is free afterwards.
    fn drop(&mut self) {
        let Door::Queue { asked, writer } = &mut self.door else { return };
        drop(asked.take());
        if let Some(writer) = writer.take() {
            drop(writer.join());
        }
    }
}
