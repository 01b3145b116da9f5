//! People: who is known, in which language, whether they are served and reachable.

use shop::{UnixSeconds, UserId};

use crate::draft::Draft;
use crate::intent::Standing;
use crate::read::{Read, Result};
use crate::rows::{LivingRow, Reach, UserRow};
use crate::tables::{Tab, one};

/// Somebody wrote or pressed: their name is as it is now, and messages reach them. Only a return wakes them.
pub(crate) fn acted(draft: &mut Draft<'_, '_>, user: UserId, name: &str, lang: &str, now: UnixSeconds) -> Result<()> {
    known(draft, user, Some(lang), now)?;
    if !name.is_empty() {
        change(draft, user, |row| name.clone_into(&mut row.name))?;
    }
    set_reach(draft, user, Reach::Reachable)
}

/// Makes somebody known, if they are not, and gives what is known. A language fills an empty place, no more.
pub(crate) fn known(draft: &mut Draft<'_, '_>, user: UserId, lang: Option<&str>, now: UnixSeconds) -> Result<UserRow> {
    let before = draft.user_row(user)?;
    let mut row = before.clone().unwrap_or_else(|| UserRow::new(None, now));
    row.lang = row.lang.or_else(|| lang.map(str::to_owned));
    if before.as_ref() != Some(&row) {
        put(draft, user, &row)?;
    }
    Ok(row)
}

/// Writes what is known of somebody.
pub(crate) fn put(draft: &mut Draft<'_, '_>, user: UserId, row: &UserRow) -> Result<()> {
    draft.put(Tab::Users, one(user.0), row)
}

/// Remembers the living message. Somebody unknown gets a row, and stays unknown: they have no language yet.
pub(crate) fn set_living(draft: &mut Draft<'_, '_>, user: UserId, living: Option<LivingRow>) -> Result<()> {
    if let Some(living) = living {
        known(draft, user, None, living.sent_at)?;
    }
    change(draft, user, |row| row.living = living)
}

/// A message that is not the living one stands in the chat.
pub(crate) fn wrote(draft: &mut Draft<'_, '_>, user: UserId, message_id: i32) -> Result<()> {
    change(draft, user, |row| row.newest = row.newest.max(Some(message_id)))
}

/// Parks somebody, or brings them back. Only a change of it wakes them.
pub(crate) fn set_reach(draft: &mut Draft<'_, '_>, user: UserId, reach: Reach) -> Result<()> {
    let was = draft.user_row(user)?.map(|row| row.reach);
    if reach == Reach::Reachable && was == Some(Reach::Parked) {
        draft.changed.wake.insert(user);
    }
    change(draft, user, |row| row.reach = reach)
}

/// Suspends somebody, or lets them in.
pub(crate) fn set_standing(
    draft: &mut Draft<'_, '_>,
    user: UserId,
    standing: Standing,
    now: UnixSeconds,
) -> Result<()> {
    known(draft, user, None, now)?;
    change(draft, user, |row| row.standing = standing)
}

fn change(draft: &mut Draft<'_, '_>, user: UserId, change: impl FnOnce(&mut UserRow)) -> Result<()> {
    let Some(before) = draft.user_row(user)? else { return Ok(()) };
    let mut row = before.clone();
    change(&mut row);
    if row == before { Ok(()) } else { put(draft, user, &row) }
}
