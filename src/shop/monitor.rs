//! What should be asked of a supplier next: computed from the orders and the time, executed by the shell.
//!
//! Where the supplier keeps lists, one call tells of all temporary orders together; an order is asked about alone only when
//! it left that list, when its user asks, or when it is closing. Rentals are in no such list and are asked about often at
//! first, then seldom. Where there are no lists at all, each order is asked about alone, as many as the supplier bears.

use std::collections::{BTreeMap, BTreeSet};

use crate::breaker::{Heard, heard};
use crate::command::{Command, SupplierRefund};
use crate::extension;
use crate::order::{Order, RESERVED_LIFE_S, RefundReason, Sleep, State, Wake};
use crate::orphan::SILENCE_MAX_S;
use crate::pool::{Cancelled, Check, Completeness, Listed, ListedOrder, ListedRental, Message, PoolError};
use crate::server::OrderLists;
use crate::{OrderId, ServerId, SupplierOrderId, UnixSeconds};

/// How long a new rental (or one that its user looked at) is asked about at every tick, in seconds.
pub const RENTAL_EAGER_S: i64 = 900;
/// How often a rental is asked about after that, in seconds.
pub const RENTAL_LAZY_S: i64 = 300;
/// How often a refunded order is still looked at, in seconds.
pub const LATE_WATCH_EVERY_S: i64 = 60;
/// How long before the end of a watch the supplier must have been heard, in seconds.
pub const HEARD_WITHIN_S: i64 = 300;
/// When a cancel that was too early is tried again, in seconds.
pub const CLOSE_RETRY_S: i64 = 15;
/// How long after its end a rental is still looked at where the supplier does not answer, in seconds.
pub const RENTAL_LAST_LOOK_S: i64 = 3_600;
/// After so long a purchase call cannot be running any more, whatever became of it, in seconds.
pub const BUYING_MAX_S: i64 = 120;

/// What to do about one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Nobody needs to be asked: apply this.
    Apply(Command),
    /// Make the purchase call: first [`Command::StartBuying`], then the call, once.
    Buy(OrderId),
    /// Look for a server's lost purchases ([`crate::reconcile`]): all together, by a clock of their own.
    Reconcile(ServerId),
    /// One list for all temporary orders of the server.
    List(ServerId),
    /// Ask about this order alone.
    Check(OrderId),
    /// A final look, then give it back.
    Close(OrderId),
    /// Fetch a rental's messages.
    RentalMessages(OrderId),
    /// Ask for another code: its user wants one.
    Resend(OrderId),
    /// Wake a rental.
    Wake(OrderId),
    /// Show the card anew: it changes with time alone.
    TouchCard(OrderId),
    /// Give a supplier's order without an owner back ([`crate::orphan`]).
    GiveBack(SupplierOrderId),
}

impl Task {
    /// Whether it only asks what is new: how often, its server's round decides.
    #[must_use]
    pub const fn is_look(&self) -> bool {
        match self {
            Self::List(_) | Self::Check(_) | Self::RentalMessages(_) => true,
            Self::Apply(_)
            | Self::Buy(_)
            | Self::Reconcile(_)
            | Self::Close(_)
            | Self::Resend(_)
            | Self::Wake(_)
            | Self::TouchCard(_)
            | Self::GiveBack(_) => false,
        }
    }
}

/// When the shell last asked about an order alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// When it did, answered or not; `None`: never in this life of the process.
    pub tried_at: Option<UnixSeconds>,
    /// When the supplier last answered.
    pub answered_at: Option<UnixSeconds>,
}

/// The moment that tasks are computed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// The time.
    pub now: UnixSeconds,
    /// This life of the process.
    pub boot: u64,
    /// How often there is one, in seconds.
    pub every_s: i64,
}

