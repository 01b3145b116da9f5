//! A supplier that lists nothing: only our balance there tells what became of a purchase, so one is in question at a time.

use std::time::Duration;

use sim::{Dialect, PoolFault, Role};

use super::{BUY, READY, TO_CONFIRM, audited, button, options, play, play_as, until_status, world, world_with};
use crate::support::{PATIENCE, SERVER_1, World};

const CHECKING: &str = "see \"Checking with the server\"\n";
const NOT_STARTED: &str = "see \"Your order was not started\"\nsend /wallet\nnewest \"Balance: $20.00\"\n";

/// Customer 7's purchase is charged, and its answer is lost.
async fn lost() -> World {
    lost_in(world(&SERVER_1).await).await
}

async fn lost_in(mut world: World) -> World {
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault supplier purchase reset-after\n{BUY}{CHECKING}")).await;
    assert_eq!(world.supplier().truth().charged_micros, 220_000);
    world
}

#[tokio::test]
async fn fault_27_a_number_that_nobody_can_find_is_our_loss_and_not_the_buyers() {
    let mut world = lost().await;
    play(&mut world, &format!("clock +170s\n{CHECKING}clock +11s\nsee \"returned. Balance: $20.00\"\n")).await;
    until_status(&world, &["Alarm: WrittenOff × 1", "Written off: $0.22 in all"]).await;
    play(&mut world, "count purchase 1\n").await;
    audited(&world);
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept("a loss");
}

/// It may have been charged or not: the buyer's money comes back all the same, and nothing is bought again.
#[tokio::test]
async fn fault_27_a_balance_that_cannot_be_read_proves_nothing() {
    let mut world = lost().await;
    world.fault_on(Role::Balance, 1_000, PoolFault::Cloudflare(502));
    play(&mut world, &format!("clock +91s\n{CHECKING}clock +91s\nsee \"returned. Balance: $20.00\"\n")).await;
    play(&mut world, "count purchase 1\n").await;
    audited(&world);
}

#[tokio::test]
async fn fault_27_a_rented_number_that_nobody_can_find_is_our_loss_too() {
    let mut world = world(&SERVER_1).await;
    world.credit(7, "80.00");
    let (buy, steps) = SERVER_1.rental.split_last().expect("a journey");
    for (action, seen) in steps {
        play(&mut world, &format!("{action}\nnewest \"{seen}\"\n")).await;
    }
    play(&mut world, &format!("fault supplier rent reset-after\n{}\n{CHECKING}", buy.0)).await;
    play(&mut world, "clock +181s\nsee \"returned. Balance: $100.00\"\n").await;
    until_status(&world, &["Alarm: WrittenOff × 1"]).await;
    play(&mut world, "count rent 1\n").await;
    audited(&world);
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept("a lost rental");
}

/// What nobody has seen of the supplier is written in each of its ways: a code, a cancel, a rental that is woken.
async fn sells_however_it_writes(dialect: Dialect) {
    let mut options = options(&SERVER_1);
    options.nonvoip.dialect = dialect;
    SERVER_1.options(&mut options).cancel_lock = Duration::ZERO;
    let mut world = world_with(&SERVER_1, options).await;
    world.credit(7, "80.00");
    play(&mut world, &format!("{TO_CONFIRM}{BUY}{READY}sms \"code 3434\"\nsee \"🔑 3434\"\n")).await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}{READY}tap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\n")).await;
    play(&mut world, "see \"returned. Balance: $99.71\"\n").await;
    for (action, seen) in SERVER_1.rental {
        play(&mut world, &format!("{action}\nnewest \"{seen}\"\n")).await;
    }
    play(&mut world, "see \"State: active\"\nsms \"code 3535\"\nsee \"3535\"\ncount purchase 3\n").await;
    let truth = world.supplier().truth();
    assert_eq!(truth.refunded_micros, 220_000, "{truth:?}");
    assert_eq!(world.supplier().unknown_calls(), Vec::<String>::new());
    audited(&world);
}

