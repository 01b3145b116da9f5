//! Things happen at the wrong moment: while a number is being given back, after that, or while nobody looks.

use std::time::Duration;

use sim::telegram::ButtonAction;
use sim::{PoolFault, Role, SimUser};

use super::{BUY, READY, TO_CONFIRM, audited, bought, button, options, play, play_as, until_status, world, world_with};
use crate::support::{PATIENCE, SERVER_2, Shop, World, at_each_server};

const CANCEL: &str = "tap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\nsee \"Cancelling\"\n";
const CHARGED: &str = "see \"$0.29 charged\"\nsend /wallet\nnewest \"Balance: $19.71\"\n";
const NOT_CHARGED: &str = "see \"not charged\"\nsend /wallet\nnewest \"Balance: $20.00\"\n";

at_each_server! {
    #[tokio::test]
    fault_42_the_supplier_cancels_late_and_nobody_sees_an_error,
    fault_43_a_code_that_comes_while_cancelling_is_delivered_and_charged,
    fault_45_a_code_that_comes_after_the_refund_is_free,
    fault_48_a_very_long_sms_arrives_as_written_within_telegrams_limit,
    fault_49_a_number_that_ends_while_the_bot_is_down_is_refunded_at_the_start,
    fault_50_a_code_of_the_hour_in_which_the_bot_was_down_is_delivered_and_charged_once,
    fault_63_yesterdays_buy_button_buys_nothing_and_a_fresh_price_is_asked_for,
    fault_63_a_buy_button_that_is_the_first_word_of_a_new_day_is_quoted_anew,
    fault_64_an_old_cancel_button_on_an_order_with_its_code_says_so,
    fault_70_a_machine_that_stood_still_for_half_an_hour_goes_on,
}

fn customer(world: &World, id: i64) -> SimUser {
    world.sim.telegram.known_user(id).expect("a customer")
}

/// Moves the clock on until the chat shows this: the next try is so long after the last one's answer, whenever that came.
async fn see_in_time(world: &mut World, step: &str, text: &str) {
    let user = customer(world, 7);
    for _ in 0..PATIENCE.as_secs() {
        play(world, &format!("clock +{step}\n")).await;
        if tokio::time::timeout(Duration::from_secs(1), user.see(text)).await.is_ok_and(|seen| seen.is_ok()) {
            return;
        }
    }
    panic!("{text:?} did not come: {}", user.chat());
}

async fn fault_42_the_supplier_cancels_late_and_nobody_sees_an_error(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    play(&mut world, &format!("{CANCEL}see \"usually after 2 to 3 minutes\"\n")).await;
    // Refused as often as it is asked for, every 15 seconds.
    world.fault_on(Role::Cancel, 8, PoolFault::CancelLocked);
    for tries in 1..=8 {
        while world.supplier().wait_count_of(Role::Cancel, tries, Duration::from_secs(1)).await < tries {
            play(&mut world, "clock +16s\n").await;
        }
        play(&mut world, "not-see \"⚠️\"\nsee \"Cancelling\"\n").await;
    }
    see_in_time(&mut world, "16s", "returned. Balance: $20.00").await;
    let truth = world.supplier().truth();
    assert_eq!(truth.refunded_micros, truth.charged_micros, "by the supplier, before the deadline");
    audited(&world);
}

async fn fault_43_a_code_that_comes_while_cancelling_is_delivered_and_charged(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    play(&mut world, &format!("{CANCEL}see \"If the code arrives first, you get the code\"\n")).await;
    play(&mut world, "sms \"code 4343\"\n").await;
    see_in_time(&mut world, "16s", "🔑 4343").await;
    play(&mut world, CHARGED).await;
    assert_eq!(world.supplier().truth().refunded_micros, 0);
    audited(&world);
}

/// Only where the last look is another call than the usual one.
#[tokio::test]
async fn fault_44_the_last_look_finds_a_code_that_came_in_the_last_second() {
    let mut world = world(&SERVER_2).await;
    bought(&mut world).await;
    // The lists say nothing in the last second: only the last look can find it.
    world.fault_on(Role::OpenOrders, 1_000, PoolFault::Cloudflare(502));
    play(&mut world, "clock +19m\nsms \"code 4444\"\nclock +1m\nsee \"🔑 4444\"\n").await;
    play(&mut world, CHARGED).await;
    assert_eq!(world.supplier().count_of(Role::Cancel), 0);
}

