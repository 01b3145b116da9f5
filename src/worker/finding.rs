//! Looking for what the supplier did when its answer was lost: purchases, and requests for another code.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use shop::command::Command;
use shop::order::Order;
use shop::pool::{Completeness, Listed, PoolError, PurchaseError, Resent, SmsPool};
use shop::server::OrderLists;
use shop::{Money, OrderId, ServerId, SupplierOrderId, extension, reconcile};
use store::StoreError;

use super::tasks::{After, Supplier, commit, commit_all, log, order_and_pool};
use crate::shell::Shell;
use crate::till::Turn;

/// How often the supplier's list is looked at for another code whose answer was lost.
const LOOKS_MAX: u32 = 6;
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether a lost purchase was settled: for longer than that takes.
const QUIET_LOOKS_MAX: u32 = 40;

/// Looks for a server's purchases whose answer was lost: in the supplier's lists, or by our balance there.
pub(super) async fn reconcile(shell: Arc<Shell>, server: ServerId) -> After {
    let Some(pool) = shell.pool(server) else { return After::default() };
    let round = match server.profile().lists {
        OrderLists::Kept => round(&shell, server, pool.as_ref()).await,
        OrderLists::Absent => balance_round(&shell, server, pool.as_ref()).await,
    };
    match round {
        Ok((commands, supplier)) => {
            commit_all(&shell, commands).await;
            After { supplier, ..After::default() }
        }
        Err(error) => {
            tracing::error!(%error, "orders were not read");
            After::default()
        }
    }
}

/// What a round settles, and whether the supplier told all of it.
type Round = Result<(Vec<Command>, Supplier), StoreError>;

/// The orders are read after the balance: what was bought meanwhile is then known.
async fn balance_round(shell: &Shell, server: ServerId, pool: &dyn SmsPool) -> Round {
    let balance = pool.balance().await.inspect_err(|error| {
        tracing::warn!(server = server.number(), code = %error.code, cause = error.cause, "our balance was not read");
    });
    let orders = shell.office.store.open_orders()?;
    let money_back_at = shell.office.store.money_back_at(server)?;
    let supplier = if balance.is_ok() { Supplier::Answered } else { Supplier::Silent };
    Ok((reconcile::balance_round(&orders, server, balance.ok(), money_back_at, shell.office.clock.now()), supplier))
}

/// The orders are read after the lists: what was bought meanwhile is then known, or known to be in flight.
async fn round(shell: &Shell, server: ServerId, pool: &dyn SmsPool) -> Round {
    let store = &shell.office.store;
    let now = shell.office.clock.now();
    let lost = |order: &&Order| order.wish.server == server && reconcile::is_lost(order, now);
    let before = store.open_orders()?;
    let (mut temporary, mut rented) = (None, None);
    if before.iter().filter(lost).any(|order| !order.is_rental()) {
        let (active, history) = tokio::join!(pool.active(), pool.history());
        temporary = Some(readable(server, active).and(readable(server, history)));
    }
    if before.iter().filter(lost).any(Order::is_rental) {
        rented = Some(readable(server, pool.rentals().await));
    }
    let orders = store.open_orders()?;
    let ids = temporary.iter().flat_map(|listed| &listed.rows).map(|row| &row.id);
    let known = store.known_among(ids.chain(rented.iter().flat_map(|listed| &listed.rows).map(|line| &line.id)))?;
    let whole = temporary.iter().all(|listed| listed.completeness == Completeness::Whole)
        && rented.iter().all(|listed| listed.completeness == Completeness::Whole);
    let supplier = if whole { Supplier::Answered } else { Supplier::Silent };
    let now = shell.office.clock.now();
    let temporary = temporary.map(|listed| reconcile::round(&orders, server, &listed, &known, now));
    let extended = match &rented {
        Some(listed) => extension::round(&orders, &extended_by(shell, &orders)?, server, listed, now),
        None => Vec::new(),
    };
    let rented = rented.map(|listed| reconcile::rentals_round(&orders, server, &listed, &known, now));
    Ok((temporary.into_iter().chain(rented).chain([extended]).flatten().collect(), supplier))
}

