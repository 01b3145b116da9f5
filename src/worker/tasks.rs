//! The worker's tasks: each makes at most a few calls to one supplier and applies what they mean. A task returns what
//! should be done next.

use std::sync::Arc;

use shop::catalogue::Product;
use shop::command::{Command, SupplierRefund};
use shop::monitor::{self, Task};
use shop::order::{Order, RefundReason, State};
use shop::pool::{Advice, Cancelled, PoolError, PurchaseError, PurchaseRequest, Purchased, RentRequest, SmsPool};
use shop::reconcile::{self, Completeness, Lists};
use shop::{OrderId, ServerId};
use store::{Intent, Outcome};

use super::About;
use crate::shell::Shell;

/// A task that ended.
pub(crate) struct Finished {
    /// What it was about.
    pub(crate) about: About,
    /// What to do next.
    pub(crate) next: Vec<Task>,
}

/// The order that a command is about.
pub(crate) const fn order_of(command: &Command) -> Option<OrderId> {
    match command {
        Command::StartBuying { order, .. }
        | Command::Bought { order, .. }
        | Command::NotBought { order, .. }
        | Command::BuyingUnknown(order)
        | Command::CleanMiss(order)
        | Command::Received { order, .. }
        | Command::StartClosing { order, .. }
        | Command::RetryClosing { order, .. }
        | Command::Close { order, .. }
        | Command::RentalKept(order)
        | Command::RentalEnded(order)
        | Command::Resent { order, .. }
        | Command::Cancel(order)
        | Command::Resend(order)
        | Command::NoResend(order)
        | Command::CheckNow(order) => Some(*order),
        Command::Quote { .. }
        | Command::Buy { .. }
        | Command::SetLang(_)
        | Command::Orphaned { .. }
        | Command::Adjust { .. }
        | Command::SetMargin(..)
        | Command::SetSelling(..)
        | Command::SetKey(..) => None,
    }
}

/// Applies commands; a refusal means that the order has moved on.
pub(crate) async fn apply(shell: Arc<Shell>, commands: Vec<Command>) -> Vec<Task> {
    for command in commands {
        commit(&shell, command).await;
    }
    Vec::new()
}

/// Applies one command. A broken store stops the process by itself; here it only ends the task.
async fn commit(shell: &Shell, command: Command) -> Option<Outcome> {
    let order = order_of(&command).map(|order| order.to_string());
    match shell.office.command(vec![command]).await {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            tracing::error!(%error, order.id = order, "a command of the worker was not stored");
            None
        }
    }
}

/// The purchase: stored as being made, made once, stored as what it brought.
pub(crate) async fn buy(shell: Arc<Shell>, id: OrderId) -> Vec<Task> {
    let boot = shell.office.boot;
    let started = commit(&shell, Command::StartBuying { order: id, boot }).await;
    let order = match started {
        Some(Outcome::Stored(changed)) => changed.orders.into_iter().find(|order| order.id == id),
        Some(Outcome::Refused(shop::command::Refusal::NotSelling)) => {
            commit(&shell, Command::NotBought { order: id, reason: RefundReason::NotStarted }).await;
            None
        }
        Some(Outcome::Refused(_) | Outcome::Conflict | Outcome::TakenIn(_) | Outcome::Reserved(_) | Outcome::Done)
        | None => None,
    };
    let Some(order) = order else { return Vec::new() };
    let answer = match shell.pool(order.wish.server) {
        Some(pool) => purchase(pool.as_ref(), &order).await,
        None => Err(PurchaseError::DefiniteNo(no_supplier())),
    };
    commit(&shell, bought(&order, answer)).await;
    Vec::new()
}

async fn purchase(pool: &dyn SmsPool, order: &Order) -> Result<Purchased, PurchaseError> {
    let wish = &order.wish;
    let (country, service) = (wish.country, wish.service);
    match (wish.product, wish.rental_product) {
        (Product::Temporary, _) => {
            pool.purchase(&PurchaseRequest { country, service, max_cost: order.quoted_cost }).await
        }
        (Product::Rental(days), Some(product)) => {
            let request = RentRequest { country, product, days, service };
            // The rental endpoint takes no highest price: look once more, so that we never rent below cost.
            match pool.rental_cost(&request).await {
                Ok(cost) if cost > order.price => Err(PurchaseError::DefiniteNo(price_changed())),
                Ok(_) => pool.rent(&request).await,
                Err(error) => Err(PurchaseError::DefiniteNo(error)),
            }
        }
        (Product::Rental(_), None) => Err(PurchaseError::DefiniteNo(no_supplier())),
    }
}