async fn fault_45_a_code_that_comes_after_the_refund_is_free(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    world.fault_on(Role::Cancel, 1_000, PoolFault::Cloudflare(502));
    play(&mut world, &format!("{CANCEL}clock +10m\nsee \"returned. Balance: $20.00\"\n")).await;
    play(&mut world, "sms \"code 4545\"\n").await;
    see_in_time(&mut world, "61s", "🔑 4545").await;
    play(&mut world, NOT_CHARGED).await;
    until_status(&world, &["Alarm: UnconfirmedRefund"]).await;
    audited(&world);
}

/// Where there is a list.
#[tokio::test]
async fn fault_46_an_order_that_vanishes_from_the_list_stays_until_it_ends() {
    let mut world = world(&SERVER_2).await;
    bought(&mut world).await;
    world.fault_on(Role::OpenOrders, 1_000, PoolFault::Garbage("[]".to_owned()));
    let checks = world.supplier().count_of(Role::Check);
    assert!(world.supplier().wait_count_of(Role::Check, checks + 2, PATIENCE).await >= checks + 2);
    play(&mut world, "see \"Your number is ready\"\n").await;
    until_status(&world, &["Open orders: Active 1"]).await;
    play(&mut world, "sms \"code 4646\"\nsee \"🔑 4646\"\n").await;
    play(&mut world, CHARGED).await;
}

async fn fault_48_a_very_long_sms_arrives_as_written_within_telegrams_limit(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    let text = format!("code 4848 <b>&amp; مرحبا</b> 😀 {}", "<i>Ünïcode & رسالة</i> 😀 ".repeat(400));
    assert!(text.chars().count() > 10_000);
    assert!(world.supplier().deliver_latest(&text).is_some());
    play(&mut world, "see \"🔑 4848\"\n").await;
    let message = customer(&world, 7).newest().expect("the code's message");
    assert!(message.text.contains("<b>&amp; مرحبا</b> 😀 <i>Ünïcode & رسالة</i>"), "{}", message.text);
    assert!(message.text.encode_utf16().count() <= 4_096);
    play(&mut world, "see \"$0.29 charged\"\n").await;
}

async fn fault_49_a_number_that_ends_while_the_bot_is_down_is_refunded_at_the_start(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    world.kill();
    play(&mut world, "clock +1h\n").await;
    world.start().await;
    play(&mut world, "see \"returned. Balance: $20.00\"\ncount purchase 1\n").await;
    let truth = world.supplier().truth();
    assert_eq!(truth.refunded_micros, truth.charged_micros * shop.unused.given_back);
    until_status(&world, shop.unused.status).await;
    audited(&world);
}

/// The look at the supplier's side comes before the refund.
async fn fault_50_a_code_of_the_hour_in_which_the_bot_was_down_is_delivered_and_charged_once(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    world.kill();
    play(&mut world, "clock +10m\nsms \"code 5050\"\nclock +50m\n").await;
    world.start().await;
    play(&mut world, "see \"🔑 5050\"\n").await;
    play(&mut world, CHARGED).await;
    audited(&world);
}

async fn fault_63_yesterdays_buy_button_buys_nothing_and_a_fresh_price_is_asked_for(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, TO_CONFIRM).await;
    let user = customer(&world, 7);
    let (message, data) = button(&user, "✅ Buy for");
    play(&mut world, "clock +24h\nsee \"This price has expired\"\n").await;
    user.press_raw(message, &data).await.expect("an answer");
    play(&mut world, "see \"This price has expired\"\ncount purchase 0\n").await;
    play(&mut world, &format!("tap \"🔄 Fresh price\"\n{BUY}{READY}count purchase 1\n")).await;
}

