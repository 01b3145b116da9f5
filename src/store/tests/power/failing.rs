//! Disks that run full, or that cannot be read any more: the store stops and says so, and what it acknowledged is there
//! when the disk works again.

use super::super::dice::Dice;
use super::super::disk::{Disk, Fault, Syncs};
use super::super::{START, USER};
use super::{Lived, check, live, new_shop, options, reference};
use crate::{Intent, OpenError, Options, Store, StoreError};

/// How many seeds run.
const SEEDS: u64 = 40;

/// So little memory that a query has to read the disk.
fn small(seed: u64) -> Options {
    Options { cache_bytes: 16 * 1024, ..options(seed) }
}

/// A history on a disk that fails, a start on the failing disk, and a start on the same disk, working again.
async fn fails_and_comes_back(seed: u64, shop: &[u8], draw: impl FnOnce(&mut Dice, &Disk) -> Fault) -> Lived {
    let (states, _) = reference(seed, shop).await;
    let whole = Disk::sound(shop.to_vec());
    live(seed, &whole, small(seed), |_| {}).await;
    let mut dice = Dice::new(!seed);
    let fault = draw(&mut dice, &whole);
    let disk = Disk::new(shop.to_vec(), fault, Syncs::Kept);
    let lived = live(seed, &disk, small(seed), |_| {}).await;
    let still = match fault {
        Fault::NoSpace { .. } => Fault::NoSpace { from: dice.operation(3) },
        Fault::BadRead { .. } => Fault::BadRead { from: dice.operation(3) },
        Fault::None | Fault::PowerCut { .. } => panic!("no failing disk: {fault:?}"),
    };
    let failing = Disk::new(disk.written(), still, Syncs::Kept);
    if let Err(error) = Store::reopen(failing.clone(), small(seed)) {
        assert!(matches!(error, OpenError::Io { .. }), "seed {seed}, {still:?}: a backup would not help: {error}");
    }
    let found = check(failing.written(), &states, &lived, small(seed));
    assert!(found.is_ok(), "seed {seed}, {fault:?}, then {still:?}: {}", found.expect_err("looked at"));
    lived
}

#[tokio::test]
async fn fault_17_a_full_disk_acknowledges_nothing_and_loses_nothing() {
    let (shop, mut refused) = (new_shop(), 0);
    for seed in 0..SEEDS {
        let full = |dice: &mut Dice, whole: &Disk| Fault::NoSpace { from: dice.operation(whole.changes()) };
        refused += u64::from(fails_and_comes_back(seed, &shop, full).await.in_flight);
    }
    assert!(refused * 2 > SEEDS, "intents were refused in {refused} of {SEEDS} histories alone");
}

#[tokio::test]
async fn fault_18_a_disk_that_cannot_be_read_acknowledges_nothing_and_loses_nothing() {
    let (shop, mut stopped) = (new_shop(), 0);
    for seed in 0..SEEDS {
        let bad = |dice: &mut Dice, whole: &Disk| Fault::BadRead { from: dice.operation(whole.reads()) };
        stopped += u64::from(fails_and_comes_back(seed, &shop, bad).await.in_flight);
    }
    assert!(stopped > 0, "no intent met the failing disk");
}

/// A query that the disk does not answer is the end of the store: the next intent says so, and the process stops.
#[tokio::test]
async fn fault_18_after_a_query_that_failed_nothing_is_accepted() {
    let disk = Disk::sound(new_shop());
    let store = Store::reopen(disk.clone(), small(0)).expect("a store");
    let known = |user| Intent::User { user, lang: "en".to_owned(), now: START };
    store.apply(known(USER)).await.expect("stored");
    disk.fails(Fault::BadRead { from: 1 });
    let seen = super::see(&store);
    assert!(matches!(seen, Err(StoreError::Broken(_))), "{seen:?}");
    let answer = store.apply(known(shop::UserId(8))).await;
    assert!(matches!(answer, Err(StoreError::Broken(_))), "{answer:?}");
    assert!(*store.failed().borrow());
}
