//! Faults, row 30: what the supplier sold and nobody owns is given back, or written off, and no user pays for it.
//! `raqam status` asks the simulated supplier for its balance: the simulators need a thread beside the test's.

use std::time::Duration;

use sim::{OrderStatus, PoolFault, SimOptions};

use crate::support::{PATIENCE, World};

const TO_CONFIRM: &str =
    "send /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\nsee \"Confirm your order\"\n";
const TO_RENTAL: &str = "send /buy\ntap \"📅 Rental\"\ntap \"30 days\"\ntap \"United States\"\ntap \"WhatsApp\"\nsee \"Confirm your order\"\n";
/// How long one turn of a loop waits for the bot to do something.
const TURN: Duration = Duration::from_secs(3);

async fn play(world: &mut World, text: &str) {
    world.play(&format!("user 7\n{text}")).await;
}

/// A customer who bought, whose purchase the supplier carried out without an answer and shows after 200 seconds, and who
/// has the money back.
async fn refunded_too_early() -> World {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(7, "en").await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, "fault smspool /purchase/sms hidden 200s\nfault smspool /purchase/sms reset-after\n").await;
    play(&mut world, "tap \"✅ Buy for\"\nsee \"Checking with the server\"\nclock +181s\nsee \"returned. Balance\"\n")
        .await;
    world
}

/// Moves the time on until the status says something; `call` is what the bot does meanwhile.
async fn until_status(world: &mut World, says: &str, call: &str) {
    for _ in 0..12 {
        if world.status().await.contains(says) {
            return;
        }
        let calls = world.sim.smspool.count(call);
        play(world, "clock +61s\n").await;
        world.sim.smspool.wait_count(call, calls + 1, TURN).await;
    }
    panic!("{says:?} was never said: {}", world.status().await);
}

/// Nobody paid but us, the books hold, and our costs are what the supplier kept.
async fn check_books(world: &mut World) {
    play(world, "send /wallet\nsee \"$20.00\"\n").await;
    let audit = world.raqam(&["audit"]);
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept("after an orphan");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_30_a_number_that_shows_up_after_the_refund_is_reported_and_given_back() {
    let mut world = refunded_too_early().await;
    until_status(&mut world, "Alarm: Orphan × 1", "/request/history").await;
    assert_eq!(world.sim.smspool.count("/sms/cancel"), 0, "whoever bought it may still turn up");
    // The first cancel meets the time lock, the next one does not.
    world.sim.smspool.fault("/sms/cancel", 1, PoolFault::CancelLocked);
    until_status(&mut world, "0 being given back, 1 given back, 0 written off", "/sms/cancel").await;
    let orders = world.sim.smspool.orders();
    assert_eq!((orders.len(), orders[0].status), (1, OrderStatus::Refunded));
    assert_eq!(world.sim.smspool.count("/sms/cancel"), 2);
    let truth = world.sim.smspool.truth();
    assert!(truth.charged_micros > 0 && truth.charged_micros == truth.refunded_micros, "{truth:?}");
    assert!(world.status().await.contains("Written off: $0.00 in all"), "{}", world.status().await);
    check_books(&mut world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_30_a_number_whose_code_came_already_is_our_loss() {
    let mut world = refunded_too_early().await;
    play(&mut world, "sms \"code 90417\"\n").await;
    until_status(&mut world, "0 being given back, 0 given back, 1 written off", "/sms/cancel").await;
    let status = world.status().await;
    assert!(status.contains("Alarm: WrittenOff × 1"), "{status}");
    let kept = world.sim.smspool.orders()[0].cost_micros;
    let loss = format!("Written off: {} in all, 0 orders and 1 without an owner", shop::Money::from_micros(kept));
    assert!(status.contains(&loss), "{loss}: {status}");
    let user = world.sim.telegram.known_user(7).expect("a customer");
    let shown = user.messages();
    assert!(shown.iter().all(|message| !message.text.contains("90417")), "the code is nobody's");
    check_books(&mut world).await;
}

/// Killed when the supplier had taken it back and nobody here knew: the second cancel is refused, and the look tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_30_a_kill_between_the_cancel_and_its_booking_books_it_once() {
    let mut world = refunded_too_early().await;
    until_status(&mut world, "Alarm: Orphan × 1", "/request/history").await;
    world.sim.smspool.fault("/sms/cancel", 1, PoolFault::HangAfter);
    for _ in 0..12 {
        play(&mut world, "clock +61s\n").await;
        if world.sim.smspool.wait_count("/sms/cancel", 1, TURN).await > 0 {
            break;
        }
    }
    assert_eq!(world.sim.smspool.orders()[0].status, OrderStatus::Refunded);
    world.kill();
    world.start().await;
    assert!(world.sim.smspool.wait_count("/sms/check", 1, PATIENCE).await >= 1);
    until_status(&mut world, "0 being given back, 1 given back, 0 written off", "/sms/cancel").await;
    assert_eq!(world.sim.smspool.count("/sms/cancel"), 2);
    check_books(&mut world).await;
}

/// A rental that nobody owns goes back inside the supplier's refund window.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_30_a_rental_that_nobody_owns_is_given_back() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(7, "en").await;
    world.credit(7, "100.00");
    play(&mut world, TO_RENTAL).await;
    // Neither the answer nor the list arrives before the deadline.
    world.sim.smspool.fault("/purchase/rental", 1, PoolFault::ResetAfter);
    world.sim.smspool.fault("/rental/retrieve", 1_000, PoolFault::Cloudflare(502));
    play(&mut world, "tap \"✅ Buy for\"\nsee \"Checking with the server\"\nclock +181s\nsee \"returned. Balance\"\n")
        .await;
    world.sim.smspool.clear_faults();
    until_status(&mut world, "0 being given back, 1 given back, 0 written off", "/rental/refund").await;
    assert!(world.sim.smspool.rentals()[0].refunded);
    play(&mut world, "send /wallet\nsee \"$120.00\"\n").await;
    assert!(world.raqam(&["audit"]).status.success());
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept("after an orphan");
}
