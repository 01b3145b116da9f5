//! Opening the file: it is made when it is missing, never when it is empty or damaged, and it belongs to one process.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::{Builder, Database, DatabaseError, Durability, ReadableDatabase, StorageError, TableHandle as _};
use shop::{OrderId, ServerId};

use crate::codec::{decode, encode};
use crate::error::{OpenError, StoreError};
use crate::migrate::{SCHEMA, migrate};
use crate::orders::{OPEN_ORDERS, open_orders_at};
use crate::read::{Read as _, Sort, Span};
use crate::rows::Watch;
use crate::snapshot::Snapshot;
use crate::tables::{Tab, part};

/// Where the form of the tables stands among the meta rows.
pub(crate) const SCHEMA_KEY: &[u8] = b"schema";

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How much of the file is kept in memory.
    pub cache_bytes: usize,
    /// Whether the whole file is read and checked first.
    pub integrity: Integrity,
}

/// Whether a file is checked before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// Every page's checksum: reads the whole file once.
    Checked,
    /// Only what the storage checks by itself.
    Trusted,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 64 * 1024 * 1024, integrity: Integrity::Checked }
    }
}

/// Opens the file, or makes it.
pub(crate) fn open(path: &Path, options: Options) -> Result<Database, OpenError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => create(path, options)?,
        Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
        Ok(metadata) if metadata.len() == 0 => return Err(damaged(path, "it is empty")),
        Ok(_) => {}
    }
    let database = guarded(path, || builder(options).open(path))?;
    let database = match schema(&database, path)? {
        SCHEMA => database,
        older => {
            tracing::info!(from = older, to = SCHEMA, "the database is brought to today's form");
            migrate(database, path, older, options)?;
            guarded(path, || builder(options).open(path))?
        }
    };
    complete(&database, path)?;
    count_open_orders(&database, path)?;
    Ok(database)
}

/// What a backend holds, under the rules for files: an empty one is damaged, not new.
#[cfg(test)]
pub(crate) fn reopen(backend: impl redb::StorageBackend, options: Options) -> Result<Database, OpenError> {
    let path = Path::new("a backend");
    if backend.len().is_ok_and(|length| length == 0) {
        return Err(damaged(path, "it is empty"));
    }
    let database = guarded(path, || builder(options).create_with_backend(backend))?;
    schema(&database, path)?;
    complete(&database, path)?;
    count_open_orders(&database, path)?;
    Ok(database)
}

/// Makes the tables and the row that says whose file this is, all in one transaction.
pub(crate) fn initialise(database: &Database) -> Result<(), StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_quick_repair(true);
    for tab in Tab::ALL {
        transaction.open_table(tab.definition())?;
    }
    transaction.open_table(Tab::Meta.definition())?.insert(SCHEMA_KEY, encode(&SCHEMA)?.as_slice())?;
    transaction.commit()?;
    Ok(())
}

/// Makes the tables that a file of an earlier program lacks: an empty one changes nothing of what the file says.
fn complete(database: &Database, path: &Path) -> Result<(), OpenError> {
    let broken = |error: StoreError| damaged(path, &error.to_string());
    let names = || -> Result<BTreeSet<String>, StoreError> {
        Ok(database.begin_read()?.list_tables()?.map(|table| table.name().to_owned()).collect())
    };
    let there = names().map_err(broken)?;
    if Tab::ALL.iter().all(|tab| there.contains(tab.name())) {
        return Ok(());
    }
    let make = || -> Result<(), StoreError> {
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_quick_repair(true);
        for tab in Tab::ALL {
            transaction.open_table(tab.definition())?;
        }
        Ok(transaction.commit()?)
    };
    make().map_err(broken)
}

/// Counts the open orders of each server where an earlier program, which did not, has written: the sum tells.
fn count_open_orders(database: &Database, path: &Path) -> Result<(), OpenError> {
    count_open(database).map_err(|error| damaged(path, &error.to_string()))
}

