//! The supplier fails: answers that are lost, wrong, late or not there.

use std::time::Duration;

use sim::{PoolFault, Role};

use super::{BUY, READY, TO_CONFIRM, audited, bought, button, play, play_as, until_status, world};
use crate::support::{PATIENCE, SERVER_2, Shop, World, at_each_server, left_after};

const CHECKING: &str = "see \"Checking with the server\"\n";

at_each_server! {
    #[tokio::test]
    fault_26_a_purchase_that_was_not_made_and_not_answered_is_refunded_within_three_minutes,
    fault_31_errors_of_the_server_before_the_purchase_are_refunded,
    fault_31_errors_of_the_server_after_the_purchase_cost_no_user_anything,
    fault_32_html_instead_of_an_answer_is_a_no_with_403_and_unclear_with_200,
    fault_32_html_instead_of_messages_changes_nothing,
    fault_33_meaningless_answers_cost_no_user_anything,
    fault_34_an_answer_in_other_types_sells_a_number,
    fault_38_a_revoked_key_stops_the_sales_until_a_new_one_is_saved,
    fault_39_a_429_refunds_a_purchase_and_breaks_no_deadline,
    fault_73_a_list_that_is_far_too_long_leaves_the_old_one_for_sale,
}

/// Customers 7 to 10 meet a failing purchase each, of the same thing, and see this in the end.
async fn four_purchases(mut world: World, faults: [PoolFault; 4], ends: &str) -> World {
    for (user, fault) in (7..).zip(faults) {
        if user > 7 {
            world.customer(user, "en").await;
        }
        play_as(&mut world, user, TO_CONFIRM).await;
        world.fault_on(Role::Purchase, 1, fault);
        play_as(&mut world, user, &format!("{BUY}count purchase {}\n{ends}", user - 6)).await;
    }
    assert_eq!(world.supplier().count_of(Role::Purchase), 4);
    world
}

/// The supplier sold a number each time, and nothing of that was heard.
async fn four_lost_purchases(shop: &'static Shop, faults: [PoolFault; 4]) {
    let mut world = four_purchases(world(shop).await, faults, shop.lost.ends).await;
    let left = left_after(shop.lost.numbers, 29);
    for user in 7..=10 {
        play_as(&mut world, user, &format!("send /wallet\nnewest \"Balance: {left}\"\n")).await;
    }
    assert_eq!((world.supplier().orders().len(), world.supplier().truth().refunded_micros), (4, 0));
    until_status(&world, shop.lost.status).await;
    audited(&world);
}

/// Each has a number of their own, bought once, and gets the code that was sent to it.
async fn all_get_their_number(mut world: World) {
    for user in 7..=10 {
        play_as(&mut world, user, READY).await;
    }
    let orders = world.supplier().orders();
    assert_eq!((world.supplier().count_of(Role::Purchase), orders.len()), (4, 4));
    let mut delivered = Vec::new();
    for (order, code) in orders.iter().zip(["code 10001", "code 10002", "code 10003", "code 10004"]) {
        assert!(world.supplier().deliver_sms(&order.code, code));
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
    assert_eq!(world.supplier().truth().refunded_micros, 0);
    audited(&world);
}

async fn fault_26_a_purchase_that_was_not_made_and_not_answered_is_refunded_within_three_minutes(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault supplier purchase reset-before\n{BUY}{CHECKING}clock +91s\n")).await;
    play(&mut world, "see \"returned. Balance: $20.00\"\ncount purchase 1\n").await;
    assert_eq!(world.supplier().truth().charged_micros, 0);
}

/// Where lists tell of all of them. Without lists one purchase at a time is in question.
#[tokio::test]
async fn fault_28_lost_answers_of_the_same_thing_give_each_buyer_one_number() {
    let world = world(&SERVER_2).await;
    // All four show up at once, when all four are looked for.
    world.fault_on(Role::Purchase, 4, PoolFault::Hidden(Duration::from_secs(60)));
    let mut world = four_purchases(world, [const { PoolFault::ResetAfter }; 4], CHECKING).await;
    play(&mut world, "clock +61s\n").await;
    all_get_their_number(world).await;
}

/// What is in no list cannot show up there.
#[tokio::test]
async fn fault_29_a_purchase_that_shows_up_late_is_found_and_not_refunded_early() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, "fault supplier purchase hidden 70s\nfault supplier purchase reset-after\n").await;
    play(&mut world, &format!("{BUY}{CHECKING}clock +68s\n")).await;
    let looks = world.supplier().count_of(Role::PastOrders);
    // Whole rounds that do not see it.
    world.supplier().wait_count_of(Role::PastOrders, looks + 2, PATIENCE).await;
    play(&mut world, &format!("{CHECKING}clock +5s\n{READY}count purchase 1\n")).await;
}

