//! The supplier fails: answers that are lost, wrong, late or not there.

use std::time::Duration;

use sim::PoolFault;

use super::{BUY, READY, TO_CONFIRM, audited, bought, play, play_as, until_status, world};
use crate::support::{PATIENCE, World};

const CHECKING: &str = "see \"Checking with the server\"\n";

/// Customers 7 to 10 meet a failing purchase each, of the same thing.
async fn four_purchases(faults: [PoolFault; 4]) -> World {
    four_purchases_in(world().await, faults).await
}

async fn four_purchases_in(mut world: World, faults: [PoolFault; 4]) -> World {
    for (user, fault) in (7..).zip(faults) {
        if user > 7 {
            world.customer(user, "en").await;
        }
        play_as(&mut world, user, TO_CONFIRM).await;
        world.sim.smspool.fault("/purchase/sms", 1, fault);
        play_as(&mut world, user, &format!("{BUY}count /purchase/sms {}\n", user - 6)).await;
    }
    world
}

/// Nobody was charged, by the supplier or by us.
async fn all_get_their_money_back(mut world: World) {
    for user in 7..=10 {
        play_as(&mut world, user, CHECKING).await;
    }
    play(&mut world, "clock +91s\n").await;
    for user in 7..=10 {
        play_as(&mut world, user, "see \"returned. Balance: $20.00\"\n").await;
    }
    assert_eq!((world.sim.smspool.count("/purchase/sms"), world.sim.smspool.truth().charged_micros), (4, 0));
    audited(&world);
}

/// Each has a number of their own, bought once, and gets the code that was sent to it.
async fn all_get_their_number(mut world: World) {
    for user in 7..=10 {
        play_as(&mut world, user, READY).await;
    }
    let orders = world.sim.smspool.orders();
    assert_eq!((world.sim.smspool.count("/purchase/sms"), orders.len()), (4, 4));
    let mut delivered = Vec::new();
    for (order, code) in orders.iter().zip(["code 10001", "code 10002", "code 10003", "code 10004"]) {
        assert!(world.sim.smspool.deliver_sms(&order.code, code));
    }
    for user in 7..=10 {
        let person = world.sim.telegram.known_user(user).expect("a customer");
        person.see_newest("🔑 1000").await.expect("a code");
        delivered.push(person.screen().split("🔑").nth(1).map(|text| text.chars().take(10).collect::<String>()));
        play_as(&mut world, user, "send /wallet\nnewest \"Balance: $19.71\"\n").await;
    }
    delivered.sort();
    delivered.dedup();
    assert_eq!(delivered.len(), 4, "nobody got somebody else's code: {delivered:?}");
    assert_eq!(world.sim.smspool.truth().refunded_micros, 0);
    audited(&world);
}

#[tokio::test]
async fn fault_26_a_purchase_that_was_not_made_and_not_answered_is_refunded_within_three_minutes() {
    let mut world = world().await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault smspool /purchase/sms reset-before\n{BUY}{CHECKING}clock +91s\n")).await;
    play(&mut world, "see \"returned. Balance: $20.00\"\ncount /purchase/sms 1\n").await;
    assert_eq!(world.sim.smspool.truth().charged_micros, 0);
}

#[tokio::test]
async fn fault_28_lost_answers_of_the_same_thing_give_each_buyer_one_number() {
    let world = world().await;
    // All four show up at once, when all four are looked for.
    world.sim.smspool.fault("/purchase/sms", 4, PoolFault::Hidden(Duration::from_secs(60)));
    let mut world = four_purchases_in(world, [const { PoolFault::ResetAfter }; 4]).await;
    for user in 7..=10 {
        play_as(&mut world, user, CHECKING).await;
    }
    play(&mut world, "clock +61s\n").await;
    all_get_their_number(world).await;
}

#[tokio::test]
async fn fault_29_a_purchase_that_shows_up_late_is_found_and_not_refunded_early() {
    let mut world = world().await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, "fault smspool /purchase/sms hidden 70s\nfault smspool /purchase/sms reset-after\n").await;
    play(&mut world, &format!("{BUY}{CHECKING}clock +68s\n")).await;
    let looks = world.sim.smspool.count("/request/history");
    // Whole rounds that do not see it.
    world.sim.smspool.wait_count("/request/history", looks + 2, PATIENCE).await;
    play(&mut world, &format!("{CHECKING}clock +5s\n{READY}count /purchase/sms 1\n")).await;
}

#[tokio::test]
async fn fault_31_errors_of_the_server_before_the_purchase_are_refunded() {
    let world = four_purchases([500, 502, 503, 520].map(PoolFault::Cloudflare)).await;
    all_get_their_money_back(world).await;
}

#[tokio::test]
async fn fault_31_errors_of_the_server_after_the_purchase_lose_no_number() {
    let world = four_purchases([500, 502, 503, 520].map(PoolFault::CloudflareAfter)).await;
    all_get_their_number(world).await;
}

