//! Backups: all tables of one moment, copied into a new file while the shop goes on; and what a backup must be before
//! it may take the place of a database. A plain copy of a file in use is no backup.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use redb::{Durability, ReadableDatabase as _};

use crate::audit::Audit;
use crate::chain::Head;
use crate::error::{OpenError, StoreError};
use crate::head_file::{HeadError, HeadFile, Lost};
use crate::open::{Integrity, Options, builder, private, sync_folder};
use crate::read::{Read as _, Sort, Span};
use crate::snapshot::Snapshot;
use crate::store::Store;
use crate::tables::Tab;

/// Why there is no backup, or a backup is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something stands under that name already.
    #[error("{0} exists already: a backup never replaces a file")]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{0} cannot be used")]
    Io(PathBuf, #[source] std::io::Error),
    /// The database or the copy cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backup cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The backup's books do not hold.
    #[error("{0} is not restored: its books do not hold ({1})")]
    Broken(PathBuf, String),
    /// The database that is there knows more.
    #[error(
        "{0} ends with transaction {1}, the database that is there goes on to {2}: restoring would forget what came later"
    )]
    Older(PathBuf, u64, u64),
    /// The head that is kept beside the database knows more.
    #[error("{0} is older than what was there: {1}. With --forget-what-came-later it is restored all the same")]
    Forgets(PathBuf, Box<Lost>),
    /// The head beside the database cannot be read or written.
    #[error(transparent)]
    Head(#[from] HeadError),
}

impl Store {
    /// Copies everything as it is at this moment into a new file.
    ///
    /// # Errors
    /// [`BackupError`]; a file that was begun is taken away again.
    pub fn backup(&self, to: &Path) -> Result<Head, BackupError> {
        let unfinished = PathBuf::from(format!("{}.new", to.display()));
        let io = |error| BackupError::Io(to.to_owned(), error);
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        let copied = copy(&self.snapshot()?, &unfinished);
        if copied.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        let head = copied?;
        let linked = fs::hard_link(&unfinished, to);
        fs::remove_file(&unfinished).map_err(io)?;
        match linked {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(BackupError::Exists(to.to_owned())),
            Err(error) => Err(io(error)),
            Ok(()) => sync_folder(to).map(|()| head).map_err(io),
        }
    }
}

/// Whether a restored database may know less than the one that it replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forget {
    /// It may not.
    Nothing,
    /// The operator wants it so.
    WhatCameLater,
}

/// Puts a backup in the place of a database that no process has open. What was there is kept beside it; its new name.
///
/// # Errors
/// [`BackupError`]; the database that is there is left as it is.
pub fn restore(backup: &Path, database: &Path, forget: Forget) -> Result<(Audit, Option<PathBuf>), BackupError> {
    let options = Options { integrity: Integrity::Checked, ..Options::default() };
    let head_file = HeadFile::beside(database);
    let (audit, lost) = {
        if !backup.exists() {
            return Err(BackupError::Io(backup.to_owned(), ErrorKind::NotFound.into()));
        }
        let store = Store::open(backup, options)?;
        (store.audit()?, head_file.read()?.lost(&store.snapshot()?)?)
    };
    if let Some(finding) = audit.findings().next() {
        return Err(BackupError::Broken(backup.to_owned(), finding.to_owned()));
    }
    // A damaged database is what a backup is for; one that another process has open is not touched.
    match database.exists().then(|| Store::open(database, options)) {
        Some(Ok(store)) => {
            let there = store.ledger_head()?.seq;
            if there > audit.head.seq && forget == Forget::Nothing {
                return Err(BackupError::Older(backup.to_owned(), audit.head.seq, there));
            }
        }
        Some(Err(error @ OpenError::InUse(_))) => return Err(error.into()),
        Some(Err(
            OpenError::Foreign(_)
            | OpenError::Damaged { .. }
            | OpenError::Newer { .. }
            | OpenError::Unmigrated { .. }
            | OpenError::Io { .. },
        ))
        | None => {}
    }
    if let Some(lost) = lost.filter(|_| forget == Forget::Nothing) {
        return Err(BackupError::Forgets(backup.to_owned(), Box::new(lost)));
    }
    let kept = replace(backup, database).map_err(|error| BackupError::Io(database.to_owned(), error))?;
    // A crash before this leaves the sales on hold, with words that lead here again.
    head_file.write(audit.head)?;
    Ok((audit, kept))
}

/// Puts the backup there, and keeps what was there; its new name. At every moment the database's name stands for a whole
/// file: the copy takes it when it is finished, and what was there has a second name by then.
fn replace(backup: &Path, database: &Path) -> std::io::Result<Option<PathBuf>> {
    let unfinished = PathBuf::from(format!("{}.new", database.display()));
    let copied = fs::copy(backup, &unfinished).and_then(|_| private(&unfinished));
    let durable = copied.and_then(|()| fs::File::open(&unfinished)?.sync_all());
    durable.inspect_err(|_| drop(fs::remove_file(&unfinished)))?;
    let kept = database.exists().then(|| free_name(database));
    if let Some(kept) = &kept {
        fs::hard_link(database, kept)?;
    }
    fs::rename(&unfinished, database)?;
    sync_folder(database)?;
    Ok(kept)
}

fn free_name(database: &Path) -> PathBuf {
    let name = |number: u32| PathBuf::from(format!("{}.replaced-{number}", database.display()));
    (1..u32::MAX).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(u32::MAX))
}

fn copy(books: &Snapshot, to: &Path) -> Result<Head, BackupError> {
    let broken = |error: &dyn std::fmt::Display| StoreError::Broken(error.to_string());
    let database = builder(Options::default()).create(to).map_err(|error| broken(&error))?;
    private(to).map_err(|error| BackupError::Io(to.to_owned(), error))?;
    let mut transaction = database.begin_write().map_err(StoreError::from)?;
    transaction.set_durability(Durability::Immediate).map_err(StoreError::from)?;
    transaction.set_quick_repair(true);
    for tab in Tab::ALL {
        // A backup that a crash left unfinished may be under the name.
        transaction.delete_table(tab.definition()).map_err(StoreError::from)?;
        let mut table = transaction.open_table(tab.definition()).map_err(StoreError::from)?;
        books.scan(*tab, &Span::all(), Sort::Ascending, &mut |key, bytes| {
            table.insert(key, bytes)?;
            Ok(true)
        })?;
    }
    transaction.commit().map_err(StoreError::from)?;
    let copied = Snapshot::new(database.begin_read().map_err(StoreError::from)?);
    Ok(crate::chain::head(&copied)?)
}
