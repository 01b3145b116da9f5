//! The process dies at a fail point ([`failpoint`]): before and after each commit, each call to the supplier and each
//! call to Telegram. First a whole journey is recorded; then, for each point that it passed, the journey is made again and
//! the process dies right there. [`rows`] has a test for each row of the list of faults.
//!
//! `FAIL_POINTS=all` drives every point, `FAIL_POINTS=resend` those with this in their name; otherwise a sample, which
//! `FAIL_SEED` chooses.

mod journey;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sim::{Role, SimOptions};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Dice, Shop, World, at_each_server, number};
use journey::Journey;

/// How often a point is driven: at its first so many occurrences.
const OCCURRENCES: usize = 2;
/// How many points are driven where nobody asks for all.
const SAMPLE: usize = 24;
/// How many worlds run at the same time: a journey mostly waits.
const WORLDS: usize = 12;
/// How long a person waits for an answer: longer than the bot needs to look for a lost purchase once.
const PATIENCE_OF_PEOPLE: Duration = Duration::from_secs(6);

/// A moment at which the process dies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    point: String,
    /// At which passage of the point, from 0.
    occurrence: usize,
}

impl Moment {
    /// As `FAILPOINTS` has it.
    fn setting(&self) -> String {
        format!("{}={}*off->1*return", self.point, self.occurrence)
    }
}

at_each_server! {
    #[tokio::test(flavor = "multi_thread", worker_threads = 8)]
    wherever_the_process_dies_nothing_is_lost,
}

async fn wherever_the_process_dies_nothing_is_lost(shop: &'static Shop) {
    let moments = record(shop).await;
    let chosen = choose(&moments);
    let (all, driven) = (moments.len(), chosen.len());
    let turns = Arc::new(Semaphore::new(WORLDS));
    let mut running = JoinSet::new();
    for moment in chosen {
        let turns = turns.clone();
        running.spawn(async move {
            let _turn = turns.acquire().await.expect("nobody closes it");
            let died = drive(shop, &moment).await;
            (moment, died)
        });
    }
    let mut missed = Vec::new();
    while let Some(ended) = running.join_next().await {
        let (moment, died) = ended.expect("a world that holds");
        if died == Died::No {
            missed.push(moment);
        }
    }
    println!("{all} moments, {driven} driven, {} of them not met again: {missed:?}", missed.len());
    assert!(driven > 0, "no moment has that in its name");
    // Which calls are made differs a little with the time that they take.
    assert!(missed.len() * 4 <= driven, "{} of {driven} moments were not met again: {missed:?}", missed.len());
}

/// Makes the journey without an end, and tells the moments that it passed, in their order.
async fn record(shop: &'static Shop) -> Vec<Moment> {
    let mut world = ready(shop).await;
    let record = world.file("points");
    let bot = world.spawn(&[("FAILPOINTS_RECORD", &record.display().to_string())]);
    world.bot = Some(bot);
    let presses = tokio::spawn(journey(&world).run()).await.expect("a journey");
    assert_eq!(presses, 2, "without an end nothing is tried again");
    let text = std::fs::read_to_string(&record).expect("points were passed");
    world.settle("the recorded journey").await;
    check(&mut world, presses, "the recorded journey").await;
    let mut passed: BTreeMap<&str, usize> = BTreeMap::new();
    let numbered = text.lines().map(|point| {
        let count = passed.entry(point).or_default();
        *count += 1;
        Moment { point: point.to_owned(), occurrence: *count - 1 }
    });
    numbered.filter(|moment| moment.occurrence < OCCURRENCES).collect()
}

fn choose(moments: &[Moment]) -> Vec<Moment> {
    if let Ok(wanted) = std::env::var("FAIL_POINTS") {
        let is_wanted = |moment: &&Moment| wanted == "all" || moment.point.contains(&wanted);
        return moments.iter().filter(is_wanted).cloned().collect();
    }
    let seed = number("FAIL_SEED").unwrap_or(1);
    let (mut dice, mut left) = (Dice(seed), moments.to_vec());
    let count = SAMPLE.min(left.len());
    (0..count).map(|_| left.swap_remove(dice.index(left.len()))).collect()
}

/// Whether the process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Died {
    Yes,
    No,
}

/// Makes the journey while the process dies at this moment and comes back.
async fn drive(shop: &'static Shop, moment: &Moment) -> Died {
    let told = moment.setting();
    let mut world = ready(shop).await;
    let mut bot = world.spawn(&[("FAILPOINTS", &told)]);
    let mut journey = tokio::spawn(journey(&world).run());
    // The journey goes on while the process is dead: a person does not know.
    let (presses, died) = tokio::select! {
        status = bot.ended() => {
            assert!(!status.success(), "{told}: it ended by itself");
            world.start().await;
            (journey.await, Died::Yes)
        }
        presses = &mut journey => {
            drop(bot);
            world.start().await;
            (presses, Died::No)
        }
    };
    let presses = presses.unwrap_or_else(|error| panic!("{told}: {error}"));
    world.settle(&told).await;
    check(&mut world, presses, &told).await;
    died
}

/// A world with a known customer with money, without a bot.
async fn ready(shop: &'static Shop) -> World {
    let mut options = SimOptions::for_load();
    options.telegram.patience = PATIENCE_OF_PEOPLE;
    let mut world = World::of_one_price(shop, options).await;
    world.customer(7, "en").await;
    world.kill();
    world
}

fn journey(world: &World) -> Journey {
    let user = world.sim.telegram.known_user(7).expect("a customer");
    Journey { user, shop: world.shop, supplier: world.supplier().clone(), clock_hand: world.clock_hand() }
}

/// What must hold in the end, whatever happened.
async fn check(world: &mut World, presses: u64, told: &str) {
    let user = world.sim.telegram.known_user(7).expect("a customer");
    world.assert_audit(told);
    let paid = world.assert_code_or_money(&user, told).await;
    let orders = world.supplier().orders();
    let numbers: BTreeSet<_> =
        orders.iter().filter(|order| !order.texts.is_empty()).map(|order| &order.national).collect();
    assert_eq!(numbers.len() as u64, paid, "{told}: numbers with a code against numbers whose code stands in the chat");
    let purchases = world.supplier().count_of(Role::Purchase);
    assert!(purchases <= presses, "{told}: {purchases} purchases, Buy was pressed {presses} times");
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept(told);
}
