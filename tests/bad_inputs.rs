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
        "Wha\0tsApp",
        // What a pick sends, typed by hand: words without a link.
        "🌍 United States 🇺🇸",
        "🏷 WhatsApp",
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
        json!({"text": null, "voice": {"file_id": "x", "file_unique_id": "y", "duration": 1}}),
        json!({"text": ""}),
        json!({"from": null}),
        json!({"from": null, "sender_chat": {"id": -100, "type": "channel", "title": "c"}}),
        json!({"text": "/start", "chat": {"id": -100, "type": "supergroup", "title": "g"}}),
        json!({"text": "/start", "chat": {"id": -100, "type": "supergroup", "title": "g"}, "sender_chat": {"id": -100, "type": "supergroup", "title": "g"}, "from": {"id": 1_087_968_824, "is_bot": true, "first_name": "Group"}}),
        json!({"text": "/start", "forward_origin": {"type": "hidden_user", "sender_user_name": "x", "date": 1}}),
        json!({"text": "🌍 France", "via_bot": {"id": 4242, "is_bot": true, "first_name": "Other"}, "entities": [{"type": "text_link", "offset": 3, "length": 6, "url": "https://t.me/raqam_bot?start=p_c_FR"}]}),
    ] {
        user.send_raw(&fields);
    }
    for kind in ["channel_post", "edited_message", "edited_channel_post"] {
        let post =
            json!({"message_id": 1, "date": 1, "chat": {"id": -7, "type": "channel", "title": "c"}, "text": "/buy"});
        world.sim.telegram.inject_update(json!({ kind: post }));
    }
    let command = user.send("/start");
    user.edit(command, "/buy");
    user.see_newest("Main menu").await.or(user.see_newest("Balance").await).expect("still served");
    user.not_see("What kind of number?").await.expect("an edited command is none");
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
            // Order 0 is none: a credit's buttons carry it.
            (data.starts_with("o.") && !data.starts_with("o.0.")).then_some(data)
        })
    });
    let theirs = card.expect("a card's button");
    let message = user.newest().expect("a menu").id;
    let long = "x".repeat(65);
    for data in [
        "",
        "x",
        "....",
        "home.1.-.zz",
        "o..",
        "o.1.2.3",
        "purchase.1.1.b",
        "p.-1",
        long.as_str(),
        // Pages, instances and revisions out of every range; an older prefix; an operator's word.
        "ord.1.-.p--1",
        "ord.1.-.p-9223372036854775808",
        "home.18446744073709551616.-.b",
        "home.1.99999999999999999999.b",
        "v0:buy",
        "admin.1.-.credit",
        "o.zzzzzzzzzzzzzzzzzzzz.yes",
        "o.-1.yes",
    ] {
        let answered = user.press_raw(message, data).await;
        assert!(answered.is_ok(), "{data:?}: {answered:?}");
    }
    let order = theirs.rsplit_once('.').expect("parts").0;
    for action in ["check", "cancel", "yes", "keep", "resend", "again", "messages"] {
        let answered = user.press_raw(message, &format!("{order}.{action}")).await.expect("an answer");
        assert!(answered.alert && answered.text == "This is not your order.", "{action}: {answered:?}");
    }
    let asked = user.press_now(message, None);
    user.answer_to(&asked).await.expect("a press without data is answered");
    // In nobody's chat: no message at all, or one that was sent by the inline mode.
    for strange in [json!({}), json!({"inline_message_id": "i"})] {
        let mut query = json!({"id": "strange", "from": {"id": 2, "is_bot": false, "first_name": "Noor"}, "chat_instance": "1", "data": theirs});
        query.as_object_mut().expect("an object").extend(strange.as_object().expect("an object").clone());
        world.sim.telegram.inject_update(json!({ "callback_query": query }));
    }
    user.send("/help");
    user.see_newest("Choose a server").await.expect("still served");
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
    for payload in
        ["o_zzzz", "r_x", "r_4", "s_999999", "p_c_XX", "p_s_0", "p_", "nonsense", "a b", "<b>", "نور", "back"]
    {
        user.open_link(payload);
    }
    user.send(&format!("/start {}", "z".repeat(200)));
    user.send("/menu");
    user.see_newest("Main menu").await.expect("still served");
    assert_alive(&mut world);
}

#[tokio::test]
async fn fault_60_garbage_updates_do_not_stop_the_bot() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(5, "en").await;
    world.sim.telegram.inject_update(json!({"some_new_kind": {"a": [1, 2, 3]}}));
    world.sim.telegram.inject_update(json!({"message": "not an object"}));
    world.sim.telegram.inject_update(json!({"callback_query": {"id": 5}}));
    user.send("/help");
    user.see_newest("Choose a server").await.expect("still served");
    world.sim.telegram.repeat_last_update();
    world.sim.telegram.inject_update(json!({"message": {"message_id": 1, "chat": {"id": 5}}}));
    world.sim.telegram.inject_update(json!({"inline_query": {"id": "q"}}));
    world.sim.telegram.inject_update(json!({"my_chat_member": {"chat": {"id": 5, "type": "private"}}}));
    world.sim.telegram.restart_update_ids(42);
    user.send("/wallet");
    user.see_newest("To top up").await.expect("still served");
    assert_alive(&mut world);
}

#[tokio::test]
async fn secrets_codes_and_numbers_stay_out_of_the_log() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(7_301_946_285, "en").await;
    world.play("user 7301946285\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\ntap \"✅ Buy for\"\nsee \"Your number is ready\"\nsms \"canary text 918273\"\nsee \"918273\"\n").await;
    let number = world.sim.smspool.orders()[0].national.clone();
    let (token, key) = (world.sim.telegram.token(), world.sim.smspool.key());
    let log = world.bot.as_mut().expect("a bot").log();
    for secret in ["7301946285", "918273", "canary text", &number, &token, &key] {
        assert!(!log.contains(secret), "the log shows {secret}");
    }
    assert!(!log.is_empty());
}

#[tokio::test]
async fn fault_58_an_update_that_stands_twice_in_a_batch_is_handled_once() {
    let world = World::with(SimOptions::for_load()).await;
    let user = world.customer(7, "en").await;
    user.see_newest("20.00").await.expect("the money");
    let before = world.sim.telegram.count("sendMessage");
    user.send("/wallet");
    world.sim.telegram.repeat_last_update();
    user.see_newest("Wallet").await.expect("a wallet");
    user.send("/help");
    user.see_newest("Choose a server").await.expect("help");
    assert_eq!(world.sim.telegram.count("sendMessage"), before + 2);
}

fn assert_alive(world: &mut World) {
    let log = world.bot.as_mut().expect("a bot").log();
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(world.sim.telegram.unknown_calls(), Vec::<String>::new());
}
