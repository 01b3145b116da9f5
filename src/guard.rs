//! The shop's own guard: audits the books at the start and every hour, watches the disk, and keeps the end of the ledger
//! beside the database. What it finds stops the sales, and nothing else: open orders, refunds and reads go on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use store::{Hold, Store, StoreError};
use strum::EnumMessage as _;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval_at};

/// How often the books are audited.
const AUDIT_EVERY: Duration = Duration::from_secs(3_600);
/// How often the disk is looked at.
const DISK_EVERY: Duration = Duration::from_secs(30);

/// How often the end of the ledger is kept outside of the database.
const HEAD_EVERY: Duration = Duration::from_secs(5);

/// What the guard looks after.
pub(crate) struct Guard {
    /// The books.
    pub(crate) store: Store,
    /// The database's folder.
    pub(crate) folder: PathBuf,
    /// Below so many free bytes nothing is sold.
    pub(crate) free_bytes_min: u64,
}

impl Guard {
    /// The first look, before anything is sold.
    ///
    /// # Errors
    /// [`StoreError`] where the file cannot be read.
    pub(crate) fn at_start(&self) -> Result<(), StoreError> {
        self.look_at_disk();
        self.audit()
    }

    /// Looks again and again until the shutdown.
    pub(crate) async fn run(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let start = tokio::time::Instant::now();
        let [mut audit, mut disk, mut head] = [AUDIT_EVERY, DISK_EVERY, HEAD_EVERY].map(|every| {
            let mut ticks = interval_at(start + every, every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        loop {
            let guard = Arc::clone(&self);
            let looked = tokio::select! {
                _ = shutdown.changed() => return self.keep_head(),
                _ = audit.tick() => tokio::task::spawn_blocking(move || guard.audit()).await,
                _ = disk.tick() => tokio::task::spawn_blocking(move || { guard.look_at_disk(); Ok(()) }).await,
                _ = head.tick() => tokio::task::spawn_blocking(move || { guard.keep_head(); Ok(()) }).await,
            };
            match looked {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the books could not be read for the audit"),
                Err(error) => tracing::error!(%error, "the audit failed"),
            }
        }
    }

    /// A violation is never repaired in passing, and a later audit that holds does not take the hold away: a person does,
    /// by a restart on books that hold.
    fn audit(&self) -> Result<(), StoreError> {
        let audit = self.store.audit()?;
        tracing::info!(transactions = audit.head.seq, head = %audit.head.hash, holds = audit.holds(), "the books were audited");
        for finding in audit.findings() {
            tracing::error!(finding, "the books do not hold");
        }
        if !audit.holds() {
            self.hold(Hold::Books);
        }
        self.keep_head();
        Ok(())
    }

    /// Books that lack what was there before are not sold from: what they forgot could be sold and given back twice.
    fn keep_head(&self) {
        match self.store.keep_head() {
            Ok(None) => {}
            Ok(Some(_)) => self.hold(Hold::Lost),
            Err(error) => tracing::error!(%error, "the end of the ledger was not kept beside the database"),
        }
    }

    fn look_at_disk(&self) {
        let free = match rustix::fs::statvfs(&self.folder) {
            Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
            Err(error) => return tracing::warn!(%error, "the free space of the disk is not known"),
        };
        if free < self.free_bytes_min {
            self.hold(Hold::Disk);
        } else if self.store.release_sales(Hold::Disk) {
            tracing::info!("the disk has space again: sales go on");
        }
    }

    fn hold(&self, hold: Hold) {
        if self.store.hold_sales(hold) {
            tracing::error!(reason = hold.get_message().unwrap_or_default(), "sales are on hold");
        }
    }
}
