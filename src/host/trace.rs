//! What is kept of each event of a session: made by `flows`, which knows what may be told, and stored with its step.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use engine::replay::Ending;
use flows::Raqam;
use flows::env::Server;
use flows::recorded::{Kept, Seen, record};
use gallery::shown;
use sha2::{Digest as _, Sha256};
use shop::catalogue::Catalogue;
use shop::{ServerId, UserId};
use store::NamedLists;
use telegram::host::Decided;

/// How many bytes of a hash name lists: two that differ never meet among the few that are kept.
const NAME_BYTES: usize = 12;

/// An event as it will be stored.
#[derive(Debug, Clone)]
pub struct Trace {
    user: UserId,
    kept: Kept,
    lists: Vec<NamedLists>,
}

/// Makes traces, and remembers what they have in common.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    known: Mutex<BTreeMap<ServerId, (Arc<Catalogue>, NamedLists)>>,
}

impl Recorder {
    /// What is kept of an event.
    pub(crate) fn trace(&self, decided: &Decided<'_, Raqam>) -> Trace {
        let Decided { person, session, input, cx, turn } = *decided;
        let lists: Vec<NamedLists> = cx.env.servers().iter().map(|server| self.lists(server)).collect();
        let named = || cx.env.servers().iter().map(Server::id).zip(&lists);
        let name = |server: &Server| {
            named().find(|(id, _)| *id == server.id()).map_or_else(String::new, |(_, lists)| lists.name.to_string())
        };
        let kept = record(Seen { session, input, cx, turn }, name, |view| shown::show(&view.rendered));
        if let Some(part) = kept.inexact {
            tracing::warn!(part = <&str>::from(part), "an event used more than is kept of it");
        }
        Trace { user: UserId(person.id), kept, lists }
    }

    /// The lists of a server's catalogue. They change seldom: mostly they are those of the event before.
    fn lists(&self, server: &Server) -> NamedLists {
        let catalogue = server.catalogue();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, lists)) = known.get(&server.id())
            && before.shares_lists(catalogue)
        {
            return lists.clone();
        }
        let body = serde_json::to_string(&catalogue.lists()).expect("lists are plain data");
        let lists = NamedLists { name: name_of(&body).into(), body: body.into() };
        known.insert(server.id(), (Arc::clone(catalogue), lists.clone()));
        lists
    }
}

fn name_of(body: &str) -> String {
    let hash = Sha256::digest(body.as_bytes());
    hash.iter().take(NAME_BYTES).fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// The rows of events of which a step was stored: all but the last were refused by the books.
pub(crate) fn of_a_step(traces: &[Trace]) -> Vec<store::Trace> {
    let last = traces.len().saturating_sub(1);
    (0..).zip(traces).map(|(place, trace)| row(trace, place < last)).collect()
}

/// The rows of events of which no step was stored.
pub(crate) fn of_no_step(traces: &[Trace]) -> Vec<store::Trace> {
    traces.iter().map(|trace| row(trace, trace.kept.record.came.ending == Ending::Stepped)).collect()
}

fn row(trace: &Trace, refused: bool) -> store::Trace {
    let kept = Kept { refused, ..trace.kept.clone() };
    let body = serde_json::to_string(&kept).expect("events are plain data: maps have string keys");
    store::Trace { user: trace.user, at: kept.record.at, body, lists: trace.lists.clone() }
}
