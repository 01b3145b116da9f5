//! Commands of the shop: facts in, the writes of [`shop::decide`] out, and what follows from an order's change.

use shop::command::{Alarm, Command, Note, Refusal, Write};
use shop::decide::decide;
use shop::ledger::{Kind, Transaction};
use shop::order::Order;
use shop::orphan::Orphan;
use shop::settings::Settings;
use shop::{OrderId, ServerId, SupplierOrderId, UnixSeconds, UserId};

use crate::cards;
use crate::draft::Draft;
use crate::error::StoreError;
use crate::facts::gather;
use crate::outgoing;
use crate::postings;
use crate::read::{PURCHASES_KEY, Read, Result};
use crate::rows::{AlarmRow, Ending, Owner, Watch};
use crate::tables::{Tab, one, two};
use crate::{server_days, tickets, users};

/// The meta row that counts the orders that hold money.
pub(crate) const OPEN_ORDERS: &str = "open_orders";

/// The meta row that counts those at one server.
pub(crate) fn open_orders_at(server: ServerId) -> String {
    format!("{OPEN_ORDERS}/{}", server.number())
}

/// Decides and writes commands, in order. A refusal: nothing of the draft may be flushed.
pub(crate) fn obey(
    draft: &mut Draft<'_, '_>,
    actor: Option<UserId>,
    commands: &[Command],
    now: UnixSeconds,
) -> Result<std::result::Result<(), Refusal>> {
    for command in commands {
        let mut facts = gather(draft, actor, command, now)?;
        if draft.on_hold() {
            facts.settings.stop_selling();
        }
        let posted = draft.changed.posted.len();
        match decide(actor, command, &facts) {
            Ok(writes) => writes.into_iter().try_for_each(|write| carry_out(draft, write, now))?,
            Err(refusal) => return Ok(Err(refusal)),
        }
        for posted in draft.changed.posted.get(posted..).unwrap_or_default().to_vec() {
            server_days::posted(draft, &posted.transaction, now)?;
        }
    }
    Ok(Ok(()))
}

fn carry_out(draft: &mut Draft<'_, '_>, write: Write, now: UnixSeconds) -> Result<()> {
    match write {
        Write::Quote(quote) => draft.put(Tab::Quotes, one(quote.id.0), &quote),
        Write::Order(order) => put_order(draft, *order, now),
        Write::Post(transaction) => post(draft, &transaction),
        Write::Tell(user, note) => outgoing::tell(draft, user, note, now),
        Write::Lang(user, lang) => {
            let row = users::known(draft, user, Some(&lang), now)?;
            users::put(draft, user, &crate::rows::UserRow { lang: Some(lang.clone()), ..row })?;
            draft.changed.langs.push((user, lang));
            Ok(())
        }
        Write::Bought(user, wish) => {
            let (mut row, mut purchases) = (users::known(draft, user, None, now)?, draft.purchases()?);
            row.bought(wish, now);
            purchases.add(now);
            users::put(draft, user, &row)?;
            draft.put(Tab::Meta, PURCHASES_KEY.to_vec(), &purchases)
        }
        Write::Owns(id, order) => own(draft, &id, order),
        Write::Orphan(orphan) => put_orphan(draft, &orphan),
        Write::Margin(server, margin) => set(draft, |settings| settings.server_mut(server).margin = Some(margin)),
        Write::Selling(server, selling) => set(draft, |settings| settings.server_mut(server).selling = Some(selling)),
        Write::Key(server, key) => set(draft, |settings| settings.server_mut(server).key = Some(key)),
        Write::Poll(server, every) => set(draft, |settings| settings.server_mut(server).poll = Some(every)),
        Write::OpenMax(server, most) => set(draft, |settings| settings.server_mut(server).open_max = most),
        Write::Limit(limit, number) => set(draft, |settings| *settings.limits.of_mut(limit) = number),
        Write::Admins(admins) => {
            tickets::withdraw(draft, &admins)?;
            set(draft, |settings| settings.admins = admins)
        }
        Write::Ticket(ticket) => tickets::put(draft, &ticket),
        Write::Troubles(server, troubles) => {
            // Prices do not follow from it.
            put_settings(draft, |settings| settings.server_mut(server).troubles = troubles)
        }
        Write::Requested(order, request) => {
            draft.changed.requests.push((order, request));
            Ok(())
        }
        Write::Alarm(alarm) => ring(draft, alarm, now),
    }
}

/// Posts, and makes the person of an adjustment known.
fn post(draft: &mut Draft<'_, '_>, transaction: &Transaction) -> Result<()> {
    if let (Kind::Adjust, Some(user)) = (transaction.kind, transaction.user) {
        users::known(draft, user, None, transaction.at)?;
    }
    postings::post(draft, transaction)
}

