//! The handle: intents go in through a bounded queue, queries read beside it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase, StorageBackend};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{OpenError, StoreError};
use crate::hold::{Hold, Holds};
use crate::intent::Intent;
use crate::open::{Options, builder, initialise, open};
use crate::outcome::Outcome;
use crate::snapshot::Snapshot;
use crate::writer::{Asked, Writer};

/// How many intents may wait. A full queue makes callers wait; none is dropped.
const QUEUE_MAX: usize = 4_096;

/// The one file of truth. Cheap to clone; the file is released when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` only while this is being dropped.
    asked: Option<mpsc::Sender<Asked>>,
    /// `None` only while this is being dropped.
    writer: Option<JoinHandle<()>>,
    database: Arc<Database>,
    failed: watch::Receiver<bool>,
    commits: Arc<AtomicU64>,
    holds: Holds,
}

impl Store {
    /// Opens the file, making it where it is missing.
    ///
    /// # Errors
    /// [`OpenError`]: it is in use, not ours, damaged, too new, or the system refuses. The file is left as it is.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        Self::start(open(path, options)?).map_err(io)
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
        Self::start(database).map_err(|error| broken(&error))
    }

    fn start(database: Database) -> std::io::Result<Self> {
        let database = Arc::new(database);
        let (asked, queue) = mpsc::channel(QUEUE_MAX);
        let (failing, failed) = watch::channel(false);
        let commits = Arc::new(AtomicU64::new(0));
        let holds = Holds::default();
        let writer = Writer {
            database: Arc::clone(&database),
            asked: queue,
            failed: failing,
            commits: Arc::clone(&commits),
            holds: holds.clone(),
        };
        let writer = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run())?;
        let inner = Inner { asked: Some(asked), writer: Some(writer), database, failed, commits, holds };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Writes an intent: all of it, or nothing. Resolves after the durable commit. An intent that was handed over is
    /// carried out even if nobody waits for its outcome any more.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the intent is stored, except that after [`StoreError::Broken`] nobody knows.
    pub async fn apply(&self, intent: Intent) -> Result<Outcome, StoreError> {
        let gone = || StoreError::Broken("the writer has stopped".to_owned());
        let (answer, outcome) = oneshot::channel();
        let asked = self.inner.asked.as_ref().ok_or_else(gone)?;
        asked.send(Asked { intent, answer }).await.map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }

    /// Turns true when the storage has failed: the process must stop and open the file again.
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<bool> {
        self.inner.failed.clone()
    }

    /// How many transactions were committed since the start.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.inner.commits.load(Ordering::Relaxed)
    }

    /// From now on nothing is sold for this reason; whether that is new. Not stored: each life of the process finds out
    /// for itself.
    pub fn hold_sales(&self, hold: Hold) -> bool {
        self.inner.holds.set(hold, true)
    }

    /// This is no reason to sell nothing any more; whether it was one.
    pub fn release_sales(&self, hold: Hold) -> bool {
        self.inner.holds.set(hold, false)
    }

    /// Why nothing is sold at the moment; empty as a rule.
    #[must_use]
    pub fn holds(&self) -> BTreeSet<Hold> {
        self.inner.holds.all()
    }

    /// A finished state, for one query.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::new(self.inner.database.begin_read()?))
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
        drop(self.asked.take());
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}
