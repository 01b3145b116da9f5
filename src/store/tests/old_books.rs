//! Books that forgot something: whole in themselves, and found out by the head that is kept beside them.

use std::fs;

use super::opening::Folder;
use super::{World, adjust};
use crate::{BackupError, Forget, HeadFile, Invariant, Lost, Options, Store, restore};

/// How often a head is kept and compared at the same time.
const ROUNDS: u64 = 300;

fn open(folder: &Folder) -> World {
    World { store: Store::open(&folder.file(), Options::default()).expect("a store"), ..World::new() }
}

/// Credits somebody and keeps the head.
async fn credit(folder: &Folder, nonce: &str) {
    let world = open(folder);
    world.domain(vec![adjust(1_000_000, nonce)]).await;
    world.store.keep_head().expect("kept");
}

/// A database whose disk has forgotten the second of two credits.
async fn forgetful() -> Folder {
    let folder = Folder::new();
    credit(&folder, "n1").await;
    let old = fs::read(folder.file()).expect("a file");
    credit(&folder, "n2").await;
    fs::write(folder.file(), old).expect("written");
    folder
}

fn findings(world: &World) -> String {
    let audit = world.store.audit().expect("an audit");
    audit.checked[&Invariant::I13].findings.join("; ")
}

#[tokio::test]
async fn fault_16_books_that_end_before_the_kept_head_are_found_out() {
    let folder = forgetful().await;
    let world = open(&folder);
    let lost = world.store.keep_head().expect("compared");
    assert!(matches!(&lost, Some(Lost::End { seen, found, .. }) if (seen.seq, found.seq) == (2, 1)), "{lost:?}");
    let said = findings(&world);
    let heads = ["transaction 1 (", "transaction 2 (", "raqam.redb.head", "raqam restore"];
    assert!(heads.iter().all(|words| said.contains(words)), "{said}");
    // The head that tells is not replaced by the one that lacks something.
    assert_eq!(world.store.keep_head().expect("compared"), lost);
}

#[tokio::test]
async fn fault_16_other_books_of_the_same_length_are_found_out() {
    let folder = forgetful().await;
    let world = open(&folder);
    world.domain(vec![adjust(2_000_000, "n3")]).await;
    world.domain(vec![adjust(2_000_000, "n4")]).await;
    let lost = world.store.keep_head().expect("compared");
    assert!(matches!(&lost, Some(Lost::Other { seen, .. }) if seen.seq == 2), "{lost:?}");
    assert!(findings(&world).contains("transaction 2 of the books is"), "{}", findings(&world));
}

#[tokio::test]
async fn books_that_go_on_from_the_kept_head_hold() {
    let folder = Folder::new();
    credit(&folder, "n1").await;
    let world = open(&folder);
    world.domain(vec![adjust(1_000_000, "n2")]).await;
    assert_eq!((world.store.keep_head().expect("compared"), findings(&world)), (None, String::new()));
    let left: Vec<_> =
        fs::read_dir(&folder.0).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(left.len(), 2, "the database and its head, nothing unfinished: {left:?}");
}

/// The head may be kept again while somebody compares: a head is read before the books, so that it is never newer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_is_kept_meanwhile_is_no_finding() {
    let folder = Folder::new();
    let world = open(&folder);
    let threads: Vec<_> = (0..3)
        .map(|number| (number, world.store.clone()))
        .map(|(number, store)| {
            std::thread::spawn(move || match number {
                0 => (0..ROUNDS).for_each(|_| assert!(store.audit().expect("an audit").holds())),
                _ => (0..ROUNDS).for_each(|_| assert_eq!(store.keep_head().expect("kept"), None)),
            })
        })
        .collect();
    for round in 0..ROUNDS {
        world.domain(vec![adjust(10_000, &format!("n{round}"))]).await;
    }
    for thread in threads {
        thread.join().expect("nothing was found");
    }
    assert_eq!((world.store.keep_head().expect("compared"), findings(&world)), (None, String::new()));
}

#[tokio::test]
async fn a_kept_head_that_says_nothing_is_no_proof_of_anything() {
    let folder = Folder::new();
    credit(&folder, "n1").await;
    let file = HeadFile::beside(&folder.file());
    for content in ["", "{\"seq\":1}", "{\"seq\":1,\"hash\":\"00\"}"] {
        fs::write(file.path(), content).expect("written");
        let world = open(&folder);
        assert!(matches!(world.store.keep_head(), Ok(Some(Lost::Unreadable { .. }))), "{content}");
        assert!(findings(&world).contains("cannot be read"), "{}", findings(&world));
    }
}

#[tokio::test]
async fn a_backup_that_forgets_is_restored_on_purpose_alone() {
    let folder = Folder::new();
    let backup = folder.0.join("backup.redb");
    credit(&folder, "n1").await;
    open(&folder).store.backup(&backup).expect("a backup");
    credit(&folder, "n2").await;
    fs::write(folder.file(), b"a disk's last words").expect("written");
    let refused = restore(&backup, &folder.file(), Forget::Nothing).expect_err("refused");
    assert!(matches!(&refused, BackupError::Forgets(_, lost) if matches!(**lost, Lost::End { .. })), "{refused:?}");
    restore(&backup, &folder.file(), Forget::WhatCameLater).expect("restored");
    let world = open(&folder);
    assert_eq!((world.store.keep_head().expect("compared"), findings(&world)), (None, String::new()));
    assert_eq!(world.store.ledger_head().expect("a head").seq, 1);
}
