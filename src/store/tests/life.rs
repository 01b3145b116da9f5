//! An order's life, with the wallet and the audit at every step.

use shop::catalogue::Product;
use shop::command::{Alarm, Command, Note, Refusal, Request, SupplierRefund};
use shop::order::{CloseReason, RefundReason, StateKind, Wish};
use shop::settings::Selling;
use shop::{CountryId, Days, ErrorCode, Money, OrderId, QuoteId, ServerId, ServiceId};

use super::{COST, USER, World, adjust, buy, message, quote, refusal, stored, supplier};
use crate::{HistoryFilter, OutgoingRow};

#[tokio::test]
async fn a_purchase_that_succeeds() {
    let mut world = World::rich().await;
    world.check(1_000, 0);
    stored(world.press(vec![quote(1)]).await);
    world.check(1_000, 0);
    let changed = stored(world.press(vec![buy(1)]).await);
    assert_eq!((changed.orders.len(), changed.posted.len()), (1, 1));
    assert!(changed.wake.contains(&USER));
    world.check(870, 130);
    let order = OrderId(1);
    world.domain(vec![Command::StartBuying { order, boot: 9, balance: None }]).await;
    world.check(870, 130);
    let bought = world.domain(vec![Command::Bought { order, purchased: world.purchased("S1") }]).await;
    assert_eq!(bought.orders[0].kind(), StateKind::Active);
    world.check(870, 130);
    let received = world.domain(vec![Command::Received { order, messages: vec![message("1234")] }]).await;
    assert_eq!(received.orders[0].kind(), StateKind::Done);
    world.check(870, 0);
    // The number is the user's until it ends.
    assert_eq!(world.store.user(USER).expect("a view").open.len(), 1);
    world.now += 1_201;
    world.update().await;
    assert!(world.store.open_orders().expect("a query").is_empty());
    let view = world.store.user(USER).expect("a view");
    assert!(view.open.is_empty());
    assert_eq!(view.last, Some(super::wish()));
    assert_eq!(view.recent_countries, [(ServerId::Two, CountryId(1))]);
    assert_eq!(view.recent_services, [(ServerId::Two, ServiceId(2))]);
}

#[tokio::test]
async fn the_code_goes_out_before_the_card() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    world.domain(vec![Command::Received { order, messages: vec![message("1234")] }]).await;
    let rows = world.store.outgoing(USER, world.now).expect("rows");
    assert!(matches!(&rows[0], OutgoingRow::Tell { note: Note::Code { .. }, .. }), "{rows:?}");
    assert!(matches!(&rows[1], OutgoingRow::Card { .. }), "{rows:?}");
    assert!(matches!(&rows[2], OutgoingRow::Tell { note: Note::Credited { .. }, .. }), "{rows:?}");
}

#[tokio::test]
async fn the_same_message_again_changes_nothing() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    let received = Command::Received { order, messages: vec![message("1234")] };
    world.domain(vec![received.clone()]).await;
    let again = world.domain(vec![received]).await;
    assert_eq!(again, crate::Changed::default());
    world.check(870, 0);
}

#[tokio::test]
async fn a_cancel_gives_the_money_back_once() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    world.check(870, 130);
    stored(world.press(vec![Command::Cancel(order)]).await);
    assert_eq!(world.order(order).kind(), StateKind::Closing);
    world.check(870, 130);
    let close = Command::Close { order, supplier: SupplierRefund::Confirmed };
    world.domain(vec![close.clone()]).await;
    world.check(1_000, 0);
    world.domain(vec![close]).await;
    world.check(1_000, 0);
    assert_eq!(refusal(world.press(vec![Command::Cancel(order)]).await), Refusal::TooLate);
}

#[tokio::test]
async fn an_expiry_that_the_supplier_does_not_confirm_is_watched_and_alarms() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    world.now += 1_200;
    world.domain(vec![Command::StartClosing { order, reason: CloseReason::Expiry }]).await;
    let changed = world.domain(vec![Command::Close { order, supplier: SupplierRefund::Unconfirmed }]).await;
    assert_eq!(changed.alarms, [Alarm::UnconfirmedRefund]);
    world.check(1_000, 0);
    let status = world.store.status(world.now).expect("a status");
    assert_eq!((status.unsettled, status.alarms[&Alarm::UnconfirmedRefund].count), (1, 1));
    assert_eq!(world.store.open_orders().expect("a query").len(), 1);
    world.now += shop::order::LATE_WATCH_S + 1;
    world.update().await;
    assert!(world.store.open_orders().expect("a query").is_empty());
    world.check(1_000, 0);
}

