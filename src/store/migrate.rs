//! From an older form of the tables to today's. A copy is made and changed; it takes the file's place only when it is
//! whole and its books hold. Until then the old file is as it was, and the next start begins anew; it stays beside the
//! new one, under a name with its schema.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use redb::{Database, Durability, ReadableDatabase as _, ReadableTable as _, WriteTransaction};
use serde::Deserialize;
use shop::catalogue::Product;
use shop::orphan::Orphan;
use shop::{Money, ServerId, SupplierOrderId, UnixSeconds};

use crate::audit::audit;
use crate::codec::{decode, encode};
use crate::error::{OpenError, StoreError};
use crate::open::{Options, SCHEMA_KEY, guarded, private, sync_folder};
use crate::snapshot::Snapshot;
use crate::tables::Tab;

type Step = fn(&WriteTransaction) -> Result<(), StoreError>;

/// What makes each schema of the one before it, the first one's successor first.
const STEPS: [Step; 1] = [orphans_say_what_they_are];

/// The form of the tables. A change takes the next number by a step of its own.
pub(crate) const SCHEMA: u32 = 1 + STEPS.len() as u32;

/// An orphan as schema 1 kept it: nobody had asked for it back.
#[derive(Deserialize)]
struct FirstOrphan {
    id: SupplierOrderId,
    server: ServerId,
    cost: Money,
    found_at: UnixSeconds,
}

/// Schema 1 did not say what an orphan is and where it stands. Whether it is a rental is not known: a rental's id that is
/// cancelled like a temporary number is refused, and written off.
fn orphans_say_what_they_are(transaction: &WriteTransaction) -> Result<(), StoreError> {
    let mut table = transaction.open_table(Tab::Orphans.definition())?;
    let mut rows: Vec<(Vec<u8>, Orphan)> = Vec::new();
    for row in table.iter()? {
        let (key, bytes) = row?;
        let FirstOrphan { id, server, cost, found_at } = decode(bytes.value())?;
        rows.push((key.value().to_vec(), Orphan::new(id, server, Product::Temporary, cost, None, found_at)));
    }
    for (key, orphan) in rows {
        table.insert(key.as_slice(), encode(&orphan)?.as_slice())?;
    }
    Ok(())
}

/// Brings a file of an older schema to today's. The file is locked by `database` until its place is taken.
///
/// # Errors
/// [`OpenError`]; the file is left as it is.
pub(crate) fn migrate(database: Database, path: &Path, from: u32, options: Options) -> Result<(), OpenError> {
    let copy = PathBuf::from(format!("{}.migrating", path.display()));
    let migrated = in_place(path, &copy, from, options);
    if migrated.is_err() {
        drop(fs::remove_file(&copy));
    }
    drop(database);
    migrated
}

fn in_place(path: &Path, copy: &Path, from: u32, options: Options) -> Result<(), OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let passage = failpoint::before(|| "migrate:copy".to_owned());
    fs::copy(path, copy).map_err(io)?;
    private(copy).map_err(io)?;
    passage.after();
    let failed = |error: StoreError| OpenError::Unmigrated { path: path.to_owned(), from, cause: error.to_string() };
    let passage = failpoint::before(|| "migrate:change".to_owned());
    let database = guarded(copy, || crate::open::builder(options).open(copy))?;
    change(&database, from).map_err(failed)?;
    drop(database);
    fs::File::open(copy).and_then(|file| file.sync_all()).map_err(io)?;
    passage.after();
    let passage = failpoint::before(|| "migrate:place".to_owned());
    let kept = PathBuf::from(format!("{}.schema-{from}", path.display()));
    match fs::hard_link(path, kept) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(io(error)),
        Ok(()) | Err(_) => {}
    }
    fs::rename(copy, path).and_then(|()| sync_folder(path)).map_err(io)?;
    passage.after();
    Ok(())
}

/// All steps and the new number, in one transaction; then the audit.
fn change(database: &Database, from: u32) -> Result<(), StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_quick_repair(true);
    for step in STEPS.iter().skip(from as usize - 1) {
        step(&transaction)?;
    }
    transaction.open_table(Tab::Meta.definition())?.insert(SCHEMA_KEY, encode(&SCHEMA)?.as_slice())?;
    transaction.commit()?;
    let books = Snapshot::new(database.begin_read()?);
    match audit(&books, None)?.findings().next() {
        Some(finding) => Err(StoreError::Ledger(finding.to_owned())),
        None => Ok(()),
    }
}
