//! The worker's tasks: each makes at most a few calls to one supplier and applies what they mean. A task returns what
//! should be done next.

use std::sync::Arc;
use std::time::Duration;

use shop::command::Command;
use shop::monitor::{self, Task};
use shop::order::{Number, Order, State, StateKind};
use shop::pool::{Cancelled, ListedOrder, PoolError, SmsPool};
use shop::server::OrderLists;
use shop::{ErrorCode, Money, OrderId, ServerId, SupplierOrderId, UnixSeconds};
use store::{Intent, Outcome, StoreError};

use super::queue::order_of;
use crate::office::Office;
use crate::shell::Shell;

/// How long what is given back waits for a turn at most: so many must not fill the room of those who wait for codes.
pub(super) const TURN: Duration = Duration::from_secs(8);
/// How much longer than its deadline a refund may wait for the supplier's last word, in seconds.
const LAST_TRY_S: i64 = 20;

/// What a task leaves behind.
#[derive(Debug, Default)]
pub(super) struct After {
    /// What to do next.
    pub(super) next: Vec<Task>,
    /// Whether the supplier said anything about the order.
    pub(super) supplier: Supplier,
}

/// Whether a supplier answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Supplier {
    /// Nobody was asked.
    #[default]
    Unasked,
    /// No answer came.
    Silent,
    /// It did.
    Answered,
}

impl After {
    /// Nothing more to do, and the supplier has answered.
    fn answered() -> Self {
        Self { supplier: Supplier::Answered, ..Self::default() }
    }

    /// Nothing more to do, and the supplier has not answered.
    fn silent() -> Self {
        Self { supplier: Supplier::Silent, ..Self::default() }
    }
}

/// Applies a command; a refusal means that the order has moved on.
pub(super) async fn apply(shell: Arc<Shell>, command: Command) -> After {
    commit(&shell, command).await;
    After::default()
}

/// Applies one command. A broken store stops the process by itself; here it only ends the task.
pub(super) async fn commit(shell: &Shell, command: Command) -> Option<Outcome> {
    let order = order_of(&command).map(|order| order.to_string());
    match shell.office.command(vec![command]).await {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            tracing::error!(%error, order.id = order, "a command of the worker was not stored");
            None
        }
    }
}

/// Applies these commands, in order.
pub(super) async fn commit_all(shell: &Shell, commands: impl IntoIterator<Item = Command>) {
    for command in commands {
        commit(shell, command).await;
    }
}

/// One call for all open temporary orders of a server.
pub(super) async fn list(shell: Arc<Shell>, server: ServerId) -> After {
    let Some(pool) = shell.pool(server) else { return After::default() };
    let listed = match pool.active().await {
        Ok(listed) => listed.rows,
        Err(error) => {
            tracing::warn!(server = server.number(), code = %error.code, cause = error.cause, "the list of open orders was not read");
            return After::default();
        }
    };
    let office = &shell.office;
    let read = office.store.open_orders().and_then(|orders| {
        let mut next = monitor::read_list(orders.iter(), server, &listed);
        next.extend(resent(office, &orders, server, &listed)?.into_iter().map(Task::Apply));
        Ok(next)
    });
    match read {
        Ok(next) => After { next, ..After::default() },
        Err(error) => {
            tracing::error!(%error, "open orders were not read");
            After::default()
        }
    }
}

/// Other codes on their way whose answers were lost with the process.
fn resent(
    office: &Office,
    orders: &[Order],
    server: ServerId,
    listed: &[ListedOrder],
) -> Result<Vec<Command>, StoreError> {
    let found = monitor::read_resent(orders, server, listed);
    if found.is_empty() {
        return Ok(Vec::new());
    }
    // Read after the list: what was bound meanwhile is then known.
    let known = office.store.known_among(found.iter().map(|(_, row)| &row.id))?;
    let lost = found.into_iter().filter(|(_, row)| !known.contains(&row.id));
    let command = |(order, row): (&Order, &ListedOrder)| Command::Resent {
        order: order.id,
        child: OrderId(office.fresh.next()),
        id: row.id.clone(),
        expires_at: row.expires_at,
        charge: row.cost.unwrap_or(Money::ZERO),
    };
    Ok(lost.map(command).collect())
}

/// Asks about one temporary order.
pub(super) async fn check(shell: Arc<Shell>, id: OrderId) -> After {
    let Some((order, pool)) = order_and_pool(&shell, id) else { return After::default() };
    let Some(number) = &order.number else { return After::default() };
    match pool.check(&number.supplier_id).await {
        Ok(answer) => {
            commit_all(&shell, monitor::read_check(&order, answer)).await;
            After::answered()
        }
        Err(error) => {
            log(&order, &error, "an order was not checked");
            heard_of(&error)
        }
    }
}

/// A final look for a message, then the supplier is asked to take the number back. At the deadline the user gets the money
/// whoever else moves money then, and however long the supplier takes.
pub(super) async fn close(shell: Arc<Shell>, id: OrderId) -> After {
    let Some((waits, pool)) = order_and_pool(&shell, id) else { return After::default() };
    let (State::Closing { deadline, .. }, server) = (waits.state, waits.wish.server) else {
        return After::default();
    };
    // Without a turn it is due again at the next tick; at the deadline nobody is waited for.
    let left_s = u64::try_from(deadline - shell.office.clock.now()).unwrap_or(0);
    let turn = shell.turn_to_give_back(server, TURN.min(Duration::from_secs(left_s))).await;
    if turn.is_none() && shell.office.clock.now() < deadline {
        return After::default();
    }
    let Some(order) = order(&shell, id).filter(|order| order.kind() == StateKind::Closing) else {
        return After::default();
    };
    let now = shell.office.clock.now();
    if now < deadline && shell.is_looking(server) {
        return After::default();
    }
    let asked = by(&shell, deadline.max(now) + LAST_TRY_S, ask_back(&shell, &order, pool.as_ref())).await;
    let command = asked.unwrap_or_else(|| monitor::read_cancel(&order, None, shell.office.clock.now()));
    commit_all(&shell, command).await;
    After::default()
}