async fn fault_31_errors_of_the_server_before_the_purchase_are_refunded(shop: &'static Shop) {
    let faults = [500, 502, 503, 520].map(PoolFault::Cloudflare);
    let ends = format!("{CHECKING}clock +91s\nsee \"returned. Balance: $20.00\"\n");
    let world = four_purchases(world(shop).await, faults, &ends).await;
    assert_eq!(world.supplier().truth().charged_micros, 0);
    audited(&world);
}

async fn fault_31_errors_of_the_server_after_the_purchase_cost_no_user_anything(shop: &'static Shop) {
    four_lost_purchases(shop, [500, 502, 503, 520].map(PoolFault::CloudflareAfter)).await;
}

async fn fault_32_html_instead_of_an_answer_is_a_no_with_403_and_unclear_with_200(shop: &'static Shop) {
    let mut world = world(shop).await;
    let (ends, wallet) =
        (shop.lost.ends, format!("send /wallet\nnewest \"Balance: {}\"\n", left_after(shop.lost.numbers, 29)));
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault supplier purchase cloudflare-after 200\n{BUY}{ends}{wallet}")).await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault supplier purchase cloudflare 403\n{BUY}newest \"not charged\"\n")).await;
    play(&mut world, &format!("{wallet}count purchase 2\n")).await;
    assert_eq!(world.supplier().orders().len(), 1);
}

/// The order stays as it is, and its code comes with the next readable answer.
async fn fault_32_html_instead_of_messages_changes_nothing(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    let looks = world.supplier().count_of(shop.watch);
    play(&mut world, &format!("fault supplier {} cloudflare 200 x2\nsms \"code 3200\"\n", shop.watch.word())).await;
    assert!(world.supplier().wait_count_of(shop.watch, looks + 2, PATIENCE).await >= looks + 2);
    play(&mut world, "see \"🔑 3200\"\nsend /wallet\nnewest \"Balance: $19.71\"\n").await;
}

async fn fault_33_meaningless_answers_cost_no_user_anything(shop: &'static Shop) {
    let garbage = |text: &str| PoolFault::Garbage(text.to_owned());
    let faults = [PoolFault::EmptyBody, PoolFault::TruncatedJson, garbage("[]"), garbage("null")];
    four_lost_purchases(shop, faults).await;
}

async fn fault_34_an_answer_in_other_types_sells_a_number(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault supplier * varied x1000\n{BUY}{READY}sms \"code 3400\"\nsee \"🔑 3400\"\n")).await;
    // Understood at once: nothing had to be looked for.
    assert_eq!(world.supplier().count_of(Role::PastOrders), 0);
    play(&mut world, "send /wallet\nnewest \"Balance: $19.71\"\n").await;
}

