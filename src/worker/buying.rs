//! The purchase: stored as being made, made once, stored as what it brought.

use std::sync::Arc;

use shop::catalogue::Product;
use shop::command::{Command, Refusal};
use shop::order::{Order, RESERVED_LIFE_S, RefundReason, State};
use shop::pool::{Advice, PoolError, PurchaseError, PurchaseRequest, Purchased, Renewal, RentRequest, SmsPool};
use shop::server::OrderLists;
use shop::trouble::Trouble;
use shop::{ErrorCode, Money, OrderId, UnixSeconds};
use store::Outcome;

use super::tasks::{After, by, commit, commit_all, order};
use crate::shell::Shell;

/// With so much at the supplier a server sells again, although somebody may want something dearer.
const ENOUGH: Money = Money::from_cents(200);
/// A shorter wait is a rate limit's; a longer one is a block of our account.
const BLOCK_MIN_S: u32 = 600;

/// Buys for a reserved order. Until it is stored as being bought every way out is free, and nobody waits for longer than a
/// reservation lives: neither for the turn nor for what is read before.
pub(super) async fn buy(shell: Arc<Shell>, id: OrderId) -> After {
    let Some(waits) = order(&shell, id) else { return After::default() };
    let not_started = |reason| Some(Command::NotBought { order: id, reason });
    let turn = by(&shell, free_until(&waits), shell.turn_to_buy(waits.wish.server)).await;
    let Some(order) = order(&shell, id).filter(|order| order.state == State::Reserved) else {
        return After::default();
    };
    let command = match (shell.pool(order.wish.server), &turn) {
        (None, _) => not_started(RefundReason::Refused(ErrorCode::Unavailable)),
        (Some(_), None) => not_started(RefundReason::NotStarted),
        (Some(pool), Some(_)) => match plan(&shell, &order, pool.as_ref()).await {
            Ok((purchase, balance)) => start(&shell, &order, pool.as_ref(), &purchase, balance).await,
            Err(reason) => not_started(reason),
        },
    };
    commit_all(&shell, command).await;
    After::default()
}

/// Until when a reserved order may wait for its purchase call.
const fn free_until(order: &Order) -> UnixSeconds {
    order.created_at + RESERVED_LIFE_S
}

/// What a supplier says in time about a purchase that is about to be made; or why it is not made.
async fn in_time<T>(
    shell: &Shell,
    order: &Order,
    read: impl Future<Output = Result<T, PoolError>>,
) -> Result<T, RefundReason> {
    match by(shell, free_until(order), read).await {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(error)) => Err(refused(shell, order, &error).await),
        None => Err(RefundReason::NotStarted),
    }
}

/// The call that is to be made.
enum Purchase {
    Temporary(PurchaseRequest),
    /// With what it costs: the answer names no cost.
    Rental(RentRequest, Money),
    /// The same.
    Extension(Renewal, Money),
}

/// What is to be bought, and our balance before that where only it will tell; or why nothing is.
async fn plan(shell: &Shell, order: &Order, pool: &dyn SmsPool) -> Result<(Purchase, Option<Money>), RefundReason> {
    if shell.is_paused(order.wish.server) {
        return Err(RefundReason::NotStarted);
    }
    let purchase = purchase_for(shell, order, pool).await?;
    let balance = match order.wish.server.profile().lists {
        OrderLists::Kept => None,
        OrderLists::Absent => Some(in_time(shell, order, pool.balance()).await?),
    };
    Ok((purchase, balance))
}

/// The rental endpoint takes no highest price: look once more, so that we never rent below cost.
async fn purchase_for(shell: &Shell, order: &Order, pool: &dyn SmsPool) -> Result<Purchase, RefundReason> {
    if let Some(rental) = order.wish.extends {
        return extension_for(shell, order, rental, pool).await;
    }
    let wish = &order.wish;
    let (country, service) = (wish.country, wish.service);
    match (wish.product, wish.rental_product) {
        (Product::Temporary, _) => {
            Ok(Purchase::Temporary(PurchaseRequest { country, service, max_cost: order.quoted_cost }))
        }
        (Product::Rental(days), Some(product)) => {
            let request = RentRequest { country, product, days, service };
            let cost = in_time(shell, order, pool.rental_cost(&request)).await?;
            if cost > order.price {
                shell.prices_changed(wish);
                return Err(RefundReason::PriceChanged);
            }
            Ok(Purchase::Rental(request, cost))
        }
        (Product::Rental(_), None) => Err(RefundReason::Refused(ErrorCode::Unavailable)),
    }
}

