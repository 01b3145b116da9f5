//! Power cuts, on a disk that loses, tears and reorders what was not synced. Each seed runs a short history of intents,
//! loses the power at one of the disk's changes, opens what survived, and compares it with the history: what was
//! acknowledged is there, and nothing that never was.
//!
//! `POWER_SEEDS=10000` runs more seeds, `POWER_SEEDS=417..418` one alone; a failure names its seed and the operation.

mod failing;
mod flipped;
mod history;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use shop::recover;

use super::START;
use super::batches::together;
use super::dice::Dice;
use super::disk::{Disk, Fault, Survivor, Syncs};
use super::opening::Folder;
use crate::chain::Head;
use crate::read::{Read as _, Sort, Span};
use crate::tables::Tab;
use crate::{HeadFile, Integrity, Intent, Options, Outcome, Store, StoreError};
use history::History;

/// How many seeds run where nobody says otherwise.
const SEEDS: u64 = 200;
/// The life of the process that comes after the power.
const NEXT_BOOT: u64 = 2;
/// When it begins: some reservations have waited too long by then, some have not.
const NEXT_START: i64 = START + 60;

/// A state of the file: the end of the ledger, and a hash of all rows of all tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    head: Head,
    rows: u64,
}

/// How far a history went.
struct Lived {
    /// How many of its batches were acknowledged.
    acknowledged: usize,
    /// Whether the next batch was on its way when the disk failed.
    in_flight: bool,
}

/// Why what survived is not what was promised.
#[derive(Debug, thiserror::Error)]
enum Violation {
    #[error("it does not open: {0}")]
    Closed(String),
    #[error("the books do not hold: {0}")]
    Unsound(String),
    #[error("it is the state after batch {found}, but batch {acknowledged} was acknowledged")]
    Missing { found: usize, acknowledged: usize },
    #[error("it is no state of this history: the ledger ends with transaction {}", .0.seq)]
    Unknown(Head),
    #[error("a second cut, at operation {at} of the start after it, changed the outcome: {once:?}, then {twice:?}")]
    Twice { at: u64, once: Result<Seen, String>, twice: Result<Seen, String> },
}

/// What a seed showed.
#[derive(Debug, Default)]
struct Shown {
    /// The batch that was not acknowledged was there all the same.
    newer: u64,
    /// The batch that was not acknowledged was gone.
    gone: u64,
    torn: u64,
    arrived: u64,
    at_stake: u64,
    lengths: u64,
}

/// The seeds to run: the one place that reads the environment.
fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("POWER_SEEDS") else { return 0..SEEDS };
    let number = |text: &str| text.parse::<u64>().unwrap_or_else(|error| panic!("POWER_SEEDS={text}: {error}"));
    match text.split_once("..") {
        Some((from, until)) => number(from)..number(until),
        None => 0..number(&text),
    }
}

/// The platter of a new, empty shop.
fn new_shop() -> Vec<u8> {
    let disk = Disk::sound(Vec::new());
    drop(Store::on_backend(disk.clone()).expect("a store"));
    disk.written()
}

fn options(seed: u64) -> Options {
    let integrity = if seed.is_multiple_of(2) { Integrity::Checked } else { Integrity::Trusted };
    Options { integrity, ..Options::default() }
}

/// Opens the disk and lives a history on it, until it ends or the disk fails. Calls `see` at the start and after each
/// acknowledged batch.
async fn live(seed: u64, disk: &Disk, options: Options, mut see: impl FnMut(&Store)) -> Lived {
    let mut lived = Lived { acknowledged: 0, in_flight: false };
    let Ok(store) = Store::reopen(disk.clone(), options) else { return lived };
    see(&store);
    let mut history = History::new(seed);
    while let Ok(Some(batch)) = history.next(&store) {
        if !is_acknowledged(&write(&store, batch).await) {
            assert!(*store.failed().borrow(), "a store whose disk has failed says so");
            lived.in_flight = true;
            break;
        }
        lived.acknowledged += 1;
        see(&store);
    }
    lived
}

async fn write(store: &Store, mut batch: Vec<Intent>) -> Vec<Result<Outcome, StoreError>> {
    match batch.pop() {
        Some(intent) if batch.is_empty() => vec![store.apply(intent).await],
        last => together(store, batch.into_iter().chain(last).collect()).await,
    }
}

/// Whether a batch was stored; it is never stored in part.
fn is_acknowledged(answers: &[Result<Outcome, StoreError>]) -> bool {
    let broken = answers.iter().filter(|answer| match answer {
        Ok(_) => false,
        Err(StoreError::Broken(_)) => true,
        Err(other) => panic!("no disk is to blame for this: {other}"),
    });
    match broken.count() {
        0 => true,
        count => {
            assert_eq!(count, answers.len(), "a batch that failed was acknowledged in part: {answers:?}");
            false
        }
    }
}

