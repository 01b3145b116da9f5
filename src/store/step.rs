//! A step of a conversation, or a press on a card, with everything that it causes: stored together or not at all.

use engine::session::Session;
use shop::command::{Command, Refusal};
use shop::{UnixSeconds, UserId};

use crate::draft::Draft;
use crate::intent::{CardStep, Cause, ReplyStep, Step};
use crate::outcome::Outcome;
use crate::read::{Read, Result};
use crate::rows::Reach;
use crate::tables::{Tab, one};
use crate::waiting::{Taken, Waiting};
use crate::{cards, inbox, orders, traces, users, waiting};

/// Stores a step. One whose cause is done with already does nothing.
pub(crate) fn step(draft: &mut Draft<'_, '_>, step: Step) -> Result<Outcome> {
    if settle(draft, &step.cause, step.user)? == Taken::Before {
        return Ok(Outcome::Stored(Box::default()));
    }
    let before: Option<Session> = draft.row(Tab::Sessions, &one(step.user.0))?;
    if before.map_or(0, |session| session.revision) != step.from_revision {
        return Ok(Outcome::Conflict);
    }
    match step.cause {
        Cause::Update(_) => users::acted(draft, step.user, &step.name, &step.lang, step.now)?,
        Cause::Key(_) => users::known(draft, step.user, Some(&step.lang), step.now).map(drop)?,
    }
    if let Err(refusal) = orders::obey(draft, Some(step.user), &step.commands, step.now)? {
        return Ok(Outcome::Refused(refusal));
    }
    draft.put(Tab::Sessions, one(step.user.0), &step.session)?;
    waiting::put_jobs(draft, step.user, step.session.revision, step.jobs)?;
    waiting::change_timers(draft, step.user, step.timers)?;
    orders::tell_all(draft, step.user, step.tells, step.now)?;
    traces::put(draft, step.traces)?;
    Ok(stored(draft))
}

/// Stores a press on a card.
pub(crate) fn card(draft: &mut Draft<'_, '_>, step: &CardStep) -> Result<Outcome> {
    if inbox::handle(draft, step.update)?.is_none() {
        return Ok(Outcome::Stored(Box::default()));
    }
    if draft.order(step.order)?.is_none_or(|order| order.user != step.user) {
        return Ok(Outcome::Refused(Refusal::UnknownOrder));
    }
    if let Err(refusal) = orders::obey(draft, Some(step.user), &step.commands, step.now)? {
        return Ok(Outcome::Refused(refusal));
    }
    cards::ask(draft, step.order, step.ask)?;
    users::set_reach(draft, step.user, Reach::Reachable)?;
    Ok(stored(draft))
}

/// Stores what a reply means.
pub(crate) fn reply(draft: &mut Draft<'_, '_>, step: ReplyStep) -> Result<Outcome> {
    if inbox::handle(draft, step.update)?.is_none() {
        return Ok(Outcome::Stored(Box::default()));
    }
    if let Err(refusal) = orders::obey(draft, Some(step.user), &step.commands, step.now)? {
        return Ok(Outcome::Refused(refusal));
    }
    orders::tell_all(draft, step.user, step.tells, step.now)?;
    users::set_reach(draft, step.user, Reach::Reachable)?;
    Ok(stored(draft))
}

/// Stores commands of the shop or the operator.
pub(crate) fn domain(
    draft: &mut Draft<'_, '_>,
    actor: Option<UserId>,
    commands: &[Command],
    now: UnixSeconds,
) -> Result<Outcome> {
    match orders::obey(draft, actor, commands, now)? {
        Ok(()) => Ok(stored(draft)),
        Err(refusal) => Ok(Outcome::Refused(refusal)),
    }
}

/// What the shell should look after.
pub(crate) fn stored(draft: &mut Draft<'_, '_>) -> Outcome {
    Outcome::Stored(Box::new(std::mem::take(&mut draft.changed)))
}

/// Marks the cause as done.
fn settle(draft: &mut Draft<'_, '_>, cause: &Cause, user: UserId) -> Result<Taken> {
    match cause {
        Cause::Update(update) => Ok(inbox::handle(draft, *update)?.map_or(Taken::Before, |_| Taken::Now)),
        Cause::Key(key) => match Waiting::parse(key) {
            Some(waiting) if waiting.user() == user => waiting::take(draft, waiting),
            Some(_) => Ok(Taken::Before),
            None => Ok(Taken::Now),
        },
    }
}
