//! The time of a simulated world, what happened in it, and the first thing that must not have.

use std::sync::{Mutex, MutexGuard, PoisonError};

use shop::clock::Clock;
use tokio::time::Instant;

/// When every simulated world begins.
pub(crate) const BEGINNING_MS: i64 = 1_800_000_000_000;

/// The one clock: tokio's paused time while a process lives, standing still between two lives.
pub(crate) struct VirtualClock(Mutex<Reading>);

#[derive(Clone, Copy)]
struct Reading {
    at_ms: i64,
    since: Option<Instant>,
}

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Reading { at_ms: BEGINNING_MS, since: None }))
    }

    /// A life begins: from now on tokio's time counts. Called inside its runtime.
    pub(crate) fn start(&self) {
        locked(&self.0).since = Some(Instant::now());
    }

    /// A life ends: time stands still. Called inside its runtime.
    pub(crate) fn stop(&self) {
        let at_ms = self.now_ms();
        *locked(&self.0) = Reading { at_ms, since: None };
    }

    /// Nothing happens for so long.
    pub(crate) fn pass(&self, down_ms: u64) {
        locked(&self.0).at_ms += i64::try_from(down_ms).expect("a short time");
    }

    /// Milliseconds since the beginning.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.now_ms() - BEGINNING_MS).expect("time goes forward")
    }
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> i64 {
        let reading = *locked(&self.0);
        let passed = reading.since.map_or(0, |since| since.elapsed().as_millis());
        reading.at_ms + i64::try_from(passed).expect("a short time")
    }
}

/// What happened, line by line.
pub(crate) struct Diary {
    clock: std::sync::Arc<VirtualClock>,
    lines: Mutex<Vec<String>>,
    violation: Mutex<Option<String>>,
}

impl Diary {
    pub(crate) fn new(clock: std::sync::Arc<VirtualClock>) -> Self {
        Self { clock, lines: Mutex::default(), violation: Mutex::default() }
    }

    /// Writes down what happens now.
    pub(crate) fn note(&self, what: impl std::fmt::Display) {
        let at_ms = self.clock.elapsed_ms();
        locked(&self.lines).push(format!("{:>5}.{:03} s  {what}", at_ms / 1_000, at_ms % 1_000));
    }

    /// Something is so that must not be: the world ends. `rule` names it, `how` says what is wrong.
    pub(crate) fn violated(&self, rule: &str, how: impl std::fmt::Display) {
        let violation = format!("{rule}: {how}");
        self.note(format!("VIOLATED {violation}"));
        locked(&self.violation).get_or_insert(violation);
    }

    /// What was violated first.
    pub(crate) fn violation(&self) -> Option<String> {
        locked(&self.violation).clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        locked(&self.lines).clone()
    }
}

/// A lock whose holder never panics halfway.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
