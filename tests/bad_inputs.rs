//! What users (and strangers) may send: a polite answer, no panic, nothing lost.

use serde_json::json;
use sim::SimOptions;
use sim::telegram::ButtonAction;

use crate::support::World;

#[tokio::test]
async fn hostile_messages_are_answered_politely() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(1, "en").await;
    let long = "a".repeat(4096);
    let texts = [
        "\u{200B}\u{200C}",
        "\u{202E}\u{2066}",
        "<script>",
        "<b> unclosed",
        "&lt;",
        "_*[",
        &long,
        "/start@raqam_bot",
        "/nonsense",
    ];
    for text in texts {
        user.send(text);
    }
    for fields in [
        json!({"text": null, "photo": [{"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1}]}),
        json!({"text": null, "sticker": {"file_id": "x", "file_unique_id": "y", "type": "regular", "width": 1, "height": 1, "is_animated": false, "is_video": false}}),
        json!({"text": null, "contact": {"phone_number": "+1", "first_name": "x"}}),
        json!({"text": null, "location": {"latitude": 1.0, "longitude": 1.0}}),
        json!({"text": null, "dice": {"emoji": "🎲", "value": 1}}),
        json!({"from": null}),
        json!({"text": "/start", "chat": {"id": -100, "type": "supergroup", "title": "g"}}),
    ] {
        user.send_raw(&fields);
    }
    user.send("/start");
    user.see_newest("Main menu").await.or(user.see_newest("Balance").await).expect("still served");
    assert_alive(&mut world);
}

#[tokio::test]
async fn hostile_presses_are_answered_once_and_change_nothing() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(2, "en").await;
    let other = world.customer(3, "en").await;
    other.send("/buy");
    for label in ["Temporary", "United States", "WhatsApp", "Buy for"] {
        other.tap(label).await.expect("a button");
    }
    other.see("Your number is ready").await.expect("a number");
    let card = other.messages().into_iter().rev().find_map(|message| {
        message.buttons().into_iter().flatten().find_map(|button| {
            let ButtonAction::Callback(data) = button.action else { return None };
            data.starts_with("o.").then_some(data)
        })
    });
    let theirs = card.expect("a card's button");
    let cancel = format!("{}.yes", theirs.rsplit_once('.').expect("parts").0);
    let message = user.newest().expect("a menu").id;
    let long = "x".repeat(65);
    for data in
        ["", "x", "....", "home.1.-.zz", "o..", "o.1.2.3", "purchase.1.1.b", "p.-1", long.as_str(), &theirs, &cancel]
    {
        let answered = user.press_raw(message, data).await;
        assert!(answered.is_ok(), "{data:?}: {answered:?}");
    }
    assert_eq!(world.sim.smspool.count("/sms/cancel"), 0);
    assert_eq!(world.sim.smspool.count("/purchase/sms"), 1);
    assert_alive(&mut world);
}

#[tokio::test]
async fn hostile_inline_queries_and_links_are_answered() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(4, "en").await;
    let long = "q".repeat(256);
    for query in ["", "sp:", "sp_svc:", "sp_svc:99999:x", "sp_svc:x:y", "sp_svc:4294967296:", "\u{202E}", long.as_str()]
    {
        user.search(query).await.unwrap_or_else(|error| panic!("{query:?}: {error}"));
    }
    for offset in ["-1", "x", "99999999999999999999"] {
        user.search_page("sp:", offset).await.unwrap_or_else(|error| panic!("{offset:?}: {error}"));
    }
    let elsewhere = user.search_in("supergroup", "sp:").await.expect("an answer");
    assert!(elsewhere.results.is_empty(), "no prices in a foreign chat");
    for payload in ["o_zzzz", "r_x", "s_999999", "p_c_XX", "p_s_0", "nonsense"] {
        user.open_link(payload);
    }
    user.send(&format!("/start {}", "z".repeat(200)));
    user.send("/menu");
    user.see_newest("Main menu").await.expect("still served");
    assert_alive(&mut world);
}

#[tokio::test]
async fn garbage_updates_do_not_stop_the_bot() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(5, "en").await;
    world.sim.telegram.inject_update(json!({"some_new_kind": {"a": [1, 2, 3]}}));
    world.sim.telegram.inject_update(json!({"message": "not an object"}));
    world.sim.telegram.inject_update(json!({"callback_query": {"id": 5}}));
    user.send("/help");
    user.see("Help").await.expect("still served");
    world.sim.telegram.repeat_last_update();
    world.sim.telegram.restart_update_ids(42);
    user.send("/wallet");
    user.see("Wallet").await.expect("still served");
    assert_alive(&mut world);
}

#[tokio::test]
async fn secrets_codes_and_numbers_stay_out_of_the_log() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(6, "en").await;
    world.play("user 6\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\ntap \"✅ Buy for\"\nsee \"Your number is ready\"\nsms \"canary text 918273\"\nsee \"918273\"\n").await;
    let number = world.sim.smspool.orders()[0].national.clone();
    let (token, key) = (world.sim.telegram.token(), world.sim.smspool.key());
    let log = world.bot.as_mut().expect("a bot").log();
    for secret in ["918273", "canary text", &number, &token, &key] {
        assert!(!log.contains(secret), "the log shows {secret}");
    }
    assert!(!log.is_empty());
}

fn assert_alive(world: &mut World) {
    let log = world.bot.as_mut().expect("a bot").log();
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(world.sim.telegram.unknown_calls(), Vec::<String>::new());
}
