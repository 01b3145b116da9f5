//! The one clock of both servers. It follows real time plus an offset, or stands still until moved by hand.
//! Everything in this crate reads time from here; timers are evaluated against it when somebody asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

/// How far the clock is moved at most, and the longest duration that is read: a hundred years. Times are added to it.
const OFFSET_MAX_MS: i64 = 100 * 366 * 86_400_000;

/// A cloneable clock in Unix milliseconds that tests can move forward.
#[derive(Clone, Debug)]
pub struct SimClock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Where a standing clock began; a running clock has none.
    frozen_at_ms: Option<i64>,
    offset_ms: AtomicI64,
    moved: watch::Sender<i64>,
}

impl SimClock {
    /// A clock that runs with real time and can be moved ahead of it.
    #[must_use]
    pub fn running() -> Self {
        Self::build(None)
    }

    /// A clock that stands at `start_ms` (Unix milliseconds) and moves only by [`SimClock::advance`].
    #[must_use]
    pub fn frozen(start_ms: i64) -> Self {
        Self::build(Some(start_ms))
    }

    fn build(frozen_at_ms: Option<i64>) -> Self {
        let (moved, _) = watch::channel(0);
        Self { shared: Arc::new(Shared { frozen_at_ms, offset_ms: AtomicI64::new(0), moved }) }
    }

    /// The time now, in Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.shared.frozen_at_ms.unwrap_or_else(real_now_ms) + self.offset_ms()
    }

    /// How far the clock was moved by hand, in milliseconds.
    #[must_use]
    pub fn offset_ms(&self) -> i64 {
        self.shared.offset_ms.load(Ordering::SeqCst)
    }

    /// Moves the clock forward, by a hundred years in all at most, and wakes everyone who subscribed.
    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(OFFSET_MAX_MS).min(OFFSET_MAX_MS);
        let moved = |offset: i64| Some((offset + by_ms).min(OFFSET_MAX_MS));
        if let Ok(before) = self.shared.offset_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved) {
            self.shared.moved.send_replace((before + by_ms).min(OFFSET_MAX_MS));
        }
    }

    /// A receiver that changes whenever the clock is moved by hand; its value is the offset in milliseconds.
    #[must_use]
    pub fn on_advance(&self) -> watch::Receiver<i64> {
        self.shared.moved.subscribe()
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::running()
    }
}

#[expect(clippy::disallowed_methods, reason = "the simulators' only reading of real time")]
fn real_now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Reads "90s", "20m", "2h", "1d" or "1500ms", with an optional leading plus; nothing of more than a hundred years.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim().trim_start_matches('+');
    let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let amount: u64 = text[..split].parse().ok()?;
    let unit_ms = match &text[split..] {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let duration = amount.checked_mul(unit_ms).filter(|&ms| i64::try_from(ms).is_ok_and(|ms| ms <= OFFSET_MAX_MS))?;
    Some(Duration::from_millis(duration))
}
