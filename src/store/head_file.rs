//! The end of the ledger, kept in a small file of its own beside the database. A disk that forgot what it had synced,
//! and an old copy in the place of the database, are whole and hold in themselves: only something outside tells.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadFile(PathBuf);

impl HeadFile {
    /// The one beside this database.
    #[must_use]
    pub fn beside(database: &Path) -> Self {
        Self(named(database, ".head"))
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What books lack of the kept head; `None` where they lack nothing, or none is kept.
    pub(crate) fn lost(&self, books: &impl Read) -> Result<Option<Lost>, HeadError> {
        let file = self.0.display().to_string();
        let seen = match self.read()? {
            None => return Ok(None),
            Some(None) => return Ok(Some(Lost::Unreadable { file })),
            Some(Some(seen)) => seen,
        };
        let found = head(books)?;
        if seen.seq > found.seq {
            return Ok(Some(Lost::End { file, seen, found }));
        }
        let there = books.bytes(Tab::Ledger, &one(seen.seq))?.map(|bytes| Hash::of(&bytes)).unwrap_or_default();
        Ok((there != seen.hash).then_some(Lost::Other { file, seen, found: there }))
    }

    /// Writes a head in the place of the one before: at every moment the whole old one or the whole new one is there.
    pub(crate) fn write(&self, head: Head) -> Result<(), HeadError> {
        let write = || {
            let unfinished = named(&self.0, ".new");
            let mut file = File::create(&unfinished)?;
            private(&unfinished)?;
            serde_json::to_writer(&mut file, &head)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&unfinished, &self.0)?;
            sync_folder(&self.0)
        };
        write().map_err(|error| HeadError::Io(self.0.clone(), error))
    }

    /// `None`: no file; `Some(None)`: one that is no head.
    fn read(&self) -> Result<Option<Option<Head>>, HeadError> {
        match fs::read(&self.0) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).ok())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(HeadError::Io(self.0.clone(), error)),
        }
    }
}

impl Store {
    /// Keeps the end of the ledger beside the database, where the books go on from the head that is kept there. Where
    /// they do not, that head stays: it is what tells.
    ///
    /// # Errors
    /// [`HeadError`]
    pub fn keep_head(&self) -> Result<(), HeadError> {
        let Some(file) = self.head_file() else { return Ok(()) };
        let books = self.snapshot()?;
        let head = head(&books)?;
        if file.lost(&books)?.is_none() && file.read()?.flatten() != Some(head) {
            file.write(head)?;
        }
        Ok(())
    }

    /// What the books lack of the head that is kept beside the database.
    ///
    /// # Errors
    /// [`HeadError`]
    pub fn lost(&self) -> Result<Option<Lost>, HeadError> {
        self.head_file().map_or(Ok(None), |file| file.lost(&self.snapshot()?))
    }
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