#[tokio::test]
async fn fault_34_the_supplier_writes_as_the_public_clients_read() {
    sells_however_it_writes(Dialect::Clients).await;
}

#[tokio::test]
async fn fault_34_the_supplier_writes_numbers_objects_and_http_400() {
    sells_however_it_writes(Dialect::Typed).await;
}

#[tokio::test]
async fn fault_34_the_supplier_leaves_out_what_it_can() {
    sells_however_it_writes(Dialect::Sparse).await;
}

/// Waking is harmless when it is done twice, and is done again by whoever starts next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wake_that_the_process_died_at_is_made_at_the_next_start() {
    for when in ["before", "after"] {
        let mut world = world(&SERVER_1).await;
        world.credit(7, "80.00");
        for (action, seen) in SERVER_1.rental {
            play(&mut world, &format!("{action}\nnewest \"{seen}\"\n")).await;
        }
        play(&mut world, "see \"State: active\"\nclock +11m\nsee \"State: inactive\"\nsms \"code 90210\"\n").await;
        world.kill();
        let path = world.supplier().path(Role::Wake).expect("rentals sleep here");
        let mut bot = world.spawn(&[("FAILPOINTS", &format!("supplier:{path}:{when}=1*return"))]);
        let user = world.sim.telegram.known_user(7).expect("a customer");
        let pressing = tokio::spawn(async move { drop(user.tap("📶 Wake the number").await) });
        let ended = tokio::time::timeout(PATIENCE, bot.ended()).await;
        assert!(!ended.unwrap_or_else(|_| panic!("{when}: not passed: {}", bot.log())).success());
        pressing.abort();
        world.start().await;
        play(&mut world, "see \"State: active\"\nsee \"90210\"\n").await;
        audited(&world);
    }
}

#[tokio::test]
async fn fault_28_nothing_is_bought_while_a_purchase_is_in_question_and_all_is_when_it_is_settled() {
    let mut world = world(&SERVER_1).await;
    let other = world.customer(8, "en").await;
    play_as(&mut world, 8, TO_CONFIRM).await;
    let (message, data) = button(&other, "✅ Buy for");
    let mut world = lost_in(world).await;
    other.press_raw(message, &data).await.expect("an answer");
    play_as(&mut world, 8, "see \"Server 1 is unavailable right now. You were not charged.\"\n").await;
    assert_eq!(world.supplier().count_of(Role::Purchase), 1, "its answer could not be told from the other's");
    play(&mut world, "clock +181s\nsee \"returned. Balance: $20.00\"\n").await;
    until_status(&world, &["Alarm: WrittenOff × 1"]).await;
    play_as(&mut world, 8, &format!("{TO_CONFIRM}{BUY}{READY}sms \"code 2828\"\nsee \"🔑 2828\"\n")).await;
    play_as(&mut world, 8, "send /wallet\nnewest \"Balance: $19.71\"\ncount purchase 2\n").await;
    audited(&world);
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept("a loss and a sale");
}

#[tokio::test]
async fn fault_66_a_server_that_is_switched_off_starts_nothing_that_waits_for_another_purchase() {
    let mut world = world(&SERVER_1).await;
    world.customer(8, "en").await;
    for user in [7, 8] {
        play_as(&mut world, user, TO_CONFIRM).await;
    }
    world.fault_on(Role::Purchase, 1, PoolFault::Delay(Duration::from_secs(5)));
    let read = world.supplier().count_of(Role::Offers);
    play(&mut world, BUY).await;
    // The price is read right before the purchase is sent.
    assert!(world.supplier().wait_count_of(Role::Offers, read + 1, PATIENCE).await > read);
    play_as(&mut world, 8, &format!("{BUY}see \"Getting your number\"\nsettings off 1\n{NOT_STARTED}")).await;
    play(&mut world, &format!("{READY}sms \"code 6666\"\nsee \"🔑 6666\"\ncount purchase 1\n")).await;
    audited(&world);
}
