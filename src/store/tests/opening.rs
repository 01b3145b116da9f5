//! Files: kept over a restart, owned by one process, and never trusted blindly.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{USER, World};
use crate::{OpenError, Options, Store};

/// A folder that goes with the test.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("raqam-store-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("raqam.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

pub(super) fn open(path: &Path) -> Result<Store, OpenError> {
    Store::open(path, Options::default())
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = Folder::new();
    let mut world = World { store: open(&folder.file()).expect("a store"), ..World::new() };
    world.domain(vec![super::adjust(10_000_000, "n1")]).await;
    let order = world.active(1).await;
    world.apply(crate::Intent::Cache { name: "countries".to_owned(), bytes: vec![0, 255] }).await;
    let (before, stored) = (world.store.user(USER).expect("a view"), world.order(order));
    let World { store, .. } = world;
    drop(store);
    let world = World { store: open(&folder.file()).expect("a store"), ..World::new() };
    assert_eq!(world.store.user(USER).expect("a view"), before);
    assert_eq!(world.order(order), stored);
    assert_eq!(world.store.cache("countries").expect("a query"), Some(vec![0, 255]));
    world.check(870, 130);
    let names: Vec<_> =
        fs::read_dir(&folder.0).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names, ["raqam.redb"]);
    let mode = fs::metadata(folder.file()).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else reads what users received");
}

#[tokio::test]
async fn fault_21_a_second_process_is_told_so() {
    let folder = Folder::new();
    let first = open(&folder.file()).expect("a store");
    assert!(matches!(open(&folder.file()), Err(OpenError::InUse(_))));
    drop(first);
    open(&folder.file()).expect("a store");
}

#[tokio::test]
async fn fault_20_an_empty_or_foreign_file_is_refused_and_left_alone() {
    let folder = Folder::new();
    for content in [b"".to_vec(), b"garbage".to_vec(), vec![7; 100_000]] {
        fs::write(folder.file(), &content).expect("written");
        let error = open(&folder.file()).expect_err("refused");
        assert!(matches!(error, OpenError::Foreign(_) | OpenError::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("raqam restore"), "{error}");
        assert_eq!(fs::read(folder.file()).expect("a file"), content);
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let folder = Folder::new();
    drop(redb::Database::create(folder.file()).expect("a database"));
    assert!(matches!(open(&folder.file()), Err(OpenError::Foreign(_))));
}

#[tokio::test]
async fn fault_19_and_20_flipped_bytes_or_a_lost_end_are_refused() {
    let folder = Folder::new();
    let world = World { store: open(&folder.file()).expect("a store"), ..World::new() };
    for user in 0..200 {
        let intent = crate::Intent::Cache { name: format!("{user}"), bytes: vec![b'x'; 2_000] };
        world.apply(intent).await;
    }
    drop(world);
    let whole = fs::read(folder.file()).expect("a file");
    let places: Vec<usize> = whole
        .windows(64)
        .enumerate()
        .filter(|(_, bytes)| bytes.iter().all(|byte| *byte == b'x'))
        .map(|(at, _)| at)
        .collect();
    let mut flipped = whole.clone();
    for at in places {
        flipped[at] = b'y';
    }
    for content in [flipped, whole[..whole.len() / 2].to_vec(), whole[..100].to_vec()] {
        fs::write(folder.file(), content).expect("written");
        let error = open(&folder.file()).expect_err("refused");
        assert!(matches!(error, OpenError::Foreign(_) | OpenError::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("raqam restore"), "{error}");
    }
}

#[tokio::test]
async fn a_creation_that_a_crash_left_unfinished_is_made_anew() {
    let folder = Folder::new();
    fs::write(folder.0.join("raqam.redb.new"), b"half").expect("written");
    open(&folder.file()).expect("a store");
}
