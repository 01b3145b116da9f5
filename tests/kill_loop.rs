//! SIGKILL at any moment, again and again: people buy, supplier and Telegram err, the process dies somewhere in between
//! (or again while it recovers) and comes back. After each round no order is open, the books hold, each person has the
//! code or the money, and in the end our costs are what the supplier kept.
//!
//! `KILL_ROUNDS` and `KILL_SEED` choose how many rounds and which; a failure names its world and its round. The rounds
//! are spread over worlds that run at the same time, each with a seed, a folder and a process of its own.

mod plan;

use std::ops::AddAssign;
use std::time::Duration;

use sim::supplier::OrderStatus;
use sim::{Role, SimOptions, SimUser, SupplierSim};
use tokio::task::JoinSet;

use crate::support::{Dice, PATIENCE, Shop, World, at_each_server, deliver_code, number, orders_of};
use plan::{End, Moment, Person, Plan, Press};

/// How many rounds run where nobody says otherwise.
const ROUNDS: u64 = 5;
/// How many worlds run at the same time: a round mostly waits.
const WORLDS: u64 = 12;
/// How often a person begins anew where an answer was lost.
const ATTEMPTS_MAX: u32 = 6;
/// How long a person waits for an answer: what a dead process owes is not waited for long.
const PATIENCE_OF_PEOPLE: Duration = Duration::from_secs(5);

at_each_server! {
    #[tokio::test(flavor = "multi_thread", worker_threads = 8)]
    killed_at_any_moment_nothing_is_lost,
}

async fn killed_at_any_moment_nothing_is_lost(shop: &'static Shop) {
    let rounds = number("KILL_ROUNDS").unwrap_or(ROUNDS);
    let seed = number("KILL_SEED").unwrap_or(1);
    let worlds = rounds.min(WORLDS);
    let mut running = JoinSet::new();
    for world in 0..worlds {
        let share = rounds / worlds + u64::from(world < rounds % worlds);
        let told = format!("KILL_ROUNDS={rounds} KILL_SEED={seed}, world {world}");
        running.spawn(one_world(shop, share, seed * 1_000 + world, told));
    }
    let mut all = Tally::default();
    while let Some(tally) = running.join_next().await {
        all += tally.expect("a world that holds");
    }
    println!("{rounds} rounds of KILL_SEED={seed}: {all:?}");
}

/// What was counted.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    presses: u64,
    purchases: u64,
    numbers: u64,
    codes: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.presses += other.presses;
        self.purchases += other.purchases;
        self.numbers += other.numbers;
        self.codes += other.codes;
    }
}

async fn one_world(shop: &'static Shop, rounds: u64, seed: u64, told: String) -> Tally {
    let mut options = SimOptions::for_load();
    options.telegram.patience = PATIENCE_OF_PEOPLE;
    let mut world = World::of_one_price(shop, options).await;
    let (mut dice, mut tally) = (Dice(seed), Tally::default());
    for round in 0..rounds {
        let plan = Plan::draw(&mut dice);
        let told = format!("{told}, round {round}: {plan:?}");
        let first = 10_000 + 10 * i64::try_from(round).expect("few");
        one_round(&mut world, &plan, first, &mut tally, &told).await;
    }
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept(&told);
    tally.purchases = world.supplier().count_of(Role::Purchase);
    tally.numbers = world.supplier().orders().len() as u64;
    tally
}

/// The supplier's orders that wait for a code, by their codes.
fn open_orders(supplier: &SupplierSim) -> Vec<String> {
    let waiting = supplier.orders().into_iter().filter(|order| order.status == OrderStatus::Pending);
    waiting.map(|order| order.code).collect()
}

async fn one_round(world: &mut World, plan: &Plan, first: i64, tally: &mut Tally, told: &str) {
    let mut users = Vec::new();
    for number in 0..plan.people.len() {
        users.push(world.customer(first + i64::try_from(number).expect("few"), "en").await);
    }
    if let Some(fault) = plan.supplier.clone() {
        world.fault_on(Role::Purchase, 1, fault);
    }
    if let Some((method, times, fault)) = plan.telegram.clone() {
        world.sim.telegram.fault(method, None, times, fault);
    }
    let before = count(world, plan.moment);
    let mut journeys = JoinSet::new();
    for (user, person) in users.iter().zip(&plan.people) {
        journeys.spawn(journey(world.shop, user.clone(), world.supplier().clone(), *person));
    }
    wait(world, plan.moment, before + plan.calls).await;
    tally.kills += die_and_come_back(world, plan).await;
    while let Some(presses) = journeys.join_next().await {
        tally.presses += presses.unwrap_or_else(|error| panic!("{told}: {error}"));
    }
    world.supplier().clear_faults();
    world.sim.telegram.clear_faults();
    if matches!(plan.people.as_slice(), [Person { end: End::Code, .. }]) && world.shop.lost.numbers > 0 {
        // Whoever was told to wait may get a number later, and its code before it was ever shown.
        for order in open_orders(world.supplier()) {
            deliver_code(world.supplier(), &order);
        }
    }
    world.settle(told).await;
    let purchases = world.supplier().count_of(Role::Purchase);
    assert!(purchases <= tally.presses, "{told}: {purchases} purchases, Buy was pressed {} times", tally.presses);
    world.assert_audit(told);
    let mut paid = 0;
    for user in &users {
        paid += world.assert_code_or_money(user, told).await;
    }
    let received = world.supplier().orders().iter().filter(|order| !order.texts.is_empty()).count();
    tally.codes += paid;
    assert_eq!(received as u64, tally.codes, "{told}: codes that came against codes that stand in a chat");
}

