//! The driver against a minimal Bot API on loopback and a host in memory. Nothing sleeps: tests wait for log lines.

mod faults;
mod hostile;
mod server;
mod world;

use serde_json::json;

use crate::host::{Delivered, Living, Outgoing, OutgoingKind, Sound};
use crate::settings::Limits;
use world::{World, press, text};

fn has(lines: &[String], part: &str) -> usize {
    lines.iter().filter(|line| line.contains(part)).count()
}

fn at(lines: &[String], part: &str) -> usize {
    lines.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("no {part} in {lines:#?}"))
}

async fn open_panel(world: &World, user: u64) -> i64 {
    world.server.push(text(user, "/start"));
    let part = format!("living {user} ");
    let lines = world.log.until(|lines| has(lines, &part) > 0).await;
    lines[at(&lines, &part)].rsplit(' ').next().and_then(|id| id.parse().ok()).unwrap()
}

#[tokio::test]
async fn updates_are_stored_before_they_are_acknowledged_and_steps_before_they_are_shown() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.push(press(1, panel, "home.1.-.f"));
    let lines = world.log.until(|lines| has(lines, "editMessageText") == 1).await;
    assert!(
        at(&lines, "take_in 1")
            < at(
                &lines,
                "getUpdates {\"allowed_updates\":[\"message\",\"callback_query\",\"inline_query\",\"my_chat_member\",\"pre_checkout_query\"],\"limit\":100,\"offset\":2"
            )
    );
    assert!(at(&lines, "commit 2") < at(&lines, "answerCallbackQuery"));
    assert!(at(&lines, "commit 2") < at(&lines, "editMessageText"));
    assert!(lines[at(&lines, "editMessageText")].contains("<b>open</b>"));
    assert_eq!((has(&lines, "answerCallbackQuery"), has(&lines, "getMe ")), (1, 1));
}

#[tokio::test]
async fn a_slow_edit_holds_up_no_answer_and_only_the_newest_screen_is_shown() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.hold("editMessageText");
    world.server.push(press(1, panel, "home.1.-.f"));
    world.log.until(|lines| has(lines, "editMessageText") == 1).await;
    for _ in 0..5 {
        world.server.push(press(1, panel, "home.1.-.f"));
    }
    world.log.until(|lines| has(lines, "answerCallbackQuery") == 6).await;
    world.server.release("editMessageText");
    let lines = world.stop().await.lines();
    let edits: Vec<_> = lines.iter().filter(|line| line.contains("editMessageText")).collect();
    assert!(edits.len() == 2 && edits[0].contains("<b>open") && edits[1].contains("<b>shut"), "{edits:#?}");
    assert_eq!((has(&lines, "commit "), has(&lines, "answerCallbackQuery")), (7, 6));
}

#[tokio::test]
async fn an_old_menu_gets_a_fresh_panel_below_and_loses_its_buttons() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    // On the panel itself the same screen is shown once more: somebody who presses there may see another.
    world.server.push(press(1, panel, "home.1.-.zz"));
    world.server.push(press(1, 7, "home.99.-.f"));
    let lines = world.log.until(|lines| has(lines, "editMessageReplyMarkup") == 1).await;
    assert!(has(&lines, "editMessageText") <= 1, "{lines:#?}");
    assert!(lines[at(&lines, "answerCallbackQuery")].contains("OldMenu"));
    assert!(lines[at(&lines, "editMessageReplyMarkup")].contains("\"message_id\":7"));
    assert!(lines[at(&lines, "deleteMessage")].contains(&format!("\"message_id\":{panel}")));
    assert_eq!(has(&lines, "sendMessage"), 2);
}