/// What is due now, over all open orders. `asked` tells when the shell last asked about an order alone.
#[must_use]
pub fn due<'a>(
    orders: &(impl Iterator<Item = &'a Order> + Clone),
    tick: Tick,
    asked: &impl Fn(OrderId) -> Asked,
) -> Vec<Task> {
    let Tick { now, boot, every_s } = tick;
    let mut tasks = Vec::new();
    let (mut listed, mut looks) = (BTreeSet::new(), Vec::new());
    for order in orders.clone() {
        let task = match order.state {
            State::Reserved => reserved(order, orders.clone(), now),
            State::Buying { boot: theirs, sent_at } => (theirs != boot || now - sent_at > BUYING_MAX_S)
                .then_some(Task::Apply(Command::BuyingUnknown(order.id))),
            State::Ambiguous { .. } => None,
            State::Active if !order.is_rental() => Some(active(order, now)),
            State::Active => rental(order, orders.clone(), now, asked(order.id)),
            State::Closing { next_try, deadline, .. } => {
                let may_ask =
                    is_time(next_try, CLOSE_RETRY_S, now) && !is_looked_for(order.wish.server, orders.clone());
                (now >= deadline || may_ask).then_some(Task::Close(order.id))
            }
            State::Done if order.is_rental() => rental(order, orders.clone(), now, asked(order.id)),
            State::Done => received_once(order, now, asked(order.id)),
            State::Refunded(_) => {
                let asked = asked(order.id);
                unheard(order, now, asked).or_else(|| watched(order, now, asked))
            }
        };
        match task {
            Some(Task::List(server)) if !listed.insert(server) => {}
            Some(look) if is_paced(&look, order) => looks.push((order, look)),
            task => tasks.extend(task),
        }
        tasks.extend(waking(order, now));
    }
    tasks.extend(paced(looks, every_s, asked));
    tasks
}

/// Whether it is time for a try that was planned for then, at most so long ahead. One that lies further ahead was planned
/// by a clock that was set back since.
pub(crate) fn is_time(planned: UnixSeconds, ahead_max_s: i64, now: UnixSeconds) -> bool {
    !(1..=ahead_max_s).contains(&(planned - now))
}

/// Whether it is one of many looks that no list spares us.
fn is_paced(task: &Task, order: &Order) -> bool {
    match task {
        Task::RentalMessages(_) => true,
        Task::Check(_) => order.wish.server.profile().lists == OrderLists::Absent,
        Task::Apply(_)
        | Task::Buy(_)
        | Task::Reconcile(_)
        | Task::List(_)
        | Task::Close(_)
        | Task::Resend(_)
        | Task::Wake(_)
        | Task::TouchCard(_)
        | Task::GiveBack(_) => false,
    }
}

/// As many looks as each server bears until the next tick, those first that have waited longest.
fn paced(mut looks: Vec<(&Order, Task)>, every_s: i64, asked: &impl Fn(OrderId) -> Asked) -> Vec<Task> {
    // Whoever waits for a code goes before what has ended.
    looks.sort_by_key(|(order, _)| (order.ended_at.is_some(), asked(order.id).tried_at));
    let mut left: BTreeMap<ServerId, i64> = BTreeMap::new();
    let bears = |(order, _): &(&Order, Task)| {
        let server = order.wish.server;
        let left = left.entry(server).or_insert(i64::from(server.profile().looks_per_s) * every_s.max(1));
        *left -= 1;
        *left >= 0
    };
    looks.into_iter().filter(bears).map(|(_, look)| look).collect()
}

/// A reserved order is bought at once, unless it waited too long, or the answer could not be told from another's: where
/// lists tell, while an ambiguous one of the same kind is in question and another purchase of that kind in flight; where
/// only our balance tells, while any purchase at that server is either.
#[must_use]
pub fn reserved<'a>(order: &Order, orders: impl Iterator<Item = &'a Order>, now: UnixSeconds) -> Option<Task> {
    if now - order.created_at > RESERVED_LIFE_S {
        let reason = RefundReason::NotStarted;
        return Some(Task::Apply(Command::NotBought { order: order.id, reason }));
    }
    let (mut ambiguous, mut in_flight) = (false, false);
    let lists = order.wish.server.profile().lists;
    let counts = |other: &&Order| match lists {
        OrderLists::Kept => is_alike(order, other),
        OrderLists::Absent => order.wish.server == other.wish.server,
    };
    for other in orders.filter(counts) {
        ambiguous |= matches!(other.state, State::Ambiguous { .. });
        in_flight |= matches!(other.state, State::Buying { .. });
    }
    let waits = match lists {
        OrderLists::Kept => ambiguous && in_flight,
        OrderLists::Absent => ambiguous || in_flight,
    };
    (!waits).then_some(Task::Buy(order.id))
}