async fn fault_38_a_revoked_key_stops_the_sales_until_a_new_one_is_saved(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    let (key, typed_key) = shop.other_key;
    let late = world.customer(8, "en").await;
    play_as(&mut world, 8, TO_CONFIRM).await;
    // Whether the purchase or a look at the other order meets the refusal first: the press is answered.
    let (message, data) = button(&late, "✅ Buy for");
    world.supplier().set_key(key);
    late.press_raw(message, &data).await.expect("an answer");
    let paused = format!("see \"Server {} is unavailable right now\"\n", shop.server);
    play_as(&mut world, 8, &format!("see \"not charged\"\nsend /buy\n{paused}")).await;
    play_as(&mut world, 8, "send /wallet\nnewest \"Balance: $20.00\"\n").await;
    // The open order stays open, and its buyer has the money back at the deadline, though the supplier says nothing.
    play(&mut world, "see \"Your number is ready\"\nclock +21m\nsee \"We look for the code one last time\"\n").await;
    play(&mut world, "clock +10m\nsee \"returned. Balance: $20.00\"\n").await;
    until_status(&world, &["Alarm: InvalidKey", "Alarm: UnconfirmedRefund"]).await;
    assert!(world.raqam(&["settings", "key", shop.server, typed_key]).status.success());
    sold_again(&mut world).await;
}

/// Customer 7 tries until a purchase is offered: an answer to a call with the old key may come after the new one was saved.
async fn sold_again(world: &mut World) {
    let user = world.sim.telegram.known_user(7).expect("a customer");
    for _ in 0..PATIENCE.as_secs() {
        let asked = user.send("/buy");
        let offered = async {
            user.see_after(asked, "What kind of number?").await.ok()?;
            for label in world.shop.to_services.iter().chain(&["WhatsApp"]) {
                user.tap(label).await.ok()?;
            }
            user.tap("✅ Buy for").await.ok()
        };
        if let Ok(Some(_)) = tokio::time::timeout(Duration::from_secs(2), offered).await {
            return play(world, READY).await;
        }
    }
    panic!("nothing is sold: {}", user.chat());
}

async fn fault_39_a_429_refunds_a_purchase_and_breaks_no_deadline(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    let charged = world.supplier().truth().charged_micros;
    world.customer(8, "en").await;
    for wait in ["", " 7", " 4000000000"] {
        play_as(&mut world, 8, TO_CONFIRM).await;
        play_as(&mut world, 8, &format!("fault supplier purchase 429{wait}\n{BUY}newest \"not charged\"\n")).await;
        play_as(&mut world, 8, "send /wallet\nnewest \"Balance: $20.00\"\n").await;
    }
    assert_eq!(world.supplier().truth().charged_micros, charged);
    // From here on the supplier answers nothing else.
    world.supplier().fault("*", 1_000_000, PoolFault::TooManyRequests(Some(4_000_000_000)));
    play(&mut world, "tap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\nsee \"Cancelling\"\n").await;
    play(&mut world, "clock +10m\nsee \"returned. Balance: $20.00\"\n").await;
}

/// Where a purchase needs no reading, which waits.
#[tokio::test]
async fn fault_39_a_429_of_one_purchase_holds_up_no_other() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, &format!("fault supplier purchase 429\n{BUY}newest \"not charged\"\n")).await;
    bought(&mut world).await;
}

async fn fault_73_a_list_that_is_far_too_long_leaves_the_old_one_for_sale(shop: &'static Shop) {
    let mut world = world(shop).await;
    let asked = world.supplier().count_of(Role::Offers);
    world.fault_on(Role::Offers, 1_000, PoolFault::HugeBody(18_000_000));
    // Prices are asked for anew when four fifths of their five minutes are over, and somebody looks.
    play(&mut world, "clock +280s\n").await;
    play(&mut world, "send /buy\nchoose\nsee \"WhatsApp\"\n").await;
    assert!(world.supplier().wait_count_of(Role::Offers, asked + 1, PATIENCE).await > asked, "nobody asked");
    play(&mut world, "tap \"WhatsApp\"\nnewest \"$0.29\"\n").await;
}

#[tokio::test]
async fn fault_73_prices_are_asked_for_one_country_at_a_time() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, TO_CONFIRM).await;
    let requests = world.supplier().requests();
    let mut lists =
        requests.iter().filter(|request| Some(request.endpoint.as_str()) == world.supplier().path(Role::Offers));
    assert!(lists.clone().count() > 0 && lists.all(|request| request.params["country"].is_string()));
}
