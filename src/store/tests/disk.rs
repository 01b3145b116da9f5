//! A disk for redb whose power can be cut, that can lie, run full, or fail to read. It keeps a platter (what survives)
//! and every version of each sector that was written since the last sync.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use super::dice::Dice;

/// What a disk writes whole or torn, but never mixed.
const SECTOR: usize = 512;

/// What goes wrong. Changes (writes, lengths, syncs) and reads are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// The power ends with this change; a sync at that moment does not happen.
    PowerCut { at: u64 },
    /// From this change on there is no space: of a write the first half is there, of a length nothing.
    NoSpace { from: u64 },
    /// From this read on nothing can be read.
    BadRead { from: u64 },
}

/// What a sync is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syncs {
    /// All that was written is on the platter.
    Kept,
    /// So many are kept; the others say so, and nothing is on the platter.
    Forgotten { after: u64 },
}

/// A disk. Clones are handles of the same disk: the store has one, the test another.
#[derive(Debug, Clone)]
pub(super) struct Disk(Arc<Mutex<Plant>>);

/// What survives a power cut, and what became of the sectors that were at stake.
#[derive(Debug)]
pub(super) struct Survivor {
    /// The platter.
    pub(super) bytes: Vec<u8>,
    /// How many sectors were written and not synced.
    pub(super) at_stake: u64,
    /// How many of them arrived, whole or torn.
    pub(super) arrived: u64,
    /// How many of these were torn.
    pub(super) torn: u64,
    /// How many changes of the length were not synced.
    pub(super) lengths: u64,
}

#[derive(Debug)]
struct Plant {
    platter: Vec<u8>,
    /// What the program reads: all writes, synced or not.
    view: Vec<u8>,
    /// Each sector's versions since the last sync, oldest first.
    unsynced: BTreeMap<usize, Vec<Vec<u8>>>,
    /// The lengths since the last sync, oldest first.
    lengths: Vec<usize>,
    fault: Fault,
    syncs: Syncs,
    changes: u64,
    reads: u64,
    synced: u64,
    has_power: bool,
}

impl Disk {
    /// A disk with a platter that was synced.
    pub(super) fn new(platter: Vec<u8>, fault: Fault, syncs: Syncs) -> Self {
        let view = platter.clone();
        let plant = Plant {
            platter,
            view,
            unsynced: BTreeMap::new(),
            lengths: Vec::new(),
            fault,
            syncs,
            changes: 0,
            reads: 0,
            synced: 0,
            has_power: true,
        };
        Self(Arc::new(Mutex::new(plant)))
    }

    /// A disk without faults.
    pub(super) fn sound(platter: Vec<u8>) -> Self {
        Self::new(platter, Fault::None, Syncs::Kept)
    }

    /// From now on this goes wrong.
    pub(super) fn fails(&self, fault: Fault) {
        self.lock().fault = fault;
    }

    /// How many changes there were.
    pub(super) fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// How many reads there were.
    pub(super) fn reads(&self) -> u64 {
        self.lock().reads
    }

    /// All that was written, as a program sees it whose process ended while the power stayed.
    pub(super) fn written(&self) -> Vec<u8> {
        self.lock().view.clone()
    }

    /// What is on the platter after a power cut now: of each sector that is at stake the old content, one of the new
    /// ones, or the beginning of a new one; of the lengths any.
    pub(super) fn survivor(&self, dice: &mut Dice) -> Survivor {
        let plant = self.lock();
        let lengths: Vec<usize> = [plant.platter.len()].into_iter().chain(plant.lengths.iter().copied()).collect();
        let length = dice.pick(&lengths);
        let percent = dice.pick(&[0, 10, 50, 90, 100]);
        let mut survivor = Survivor {
            bytes: plant.platter.clone(),
            at_stake: plant.unsynced.len() as u64,
            arrived: 0,
            torn: 0,
            lengths: plant.lengths.len() as u64,
        };
        survivor.bytes.resize(length, 0);
        for (sector, versions) in &plant.unsynced {
            let version = &versions[dice.below(versions.len())];
            let whole = dice.below(4) > 0;
            let kept = if whole { SECTOR } else { dice.below(SECTOR) };
            if dice.below(100) >= percent {
                continue;
            }
            let start = sector * SECTOR;
            let kept = kept.min(version.len()).min(length.saturating_sub(start));
            if kept > 0 {
                survivor.bytes[start..start + kept].copy_from_slice(&version[..kept]);
                survivor.arrived += 1;
                survivor.torn += u64::from(!whole);
            }
        }
        survivor
    }

