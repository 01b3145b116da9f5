//! The end of the ledger, kept in a small file of its own beside the database. A disk that forgot what it had synced,
//! and an old copy in the place of the database, are whole and hold in themselves: only something outside tells.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::chain::{Hash, Head, head};
use crate::error::StoreError;
use crate::open::{private, sync_folder};
use crate::read::Read;
use crate::store::Store;
use crate::tables::{Tab, one};

/// How books differ from the head that was kept outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// They end before it.
    #[error(
        "the books end with transaction {} ({}), but transaction {} ({}) was there: {file} says so",
        found.seq, found.hash, seen.seq, seen.hash
    )]
    End {
        /// The file that keeps the head.
        file: String,
        /// The kept head.
        seen: Head,
        /// The end of the books.
        found: Head,
    },
    /// Another transaction stands in its place.
    #[error("transaction {} of the books is {found}, but {} was there: {file} says so", seen.seq, seen.hash)]
    Other {
        /// The file that keeps the head.
        file: String,
        /// The kept head.
        seen: Head,
        /// The hash of the transaction in its place.
        found: Hash,
    },
    /// Nobody can tell: the file is there and says nothing.
    #[error("{file} should name the end of the ledger and cannot be read")]
    Unreadable {
        /// The file that keeps the head.
        file: String,
    },
}

/// What a person can do about it.
pub(crate) const WAY_OUT: &str = "Bring the newest backup or copy back with `raqam restore FILE`; where there is none, compare \
                       orders and credits with the supplier and your own records, remove the file that says so and start again";

/// Why the head cannot be kept or compared.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The system refuses.
    #[error("{0} cannot be used")]
    Io(PathBuf, #[source] io::Error),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the end of a database's ledger is kept.
#[derive(Debug)]
pub struct HeadFile {
    path: PathBuf,
    /// Held while a head is written: there is one unfinished file.
    writing: Mutex<()>,
}

/// What a head file says. Read before the books that it is compared with, so that it is never newer than they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    file: String,
    content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// There is no file.
    Nothing,
    /// There is one that is no head.
    Unreadable,
    Head(Head),
}

impl HeadFile {
    /// The one beside this database.
    #[must_use]
    pub fn beside(database: &Path) -> Self {
        Self { path: named(database, ".head"), writing: Mutex::default() }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says.
    pub(crate) fn read(&self) -> Result<Kept, HeadError> {
        let content = match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_or(Content::Unreadable, Content::Head),
            Err(error) if error.kind() == ErrorKind::NotFound => Content::Nothing,
            Err(error) => return Err(HeadError::Io(self.path.clone(), error)),
        };
        Ok(Kept { file: self.path.display().to_string(), content })
    }

    /// Writes a head in the place of the one before: at every moment the whole old one or the whole new one is there.
    pub(crate) fn write(&self, head: Head) -> Result<(), HeadError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let write = || {
            let unfinished = named(&self.path, ".new");
            let mut file = File::create(&unfinished)?;
            private(&unfinished)?;
            serde_json::to_writer(&mut file, &head)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&unfinished, &self.path)?;
            sync_folder(&self.path)
        };
        write().map_err(|error| HeadError::Io(self.path.clone(), error))
    }
}

impl Kept {
    /// What books lack of it; `None` where they lack nothing, or no head is kept.
    pub(crate) fn lost(&self, books: &impl Read) -> Result<Option<Lost>, StoreError> {
        let file = self.file.clone();
        let seen = match self.content {
            Content::Nothing => return Ok(None),
            Content::Unreadable => return Ok(Some(Lost::Unreadable { file })),
            Content::Head(seen) => seen,
        };
        let found = head(books)?;
        if seen.seq > found.seq {
            return Ok(Some(Lost::End { file, seen, found }));
        }
        let there = books.bytes(Tab::Ledger, &one(seen.seq))?.map(|bytes| Hash::of(&bytes)).unwrap_or_default();
        Ok((there != seen.hash).then_some(Lost::Other { file, seen, found: there }))
    }
}

impl Store {
    /// Keeps the end of the ledger beside the database, where the books go on from the head that is kept there. Where
    /// they do not, that head stays, for it is what tells; what the books lack of it.
    ///
    /// # Errors
    /// [`HeadError`]
    pub fn keep_head(&self) -> Result<Option<Lost>, HeadError> {
        let Some(file) = self.head_file() else { return Ok(None) };
        let kept = file.read()?;
        let books = self.snapshot()?;
        let head = head(&books)?;
        let lost = kept.lost(&books)?;
        if lost.is_none() && kept.content != Content::Head(head) {
            file.write(head)?;
        }
        Ok(lost)
    }
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
