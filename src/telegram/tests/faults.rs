//! What Telegram refuses or repeats, a test for each row of the faults that is about this crate alone.

use serde_json::{Value, json};

use super::world::{World, press};
use super::{at, has, open_panel};
use crate::host::{Outgoing, OutgoingKind};
use crate::settings::Limits;

fn refusal(code: u16, description: &str) -> Value {
    json!({"ok": false, "error_code": code, "description": description})
}

#[tokio::test]
async fn fault_55_a_message_that_is_not_modified_counts_as_shown() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    let same = "Bad Request: message is not modified: specified new message content and reply markup are the same";
    world.server.script("editMessageText", refusal(400, same));
    let rendered = engine::Rendered { pieces: vec![engine::direction::Piece::Text("card".into())], rows: Vec::new() };
    world.host.queue(5, Outgoing { id: "c2".into(), kind: OutgoingKind::Card { message_id: Some(9), rendered } });
    world.handle.wake(5);
    world.log.until(|lines| has(lines, "sent 5 c2 Delivered { message_id: 9 }") == 1).await;
    // The same of a panel: nothing is sent anew.
    world.server.script("editMessageText", refusal(400, same));
    world.server.push(press(1, panel, "home.1.-.f"));
    world.log.until(|lines| has(lines, "editMessageText") == 2).await;
    let lines = world.stop().await.lines();
    assert_eq!((has(&lines, "editMessageText"), has(&lines, "sendMessage")), (2, 1), "{lines:#?}");
}

#[tokio::test]
async fn fault_56_an_answer_that_comes_too_late_is_dropped_and_its_step_stays() {
    let world = World::start(Limits::default()).await;
    let panel = open_panel(&world, 1).await;
    let late = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    world.server.script("answerCallbackQuery", refusal(400, late));
    world.server.push(press(1, panel, "home.1.-.f"));
    world.server.push(press(1, panel, "home.1.-.f"));
    let lines = world.log.until(|lines| has(lines, "answerCallbackQuery") == 2 && has(lines, "commit 3") == 1).await;
    assert!(at(&lines, "commit 2") < at(&lines, "answerCallbackQuery"));
    let lines = world.stop().await.lines();
    assert_eq!(
        (has(&lines, "commit "), has(&lines, "answerCallbackQuery"), has(&lines, "bury")),
        (3, 2, 0),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn fault_72_inline_queries_beyond_their_rate_are_dropped_and_a_press_is_answered() {
    let world = World::start(Limits { inline_per_second: 5, ..Limits::default() }).await;
    let panel = open_panel(&world, 1).await;
    for user in 1_000..2_000 {
        let query =
            json!({"id": user.to_string(), "from": {"id": user, "first_name": "A"}, "query": "t", "offset": ""});
        world.server.push(json!({"inline_query": query}));
    }
    world.server.push(press(1, panel, "home.1.-.f"));
    let lines =
        world.log.until(|lines| has(lines, "answerCallbackQuery") == 1 && has(lines, "handled ") == 1_000).await;
    let answered = u64::try_from(has(&lines, "answerInlineQuery")).expect("few");
    assert_eq!(answered + world.handle.status().inline_dropped, 1_000);
    assert!((1..100).contains(&answered), "{answered} answered");
}

#[tokio::test]
async fn fault_60_what_cannot_be_read_is_stored_skipped_and_counted() {
    let world = World::start(Limits::default()).await;
    for update in [
        json!({"some_new_kind": {"a": [1, 2, 3]}}),
        json!({"message": "not an object"}),
        json!({"callback_query": {"id": 5}}),
        json!({"message": {"message_id": 99_999_999_999_i64, "chat": {"id": 1, "type": "private"}, "date": 1}}),
    ] {
        world.server.push(update);
    }
    open_panel(&world, 1).await;
    let lines = world.log.until(|lines| has(lines, "handled ") + has(lines, "bury ") == 4).await;
    assert!(at(&lines, "take_in ") < at(&lines, "bury "), "stored before it is put aside");
    let status = world.handle.status();
    assert_eq!((status.ignored, status.unreadable), (1, 3), "{lines:#?}");
}