#[tokio::test]
async fn a_panel_becomes_a_card_once_and_a_second_press_on_it_does_no_harm() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.push(press(1, panel, "home.1.1.s"));
    world.server.push(press(1, panel, "home.1.1.s"));
    let lines = world.log.until(|lines| has(lines, "sent 1 k1 Delivered") == 1).await;
    assert!(lines[at(&lines, "editMessageText")].contains(&format!("\"message_id\":{panel}")));
    world.server.push(press(1, panel, "home.1.1.s"));
    let lines = world.log.until(|lines| has(lines, "answerCallbackQuery") == 3).await;
    assert_eq!((has(&lines, "AlreadyDone"), has(&lines, "adopt 1 k1")), (2, 1), "{lines:#?}");
    world.server.push(press(1, panel, "o.k1.menu"));
    world.log.until(|lines| has(lines, "living 1 ") == 2 && has(lines, "to the menu") == 1).await;
    let lines = world.stop().await.lines();
    let harm = has(&lines, "editMessageReplyMarkup") + has(&lines, "deleteMessage");
    assert_eq!((harm, has(&lines, "sendMessage"), has(&lines, "editMessageText")), (0, 2, 1), "{lines:#?}");
}

#[tokio::test]
async fn fault_71_a_full_mailbox_and_a_flood_are_answered_politely() {
    let world = World::start(Limits { mailbox_max: 1, flood_events: 4, ..Limits::default() }).await;
    let panel = open_panel(&world, 1).await;
    let closed = world.host.loads.acquire().await.unwrap();
    world.server.push(press(1, panel, "home.1.-.f"));
    world.log.until(|lines| has(lines, "loading 1") == 3).await;
    for _ in 0..4 {
        world.server.push(press(1, panel, "home.1.-.f"));
    }
    let lines = world.log.until(|lines| has(lines, "answerCallbackQuery") == 3).await;
    assert_eq!((has(&lines, "Busy"), has(&lines, "Flood")), (1, 2), "{lines:#?}");
    drop(closed);
    world.log.until(|lines| has(lines, "answerCallbackQuery") == 5).await;
}

#[tokio::test]
async fn mailboxes_that_leave_at_once_lose_nothing() {
    let world = World::start(Limits { mailbox_idle: std::time::Duration::ZERO, ..Limits::default() }).await;
    for round in 1..=10 {
        (1..=5).for_each(|user| world.server.push(press(user, 7, "home.1.-.zz")));
        world.log.until(|lines| has(lines, "answerCallbackQuery") == round * 5).await;
    }
    assert!(world.stop().await.lines().iter().all(|line| !line.contains("Busy") && !line.contains("Flood")));
}

#[tokio::test]
async fn fault_61_a_panic_is_tried_three_times_then_put_aside_while_others_are_served() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.push(press(1, panel, "home.1.-.x"));
    world.server.push(press(1, panel, "home.1.-.f"));
    open_panel(&world, 2).await;
    let lines = world.log.until(|lines| has(lines, "bury 2") == 1 && has(lines, "answerCallbackQuery") == 2).await;
    // The panel's own rendering loads once; each try loads once.
    assert!(lines[at(&lines, "answerCallbackQuery")].contains("Failed"));
    assert_eq!(world.handle.status().buried, 1);
}

#[tokio::test]
async fn a_refusal_at_commit_goes_back_into_the_session_and_is_said_once() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.push(press(1, panel, "home.1.1.b"));
    let lines = world.log.until(|lines| has(lines, "answerCallbackQuery") == 1).await;
    assert_eq!((has(&lines, "refused 2"), has(&lines, "commit 2")), (1, 1));
    let answer = &lines[at(&lines, "answerCallbackQuery")];
    assert!(answer.contains("no money") && answer.contains("\"show_alert\":true"), "{answer}");
    // What was refused is kept with what came of its refusal, and both with the one step.
    let traces = world.host.traces.lock().unwrap().clone();
    assert_eq!(traces[1..], ["Token(\"home.1.1.b\") at 1", "Refused(()) at 1"]);
}

#[tokio::test]
async fn what_a_session_ignores_is_kept_with_its_update() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.push(press(1, panel, "home.99.-.f"));
    world.server.push(text(1, "what?"));
    world.log.until(|lines| has(lines, "handled 2") == 1 && has(lines, "handled 3") == 1).await;
    let traces = world.host.traces.lock().unwrap().clone();
    assert_eq!(traces[1..], ["Token(\"home.99.-.f\") at 1", "Text(\"what?\") at 1"]);
}

