//! A supplier's order without an owner: found once, given back once or written off, and never anybody's after that.

use shop::command::{Alarm, Command, Note, SupplierRefund};
use shop::order::{CloseReason, LATE_WATCH_S, StateKind};
use shop::orphan::{Loss, OrphanState, Settlement};
use shop::{Money, OrderId};

use super::opening::Folder;
use super::{COST, START, USER, World, message, orphaned, stored, supplier};
use crate::tables::Tab;
use crate::{Invariant, Options, Orphans, OutgoingRow, Store, WrittenOff};

fn found(id: &str) -> Command {
    orphaned(id, COST, START)
}

fn give_back(id: &str) -> Command {
    Command::GiveOrphanBack(supplier(id))
}

fn settle(id: &str, settlement: Settlement) -> Command {
    Command::SettleOrphan { id: supplier(id), settlement }
}

fn state(world: &World, id: &str) -> OrphanState {
    world.store.orphan(&supplier(id)).expect("a query").expect("an orphan").state
}

/// What suppliers have of ours, by the ledger.
fn paid(world: &World) -> Money {
    let transactions = (1..).map_while(|seq| world.store.transaction(seq).expect("a query"));
    let postings: Vec<_> = transactions.flat_map(|transaction| transaction.postings().to_vec()).collect();
    let costs = postings.iter().filter(|posting| posting.account == shop::ledger::Account::CostOfGoods);
    Money::from_micros(costs.map(|posting| posting.delta.micros()).sum())
}

#[tokio::test]
async fn an_orphan_is_kept_and_known() {
    let world = World::rich().await;
    let changed = world.domain(vec![found("X1"), found("X1")]).await;
    assert_eq!(changed.alarms, [Alarm::Orphan], "told once");
    assert_eq!(world.store.orphans().expect("orphans").len(), 1);
    let known = world.store.known_among(&[supplier("X1"), supplier("NEW")]).expect("ids");
    assert_eq!(Vec::from_iter(known), [supplier("X1")]);
    assert_eq!(paid(&world), COST);
    world.check(1_000, 0);
}

#[tokio::test]
async fn an_orphan_that_goes_back_costs_nothing_in_the_end() {
    let world = World::rich().await;
    world.domain(vec![found("X1"), give_back("X1")]).await;
    assert_eq!(state(&world, "X1"), OrphanState::GivingBack { next_try: START });
    let retry = Command::RetryOrphan { id: supplier("X1"), next_try: START + 15 };
    world.domain(vec![retry.clone(), give_back("X1")]).await;
    assert_eq!(state(&world, "X1"), OrphanState::GivingBack { next_try: START + 15 });
    world.check(1_000, 0);
    let back = settle("X1", Settlement::Returned);
    assert_eq!(world.domain(vec![back.clone()]).await.posted.len(), 1);
    // Whatever comes again changes nothing: a cancel that is answered twice, a second find.
    let again = vec![back, settle("X1", Settlement::Lost(Loss::NotReturned)), retry, give_back("X1"), found("X1")];
    assert_eq!(world.domain(again).await, crate::Changed::default());
    assert_eq!((state(&world, "X1"), paid(&world)), (OrphanState::GivenBack { at: START }, Money::ZERO));
    let status = world.store.status(START).expect("a status");
    assert_eq!(status.orphans, Orphans { given_back: 1, ..Orphans::default() });
    assert_eq!(status.written_off, WrittenOff::default());
    world.check(1_000, 0);
}

#[tokio::test]
async fn an_orphan_that_the_supplier_keeps_is_written_off_and_rings() {
    let world = World::rich().await;
    world.domain(vec![found("X1"), found("X2"), give_back("X1")]).await;
    let changed = world.domain(vec![settle("X1", Settlement::Lost(Loss::MessageArrived))]).await;
    assert_eq!((changed.alarms, changed.posted), (vec![Alarm::WrittenOff], vec![]));
    assert_eq!(state(&world, "X1"), OrphanState::WrittenOff { at: START, loss: Loss::MessageArrived });
    // Nobody asked the supplier about the other one yet: nothing can be known of it.
    world.domain(vec![settle("X2", Settlement::Returned)]).await;
    assert_eq!(state(&world, "X2"), OrphanState::Watched);
    let status = world.store.status(START).expect("a status");
    assert_eq!(status.orphans, Orphans { open: 1, written_off: 1, ..Orphans::default() });
    assert_eq!(status.written_off, WrittenOff { orphans: 1, amount: COST, ..WrittenOff::default() });
    world.check(1_000, 0);
}

