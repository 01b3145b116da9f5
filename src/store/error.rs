//! What can go wrong, by what the caller can do about it.

use std::path::PathBuf;

/// Why a store cannot be opened. None of these changes the file.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it: use its control socket, or stop it.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// The file is not one of ours.
    #[error(
        "{0} is not a database of this program; where it was one, put it aside and bring a backup back with `raqam restore FILE`"
    )]
    Foreign(PathBuf),
    /// The file is damaged: restore a backup. It is never replaced by an empty one.
    #[error("{path} is damaged ({cause}); put it aside and bring a backup back with `raqam restore FILE`")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        cause: String,
    },
    /// A newer version of the program wrote it: start that one.
    #[error("{path} has schema {found}, this program knows up to {known}; start a newer version")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The file's schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// An older version wrote it, and its copy could not be brought to today's form.
    #[error(
        "{path} has schema {from} and cannot be brought to today's ({cause}); it is as it was: start the version that wrote it"
    )]
    Unmigrated {
        /// Which file.
        path: PathBuf,
        /// The file's schema.
        from: u32,
        /// Why.
        cause: String,
    },
    /// The system refuses: look at the path, its rights and the disk.
    #[error("{path} cannot be used")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Why an intent was not stored, or a query not answered.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The storage failed. Whether the last commit happened is not known: stop the process and open the file again.
    #[error("the storage failed: {0}")]
    Broken(String),
    /// The books would break: nothing of this intent is stored. An error of ours, for the operator.
    #[error("the books would break: {0}")]
    Ledger(String),
    /// A stored row cannot be read: nothing of this intent is stored.
    #[error("a stored row is damaged: {0}")]
    Damaged(String),
    /// The intent panicked: nothing of it is stored.
    #[error("the intent panicked: {0}")]
    Panicked(String),
}

macro_rules! broken_by {
    ($($error:ty),*) => {
        $(impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Broken(error.to_string())
            }
        })*
    };
}

broken_by!(redb::StorageError, redb::TableError, redb::TransactionError, redb::CommitError, redb::SetDurabilityError);
