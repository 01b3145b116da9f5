//! The real clock, the one that tests move (the system's time plus the milliseconds in a file), and the simulators'.

use std::path::PathBuf;

use shop::clock::Clock;
use sim::SimClock;

/// The system's time.
pub(crate) struct SystemClock;

/// The simulators' time.
pub(crate) struct SimulatedClock(pub(crate) SimClock);

impl Clock for SimulatedClock {
    fn now_ms(&self) -> i64 {
        self.0.now()
    }
}

/// The system's time plus the milliseconds that a file holds; a file that cannot be read adds nothing.
pub(crate) struct MovedClock {
    /// The file.
    pub(crate) file: PathBuf,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the real clock")]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Clock for MovedClock {
    fn now_ms(&self) -> i64 {
        let offset_ms = std::fs::read_to_string(&self.file).ok().and_then(|text| text.trim().parse::<i64>().ok());
        SystemClock.now_ms().saturating_add(offset_ms.unwrap_or(0))
    }
}