#[tokio::test]
async fn fault_32_html_instead_of_an_answer_is_a_no_with_403_and_unclear_with_200() {
    let mut world = world().await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault smspool /purchase/sms cloudflare-after 200\n{BUY}{READY}")).await;
    // The polls meet a page, too: the order stays as it is, and its code comes with the next readable list.
    let lists = world.sim.smspool.count("/request/active");
    play(&mut world, "fault smspool /request/active cloudflare 200 x2\nsms \"code 3200\"\n").await;
    assert!(world.sim.smspool.wait_count("/request/active", lists + 2, PATIENCE).await >= lists + 2);
    play(&mut world, "see \"🔑 3200\"\n").await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault smspool /purchase/sms cloudflare 403\n{BUY}newest \"not charged\"\n")).await;
    play(&mut world, "send /wallet\nnewest \"Balance: $19.71\"\ncount /purchase/sms 2\n").await;
    assert_eq!(world.sim.smspool.orders().len(), 1);
}

#[tokio::test]
async fn fault_33_meaningless_answers_lose_no_number() {
    let garbage = |text: &str| PoolFault::Garbage(text.to_owned());
    let faults = [PoolFault::EmptyBody, PoolFault::TruncatedJson, garbage("[]"), garbage("null")];
    all_get_their_number(four_purchases(faults).await).await;
}

#[tokio::test]
async fn fault_34_an_answer_in_other_types_sells_a_number() {
    let mut world = world().await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault smspool * varied x1000\n{BUY}{READY}sms \"code 3400\"\nsee \"🔑 3400\"\n")).await;
    // Understood at once: nothing had to be looked for.
    assert_eq!(world.sim.smspool.count("/request/history"), 0);
    play(&mut world, "send /wallet\nnewest \"Balance: $19.71\"\n").await;
}

#[tokio::test]
async fn fault_38_a_revoked_key_stops_the_sales_until_a_new_one_is_saved() {
    let mut world = world().await;
    bought(&mut world).await;
    world.sim.smspool.set_key("anotherkeyanotherkeyanotherkey12");
    world.customer(8, "en").await;
    play_as(&mut world, 8, &format!("{TO_CONFIRM}{BUY}see \"not charged\"\n")).await;
    play_as(&mut world, 8, "send /buy\nsee \"Server 2 is unavailable right now\"\nsend /wallet\nnewest \"Balance: $20.00\"\n").await;
    // The open order stays open, and its buyer has the money back at the deadline, though the supplier says nothing.
    play(&mut world, "see \"Your number is ready\"\nclock +21m\nsee \"We look for the code one last time\"\n").await;
    play(&mut world, "clock +10m\nsee \"returned. Balance: $20.00\"\n").await;
    until_status(&world, &["Alarm: InvalidKey", "Alarm: UnconfirmedRefund"]).await;
    assert!(world.raqam(&["settings", "key", "2", "anotherkeyanotherkeyanotherkey12"]).status.success());
    bought(&mut world).await;
}

#[tokio::test]
async fn fault_39_a_429_refunds_a_purchase_and_breaks_no_deadline() {
    let mut world = world().await;
    for wait in ["", " 7", " 4000000000"] {
        play(&mut world, TO_CONFIRM).await;
        play(&mut world, &format!("fault smspool /purchase/sms 429{wait}\n{BUY}newest \"not charged\"\n")).await;
        play(&mut world, "send /wallet\nnewest \"Balance: $20.00\"\n").await;
    }
    assert_eq!(world.sim.smspool.truth().charged_micros, 0);
    bought(&mut world).await;
    // From here on the supplier answers nothing else.
    world.sim.smspool.fault("*", 1_000_000, PoolFault::TooManyRequests(Some(4_000_000_000)));
    play(&mut world, "tap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\nsee \"Cancelling\"\n").await;
    play(&mut world, "clock +10m\nsee \"returned. Balance: $20.00\"\n").await;
}

#[tokio::test]
async fn fault_73_a_list_that_is_far_too_long_leaves_the_old_one_for_sale() {
    let mut world = world().await;
    let asked = world.sim.smspool.count("/request/pricing");
    world.sim.smspool.fault("/request/pricing", 1_000, PoolFault::HugeBody(18_000_000));
    // Prices are asked for anew when four fifths of their five minutes are over, and somebody looks.
    play(&mut world, "clock +280s\n").await;
    play(&mut world, "send /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\nsee \"WhatsApp\"\n").await;
    assert!(world.sim.smspool.wait_count("/request/pricing", asked + 1, PATIENCE).await > asked, "nobody asked");
    let requests = world.sim.smspool.requests();
    let whole = requests.iter().filter(|request| request.endpoint == "/request/pricing");
    assert!(whole.into_iter().all(|request| request.params["country"].is_string()), "one country at a time");
    play(&mut world, "tap \"WhatsApp\"\nnewest \"$0.29\"\n").await;
}
