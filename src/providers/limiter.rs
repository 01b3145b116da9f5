//! Keeps our requests under the supplier's rate: a token bucket, first come first served, purchases before reads.
//!
//! A 429 pauses reads only: purchases and cancels carry deadlines of people's money and go on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Which queue a request waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Lists and polls.
    Read,
    /// Purchases, cancels and what else changes something.
    Change,
}

/// Lets through at most so many requests in any one second.
pub(crate) struct Limiter {
    bucket: Mutex<Bucket>,
    reads: tokio::sync::Mutex<()>,
    changes: tokio::sync::Mutex<()>,
    changes_waiting: AtomicU32,
}

/// The bucket as a due time: full while `due` is `tolerance` in the past.
struct Bucket {
    due: Instant,
    interval: Duration,
    tolerance: Duration,
    paused_until: Instant,
}

impl Limiter {
    /// `per_second` is a ceiling for every window of one second: a sixteenth of it may come at once, the rest refills. Half
    /// an interval is forgiven, so that a late wake-up costs no turn.
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = per_second.max(2);
        let burst = (per_second / 16).max(1);
        let interval = Duration::from_secs(1) / (per_second - burst);
        let now = Instant::now();
        let bucket = Bucket { due: now, interval, tolerance: interval * (burst - 1) + interval / 2, paused_until: now };
        Self {
            bucket: Mutex::new(bucket),
            reads: tokio::sync::Mutex::new(()),
            changes: tokio::sync::Mutex::new(()),
            changes_waiting: AtomicU32::new(0),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// The seconds to wait, where no turn comes within `patience`.
    pub(crate) async fn acquire(&self, urgency: Urgency, patience: Duration) -> Result<(), u32> {
        let paused = self.paused_for(urgency);
        if paused > patience {
            return Err(whole_seconds(paused));
        }
        let turn = async {
            match urgency {
                Urgency::Read => self.read_turn().await,
                Urgency::Change => self.change_turn().await,
            }
        };
        let in_time = tokio::time::timeout(patience, turn).await;
        in_time.map_err(|_| whole_seconds(self.paused_for(urgency)))
    }

    /// Holds reads back, as a 429 asks.
    pub(crate) fn pause_reads(&self, pause: Duration) {
        let mut bucket = self.lock();
        bucket.paused_until = bucket.paused_until.max(Instant::now() + pause);
    }

    async fn read_turn(&self) {
        let _turn = self.reads.lock().await;
        while let Some(wait) = self.try_read() {
            tokio::time::sleep(wait).await;
        }
    }

    async fn change_turn(&self) {
        let _waiting = Waiting::enter(&self.changes_waiting);
        let _turn = self.changes.lock().await;
        loop {
            let Some(wait) = self.lock().try_take() else {
                return;
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes a turn, or says how long to wait before asking again.
    fn try_read(&self) -> Option<Duration> {
        let paused = self.paused_for(Urgency::Read);
        let mut bucket = self.lock();
        if !paused.is_zero() {
            Some(paused)
        } else if self.changes_waiting.load(Ordering::Acquire) > 0 {
            Some(bucket.interval)
        } else {
            bucket.try_take()
        }
    }

    fn paused_for(&self, urgency: Urgency) -> Duration {
        match urgency {
            Urgency::Read => self.lock().paused_until.saturating_duration_since(Instant::now()),
            Urgency::Change => Duration::ZERO,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn try_take(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let wait = self.due.saturating_duration_since(now + self.tolerance);
        if wait.is_zero() {
            self.due = self.due.max(now) + self.interval;
            None
        } else {
            Some(wait)
        }
    }
}

/// Counts itself for as long as it lives, also where its future is dropped half-way.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn fault_51_no_second_sees_more_than_the_limit() {
        let limiter = Limiter::new(16);
        let start = Instant::now();
        let mut turns = Vec::new();
        for _ in 0..60 {
            assert_eq!(limiter.acquire(Urgency::Read, PATIENCE).await, Ok(()));
            turns.push(start.elapsed());
        }
        for (index, turn) in turns.iter().enumerate() {
            let end = *turn + Duration::from_secs(1);
            let within = turns[index..].iter().filter(|later| **later < end).count();
            assert!(within <= 16, "{within} from {turn:?}");
        }
        assert!(turns[59] <= Duration::from_secs(4), "{:?}", turns[59]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_purchase_overtakes_waiting_reads() {
        let limiter = Arc::new(Limiter::new(4));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for (name, urgency) in [
            ("read 1", Urgency::Read),
            ("read 2", Urgency::Read),
            ("read 3", Urgency::Read),
            ("purchase", Urgency::Change),
        ] {
            let (limiter, order) = (Arc::clone(&limiter), Arc::clone(&order));
            tasks.spawn(async move {
                limiter.acquire(urgency, PATIENCE).await.expect("a turn");
                order.lock().expect("no panic").push(name);
            });
        }
        while tasks.join_next().await.is_some() {}
        let order = order.lock().expect("no panic").clone();
        assert_eq!(order, ["read 1", "purchase", "read 2", "read 3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_pauses_reads_but_not_purchases() {
        let limiter = Limiter::new(16);
        let start = Instant::now();
        limiter.pause_reads(Duration::from_secs(60));
        assert_eq!(limiter.acquire(Urgency::Read, PATIENCE).await, Err(60));
        assert_eq!(limiter.acquire(Urgency::Change, PATIENCE).await, Ok(()));
        assert_eq!(start.elapsed(), Duration::ZERO);
        tokio::time::advance(Duration::from_secs(50)).await;
        assert_eq!(limiter.acquire(Urgency::Read, PATIENCE).await, Ok(()));
        assert_eq!(start.elapsed().as_secs(), 60);
    }
}
