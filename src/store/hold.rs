//! Why nothing is sold at the moment, whatever the settings say. Open orders, refunds and reads go on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// A reason to sell nothing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumMessage, strum::EnumIter, strum::IntoStaticStr,
)]
pub enum Hold {
    /// The audit found that the books do not hold.
    #[strum(message = "the books do not hold: see `raqam audit`")]
    Books,
    /// The books do not go as far as the head that is kept beside them.
    #[strum(message = "the books are older than what was there before: see `raqam audit`")]
    Lost,
    /// The disk is nearly full.
    #[strum(message = "the disk is nearly full")]
    Disk,
}

/// The reasons in force, shared by the store's handle and its writer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holds(Arc<Mutex<BTreeSet<Hold>>>);

impl Holds {
    /// Adds or takes away a reason; whether that changed anything.
    pub(crate) fn set(&self, hold: Hold, held: bool) -> bool {
        let mut holds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held { holds.insert(hold) } else { holds.remove(&hold) }
    }

    /// All reasons.
    pub(crate) fn all(&self) -> BTreeSet<Hold> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
