//! What each server sold on each day of UTC: counted in the very transaction that changes an order or posts money, so that
//! nobody has to look at all orders to know.

use serde::{Deserialize, Serialize};
use shop::ledger::{Account, Kind, Transaction};
use shop::order::{Order, State};
use shop::orphan::Orphan;
use shop::{Money, ServerId, UnixSeconds};

use crate::draft::Draft;
use crate::orders::seconds;
use crate::read::{Read, Result};
use crate::tables::{Tab, two};

/// The seconds of a day.
const DAY_S: u64 = 86_400;

/// A server's day. What follows from an order counts on the day on which it happens. Of a number's free second code, and of
/// a rental's extension, only the money counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Day {
    /// Numbers that the supplier gave for orders.
    pub sold: u64,
    /// Orders that received their first message.
    pub received: u64,
    /// Orders whose users got their money back, for whatever reason.
    pub refunded: u64,
    /// What was earned.
    pub revenue: Money,
    /// What the supplier charged, less what it gave back; orders without an owner included.
    pub cost: Money,
}

impl Day {
    /// What is left of the revenue; the cost of open orders is in it, their revenue is not yet.
    #[must_use]
    pub fn margin(&self) -> Money {
        self.revenue.checked_sub(self.cost).unwrap_or(self.revenue)
    }
}

/// A server's day so far.
pub(crate) fn read(books: &impl Read, server: ServerId, now: UnixSeconds) -> Result<Day> {
    Ok(books.row(Tab::ServerDays, &key(server, now))?.unwrap_or_default())
}

/// Counts what an order has become.
pub(crate) fn order_changed(
    draft: &mut Draft<'_, '_>,
    before: Option<&Order>,
    order: &Order,
    now: UnixSeconds,
) -> Result<()> {
    if order.parent.is_some() || order.is_extension() {
        return Ok(());
    }
    let newly = |is: fn(&Order) -> bool| u64::from(is(order) && !before.is_some_and(is));
    change(draft, order.wish.server, now, |day| {
        day.sold += newly(|order| order.number.is_some());
        day.received += newly(|order| !order.messages.is_empty());
        day.refunded += newly(|order| matches!(order.state, State::Refunded(_)));
    })
}

/// The meta row that holds when a supplier last gave a charge back.
pub(crate) fn money_back_at(server: ServerId) -> String {
    format!("money_back_at/{}", server.number())
}

/// Counts money that was just posted. The order or the orphan that it is about is written already.
pub(crate) fn posted(draft: &mut Draft<'_, '_>, transaction: &Transaction, now: UnixSeconds) -> Result<()> {
    let Some(server) = server_of(draft, transaction)? else { return Ok(()) };
    if transaction.kind == Kind::CostBack {
        draft.put_number(&money_back_at(server), seconds(now))?;
    }
    change(draft, server, now, |day| {
        for posting in transaction.postings() {
            match posting.account {
                Account::Revenue => add(&mut day.revenue, posting.delta),
                Account::CostOfGoods => add(&mut day.cost, posting.delta),
                Account::Available(_) | Account::Held(_) | Account::SupplierFloat | Account::Adjustments => {}
            }
        }
    })
}

/// The server that a transaction is about; none for what the operator gives.
fn server_of(draft: &Draft<'_, '_>, transaction: &Transaction) -> Result<Option<ServerId>> {
    if let Some(order) = transaction.order {
        return Ok(draft.order(order)?.map(|order| order.wish.server));
    }
    // What no order owns is named by the supplier's id, behind the kind.
    let Some((_, id)) = transaction.key.split_once('/') else { return Ok(None) };
    let orphan: Option<Orphan> = draft.row(Tab::Orphans, id.as_bytes())?;
    Ok(orphan.filter(|_| transaction.user.is_none()).map(|orphan| orphan.server))
}

fn change(draft: &mut Draft<'_, '_>, server: ServerId, now: UnixSeconds, change: impl FnOnce(&mut Day)) -> Result<()> {
    let before = read(draft, server, now)?;
    let mut day = before;
    change(&mut day);
    if day == before { Ok(()) } else { draft.put(Tab::ServerDays, key(server, now), &day) }
}

fn key(server: ServerId, now: UnixSeconds) -> Vec<u8> {
    two(server.number().into(), seconds(now) / DAY_S)
}

/// A sum that would overflow stays as it is: it is only shown, the ledger is the truth.
fn add(sum: &mut Money, delta: Money) {
    *sum = sum.checked_add(delta).unwrap_or(*sum);
}
