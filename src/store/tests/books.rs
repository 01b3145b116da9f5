//! The books under an auditor's eyes: what was changed by hand is found and named, a hold stops the sales alone, and a
//! backup comes back whole or not at all.

use std::fs;
use std::path::Path;

use redb::ReadableDatabase as _;
use shop::command::{Command, Refusal};

use super::opening::Folder;
use super::{World, adjust, buy, message, quote, refusal, stored};
use crate::tables::{Tab, one};
use crate::{BackupError, Forget, Hold, Invariant, OpenError, Options, Store, restore};

fn open(path: &Path) -> Store {
    Store::open(path, Options::default()).expect("a store")
}

/// A shop with some life in it: one number charged, one waiting.
async fn shop(path: &Path) -> World {
    let mut world = World { store: open(path), ..World::new() };
    world.domain(vec![adjust(10_000_000, "n1")]).await;
    let order = world.active(1).await;
    world.domain(vec![Command::Received { order, messages: vec![message("1234")] }]).await;
    world.active(2).await;
    world.check(740, 130);
    world
}

/// Changes rows behind the program's back.
pub(super) fn tamper(path: &Path, tab: Tab, key: &[u8], change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) {
    let database = redb::Database::open(path).expect("a database");
    let before = {
        let reading = database.begin_read().expect("a transaction");
        let table = reading.open_table(tab.definition()).expect("a table");
        table.get(key).expect("read").expect("a row").value().to_vec()
    };
    let writing = database.begin_write().expect("a transaction");
    let mut table = writing.open_table(tab.definition()).expect("a table");
    match change(before) {
        Some(after) => drop(table.insert(key, after.as_slice()).expect("written")),
        None => drop(table.remove(key).expect("removed")),
    }
    drop(table);
    writing.commit().expect("committed");
}

pub(super) fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).expect("JSON");
    assert!(text.contains(from), "{text}");
    text.replace(from, to).into_bytes()
}

#[tokio::test]
async fn a_posting_changed_by_hand_is_named() {
    let folder = Folder::new();
    drop(shop(&folder.file()).await);
    // The user makes the operator's first gift ten times as large, on both sides.
    tamper(&folder.file(), Tab::Ledger, &one(1), |row| Some(replaced(&row, "10000000", "99000000")));
    let audit = open(&folder.file()).audit().expect("an audit");
    assert!(!audit.holds());
    let chain = &audit.checked[&Invariant::I13].findings;
    assert!(chain.iter().any(|finding| finding.contains("transaction 2 does not follow")), "{chain:?}");
    assert!(chain.iter().any(|finding| finding.contains("the wallet of 7")), "{chain:?}");
}

#[tokio::test]
async fn a_cut_off_end_and_a_one_sided_row_are_named() {
    let folder = Folder::new();
    let last = shop(&folder.file()).await.store.ledger_head().expect("a head").seq;
    tamper(&folder.file(), Tab::Ledger, &one(last), |row| Some(replaced(&row, "-1000000", "-1000001")));
    let audit = open(&folder.file()).audit().expect("an audit");
    let unbalanced = &audit.checked[&Invariant::I1].findings;
    assert_eq!(*unbalanced, [format!("transaction {last} does not sum to zero")]);
    tamper(&folder.file(), Tab::Ledger, &one(last), |_| None);
    let audit = open(&folder.file()).audit().expect("an audit");
    let chain = &audit.checked[&Invariant::I13].findings;
    assert!(chain.iter().any(|finding| finding.contains("were changed or lost")), "{chain:?}");
}

#[tokio::test]
async fn on_hold_nothing_is_sold_and_open_orders_go_on() {
    let mut world = World::rich().await;
    let open = world.active(1).await;
    stored(world.press(vec![quote(2)]).await);
    assert!(world.store.hold_sales(Hold::Books) && !world.store.hold_sales(Hold::Books));
    assert_eq!(refusal(world.press(vec![buy(2)]).await), Refusal::NotSelling);
    world.domain(vec![Command::Received { order: open, messages: vec![message("1234")] }]).await;
    world.check(870, 0);
    world.store.release_sales(Hold::Books);
    stored(world.press(vec![buy(2)]).await);
}

