//! Cards: what stands in the chat for an order. What a card shows is worked out when it is shown; stored is only where
//! it stands, and whether it shows something old.

use shop::order::Order;
use shop::{OrderId, UserId};

use crate::draft::Draft;
use crate::intent::CardPlace;
use crate::read::{Read, Result};
use crate::rows::{Ask, CardRow};
use crate::tables::{Tab, one, two};
use crate::users;

/// An order was made or changed: its card is due. A question that the card asked of an earlier state is dropped.
pub(crate) fn order_changed(draft: &mut Draft<'_, '_>, before: Option<&Order>, order: &Order) -> Result<()> {
    let new = CardRow { user: order.user, message_id: None, due: true, version: 0, ask: Ask::Nothing };
    let mut card = draft.card(order.id)?.unwrap_or(new);
    if before.is_none_or(|before| before.kind() != order.kind()) {
        card.ask = Ask::Nothing;
    }
    put_due(draft, order.id, card)
}

/// What the card asks from now on; `None`: as before.
pub(crate) fn ask(draft: &mut Draft<'_, '_>, order: OrderId, ask: Option<Ask>) -> Result<()> {
    match (draft.card(order)?, ask) {
        (Some(card), Some(ask)) if card.ask != ask => put_due(draft, order, CardRow { ask, ..card }),
        _ => Ok(()),
    }
}

/// The session is on a card: the card takes its place, and what showed either before is left behind.
pub(crate) fn adopt(draft: &mut Draft<'_, '_>, user: UserId, order: OrderId, place: CardPlace) -> Result<()> {
    let Some(card) = draft.card(order)?.filter(|card| card.user == user) else { return Ok(()) };
    let living = draft.user_row(user)?.and_then(|row| row.living).map(|living| living.message_id);
    let message_id = match place {
        CardPlace::Living => living.or(card.message_id),
        CardPlace::Below => None,
    };
    users::set_living(draft, user, None)?;
    draft.changed.left.extend(living.into_iter().chain(card.message_id).filter(|old| Some(*old) != message_id));
    put_due(draft, order, CardRow { message_id, ..card })
}

/// A version of the card stands in the chat.
pub(crate) fn shown(draft: &mut Draft<'_, '_>, order: OrderId, message_id: Option<i32>, version: u64) -> Result<()> {
    let Some(mut card) = draft.card(order)? else { return Ok(()) };
    if let Some(message_id) = message_id {
        card.message_id = Some(message_id);
        users::wrote(draft, card.user, message_id)?;
    }
    if card.version == version {
        card.due = false;
        draft.remove(Tab::CardsDue, two(card.user.0, order.0));
    }
    draft.put(Tab::Cards, one(order.0), &card)
}

/// The card shows something that time has made old.
pub(crate) fn touch(draft: &mut Draft<'_, '_>, order: OrderId) -> Result<()> {
    draft.card(order)?.map_or(Ok(()), |card| put_due(draft, order, card))
}

fn put_due(draft: &mut Draft<'_, '_>, order: OrderId, mut card: CardRow) -> Result<()> {
    card.due = true;
    card.version += 1;
    draft.changed.wake.insert(card.user);
    draft.put(Tab::CardsDue, two(card.user.0, order.0), &())?;
    draft.put(Tab::Cards, one(order.0), &card)
}