/// Reads everything.
fn see(store: &Store) -> Result<Seen, StoreError> {
    let books = store.snapshot()?;
    let mut hasher = DefaultHasher::new();
    for tab in Tab::ALL {
        hasher.write(tab.name().as_bytes());
        books.scan(*tab, &Span::all(), Sort::Ascending, &mut |key, bytes| {
            hasher.write_usize(key.len());
            hasher.write(key);
            hasher.write_usize(bytes.len());
            hasher.write(bytes);
            Ok(true)
        })?;
    }
    Ok(Seen { head: crate::chain::head(&books)?, rows: hasher.finish() })
}

/// A history without faults: its states, and how many changes of the disk it takes.
async fn reference(seed: u64, shop: &[u8]) -> (Vec<Seen>, u64) {
    let (disk, mut states) = (Disk::sound(shop.to_vec()), Vec::new());
    live(seed, &disk, options(seed), |store| states.push(see(store).expect("a state"))).await;
    (states, disk.changes())
}

/// Opens what survived, and compares it with the history: which state it is.
fn check(platter: Vec<u8>, states: &[Seen], lived: &Lived, options: Options) -> Result<usize, Violation> {
    // A file that the storage panics over is as good as one that does not open.
    let panicked = |_| Err(Violation::Closed("the storage gave up on it".to_owned()));
    catch_unwind(AssertUnwindSafe(|| {
        let closed = |error: &dyn std::fmt::Display| Violation::Closed(error.to_string());
        let store = Store::reopen(Disk::sound(platter), options).map_err(|error| closed(&error))?;
        let audit = store.audit().map_err(|error| closed(&error))?;
        if !audit.holds() {
            return Err(Violation::Unsound(audit.findings().collect::<Vec<_>>().join("; ")));
        }
        place(see(&store).map_err(|error| closed(&error))?, states, lived)
    }))
    .unwrap_or_else(panicked)
}

/// Which state of the history this is, where it may be that one.
fn place(seen: Seen, states: &[Seen], lived: &Lived) -> Result<usize, Violation> {
    let acknowledged = lived.acknowledged;
    let newest = acknowledged + usize::from(lived.in_flight);
    if let Some(found) = (acknowledged..=newest).find(|at| states.get(*at) == Some(&seen)) {
        return Ok(found);
    }
    match states[..acknowledged].iter().rposition(|state| *state == seen) {
        Some(found) => Err(Violation::Missing { found, acknowledged }),
        None => Err(Violation::Unknown(seen.head)),
    }
}

/// A power cut of one seed, and what was found afterwards.
struct Cut {
    at: u64,
    dice: Dice,
    survivor: Survivor,
    lived: Lived,
    /// The end of the ledger that was acknowledged.
    head: Head,
    found: Result<usize, Violation>,
}

async fn cut(seed: u64, shop: &[u8], disk: impl FnOnce(&mut Dice, u64) -> (u64, Disk)) -> Cut {
    let (states, changes) = reference(seed, shop).await;
    // Other choices than those of the history.
    let mut dice = Dice::new(!seed);
    let (at, disk) = disk(&mut dice, changes);
    let lived = live(seed, &disk, options(seed), |_| {}).await;
    let survivor = disk.survivor(&mut dice);
    let found = check(survivor.bytes.clone(), &states, &lived, options(seed));
    let head = states[lived.acknowledged].head;
    Cut { at, dice, survivor, lived, head, found }
}

/// Opens a disk, and does what a start does before anything is sold: the state that it ends in.
async fn start_again(disk: &Disk, options: Options) -> Result<Seen, String> {
    let store = Store::reopen(disk.clone(), options).map_err(|error| error.to_string())?;
    let orders = store.open_orders().map_err(|error| error.to_string())?;
    let commands = recover::at_start(&orders, NEXT_START, NEXT_BOOT);
    let recovered = store.apply(Intent::Domain { actor: None, commands, now: NEXT_START }).await;
    recovered.and_then(|_| see(&store)).map_err(|error| error.to_string())
}

/// The power goes again while the survivor is repaired and recovered: the outcome is that of one power cut.
async fn cut_again(platter: &[u8], dice: &mut Dice, options: Options) -> Result<(), Violation> {
    let calm = Disk::sound(platter.to_vec());
    let once = start_again(&calm, options).await;
    let at = dice.operation(calm.changes());
    let disk = Disk::new(platter.to_vec(), Fault::PowerCut { at }, Syncs::Kept);
    drop(start_again(&disk, options).await);
    let twice = start_again(&Disk::sound(disk.survivor(dice).bytes), options).await;
    match once.is_ok() && once == twice {
        true => Ok(()),
        false => Err(Violation::Twice { at, once, twice }),
    }
}

