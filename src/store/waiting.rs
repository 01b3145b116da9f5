//! What waits for its moment: timers until they are due, jobs until they are done. Both belong to a frame of a session,
//! and go with the step that answers them.

use serde_json::Value;
use shop::{UnixSeconds, UserId};

use crate::draft::Draft;
use crate::inbox;
use crate::intent::{JobRow, TimerChange};
use crate::read::{Read, Result};
use crate::rows::{DeadLetter, StoredJob};
use crate::tables::{Tab, ordered, part, three, two, unordered};

/// A job that waits to be done (again, where a crash came between).
#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    /// Its key: `j/<user>/<revision>/<index>`.
    pub key: String,
    /// Whose.
    pub user: UserId,
    /// Which frame wants it.
    pub instance: u64,
    /// What.
    pub body: Value,
}

/// A timer.
#[derive(Debug, Clone, PartialEq)]
pub struct TimerView {
    /// Its key: `t/<user>/<instance>/<due at>`.
    pub key: String,
    /// Whose.
    pub user: UserId,
    /// Which frame set it.
    pub instance: u64,
    /// What it says.
    pub body: Value,
    /// When.
    pub due_at: UnixSeconds,
}

impl JobView {
    /// A job from its row.
    pub(crate) fn new(key: &[u8], row: StoredJob) -> Self {
        let (user, revision, index) = (part(key, 0), part(key, 1), part(key, 2));
        Self { key: format!("j/{user}/{revision}/{index}"), user: UserId(user), instance: row.instance, body: row.body }
    }
}

impl TimerView {
    /// A timer from its row.
    pub(crate) fn new(key: &[u8], body: Value) -> Self {
        let (due_at, user, instance) = (unordered(part(key, 0)), part(key, 1), part(key, 2));
        Self { key: format!("t/{user}/{instance}/{due_at}"), user: UserId(user), instance, body, due_at }
    }
}

/// Something that waits, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    Job { user: u64, revision: u64, index: u64 },
    Timer { user: u64, instance: u64, due_at: UnixSeconds },
}

impl Waiting {
    /// Reads a key; `None` for one that names nothing stored.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        let mut parts = key.split('/');
        let (kind, user) = (parts.next()?, parts.next()?.parse().ok()?);
        let (second, third) = (parts.next()?.parse().ok()?, parts.next()?);
        match (kind, parts.next()) {
            ("j", None) => Some(Self::Job { user, revision: second, index: third.parse().ok()? }),
            ("t", None) => Some(Self::Timer { user, instance: second, due_at: third.parse().ok()? }),
            _ => None,
        }
    }

    /// Whose it is.
    pub(crate) const fn user(self) -> UserId {
        match self {
            Self::Job { user, .. } | Self::Timer { user, .. } => UserId(user),
        }
    }

    fn place(self) -> (Tab, Vec<u8>) {
        match self {
            Self::Job { user, revision, index } => (Tab::Jobs, three(user, revision, index)),
            Self::Timer { user, instance, due_at } => (Tab::Timers, three(ordered(due_at), user, instance)),
        }
    }
}

/// Whether a row was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Now,
    Before,
}

/// Takes what waits out of its table.
pub(crate) fn take(draft: &mut Draft<'_, '_>, waiting: Waiting) -> Result<Taken> {
    let (tab, key) = waiting.place();
    if draft.bytes(tab, &key)?.is_none() {
        return Ok(Taken::Before);
    }
    draft.remove(tab, key);
    if let Waiting::Timer { user, instance, .. } = waiting {
        draft.remove(Tab::TimersByFrame, two(user, instance));
        draft.changed.timers_changed = true;
    }
    Ok(Taken::Now)
}

/// Puts a job or timer aside that no step can be made of.
pub(crate) fn put_aside(draft: &mut Draft<'_, '_>, key: String, reason: String, now: UnixSeconds) -> Result<()> {
    let Some(waiting) = Waiting::parse(&key) else { return Ok(()) };
    let (tab, row) = waiting.place();
    let Some(body) = draft.row::<Value>(tab, &row)? else { return Ok(()) };
    take(draft, waiting)?;
    inbox::dead_letter(draft, &DeadLetter { source: key, reason, body: body.to_string(), at: now })
}

/// Stores a step's jobs.
pub(crate) fn put_jobs(draft: &mut Draft<'_, '_>, user: UserId, revision: u64, jobs: Vec<JobRow>) -> Result<()> {
    for (index, JobRow { instance, body }) in (0..).zip(jobs) {
        let (key, row) = (three(user.0, revision, index), StoredJob { instance, body });
        draft.put(Tab::Jobs, key.clone(), &row)?;
        draft.changed.jobs.push(JobView::new(&key, row));
    }
    Ok(())
}

/// Sets and drops a step's timers.
pub(crate) fn change_timers(draft: &mut Draft<'_, '_>, user: UserId, changes: Vec<TimerChange>) -> Result<()> {
    for change in changes {
        let (TimerChange::Arm { instance, .. } | TimerChange::Disarm { instance }) = change;
        let frame = two(user.0, instance);
        if let Some(due_at) = draft.row(Tab::TimersByFrame, &frame)? {
            take(draft, Waiting::Timer { user: user.0, instance, due_at })?;
        }
        if let TimerChange::Arm { instance, body, due_at } = change {
            draft.put(Tab::Timers, three(ordered(due_at), user.0, instance), &body)?;
            draft.put(Tab::TimersByFrame, frame, &due_at)?;
            draft.changed.timers_changed = true;
        }
    }
    Ok(())
}
