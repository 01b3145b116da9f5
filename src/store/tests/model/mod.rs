//! The store against an independent judge: random events, and after each one the wallets, the orders, the ledger's sums
//! and the audit. A failure shrinks to the shortest history that still fails.

mod judge;

use std::collections::BTreeMap;

use proptest::prelude::{BoxedStrategy, Just, ProptestConfig, Strategy as _, prop_oneof};
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use shop::command::{Command, SupplierRefund};
use shop::ledger::Account;
use shop::order::{CloseReason, RefundReason, StateKind};
use shop::pool::Purchased;
use shop::{ErrorCode, Money, OrderId, Phone, UserId, recover};
use tokio::runtime::Runtime;

use super::disk::Disk;
use super::{START, buy, message, orphaned, quote, supplier};
use crate::tables::Tab;
use crate::{Integrity, Intent, Options, Outcome, Store};
use judge::{COST, Event, Judge, PRICE, Stage, Verdict, Work};

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_the_books_say_what_the_judge_says(sequential 1..60 => Shop);
}

/// How many histories are tried; `PROPTEST_CASES` says otherwise.
const CASES: u32 = 64;
/// An order that nobody ever made.
const NO_ORDER: u64 = 999;
/// Who buys.
const PEOPLE: [u64; 3] = [1, 2, 3];

/// The store, opened anew at each restart.
struct Shop {
    disk: Disk,
    store: Store,
    runtime: Runtime,
}

impl ReferenceStateMachine for Judge {
    type State = Self;
    type Transition = Event;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::at(START)).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Event> {
        let user = || select(&PEOPLE[..]);
        let orders: Vec<u64> = state.sales.keys().copied().chain([NO_ORDER]).collect();
        let order = || select(orders.clone());
        let next_quote = state.next_quote();
        let quotes: Vec<u64> = state.offers.keys().copied().chain([NO_ORDER]).collect();
        let cents = select(&[1_000, 500, PRICE, PRICE - 1, -PRICE, -1_000][..]);
        prop_oneof![
            1 => (user(), cents, 0_u64..40).prop_map(|(user, cents, nonce)| Event::Adjust { user, cents, nonce }),
            1 => user().prop_map(move |user| Event::Quote { user, quote: next_quote }),
            2 => (user(), select(quotes)).prop_map(|(user, quote)| Event::Buy { user, quote }),
            1 => (user(), order()).prop_map(|(user, order)| Event::Cancel { user, order }),
            3 => (order(), works()).prop_map(|(order, work)| Event::Work { order, work }),
            18 => select(usual(state)),
            1 => (0_u64..8).prop_map(|number| Event::Orphan { number }),
            1 => Just(Event::Restart),
            1 => select(&[1, 20, 120, 700][..]).prop_map(|seconds| Event::Wait { seconds }),
        ]
        .boxed()
    }

    fn apply(state: Self, event: &Event) -> Self {
        state.after(event)
    }
}

fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases: CASES, ..config } }
}

/// What usually happens next: a shop's day, which random events alone would seldom come to.
fn usual(state: &Judge) -> Vec<Event> {
    let mut events = Vec::new();
    for (order, sale) in &state.sales {
        let work = |work| Event::Work { order: *order, work };
        let cancel = Event::Cancel { user: sale.user, order: *order };
        let bought = work(Work::Bought { number: state.unseen_number(), cost: COST });
        events.extend(match sale.stage {
            Stage::Reserved => [vec![work(Work::Start); 6], vec![cancel]].concat(),
            Stage::Buying => [vec![bought; 6], vec![work(Work::Unknown)]].concat(),
            Stage::Ambiguous => [vec![bought; 3], vec![work(Work::NotFound)]].concat(),
            Stage::Active => [vec![work(Work::Message { code: 0 }); 4], vec![cancel, work(Work::Expire)]].concat(),
            Stage::Closing => vec![work(Work::CloseConfirmed), work(Work::CloseUnconfirmed)],
            Stage::Refunded if sale.unsettled => vec![work(Work::CloseConfirmed); 2],
            Stage::Done | Stage::Refunded => vec![work(Work::Message { code: 1 })],
        });
    }
    for (quote, offer) in state.offers.iter().filter(|(_, offer)| offer.is_good(state.now)) {
        let user = offer.user;
        let nonce = 100 + state.offers.len() as u64;
        let is_rich = state.purses.get(&user).is_some_and(|purse| purse.free >= PRICE);
        events.push(if is_rich {
            Event::Buy { user, quote: *quote }
        } else {
            Event::Adjust { user, cents: 1_000, nonce }
        });
    }
    events.push(Event::Quote { user: PEOPLE[0], quote: state.next_quote() });
    events
}

