//! What kept servers from selling, and what the admin was told of it: read from the books after every commit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use shop::command::Note;
use shop::trouble::Trouble;
use shop::{ServerId, UserId};
use store::{OutgoingRow, Store};
use strum::IntoEnumIterator as _;

use super::diary::{VirtualClock, locked};

/// Who looks.
pub(crate) struct Incidents {
    clock: Arc<VirtualClock>,
    admin: UserId,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    incidents: Vec<Incident>,
    notes: BTreeMap<u64, (u64, Note)>,
}

/// A trouble of a server, from its beginning to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Incident {
    pub(crate) server: ServerId,
    pub(crate) trouble: Trouble,
    pub(crate) from_ms: u64,
    /// `None`: it lasts.
    pub(crate) until_ms: Option<u64>,
}

impl Incident {
    /// Whether it was so at that time.
    pub(crate) fn lasts_at(&self, at_ms: u64) -> bool {
        self.from_ms <= at_ms && self.until_ms.is_none_or(|until_ms| at_ms < until_ms)
    }
}

impl Incidents {
    pub(crate) fn new(clock: Arc<VirtualClock>, admin: UserId) -> Self {
        Self { clock, admin, seen: Mutex::default() }
    }

    /// Looks at the books.
    pub(crate) fn looks(&self, books: &Store) {
        let now_ms = self.clock.elapsed_ms();
        let settings = books.settings().expect("readable books");
        let outgoing = books.outgoing(self.admin, i64::MAX).expect("readable books");
        let mut seen = locked(&self.seen);
        for server in ServerId::iter() {
            let troubles = &settings.server(server).troubles.now;
            let of_server = seen.incidents.iter_mut().filter(|one| one.server == server && one.until_ms.is_none());
            let mut lasting = Vec::new();
            for incident in of_server {
                if troubles.contains_key(&incident.trouble) {
                    lasting.push(incident.trouble);
                } else {
                    incident.until_ms = Some(now_ms);
                }
            }
            let new = troubles.keys().filter(|trouble| !lasting.contains(trouble));
            let begun = |trouble: &Trouble| Incident { server, trouble: *trouble, from_ms: now_ms, until_ms: None };
            seen.incidents.extend(new.map(begun));
        }
        for row in outgoing {
            if let OutgoingRow::Tell { seq, note, .. } = row {
                seen.notes.entry(seq).or_insert((now_ms, note));
            }
        }
    }

    /// What was wrong at a server.
    pub(crate) fn of(&self, server: ServerId) -> Vec<Incident> {
        locked(&self.seen).incidents.iter().filter(|incident| incident.server == server).copied().collect()
    }

    /// The messages to the admin, with their times, oldest first.
    pub(crate) fn notes(&self) -> Vec<(u64, Note)> {
        locked(&self.seen).notes.values().cloned().collect()
    }
}
