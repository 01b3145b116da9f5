//! Where things stand in the chat: one panel, one card an order, also after a restart; and whose chat it is.

use serde_json::json;
use sim::telegram::{ButtonAction, Message};
use sim::{Sim, SimOptions, SimUser, Tap};

use crate::support::{PATIENCE, World};

/// Order 0 is none: a credit's buttons carry it.
fn of_an_order(data: &str) -> bool {
    data.starts_with("o.") && !data.starts_with("o.0.")
}

/// The messages that carry buttons of an order's card.
fn cards(user: &SimUser) -> Vec<i64> {
    let is_card = |message: &&Message| {
        message
            .buttons()
            .into_iter()
            .flatten()
            .any(|button| matches!(button.action, ButtonAction::Callback(data) if of_an_order(&data)))
    };
    user.messages().iter().filter(is_card).map(|message| message.id).collect()
}

#[tokio::test]
async fn one_message_shows_a_cards_buttons() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(41, "en").await;
    world.play("user 41\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\ntap \"✅ Buy for\"\nnewest \"Your number is ready\"\n").await;
    let first = cards(&user);
    // Opened from the list, the panel becomes the card, and the old card goes.
    world.play("user 41\nsend /numbers\nnewest \"My numbers\"\ntap \"WhatsApp\"\nnewest \"Your number is ready\"\nsend /help\nnewest \"Choose a server\"\n").await;
    let second = cards(&user);
    // By a link it comes below.
    let order = card_order(&user);
    user.open_link(&format!("o_{order}"));
    user.see_newest("Your number is ready").await.expect("the card");
    user.send("/help");
    user.see_newest("Choose a server").await.expect("help");
    let third = cards(&user);
    assert_eq!([first.len(), second.len(), third.len()], [1, 1, 1], "{}", user.chat());
    assert!(first < second && second < third, "{first:?} {second:?} {third:?}");
}

fn card_order(user: &SimUser) -> String {
    let mut data = user.messages().into_iter().flat_map(|message| message.buttons()).flatten().filter_map(|button| {
        let ButtonAction::Callback(data) = button.action else { return None };
        data.strip_prefix("o.").filter(|_| of_an_order(&data)).map(str::to_owned)
    });
    data.next().and_then(|data| data.split('.').next().map(str::to_owned)).expect("a card's button")
}

#[tokio::test]
async fn a_restart_knows_the_name_and_what_stands_below_the_panel() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(42, "en").await;
    user.see_newest("20.00").await.expect("a note below the panel");
    world.kill();
    world.start().await;
    world.credit(42, "1.00");
    user.see("Hi Noor").await.expect("the name");
    user.see_all(&["Hi Noor", "$21.00"]).await.expect("the name with the money");
    // The panel stands above the notes: what the person presses there comes below them.
    user.tap("❓ Help").await.expect("help");
    user.see_newest("Choose a server").await.expect("help at the bottom");
    user.not_see("Hi Noor").await.expect("one panel");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_bots_token_is_refused_on_this_bots_database() {
    let mut world = World::with(SimOptions::for_load()).await;
    world.kill();
    let mut options = SimOptions::for_load();
    options.telegram.bot_id = 8;
    let others = Sim::start(options).await.expect("loopback has free ports");
    let run = world
        .raqam_with(&["serve"], &[("TOKEN", &others.telegram.token()), ("TELEGRAM_API_URL", others.telegram.url())]);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && said.contains("the database belongs to another bot"), "{said}");
}

#[tokio::test]
async fn the_toast_after_a_change_of_language_runs_in_the_new_direction() {
    let world = World::with(SimOptions::for_load()).await;
    let user = world.sim.telegram.user(43, "Noor", "ar");
    user.send("/settings");
    user.see_newest("اللغة").await.expect("the settings");
    let Tap::Answered(toast) = user.tap("🌐").await.expect("an answer") else { panic!("no answer") };
    assert_eq!(toast.text, "Language: English");
}

#[tokio::test]
async fn whoever_blocked_the_bot_costs_few_calls() {
    let mut world = World::with(SimOptions::for_load()).await;
    world.play(include_str!("conversations/fault_54_blocked_and_back.chat")).await;
    let sent = world.sim.telegram.count("sendMessage");
    assert!(sent < 20, "{sent} messages were sent");
}

#[tokio::test]
async fn strangers_buttons_are_answered_in_the_chosen_language() {
    let world = World::new().await;
    let user = world.sim.telegram.user(44, "Noor", "en");
    user.send("/start");
    user.see("Hi Noor").await.expect("a welcome");
    user.tap("العربية").await.expect("the other language");
    let answers = world.sim.telegram.count("answerCallbackQuery");
    let message = json!({"message_id": 5, "date": 1, "chat": {"id": 45, "type": "private", "first_name": "Other"}});
    let from = json!({"id": 44, "is_bot": false, "first_name": "Noor", "language_code": "en"});
    let query = json!({"id": "q", "from": from, "message": message, "chat_instance": "1", "data": "home.1.-.b"});
    world.sim.telegram.inject_update(json!({ "callback_query": query }));
    world.sim.telegram.wait_count("answerCallbackQuery", answers + 1, PATIENCE).await;
    let calls = world.sim.telegram.calls("answerCallbackQuery");
    let said = calls.last().map(|call| call.params["text"].to_string()).expect("an answer");
    assert!(said.contains("هذا الطلب ليس لك"), "{said}");
}