#[tokio::test]
async fn a_screen_that_the_operator_wants_shown_is_opened_though_nobody_acted() {
    let world = World::start(Limits::default()).await;
    world.handle.wake(1);
    world.handle.show(2);
    let lines = world.log.until(|lines| has(lines, "living 2") == 1).await;
    assert_eq!((has(&lines, "living 1"), has(&lines, "sendMessage")), (0, 1));
}

#[tokio::test]
async fn fault_52_a_429_makes_only_its_chat_wait() {
    let world = World::start(Limits::default()).await;
    let (one, two) = (open_panel(&world, 1).await, open_panel(&world, 2).await);
    let slow =
        json!({"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 60}});
    world.server.script("editMessageText", slow);
    world.server.push(press(1, one, "home.1.-.f"));
    world.log.until(|lines| has(lines, "editMessageText") == 1).await;
    world.server.push(press(1, one, "home.1.-.f"));
    world.server.push(press(2, two, "home.1.-.f"));
    let lines =
        world.log.until(|lines| has(lines, "answerCallbackQuery") == 3 && has(lines, "editMessageText") == 2).await;
    assert!(lines.iter().rfind(|line| line.contains("editMessageText")).unwrap().contains("\"chat_id\":2"));
}

#[tokio::test]
async fn what_is_outgoing_is_delivered_and_reported_and_words_are_escaped() {
    let world = World::start(Limits::default()).await;
    let rendered = engine::Rendered { pieces: vec![engine::direction::Piece::Text("<code>".into())], rows: Vec::new() };
    world.host.queue(5, Outgoing { id: "m1".into(), kind: OutgoingKind::Message { rendered, sound: Sound::Rings } });
    world.handle.wake(5);
    let lines = world.log.until(|lines| has(lines, "sent 5 m1 Delivered") == 1).await;
    let sent = &lines[at(&lines, "sendMessage")];
    assert!(sent.contains("&lt;code&gt;") && sent.contains("\"disable_notification\":false"), "{sent}");
    let blocked = json!({"ok": false, "error_code": 403, "description": "Forbidden: bot was blocked by the user"});
    world.server.script("sendMessage", blocked);
    let kind = OutgoingKind::Message { rendered: engine::Rendered::default(), sound: Sound::Silent };
    world.host.queue(5, Outgoing { id: "m2".into(), kind });
    world.handle.wake(5);
    world.log.until(|lines| has(lines, "sent 5 m2 Unreachable") == 1).await;
}

#[tokio::test]
async fn a_panel_that_is_gone_is_sent_anew_but_never_unasked() {
    let world = World::start(Limits::default()).await;
    open_panel(&world, 1).await;
    let gone = json!({"ok": false, "error_code": 400, "description": "Bad Request: message to edit not found"});
    world.server.script("editMessageText", gone.clone());
    let input = engine::machine::Input::Text("open".into());
    assert_eq!(world.handle.deliver(Delivered { user: 1, key: "k".into(), input }), crate::Posted::Taken);
    world.log.until(|lines| has(lines, "editMessageText") == 1).await;
    world.server.script("editMessageText", gone);
    world.server.push(text(1, "shut"));
    let lines = world.log.until(|lines| has(lines, "living 1 ") == 2).await;
    assert_eq!((has(&lines, "sendMessage"), has(&lines, "editMessageText")), (2, 2));
    let lines = world.log.until(|lines| has(lines, "deleteMessage") == 2).await;
    assert!(lines.iter().all(|line| !line.contains("sendMessage") || line.contains("\"disable_notification\":true")));
}

#[tokio::test]
async fn inline_queries_are_answered_past_a_blocked_mailbox() {
    let world = World::start(Limits::default()).await;
    let closed = world.host.loads.acquire().await.unwrap();
    world.server.push(text(1, "/start"));
    let query =
        json!({"id": "q", "from": {"id": 1, "first_name": "A"}, "query": "tur", "offset": "", "chat_type": "sender"});
    world.server.push(json!({"inline_query": query}));
    let lines = world.log.until(|lines| has(lines, "handled 2") == 1).await;
    let answer = &lines[at(&lines, "answerInlineQuery")];
    assert!(answer.contains(r#"&lt;🌍 <a href=\"https://t.me/Test_bot?start=p_c_TR\">Turkey</a> 🇹🇷"#), "{answer}");
    assert!(answer.contains("\"is_personal\":true"));
    drop(closed);
}

#[tokio::test]
async fn work_of_an_earlier_run_comes_first_and_a_stop_finishes_what_was_begun() {
    let world = World::start_with(Limits::default(), |host| {
        host.left_over(1, &text(4, "/start"));
        host.inner().living.insert(4, Living { message_id: 3, sent_at: 0 });
    })
    .await;
    world.server.push(text(4, "what?"));
    world.log.until(|lines| has(lines, "take_in 2") == 1).await;
    let lines = world.stop().await.lines();
    assert!(at(&lines, "commit 1") < at(&lines, "handled 2"));
    // The old panel is older than 48 hours: not deleted, but stripped.
    let strip = &lines[at(&lines, "editMessageReplyMarkup")];
    assert!(strip.contains("\"message_id\":3") && has(&lines, "living 4 ") >= 1, "{lines:#?}");
}

#[tokio::test]
async fn a_second_press_on_a_button_of_the_panel_does_not_move_it() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    for data in ["home.1.-.f", "home.1.1.s", "home.9.-.f", "?"] {
        world.server.push(press(1, panel, data));
    }
    let lines = world.log.until(|lines| has(lines, "answerCallbackQuery") == 4).await;
    // The session is on no card: a button that counted once is one of an old menu.
    assert_eq!((has(&lines, "OldMenu"), has(&lines, "AlreadyDone")), (3, 0), "{lines:#?}");
    let lines = world.stop().await.lines();
    assert_eq!((has(&lines, "sendMessage"), has(&lines, "deleteMessage")), (1, 0), "{lines:#?}");
}

#[tokio::test]
async fn an_old_button_on_the_panel_shows_it_once_more_for_it_may_not_be_seen() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.push(press(1, panel, "home.9.-.f"));
    let lines = world.log.until(|lines| has(lines, "editMessageText") == 1).await;
    assert!(lines[at(&lines, "editMessageText")].contains(&format!("\"message_id\":{panel}")), "{lines:#?}");
    for _ in 0..3 {
        world.server.push(press(1, panel, "home.9.-.f"));
    }
    world.log.until(|lines| has(lines, "answerCallbackQuery") == 4).await;
    let lines = world.stop().await.lines();
    assert_eq!(has(&lines, "editMessageText"), 1, "once is enough: {lines:#?}");
}

#[tokio::test]
async fn a_button_of_no_known_card_brings_the_panel() {
    let world = World::start(Limits::default()).await;
    open_panel(&world, 1).await;
    world.server.push(press(1, 7, "o.k9.menu"));
    let lines = world.log.until(|lines| has(lines, "living 1 ") == 2).await;
    let answer = &lines[at(&lines, "answerCallbackQuery")];
    assert!(answer.contains("OldMenu") && !answer.contains("show_alert"), "{answer}");
    world.log.until(|lines| has(lines, "editMessageReplyMarkup") == 1).await;
}

#[tokio::test]
async fn on_a_card_an_old_menu_and_a_text_bring_the_card_down() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.push(press(1, panel, "home.1.1.s"));
    world.log.until(|lines| has(lines, "sent 1 k1") == 1).await;
    world.server.push(press(1, 7, "home.9.-.f"));
    world.log.until(|lines| has(lines, "sent 1 k1") == 2).await;
    world.server.push(text(1, "what?"));
    let lines = world.log.until(|lines| has(lines, "sent 1 k1") == 3).await;
    // The panel's message was the first card; each card that came down took the one above away.
    assert_eq!(has(&lines, "deleteMessage"), 2, "{lines:#?}");
    assert!(lines[at(&lines, "deleteMessage")].contains(&format!("\"message_id\":{panel}")));
}

#[tokio::test]
async fn the_way_back_and_an_explanation_take_no_step_and_go() {
    let world = World::start(Limits::default()).await;
    open_panel(&world, 1).await;
    world.server.push(text(1, "/start back"));
    let mut explained = text(1, "open");
    explained["message"]["via_bot"] = json!({"id": 77, "is_bot": true});
    world.server.push(explained);
    world.log.until(|lines| has(lines, "handled 2") == 1 && has(lines, "handled 3") == 1).await;
    let lines = world.stop().await.lines();
    assert_eq!(
        (has(&lines, "commit "), has(&lines, "sendMessage"), has(&lines, "editMessageText")),
        (1, 1, 0),
        "{lines:#?}"
    );
    assert!(lines[at(&lines, "deleteMessage")].contains("\"message_id\":50"));
}

#[tokio::test]
async fn a_code_goes_before_the_panel() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    world.server.hold("editMessageText");
    world.server.push(press(1, panel, "home.1.-.f"));
    world.log.until(|lines| has(lines, "editMessageText") == 1).await;
    let rendered = engine::Rendered { pieces: vec![engine::direction::Piece::Text("482913".into())], rows: Vec::new() };
    world.host.queue(1, Outgoing { id: "m1".into(), kind: OutgoingKind::Message { rendered, sound: Sound::Rings } });
    world.server.push(press(1, panel, "home.1.-.f"));
    world.handle.wake(1);
    world.log.until(|lines| has(lines, "answerCallbackQuery") == 2).await;
    world.server.release("editMessageText");
    let lines = world.log.until(|lines| has(lines, "living 1 ") == 2).await;
    let shown = |part: &str| lines.iter().rposition(|line| line.contains(part)).unwrap();
    assert!(at(&lines, "482913") < shown("<b>shut"), "{lines:#?}");
}