/// A seed's power cut, and a second one.
async fn power_cut(seed: u64, shop: &[u8], shown: &mut Shown) -> Result<(), String> {
    let power_cut = |dice: &mut Dice, changes| {
        let at = dice.operation(changes);
        (at, Disk::new(shop.to_vec(), Fault::PowerCut { at }, Syncs::Kept))
    };
    let mut cut = cut(seed, shop, power_cut).await;
    shown.at_stake += cut.survivor.at_stake;
    shown.arrived += cut.survivor.arrived;
    shown.torn += cut.survivor.torn;
    shown.lengths += cut.survivor.lengths;
    let checked = match cut.found {
        Ok(found) if cut.lived.in_flight => {
            let newer = found > cut.lived.acknowledged;
            shown.newer += u64::from(newer);
            shown.gone += u64::from(!newer);
            cut_again(&cut.survivor.bytes, &mut cut.dice, options(seed)).await
        }
        Ok(_) => cut_again(&cut.survivor.bytes, &mut cut.dice, options(seed)).await,
        Err(violation) => Err(violation),
    };
    let again = format!("POWER_SEEDS={seed}..{}", seed + 1);
    checked.map_err(|violation| format!("seed {seed}, power cut at operation {}: {violation}; {again}", cut.at))
}

#[tokio::test]
async fn fault_14_15_after_a_power_cut_what_was_acknowledged_is_there() {
    let (shop, seeds, began) = (new_shop(), seeds(), Instant::now());
    let (mut shown, mut violations) = (Shown::default(), Vec::new());
    for seed in seeds.clone() {
        violations.extend(power_cut(seed, &shop, &mut shown).await.err());
    }
    let (count, seconds) = (seeds.end - seeds.start, began.elapsed().as_secs_f64());
    println!("{count} seeds, {:.0} a second, {} violations; {shown:?}", count as f64 / seconds, violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    if count >= SEEDS {
        let all = [shown.newer, shown.gone, shown.torn, shown.lengths, shown.at_stake - shown.arrived];
        assert!(all.iter().all(|seen| *seen > 0), "a power cut that loses, tears and keeps: {shown:?}");
    }
}

/// The control: the same check fails where the disk only says that it has synced. Where the file opens all the same, the
/// kept head tells exactly when money is missing.
#[tokio::test]
async fn fault_16_on_a_disk_that_ignores_syncs_the_same_check_fails() {
    let (shop, mut failed, mut noticed, mut kinds) = (new_shop(), 0, 0, BTreeMap::new());
    for seed in 0..SEEDS {
        let lying = |dice: &mut Dice, changes| {
            let (at, after) = (dice.operation(changes), dice.below(4) as u64);
            (at, Disk::new(shop.clone(), Fault::PowerCut { at }, Syncs::Forgotten { after }))
        };
        let cut = cut(seed, &shop, lying).await;
        if let Err(violation) = &cut.found {
            failed += 1;
            *kinds.entry(kind(violation)).or_insert(0) += 1;
            noticed += u64::from(matches!(violation, Violation::Missing { .. }) && is_noticed(&cut, options(seed)));
        }
    }
    println!(
        "on a lying disk {failed} of {SEEDS} seeds fail: {kinds:?}; the kept head notices {noticed} of the missing"
    );
    assert!(failed * 2 >= SEEDS, "only {failed} of {SEEDS} seeds noticed that the disk lies");
    assert!(noticed > 0, "{kinds:?}");
}

/// Whether a head that was kept after the last acknowledged batch tells that the survivor lacks something.
fn is_noticed(cut: &Cut, options: Options) -> bool {
    let folder = Folder::new();
    let file = HeadFile::beside(&folder.file());
    file.write(cut.head).expect("written");
    let store = Store::reopen(Disk::sound(cut.survivor.bytes.clone()), options).expect("a store");
    let lost = file.read().expect("read").lost(&store.snapshot().expect("books")).expect("compared");
    assert_eq!(lost.is_some(), store.ledger_head().expect("a head") != cut.head, "{lost:?}");
    lost.is_some()
}

const fn kind(violation: &Violation) -> &'static str {
    match violation {
        Violation::Closed(_) => "closed",
        Violation::Unsound(_) => "unsound",
        Violation::Missing { .. } => "missing",
        Violation::Unknown(_) => "unknown",
        Violation::Twice { .. } => "twice",
    }
}

#[tokio::test]
async fn a_seed_alone_decides_what_survives() {
    let shop = new_shop();
    for seed in 0..5 {
        let power_cut = |dice: &mut Dice, changes| {
            let at = dice.operation(changes);
            (at, Disk::new(shop.clone(), Fault::PowerCut { at }, Syncs::Kept))
        };
        let (first, second) = (cut(seed, &shop, power_cut).await, cut(seed, &shop, power_cut).await);
        assert_eq!((first.at, first.lived.acknowledged), (second.at, second.lived.acknowledged), "seed {seed}");
        assert!(first.survivor.bytes == second.survivor.bytes, "seed {seed}");
    }
}
