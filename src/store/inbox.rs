//! Updates: taken in once, in order of arrival, and waiting until a step, a press or a burial is done with them.

use serde::de::DeserializeOwned;
use shop::order::Quote;
use shop::{OrderId, UnixSeconds};

use crate::codec::decode;
use crate::draft::Draft;
use crate::intent::RawUpdate;
use crate::orders::{seconds, unwatch};
use crate::read::{Read, Result, Sort, Span};
use crate::rows::{ArrivalRow, DeadLetter, SeenRow, Watch};
use crate::tables::{Tab, one, ordered, part, two};

/// How long an update's id is remembered, in seconds: Telegram may start again at any number after a week.
const SEEN_LIFE_S: i64 = 8 * 86_400;
/// How long a quote that nobody used is kept, in seconds.
const QUOTE_KEPT_S: i64 = 86_400;
/// How many dead letters are kept.
pub(crate) const LETTERS_MAX: u64 = 10_000;
/// How many rows of a kind are swept in one go.
const SWEEP_MAX: usize = 256;

/// Stores a batch and the next offset. Returns the ids that were never seen before.
pub(crate) fn take_in(
    draft: &mut Draft<'_, '_>,
    updates: &[RawUpdate],
    next_offset: i64,
    now: UnixSeconds,
) -> Result<Vec<i64>> {
    sweep(draft, now)?;
    draft.put(Tab::Meta, b"next_offset".to_vec(), &next_offset)?;
    let mut fresh = Vec::new();
    for update in updates {
        let key = one(ordered(update.id));
        if draft.bytes(Tab::Seen, &key)?.is_some() {
            continue;
        }
        let arrival = draft.count_up("arrivals")?;
        draft.put(Tab::Seen, key, &SeenRow { at: now, arrival })?;
        draft.put(Tab::Arrivals, one(arrival), &ArrivalRow { at: now, update: update.id })?;
        draft.put(Tab::Inbox, one(arrival), update)?;
        fresh.push(update.id);
    }
    Ok(fresh)
}

/// Marks an update as handled. Gives it back where it was still waiting.
pub(crate) fn handle(draft: &mut Draft<'_, '_>, update: i64) -> Result<Option<RawUpdate>> {
    let Some(seen) = draft.row::<SeenRow>(Tab::Seen, &one(ordered(update)))? else { return Ok(None) };
    let waiting = draft.row(Tab::Inbox, &one(seen.arrival))?;
    if waiting.is_some() {
        draft.remove(Tab::Inbox, one(seen.arrival));
    }
    Ok(waiting)
}

/// Puts an update aside, for the operator to look at.
pub(crate) fn bury(draft: &mut Draft<'_, '_>, update: i64, reason: String, now: UnixSeconds) -> Result<()> {
    let Some(raw) = handle(draft, update)? else { return Ok(()) };
    dead_letter(draft, &DeadLetter { source: format!("update/{update}"), reason, body: raw.body, at: now })
}

/// Keeps what could not be handled or delivered. Of too many the oldest go.
pub(crate) fn dead_letter(draft: &mut Draft<'_, '_>, letter: &DeadLetter) -> Result<()> {
    let seq = draft.count_up("dead_letters")?;
    let kept_from = (seq + 1).saturating_sub(LETTERS_MAX);
    for (key, _) in draft.rows(Tab::DeadLetters, &Span::below(kept_from), Sort::Ascending, SWEEP_MAX)? {
        draft.remove(Tab::DeadLetters, key);
    }
    draft.put(Tab::DeadLetters, one(seq), letter)
}

/// Drops what is too old to matter, a bounded number of rows at a time: ids of updates, unused quotes, ended watches.
fn sweep(draft: &mut Draft<'_, '_>, now: UnixSeconds) -> Result<()> {
    sweep_seen(draft, now)?;
    sweep_quotes(draft, now)?;
    sweep_watches(draft, now)
}

fn sweep_seen(draft: &mut Draft<'_, '_>, now: UnixSeconds) -> Result<()> {
    let is_old = |arrival: &ArrivalRow| now - arrival.at > SEEN_LIFE_S;
    for (key, arrival) in old_rows(draft, Tab::Arrivals, &Span::all(), is_old)? {
        if draft.bytes(Tab::Inbox, &key)?.is_none() {
            draft.remove(Tab::Seen, one(ordered(arrival.update)));
            draft.remove(Tab::Arrivals, key);
        }
    }
    Ok(())
}

/// Quotes are numbered as they are made: those below the mark were looked at already, and used ones are kept.
fn sweep_quotes(draft: &mut Draft<'_, '_>, now: UnixSeconds) -> Result<()> {
    let span = Span { from: one(draft.number("quotes_swept")?), ..Span::all() };
    let is_old = |quote: &Quote| now - quote.quoted_at > QUOTE_KEPT_S;
    let old = old_rows(draft, Tab::Quotes, &span, is_old)?;
    if let Some((_, quote)) = old.last() {
        draft.put_number("quotes_swept", quote.id.0 + 1)?;
    }
    for (key, _) in old.into_iter().filter(|(_, quote)| quote.used_by.is_none()) {
        draft.remove(Tab::Quotes, key);
    }
    Ok(())
}

fn sweep_watches(draft: &mut Draft<'_, '_>, now: UnixSeconds) -> Result<()> {
    for (key, ()) in old_rows(draft, Tab::WatchEnds, &Span::below(seconds(now)), |()| true)? {
        let order = OrderId(part(&key, 1));
        draft.remove(Tab::WatchEnds, two(part(&key, 0), order.0));
        if let Some(order) = draft.order(order)?.filter(|order| matches!(Watch::of(order), Some(Watch::Late(_)))) {
            unwatch(draft, order.user, order.id);
        }
    }
    Ok(())
}

/// The first rows of a span, as long as they are old.
fn old_rows<V: DeserializeOwned>(
    draft: &Draft<'_, '_>,
    tab: Tab,
    span: &Span,
    is_old: impl Fn(&V) -> bool,
) -> Result<Vec<(Vec<u8>, V)>> {
    let mut old = Vec::new();
    draft.scan(tab, span, Sort::Ascending, &mut |key, bytes| {
        let row: V = decode(bytes)?;
        let go_on = is_old(&row) && old.len() < SWEEP_MAX;
        if go_on {
            old.push((key.to_vec(), row));
        }
        Ok(go_on)
    })?;
    Ok(old)
}