#[tokio::test]
async fn a_delivery_that_panics_is_put_aside() {
    let world = World::start(Limits::default()).await;
    let input = engine::machine::Input::Token("home.1.-.x".into());
    open_panel(&world, 1).await;
    assert_eq!(world.handle.deliver(Delivered { user: 1, key: "j1".into(), input }), crate::Posted::Taken);
    world.log.until(|lines| has(lines, "put aside j1") == 1).await;
}

#[tokio::test]
async fn updates_without_numbers_make_a_pause_and_no_hot_loop() {
    let world = World::start(Limits::default()).await;
    let garbage = json!({"ok": true, "result": [{"message": {}}, 5]});
    world.server.script("getUpdates", garbage);
    open_panel(&world, 1).await;
    let lines = world.log.until(|lines| has(lines, "getUpdates") >= 2).await;
    assert!(has(&lines, "getUpdates") <= 4, "{lines:#?}");
}

#[tokio::test]
async fn slowed_down_answers_of_one_person_hold_up_nobody_elses() {
    let limits = Limits { mailbox_max: 1_000, flood_events: 1_000, ..Limits::default() };
    let world = World::start(limits).await;
    let (one, two) = (open_panel(&world, 1).await, open_panel(&world, 2).await);
    let slow =
        json!({"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 60}});
    for _ in 0..300 {
        world.server.script("answerCallbackQuery", slow.clone());
        world.server.push(press(1, one, "home.1.-.f"));
    }
    world.log.until(|lines| has(lines, "answerCallbackQuery") == 300).await;
    world.server.push(press(2, two, "home.1.-.f"));
    world.log.until(|lines| has(lines, "answerCallbackQuery") == 301).await;
}

#[tokio::test]
async fn whoever_acts_waits_behind_nothing_that_nobody_asked_for() {
    let world = World::start(Limits { unasked_per_second: 1, ..Limits::default() }).await;
    let panel = open_panel(&world, 1).await;
    for user in 10..70 {
        let kind = OutgoingKind::Message { rendered: engine::Rendered::default(), sound: Sound::Silent };
        world.host.queue(user, Outgoing { id: "m".into(), kind });
        world.handle.wake(user);
    }
    let input = engine::machine::Input::Text("open".into());
    assert_eq!(world.handle.deliver(Delivered { user: 1, key: "k".into(), input }), crate::Posted::Taken);
    world.log.until(|lines| has(lines, "commit k") == 1 && has(lines, "sendMessage") >= 2).await;
    world.server.push(press(1, panel, "home.1.-.f"));
    world
        .log
        .until(|lines| lines.iter().any(|line| line.contains("editMessageText") && line.contains("<b>shut")))
        .await;
}