#[tokio::test]
async fn a_refused_purchase_is_refunded() {
    let mut world = World::rich().await;
    let order = world.buy(1).await;
    world.domain(vec![Command::StartBuying { order, boot: 1, balance: None }]).await;
    let reason = RefundReason::Refused(ErrorCode::BalanceTooLow);
    let changed = world.domain(vec![Command::NotBought { order, reason }]).await;
    assert_eq!(changed.alarms, [Alarm::BalanceTooLow]);
    world.check(1_000, 0);
}

#[tokio::test]
async fn an_ambiguous_purchase_is_counted_and_found() {
    let mut world = World::rich().await;
    let order = world.buy(1).await;
    world
        .domain(vec![
            Command::StartBuying { order, boot: 1, balance: None },
            Command::BuyingUnknown(order),
            Command::CleanMiss(order),
        ])
        .await;
    assert_eq!(world.store.status(world.now).expect("a status").ambiguous, 1);
    world.domain(vec![Command::Bought { order, purchased: world.purchased("S1") }]).await;
    world.check(870, 130);
    let known = world.store.known_among(&[supplier("S1"), supplier("NEW")]).expect("ids");
    assert_eq!(Vec::from_iter(known), [supplier("S1")]);
}

#[tokio::test]
async fn a_supplier_id_never_has_two_owners() {
    let mut world = World::rich().await;
    world.active(1).await;
    let second = world.buy(2).await;
    world.domain(vec![Command::StartBuying { order: second, boot: 1, balance: None }]).await;
    world.domain(vec![Command::Bought { order: second, purchased: world.purchased("S1") }]).await;
    assert_eq!(world.order(second).kind(), StateKind::Ambiguous);
    world.check(740, 260);
}

#[tokio::test]
async fn another_code_on_the_same_number_is_a_free_child() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    world.domain(vec![Command::Received { order, messages: vec![message("1234")] }]).await;
    let changed = stored(world.press(vec![Command::Resend(order)]).await);
    assert_eq!(changed.requests, [(order, Request::Resend)]);
    let (child, id, expires_at) = (OrderId(2), supplier("S2"), world.now + 600);
    world.domain(vec![Command::Resent { order, child, id, expires_at, charge: Money::ZERO }]).await;
    world.check(870, 0);
    world.domain(vec![Command::Received { order: child, messages: vec![message("5678")] }]).await;
    world.check(870, 0);
}

#[tokio::test]
async fn the_operators_adjustment_happens_once() {
    let world = World::rich().await;
    assert_eq!(world.domain(vec![adjust(10_000_000, "n1")]).await.posted, []);
    world.check(1_000, 0);
    let other = crate::Intent::Domain { actor: None, commands: vec![adjust(1, "n1")], now: world.now };
    assert_eq!(refusal(world.apply(other).await), Refusal::NonceUsed);
    let more = crate::Intent::Domain { actor: None, commands: vec![adjust(-10_000_001, "n2")], now: world.now };
    assert!(matches!(refusal(world.apply(more).await), Refusal::BelowZero { .. }));
    world.check(1_000, 0);
}

#[tokio::test]
async fn settings_are_kept_and_stop_sales() {
    let mut world = World::rich().await;
    stored(world.press(vec![quote(1)]).await);
    assert!(world.domain(vec![Command::SetSelling(ServerId::Two, Selling::Off)]).await.settings_changed);
    assert!(!world.store.settings().expect("settings").server(ServerId::Two).sells());
    assert_eq!(refusal(world.press(vec![buy(1)]).await), Refusal::NotSelling);
}

