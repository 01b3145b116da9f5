//! What happens to the money when the supplier answers late, wrongly or not at all.

use std::time::Duration;

use sim::{PoolFault, SimOptions};

use crate::support::{PATIENCE, World};

const TO_CONFIRM: &str =
    "send /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\nsee \"Confirm your order\"\n";
const BUY: &str = "tap \"✅ Buy for\"\n";

async fn world_with(options: SimOptions) -> World {
    let world = World::with(options).await;
    world.customer(7, "en").await;
    world.credit(7, "100.00");
    world
}

async fn world() -> World {
    world_with(SimOptions::default()).await
}

async fn play(world: &mut World, text: &str) {
    world.play(&format!("user 7\n{text}")).await;
}

/// The supplier's status 2 says only that an order ended: its history says that we have our money back.
#[tokio::test]
async fn an_expired_order_is_settled_by_the_history() {
    let mut options = SimOptions::default();
    options.smspool.expired_status = 2;
    let mut world = world_with(options).await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\nclock +21m\nsee \"Time is up\"\n")).await;
    assert_eq!(world.sim.smspool.wait_count("/request/history", 1, PATIENCE).await, 1);
    play(&mut world, "send /wallet\nsee \"$120.00\"\n").await;
    let status = world.status().await;
    assert!(!status.contains("Alarm"), "{status}");
}

/// The answer to a request for another code was lost once, and its number was nobody's.
#[tokio::test]
async fn another_code_is_found_when_its_answer_is_lost() {
    let mut world = world().await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\nsms \"code 1111\"\nsee \"1111\"\n"))
        .await;
    play(&mut world, "fault smspool /sms/resend reset-after\ntap \"🔁 Another code\"\nsee \"Waiting for\"\n").await;
    play(&mut world, "sms \"code 2222\"\nsee \"2222\"\n").await;
    assert_eq!(world.sim.smspool.count("/sms/resend"), 1);
}

/// Waits until every server sells again.
async fn until_all_sell(world: &World) {
    let all = async { while world.status().await.contains("SELLS NOTHING") {} };
    tokio::time::timeout(PATIENCE, all).await.expect("a server sells again");
}

/// Faults, row 37: our float is empty, and nobody else is sent against the same wall.
#[tokio::test]
async fn fault_37_a_server_that_lacks_our_money_buys_nothing_until_it_is_there() {
    let mut world = world().await;
    play(&mut world, TO_CONFIRM).await;
    assert!(world.sim.smspool.set_balance("0.10"));
    play(&mut world, &format!("{BUY}see \"Temporarily unavailable\"\nsee \"not charged\"\n")).await;
    play(&mut world, "not-see \"nsufficient\"\nsend /wallet\nnewest \"Balance: $120.00\"\n").await;
    play(&mut world, "send /buy\nsee \"Server 2 is unavailable right now\"\n").await;
    assert_eq!(world.sim.smspool.count("/purchase/sms"), 1);
    let status = world.status().await;
    assert!(status.contains("SERVER 2 SELLS NOTHING: our balance is too low"), "{status}");
    assert!(world.sim.smspool.set_balance("10.00"));
    until_all_sell(&world).await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\n")).await;
    assert!(world.status().await.contains("Alarm: BalanceTooLow"), "{}", world.status().await);
}

/// The supplier blocks an account for hours after too many failed purchases: trying on would only make it longer.
#[tokio::test]
async fn a_block_of_hours_is_waited_for() {
    let mut world = world().await;
    play(&mut world, &format!("{TO_CONFIRM}fault smspool /purchase/sms too-many-failed\n{BUY}see \"not charged\"\n"))
        .await;
    play(&mut world, "clock +300m\nsend /buy\nsee \"Server 2 is unavailable right now\"\n").await;
    assert_eq!(world.sim.smspool.count("/purchase/sms"), 1);
    play(&mut world, "clock +61m\n").await;
    until_all_sell(&world).await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\n")).await;
}

