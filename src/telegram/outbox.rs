//! What must reach a person: read from the host until it is delivered, in order, at least once.

use tracing::Instrument as _;

use crate::gate::Urgency;
use crate::host::{Delivery, Host, HostResult, Outgoing, OutgoingKind, Sound};
use crate::observe::Seen;
use crate::port::CallError;
use crate::projection::Memory;
use crate::shared::Shared;
use crate::todo::Asked;

/// How often the host is asked for more in one round.
const PASSES_MAX: u32 = 32;

/// How a round of deliveries ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emptied {
    /// Nothing is left that could be delivered now.
    Done,
    /// Something failed in a way that may pass.
    Unknown,
}

/// Which deliveries are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that ring and come first: a code goes before everything else, the panel included.
    Urgent,
    /// All that are left.
    All,
}

/// Delivers what is outgoing for a person.
pub(crate) async fn deliver<H: Host>(
    shared: &Shared<H>,
    user: u64,
    asked: Asked,
    which: Which,
    memory: &mut Memory,
) -> HostResult<Emptied> {
    for _ in 0..PASSES_MAX {
        shared.output.gate.open(user).await;
        let mut batch = shared.host.outgoing(user).await?;
        if which == Which::Urgent {
            batch.truncate(batch.iter().take_while(|item| urgency(&item.kind) == Urgency::Urgent).count());
        }
        if batch.is_empty() {
            return Ok(Emptied::Done);
        }
        if let Some(ended) = pass(shared, user, asked, batch, memory).await? {
            return Ok(ended);
        }
    }
    tracing::warn!("a person's deliveries do not end");
    Ok(Emptied::Unknown)
}

/// One pass; `None`: ask again, since Telegram asked for a pause or everything was delivered.
async fn pass<H: Host>(
    shared: &Shared<H>,
    user: u64,
    asked: Asked,
    batch: Vec<Outgoing>,
    memory: &mut Memory,
) -> HostResult<Option<Emptied>> {
    for item in batch {
        if asked == Asked::No {
            shared.unasked_turn(urgency(&item.kind), &memory.hurry).await;
        }
        let span = tracing::error_span!("delivery", id = item.id);
        match pass_one(shared, user, item, memory).instrument(span).await? {
            Passed::On => {}
            Passed::Again => return Ok(None),
            Passed::Ended(ended) => return Ok(Some(ended)),
        }
    }
    Ok(None)
}

/// What comes after one delivery.
#[derive(Debug, Clone, Copy)]
enum Passed {
    /// The next one.
    On,
    /// All of them again: what is shown may be out of date after the pause that Telegram asked for.
    Again,
    /// Nothing, for now.
    Ended(Emptied),
}

/// Delivers one thing and reports how that ended.
async fn pass_one<H: Host>(shared: &Shared<H>, user: u64, item: Outgoing, memory: &mut Memory) -> HostResult<Passed> {
    let slot = shared.deliveries.acquire().await;
    let result = deliver_one(shared, user, item.kind, memory).await;
    drop(slot);
    let (delivery, passed) = match result {
        Ok(message_id) => (Delivery::Delivered { message_id }, Passed::On),
        Err(CallError::RetryAfter(_)) => return Ok(Passed::Again),
        Err(error) => failed(&error),
    };
    tracing::debug!(?passed, "a delivery was tried");
    let took = memory.waits_since.map(|since| since.elapsed()).unwrap_or_default();
    shared.observer.see(&Seen::Delivered { id: &item.id, delivery: &delivery, took });
    shared.host.sent(user, &item.id, delivery).await?;
    Ok(passed)
}

const fn urgency(kind: &OutgoingKind) -> Urgency {
    match kind {
        OutgoingKind::Message { sound: Sound::Rings, .. } => Urgency::Urgent,
        OutgoingKind::Message { sound: Sound::Silent, .. } | OutgoingKind::Card { .. } => Urgency::Patient,
    }
}

async fn deliver_one<H: Host>(
    shared: &Shared<H>,
    user: u64,
    kind: OutgoingKind,
    memory: &mut Memory,
) -> Result<i32, CallError> {
    let (rendered, sound, is_card) = match kind {
        OutgoingKind::Message { rendered, sound } => (rendered, sound, false),
        OutgoingKind::Card { message_id: None, rendered } => (rendered, Sound::Silent, true),
        OutgoingKind::Card { message_id: Some(message_id), rendered } => {
            memory.note_card(message_id);
            match shared.output.edit(user, message_id, &rendered).await {
                Err(CallError::Gone) => (rendered, Sound::Silent, true),
                other => return other.map(|()| message_id),
            }
        }
    };
    let message_id = shared.output.send(user, &rendered, sound).await?;
    if is_card {
        memory.note_card(message_id);
    }
    Ok(message_id)
}

/// What to report, and whether the round ends: an order of deliveries must not be overtaken by a later one.
fn failed(error: &CallError) -> (Delivery, Passed) {
    match error {
        CallError::Blocked => {
            tracing::info!("a person cannot be reached");
            (Delivery::Unreachable, Passed::Ended(Emptied::Done))
        }
        CallError::Refused(reason) | CallError::Markup(reason) => {
            tracing::error!(reason, "telegram refuses a delivery");
            (Delivery::Refused(reason.clone()), Passed::On)
        }
        CallError::NotSent(_) | CallError::Unauthorized => {
            tracing::warn!(%error, "a delivery was not sent");
            (Delivery::NotSent, Passed::Ended(Emptied::Unknown))
        }
        CallError::Network(_)
        | CallError::Conflict(_)
        | CallError::RetryAfter(_)
        | CallError::NotModified
        | CallError::Gone
        | CallError::TooOld => {
            tracing::warn!(%error, "a delivery may not have arrived");
            (Delivery::Unknown(error.to_string()), Passed::Ended(Emptied::Unknown))
        }
    }
}
