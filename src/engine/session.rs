//! What is stored of a conversation: a stack of frozen flows that describe themselves, so that any later version can
//! read them, and a flow can even be removed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The deepest stack of flows.
pub const FRAMES_MAX: usize = 8;
/// How many unreadable frames are kept for the operator to look at.
pub const QUARANTINE_MAX: usize = 8;

/// One person's conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Session {
    /// Counts the steps; never used twice, not even after a reset.
    pub revision: u64,
    /// The instance that the next frame gets.
    pub next_instance: u64,
    /// The stack; the last frame is the one that is shown. Empty before the first step.
    pub frames: Vec<Frame>,
    /// Frames that could not be read, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quarantine: Vec<Frame>,
}

/// A flow's state, frozen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The flow's tag.
    pub flow: String,
    /// The version of `body`.
    pub version: u16,
    /// Tells this stay in the flow from all others.
    pub instance: u64,
    /// The state.
    pub body: Value,
}

/// Why a frame cannot be read. The frame is kept; the person starts again politely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No flow of this tag is registered.
    #[error("no flow {0}")]
    UnknownFlow(String),
    /// The frame was written by a newer version.
    #[error("flow {flow} version {found} is newer than {known}")]
    Newer {
        /// The flow's tag.
        flow: String,
        /// The version found.
        found: u16,
        /// The newest version known here.
        known: u16,
    },
    /// A migration refused, or the body is not a state.
    #[error("flow {flow} version {version}: {cause}")]
    Damaged {
        /// The flow's tag.
        flow: String,
        /// The version found.
        version: u16,
        /// What was wrong.
        cause: String,
    },
}

impl Session {
    /// The instance of the frame that is shown.
    #[must_use]
    pub fn top_instance(&self) -> Option<u64> {
        self.frames.last().map(|frame| frame.instance)
    }

    /// Puts the top frame aside.
    pub(crate) fn quarantine_top(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.quarantine.push(frame);
            if self.quarantine.len() > QUARANTINE_MAX {
                self.quarantine.remove(0);
            }
        }
    }
}
