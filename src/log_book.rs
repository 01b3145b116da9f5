//! The newest lines of the log, kept for whoever looks on. Their time is the simulators'.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sim::SimClock;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// How many lines are kept.
const LINES_MAX: usize = 5_000;

/// Where lines are kept; clones keep the same.
#[derive(Clone, Default)]
pub(crate) struct LogBook(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    kept: VecDeque<(u64, String)>,
    last: u64,
}

impl LogBook {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of the newest line; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.lines().last
    }

    /// The lines after a place, each with its own, oldest first.
    pub(crate) fn after(&self, place: u64) -> Vec<(u64, String)> {
        self.lines().kept.iter().filter(|(own, _)| *own > place).cloned().collect()
    }
}

impl io::Write for LogBook {
    /// Each line comes in one piece.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.lines();
        lines.last += 1;
        let place = lines.last;
        if lines.kept.len() >= LINES_MAX {
            lines.kept.pop_front();
        }
        lines.kept.push_back((place, String::from_utf8_lossy(line).trim_end().to_owned()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogBook {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The time of day on the simulators' clock.
pub(crate) struct SimulatedTime(pub(crate) SimClock);

impl FormatTime for SimulatedTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let ms = self.0.now().rem_euclid(86_400_000);
        let (seconds, ms) = (ms / 1_000, ms % 1_000);
        write!(writer, "{:02}:{:02}:{:02}.{ms:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }
}
