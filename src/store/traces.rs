//! Traces: the last events of each session, in a ring, as the shell wrote them down. What many of them have in common
//! (lists) is kept once, under its name, for as long as it was named lately. This crate does not look into either.

use std::sync::Arc;

use engine::session::Session;
use shop::{UnixSeconds, UserId};

use crate::codec::{decode, payload, wrap};
use crate::draft::Draft;
use crate::error::StoreError;
use crate::intent::TimerChange;
use crate::outcome::Outcome;
use crate::read::{Read, Result, Sort, Span};
use crate::store::Store;
use crate::tables::{Tab, one, part, two};
use crate::{step, waiting};

/// How many events of a session are kept.
pub const TRACES_MAX: u64 = 64;
/// How long lists are kept that no new event names, in days.
const LISTS_KEPT_DAYS: i64 = 30;
/// How many lists are kept: some suppliers change theirs at each refresh.
pub(crate) const LISTS_MAX: usize = 64;
const DAY_S: i64 = 86_400;

/// An event as the shell wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Whose.
    pub user: UserId,
    /// When.
    pub at: UnixSeconds,
    /// The event.
    pub body: String,
    /// What it names.
    pub lists: Vec<NamedLists>,
}

/// Something that many events have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLists {
    /// Its name: other contents have another one.
    pub name: Arc<str>,
    /// Its contents.
    pub body: Arc<str>,
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceView {
    /// Counts the events of a session.
    pub seq: u64,
    /// When.
    pub at: UnixSeconds,
    /// The event.
    pub body: String,
}

/// A session among all.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// Whose.
    pub user: UserId,
    /// The conversation.
    pub session: Session,
    /// When its last event was; `None`: before events were kept.
    pub last_event_at: Option<UnixSeconds>,
}

/// Keeps events; those beyond the newest [`TRACES_MAX`] of a session go.
pub(crate) fn put(draft: &mut Draft<'_, '_>, traces: Vec<Trace>) -> Result<()> {
    let Some(user) = traces.first().map(|trace| trace.user) else { return Ok(()) };
    let last = draft.rows(Tab::Traces, &Span::of(user.0), Sort::Descending, 1)?;
    let next = last.first().map_or(1, |(key, _)| part(key, 1) + 1);
    for (seq, trace) in (next..).zip(traces) {
        for lists in &trace.lists {
            name(draft, lists, trace.at)?;
        }
        if let Some(oldest) = seq.checked_sub(TRACES_MAX) {
            draft.remove(Tab::Traces, two(user.0, oldest));
        }
        draft.put_bytes(Tab::Traces, two(user.0, seq), row(trace.at, &trace.body));
    }
    Ok(())
}

/// Keeps lists that are new, and notes the day on which they were named.
fn name(draft: &mut Draft<'_, '_>, lists: &NamedLists, at: UnixSeconds) -> Result<()> {
    let (key, today) = (lists.name.as_bytes().to_vec(), at.div_euclid(DAY_S));
    let named: Option<i64> = draft.row(Tab::ListsNamed, &key)?;
    if named.is_none() {
        forget(draft, today)?;
        draft.put_bytes(Tab::Lists, key.clone(), wrap(lists.body.as_bytes()));
    }
    if named.is_none_or(|day| day < today) {
        draft.put(Tab::ListsNamed, key, &today)?;
    }
    Ok(())
}

/// Drops lists that nothing named for long, and so many of the others that there is room for one more.
fn forget(draft: &mut Draft<'_, '_>, today: i64) -> Result<()> {
    let rows = draft.rows(Tab::ListsNamed, &Span::all(), Sort::Ascending, usize::MAX)?;
    let days = rows.into_iter().map(|(key, bytes)| Ok((decode::<i64>(&bytes)?, key)));
    let mut days = days.collect::<Result<Vec<_>>>()?;
    days.sort_unstable();
    let too_many = (days.len() + 1).saturating_sub(LISTS_MAX);
    for (place, (day, key)) in days.into_iter().enumerate() {
        if place < too_many || today - day > LISTS_KEPT_DAYS {
            draft.remove(Tab::Lists, key.clone());
            draft.remove(Tab::ListsNamed, key);
        }
    }
    Ok(())
}

