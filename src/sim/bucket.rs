//! A token bucket over simulated time: bursts up to a size, then a steady rate.

/// How many calls may come at once and how many per second after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Calls tolerated at once.
    pub burst: u32,
    /// Calls per second afterwards.
    pub per_second: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    left: f64,
    filled_at_ms: i64,
}

impl Bucket {
    pub(crate) fn full(rate: Rate, now_ms: i64) -> Self {
        Self { left: f64::from(rate.burst), filled_at_ms: now_ms }
    }

    /// Takes one call, or says how many seconds to wait.
    pub(crate) fn take(&mut self, rate: Rate, now_ms: i64) -> Result<(), u32> {
        let wait = self.wait_seconds(rate, now_ms);
        if wait > 0 {
            return Err(wait);
        }
        self.left -= 1.0;
        Ok(())
    }

    /// How many seconds until one call is free; zero when it is free now. Takes nothing.
    pub(crate) fn wait_seconds(&mut self, rate: Rate, now_ms: i64) -> u32 {
        let passed_ms = u32::try_from((now_ms - self.filled_at_ms).max(0)).unwrap_or(u32::MAX);
        self.left = (self.left + f64::from(passed_ms) / 1000.0 * rate.per_second).min(f64::from(rate.burst));
        self.filled_at_ms = now_ms;
        if self.left >= 1.0 {
            return 0;
        }
        let seconds = ((1.0 - self.left) / rate.per_second).ceil().clamp(1.0, 3600.0);
        (1..=3600).find(|whole| f64::from(*whole) >= seconds).unwrap_or(3600)
    }
}
