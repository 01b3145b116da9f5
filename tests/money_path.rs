//! What happens to the money when the supplier answers late, wrongly or not at all.

use std::time::Duration;

use sim::{PoolFault, Role, SimOptions};

use crate::support::{PATIENCE, SERVER_2, Shop, UNITED_STATES, World, at_each_server};

const TO_CONFIRM: &str = "send /buy\nchoose \"WhatsApp\"\nsee \"Confirm your order\"\n";
const BUY: &str = "tap \"✅ Buy for\"\n";

at_each_server! {
    #[tokio::test]
    fault_37_a_server_that_lacks_our_money_buys_nothing_until_it_is_there,
    fault_35_an_answer_with_another_orders_id_is_not_believed,
    fault_65_a_price_that_rose_is_fetched_at_once,
    a_slow_purchase_says_so,
    a_slow_pace_of_looks_holds_up_no_refund,
}

async fn world_with(shop: &'static Shop, options: SimOptions) -> World {
    let mut world = World::without_bot_at(shop, options).await;
    assert!(world.supplier().set_price(UNITED_STATES, shop.whatsapp, "0.22"));
    world.start().await;
    world.customer(7, "en").await;
    world.credit(7, "100.00");
    world
}

async fn world(shop: &'static Shop) -> World {
    world_with(shop, SimOptions::default()).await
}

async fn play(world: &mut World, text: &str) {
    world.play(&format!("user 7\n{text}")).await;
}

/// The supplier's status 2 says only that an order ended: its history says that we have our money back.
#[tokio::test]
async fn an_expired_order_is_settled_by_the_history() {
    let mut options = SimOptions::default();
    options.smspool.expired_status = 2;
    let mut world = world_with(&SERVER_2, options).await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\nclock +21m\nsee \"Time is up\"\n")).await;
    assert_eq!(world.supplier().wait_count_of(Role::PastOrders, 1, PATIENCE).await, 1);
    play(&mut world, "send /wallet\nsee \"$120.00\"\n").await;
    let status = world.status().await;
    assert!(!status.contains("Alarm"), "{status}");
}

/// The answer to a request for another code was lost once, and its number was nobody's.
#[tokio::test]
async fn another_code_is_found_when_its_answer_is_lost() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\nsms \"code 1111\"\nsee \"1111\"\n"))
        .await;
    play(&mut world, "fault supplier resend reset-after\ntap \"🔁 Another code\"\nsee \"Waiting for\"\n").await;
    play(&mut world, "sms \"code 2222\"\nsee \"2222\"\n").await;
    assert_eq!(world.supplier().count_of(Role::Resend), 1);
}

/// Faults, row 37: our float is empty, and nobody else is sent against the same wall.
async fn fault_37_a_server_that_lacks_our_money_buys_nothing_until_it_is_there(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, TO_CONFIRM).await;
    assert!(world.supplier().set_balance("0.10"));
    play(&mut world, &format!("{BUY}see \"Temporarily unavailable\"\nsee \"not charged\"\n")).await;
    play(&mut world, "not-see \"nsufficient\"\nsend /wallet\nnewest \"Balance: $120.00\"\n").await;
    play(&mut world, "send /buy\nsee \"is unavailable right now\"\n").await;
    assert!(world.supplier().count_of(Role::Purchase) <= 1);
    let status = world.status().await;
    let why = format!("SERVER {} SELLS NOTHING: our balance is too low", shop.server);
    assert!(status.contains(&why), "{status}");
    assert!(world.supplier().set_balance("10.00"));
    world.until_all_sell().await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\n")).await;
    assert!(world.status().await.contains("Alarm: BalanceTooLow"), "{}", world.status().await);
}

/// The supplier blocks an account for hours after too many failed purchases: trying on would only make it longer.
#[tokio::test]
async fn a_block_of_hours_is_waited_for() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, &format!("{TO_CONFIRM}fault supplier purchase too-many-failed\n{BUY}see \"not charged\"\n")).await;
    play(&mut world, "clock +300m\nsend /buy\nsee \"Server 2 is unavailable right now\"\n").await;
    assert_eq!(world.supplier().count_of(Role::Purchase), 1);
    play(&mut world, "clock +61m\n").await;
    world.until_all_sell().await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\n")).await;
}

