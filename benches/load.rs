//! A load run: the real binary as a process of its own, 500 users at once, 5,000 journeys, over the simulators in this
//! process. Telegram's and the supplier's limits are raised, and the run says so. `cargo bench --bench load`.

mod bot;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bot::{Bot, environment, fresh_folder};
use sim::{Sim, SimOptions, SimUser};

const USERS: u64 = 500;
const JOURNEYS: u64 = 5_000;
const OPEN_ORDERS: u64 = 2_000;
/// A Linux clock tick: `/proc` counts processor time in hundredths of a second.
const TICK_MS: u64 = 10;

fn main() {
    // `cargo test --benches` only wants to know that this compiles.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    tokio::runtime::Runtime::new().expect("a runtime").block_on(run());
}

async fn run() {
    println!("limits raised: Telegram and the supplier without 429, 1,000 supplier requests/s, no limit on purchases");
    let folder = fresh_folder("load");
    let (sim, bot, operator) = world(&folder.join("journeys.redb"), Some(Duration::ZERO), "1").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("idle memory: {} KiB", bot.memory("VmRSS"));
    prepare(&sim, &operator).await;
    journeys(&sim, &bot).await;
    println!("peak memory: {} KiB", bot.memory("VmHWM"));
    drop(bot);

    let (sim, bot, operator) = world(&folder.join("open.redb"), None, "10").await;
    prepare(&sim, &operator).await;
    open_orders(&sim, &bot).await;
    println!("peak memory: {} KiB", bot.memory("VmHWM"));
    drop(bot);
    let _ = std::fs::remove_dir_all(&folder);
}

/// Simulators in this process, where codes come at once or never, and a bot in its own.
async fn world(database: &Path, sms_after: Option<Duration>, poll_seconds: &str) -> (Arc<Sim>, Bot, Operator) {
    let mut options = SimOptions::for_load();
    options.smspool.common.balance = "1000000.00".to_owned();
    options.smspool.common.sms_after = sms_after;
    options.smspool.common.order_life = Duration::from_secs(7_200);
    options.telegram.patience = Duration::from_secs(120);
    let sim = Arc::new(Sim::start(options).await.expect("loopback has free ports"));
    let raised = ["SUPPLIER_REQUESTS_PER_SECOND", "UNASKED_MESSAGES_PER_SECOND", "FLOOD_EVENTS"];
    let mut environment = environment(&sim, database);
    environment.extend(raised.map(|limit| (limit, "1000".to_owned())));
    environment.push(("POLL_SECONDS", poll_seconds.to_owned()));
    // `METRICS=on cargo bench --bench load` tells what counting costs, `RUST_LOG=info` what the log does.
    for option in ["METRICS", "PORT", "RUST_LOG"] {
        environment.extend(std::env::var(option).ok().map(|value| (option, value)));
    }
    let cold = Instant::now();
    let bot = Bot::start(&environment);
    sim.telegram.wait_count("getUpdates", 1, Duration::from_secs(30)).await;
    println!("cold start to the first getUpdates: {} ms", cold.elapsed().as_millis());
    (sim, bot, Operator { environment })
}

/// Everybody has written once, has money, and may buy as often as they like.
async fn prepare(sim: &Arc<Sim>, operator: &Operator) {
    operator.raise_limits();
    for id in 1..=USERS {
        let user = sim.telegram.user(id_of(id), "Load", if id % 2 == 0 { "ar" } else { "en" });
        user.send("/start");
    }
    for id in 1..=USERS {
        sim.telegram.known_user(id_of(id)).expect("known").see("Load").await.expect("a welcome");
        operator.credit(id_of(id));
    }
}

fn id_of(id: u64) -> i64 {
    i64::try_from(100_000 + id).expect("small")
}

async fn journeys(sim: &Arc<Sim>, bot: &Bot) {
    let next = Arc::new(AtomicU64::new(0));
    let answers = Arc::new(Mutex::new(Vec::new()));
    let (cpu, start) = (bot.cpu_ms(), Instant::now());
    let mut tasks = Vec::new();
    for id in 1..=USERS {
        let (sim, next, answers) = (sim.clone(), next.clone(), answers.clone());
        tasks.push(tokio::spawn(async move {
            let user = sim.telegram.known_user(id_of(id)).expect("known");
            while next.fetch_add(1, Ordering::Relaxed) < JOURNEYS {
                let mut taken = Vec::new();
                journey(&user, id % 2 == 0, &mut taken).await;
                answers.lock().expect("unpoisoned").extend(taken);
            }
        }));
    }
    for task in tasks {
        task.await.expect("a journey");
    }
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), bot.cpu_ms() - cpu);
    let mut answers = answers.lock().expect("unpoisoned").clone();
    answers.sort();
    println!("{JOURNEYS} journeys, {USERS} users at once: {:.0} journeys/s", JOURNEYS as f64 / seconds);
    println!("CPU: {:.2} ms a journey", cpu as f64 / JOURNEYS as f64);
    println!("tap to first answer: p50 {:?}, p99 {:?}", answers[answers.len() / 2], answers[answers.len() * 99 / 100]);
}