/// Puts another session in the place of one, as the operator wants it. Timers of frames that are gone go with them.
pub(crate) fn replace(
    draft: &mut Draft<'_, '_>,
    user: UserId,
    from_revision: u64,
    session: &Session,
) -> Result<Outcome> {
    let before: Option<Session> = draft.row(Tab::Sessions, &one(user.0))?;
    if before.map_or(0, |session| session.revision) != from_revision {
        return Ok(Outcome::Conflict);
    }
    let timers = draft.rows(Tab::TimersByFrame, &Span::of(user.0), Sort::Ascending, usize::MAX)?;
    let instances = timers.iter().map(|(key, _)| part(key, 1));
    let gone = instances.filter(|instance| session.frames.iter().all(|frame| frame.instance != *instance));
    let gone = gone.map(|instance| TimerChange::Disarm { instance }).collect();
    waiting::change_timers(draft, user, gone)?;
    draft.put(Tab::Sessions, one(user.0), session)?;
    draft.changed.show.insert(user);
    Ok(step::stored(draft))
}

/// The time in front, so that nobody need look into the event for it.
fn row(at: UnixSeconds, body: &str) -> Vec<u8> {
    wrap(&[at.to_be_bytes().as_slice(), body.as_bytes()].concat())
}

fn view(key: &[u8], bytes: &[u8]) -> Result<TraceView> {
    let damaged = || StoreError::Damaged("a trace without a time or a text".to_owned());
    let (at, body) = payload(bytes)?.split_at_checked(8).ok_or_else(damaged)?;
    let at = UnixSeconds::from_be_bytes(at.try_into().map_err(|_| damaged())?);
    let body = std::str::from_utf8(body).map_err(|_| damaged())?.to_owned();
    Ok(TraceView { seq: part(key, 1), at, body })
}

impl Store {
    /// The last events of a session, oldest first.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn traces(&self, user: UserId) -> Result<Vec<TraceView>> {
        let rows = self.snapshot()?.rows(Tab::Traces, &Span::of(user.0), Sort::Ascending, usize::MAX)?;
        rows.iter().map(|(key, bytes)| view(key, bytes)).collect()
    }

    /// Lists by their name; `None` where they were not named for long.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn lists(&self, name: &str) -> Result<Option<String>> {
        let bytes = self.snapshot()?.bytes(Tab::Lists, name.as_bytes())?;
        bytes.map(|bytes| Ok(String::from_utf8_lossy(payload(&bytes)?).into_owned())).transpose()
    }

    /// Shows every session to `visit`. Reads all of them: not for the thread of a conversation.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn each_session(&self, mut visit: impl FnMut(SessionView)) -> Result<()> {
        let books = self.snapshot()?;
        books.scan(Tab::Sessions, &Span::all(), Sort::Ascending, &mut |key, bytes| {
            let user = UserId(part(key, 0));
            let last = books.rows(Tab::Traces, &Span::of(user.0), Sort::Descending, 1)?;
            let last = last.first().map(|(key, bytes)| view(key, bytes)).transpose()?;
            visit(SessionView { user, session: decode(bytes)?, last_event_at: last.map(|trace| trace.at) });
            Ok(true)
        })
    }

    /// A user's timers, by the frames that set them.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn timers_of(&self, user: UserId) -> Result<Vec<(u64, UnixSeconds)>> {
        let rows = self.snapshot()?.rows(Tab::TimersByFrame, &Span::of(user.0), Sort::Ascending, usize::MAX)?;
        rows.iter().map(|(key, bytes)| Ok((part(key, 1), decode(bytes)?))).collect()
    }
}