async fn fault_63_a_buy_button_that_is_the_first_word_of_a_new_day_is_quoted_anew(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, TO_CONFIRM).await;
    let user = customer(&world, 7);
    let (message, data) = button(&user, "✅ Buy for");
    world.kill();
    play(&mut world, "clock +24h\n").await;
    let press = user.press_now(message, Some(&data));
    world.start().await;
    user.answer_to(&press).await.expect("an answer");
    let renewed = |label: &str| label.starts_with("✅ Buy for");
    let quoted = user.wait_for(|messages| {
        let buttons = messages.iter().flat_map(sim::telegram::Message::buttons).flatten();
        buttons
            .filter(|button| renewed(&button.label))
            .find(|button| button.action != ButtonAction::Callback(data.clone()))
    });
    quoted.await.expect("a button of a fresh quote");
    play(&mut world, &format!("count purchase 0\n{BUY}{READY}count purchase 1\n")).await;
}

async fn fault_64_an_old_cancel_button_on_an_order_with_its_code_says_so(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    let user = customer(&world, 7);
    let (message, data) = button(&user, "✖️ Cancel & refund");
    play(&mut world, "tap \"✖️ Cancel & refund\"\n").await;
    user.see("Yes, cancel").await.expect("a question");
    let (_, confirm) = button(&user, "✖️ Yes, cancel");
    play(&mut world, "sms \"code 6464\"\nsee \"🔑 6464\"\n").await;
    for old in [data, confirm] {
        let toast = user.press_raw(message, &old).await.expect("an answer");
        assert_eq!(toast.text, "The code has just arrived, so the order cannot be cancelled.");
    }
    play(&mut world, CHARGED).await;
    assert_eq!(world.supplier().count_of(Role::Cancel), 0);
}

#[tokio::test]
async fn fault_66_a_server_that_is_switched_off_finishes_what_is_open_and_buys_nothing() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, TO_CONFIRM).await;
    // A lost purchase and one in flight make the third one wait: their answers could not be told apart.
    play(&mut world, "fault supplier purchase hidden 10m\nfault supplier purchase reset-after\n").await;
    play(&mut world, &format!("{BUY}see \"Checking with the server\"\n")).await;
    for user in [8, 9] {
        world.customer(user, "en").await;
        play_as(&mut world, user, TO_CONFIRM).await;
    }
    world.fault_on(Role::Purchase, 1, PoolFault::Delay(Duration::from_secs(5)));
    play_as(&mut world, 8, &format!("{BUY}see \"Getting your number\"\n")).await;
    play_as(&mut world, 9, &format!("{BUY}see \"Getting your number\"\nsettings off 2\n")).await;
    play_as(&mut world, 9, "see \"Your order was not started\"\nsend /wallet\nnewest \"Balance: $20.00\"\n").await;
    play_as(&mut world, 8, "see \"Your number is ready\"\n").await;
    let newest = world.supplier().orders().pop().expect("an order");
    assert!(world.supplier().deliver_sms(&newest.code, "code 6666"));
    play_as(&mut world, 8, "see \"🔑 6666\"\ncount purchase 2\nsend /buy\nsee \"Purchases are paused\"\n").await;
    audited(&world);
}

/// As after a downtime, but the process is the same one and knows nothing of the time that passed.
async fn fault_70_a_machine_that_stood_still_for_half_an_hour_goes_on(shop: &'static Shop) {
    let mut options = options(shop);
    shop.options(&mut options).cancel_lock = Duration::ZERO;
    let mut world = world_with(shop, options).await;
    world.customer(8, "en").await;
    bought(&mut world).await;
    play_as(&mut world, 8, &format!("{TO_CONFIRM}{BUY}{READY}")).await;
    let codes: Vec<_> = world.supplier().orders().into_iter().map(|order| order.code).collect();
    world.bot.as_ref().expect("a bot").signal("-STOP");
    play(&mut world, "clock +10m\n").await;
    assert!(world.supplier().deliver_sms(&codes[0], "code 7070"));
    play(&mut world, "clock +20m\n").await;
    world.bot.as_ref().expect("a bot").signal("-CONT");
    play(&mut world, "see \"🔑 7070\"\n").await;
    play_as(&mut world, 8, "see \"returned. Balance: $20.00\"\n").await;
    play(&mut world, CHARGED).await;
    audited(&world);
}
