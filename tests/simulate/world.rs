//! A whole world from one plan: lives of the process one after the other over the same books, until nothing is left to
//! happen; then the last judgement.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shop::clock::Clock as _;
use shop::command::Command;
use shop::order::State;
use shop::{ServerId, UnixSeconds};
use store::{DiskMoment, Store};
use strum::IntoEnumIterator as _;

use super::chats::Chats;
use super::diary::{Diary, VirtualClock};
use super::judge::Judge;
use super::life::live;
use super::plan::{Death, Plan};
use super::supplier::Supplier;
use super::times::Presses;
use super::unlisted::Lost;
use super::waits::Waits;
use super::{judgement, user_id};
use crate::support::Dice;

/// When a world must have come to rest, at the latest.
const REST_AT_MS: u64 = 6 * 3_600_000;
/// How often the world looks whether it is at rest.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long after a rental's last message, a restart or a storm it must have been fetched: rentals are asked seldom after a while.
const RENTALS_FETCHED_MS: u64 = 330_000;

/// The parts of a world.
pub(crate) struct World {
    pub(crate) plan: Arc<Plan>,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) diary: Arc<Diary>,
    pub(crate) store: Store,
    /// The supplier behind each server.
    pub(crate) suppliers: BTreeMap<ServerId, Arc<Supplier>>,
    pub(crate) chats: Arc<Chats>,
    pub(crate) judge: Arc<Judge>,
    pub(crate) presses: Presses,
    telegram_calls: AtomicU64,
}

/// What became of a world in which nothing was violated.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Commits, after each of which the judge looked.
    pub(crate) commits: u64,
    /// Orders.
    pub(crate) orders: usize,
    /// Purchases that the supplier was asked for.
    pub(crate) purchases: usize,
    /// How often the process died.
    pub(crate) deaths: usize,
    /// Numbers of a supplier without lists that were sold and lost: the loss is booked.
    pub(crate) written_off: usize,
    /// The same where nobody could find out, and the operator was told.
    pub(crate) unclear: usize,
    /// How long people waited whose purchase had no answer.
    pub(crate) waits: Waits,
}

/// What was violated, and what happened until then.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) what: String,
    pub(crate) diary: Vec<String>,
}

impl Violation {
    /// The rule, without the particulars.
    pub(crate) fn rule(&self) -> &str {
        self.what.split(':').next().unwrap_or_default()
    }
}

/// Lets a plan happen.
pub(crate) fn happen(plan: &Plan) -> (Result<Figures, Violation>, Vec<String>) {
    happen_and(plan, |_| {})
}

/// The same, with a look at the world at rest.
pub(crate) fn happen_and(plan: &Plan, look: impl FnOnce(&World)) -> (Result<Figures, Violation>, Vec<String>) {
    let world = Arc::new(World::new(plan));
    world.give_money();
    let mut deaths: Vec<Death> = plan.deaths.clone();
    deaths.sort_by_key(|death| death.at_ms);
    let mut died = 0;
    for death in deaths.into_iter().map(Some).chain([None]) {
        match world.clone().live_until(death) {
            End::Died(down_ms) => {
                died += 1;
                world.clock.pass(down_ms);
                world.diary.note("bot: starts again");
            }
            End::AtRest => break,
            End::Violated => break,
        }
    }
    let lost = if world.diary.violation().is_none() { judgement::pronounce(&world) } else { Lost::default() };
    let (written_off, unclear) = (lost.written_off.len(), lost.unclear.len());
    let diary = world.diary.lines();
    let (commits, orders) = (world.store.commits(), world.judge.orders().len());
    let purchases = world.suppliers.values().map(|supplier| supplier.deals().len()).sum();
    let waits = Waits::of(&world);
    look(&world);
    world.judge.leaves();
    let result = match world.diary.violation() {
        Some(what) => Err(Violation { what, diary: diary.clone() }),
        None => Ok(Figures { commits, orders, purchases, deaths: died, written_off, unclear, waits }),
    };
    (result, diary)
}

/// How a life ended.
enum End {
    Died(u64),
    AtRest,
    Violated,
}