/// What it comes to: a message, or the supplier's answer to the request to take it back.
async fn ask_back(shell: &Shell, order: &Order, pool: &dyn SmsPool) -> Option<Command> {
    let number = order.number.as_ref()?;
    if order.is_rental() {
        return match pool.rental_messages(&number.supplier_id).await {
            Ok(messages) if !messages.is_empty() => Some(Command::Received { order: order.id, messages }),
            Ok(_) | Err(_) => give_rental_back(shell, order, pool, &number.supplier_id).await,
        };
    }
    match pool.check(&number.supplier_id).await.ok().and_then(|answer| monitor::read_check(order, answer)) {
        Some(command) => Some(command),
        None => give_back(shell, order, pool, number).await,
    }
}

/// Past its end the supplier may have ended an order on its own, and takes nothing back: its history is the proof then.
async fn give_back(shell: &Shell, order: &Order, pool: &dyn SmsPool, number: &Number) -> Option<Command> {
    let cancelled = answered(order, pool.cancel(&number.supplier_id).await);
    if cancelled != Some(Cancelled::Refunded) && shell.office.clock.now() >= number.expires_at {
        let history = pool.history().await.unwrap_or_default();
        let said = monitor::read_history(order, &history.rows);
        return said.or_else(|| monitor::read_cancel(order, cancelled, shell.office.clock.now()));
    }
    monitor::read_cancel(order, cancelled, shell.office.clock.now())
}

async fn give_rental_back(shell: &Shell, order: &Order, pool: &dyn SmsPool, id: &SupplierOrderId) -> Option<Command> {
    let cancelled = answered(order, pool.rental_refund(id).await);
    match (cancelled, order.wish.server.profile().lists) {
        (Some(Cancelled::Refused), OrderLists::Kept) => {
            let lines = pool.rentals().await.unwrap_or_default();
            return monitor::read_refusal(order, &lines, shell.office.clock.now());
        }
        (Some(Cancelled::Refused), OrderLists::Absent) => {
            let check =
                pool.check(id).await.inspect_err(|error| log(order, error, "a refused cancel was not looked into"));
            return monitor::read_unlisted_refusal(order, check.ok(), shell.office.clock.now());
        }
        (Some(Cancelled::Refunded | Cancelled::Locked) | None, _) => {}
    }
    monitor::read_cancel(order, cancelled, shell.office.clock.now())
}

fn answered(order: &Order, answer: Result<Cancelled, PoolError>) -> Option<Cancelled> {
    answer.inspect_err(|error| log(order, error, "a cancel was not answered")).ok()
}

/// That an order is not known any more is an answer.
fn heard_of(error: &PoolError) -> After {
    if error.code == ErrorCode::OrderNotFound { After::answered() } else { After::silent() }
}

/// Fetches a rental's messages. A line that the supplier does not know any more has said its last word.
pub(super) async fn rental_messages(shell: Arc<Shell>, id: OrderId) -> After {
    let Some((order, pool)) = order_and_pool(&shell, id) else { return After::default() };
    let Some(number) = &order.number else { return After::default() };
    match pool.rental_messages(&number.supplier_id).await {
        Ok(messages) => {
            let received = (!messages.is_empty()).then_some(Command::Received { order: id, messages });
            commit_all(&shell, received).await;
            After::answered()
        }
        Err(error) => {
            log(&order, &error, "a rental's messages were not fetched");
            heard_of(&error)
        }
    }
}

/// Wakes a rental. A supplier that says nothing is asked again by [`monitor::due`].
pub(super) async fn wake(shell: Arc<Shell>, id: OrderId) -> After {
    let Some((order, pool)) = order_and_pool(&shell, id) else { return After::default() };
    let Some(number) = &order.number else { return After::default() };
    let answer = pool.wake(&number.supplier_id).await.inspect_err(|error| log(&order, error, "a rental was not woken"));
    commit_all(&shell, monitor::read_wake(&order, answer, shell.office.clock.now())).await;
    After::default()
}

/// Renews a card whose screen depends on the time.
pub(super) async fn touch_card(shell: Arc<Shell>, id: OrderId) -> After {
    if let Err(error) = shell.office.apply(Intent::TouchCard { order: id }).await {
        tracing::error!(%error, "a card was not renewed");
    }
    After::default()
}

/// What comes of this, if it does by then.
pub(super) async fn by<T>(shell: &Shell, until: UnixSeconds, wait: impl Future<Output = T>) -> Option<T> {
    let left_s = u64::try_from(until - shell.office.clock.now()).unwrap_or(0);
    tokio::time::timeout(Duration::from_secs(left_s), wait).await.ok()
}

pub(super) fn order_and_pool(shell: &Shell, id: OrderId) -> Option<(Order, Arc<dyn SmsPool>)> {
    let order = order(shell, id)?;
    let pool = shell.pool(order.wish.server)?;
    Some((order, pool))
}

/// The order as the books have it now.
pub(super) fn order(shell: &Shell, id: OrderId) -> Option<Order> {
    shell.office.store.order(id).inspect_err(|error| tracing::error!(%error, "an order was not read")).ok()?
}

pub(super) fn log(order: &Order, error: &PoolError, what: &str) {
    tracing::warn!(order.id = %order.id, server = order.wish.server.number(), code = %error.code, cause = error.cause, "{what}");
}
