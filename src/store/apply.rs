//! One intent on one draft: the dispatch.

use crate::codec::wrap;
use crate::draft::Draft;
use crate::intent::Intent;
use crate::outcome::Outcome;
use crate::read::{Read, Result};
use crate::rows::Reach;
use crate::tables::Tab;
use crate::{cards, inbox, outgoing, step, users, waiting};

/// Buffers an intent's writes in the draft. Where the outcome is a refusal or a conflict, the draft must be dropped.
pub(crate) fn apply(draft: &mut Draft<'_, '_>, intent: Intent) -> Result<Outcome> {
    let done = match intent {
        Intent::Step(step) => return step::step(draft, *step),
        Intent::Session { user, from_revision, session } => {
            return crate::traces::replace(draft, user, from_revision, &session);
        }
        Intent::Card(card) => return step::card(draft, &card),
        Intent::Reply(reply) => return step::reply(draft, *reply),
        Intent::Domain { actor, commands, now } => return step::domain(draft, actor, &commands, now),
        Intent::ReserveIds { count } => return reserve(draft, count),
        Intent::Own { bot } => return own(draft, bot),
        Intent::TakeIn { updates, next_offset, now } => {
            return inbox::take_in(draft, &updates, next_offset, now).map(Outcome::TakenIn);
        }
        Intent::AdoptCard { user, order, place } => {
            return cards::adopt(draft, user, order, place).map(|()| step::stored(draft));
        }
        Intent::Reachable { user } => {
            return users::set_reach(draft, user, Reach::Reachable).map(|()| step::stored(draft));
        }
        Intent::TouchCard { order } => return cards::touch(draft, order).map(|()| step::stored(draft)),
        Intent::Handled { update, traces } => match inbox::handle(draft, update)? {
            Some(_) => crate::traces::put(draft, traces),
            None => Ok(()),
        },
        Intent::Bury { update, reason, now } => inbox::bury(draft, update, reason, now),
        Intent::CardShown { order, message_id, version } => cards::shown(draft, order, Some(message_id), version),
        Intent::CardRefused { order, version } => cards::shown(draft, order, None, version),
        Intent::Living { user, living } => users::set_living(draft, user, living),
        Intent::Sent { user, seq, delivery, now } => outgoing::sent(draft, user, seq, delivery, now),
        Intent::User { user, lang, now } => users::known(draft, user, Some(&lang), now).map(drop),
        Intent::Suspend { user, standing, now } => users::set_standing(draft, user, standing, now),
        Intent::PutAside { key, reason, now } => waiting::put_aside(draft, key, reason, now),
        Intent::Cache { name, bytes } => {
            draft.put_bytes(Tab::Caches, name.into_bytes(), wrap(&bytes));
            Ok(())
        }
        #[cfg(test)]
        Intent::Panic => panic!("a test asked for it"),
        #[cfg(test)]
        Intent::Wait(held) => {
            held.iter().for_each(drop);
            Ok(())
        }
        #[cfg(test)]
        Intent::Post(transaction) => crate::postings::post(draft, &transaction),
    };
    done.map(|()| Outcome::Done)
}

fn own(draft: &mut Draft<'_, '_>, bot: u64) -> Result<Outcome> {
    match draft.number("bot")? {
        0 => draft.put_number("bot", bot).map(|()| Outcome::Done),
        owner if owner == bot => Ok(Outcome::Done),
        _ => Ok(Outcome::Conflict),
    }
}

fn reserve(draft: &mut Draft<'_, '_>, count: u64) -> Result<Outcome> {
    let first = draft.number("next_id")?.max(1);
    draft.put_number("next_id", first + count)?;
    Ok(Outcome::Reserved(first))
}