/// Whether a purchase at this server is under way or looked for that only our balance tells of: nothing else may change
/// the balance meanwhile.
#[must_use]
pub fn is_looked_for<'a>(server: ServerId, mut orders: impl Iterator<Item = &'a Order>) -> bool {
    let moves = |order: &Order| matches!(order.state, State::Buying { .. } | State::Ambiguous { .. });
    server.profile().lists == OrderLists::Absent && orders.any(|order| order.wish.server == server && moves(order))
}

fn is_alike(one: &Order, other: &Order) -> bool {
    let key = |order: &Order| (order.wish.server, order.wish.country, order.wish.service, order.wish.extends);
    key(one) == key(other)
}

fn active(order: &Order, now: UnixSeconds) -> Task {
    match &order.number {
        Some(number) if now >= number.expires_at => {
            Task::Apply(Command::StartClosing { order: order.id, reason: crate::order::CloseReason::Expiry })
        }
        Some(_) | None => look(order),
    }
}

/// How an order is asked about with the others of its server.
const fn look(order: &Order) -> Task {
    match order.wish.server.profile().lists {
        OrderLists::Kept => Task::List(order.wish.server),
        OrderLists::Absent => Task::Check(order.id),
    }
}

fn rental<'a>(order: &Order, orders: impl Iterator<Item = &'a Order>, now: UnixSeconds, asked: Asked) -> Option<Task> {
    let number = order.number.as_ref()?;
    if order.state == State::Active && order.refund_ends_at().is_none_or(|end| now >= end) {
        return Some(Task::Apply(Command::RentalKept(order.id)));
    }
    if order.ended_at.is_some() {
        return None;
    }
    if now >= number.expires_at {
        let looked_after_the_end = asked.answered_at.is_some_and(|answered| answered >= number.expires_at);
        let is_over = looked_after_the_end || now >= number.expires_at + RENTAL_LAST_LOOK_S;
        return Some(if is_over && !extension::is_open(order.id, orders) {
            Task::Apply(Command::RentalEnded(order.id))
        } else {
            Task::RentalMessages(order.id)
        });
    }
    let eager = now - number.bought_at.max(order.checked_at.unwrap_or(0)) < RENTAL_EAGER_S;
    let wait = if eager { 0 } else { RENTAL_LAZY_S };
    asked.tried_at.is_none_or(|tried| is_time(tried + wait, wait, now)).then_some(Task::RentalMessages(order.id))
}

/// A rental that is being woken is asked for until the supplier answers, or nobody waits for it any more.
fn waking(order: &Order, now: UnixSeconds) -> Option<Task> {
    match (order.wake, order.sleep(now)) {
        (Some(Wake::Asked { .. }), Some(Sleep::Waking)) => Some(Task::Wake(order.id)),
        (Some(Wake::Asked { .. }), _) => Some(Task::Apply(Command::NotWoken(order.id))),
        (Some(Wake::Awake { .. } | Wake::Failed { .. }) | None, _) => None,
    }
}

/// A temporary number that has its code may receive more until it ends: the list tells, which is asked anyway. Where the
/// user asked for more, the supplier may go on under the same order without listing it.
fn received_once(order: &Order, now: UnixSeconds, asked: Asked) -> Option<Task> {
    let wants_more = order.resend_asked_at.is_some();
    match (order.wish.server.profile().lists, wants_more) {
        (OrderLists::Absent, false) => watched(order, now, asked),
        (OrderLists::Absent, true) | (OrderLists::Kept, false) => is_watched(order, now).then(|| look(order)),
        (OrderLists::Kept, true) => watched(order, now, asked).or_else(|| is_watched(order, now).then(|| look(order))),
    }
}