/// Kills the process, perhaps once more while it recovers, and starts it; how often it died.
async fn die_and_come_back(world: &mut World, plan: &Plan) -> u64 {
    if plan.repeats {
        world.sim.telegram.repeat_last_update();
    }
    world.kill();
    if let Some(moment) = plan.again {
        let before = count(world, moment);
        let recovering = world.spawn(&[]);
        wait(world, moment, before + 1).await;
        recovering.kill();
    }
    world.start().await;
    if plan.repeats {
        world.sim.telegram.repeat_last_update();
    }
    1 + u64::from(plan.again.is_some())
}

/// Somebody who wants a number, and begins anew where nothing comes of it; how often that was. Two quick presses are one.
async fn journey(shop: &'static Shop, user: SimUser, supplier: SupplierSim, person: Person) -> u64 {
    let mut presses = 0;
    for _ in 0..ATTEMPTS_MAX {
        let asked = user.send("/buy");
        let chosen = async {
            // An older menu has the same button, and is out of date.
            user.see_after(asked, "What kind of number?").await?;
            for label in shop.to_services.iter().chain(&["WhatsApp"]) {
                user.tap(label).await?;
            }
            user.see_newest("Confirm your order").await
        };
        if chosen.await.is_err() {
            continue;
        }
        presses += 1;
        // The answer may be lost with the process: what the chat shows in the end is what counts.
        match person.press {
            Press::Once => drop(user.tap("✅ Buy for").await),
            Press::Twice => drop(user.double_tap("✅ Buy for").await),
        }
        match outcome(&user, &supplier).await {
            Some(Came::Number(order)) => {
                end(&user, &supplier, &order, person.end).await;
                return presses;
            }
            // No number, or nobody knows yet: time will tell.
            Some(Came::NoNumber) => return presses,
            None => {}
        }
    }
    // While another's purchase is in question the server may sell nothing.
    let answered = presses > 0 || user.chat().contains("is unavailable right now");
    assert!(answered, "nobody answers; the chat shows:\n{}", user.chat());
    presses
}

/// What became of a purchase, as far as the chat tells.
enum Came {
    /// The supplier's order whose number is shown.
    Number(String),
    /// None, or not yet.
    NoNumber,
}

async fn outcome(user: &SimUser, supplier: &SupplierSim) -> Option<Came> {
    let seen = user.wait_for(|messages| {
        let mut waiting = orders_of(supplier, user).into_iter().filter(|order| order.status == OrderStatus::Pending);
        if let Some(order) = waiting.next() {
            return Some(Came::Number(order.code));
        }
        let says = |words: &&str| messages.iter().any(|message| message.text.contains(*words));
        ["No numbers right now", "Checking with the server"].iter().any(says).then_some(Came::NoNumber)
    });
    seen.await
}

async fn end(user: &SimUser, supplier: &SupplierSim, order: &str, end: End) {
    match end {
        End::Code => deliver_code(supplier, order),
        End::Cancel => {
            let _ = user.tap("✖️ Cancel & refund").await;
            let _ = user.tap("✖️ Yes, cancel").await;
        }
    }
}

fn count(world: &World, call: Moment) -> u64 {
    match call {
        Moment::Telegram(method) => world.sim.telegram.count(method),
        Moment::Purchase => world.supplier().count_of(Role::Purchase),
        Moment::Watch => world.supplier().count_of(world.shop.watch),
    }
}

/// Waits for a call; one that does not come in this round is waited for a moment only.
async fn wait(world: &World, call: Moment, wanted: u64) {
    let within = PATIENCE / 10;
    match call {
        Moment::Telegram(method) => world.sim.telegram.wait_count(method, wanted, within).await,
        Moment::Purchase => world.supplier().wait_count_of(Role::Purchase, wanted, within).await,
        Moment::Watch => world.supplier().wait_count_of(world.shop.watch, wanted, within).await,
    };
}
