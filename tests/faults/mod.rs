//! The rows of `rows.txt` that concern the whole product: the real bot as a process, and a world that fails around it.
//! A file per part of the world; rows that are about one crate stand in that crate.

mod operator;
mod process;
mod supplier;
mod telegram;
mod timing;

use sim::SimOptions;

use crate::support::World;

/// What a WhatsApp number costs in this shop is $0.29.
const TO_CONFIRM: &str =
    "send /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\nnewest \"Confirm your order\"\n";
const BUY: &str = "tap \"✅ Buy for $0.29\"\n";
const READY: &str = "newest \"Your number is ready\"\n";

/// Customer 7 with $20.00, in a world that limits nobody's pace.
async fn world() -> World {
    world_with(SimOptions::default()).await
}

/// The same with other options of the supplier.
async fn world_with(mut options: SimOptions) -> World {
    options.telegram.rates = None;
    options.smspool.requests_per_second = None;
    let world = World::with(options).await;
    world.customer(7, "en").await;
    world
}

/// Customer 7 takes these steps.
async fn play(world: &mut World, steps: &str) {
    play_as(world, 7, steps).await;
}

/// Somebody takes these steps.
async fn play_as(world: &mut World, user: i64, steps: &str) {
    world.play(&format!("user {user}\n{steps}")).await;
}

/// Customer 7 waits for a number, which is there.
async fn bought(world: &mut World) {
    play(world, &format!("{TO_CONFIRM}{BUY}{READY}")).await;
}

/// What `raqam status` says.
fn status(world: &World) -> String {
    String::from_utf8_lossy(&world.raqam(&["status"]).stdout).into_owned()
}

/// The books hold, whatever happened.
fn audited(world: &World) {
    let audit = world.raqam(&["audit"]);
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
}