fn count_open(database: &Database) -> Result<(), StoreError> {
    let books = Snapshot::new(database.begin_read()?);
    let counted = ServerId::ALL.iter().map(|server| books.number(&open_orders_at(*server)));
    if counted.sum::<Result<u64, StoreError>>()? == books.number(OPEN_ORDERS)? {
        return Ok(());
    }
    let mut open: BTreeMap<ServerId, u64> = ServerId::ALL.iter().map(|server| (*server, 0)).collect();
    books.scan(Tab::Watched, &Span::all(), Sort::Ascending, &mut |key, watch| {
        let order = books
            .order(OrderId(part(key, 0)))?
            .filter(|_| decode::<Watch>(watch).is_ok_and(|watch| watch == Watch::Open));
        if let Some(order) = order {
            *open.entry(order.wish.server).or_default() += 1;
        }
        Ok(true)
    })?;
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_quick_repair(true);
    {
        let mut meta = transaction.open_table(Tab::Meta.definition())?;
        for (server, count) in open {
            meta.insert(open_orders_at(server).as_bytes(), encode(&count)?.as_slice())?;
        }
    }
    Ok(transaction.commit()?)
}

/// The cache's share of the options.
pub(crate) fn builder(options: Options) -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(options.cache_bytes).set_check_integrity_on_open(options.integrity == Integrity::Checked);
    builder
}

/// A new file gets its name only when it is whole, so that a crash here leaves none that looks damaged.
fn create(path: &Path, options: Options) -> Result<(), OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let unfinished = PathBuf::from(format!("{}.new", path.display()));
    let make = || guarded(path, || builder(options).create(&unfinished));
    let database = match make() {
        Err(OpenError::Damaged { .. } | OpenError::Foreign(_)) => {
            fs::remove_file(&unfinished).map_err(io)?;
            make()?
        }
        other => other?,
    };
    private(&unfinished).map_err(io)?;
    initialise(&database).map_err(|error| damaged(path, &error.to_string()))?;
    // A link, not a renaming: it never replaces a file that somebody else has just made.
    let linked = fs::hard_link(&unfinished, path);
    drop(database);
    fs::remove_file(&unfinished).map_err(io)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io(error)),
        Ok(()) | Err(_) => sync_folder(path).map_err(io),
    }
}

/// Nobody else reads what users received.
pub(crate) fn private(file: &Path) -> std::io::Result<()> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

/// Makes a new name in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    fs::File::open(folder)?.sync_all()
}

/// Runs redb's opening; what a damaged file makes of it (an error or a panic) becomes an answer.
pub(crate) fn guarded(
    path: &Path,
    open: impl FnOnce() -> Result<Database, DatabaseError>,
) -> Result<Database, OpenError> {
    let opened = catch_unwind(AssertUnwindSafe(open)).map_err(|_| damaged(path, "the storage gave up on it"))?;
    opened.map_err(|error| refused(path, error))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the errors of the system and of redb are not ours to list")]
fn refused(path: &Path, error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => OpenError::InUse(path.to_owned()),
        DatabaseError::Storage(StorageError::Io(source)) => match source.kind() {
            ErrorKind::InvalidData => OpenError::Foreign(path.to_owned()),
            ErrorKind::UnexpectedEof => damaged(path, "it is cut off"),
            _ => OpenError::Io { path: path.to_owned(), source },
        },
        other => damaged(path, &other.to_string()),
    }
}

/// The file's schema, where this program can work with it.
fn schema(database: &Database, path: &Path) -> Result<u32, OpenError> {
    let broken = |error: StoreError| damaged(path, &error.to_string());
    let transaction = database.begin_read().map_err(|error| broken(error.into()))?;
    let meta = match transaction.open_table(Tab::Meta.definition()) {
        Ok(meta) => meta,
        Err(redb::TableError::Storage(error)) => return Err(broken(error.into())),
        Err(_) => return Err(OpenError::Foreign(path.to_owned())),
    };
    let row = meta.get(SCHEMA_KEY).map_err(|error| broken(error.into()))?;
    let row = row.ok_or_else(|| OpenError::Foreign(path.to_owned()))?;
    let found: u32 = decode(row.value()).map_err(broken)?;
    match found {
        1..=SCHEMA => Ok(found),
        0 => Err(damaged(path, "schema 0 was never released")),
        newer => Err(OpenError::Newer { path: path.to_owned(), found: newer, known: SCHEMA }),
    }
}

fn damaged(path: &Path, cause: &str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), cause: cause.to_owned() }
}
