//! Files of other schemas: an older one is copied and brought to today's form, a newer one is refused.

use std::path::Path;

use redb::ReadableDatabase as _;
use shop::orphan::OrphanState;

use super::opening::{Folder, open};
use super::{COST, START, supplier};
use crate::OpenError;
use crate::codec::{decode, encode};
use crate::draft::{Draft, Open};
use crate::open::SCHEMA_KEY;
use crate::postings::post;
use crate::rows::Owner;
use crate::tables::Tab;

#[tokio::test]
async fn fault_22_a_newer_schema_is_refused() {
    let folder = Folder::new();
    drop(open(&folder.file()).expect("a store"));
    let database = redb::Database::open(folder.file()).expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    let newer = encode(&3_u32).expect("bytes");
    let mut meta = transaction.open_table(Tab::Meta.definition()).expect("a table");
    meta.insert(b"schema".as_slice(), newer.as_slice()).expect("written");
    drop(meta);
    transaction.commit().expect("committed");
    drop(database);
    assert!(matches!(open(&folder.file()), Err(OpenError::Newer { found: 3, known: 2, .. })));
}

/// A file of schema 1, with an orphan as that version kept it.
fn of_schema_one(file: &Path) {
    drop(open(file).expect("a store"));
    let database = redb::Database::open(file).expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    let write = |tab: Tab, key: &[u8], bytes: Vec<u8>| {
        transaction.open_table(tab.definition()).expect("a table").insert(key, bytes.as_slice()).expect("written");
    };
    write(Tab::Meta, b"schema", encode(&1_u32).expect("bytes"));
    let orphan = serde_json::json!({"id": "X1", "server": "two", "cost": COST.micros(), "found_at": START});
    write(Tab::Orphans, b"X1", encode(&orphan).expect("bytes"));
    write(Tab::SupplierIds, b"X1", encode(&Owner::Orphan).expect("bytes"));
    transaction.commit().expect("committed");
}

#[tokio::test]
async fn fault_22_a_file_of_the_first_schema_is_copied_and_brought_to_todays() {
    let folder = Folder::new();
    of_schema_one(&folder.file());
    // Its cost was never booked: the books do not hold, and the file stays as it was.
    let refused = open(&folder.file()).expect_err("refused");
    assert!(matches!(refused, OpenError::Unmigrated { from: 1, .. }), "{refused}");
    assert_eq!(schema(&folder.file()), 1);
    book_the_orphan(&folder.file());
    let store = open(&folder.file()).expect("a store");
    let orphan = store.orphan(&supplier("X1")).expect("a query").expect("an orphan");
    assert_eq!(orphan.state, OrphanState::Watched);
    assert!(store.audit().expect("an audit").holds());
    let kept =
        folder.file().with_file_name(format!("{}.schema-1", folder.file().file_name().expect("a name").display()));
    assert!(kept.exists() && !folder.file().with_extension("redb.migrating").exists());
}

/// What the file says of itself.
fn schema(file: &Path) -> u32 {
    let database = redb::Database::open(file).expect("a database");
    let transaction = database.begin_read().expect("a transaction");
    let meta = transaction.open_table(Tab::Meta.definition()).expect("a table");
    let row = meta.get(SCHEMA_KEY).expect("a row").expect("a schema");
    decode(row.value()).expect("a number")
}

/// The same file with the orphan's cost in its ledger.
fn book_the_orphan(file: &Path) {
    let database = redb::Database::open(file).expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    {
        let mut books = Open::new(&transaction, false);
        let mut draft = Draft::new(&books);
        post(&mut draft, &shop::ledger::cost(&supplier("X1"), None, COST, START)).expect("posted");
        let pending = draft.into_pending();
        books.flush(pending).expect("flushed");
    }
    transaction.commit().expect("committed");
}