#[tokio::test]
async fn an_orphan_whose_buyer_turns_up_is_paid_for_once() {
    let mut world = World::rich().await;
    let order = world.buy(1).await;
    world.domain(vec![Command::StartBuying { order, boot: 1, balance: None }, found("S1")]).await;
    // The answer names another cost than the list did: what was booked stays.
    let cost = Some(Money::from_micros(900_000));
    let purchased = shop::pool::Purchased { cost, ..world.purchased("S1") };
    world.domain(vec![Command::Bought { order, purchased }]).await;
    assert!(world.store.orphans().expect("orphans").is_empty());
    assert_eq!(paid(&world), COST);
    world.check(870, 130);
    // It is no orphan any more: what was planned for one is refused.
    let late = crate::Intent::Domain { actor: None, commands: vec![give_back("S1")], now: world.now };
    assert_eq!(super::refusal(world.apply(late).await), shop::command::Refusal::UnknownOrder);
    assert_eq!(world.order(order).kind(), StateKind::Active);
}

/// A number that was being cancelled would have been shown to somebody.
#[tokio::test]
async fn a_number_on_its_way_back_is_nobodys() {
    let mut world = World::rich().await;
    let order = world.buy(1).await;
    world.domain(vec![Command::StartBuying { order, boot: 1, balance: None }, found("S1"), give_back("S1")]).await;
    world.domain(vec![Command::Bought { order, purchased: world.purchased("S1") }]).await;
    assert_eq!(world.order(order).kind(), StateKind::Ambiguous, "its own number is still looked for");
    world.domain(vec![settle("S1", Settlement::Returned)]).await;
    world.domain(vec![Command::Bought { order, purchased: world.purchased("S1") }]).await;
    assert_eq!(world.order(order).number, None);
    assert_eq!(paid(&world), Money::ZERO);
    world.check(870, 130);
}

#[tokio::test]
async fn another_code_on_a_number_on_its_way_back_is_refused() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    world.domain(vec![Command::Received { order, messages: vec![message("1234")] }]).await;
    stored(world.press(vec![Command::Resend(order)]).await);
    world.domain(vec![found("S2"), give_back("S2")]).await;
    let (child, id, expires_at) = (OrderId(2), supplier("S2"), world.now + 600);
    world.domain(vec![Command::Resent { order, child, id, expires_at, charge: Money::ZERO }]).await;
    assert_eq!(world.store.order(child).expect("a query"), None);
    let rows = world.store.outgoing(USER, world.now).expect("rows");
    assert!(rows.iter().any(|row| matches!(row, OutgoingRow::Tell { note: Note::NoResend(_), .. })), "{rows:?}");
    world.check(870, 0);
}

/// The watch over an unconfirmed refund ended without a trace.
#[tokio::test]
async fn a_refund_that_is_never_confirmed_is_written_off_when_its_watch_ends() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    world.now += 1_200;
    world.domain(vec![Command::StartClosing { order, reason: CloseReason::Expiry }]).await;
    world.domain(vec![Command::Close { order, supplier: SupplierRefund::Unconfirmed }]).await;
    let written_off = |world: &World| world.store.status(world.now).expect("a status").written_off;
    assert_eq!(written_off(&world), WrittenOff::default(), "it is still watched");
    world.now += LATE_WATCH_S;
    let lost = WrittenOff { orders: 1, amount: COST, ..WrittenOff::default() };
    assert_eq!(written_off(&world), lost);
    world.update().await;
    assert_eq!(written_off(&world), lost, "the watch was swept");
    world.check(1_000, 0);
}

#[tokio::test]
async fn a_refund_that_is_confirmed_late_is_not_written_off() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    stored(world.press(vec![Command::Cancel(order)]).await);
    world.domain(vec![Command::Close { order, supplier: SupplierRefund::Unconfirmed }]).await;
    world.domain(vec![Command::Close { order, supplier: SupplierRefund::Confirmed }]).await;
    world.now += LATE_WATCH_S;
    assert_eq!(world.store.status(world.now).expect("a status").written_off, WrittenOff::default());
}

#[tokio::test]
async fn an_orphan_changed_by_hand_is_named() {
    let folder = Folder::new();
    let open = || Store::open(&folder.file(), Options::default()).expect("a store");
    let world = World { store: open(), ..World::new() };
    world.domain(vec![found("X1"), give_back("X1"), settle("X1", Settlement::Lost(Loss::NotReturned))]).await;
    world.domain(vec![found("X2"), give_back("X2"), settle("X2", Settlement::Returned)]).await;
    world.check(0, 0);
    drop(world);
    let found = |invariant| open().audit().expect("an audit").checked[&invariant].findings.join("; ");
    let change = |tab, id: &str, from: &str, to: &str| {
        super::books::tamper(&folder.file(), tab, id.as_bytes(), |row| Some(super::books::replaced(&row, from, to)));
    };
    change(Tab::Orphans, "X2", r#"given_back":{"at"#, r#"giving_back":{"next_try"#);
    assert!(found(Invariant::Orphan).contains("X2 is GivingBack"), "{}", found(Invariant::Orphan));
    change(Tab::Orphans, "X1", "1000000", "1000001");
    assert!(found(Invariant::Orphan).contains("X1 was not paid for at its cost"), "{}", found(Invariant::Orphan));
    super::books::tamper(&folder.file(), Tab::Orphans, b"X1", |_| None);
    assert!(found(Invariant::I7).contains("2 supplier's ids are nobody's, 1 are kept"), "{}", found(Invariant::I7));
}
