//! A load run while one supplier is ill: the real binary as a process of its own, people at both servers, the simulators in
//! this process. People at the other server should not feel it. `cargo bench --bench outage`.
//!
//! `PHASE_S` says how long a phase is (40), `ROUNDS` how often all phases are repeated (1). Limits are raised, and the run
//! says so.

mod bot;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bot::{Bot, environment, fresh_folder};
use sim::telegram::Message;
use sim::{PoolFault, Sim, SimOptions, SimUser, SupplierSim, Tap};
use tokio::time::{Instant, timeout};

/// How many people are at the server whose supplier is well all the time, and at the other one.
const PEOPLE: [(Place, u64); 2] = [(Place::Well, 50), (Place::Ill, 15)];
/// Between two taps of a person.
const THINK: Duration = Duration::from_millis(400);
/// How long a person waits for the next screen before they begin anew.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a supplier that is well again may take until its server sells.
const RECOVERY: Duration = Duration::from_secs(180);

/// Where a person buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the server whose supplier is well.
    Well,
    /// At the server whose supplier falls ill.
    Ill,
}

/// A server: its label, and what is tapped up to the number.
#[derive(Clone, Copy, Debug)]
struct Server {
    label: &'static str,
    steps: &'static [&'static str],
    supplier: fn(&Sim) -> &SupplierSim,
}

const SERVER_1: Server = Server {
    label: "Server 1",
    steps: &["Server 1", "🟢 Temporary", "WhatsApp", "✅ Buy for"],
    supplier: |sim| &sim.nonvoip,
};

const SERVER_2: Server = Server {
    label: "Server 2",
    steps: &["Server 2", "🟢 Temporary", "United States", "WhatsApp", "✅ Buy for"],
    supplier: |sim| &sim.smspool,
};

/// How the supplier is in a phase.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Well,
    Hanging,
    Slow,
    Lying,
}

impl Mood {
    const ALL: [Self; 4] = [Self::Well, Self::Hanging, Self::Slow, Self::Lying];

    fn fault(self) -> Option<PoolFault> {
        match self {
            Self::Well => None,
            Self::Hanging => Some(PoolFault::HangBefore),
            Self::Slow => Some(PoolFault::Delay(Duration::from_secs(8))),
            Self::Lying => Some(PoolFault::Garbage("{\"success\":\"perhaps\",\"message\":[[]]}".to_owned())),
        }
    }
}

/// What people saw in a phase.
#[derive(Default)]
struct Seen {
    /// From a tap until its answer.
    answered: Vec<Duration>,
    /// From a tap until the next screen.
    shown: Vec<Duration>,
    codes: u64,
    /// An alert said that the server does not sell.
    turned_away: u64,
    /// The next screen did not come in time; the longest wait for it is not among the times.
    given_up: u64,
    unanswered: u64,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.answered.extend(other.answered);
        self.shown.extend(other.shown);
        self.codes += other.codes;
        self.turned_away += other.turned_away;
        self.given_up += other.given_up;
        self.unanswered += other.unanswered;
    }
}

fn main() {
    // `cargo test --benches` only wants to know that this compiles.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    tokio::runtime::Runtime::new().expect("a runtime").block_on(run());
}

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a whole number"))
}

async fn run() {
    println!("limits raised: Telegram and the suppliers without 429, 1,000 supplier requests/s, no limit on purchases");
    let (phase, rounds) = (Duration::from_secs(from_environment("PHASE_S", 40)), from_environment("ROUNDS", 1));
    for (ill, well) in [(SERVER_1, SERVER_2), (SERVER_2, SERVER_1)] {
        let folder = fresh_folder("outage");
        let world = World::new(&folder.join("raqam.redb"), ill, well).await;
        println!("\nthe supplier of {} falls ill; {} s a phase", ill.label, phase.as_secs());
        for _ in 0..rounds {
            for mood in Mood::ALL {
                world.phase(mood, phase).await;
            }
        }
        drop(world);
        let _ = std::fs::remove_dir_all(&folder);
    }
}

