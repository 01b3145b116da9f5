//! Numbers that nobody gets twice, over all restarts: blocks from the store, drawn ahead of need so that a step never
//! waits for one. They are small, for users read them as order numbers.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::{Intent, Outcome, Store, StoreError};

/// How many ids are taken from the store at a time; a restart skips what is left of them.
const BLOCK: u64 = 10_000;
/// Set in numbers that had to be made without the store: far above all others.
const SPARE_BIT: u64 = 1 << 62;

/// A source of unique numbers.
#[derive(Clone)]
pub struct Fresh {
    store: Store,
    blocks: Arc<Mutex<Blocks>>,
}

struct Blocks {
    ranges: VecDeque<Range<u64>>,
    refilling: bool,
    boot: u64,
    spares: u64,
}

impl Fresh {
    /// Draws the first block. Its first number names this life of the process.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot reserve.
    pub async fn open(store: &Store) -> Result<(Self, u64), StoreError> {
        let mut first = reserve(store).await?;
        let boot = first.start;
        first.start += 1;
        let blocks = Blocks { ranges: VecDeque::from([first]), refilling: false, boot, spares: 0 };
        Ok((Self { store: store.clone(), blocks: Arc::new(Mutex::new(blocks)) }, boot))
    }

    /// The next number.
    #[must_use]
    pub fn next(&self) -> u64 {
        let mut blocks = self.lock();
        let left: u64 = blocks.ranges.iter().map(|range| range.end - range.start).sum();
        if left < BLOCK / 2 && !blocks.refilling {
            blocks.refilling = true;
            tokio::spawn(self.clone().refill());
        }
        blocks.draw()
    }

    async fn refill(self) {
        let reserved = reserve(&self.store).await;
        let mut blocks = self.lock();
        blocks.refilling = false;
        blocks.ranges.extend(reserved.ok());
    }

    fn lock(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blocks {
    fn draw(&mut self) -> u64 {
        while let Some(range) = self.ranges.front_mut() {
            match range.next() {
                Some(number) => return number,
                None => {
                    self.ranges.pop_front();
                }
            }
        }
        self.spares += 1;
        SPARE_BIT | (self.boot << 20) | self.spares
    }
}

async fn reserve(store: &Store) -> Result<Range<u64>, StoreError> {
    match store.apply(Intent::ReserveIds { count: BLOCK }).await? {
        Outcome::Reserved(first) => Ok(first.max(1)..first + BLOCK),
        Outcome::Stored(_) | Outcome::Refused(_) | Outcome::Conflict | Outcome::TakenIn(_) | Outcome::Done => {
            unreachable!("the store answers a reservation with a reservation")
        }
    }
}