fn is_watched(order: &Order, now: UnixSeconds) -> bool {
    order.number.is_some() && order.watched_until.is_some_and(|until| now < until)
}

fn watched(order: &Order, now: UnixSeconds, asked: Asked) -> Option<Task> {
    let due = asked.tried_at.is_none_or(|tried| is_time(tried + LATE_WATCH_EVERY_S, LATE_WATCH_EVERY_S, now));
    let look = if order.is_rental() { Task::RentalMessages(order.id) } else { Task::Check(order.id) };
    (is_watched(order, now) && due).then_some(look)
}

/// A watch does not end in silence: a supplier that said nothing at its end is waited for, a day at most. What it kept or
/// sold meanwhile would be booked by nobody.
fn unheard(order: &Order, now: UnixSeconds, asked: Asked) -> Option<Task> {
    let (ended_at, until) = (order.ended_at?, order.watched_until?);
    let is_asked_about = order.number.is_some() || order.wish.server.profile().lists == OrderLists::Kept;
    let heard = asked.answered_at.is_some_and(|answered| answered >= until - HEARD_WITHIN_S);
    let ends = until - now <= LATE_WATCH_EVERY_S && now < ended_at + SILENCE_MAX_S;
    (is_asked_about && ends && !heard).then_some(Task::Apply(Command::WatchOn(order.id)))
}

/// What the list of open orders says about the temporary ones of that server that wait, or may receive more.
#[must_use]
pub fn read_list<'a>(orders: impl Iterator<Item = &'a Order>, server: ServerId, list: &[ListedOrder]) -> Vec<Task> {
    let by_id: BTreeMap<_, _> = list.iter().map(|listed| (&listed.id, &listed.check)).collect();
    let mut tasks = Vec::new();
    for order in orders {
        let Some(number) = order.number.as_ref() else { continue };
        if order.is_rental() || order.wish.server != server {
            continue;
        }
        match (&order.state, by_id.get(&number.supplier_id)) {
            (State::Active, Some(Check::Received(message))) => tasks.push(received(order.id, message.clone())),
            (State::Active, Some(Check::Unread | Check::Refunded | Check::Ended) | None) => {
                tasks.push(Task::Check(order.id));
            }
            (State::Done, Some(Check::Received(message))) if !is_known(order, message) => {
                tasks.push(received(order.id, message.clone()));
            }
            // One that has its code is not waited for; others are looked after by themselves.
            (State::Active, Some(Check::Pending))
            | (
                State::Reserved
                | State::Buying { .. }
                | State::Ambiguous { .. }
                | State::Closing { .. }
                | State::Done
                | State::Refunded(_),
                _,
            ) => {}
        }
    }
    tasks
}

/// Rows that somebody's wish for another code led to and that none of these orders owns: the supplier gave one, and its
/// answer was lost, perhaps with an earlier life of the process.
#[must_use]
pub fn read_resent<'a>(
    orders: &'a [Order],
    server: ServerId,
    list: &'a [ListedOrder],
) -> Vec<(&'a Order, &'a ListedOrder)> {
    let owned: BTreeSet<_> = orders.iter().filter_map(|order| Some(&order.number.as_ref()?.supplier_id)).collect();
    let asked_for = |row: &ListedOrder| {
        let asked = orders.iter().filter(|order| order.wish.server == server && order.has_asked_for(row));
        asked.max_by_key(|order| order.resend_asked_at)
    };
    let unowned = list.iter().filter(|row| !owned.contains(&row.id));
    unowned.filter_map(|row| Some((asked_for(row)?, row))).collect()
}