fn works() -> BoxedStrategy<Work> {
    prop_oneof![
        4 => Just(Work::Start),
        4 => (0_u64..8, select(&[COST, COST + 5][..])).prop_map(|(number, cost)| Work::Bought { number, cost }),
        1 => Just(Work::Refused),
        1 => Just(Work::NotStarted),
        1 => Just(Work::NotFound),
        2 => Just(Work::Unknown),
        1 => Just(Work::CleanMiss),
        3 => (0_u8..3).prop_map(|code| Work::Message { code }),
        1 => Just(Work::Expire),
        1 => Just(Work::CloseConfirmed),
        1 => Just(Work::CloseUnconfirmed),
    ]
    .boxed()
}

impl StateMachineTest for Shop {
    type SystemUnderTest = Self;
    type Reference = Judge;

    fn init_test(_: &Judge) -> Self {
        let disk = Disk::sound(Vec::new());
        let store = Store::on_backend(disk.clone()).expect("a store");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        Self { disk, store, runtime }
    }

    fn apply(mut shop: Self, judge: &Judge, event: Event) -> Self {
        if event == Event::Restart {
            let Self { disk, store, runtime } = shop;
            drop(store);
            let options = Options { integrity: Integrity::Trusted, ..Options::default() };
            let disk = Disk::sound(disk.written());
            let store = Store::reopen(disk.clone(), options).expect("a store");
            shop = Self { disk, store, runtime };
            let orders = shop.store.open_orders().expect("orders");
            assert_eq!(shop.obey(None, recover::at_start(&orders, judge.now, judge.boot), judge.now), Verdict::Granted);
        } else if let Some((actor, command)) = command_of(event, judge) {
            assert_eq!(shop.obey(actor, vec![command], judge.now), judge.verdict);
        }
        shop
    }

    fn check_invariants(shop: &Self, judge: &Judge) {
        shop.compare_wallets(judge);
        shop.compare_orders(judge);
        shop.compare_ledger(judge);
        let audit = shop.store.audit().expect("an audit");
        assert!(audit.holds(), "{:?}", audit.findings().collect::<Vec<_>>());
    }
}

/// A judge whose histories never come to a code or a refund would judge nothing.
#[test]
fn the_histories_come_to_every_end() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeMap::new();
    for _ in 0..100 {
        let tree = Judge::sequential_strategy(1..60).new_tree(&mut runner).expect("a history");
        let (start, events, _) = tree.current();
        let end = events.iter().fold(start, Judge::after);
        end.sales.values().for_each(|sale| *reached.entry(sale.stage).or_insert(0) += 1);
    }
    println!("{reached:?}");
    for stage in [Stage::Reserved, Stage::Buying, Stage::Ambiguous, Stage::Active, Stage::Closing] {
        assert!(reached.get(&stage).is_some_and(|count| *count >= 5), "{stage:?}: {reached:?}");
    }
    for end in [Stage::Done, Stage::Refunded] {
        assert!(reached.get(&end).is_some_and(|count| *count >= 50), "{end:?}: {reached:?}");
    }
}

impl Shop {
    fn obey(&self, actor: Option<UserId>, commands: Vec<Command>, now: i64) -> Verdict {
        let outcome = self.runtime.block_on(self.store.apply(Intent::Domain { actor, commands, now }));
        match outcome.expect("stored or refused") {
            Outcome::Stored(_) => Verdict::Granted,
            Outcome::Refused(_) => Verdict::Refused,
            other @ (Outcome::Conflict | Outcome::TakenIn(_) | Outcome::Reserved(_) | Outcome::Done) => {
                panic!("no answer to commands: {other:?}")
            }
        }
    }

    fn compare_wallets(&self, judge: &Judge) {
        for user in PEOPLE {
            let wallet = self.store.user(UserId(user)).expect("a view").wallet;
            let purse = judge.purses.get(&user).copied().unwrap_or_default();
            assert_eq!((wallet.available, wallet.held), (cents(purse.free), cents(purse.held)), "wallet of {user}");
        }
    }