/// What the supplier's answer to a purchase means.
fn bought(order: &Order, answer: Result<Purchased, PurchaseError>) -> Command {
    let id = order.id;
    match answer {
        Ok(purchased) => Command::Bought { order: id, purchased },
        Err(PurchaseError::DefiniteNo(error)) => {
            tracing::info!(order.id = %id, code = %error.code, cause = error.cause, "a purchase was refused");
            let reason = match error.advice {
                Advice::PriceChanged => RefundReason::PriceChanged,
                Advice::None | Advice::RetryAfter(_) => RefundReason::Refused(error.code),
            };
            Command::NotBought { order: id, reason }
        }
        Err(PurchaseError::Unknown(error)) => {
            tracing::warn!(order.id = %id, code = %error.code, cause = error.cause, "a purchase has no clear answer");
            Command::BuyingUnknown(id)
        }
    }
}

fn no_supplier() -> PoolError {
    PoolError {
        code: shop::ErrorCode::Unavailable,
        cause: "no supplier for this order".to_owned(),
        advice: Advice::None,
    }
}

fn price_changed() -> PoolError {
    PoolError {
        code: shop::ErrorCode::OutOfStock,
        cause: "the rental's price has risen".to_owned(),
        advice: Advice::PriceChanged,
    }
}

/// One call for all open temporary orders of a server.
pub(crate) async fn list(shell: Arc<Shell>, server: ServerId) -> Vec<Task> {
    let Some(pool) = shell.pool(server) else { return Vec::new() };
    let listed = match pool.active().await {
        Ok(listed) => listed,
        Err(error) => {
            tracing::warn!(server = server.number(), code = %error.code, cause = error.cause, "the list of open orders was not read");
            return Vec::new();
        }
    };
    match shell.office.store.open_orders() {
        Ok(orders) => monitor::read_list(orders.iter(), server, &listed),
        Err(error) => {
            tracing::error!(%error, "open orders were not read");
            Vec::new()
        }
    }
}

/// Asks about one temporary order.
pub(crate) async fn check(shell: Arc<Shell>, id: OrderId) -> Vec<Task> {
    let Some((order, pool)) = order_and_pool(&shell, id) else { return Vec::new() };
    let Some(number) = &order.number else { return Vec::new() };
    match pool.check(&number.supplier_id).await {
        Ok(answer) => {
            if let Some(command) = monitor::read_check(&order, answer) {
                commit(&shell, command).await;
            }
        }
        Err(error) => log(&order, &error, "an order was not checked"),
    }
    Vec::new()
}

/// A final look for a message, then the supplier is asked to take the number back.
pub(crate) async fn close(shell: Arc<Shell>, id: OrderId) -> Vec<Task> {
    let Some((order, pool)) = order_and_pool(&shell, id) else { return Vec::new() };
    let Some(number) = &order.number else { return Vec::new() };
    let command = if order.is_rental() {
        match pool.rental_messages(&number.supplier_id).await {
            Ok(messages) if !messages.is_empty() => Some(Command::Received { order: id, messages }),
            Ok(_) | Err(_) => taken_back(&shell, &order, pool.rental_refund(&number.supplier_id).await),
        }
    } else {
        match pool.check(&number.supplier_id).await.ok().and_then(|answer| monitor::read_check(&order, answer)) {
            Some(command) => Some(command),
            None => match taken_back(&shell, &order, pool.cancel(&number.supplier_id).await) {
                // The supplier may have ended it on its own: its word on the order is the proof.
                Some(Command::RetryClosing { .. } | Command::Close { supplier: SupplierRefund::Unconfirmed, .. })
                    if is_expired(&shell, &order) =>
                {
                    let answer = pool.check(&number.supplier_id).await.ok();
                    let said = answer.and_then(|answer| monitor::read_check(&order, answer));
                    said.or_else(|| monitor::read_cancel(&order, None, shell.office.clock.now()))
                }
                command => command,
            },
        }
    };
    if let Some(command) = command {
        commit(&shell, command).await;
    }
    Vec::new()
}

fn is_expired(shell: &Shell, order: &Order) -> bool {
    order.number.as_ref().is_some_and(|number| shell.office.clock.now() >= number.expires_at)
}