#[tokio::test]
async fn a_backup_comes_back_as_it_was_and_replaces_nothing_newer() {
    let folder = Folder::new();
    let (file, backup) = (folder.file(), folder.0.join("backup.redb"));
    let world = shop(&file).await;
    let head = world.store.backup(&backup).expect("a backup");
    assert_eq!(head, world.store.ledger_head().expect("a head"));
    assert!(matches!(world.store.backup(&backup), Err(BackupError::Exists(_))), "a backup replaces no file");
    assert!(matches!(restore(&backup, &file, Forget::Nothing), Err(BackupError::Open(OpenError::InUse(_)))));
    let order = world.order(shop::OrderId(2));
    world.domain(vec![adjust(1_000_000, "later")]).await;
    drop(world);

    assert!(
        matches!(restore(&backup, &file, Forget::Nothing), Err(BackupError::Older(_, before, after)) if before < after)
    );
    let (audit, kept) = restore(&backup, &file, Forget::WhatCameLater).expect("restored");
    assert_eq!(audit.head, head);
    let world = World { store: open(&file), ..World::new() };
    world.check(740, 130);
    assert_eq!(world.order(shop::OrderId(2)), order);
    assert!(kept.is_some_and(|kept| open(&kept).ledger_head().is_ok_and(|there| there.seq > head.seq)));
}

#[tokio::test]
async fn what_is_no_sound_backup_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    let (file, backup) = (folder.file(), folder.0.join("backup.redb"));
    shop(&file).await.store.backup(&backup).expect("a backup");
    let whole = fs::read(&backup).expect("a file");
    let there = fs::read(&file).expect("a file");
    let mut flipped = whole.clone();
    let place = whole.windows(8).position(|bytes| bytes == b"10000000").expect("the gift");
    flipped[place] = b'9';
    for content in [Vec::new(), whole[..whole.len() / 3].to_vec(), flipped, b"not a backup".to_vec()] {
        fs::write(&backup, content).expect("written");
        let error = restore(&backup, &file, Forget::WhatCameLater).expect_err("refused");
        assert!(matches!(error, BackupError::Open(_)), "{error:?}");
    }
    fs::write(&backup, &whole).expect("written");
    tamper(&backup, Tab::Wallets, &one(7), |row| Some(replaced(&row, "7400000", "7400001")));
    let error = restore(&backup, &file, Forget::WhatCameLater).expect_err("refused");
    assert!(matches!(&error, BackupError::Broken(_, finding) if finding.contains("the wallet of 7")), "{error:?}");
    assert!(restore(&folder.0.join("nothing"), &file, Forget::Nothing).is_err());
    assert!(fs::read(&file).expect("a file") == there, "the database is as it was");
}

/// The database was renamed before its successor was there: a disk that was full in between, or a backup that was the
/// database itself, left none.
#[tokio::test]
async fn a_restore_that_fails_leaves_the_database_in_its_place() {
    let folder = Folder::new();
    let (file, backup) = (folder.file(), folder.0.join("backup.redb"));
    shop(&file).await.store.backup(&backup).expect("a backup");
    let is_there = || World { store: open(&file), ..World::new() }.check(740, 130);
    fs::create_dir(folder.0.join("raqam.redb.new")).expect("something in the way");
    assert!(matches!(restore(&backup, &file, Forget::WhatCameLater), Err(BackupError::Io(..))));
    is_there();
    fs::remove_dir(folder.0.join("raqam.redb.new")).expect("gone");
    restore(&file, &file, Forget::Nothing).expect("nothing is lost by it");
    is_there();
}

/// A process that died over a backup left one that was nearly finished; the next one under that name was both in one, and
/// would have brought back what was done with.
#[tokio::test]
async fn what_is_left_of_an_earlier_backup_is_in_no_later_one() {
    let folder = Folder::new();
    let (first, second) = (folder.0.join("first.redb"), folder.0.join("second.redb"));
    let mut world = shop(&folder.file()).await;
    let update = world.update().await;
    world.store.backup(&first).expect("a backup");
    fs::rename(&first, folder.0.join("second.redb.new")).expect("renamed");
    world.apply(crate::Intent::Handled { update, traces: Vec::new() }).await;
    world.store.backup(&second).expect("a backup");
    assert_eq!(open(&second).unhandled().expect("a query"), []);
}