#[tokio::test]
async fn a_running_rental_is_looked_after_until_it_ends() {
    let mut world = World::rich().await;
    let wish = Wish { product: Product::Rental(Days(30)), ..super::wish() };
    let quote = Command::Quote { id: QuoteId(1), wish, cost: COST, price: super::PRICE };
    stored(world.press(vec![quote]).await);
    stored(world.press(vec![buy(1)]).await);
    let order = OrderId(1);
    let purchased = world.purchased("R1");
    world
        .domain(vec![Command::StartBuying { order, boot: 1, balance: None }, Command::Bought { order, purchased }])
        .await;
    world.check(870, 130);
    world.domain(vec![Command::RentalKept(order)]).await;
    world.check(870, 0);
    let seen = |world: &World| {
        let history = world.store.history(USER, None, HistoryFilter::All, 0, 9).expect("a page").total;
        (world.store.user(USER).expect("a view").open.len(), world.store.open_orders().expect("a query").len(), history)
    };
    assert_eq!(seen(&world), (1, 1, 0));
    world.domain(vec![Command::RentalEnded(order)]).await;
    assert_eq!(seen(&world), (0, 0, 1));
    world.check(870, 0);
}

#[tokio::test]
async fn quotes_that_nobody_used_are_forgotten_after_a_day() {
    let mut world = World::rich().await;
    stored(world.press(vec![quote(1), quote(2)]).await);
    stored(world.press(vec![buy(2)]).await);
    world.now += 86_401;
    world.update().await;
    assert_eq!(world.store.quote(QuoteId(1)).expect("a query"), None);
    assert!(world.store.quote(QuoteId(2)).expect("a query").is_some());
}

/// A supplier that takes a rental back too late keeps our money: so do we, and the person is told.
#[tokio::test]
async fn a_rental_that_is_not_taken_back_any_more_is_paid() {
    let mut world = World::rich().await;
    let order = OrderId(1);
    let wish = Wish {
        product: Product::Rental(Days(30)),
        rental_product: Some(6),
        refund_within_s: Some(7_200),
        ..super::wish()
    };
    let Command::Quote { id, cost, price, .. } = quote(1) else { panic!("a quote") };
    stored(world.press(vec![Command::Quote { id, wish, cost, price }]).await);
    stored(world.press(vec![buy(1)]).await);
    world.domain(vec![Command::StartBuying { order, boot: 1, balance: None }]).await;
    world.domain(vec![Command::Bought { order, purchased: world.purchased("S1") }]).await;
    stored(world.press(vec![Command::Cancel(order)]).await);
    world.domain(vec![Command::RentalKept(order)]).await;
    assert_eq!(world.order(order).kind(), StateKind::Done);
    world.check(870, 0);
    let rows = world.store.outgoing(USER, world.now).expect("rows");
    assert!(rows.iter().any(|row| matches!(row, OutgoingRow::Tell { note: Note::Kept(_), .. })), "{rows:?}");
}

/// Decided for a reservation, applied after the call was made: the number would have been paid and nobody's.
#[tokio::test]
async fn a_purchase_that_was_begun_does_not_count_as_not_started() {
    let mut world = World::rich().await;
    let order = world.buy(1).await;
    world.domain(vec![Command::StartBuying { order, boot: 1, balance: None }]).await;
    world.domain(vec![Command::NotBought { order, reason: RefundReason::NotStarted }]).await;
    assert_eq!(world.order(order).kind(), StateKind::Buying);
    world.check(870, 130);
}

/// A reservation that waited too long is given back, not bought late.
#[tokio::test]
async fn a_purchase_is_not_begun_after_twenty_seconds() {
    let mut world = World::rich().await;
    let order = world.buy(1).await;
    world.now += shop::order::RESERVED_LIFE_S + 1;
    let commands = vec![Command::StartBuying { order, boot: 1, balance: None }];
    let late = world.apply(crate::Intent::Domain { actor: None, commands, now: world.now }).await;
    assert_eq!(refusal(late), Refusal::TooLate);
    world.domain(vec![Command::NotBought { order, reason: RefundReason::NotStarted }]).await;
    world.check(1_000, 0);
}

/// Faults, row 35.
#[tokio::test]
async fn fault_35_another_orders_number_is_no_answer_and_rings() {
    let mut world = World::rich().await;
    world.active(1).await;
    let order = world.buy(2).await;
    world.domain(vec![Command::StartBuying { order, boot: 1, balance: None }]).await;
    let changed = world.domain(vec![Command::Bought { order, purchased: world.purchased("S1") }]).await;
    assert_eq!(changed.alarms, [Alarm::DuplicateOrder]);
    assert_eq!(world.order(order).kind(), StateKind::Ambiguous);
}