/// What the answer about one order means. `Ended` alone proves nothing: the order is watched until its deadline.
#[must_use]
pub fn read_check(order: &Order, check: Check) -> Option<Command> {
    match check {
        Check::Received(message) => Some(Command::Received { order: order.id, messages: vec![message] }),
        Check::Refunded => Some(Command::Close { order: order.id, supplier: SupplierRefund::Confirmed }),
        Check::Pending | Check::Unread | Check::Ended => None,
    }
}

/// What the history says about a temporary order that ended at the supplier, where a check alone proves nothing.
#[must_use]
pub fn read_history(order: &Order, history: &[ListedOrder]) -> Option<Command> {
    let number = order.number.as_ref()?;
    let row = history.iter().find(|row| row.id == number.supplier_id)?;
    read_check(order, row.check.clone())
}

/// What the supplier's list of lines says about a rental that it refused to take back. A line that is gone was given back
/// by an earlier try; one that is there after the refund window stays: the user has it, and pays for it.
#[must_use]
pub fn read_refusal(order: &Order, lines: &Listed<ListedRental>, now: UnixSeconds) -> Option<Command> {
    let number = order.number.as_ref()?;
    let is_there = lines.rows.iter().any(|line| line.id == number.supplier_id);
    if !is_there && lines.completeness == Completeness::Whole {
        return Some(Command::Close { order: order.id, supplier: SupplierRefund::Confirmed });
    }
    let kept = is_there && order.refund_ends_at().is_some_and(|end| now >= end);
    if kept { Some(Command::RentalKept(order.id)) } else { read_cancel(order, Some(Cancelled::Refused), now) }
}

/// What a supplier that lists nothing means by not taking a rental back: one that it still knows stays, and its user pays for
/// it, as after the window of one that is listed.
#[must_use]
pub fn read_unlisted_refusal(order: &Order, check: Option<Check>, now: UnixSeconds) -> Option<Command> {
    match check {
        Some(Check::Pending) => Some(Command::RentalKept(order.id)),
        Some(check) => read_check(order, check).or_else(|| read_cancel(order, Some(Cancelled::Refused), now)),
        None => read_cancel(order, Some(Cancelled::Refused), now),
    }
}

/// What to do with a closing order after the final look showed no message: `cancelled` is the supplier's answer to the
/// request to take it back, `None` where there was none in time.
#[must_use]
pub fn read_cancel(order: &Order, cancelled: Option<Cancelled>, now: UnixSeconds) -> Option<Command> {
    let State::Closing { deadline, .. } = order.state else {
        return None;
    };
    let id = order.id;
    match cancelled {
        Some(Cancelled::Refunded) => Some(Command::Close { order: id, supplier: SupplierRefund::Confirmed }),
        _ if now >= deadline => Some(Command::Close { order: id, supplier: SupplierRefund::Unconfirmed }),
        Some(Cancelled::Locked | Cancelled::Refused) | None => {
            Some(Command::RetryClosing { order: id, next_try: (now + CLOSE_RETRY_S).min(deadline) })
        }
    }
}

/// What the answer to the request to wake a rental means. Silence proves nothing: it is asked again while the user may
/// still wait for it.
#[must_use]
pub fn read_wake(order: &Order, answer: Result<UnixSeconds, PoolError>, now: UnixSeconds) -> Option<Command> {
    let id = order.id;
    match answer {
        Ok(until) => Some(Command::Woken { order: id, until }),
        Err(error) if heard(error.code) == Some(Heard::Answer) => Some(Command::NotWoken(id)),
        Err(_) => (order.sleep(now) != Some(Sleep::Waking)).then_some(Command::NotWoken(id)),
    }
}

/// The list may spell the text of a message in another way than the check did; the code is the same.
fn is_known(order: &Order, message: &Message) -> bool {
    let same = |known: &Message| known.text == message.text || (known.code.is_some() && known.code == message.code);
    order.messages.iter().any(|received| same(&received.message))
}

fn received(order: OrderId, message: Message) -> Task {
    Task::Apply(Command::Received { order, messages: vec![message] })
}

#[cfg(test)]
#[path = "monitor_tests.rs"]
mod tests;
