//! A server stops selling by itself, and goes on by itself. The admins hear of both, once.

use super::Facts;
use crate::command::{Note, Write};
use crate::server::OrderLists;
use crate::trouble::{Since, TELL_EVERY_S, Trouble, Troubles};
use crate::{Money, ServerId, UnixSeconds};

/// It begins, or lasts longer than was known.
pub(super) fn begin(
    server: ServerId,
    trouble: Trouble,
    (until, needed): (Option<UnixSeconds>, Option<Money>),
    facts: &Facts,
) -> Vec<Write> {
    let mut troubles = facts.settings.server(server).troubles.clone();
    let before = troubles.now.get(&trouble).copied();
    let heard_lately = troubles.told_at.get(&trouble).is_some_and(|at| (0..TELL_EVERY_S).contains(&(facts.now - at)));
    let tells = before.is_none() && trouble.is_told() && !heard_lately;
    let since = match before {
        None => Since { at: facts.now, until, needed, told: tells },
        Some(before) => Since { until: before.until.max(until), needed: before.needed.max(needed), ..before },
    };
    if before == Some(since) {
        return Vec::new();
    }
    troubles.now.insert(trouble, since);
    if !tells {
        return vec![put(server, troubles)];
    }
    troubles.told_at.insert(trouble, facts.now);
    let note = Note::ServerTroubled { server, trouble, since: since.at };
    told(&note, facts).chain([put(server, troubles)]).collect()
}

/// It is over.
pub(super) fn end(server: ServerId, trouble: Trouble, facts: &Facts) -> Vec<Write> {
    let mut troubles = facts.settings.server(server).troubles.clone();
    let Some(since) = troubles.now.remove(&trouble) else { return Vec::new() };
    let note = Note::ServerRecovered { server, trouble, since: since.at };
    let tell = since.told.then(|| told(&note, facts)).into_iter().flatten();
    tell.chain([put(server, troubles)]).collect()
}

/// The operator changed what may have been the reason: what that ends, ends.
pub(super) fn end_with_settings(server: ServerId, facts: &Facts) -> Vec<Write> {
    let mut troubles = facts.settings.server(server).troubles.clone();
    let before = troubles.now.len();
    troubles.now.retain(|trouble, _| !trouble.ends_with_settings());
    if troubles.now.len() == before { Vec::new() } else { vec![put(server, troubles)] }
}

/// A purchase at this server has no clear answer: where only our balance tells, nothing else may change it.
pub(super) fn look(server: ServerId, facts: &Facts) -> Vec<Write> {
    match server.profile().lists {
        OrderLists::Kept => Vec::new(),
        OrderLists::Absent => begin(server, Trouble::Looking, (None, None), facts),
    }
}

fn told(note: &Note, facts: &Facts) -> impl Iterator<Item = Write> {
    facts.settings.admins.iter().map(|admin| Write::Tell(*admin, note.clone()))
}

const fn put(server: ServerId, troubles: Troubles) -> Write {
    Write::Troubles(server, troubles)
}
