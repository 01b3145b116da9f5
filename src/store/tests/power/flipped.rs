//! Files with a flipped bit or a lost end: refused, with the way back, or as they were. Never something else.

use super::super::dice::Dice;
use super::super::disk::Disk;
use super::{Seen, history::History, new_shop, options, see, write};
use crate::{OpenError, Store};

/// Where the header of a file ends.
const HEADER: usize = 320;
/// The bit that says which commit is the newer one.
const NEWER_COMMIT: (usize, usize) = (9, 0);
/// How many flips are tried behind it.
const FLIPS: usize = 500;

/// A file as a killed process leaves it, and the states that it had.
async fn killed() -> (Vec<u8>, Vec<Seen>) {
    let disk = Disk::sound(new_shop());
    let store = Store::reopen(disk.clone(), options(0)).expect("a store");
    let (mut history, mut states) = (History::new(6), Vec::new());
    while let Some(batch) = history.next(&store).expect("the next batch") {
        write(&store, batch).await;
        states.push(see(&store).expect("a state"));
    }
    (disk.written(), states)
}

/// What a start makes of this file: nothing, or the state that it finds.
fn start(bytes: Vec<u8>, what: &str) -> Option<Seen> {
    match Store::reopen(Disk::sound(bytes), options(0)) {
        Ok(store) => Some(see(&store).unwrap_or_else(|error| panic!("{what}: it opens and cannot be read: {error}"))),
        Err(error) => {
            assert!(matches!(error, OpenError::Damaged { .. } | OpenError::Foreign(_)), "{what}: {error:?}");
            assert!(error.to_string().contains("raqam restore"), "{what}: {error}");
            None
        }
    }
}

/// One bit says which of the two last commits is the newer one. Flipped in a file that was not closed, the commit before
/// opens, whole in itself: that is what the kept head is for.
#[tokio::test]
async fn fault_19_a_flipped_bit_is_refused_or_harms_nothing() {
    let (whole, states) = killed().await;
    let (last, mut dice) = (states.last(), Dice::new(1));
    let used: Vec<usize> = (HEADER..whole.len()).filter(|at| whole[*at] != 0).collect();
    let mut places: Vec<(usize, usize)> = (0..HEADER).flat_map(|at| (0..8).map(move |bit| (at, bit))).collect();
    for _ in 0..FLIPS {
        places.push((dice.pick(&used), dice.below(8)));
    }
    let (count, mut refused) = (places.len(), 0);
    for place in places {
        let mut flipped = whole.clone();
        flipped[place.0] ^= 1 << place.1;
        match start(flipped, &format!("a flip at {place:?}")) {
            None => refused += 1,
            found if place == NEWER_COMMIT => assert!(found.is_some_and(|found| states.contains(&found))),
            found => assert!(found.as_ref() == last, "a flip at {place:?} opens as {found:?}, not as {last:?}"),
        }
    }
    println!("{refused} of {count} flips are refused, the others harm nothing");
    assert!(refused * 10 > count, "{refused} of {count} flips are refused alone");
}

#[tokio::test]
async fn fault_20_a_file_without_its_end_is_refused() {
    let (whole, _) = killed().await;
    let mut dice = Dice::new(2);
    let mut lengths = vec![0, 1, 9, 100, HEADER, 4_096, whole.len() / 2, whole.len() - 1];
    for _ in 0..100 {
        lengths.push(dice.below(whole.len()));
    }
    for length in lengths {
        assert_eq!(start(whole[..length].to_vec(), &format!("{length} bytes")), None, "{length} bytes");
    }
}