impl World {
    fn new(plan: &Plan) -> Self {
        let plan = Arc::new(plan.clone());
        let clock = Arc::new(VirtualClock::new());
        let diary = Arc::new(Diary::new(clock.clone()));
        let judge = Judge::new(plan.people, clock.clone(), diary.clone());
        let (seed, watching, writes) = (plan.seed, judge.clone(), AtomicU64::new(0));
        let disk_takes = move |moment: DiskMoment| {
            if moment == DiskMoment::After {
                watching.looks();
            }
            let nth = writes.fetch_add(1, Ordering::Relaxed);
            Duration::from_millis(Dice::of(seed, "disk", nth).between(1, 15))
        };
        let store = Store::simulated(disk_takes).expect("memory");
        judge.takes(store.clone());
        let supplier = |server| Supplier::new(server, plan.clone(), clock.clone(), diary.clone());
        let suppliers = ServerId::iter().map(|server| (server, supplier(server))).collect();
        let chats = Chats::new(plan.clone(), clock.clone(), diary.clone());
        let (presses, telegram_calls) = Default::default();
        Self { plan, clock, diary, store, suppliers, chats, judge, presses, telegram_calls }
    }

    /// The time.
    pub(crate) fn clock_now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// How long a call to Telegram takes.
    pub(crate) fn telegram_takes(&self) -> Duration {
        let nth = self.telegram_calls.fetch_add(1, Ordering::Relaxed);
        Duration::from_millis(Dice::of(self.plan.seed, "telegram", nth).between(20, 400))
    }

    /// Ten dollars for everybody, and an admin.
    fn give_money(&self) {
        let runtime = runtime();
        runtime.block_on(async {
            self.clock.start();
            for person in 0..self.plan.people {
                let (nonce, amount) = (format!("first-{person}"), shop::Money::from_cents(1_000));
                self.judge.is_to_be_adjusted(&nonce, person, amount.micros());
                let user = user_id(person);
                self.apply(Command::Adjust { user, amount, reason: "first".to_owned(), nonce: nonce.clone() }).await;
                self.judge.was_adjusted(&nonce);
            }
            self.apply(Command::SetAdmins(vec![user_id(self.plan.people)])).await;
            self.clock.stop();
        });
    }

    async fn apply(&self, command: Command) {
        let (actor, commands, now) = (None, vec![command], self.clock.now());
        self.store.apply(store::Intent::Domain { actor, commands, now }).await.expect("a store");
    }

    /// One life. Whatever runs at its end is gone in the middle of what it did.
    fn live_until(self: Arc<Self>, death: Option<Death>) -> End {
        let runtime = runtime();
        let end = runtime.block_on(async {
            self.clock.start();
            let until_ms = death.map_or(REST_AT_MS, |death| death.at_ms);
            let left = Duration::from_millis(until_ms.saturating_sub(self.clock.elapsed_ms()));
            let end = tokio::select! {
                biased;
                end = self.rest() => end,
                () = tokio::time::sleep(left) => match death {
                    Some(death) => End::Died(death.down_ms),
                    None => {
                        self.diary.violated("rest", "the world does not come to rest");
                        End::Violated
                    }
                },
                () = live(self.clone()) => unreachable!("a life goes on until it is ended"),
            };
            self.diary.note(match end {
                End::Died(_) => "bot: DIES",
                End::AtRest => "all is quiet",
                End::Violated => "the end",
            });
            self.clock.stop();
            end
        });
        drop(runtime);
        end
    }

    /// Waits until nothing is left to happen. Deadlines are looked at meanwhile.
    async fn rest(&self) -> End {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.judge.looks_at_the_time();
            if self.diary.violation().is_some() {
                return End::Violated;
            }
            if self.is_at_rest() {
                return End::AtRest;
            }
        }
    }

    fn is_at_rest(&self) -> bool {
        let now_ms = self.clock.elapsed_ms();
        let weather = self.plan.storms.iter().all(|storm| storm.until_ms <= now_ms);
        let deaths = self.plan.deaths.iter().all(|death| death.at_ms <= now_ms);
        if !weather || !deaths || !self.chats.is_quiet() {
            return false;
        }
        let mut orders = self.store.open_orders().expect("readable books");
        let now = self.clock.now();
        orders.retain(|order| order.is_open() || order.watched_until.is_none_or(|until| now < until));
        let rented = orders.iter().all(|order| order.is_rental() && order.state == State::Done);
        let calm_ms = self.plan.storms.iter().map(|storm| storm.until_ms).max().unwrap_or(0);
        let last_message_ms = self.suppliers.values().map(|supplier| supplier.last_message_ms()).max().unwrap_or(0);
        let since_ms = last_message_ms.max(self.judge.up_since_ms()).max(calm_ms);
        let fetched = orders.is_empty() || now_ms > since_ms + RENTALS_FETCHED_MS;
        let outgoing = self.store.users_with_outgoing(i64::MAX).expect("readable books");
        let orphans = self.store.orphans().expect("readable books");
        rented && fetched && outgoing.is_empty() && orphans.iter().all(|orphan| !orphan.is_open())
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}
