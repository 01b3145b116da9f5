//! Limits: how many orders may be open, and how many numbers bought within a minute, by one user and by all.

use shop::command::{Command, Refusal};
use shop::settings::{Limit, Limits, PURCHASES_WITHIN_S};
use shop::{Money, OrderId, UserId};

use super::opening::Folder;
use super::{START, USER, World, buy, quote, refusal, stored};
use crate::{Intent, Options, Outcome, Store};

/// Buys for somebody, at a fresh price.
async fn bought(world: &World, user: UserId, id: u64) -> Result<OrderId, Refusal> {
    let domain = |commands| Intent::Domain { actor: Some(user), commands, now: world.now };
    stored(world.apply(domain(vec![quote(id)])).await);
    let outcome = world.apply(domain(vec![buy(id)])).await;
    if let Outcome::Refused(refusal) = outcome { Err(refusal) } else { Ok(stored(outcome).orders[0].id) }
}

async fn limited(limit: Limit, number: u32) -> World {
    let world = World::rich().await;
    let changed = world.domain(vec![Command::SetLimit(limit, number)]).await;
    assert!(changed.settings_changed);
    world
}

async fn fund(world: &World, user: UserId) {
    let (amount, reason, nonce) = (Money::from_cents(1_000), "test".to_owned(), format!("for {}", user.0));
    world.domain(vec![Command::Adjust { user, amount, reason, nonce }]).await;
}

#[tokio::test]
async fn the_defaults_are_those_of_the_settings() {
    let world = World::new();
    let limits = world.store.settings().expect("settings").limits;
    let expected = Limits { open_per_user: 20, open_in_all: 10_000, purchases_per_user: 10, purchases_in_all: 120 };
    assert_eq!(limits, expected);
}

#[tokio::test]
async fn one_user_buys_so_many_in_a_minute_and_no_more() {
    let mut world = limited(Limit::PurchasesPerUser, 2).await;
    assert_eq!(bought(&world, USER, 1).await, Ok(OrderId(1)));
    world.now += 30;
    assert_eq!(bought(&world, USER, 2).await, Ok(OrderId(2)));
    world.check(740, 260);
    world.now += PURCHASES_WITHIN_S - 31;
    assert_eq!(bought(&world, USER, 3).await, Err(Refusal::TooFast));
    assert_eq!(world.store.order(OrderId(3)).expect("a query"), None);
    world.check(740, 260);
    // Somebody else is served.
    fund(&world, UserId(8)).await;
    assert_eq!(bought(&world, UserId(8), 4).await, Ok(OrderId(4)));
    // The first purchase is a minute ago, the second is not.
    world.now += 1;
    assert_eq!(bought(&world, USER, 5).await, Ok(OrderId(5)));
    assert_eq!(bought(&world, USER, 6).await, Err(Refusal::TooFast));
    world.check(610, 390);
}

/// A refused price can be bought at later: nothing of the refusal is stored.
#[tokio::test]
async fn a_refused_purchase_uses_neither_the_price_nor_the_minute() {
    let mut world = limited(Limit::PurchasesPerUser, 1).await;
    assert_eq!(bought(&world, USER, 1).await, Ok(OrderId(1)));
    for id in [2, 3] {
        assert_eq!(bought(&world, USER, id).await, Err(Refusal::TooFast));
    }
    world.now += PURCHASES_WITHIN_S;
    assert_eq!(world.store.quote(shop::QuoteId(2)).expect("a query").and_then(|quote| quote.used_by), None);
    stored(world.press(vec![buy(2)]).await);
    world.check(740, 260);
}

/// The same press again is answered with its order, not with a limit.
#[tokio::test]
async fn a_price_that_was_used_names_its_order_above_the_limit_too() {
    let mut world = limited(Limit::PurchasesPerUser, 1).await;
    assert_eq!(bought(&world, USER, 1).await, Ok(OrderId(1)));
    assert_eq!(refusal(world.press(vec![buy(1)]).await), Refusal::QuoteUsed(OrderId(1)));
}

#[tokio::test]
async fn the_shop_sells_so_many_in_a_minute_to_all_together() {
    let mut world = limited(Limit::PurchasesInAll, 3).await;
    for user in 10..14 {
        fund(&world, UserId(user)).await;
        let expected = if user < 13 { Ok(OrderId(user)) } else { Err(Refusal::ShopBusy) };
        assert_eq!(bought(&world, UserId(user), user).await, expected, "{user}");
    }
    world.now += PURCHASES_WITHIN_S;
    assert_eq!(bought(&world, UserId(13), 20).await, Ok(OrderId(20)));
}

/// Two purchases in one step are two.
#[tokio::test]
async fn purchases_of_one_step_count_each() {
    let mut world = limited(Limit::PurchasesPerUser, 1).await;
    stored(world.press(vec![quote(1), quote(2)]).await);
    assert_eq!(refusal(world.press(vec![buy(1), buy(2)]).await), Refusal::TooFast);
    world.check(1_000, 0);
}

#[tokio::test]
async fn a_restart_forgets_no_purchase_and_no_limit() {
    let folder = Folder::new();
    let open = || Store::open(&folder.file(), Options::default()).expect("a store");
    let mut world = World { store: open(), ..World::new() };
    world.domain(vec![super::adjust(10_000_000, "n1"), Command::SetLimit(Limit::PurchasesPerUser, 1)]).await;
    assert_eq!(bought(&world, USER, 1).await, Ok(OrderId(1)));
    let World { now, updates, store } = world;
    drop(store);
    world = World { store: open(), now: now + 1, updates };
    assert_eq!(bought(&world, USER, 2).await, Err(Refusal::TooFast));
    world.check(870, 130);
}

/// A clock that was set back would have kept a shop closed for as long.
#[tokio::test]
async fn a_clock_that_is_set_back_stops_no_sales() {
    let mut world = limited(Limit::PurchasesPerUser, 1).await;
    assert_eq!(bought(&world, USER, 1).await, Ok(OrderId(1)));
    world.now = START - 3_600;
    assert_eq!(bought(&world, USER, 2).await, Ok(OrderId(2)));
    assert_eq!(bought(&world, USER, 3).await, Err(Refusal::TooFast));
}

#[tokio::test]
async fn open_orders_are_limited_before_the_minute() {
    let world = limited(Limit::OpenPerUser, 1).await;
    world.domain(vec![Command::SetLimit(Limit::PurchasesPerUser, 1)]).await;
    assert_eq!(bought(&world, USER, 1).await, Ok(OrderId(1)));
    assert_eq!(bought(&world, USER, 2).await, Err(Refusal::TooManyOpen));
}