/// Extending takes no highest price either.
async fn extension_for(
    shell: &Shell,
    order: &Order,
    rental: OrderId,
    pool: &dyn SmsPool,
) -> Result<Purchase, RefundReason> {
    let rental = self::order(shell, rental).filter(|rental| rental.can_be_extended(shell.office.clock.now()));
    let Some(renewal) = rental.and_then(|rental| rental.renewal()) else {
        return Err(RefundReason::Refused(ErrorCode::OrderNotFound));
    };
    match in_time(shell, order, pool.renew_cost(&renewal)).await? {
        Some(cost) if cost > order.price => Err(RefundReason::PriceChanged),
        Some(cost) => Ok(Purchase::Extension(renewal, cost)),
        None => Err(RefundReason::Refused(ErrorCode::Unavailable)),
    }
}

async fn start(
    shell: &Shell,
    order: &Order,
    pool: &dyn SmsPool,
    purchase: &Purchase,
    balance: Option<Money>,
) -> Option<Command> {
    match commit(shell, Command::StartBuying { order: order.id, boot: shell.office.boot, balance }).await {
        Some(Outcome::Stored(changed)) if changed.orders.iter().any(|started| started.id == order.id) => {
            Some(call(shell, order, pool, purchase).await)
        }
        // Its time may have passed over the questions before.
        Some(Outcome::Refused(Refusal::NotSelling | Refusal::TooLate)) => {
            Some(Command::NotBought { order: order.id, reason: RefundReason::NotStarted })
        }
        Some(
            Outcome::Stored(_)
            | Outcome::Refused(_)
            | Outcome::Conflict
            | Outcome::TakenIn(_)
            | Outcome::Reserved(_)
            | Outcome::Done,
        )
        | None => None,
    }
}

/// The one call, and what is known after it.
async fn call(shell: &Shell, order: &Order, pool: &dyn SmsPool, purchase: &Purchase) -> Command {
    let id = order.id;
    let bought = |purchased| Command::Bought { order: id, purchased };
    let answer = match purchase {
        Purchase::Temporary(request) => pool.purchase(request).await.map(bought),
        Purchase::Rental(request, cost) => {
            let rented = pool.rent(request).await;
            rented.map(|rented| bought(Purchased { cost: rented.cost.or(Some(*cost)), ..rented }))
        }
        Purchase::Extension(renewal, cost) => pool.renew(renewal).await.map(|renewed| Command::Extended {
            order: id,
            expires_at: Some(renewed.expires_at),
            cost: renewed.cost.or(Some(*cost)),
        }),
    };
    answered(shell, order, answer).await
}

/// What the supplier's answer to a purchase means.
async fn answered(shell: &Shell, order: &Order, answer: Result<Command, PurchaseError>) -> Command {
    let id = order.id;
    if let Some(metrics) = shell.office.metrics() {
        metrics.purchase(order.wish.server, &answer);
    }
    match answer {
        Ok(command) => command,
        Err(PurchaseError::DefiniteNo(error)) => {
            Command::NotBought { order: id, reason: refused(shell, order, &error).await }
        }
        Err(PurchaseError::Unknown(error)) => {
            tracing::warn!(order.id = %id, code = %error.code, cause = error.cause, "a purchase has no clear answer");
            Command::BuyingUnknown(id)
        }
    }
}

/// A definite no: why, and what follows from it for those who come next.
async fn refused(shell: &Shell, order: &Order, error: &PoolError) -> RefundReason {
    tracing::info!(order.id = %order.id, code = %error.code, cause = error.cause, "a purchase was refused");
    let (trouble, until, needed) = match (error.code, error.advice) {
        (_, Advice::PriceChanged) => {
            shell.prices_changed(&order.wish);
            return RefundReason::PriceChanged;
        }
        (ErrorCode::BalanceTooLow, _) => (Trouble::NoMoney, None, Some(order.quoted_cost.min(ENOUGH))),
        (ErrorCode::InvalidKey, _) => (Trouble::KeyRefused, None, None),
        (ErrorCode::RateLimited, Advice::RetryAfter(wait_s)) if wait_s >= BLOCK_MIN_S => {
            (Trouble::Blocked, Some(shell.office.clock.now() + i64::from(wait_s)), None)
        }
        (_, Advice::None | Advice::RetryAfter(_)) => return RefundReason::Refused(error.code),
    };
    // What it said to one purchase it would say to all.
    commit(shell, Command::Troubled { server: order.wish.server, trouble, until, needed }).await;
    RefundReason::Refused(error.code)
}