struct World {
    sim: Arc<Sim>,
    bot: Bot,
    ill: Server,
    well: Server,
}

impl World {
    async fn new(database: &Path, ill: Server, well: Server) -> Self {
        let mut options = SimOptions::for_load();
        for common in [&mut options.smspool.common, &mut options.nonvoip.common] {
            // A balance of a million dollars and more is read by no client of ours.
            common.balance = "500000.00".to_owned();
            common.sms_after = Some(Duration::ZERO);
        }
        options.telegram.patience = Duration::from_secs(60);
        let sim = Arc::new(Sim::start(options).await.expect("loopback has free ports"));
        let mut environment = environment(&sim, database);
        environment.extend([
            ("NONVOIP_API_URL", sim.nonvoip.url().to_owned()),
            ("NONVOIP_EMAIL", sim.nonvoip.email().unwrap_or_default().to_owned()),
            ("NONVOIP_PASSWORD", sim.nonvoip.key()),
            ("POLL_SECONDS", "1".to_owned()),
        ]);
        let raised = ["SUPPLIER_REQUESTS_PER_SECOND", "UNASKED_MESSAGES_PER_SECOND", "FLOOD_EVENTS"];
        environment.extend(raised.map(|limit| (limit, "1000".to_owned())));
        let bot = Bot::start(&environment);
        sim.telegram.wait_count("getUpdates", 1, Duration::from_secs(60)).await;
        let world = Self { sim, bot, ill, well };
        world.prepare(&environment).await;
        world
    }