/// Writes an order with its indexes and its card.
fn put_order(draft: &mut Draft<'_, '_>, order: Order, now: UnixSeconds) -> Result<()> {
    let before = draft.order(order.id)?;
    if before.as_ref().is_some_and(|before| before.user != order.user) {
        return Err(StoreError::Ledger(format!("order {} would change its user", order.id)));
    }
    index(draft, before.as_ref(), &order)?;
    server_days::order_changed(draft, before.as_ref(), &order, now)?;
    draft.put(Tab::Orders, one(order.id.0), &order)?;
    draft.put(Tab::UserOrders, two(order.user.0, order.id.0), &Ending::of(&order))?;
    cards::order_changed(draft, before.as_ref(), &order)?;
    draft.changed.orders.retain(|known| known.id != order.id);
    draft.changed.orders.push(order);
    Ok(())
}

/// Keeps what is looked after, and how many orders hold money.
fn index(draft: &mut Draft<'_, '_>, before: Option<&Order>, order: &Order) -> Result<()> {
    let (was, is) = (before.and_then(Watch::of), Watch::of(order));
    if was == is {
        return Ok(());
    }
    if let Some(Watch::Late(until)) = was {
        draft.remove(Tab::WatchEnds, two(seconds(until), order.id.0));
    }
    for count in [OPEN_ORDERS, &open_orders_at(order.wish.server)] {
        let open = draft.number(count)? + u64::from(is == Some(Watch::Open));
        draft.put_number(count, open.saturating_sub(u64::from(was == Some(Watch::Open))))?;
    }
    let Some(watch) = is else {
        unwatch(draft, order.user, order.id);
        return Ok(());
    };
    draft.put(Tab::Watched, one(order.id.0), &watch)?;
    draft.put(Tab::UserWatched, two(order.user.0, order.id.0), &watch)?;
    if let Watch::Late(until) = watch {
        draft.put(Tab::WatchEnds, two(seconds(until), order.id.0), &())?;
    }
    Ok(())
}

/// Nobody looks after this order any more.
pub(crate) fn unwatch(draft: &mut Draft<'_, '_>, user: UserId, order: OrderId) {
    draft.remove(Tab::Watched, one(order.0));
    draft.remove(Tab::UserWatched, two(user.0, order.0));
}

/// A time as a key; before 1970 there is none.
pub(crate) fn seconds(at: UnixSeconds) -> u64 {
    u64::try_from(at).unwrap_or(0)
}

/// Binds a supplier's id to an order, for good. An orphan that is on its way back to the supplier is nobody's.
fn own(draft: &mut Draft<'_, '_>, id: &SupplierOrderId, order: OrderId) -> Result<()> {
    match draft.owner(id)? {
        Some(Owner::Order(owner)) if owner != order => {
            return Err(StoreError::Ledger(format!("a supplier's id of order {owner} would go to order {order}")));
        }
        Some(Owner::Orphan) if draft.orphan(id)?.is_some_and(|orphan| !orphan.can_be_claimed()) => {
            return Err(StoreError::Ledger(format!("order {order} would get a number that is being given back")));
        }
        Some(Owner::Orphan) => draft.remove(Tab::Orphans, id.as_str().as_bytes().to_vec()),
        Some(Owner::Order(_)) | None => {}
    }
    draft.put(Tab::SupplierIds, id.as_str().as_bytes().to_vec(), &Owner::Order(order))
}

/// Writes an orphan. What an order owns is none.
fn put_orphan(draft: &mut Draft<'_, '_>, orphan: &Orphan) -> Result<()> {
    if let Some(Owner::Order(owner)) = draft.owner(&orphan.id)? {
        return Err(StoreError::Ledger(format!("the number of order {owner} would be an orphan")));
    }
    let key = orphan.id.as_str().as_bytes().to_vec();
    draft.put(Tab::SupplierIds, key.clone(), &Owner::Orphan)?;
    draft.put(Tab::Orphans, key, orphan)
}

fn set(draft: &mut Draft<'_, '_>, change: impl FnOnce(&mut Settings)) -> Result<()> {
    draft.changed.settings_changed = true;
    put_settings(draft, change)
}

fn put_settings(draft: &mut Draft<'_, '_>, change: impl FnOnce(&mut Settings)) -> Result<()> {
    let mut settings = draft.settings()?;
    change(&mut settings);
    draft.put(Tab::Settings, b"settings".to_vec(), &settings)
}

fn ring(draft: &mut Draft<'_, '_>, alarm: Alarm, now: UnixSeconds) -> Result<()> {
    let name: &'static str = alarm.into();
    let row: AlarmRow =
        draft.row(Tab::Alarms, name.as_bytes())?.map(|(_, row): (Alarm, AlarmRow)| row).unwrap_or_default();
    draft.changed.alarms.push(alarm);
    draft.put(Tab::Alarms, name.as_bytes().to_vec(), &(alarm, AlarmRow { count: row.count + 1, last_at: now }))
}

/// Stores messages that a step asks for.
pub(crate) fn tell_all(draft: &mut Draft<'_, '_>, user: UserId, notes: Vec<Note>, now: UnixSeconds) -> Result<()> {
    notes.into_iter().try_for_each(|note| outgoing::tell(draft, user, note, now))
}
