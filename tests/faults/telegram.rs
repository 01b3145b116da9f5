//! Telegram fails, repeats itself, or sends what nobody expects.

use serde_json::json;
use sim::TelegramFault;

use super::{BUY, READY, TO_CONFIRM, audited, bought, button, play, play_as, until_status, world};
use crate::support::{PATIENCE, SERVER_2};

/// What the code's message is refused with does not matter: it comes.
#[tokio::test]
async fn fault_53_a_code_arrives_though_telegram_errs_before_or_after_it() {
    let mut world = world(&SERVER_2).await;
    for (fault, code) in [
        (TelegramFault::BadGateway(502), "5301"),
        (TelegramFault::DropBefore, "5302"),
        (TelegramFault::DropAfter, "5303"),
        (TelegramFault::Garbage("<html>".to_owned()), "5304"),
    ] {
        bought(&mut world).await;
        world.sim.telegram.fault("sendMessage", Some(7), 1, fault);
        play(&mut world, &format!("sms \"code {code}\"\nsee \"🔑 {code}\"\n")).await;
    }
    play(&mut world, "send /wallet\nnewest \"Balance: $18.84\"\n").await;
    audited(&world);
}

/// A card whose edit was applied though no answer came is edited again, and no second card is sent.
#[tokio::test]
async fn fault_53_an_edit_whose_answer_is_lost_is_repeated_harmlessly() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, TO_CONFIRM).await;
    let sent = world.sim.telegram.count("sendMessage");
    world.sim.telegram.fault("editMessageText", Some(7), 1, TelegramFault::DropAfter);
    play(&mut world, &format!("{BUY}{READY}")).await;
    assert_eq!(world.sim.telegram.count("sendMessage"), sent);
}

#[tokio::test]
async fn fault_56_a_press_that_is_answered_too_late_counts() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, TO_CONFIRM).await;
    let late = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    world.sim.telegram.fault("answerCallbackQuery", None, 1, TelegramFault::Refuse(400, late.to_owned()));
    let user = world.sim.telegram.known_user(7).expect("a customer");
    let (message, data) = button(&user, "✅ Buy");
    let _unanswered = user.press_now(message, Some(&data));
    play(&mut world, &format!("{READY}count /purchase/sms 1\nsms \"code 5656\"\nsee \"🔑 5656\"\n")).await;
}

/// Nothing is received, the supplier is looked after, and what came meanwhile is delivered with the next valid token.
#[tokio::test]
async fn fault_57_without_a_valid_token_orders_go_on_at_the_supplier() {
    let mut world = world(&SERVER_2).await;
    bought(&mut world).await;
    world.sim.telegram.fault("*", None, 1_000_000, TelegramFault::parse(&["401"]).expect("a fault"));
    let polls = world.sim.telegram.count("getUpdates");
    // The poll that hangs is answered by this, and the next one is refused.
    play(&mut world, "send /menu\n").await;
    assert!(world.sim.telegram.wait_count("getUpdates", polls + 1, PATIENCE).await > polls);
    play(&mut world, "sms \"code 5757\"\n").await;
    until_status(&world, &["Open orders: none", "Messages waiting: 1"]).await;
    assert_eq!(world.sim.telegram.count("getUpdates"), polls + 1, "polling stands still for a minute");
    assert!(world.bot.as_mut().expect("a bot").log().contains("telegram refuses the token"));
    world.sim.telegram.clear_faults();
    play(&mut world, "clock +31s\nsee \"🔑 5757\"\n").await;
}

#[tokio::test]
async fn fault_59_lower_update_numbers_after_a_quiet_week_are_handled() {
    let mut world = world(&SERVER_2).await;
    play(&mut world, "send /wallet\nnewest \"Wallet\"\nclock +192h\n").await;
    world.sim.telegram.restart_update_ids(42);
    play(&mut world, "send /help\nnewest \"Choose a server\"\nsend /wallet\nnewest \"Balance: $20.00\"\n").await;
    assert_eq!(world.sim.telegram.waiting_updates(), 0, "the lower numbers are acknowledged");
}

/// Ninety presses in a moment: each is answered, most of them with a word about the pace, and others do not wait.
#[tokio::test]
async fn fault_71_a_flood_of_presses_is_answered_and_others_are_served_meanwhile() {
    let mut world = world(&SERVER_2).await;
    world.customer(8, "en").await;
    play(&mut world, "send /menu\nnewest \"Main menu\"\n").await;
    let user = world.sim.telegram.known_user(7).expect("a customer");
    let message = user.newest().expect("a menu").id;
    let presses: Vec<String> = (0..90).map(|_| user.press_now(message, Some("home.1.-.zz"))).collect();
    play_as(&mut world, 8, &format!("{TO_CONFIRM}{BUY}{READY}")).await;
    let mut floods = 0;
    for press in presses {
        let toast = user.answer_to(&press).await.expect("every press is answered");
        floods += usize::from(toast.text == "Easy! One tap is enough.");
    }
    assert!((60..90).contains(&floods), "{floods} of 90");
}

#[tokio::test]
async fn fault_60_what_cannot_be_read_is_a_dead_letter_that_the_operator_sees() {
    let mut world = world(&SERVER_2).await;
    for update in [
        json!({"message": "not an object"}),
        json!({"callback_query": {"id": 5}}),
        json!({"some_new_kind": {"a": [1, 2, 3]}}),
    ] {
        world.sim.telegram.inject_update(update);
    }
    play(&mut world, "send /help\nnewest \"Choose a server\"\n").await;
    until_status(&world, &["dead letters: 2"]).await;
}
