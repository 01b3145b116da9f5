//! The rows of `rows.txt` that concern the whole product: the real bot as a process, and a world that fails around it.
//! A file per part of the world; rows that are about one crate stand in that crate.

mod operator;
mod process;
mod supplier;
mod telegram;
mod timing;
mod unlisted;

use std::time::Duration;

use sim::telegram::ButtonAction;
use sim::{SimOptions, SimUser};

use crate::support::{PATIENCE, Shop, UNITED_STATES, World};

/// What a WhatsApp number costs in this shop is $0.29.
const TO_CONFIRM: &str = "send /buy\nchoose \"WhatsApp\"\nnewest \"Confirm your order\"\n";
const BUY: &str = "tap \"✅ Buy for $0.29\"\n";
const READY: &str = "newest \"Your number is ready\"\n";

/// Customer 7 with $20.00, in a world that limits nobody's pace.
async fn world(shop: &'static Shop) -> World {
    world_with(shop, options(shop)).await
}

/// What these tests reckon with, at any supplier.
fn options(shop: &Shop) -> SimOptions {
    let mut options = SimOptions::default();
    let common = shop.options(&mut options);
    (common.order_life, common.cancel_lock) = (Duration::from_secs(1_200), Duration::from_secs(60));
    options
}

/// The same with other options of the supplier.
async fn world_with(shop: &'static Shop, mut options: SimOptions) -> World {
    options.telegram.rates = None;
    shop.options(&mut options).requests_per_second = None;
    let mut world = World::without_bot_at(shop, options).await;
    assert!(world.supplier().set_price(UNITED_STATES, shop.whatsapp, "0.22"));
    world.start().await;
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

/// The newest button that begins so: its message and what it carries.
fn button(user: &SimUser, label: &str) -> (i64, String) {
    let found = user.messages().into_iter().rev().find_map(|message| {
        let mut buttons = message.buttons().into_iter().flatten();
        let button = buttons.find(|button| button.label.starts_with(label))?;
        let ButtonAction::Callback(data) = button.action else { return None };
        Some((message.id, data))
    });
    found.unwrap_or_else(|| panic!("no button {label}: {}", user.chat()))
}

/// Waits until `raqam status` says all of these.
async fn until_status(world: &World, parts: &[&str]) {
    let said = async {
        while let said = world.status().await
            && !parts.iter().all(|part| said.contains(part))
        {}
    };
    assert!(tokio::time::timeout(PATIENCE, said).await.is_ok(), "not {parts:?}: {}", world.status().await);
}

/// The books hold, whatever happened.
fn audited(world: &World) {
    let audit = world.raqam(&["audit"]);
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
}
