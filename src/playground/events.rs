//! What changed, as the pages hear of it.

use serde::Serialize;
use tokio::sync::broadcast;

/// How many changes may wait for a page; one that missed some looks at everything anew.
const WAITING_MAX: usize = 256;

/// Something that a page should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Event {
    /// Everything: the page has just come, or missed something.
    All { now_ms: i64 },
    /// A phone's chat.
    Phone { phone: usize },
    /// The bot answered a press with words.
    Toast { phone: usize, text: String, alert: bool },
    /// A message came with a sound.
    Push { phone: usize, line: String },
    /// The message box of a phone now holds this query.
    Search { phone: usize, query: String },
    /// The clock was moved.
    Clock { now_ms: i64 },
    /// The bot runs, or does not any more.
    Bot { running: bool },
    /// The inspector.
    Beats,
    /// The orders for failures and the next SMS.
    Controls,
    /// A word to whoever plays.
    Note { text: String },
}

/// Where changes are announced.
#[derive(Debug)]
pub(crate) struct Events(broadcast::Sender<Event>);

impl Events {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(WAITING_MAX).0)
    }

    /// Announces a change; nobody needs to listen.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.0.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}