/// Faults, row 35: the answer names another order, and the number is found all the same.
async fn fault_35_an_answer_with_another_orders_id_is_not_believed(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\n")).await;
    let telegram = TO_CONFIRM.replace("WhatsApp", "Telegram");
    play(&mut world, &format!("{telegram}fault supplier purchase duplicate-order-id\n{BUY}{}", shop.lost.ends)).await;
    let orders = world.supplier().orders();
    assert_eq!(orders.len(), 2, "each bought once");
    assert!(world.status().await.contains("Alarm"));
}

/// The list kept the price that the supplier had refused: each try quoted it again.
async fn fault_65_a_price_that_rose_is_fetched_at_once(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, TO_CONFIRM).await;
    assert!(world.supplier().set_price(UNITED_STATES, shop.whatsapp, "0.90"));
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
    let mut world = world(&SERVER_2).await;
    world.supplier().fault("/rental/retrieve_services", 1_000, PoolFault::Cloudflare(502));
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\n")).await;
    let to_service = "send /buy\ntap \"📅 Rental\"\ntap \"30 days\"\ntap \"United States\"\n";
    play(&mut world, &format!("{to_service}see \"Other country\"\n")).await;
    world.supplier().clear_faults();
    play(&mut world, "clock +2m\ntap \"🔄 Try again\"\ntap \"WhatsApp\"\nsee \"Confirm your order\"\n").await;
    // Kept in the database: a restart asks nobody what it knows.
    let asked = world.supplier().count("/rental/retrieve_services");
    world.kill();
    world.supplier().fault("/rental/retrieve_services", 1_000, PoolFault::Cloudflare(502));
    world.start().await;
    play(&mut world, &format!("{to_service}tap \"WhatsApp\"\nsee \"Confirm your order\"\n")).await;
    assert!(asked >= 2, "both lines of the country");
}

/// The supplier's window closed before it heard of the cancel: the line stays, and is paid.
#[tokio::test]
async fn a_rental_that_is_cancelled_too_late_stays() {
    let mut world = world(&SERVER_2).await;
    let rent =
        "send /buy\ntap \"📅 Rental\"\ntap \"30 days\"\ntap \"United States\"\ntap \"WhatsApp\"\ntap \"✅ Buy for\"\n";
    play(&mut world, &format!("{rent}see \"Messages: 0\"\nclock +118m\n")).await;
    world.fault_on(Role::RentalRefund, 1, PoolFault::Cloudflare(502));
    play(&mut world, "tap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\n").await;
    world.supplier().wait_count_of(Role::RentalRefund, 1, PATIENCE).await;
    play(&mut world, "clock +3m\n").await;
    // The next try is 15 seconds after the first one's answer, whenever that came.
    while world.supplier().wait_count_of(Role::RentalRefund, 2, Duration::from_secs(1)).await < 2 {
        play(&mut world, "clock +16s\n").await;
    }
    play(&mut world, "see \"Too late to cancel\"\nsms \"code 3333\"\nclock +5m\nsee \"3333\"\n").await;
    assert_eq!(world.supplier().truth().refunded_micros, 0);
}

/// Screens, 7: the card says by itself that the supplier is slow.
async fn a_slow_purchase_says_so(shop: &'static Shop) {
    let mut world = world(shop).await;
    world.fault_on(Role::Purchase, 1, PoolFault::HangBefore);
    play(&mut world, &format!("{TO_CONFIRM}{BUY}clock +9s\nsee \"slow\"\n")).await;
}

/// The deadlines of orders once kept the pace that the operator sets for looks: refunds came minutes late.
async fn a_slow_pace_of_looks_holds_up_no_refund(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, &format!("{TO_CONFIRM}{BUY}see \"Your number is ready\"\nclock +2m\n")).await;
    assert!(world.raqam(&["settings", "poll", shop.server, "300"]).status.success());
    // The turn that was near already.
    let looks = world.supplier().count_of(shop.watch);
    world.supplier().wait_count_of(shop.watch, looks + 1, Duration::from_secs(2)).await;
    play(&mut world, "tap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\nsee \"returned. Balance: $120.00\"\n").await;
}
