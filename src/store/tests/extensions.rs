//! Extensions in the books: one price, one cost, one new end, with the wallet and the audit at every step.

use shop::catalogue::Product;
use shop::command::{Alarm, Command, Refusal};
use shop::order::{LATE_WATCH_S, RefundReason, StateKind, Wish};
use shop::{Days, ErrorCode, Money, OrderId, QuoteId};

use super::books::{replaced, tamper};
use super::opening::Folder;
use super::{COST, PRICE, World, adjust, refusal, stored};
use crate::tables::{Tab, one};
use crate::{Changed, HistoryFilter, Invariant, Options, Outcome, Store};

const RENTAL: OrderId = OrderId(1);
const MONTH_S: i64 = 30 * 86_400;

fn rental_wish() -> Wish {
    Wish { product: Product::Rental(Days(30)), rental_product: Some(6), refund_within_s: Some(7_200), ..super::wish() }
}

impl World {
    /// Somebody with a rental that can still be given back.
    async fn renting(mut self) -> Self {
        let quote = Command::Quote { id: QuoteId(1), wish: rental_wish(), cost: COST, price: PRICE };
        stored(self.press(vec![quote]).await);
        stored(self.press(vec![super::buy(1)]).await);
        let purchased = shop::pool::Purchased { expires_at: self.now + MONTH_S, ..self.purchased("R1") };
        let start = Command::StartBuying { order: RENTAL, boot: 1, balance: None };
        self.domain(vec![start, Command::Bought { order: RENTAL, purchased }]).await;
        self
    }

    /// An extension of it is quoted and bought.
    async fn extend(&mut self, id: u64) -> Outcome {
        let wish = self.order(RENTAL).extension();
        stored(self.press(vec![Command::Quote { id: QuoteId(id), wish, cost: COST, price: PRICE }]).await);
        self.press(vec![Command::Buy { quote: QuoteId(id), current: None }]).await
    }

    /// The supplier is about to be paid for it.
    async fn extending(&mut self, id: u64) -> OrderId {
        stored(self.extend(id).await);
        self.domain(vec![Command::StartBuying { order: OrderId(id), boot: 1, balance: None }]).await;
        OrderId(id)
    }

    async fn extended(&self, order: OrderId) -> Changed {
        self.domain(vec![Command::Extended { order, expires_at: None, cost: Some(COST) }]).await
    }

    fn end(&self) -> i64 {
        self.order(RENTAL).number.expect("a number").expires_at
    }
}

#[tokio::test]
async fn an_extension_is_paid_once_and_the_rental_goes_on() {
    let mut world = World::rich().await.renting().await;
    world.domain(vec![Command::RentalKept(RENTAL)]).await;
    world.check(870, 0);
    let end = world.end();
    let order = world.extending(2).await;
    world.check(740, 130);
    let changed = world.extended(order).await;
    assert_eq!(changed.posted.len(), 2, "the price and the cost");
    world.check(740, 0);
    assert_eq!((world.end(), world.order(order).kind()), (end + MONTH_S, StateKind::Done));
    assert_eq!(world.extended(order).await, Changed::default(), "a second answer");
    // Only the rental is looked after and listed; the extension is a receipt.
    let ids = |orders: Vec<shop::order::Order>| orders.iter().map(|order| order.id).collect::<Vec<_>>();
    let view = world.store.user(super::USER).expect("a view");
    assert_eq!(view.last, Some(rental_wish()), "what is bought again is the rental");
    assert_eq!(ids(view.open), [RENTAL]);
    assert_eq!(ids(world.store.open_orders().expect("a query")), [RENTAL]);
    let history = world.store.history(super::USER, None, HistoryFilter::Received, 0, 9).expect("a page");
    assert_eq!(ids(history.orders), [order]);
    // And again.
    let third = world.extending(3).await;
    world.extended(third).await;
    world.check(610, 0);
    assert_eq!(world.end(), end + 2 * MONTH_S);
}