fn taken_back(shell: &Shell, order: &Order, answer: Result<Cancelled, PoolError>) -> Option<Command> {
    let now = shell.office.clock.now();
    match answer {
        Ok(cancelled) => monitor::read_cancel(order, Some(cancelled), now),
        Err(error) => {
            log(order, &error, "a cancel was not answered");
            monitor::read_cancel(order, None, now)
        }
    }
}

/// Fetches a rental's messages.
pub(crate) async fn rental_messages(shell: Arc<Shell>, id: OrderId) -> Vec<Task> {
    let Some((order, pool)) = order_and_pool(&shell, id) else { return Vec::new() };
    let Some(number) = &order.number else { return Vec::new() };
    match pool.rental_messages(&number.supplier_id).await {
        Ok(messages) if messages.is_empty() => {}
        Ok(messages) => {
            commit(&shell, Command::Received { order: id, messages }).await;
        }
        Err(error) => log(&order, &error, "a rental's messages were not fetched"),
    }
    Vec::new()
}

/// Asks for another code, if that is free.
pub(crate) async fn resend(shell: Arc<Shell>, id: OrderId) -> Vec<Task> {
    let Some((order, pool)) = order_and_pool(&shell, id) else { return Vec::new() };
    let Some(number) = &order.number else { return Vec::new() };
    let free = matches!(pool.resend_cost(&number.supplier_id).await, Ok(Some(cost)) if cost <= shop::Money::ZERO);
    let resent = if free { pool.resend(&number.supplier_id).await.ok() } else { None };
    match resent {
        Some(resent) => {
            let expires_at = shell.office.clock.now() + (number.expires_at - number.bought_at);
            let child = OrderId(shell.office.fresh.next());
            commit(&shell, Command::Resent { order: id, child, id: resent.id, expires_at, charge: resent.charge })
                .await;
        }
        None => {
            commit(&shell, Command::NoResend(id)).await;
        }
    }
    Vec::new()
}

/// Looks for all purchases whose answer was lost, in the supplier's lists.
pub(crate) async fn reconcile(shell: Arc<Shell>, orders: Vec<Order>) -> Vec<Task> {
    for (server, pool) in shell.pools() {
        let lost = |order: &&Order| matches!(order.state, State::Ambiguous { .. }) && order.wish.server == server;
        if orders.iter().any(|order| lost(&order)) {
            let commands = round(&shell, server, pool.as_ref(), &orders).await;
            for command in commands {
                commit(&shell, command).await;
            }
        }
    }
    Vec::new()
}

async fn round(shell: &Shell, server: ServerId, pool: &dyn SmsPool, orders: &[Order]) -> Vec<Command> {
    let known = match shell.office.store.known_supplier_ids() {
        Ok(known) => known,
        Err(error) => {
            tracing::error!(%error, "known orders were not read");
            return Vec::new();
        }
    };
    let (active, history) = tokio::join!(pool.active(), pool.history());
    let completeness = if active.is_ok() && history.is_ok() { Completeness::Whole } else { Completeness::Partial };
    let rows = active.into_iter().flatten().chain(history.into_iter().flatten()).collect();
    let now = shell.office.clock.now();
    let mut commands = reconcile::round(orders, &Lists { server, rows, completeness }, &known, now);
    if orders.iter().any(|order| order.is_rental() && matches!(order.state, State::Ambiguous { .. })) {
        let listed = pool.rentals().await;
        let completeness = if listed.is_ok() { Completeness::Whole } else { Completeness::Partial };
        commands.extend(reconcile::rentals_round(orders, &listed.unwrap_or_default(), completeness, &known, now));
    }
    commands
}

/// Renews a card whose screen depends on the time.
pub(crate) async fn touch_card(shell: Arc<Shell>, id: OrderId) -> Vec<Task> {
    if let Err(error) = shell.office.apply(Intent::TouchCard { order: id }).await {
        tracing::error!(%error, "a card was not renewed");
    }
    Vec::new()
}

fn order_and_pool(shell: &Shell, id: OrderId) -> Option<(Order, Arc<dyn SmsPool>)> {
    let order =
        shell.office.store.order(id).inspect_err(|error| tracing::error!(%error, "an order was not read")).ok()??;
    let pool = shell.pool(order.wish.server)?;
    Some((order, pool))
}

fn log(order: &Order, error: &PoolError, what: &str) {
    tracing::warn!(order.id = %order.id, server = order.wish.server.number(), code = %error.code, cause = error.cause, "{what}");
}
