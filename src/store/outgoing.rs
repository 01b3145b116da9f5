//! Messages with sound: stored before they are sent, tried until they stand in the chat or can never stand there.

use shop::command::Note;
use shop::{UnixSeconds, UserId};

use crate::draft::Draft;
use crate::error::StoreError;
use crate::inbox;
use crate::intent::DeliveryRow;
use crate::read::{Read, Result};
use crate::rows::{DeadLetter, Reach, TellRow};
use crate::tables::{Tab, three};
use crate::{tickets, users};

/// How often a delivery that may have arrived is tried at least,
const ATTEMPTS_MIN: u32 = 20;
/// and for how long, in seconds: no outage of an evening makes a dead letter of a code.
const TRIED_S: i64 = 86_400;
/// The wait after a try that cannot have arrived, in seconds.
const NOT_SENT_WAIT_S: i64 = 30;
/// The longest wait between two tries, in seconds.
const WAIT_MAX_S: i64 = 300;

/// The order of importance; cards stand between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Priority {
    /// A code: what people wait for.
    Code = 0,
    /// Everything else.
    Other = 2,
}

impl Priority {
    const fn of(note: &Note) -> Self {
        if matches!(note, Note::Code { .. }) { Self::Code } else { Self::Other }
    }
}

/// Stores a message.
pub(crate) fn tell(draft: &mut Draft<'_, '_>, user: UserId, note: Note, now: UnixSeconds) -> Result<()> {
    let seq = draft.count_up("tell_seq")?;
    let key = three(user.0, Priority::of(&note) as u64, seq);
    draft.changed.wake.insert(user);
    draft.put(Tab::Outbox, key, &TellRow { note, attempts: 0, not_before: now, created_at: now })
}

/// How a delivery ended.
pub(crate) fn sent(
    draft: &mut Draft<'_, '_>,
    user: UserId,
    seq: Option<u64>,
    delivery: DeliveryRow,
    now: UnixSeconds,
) -> Result<()> {
    if delivery == DeliveryRow::Unreachable {
        // An admin may never have written: known now, they are parked, and what waits for them is due when they write.
        users::known(draft, user, None, now)?;
        return users::set_reach(draft, user, Reach::Parked);
    }
    let Some((key, row)) = seq.map_or(Ok(None), |seq| find(draft, user, seq))? else { return Ok(()) };
    match delivery {
        DeliveryRow::Delivered(message_id) => {
            draft.remove(Tab::Outbox, key);
            tickets::delivered(draft, user, &row.note, message_id)?;
            users::wrote(draft, user, message_id)?;
        }
        DeliveryRow::Unreachable => {}
        DeliveryRow::Refused(reason) => give_up(draft, user, key, &row, reason, now)?,
        DeliveryRow::Unknown(reason) if row.attempts + 1 >= ATTEMPTS_MIN && now - row.created_at >= TRIED_S => {
            give_up(draft, user, key, &row, reason, now)?;
        }
        DeliveryRow::Unknown(_) => {
            let attempts = row.attempts + 1;
            let wait = (1_i64 << attempts.min(16)).min(WAIT_MAX_S);
            draft.put(Tab::Outbox, key, &TellRow { attempts, not_before: now + wait, ..row })?;
        }
        DeliveryRow::NotSent => {
            draft.put(Tab::Outbox, key, &TellRow { not_before: now + NOT_SENT_WAIT_S, ..row })?;
        }
    }
    Ok(())
}

fn find(draft: &Draft<'_, '_>, user: UserId, seq: u64) -> Result<Option<(Vec<u8>, TellRow)>> {
    for priority in [Priority::Code, Priority::Other] {
        let key = three(user.0, priority as u64, seq);
        if let Some(row) = draft.row(Tab::Outbox, &key)? {
            return Ok(Some((key, row)));
        }
    }
    Ok(None)
}

fn give_up(
    draft: &mut Draft<'_, '_>,
    user: UserId,
    key: Vec<u8>,
    row: &TellRow,
    reason: String,
    now: UnixSeconds,
) -> Result<()> {
    draft.remove(Tab::Outbox, key);
    let body = serde_json::to_string(&row.note).map_err(|error| StoreError::Damaged(error.to_string()))?;
    inbox::dead_letter(draft, &DeadLetter { source: format!("message/{}", user.0), reason, body, at: now })
}
