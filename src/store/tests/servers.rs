//! What is counted for each server: the day's sales, the open orders and their limit.

use shop::command::{Command, Refusal, SupplierRefund};
use shop::order::{CloseReason, RefundReason};
use shop::orphan::{Orphan, Settlement};
use shop::pool::Message;
use shop::settings::PollEvery;
use shop::{Money, OrderId, ServerId};

use super::opening::{Folder, open};
use super::{COST, PRICE, World, buy, quote, refusal, supplier, wish};
use crate::orders::open_orders_at;
use crate::tables::Tab;
use crate::{Day, ServerStatus};

const DAY_S: i64 = 86_400;

fn server(world: &World, server: ServerId) -> ServerStatus {
    world.store.status(world.now).expect("a status").servers[&server]
}

fn message(text: &str) -> Message {
    Message { text: text.to_owned(), code: None, key: String::new() }
}

#[tokio::test]
async fn a_day_counts_what_was_sold_received_and_given_back() {
    let mut world = World::rich().await;
    let received = world.active(1).await;
    world.domain(vec![Command::Received { order: received, messages: vec![message("code 1234")] }]).await;
    world.domain(vec![Command::Received { order: received, messages: vec![message("code 5678")] }]).await;
    let refused = world.buy(2).await;
    world.domain(vec![Command::NotBought { order: refused, reason: RefundReason::NotStarted }]).await;
    let returned = world.active(3).await;
    world.domain(vec![Command::StartClosing { order: returned, reason: CloseReason::Cancel }]).await;
    let close = Command::Close { order: returned, supplier: SupplierRefund::Confirmed };
    world.domain(vec![close.clone()]).await;
    // A repeat counts nothing.
    world.domain(vec![close]).await;
    world.active(4).await;
    let today = Day { sold: 3, received: 1, refunded: 2, revenue: PRICE, cost: twice(COST) };
    assert_eq!(server(&world, ServerId::Two), ServerStatus { today, open: 1 });
    assert_eq!(server(&world, ServerId::One), ServerStatus::default());
    assert_eq!(today.margin(), PRICE.checked_sub(twice(COST)).expect("a sum"));

    world.now += DAY_S;
    assert_eq!(server(&world, ServerId::Two), ServerStatus { today: Day::default(), open: 1 });
    world.check(740, 130);
}

fn twice(money: Money) -> Money {
    money.checked_add(money).expect("a sum")
}

#[tokio::test]
async fn what_nobody_owns_costs_its_server_until_it_is_given_back() {
    let world = World::new();
    let orphan = Orphan::new(supplier("X1"), ServerId::One, wish().product, COST, None, world.now);
    world.domain(vec![Command::Orphaned(orphan)]).await;
    assert_eq!(server(&world, ServerId::One).today, Day { cost: COST, ..Day::default() });
    assert_eq!(server(&world, ServerId::Two).today, Day::default());
    world.domain(vec![Command::GiveOrphanBack(supplier("X1"))]).await;
    world.domain(vec![Command::SettleOrphan { id: supplier("X1"), settlement: Settlement::Returned }]).await;
    assert_eq!(server(&world, ServerId::One).today, Day::default());
    world.check(0, 0);
}

#[tokio::test]
async fn so_many_orders_are_open_at_a_server_and_no_more() {
    let mut world = World::rich().await;
    world.domain(vec![Command::SetOpenMax(ServerId::Two, Some(1)), Command::SetOpenMax(ServerId::One, Some(0))]).await;
    let first = world.active(1).await;
    world.press(vec![quote(2)]).await;
    assert_eq!(refusal(world.press(vec![buy(2)]).await), Refusal::ShopBusy);
    assert_eq!(world.store.order(OrderId(2)).expect("a query"), None);
    // It ends, and makes room.
    world.domain(vec![Command::Received { order: first, messages: vec![message("code 1234")] }]).await;
    world.buy(2).await;
    world.domain(vec![Command::SetOpenMax(ServerId::Two, None)]).await;
    world.buy(3).await;
    assert_eq!(server(&world, ServerId::Two).open, 2);
    world.check(610, 260);
}

#[tokio::test]
async fn what_is_set_for_a_server_is_kept_beside_the_rest() {
    let world = World::new();
    let every = PollEvery::parse("60").expect("seconds");
    world.domain(vec![Command::SetPoll(ServerId::One, every), Command::SetOpenMax(ServerId::One, Some(7))]).await;
    let settings = world.store.settings().expect("settings");
    assert_eq!((settings.server(ServerId::One).poll, settings.server(ServerId::One).open_max), (Some(every), Some(7)));
    assert_eq!((settings.server(ServerId::Two).poll, settings.server(ServerId::Two).open_max), (None, None));
}

/// An earlier program counted all open orders together, and none by server.
#[tokio::test]
async fn a_file_that_never_counted_by_server_does_so_when_it_is_opened() {
    let folder = Folder::new();
    let mut world = World { store: open(&folder.file()).expect("a store"), ..World::new() };
    world.domain(vec![super::adjust(10_000_000, "n1")]).await;
    world.active(1).await;
    world.buy(2).await;
    let World { store, .. } = world;
    drop(store);
    let database = redb::Database::open(folder.file()).expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    {
        let mut meta = transaction.open_table(Tab::Meta.definition()).expect("a table");
        for server in ServerId::ALL {
            meta.remove(open_orders_at(*server).as_bytes()).expect("removed");
        }
    }
    transaction.commit().expect("committed");
    drop(database);
    let world = World { store: open(&folder.file()).expect("a store"), ..World::new() };
    assert_eq!(server(&world, ServerId::Two).open, 2);
    world.check(740, 260);
}
