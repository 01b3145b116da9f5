//! Histories and statements, a page at a time.

use shop::OrderId;
use shop::command::Command;

use super::{USER, World, message};
use crate::HistoryFilter;

#[tokio::test]
async fn the_history_has_ended_orders_newest_first_and_does_not_shift() {
    let mut world = World::rich().await;
    for id in 1..=5 {
        let order = world.active(id).await;
        match id {
            2 => drop(world.press(vec![Command::Cancel(order)]).await),
            _ => drop(world.domain(vec![Command::Received { order, messages: vec![message("1")] }]).await),
        }
    }
    let close = Command::Close { order: OrderId(2), supplier: shop::command::SupplierRefund::Confirmed };
    world.domain(vec![close]).await;
    let page = |anchor, filter, page| {
        let found = world.store.history(USER, anchor, filter, page, 2).expect("a page");
        let ids: Vec<u64> = found.orders.iter().map(|order| order.id.0).collect();
        (ids, found.total, found.anchor)
    };
    let newest = Some(OrderId(5));
    assert_eq!(page(None, HistoryFilter::All, 0), (vec![5, 4], 5, newest));
    assert_eq!(page(newest, HistoryFilter::All, 1), (vec![3, 2], 5, newest));
    assert_eq!(page(newest, HistoryFilter::All, 2), (vec![1], 5, newest));
    assert_eq!(page(Some(OrderId(3)), HistoryFilter::All, 0), (vec![3, 2], 3, Some(OrderId(3))));
    assert_eq!(page(None, HistoryFilter::Refunded, 0), (vec![2], 1, Some(OrderId(2))));
    assert_eq!(page(None, HistoryFilter::Received, 1), (vec![3, 1], 4, newest));
}

#[tokio::test]
async fn open_orders_are_no_history() {
    let mut world = World::rich().await;
    world.active(1).await;
    let page = world.store.history(USER, None, HistoryFilter::All, 0, 10).expect("a page");
    assert_eq!((page.orders.len(), page.total, page.anchor), (0, 0, None));
    assert_eq!(world.store.user(USER).expect("a view").open.len(), 1);
}

#[tokio::test]
async fn a_statement_shows_what_could_be_spent() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    world.domain(vec![Command::Received { order, messages: vec![message("1")] }]).await;
    let page = world.store.statement(USER, None, 0, 10).expect("a page");
    let cents: Vec<i64> = page.entries.iter().map(|(_, entry)| entry.available_delta().micros() / 10_000).collect();
    assert_eq!((cents, page.total), (vec![-130, 1_000], 2));
    let (seq, entry) = &page.entries[1];
    assert_eq!(world.store.transaction(*seq).expect("a query").as_ref(), Some(entry));
    let later = |anchor| world.store.statement(USER, anchor, 1, 1).expect("a page");
    let second = later(page.anchor);
    assert_eq!(second.entries, page.entries[1..]);
    world.active(2).await;
    let later = |anchor| world.store.statement(USER, anchor, 1, 1).expect("a page");
    assert_eq!(later(page.anchor), second, "money that moves meanwhile shifts nothing");
    assert_ne!(later(None), second);
}