    /// Everybody has money, and may buy as often as they like.
    async fn prepare(&self, environment: &[(&'static str, String)]) {
        for limit in ["purchases-per-user", "purchases-in-all", "open-per-user", "open-in-all"] {
            operator(environment, &["settings", "limit", limit, "1000000"]);
        }
        for (place, count) in PEOPLE {
            for number in 0..count {
                let user = self.sim.telegram.user(id_of(place, number), "Load", "en");
                user.send("/start");
                user.see("Load").await.expect("a welcome");
                operator(environment, &["credit", &user.id().to_string(), "100000", "--reason", "load"]);
            }
        }
        for server in [self.ill, self.well] {
            self.wait_until_it_sells(server).await;
        }
    }

    /// Somebody buys there, again and again until it succeeds.
    async fn wait_until_it_sells(&self, server: Server) {
        let user = self.sim.telegram.known_user(id_of(Place::Ill, 0)).expect("known");
        let sells = async {
            loop {
                let mut seen = Seen::default();
                journey(&user, server, &mut seen).await;
                if seen.codes > 0 {
                    return;
                }
                tokio::time::sleep(THINK).await;
            }
        };
        timeout(RECOVERY, sells).await.unwrap_or_else(|_| panic!("{} does not sell: {}", server.label, user.chat()));
    }

    async fn phase(&self, mood: Mood, length: Duration) {
        let supplier = (self.ill.supplier)(&self.sim);
        if let Some(fault) = mood.fault() {
            supplier.fault("*", u32::MAX, fault);
        }
        let end = Instant::now() + length;
        let mut people = Vec::new();
        for (place, count) in PEOPLE {
            let server = if place == Place::Well { self.well } else { self.ill };
            for number in 0..count {
                let user = self.sim.telegram.known_user(id_of(place, number)).expect("known");
                // They do not all begin at once.
                let first = THINK * u32::try_from(number).unwrap_or_default() / 10;
                people.push(tokio::spawn(async move { (place, buy_until(&user, server, first, end).await) }));
            }
        }
        let (mut well, mut ill) = (Seen::default(), Seen::default());
        for one in people {
            let (place, seen) = one.await.expect("a person");
            if place == Place::Well { well.add(seen) } else { ill.add(seen) }
        }
        println!("{mood:?}, memory {} KiB", self.bot.memory("VmRSS"));
        tell(self.well, &mut well);
        tell(self.ill, &mut ill);
        supplier.clear_faults();
        let recovery = Instant::now();
        self.wait_until_it_sells(self.ill).await;
        println!("  {} sells {:.1} s later", self.ill.label, recovery.elapsed().as_secs_f64());
    }
}

fn id_of(place: Place, number: u64) -> i64 {
    let first = if place == Place::Well { 100_000 } else { 200_000 };
    first + i64::try_from(number).expect("small")
}

async fn buy_until(user: &SimUser, server: Server, first: Duration, end: Instant) -> Seen {
    let mut seen = Seen::default();
    tokio::time::sleep(first).await;
    while Instant::now() < end {
        journey(user, server, &mut seen).await;
        tokio::time::sleep(THINK).await;
    }
    seen
}

/// From the menu to the code, or as far as it goes.
async fn journey(user: &SimUser, server: Server, seen: &mut Seen) {
    let asked = user.send("/buy");
    let mut tapped = None;
    for label in server.steps {
        let found = appears(user, |message| has_button(message, label, asked)).await;
        let Some(message) = note_shown(found, tapped, seen) else { return };
        tokio::time::sleep(THINK).await;
        let start = Instant::now();
        match user.tap_on(message, label).await {
            Ok(Tap::Answered(toast)) => {
                seen.answered.push(start.elapsed());
                if toast.alert {
                    seen.turned_away += 1;
                    return;
                }
            }
            Ok(Tap::Opened(_) | Tap::Copied(_) | Tap::Searched(_) | Tap::Paid) => {}
            Err(_) => {
                seen.unanswered += 1;
                return;
            }
        }
        tapped = Some(start);
    }
    // The order's card takes the place of the last question; the code is a message of its own.
    let card = appears(user, |message| message.id > asked && !has_button(message, "✅ Buy for", asked)).await;
    if note_shown(card, tapped, seen).is_some()
        && appears(user, |message| message.id > asked && message.text.contains('🔑')).await.is_some()
    {
        seen.codes += 1;
    }
}

/// A screen that came, or that somebody stopped waiting for.
fn note_shown(found: Option<i64>, tapped: Option<Instant>, seen: &mut Seen) -> Option<i64> {
    match found {
        Some(_) => seen.shown.extend(tapped.map(|tapped| tapped.elapsed())),
        None => seen.given_up += 1,
    }
    found
}

/// The first message of the bot's that is as wanted.
async fn appears(user: &SimUser, wanted: impl Fn(&Message) -> bool) -> Option<i64> {
    let look = user.wait_for(|messages| {
        messages.iter().rev().find(|message| message.from_bot && wanted(message)).map(|message| message.id)
    });
    timeout(PATIENCE, look).await.ok().flatten()
}

fn has_button(message: &Message, label: &str, after: i64) -> bool {
    message.id > after && message.buttons().iter().flatten().any(|button| button.label.contains(label))
}

fn tell(server: Server, seen: &mut Seen) {
    let percentiles = |times: &mut Vec<Duration>| {
        times.sort();
        match times.len() {
            0 => "none".to_owned(),
            count => {
                let of = |share: usize| times[(count * share / 100).min(count - 1)].as_secs_f64() * 1_000.0;
                format!("p50 {:.1} ms, p99 {:.1} ms, longest {:.0} ms", of(50), of(99), of(100))
            }
        }
    };
    println!("  {}: {} taps, {} codes", server.label, seen.answered.len(), seen.codes);
    println!("    tap to answer: {}", percentiles(&mut seen.answered));
    println!("    tap to the next screen: {}", percentiles(&mut seen.shown));
    println!(
        "    turned away by an alert {}, screens given up {}, taps without an answer {}",
        seen.turned_away, seen.given_up, seen.unanswered
    );
}

/// Whoever runs the shop, by the command line.
fn operator(environment: &[(&'static str, String)], arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raqam"));
    let status = command.args(arguments).env_clear().envs(environment.iter().cloned()).stdout(Stdio::null()).status();
    assert!(status.expect("the binary").success());
}