/// Faults, row 35: the answer names another order, and the number is found all the same.
#[tokio::test]
async fn fault_35_an_answer_with_another_orders_id_is_not_believed() {
    let mut world = world().await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\n")).await;
    let telegram = TO_CONFIRM.replace("WhatsApp", "Telegram");
    play(
        &mut world,
        &format!("{telegram}fault smspool /purchase/sms duplicate-order-id\n{BUY}newest \"Your number is ready\"\n"),
    )
    .await;
    let orders = world.sim.smspool.orders();
    assert_eq!(orders.len(), 2, "each bought once");
    play(&mut world, "sms \"code 4444\"\nsee \"4444\"\n").await;
    assert!(world.status().await.contains("Alarm"));
}

/// The list kept the price that the supplier had refused: each try quoted it again.
#[tokio::test]
async fn fault_65_a_price_that_rose_is_fetched_at_once() {
    let mut world = world().await;
    play(&mut world, TO_CONFIRM).await;
    assert!(world.sim.smspool.set_price(1, 1012, "0.90"));
    play(&mut world, &format!("{BUY}see \"The price changed\"\nsee \"not charged\"\n")).await;
    let user = world.sim.telegram.known_user(7).expect("a customer");
    let fetched = async {
        loop {
            let answer = user.search("sp_svc:1:WhatsApp").await.expect("an answer");
            if answer.results.iter().any(|result| result.description.contains("$1.17")) {
                return;
            }
            world.sim.clock.advance(Duration::from_secs(1));
        }
    };
    tokio::time::timeout(PATIENCE, fetched).await.expect("the new price");
    play(&mut world, &format!("{TO_CONFIRM}see \"$1.17\"\n{BUY}see \"Your number is ready\"\n")).await;
}

/// The services of lines for rent were once loaded before everything else: their failure stopped temporary numbers.
#[tokio::test]
async fn a_failing_rental_list_stops_rentals_only() {
    let mut world = world().await;
    world.sim.smspool.fault("/rental/retrieve_services", 1_000, PoolFault::Cloudflare(502));
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\n")).await;
    let to_service = "send /buy\ntap \"📅 Rental\"\ntap \"30 days\"\ntap \"United States\"\n";
    play(&mut world, &format!("{to_service}see \"Other country\"\n")).await;
    world.sim.smspool.clear_faults();
    play(&mut world, "clock +2m\ntap \"🔄 Try again\"\ntap \"WhatsApp\"\nsee \"Confirm your order\"\n").await;
    // Kept in the database: a restart asks nobody what it knows.
    let asked = world.sim.smspool.count("/rental/retrieve_services");
    world.kill();
    world.sim.smspool.fault("/rental/retrieve_services", 1_000, PoolFault::Cloudflare(502));
    world.start().await;
    play(&mut world, &format!("{to_service}tap \"WhatsApp\"\nsee \"Confirm your order\"\n")).await;
    assert!(asked >= 2, "both lines of the country");
}

/// The supplier's window closed before it heard of the cancel: the line stays, and is paid.
#[tokio::test]
async fn a_rental_that_is_cancelled_too_late_stays() {
    let mut world = world().await;
    let rent =
        "send /buy\ntap \"📅 Rental\"\ntap \"30 days\"\ntap \"United States\"\ntap \"WhatsApp\"\ntap \"✅ Buy for\"\n";
    play(&mut world, &format!("{rent}see \"Messages: 0\"\nclock +118m\n")).await;
    world.sim.smspool.fault("/rental/refund", 1, PoolFault::Cloudflare(502));
    play(&mut world, "tap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\n").await;
    world.sim.smspool.wait_count("/rental/refund", 1, PATIENCE).await;
    play(&mut world, "clock +3m\n").await;
    // The next try is 15 seconds after the first one's answer, whenever that came.
    while world.sim.smspool.wait_count("/rental/refund", 2, Duration::from_secs(1)).await < 2 {
        play(&mut world, "clock +16s\n").await;
    }
    play(&mut world, "see \"Too late to cancel\"\nsms \"code 3333\"\nclock +5m\nsee \"3333\"\n").await;
    assert_eq!(world.sim.smspool.truth().refunded_micros, 0);
}

/// Screens, 7: the card says by itself that the supplier is slow.
#[tokio::test]
async fn a_slow_purchase_says_so() {
    let mut world = world().await;
    world.sim.smspool.fault("/purchase/sms", 1, PoolFault::HangBefore);
    play(&mut world, &format!("{TO_CONFIRM}{BUY}clock +9s\nsee \"slow\"\n")).await;
}