/// The rentals that these orders extend, ended ones included.
fn extended_by(shell: &Shell, orders: &[Order]) -> Result<Vec<Order>, StoreError> {
    let rentals: BTreeSet<OrderId> = orders.iter().filter_map(|order| order.wish.extends).collect();
    let found: Result<Vec<_>, _> = rentals.into_iter().map(|rental| shell.office.store.order(rental)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// A list that could not be had says nothing about what is absent.
fn readable<T>(server: ServerId, answer: Result<Listed<T>, PoolError>) -> Listed<T> {
    answer.unwrap_or_else(|error| {
        tracing::warn!(server = server.number(), code = %error.code, cause = error.cause, "a list was not read");
        Listed::default()
    })
}

/// Once after the start: orders at the supplier that nobody here knows are somebody's money. They were made after the
/// backup that came back, or by somebody else with our key.
pub(super) async fn warn_of_strangers(shell: Arc<Shell>, server: ServerId, pool: Arc<dyn SmsPool>) -> After {
    let Ok(listed) = pool.active().await else { return After::default() };
    let store = &shell.office.store;
    let Ok(orders) = store.open_orders() else { return After::default() };
    let Ok(known) = store.known_among(listed.rows.iter().map(|row| &row.id)) else { return After::default() };
    let count = reconcile::strangers(&orders, server, &listed, &known, shell.office.clock.now()).len();
    if count > 0 {
        tracing::error!(server = server.number(), count, "the supplier has open orders that nobody here knows");
    }
    After::default()
}

/// Asks for another code, if that is free. Where the answer is lost the supplier may have given one all the same: its list
/// shows a new order on the same number.
pub(super) async fn resend(shell: Arc<Shell>, id: OrderId) -> After {
    let Some((order, pool)) = order_and_pool(&shell, id) else { return After::default() };
    let Some(number) = &order.number else { return After::default() };
    let free = is_free(pool.as_ref(), &number.supplier_id).await;
    let turn = if free { quiet_turn(&shell, order.wish.server).await } else { None };
    let resent = if turn.is_some() {
        match pool.resend(&number.supplier_id).await {
            Ok(resent) => Some(resent),
            Err(PurchaseError::DefiniteNo(_)) => None,
            Err(PurchaseError::Unknown(error)) => {
                log(&order, &error, "another code was asked for without a clear answer");
                find_resent(&shell, pool.as_ref(), &order).await
            }
        }
    } else {
        None
    };
    let command = match resent {
        Some(Resent { id: supplier_id, charge }) => {
            let expires_at = shell.office.clock.now() + (number.expires_at - number.bought_at);
            let child = OrderId(shell.office.fresh.next());
            Command::Resent { order: id, child, id: supplier_id, expires_at, charge }
        }
        None => Command::NoResend(id),
    };
    commit(&shell, command).await;
    After::default()
}

/// The turn to move money at a server where nothing is looked for that only our balance tells of; `None` where it did not
/// come in time.
async fn quiet_turn(shell: &Shell, server: ServerId) -> Option<Option<Turn<'_>>> {
    for look in 0..QUIET_LOOKS_MAX {
        if look > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let turn = shell.turn_to_buy(server).await;
        if !shell.is_looking(server) {
            return Some(turn);
        }
    }
    None
}

/// Whether another code costs nothing. A question without an answer is asked again: it says nothing about the number.
async fn is_free(pool: &dyn SmsPool, id: &SupplierOrderId) -> bool {
    for look in 0..LOOKS_MAX {
        if look > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        if let Ok(cost) = pool.resend_cost(id).await {
            return cost.is_some_and(|cost| cost <= Money::ZERO);
        }
    }
    false
}

/// An open order of the supplier that this one's wish for another code led to. Where nothing is listed nothing is found.
async fn find_resent(shell: &Shell, pool: &dyn SmsPool, order: &Order) -> Option<Resent> {
    if order.wish.server.profile().lists == OrderLists::Absent {
        return None;
    }
    for look in 0..LOOKS_MAX {
        if look > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let Ok(listed) = pool.active().await else { continue };
        let Ok(known) = shell.office.store.known_among(listed.rows.iter().map(|row| &row.id)) else { continue };
        let found = listed.rows.into_iter().find(|row| order.has_asked_for(row) && !known.contains(&row.id));
        if let Some(row) = found {
            return Some(Resent { id: row.id, charge: row.cost.unwrap_or(Money::ZERO) });
        }
    }
    None
}