    fn lock(&self) -> MutexGuard<'_, Plant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One change, with what goes wrong at it.
    fn change(&self, needs_space: bool, apply: impl FnOnce(&mut Plant)) -> Result<()> {
        let mut plant = self.lock();
        plant.with_power()?;
        plant.changes += 1;
        match plant.fault {
            Fault::NoSpace { from } if needs_space && plant.changes >= from => Err(ErrorKind::StorageFull.into()),
            Fault::PowerCut { at } if plant.changes == at => {
                // A write that the power ends in may have arrived; a sync that it ends in says nothing.
                if needs_space {
                    apply(&mut plant);
                }
                plant.has_power = false;
                plant.with_power()
            }
            Fault::None | Fault::PowerCut { .. } | Fault::NoSpace { .. } | Fault::BadRead { .. } => {
                apply(&mut plant);
                Ok(())
            }
        }
    }
}

impl Plant {
    fn with_power(&self) -> Result<()> {
        if self.has_power { Ok(()) } else { Err(Error::other("the power is cut")) }
    }

    fn write(&mut self, offset: usize, data: &[u8]) {
        self.view[offset..offset + data.len()].copy_from_slice(data);
        self.remember(offset, offset + data.len());
    }

    fn set_len(&mut self, length: usize) {
        let before = self.view.len();
        self.view.resize(length, 0);
        self.lengths.push(length);
        // What a shorter file lost reads as zeros where it grows again.
        for sector in length.div_ceil(SECTOR)..before.div_ceil(SECTOR) {
            self.unsynced.entry(sector).or_default().push(vec![0; SECTOR]);
        }
    }

    /// The sectors of a range have a new version.
    fn remember(&mut self, from: usize, until: usize) {
        for sector in from / SECTOR..until.div_ceil(SECTOR) {
            let end = ((sector + 1) * SECTOR).min(self.view.len());
            let version = self.view[sector * SECTOR..end].to_vec();
            self.unsynced.entry(sector).or_default().push(version);
        }
    }

    fn sync(&mut self) {
        self.synced += 1;
        match self.syncs {
            Syncs::Forgotten { after } if self.synced > after => return,
            Syncs::Forgotten { .. } | Syncs::Kept => {}
        }
        self.platter.resize(self.view.len(), 0);
        for sector in std::mem::take(&mut self.unsynced).into_keys() {
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(self.view.len());
            if start < end {
                self.platter[start..end].copy_from_slice(&self.view[start..end]);
            }
        }
        self.lengths.clear();
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        let plant = self.lock();
        plant.with_power()?;
        Ok(plant.view.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let mut plant = self.lock();
        plant.with_power()?;
        plant.reads += 1;
        if matches!(plant.fault, Fault::BadRead { from } if plant.reads >= from) {
            return Err(Error::other("the disk cannot be read"));
        }
        let start = place(offset);
        let there = plant.view.get(start..start + out.len());
        out.copy_from_slice(there.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.change(true, |plant| plant.set_len(place(len)))
    }

    fn sync_data(&self) -> Result<()> {
        self.change(false, Plant::sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        let written = self.change(true, |plant| plant.write(place(offset), data));
        if written.as_ref().is_err_and(|error| error.kind() == ErrorKind::StorageFull) {
            self.lock().write(place(offset), &data[..data.len() / 2]);
        }
        written
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).expect("a test's file fits into the memory")
}
