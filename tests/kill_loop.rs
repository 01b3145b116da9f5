//! SIGKILL at any moment, again and again: a person buys, the supplier errs, the process dies somewhere in between and
//! comes back. After each round no order is open, the books hold, and our costs are what the supplier kept.
//!
//! `KILL_ROUNDS` and `KILL_SEED` choose how many rounds and which; a failure names both.

use std::time::Duration;

use sim::{PoolFault, Sim, SimOptions, SimUser, SmsPoolSim};

use crate::support::{PATIENCE, World};

/// How many rounds run where nobody says otherwise.
const ROUNDS: u64 = 5;
/// The calls at which the process may die: when one more of them has come.
const MOMENTS: [&str; 6] =
    ["getUpdates", "answerCallbackQuery", "sendMessage", "editMessageText", "/purchase/sms", "/request/active"];
/// How often a person begins anew where an answer was lost.
const ATTEMPTS_MAX: u32 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_lost() {
    let rounds = number("KILL_ROUNDS", ROUNDS);
    let seed = number("KILL_SEED", 1);
    let mut options = SimOptions::for_load();
    options.smspool.cancel_lock = Duration::ZERO;
    let mut world = World::with(options).await;
    let (mut dice, mut pressed) = (Dice(seed), 0);
    for round in 0..rounds {
        let plan = Plan::draw(&mut dice);
        let told = format!("round {round} of KILL_SEED={seed}: {plan:?}");
        let user = world.customer(10_000 + i64::try_from(round).expect("few"), "en").await;
        if let Some(fault) = plan.fault.clone() {
            world.sim.smspool.fault("/purchase/sms", 1, fault);
        }
        let journey = tokio::spawn(journey(user, world.sim.smspool.clone(), plan.end));
        let before = count(&world.sim, plan.moment);
        wait(&world.sim, plan.moment, before + plan.calls).await;
        world.kill();
        world.start().await;
        pressed += journey.await.unwrap_or_else(|error| panic!("{told}: {error}"));
        world.sim.smspool.clear_faults();
        settle(&mut world, &told).await;
        assert!(world.sim.smspool.count("/purchase/sms") <= pressed, "{told}: more purchases than presses on Buy");
        let audit = world.raqam(&["audit"]);
        assert!(audit.status.success(), "{told}: {}", String::from_utf8_lossy(&audit.stdout));
    }
    world.kill();
    world.check_costs();
}

/// What happens in a round.
#[derive(Debug)]
struct Plan {
    end: End,
    fault: Option<PoolFault>,
    moment: &'static str,
    /// How many more calls of that kind come before the end.
    calls: u64,
}

/// How the person's wish ends, where a number comes at all.
#[derive(Debug, Clone, Copy)]
enum End {
    Code,
    Cancel,
}

impl Plan {
    fn draw(dice: &mut Dice) -> Self {
        let faults = [
            None,
            None,
            None,
            Some(PoolFault::OutOfStock),
            Some(PoolFault::ResetAfter),
            Some(PoolFault::ResetBefore),
            Some(PoolFault::Cloudflare(502)),
            Some(PoolFault::TruncatedJson),
            Some(PoolFault::Delay(Duration::from_millis(300))),
        ];
        let moment = MOMENTS[dice.below(MOMENTS.len())];
        Self {
            end: if dice.below(3) == 0 { End::Cancel } else { End::Code },
            fault: faults[dice.below(faults.len())].clone(),
            moment,
            calls: if moment == "/purchase/sms" { 1 } else { 1 + dice.below(4) as u64 },
        }
    }
}

/// A person who wants a number, and begins anew where nothing comes of it; how often Buy was pressed.
async fn journey(user: SimUser, supplier: SmsPoolSim, end: End) -> u64 {
    let mut pressed = 0;
    for _ in 0..ATTEMPTS_MAX {
        user.send("/buy");
        let chosen = async {
            for label in ["🟢 Temporary", "United States", "WhatsApp"] {
                user.tap(label).await?;
            }
            user.see_newest("Confirm your order").await
        };
        if chosen.await.is_err() {
            continue;
        }
        pressed += 1;
        // The answer may be lost with the process: what the chat shows in the end is what counts.
        let _ = user.tap("✅ Buy for").await;
        match outcome(&user).await {
            Some("Your number is ready") => {}
            // No number, or nobody knows yet: time will tell.
            Some(_) => return pressed,
            None => continue,
        }
        match end {
            End::Code => {
                supplier.deliver_latest("Your code is 482913");
            }
            End::Cancel => {
                let _ = user.tap("✖️ Cancel & refund").await;
                let _ = user.tap("✖️ Yes, cancel").await;
            }
        }
        return pressed;
    }
    pressed
}

/// What became of a purchase, as far as the chat tells.
async fn outcome(user: &SimUser) -> Option<&'static str> {
    let seen = user.wait_for(|messages| {
        let shown = |words: &&&str| messages.iter().any(|message| message.text.contains(**words));
        ["Your number is ready", "No numbers right now", "Checking with the server"].iter().find(shown).copied()
    });
    seen.await
}

/// Waits until no order is open; time is moved on where an order waits for time alone.
async fn settle(world: &mut World, told: &str) {
    for _ in 0..60 {
        let status = world.raqam(&["status"]);
        if String::from_utf8_lossy(&status.stdout).contains("Open orders: none") {
            return;
        }
        let ticks = world.sim.smspool.count("/request/active");
        world.play("clock +3m\n").await;
        world.sim.smspool.wait_count("/request/active", ticks + 1, Duration::from_secs(3)).await;
    }
    let status = world.raqam(&["status"]);
    panic!("{told}: orders stay open: {}", String::from_utf8_lossy(&status.stdout));
}

fn count(sim: &Sim, call: &str) -> u64 {
    if call.starts_with('/') { sim.smspool.count(call) } else { sim.telegram.count(call) }
}

/// Waits for a call; one that does not come in this round is waited for a moment only.
async fn wait(sim: &Sim, call: &str, wanted: u64) {
    let within = PATIENCE / 10;
    if call.starts_with('/') {
        sim.smspool.wait_count(call, wanted, within).await;
    } else {
        sim.telegram.wait_count(call, wanted, within).await;
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().expect("a whole number"))
}

/// Random numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).expect("below a usize")
    }
}