    fn compare_orders(&self, judge: &Judge) {
        let count = self.store.snapshot().and_then(|books| books.len(Tab::Orders)).expect("a count");
        assert_eq!(count, judge.sales.len() as u64, "orders");
        for (id, sale) in &judge.sales {
            let order = self.store.order(OrderId(*id)).expect("a query").expect("an order");
            assert_eq!(stage(order.kind()), sale.stage, "order {id}");
            assert_eq!(order.messages.len(), sale.messages(), "messages of order {id}");
        }
    }

    fn compare_ledger(&self, judge: &Judge) {
        let (mut earned, mut spent) = (Money::ZERO, Money::ZERO);
        let head = self.store.ledger_head().expect("a head");
        for seq in 1..=head.seq {
            let transaction = self.store.transaction(seq).expect("a query").expect("a transaction");
            for posting in transaction.postings() {
                let sum = match posting.account {
                    Account::Revenue => &mut earned,
                    Account::CostOfGoods => &mut spent,
                    Account::Available(_) | Account::Held(_) | Account::SupplierFloat | Account::Adjustments => {
                        continue;
                    }
                };
                *sum = sum.checked_add(posting.delta).expect("a sum");
            }
        }
        assert_eq!((earned, spent), (cents(judge.earned), cents(judge.spent)), "earned and spent");
    }
}

/// What an event asks of the books; nothing where only the time goes on.
fn command_of(event: Event, judge: &Judge) -> Option<(Option<UserId>, Command)> {
    match event {
        Event::Adjust { user, cents: amount, nonce } => {
            let (user, amount, nonce) = (UserId(user), cents(amount), format!("n{nonce}"));
            Some((None, Command::Adjust { user, amount, reason: "model".to_owned(), nonce }))
        }
        Event::Quote { user, quote: id } => Some((Some(UserId(user)), quote(id))),
        Event::Buy { user, quote } => Some((Some(UserId(user)), buy(quote))),
        Event::Cancel { user, order } => Some((Some(UserId(user)), Command::Cancel(OrderId(order)))),
        Event::Work { order, work } => Some((None, work_of(OrderId(order), work, judge))),
        Event::Orphan { number } => Some((None, orphaned(&format!("S{number}"), cents(COST), judge.now))),
        Event::Restart | Event::Wait { .. } => None,
    }
}

fn work_of(order: OrderId, work: Work, judge: &Judge) -> Command {
    let not_bought = |reason| Command::NotBought { order, reason };
    match work {
        Work::Start => Command::StartBuying { order, boot: judge.boot, balance: None },
        Work::Bought { number, cost } => {
            let (id, expires_at) = (supplier(&format!("S{number}")), judge.now + 1_200);
            let phone = Phone::parse("12025550123").expect("a phone");
            Command::Bought {
                order,
                purchased: Purchased { id, phone, cost: Some(cents(cost)), expires_at, pool: None },
            }
        }
        Work::Refused => not_bought(RefundReason::Refused(ErrorCode::OutOfStock)),
        Work::NotStarted => not_bought(RefundReason::NotStarted),
        Work::NotFound => not_bought(RefundReason::NotBought),
        Work::Unknown => Command::BuyingUnknown(order),
        Work::CleanMiss => Command::CleanMiss(order),
        Work::Message { code } => Command::Received { order, messages: vec![message(&code.to_string())] },
        Work::Expire => Command::StartClosing { order, reason: CloseReason::Expiry },
        Work::CloseConfirmed => Command::Close { order, supplier: SupplierRefund::Confirmed },
        Work::CloseUnconfirmed => Command::Close { order, supplier: SupplierRefund::Unconfirmed },
    }
}

const fn stage(kind: StateKind) -> Stage {
    match kind {
        StateKind::Reserved => Stage::Reserved,
        StateKind::Buying => Stage::Buying,
        StateKind::Ambiguous => Stage::Ambiguous,
        StateKind::Active => Stage::Active,
        StateKind::Closing => Stage::Closing,
        StateKind::Done => Stage::Done,
        StateKind::Refunded => Stage::Refunded,
    }
}

const fn cents(cents: i64) -> Money {
    Money::from_micros(cents * 10_000)
}
