//! What a test's own thread logs, at every level.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::{Mutex, Once, OnceLock};
use std::thread::ThreadId;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Events as text, by the thread that they come from.
static LINES: OnceLock<Mutex<HashMap<ThreadId, Vec<String>>>> = OnceLock::new();

/// Starts to listen. For the whole process: a subscriber of one thread races with the others for what each call site
/// remembers.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Captured).expect("nobody else sets one"));
}

/// What this thread has logged since somebody listens.
pub(crate) fn lines() -> Vec<String> {
    let lines = LINES.get_or_init(Mutex::default).lock().expect("no panic");
    lines.get(&std::thread::current().id()).cloned().unwrap_or_default()
}

struct Captured;

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = format!("{} ", event.metadata().target());
        event.record(&mut Line(&mut line));
        let mut lines = LINES.get_or_init(Mutex::default).lock().expect("no panic");
        lines.entry(std::thread::current().id()).or_default().push(line);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
