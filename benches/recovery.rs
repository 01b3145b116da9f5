//! How soon the shop is there again after SIGKILL, the real binary over the simulators in this process: the cold start
//! with 100,000 orders in the file, and the first look at 10,000 open orders. `cargo bench --bench recovery`.

mod books;
mod bot;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use books::Books;
use bot::{Bot, environment, fresh_folder};
use sim::{PoolFault, Sim, SimOptions, SimUser};
use store::{Integrity, Options, Store};

/// The orders of the first file: ended ones, and open ones.
const ENDED: u64 = 100_000;
const OPEN_BESIDE_THEM: u64 = 500;
/// The open orders of the second file, and how many of them the supplier's list does not show.
const OPEN: u64 = 10_000;
const UNLISTED: u32 = 200;
/// How many people write while the process is killed.
const WRITERS: i64 = 200;
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    // `cargo test --benches` only wants to know that this compiles.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        with_a_long_past().await;
        with_many_open_orders().await;
    });
}

async fn with_a_long_past() {
    let world = World::new("past").await;
    world.fill(ENDED, OPEN_BESIDE_THEM).await;
    world.live_and_be_killed().await;
    println!("{ENDED} ended orders, {OPEN_BESIDE_THEM} open ones, a file of {} MB", world.megabytes());
    world.measure_parts();
    drop(world.start_again().await);
}

async fn with_many_open_orders() {
    let world = World::new("open").await;
    // The first ones are those that the list leaves out.
    world.sim.smspool.fault("/purchase/sms", UNLISTED, PoolFault::Hidden(Duration::from_secs(86_400)));
    world.fill(0, OPEN).await;
    world.live_and_be_killed().await;
    println!("{OPEN} open orders, {UNLISTED} of them not in the supplier's list");
    let begin_ms = world.sim.clock.now();
    let bot = world.start_again().await;
    world.measure_first_look(begin_ms).await;
    drop(bot);
}

/// The simulators, and the folder of one database.
struct World {
    sim: Sim,
    folder: PathBuf,
}

impl World {
    async fn new(name: &str) -> Self {
        let mut options = SimOptions::for_load();
        options.smspool.common.balance = "1000000.00".to_owned();
        options.smspool.common.order_life = Duration::from_secs(7_200);
        options.smspool.common.recorded_max = 1_000_000;
        options.telegram.patience = PATIENCE;
        let sim = Sim::start(options).await.expect("loopback has free ports");
        Self { sim, folder: fresh_folder(&format!("recovery-{name}")) }
    }

    fn database(&self) -> PathBuf {
        self.folder.join("raqam.redb")
    }

    fn megabytes(&self) -> u64 {
        std::fs::metadata(self.database()).expect("the file is there").len() / 1_000_000
    }

    async fn fill(&self, ended: u64, open: u64) {
        let begun = Instant::now();
        let options = Options { integrity: Integrity::Trusted, ..Options::default() };
        let store = Store::open(&self.database(), options).expect("a store");
        let mut books = Books::new(store, self.sim.clock.now() / 1_000, ended + open).await;
        books.add_ended(ended).await;
        books.add_open(open, &self.sim).await;
        books.deliver_all().await;
        println!("\n(the books were written in {} s)", begun.elapsed().as_secs());
    }

    fn start(&self) -> Bot {
        Bot::start(&environment(&self.sim, &self.database()))
    }

    /// A life that ends in the middle of writing.
    async fn live_and_be_killed(&self) {
        let bot = self.start();
        let one = self.writer(0);
        one.see("Writer").await.expect("a welcome");
        (1..=WRITERS).for_each(|writer| drop(self.writer(writer)));
        self.sim.telegram.wait_count("sendMessage", 20, PATIENCE).await;
        drop(bot);
    }

    /// A person who writes `/start`.
    fn writer(&self, number: i64) -> SimUser {
        let user = self.sim.telegram.user(1_000_000 + number, "Writer", "en");
        user.send("/start");
        user
    }

    /// What of a start is the store's, on copies of the file as the process left it.
    fn measure_parts(&self) {
        let trusted = self.copy("trusted.redb");
        let store = timed("opening with its repair", || open(&trusted, Integrity::Trusted));
        timed("reading the open orders", || store.open_orders().expect("a query"));
        let audit = timed("the audit", || store.audit().expect("an audit"));
        assert!(audit.holds(), "{:?}", audit.findings().collect::<Vec<_>>());
        let checked = self.copy("checked.redb");
        timed("opening with its repair and the check of every page", || open(&checked, Integrity::Checked));
    }

    fn copy(&self, name: &str) -> PathBuf {
        let copy = self.folder.join(name);
        std::fs::copy(self.database(), &copy).expect("space for a copy");
        copy
    }

    /// Starts after the kill, with a person who wrote meanwhile.
    async fn start_again(&self) -> Bot {
        let polls = self.sim.telegram.count("getUpdates");
        let user = self.sim.telegram.user(2_000_000, "Noor", "en");
        let asked = user.send("/start");
        let begun = Instant::now();
        let bot = self.start();
        self.sim.telegram.wait_count("getUpdates", polls + 1, PATIENCE).await;
        println!("from the start to the first getUpdates: {} ms", begun.elapsed().as_millis());
        user.see_after(asked, "Noor").await.expect("a welcome");
        println!("from the start to the first answered /start: {} ms", begun.elapsed().as_millis());
        println!("peak memory until then: {} KiB", bot.memory("VmHWM"));
        bot
    }

    /// Waits until the supplier was asked about every open order: by the list, or alone.
    async fn measure_first_look(&self, begin_ms: i64) {
        let supplier = &self.sim.smspool;
        let before = supplier.requests().iter().filter(|request| request.at_ms < begin_ms).count();
        let asked = || supplier.requests().split_off(before);
        let looked = loop {
            let checked: BTreeSet<String> = asked()
                .iter()
                .filter(|it| it.endpoint == "/sms/check")
                .map(|it| it.params["orderid"].to_string())
                .collect();
            if checked.len() >= UNLISTED as usize || since(begin_ms, self.sim.clock.now()) > PATIENCE {
                break checked.len();
            }
            let checks = supplier.count("/sms/check");
            supplier.wait_count("/sms/check", checks + 1, Duration::from_secs(1)).await;
        };
        let took = since(begin_ms, self.sim.clock.now());
        let requests = asked();
        let listed = requests.iter().find(|it| it.endpoint == "/request/active").map(|it| since(begin_ms, it.at_ms));
        println!("the list of open orders was asked for after {:.1} s", listed.expect("a list").as_secs_f64());
        println!("{looked} of {UNLISTED} others were asked about within {:.1} s", took.as_secs_f64());
        let times: Vec<i64> = requests.iter().map(|request| request.at_ms).collect();
        println!("{} requests to the supplier, at most {} in any second", times.len(), most_in_a_second(&times));
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn open(path: &Path, integrity: Integrity) -> Store {
    Store::open(path, Options { integrity, ..Options::default() }).expect("a store")
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = run();
    println!("{what}: {} ms", begun.elapsed().as_millis());
    result
}

fn since(begin_ms: i64, at_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_ms - begin_ms).unwrap_or_default())
}

/// The most of these times (in milliseconds, ascending) that lie within one second.
fn most_in_a_second(times: &[i64]) -> usize {
    let within = |begin: usize| times[begin..].iter().take_while(|at| **at < times[begin] + 1_000).count();
    (0..times.len()).map(within).max().unwrap_or_default()
}