#[tokio::test]
async fn a_rental_inside_its_window_is_kept_by_its_extension() {
    let mut world = World::rich().await.renting().await;
    world.check(870, 130);
    let order = world.extending(2).await;
    world.check(740, 260);
    assert_eq!(refusal(world.press(vec![Command::Cancel(RENTAL)]).await), Refusal::BeingExtended);
    assert_eq!(refusal(world.extend(3).await), Refusal::BeingExtended);
    world.extended(order).await;
    assert_eq!(world.order(RENTAL).kind(), StateKind::Done);
    world.check(740, 0);
    assert_eq!(refusal(world.press(vec![Command::Cancel(RENTAL)]).await), Refusal::TooLate);
}

#[tokio::test]
async fn a_refused_extension_is_given_back_and_the_window_stays_open() {
    let mut world = World::rich().await.renting().await;
    let (order, end) = (world.extending(2).await, world.end());
    let reason = RefundReason::Refused(ErrorCode::OutOfStock);
    world.domain(vec![Command::NotBought { order, reason }]).await;
    world.check(870, 130);
    assert_eq!(world.end(), end);
    stored(world.press(vec![Command::Cancel(RENTAL)]).await);
    assert_eq!(world.order(RENTAL).kind(), StateKind::Closing);
    assert_eq!(refusal(world.extend(3).await), Refusal::TooLate);
}

#[tokio::test]
async fn an_extension_that_shows_after_its_refund_is_our_loss_and_the_users_days() {
    let mut world = World::rich().await.renting().await;
    world.domain(vec![Command::RentalKept(RENTAL)]).await;
    let (order, end) = (world.extending(2).await, world.end());
    world.domain(vec![Command::BuyingUnknown(order), Command::CleanMiss(order)]).await;
    world.check(740, 130);
    world.now += 180;
    world.domain(vec![Command::NotBought { order, reason: RefundReason::Unknown }]).await;
    world.check(870, 0);
    let watched = |world: &World| world.store.open_orders().expect("a query").len();
    assert_eq!(watched(&world), 2, "it is looked for until the watch ends");
    let changed = world.extended(order).await;
    assert_eq!(changed.alarms, [Alarm::WrittenOff]);
    world.check(870, 0);
    assert_eq!((world.end(), watched(&world)), (end + MONTH_S, 1));
    world.now += LATE_WATCH_S;
    assert_eq!(world.extended(order).await, Changed::default());
}

#[tokio::test]
async fn a_rental_that_ended_while_it_was_extended_goes_on() {
    let mut world = World::rich().await.renting().await;
    world.domain(vec![Command::RentalKept(RENTAL)]).await;
    let order = world.extending(2).await;
    world.domain(vec![Command::BuyingUnknown(order), Command::RentalEnded(RENTAL)]).await;
    world.extended(order).await;
    let rental = world.order(RENTAL);
    assert_eq!((rental.ended_at, world.store.open_orders().expect("a query").len()), (None, 1));
    world.check(740, 0);
}

/// Books of somebody who extended a rental, changed behind the program's back.
async fn findings(change: impl FnOnce(Vec<u8>) -> Vec<u8>, tab: Tab, key: u64) -> Vec<String> {
    let folder = Folder::new();
    let world = World { store: Store::open(&folder.file(), Options::default()).expect("a store"), ..World::new() };
    world.domain(vec![adjust(10_000_000, "n1")]).await;
    let mut world = world.renting().await;
    let order = world.extending(2).await;
    world.extended(order).await;
    world.check(740, 0);
    drop(world);
    tamper(&folder.file(), tab, &one(key), |row| Some(change(row)));
    let audit = Store::open(&folder.file(), Options::default()).expect("a store").audit().expect("an audit");
    audit.checked[&Invariant::I7].findings.clone()
}

#[tokio::test]
async fn the_audit_names_an_extension_that_was_not_paid_for_as_it_says() {
    let cost = |from: &'static str, to: &'static str| move |row: Vec<u8>| replaced(&row, from, to);
    let other = findings(cost(r#""extended":{"cost":1000000"#, r#""extended":{"cost":1000001"#), Tab::Orders, 2).await;
    assert_eq!(other, ["what extension 0002 brought was not paid for at its cost"]);
    let unpaid = findings(cost(r#""extended":{"#, r#""never":{"#), Tab::Orders, 2).await;
    assert_eq!(
        unpaid,
        [
            "what extension 0002 brought was not paid for at its cost",
            "extension 0002 is done without a new end, or has a number"
        ]
    );
    assert_eq!(Money::from_micros(1_000_000), COST, "what the rows above hold");
}