/// Type, country, service, confirm, number, code.
async fn journey(user: &SimUser, arabic: bool, taken: &mut Vec<Duration>) {
    user.send("/buy");
    let labels: [&str; 4] = if arabic {
        ["🟢 مؤقت", "أمريكا", "واتساب", "✅ شراء بسعر"]
    } else {
        ["🟢 Temporary", "United States", "WhatsApp", "✅ Buy for"]
    };
    user.see_newest(if arabic { "أي نوع" } else { "What kind" }).await.expect("a type");
    for label in labels {
        wait_for_button(user, label).await;
        let start = Instant::now();
        user.tap(label).await.unwrap_or_else(|error| panic!("{label}: {error}"));
        taken.push(start.elapsed());
    }
    // The code comes by itself, at the monitor's next tick.
    user.see_newest("🔑").await.expect("a code");
}

async fn wait_for_button(user: &SimUser, label: &str) {
    let found = user.wait_for(|messages| {
        messages.last()?.buttons().iter().flatten().any(|button| button.label.contains(label)).then_some(())
    });
    found.await.unwrap_or_else(|| panic!("no button {label}"));
}

/// Many open orders: how often the supplier is called, and what that costs.
async fn open_orders(sim: &Arc<Sim>, bot: &Bot) {
    for round in 0..OPEN_ORDERS / USERS {
        let mut tasks = Vec::new();
        for id in 1..=USERS {
            let sim = sim.clone();
            tasks.push(tokio::spawn(async move {
                let user = sim.telegram.known_user(id_of(id)).expect("known");
                user.send("/buy");
                let arabic = id % 2 == 0;
                let labels: [&str; 4] = if arabic {
                    ["🟢 مؤقت", "أمريكا", "واتساب", "✅ شراء بسعر"]
                } else {
                    ["🟢 Temporary", "United States", "WhatsApp", "✅ Buy for"]
                };
                for label in labels {
                    wait_for_button(&user, label).await;
                    user.tap(label).await.unwrap_or_else(|error| panic!("{label}: {error}"));
                }
                user.see_newest(if arabic { "رقمك جاهز" } else { "Your number is ready" }).await.expect("a number");
            }));
        }
        for task in tasks {
            task.await.unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
    }
    let (cpu, lists, start) = (bot.cpu_ms(), sim.smspool.count("/request/active"), Instant::now());
    let checks = sim.smspool.count("/sms/check");
    tokio::time::sleep(Duration::from_secs(60)).await;
    let (cpu, seconds) = (bot.cpu_ms() - cpu, start.elapsed().as_secs_f64());
    println!(
        "{OPEN_ORDERS} open orders, {seconds:.0} s at a tick of 10 s: {} lists, {} single checks, {:.1} % of a core",
        sim.smspool.count("/request/active") - lists,
        sim.smspool.count("/sms/check") - checks,
        cpu as f64 / 10.0 / seconds
    );
}

/// Whoever runs the shop, by the command line.
struct Operator {
    environment: Vec<(&'static str, String)>,
}

impl Operator {
    fn credit(&self, user: i64) {
        self.ask(&["credit", &user.to_string(), "100000", "--reason", "load"]);
    }

    fn raise_limits(&self) {
        for limit in ["purchases-per-user", "purchases-in-all"] {
            self.ask(&["settings", "limit", limit, "1000000"]);
        }
    }

    fn ask(&self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raqam"));
        let status = command.args(arguments).env_clear().envs(self.environment.clone()).stdout(Stdio::null()).status();
        assert!(status.expect("the binary").success());
    }
}

impl Bot {
    /// User and system time so far.
    fn cpu_ms(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a Linux system");
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        let ticks = |index: usize| fields[index].parse::<u64>().expect("a number");
        (ticks(11) + ticks(12)) * TICK_MS
    }
}
