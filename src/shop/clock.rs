//! The clock is a port: the shop is told the time, so that tests and the simulation can move it.

use crate::UnixSeconds;

/// Tells the time. The real one reads the system; tests move theirs by hand.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> i64;

    /// Seconds since 1970-01-01 UTC.
    fn now(&self) -> UnixSeconds {
        self.now_ms().div_euclid(1000)
    }
}
